//! `aws elbv2 describe-target-groups`.

use serde::Deserialize;

use super::json::{count, nullable};
use crate::scenario::LoadBalancerKind;

/// The command that prints it.
pub const COMMAND: &str = "aws elbv2 describe-target-groups";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Description {
    #[serde(deserialize_with = "nullable")]
    pub target_groups: Vec<TargetGroup>,
}

/// One target group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct TargetGroup {
    #[serde(rename = "TargetGroupArn")]
    pub arn: Option<String>,
    pub protocol: Option<String>,
    pub target_type: Option<String>,
    #[serde(deserialize_with = "count")]
    pub health_check_interval_seconds: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub healthy_threshold_count: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub unhealthy_threshold_count: Option<u32>,
}

impl TargetGroup {
    /// The load balancer that speaks the group's protocol, where it is stated.
    pub fn kind(&self) -> Option<LoadBalancerKind> {
        Some(match self.protocol.as_deref()? {
            "HTTP" | "HTTPS" => LoadBalancerKind::Alb,
            _ => LoadBalancerKind::Nlb,
        })
    }
}
