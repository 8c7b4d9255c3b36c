//! A rolling deployment whose room grows while it runs: hosts join one after another.
//!
//! As in [`super::rolling`], each unit of room goes on its own through starts, one cycle apart:
//! start to healthy, reaction, drain, reaction. Units that have room begin at the first moves,
//! units of slack after their first stop, and the units on a host that joins one reaction after it
//! has joined; these share the host's boot. With T the moment of the last start, the end is T plus
//! the last of what is outstanding then. Given T and the total of starts, the units are taken as
//! independent, each tilted so that the expected total is what it must be. This is exact where all
//! new tasks start on hosts of one step that hold one each; else a close estimate.

use statrs::distribution::{ContinuousCDF, Normal};

use super::law::{Law, as_f64};
use super::phases::Phases;
use super::rolling::{law_between, power};
use crate::rollout::{Joining, Moves, steps};
use crate::scenario::{DurationLaw, ManagedScaling};

/// Boots that stand for the law of a boot, equally likely.
const BOOTS: u32 = 16;

/// Moments of the last start that are mixed over.
const MOMENTS: u32 = 24;

/// Cells of the grid on which the law of the end is looked for.
const CELLS_OF_END: usize = 1024;

/// Beyond so many tasks the number of starts is taken as normal.
const COUNTED: u32 = 80;

/// Exponents beyond this are not computed with.
const LARGEST_EXPONENT: f64 = 300.0;

/// Cells that the law of one start is kept on.
const CELLS: usize = 96;

/// How a deployment ends whose room grows.
#[derive(Debug)]
pub struct Joined {
    /// From the request to the last new task healthy.
    pub new_version: Law,
    /// From the request to the last change, and the reaction to it.
    pub completed: Law,
}

/// Units of room that begin alike.
struct Kind {
    /// Groups of units that share a host's boot; else each unit is a group.
    groups: u32,
    /// Units of a group.
    each: u32,
    /// Moments that the group begins at, after the first moves; equally likely \[s\].
    begins: Vec<f64>,
    /// Law of the n-th start after that, n from 1 on.
    issues: Vec<Law>,
    /// Where the first start is.
    first: Host,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    Cold,
    Warm,
}

/// How a deployment goes to its end with hosts that join.
#[must_use]
pub fn joined(
    phases: &Phases,
    moves: &Moves,
    joining: Joining,
    scaling: &ManagedScaling,
    boot: DurationLaw,
) -> Joined {
    let units = Units::new(phases, moves, joining, scaling, boot);
    let reaction = &phases.reaction;
    let healthy = units.end(&[phases.cold_start.clone(), phases.start.clone()], 0);
    let drained = reaction.plus(&phases.drain);
    let replaced = [
        phases.cold_start.plus(&drained),
        phases.start.plus(&drained),
    ];
    let stopped = units.end(&replaced, moves.slack);
    Joined {
        new_version: reaction.plus(&healthy),
        completed: reaction.plus(&stopped).plus(reaction),
    }
}

struct Units<'a> {
    phases: &'a Phases,
    kinds: Vec<Kind>,
    /// Starts in all.
    target: u32,
    /// When the last start may come.
    moments: Vec<Moment>,
}

/// A moment at which the last start may come, and what the units have done by then.
struct Moment {
    /// After the first moves \[s\].
    at: f64,
    /// Probability that the last start comes then.
    mass: f64,
    /// The tilt, as a logarithm, under which the expected total of starts is the target.
    tilt: f64,
    kinds: Vec<Begun>,
}

/// What one kind of units has done by a moment.
struct Begun {
    /// Starts in a second.
    rate: f64,
    /// Whether what starts then is rather the first start of its unit.
    first: bool,
    /// For each moment that a group begins at, probabilities of the numbers of starts of a unit.
    counts: Vec<Vec<f64>>,
}

