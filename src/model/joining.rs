//! A rolling deployment whose room grows while it runs: hosts join one after another.
//!
//! As in [`super::rolling`], each unit of room goes on its own through starts, one cycle apart:
//! start to healthy, reaction, drain, reaction. Units that have room begin at the first moves,
//! units of slack after their first stop, and the units on a host that joins one reaction after it
//! has joined; these share the host's boot. With T the moment of the last start, the end is T plus
//! the last of what is outstanding then. Given T and the total of starts, the units are taken as
//! independent, each tilted so that the expected total is what it must be. This is exact where all
//! new tasks start on hosts of one step that hold one each; else a close estimate.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF, Normal};

use super::law::{Law, as_f64, split};
use super::phases::Phases;
use super::rolling::{law_between, power};
use super::walk::launches;
use crate::rollout::{Joining, Moves};
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

/// How a deployment ends whose room grows; each end is found when it is first asked for.
#[derive(Debug)]
pub struct Joined {
    units: Units,
    slack: u32,
    new_version: OnceCell<Rc<Law>>,
    completed: OnceCell<Rc<Law>>,
}

impl Joined {
    /// How a deployment goes to its end with hosts that join.
    #[must_use]
    pub fn of(
        cycles: &Rc<Cycles>,
        moves: &Moves,
        joining: Joining,
        scaling: &ManagedScaling,
        boot: DurationLaw,
    ) -> Self {
        Self {
            units: Units::new(cycles, moves, joining, scaling, boot),
            slack: moves.slack,
            new_version: OnceCell::new(),
            completed: OnceCell::new(),
        }
    }

    /// Probability that so long after the first moves starts are left \[s\].
    #[must_use]
    pub fn starts_left(&self, after: f64) -> f64 {
        1.0 - self.units.chance_of_all_started(after)
    }

    /// From the request to the last new task healthy.
    #[must_use]
    pub fn new_version(&self) -> Rc<Law> {
        let found = self.new_version.get_or_init(|| {
            let cycles = &self.units.cycles;
            let healthy = self.units.end(&cycles.start, 0);
            Rc::new(cycles.reaction.plus(&healthy))
        });
        Rc::clone(found)
    }

    /// From the request to the last change, and the reaction to it.
    #[must_use]
    pub fn completed(&self) -> Rc<Law> {
        let found = self.completed.get_or_init(|| {
            let cycles = &self.units.cycles;
            let stopped = self.units.end(&cycles.replaced, self.slack);
            let reaction = &cycles.reaction;
            Rc::new(reaction.plus(&stopped).plus(reaction))
        });
        Rc::clone(found)
    }
}

/// What all deployments of a service with hosts that join have alike.
#[derive(Debug)]
pub struct Cycles {
    /// Start to healthy, without the image and with it.
    start: [Law; 2],
    /// Start to STOPPED of the old task that it replaces.
    replaced: [Law; 2],
    /// From a start to the next in the same unit.
    cycle: [Law; 2],
    drain: Law,
    reaction: Law,
    /// Laws of the first, second, … start of a unit, by what it begins with.
    issues: RefCell<[Vec<Rc<Law>>; BEGINNINGS]>,
}

/// What a unit begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// A start on a host without the image.
    ColdStart,
    /// A start on a host with it.
    WarmStart,
    /// The stop of an old task.
    Stop,
    /// A host that has joined, which is seen one reaction later.
    Join,
}

/// Ways to begin.
const BEGINNINGS: usize = 4;

impl Begins {
    /// Where the first start is.
    fn host(self) -> Host {
        match self {
            Self::ColdStart | Self::Join => Host::Cold,
            Self::WarmStart | Self::Stop => Host::Warm,
        }
    }
}

impl Cycles {
    /// The cycles of a service's tasks.
    #[must_use]
    pub fn of(phases: &Phases) -> Self {
        let Phases {
            drain, reaction, ..
        } = phases;
        let start = [phases.cold_start.clone(), phases.start.clone()];
        let drained = reaction.plus(drain);
        let at_once = Rc::new(Law::fixed(0.0, phases.start.step()));
        Self {
            replaced: start.each_ref().map(|start| start.plus(&drained)),
            cycle: start
                .each_ref()
                .map(|start| start.plus(reaction).plus(drain).plus(reaction)),
            issues: RefCell::new([
                vec![Rc::clone(&at_once)],
                vec![at_once],
                vec![Rc::new(drain.plus(reaction))],
                vec![Rc::new(reaction.clone())],
            ]),
            start,
            drain: drain.clone(),
            reaction: reaction.clone(),
        }
    }

