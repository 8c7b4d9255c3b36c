//! The end of a rollout given its last start: when the last of what is outstanding is through.

use std::cell::RefCell;
use std::rc::Rc;

use super::block::{Tilted, masses_over};
use super::front::{Asked, Front, Lattice};
use super::grid::{Chain, Point, Through, floor_index};
use super::joint::{Joint, Number, Sums};
use super::last_start::{
    Cause, FIRST, Given, LastStart, MOMENTS, MULTIPLIED_OUT, Moment, Part, Units,
};
use super::points::{About, law_between, masses_about};
use super::product::Product;
use super::told::{Before, Chances, DRAINS, Drain, in_time, is_steady};
use super::totals::power;
use super::units::Host;
use super::{End, Reuse, Rolling};
use crate::model::law::{Law, as_f64};
use crate::model::normal;

/// Means of what is outstanding at two moments that differ by less are alike, as a part of the
/// whole.
pub(super) const ALIKE: f64 = 0.015;

/// The same for a late quantile.
pub(super) const ALIKE_LATE: f64 = 0.02;

/// The chance of that.
pub(super) const LATE: f64 = 0.95;

/// The chance to be through: without an excuse, and only with one.
#[derive(Clone, Copy, Default)]
struct Fresh {
    plain: f64,
    excused: f64,
}

/// The chances of a unit's counts with which an end can be reached, without an excuse and only
/// with one.
#[derive(Default)]
pub(super) struct Compatible {
    pub(super) plain: Vec<f64>,
    pub(super) excused: Vec<f64>,
}

impl Compatible {
    /// Starts and marks of one unit.
    pub(super) fn moments(&self) -> Joint {
        let mut sums = Sums::default();
        for (&plain, &excused) in self.plain.iter().zip(&self.excused) {
            sums.add(plain, excused, 1.0);
        }
        sums.joint()
    }
}

/// What becomes of the units of one kind after a moment.
pub(super) struct Progress<'a> {
    pub(super) point: &'a Point,
    pub(super) plain: Rc<Front>,
    /// Where marks count and excuse from stops.
    pub(super) excused: Option<Excused>,
}

/// What excuses a start from its stop.
pub(super) struct Excused {
    /// It is healthy, and what made room for it is gone.
    pub(super) healthy: Rc<Front>,
    /// Who had told so long before as each of the drains takes, the longest first.
    told: Vec<Rc<Front>>,
}

/// The chance of an end by each point after a moment of the last start.
pub(super) struct Outstanding<'a> {
    rolling: &'a Rolling,
    pub(super) last: &'a LastStart,
    end: End,
    pub(super) marks: u32,
    lattice: Lattice,
    /// For each kind: what its starts have to get through, without an excuse and with one.
    pub(super) chains: Vec<[[Rc<Chain>; 2]; 2]>,
    drains: &'a [Drain],
    product: RefCell<(Product, Compatible)>,
}

impl<'a> Outstanding<'a> {
    fn of(rolling: &'a Rolling, last: &'a LastStart, end: End) -> Self {
        let (End::HealthyBut(marks) | End::StoppedBut(marks)) = end;
        let chains = |kind| {
            [through_of(end), Through::Excused].map(|through| {
                [Host::Cold, Host::Warm].map(|host| rolling.chain_on_grid(kind, 2, host, through))
            })
        };
        Self {
            rolling,
            last,
            end,
            marks: marks.min(last.units()),
            lattice: rolling.lattice(),
            chains: last
                .kinds
                .iter()
                .map(|(table, _)| chains(table.kind))
                .collect(),
            drains: rolling.drains(),
            product: RefCell::default(),
        }
    }

    /// Whether a stop may be excused.
    pub(super) fn excuses(&self) -> bool {
        matches!(self.end, End::StoppedBut(1..)) && self.marks > 0
    }

