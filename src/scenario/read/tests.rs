//! Reading is tested through its one entry: texts in, scenarios or problems out.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::scenario::{
    Assumption, Capacity, Clock, DurationLaw, Family, Granularity, HealthRule, HostPort,
    LicenceCount, LoadBalancerKind, NetworkMode, PrescaleMode, Purchase, ReleaseHosts, TaskSize,
};
use crate::units::{PerHour, Seconds, Usd, UsdPerHour};

const EXAMPLE: &str = r#"
[service]
name = "web"
desired_count = 2
cpu = 512
memory_mib = 1024
network_mode = "bridge"
host_port = "dynamic"
launch_type = "ec2"
health_check_grace_period = "300s"

[service.timing]
start = { mean = "45s", cv = 0.2 }
ready = { mean = "75s", cv = 0.2 }
stop = { mean = "5s", cv = 0.5 }
stop_timeout = "30s"
cold_start_extra = "20s"

[service.load_balancer]
type = "alb"
health_check_interval = "30s"
healthy_threshold = 5
unhealthy_threshold = 2
deregistration_delay = "300s"

[service.load]
requests_per_second = 50.0
task_requests_per_second = 60.0

[deployment]
strategy = "rolling"
minimum_healthy_percent = 100
maximum_percent = 200
per_day = 6.0
reaction = { mean = "20s", cv = 0.4 }

[cluster]
region = "ap-northeast-1"
[[cluster.hosts]]
instance_type = "t3.small"
count = 2
purchase = "on-demand"
[[cluster.daemons]]
name = "fluentd"
cpu = 64
memory_mib = 128

[prescale]
hosts = 2
spot_share = 0.0
boot = { mean = "150s", cv = 0.2 }
release = "60s"

[limits]
budget_usd_per_month = 60.0
availability = 0.999
max_duration = "15m"

[recommend]
clock = "completed"
may_change = ["percents", "prescale", "headroom", "spot"]
"#;

/// The least that can be read: everything else has a default.
const SHORT: &str = r#"
[service]
desired_count = 2
cpu = 512
memory_mib = 1024
[service.timing]
start = "45s"
ready = "75s"
[cluster]
region = "ap-northeast-1"
[[cluster.hosts]]
instance_type = "t3.small"
count = 2
"#;

fn read(text: &str) -> Result<Scenario, Vec<Problem>> {
    scenario(text, Syntax::Toml, Purpose::DurationsOnly)
}

