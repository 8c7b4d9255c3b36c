//! When a started task counts as healthy, and how likely it is killed before: from its readiness
//! and the checks of load balancer and container.
//!
//! The load balancer's clock starts at RUNNING (NLB: after the registration delay); its k-th check
//! comes at phase + (k − 1) · interval, the phase uniform in (0, interval].

use super::law::Law;
use crate::scenario::{ContainerHealthCheck, LoadBalancer, LoadBalancerKind, Service};
use crate::units::Seconds;

/// Kills that are less likely than this change no duration.
pub const RARELY: f64 = 1e-4;

/// Without any check a task counts as healthy so long after RUNNING \[s\].
const HEALTHY_WITHOUT_CHECK: f64 = 40.0;

/// What becomes of a task once it is RUNNING.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// From RUNNING to counted healthy, of the tasks that are not killed.
    pub healthy: Law,
    /// Probability that it is judged unhealthy after the grace period and killed.
    pub kill_probability: f64,
    /// From RUNNING to the end of a task that is killed.
    pub killed: Law,
    /// The smallest grace period that is long enough for 99.9 % of the tasks \[s\].
    pub sufficient_grace: Seconds,
}

/// The verdict on a task of a service.
#[must_use]
pub fn verdict(service: &Service, step: f64) -> Verdict {
    let ready = Law::of(service.timing.ready, step);
    let grace = service.health_check_grace_period;
    let healthy = match (&service.load_balancer, &service.health_check) {
        (None, None) => Law::fixed(HEALTHY_WITHOUT_CHECK, step),
        (Some(balancer), None) => {
            balancer_verdict(balancer, &ready, registration(balancer, step).as_ref())
        }
        (None, Some(check)) => Law::from_points(
            ready
                .points()
                .map(|(r, m)| (first_probe_after(check, r), m)),
            step,
        ),
        (Some(balancer), Some(check)) => later_verdict(balancer, check, &ready),
    };
    let kill_probability = grace.map_or(0.0, |grace| kill_probability(service, &ready, grace.0));
    let sufficient_grace = Seconds(healthy.quantile(0.999).max(0.0).ceil());
    let killed_at = judged_after(service).max(grace.unwrap_or_default().0);
    let healthy = if kill_probability > RARELY {
        no_later(&healthy, killed_at)
    } else {
        healthy
    };
    Verdict {
        killed: Law::fixed(killed_at, step),
        healthy,
        kill_probability,
        sufficient_grace,
    }
}

/// The law of those that come by a moment; all of them where almost none does.
fn no_later(law: &Law, moment: f64) -> Law {
    let by_then = law.cdf(moment);
    if by_then < RARELY {
        return law.clone();
    }
    let points = law.points().filter(|&(value, _)| value <= moment);
    let kept: f64 = points.map(|(_, mass)| mass).sum();
    let points = law.points().filter(|&(value, _)| value <= moment);
    Law::from_points(points.map(|(value, mass)| (value, mass / kept)), law.step())
}

