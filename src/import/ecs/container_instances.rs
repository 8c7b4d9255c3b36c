//! `aws ecs describe-container-instances`.

use serde::Deserialize;

use super::json::{count, nullable};
use super::services::Failure;

/// The command that prints it.
pub const COMMAND: &str = "aws ecs describe-container-instances";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Description {
    #[serde(deserialize_with = "nullable")]
    pub container_instances: Vec<ContainerInstance>,
    #[serde(deserialize_with = "nullable")]
    pub failures: Vec<Failure>,
}

/// One host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerInstance {
    #[serde(rename = "ec2InstanceId")]
    pub instance_id: Option<String>,
    pub status: Option<String>,
    pub agent_connected: Option<bool>,
    #[serde(deserialize_with = "count")]
    pub running_tasks_count: Option<u32>,
    #[serde(deserialize_with = "nullable")]
    pub registered_resources: Vec<Resource>,
    #[serde(deserialize_with = "nullable")]
    pub remaining_resources: Vec<Resource>,
    #[serde(deserialize_with = "nullable")]
    pub attributes: Vec<Attribute>,
}

/// One kind of resource; the amount of ports is a set, not a number.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Resource {
    pub name: Option<String>,
    #[serde(deserialize_with = "count")]
    pub integer_value: Option<u32>,
}

/// One attribute of a host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Attribute {
    pub name: Option<String>,
    pub value: Option<String>,
}

impl ContainerInstance {
    /// Whether tasks may be placed here.
    pub fn accepts_tasks(&self) -> bool {
        self.status
            .as_deref()
            .is_none_or(|status| status == "ACTIVE")
            && self.agent_connected != Some(false)
    }

    /// The instance type that its agent reports.
    pub fn instance_type(&self) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.as_deref() == Some("ecs.instance-type"))
            .and_then(|attribute| attribute.value.as_deref())
    }
}

/// The amount of a resource.
pub fn amount(resources: &[Resource], name: &str) -> Option<u32> {
    resources
        .iter()
        .find(|resource| resource.name.as_deref() == Some(name))
        .and_then(|resource| resource.integer_value)
}