    /// The moments at which the last start may come \[s\], and how long after each the end is reached.
    fn after_moments(&self) -> Vec<(f64, Law)> {
        let mut found: Vec<(f64, Law)> = Vec::with_capacity(MOMENTS.len());
        for part in &self.last.parts {
            self.add_moments(part, &mut found);
        }
        if found.is_empty() {
            let only = self.last.only_moment(self.rolling);
            debug_assert!(only.is_some(), "the last start comes at some point");
            found.extend(only.map(|moment| (self.seconds(moment), self.after(moment))));
        }
        found
    }

    /// Those of one part: two where the rest changes little between them.
    fn add_moments(&self, part: &Part, found: &mut Vec<(f64, Law)>) {
        let mut laws: [Option<(f64, Law)>; MOMENTS.len()] = Default::default();
        let mut look = |which: usize| {
            let moment = self.last.moment_of(self.rolling, part, which)?;
            let law = self.after(moment);
            let found = (self.seconds(moment), [law.mean(), law.quantile(LATE)]);
            laws[which] = Some((found.0, law));
            Some(found)
        };
        let [first, second] = FIRST.map(&mut look);
        let alike = |early: [f64; 2], late: [f64; 2]| {
            let whole = self.last.when.mean() + early[0].max(late[0]);
            (early[0] - late[0]).abs() < ALIKE * whole
                && (early[1] - late[1]).abs() < ALIKE_LATE * whole
        };
        if let (Some((from, early)), Some((to, late))) = (first, second)
            && from < to
            && !alike(early, late)
        {
            for which in (0..MOMENTS.len()).filter(|which| !FIRST.contains(which)) {
                look(which);
            }
        }
        for (seconds, law) in laws.into_iter().flatten() {
            if found.last().is_none_or(|last| last.0 < seconds) {
                found.push((seconds, law));
            }
        }
    }

    fn seconds(&self, moment: &Moment) -> f64 {
        as_f64(moment.at) * self.rolling.step()
    }

    /// How long after a moment the end is reached if the last start comes then \[s\].
    fn after(&self, moment: &Moment) -> Law {
        let progress: Vec<Progress> = (0..self.last.kinds.len())
            .map(|kind| self.progress(kind, moment))
            .collect();
        let ends = [self.lattice.from(self.end), self.latest()];
        let step = as_f64(self.lattice.stride) * self.rolling.step();
        match &moment.given {
            Given::Tilted { units, others } if !self.excuses() || is_steady(self.drains) => {
                let tilted = Tilted {
                    units,
                    others: *others,
                    progress: &progress,
                };
                let law = masses_over(self.about(), ends, |at| self.over(&tilted, at));
                let stride = as_f64(law.stride);
                let first = (as_f64(law.first) - stride / 2.0) * step;
                Law::from_mass(first, stride * step, law.masses)
            }
            _ => {
                let (first, masses) =
                    masses_about(self.about(), ends, |i| self.chance(moment, &progress, i));
                Law::from_mass((as_f64(first) - 0.5) * step, step, masses)
            }
        }
    }

    /// The last point of the lattice at which the end is reached for sure.
    fn latest(&self) -> usize {
        let chains = self.chains.iter().flat_map(|chains| &chains[0]);
        let longest = chains.map(|chain| chain.last()).max().unwrap_or(0);
        longest / self.lattice.stride + 2
    }

    /// Where on the lattice the end is thought to be reached, by its units being in their long run:
    /// where few enough are still to stop or, where those that are left are excused, where all are
    /// healthy.
    fn about(&self) -> About {
        let largest = (0..self.last.kinds.len()).max_by_key(|&i| self.last.kinds[i].1);
        let chains = &self.chains[largest.unwrap_or(0)];
        let cycle = self.rolling.cycle[Host::Warm as usize].mean() / self.rolling.step();
        let rate = f64::from(self.last.units()) / cycle;
        let open = |through: usize, marks: u32| {
            let [median, above] = [0.0, 1.0].map(|normal| {
                let chain = &chains[through][Host::Warm as usize];
                chain.open_at_most(rate, open_at(marks, normal)) / self.lattice.stride
            });
            About {
                median,
                spread: as_f64(above.saturating_sub(median)).max(1.0),
            }
        };
        let stopped = open(0, self.marks);
        if !self.excuses() {
            return stopped;
        }
        let healthy = open(1, 0);
        if stopped.median > healthy.median {
            stopped
        } else {
            healthy
        }
    }

