use serde_json::Value;

use super::{assert_narrow, prescale, prescale_given};

fn example(change: (&str, &str)) -> String {
    let (from, to) = change;
    let scenario = std::fs::read_to_string("data/examples/two-tasks-no-room.toml")
        .expect("the example is there");
    assert!(scenario.contains(from), "the example has no {from}");
    scenario.replace(from, to)
}

#[test]
fn within_limits() {
    let run = prescale(&["recommend", "data/examples/two-tasks-no-room.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn nothing_meets_the_limits() {
    let scenario = example(("max_duration = \"15m\"", "max_duration = \"1m\""));
    let run = prescale_given(&scenario, &["recommend", "-"]);
    assert_eq!(run.code, Some(1));
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn nothing_to_change() {
    let scenario = example((
        r#"may_change = ["percents", "prescale", "headroom", "spot"]"#,
        "may_change = []",
    ));
    let scenario = scenario.replace("max_duration = \"15m\"", "");
    let run = prescale_given(&scenario, &["recommend", "-"]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stdout.starts_with("web: keep your settings"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_prediction_that_is_off_is_said_in_the_second_line() {
    let scenario = example((
        "[limits]",
        "[[recorded]]\nat = \"a\"\ncompleted = \"5m\"\n\n[limits]",
    ));
    for command in ["recommend", "hosts"] {
        let run = prescale_given(&scenario, &[command, "-"]);
        let mut lines = run
            .stdout
            .lines()
            .skip_while(|line| !line.starts_with("not "));
        assert_eq!(
            lines.next(),
            Some("not calibrated: 1 recorded deployment took 5.0 min (median), predicted as it"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(prescale(&[
        "recommend",
        "data/examples/two-tasks-no-room.toml",
        "--format",
        "markdown"
    ]));
}

#[test]
fn csv_is_the_front_of_json() {
    let of = |format| {
        prescale(&[
            "recommend",
            "data/examples/two-tasks-no-room.toml",
            "--format",
            format,
        ])
    };
    let json: Value = serde_json::from_str(&of("json").stdout).expect("standard output is JSON");
    let front = json["front"].as_array().expect("a list");
    let csv = of("csv").stdout;
    let mut rows = csv.lines();
    assert!(
        rows.next()
            .is_some_and(|header| header.starts_with("recommended,minimum_healthy_percent,"))
    );
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), front.len());
    assert_eq!(
        rows.iter().filter(|row| row.starts_with("true,")).count(),
        1
    );
    for key in ["recommended", "current", "hosts_answer", "reasons"] {
        assert!(json.get(key).is_some(), "no {key}");
    }
}

#[test]
fn six_hundred_tasks_over_three_zones() {
    let run = prescale(&["recommend", "data/examples/large-service.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

/// Four tasks that fill two hosts, under a capacity provider, added hosts and limits.
fn four_tasks(rest: &str) -> String {
    format!(
        r#"
        [service]
        name = "a"
        desired_count = 4
        cpu = 512
        memory_mib = 1024
        [service.timing]
        start = "40s"
        ready = "70s"
        [service.load_balancer]
        type = "alb"
        deregistration_delay = "60s"
        [service.load]
        required_tasks = 4
        [deployment]
        minimum_healthy_percent = 100
        maximum_percent = 200
        per_day = 4
        days_per_month = 21
        [cluster]
        region = "us-east-1"
        [[cluster.hosts]]
        instance_type = "m5.large"
        count = 2
        registered_cpu = 1024
        registered_memory_mib = 7600
        {rest}
        "#
    )
}

fn recommended(scenario: &str) -> Value {
    let run = prescale_given(scenario, &["recommend", "-", "--format", "json"]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
}

const MANAGED: &str = "[cluster.capacity_provider]\nmanaged_scaling = true\n";

const WARM_POOL: &str = r#"
    [prescale]
    hosts = 2
    mode = "warm-pool"
    storage_usd_per_host_month = 2.4
"#;

#[test]
fn what_changes_starts_from_the_settings_of_reactive_mode() {
    let reactive = "[prescale]\nhosts = 4\nmode = \"reactive\"\n";
    let limits = "[limits]\navailability = 0.9999\n";
    let answer = recommended(&four_tasks(&format!("{MANAGED}{reactive}{limits}")));
    let changed = answer["recommended"]["changed"].as_array().expect("a list");
    let from = |key: &str| {
        let change = changed.iter().find(|change| change["key"] == key);
        change.unwrap_or_else(|| panic!("{key} stays: {changed:?}"))["from"].clone()
    };
    assert_eq!(from("prescale.mode"), "reactive");
    assert_eq!(from("prescale.hosts"), 4);
}

#[test]
fn a_warm_pool_has_no_spot_hosts() {
    let limits = "[limits]\navailability = 0.999\nbudget_usd_per_month = 147\n";
    let answer = recommended(&four_tasks(&format!("{WARM_POOL}{limits}")));
    let front = answer["front"].as_array().expect("a list");
    let pools: Vec<&Value> = front
        .iter()
        .chain([&answer["recommended"]])
        .filter(|plan| plan["prescale_hosts"].as_u64() > Some(0))
        .collect();
    assert!(!pools.is_empty());
    assert!(pools.iter().all(|plan| plan["spot_hosts"] == 0));
}

#[test]
fn no_standing_host_is_offered_that_managed_scaling_takes() {
    let limits = "[limits]\navailability = 0.999\n";
    let scenario = four_tasks(&format!("{MANAGED}{limits}"));
    let answer = recommended(&scenario);
    let front = answer["front"].as_array().expect("a list");
    assert!(front.iter().all(|plan| plan["headroom_hosts"] == 0));
    let hosts = prescale_given(&scenario, &["hosts", "-", "--format", "csv"]);
    assert!(
        hosts.stdout.contains(
            "managed scaling takes hosts that are idle for 15 min; \
             cluster.capacity_provider.target_capacity = 99 keeps 1 host by itself"
        ),
        "{}",
        hosts.stdout
    );
}

#[test]
fn standing_hosts_under_managed_scaling_need_a_target_that_keeps_them() {
    let standing = "[prescale]\nhosts = 1\nmode = \"standing\"\n";
    let warned = |target: u32| {
        let provider = format!("{MANAGED}target_capacity = {target}\n");
        let scenario = four_tasks(&format!("{provider}{standing}"));
        let run = prescale_given(&scenario, &["estimate", "-", "--format", "json"]);
        run.stdout.contains(
            "managed scaling takes a standing host that is idle for 15 min; with \
             cluster.capacity_provider.target_capacity = 99 it keeps 1 by itself",
        )
    };
    assert!(warned(100));
    assert!(!warned(99));
}

#[test]
fn both_answers_name_the_reactive_plan() {
    let limits = "[limits]\navailability = 0.999\n";
    let scenario = four_tasks(&format!("{MANAGED}{limits}"));
    let of = |command| {
        let run = prescale_given(&scenario, &[command, "-"]);
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (recommend, hosts) = (of("recommend"), of("hosts"));
    assert!(
        recommend.contains("With the hosts of managed scaling alone (reactive) the best is"),
        "{recommend}"
    );
    assert!(
        hosts.contains("against the best plan with the hosts of managed scaling alone (reactive)"),
        "{hosts}"
    );
    assert!(!hosts.contains("no plan without added hosts"), "{hosts}");
}

#[test]
fn what_is_cheaper_pays_whatever_waiting_is_worth() {
    let limits = "[limits]\navailability = 0.999\n";
    let scenario = four_tasks(&format!("{MANAGED}{limits}"));
    let run = prescale_given(&scenario, &["hosts", "-"]);
    assert!(
        run.stdout
            .contains("It pays whatever a minute of waiting is worth."),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("is worth more than"), "{}", run.stdout);
}

#[test]
fn no_offer_costs_more_than_one_that_is_as_good() {
    let limits = "[limits]\navailability = 0.9999\n";
    let answer = recommended(&four_tasks(limits));
    let number = |plan: &Value, key: &str| plan.pointer(key).and_then(Value::as_f64).expect("set");
    let total = |plan: &Value| number(plan, "/estimate/cost/total_usd_per_month");
    let time = |plan: &Value| number(plan, "/estimate/duration/completed_s/mean");
    let lead = |plan: &Value| number(plan, "/estimate/duration/lead_s/mean");
    let available = |plan: &Value| number(plan, "/estimate/availability/monthly");
    let next = answer["next"].as_array().expect("a list");
    assert!(
        next.iter()
            .any(|step| step["limit"] == "limits.availability")
    );
    for step in next {
        let offer = &step["plan"];
        let better = answer["front"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|plan| {
                step["limit"] == "limits.availability"
                    && total(plan) < total(offer) - 0.01
                    && time(plan) + lead(plan) <= time(offer) + lead(offer)
                    && available(plan) >= available(offer) - 1e-4
            });
        assert!(better.is_none(), "{better:?} against {offer:?}");
    }
}

#[test]
fn why_no_host_is_added_is_one_of_three_reasons() {
    let remark = |rest: &str| {
        let run = prescale_given(&four_tasks(rest), &["hosts", "-", "--format", "csv"]);
        let line = run
            .stdout
            .lines()
            .find(|line| line.starts_with("prescaled"));
        line.unwrap_or_else(|| panic!("{}", run.stdout)).to_owned()
    };
    let permitted = remark("[recommend]\nmay_change = [\"percents\"]\n");
    assert!(
        permitted.contains("not permitted by recommend.may_change"),
        "{permitted}"
    );
    let room = "[[cluster.hosts]]\ninstance_type = \"m5.large\"\ncount = 4\n";
    let useless = remark(room);
    assert!(
        useless.contains("no use for one: the room is enough for all tasks twice"),
        "{useless}"
    );
}