impl<'a> Units<'a> {
    fn new(
        phases: &'a Phases,
        moves: &Moves,
        joining: Joining,
        scaling: &ManagedScaling,
        boot: DurationLaw,
    ) -> Self {
        let step = phases.start.step();
        let at_once = Law::fixed(0.0, step);
        let cold = moves.cold.min(moves.surge);
        let alone = |groups, first, law: &Law| (groups, 1, vec![0.0], first, law.clone());
        let after_stop = phases.drain.plus(&phases.reaction);
        let mut begun = vec![
            alone(cold, Host::Cold, &at_once),
            alone(moves.surge - cold, Host::Warm, &at_once),
            alone(moves.slack, Host::Warm, &after_stop),
        ];
        let boots = quantiles(boot);
        let mut left = joining.places;
        for (number, hosts) in (0..).zip(steps(scaling, joining.hosts)) {
            let launched = scaling.alarm.0 + f64::from(number) * scaling.warmup.0;
            let begins: Vec<f64> = boots.iter().map(|boot| launched + boot).collect();
            let full = (left / joining.each.max(1)).min(hosts);
            left -= full * joining.each;
            begun.push((
                full,
                joining.each,
                begins.clone(),
                Host::Cold,
                phases.reaction.clone(),
            ));
            if full < hosts && left > 0 {
                begun.push((1, left, begins, Host::Cold, phases.reaction.clone()));
                left = 0;
            }
        }
        let mut units = Self {
            phases,
            kinds: Vec::new(),
            target: moves.desired,
            moments: Vec::new(),
        };
        for (groups, each, begins, first, law) in begun {
            if groups > 0 && each > 0 {
                let issues = vec![law];
                units.kinds.push(Kind {
                    groups,
                    each,
                    begins,
                    issues,
                    first,
                });
            }
        }
        units.prepare();
        units
    }

    /// Finds when the last start may come, with as many starts of each unit as that takes.
    fn prepare(&mut self) {
        let cycle = |host: Host| {
            self.start(host)
                .plus(&self.phases.reaction)
                .plus(&self.phases.drain)
                .plus(&self.phases.reaction)
        };
        let (cold, warm) = (cycle(Host::Cold), cycle(Host::Warm));
        let units: u32 = self.kinds.iter().map(|kind| kind.groups * kind.each).sum();
        let latest_begin = self
            .kinds
            .iter()
            .flat_map(|kind| &kind.begins)
            .fold(0.0, |a: f64, b| a.max(*b));
        let rounds = self.target.div_ceil(units.max(1)) + 1;
        let high = latest_begin
            + self.phases.drain.support().1
            + f64::from(rounds) * warm.support().1
            + cold.support().1;
        for kind in &mut self.kinds {
            let soonest = kind.begins.iter().copied().fold(f64::INFINITY, f64::min);
            loop {
                let n = kind.issues.len();
                let last = &kind.issues[n - 1];
                if soonest + last.support().0 > high || n > self.target as usize {
                    break;
                }
                let cycle = if n == 1 && kind.first == Host::Cold {
                    &cold
                } else {
                    &warm
                };
                let next = last.plus(cycle).coarsened(CELLS);
                kind.issues.push(next);
            }
        }
        let (low, _) = bisect(0.0, high, |t| self.chance_of_all_started(t) < 1e-5);
        let (_, high) = bisect(low, high, |t| self.chance_of_all_started(t) < 1.0 - 1e-5);
        let width = (high - low) / f64::from(MOMENTS);
        let mut before = 0.0;
        let moments: Vec<(f64, f64)> = (1..=MOMENTS)
            .filter_map(|i| {
                let up_to = if i == MOMENTS {
                    1.0
                } else {
                    self.chance_of_all_started(low + f64::from(i) * width)
                };
                let mass = (up_to - before).max(0.0);
                before = up_to.max(before);
                (mass > 1e-6).then_some((low + (f64::from(i) - 0.5) * width, mass))
            })
            .collect();
        self.moments = moments
            .into_iter()
            .map(|(at, mass)| Moment {
                at,
                mass,
                tilt: self.tilt(at),
                kinds: self.kinds.iter().map(|kind| kind.begun(at)).collect(),
            })
            .collect();
    }

    fn start(&self, host: Host) -> &Law {
        match host {
            Host::Cold => &self.phases.cold_start,
            Host::Warm => &self.phases.start,
        }
    }

