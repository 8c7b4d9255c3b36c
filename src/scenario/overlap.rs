//! Deployments of other services in the same cluster, which need the same room.

use super::DurationLaw;

/// What other services deploy in the cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Deployments of all other services together, on a day with deployments.
    pub per_day: f64,
    /// How long each of them needs its room.
    pub duration: DurationLaw,
    /// Room that each takes beside what runs, in tasks of this service.
    pub tasks: u32,
    /// Whether they may run beside this service's.
    pub order: Order,
}

/// Whether deployments of one cluster run beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they come, in the same room.
    AtOnce,
    /// One after another: a lock queues them.
    Queued,
}
