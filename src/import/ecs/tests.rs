#![expect(
    clippy::float_cmp,
    reason = "the values come from the inputs without rounding"
)]

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::import::deployments::Outcome::{Completed, Incomplete, RolledBack};
use crate::import::deployments::{EventOrder, Outcome, Request};
use crate::import::fit::Origin;
use crate::import::timestamps::between;

fn data(path: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(path);
    Source {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
    }
}

fn services(content: &Value) -> Source {
    Source {
        name: "services.json".to_owned(),
        text: content.to_string(),
    }
}

fn only(services: Source) -> EcsInput {
    EcsInput {
        services,
        task_definition: None,
        target_groups: None,
        target_group_attributes: None,
        container_instances: None,
        auto_scaling_groups: None,
        service: None,
    }
}

fn example() -> EcsInput {
    let file = |name: &str| data(&format!("examples/aws/{name}.json"));
    EcsInput {
        services: file("services"),
        task_definition: Some(file("task-definition")),
        target_groups: Some(file("target-groups")),
        target_group_attributes: Some(file("target-group-attributes")),
        container_instances: Some(file("container-instances")),
        auto_scaling_groups: Some(file("auto-scaling-groups")),
        service: None,
    }
}

/// A recording as the description it once was.
fn recorded(name: &str) -> Imported {
    let facts: toml::Table = data(&format!("recorded/{name}.toml")).text.parse().unwrap();
    let first: jiff::Timestamp = facts["first_event"].as_str().unwrap().parse().unwrap();
    let at = |offset: f64| {
        let moment = first + jiff::SignedDuration::from_secs_f64(offset);
        moment.to_string()
    };
    let mut events: Vec<Value> = facts["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| {
            let fact = fact.as_array().unwrap();
            let count = fact.get(2).and_then(toml::Value::as_integer).unwrap_or(0);
            let deployment = fact.get(3).and_then(toml::Value::as_str);
            json!({
                "createdAt": at(fact[0].as_float().unwrap()),
                "message": message(fact[1].as_str().unwrap(), count, deployment),
            })
        })
        .collect();
    events.reverse();
    let requests = facts.get("requests").and_then(toml::Value::as_array);
    let requests: Vec<Value> = requests
        .into_iter()
        .flatten()
        .map(|request| {
            json!({
                "id": request.get("deployment").map(|id| format!("ecs-svc/{}", id.as_str().unwrap())),
                "createdAt": at(request["created_s"].as_float().unwrap()),
            })
        })
        .collect();
    let settings = facts
        .get("settings")
        .cloned()
        .unwrap_or(toml::Table::new().into());
    let setting = |key: &str| settings.get(key).and_then(toml::Value::as_integer);
    let balanced = events
        .iter()
        .any(|event| event["message"].as_str().unwrap().contains("registered"));
    ecs(&only(services(&json!({"services": [{
        "serviceName": "web",
        "desiredCount": setting("desired_count").unwrap_or(1),
        "loadBalancers": if balanced { json!([{"targetGroupArn": "arn:g"}]) } else { json!([]) },
        "deployments": requests,
        "events": events,
    }]}))))
    .unwrap()
}

fn message(kind: &str, count: i64, deployment: Option<&str>) -> String {
    let id = deployment.unwrap_or_default();
    let said = match kind {
        "started" => format!("has started {count} tasks: (task 1)."),
        "started-replacing" => format!(
            "has started {count} tasks: (task 1). Amazon ECS replaced {count} tasks due to an unhealthy status."
        ),
        "registered" => format!("registered {count} targets in (target-group arn:g)"),
        "deregistered" => format!("deregistered {count} targets in (target-group arn:g)"),
        "draining" if deployment.is_some() => {
            return format!(
                "(service web, taskSet ecs-svc/{id}) has begun draining connections on {count} tasks."
            );
        }
        "draining" => format!("has begun draining connections on {count} tasks."),
        "stopped" => format!("has stopped {count} running tasks: (task 2)."),
        "stopped-pending" => format!("stopped {count} pending tasks."),
        "completed" => format!("(deployment ecs-svc/{id}) deployment completed."),
        "failed" => format!("(deployment ecs-svc/{id}) deployment failed: tasks failed to start."),
        "rolling-back" => format!("rolling back to deployment ecs-svc/{id}."),
        "unhealthy" => "(task 1) failed container health checks.".to_owned(),
        "cannot-place" => "was unable to place a task. Reason: none.".to_owned(),
        "steady" => "has reached a steady state.".to_owned(),
        other => panic!("no such fact: {other}"),
    };
    format!("(service web) {said}")
}

