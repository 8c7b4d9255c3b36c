//! What a kind of units does, on one grid of moments that all options of a service share: when its
//! starts come, and which of them are through by when. Every entry is computed the first time it
//! is asked for.

use std::cell::RefCell;
use std::rc::Rc;

use super::front::{Asked, FRONTS, Front, LANES, Lanes};
use super::last_start::Kinds;
use super::units::{Begins, Host, Kind};
use super::{Reuse, Rolling, Rollout};
use crate::model::law::{Law, as_f64};

/// Chance of a start below which it is left out.
const NEGLIGIBLE: f64 = 1e-9;

/// Laws that a start may have to get through, for cold hosts and for warm ones.
const CHAINS: usize = 12;

/// What a start has to get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// The new task is healthy.
    Healthy,
    /// The old task that it replaces is gone too.
    Replaced,
    /// The new task is healthy, and the old task that made room for it is gone.
    Excused,
    /// The scheduler has seen the new task healthy, and tells an old one to stop.
    Told,
}

/// A distribution function on the grid, for durations.
#[derive(Debug)]
pub(super) struct Chain {
    /// Cells of the grid that pass for sure.
    first: usize,
    /// Mean of the distribution function over each cell from there.
    cells: Vec<f64>,
    /// Running sums of `cells`.
    sums: Vec<f64>,
    /// Every so many of `cells`, from each of the first ones on.
    every: Vec<Vec<f64>>,
    /// The distribution function at the points of the lattice, up to 1.
    on_lattice: Vec<f64>,
}

impl Chain {
    fn of(law: &Law, step: f64, stride: usize) -> Self {
        const PARTS: u32 = 4;
        let (low, high) = law.support();
        let low = (low - law.step()).max(0.0);
        let first = floor_index(low / step);
        let mut cells = Vec::new();
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for i in first.. {
            let from = as_f64(i) * step;
            let mean = if law.is_fixed() {
                ((from + step - high) / step).clamp(0.0, 1.0)
            } else {
                let parts = (0..PARTS)
                    .map(|part| (f64::from(part) + 0.5) / f64::from(PARTS))
                    .map(|part| law.smooth_cdf(from + part * step));
                parts.sum::<f64>() / f64::from(PARTS)
            };
            if mean > 1.0 - 1e-7 {
                break;
            }
            cells.push(mean);
            sum += mean;
            sums.push(sum);
        }
        let every = (0..stride)
            .map(|from| cells.iter().skip(from).step_by(stride).copied().collect())
            .collect();
        let mut chain = Self {
            first,
            cells,
            sums,
            every,
            on_lattice: Vec::new(),
        };
        let points = 0..=chain.last() / stride + 1;
        chain.on_lattice = points.map(|i| chain.up_to(i * stride)).collect();
        chain
    }

    /// The distribution function at some points of the lattice.
    pub(super) fn over(&self, at: Lanes) -> [f64; LANES] {
        at.of(&self.on_lattice, 0)
    }

    /// How many cells pass for sure.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// The first cell that all durations are through by.
    pub(super) fn last(&self) -> usize {
        self.first + self.cells.len()
    }

    /// Mean of the distribution function over every so many cells as the lattice has, beginning
    /// with one of those that may pass.
    pub(super) fn every(&self, cell: usize) -> &[f64] {
        let stride = self.every.len();
        self.every[cell % stride]
            .get(cell / stride..)
            .unwrap_or_default()
    }

    /// Mean of the distribution function over one cell.
    pub(super) fn at(&self, cell: usize) -> f64 {
        match cell.checked_sub(self.first) {
            None => 0.0,
            Some(i) => self.cells.get(i).copied().unwrap_or(1.0),
        }
    }

