//! The end of a rollout as a mixture over the moment of its last start.

use std::ops::Range;

use super::joint::Joint;
use super::points::bisect;
use super::totals::{chance_of_total, mean_count, power};
use super::{End, Kind, Reuse, Rolling, Rollout};
use crate::model::counts::{Counts, Product, log_chance_bound};

/// Up to so many units the products are multiplied out, beyond they are tilted.
pub(super) const MULTIPLIED_OUT: u32 = 6;

/// Moments of the last start that are mixed over.
const MOMENTS: u32 = 20;

/// Kinds of units there can be in one rollout.
const GROUPS: usize = 3;

/// Chance below which a moment of the last start is left out, as a logarithm.
const LOG_NEGLIGIBLE: f64 = -18.5;

/// The moments of the last start of a rollout.
#[derive(Debug)]
pub(super) struct Mixture {
    pub(super) target: u32,
    pub(super) slack: u32,
    pub(super) groups: Vec<(Kind, u32)>,
    /// Every start of a unit that may be its last by one of the moments.
    pub(super) slots: Vec<(Kind, u32)>,
    pub(super) moments: Vec<Moment>,
}

/// One moment at which the last start may come.
#[derive(Debug)]
pub(super) struct Moment {
    /// After the first moves \[s\].
    pub(super) at: f64,
    /// The smallest number of starts of a unit by then, for each group.
    pub(super) first: Vec<u32>,
    /// From there on, group after group.
    pub(super) starts: Vec<Start>,
    /// Which of `starts` are a group's.
    pub(super) ranges: Vec<Range<usize>>,
    /// Which unit's start it may be.
    pub(super) causes: Vec<Cause>,
}

/// The n-th start of a unit as its last one by a moment.
#[derive(Debug)]
pub(super) struct Start {
    /// Which of the mixture's slots it is.
    slot: usize,
    /// Probability of it.
    mass: f64,
    /// Probability that the next one has come.
    next: f64,
    /// How many cells of the start's law lie before the moment.
    cell: f64,
}

/// The n-th start of a unit of a group as the last one of all.
#[derive(Debug)]
pub(super) struct Cause {
    group: usize,
    n: u32,
    /// Probability that it comes at the moment, and is the last one.
    weight: f64,
    /// Probability that the others have had all other starts.
    chance: f64,
    /// e to the tilt that moves the expected starts of the others there.
    base: f64,
    /// What the tilt makes of a unit's whole mass, for each group.
    norms: [f64; GROUPS],
}

/// For one start of a unit: the chance that it came within so many cells and got through.
pub(super) struct RunningSum {
    plain: Vec<f64>,
    /// With an excuse too, where there are any.
    enough: Option<Vec<f64>>,
}

/// The chance to be through: without an excuse, and only with one.
#[derive(Clone, Copy)]
pub(super) struct Fresh {
    plain: f64,
    excused: f64,
}

/// The part of a unit's counts with which an end can be reached, without an excuse and only
/// with one.
#[derive(Default)]
pub(super) struct Compatible {
    pub(super) plain: Vec<f64>,
    pub(super) excused: Vec<f64>,
}

impl Compatible {
    pub(super) fn fill(&mut self, starts: &[Start], sums: &[RunningSum]) {
        self.plain.clear();
        self.excused.clear();
        for start in starts {
            let sum = &sums[start.slot];
            let through = (at_cell(&sum.plain, start.cell) - start.next).clamp(0.0, start.mass);
            let enough = sum.enough.as_ref().map_or(through, |enough| {
                (at_cell(enough, start.cell) - start.next).clamp(through, start.mass)
            });
            self.plain.push(through);
            self.excused.push(enough - through);
        }
    }