/// From the first move to the end, to the second, of those that completed.
fn lengths(imported: &Imported) -> Vec<f64> {
    let completed = imported
        .deployments
        .iter()
        .filter(|deployment| deployment.outcome == Outcome::Completed);
    completed
        .map(|deployment| {
            let first = deployment
                .stop_decision
                .unwrap()
                .min(deployment.first_start);
            between(first, deployment.ended_at.unwrap()).0.round()
        })
        .collect()
}

fn outcomes(imported: &Imported) -> Vec<Outcome> {
    imported
        .deployments
        .iter()
        .map(|deployment| deployment.outcome)
        .collect()
}

#[test]
fn a_recorded_request_gives_the_true_duration() {
    let imported = recorded("fargate-2-tasks-100-200");
    let [deployment] = imported.deployments.as_slice() else {
        panic!("{:?}", imported.deployments)
    };
    assert_eq!(deployment.request, Request::Recorded);
    assert_eq!(deployment.order, EventOrder::StoppedThenDrain);
    assert_eq!(deployment.started_tasks, 2);
    assert!((deployment.completed().unwrap().0 - 149.022).abs() < 1e-6);
    let skipped: Vec<&str> = imported
        .skipped
        .iter()
        .map(|skipped| skipped.why.as_str())
        .collect();
    assert_eq!(
        skipped,
        ["nothing was replaced: the service was created or grew"]
    );
}

#[test]
fn until_2020_a_stop_ends_the_drain() {
    let imported = recorded("5-tasks-0-100-2020");
    assert_eq!(imported.deployments[0].order, EventOrder::DrainThenStopped);
    assert_eq!(lengths(&imported), [382.0]);
    // The drain of 310 s is one of 300 s and a stop of 10 s.
    let delay = imported.fit.deregistration_delay.unwrap();
    assert_eq!(delay.value.0, 300.0);
    assert_eq!(imported.fit.stop.value.mean.0, 10.0);

    let imported = recorded("ec2-3-tasks-0-200-2020");
    assert_eq!(imported.deployments[0].request, Request::Recorded);
    assert_eq!(lengths(&imported), [321.0]);
    assert_eq!(imported.deployments[0].completed().unwrap().0, 331.0);
}

#[test]
fn starts_that_came_to_nothing_do_not_lengthen_a_deployment() {
    let imported = recorded("ec2-1-task-2018");
    assert_eq!(lengths(&imported), [103.0, 102.0]);
    let failed: Vec<u32> = imported
        .deployments
        .iter()
        .map(|one| one.failed_starts)
        .collect();
    assert_eq!(failed, [3, 0]);
    // Only the one without failed starts is held against predictions.
    assert_eq!(leave_one_out(&imported).len(), 1);
    assert_eq!(imported.fit.deregistration_delay.unwrap().value.0, 30.0);
    assert_eq!(imported.fit.start.value.mean.0, 12.0);
}

#[test]
fn a_restart_is_no_deployment() {
    let imported = recorded("fargate-1-task-restart");
    assert_eq!(lengths(&imported), [173.0, 153.0]);
    assert_eq!(imported.skipped.len(), 1, "{:?}", imported.skipped);
}

#[test]
fn stopping_first_is_a_deployment_too() {
    let imported = recorded("fargate-1-task-stop-first");
    assert_eq!(lengths(&imported), [246.0, 103.0]);
    let last = imported.deployments.last().unwrap();
    assert_eq!(last.request, Request::Recorded);
    assert!((last.completed().unwrap().0 - 117.962).abs() < 1e-6);
}

#[test]
fn a_drain_of_300_seconds_is_seen_behind_completed() {
    let imported = recorded("order-2-tasks");
    assert_eq!(lengths(&imported), [543.0]);
    assert_eq!(imported.fit.deregistration_delay.unwrap().value.0, 300.0);
}