/// When a task that is not ready is judged unhealthy, in the mean \[s after RUNNING\].
fn judged_after(service: &Service) -> f64 {
    let by_balancer = service.load_balancer.as_ref().map(|balancer| {
        let clock = match balancer.kind {
            LoadBalancerKind::Nlb => balancer.registration_delay.mean.0,
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        let failures = f64::from(balancer.unhealthy_threshold);
        clock + failures * balancer.health_check_interval.0
    });
    let by_container = service.health_check.as_ref().map(|check| {
        let counted_from = (check.start_period.0 / check.interval.0).floor();
        (counted_from + f64::from(check.retries)) * check.interval.0
    });
    by_balancer
        .into_iter()
        .chain(by_container)
        .fold(0.0, f64::max)
}

/// From RUNNING to healthy at the load balancer.
///
/// # Formula
/// With readiness r and interval I the first passing check comes at t = r + U(0, I\], after
/// ⌈t / I⌉ − 1 failed ones. At least `unhealthy_threshold` u of them failed iff t > u · I; then, or
/// always under the threshold rule, (`healthy_threshold` − 1) · I more pass until the verdict.
fn balancer_verdict(balancer: &LoadBalancer, ready: &Law, registration: Option<&Law>) -> Law {
    let interval = balancer.health_check_interval.0;
    let step = ready.step();
    let phase = Law::uniform(interval, step);
    let more = f64::from(balancer.healthy_threshold.saturating_sub(1)) * interval;
    let from_clock = |ready: &Law| {
        let first_pass = ready.plus(&phase);
        match threshold_applies_from(balancer) {
            None => first_pass,
            Some(from) if from <= 0.0 => first_pass.shifted(more),
            Some(from) => {
                let cells = first_pass.points().flat_map(|(t, m)| {
                    let late = m * share_above(t, from, step);
                    [(t, m - late), (t + more, late)]
                });
                Law::from_points(cells, step)
            }
        }
    };
    match registration {
        Some(registration) => after_registration(balancer, ready, registration),
        None => from_clock(ready),
    }
}

/// The law of the registration delay, for the kinds that have one.
fn registration(balancer: &LoadBalancer, step: f64) -> Option<Law> {
    (balancer.kind == LoadBalancerKind::Nlb).then(|| Law::of(balancer.registration_delay, step))
}

/// From RUNNING to healthy where the checks begin after a registration delay.
///
/// # Formula
/// With delay δ: ready by then, the first check passes, at δ + U(0, I\]; else the first pass comes
/// at r + U(0, I\], and at least u checks failed iff it comes more than u · I after δ.
fn after_registration(balancer: &LoadBalancer, ready: &Law, registration: &Law) -> Law {
    let interval = balancer.health_check_interval.0;
    let phase = Law::uniform(interval, ready.step());
    let more = f64::from(balancer.healthy_threshold.saturating_sub(1)) * interval;
    let late_after = threshold_applies_from(balancer).unwrap_or(f64::INFINITY);
    let more_at_once = if late_after <= 0.0 { more } else { 0.0 };
    let mut cells = Vec::new();
    let mut waited_for = 0.0;
    for (r, weight) in ready.points() {
        let not_ready = weight * registration.cdf(r);
        waited_for += not_ready;
        for (wait, m) in phase.points().filter(|_| not_ready > 0.0) {
            let late = weight * registration.cdf(r.min(r + wait - late_after));
            cells.push((r + wait, m * (not_ready - late)));
            cells.push((r + wait + more, m * late));
        }
    }
    let ready_by_then: f64 = registration
        .points()
        .map(|(delay, m)| m * ready.cdf(delay))
        .sum();
    if ready_by_then > 0.0 && waited_for < 1.0 {
        let scale = (1.0 - waited_for) / ready_by_then;
        for (delay, weight) in registration.points() {
            let weight = scale * weight * ready.cdf(delay);
            cells.extend(
                phase
                    .points()
                    .map(|(wait, m)| (delay + wait + more_at_once, m * weight)),
            );
        }
    }
    Law::from_points(cells.into_iter(), ready.step())
}

/// From which first passing check on \[s after the clock's start\] the threshold applies.
fn threshold_applies_from(balancer: &LoadBalancer) -> Option<f64> {
    if balancer.always_waits_for_threshold() {
        Some(0.0)
    } else if balancer.healthy_threshold <= 1 {
        None
    } else {
        Some(f64::from(balancer.unhealthy_threshold) * balancer.health_check_interval.0)
    }
}

/// The part of a cell's mass, spread evenly over the cell, that lies above a value.
fn share_above(cell: f64, value: f64, step: f64) -> f64 {
    ((cell + step / 2.0 - value) / step).clamp(0.0, 1.0)
}

/// The first probe that finds the container ready; probes come every interval after RUNNING.
fn first_probe_after(check: &ContainerHealthCheck, ready: f64) -> f64 {
    (ready / check.interval.0).ceil().max(1.0) * check.interval.0
}

/// From RUNNING to healthy at both load balancer and container: the later of two verdicts on the
/// same readiness.
fn later_verdict(balancer: &LoadBalancer, check: &ContainerHealthCheck, ready: &Law) -> Law {
    let step = ready.step();
    let coarse = ready.coarsened(200);
    let registration = registration(balancer, step).map(|law| law.coarsened(64));
    let points: Vec<(f64, f64)> = coarse
        .points()
        .flat_map(|(r, weight)| {
            let probed = first_probe_after(check, r);
            balancer_verdict(balancer, &Law::fixed(r, step), registration.as_ref())
                .points()
                .map(|(t, m)| (t.max(probed), m * weight))
                .collect::<Vec<_>>()
        })
        .collect();
    Law::from_points(points.into_iter(), step)
}

/// Probability that a target is judged unhealthy and still is so after the grace period.
fn kill_probability(service: &Service, ready: &Law, grace: f64) -> f64 {
    let by_balancer = service.load_balancer.as_ref().map_or(0.0, |balancer| {
        let interval = balancer.health_check_interval.0;
        let judged = f64::from(balancer.unhealthy_threshold) * interval;
        let clock = match balancer.kind {
            LoadBalancerKind::Nlb => balancer.registration_delay.mean.0,
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        let more = f64::from(balancer.healthy_threshold.saturating_sub(1)) * interval;
        let waiting = Law::from_points(
            ready.points().map(|(r, m)| ((r - clock).max(0.0), m)),
            ready.step(),
        );
        let first_pass = waiting.plus(&Law::uniform(interval, ready.step()));
        1.0 - first_pass.cdf(judged.max(grace - clock - more))
    });
    let by_container = service.health_check.as_ref().map_or(0.0, |check| {
        let counted_from = (check.start_period.0 / check.interval.0).floor();
        let judged = (counted_from + f64::from(check.retries)) * check.interval.0;
        let last_fatal = (grace / check.interval.0).floor() * check.interval.0;
        1.0 - ready.cdf(judged.max(last_fatal))
    });
    1.0 - (1.0 - by_balancer) * (1.0 - by_container)
}

/// Standard deviation that the checks add \[s\], to choose the grid by.
#[must_use]
pub fn checking_spread(service: &Service) -> f64 {
    let balancer = service.load_balancer.as_ref().map_or(0.0, |balancer| {
        let registration = match balancer.kind {
            LoadBalancerKind::Nlb => super::law::standard_deviation(balancer.registration_delay),
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        (balancer.health_check_interval.0 / 12.0_f64.sqrt()).hypot(registration)
    });
    let ready = super::law::spread_for_grid(service.timing.ready);
    match (&service.load_balancer, &service.health_check) {
        (None, None) => 0.0,
        _ => balancer.hypot(ready),
    }
}