    /// Starts and marks of a unit of one group, tilted.
    pub(super) fn tilted(&self, group: Range<usize>, base: f64) -> Joint {
        let (mut power, mut n) = (1.0, 0.0);
        let (mut all, mut n1, mut n2, mut marked, mut marked_n) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (plain, excused) in self.plain[group.clone()].iter().zip(&self.excused[group]) {
            let weight = (plain + excused) * power;
            all += weight;
            n1 += weight * n;
            n2 += weight * n * n;
            marked += excused * power;
            marked_n += excused * power * n;
            power *= base;
            n += 1.0;
        }
        let (starts, share) = (n1 / all, marked / all);
        Joint {
            weight: all,
            starts,
            starts_variance: n2 / all - starts * starts,
            marked: share,
            marked_variance: share * (1.0 - share),
            covariance: marked_n / all - starts * share,
        }
    }
}

/// A running sum between two cells.
pub(super) fn at_cell(sums: &[f64], cell: f64) -> f64 {
    let whole = cell.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cells are few and not negative"
    )]
    let i = whole as usize;
    match (sums.get(i), sums.get(i + 1)) {
        (Some(a), Some(b)) => a + (cell - whole) * (b - a),
        _ => sums.last().copied().unwrap_or(0.0),
    }
}

/// The chance of the end given a cause, all products multiplied out.
pub(super) fn multiplied_out(
    mixture: &Mixture,
    moment: &Moment,
    cause: &Cause,
    compatible: &Compatible,
    marks: u32,
    fresh: Fresh,
    product: &mut Product,
) -> f64 {
    let size = |g: usize| mixture.groups[g].1 - u32::from(g == cause.group);
    let base: u32 = (0..mixture.groups.len())
        .map(|g| size(g) * moment.first[g])
        .sum();
    let total = mixture.target - cause.n;
    if total < base {
        return 0.0;
    }
    product.reset(base, total);
    for (g, range) in moment.ranges.iter().enumerate() {
        for _ in 0..size(g) {
            product.multiply(
                &compatible.plain[range.clone()],
                &compatible.excused[range.clone()],
            );
        }
    }
    let marks = marks as usize;
    let with_excuse = if marks > 0 {
        fresh.excused * product.at(total, marks - 1)
    } else {
        0.0
    };
    (fresh.plain * product.at(total, marks) + with_excuse) / cause.chance
}

/// The chance of the end given a cause, the units tilted to the starts they must have had.
pub(super) fn tilted(
    mixture: &Mixture,
    moment: &Moment,
    cause: &Cause,
    compatible: &Compatible,
    marks: u32,
    fresh: Fresh,
) -> f64 {
    let mut share = 1.0;
    let mut sum = Joint::default();
    for (g, (group, range)) in mixture.groups.iter().zip(&moment.ranges).enumerate() {
        let number = group.1 - u32::from(g == cause.group);
        if number == 0 {
            continue;
        }
        if marks == 0 {
            share *= power(
                powers(&compatible.plain[range.clone()], cause.base) / cause.norms[g],
                number,
            );
            continue;
        }
        let own = compatible.tilted(range.clone(), cause.base);
        if own.weight <= 0.0 {
            return 0.0;
        }
        share *= power(own.weight / cause.norms[g], number);
        sum.add(number, moment.first[g], &own);
    }
    if share < 1e-10 {
        return 0.0;
    }
    if marks == 0 {
        return share * fresh.plain;
    }
    let marked = sum.marked_given(f64::from(mixture.target - cause.n));
    let fewer = marked.at_most(marks - 1);
    let at_most = if fewer > 1.0 - 1e-12 {
        1.0
    } else {
        marked.at_most(marks)
    };
    share * (fresh.plain * at_most + fresh.excused * fewer)
}

/// Σ mₙ bⁿ.
pub(super) fn powers(mass: &[f64], base: f64) -> f64 {
    mass.iter().rev().fold(0.0, |sum, m| sum * base + m)
}

