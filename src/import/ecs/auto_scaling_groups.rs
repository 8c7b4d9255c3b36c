//! `aws autoscaling describe-auto-scaling-groups`.

use serde::Deserialize;

use super::json::{count, nullable};
use crate::scenario::Purchase;

/// The command that prints it.
pub const COMMAND: &str = "aws autoscaling describe-auto-scaling-groups";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Description {
    #[serde(deserialize_with = "nullable")]
    pub auto_scaling_groups: Vec<AutoScalingGroup>,
}

/// One group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AutoScalingGroup {
    #[serde(deserialize_with = "count")]
    pub desired_capacity: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    pub instances: Vec<Instance>,
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
}

/// One instance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Instance {
    pub instance_id: Option<String>,
    pub instance_type: Option<String>,
}

/// How a group mixes types and purchases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MixedInstancesPolicy {
    pub instances_distribution: Option<InstancesDistribution>,
}

/// How a group mixes purchases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InstancesDistribution {
    #[serde(deserialize_with = "count")]
    pub on_demand_base_capacity: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub on_demand_percentage_above_base_capacity: Option<u32>,
}

impl AutoScalingGroup {
    /// Spot only where the policy leaves nothing to on-demand; absent means the provider's
    /// defaults, a base of 0 and 100 % on-demand above it.
    pub fn purchase(&self) -> Purchase {
        let distribution = self
            .mixed_instances_policy
            .as_ref()
            .and_then(|policy| policy.instances_distribution.as_ref());
        match distribution {
            Some(distribution)
                if distribution.on_demand_base_capacity.unwrap_or(0) == 0
                    && distribution.on_demand_percentage_above_base_capacity == Some(0) =>
            {
                Purchase::Spot
            }
            _ => Purchase::OnDemand,
        }
    }

    /// Whether spot and on-demand are both possible.
    pub fn is_mixed(&self) -> bool {
        self.purchase() == Purchase::OnDemand
            && self
                .mixed_instances_policy
                .as_ref()
                .and_then(|policy| policy.instances_distribution.as_ref())
                .and_then(|distribution| distribution.on_demand_percentage_above_base_capacity)
                .is_some_and(|percent| percent < 100)
    }
}

impl Description {
    /// The instance with an identifier, and its group.
    pub fn instance(&self, id: &str) -> Option<(&AutoScalingGroup, &Instance)> {
        self.auto_scaling_groups.iter().find_map(|group| {
            let instance = group
                .instances
                .iter()
                .find(|instance| instance.instance_id.as_deref() == Some(id))?;
            Some((group, instance))
        })
    }
}
