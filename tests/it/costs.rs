//! What a host really costs, each part worked out by hand.

use prescale::model::{Cost, estimate};
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::simulate::{Asked, simulate};

use crate::base::with;

/// One task that fills its host, and one host pre-scaled; nothing varies. Lead 600 s, 20 + 60 + 40
/// to the new version, then a reaction, a stop of 0 s and a reaction: 160 s; release 40 s. In all
/// 800 s; 2 deployments on 15 days.
const BASE: &str = r#"
[service]
name = "web"
desired_count = 1
cpu = 1024
memory_mib = 1024
launch_type = "ec2"
[service.timing]
start = "60s"
ready = "0s"
stop = "0s"
cold_start_extra = "0s"
[deployment]
minimum_healthy_percent = 100
maximum_percent = 200
per_day = 2
days_per_month = 15
reaction = "20s"
[cluster]
[[cluster.hosts]]
instance_type = "small"
registered_cpu = 1024
registered_memory_mib = 2048
usd_per_hour = 0.36
count = 1
[prescale]
hosts = 1
boot = "600s"
release = "40s"
release_hosts = "emptiest"
"#;

#[track_caller]
fn cost(changes: &[(&str, &str)]) -> Cost {
    let text = with(BASE, changes);
    let scenario = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is valid");
    estimate(&scenario).expect("the desired count fits").cost
}

#[track_caller]
fn assert_usd(found: prescale::units::Usd, expected: f64) {
    assert!(
        (found.0 - expected).abs() < 1e-6,
        "{} not {expected}",
        found.0
    );
}

#[test]
fn the_instance_alone() {
    let cost = cost(&[]);
    // 0.36 × 730; 0.36 / 3600 × 800; 30 deployments.
    assert_usd(cost.serving_usd_per_month, 262.8);
    assert_usd(cost.per_deployment_usd, 0.08);
    assert_usd(cost.total_usd_per_month.expect("per_day is given"), 265.2);
    assert!(cost.sunk_usd_per_month.is_none());
}

#[test]
fn disk_and_address_are_paid_by_the_hour() {
    let cost = cost(&[("cluster", "host_extra_usd_per_hour = 0.09")]);
    // 0.45 in place of 0.36 an hour.
    assert_usd(cost.serving_usd_per_month, 328.5);
    assert_usd(cost.per_deployment_usd, 0.1);
}

/// A daemon that takes nothing but a licence of 73 USD, 0.1 USD an hour.
fn licence(counted: &str) -> Cost {
    let text = format!(
        "name = \"agent\"\ncpu = 0\nmemory_mib = 0\nusd_per_host_month = 73\ncounted = \"{counted}\""
    );
    cost(&[("[cluster.daemons]", &text)])
}

#[test]
fn a_licence_by_hours_is_paid_for_the_hours() {
    let cost = licence("hours");
    assert_usd(cost.serving_usd_per_month, 262.8 + 73.0);
    assert_usd(cost.per_deployment_usd, 0.08 + 0.1 * 800.0 / 3600.0);
}

#[test]
fn a_licence_by_the_high_water_mark_is_paid_whole_by_a_short_lived_host() {
    let cost = licence("high-water");
    assert_usd(cost.serving_usd_per_month, 262.8 + 73.0);
    // One more host at the mark: 73 USD over 30 deployments.
    assert_usd(cost.per_deployment_usd, 0.08 + 73.0 / 30.0);
}

#[test]
fn an_added_host_pulls_its_images_through_nat() {
    let cost = cost(&[("cluster", "cold_pull_gib = 2\nnat_usd_per_gib = 0.06")]);
    assert_usd(cost.serving_usd_per_month, 262.8);
    assert_usd(cost.per_deployment_usd, 0.08 + 0.12);
}