    /// Law of the n-th start of a unit after it began; n ≥ 1.
    fn issue(&self, begins: Begins, n: usize) -> Rc<Law> {
        let known = &mut self.issues.borrow_mut()[begins as usize];
        while known.len() < n {
            let host = match known.len() {
                1 => begins.host(),
                _ => Host::Warm,
            };
            let next = known[known.len() - 1].plus(&self.cycle[host as usize]);
            known.push(Rc::new(next.coarsened(CELLS)));
        }
        Rc::clone(&known[n - 1])
    }
}

/// Units of room that begin alike.
#[derive(Debug)]
struct Kind {
    /// Groups of units that share a host's boot; else each unit is a group.
    groups: u32,
    /// Units of a group.
    each: u32,
    /// Moments that the group begins at, after the first moves; equally likely \[s\].
    begins: Vec<f64>,
    /// Law of the n-th start after that, n from 1 on.
    issues: Vec<Rc<Law>>,
    /// For each of the moments, how many starts of a unit there may be by the last start of all.
    most: Vec<usize>,
    /// Where the first start is.
    first: Host,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Cold,
    Warm,
}

#[derive(Debug)]
struct Units {
    cycles: Rc<Cycles>,
    kinds: Vec<Kind>,
    /// Starts in all.
    target: u32,
    /// When the last start may come.
    moments: Vec<Moment>,
}

/// A moment at which the last start may come, and what the units have done by then.
#[derive(Debug)]
struct Moment {
    /// After the first moves \[s\].
    at: f64,
    /// Probability that the last start comes then.
    mass: f64,
    kinds: Vec<Begun>,
}

/// What one kind of units has done by a moment.
#[derive(Debug)]
struct Begun {
    /// Starts in a second: first ones of their units, and further ones.
    rates: [f64; 2],
    /// For each moment that a group begins at.
    groups: Vec<Group>,
}

/// What a group that begins at one moment has done by another, with the numbers of starts tilted
/// so that the expected total of all units is the target.
#[derive(Debug)]
struct Group {
    /// Probability of its beginning.
    share: f64,
    /// From no start of a unit on.
    counts: Vec<Count>,
}

/// A number of starts of one unit.
#[derive(Debug)]
struct Count {
    /// Probability without the tilt, and of more.
    chance: f64,
    beyond: f64,
    /// What the tilt makes of a probability.
    tilted: f64,
    /// The moment among the cells of the last of the starts: whole ones, and a part of the next.
    cell: (usize, f64),
}

impl Units {
    fn new(
        cycles: &Rc<Cycles>,
        moves: &Moves,
        joining: Joining,
        scaling: &ManagedScaling,
        boot: DurationLaw,
    ) -> Self {
        let cold = moves.cold.min(moves.surge);
        let alone = |groups, begins| (groups, 1, vec![0.0], begins);
        let mut begun = vec![
            alone(cold, Begins::ColdStart),
            alone(moves.surge - cold, Begins::WarmStart),
            alone(moves.slack, Begins::Stop),
        ];
        let boots = quantiles(boot);
        let mut left = joining.places;
        for (launched, hosts) in launches(scaling, joining.hosts) {
            let joined: Vec<f64> = boots.iter().map(|boot| launched + boot).collect();
            let full = (left / joining.each.max(1)).min(hosts);
            left -= full * joining.each;
            begun.push((full, joining.each, joined.clone(), Begins::Join));
            if full < hosts && left > 0 {
                begun.push((1, left, joined, Begins::Join));
                left = 0;
            }
        }
        begun.retain(|&(groups, each, ..)| groups > 0 && each > 0);
        let mut units = Self {
            cycles: Rc::clone(cycles),
            kinds: Vec::new(),
            target: moves.desired,
            moments: Vec::new(),
        };
        let places = begun.iter().map(|(groups, each, ..)| groups * each).sum();
        let latest = begun.iter().flat_map(|(_, _, moments, _)| moments);
        let high = units.latest(places, latest.fold(0.0, |a: f64, b| a.max(*b)));
        for (groups, each, moments, begins) in begun {
            let soonest = moments.iter().copied().fold(f64::INFINITY, f64::min);
            units.kinds.push(Kind {
                groups,
                each,
                issues: units.issues(begins, soonest, high),
                first: begins.host(),
                most: vec![0; moments.len()],
                begins: moments,
            });
        }
        units.find_moments(high);
        units
    }

