//! How long a rolling deployment takes, as laws: from the phases of one task and the units of room.
//!
//! A rollout replaces d tasks. It has s units of surge (room for a new task beside the old ones)
//! and k of slack (old tasks that may stop first). Each unit goes on its own through a renewal
//! process: a start phase H (start to healthy), one reaction, a drain D (told to stop to STOPPED),
//! one reaction, the next start. Surge units begin with a start, slack units with a drain, all at
//! the same moment. There are d starts and d stops in all; a unit that finds none left rests.
//!
//! With T the moment of the d-th start, the end is T plus the last of what is outstanding then.
//! Given T and the total of d starts, the units are independent: the law of the end is a mixture
//! over T of coefficients of products of one-unit polynomials (the module `counts`). This is exact
//! with surge only and with slack only, where the units are machines in list scheduling; with
//! both, a unit whose start could overtake a start of an earlier stop makes it a close estimate.
//! Nothing is sampled.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;

use super::counts::{Counts, Product, log_chance_bound, log_transform, tilt, tilted_moments};
use super::law::Law;
use super::phases::Phases;

/// Up to so many units the products are multiplied out, beyond they are tilted.
const MULTIPLIED_OUT: u32 = 6;

/// Cells that the law of one start is kept on.
const CELLS: usize = 96;

/// Moments of the last start that are mixed over.
const MOMENTS: u32 = 20;

/// Points at which the law of the end is computed.
const POINTS: u32 = 40;

/// Kinds of units there can be in one rollout.
const GROUPS: usize = 3;

/// Sums of more cycles than this are taken by their moments.
const CONVOLVED: u32 = 24;

/// Chance below which a moment of the last start is left out, as a logarithm.
const LOG_NEGLIGIBLE: f64 = -18.5;

/// What a rollout has to do and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rollout {
    /// Tasks to replace: d.
    pub replacements: u32,
    /// Units of surge: s.
    pub surge: u32,
    /// Units of slack: k.
    pub slack: u32,
    /// Places on hosts that have not got the image: the first so many starts go there.
    pub cold: u32,
}

/// What must have happened for an end to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// All new tasks but so many are healthy.
    HealthyBut(u32),
    /// All new tasks are healthy, and all but so many units have finished the stop after it.
    StoppedBut(u32),
}

/// A kind of units of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    begins: Begins,
    /// So many of its starts, the first ones, are on hosts that have not got the image.
    cold: u32,
}

/// What a unit of room begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Begins {
    /// A start.
    Start,
    /// A stop, beside units of surge.
    Stop,
    /// A stop, all units do: a stop and the start after it are one piece of work.
    StopFirst,
}

impl Kind {
    /// How often a unit has begun at the first moves.
    fn begun(self) -> u32 {
        u32::from(self.begins != Begins::Stop)
    }

    /// Where its n-th start is.
    fn host(self, n: u32) -> Host {
        if (1..=self.cold).contains(&n) {
            Host::Cold
        } else {
            Host::Warm
        }
    }
}

/// Whether the host of a start has the image; an index into pairs of laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Host {
    Cold,
    Warm,
}

/// The rolling model of one service: its phases, and the sums of cycles that all its options share.
#[derive(Debug)]
pub struct Rolling {
    phases: Phases,
    reuse: Reuse,
    /// From a start to healthy.
    healthy: [Law; 2],
    /// From a start to STOPPED of the old task that it replaces.
    replaced: [Law; 2],
    /// From a start to healthy and STOPPED of an old task that was told to stop at the start.
    healthy_and_gone: [Law; 2],
    /// Means of the same \[s\].
    mean_replaced: [f64; 2],
    /// From a stop to the healthy task that takes the place.
    swapped: [Law; 2],
    /// From a start to the reaction to healthy, which tells an old task to stop.
    told: [Law; 2],
    /// From a stop to the reaction to the healthy task that takes the place.
    swapped_and_told: [Law; 2],
    /// From a start to the next in the same unit.
    cycle: [Law; 2],
    sums: Memory<(Host, u32), Law>,
    issues: Memory<(Kind, u32), Law>,
    courses: Memory<Rollout, Course>,
    ends: Memory<(Rollout, End), Law>,
    new_versions: Memory<Rollout, Law>,
    completions: Memory<Rollout, Law>,
    short: Memory<(Rollout, u32), f64>,
}