impl Rolling {
    /// The moments at which the last start may come, with their weights.
    pub(super) fn mixture(&self, rollout: Rollout) -> Mixture {
        let groups = self.groups(rollout);
        let units: u32 = groups.iter().map(|group| group.1).sum();
        let target = rollout.replacements;
        let counts_at = |t: f64| -> Vec<Counts> {
            groups
                .iter()
                .map(|&(kind, _)| self.counts(kind, t))
                .collect()
        };
        let bound = |t: f64, total: u32| {
            let counts = counts_at(t);
            let expected: f64 = groups
                .iter()
                .zip(&counts)
                .map(|(group, c)| f64::from(group.1) * mean_count(c))
                .sum();
            let refs: Vec<(u32, &Counts)> = groups.iter().map(|g| g.1).zip(counts.iter()).collect();
            (expected, log_chance_bound(&refs, f64::from(total)))
        };
        // Every unit has had this many starts by the end of the support of the last of them.
        let rounds = target.div_ceil(units) + 1;
        let mut high = groups
            .iter()
            .map(|&(kind, _)| self.issue(kind, rounds).support().1)
            .fold(0.0, f64::max)
            + self.step();
        let mut low = 0.0;
        let too_early = |t: f64| {
            let (expected, chance) = bound(t, target);
            expected < f64::from(target) && chance < LOG_NEGLIGIBLE
        };
        let late_enough = |t: f64| {
            let (expected, chance) = bound(t, target - 1);
            expected > f64::from(target) - 1.0 && chance < LOG_NEGLIGIBLE
        };
        high = bisect(low, high, |t| !late_enough(t)).1;
        low = bisect(low, high, too_early).0;
        let width = (high - low) / f64::from(MOMENTS);
        let mut slots = Vec::new();
        let mut moments: Vec<Moment> = (0..MOMENTS)
            .map(|i| low + (f64::from(i) + 0.5) * width)
            .filter_map(|at| self.moment(&groups, target, at, &mut slots))
            .collect();
        let total: f64 = moments
            .iter()
            .flat_map(|m| &m.causes)
            .map(|c| c.weight)
            .sum();
        for cause in moments.iter_mut().flat_map(|m| &mut m.causes) {
            cause.weight /= total;
        }
        Mixture {
            target,
            slack: rollout.slack,
            groups,
            slots,
            moments,
        }
    }

    /// What holds if the last start comes at a moment; None if it cannot.
    pub(super) fn moment(
        &self,
        groups: &[(Kind, u32)],
        target: u32,
        at: f64,
        slots: &mut Vec<(Kind, u32)>,
    ) -> Option<Moment> {
        let counts: Vec<Counts> = groups
            .iter()
            .map(|&(kind, _)| self.counts(kind, at))
            .collect();
        let mut causes = Vec::new();
        for (g, &(kind, size)) in groups.iter().enumerate() {
            let others: Vec<(u32, &Counts)> = groups
                .iter()
                .zip(&counts)
                .enumerate()
                .map(|(i, (group, c))| (group.1 - u32::from(i == g), c))
                .collect();
            let from = counts[g].first.max(kind.begun() + 1);
            let to = counts[g].first + u32::try_from(counts[g].mass.len()).unwrap_or(0);
            for n in from..=to.min(target) {
                let density = f64::from(size) * self.issue(kind, n).density(at);
                if density <= 0.0 {
                    continue;
                }
                let (chance, tilt) = chance_of_total(&others, target - n);
                if chance > 0.0 {
                    let base = tilt.exp();
                    let mut norms = [1.0; GROUPS];
                    for (norm, counts) in norms.iter_mut().zip(&counts) {
                        *norm = powers(&counts.mass, base);
                    }
                    causes.push(Cause {
                        group: g,
                        n,
                        weight: density * chance,
                        chance,
                        base,
                        norms,
                    });
                }
            }
        }
        if causes.is_empty() {
            return None;
        }
        let mut ranges = Vec::with_capacity(groups.len());
        let mut starts = Vec::new();
        for (&(kind, _), counts) in groups.iter().zip(&counts) {
            let from = starts.len();
            starts.extend((counts.first..).zip(&counts.mass).map(|(n, &mass)| {
                let slot = slots
                    .iter()
                    .position(|s| *s == (kind, n))
                    .unwrap_or_else(|| {
                        slots.push((kind, n));
                        slots.len() - 1
                    });
                let issue = self.issue(kind, n.max(1));
                let cell = if n <= kind.begun() {
                    1.0
                } else {
                    (at - issue.support().0) / issue.step() + 0.5
                };
                Start {
                    slot,
                    mass,
                    next: self.issue(kind, n + 1).smooth_cdf(at),
                    cell: cell.max(0.0),
                }
            }));
            ranges.push(from..starts.len());
        }
        Some(Moment {
            at,
            first: counts.iter().map(|c| c.first).collect(),
            ranges,
            starts,
            causes,
        })
    }