fn good(text: &str) -> Scenario {
    read(text).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

/// The problems of a text, one on a line.
fn problems(text: &str) -> String {
    lines(&read(text).expect_err("the text has problems"))
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// The short scenario with a line added to one of its tables.
fn short_with(table: &str, line: &str) -> String {
    if SHORT.contains(&format!("{table}\n")) {
        SHORT.replace(&format!("{table}\n"), &format!("{table}\n{line}\n"))
    } else {
        format!("{SHORT}{table}\n{line}\n")
    }
}

/// The one problem of the short scenario with a line added.
#[track_caller]
fn the_problem(table: &str, line: &str) -> Problem {
    let problems = read(&short_with(table, line)).expect_err("the line is a problem");
    assert_eq!(problems.len(), 1, "{}", lines(&problems));
    problems[0].clone()
}

fn as_json(node: &tree::Node) -> Json {
    match &node.value {
        tree::Value::String(text) | tree::Value::Datetime(text) => json!(text),
        tree::Value::Integer(integer) => json!(integer),
        tree::Value::Float(float) => json!(float),
        tree::Value::Boolean(flag) => json!(flag),
        tree::Value::Null => Json::Null,
        tree::Value::List(items) => items.iter().map(as_json).collect(),
        tree::Value::Table(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| (entry.key.clone(), as_json(&entry.node)))
                .collect(),
        ),
    }
}

fn toml_as_json(text: &str) -> Json {
    as_json(&toml::tree(text, &mut Vec::new()).expect("valid TOML"))
}

#[test]
fn the_example_is_read_as_written() {
    let scenario = scenario(EXAMPLE, Syntax::Toml, Purpose::MonthlyFigures)
        .unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let service = &scenario.service;
    assert_eq!(service.name, "web");
    assert_eq!(service.desired_count, 2);
    assert_eq!(
        service.size,
        Some(TaskSize {
            cpu: 512,
            memory_mib: 1024
        })
    );
    assert_eq!(service.network_mode, NetworkMode::Bridge);
    assert_eq!(service.host_port, HostPort::Dynamic);
    assert_eq!(service.health_check_grace_period, Some(Seconds(300.0)));
    assert_eq!(
        service.timing.start,
        DurationLaw::lognormal(Seconds(45.0), 0.2)
    );
    assert_eq!(
        service.timing.cold_start_extra,
        DurationLaw::fixed(Seconds(20.0))
    );
    assert_eq!(service.required_tasks, Some(1));
    let load_balancer = service.load_balancer.expect("there is one");
    assert_eq!(load_balancer.kind, LoadBalancerKind::Alb);
    assert_eq!(load_balancer.health_rule, HealthRule::FirstPass);
    assert_eq!(load_balancer.deregistration_delay, Seconds(300.0));
    assert_eq!(scenario.deployment.per_day, Some(6.0));
    assert_eq!(scenario.deployment.per_month(), Some(182.5));
    assert!(scenario.deployment.stopping_counts);
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        panic!("hosts are given")
    };
    assert_eq!(cluster.hosts.len(), 1);
    let group = &cluster.hosts[0];
    assert_eq!((group.count, group.purchase), (2, Purchase::OnDemand));
    assert_eq!(group.shape.registered_cpu, 2048);
    // floor(0.93 × 2048)
    assert_eq!(group.shape.registered_memory_mib, 1904);
    assert_eq!(group.shape.task_interfaces, Some(2));
    assert_eq!(
        Some(group.usd_per_hour),
        crate::catalog::on_demand("ap-northeast-1", "t3.small")
    );
    assert_eq!(cluster.daemons[0].name, "fluentd");
    assert_eq!(cluster.daemons[0].counted, LicenceCount::Hours);
    assert_eq!(scenario.prescale.hosts, 2);
    assert_eq!(scenario.prescale.mode, PrescaleMode::Before);
    assert_eq!(scenario.prescale.release_hosts, ReleaseHosts::Emptiest);
    let added = scenario.prescale.host.expect("like the first group");
    assert_eq!(added.shape, group.shape);
    assert_eq!(added.on_demand, group.usd_per_hour);
    assert_eq!(scenario.limits.budget_usd_per_month, Some(Usd(60.0)));
    assert_eq!(scenario.limits.max_duration, Some(Seconds(900.0)));
    assert_eq!(scenario.recommend.clock, Clock::Completed);
    assert!(scenario.recommend.may_change.spot);
    assert!(!scenario.recommend.may_change.health_check);
    assert_eq!(scenario.billing.granularity, Granularity::Second);
    assert!(scenario.fargate.is_some());
}

#[test]
fn the_same_tree_as_json_is_the_same_scenario() {
    for text in [EXAMPLE, SHORT] {
        let json = serde_json::to_string_pretty(&toml_as_json(text)).expect("a tree");
        assert_eq!(
            scenario(&json, Syntax::Json, Purpose::DurationsOnly),
            scenario(text, Syntax::Toml, Purpose::DurationsOnly)
        );
    }
}

#[test]
fn all_mistakes_of_a_text_are_reported_at_once() {
    let text = r#"[service]
name = "web"
desired_count = "two"
cpu = 512
netwrk_mode = "bridge"
desired_range = [20, 2]
[service.timing]
start = 45
[service.load_balancer]
type = "alb"
healthy_threshold = 1
minimum_healthy_percent = 50
[deployment]
strategy = "canary"
maximum_percent = 50
canary_bake = "5m"
[cluster]
region = "ap-northeast-1"
[[cluster.hosts]]
instance_type = "t3.smal"
count = 2
[limits]
availability = 99.9
"#;
    insta::assert_snapshot!(lines(
        &scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect_err("many mistakes")
    ));
}

