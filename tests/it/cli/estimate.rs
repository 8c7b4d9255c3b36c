use serde_json::Value;

use super::{assert_narrow, prescale, prescale_given};

#[test]
fn with_prescaled_hosts() {
    let run = prescale(&["estimate", "data/examples/web.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn without_room() {
    let run = prescale(&["estimate", "data/examples/two-tasks-no-room.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn stuck() {
    let run = prescale(&["estimate", "data/examples/stuck.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(prescale(&[
        "estimate",
        "data/examples/stuck.toml",
        "--format",
        "markdown"
    ]));
}

#[test]
fn json_has_the_keys_that_others_rely_on() {
    let run = prescale(&["estimate", "data/examples/web.toml", "--format", "json"]);
    assert_eq!(run.code, Some(0));
    let json: Value = serde_json::from_str(&run.stdout).expect("standard output is JSON");
    for pointer in [
        "/schema_version",
        "/verdict",
        "/tasks/desired",
        "/tasks/lower_bound",
        "/tasks/upper_bound",
        "/tasks/room",
        "/tasks/min_healthy",
        "/tasks/peak",
        "/duration/lead_s/mean",
        "/duration/new_version_s/p99",
        "/duration/completed_s/mean",
        "/duration/release_s/mean",
        "/cost/serving_usd_per_month",
        "/cost/headroom_usd_per_month",
        "/cost/per_deployment_usd",
        "/cost/total_usd_per_month",
        "/availability/required_tasks",
        "/availability/shortfall_probability",
        "/availability/shortfall_minutes_per_month",
        "/availability/monthly",
        "/assumptions/0/why",
    ] {
        assert!(json.pointer(pointer).is_some(), "no {pointer}");
    }
}

#[test]
fn json_of_a_stuck_deployment_has_no_duration() {
    let run = prescale(&["estimate", "data/examples/stuck.toml", "--format", "json"]);
    assert_eq!(run.code, Some(1));
    let json: Value = serde_json::from_str(&run.stdout).expect("standard output is JSON");
    assert_eq!(json["stuck"]["bound"], "host_room");
    assert!(json.get("duration").is_none());
}

#[test]
fn csv_says_in_one_row_what_json_says() {
    let csv = prescale(&["estimate", "data/examples/web.toml", "--format", "csv"]);
    let json = prescale(&["estimate", "data/examples/web.toml", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).expect("standard output is JSON");
    let (header, row) = csv.stdout.trim_end().split_once('\n').expect("two lines");
    let cell = |column: &str| {
        let index = header.split(',').position(|name| name == column);
        row.split(',').nth(index.expect(column)).expect(column)
    };
    assert_eq!(cell("verdict"), "completes");
    assert_eq!(cell("reason"), "");
    for (column, pointer) in [
        ("lead_s", "/duration/lead_s/mean"),
        ("new_version_s_p95", "/duration/new_version_s/p95"),
        ("completed_s_mean", "/duration/completed_s/mean"),
        ("total_usd_per_month", "/cost/total_usd_per_month"),
        ("availability_monthly", "/availability/monthly"),
    ] {
        let cell: f64 = cell(column).parse().expect(column);
        assert_eq!(json.pointer(pointer).and_then(Value::as_f64), Some(cell));
    }
}

#[test]
fn standard_input_may_be_json() {
    let scenario = r#"{
        "service": {
            "name": "worker", "desired_count": 4, "launch_type": "fargate",
            "cpu": 256, "memory_mib": 512,
            "timing": { "start": "30s", "ready": "10s" }
        },
        "deployment": { "per_day": 2 },
        "cluster": { "region": "us-east-1" }
    }"#;
    let run = prescale_given(scenario, &["estimate", "-"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

/// Four tasks behind a load balancer on hosts that hold these.
const FOUR: &str = r#"
[service]
name = "web"
desired_count = 4
cpu = 512
memory_mib = 1024
launch_type = "ec2"
health_check_grace_period = "70s"
[service.timing]
start = "40s"
ready = { mean = "75s", cv = 0.2 }
[service.load_balancer]
type = "alb"
unhealthy_threshold = 2
deregistration_delay = "60s"
[service.load]
required_tasks = 4
[deployment]
minimum_healthy_percent = 100
maximum_percent = 200
per_day = 4
[cluster]
region = "us-east-1"
[[cluster.hosts]]
instance_type = "m5.large"
count = 2
registered_cpu = 1024
registered_memory_mib = 7600
[prescale]
instance_type = "m5.large"
"#;

/// Standard output for a scenario, in one line.
fn told(command: &str, scenario: &str) -> String {
    let run = prescale_given(scenario, &[command, "-"]);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_fix_frees_it_with_the_grace_that_it_takes_besides() {
    let stuck = told("estimate", FOUR);
    let fix = "deployment.minimum_healthy_percent: 100 → 75, with \
               service.health_check_grace_period: 70s → ";
    let (_, rest) = stuck.split_once(fix).unwrap_or_else(|| panic!("{stuck}"));
    let (grace, _) = rest.split_once(' ').expect("more follows");
    assert!(
        stuck.contains("prescale.hosts: 0 → 1, with service.health_check"),
        "{stuck}"
    );
    let applied = FOUR
        .replace("healthy_percent = 100", "healthy_percent = 75")
        .replace("\"70s\"", &format!("\"{grace}\""));
    let free = told("estimate", &applied);
    assert!(free.contains("web: new version live in"), "{free}");
    // Where the grace kills none, a fix stands alone.
    let long = told("estimate", &FOUR.replace("\"70s\"", "\"600s\""));
    assert!(
        long.contains("100 → 75 prescale.hosts: 0 → 1 Tasks"),
        "{long}"
    );
}

#[test]
fn a_slow_start_serves_less_though_all_are_healthy() {
    let slow = FOUR
        .replace("\"70s\"", "\"600s\"")
        .replace("count = 2", "count = 4")
        .replace("type = \"alb\"", "type = \"alb\"\nslow_start = \"120s\"");
    let told = told("estimate", &slow);
    let expected = "every deployment keeps 4 healthy but serves less than 4 tasks' worth of load";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn what_takes_hosts_is_named() {
    let example = |name: &str| prescale(&["estimate", &format!("data/examples/{name}.toml")]);
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let zones = flat(example("large-service").stdout);
    assert!(zones.contains("Lost zones bring 1 in"), "{zones}");
    let small = flat(example("two-small-hosts").stdout);
    let (_, left_out) = small.split_once("Not counted:").expect("it is told");
    assert!(!left_out.contains("interruptions"), "{left_out}");
}

#[test]
fn spot_hosts_are_launched_as_early_as_the_lead_says() {
    let spot = FOUR.replace("\"70s\"", "\"600s\"").replace(
        "[prescale]\n",
        "[spot]\ninterruption_per_month = 0.1\ncorrelation = 0.5\nfulfilment = 0.5\n\
         fulfilment_time = \"60s\"\nfallback = \"wait\"\n[prescale]\nhosts = 2\n\
         spot_share = 1.0\nboot = \"150s\"\n",
    );
    let told = told("explain", &spot);
    // 150 s and for the later of two 60 s × (2 / 0.5 − 1 / 0.75) = 160 s.
    assert!(told.contains("5.2 min lead for 2 hosts"), "{told}");
    assert!(told.contains("1 −5:10 launch 2 × m5.large"), "{told}");
    assert!(
        told.contains("60 s, 50 % are met; one that is not is made again"),
        "{told}"
    );
}
