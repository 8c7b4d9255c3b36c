//! `aws ecs describe-task-definition`.

use serde::Deserialize;

use super::json::{count, nullable};

/// The command that prints it.
pub const COMMAND: &str = "aws ecs describe-task-definition";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Description {
    pub task_definition: Option<TaskDefinition>,
}

/// One revision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskDefinition {
    #[serde(rename = "taskDefinitionArn")]
    pub arn: Option<String>,
    pub network_mode: Option<String>,
    #[serde(deserialize_with = "count")]
    pub cpu: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub memory: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    pub container_definitions: Vec<Container>,
}

/// One container.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    pub name: Option<String>,
    #[serde(deserialize_with = "count")]
    pub cpu: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub memory: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub memory_reservation: Option<u32>,
    pub health_check: Option<HealthCheck>,
    #[serde(deserialize_with = "count")]
    pub stop_timeout: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    pub port_mappings: Vec<PortMapping>,
}

/// A container's own health check; absent fields mean the provider's defaults.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HealthCheck {
    #[serde(deserialize_with = "count")]
    pub interval: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub timeout: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub retries: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub start_period: Option<u32>,
}

/// A port of a container on its host; 0 or absent for any free one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PortMapping {
    #[serde(deserialize_with = "count")]
    pub host_port: Option<u32>,
}

impl TaskDefinition {
    /// CPU units reserved: of the task, else of its containers together.
    pub fn reserved_cpu(&self) -> u32 {
        self.cpu
            .unwrap_or_else(|| self.sum(|container| container.cpu))
    }

    /// Memory reserved: of the task, else of its containers together, each by its reservation if
    /// it has one: that is what the scheduler subtracts from a host \[MiB\].
    pub fn reserved_memory(&self) -> u32 {
        self.memory.unwrap_or_else(|| {
            self.sum(|container| container.memory_reservation.or(container.memory))
        })
    }

    fn sum(&self, amount: fn(&Container) -> Option<u32>) -> u32 {
        self.container_definitions
            .iter()
            .filter_map(amount)
            .fold(0, u32::saturating_add)
    }
}