    /// A moment by which all starts have come, where so many places begin at the latest then.
    fn latest(&self, places: u32, begin: f64) -> f64 {
        let [cold, warm] = self.cycles.cycle.each_ref().map(|cycle| cycle.support().1);
        let rounds = self.target.div_ceil(places.max(1)) + 1;
        begin + self.cycles.drain.support().1 + f64::from(rounds) * warm + cold
    }

    /// As many starts of a unit as there may be by a moment.
    fn issues(&self, begins: Begins, soonest: f64, high: f64) -> Vec<Rc<Law>> {
        let mut issues = vec![self.cycles.issue(begins, 1)];
        while let Some(last) = issues.last()
            && soonest + last.support().0 <= high
            && issues.len() <= self.target as usize
        {
            issues.push(self.cycles.issue(begins, issues.len() + 1));
        }
        issues
    }

    /// Finds when the last start may come.
    fn find_moments(&mut self, high: f64) {
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
            .map(|(at, mass)| {
                let counts: Vec<Counts> = self.kinds.iter().map(|kind| kind.by(at)).collect();
                let base = self.tilt(&counts).exp();
                let kinds = self.kinds.iter().zip(counts);
                Moment {
                    at,
                    mass,
                    kinds: kinds
                        .map(|(kind, counts)| kind.begun(at, counts, base))
                        .collect(),
                }
            })
            .collect();
        for (i, kind) in self.kinds.iter_mut().enumerate() {
            for (group, most) in kind.most.iter_mut().enumerate() {
                let counts = self.moments.iter().map(|moment| {
                    let begun = &moment.kinds[i].groups[group];
                    if begun.share > 0.0 {
                        begun.counts.len() - 1
                    } else {
                        0
                    }
                });
                *most = counts.max().unwrap_or(0);
            }
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
        let through: Vec<Through> = self.kinds.iter().map(|k| k.through(chain, z)).collect();
        let at_least: Vec<Through> = if excused > 0 {
            self.kinds
                .iter()
                .map(|k| k.through(&self.cycles.start, z))
                .collect()
        } else {
            Vec::new()
        };
        let mut chance = 0.0;
        for moment in self.moments.iter().take_while(|moment| moment.at <= z) {
            chance +=
                moment.mass * self.chance_given(chain, &through, &at_least, excused, moment, z);
        }
        let drained = self.cycles.drain.cdf(z);
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
            .map(|((kind, begun), through)| kind.share_through(through, begun))
            .collect();
        // Which kind the last start is of, and that it gets through in what is left.
        let chain_of_last = if excused > 0 {
            &self.cycles.start
        } else {
            chain
        };
        let all: f64 = moment.kinds.iter().flat_map(|begun| begun.rates).sum();
        let fresh: f64 = if all > 0.0 {
            kinds()
                .zip(&done)
                .map(|((kind, begun), done)| {
                    let alone = done.powf(1.0 / f64::from(kind.each)).max(1e-300);
                    let through = |host: Host| {
                        let by_then = chain_of_last[host as usize].cdf(z - at);
                        by_then / alone.max(by_then)
                    };
                    let [first, further] = begun.rates;
                    (first * through(kind.first) + further * through(Host::Warm)) / all
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
            let enough = kind.share_through(at_least, begun);
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

    /// The tilt, as a logarithm, under which the expected total of starts is the target, from the
    /// numbers of starts of each kind.
    fn tilt(&self, counts: &[Counts]) -> f64 {
        let target = f64::from(self.target);
        let mean = |tilt: f64| -> f64 {
            let base = tilt.exp();
            self.kinds
                .iter()
                .zip(counts)
                .map(|(kind, counts)| f64::from(kind.groups) * kind.tilted_mean(counts, base))
                .sum()
        };
        let rounds = self.kinds.iter().map(|kind| kind.issues.len()).max();
        let most = (LARGEST_EXPONENT / as_f64(rounds.unwrap_or(1))).min(30.0);
        bisect(-most, most, |tilt| mean(tilt) < target).0
    }
}

/// For each moment that a group begins at, probabilities of the numbers of starts of a unit.
type Counts = Vec<Vec<f64>>;

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
            let one = product(&[1.0], &self.counts(at - begin), most);
            let mut group = one.clone();
            for _ in 1..self.each {
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
    fn tilted_mean(&self, counts: &Counts, base: f64) -> f64 {
        let groups: Vec<(f64, f64)> = counts
            .iter()
            .map(|counts| {
                let (mut weight, mut first) = (0.0, 0.0);
                let (mut power, mut n) = (1.0, 0.0);
                for p in counts {
                    weight += p * power;
                    first += p * power * n;
                    power *= base;
                    n += 1.0;
                }
                (weight, f64::from(self.each) * first / weight)
            })
            .collect();
        let shares = self.shares(groups.iter().map(|group| group.0));
        let weighted = shares
            .iter()
            .zip(&groups)
            .filter(|(share, _)| **share > 0.0);
        weighted.map(|(share, group)| share * group.1).sum()
    }

    /// Probabilities of the moments that a group begins at, from what a tilt makes of each unit's
    /// whole mass.
    fn shares(&self, weights: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
        let most = weights.clone().fold(0.0, f64::max);
        let mut shares: Vec<f64> = weights
            .map(|weight| power(weight / most, self.each))
            .collect();
        let all: f64 = shares.iter().sum();
        for share in &mut shares {
            *share /= all;
        }
        shares
    }

    /// Starts of the whole kind in a second at a moment: first ones of their units, and further ones.
    fn rates(&self, at: f64) -> [f64; 2] {
        let share = 1.0 / as_f64(self.begins.len());
        let units = f64::from(self.groups * self.each);
        let density = |issues: &[Rc<Law>]| -> f64 {
            let of_all = self.begins.iter().flat_map(|begin| {
                let after = at - begin;
                issues.iter().map(move |issue| issue.density(after))
            });
            share * units * of_all.sum::<f64>()
        };
        let (first, further) = self.issues.split_at(1);
        [density(first), density(further)]
    }

    /// What gets through a chain by z.
    fn through(&self, chain: &[Law; 2], z: f64) -> Through {
        Through(
            self.begins
                .iter()
                .zip(&self.most)
                .map(|(begin, &most)| {
                    (0..most)
                        .map(|i| {
                            let host = usize::from(!(i == 0 && self.first == Host::Cold));
                            chain[host].through_by(z - begin, &self.issues[i])
                        })
                        .collect()
                })
                .collect(),
        )
    }

    /// Numbers of starts by a moment.
    fn by(&self, at: f64) -> Counts {
        self.begins
            .iter()
            .map(|begin| self.counts(at - begin))
            .collect()
    }

    /// What the units have done by a moment, with e to the tilt.
    fn begun(&self, at: f64, counts: Counts, base: f64) -> Begun {
        let tilted = |counts: &Vec<f64>| {
            let (mut weight, mut power) = (0.0, 1.0);
            for chance in counts {
                weight += chance * power;
                power *= base;
            }
            weight
        };
        let weights: Vec<f64> = counts.iter().map(tilted).collect();
        let shares = self.shares(weights.iter().copied());
        let groups = self.begins.iter().zip(counts).zip(weights).zip(shares);
        Begun {
            rates: self.rates(at),
            groups: groups
                .map(|(((begin, counts), weight), share)| Group {
                    share,
                    counts: self.tilted(at - begin, counts, base, weight),
                })
                .collect(),
        }
    }

    fn tilted(&self, after: f64, counts: Vec<f64>, base: f64, weight: f64) -> Vec<Count> {
        let (mut tilted, mut beyond) = (1.0 / weight, 1.0);
        let cell = |issue: &Law| {
            if issue.is_fixed() {
                (1, 0.0)
            } else {
                split(((after - issue.support().0) / issue.step() + 0.5).max(0.0))
            }
        };
        counts
            .into_iter()
            .enumerate()
            .map(|(n, chance)| {
                beyond = f64::max(beyond - chance, 0.0);
                let count = Count {
                    chance,
                    beyond,
                    tilted,
                    cell: n.checked_sub(1).map_or((0, 0.0), |i| cell(&self.issues[i])),
                };
                tilted *= base;
                count
            })
            .collect()
    }

    /// Probability that the last start by a moment of every unit of one group is through, the
    /// numbers of starts being tilted.
    fn share_through(&self, through: &Through, begun: &Begun) -> f64 {
        begun
            .groups
            .iter()
            .zip(&through.0)
            .filter(|(group, _)| group.share > 0.0)
            .map(|(group, sums)| {
                let (none, some) = group.counts.split_at(1);
                let not_begun = none[0].tilted * none[0].chance;
                let begun: f64 = some
                    .iter()
                    .zip(sums)
                    .map(|(count, sums)| {
                        let by = at_cell(sums, count.cell) - count.beyond;
                        count.tilted * by.clamp(0.0, count.chance)
                    })
                    .sum();
                group.share * power((not_begun + begun).min(1.0), self.each)
            })
            .sum()
    }
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
fn at_cell(sums: &[f64], (i, part): (usize, f64)) -> f64 {
    match (sums.get(i), sums.get(i + 1)) {
        (Some(a), Some(b)) => a + part * (b - a),
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