    /// Probability that all starts have come by a moment.
    ///
    /// # Formula
    /// P(Σ starts ≥ d): multiplied out over the units, those of one host for each of its boots;
    /// beyond [`COUNTED`] tasks by the normal law with continuity correction.
    fn chance_of_all_started(&self, at: f64) -> f64 {
        if self.target > COUNTED {
            let (mut mean, mut variance) = (0.0, 0.0);
            for kind in &self.kinds {
                let (m, v) = kind.moments(at);
                mean += f64::from(kind.groups) * m;
                variance += f64::from(kind.groups) * v;
            }
            let short = f64::from(self.target) - 0.5 - mean;
            return if variance < 1e-9 {
                f64::from(u8::from(short <= 0.0))
            } else {
                1.0 - Normal::standard().cdf(short / variance.sqrt())
            };
        }
        let most = self.target as usize;
        let mut total = vec![1.0];
        for kind in &self.kinds {
            let one = kind.group_counts(at, most);
            for _ in 0..kind.groups {
                total = product(&total, &one, most);
            }
        }
        total.get(most).copied().unwrap_or(0.0)
    }

    /// Law of the moment at which all starts are through with a chain of phases, but for as many
    /// units as are excused, which only have to be healthy.
    fn end(&self, chain: &[Law; 2], excused: u32) -> Law {
        let first = self.moments.first().map_or(0.0, |moment| moment.at);
        let last = self.moments.last().map_or(0.0, |moment| moment.at);
        let shortest = chain[1].support().0;
        let longest = chain[0].support().1.max(chain[1].support().1);
        let low = first + if excused > 0 { 0.0 } else { shortest };
        let high = last + longest + chain[1].step();
        // A grid of its own: nothing is shared with other plans.
        let cell = ((high - low) / as_f64(CELLS_OF_END)).max(1e-9);
        law_between(0, CELLS_OF_END, cell, |i| {
            self.chance(chain, excused, low + as_f64(i) * cell)
        })
        .shifted(low)
    }

    fn chance(&self, chain: &[Law; 2], excused: u32, z: f64) -> f64 {
        let healthy = [self.phases.cold_start.clone(), self.phases.start.clone()];
        let through: Vec<Through> = self.kinds.iter().map(|k| k.through(chain, z)).collect();
        let at_least: Vec<Through> = if excused > 0 {
            self.kinds.iter().map(|k| k.through(&healthy, z)).collect()
        } else {
            Vec::new()
        };
        let mut chance = 0.0;
        for moment in self.moments.iter().take_while(|moment| moment.at <= z) {
            chance +=
                moment.mass * self.chance_given(chain, &through, &at_least, excused, moment, z);
        }
        let drained = self.phases.drain.cdf(z);
        chance * drained.powi(i32::try_from(excused).unwrap_or(i32::MAX))
    }

    /// Probability of the end given the moment of the last start.
    fn chance_given(
        &self,
        chain: &[Law; 2],
        through: &[Through],
        at_least: &[Through],
        excused: u32,
        moment: &Moment,
        z: f64,
    ) -> f64 {
        let at = moment.at;
        let kinds = || self.kinds.iter().zip(&moment.kinds);
        let done: Vec<f64> = kinds()
            .zip(through)
            .map(|((kind, begun), through)| kind.share_through(through, moment, begun))
            .collect();
        // Which kind the last start is of, and that it gets through in what is left.
        let all: f64 = moment.kinds.iter().map(|begun| begun.rate).sum();
        let fresh: f64 = if all > 0.0 {
            kinds()
                .zip(&done)
                .map(|((kind, begun), done)| {
                    let rate = begun.rate;
                    let host = usize::from(!(kind.first == Host::Cold && begun.first));
                    let alone = done.powf(1.0 / f64::from(kind.each)).max(1e-300);
                    let law = if excused > 0 {
                        self.start(if host == 0 { Host::Cold } else { Host::Warm })
                    } else {
                        &chain[host]
                    };
                    rate / all * law.cdf(z - at) / alone.max(law.cdf(z - at))
                })
                .sum()
        } else {
            1.0
        };
        if excused == 0 {
            return self
                .kinds
                .iter()
                .zip(&done)
                .map(|(kind, done)| power(*done, kind.groups))
                .product::<f64>()
                * fresh;
        }
        // All healthy, and all but the excused through with the stop.
        let mut marked = vec![0.0; excused as usize + 1];
        marked[0] = 1.0;
        let mut healthy = 1.0;
        for (((kind, begun), done), at_least) in kinds().zip(&done).zip(at_least) {
            let enough = kind.share_through(at_least, moment, begun);
            if enough <= 0.0 {
                return 0.0;
            }
            healthy *= power(enough, kind.groups);
            let stopped = (done / enough).min(1.0).powf(1.0 / f64::from(kind.each));
            for _ in 0..kind.groups * kind.each {
                for i in (0..marked.len()).rev() {
                    let one_less = if i > 0 { marked[i - 1] } else { 0.0 };
                    marked[i] = marked[i] * stopped + one_less * (1.0 - stopped);
                }
            }
        }
        healthy * marked.iter().sum::<f64>().min(1.0) * fresh.min(1.0)
    }