    /// Integral of the distribution function up to a point of the grid, in cells.
    fn integral(&self, to: usize) -> f64 {
        match to.checked_sub(self.first) {
            None => 0.0,
            Some(i) => match self.sums.get(i) {
                Some(&sum) => sum,
                None => self.sums.last().copied().unwrap_or(0.0) + as_f64(i - self.cells.len()),
            },
        }
    }

    /// Expected number not through by a point, of what begins at a constant rate and, one, at 0.
    fn expected_open(&self, rate: f64, by: usize) -> f64 {
        let mean = as_f64(self.last()) - self.integral(self.last());
        rate * (mean - as_f64(by) + self.integral(by)).max(0.0) + 1.0 - self.up_to(by)
    }

    /// The first point by which no more than this number is expected not to be through.
    pub(super) fn open_at_most(&self, rate: f64, number: f64) -> usize {
        let (mut low, mut high) = (0, self.last());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.expected_open(rate, middle) > number {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The distribution function at a point of the grid.
    pub(super) fn up_to(&self, at: usize) -> f64 {
        if at == 0 {
            return self.at(0) / 2.0;
        }
        f64::midpoint(self.at(at - 1), self.at(at))
    }
}

/// The law of one start of a unit, on the grid.
#[derive(Debug)]
pub(super) struct Issue {
    from: usize,
    /// Probability that it has come by each point.
    reached: Vec<f64>,
    /// Probability that it comes at each point.
    arrivals: Vec<f64>,
}

impl Issue {
    fn of(law: &Law, step: f64) -> Self {
        let (low, high) = law.support();
        let from = floor_index((low - law.step()).max(0.0) / step);
        let to = floor_index((high + law.step()) / step);
        // Over two cells, so that what comes at one moment has a point within.
        let mut early = law.smooth_cdf((as_f64(from) - 0.5) * step);
        let mut reached: Vec<f64> = Vec::with_capacity(to - from + 2);
        reached.extend((from..=to).map(|at| {
            let late = law.smooth_cdf((as_f64(at) + 0.5) * step);
            f64::midpoint(std::mem::replace(&mut early, late), late)
        }));
        reached.push(1.0);
        let mut before = 0.0;
        let arrivals = reached
            .iter()
            .map(|&by| by - std::mem::replace(&mut before, by))
            .collect();
        Self {
            from,
            reached,
            arrivals,
        }
    }

    pub(super) fn by(&self, at: usize) -> f64 {
        match at.checked_sub(self.from) {
            None => 0.0,
            Some(i) => self.reached.get(i).copied().unwrap_or(1.0),
        }
    }

    /// The first point by which it may have come.
    pub(super) fn from(&self) -> usize {
        self.from
    }

    /// Probability that it comes at a point from the first to the last one.
    pub(super) fn arrival(&self, at: usize) -> f64 {
        self.arrivals[at - self.from]
    }

    /// The last point before it has come for sure.
    pub(super) fn last(&self) -> usize {
        self.from + self.arrivals.len() - 1
    }
}

/// How many starts a unit has had by a point of the grid.
#[derive(Debug)]
pub(super) struct Point {
    /// The smallest number.
    pub(super) first: u32,
    /// Probability of at least this number, and of each one more; ends with 0.
    reached: Vec<f64>,
    /// Probability of each number from the smallest one.
    masses: Vec<f64>,
    /// Beyond the smallest number.
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Point {
    /// The largest number there may be.
    pub(super) fn largest(&self) -> u32 {
        // `reached` has the smallest number and the 0 at its end beside those beyond.
        self.first + u32::try_from(self.reached.len()).unwrap_or(u32::MAX) - 2
    }

    /// Probability of at least this number.
    pub(super) fn at_least(&self, n: u32) -> f64 {
        match n.checked_sub(self.first) {
            None => 1.0,
            Some(i) => self.reached.get(i as usize).copied().unwrap_or(0.0),
        }
    }

    /// Probability of each number from the smallest one.
    pub(super) fn masses(&self) -> &[f64] {
        &self.masses
    }
}

/// One kind of units on the grid.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) kind: Kind,
    issues: RefCell<Vec<Option<Rc<Issue>>>>,
    points: RefCell<Vec<Option<Rc<Point>>>>,
    pub(super) fronts: [RefCell<Vec<Option<Rc<Front>>>>; FRONTS],
    healthy: RefCell<Vec<Option<Rc<Vec<f64>>>>>,
    waiting: RefCell<Vec<Option<Rc<f64>>>>,
}

/// What is known under an index, computed the first time.
pub(super) fn known<T>(
    memory: &RefCell<Vec<Option<Rc<T>>>>,
    index: usize,
    compute: impl FnOnce() -> T,
) -> Rc<T> {
    if let Some(Some(known)) = memory.borrow().get(index) {
        return Rc::clone(known);
    }
    let value = Rc::new(compute());
    let mut memory = memory.borrow_mut();
    if memory.len() <= index {
        memory.resize(index + 1, None);
    }
    memory[index] = Some(Rc::clone(&value));
    value
}

impl Table {
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            issues: RefCell::default(),
            points: RefCell::default(),
            fronts: Default::default(),
            healthy: RefCell::default(),
            waiting: RefCell::default(),
        }
    }

