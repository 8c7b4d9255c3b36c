//! How long a container deployment takes, what a faster one costs, and whether to pre-scale hosts.

pub mod catalog;
pub mod cli;
pub mod emit;
pub mod explain;
pub mod fleet;
pub mod import;
pub mod model;
pub mod recommend;
pub mod report;
pub mod rollout;
pub mod scenario;
pub mod simulate;
pub mod sweep;
pub mod units;
pub mod validate;
