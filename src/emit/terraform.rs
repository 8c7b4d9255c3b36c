//! Arguments of the resources `aws_ecs_service`, `aws_lb_target_group` and `aws_elb`.
//!
//! The percents are arguments of the service itself, not of a block
//! (hashicorp/terraform-provider-aws, `website/docs/r/ecs_service.html.markdown`).

use std::fmt::Write as _;

use super::names::{one_line, terraform_identifier};
use super::{BalancerSettings, Settings, hosts_comment};
use crate::scenario::LoadBalancerKind;

/// The settings as Terraform.
#[must_use]
pub fn terraform(settings: &Settings) -> String {
    let name = terraform_identifier(&settings.service);
    let mut text = format!(
        "# Service {}: merge into the resources that exist.\n",
        one_line(&settings.service)
    );
    if let Some(hosts) = &settings.hosts {
        text += &hosts_comment(hosts);
    }
    let mut arguments = vec![
        (
            "deployment_minimum_healthy_percent",
            settings.minimum_healthy_percent,
        ),
        ("deployment_maximum_percent", settings.maximum_percent),
    ];
    if let Some(grace) = settings.grace_period {
        arguments.push(("health_check_grace_period_seconds", grace));
    }
    let _ = write!(
        text,
        "resource \"aws_ecs_service\" \"{name}\" {{\n{}}}\n",
        aligned("  ", &arguments)
    );
    if let Some(balancer) = &settings.balancer {
        text.push('\n');
        text += &target_group(&name, balancer);
    }
    text
}

fn target_group(name: &str, set: &BalancerSettings) -> String {
    let classic = set.kind == LoadBalancerKind::Clb;
    let resource = if classic {
        "aws_elb"
    } else {
        "aws_lb_target_group"
    };
    let mut text = format!("resource \"{resource}\" \"{name}\" {{\n");
    if let Some(delay) = set.deregistration_delay {
        text += &if classic {
            format!(
                "  connection_draining         = {}\n  connection_draining_timeout = {}\n",
                delay > 0,
                delay.max(1)
            )
        } else {
            aligned("  ", &[("deregistration_delay", delay)])
        };
    }
    let checks: Vec<(&str, u32)> = [
        ("interval", set.health_check_interval),
        ("healthy_threshold", set.healthy_threshold),
        ("unhealthy_threshold", set.unhealthy_threshold),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect();
    if !checks.is_empty() {
        if set.deregistration_delay.is_some() {
            text.push('\n');
        }
        let _ = write!(
            text,
            "  health_check {{\n{}  }}\n",
            aligned("    ", &checks)
        );
    }
    text + "}\n"
}

/// Arguments with their equal signs under each other, as `terraform fmt` writes them.
fn aligned(indent: &str, arguments: &[(&str, u32)]) -> String {
    let widest = arguments
        .iter()
        .map(|(key, _)| key.len())
        .max()
        .unwrap_or(0);
    arguments
        .iter()
        .map(|(key, value)| format!("{indent}{key:widest$} = {value}\n"))
        .collect()
}
