//! Commands of the AWS command line: `aws ecs`, `aws elbv2`, `aws elb`, `aws autoscaling`.
//!
//! What the scenario does not name (cluster, target group, Auto Scaling group) is a variable of
//! the shell; a variable that is not set ends the script before it changes anything.

use std::fmt::Write as _;

use super::names::{one_line, shell_word};
use super::{AddedHosts, BalancerSettings, Presence, Settings};
use crate::scenario::LoadBalancerKind;

/// The settings as commands for a POSIX shell.
#[must_use]
pub fn cli(settings: &Settings) -> String {
    let mut text = "#!/bin/sh\nset -eu\n".to_owned();
    for (variable, what) in variables(settings) {
        let _ = writeln!(text, ": \"${{{variable}:?{what}}}\"");
    }
    let service = shell_word(&settings.service);
    let _ = write!(
        text,
        "
# Service {}
aws ecs update-service --cluster \"$CLUSTER\" --service {service} \\
  --deployment-configuration \\
  'minimumHealthyPercent={},maximumPercent={}'",
        one_line(&settings.service),
        settings.minimum_healthy_percent,
        settings.maximum_percent
    );
    if let Some(grace) = settings.grace_period {
        let _ = write!(text, " \\\n  --health-check-grace-period-seconds {grace}");
    }
    text.push('\n');
    match &settings.balancer {
        Some(set) if set.kind == LoadBalancerKind::Clb => text += &classic(set),
        Some(set) => text += &target_group(set),
        None => {}
    }
    if let Some(hosts) = &settings.hosts {
        text += &added_hosts(&service, hosts);
    }
    text
}

/// The variables that must be set, and what each is.
fn variables(settings: &Settings) -> Vec<(&'static str, &'static str)> {
    let mut variables = vec![("CLUSTER", "name of the ECS cluster")];
    match &settings.balancer {
        Some(set) if set.kind == LoadBalancerKind::Clb => {
            variables.push(("LOAD_BALANCER", "name of the classic load balancer"));
            if set.sets_checks() {
                variables.extend([
                    (
                        "TARGET",
                        "what its health check asks, such as HTTP:80/health",
                    ),
                    ("CHECK_TIMEOUT", "timeout of its health check in seconds"),
                ]);
            }
        }
        Some(_) => variables.push(("TARGET_GROUP_ARN", "ARN of the target group")),
        None => {}
    }
    if settings.hosts.is_some() {
        variables.push(("ASG", "name of the Auto Scaling group of the hosts"));
    }
    variables
}

fn target_group(set: &BalancerSettings) -> String {
    let mut text = String::new();
    if set.sets_checks() {
        text += "aws elbv2 modify-target-group --target-group-arn \"$TARGET_GROUP_ARN\"";
        for (flag, value) in [
            ("health-check-interval-seconds", set.health_check_interval),
            ("healthy-threshold-count", set.healthy_threshold),
            ("unhealthy-threshold-count", set.unhealthy_threshold),
        ] {
            if let Some(value) = value {
                let _ = write!(text, " \\\n  --{flag} {value}");
            }
        }
        text.push('\n');
    }
    if let Some(delay) = set.deregistration_delay {
        let _ = write!(
            text,
            "aws elbv2 modify-target-group-attributes --target-group-arn \"$TARGET_GROUP_ARN\" \\
  --attributes 'Key=deregistration_delay.timeout_seconds,Value={delay}'
"
        );
    }
    text
}

fn classic(set: &BalancerSettings) -> String {
    let mut text = String::new();
    if set.sets_checks() {
        let mut check = "Target=$TARGET,Timeout=$CHECK_TIMEOUT".to_owned();
        for (key, value) in [
            ("Interval", set.health_check_interval),
            ("HealthyThreshold", set.healthy_threshold),
            ("UnhealthyThreshold", set.unhealthy_threshold),
        ] {
            if let Some(value) = value {
                let _ = write!(check, ",{key}={value}");
            }
        }
        let _ = write!(
            text,
            "aws elb configure-health-check --load-balancer-name \"$LOAD_BALANCER\" \\
  --health-check \"{check}\"
"
        );
    }
    if let Some(delay) = set.deregistration_delay {
        let _ = write!(
            text,
            "aws elb modify-load-balancer-attributes --load-balancer-name \"$LOAD_BALANCER\" \\
  --load-balancer-attributes \\
  '{{\"ConnectionDraining\":{{\"Enabled\":{},\"Timeout\":{}}}}}'
",
            delay > 0,
            delay.max(1)
        );
    }
    text
}

/// Adding hosts; those that are added for a deployment also go again, drained first, and the group
/// never chooses by itself which ones (Amazon ECS developer guide, container instance draining).
fn added_hosts(service: &str, hosts: &AddedHosts) -> String {
    let count = hosts.count;
    let grow = format!(
        "size=$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names \"$ASG\" \\
  --query 'AutoScalingGroups[0].DesiredCapacity' --output text)
aws autoscaling set-desired-capacity --auto-scaling-group-name \"$ASG\" \\
  --desired-capacity \"$((size + {count}))\"
"
    );
    let noun = if count == 1 { "host" } else { "hosts" };
    match hosts.presence {
        Presence::Always => format!(
            "
# {count} standing {noun}, once
size=$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names \"$ASG\" \\
  --query 'AutoScalingGroups[0].DesiredCapacity' --output text)
aws autoscaling update-auto-scaling-group --auto-scaling-group-name \"$ASG\" \\
  --min-size \"$((size + {count}))\" --desired-capacity \"$((size + {count}))\"
"
        ),
        Presence::AroundDeployments => format!(
            "
# Before each deployment: {count} {noun}, and the wait for the slowest
before=$(aws ecs describe-clusters --clusters \"$CLUSTER\" \\
  --query 'clusters[0].registeredContainerInstancesCount' --output text)
{grow}until [ \"$(aws ecs describe-clusters --clusters \"$CLUSTER\" \\
  --query 'clusters[0].registeredContainerInstancesCount' --output text)\" \\
  -ge \"$((before + {count}))\" ]; do sleep 5; done

aws ecs update-service --cluster \"$CLUSTER\" --service {service} --force-new-deployment
aws ecs wait services-stable --cluster \"$CLUSTER\" --services {service}

# After it: the {noun} with the fewest tasks are drained, then go
aws ecs describe-container-instances --cluster \"$CLUSTER\" --container-instances \\
  $(aws ecs list-container-instances --cluster \"$CLUSTER\" --status ACTIVE \\
    --query 'containerInstanceArns[]' --output text) \\
  --query 'sort_by(containerInstances,&runningTasksCount)[:{count}].[containerInstanceArn,ec2InstanceId]' \\
  --output text |
while read -r arn instance; do
  aws ecs update-container-instances-state --cluster \"$CLUSTER\" \\
    --container-instances \"$arn\" --status DRAINING
  aws ecs wait services-stable --cluster \"$CLUSTER\" --services {service}
  aws autoscaling terminate-instance-in-auto-scaling-group --instance-id \"$instance\" \\
    --should-decrement-desired-capacity
done
"
        ),
    }
}
