//! The end of a rollout given its last start: when the last of what is outstanding is through.

use std::cell::RefCell;
use std::rc::Rc;

use super::grid::{Chain, Point, Row, Table, Through};
use super::joint::Joint;
use super::last_start::{Cause, Cell, Given, LastStart, MULTIPLIED_OUT, Units};
use super::points::law_between;
use super::product::Product;
use super::told::{Chances, DRAINS, Drain, in_time, is_steady};
use super::totals::power;
use super::units::Host;
use super::{End, Reuse, Rolling};
use crate::model::law::{Law, as_f64};

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
        let counts = self.plain.iter().zip(&self.excused);
        Joint::tilted(counts.map(|(&plain, &excused)| (plain, excused)), 1.0)
    }
}

/// What is through by one point of the grid, for the units of one kind.
struct Progress {
    plain: Rc<Row>,
    /// Where marks count and excuse from stops.
    excused: Option<Excused>,
}

/// What excuses a start from its stop.
struct Excused {
    /// It is healthy, and what made room for it is gone.
    healthy: Rc<Row>,
    /// Who had told so long before as each of the drains takes, the longest first.
    told: Vec<Rc<Row>>,
}

/// The chance of an end by each point of the grid.
struct Outstanding<'a> {
    rolling: &'a Rolling,
    last: &'a LastStart,
    end: End,
    marks: u32,
    /// For each kind: what its starts have to get through, without an excuse and with one.
    chains: Vec<[[Rc<Chain>; 2]; 2]>,
    drains: &'a [Drain],
    product: RefCell<(Product, Compatible)>,
}