/// When a unit of room may be used again after the stop of the old task in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// One reaction after the old task is STOPPED.
    AfterStopped,
    /// In the same act that tells the old task to stop.
    AtTheStop,
}

impl Rolling {
    /// The model of a service with these phases.
    #[must_use]
    pub fn new(phases: Phases, reuse: Reuse) -> Self {
        let drained = phases.reaction.plus(&phases.drain);
        let turn = match reuse {
            Reuse::AfterStopped => drained.plus(&phases.reaction),
            Reuse::AtTheStop => phases.reaction.clone(),
        };
        let healthy = [phases.cold_start.clone(), phases.start.clone()];
        let released = phases.drain.plus(&phases.reaction);
        let swapped = healthy.each_ref().map(|start| released.plus(start));
        let replaced = healthy.each_ref().map(|start| start.plus(&drained));
        Self {
            healthy_and_gone: healthy
                .each_ref()
                .map(|start| start.later_of(&phases.drain)),
            told: healthy.each_ref().map(|start| start.plus(&phases.reaction)),
            swapped_and_told: swapped
                .each_ref()
                .map(|swapped| swapped.plus(&phases.reaction)),
            swapped,
            cycle: healthy.each_ref().map(|start| start.plus(&turn)),
            healthy,
            phases,
            reuse,
            mean_replaced: replaced.each_ref().map(Law::mean),
            replaced,
            sums: RefCell::default(),
            issues: RefCell::default(),
            courses: RefCell::default(),
            ends: RefCell::default(),
            new_versions: RefCell::default(),
            completions: RefCell::default(),
            short: RefCell::default(),
        }
    }

    /// Distance of two points of the grid \[s\].
    fn step(&self) -> f64 {
        self.cycle[Host::Warm as usize].step()
    }

    /// The phases that the model was made from.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// From the request to the last new task healthy \[s\].
    ///
    /// The rollout must be able to move: some surge or some slack.
    #[must_use]
    pub fn new_version(&self, rollout: Rollout) -> Rc<Law> {
        let rollout = normal(rollout);
        remembered(&self.new_versions, rollout, || {
            let healthy = self.end(rollout, End::HealthyBut(0));
            self.phases.reaction.plus(&healthy)
        })
    }

    /// From the request to the last change, and the reaction to it \[s\].
    ///
    /// The rollout must be able to move: some surge or some slack.
    #[must_use]
    pub fn completed(&self, rollout: Rollout) -> Rc<Law> {
        let rollout = normal(rollout);
        remembered(&self.completions, rollout, || self.until_completed(rollout))
    }

    fn until_completed(&self, rollout: Rollout) -> Law {
        // With slack only every stop comes before the start it allows.
        let end = if self.stops_first(rollout) {
            End::HealthyBut(0)
        } else {
            End::StoppedBut(rollout.slack)
        };
        let reaction = &self.phases.reaction;
        reaction.plus(&self.end(rollout, end)).plus(reaction)
    }

