//! Rate limits on starts: how long they hold back the last start of a moment.

use super::walk::Act;
use crate::scenario::LaunchType;
use crate::units::Seconds;

/// A token bucket, full at the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartLimit {
    /// Starts at once.
    pub at_once: f64,
    /// Refill \[1/s\].
    pub per_second: f64,
}

/// The tokens of a limit at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    limit: StartLimit,
    /// Less than none where starts wait for them.
    tokens: f64,
    /// When they were counted \[s\].
    counted: f64,
}

impl Bucket {
    /// Full at the request.
    #[must_use]
    pub fn full(limit: StartLimit) -> Self {
        Self {
            limit,
            tokens: limit.at_once,
            counted: 0.0,
        }
    }

    /// Takes a token for each of so many starts at a moment; how long the last of them waits \[s\].
    pub fn take(&mut self, at: f64, starts: u32) -> f64 {
        let passed = (at - self.counted).max(0.0);
        let refilled = self.tokens + passed * self.limit.per_second;
        self.tokens = refilled.min(self.limit.at_once) - f64::from(starts);
        self.counted += passed;
        (-self.tokens / self.limit.per_second).max(0.0)
    }
}

/// The buckets of all limits of a service.
#[derive(Debug, Clone)]
pub struct Buckets(Vec<Bucket>);

/// How many starts of a moment the limits hold back, and how long the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Late {
    /// How many.
    pub starts: u32,
    /// How long the last of them waits \[s\].
    pub longest: f64,
}

impl Buckets {
    /// All full at the request.
    #[must_use]
    pub fn full(launch_type: LaunchType) -> Self {
        Self(
            limits(launch_type)
                .iter()
                .copied()
                .map(Bucket::full)
                .collect(),
        )
    }

    /// Takes a token of each for each of so many starts at a moment.
    pub fn take(&mut self, at: f64, starts: u32) -> Late {
        let late = self.0.iter_mut().map(|bucket| {
            let longest = bucket.take(at, starts);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most a number of starts"
            )]
            let held = (longest * bucket.limit.per_second).round() as u32;
            Late {
                starts: held.min(starts),
                longest,
            }
        });
        let longer = |one: Late, other: Late| {
            if other.longest > one.longest {
                other
            } else {
                one
            }
        };
        late.fold(Late::default(), longer)
    }
}

/// Starts that a limit holds back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldBack {
    /// The limit that does so most; the tightest of all where none does.
    pub limit: StartLimit,
    /// The most starts of one moment.
    pub starts: u32,
    /// How long the last of a moment's starts waits at most.
    pub longest: Seconds,
}

/// The rate limits on starts of a service (Amazon ECS service quotas): of a service on EC2; of a
/// service on Fargate, and of its account.
#[must_use]
pub fn limits(launch_type: LaunchType) -> &'static [StartLimit] {
    match launch_type {
        LaunchType::Ec2 => &[StartLimit {
            at_once: 250.0,
            per_second: 250.0 / 60.0,
        }],
        LaunchType::Fargate => &[
            StartLimit {
                at_once: 500.0,
                per_second: 500.0 / 60.0,
            },
            StartLimit {
                at_once: 100.0,
                per_second: 20.0,
            },
        ],
    }
}

/// How the limits hold back starts that come at these moments; None without any start.
///
/// # Formula
/// A start takes a token; a moment at which n more are taken than there are makes the last start
/// wait n / refill.
#[must_use]
pub fn held_back(launch_type: LaunchType, acts: &[Act]) -> Option<HeldBack> {
    let starts = acts.iter().map(Act::started).max().filter(|&s| s > 0)?;
    let longest = |limit: &StartLimit| {
        let mut bucket = Bucket::full(*limit);
        let waits = acts.iter().map(|act| bucket.take(act.at, act.started()));
        waits.fold(0.0, f64::max)
    };
    limits(launch_type)
        .iter()
        .map(|limit| HeldBack {
            limit: *limit,
            starts,
            longest: Seconds(longest(limit)),
        })
        .reduce(|one, other| {
            let tighter = other.limit.at_once < one.limit.at_once;
            match one.longest.0.total_cmp(&other.longest.0) {
                std::cmp::Ordering::Less => other,
                std::cmp::Ordering::Equal if tighter => other,
                _ => one,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(at: f64, warm: u32) -> Act {
        Act {
            at,
            stopped: 0,
            cold: 0,
            warm,
        }
    }

    #[test]
    fn what_a_full_bucket_does_not_hold_waits_for_its_refill() {
        // 600 − 250 = 350 at 250 a minute: 84 s.
        let found = held_back(LaunchType::Ec2, &[act(20.0, 600)]).expect("tasks start");
        assert!((found.longest.0 - 84.0).abs() < 1e-9, "{found:?}");
        // 200 at 20 s, 200 a minute later: full again but for nothing.
        let found = held_back(LaunchType::Ec2, &[act(20.0, 200), act(80.0, 200)]);
        assert!(found.expect("tasks start").longest.0 <= 0.0);
        // 24 s later 50 + 100 are there: 50 wait 12 s.
        let found = held_back(LaunchType::Ec2, &[act(20.0, 200), act(44.0, 200)]);
        assert!((found.expect("tasks start").longest.0 - 12.0).abs() < 1e-9);
    }

    #[test]
    fn on_fargate_the_account_is_the_tighter_limit() {
        // 100 at once, 20 a second: the last of 300 waits 10 s.
        let found = held_back(LaunchType::Fargate, &[act(20.0, 300)]).expect("tasks start");
        assert!((found.longest.0 - 10.0).abs() < 1e-9 && found.limit.at_once < 101.0);
    }

    #[test]
    fn without_a_start_nothing_is_held_back() {
        assert_eq!(held_back(LaunchType::Ec2, &[]), None);
    }
}