impl Outstanding<'_> {
    /// Probability that the end is reached after the last start and by a point of the grid.
    fn chance(&self, by: usize) -> f64 {
        let progress: Vec<Progress> = self
            .last
            .kinds
            .iter()
            .map(|(table, _)| {
                let excuses = matches!(self.end, End::StoppedBut(_)) && self.marks > 0;
                Progress {
                    plain: table.row(self.rolling, through_of(self.end), by),
                    excused: excuses.then(|| self.excused(table, by)),
                }
            })
            .collect();
        let begun = self.last.cells.iter().take_while(|cell| cell.from < by);
        begun
            .map(|cell| {
                let given = match &cell.given {
                    Given::Tilted { base, units, .. } if self.marks == 0 => {
                        self.all_through(cell, *base, units, &progress, by)
                    }
                    _ if self.marks > 0 && matches!(self.end, End::StoppedBut(_)) => {
                        in_time(self.drains, |before| {
                            self.enough(cell, &progress, Some(before), by)
                        })
                    }
                    _ => self.enough(cell, &progress, None, by).1,
                };
                cell.chance * given
            })
            .sum()
    }

    /// What excuses the starts of the units of a kind by a point.
    fn excused(&self, table: &Table, by: usize) -> Excused {
        let told =
            |drain: &Drain| table.row(self.rolling, Through::Told, by.saturating_sub(drain.points));
        Excused {
            healthy: table.row(self.rolling, Through::Excused, by),
            told: if is_steady(self.drains) {
                Vec::new()
            } else {
                self.drains.iter().map(told).collect()
            },
        }
    }

    /// The chances of the end with any number of marks, and with few enough; where stops are
    /// waited for, with no bad one who had told before one of the drains.
    fn enough(
        &self,
        cell: &Cell,
        progress: &[Progress],
        before: Option<usize>,
        by: usize,
    ) -> (f64, f64) {
        match &cell.given {
            Given::Causes(causes) => self.multiplied_out(cell, causes, progress, before, by),
            Given::Tilted {
                base,
                units,
                others,
            } => self.enough_through(cell, (*base, *others, units), progress, before, by),
        }
    }

    /// The chance that a start of a unit, the last of all, is through.
    fn fresh(
        &self,
        kind: usize,
        host: Host,
        cell: &Cell,
        before: Option<usize>,
        by: usize,
    ) -> Fresh {
        let chain = self.chains[kind][1][host as usize].as_ref();
        self.fresh_with(kind, host, cell, (chain, before), by)
    }

    /// The same with what has to be got through with an excuse.
    fn fresh_with(
        &self,
        kind: usize,
        host: Host,
        cell: &Cell,
        (excused, before): (&Chain, Option<usize>),
        by: usize,
    ) -> Fresh {
        let plain = through_after(&self.chains[kind][0][host as usize], cell, by);
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
        let of = self.last.kinds[kind].0.kind;
        let chain = self.rolling.chain_on_grid(of, 2, host, Through::Told);
        let mut told = [0.0; DRAINS];
        let asked = told.iter_mut().zip(self.drains);
        for (told, drain) in asked.filter(|_| !is_steady(self.drains)) {
            let by = by.saturating_sub(drain.points).max(cell.from);
            *told = through_after(&chain, cell, by);
        }
        let chances = Chances {
            replaced: plain,
            excused: through_after(excused, cell, by),
            told,
        };
        let (plain, excused) = chances.told_or_not(self.drains, before);
        Fresh { plain, excused }
    }

    /// The same for the n-th start: no stop of an old task made room for the first.
    fn nth_fresh(
        &self,
        kind: usize,
        n: u32,
        cell: &Cell,
        before: Option<usize>,
        by: usize,
    ) -> Fresh {
        let of = self.last.kinds[kind].0.kind;
        let host = of.host(n);
        if n > 1 {
            return self.fresh(kind, host, cell, before, by);
        }
        let chain = self.rolling.chain_on_grid(of, n, host, Through::Excused);
        self.fresh_with(kind, host, cell, (&chain, before), by)
    }

    /// A few units: by their products.
    fn multiplied_out(
        &self,
        cell: &Cell,
        causes: &[Cause],
        progress: &[Progress],
        before: Option<usize>,
        by: usize,
    ) -> (f64, f64) {
        let (product, compatible) = &mut *self.product.borrow_mut();
        let (mut any, mut enough) = (0.0, 0.0);
        let most = match self.marks {
            0 => 0,
            _ => self.last.units(),
        };
        let mut of_kind = None;
        for cause in causes {
            let least = self.last.least_of_others(&cell.points, cause.kind);
            if of_kind != Some(cause.kind) {
                of_kind = Some(cause.kind);
                let highest = self.last.target - least - cause.n;
                product.reset(highest, most);
                for (kind, (progress, point)) in progress.iter().zip(&cell.points).enumerate() {
                    let told = before.map(|before| (self.drains, before));
                    progress.compatible(point, cell.at, self.marks > 0, told, compatible);
                    for _ in 0..self.last.others(kind, cause.kind) {
                        product.multiply(&compatible.plain, &compatible.excused);
                    }
                }
            }
            let fresh = self.nth_fresh(cause.kind, cause.n, cell, before, by);
            let total = self.last.target - cause.n - least;
            let with = |marks: u32| {
                let excused = match marks {
                    0 => 0.0,
                    marks => fresh.excused * product.at(total, marks - 1),
                };
                cause.weight * (fresh.plain * product.at(total, marks) + excused)
            };
            enough += with(self.marks);
            any += with(most.max(1));
        }
        (any.min(1.0), enough.min(1.0))
    }

    /// Tilted units, all of which have to be through.
    fn all_through(
        &self,
        cell: &Cell,
        base: f64,
        units: &[Units],
        progress: &[Progress],
        by: usize,
    ) -> f64 {
        let (mut all, mut last) = (1.0, 0.0);
        for (i, (progress, units)) in progress.iter().zip(units).enumerate() {
            let share = if progress.plain.is_through(cell.at) {
                1.0
            } else {
                progress.plain.share(&cell.points[i], cell.at, base) / units.norm
            };
            if share <= 1e-12 {
                return 0.0;
            }
            all *= power(share, self.last.kinds[i].1);
            for (host, makes_last) in [Host::Cold, Host::Warm].into_iter().zip(units.makes_last) {
                if makes_last > 0.0 {
                    last += makes_last / share * self.fresh(i, host, cell, None, by).plain;
                }
            }
        }
        (all * last).min(1.0)
    }

    /// Tilted units, all of which but so many have to be through.
    fn enough_through(
        &self,
        cell: &Cell,
        (base, others, units): (f64, f64, &[Units]),
        progress: &[Progress],
        before: Option<usize>,
        by: usize,
    ) -> (f64, f64) {
        let mut all = 1.0;
        let mut last = Fresh::default();
        let mut sum = Joint::default();
        let told = before.map(|before| (self.drains, before));
        for (i, (progress, units)) in progress.iter().zip(units).enumerate() {
            let size = self.last.kinds[i].1;
            let counts = progress.counts(&cell.points[i], cell.at, told);
            let own = Joint::tilted(counts, base);
            let share = own.weight / units.norm;
            if share <= 1e-12 || share.is_nan() {
                return (0.0, 0.0);
            }
            all *= power(share, size);
            let mut besides = f64::from(size);
            for (host, makes_last) in [Host::Cold, Host::Warm].into_iter().zip(units.makes_last) {
                if makes_last > 0.0 {
                    let fresh = self.fresh(i, host, cell, before, by);
                    last.plain += makes_last / share * fresh.plain;
                    last.excused += makes_last / share * fresh.excused;
                    besides -= makes_last;
                }
            }
            sum.add(besides, cell.points[i].first, &own);
        }
        let through = last.plain + last.excused;
        if all * through < 1e-10 {
            return (0.0, 0.0);
        }
        let mut marked = sum.marked_given(others);
        let fresh = last.excused / through;
        marked.mean += fresh;
        marked.variance += fresh * (1.0 - fresh);
        let any = (all * through).min(1.0);
        (any, any * marked.at_most(f64::from(self.marks)))
    }
}