    fn progress<'b>(&self, kind: usize, moment: &'b Moment) -> Progress<'b> {
        let table = &self.last.kinds[kind].0;
        let front = |asked| table.front(self.rolling, asked, moment.at);
        let plain = match self.end {
            End::HealthyBut(1..) => Asked::HealthyAtOnce,
            end => Asked::Through(through_of(end)),
        };
        let told = if is_steady(self.drains) {
            0
        } else {
            self.drains.len()
        };
        Progress {
            point: &moment.points[kind],
            plain: front(plain),
            excused: self.excuses().then(|| Excused {
                healthy: front(Asked::Through(Through::Excused)),
                told: (0..told).map(|drain| front(Asked::Told(drain))).collect(),
            }),
        }
    }

    /// Probability that the end is reached by a point of the lattice after the last start.
    fn chance(&self, moment: &Moment, progress: &[Progress], i: usize) -> f64 {
        match &moment.given {
            _ if self.excuses() => in_time(self.drains, |before| {
                self.enough(moment, progress, Some(before), i)
            }),
            _ => self.enough(moment, progress, None, i).few_left,
        }
    }

    /// The chances of the end with any number of marks, with few enough, and so where one that is
    /// marked is known; where stops are waited for, with no bad one who had told before one of the
    /// drains.
    fn enough(
        &self,
        moment: &Moment,
        progress: &[Progress],
        before: Option<usize>,
        i: usize,
    ) -> Before {
        match &moment.given {
            Given::Causes(causes) => self.multiplied_out(moment, causes, progress, before, i),
            Given::Tilted { units, others } => {
                self.enough_through((*others, units), progress, before, i)
            }
        }
    }

    /// The chance that a start of a unit, the last of all, is through.
    fn fresh(&self, kind: usize, host: Host, before: Option<usize>, i: usize) -> Fresh {
        let chain = self.chains[kind][1][host as usize].as_ref();
        self.fresh_with(kind, host, (chain, before), i)
    }

    /// The same with what has to be got through with an excuse.
    fn fresh_with(
        &self,
        kind: usize,
        host: Host,
        (excused, before): (&Chain, Option<usize>),
        i: usize,
    ) -> Fresh {
        let later = self.lattice.later(i);
        let plain = self.chains[kind][0][host as usize].up_to(later);
        if self.marks == 0 {
            return Fresh {
                plain,
                excused: 0.0,
            };
        }
        let Some(before) = before else {
            return Fresh {
                plain,
                excused: (1.0 - plain).max(0.0),
            };
        };
        let mut told = [0.0; DRAINS];
        if !is_steady(self.drains) {
            let of = self.last.kinds[kind].0.kind;
            let chain = self.rolling.chain_on_grid(of, 2, host, Through::Told);
            for (told, drain) in told.iter_mut().zip(self.drains) {
                *told = chain.up_to(later.saturating_sub(drain.points));
            }
        }
        let chances = Chances {
            replaced: plain,
            excused: excused.up_to(later),
            told,
        };
        let (plain, excused) = chances.told_or_not(self.drains, before);
        Fresh { plain, excused }
    }

    /// The same for the n-th start: no stop of an old task made room for the first.
    fn nth_fresh(&self, kind: usize, n: u32, before: Option<usize>, i: usize) -> Fresh {
        let of = self.last.kinds[kind].0.kind;
        let host = of.host(n);
        if n > 1 {
            return self.fresh(kind, host, before, i);
        }
        let chain = self.rolling.chain_on_grid(of, n, host, Through::Excused);
        self.fresh_with(kind, host, (&chain, before), i)
    }

    /// A few units: by their products.
    fn multiplied_out(
        &self,
        moment: &Moment,
        causes: &[Cause],
        progress: &[Progress],
        before: Option<usize>,
        i: usize,
    ) -> Before {
        let (product, compatible) = &mut *self.product.borrow_mut();
        let most = match self.marks {
            0 => 0,
            _ => self.last.units(),
        };
        // With at most each number of marks.
        let mut up_to = vec![0.0; most as usize + 1];
        let told = before.map(|before| (self.drains, before));
        let mut of_kind = None;
        for cause in causes {
            let least = self.last.least_of_others(&moment.points, cause.kind);
            if of_kind != Some(cause.kind) {
                of_kind = Some(cause.kind);
                let highest = self.last.target - least - cause.n;
                product.reset(highest, most);
                for (kind, progress) in progress.iter().enumerate() {
                    progress.compatible(i, self.marks > 0, told, compatible);
                    for _ in 0..self.last.others(kind, cause.kind) {
                        product.multiply(&compatible.plain, &compatible.excused);
                    }
                }
            }
            let fresh = self.nth_fresh(cause.kind, cause.n, before, i);
            let total = self.last.target - cause.n - least;
            for (marks, chance) in (0..).zip(&mut up_to) {
                let excused = match marks {
                    0 => 0.0,
                    marks => fresh.excused * product.at(total, marks - 1),
                };
                *chance += cause.weight * (fresh.plain * product.at(total, marks) + excused);
            }
        }
        let marked_within = |marks: u32| {
            let below: f64 = up_to.iter().take(marks as usize).sum();
            f64::from(marks) * up_to[marks as usize] - below
        };
        let marked = marked_within(most);
        Before {
            none_bad: up_to[most as usize].min(1.0),
            few_left: up_to[self.marks as usize].min(1.0),
            few_with_bad: if marked > 0.0 {
                (marked_within(self.marks) / marked).clamp(0.0, 1.0)
            } else {
                1.0
            },
        }
    }

    /// Tilted units, all of which but so many have to be through.
    fn enough_through(
        &self,
        (others, units): (f64, &[Units]),
        progress: &[Progress],
        before: Option<usize>,
        i: usize,
    ) -> Before {
        let mut all = 1.0;
        let mut last = Fresh::default();
        let mut sum = Joint::default();
        let told = before.map(|before| (self.drains, before));
        for (kind, (progress, units)) in progress.iter().zip(units).enumerate() {
            let size = self.last.kinds[kind].1;
            let mut own = Sums::default();
            let mut powers = units.powers.iter();
            progress.each_count(i, told, |plain, excused| {
                own.add(plain, excused, *powers.next().unwrap_or(&0.0));
            });
            let own = own.joint();
            let share = own.weight;
            if share <= 1e-12 || share.is_nan() {
                return Before::default();
            }
            all *= power(share, size);
            let mut besides = f64::from(size);
            for (host, makes_last) in [Host::Cold, Host::Warm].into_iter().zip(units.makes_last) {
                if makes_last > 0.0 {
                    let fresh = self.fresh(kind, host, before, i);
                    last.plain += makes_last / share * fresh.plain;
                    last.excused += makes_last / share * fresh.excused;
                    besides -= makes_last;
                }
            }
            sum.add(besides, progress.point.first, &own);
        }
        let through = last.plain + last.excused;
        if all * through < 1e-10 {
            return Before::default();
        }
        let any = (all * through).min(1.0);
        let marked = marked(&sum, others, last.excused / through);
        Before {
            none_bad: any,
            few_left: any * self.chance_of_few(marked),
            few_with_bad: match before {
                Some(_) if !is_steady(self.drains) => marked.at_most_with_one(self.marks.into()),
                _ => 0.0,
            },
        }
    }

    /// The chance that few enough units have a mark.
    pub(super) fn chance_of_few(&self, marked: Number) -> f64 {
        if self.marks >= self.last.target {
            // There are no more new tasks.
            return 1.0;
        }
        marked.at_most(f64::from(self.marks))
    }
}

