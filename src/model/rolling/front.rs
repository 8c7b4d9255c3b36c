//! What is through when, of what began by one moment: at points after it that are a few of the grid
//! apart. Every option of a service whose last start may come at that moment asks the same.

use std::rc::Rc;

use super::grid::{Chain, Issue, Table, Through, known};
use super::told::DRAINS;
use super::units::{Begins, Host};
use super::{End, Rolling};

/// Points of the grid from one point of the lattice to the next: a fifth of a deviation.
const STRIDE: usize = 2;

/// Where a start varies by less, in points of the grid, every point is on the lattice.
const NARROW: f64 = 5.0;

/// Points that the lattice has at most.
const MOST: usize = 512;

/// Points after a moment, evenly apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lattice {
    /// Points of the grid from one to the next.
    pub(super) stride: usize,
    /// The first one that is looked at where all new tasks have to be healthy.
    pub(super) healthy: usize,
}

impl Lattice {
    /// Points of the grid after the moment.
    pub(super) fn later(self, i: usize) -> usize {
        i * self.stride
    }

    /// The first point of the lattice at which an end may be reached.
    pub(super) fn from(self, end: End) -> usize {
        match end {
            End::HealthyBut(1..) => 0,
            _ => self.healthy,
        }
    }
}

/// Points that are looked at at once.
pub(super) const LANES: usize = 16;

/// So many points of the lattice, evenly apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lanes {
    pub(super) first: usize,
    /// Points of the lattice from one to the next.
    pub(super) stride: usize,
}

impl Lanes {
    /// What is known at each point of the lattice from one on; beyond the last as there.
    pub(super) fn of<T: Copy + Into<f64>>(self, points: &[T], from: usize) -> [f64; LANES] {
        debug_assert!(from <= self.first, "points are looked at from there on");
        let begin = self.first - from;
        let last = points.len() - 1;
        let inside = points.get(begin..begin + LANES);
        match inside.filter(|_| self.stride == 1) {
            Some(points) => std::array::from_fn(|i| points[i].into()),
            None => std::array::from_fn(|i| points[(begin + i * self.stride).min(last)].into()),
        }
    }
}

/// What is asked of the starts by a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether they are healthy, from the moment on.
    HealthyAtOnce,
    /// What they have got through, from when a start at the moment may be healthy.
    Through(Through),
    /// Whether they had told so long before as one of the drains takes.
    Told(usize),
}

/// Fronts that are kept apart.
pub(super) const FRONTS: usize = 4 + DRAINS;

impl Asked {
    fn index(self) -> usize {
        match self {
            Self::HealthyAtOnce => 0,
            Self::Through(Through::Healthy) => 1,
            Self::Through(Through::Replaced) => 2,
            Self::Through(Through::Excused) => 3,
            Self::Told(drain) => 4 + drain,
            Self::Through(Through::Told) => unreachable!("is asked with a drain"),
        }
    }
}

/// For each number of starts by a moment, the chance of it and that the last of them is through by
/// each point of the lattice.
#[derive(Debug)]
pub(super) struct Front {
    from: usize,
    /// The last point, counted from the first, at which all is through.
    last: usize,
    /// Number by number, point by point; there are many, and what rounding loses is none.
    through: Vec<f32>,
}

impl Front {
    /// For one number of starts counted from the smallest, at each point.
    fn of(&self, number: usize) -> &[f32] {
        &self.through[number * (self.last + 1)..][..=self.last]
    }

    /// For one number of starts counted from the smallest, at a point of the lattice.
    pub(super) fn with(&self, number: usize, i: usize) -> f64 {
        f64::from(self.of(number)[i.saturating_sub(self.from).min(self.last)])
    }

    /// For each number of starts, at a point of the lattice.
    pub(super) fn at(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        let numbers = self.through.len() / (self.last + 1);
        (0..numbers).map(move |number| self.with(number, i))
    }

    /// For one number of starts counted from the smallest, at some points of the lattice.
    pub(super) fn over(&self, number: usize, at: Lanes) -> [f64; LANES] {
        at.of(self.of(number), self.from)
    }
}

impl Issue {
    /// Adds the chance that it has come by a point of the grid and that what began with it is
    /// through, less a delay, by each of some points: the first one, and each so much later.
    fn add_through(
        &self,
        chain: &Chain,
        (at, delay): (usize, usize),
        (passed, stride): (usize, usize),
        into: &mut [f64],
    ) {
        let sure = (passed)
            .checked_sub(delay + chain.last())
            .map(|m| m.min(at));
        let mut all = sure.map_or(0.0, |m| self.by(m));
        let begin = sure.map_or(0, |m| m + 1).max(self.from());
        let mut tails = vec![0.0; into.len() + 1];
        for m in begin..=at.min(self.last()) {
            let arrival = self.arrival(m);
            if arrival <= 0.0 {
                continue;
            }
            let ahead = delay + m + chain.first();
            let (skip, cell) = if passed >= ahead {
                (0, passed - ahead)
            } else {
                let skip = (ahead - passed).div_ceil(stride);
                (skip, passed + skip * stride - ahead)
            };
            if skip >= into.len() {
                continue;
            }
            let cells = chain.every(cell);
            for (to, chance) in into[skip..].iter_mut().zip(cells) {
                *to += arrival * chance;
            }
            let end = skip + cells.len();
            if end < into.len() {
                tails[end] += arrival;
            }
        }
        for (to, tail) in into.iter_mut().zip(&tails) {
            all += tail;
            *to += all;
        }
    }
}