/// The chance that what begins in a cell is through by a point of the grid.
fn through_after(chain: &Chain, cell: &Cell, by: usize) -> f64 {
    chain.between(by.saturating_sub(cell.to), by - cell.from) / as_f64(cell.to - cell.from)
}

/// What has to be got through for an end without an excuse.
pub(super) fn through_of(end: End) -> Through {
    match end {
        End::HealthyBut(_) => Through::Healthy,
        End::StoppedBut(_) => Through::Replaced,
    }
}

impl Progress {
    /// For each number of starts of a unit by a moment, the chances of it with which the end can be
    /// reached, without a mark and with one; where stops are waited for, with who had told before
    /// one of the drains and with who had not.
    fn counts<'a>(
        &'a self,
        point: &'a Point,
        at: usize,
        told: Option<(&'a [Drain], usize)>,
    ) -> impl Iterator<Item = (f64, f64)> + 'a {
        let plain = self.plain.begun(point, at);
        let excused = self.excused.as_ref().zip(told).map(|(excused, told)| {
            let mut before = [plain; DRAINS];
            for (before, row) in before.iter_mut().zip(&excused.told) {
                *before = row.begun(point, at);
            }
            (excused.healthy.begun(point, at), before, told)
        });
        point.masses().iter().enumerate().map(move |(n, mass)| {
            let plain = plain.through(n);
            match &excused {
                None => (plain, (mass - plain).max(0.0)),
                Some((healthy, before, (drains, cut))) => Chances {
                    replaced: plain,
                    excused: healthy.through(n),
                    told: if is_steady(drains) {
                        [0.0; DRAINS]
                    } else {
                        before.map(|told| told.through(n))
                    },
                }
                .told_or_not(drains, *cut),
            }
        })
    }

    /// The same in lists; without marks where none count.
    fn compatible(
        &self,
        point: &Point,
        at: usize,
        marks: bool,
        told: Option<(&[Drain], usize)>,
        into: &mut Compatible,
    ) {
        into.excused.clear();
        if !marks {
            self.plain.through(point, at, &mut into.plain);
            return;
        }
        into.plain.clear();
        for (plain, excused) in self.counts(point, at, told) {
            into.plain.push(plain);
            into.excused.push(excused);
        }
    }
}

impl Rolling {
    /// The law of an end that comes after the last start.
    pub(super) fn end_after(&self, last: &LastStart, slack: u32, end: End) -> Law {
        let (End::HealthyBut(marks) | End::StoppedBut(marks)) = end;
        let outstanding = Outstanding {
            rolling: self,
            last,
            end,
            marks: marks.min(last.units()),
            chains: last
                .kinds
                .iter()
                .map(|(table, _)| {
                    [through_of(end), Through::Excused].map(|through| {
                        [Host::Cold, Host::Warm]
                            .map(|host| self.chain_on_grid(table.kind, 2, host, through))
                    })
                })
                .collect(),
            drains: self.drains(),
            product: RefCell::default(),
        };
        let first = match end {
            // May be reached before the last start.
            End::HealthyBut(1..) => 0,
            _ => last.cells.first().map_or(0, |cell| cell.from),
        };
        let longest = outstanding
            .chains
            .iter()
            .flat_map(|chains| chains[0].iter().map(|chain| chain.last()))
            .max()
            .unwrap_or(0);
        let latest = last.cells.last().map_or(0, |cell| cell.to) + longest + 1;
        law_between(first, latest, self.step(), |by| {
            let before = match end {
                End::HealthyBut(missing @ 1..) => self.chance_before_last_start(last, missing, by),
                _ => 0.0,
            };
            (before + outstanding.chance(by)) * self.first_stops_over(slack, end, by)
        })
    }

    /// Where starts do not wait for the first stops: the chance that these are over too.
    fn first_stops_over(&self, slack: u32, end: End, by: usize) -> f64 {
        match (self.reuse, end) {
            (Reuse::AtTheStop, End::StoppedBut(_)) => {
                power(self.first_stop_through(Through::Replaced, by), slack)
            }
            _ => 1.0,
        }
    }
}

/// Whether so many units are multiplied out.
pub(super) fn are_few(units: u32) -> bool {
    units <= MULTIPLIED_OUT
}
