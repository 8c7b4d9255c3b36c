//! Properties of `AWS::ECS::Service`, `AWS::ElasticLoadBalancingV2::TargetGroup` and
//! `AWS::ElasticLoadBalancing::LoadBalancer` (AWS `CloudFormation` template reference).

use std::fmt::Write as _;

use super::names::{logical_id, one_line};
use super::{BalancerSettings, Settings, hosts_comment};
use crate::scenario::LoadBalancerKind;

/// The settings as a part of a `CloudFormation` template, YAML.
#[must_use]
pub fn cloudformation(settings: &Settings) -> String {
    let id = logical_id(&settings.service);
    let mut text = format!(
        "# Service {}: merge into the resources that exist.\n",
        one_line(&settings.service)
    );
    if let Some(hosts) = &settings.hosts {
        text += &hosts_comment(hosts);
    }
    let _ = write!(
        text,
        "Resources:
  {id}:
    Type: AWS::ECS::Service
    Properties:
      DeploymentConfiguration:
        MinimumHealthyPercent: {}
        MaximumPercent: {}
",
        settings.minimum_healthy_percent, settings.maximum_percent
    );
    if let Some(grace) = settings.grace_period {
        let _ = writeln!(text, "      HealthCheckGracePeriodSeconds: {grace}");
    }
    match &settings.balancer {
        Some(set) if set.kind == LoadBalancerKind::Clb => text += &classic(&id, set),
        Some(set) => text += &target_group(&id, set),
        None => {}
    }
    text
}

fn target_group(id: &str, set: &BalancerSettings) -> String {
    let mut text = format!(
        "  {id}TargetGroup:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
"
    );
    for (key, value) in [
        ("HealthCheckIntervalSeconds", set.health_check_interval),
        ("HealthyThresholdCount", set.healthy_threshold),
        ("UnhealthyThresholdCount", set.unhealthy_threshold),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "      {key}: {value}");
        }
    }
    if let Some(delay) = set.deregistration_delay {
        let _ = write!(
            text,
            "      TargetGroupAttributes:
        - Key: deregistration_delay.timeout_seconds
          Value: \"{delay}\"
"
        );
    }
    text
}

fn classic(id: &str, set: &BalancerSettings) -> String {
    let mut text = format!(
        "  {id}LoadBalancer:
    Type: AWS::ElasticLoadBalancing::LoadBalancer
    Properties:
"
    );
    if let Some(delay) = set.deregistration_delay {
        let _ = write!(
            text,
            "      ConnectionDrainingPolicy:
        Enabled: {}
        Timeout: {}
",
            delay > 0,
            delay.max(1)
        );
    }
    let checks = [
        ("Interval", set.health_check_interval),
        ("HealthyThreshold", set.healthy_threshold),
        ("UnhealthyThreshold", set.unhealthy_threshold),
    ];
    if set.sets_checks() {
        text += "      HealthCheck:\n";
    }
    for (key, value) in checks {
        if let Some(value) = value {
            // This resource takes its numbers as texts.
            let _ = writeln!(text, "        {key}: \"{value}\"");
        }
    }
    text
}