#[test]
fn heartbeats_failures_and_rollbacks_are_told_apart() {
    let imported = recorded("gateway-fargate-2-tasks");
    assert_eq!(
        lengths(&imported),
        [134.0, 135.0, 134.0, 144.0, 134.0, 142.0, 134.0]
    );
    assert_eq!(
        imported.deployments.last().unwrap().outcome,
        Outcome::Incomplete
    );

    let imported = recorded("portal-fargate-1-task");
    assert_eq!(
        outcomes(&imported),
        [
            Completed, Completed, Completed, Completed, Completed, RolledBack, Incomplete
        ]
    );
    let imported = recorded("rollback");
    assert_eq!(outcomes(&imported), [RolledBack]);
    assert!(imported.deployments[0].completed().is_none());
}

#[test]
fn a_creation_is_no_deployment() {
    for name in [
        "fargate-creation-3-tasks",
        "start-4-tasks-without-load-balancer",
    ] {
        assert_eq!(recorded(name).deployments, [], "{name}");
    }
}

#[test]
fn without_a_load_balancer_a_stop_is_enough() {
    let imported = recorded("no-load-balancer-2015");
    assert_eq!(
        outcomes(&imported),
        [Outcome::Completed, Outcome::Completed, Outcome::Incomplete]
    );
    assert_eq!(lengths(&imported), [83.0, 102.0]);
    // From started to the stop it allowed: 41.5 and 10.2 s, which leave the least of all.
    assert_eq!(imported.fit.start.origin, Origin::Recorded { gaps: 2 });
    assert_eq!(imported.fit.start.value.mean.0, 1.0);
}

#[test]
fn the_example_becomes_this_scenario() {
    let imported = ecs(&example()).unwrap();
    insta::assert_snapshot!(imported.scenario_toml);
    insta::assert_snapshot!(
        imported
            .skipped
            .iter()
            .map(|skipped| format!("{}: {}", skipped.what, skipped.why))
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(
        ecs(&example()).unwrap().scenario_toml,
        imported.scenario_toml
    );
}

#[test]
fn a_deployment_is_never_fitted_on_itself() {
    let imported = ecs(&example()).unwrap();
    let held_out = leave_one_out(&imported);
    assert_eq!(held_out.len(), 3);
    assert_eq!(imported.fit.start.origin, Origin::Recorded { gaps: 3 });
    for one in held_out {
        assert_eq!(one.fit.start.origin, Origin::Recorded { gaps: 2 });
        assert!(one.scenario_toml.parse::<toml::Table>().is_ok());
    }
    // The recorded deployments had one task, the service has two now.
    let imported = recorded("gateway-fargate-2-tasks");
    assert!(imported.scenario_toml.contains("desired_count = 2 "));
    assert!(
        leave_one_out(&imported)[0]
            .scenario_toml
            .contains("desired_count = 1 ")
    );
    // With a single one nothing is left to fit on.
    let imported = recorded("order-2-tasks");
    assert_eq!(
        leave_one_out(&imported)[0].fit.start.origin,
        Origin::Assumed
    );
}

#[test]
fn every_missing_file_is_an_assumption() {
    let all = example();
    let alone = ecs(&only(all.services.clone())).unwrap();
    let keys: Vec<&str> = alone
        .assumptions
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    for key in [
        "service.cpu",
        "service.network_mode",
        "service.load_balancer.type",
        "service.load_balancer.healthy_threshold",
        "cluster.free_tasks",
    ] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    for without in 0..5 {
        let mut input = example();
        match without {
            0 => input.task_definition = None,
            1 => input.target_groups = None,
            2 => input.target_group_attributes = None,
            3 => input.container_instances = None,
            _ => input.auto_scaling_groups = None,
        }
        let imported = ecs(&input).unwrap();
        assert!(
            imported.scenario_toml.parse::<toml::Table>().is_ok(),
            "{}",
            imported.scenario_toml
        );
    }
}

#[test]
fn several_services_need_a_name() {
    let text = json!({"services": [
        {"serviceName": "a", "desiredCount": 1},
        {"serviceName": "b", "desiredCount": "2"},
    ], "failures": [{"arn": "arn:c", "reason": "MISSING"}]});
    let mut input = only(services(&text));
    let problems = ecs(&input).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "services.json: 2 services are described: a, b; choose one with --service NAME"
    );
    input.service = Some("b".to_owned());
    let imported = ecs(&input).unwrap();
    assert!(imported.scenario_toml.contains("desired_count = 2 "));
    assert_eq!(imported.skipped[0].what, "services.json: arn:c");
    input.service = Some("c".to_owned());
    assert!(
        ecs(&input).unwrap_err()[0]
            .problem
            .contains("no service \"c\"")
    );
}

