//! Hosts that may be taken back: how often, together with which others, and what replaces them.

use super::{Assumption, DurationLaw};
use crate::units::PerHour;

/// How spot hosts come and go. How often one is taken back stands with the hosts themselves
/// ([`super::HostGroup::interruption`], [`super::AddedHost::interruption`]).
///
/// Hosts of one instance type and zone are a pool: of the hazard λ of each of them, ρλ is a shock
/// that takes the whole pool at one moment, and (1 − ρ)λ takes one host independently of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// ρ: the share of a host's hazard that takes its whole pool, 0 to 1.
    pub correlation: f64,
    /// Probability that a request for one host is met, 0 to 1; each request is decided by itself.
    pub fulfilment: f64,
    /// From the request to the launch of the host, or to knowing that the request is not met.
    pub fulfilment_time: DurationLaw,
    /// What happens where a request is not met.
    pub fallback: Fallback,
    /// What of this was not given, in a scenario that uses no spot hosts itself: it matters only
    /// where a recommendation adds some.
    pub assumptions: Vec<Assumption>,
}

/// What happens where a request for a spot host is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// An on-demand host is launched instead, at that moment.
    OnDemand,
    /// The same is requested again, at that moment, until it is met.
    Wait,
}

/// The loss of a whole zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZoneLoss {
    /// Hazard of each zone; zero: not counted.
    pub hazard: PerHour,
    /// How long the zone's hosts stay away.
    pub outage: DurationLaw,
}

impl ZoneLoss {
    /// Zones are never lost.
    pub const NEVER: Self = Self {
        hazard: PerHour::ZERO,
        outage: DurationLaw::fixed(crate::units::Seconds::ZERO),
    };
}
