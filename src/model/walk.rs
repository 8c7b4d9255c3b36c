//! The acts of the scheduler with their times, as if every phase took its mean.

use super::phases::Phases;
use super::start_limits::StartLimit;
use crate::rollout::{Moves, managed_scaling, steps};
use crate::scenario::{ManagedScaling, Scenario};

/// What the scheduler does at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Act {
    /// From the request \[s\].
    pub at: f64,
    /// Old tasks told to stop.
    pub stopped: u32,
    /// New tasks started on hosts that have not got the image.
    pub cold: u32,
    /// New tasks started on hosts that have it.
    pub warm: u32,
}

impl Act {
    /// New tasks started.
    #[must_use]
    pub fn started(&self) -> u32 {
        self.cold + self.warm
    }
}

/// A change that the scheduler has not seen yet.
#[derive(Debug, Clone, Copy)]
struct Change {
    seen: f64,
    tasks: u32,
    kind: ChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChangeKind {
    Healthy,
    Gone,
    /// Hosts with so many places have joined.
    Joined,
    /// The rate limits let more tasks start.
    Refilled,
}

/// Starts that the rate limits let through one by one are made together for so long \[s\].
const TOGETHER: f64 = 5.0;

/// What the rate limits on starts let through.
struct Tokens<'a> {
    limits: &'a [StartLimit],
    /// Of each limit, at the moment they were counted.
    left: Vec<f64>,
    counted: f64,
}

impl<'a> Tokens<'a> {
    fn full(limits: &'a [StartLimit]) -> Self {
        Self {
            limits,
            left: limits.iter().map(|limit| limit.at_once).collect(),
            counted: 0.0,
        }
    }

    /// How many of the starts that are wanted are worth waiting for: what comes in a while.
    fn worth_waiting(&self, wanted: u32) -> u32 {
        let refill = self.limits.iter().map(|limit| limit.per_second * TOGETHER);
        refill.fold(wanted, |tasks, refilled| tasks.min(whole(refilled).max(1)))
    }

    /// Takes the tokens for as many starts of those wanted as there are tokens for; for none where
    /// they are not worth it yet.
    fn take(&mut self, now: f64, wanted: u32) -> u32 {
        let since = now - self.counted;
        self.counted = now;
        for (left, limit) in self.left.iter_mut().zip(self.limits) {
            *left = (*left + since * limit.per_second).min(limit.at_once);
        }
        let there = self.left.iter().map(|&left| whole(left + SAME_MOMENT));
        let taken = there.fold(wanted, u32::min);
        if taken < self.worth_waiting(wanted) {
            return 0;
        }
        for left in &mut self.left {
            *left -= f64::from(taken);
        }
        taken
    }

    /// When enough are there again for what is worth it of the starts that are wanted \[s\].
    fn refilled(&self, wanted: u32) -> f64 {
        let enough = f64::from(self.worth_waiting(wanted));
        let waits = self.left.iter().zip(self.limits);
        let waits = waits.map(|(left, limit)| (enough - left) / limit.per_second);
        self.counted + waits.fold(0.0, f64::max)
    }
}

/// The whole part of a number of tasks.
fn whole(tasks: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates beyond any number of tasks"
    )]
    let whole = tasks as u32;
    whole
}

/// Hosts that join while it runs.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    /// After the first moves \[s\].
    pub after: f64,
    /// When they were launched, after the first moves \[s\].
    pub launched: f64,
    /// How many they are.
    pub hosts: u32,
    /// Places on them that the bounds allow to be used beside all others.
    pub places: u32,
}

/// When each step of managed scaling launches how many hosts, of so many in all, after the first
/// moves \[s\].
pub fn launches(scaling: &ManagedScaling, hosts: u32) -> impl Iterator<Item = (f64, u32)> + use<> {
    let (first, apart) = (scaling.alarm.0, scaling.warmup.0);
    let numbered = (0..).zip(steps(scaling, hosts));
    numbered.map(move |(number, hosts)| (first + f64::from(number) * apart, hosts))
}

/// The hosts that join in each step of managed scaling, after the mean boot.
#[must_use]
pub fn joins(scenario: &Scenario, moves: &Moves) -> Vec<Join> {
    let joining = moves.joining;
    let Some(scaling) = managed_scaling(scenario).filter(|_| joining.places > 0) else {
        return Vec::new();
    };
    let boot = scenario.prescale.boot.mean.0;
    let mut left = joining.places;
    launches(&scaling, joining.hosts)
        .map(|(launched, hosts)| {
            let places = hosts.saturating_mul(joining.each).min(left);
            left -= places;
            Join {
                after: launched + boot,
                launched,
                hosts,
                places,
            }
        })
        .collect()
}

