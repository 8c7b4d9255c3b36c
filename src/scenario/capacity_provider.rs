//! An ECS capacity provider: how it adds hosts by itself, and which it keeps.

use crate::units::Seconds;

/// How the cluster's group of hosts is scaled by its capacity provider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CapacityProvider {
    /// Managed scaling; absent: off, hosts come and go by other hands.
    pub scaling: Option<ManagedScaling>,
    /// Share of the hosts that is kept in use, 1 to 100 \[%\].
    pub target_capacity: u32,
    /// Whether scale-in spares hosts with tasks.
    pub termination_protection: TerminationProtection,
}

/// How managed scaling adds hosts for tasks that wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ManagedScaling {
    /// From tasks that wait to the launch of hosts: the metric and its alarm \[s\].
    pub alarm: Seconds,
    /// Hosts of one step, at least.
    pub minimum_step: u32,
    /// Hosts of one step, at most.
    pub maximum_step: u32,
    /// From one step to the next \[s\].
    pub warmup: Seconds,
    /// Hosts that the group may grow by; absent: as many as are needed.
    pub most_hosts: Option<u32>,
}

/// Whether scale-in spares hosts with tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminationProtection {
    /// Only hosts without tasks but daemons go.
    On,
    /// The group takes any host; with draining on, its tasks move first.
    Off,
}
