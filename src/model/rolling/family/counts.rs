//! How many starts units of one kind have had by each moment, and what becomes of the last ones.

use std::sync::OnceLock;

use super::cells::convolve;
use super::{APART, FEWEST_UNITS, Grid, as_index, single};
use crate::model::rolling::Rolling;
use crate::model::rolling::front::Asked;
use crate::model::rolling::grid::Through;
use crate::model::rolling::units::{Begins, Host, Kind};

/// A chance of a total below which it is left out at the ends.
const NEGLIGIBLE: f32 = 2e-6;

/// Numbers of starts of one unit that are told apart at a moment.
pub(super) const NUMBERS: usize = 24;

/// The law of a total at each moment.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// The smallest total, and where its chance stands.
    totals: Vec<(usize, usize)>,
    chances: Vec<f32>,
}

impl Counts {
    /// The smallest total at a moment and the chance of each from it on; None where it is more than
    /// all that is asked for.
    pub(super) fn at(&self, moment: usize) -> Option<(usize, &[f32])> {
        let &(first, from) = self.totals.get(moment)?;
        let next = self.totals.get(moment + 1);
        let to = next.map_or(self.chances.len(), |next| next.1);
        Some((first, &self.chances[from..to]))
    }

    fn push(&mut self, first: usize, chances: &[f32]) {
        let matters = |chance: &f32| *chance > NEGLIGIBLE;
        let from = chances.iter().position(matters).unwrap_or(0);
        let to = chances.iter().rposition(matters).unwrap_or(0);
        self.totals.push((first + from, self.chances.len()));
        self.chances.extend_from_slice(&chances[from..=to]);
    }
}

/// One unit given a moment of the last start.
#[derive(Debug)]
pub(super) struct At {
    /// The smallest number of starts it has had.
    pub(super) first: u32,
    /// The chance of each number from there.
    pub(super) masses: Vec<f64>,
    /// The chance that this start comes about the moment.
    pub(super) rates: Vec<f64>,
    /// Number by number, at each point later: the chance of it and that the last start is healthy.
    pub(super) healthy: Vec<f32>,
    /// The same, and the old task that it replaces is gone.
    pub(super) replaced: Vec<f32>,
}

/// Moments until the fewest units of this kind have surely had more than so many starts.
pub(super) fn moments(rolling: &Rolling, begins: Begins, most: u32, grid: Grid) -> usize {
    let table = rolling.table(Kind::of(begins, 0));
    let mut last = 0;
    while table.point(rolling, last * grid.stride).first * FEWEST_UNITS <= most {
        last += 1;
    }
    last + 1
}

/// Units of one kind.
#[derive(Debug)]
pub(super) struct Unit {
    kind: Kind,
    /// By their number, from one on.
    counts: Vec<Counts>,
    at: Vec<OnceLock<Box<At>>>,
    /// The chance that a start is healthy at each point later.
    pub(super) healthy: Vec<f32>,
    /// The same, and the old task that it replaces is gone.
    pub(super) replaced: Vec<f32>,
    /// At each moment, the chance that one holds a healthy new task and has not yet told an old one
    /// to stop.
    pub(super) waiting: Vec<f64>,
    /// By a moment: the part of this, from the moment on, by starts that come after it.
    later: Vec<OnceLock<Box<[f64]>>>,
    /// Moments until a start has told for sure.
    told: usize,
}