    /// Probability that the end is reached within `z` seconds of the first moves.
    pub(super) fn chance(&self, mixture: &Mixture, end: End, z: f64) -> f64 {
        let (End::HealthyBut(marks) | End::StoppedBut(marks)) = end;
        let units: u32 = mixture.groups.iter().map(|g| g.1).sum();
        let marks = marks.min(units);
        let sums: Vec<RunningSum> = mixture
            .slots
            .iter()
            .map(|&(kind, n)| self.running_sum(kind, n, end, marks, z))
            .collect();
        let mut chance = 0.0;
        let mut compatible = Compatible::default();
        let mut product = Product::one(0, 0, marks as usize);
        for moment in mixture.moments.iter().take_while(|m| m.at <= z) {
            compatible.fill(&moment.starts, &sums);
            for cause in &moment.causes {
                let kind = mixture.groups[cause.group].0;
                let fresh = self.fresh(kind, cause.n, end, marks, z - moment.at);
                if fresh.plain + fresh.excused <= 0.0 {
                    continue;
                }
                let conditional = if units - 1 <= MULTIPLIED_OUT {
                    multiplied_out(
                        mixture,
                        moment,
                        cause,
                        &compatible,
                        marks,
                        fresh,
                        &mut product,
                    )
                } else {
                    tilted(mixture, moment, cause, &compatible, marks, fresh)
                };
                chance += cause.weight * conditional;
            }
        }
        chance * self.first_stops_over(mixture.slack, end, z)
    }

    /// Where starts do not wait for the first stops: the chance that these are over too.
    pub(super) fn first_stops_over(&self, slack: u32, end: End, z: f64) -> f64 {
        match (self.reuse, end) {
            (Reuse::AtTheStop, End::StoppedBut(_)) => {
                self.phases.drain.cdf(z).powf(f64::from(slack))
            }
            _ => 1.0,
        }
    }

    /// For the n-th start of a unit: the chance that it came by a moment and got through by `z`.
    pub(super) fn running_sum(
        &self,
        kind: Kind,
        n: u32,
        end: End,
        marks: u32,
        z: f64,
    ) -> RunningSum {
        if n == 0 {
            let through = match end {
                End::HealthyBut(_) => 1.0,
                End::StoppedBut(_) => self.phases.drain.cdf(z),
            };
            return RunningSum {
                plain: vec![through],
                enough: None,
            };
        }
        let issue = self.issue(kind, n);
        let enough = (marks > 0).then(|| match self.excused_chain(kind, n, end) {
            Some(chain) => chain.through_by(z, &issue),
            None => issue.through_by_now(),
        });
        RunningSum {
            plain: self.chain(kind, n, end).through_by(z, &issue),
            enough,
        }
    }

    /// The chance that the unit which makes the last start is through after `remaining` seconds.
    pub(super) fn fresh(&self, kind: Kind, n: u32, end: End, marks: u32, remaining: f64) -> Fresh {
        let plain = self.chain(kind, n, end).cdf(remaining);
        if marks == 0 {
            return Fresh {
                plain,
                excused: 0.0,
            };
        }
        let enough = self
            .excused_chain(kind, n, end)
            .map_or(1.0, |law| law.cdf(remaining));
        Fresh {
            plain,
            excused: (enough - plain).max(0.0),
        }
    }
}