#[test]
fn an_unknown_region_is_reported_beside_an_unknown_type() {
    let text = EXAMPLE
        .replace("ap-northeast-1", "ap-northeast-9")
        .replace("t3.small", "t3.smal");
    let told = lines(
        &scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect_err("two unknown names"),
    );
    assert!(
        told.contains("cluster.region: found \"ap-northeast-9\""),
        "{told}"
    );
    assert!(told.contains("instance_type: found \"t3.smal\""), "{told}");
}

#[test]
fn all_syntax_errors_of_toml_are_reported_at_once() {
    insta::assert_snapshot!(problems(
        "[service]\ncpu = \ncpu = 5 6\n[limits\navailability = 0.9.9\n"
    ));
}

#[test]
fn json_problems_have_a_place_too() {
    let text = "{\n  \"limits\": { \"budget_usd_per_month\": -1 },\n  \"limits\": {}\n}";
    let found = scenario(text, Syntax::Json, Purpose::DurationsOnly).expect_err("problems");
    let places: Vec<_> = found
        .iter()
        .map(|problem| {
            (
                problem.key.as_str(),
                problem.place.map(|place| (place.line, place.column)),
            )
        })
        .collect();
    assert!(places.contains(&("limits", Some((3, 3)))), "{places:?}");
    assert!(
        places.contains(&("limits.budget_usd_per_month", Some((2, 39)))),
        "{places:?}"
    );
    for text in ["", "[]", "{,}", "{\"a\": 1,}", "// no\n{}", "{\"a\" 1}"] {
        let found = scenario(text, Syntax::Json, Purpose::DurationsOnly).expect_err("no JSON");
        assert_eq!(found.len(), 1, "{text}: {}", lines(&found));
        assert!(found[0].place.is_some(), "{text}");
    }
}

#[test]
fn columns_are_counted_in_characters() {
    let place = the_problem("[service]", "name = \"日本\"; x = 1").place;
    assert_eq!(
        place,
        Some(Place {
            line: 3,
            column: 12
        })
    );
}

#[test]
fn the_syntax_is_guessed_from_name_or_text() {
    assert_eq!(Syntax::guess("web.json", ""), Syntax::Json);
    assert_eq!(Syntax::guess("web.TOML", "{"), Syntax::Toml);
    assert_eq!(Syntax::guess("-", " \n{ }"), Syntax::Json);
    assert_eq!(Syntax::guess("-", "[service]"), Syntax::Toml);
}

#[test]
fn every_default_that_matters_is_listed() {
    let scenario = scenario(
        &short_with("[deployment]", "per_day = 1"),
        Syntax::Toml,
        Purpose::MonthlyFigures,
    )
    .expect("complete");
    let listed: Vec<String> = scenario
        .assumptions
        .iter()
        .map(|Assumption { key, value, .. }| format!("{key} = {value}"))
        .collect();
    insta::assert_snapshot!(listed.join("\n"));
}

#[test]
fn monthly_figures_need_deployments_per_day() {
    let found = scenario(SHORT, Syntax::Toml, Purpose::MonthlyFigures).expect_err("no per_day");
    assert_eq!(found[0].key, "deployment.per_day");
    assert!(good(SHORT).deployment.per_day.is_none());
}

#[test]
fn timing_is_asked_for_with_the_way_to_get_it() {
    let text = SHORT
        .replace("start = \"45s\"\n", "")
        .replace("ready = \"75s\"\n", "");
    let found = read(&text).expect_err("no timing");
    assert_eq!(found.len(), 2);
    assert!(found[0].hint.contains("prescale import ecs"));
}