impl Unit {
    /// Up to so many units, at so many moments.
    pub(super) fn of(
        rolling: &Rolling,
        begins: Begins,
        most: u32,
        moments: usize,
        grid: Grid,
    ) -> Self {
        let kind = Kind::of(begins, 0);
        let table = rolling.table(kind);
        let mut one = Counts::default();
        let mut waiting = Vec::new();
        for moment in 0..moments {
            let point = table.point(rolling, moment * grid.stride);
            let masses: Vec<f32> = point.masses().iter().map(|&mass| single(mass)).collect();
            one.push(as_index(point.first), &masses);
            waiting.push(table.chance_of_waiting(rolling, moment * grid.stride));
        }
        let at = one.totals.iter().map(|_| OnceLock::new()).collect();
        let mut counts = vec![one];
        for _ in 1..most {
            let next = one_more(&counts[0], &counts[counts.len() - 1], as_index(most));
            counts.push(next);
        }
        let chain = |through| {
            let chain = rolling.chain_on_grid(kind, 2, Host::Warm, through);
            let later = (grid.from..).take(grid.points);
            later
                .map(|i| single(chain.up_to(i * APART * grid.stride)))
                .collect()
        };
        Self {
            kind,
            counts,
            at,
            healthy: chain(Through::Healthy),
            replaced: chain(Through::Replaced),
            later: waiting.iter().map(|_| OnceLock::new()).collect(),
            waiting,
            told: rolling
                .chain_on_grid(kind, 2, Host::Warm, Through::Told)
                .last()
                .div_ceil(grid.stride),
        }
    }

    /// The chance that one waits at a moment and at each after it, and the part of this by starts that
    /// come after the first of these; none waits any more where this part is not told.
    pub(super) fn waiting_from(&self, rolling: &Rolling, grid: Grid, moment: usize) -> [&[f64]; 2] {
        let Some(waiting) = self.waiting.get(moment..) else {
            return [&[]; 2];
        };
        let later = self.later.get(moment).map(|later| {
            &**later.get_or_init(|| {
                let table = rolling.table(self.kind);
                let after = moment * grid.stride;
                let later = |i| table.waiting_of_later(rolling, after + i * grid.stride, after);
                (0..=self.told).map(later).collect()
            })
        });
        [waiting, later.unwrap_or_default()]
    }

    /// The total of so many of them.
    pub(super) fn counts(&self, size: u32) -> &Counts {
        &self.counts[as_index(size) - 1]
    }

    /// One of them at a moment.
    pub(super) fn at(&self, rolling: &Rolling, moment: usize, grid: Grid) -> &At {
        let moment = moment.min(self.at.len() - 1);
        self.at[moment].get_or_init(|| Box::new(self.computed_at(rolling, moment, grid)))
    }

    fn computed_at(&self, rolling: &Rolling, moment: usize, grid: Grid) -> At {
        let table = rolling.table(self.kind);
        let at = moment * grid.stride;
        let point = table.point(rolling, at);
        let early = table.point(rolling, at.saturating_sub(grid.stride));
        let late = table.point(rolling, at + grid.stride);
        let numbers = point.masses().len().min(NUMBERS);
        let rates = (point.first..)
            .take(numbers)
            .map(|n| (late.at_least(n) - early.at_least(n)).max(0.0))
            .collect();
        let stride = APART * grid.stride / rolling.lattice().stride;
        let front = |through| {
            let front = table.computed_front(rolling, Asked::Through(through), at, usize::MAX);
            let chance = |number, i| single(front.with(number, (grid.from + i) * stride));
            let points = |number| (0..grid.points).map(move |i| (number, i));
            (0..numbers)
                .flat_map(points)
                .map(|(number, i)| chance(number, i))
                .collect()
        };
        At {
            first: point.first,
            masses: point.masses()[..numbers].to_vec(),
            rates,
            healthy: front(Through::Healthy),
            replaced: front(Through::Replaced),
        }
    }
}

/// The total of one unit more, up to the moment from which on it is more than is asked for.
fn one_more(one: &Counts, others: &Counts, most: usize) -> Counts {
    let mut sum = Counts::default();
    let mut chances = Vec::new();
    for moment in 0.. {
        let (Some((first, one)), Some((least, others))) = (one.at(moment), others.at(moment))
        else {
            break;
        };
        if least > most {
            break;
        }
        convolve(one, others, &mut chances);
        sum.push(first + least, &chances);
    }
    sum
}
