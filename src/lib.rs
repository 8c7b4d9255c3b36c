//! How long a container deployment takes, what a faster one costs, and whether to pre-scale hosts.

pub mod units;
pub mod scenario;
pub mod import;
