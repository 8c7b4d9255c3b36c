//! The units of room of a rollout: what each begins with, when its starts come, what they have to
//! get through.

use std::rc::Rc;

use super::memory::remembered;
use super::{Reuse, Rolling, Rollout};
use crate::model::law::Law;

/// Cells that the law of one start is kept on.
pub(super) const CELLS: usize = 96;

/// Sums of more cycles than this are taken by their moments.
const CONVOLVED: u32 = 10;

/// A kind of units of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) begins: Begins,
    /// So many of its starts, the first ones, are on hosts that have not got the image.
    pub(super) cold: u32,
    /// Whether a rate limit holds back its first start, and those of what moment.
    pub(super) held: Option<Burst>,
}

/// Starts of one moment, more than a rate limit lets through at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Burst {
    /// How many they are.
    pub(super) starts: u32,
    /// Starts with the first moves, where these come after the first stops.
    pub(super) before: u32,
}

/// What a unit of room begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Begins {
    /// A start.
    Start,
    /// A stop, beside units of surge.
    Stop,
    /// A stop, all units do: a stop and the start after it are one piece of work.
    StopFirst,
}

impl Kind {
    /// Units that no rate limit holds back, which begin so many of their starts on hosts without the
    /// image.
    pub(super) fn of(begins: Begins, cold: u32) -> Self {
        Self {
            begins,
            cold,
            held: None,
        }
    }

    /// How often a unit has begun at the first moves.
    pub(super) fn begun(self) -> u32 {
        u32::from(self.begins != Begins::Stop && self.held.is_none())
    }

    /// Where its n-th start is.
    pub(super) fn host(self, n: u32) -> Host {
        if (1..=self.cold).contains(&n) {
            Host::Cold
        } else {
            Host::Warm
        }
    }
}

/// Whether the host of a start has the image; an index into pairs of laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Host {
    Cold,
    Warm,
}

impl Rolling {
    /// Whether every unit begins with a stop.
    pub(super) fn stops_first(&self, rollout: Rollout) -> bool {
        rollout.surge == 0 && self.reuse == Reuse::AfterStopped
    }

    /// The units whose starts come first, so many of each on hosts without the image.
    pub(super) fn kind_of_first_starts(&self, rollout: Rollout, cold: u32) -> Kind {
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Start
        };
        Kind::of(begins, cold)
    }

    /// The units of a rollout by kind; the starts on hosts without the image fall to all of them
    /// in turn, those first that begin with a start.
    pub(super) fn groups(&self, rollout: Rollout) -> Vec<(Kind, u32)> {
        let (starting, stopping) = match self.reuse {
            Reuse::AfterStopped => (rollout.surge, rollout.slack),
            // What a first stop makes room for starts with the first moves too, where hosts have it.
            Reuse::AtTheStop => (self.begun_with_a_start(rollout), rollout.held),
        };
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Stop
        };
        let units = starting + stopping;
        let groups = if rollout.cold >= rollout.replacements {
            let cold = rollout.replacements;
            vec![
                (Kind::of(Begins::Start, cold), starting),
                (Kind::of(begins, cold), stopping),
            ]
        } else {
            let all = rollout.cold.checked_div(units).unwrap_or(0);
            let with_one_more = rollout.cold.checked_rem(units).unwrap_or(0);
            let starting_more = with_one_more.min(starting);
            let stopping_more = with_one_more - starting_more;
            vec![
                (Kind::of(Begins::Start, all + 1), starting_more),
                (Kind::of(Begins::Start, all), starting - starting_more),
                (Kind::of(begins, all + 1), stopping_more),
                (Kind::of(begins, all), stopping - stopping_more),
            ]
        };
        let mut limited = Vec::with_capacity(groups.len() + 2);
        for at_first in [true, false] {
            let of_moment = groups
                .iter()
                .filter(|group| (group.0.begins == Begins::Start) == at_first && group.1 > 0);
            let starts = of_moment.clone().map(|group| group.1).sum();
            let before = if at_first { 0 } else { starting };
            let burst = Burst { starts, before };
            let mut at_once = self.at_once(burst);
            for &(kind, size) in of_moment {
                let free = size.min(at_once);
                at_once -= free;
                let held = Kind {
                    held: Some(burst),
                    ..kind
                };
                limited.extend([(kind, free), (held, size - free)]);
            }
        }
        limited.retain(|group| group.1 > 0);
        limited
    }

    /// Replacements that begin with the first moves, where no others begin later than a start.
    pub(super) fn begun_at_once(&self, rollout: Rollout) -> u32 {
        match self.reuse {
            Reuse::AfterStopped if rollout.surge == 0 => rollout.slack,
            _ => self.begun_with_a_start(rollout),
        }
    }

    /// Units that begin with a start.
    pub(super) fn begun_with_a_start(&self, rollout: Rollout) -> u32 {
        match self.reuse {
            Reuse::AfterStopped => rollout.surge,
            Reuse::AtTheStop => (rollout.surge + rollout.slack).saturating_sub(rollout.held),
        }
    }

    /// Law of the n-th start of a unit, after the first moves; n ≥ 1.
    pub(super) fn issue(&self, kind: Kind, n: u32) -> Rc<Law> {
        remembered(&self.issues, (kind, n), || {
            self.computed_issue(kind, n).coarsened(CELLS)
        })
    }

    pub(super) fn computed_issue(&self, kind: Kind, n: u32) -> Law {
        let cold = (n - 1).min(kind.cold);
        let cycles = self
            .cycles(Host::Cold, cold)
            .plus(&self.cycles(Host::Warm, n - 1 - cold));
        let cycles = match kind.held {
            Some(burst) => self.delays(burst).plus(&cycles),
            None => cycles,
        };
        match kind.begins {
            Begins::Start | Begins::StopFirst => cycles,
            Begins::Stop => self.phases.drain.plus(&self.phases.reaction).plus(&cycles),
        }
    }

    /// Law of the sum of so many cycles.
    pub(super) fn cycles(&self, host: Host, count: u32) -> Rc<Law> {
        let cycle = &self.cycle[host as usize];
        remembered(&self.sums, (host, count), || match count {
            0 => Law::fixed(0.0, self.step()),
            1 => cycle.clone(),
            n if n <= CONVOLVED => self.cycles(host, n - 1).plus(cycle),
            n => cycle.sum_by_moments(n),
        })
    }
}