    /// The n-th start; n ≥ 1.
    pub(super) fn issue(&self, rolling: &Rolling, n: u32) -> Rc<Issue> {
        known(&self.issues, n as usize - 1, || {
            Issue::of(&rolling.issue(self.kind, n), rolling.step())
        })
    }

    /// Probability that a unit has had so many starts by a point.
    fn reached(&self, rolling: &Rolling, n: u32, at: usize) -> f64 {
        if n <= self.kind.begun() {
            1.0
        } else {
            self.issue(rolling, n).by(at)
        }
    }

    /// How many starts a unit has had by a point.
    pub(super) fn point(&self, rolling: &Rolling, at: usize) -> Rc<Point> {
        known(&self.points, at, || {
            let seconds = as_f64(at) * rolling.step();
            let mut first = u32::try_from(floor_index(
                seconds / rolling.cycle[Host::Warm as usize].mean(),
            ))
            .unwrap_or(u32::MAX);
            while first > 0 && self.reached(rolling, first, at) < 1.0 - NEGLIGIBLE {
                first -= 1;
            }
            while self.reached(rolling, first + 1, at) >= 1.0 - NEGLIGIBLE {
                first += 1;
            }
            let mut reached = vec![1.0];
            let (mut mean, mut square) = (0.0, 0.0);
            for (n, beyond) in (first + 1..).zip(1u32..) {
                let chance = self.reached(rolling, n, at);
                let before = reached.last().copied().unwrap_or(1.0);
                let chance = if chance < NEGLIGIBLE {
                    0.0
                } else {
                    chance.min(before)
                };
                reached.push(chance);
                if chance <= 0.0 {
                    break;
                }
                mean += chance;
                square += f64::from(2 * beyond - 1) * chance;
            }
            Point {
                first,
                masses: reached.windows(2).map(|pair| pair[0] - pair[1]).collect(),
                reached,
                mean,
                variance: (square - mean * mean).max(0.0),
            }
        })
    }

    /// Probability that a unit holds a healthy new task at a point and has not yet told an old one
    /// to stop, if it goes on without an end.
    ///
    /// # Formula
    /// The expected number of its starts that are healthy, less that of those that have told.
    pub(super) fn chance_of_waiting(&self, rolling: &Rolling, at: usize) -> f64 {
        *known(&self.waiting, at, || {
            let begun = (1..=self.kind.begun()).map(|n| {
                let [healthy, told] = self.healthy_and_told(rolling, n);
                healthy.up_to(at) - told.up_to(at)
            });
            (begun.sum::<f64>() + self.waiting_of_later(rolling, at, 0)).clamp(0.0, 1.0)
        })
    }