    /// The tilt, as a logarithm, under which the expected total of starts by a moment is the
    /// target.
    fn tilt(&self, at: f64) -> f64 {
        let target = f64::from(self.target);
        let mean = |tilt: f64| -> f64 {
            self.kinds
                .iter()
                .map(|kind| f64::from(kind.groups) * kind.tilted_mean(at, tilt))
                .sum()
        };
        let rounds = self.kinds.iter().map(|kind| kind.issues.len()).max();
        let most = (LARGEST_EXPONENT / as_f64(rounds.unwrap_or(1))).min(30.0);
        bisect(-most, most, |tilt| mean(tilt) < target).0
    }
}

/// For each number of starts and each moment that a group begins at, what is through by a moment
/// z: running sums over the cells of the start's law.
struct Through(Vec<Vec<Vec<f64>>>);

impl Kind {
    /// Probability that a unit has had at least n starts.
    fn reached(&self, n: usize, after: f64) -> f64 {
        match n.checked_sub(1) {
            None => 1.0,
            Some(i) => self.issues.get(i).map_or(0.0, |issue| {
                if after < 0.0 {
                    0.0
                } else {
                    issue.smooth_cdf(after)
                }
            }),
        }
    }

    /// Probabilities of the numbers of starts of one unit.
    fn counts(&self, after: f64) -> Vec<f64> {
        let mut here = 1.0;
        let mut counts = Vec::new();
        for n in 1..=self.issues.len() + 1 {
            let next = self.reached(n, after);
            counts.push((here - next).max(0.0));
            here = next;
            if here < 1e-12 {
                break;
            }
        }
        counts
    }

    /// Probabilities of the numbers of starts of one group, what exceeds `most` counted there.
    fn group_counts(&self, at: f64, most: usize) -> Vec<f64> {
        let mut sum = vec![0.0; 1];
        let share = 1.0 / as_f64(self.begins.len());
        for begin in &self.begins {
            let one = self.counts(at - begin);
            let mut group = vec![1.0];
            for _ in 0..self.each {
                group = product(&group, &one, most);
            }
            if sum.len() < group.len() {
                sum.resize(group.len(), 0.0);
            }
            for (sum, mass) in sum.iter_mut().zip(group) {
                *sum += share * mass;
            }
        }
        sum
    }

    /// Mean and variance of the starts of one group.
    fn moments(&self, at: f64) -> (f64, f64) {
        let each = f64::from(self.each);
        let share = 1.0 / as_f64(self.begins.len());
        let (mut mean, mut square) = (0.0, 0.0);
        for begin in &self.begins {
            let (mut m, mut s) = (0.0, 0.0);
            for (n, p) in (0_u32..).zip(self.counts(at - begin)) {
                m += f64::from(n) * p;
                s += f64::from(n).powi(2) * p;
            }
            mean += share * each * m;
            square += share * (each * (s - m * m) + (each * m).powi(2));
        }
        (mean, square - mean * mean)
    }

    /// Expected starts of one group under a tilt.
    fn tilted_mean(&self, at: f64, tilt: f64) -> f64 {
        let mut groups = Vec::with_capacity(self.begins.len());
        for begin in &self.begins {
            let (mut weight, mut first) = (0.0, 0.0);
            for (n, p) in (0_u32..).zip(self.counts(at - begin)) {
                let tilted = p * (tilt * f64::from(n)).exp();
                weight += tilted;
                first += tilted * f64::from(n);
            }
            if weight > 0.0 {
                groups.push((
                    f64::from(self.each) * weight.ln(),
                    f64::from(self.each) * first / weight,
                ));
            }
        }
        weighted_mean(&groups)
    }

    /// Starts of the whole kind in a second at a moment.
    fn rate(&self, at: f64) -> f64 {
        let share = 1.0 / as_f64(self.begins.len());
        let units = f64::from(self.groups * self.each);
        self.begins
            .iter()
            .map(|begin| {
                let after = at - begin;
                let density: f64 = self.issues.iter().map(|issue| issue.density(after)).sum();
                share * units * density
            })
            .sum()
    }