#[test]
fn laws_take_mean_cv_and_family() {
    let law = |text: &str| {
        good(&short_with("[service.timing]", &format!("stop = {text}")))
            .service
            .timing
            .stop
    };
    assert_eq!(law(r#""10s""#), DurationLaw::fixed(Seconds(10.0)));
    assert_eq!(
        law(r#"{ mean = "10s", cv = 0 }"#),
        DurationLaw::fixed(Seconds(10.0))
    );
    assert_eq!(
        law(r#"{ mean = "10s", cv = 0.5, distribution = "fixed" }"#),
        DurationLaw::fixed(Seconds(10.0))
    );
    assert_eq!(
        law(r#"{ mean = "10s", cv = 0.5, distribution = "gamma" }"#).family,
        Family::Gamma
    );
    let no_cv = the_problem("[service.timing]", r#"stop = { mean = "10s" }"#);
    assert_eq!(no_cv.key, "service.timing.stop.cv");
}

#[test]
fn required_tasks_are_given_or_the_ratio_rounded_up() {
    let required = |line: &str| {
        good(&short_with("[service.load]", line))
            .service
            .required_tasks
    };
    assert_eq!(required("required_tasks = 2"), Some(2));
    assert_eq!(
        required("requests_per_second = 120\ntask_requests_per_second = 60"),
        Some(2)
    );
    assert_eq!(
        required("requests_per_second = 121\ntask_requests_per_second = 60"),
        Some(3)
    );
    // In floats 1.1 / 0.1 is a little more than 11.
    assert_eq!(
        required("requests_per_second = 1.1\ntask_requests_per_second = 0.1"),
        Some(11)
    );
    assert_eq!(good(SHORT).service.required_tasks, None);
}

/// A line that is wrong, the table it is added to, the key at fault and a word of the message.
const WRONG: &[(&str, &str, &str, &str)] = &[
    (
        "[service.load]",
        "required_tasks = 1\nrequests_per_second = 1",
        "service.load.requests_per_second",
        "either",
    ),
    (
        "[service.load]",
        "requests_per_second = 1",
        "service.load.task_requests_per_second",
        "both",
    ),
    (
        "[service.timing]",
        "stop = 5",
        "service.timing.stop",
        "write \"5s\"",
    ),
    (
        "[service.timing]",
        "stop = \"5\"",
        "service.timing.stop",
        "write \"5s\"",
    ),
    (
        "[service.timing]",
        "stop_timeout = { mean = \"5s\", cv = 1 }",
        "service.timing.stop_timeout",
        "does not vary",
    ),
    (
        "[service.timing]",
        "stop = { mean = \"5s\", cv = -1 }",
        "service.timing.stop.cv",
        "from 0 to 5",
    ),
    (
        "[service]",
        "host_port = \"dynamic\"\nnetwork_mode = \"host\"",
        "service.host_port",
        "static",
    ),
    (
        "[service.load_balancer]",
        "type = \"clb\"",
        "service.host_port",
        "classic",
    ),
    (
        "[service.load_balancer]",
        "type = \"alb\"\nregistration_delay = \"60s\"",
        "service.load_balancer.registration_delay",
        "nlb",
    ),
    (
        "[service.load_balancer]",
        "type = \"alb\"\nderegistration_delay = \"2h\"",
        "service.load_balancer.deregistration_delay",
        "3600s",
    ),
    (
        "[service.load_balancer]",
        "healthy_threshold = 3",
        "service.load_balancer.type",
        "alb",
    ),
    (
        "[service.health_check]",
        "interval = \"1s\"",
        "service.health_check.interval",
        "5s",
    ),
    (
        "[deployment]",
        "minimum_healthy_percent = 150",
        "deployment.minimum_healthy_percent",
        "write 100 or less",
    ),
    (
        "[deployment]",
        "maximum_percent = 0",
        "deployment.maximum_percent",
        "write 100 or more",
    ),
    (
        "[deployment]",
        "orchestrator = \"kubernetes\"",
        "deployment.orchestrator",
        "not supported yet",
    ),
    (
        "[deployment]",
        "orchestrator = \"kubernets\"",
        "deployment.orchestrator",
        "in quotes",
    ),
    (
        "[deployment]",
        "per_day = 0",
        "deployment.per_day",
        "above 0",
    ),
    (
        "[deployment]",
        "per_day = nan",
        "deployment.per_day",
        "above 0",
    ),
    (
        "[cluster]",
        "free_tasks = 3",
        "cluster.free_tasks",
        "either",
    ),
    (
        "[cluster]",
        "healthy_threshold = 3",
        "cluster.healthy_threshold",
        "[service.load_balancer]",
    ),
    (
        "[[cluster.hosts]]",
        "accepts_tasks = false",
        "cluster.hosts",
        "takes tasks",
    ),
    (
        "[[cluster.hosts]]",
        "usd_per_hour = 0",
        "cluster.hosts.0.usd_per_hour",
        "above 0",
    ),
    (
        "[prescale]",
        "mode = \"later\"",
        "prescale.mode",
        "warm-pool",
    ),
    (
        "[prescale]",
        "spot_share = 50",
        "prescale.spot_share",
        "write 0.5",
    ),
    (
        "[prescale]",
        "instance_type = \"m5.lrge\"",
        "prescale.instance_type",
        "did you mean",
    ),
    (
        "[limits]",
        "availability = 99.9",
        "limits.availability",
        "write 0.999",
    ),
    (
        "[recommend]",
        "may_change = [\"percent\"]",
        "recommend.may_change.0",
        "percents",
    ),
    (
        "[prices]",
        "\"t3.smal\" = 0.1",
        "prices.t3.smal",
        "t3.small",
    ),
    ("[prices]", "t3.small = 0.1", "prices.t3", "in quotes"),
    (
        "[spot]",
        "correlation = 50",
        "spot.correlation",
        "write 0.5",
    ),
    (
        "[spot]",
        "interruption_per_month = 1.0",
        "spot.interruption_per_month",
        "smaller",
    ),
    (
        "[spot]",
        "fallback = \"ondemand\"",
        "spot.fallback",
        "on-demand",
    ),
    (
        "[spot]",
        "fulfilment_time = 30",
        "spot.fulfilment_time",
        "\"30s\"",
    ),
    (
        "[cluster]",
        "zone_loss_per_month = 0.001",
        "cluster.zone_loss_per_month",
        "zone of",
    ),
    (
        "[[recorded]]",
        "at = 2026-01-01T00:00:00Z",
        "recorded.0.completed",
        "give it",
    ),
];

#[test]
fn each_wrong_line_is_one_problem_that_says_what_to_do() {
    for (table, line, key, word) in WRONG {
        let problem = the_problem(table, line);
        assert_eq!(problem.key, *key, "{problem}");
        assert!(problem.to_string().contains(word), "{problem}");
    }
}

#[test]
fn fargate_means_awsvpc_and_needs_its_prices() {
    let fargate = "[service]\nlaunch_type = \"fargate\"\ndesired_count = 2\ncpu = 200\n\
                   memory_mib = 512\ntiming = { start = \"45s\", ready = \"75s\" }\n";
    let with_prices =
        format!("{fargate}[prices]\n\"fargate.vcpu\" = 0.04\n\"fargate.gb\" = 0.004\n");
    let scenario = good(&with_prices);
    assert_eq!(scenario.capacity, Capacity::Unlimited);
    assert_eq!(scenario.service.network_mode, NetworkMode::AwsVpc);
    let price = scenario.fargate.expect("prices are given");
    assert_eq!((price.size.cpu, price.size.memory_mib), (256, 512));
    // 0.25 × 0.04 + 0.5 × 0.004
    assert!((price.usd_per_task_hour.0 - 0.012).abs() < 1e-12);
    let without = read(fargate).expect_err("no prices");
    assert!(without[0].hint.contains("fargate.vcpu"), "{}", without[0]);
    let bridge = with_prices.replace("[service]", "[service]\nnetwork_mode = \"bridge\"");
    assert_eq!(
        read(&bridge).expect_err("a wrong mode")[0].key,
        "service.network_mode"
    );
}

#[test]
fn prices_are_the_groups_own_then_the_given_then_the_catalogs() {
    let price = |text: &str| match good(text).capacity {
        Capacity::Hosts(cluster) => cluster.hosts[0].usd_per_hour,
        other => panic!("{other:?}"),
    };
    let given = short_with("[prices]", "\"t3.small\" = 0.5");
    assert_eq!(price(&given), UsdPerHour(0.5));
    let spot = given.replace("\ncount = 2", "\ncount = 2\npurchase = \"spot\"");
    let saving = crate::catalog::spot("ap-northeast-1", "t3.small")
        .expect("offered")
        .savings_percent;
    assert!((price(&spot).0 - 0.5 * (1.0 - f64::from(saving) / 100.0)).abs() < 1e-12);
    let own = spot.replace("\ncount = 2", "\ncount = 2\nusd_per_hour = 0.25");
    assert_eq!(price(&own), UsdPerHour(0.25));
}

#[test]
fn spot_hosts_are_taken_back_as_the_catalog_says_unless_it_is_given() {
    let cluster = |text: &str| match good(text).capacity {
        Capacity::Hosts(cluster) => cluster,
        other => panic!("{other:?}"),
    };
    let spot = SHORT.replace("\ncount = 2", "\ncount = 2\npurchase = \"spot\"");
    let share = crate::catalog::spot("ap-northeast-1", "t3.small")
        .expect("offered")
        .monthly_interruption();
    let hazard = cluster(&spot).hosts[0].interruption;
    // Over a month as many are taken back as the band says.
    assert!((hazard.strikes_within(Seconds(730.0 * 3600.0)) - share).abs() < 1e-12);
    let given = format!("{spot}[spot]\ninterruption_per_month = 0.5\n");
    let hazard = cluster(&given).hosts[0].interruption;
    // ln 2 / 730
    assert!((hazard.0 - 9.495_166_857_327_9e-4).abs() < 1e-12);
    assert_eq!(cluster(SHORT).hosts[0].interruption, PerHour::ZERO);

    let assumed = |text: &str| -> Vec<String> {
        good(text)
            .assumptions
            .into_iter()
            .map(|assumption| assumption.key)
            .filter(|key| key.starts_with("spot."))
            .collect()
    };
    let all = [
        "interruption_per_month",
        "correlation",
        "fulfilment",
        "fulfilment_time",
    ]
    .map(|key| format!("spot.{key}"));
    assert_eq!(assumed(&spot), all);
    assert_eq!(assumed(&given), all[1..]);
    let unmet = format!("{given}fulfilment = 0.9\n");
    assert!(assumed(&unmet).contains(&"spot.fallback".to_owned()));
    // Without spot hosts nothing of it matters, except for what a recommendation may add.
    assert_eq!(assumed(SHORT), [""; 0]);
    let if_added: Vec<String> = good(SHORT)
        .spot
        .assumptions
        .into_iter()
        .map(|assumption| assumption.key)
        .collect();
    assert_eq!(if_added, all);
}

#[test]
fn zones_are_lost_only_where_it_is_said_how_often() {
    let zoned = SHORT.replace("\ncount = 2", "\ncount = 2\nzone = \"1a\"");
    let lost = zoned.replace("[cluster]\n", "[cluster]\nzone_loss_per_month = 0.001\n");
    let zone_loss = |text: &str| match good(text).capacity {
        Capacity::Hosts(cluster) => cluster.zone_loss,
        other => panic!("{other:?}"),
    };
    assert_eq!(zone_loss(&zoned).hazard, PerHour::ZERO);
    let given = zone_loss(&lost);
    assert!((given.hazard.0 * 730.0 - 0.001_000_500_333_6).abs() < 1e-12);
    assert_eq!(given.outage, DurationLaw::fixed(Seconds(3600.0)));
    let keys = |text: &str| -> Vec<String> {
        let assumptions = good(text).assumptions.into_iter();
        assumptions.map(|assumption| assumption.key).collect()
    };
    assert!(keys(&zoned).contains(&"cluster.zone_loss_per_month".to_owned()));
    assert!(keys(&lost).contains(&"cluster.zone_outage".to_owned()));
}

#[test]
fn unknown_names_will_do_where_everything_is_given() {
    let elsewhere = SHORT.replace("ap-northeast-1", "ap-northeast-9");
    let problem = &read(&elsewhere).expect_err("no price")[0];
    assert_eq!(problem.key, "cluster.region");
    assert!(problem.hint.contains("ap-northeast-"), "{problem}");
    good(&format!("{elsewhere}usd_per_hour = 0.1\n"));
    let own_type = SHORT.replace("t3.small", "rack-7");
    assert_eq!(
        read(&own_type).expect_err("no such type")[0].key,
        "cluster.hosts.0.instance_type"
    );
    let own_type = format!(
        "{own_type}usd_per_hour = 0.1\nregistered_cpu = 4096\nregistered_memory_mib = 8192\n"
    );
    let Capacity::Hosts(cluster) = good(&own_type).capacity else {
        panic!("hosts are given")
    };
    assert_eq!(cluster.hosts[0].shape.task_interfaces, None);
}

#[test]
fn only_the_room_may_be_known() {
    let text = "[service]\ndesired_count = 2\ntiming = { start = \"45s\", ready = \"75s\" }\n\
                [cluster]\nfree_tasks = 3\n";
    let scenario = good(text);
    assert_eq!(scenario.capacity, Capacity::FreeTasks(3));
    assert_eq!(
        (scenario.service.size, scenario.prescale.host),
        (None, None)
    );
    let found = read(&format!("{text}[prescale]\nhosts = 1\n")).expect_err("of which type?");
    assert_eq!(found[0].key, "prescale.instance_type");
}

/// The keys of the scenario format, as it is agreed with other programs.
const AGREED: &str = "
service.name service.desired_count service.cpu service.memory_mib service.network_mode
service.host_port service.launch_type service.health_check_grace_period service.desired_range
service.distinct_instance service.placement service.failed_start_probability
service.longest_request service.timing.start service.timing.ready service.timing.stop
service.timing.stop_timeout service.timing.cold_start_extra service.load_balancer.type
service.load_balancer.health_check_interval service.load_balancer.healthy_threshold
service.load_balancer.unhealthy_threshold service.load_balancer.deregistration_delay
service.load_balancer.health_rule service.load_balancer.registration_delay
service.load_balancer.slow_start service.health_check.interval service.health_check.timeout
service.health_check.retries service.health_check.start_period service.load.required_tasks
service.load.requests_per_second service.load.task_requests_per_second
service.load.wait_target service.load.wait_probability deployment.orchestrator
deployment.strategy deployment.minimum_healthy_percent deployment.maximum_percent
deployment.per_day deployment.reaction deployment.stopping_counts deployment.completion_lag
deployment.window_hours deployment.days_per_month deployment.failure_rate deployment.max_surge
deployment.max_unavailable deployment.min_ready deployment.step_percent deployment.step_bake
deployment.canary_percent deployment.canary_bake deployment.bake deployment.test
deployment.policy deployment.batch_size deployment.codedeploy_config deployment.max_parallel
deployment.min_healthy_time deployment.canary cluster.region cluster.free_tasks
cluster.eni_trunking cluster.host_extra_usd_per_hour cluster.cold_pull_gib
cluster.nat_usd_per_gib cluster.committed_hosts cluster.concurrent_deployments
cluster.hosts.instance_type cluster.hosts.count cluster.hosts.purchase
cluster.hosts.accepts_tasks cluster.hosts.registered_cpu cluster.hosts.registered_memory_mib
cluster.hosts.used_cpu cluster.hosts.used_memory_mib cluster.hosts.used_interfaces
cluster.hosts.zone cluster.hosts.usd_per_hour cluster.daemons.name cluster.daemons.cpu
cluster.daemons.memory_mib cluster.daemons.usd_per_host_month cluster.daemons.counted
cluster.capacity_provider.managed_scaling cluster.capacity_provider.target_capacity
cluster.capacity_provider.minimum_scaling_step_size
cluster.capacity_provider.maximum_scaling_step_size cluster.capacity_provider.instance_warmup
cluster.capacity_provider.managed_termination_protection cluster.capacity_provider.alarm
prescale.hosts prescale.spot_share prescale.mode prescale.boot prescale.release
prescale.lead_overlap prescale.release_hosts prescale.instance_type
spot.interruption_per_month spot.correlation spot.fulfilment spot.fulfilment_time spot.fallback
billing.granularity billing.free_hours_per_month value.usd_per_minute prices.fargate.vcpu
prices.fargate.gb limits.budget_usd_per_month limits.availability limits.max_duration
recommend.clock recommend.may_change";

/// Every known key below the top level with its dotted path, in lists the first item's.
fn known_paths() -> impl Iterator<Item = (String, bool)> {
    known_keys().iter().flat_map(|table| {
        let path = table.path();
        let keys = |names: &'static [&str], supported| {
            names
                .iter()
                .map(move |name| (joined(path, name), supported))
        };
        keys(table.supported, true).chain(keys(table.not_yet, false))
    })
}

#[test]
fn every_agreed_key_is_known() {
    let known: Vec<String> = known_paths().map(|(path, _)| path).collect();
    for key in AGREED.split_whitespace() {
        assert!(known.iter().any(|path| path == key), "{key}");
    }
}

/// Puts null at a path of table keys; the lists among them get one item.
fn put_null(tree: &mut Json, path: &str) {
    let mut at = tree;
    let mut begun = String::new();
    let prices = path
        .strip_prefix("prices.")
        .map(|price| vec!["prices", price]);
    for key in prices.unwrap_or_else(|| path.split('.').collect()) {
        begun = joined(&begun, &key);
        if at.is_null() {
            *at = json!({});
        }
        at = &mut at[key];
        let is_list = ["cluster.hosts", "cluster.daemons", "recorded"].contains(&begun.as_str());
        if is_list && begun != path {
            if at.is_null() {
                *at = json!([{}]);
            }
            at = &mut at[0];
        }
    }
    *at = Json::Null;
}

#[test]
fn every_known_key_is_read_or_said_to_be_not_supported_yet() {
    for (path, supported) in known_paths() {
        let mut tree = toml_as_json(SHORT);
        put_null(&mut tree, &path);
        let found = scenario(&tree.to_string(), Syntax::Json, Purpose::DurationsOnly)
            .expect_err("null is never a value");
        let belongs = |problem: &&Problem| {
            let key = problem.key.replace(".0", "");
            let is_refused = problem.found.contains("not supported yet");
            let covers = path
                .strip_prefix(&key)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            (supported && key == path && !is_refused) || (!supported && covers && is_refused)
        };
        assert!(
            found.iter().any(|problem| belongs(&problem)),
            "{path}: {}",
            lines(&found)
        );
    }
}

#[test]
fn a_fleet_is_no_scenario() {
    let found = problems("[[service]]\nfile = \"web.toml\"\n");
    assert!(
        found.contains("`prescale fleet` answers for several"),
        "{found}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,60}", purpose in any::<bool>()) {
        let purpose = if purpose { Purpose::MonthlyFigures } else { Purpose::DurationsOnly };
        let _ = scenario(&text, Syntax::Toml, purpose);
        let _ = scenario(&text, Syntax::Json, purpose);
    }

    #[test]
    fn a_changed_example_is_read_or_has_problems(at in any::<prop::sample::Index>(), cut in 0..30_usize, put in "[\\PC\n]{0,6}") {
        let json = toml_as_json(EXAMPLE).to_string();
        for (text, syntax) in [(EXAMPLE, Syntax::Toml), (json.as_str(), Syntax::Json)] {
            let characters: Vec<char> = text.chars().collect();
            let start = at.index(characters.len());
            let end = (start + cut).min(characters.len());
            let changed: String = characters[..start].iter().copied()
                .chain(put.chars())
                .chain(characters[end..].iter().copied())
                .collect();
            if let Err(problems) = scenario(&changed, syntax, Purpose::DurationsOnly) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
