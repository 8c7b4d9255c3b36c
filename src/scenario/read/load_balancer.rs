//! `[service.load_balancer]` and `[service.health_check]`: who judges a task healthy, and how
//! fast. Ranges and defaults are those of the services' APIs.

use super::table::Table;
use crate::scenario::{
    ContainerHealthCheck, DurationLaw, HealthRule, LoadBalancer, LoadBalancerKind,
};
use crate::units::Seconds;

const KINDS: &[(&str, LoadBalancerKind)] = &[
    ("alb", LoadBalancerKind::Alb),
    ("nlb", LoadBalancerKind::Nlb),
    ("clb", LoadBalancerKind::Clb),
];
const HEALTH_RULES: &[(&str, HealthRule)] = &[
    ("first-pass", HealthRule::FirstPass),
    ("threshold", HealthRule::Threshold),
];

/// The load balancer; absent where there is none or a problem was noted.
pub(super) fn read(table: &Table<'_>) -> Option<LoadBalancer> {
    if !table.is_given() {
        return None;
    }
    let kind = table.need(
        "type",
        table.choice("type", KINDS),
        "\"alb\" or \"nlb\" or \"clb\"",
        "give the type of the load balancer",
    );
    let is_classic = kind == Some(LoadBalancerKind::Clb);
    let (passes, why) = if is_classic {
        (10, "the default of a classic load balancer")
    } else {
        (5, "the default of a target group")
    };
    let health_check_interval = table.seconds_or("health_check_interval", 5.0..=300.0, 30.0, why);
    let healthy_threshold = table.integer_or("healthy_threshold", 2..=10, passes, why);
    let unhealthy_threshold = table.integer_or("unhealthy_threshold", 2..=10, 2, why);
    let deregistration_delay = table.seconds_or("deregistration_delay", 0.0..=3600.0, 300.0, why);
    let health_rule = health_rule(table, is_classic);
    let registration_delay = registration_delay(table, kind);
    let slow_start = slow_start(table, kind);
    Some(LoadBalancer {
        kind: kind?,
        health_check_interval,
        healthy_threshold,
        unhealthy_threshold,
        deregistration_delay,
        health_rule,
        registration_delay,
        slow_start,
    })
}

/// The container's own health check; absent where there is none.
pub(super) fn container_health_check(table: &Table<'_>) -> Option<ContainerHealthCheck> {
    let why = "the default of a container health check";
    table.is_given().then(|| ContainerHealthCheck {
        interval: table.seconds_or("interval", 5.0..=300.0, 30.0, why),
        timeout: table.seconds_or("timeout", 2.0..=60.0, 5.0, why),
        retries: table.integer_or("retries", 1..=10, 3, why),
        start_period: table.seconds_or("start_period", 0.0..=300.0, 0.0, why),
    })
}

/// How long new targets take to their full share of load; "0s" where none is given.
fn slow_start(table: &Table<'_>, kind: Option<LoadBalancerKind>) -> Seconds {
    let given = table.seconds("slow_start", 0.0..=900.0);
    match given {
        Some(ramp) if ramp > Seconds::ZERO && kind != Some(LoadBalancerKind::Alb) => {
            table.reject("slow_start", "an alb, which alone knows it", "remove it");
            Seconds::ZERO
        }
        Some(ramp) if ramp > Seconds::ZERO && ramp < Seconds(30.0) => {
            let expected = "\"0s\", or from 30s to 900s";
            table.reject("slow_start", expected, "write \"30s\" or more");
            Seconds::ZERO
        }
        given => given.unwrap_or_default(),
    }
}

fn health_rule(table: &Table<'_>, is_classic: bool) -> HealthRule {
    match table.choice("health_rule", HEALTH_RULES) {
        Some(HealthRule::FirstPass) if is_classic => {
            let expected = "\"threshold\": a classic load balancer always counts passes";
            table.reject("health_rule", expected, "remove it");
            HealthRule::Threshold
        }
        Some(rule) => rule,
        None if is_classic => HealthRule::Threshold,
        None => HealthRule::FirstPass,
    }
}

fn registration_delay(table: &Table<'_>, kind: Option<LoadBalancerKind>) -> DurationLaw {
    if kind == Some(LoadBalancerKind::Nlb) {
        let default = DurationLaw::fixed(Seconds(120.0));
        return table.law_or("registration_delay", default, "recorded as 70 to 180 s");
    }
    if table.law("registration_delay").is_some() && kind.is_some() {
        let expected = "registration_delay only with type = \"nlb\"";
        table.reject("registration_delay", expected, "remove it");
    }
    DurationLaw::fixed(Seconds::ZERO)
}