    /// Whether what starts at a moment is rather the first start of its unit.
    fn first_at(&self, at: f64) -> bool {
        let density = |n: usize| -> f64 {
            let issue = self.issues.get(n);
            let at = |begin: &f64| issue.map_or(0.0, |issue| issue.density(at - begin));
            self.begins.iter().map(at).sum()
        };
        density(0) >= density(1)
    }

    /// What gets through a chain by z.
    fn through(&self, chain: &[Law; 2], z: f64) -> Through {
        Through(
            self.begins
                .iter()
                .map(|begin| {
                    (0..self.issues.len())
                        .map(|i| {
                            let host = usize::from(!(i == 0 && self.first == Host::Cold));
                            chain[host].through_by(z - begin, &self.issues[i])
                        })
                        .collect()
                })
                .collect(),
        )
    }

    /// What the units have done by a moment.
    fn begun(&self, at: f64) -> Begun {
        Begun {
            rate: self.rate(at),
            first: self.first_at(at),
            counts: self
                .begins
                .iter()
                .map(|begin| self.counts(at - begin))
                .collect(),
        }
    }

    /// Probability that the last start by a moment of every unit of one group is through, the
    /// numbers of starts being tilted.
    fn share_through(&self, through: &Through, moment: &Moment, begun: &Begun) -> f64 {
        let base = moment.tilt.exp();
        let mut groups = Vec::with_capacity(self.begins.len());
        for ((begin, sums), counts) in self.begins.iter().zip(&through.0).zip(&begun.counts) {
            let after = moment.at - begin;
            let (mut weight, mut through) = (0.0, 0.0);
            let (mut power_of, mut beyond) = (1.0, 1.0);
            for (n, &p) in counts.iter().enumerate() {
                beyond = f64::max(beyond - p, 0.0);
                weight += p * power_of;
                through += power_of
                    * match n.checked_sub(1) {
                        None => p,
                        Some(i) => {
                            let issue = &self.issues[i];
                            let cell = if issue.is_fixed() {
                                1.0
                            } else {
                                (after - issue.support().0) / issue.step() + 0.5
                            };
                            let by = at_cell(&sums[i], cell.max(0.0));
                            (by - beyond).clamp(0.0, p)
                        }
                    };
                power_of *= base;
            }
            if weight > 0.0 {
                groups.push((
                    f64::from(self.each) * weight.ln(),
                    power((through / weight).min(1.0), self.each),
                ));
            }
        }
        weighted_mean(&groups)
    }
}

/// The mean of values whose weights are given as logarithms.
fn weighted_mean(weighted: &[(f64, f64)]) -> f64 {
    let most = weighted
        .iter()
        .map(|w| w.0)
        .fold(f64::NEG_INFINITY, f64::max);
    let (mut all, mut sum) = (0.0, 0.0);
    for (log_weight, value) in weighted {
        let weight = (log_weight - most).exp();
        all += weight;
        sum += weight * value;
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

/// Equally likely values that stand for a duration \[s\].
fn quantiles(duration: DurationLaw) -> Vec<f64> {
    let spread = super::law::standard_deviation(duration);
    if spread <= 0.0 {
        return vec![duration.mean.0];
    }
    let law = Law::of(duration, spread / 16.0);
    let values: Vec<f64> = (0..BOOTS)
        .map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(BOOTS)))
        .collect();
    // The middles of the slices lose a little of the tails: the spread is widened to the true one.
    let count = f64::from(BOOTS);
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    let widened = spread / variance.sqrt();
    values
        .iter()
        .map(|value| duration.mean.0 + (value - mean) * widened)
        .collect()
}

/// The product of two polynomials, what exceeds the degree `most` added there.
fn product(a: &[f64], b: &[f64], most: usize) -> Vec<f64> {
    let mut product = vec![0.0; (a.len() + b.len() - 1).min(most + 1)];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            let degree = (i + j).min(most);
            product[degree] += x * y;
        }
    }
    product
}

/// A running sum between two cells.
fn at_cell(sums: &[f64], cell: f64) -> f64 {
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

/// The last point that fulfils a condition and the first that does not.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let enough = (high - low) * 1e-5;
    while high - low > enough {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}