    /// The part of this by starts that come after an earlier point, but for those with the first moves.
    pub(super) fn waiting_of_later(&self, rolling: &Rolling, at: usize, after: usize) -> f64 {
        let mut chance = 0.0;
        for n in self.kind.begun() + 1.. {
            let [healthy, told] = self.healthy_and_told(rolling, n);
            let issue = self.issue(rolling, n);
            if issue.by(at) < 1e-7 {
                break;
            }
            if issue.from + issue.reached.len() + told.last() < at {
                continue;
            }
            let from = at.saturating_sub(told.last()).max(issue.from).max(after);
            let mut before = issue.by(from);
            for begun in from + 1..=at.saturating_sub(healthy.first) {
                let here = issue.by(begun);
                chance += (here - before) * (healthy.at(at - begun) - told.at(at - begun));
                before = here;
            }
        }
        chance
    }

    fn healthy_and_told(&self, rolling: &Rolling, n: u32) -> [Rc<Chain>; 2] {
        [Through::Healthy, Through::Told]
            .map(|through| rolling.chain_on_grid(self.kind, n, self.kind.host(n), through))
    }

    /// For each number of starts by a point, the chance of it and that the last of them is healthy
    /// by the same point.
    pub(super) fn healthy(&self, rolling: &Rolling, at: usize) -> Rc<Vec<f64>> {
        known(&self.healthy, at, || {
            let front = self.computed_front(rolling, Asked::HealthyAtOnce, at, 1);
            front.at(0).collect()
        })
    }
}

impl Rolling {
    /// The tables of a rollout's units, and how many there are of each.
    pub(super) fn tables_of(&self, rollout: Rollout) -> Kinds {
        self.groups(rollout)
            .into_iter()
            .map(|(kind, size)| (self.table(kind), size))
            .collect()
    }

    /// The table of a kind of units; kept for all options, but for units that a rate limit holds
    /// back, which hardly two options have alike.
    pub(super) fn table(&self, kind: Kind) -> Rc<Table> {
        if kind.held.is_some() {
            return Rc::new(Table::of(kind));
        }
        super::memory::remembered(&self.tables, kind, || Table::of(kind))
    }

    /// What the n-th start of a unit has to get through.
    pub(super) fn chain_on_grid(
        &self,
        kind: Kind,
        n: u32,
        host: Host,
        through: Through,
    ) -> Rc<Chain> {
        let (which, law) = match through {
            Through::Excused if self.reuse == Reuse::AtTheStop && n > 1 => {
                (3, &self.healthy_and_gone)
            }
            Through::Healthy | Through::Excused if kind.begins == Begins::StopFirst => {
                (1, &self.swapped)
            }
            Through::Healthy | Through::Excused => (0, &self.healthy),
            Through::Replaced => (2, &self.replaced),
            Through::Told if kind.begins == Begins::StopFirst => (4, &self.swapped_and_told),
            Through::Told => (5, &self.told),
        };
        let host = host as usize;
        known(&self.chains, 2 * which + host, || {
            Chain::of(&law[host], self.step(), self.lattice().stride)
        })
    }

    /// Whether the first stop of a unit of slack holds up an end at a point, if no start followed.
    pub(super) fn first_stop_through(&self, through: Through, by: usize) -> f64 {
        match through {
            Through::Healthy | Through::Told => 1.0,
            Through::Replaced | Through::Excused => self.drain_on_grid().up_to(by),
        }
    }

    /// The first cell that all first stops are over by.
    pub(super) fn first_stop_last(&self) -> usize {
        self.drain_on_grid().last()
    }

    fn drain_on_grid(&self) -> Rc<Chain> {
        known(&self.chains, CHAINS, || {
            Chain::of(&self.phases.drain, self.step(), self.lattice().stride)
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index that is not negative"
)]
pub(super) fn floor_index(value: f64) -> usize {
    value.max(0.0) as usize
}