    /// How long fewer than `surplus` tasks beyond the lower bound are healthy: mean \[s\].
    ///
    /// # Formula
    /// From the first moves, which bring the healthy tasks down to the lower bound, to the moment
    /// when all replacements but slack − surplus are healthy; less the time before that in which
    /// at least `surplus` units hold a healthy new task and have not yet told an
    /// old one to stop. The units are taken as independent in this.
    #[must_use]
    pub fn mean_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        let rollout = normal(rollout);
        let surplus = surplus.min(rollout.slack);
        if surplus == 0 {
            return 0.0;
        }
        *remembered(&self.short, (rollout, surplus), || {
            self.computed_short(rollout, surplus)
        })
    }

    fn computed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        if matches!(*self.course(rollout), Course::Fixed) {
            return self.fixed_short(rollout, surplus);
        }
        let missing = rollout.slack - surplus;
        let until = self.end(rollout, End::HealthyBut(missing));
        if rollout.slack == rollout.replacements {
            return until.mean();
        }
        let groups = self.groups(rollout);
        let (_, to) = until.support();
        let points = (to / (self.phases.reaction.mean() / 2.0))
            .clamp(40.0, 160.0)
            .ceil();
        let step = to / points;
        let covered: f64 = std::iter::successors(Some(step / 2.0), |at| Some(at + step))
            .take_while(|&at| at < to)
            .map(|at| {
                let waiting: Vec<(u32, f64)> = groups
                    .iter()
                    .map(|&(kind, size)| (size, self.chance_of_waiting(kind, at)))
                    .collect();
                let enough = 1.0 - chance_of_at_most(surplus - 1, &waiting);
                enough * (1.0 - until.cdf(at))
            })
            .sum();
        (until.mean() - covered * step).max(0.0)
    }

    /// Probability that a unit holds a healthy new task at a moment and has not yet told an old
    /// one to stop.
    fn chance_of_waiting(&self, kind: Kind, at: f64) -> f64 {
        let mut chance = 0.0;
        for n in 1.. {
            let issue = self.issue(kind, n);
            let (first, last) = issue.support();
            if first > at || n > kind.begun() && issue.smooth_cdf(at) < 1e-7 {
                break;
            }
            let host = kind.host(n) as usize;
            let told = match kind.begins {
                Begins::StopFirst => &self.swapped_and_told[host],
                Begins::Start | Begins::Stop => &self.told[host],
            };
            if last + told.support().1 >= at {
                let healthy = self.chain(kind, n, End::HealthyBut(0));
                chance += sum_through(healthy, at, &issue) - sum_through(told, at, &issue);
            }
        }
        chance.clamp(0.0, 1.0)
    }

    /// Task-seconds beyond the desired count: mean \[s\].
    ///
    /// # Formula
    /// Each replacement in a unit of surge adds its start, a reaction and the drain of the old
    /// task; each in a unit of slack saves the reaction between STOPPED and the start.
    #[must_use]
    pub fn mean_excess_task_seconds(&self, rollout: Rollout) -> f64 {
        let rollout = normal(rollout);
        let [tasks, surge, slack] =
            [rollout.replacements, rollout.surge, rollout.slack].map(f64::from);
        let drain = self.phases.drain.mean();
        let [cold_pair, warm_pair] = self.mean_replaced;
        let groups = self.groups(rollout);
        let paired = rollout.surge >= rollout.replacements || self.reuse == Reuse::AtTheStop;
        if paired {
            let cold = f64::from(rollout.cold);
            let replaced = (cold * cold_pair + (tasks - cold) * warm_pair) / tasks;
            return slack * drain + (tasks - slack) * replaced;
        }
        let cold: u32 = groups
            .iter()
            .filter(|group| group.0.begins == Begins::Start)
            .map(|&(kind, size)| kind.cold * size)
            .sum();
        let per_unit = tasks / (surge + slack);
        f64::from(cold) * (cold_pair - warm_pair)
            + per_unit * (surge * warm_pair - slack * self.phases.reaction.mean())
    }

    /// Whether every unit begins with a stop.
    fn stops_first(&self, rollout: Rollout) -> bool {
        rollout.surge == 0 && self.reuse == Reuse::AfterStopped
    }

    /// The units of a rollout by kind; the starts on hosts without the image fall to all of them
    /// in turn, those first that begin with a start.
    fn groups(&self, rollout: Rollout) -> Vec<(Kind, u32)> {
        let (starting, stopping) = match self.reuse {
            Reuse::AfterStopped => (rollout.surge, rollout.slack),
            // What a first stop makes room for starts with the first moves too.
            Reuse::AtTheStop => (rollout.surge + rollout.slack, 0),
        };
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Stop
        };
        let units = starting + stopping;
        if rollout.cold >= rollout.replacements {
            let cold = rollout.replacements;
            return [(Begins::Start, starting), (begins, stopping)]
                .into_iter()
                .filter(|group| group.1 > 0)
                .map(|(begins, size)| (Kind { begins, cold }, size))
                .collect();
        }
        let all = rollout.cold.checked_div(units).unwrap_or(0);
        let with_one_more = rollout.cold.checked_rem(units).unwrap_or(0);
        let starting_more = with_one_more.min(starting);
        let stopping_more = with_one_more - starting_more;
        [
            (Begins::Start, all + 1, starting_more),
            (Begins::Start, all, starting - starting_more),
            (begins, all + 1, stopping_more),
            (begins, all, stopping - stopping_more),
        ]
        .into_iter()
        .filter(|group| group.2 > 0)
        .map(|(begins, cold, size)| (Kind { begins, cold }, size))
        .collect()
    }

    /// Replacements that begin with the first moves, where no others begin later than a start.
    fn begun_at_once(&self, rollout: Rollout) -> u32 {
        match self.reuse {
            Reuse::AfterStopped if rollout.surge == 0 => rollout.slack,
            Reuse::AfterStopped => rollout.surge,
            Reuse::AtTheStop => rollout.surge + rollout.slack,
        }
    }

    /// How a rollout goes on; computed once.
    fn course(&self, rollout: Rollout) -> Rc<Course> {
        remembered(&self.courses, rollout, || {
            if self.cycle.iter().all(Law::is_fixed) {
                Course::Fixed
            } else if self.begun_at_once(rollout) >= rollout.replacements {
                Course::OneRound
            } else {
                Course::Mixture(self.mixture(rollout))
            }
        })
    }

    /// From the first moves to an end; computed once.
    fn end(&self, rollout: Rollout, end: End) -> Rc<Law> {
        remembered(&self.ends, (rollout, end), || {
            self.computed_end(rollout, end)
        })
    }

    fn computed_end(&self, rollout: Rollout, end: End) -> Law {
        match &*self.course(rollout) {
            Course::Fixed => self.fixed_end(rollout, end),
            Course::OneRound => self.end_of_one_round(rollout, end),
            Course::Mixture(mixture) => {
                let first = match end {
                    // May be reached before the last start.
                    End::HealthyBut(1..) => 0.0,
                    _ => mixture.moments.first().map_or(0.0, |m| m.at),
                };
                let last = mixture.moments.last().map_or(0.0, |m| m.at);
                let longest = mixture
                    .groups
                    .iter()
                    .map(|&(kind, _)| self.chain(kind, 1, end).support().1)
                    .fold(0.0, f64::max);
                law_between(first, last + longest + self.step(), |z| {
                    let before = match end {
                        End::HealthyBut(missing @ 1..) => {
                            self.chance_before_last_start(mixture, missing, z)
                        }
                        _ => 0.0,
                    };
                    before + self.chance(mixture, end, z)
                })
            }
        }
    }

    /// What a unit has to get through after its n-th start for it not to hold up an end.
    fn chain(&self, kind: Kind, n: u32, end: End) -> &Law {
        let laws = match end {
            End::HealthyBut(_) if kind.begins == Begins::StopFirst => &self.swapped,
            End::HealthyBut(_) => &self.healthy,
            End::StoppedBut(_) => &self.replaced,
        };
        &laws[kind.host(n) as usize]
    }

    /// What a unit that is excused has to get through all the same, if anything.
    fn excused_chain(&self, kind: Kind, n: u32, end: End) -> Option<&Law> {
        match end {
            End::HealthyBut(_) => None,
            // The stop of an old task that made room for this start.
            End::StoppedBut(_) if self.reuse == Reuse::AtTheStop && n > 1 => {
                Some(&self.healthy_and_gone[kind.host(n) as usize])
            }
            End::StoppedBut(_) => Some(self.chain(kind, n, End::HealthyBut(0))),
        }
    }

    /// All new tasks start at once.
    fn end_of_one_round(&self, rollout: Rollout, end: End) -> Law {
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Start
        };
        let groups = [
            (Kind { begins, cold: 1 }, rollout.cold),
            (
                Kind { begins, cold: 0 },
                rollout.replacements - rollout.cold,
            ),
        ];
        let (End::HealthyBut(excused) | End::StoppedBut(excused)) = end;
        let drains = match end {
            End::HealthyBut(_) => 0,
            End::StoppedBut(_) => rollout.slack,
        };
        let chance = |z: f64| {
            let mut all = power(self.phases.drain.cdf(z), drains);
            let mut marked = [(0, 0.0); 2];
            for (i, (kind, size)) in groups.into_iter().enumerate().filter(|g| g.1.1 > 0) {
                let done = self.chain(kind, 1, end).cdf(z);
                let enough = match self.excused_chain(kind, 1, end) {
                    _ if excused == 0 => done,
                    None => 1.0,
                    Some(law) => law.cdf(z),
                };
                if enough <= 0.0 {
                    return 0.0;
                }
                all *= power(enough, size);
                marked[i] = (size, 1.0 - done / enough);
            }
            all * chance_of_at_most(excused, &marked)
        };
        let longest = groups
            .iter()
            .filter(|g| g.1 > 0)
            .map(|g| self.chain(g.0, 1, end).support().1)
            .fold(
                self.phases.drain.support().1 * f64::from(drains.min(1)),
                f64::max,
            );
        law_between(0.0, longest + self.step(), chance)
    }

    /// Law of the n-th start of a unit, after the first moves; n ≥ 1.
    fn issue(&self, kind: Kind, n: u32) -> Rc<Law> {
        remembered(&self.issues, (kind, n), || {
            self.computed_issue(kind, n).coarsened(CELLS)
        })
    }

    fn computed_issue(&self, kind: Kind, n: u32) -> Law {
        let cold = (n - 1).min(kind.cold);
        let cycles = self
            .cycles(Host::Cold, cold)
            .plus(&self.cycles(Host::Warm, n - 1 - cold));
        match kind.begins {
            Begins::Start | Begins::StopFirst => cycles,
            Begins::Stop => self.phases.drain.plus(&self.phases.reaction).plus(&cycles),
        }
    }

    /// Law of the sum of so many cycles.
    fn cycles(&self, host: Host, count: u32) -> Rc<Law> {
        let cycle = &self.cycle[host as usize];
        remembered(&self.sums, (host, count), || match count {
            0 => Law::fixed(0.0, self.step()),
            1 => cycle.clone(),
            n if n <= CONVOLVED => self.cycles(host, n - 1).plus(cycle),
            n => cycle.sum_by_moments(n),
        })
    }

    /// How many starts a unit has had by a moment.
    fn counts(&self, kind: Kind, at: f64) -> Counts {
        let reached = |n: u32| {
            if n <= kind.begun() {
                1.0
            } else {
                self.issue(kind, n).smooth_cdf(at)
            }
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounds are few and not negative"
        )]
        let mut first = (at / self.cycle[Host::Warm as usize].mean()).max(0.0) as u32;
        while first > 0 && reached(first) < 1.0 - 1e-9 {
            first -= 1;
        }
        while reached(first + 1) >= 1.0 - 1e-9 {
            first += 1;
        }
        let mut mass = Vec::new();
        let mut here = 1.0;
        let mut n = first;
        while here > 0.0 {
            n += 1;
            let next = reached(n);
            mass.push((here - next).max(0.0));
            here = if next < 1e-10 { 0.0 } else { next.min(here) };
        }
        Counts { first, mass }
    }

    /// The moments at which the last start may come, with their weights.
    fn mixture(&self, rollout: Rollout) -> Mixture {
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
    fn moment(
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
    fn chance(&self, mixture: &Mixture, end: End, z: f64) -> f64 {
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

    /// Probability that the last start is yet to come at `z`, and all new tasks but `missing` are
    /// healthy.
    ///
    /// # Formula
    /// P(S < d, S − M ≥ d − missing) with S starts, of which M are the last of a unit and not yet
    /// healthy: multiplied out for a few units, else M given S by its mean and variance.
    fn chance_before_last_start(&self, mixture: &Mixture, missing: u32, z: f64) -> f64 {
        let least = mixture.target.saturating_sub(missing);
        let units: Vec<(u32, u32, Compatible)> = mixture
            .groups
            .iter()
            .map(|&(kind, size)| {
                let counts = self.counts(kind, z);
                (size, counts.first, self.not_yet_healthy(kind, &counts, z))
            })
            .collect();
        let base: u32 = units.iter().map(|(size, first, _)| size * first).sum();
        let totals = least.max(base)..mixture.target;
        if units.iter().map(|unit| unit.0).sum::<u32>() <= MULTIPLIED_OUT {
            let mut product = Product::one(base, mixture.target.max(base), missing as usize);
            for (size, _, unit) in &units {
                for _ in 0..*size {
                    product.multiply(&unit.plain, &unit.excused);
                }
            }
            return totals
                .map(|total| product.at(total, (total - least) as usize))
                .sum();
        }
        let mut sum = Joint::default();
        for (size, first, unit) in &units {
            sum.add(*size, *first, &unit.tilted(0..unit.plain.len(), 1.0));
        }
        let beyond_base = Number {
            mean: sum.starts - f64::from(base),
            variance: sum.starts_variance,
        };
        totals
            .map(|total| {
                let fewer = match total.checked_sub(base + 1) {
                    Some(below) => beyond_base.at_most(below),
                    None => 0.0,
                };
                let exactly = beyond_base.at_most(total - base) - fewer;
                exactly * sum.marked_given(f64::from(total)).at_most(total - least)
            })
            .sum()
    }

    /// A unit's counts of starts at a moment, those marked of which the last is not yet healthy.
    fn not_yet_healthy(&self, kind: Kind, counts: &Counts, at: f64) -> Compatible {
        let mut unit = Compatible::default();
        for (n, &mass) in (counts.first..).zip(&counts.mass) {
            let marked = if n == 0 {
                0.0
            } else {
                let issue = self.issue(kind, n);
                let begun = if n <= kind.begun() {
                    1.0
                } else {
                    issue.smooth_cdf(at)
                };
                let healthy = self.chain(kind, n, End::HealthyBut(0));
                (begun - sum_through(healthy, at, &issue)).clamp(0.0, mass)
            };
            unit.excused.push(marked);
            unit.plain.push(mass - marked);
        }
        unit
    }

    /// Where starts do not wait for the first stops: the chance that these are over too.
    fn first_stops_over(&self, slack: u32, end: End, z: f64) -> f64 {
        match (self.reuse, end) {
            (Reuse::AtTheStop, End::StoppedBut(_)) => {
                self.phases.drain.cdf(z).powf(f64::from(slack))
            }
            _ => 1.0,
        }
    }

    /// For the n-th start of a unit: the chance that it came by a moment and got through by `z`.
    fn running_sum(&self, kind: Kind, n: u32, end: End, marks: u32, z: f64) -> RunningSum {
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
    fn fresh(&self, kind: Kind, n: u32, end: End, marks: u32, remaining: f64) -> Fresh {
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

    /// All phases fixed: the units in their order, event by event.
    fn fixed_course(&self, rollout: Rollout) -> FixedCourse {
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
        let mut healthy: Vec<f64> = (0..started).map(start).collect();
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
                        healthy.push(told + start(started));
                        started += 1;
                    }
                }
                (_, Some(at)) => {
                    used_stopped += 1;
                    healthy.push(at + turn_to_stop + start(started));
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
    fn fixed_end(&self, rollout: Rollout, end: End) -> Law {
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
    fn fixed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
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

/// When new tasks turn healthy and old ones are gone, in order, all phases fixed \[s\].
struct FixedCourse {
    healthy: Vec<f64>,
    stopped: Vec<f64>,
}

/// What was computed before.
type Memory<K, V> = RefCell<HashMap<K, Rc<V>>>;

/// What is known under a key, computed the first time.
fn remembered<K: std::hash::Hash + Eq, V>(
    memory: &Memory<K, V>,
    key: K,
    compute: impl FnOnce() -> V,
) -> Rc<V> {
    if let Some(known) = memory.borrow().get(&key) {
        return Rc::clone(known);
    }
    let value = Rc::new(compute());
    memory.borrow_mut().insert(key, Rc::clone(&value));
    value
}

/// How a rollout goes on.
#[derive(Debug)]
enum Course {
    /// All phases are fixed.
    Fixed,
    /// All replacements begin with the first moves.
    OneRound,
    /// The last one begins later.
    Mixture(Mixture),
}

/// The moments of the last start of a rollout.
#[derive(Debug)]
struct Mixture {
    target: u32,
    slack: u32,
    groups: Vec<(Kind, u32)>,
    /// Every start of a unit that may be its last by one of the moments.
    slots: Vec<(Kind, u32)>,
    moments: Vec<Moment>,
}

/// One moment at which the last start may come.
#[derive(Debug)]
struct Moment {
    /// After the first moves \[s\].
    at: f64,
    /// The smallest number of starts of a unit by then, for each group.
    first: Vec<u32>,
    /// From there on, group after group.
    starts: Vec<Start>,
    /// Which of `starts` are a group's.
    ranges: Vec<Range<usize>>,
    /// Which unit's start it may be.
    causes: Vec<Cause>,
}

/// The n-th start of a unit as its last one by a moment.
#[derive(Debug)]
struct Start {
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
struct Cause {
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
struct RunningSum {
    plain: Vec<f64>,
    /// With an excuse too, where there are any.
    enough: Option<Vec<f64>>,
}

/// The chance to be through: without an excuse, and only with one.
#[derive(Clone, Copy)]
struct Fresh {
    plain: f64,
    excused: f64,
}

/// The part of a unit's counts with which an end can be reached, without an excuse and only
/// with one.
#[derive(Default)]
struct Compatible {
    plain: Vec<f64>,
    excused: Vec<f64>,
}

impl Compatible {
    fn fill(&mut self, starts: &[Start], sums: &[RunningSum]) {
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
    fn tilted(&self, group: Range<usize>, base: f64) -> Joint {
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

/// The chance of the end given a cause, all products multiplied out.
fn multiplied_out(
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
fn tilted(
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
fn powers(mass: &[f64], base: f64) -> f64 {
    mass.iter().rev().fold(0.0, |sum, m| sum * base + m)
}

/// A share to a whole power.
fn power(share: f64, number: u32) -> f64 {
    share.powi(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Starts and marks of one unit, or of a sum of independent ones: first and second moments.
#[derive(Default)]
struct Joint {
    /// Total of what the moments were taken of.
    weight: f64,
    starts: f64,
    starts_variance: f64,
    marked: f64,
    marked_variance: f64,
    covariance: f64,
}

impl Joint {
    /// So many units more, each with these moments beyond its first count.
    fn add(&mut self, units: u32, first: u32, one: &Self) {
        let units = f64::from(units);
        self.starts += units * (f64::from(first) + one.starts);
        self.starts_variance += units * one.starts_variance;
        self.marked += units * one.marked;
        self.marked_variance += units * one.marked_variance;
        self.covariance += units * one.covariance;
    }

    /// The number of marked units, given the total of starts: by linear regression.
    fn marked_given(&self, starts: f64) -> Number {
        let slope = if self.starts_variance > 1e-12 {
            self.covariance / self.starts_variance
        } else {
            0.0
        };
        Number {
            mean: self.marked + slope * (starts - self.starts),
            variance: self.marked_variance - slope * self.covariance,
        }
    }
}

/// A random number of units, by its mean and variance.
#[derive(Clone, Copy)]
struct Number {
    mean: f64,
    variance: f64,
}

impl Number {
    /// Probability of at most `limit`.
    ///
    /// # Formula
    /// As a binomial number with this mean and variance, its number of trials n = mean / p with
    /// 1 − p = variance / mean not necessarily whole: the regularised incomplete beta function
    /// `I₁₋ₚ(n − limit, limit + 1)`.
    fn at_most(self, limit: u32) -> f64 {
        let limit = f64::from(limit);
        if self.mean <= 0.0 {
            return 1.0;
        }
        let p = (1.0 - self.variance / self.mean).clamp(1e-6, 1.0);
        let trials = self.mean / p;
        if trials <= limit {
            return 1.0;
        }
        checked_beta_reg(trials - limit, limit + 1.0, 1.0 - p).unwrap_or(0.0)
    }
}

/// The same rollout with no more units than can be used.
fn normal(rollout: Rollout) -> Rollout {
    let most = rollout.replacements;
    Rollout {
        replacements: most,
        surge: rollout.surge.min(most),
        slack: rollout.slack.min(most),
        cold: rollout.cold.min(most),
    }
}

/// Probability that a law, begun at a random moment, is through by `at`.
fn sum_through(law: &Law, at: f64, begun: &Law) -> f64 {
    law.through_by(at, begun).last().copied().unwrap_or(0.0)
}

fn mean_count(counts: &Counts) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (n, m) in (counts.first..).zip(&counts.mass) {
        sum += f64::from(n) * m;
        total += m;
    }
    sum / total
}

/// Probability that the counts of all units sum to exactly `total`, and the tilt to there.
///
/// # Formula
/// Multiplied out for a few units. For many, the coefficient by Cauchy's integral over a circle
/// through the saddle point, summed at more points than the total can spread over.
fn chance_of_total(units: &[(u32, &Counts)], total: u32) -> (f64, f64) {
    let number: u32 = units.iter().map(|u| u.0).sum();
    let base: u32 = units.iter().map(|(size, c)| size * c.first).sum();
    let width = |c: &Counts| u32::try_from(c.mass.len()).unwrap_or(u32::MAX) - 1;
    let most: u32 = units
        .iter()
        .map(|(size, c)| size * (c.first + width(c)))
        .sum();
    if total < base || total > most {
        return (0.0, 0.0);
    }
    if number <= MULTIPLIED_OUT {
        let mut product = Product::one(base, total, 0);
        for (size, counts) in units {
            for _ in 0..*size {
                product.multiply(&counts.mass, &[]);
            }
        }
        return (product.at(total, 0), 0.0);
    }
    let u = tilt(units, f64::from(total));
    let variance: f64 = units
        .iter()
        .map(|(size, c)| f64::from(*size) * tilted_moments(c, u).1)
        .sum();
    let points = (12.0 * variance.sqrt() + 16.0).min(f64::from(most - base) + 2.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred at most"
    )]
    let points = points as u32;
    let log_scale: f64 = units
        .iter()
        .map(|(size, c)| f64::from(*size) * log_transform(c, u))
        .sum::<f64>()
        - u * f64::from(total - base);
    let mut sum = 0.0;
    for j in 0..points {
        let angle = std::f64::consts::TAU * f64::from(j) / f64::from(points);
        let (mut log_size, mut turn) = (0.0, -angle * f64::from(total - base));
        for (size, counts) in units {
            let (mut re, mut im, mut norm) = (0.0, 0.0, 0.0);
            for (n, m) in (0u32..).zip(&counts.mass) {
                let weight = m * (u * f64::from(n)).exp();
                let (sin, cos) = (angle * f64::from(n)).sin_cos();
                re += weight * cos;
                im += weight * sin;
                norm += weight;
            }
            log_size += f64::from(*size) * (re.hypot(im) / norm).ln();
            turn += f64::from(*size) * im.atan2(re);
        }
        sum += log_size.exp() * turn.cos();
    }
    ((log_scale.exp() * sum / f64::from(points)).max(0.0), u)
}

/// Probability that at most `limit` units are marked, of groups of so many units, each marked
/// with a probability of its own.
///
/// # Formula
/// The sum of binomial counts: by the normal law with continuity correction where it is wide,
/// else group by group.
fn chance_of_at_most(limit: u32, groups: &[(u32, f64)]) -> f64 {
    let number: u32 = groups.iter().map(|g| g.0).sum();
    if limit >= number {
        return 1.0;
    }
    if limit == 0 {
        return groups
            .iter()
            .map(|&(size, share)| power(1.0 - share, size))
            .product();
    }
    // Whole groups that are almost surely marked, or not, leave nothing to sum over.
    let certain: u32 = groups
        .iter()
        .filter(|g| g.1 > 1.0 - 1e-12)
        .map(|g| g.0)
        .sum();
    let possible: u32 = groups.iter().filter(|g| g.1 > 1e-12).map(|g| g.0).sum();
    if limit >= possible {
        return 1.0;
    }
    if limit < certain {
        return 0.0;
    }
    let mean: f64 = groups.iter().map(|g| f64::from(g.0) * g.1).sum();
    let variance: f64 = groups
        .iter()
        .map(|g| f64::from(g.0) * g.1 * (1.0 - g.1))
        .sum();
    if variance > 9.0 {
        return Normal::standard().cdf((f64::from(limit) + 0.5 - mean) / variance.sqrt());
    }
    let mut below = vec![0.0; limit as usize + 1];
    below[0] = 1.0;
    for &(size, share) in groups.iter().filter(|g| g.0 > 0 && g.1 > 0.0) {
        let masses = binomial(size, share.min(1.0));
        for i in (0..below.len()).rev() {
            below[i] = masses
                .iter()
                .take(i + 1)
                .enumerate()
                .map(|(marked, mass)| mass * below[i - marked])
                .sum();
        }
    }
    below.iter().sum::<f64>().min(1.0)
}

/// Probabilities of a binomial count from 0 on, by their ratios from the likelier end.
fn binomial(number: u32, share: f64) -> Vec<f64> {
    let rare = share.min(1.0 - share);
    let mut mass = power(1.0 - rare, number);
    let mut masses = Vec::with_capacity(number as usize + 1);
    for i in 0..=number {
        masses.push(mass);
        mass *= f64::from(number - i) / f64::from(i + 1) * rare / (1.0 - rare);
    }
    if share > 0.5 {
        masses.reverse();
    }
    masses
}

/// The last point that fulfils a condition and the first that does not.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let enough = (high - low) * 1e-4;
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

/// The law on an interval from its distribution function.
fn law_between(low: f64, high: f64, chance: impl Fn(f64) -> f64) -> Law {
    const SCAN: u32 = 12;
    let width = (high - low) / f64::from(SCAN);
    let (mut from, mut to) = (low, high);
    for i in 1..SCAN {
        let z = low + f64::from(i) * width;
        let p = chance(z);
        if p < 1e-8 {
            from = z;
        } else if p > 1.0 - 1e-7 {
            to = z;
            break;
        }
    }
    let step = (to - from) / f64::from(POINTS);
    let mut before = 0.0;
    let cells = (1..=POINTS).map(|i| {
        let up_to = if i == POINTS {
            1.0
        } else {
            chance(from + f64::from(i) * step).clamp(before, 1.0)
        };
        let mass = up_to - before;
        before = up_to;
        (from + (f64::from(i) - 0.5) * step, mass)
    });
    Law::from_points(cells, step)
}
