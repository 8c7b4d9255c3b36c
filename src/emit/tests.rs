use super::*;
use crate::scenario::read::{Purpose, Syntax, scenario};

const WEB: &str = include_str!("../../data/examples/web.toml");

fn web(change: impl Fn(String) -> String) -> Scenario {
    scenario(
        &change(WEB.to_owned()),
        Syntax::Toml,
        Purpose::DurationsOnly,
    )
    .expect("it is valid")
}

#[test]
fn what_is_only_assumed_is_left_alone() {
    let without = |text: String| {
        text.replace("deregistration_delay = \"300s\"\n", "")
            .replace("health_check_grace_period = \"300s\"\n", "")
    };
    let current = web(without);
    let mut planned = current.clone();
    let set = settings(&current, &planned);
    let balancer = set.balancer.expect("thresholds are stated");
    assert_eq!(balancer.deregistration_delay, None);
    assert_eq!(balancer.healthy_threshold, Some(5));
    assert_eq!(set.grace_period, None);

    // A plan that changes it states it.
    let changed = planned.service.load_balancer.as_mut().expect("it has one");
    changed.deregistration_delay = Seconds(29.5);
    let balancer = settings(&current, &planned).balancer.expect("it is set");
    assert_eq!(balancer.deregistration_delay, Some(30));
}

#[test]
fn a_hostile_name_stays_a_name() {
    let mut current = web(|text| text);
    current.service.name = "a'; rm -rf /\n# \"x\" ${y}".to_owned();
    let set = settings(&current, &current);
    assert!(terraform(&set).contains("resource \"aws_ecs_service\" \"a___rm_-rf______x____y_\" {"));
    assert!(cloudformation(&set).contains("\n  ARmRfXY:\n"));
    assert!(cli(&set).contains("--service 'a'\\''; rm -rf /\n# \"x\" ${y}' \\\n"));
    for text in [terraform(&set), cloudformation(&set)] {
        let comment = text.lines().next().expect("there is a first line");
        assert_eq!(
            comment,
            "# Service a'; rm -rf / # \"x\" ${y}: merge into the resources that exist."
        );
    }
}

#[test]
fn classic_load_balancers_have_their_own_keys() {
    let clb = web(|text| {
        text.replace("type = \"alb\"", "type = \"clb\"")
            .replace("\"dynamic\"", "\"static\"")
    });
    let set = settings(&clb, &clb);
    assert!(terraform(&set).contains("resource \"aws_elb\" \"web\" {\n  connection_draining         = true\n  connection_draining_timeout = 300\n"));
    assert!(cloudformation(&set).contains("      ConnectionDrainingPolicy:\n        Enabled: true\n        Timeout: 300\n      HealthCheck:\n        Interval: \"30\"\n"));
    assert!(cli(&set).contains("--health-check \"Target=$TARGET,Timeout=$CHECK_TIMEOUT,Interval=30,HealthyThreshold=5,UnhealthyThreshold=2\""));
}
