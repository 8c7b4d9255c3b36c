//! `aws ecs describe-services`, also the single service that `create-service` and
//! `update-service` print.

use serde::Deserialize;
use serde_json::Value;

use super::json::{count, nullable};

/// The command that prints it.
pub const COMMAND: &str = "aws ecs describe-services";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Description {
    #[serde(deserialize_with = "nullable")]
    pub services: Vec<Service>,
    pub service: Option<Service>,
    #[serde(deserialize_with = "nullable")]
    pub failures: Vec<Failure>,
}

/// Why something was not described.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    pub arn: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
}

/// One service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Service {
    #[serde(rename = "serviceName")]
    pub name: Option<String>,
    #[serde(rename = "serviceArn")]
    pub arn: Option<String>,
    pub cluster_arn: Option<String>,
    pub task_definition: Option<String>,
    #[serde(deserialize_with = "count")]
    pub desired_count: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub running_count: Option<u32>,
    pub scheduling_strategy: Option<String>,
    pub launch_type: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub capacity_provider_strategy: Vec<CapacityProvider>,
    #[serde(deserialize_with = "nullable")]
    pub deployment_controller: DeploymentController,
    #[serde(deserialize_with = "nullable")]
    pub deployment_configuration: DeploymentConfiguration,
    #[serde(deserialize_with = "count")]
    pub health_check_grace_period_seconds: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    pub load_balancers: Vec<LoadBalancer>,
    #[serde(deserialize_with = "nullable")]
    pub network_configuration: NetworkConfiguration,
    #[serde(deserialize_with = "nullable")]
    pub placement_constraints: Vec<PlacementConstraint>,
    #[serde(deserialize_with = "nullable")]
    pub deployments: Vec<Deployment>,
    #[serde(deserialize_with = "nullable")]
    pub events: Vec<Event>,
}

/// One part of a capacity provider strategy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CapacityProvider {
    pub capacity_provider: Option<String>,
}

/// Who carries deployments out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeploymentController {
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// How deployments are carried out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeploymentConfiguration {
    #[serde(deserialize_with = "count")]
    pub minimum_healthy_percent: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub maximum_percent: Option<u32>,
    pub strategy: Option<String>,
}

/// One load balancer of the service: a target group, or a classic one by its name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoadBalancer {
    pub target_group_arn: Option<String>,
    pub load_balancer_name: Option<String>,
}

/// Present with `awsvpcConfiguration` if tasks have interfaces of their own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkConfiguration {
    pub awsvpc_configuration: Option<Value>,
}

/// Where tasks may be placed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlacementConstraint {
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// One of the newest deployments.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Deployment {
    pub id: Option<String>,
    pub created_at: Value,
    pub launch_type: Option<String>,
}

/// One line of the event log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    pub created_at: Value,
    #[serde(deserialize_with = "nullable")]
    pub message: String,
}