#[test]
fn a_committed_host_is_free_at_the_margin_and_its_cost_is_told_apart() {
    let cost = cost(&[(
        "cluster",
        "committed_hosts = 2\nhost_extra_usd_per_hour = 0.09",
    )]);
    // The first is the listed one, the second serves deployments: only its disk is paid for.
    assert_usd(cost.per_deployment_usd, 0.09 * 800.0 / 3600.0);
    assert_usd(cost.sunk_usd_per_month.expect("there is one"), 262.8);
    let total = cost.total_usd_per_month.expect("per_day is given");
    assert_usd(total, 328.5 + 30.0 * 0.02);
}

#[test]
fn free_hours_go_to_the_listed_hosts_first() {
    // 730 for the listed one; the other 3 h 20 min of 30 × 800 s = 6 h 40 min.
    let cost = cost(&[("billing", "free_hours_per_month = 733.3333333333333")]);
    assert_usd(cost.serving_usd_per_month, 0.0);
    assert_usd(cost.per_deployment_usd, 0.04);
}

#[test]
fn a_started_hour_is_paid_whole() {
    let cost = cost(&[("billing", "granularity = \"hour\"")]);
    assert_usd(cost.per_deployment_usd, 0.36);
}

#[test]
fn a_paid_hour_that_is_used_again_is_shared() {
    // 800 s leave 2,800 s. Two a day in 24 h: λ = 1/12 an hour. In the first 2,000 s of what is
    // left a second one costs nothing more, nor does one that waits already. To the first order,
    // with chances λ · 2,800 / 3,600 = 0.0648, of which λ · 800 / 3,600 = 0.0185 pay again, and
    // 0.0185 at once: 1.0185 hours for 1.0833 of them.
    let shared = cost(&[("billing", "granularity = \"hour\"\nreuse_paid_hour = true")]);
    let hours = shared.per_deployment_usd.0 / 0.36;
    assert!((hours - 1.0185 / 1.0833).abs() < 0.004, "{hours}");
    // In one hour of work a day they meet more often.
    let dense = cost(&[
        ("deployment", "window_hours = 1"),
        ("billing", "granularity = \"hour\"\nreuse_paid_hour = true"),
    ]);
    assert!(dense.per_deployment_usd.0 < shared.per_deployment_usd.0 - 0.05);
}

#[test]
fn paid_hours_are_shared_as_they_are_played() {
    for (per_day, window) in [(2.0, 8.0), (6.0, 8.0), (6.0, 24.0), (20.0, 8.0), (6.0, 1.0)] {
        let deployment = format!("window_hours = {window}");
        let billing = "granularity = \"hour\"\nreuse_paid_hour = true";
        let text = BASE
            .replace("per_day = 2", &format!("per_day = {per_day}\n{deployment}"))
            .replace("boot = \"600s\"", "boot = { mean = \"600s\", cv = 0.5 }");
        let text = format!("{text}\n[billing]\n{billing}\n");
        let scenario = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is valid");
        let found = estimate(&scenario).expect("it fits").cost;
        let asked = Asked {
            runs: 1000,
            seed: 1,
            threads: 1,
        };
        let played = simulate(&scenario, asked).expect("it fits").cost;
        let (found, played) = (found.per_deployment_usd.0, played.per_deployment_usd.0);
        assert!(
            (found / played - 1.0).abs() < 0.04,
            "{per_day} in {window} h: {found:.4}, played {played:.4}"
        );
    }
}

#[test]
fn newest_hosts_that_go_are_billed_for_the_evacuation_too() {
    let stays = cost(&[]).per_deployment_usd.0;
    let text = BASE.replace("\"emptiest\"", "\"newest\"");
    let scenario = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is valid");
    let found = estimate(&scenario).expect("it fits");
    // The task moves once more, with one place beside: 20 + 60 + 40 + 20 + 0 + 20 s.
    assert_usd(found.cost.per_deployment_usd, stays + 0.36 / 3600.0 * 160.0);
    let duration = found.duration.expect("it completes");
    assert!((duration.evacuation_s.mean.0 - 160.0).abs() < 1e-6);
    assert!((duration.release_s.mean.0 - 200.0).abs() < 1e-6);
}