/// How many have a mark, of units that are through and the one that made the last start, which has
/// one with a chance of its own.
pub(super) fn marked(units: &Joint, others: f64, fresh: f64) -> Number {
    let mut marked = units.marked_given(others);
    marked.mean += fresh;
    marked.variance += fresh * (1.0 - fresh);
    marked
}

/// The mean of a Poisson number that is at most `limit` with the chance of a normal quantile.
///
/// # Formula
/// A gamma quantile, by Wilson and Hilferty; −ln Φ for none.
fn open_at(limit: u32, normal: f64) -> f64 {
    const LEAST: f64 = 1e-6;
    if limit == 0 {
        return -normal::below(normal).ln();
    }
    let shape = f64::from(limit) + 1.0;
    let root = 1.0 - 1.0 / (9.0 * shape) - normal / (3.0 * shape.sqrt());
    (shape * root.max(0.0).powi(3)).max(LEAST)
}

/// What has to be got through for an end without an excuse.
pub(super) fn through_of(end: End) -> Through {
    match end {
        End::HealthyBut(_) => Through::Healthy,
        End::StoppedBut(_) => Through::Replaced,
    }
}

impl Progress<'_> {
    /// For each number of starts of a unit by the moment, the chances of it with which the end can
    /// be reached, without a mark and with one; where stops are waited for, with who had told
    /// before one of the drains and with who had not.
    fn each_count(
        &self,
        i: usize,
        told: Option<(&[Drain], usize)>,
        mut tell: impl FnMut(f64, f64),
    ) {
        let plain = self.plain.at(i);
        let Some((excused, (drains, before))) = self.excused.as_ref().zip(told) else {
            for (mass, plain) in self.point.masses().iter().zip(plain) {
                tell(plain, (mass - plain).max(0.0));
            }
            return;
        };
        let healthy = excused.healthy.at(i).zip(plain);
        if is_steady(drains) {
            // Who is replaced is who had told so long before.
            for (healthy, replaced) in healthy {
                tell(replaced, (healthy - replaced).max(0.0));
            }
            return;
        }
        for (n, (healthy, replaced)) in healthy.enumerate() {
            let mut told = [0.0; DRAINS];
            for (told, front) in told.iter_mut().zip(&excused.told) {
                *told = front.with(n, i);
            }
            let chances = Chances {
                replaced,
                excused: healthy,
                told,
            };
            let (plain, excused) = chances.told_or_not(drains, before);
            tell(plain, excused);
        }
    }

    /// The same in lists; without marks where none count.
    fn compatible(
        &self,
        i: usize,
        marks: bool,
        told: Option<(&[Drain], usize)>,
        into: &mut Compatible,
    ) {
        into.plain.clear();
        into.excused.clear();
        if !marks {
            into.plain.extend(self.plain.at(i));
            return;
        }
        self.each_count(i, told, |plain, excused| {
            into.plain.push(plain);
            into.excused.push(excused);
        });
    }
}

impl Rolling {
    /// The law of an end that comes after the last start.
    pub(super) fn end_after(&self, last: &LastStart, slack: u32, end: End) -> Law {
        let outstanding = Outstanding::of(self, last, end);
        let law = last.roughly(self).followed_by(&outstanding.after_moments());
        let law = match end {
            // May be reached before the last start.
            End::HealthyBut(missing @ 1..) => {
                let latest = floor_index(law.support().1 / self.step()) + 2;
                law_between(0, latest, self.step(), |by| {
                    let before = self.chance_before_last_start(last, missing, by);
                    before + law.cdf(as_f64(by) * self.step())
                })
            }
            _ => law,
        };
        match (self.reuse, end) {
            // Starts do not wait for the first stops: these may be over later.
            (Reuse::AtTheStop, End::StoppedBut(_)) if slack > 0 => {
                law.later_of(&self.phases.drain.largest_of(slack))
            }
            _ => law,
        }
    }
}

/// Whether so many units are multiplied out.
pub(super) fn are_few(units: u32) -> bool {
    units <= MULTIPLIED_OUT
}
