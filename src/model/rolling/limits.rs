//! Rate limits on starts: what they hold back of many starts at one moment.

use super::grid::{Chain, Through, floor_index};
use super::joint::Number;
use super::outstanding::through_of;
use super::points::law_at_many_points;
use super::totals::power;
use super::units::Burst;
use super::{End, Rolling, Rollout};
use crate::model::law::{Law, as_f64};

/// So many groups of starts are told apart.
const GROUPS: u32 = 128;

impl Rolling {
    /// Tokens of each limit at the moment of a burst.
    ///
    /// # Formula
    /// Full at the request. What the first moves took is refilled in the time that a first stop and
    /// the reaction to it take in the mean.
    fn tokens(&self, burst: Burst) -> impl Iterator<Item = (f64, f64)> + '_ {
        let since = match burst.before {
            0 => 0.0,
            _ => self.phases.drain.mean() + self.phases.reaction.mean(),
        };
        self.limits.iter().map(move |limit| {
            let refilled = limit.at_once - f64::from(burst.before) + limit.per_second * since;
            (refilled.min(limit.at_once), limit.per_second)
        })
    }

    /// How many starts of a burst are made at once.
    pub(super) fn at_once(&self, burst: Burst) -> u32 {
        let tokens = self.tokens(burst).map(|(tokens, _)| tokens);
        let fewest = tokens.fold(f64::from(burst.starts), f64::min);
        (0..=burst.starts)
            .take_while(|&starts| f64::from(starts) <= fewest)
            .last()
            .unwrap_or(0)
    }

    /// How long the n-th start of a burst waits \[s\]; n ≥ 1.
    pub(super) fn delay(&self, burst: Burst, n: u32) -> f64 {
        self.tokens(burst)
            .map(|(tokens, per_second)| (f64::from(n) - tokens) / per_second)
            .fold(0.0, f64::max)
    }

    /// How long the starts of a burst wait that are not made at once, in no order.
    pub(super) fn delays(&self, burst: Burst) -> Law {
        let held = self.at_once(burst) + 1..=burst.starts;
        let delays = held.map(|n| (self.delay(burst, n), 1.0));
        Law::from_points(delays, self.step())
    }

    /// An end, or where starts keep coming faster than the limits are refilled the end if nothing
    /// but the limits held them back: the later one by mean, as each bounds it from below.
    pub(super) fn within_the_limits(&self, rollout: Rollout, end: End, law: Law) -> Law {
        let starts = rollout.replacements;
        let burst = Burst { starts, before: 0 };
        if self.delay(burst, starts) <= 0.0 {
            return law;
        }
        let kind = self.kind_of_first_starts(rollout, 0);
        let chain = |through| self.chain_on_grid(kind, 2, kind.host(2), through);
        let healthy = chain(Through::Healthy);
        let latest = floor_index(self.delay(burst, starts) / self.step());
        if law.mean() >= as_f64(latest + chain(through_of(end)).last()) * self.step() {
            return law;
        }
        let (End::HealthyBut(excused) | End::StoppedBut(excused)) = end;
        let plain = chain(through_of(end));
        let together = starts.div_ceil(GROUPS).max(1);
        let groups: Vec<(u32, usize)> = (0..starts)
            .step_by(together as usize)
            .map(|from| {
                let to = (from + together).min(starts);
                let middle = from + (to - from).div_ceil(2);
                let delay = self.delay(burst, middle) / self.step();
                (to - from, floor_index(delay + 0.5))
            })
            .collect();
        let chance = |by: usize| {
            let mut all = 1.0;
            let (mut number, mut mean, mut variance) = (0, 0.0, 0.0);
            for &(size, delay) in &groups {
                let after = |chain: &Chain| by.checked_sub(delay).map_or(0.0, |by| chain.up_to(by));
                let done = after(&plain);
                let enough = match end {
                    End::HealthyBut(_) if excused > 0 => 1.0,
                    End::StoppedBut(_) if excused > 0 => after(&healthy),
                    _ => done,
                };
                if enough <= 0.0 {
                    return 0.0;
                }
                all *= power(enough, size);
                let marked = 1.0 - done / enough;
                number += size;
                mean += f64::from(size) * marked;
                variance += f64::from(size) * marked * (1.0 - marked);
            }
            if excused == 0 || excused >= number {
                return all;
            }
            all * Number { mean, variance }.at_most(f64::from(excused))
        };
        if chance(floor_index(law.quantile(0.5) / self.step())) >= 0.5 {
            return law;
        }
        let by_limits = law_at_many_points(0, latest + plain.last() + 2, self.step(), chance);
        if by_limits.mean() > law.mean() {
            by_limits
        } else {
            law
        }
    }
}
