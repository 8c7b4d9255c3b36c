//! `aws elbv2 describe-target-group-attributes`.

use serde::Deserialize;

use super::json::nullable;

/// The command that prints it.
pub const COMMAND: &str = "aws elbv2 describe-target-group-attributes";

/// The whole output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Description {
    #[serde(deserialize_with = "nullable")]
    pub attributes: Vec<Attribute>,
}

/// One attribute; every value is a string.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Attribute {
    pub key: Option<String>,
    pub value: Option<String>,
}

impl Description {
    /// A number of seconds by its key, where there is one.
    pub fn seconds(&self, key: &str) -> Option<u32> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key.as_deref() == Some(key))
            .and_then(|attribute| attribute.value.as_deref()?.trim().parse().ok())
    }
}