#[test]
fn every_unreadable_file_is_named_with_its_place() {
    let mut input = example();
    input.services.text = "{\"services\": [\n  {\"desiredCount\": -1}]}".to_owned();
    input.target_groups = Some(Source {
        name: "groups.json".to_owned(),
        text: "{".to_owned(),
    });
    let problems: Vec<String> = ecs(&input)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        problems,
        [
            "services.json:2:22: expected a whole number of 0 or more; \
             give what `aws ecs describe-services` prints, as JSON",
            "groups.json:1:1: EOF while parsing an object; \
             give what `aws elbv2 describe-target-groups` prints, as JSON",
        ]
    );
}

#[test]
fn unlike_hosts_are_groups_of_their_own() {
    let mut input = example();
    let instance = |left: u32, status: &str| {
        json!({"status": status, "runningTasksCount": 9,
            "registeredResources": [{"name": "CPU", "integerValue": 2048}, {"name": "MEMORY", "integerValue": 1917}],
            "remainingResources": [{"name": "CPU", "integerValue": 1024}, {"name": "MEMORY", "integerValue": left}],
            "attributes": [{"name": "ecs.instance-type", "value": "t3.small"}]})
    };
    input.container_instances = Some(Source {
        name: "instances.json".to_owned(),
        text: json!({"containerInstances": [
            instance(917, "ACTIVE"), instance(917, "ACTIVE"), instance(400, "DRAINING"),
        ]})
        .to_string(),
    });
    let toml: toml::Table = ecs(&input).unwrap().scenario_toml.parse().unwrap();
    let hosts = toml["cluster"]["hosts"].as_array().unwrap();
    let of = |host: usize, key: &str| hosts[host].get(key).cloned();
    assert_eq!(hosts.len(), 2);
    assert_eq!(of(0, "count"), Some(2.into()));
    // 1917 − 917 less one own task of 384 + 128 MiB.
    assert_eq!(of(0, "used_memory_mib"), Some(488.into()));
    assert_eq!(of(0, "used_cpu"), Some(512.into()));
    // Two tasks are already on the first two hosts.
    assert_eq!(of(1, "used_memory_mib"), Some(1517.into()));
    assert_eq!(of(1, "accepts_tasks"), Some(false.into()));
}

#[test]
fn hosts_of_unknown_type_still_tell_the_room() {
    let mut input = example();
    input.auto_scaling_groups = None;
    let instances = input.container_instances.as_mut().unwrap();
    instances.text = instances.text.replace("ecs.instance-type", "other");
    let toml: toml::Table = ecs(&input).unwrap().scenario_toml.parse().unwrap();
    // 1277 MiB left on each of two hosts, 512 MiB a task.
    assert_eq!(toml["cluster"]["free_tasks"].as_integer(), Some(4));
}

#[test]
fn spot_is_read_only_where_nothing_else_is_possible() {
    for (percent, purchase) in [
        (json!(0), "spot"),
        (json!(50), "on-demand"),
        (json!(null), "on-demand"),
    ] {
        let mut input = example();
        input.container_instances = None;
        input.auto_scaling_groups = Some(Source {
            name: "groups.json".to_owned(),
            text: json!({"AutoScalingGroups": [{
                "DesiredCapacity": 3,
                "Instances": [{"InstanceType": "m5.large"}],
                "MixedInstancesPolicy": {"InstancesDistribution": {
                    "OnDemandPercentageAboveBaseCapacity": percent,
                }},
            }]})
            .to_string(),
        });
        let toml: toml::Table = ecs(&input).unwrap().scenario_toml.parse().unwrap();
        let host = &toml["cluster"]["hosts"][0];
        assert_eq!(host["count"].as_integer(), Some(3));
        assert_eq!(host["purchase"].as_str(), Some(purchase), "{percent}");
    }
}

