//! A whole fleet: one option per service under a shared budget, shared hosts and shared spot.
//!
//! From services with their options and the limits that they share, the options that bring the
//! fewest weighted minutes, with a proven bound on how much better any plan could be.

mod block;
pub mod check;
mod compact;
pub mod concurrency;
mod dual;
pub mod gate;
mod improve;
mod knapsack;
mod marginal;
mod master;
mod members;
mod model;
mod offers;
mod plan;
mod problem;
pub mod read;
mod relax;
mod solve;
mod state;
mod tree;
pub mod what_if;
pub mod yearly;

pub use members::{
    AnyTime, Fleet, Meaning, Obstacle, OpenPool, PARTS, Posed, cluster_of_open_pool,
};
#[cfg(feature = "highs")]
pub use model::{Closed, Effort, by_highs};
pub use offers::{Hosts, Member, Offer, Offers};
pub use plan::{Chosen, ClusterPool, FleetPlan, SpotPool, Totals, Wave, plan};
pub use problem::{
    Cluster, Ended, Hooks, Limits, Plan, Pool, Prices, Problem, Progress, Service, ServiceOption,
    Settings, Solution, Status, gap,
};
pub use solve::solve;