impl Table {
    /// What is through later of what began by a point of the grid.
    pub(super) fn front(&self, rolling: &Rolling, asked: Asked, at: usize) -> Rc<Front> {
        known(&self.fronts[asked.index()], at, || {
            self.computed_front(rolling, asked, at, usize::MAX)
        })
    }

    /// The same at so many points of the lattice at most.
    pub(super) fn computed_front(
        &self,
        rolling: &Rolling,
        asked: Asked,
        at: usize,
        most: usize,
    ) -> Front {
        let lattice = rolling.lattice();
        let (through, delay, from) = match asked {
            Asked::HealthyAtOnce => (Through::Healthy, 0, 0),
            Asked::Through(through) => (through, 0, lattice.healthy),
            Asked::Told(drain) => (
                Through::Told,
                rolling.drains()[drain].points,
                lattice.healthy,
            ),
        };
        let chain = |n| rolling.chain_on_grid(self.kind, n, self.kind.host(n), through);
        let longest = [Host::Cold, Host::Warm]
            .map(|host| rolling.chain_on_grid(self.kind, 2, host, through).last())
            .into_iter()
            .max();
        let mut longest = longest.unwrap_or(0);
        if self.kind.begins != Begins::Start {
            longest = longest.max(rolling.first_stop_last());
        }
        let point = self.point(rolling, at);
        let numbers = point.masses().len();
        let points = ((longest + delay) / lattice.stride + 2)
            .saturating_sub(from)
            .clamp(1, most);
        let mut result = vec![0.0; numbers * points];
        let mut begun = vec![0.0; points];
        for (i, n) in (point.first..).enumerate().take(numbers) {
            if n == 0 || n <= self.kind.begun() {
                // Begun with the first moves.
                for (j, begun) in begun.iter_mut().enumerate() {
                    let by = (at + lattice.later(from + j)).saturating_sub(delay);
                    *begun = match n {
                        0 if self.kind.begins == Begins::Start => 1.0,
                        0 => rolling.first_stop_through(through, by),
                        n => chain(n).up_to(by),
                    };
                }
            } else {
                begun.fill(0.0);
                self.issue(rolling, n).add_through(
                    &chain(n),
                    (at, delay),
                    (at + lattice.later(from), lattice.stride),
                    &mut begun,
                );
            }
            let (mass, more) = (point.masses()[i], point.at_least(n + 1));
            for (j, begun) in begun.iter().enumerate() {
                result[i * points + j] = single((begun - more).max(0.0).min(mass));
            }
        }
        Front {
            from,
            last: points - 1,
            through: result,
        }
    }
}

impl Rolling {
    /// The points after a moment that are looked at.
    pub(super) fn lattice(&self) -> Lattice {
        *self.lattice.get_or_init(|| {
            let step = self.step();
            let first = |law: &super::Law| {
                super::grid::floor_index((law.support().0 - law.step()).max(0.0) / step)
            };
            let longest = self.replaced.iter().map(|law| law.support().1 / step);
            let longest = super::grid::floor_index(longest.fold(0.0, f64::max)) + 1;
            let soonest = self.healthy.iter().map(first).min().unwrap_or(0);
            let deviation = self.healthy[Host::Warm as usize].variance().sqrt() / step;
            let least = if deviation < NARROW { 1 } else { STRIDE };
            let stride = (longest - soonest.min(longest)).div_ceil(MOST).max(least);
            Lattice {
                stride,
                healthy: soonest / stride,
            }
        })
    }
}

/// A probability in single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn single(chance: f64) -> f32 {
    chance as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::phases::Phases;
    use crate::model::rolling::units::Kind;
    use crate::model::rolling::{Reuse, Rolling};
    use crate::scenario::read::{Purpose, Syntax, scenario};

    #[test]
    fn a_front_is_the_sum_over_the_moments_of_a_start() {
        let text = "
            [service]
            desired_count = 10
            [service.timing]
            start = { mean = \"45s\", cv = 0.3 }
            ready = { mean = \"75s\", cv = 0.2 }
            [deployment]
            per_day = 1
            [cluster]
            free_tasks = 10";
        let scenario = scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is valid");
        let rolling = Rolling::new(Phases::of(&scenario), Reuse::AfterStopped, &[]);
        let kind = Kind::of(Begins::Stop, 1);
        let table = rolling.table(kind);
        let at = super::super::grid::floor_index(200.0 / rolling.step());
        let point = table.point(&rolling, at);
        let lattice = rolling.lattice();
        for through in [Through::Healthy, Through::Replaced] {
            let front = table.front(&rolling, Asked::Through(through), at);
            for i in [
                lattice.healthy,
                lattice.healthy + 9,
                lattice.healthy + 40,
                10_000,
            ] {
                let numbers = (point.first..).zip(point.masses()).zip(front.at(i));
                for ((n, mass), found) in numbers.filter(|((n, _), _)| *n > 0) {
                    let issue = table.issue(&rolling, n);
                    let chain = rolling.chain_on_grid(kind, n, kind.host(n), through);
                    let come: f64 = (issue.from()..=at.min(issue.last()))
                        .map(|m| issue.arrival(m) * chain.at(at + lattice.later(i) - m))
                        .sum();
                    // Of these some had one more start.
                    let expected = (come - point.at_least(n + 1)).clamp(0.0, *mass);
                    assert!(
                        (found - expected).abs() < 1e-6,
                        "{n} {i}: {found} for {expected}"
                    );
                }
            }
            let all: f64 = front.at(10_000).sum();
            assert!((all - 1.0).abs() < 1e-6);
        }
    }
}