#[test]
fn settings_become_keys() {
    let input = only(services(&json!({"services": [{
        "serviceArn": "arn:aws:ecs:eu-west-2:000000000000:service/main/api",
        "desiredCount": "4",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}, {"capacityProvider": "FARGATE"}],
        "healthCheckGracePeriodSeconds": 0,
        "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": null},
        "loadBalancers": [{"loadBalancerName": "classic"}],
        "unheardOf": {"deep": [1, 2, 3]},
    }]})));
    let toml: toml::Table = ecs(&input).unwrap().scenario_toml.parse().unwrap();
    assert_eq!(toml["service"]["name"].as_str(), Some("api"));
    assert_eq!(toml["service"]["launch_type"].as_str(), Some("fargate"));
    assert_eq!(
        toml["service"]["health_check_grace_period"].as_str(),
        Some("0s")
    );
    assert_eq!(
        toml["service"]["load_balancer"]["type"].as_str(),
        Some("clb")
    );
    assert_eq!(
        toml["deployment"]["minimum_healthy_percent"].as_integer(),
        Some(50)
    );
    assert!(toml["deployment"].get("maximum_percent").is_none());
    assert_eq!(toml["cluster"]["region"].as_str(), Some("eu-west-2"));
}

#[test]
fn a_task_reserves_what_the_scheduler_subtracts() {
    let with = |task: &Value| {
        let mut input = example();
        input.task_definition = Some(Source {
            name: "task.json".to_owned(),
            text: json!({"taskDefinition": task}).to_string(),
        });
        let toml: toml::Table = ecs(&input).unwrap().scenario_toml.parse().unwrap();
        toml["service"].clone()
    };
    let of_task =
        with(&json!({"cpu": "256", "memory": "512", "containerDefinitions": [{"cpu": 10}]}));
    assert_eq!(of_task["cpu"].as_integer(), Some(256));
    assert_eq!(of_task["memory_mib"].as_integer(), Some(512));
    let of_containers = with(&json!({"networkMode": "host", "containerDefinitions": [
        {"cpu": 10, "memory": 500, "memoryReservation": 300, "stopTimeout": 90,
         "healthCheck": {"interval": 10, "retries": 2}},
        {"cpu": 20, "memory": 100, "portMappings": [{"hostPort": 80}]},
    ]}));
    assert_eq!(of_containers["cpu"].as_integer(), Some(30));
    assert_eq!(of_containers["memory_mib"].as_integer(), Some(400));
    assert_eq!(of_containers["network_mode"].as_str(), Some("host"));
    assert_eq!(
        of_containers["timing"]["stop_timeout"].as_str(),
        Some("90s")
    );
    assert_eq!(
        of_containers["health_check"]["interval"].as_str(),
        Some("10s")
    );
    assert_eq!(
        of_containers["health_check"]["timeout"].as_str(),
        Some("5s")
    );
    let fixed_port = with(&json!({"containerDefinitions": [{"portMappings": [{"hostPort": 80}]}]}));
    assert_eq!(fixed_port["host_port"].as_str(), Some("static"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn garbled_files_never_panic(file in 0_usize..6, at in any::<prop::sample::Index>(),
                                 with in "[-0-9a-z\\[\\]{}\",:. ]{0,4}", cut in 0_usize..4) {
        let mut input = example();
        let source = match file {
            0 => Some(&mut input.services),
            1 => input.task_definition.as_mut(),
            2 => input.target_groups.as_mut(),
            3 => input.target_group_attributes.as_mut(),
            4 => input.container_instances.as_mut(),
            _ => input.auto_scaling_groups.as_mut(),
        };
        if let Some(source) = source {
            let at = at.index(source.text.len());
            let end = (at + cut).min(source.text.len());
            source.text.replace_range(at..end, &with);
        }
        if let Ok(imported) = ecs(&input) {
            prop_assert!(imported.scenario_toml.parse::<toml::Table>().is_ok());
            let _ = leave_one_out(&imported);
        }
    }
}
