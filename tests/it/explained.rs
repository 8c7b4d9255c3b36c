//! Each rule of a cluster has a line in the explanation where it bites.

use prescale::explain::explain;
use prescale::scenario::read::{Purpose, Syntax, scenario};

use crate::base::{WEB, with};

/// With an agent on each host and hosts that may be added.
fn base() -> String {
    let agent = "[[cluster.daemons]]\nname = \"agent\"\ncpu = 0\nmemory_mib = 100\n";
    format!("{WEB}{agent}[prescale]\n")
}

/// All steps of the base with more keys in its tables, with the lines beside them.
#[track_caller]
fn told(changes: &[(&str, &str)]) -> Vec<String> {
    let text = with(&base(), changes);
    let read = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures)
        .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    let told = explain(&read).expect("the desired count fits");
    let steps = told.steps.into_iter();
    steps
        .flat_map(|step| std::iter::once(step.what).chain(step.why))
        .collect()
}

#[track_caller]
fn assert_told(changes: &[(&str, &str)], expected: &[&str]) {
    let lines = told(changes);
    for expected in expected {
        assert!(
            lines.iter().any(|line| line.contains(expected)),
            "no \"{expected}\" in {lines:#?}"
        );
    }
}

#[test]
fn a_capacity_provider() {
    let provider = "cluster.capacity_provider";
    assert_told(
        &[(provider, "maximum_scaling_step_size = 1")],
        &[
            "4 tasks wait in PROVISIONING: ⌈4 / 2⌉ hosts",
            "at most 1 in a step, the next 300 s later",
            "scale-in begins after 15 min",
            "without managed termination protection",
            "the hosts cost",
        ],
    );
    assert_told(
        &[(provider, "target_capacity = 50")],
        &["2 hosts more stand free: managed scaling keeps 50 %"],
    );
    assert_told(
        &[(provider, ""), ("prescale", "hosts = 2")],
        &["managed scaling takes them if they are idle for 15 min"],
    );
}

#[test]
fn a_warm_pool() {
    let pool = "mode = \"warm-pool\"\nhosts = 2\nstorage_usd_per_host_month = 2.4";
    assert_told(
        &[("prescale", pool)],
        &[
            "started from the warm pool: 2 × m5.large",
            "each costs its disk, 2.40 USD a month",
        ],
    );
}

#[test]
fn release_and_spot_that_stays_or_goes() {
    assert_told(
        &[("prescale", "hosts = 2\nrelease_hosts = \"newest\"")],
        &[
            "drain the 2 added hosts",
            "a second rollout under the same bounds",
            "released: the 2 added hosts",
        ],
    );
    let spot = "hosts = 2\nspot_share = 1.0\ninstance_type = \"m5.large\"";
    let region = ("cluster", "region = \"us-east-1\"");
    assert_told(
        &[region, ("prescale", spot)],
        &["added spot hosts with tasks stay and serve"],
    );
    let newest = format!("{spot}\nrelease_hosts = \"newest\"");
    assert_told(
        &[region, ("prescale", &newest)],
        &["the added spot hosts go, their tasks move again"],
    );
}

#[test]
fn what_a_host_really_costs() {
    assert_told(
        &[
            (
                "cluster",
                "host_extra_usd_per_hour = 0.01\ncold_pull_gib = 2\nnat_usd_per_gib = 0.05\ncommitted_hosts = 3",
            ),
            (
                "[cluster.daemons]",
                "usd_per_host_month = 15\ncounted = \"high-water\"",
            ),
            ("prescale", "hosts = 2"),
            (
                "billing",
                "granularity = \"hour\"\nreuse_paid_hour = true\nfree_hours_per_month = 750",
            ),
        ],
        &[
            "0.0100 USD an hour more for disk and address",
            "the licence of agent, 15.00 USD a host, for a whole month",
            "2 GiB of images through NAT for each, 0.10 USD",
            "3 hosts are committed to",
            "each started hour is billed whole; a deployment that begins in it uses the host again",
            "750 instance hours of a month are free",
        ],
    );
}

#[test]
fn overlap_range_failures_and_load() {
    assert_told(
        &[
            ("deployment", "window_hours = 8\nfailure_rate = 0.1"),
            (
                "cluster.concurrent_deployments",
                "per_day = 20\nduration = \"14m\"\nlock = true",
            ),
            (
                "service",
                "desired_range = [2, 4]\nfailed_start_probability = 0.02\nhealth_check_grace_period = \"300s\"",
            ),
            ("prescale", "hosts = 2"),
            ("service.load_balancer", "slow_start = \"60s\""),
            (
                "service.load",
                "requests_per_second = 50\ntask_requests_per_second = 30\nwait_target = \"0.05s\"",
            ),
            ("service.timing", "pull_share = 0.5"),
        ],
        &[
            "one deployment at a time: 20 of others a day, 14.0 min each",
            "no part of lead and clocks",
            "the desired count moves from 2 to 4",
            "2.0 % of starts fail and are made again",
            "the grace period of 300 s is long enough",
            "the circuit breaker gives up after 3 failed starts",
            "slow start: its full share of load only 60 s later",
            "(Erlang C)",
            "start together on a host and share pull and processors",
            "after 50 s only every 300 s",
        ],
    );
}

#[test]
fn placement_zones_and_rate_limits() {
    let zones = base()
        .replace("count = 2\n", "count = 2\nzone = \"1a\"\n")
        .replace(
            "[[cluster.daemons]]",
            "[[cluster.hosts]]\ninstance_type = \"m5.large\"\nusd_per_hour = 0.1\ncount = 2\nzone = \"1c\"\n[[cluster.daemons]]",
        );
    let read = |text: &str| {
        let read = scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is good");
        let told = explain(&read).expect("it fits");
        let steps = told.steps.into_iter();
        let lines: Vec<String> = steps.flat_map(|step| step.why).collect();
        lines.join("\n")
    };
    // Two zones of two hosts: one task on each; the other zone has places for the two lost ones.
    let told = read(&zones);
    let expected = "hosts in 2 zones: the loss of one takes up to 2 tasks and leaves 2, 4 are required; the other zones have places for all of them; how often that happens is not given: cluster.zone_loss_per_month";
    assert!(told.contains(expected), "{told}");
    let packed = base().replace("name = \"web\"", "name = \"web\"\nplacement = \"binpack\"");
    let told = read(&packed.replace("count = 2\n", "count = 4\n"));
    assert!(told.contains("binpack: the fullest hosts first"), "{told}");
    // 600 at once: 350 more than the bucket holds, at 250 a minute 84 s.
    let many = base()
        .replace("desired_count = 4", "desired_count = 600")
        .replace("count = 2\n", "count = 600\n");
    let told = read(&many);
    let expected = "rate limit of 250 starts at once, 250 a minute after: of 600 starts at a moment the last is held back by 84 s";
    assert!(told.contains(expected), "{told}");
}