/// All acts of a rollout that is not stuck, in the order of time.
///
/// Every change is seen one mean reaction later, and the scheduler then does all that the bounds
/// and the hosts allow; starts beyond what the rate limits let through follow as they do, those of
/// some seconds together. The first starts fill the added hosts, which have not got the image.
#[must_use]
pub fn walk(moves: &Moves, phases: &Phases, limits: &[StartLimit], joins: &[Join]) -> Vec<Act> {
    let reaction = phases.reaction.mean();
    let (mut old, mut started, mut healthy, mut stopping) = (moves.desired, 0, 0, 0);
    let mut cold_places = moves.cold.min(if moves.stopping_counts {
        moves.surge
    } else {
        moves.desired
    });
    let mut acts = Vec::new();
    let mut unseen: Vec<Change> = joins
        .iter()
        .map(|join| Change {
            seen: reaction + join.after + reaction,
            tasks: join.places,
            kind: ChangeKind::Joined,
        })
        .collect();
    let mut joined = 0;
    let mut tokens = Tokens::full(limits);
    let mut now = reaction;
    loop {
        let stopped = old.min((old + healthy).saturating_sub(moves.bounds.lower));
        let existing = old.saturating_add(started).saturating_add(stopping);
        let counted = if moves.stopping_counts {
            existing
        } else {
            old - stopped + started
        };
        let by_bound = moves.bounds.upper.saturating_sub(counted);
        let by_room = moves.room.total().map_or(u32::MAX, |room| {
            moves
                .desired
                .saturating_add(room)
                .saturating_add(joined)
                .saturating_sub(existing)
        });
        let wanted = (moves.desired - started).min(by_bound).min(by_room);
        let start = tokens.take(now, wanted);
        let refills = |change: &Change| change.kind == ChangeKind::Refilled;
        if start < wanted && !unseen.iter().any(refills) {
            unseen.push(Change {
                seen: tokens.refilled(wanted - start),
                tasks: wanted - start,
                kind: ChangeKind::Refilled,
            });
        }
        if stopped + start > 0 {
            let cold = start.min(cold_places);
            acts.push(Act {
                at: now,
                stopped,
                cold,
                warm: start - cold,
            });
            for (after, tasks, kind) in [
                (phases.drain.mean(), stopped, ChangeKind::Gone),
                (phases.cold_start.mean(), cold, ChangeKind::Healthy),
                (phases.start.mean(), start - cold, ChangeKind::Healthy),
            ] {
                if tasks > 0 {
                    unseen.push(Change {
                        seen: now + after + reaction,
                        tasks,
                        kind,
                    });
                }
            }
            cold_places -= cold;
            old -= stopped;
            stopping += stopped;
            started += start;
        }
        let seen = unseen.iter().map(|change| change.seen);
        let Some(next) = seen.min_by(f64::total_cmp) else {
            return acts;
        };
        now = next;
        unseen.retain(|change| {
            let later = change.seen > next + SAME_MOMENT;
            match change.kind {
                _ if later => {}
                ChangeKind::Refilled => {}
                ChangeKind::Healthy => healthy += change.tasks,
                ChangeKind::Gone => stopping -= change.tasks,
                ChangeKind::Joined => {
                    joined += change.tasks;
                    cold_places += change.tasks;
                }
            }
            later
        });
    }
}

/// The most tasks in existence at once, pending, running and stopping, in a rollout with these acts.
#[must_use]
pub fn peak(desired: u32, acts: &[Act], phases: &Phases) -> u32 {
    let gone_by = |moment: f64| -> u32 {
        let gone = |act: &&Act| act.at + phases.drain.mean() <= moment + SAME_MOMENT;
        acts.iter().filter(gone).map(|act| act.stopped).sum()
    };
    let mut started = 0;
    let existing = acts.iter().map(|act| {
        started += act.started();
        (desired + started).saturating_sub(gone_by(act.at))
    });
    existing.fold(desired, u32::max)
}

/// Changes that are no further apart are one \[s\].
pub const SAME_MOMENT: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::start_limits::limits;
    use crate::scenario::LaunchType;

    #[test]
    fn starts_that_wait_for_tokens_are_made_as_these_come() {
        // Of the account 100 at once, then 20 a second; of the service 500 at once: 41 of its
        // 8.33 a second are worth a wait, and so 41 of the account's.
        let mut tokens = Tokens::full(limits(LaunchType::Fargate));
        assert_eq!(tokens.take(20.0, 300), 100);
        assert!((tokens.refilled(200) - 22.05).abs() < 1e-9);
        assert_eq!(tokens.take(22.0, 200), 0);
        assert_eq!(tokens.take(22.05, 200), 41);
        // The last 9 need not wait for more.
        assert!((tokens.refilled(9) - 22.5).abs() < 1e-9);
        assert_eq!(tokens.take(22.5, 9), 9);
    }
}
