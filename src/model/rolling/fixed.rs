//! A rollout whose phases are all fixed: its units in their order, event by event.

use super::{Begins, End, Reuse, Rolling, Rollout};
use crate::model::law::Law;
use crate::model::start_limits::StartLimit;

/// When new tasks turn healthy and old ones are gone, in order, all phases fixed \[s\].
pub(super) struct FixedCourse {
    healthy: Vec<f64>,
    stopped: Vec<f64>,
}

/// Tokens for starts, asked for in the order of time.
struct Bucket {
    limit: StartLimit,
    tokens: f64,
    counted: f64,
}

impl Bucket {
    fn full(limit: &StartLimit) -> Self {
        Self {
            limit: *limit,
            tokens: limit.at_once,
            counted: 0.0,
        }
    }

    /// How long a start waits that is asked for at a moment.
    fn wait(&mut self, at: f64) -> f64 {
        let refilled = self.tokens + (at - self.counted) * self.limit.per_second;
        self.tokens = refilled.min(self.limit.at_once) - 1.0;
        self.counted = at;
        (-self.tokens / self.limit.per_second).max(0.0)
    }
}

impl Rolling {
    /// All phases fixed: the units in their order, event by event.
    pub(super) fn fixed_course(&self, rollout: Rollout) -> FixedCourse {
        let (turn_to_stop, drain) = (self.phases.reaction.mean(), self.phases.drain.mean());
        let [cold, warm] = self.healthy.each_ref().map(Law::mean);
        let start = |earlier: u32| if earlier < rollout.cold { cold } else { warm };
        let at_once: u32 = self
            .groups(rollout)
            .iter()
            .filter(|group| group.0.begins == Begins::Start)
            .map(|group| group.1)
            .sum();
        let mut started = at_once.min(rollout.replacements);
        let mut buckets: Vec<Bucket> = self.limits.iter().map(Bucket::full).collect();
        let mut let_through = |at: f64| {
            let waits = buckets.iter_mut().map(|bucket| bucket.wait(at));
            at + waits.fold(0.0, f64::max)
        };
        let mut healthy: Vec<f64> = (0..started).map(|n| let_through(0.0) + start(n)).collect();
        let mut stopped = vec![drain; rollout.slack as usize];
        let wanted = rollout.replacements as usize;
        let (mut used_healthy, mut used_stopped) = (0, 0);
        loop {
            healthy[used_healthy..].sort_by(f64::total_cmp);
            stopped[used_stopped..].sort_by(f64::total_cmp);
            let next_healthy = healthy.get(used_healthy).filter(|_| stopped.len() < wanted);
            let next_stopped = stopped
                .get(used_stopped)
                .filter(|_| self.reuse == Reuse::AfterStopped && started < rollout.replacements);
            match (next_healthy.copied(), next_stopped.copied()) {
                (Some(at), later) if later.is_none_or(|later| at <= later) => {
                    used_healthy += 1;
                    let told = at + turn_to_stop;
                    stopped.push(told + drain);
                    if self.reuse == Reuse::AtTheStop && started < rollout.replacements {
                        healthy.push(let_through(told) + start(started));
                        started += 1;
                    }
                }
                (_, Some(at)) => {
                    used_stopped += 1;
                    healthy.push(let_through(at + turn_to_stop) + start(started));
                    started += 1;
                }
                _ => break,
            }
        }
        healthy.sort_by(f64::total_cmp);
        stopped.sort_by(f64::total_cmp);
        FixedCourse { healthy, stopped }
    }

    /// From the first moves to an end, all phases fixed.
    pub(super) fn fixed_end(&self, rollout: Rollout, end: End) -> Law {
        let FixedCourse { healthy, stopped } = self.fixed_course(rollout);
        let last = |times: &[f64]| times.last().copied().unwrap_or(0.0);
        let at = match end {
            End::HealthyBut(missing) => {
                let upto = healthy.len().saturating_sub(missing as usize);
                last(&healthy[..upto])
            }
            End::StoppedBut(_) => last(&healthy).max(last(&stopped)),
        };
        Law::fixed(at, self.step())
    }

    /// How long fewer than `surplus` tasks beyond the lower bound are healthy, all phases fixed
    /// \[s\].
    pub(super) fn fixed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        let FixedCourse { healthy, stopped } = self.fixed_course(rollout);
        // The first stops, one for each unit of slack, are there from the beginning.
        let drain = self.phases.drain.mean();
        let told = stopped.iter().skip(rollout.slack as usize);
        let mut changes: Vec<(f64, i64)> = healthy.iter().map(|&at| (at, 1)).collect();
        changes.extend(told.map(|&at| (at - drain, -1)));
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut short, mut beyond, mut before) = (0.0, 0, 0.0);
        for (at, change) in changes {
            if beyond < i64::from(surplus) {
                short += at - before;
            }
            beyond += change;
            before = at;
        }
        short
    }
}
