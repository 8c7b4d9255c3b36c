//! Closed forms: how long a deployment takes, what it costs, how many tasks stay healthy, from a
//! scenario and a plan. Nothing is random, nothing is read or printed.

pub mod attempts;
mod availability;
mod cost;
pub mod crowd;
mod day;
mod estimate;
mod excess;
mod exposure;
mod floor;
mod followed;
mod interruption;
mod joining;
pub mod law;
mod lock;
mod normal;
mod paid_hour;
pub mod phases;
pub mod placement;
mod provider;
mod quantiles;
mod range;
mod release;
pub mod rollback;
pub mod rolling;
mod slow_start;
pub mod start_limits;
pub mod starvation;
mod taken_over;
pub mod verdict;
pub mod walk;

pub use availability::{Availability, Parts, required_tasks};
pub use cost::Cost;
pub use estimate::{
    Brief, Clocks, Duration, Durations, Estimate, EstimateVerdict, Mean, Model, Outcome, Plan,
    Score, Tasks, TimeAndCost, estimate,
};
pub use range::{End, RangeEnds, at_ends};
