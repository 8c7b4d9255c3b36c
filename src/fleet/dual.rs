//! The prices of the rows that give the best bound, by column generation.
//!
//! In turn the master program gives prices, and the relaxation at them gives the best plans of the
//! blocks. The relaxation is evaluated between the master's prices and the best so far, as the
//! former jump about (Wentges 1997, with the weight adapted as by Pessoa and others 2018).

use std::rc::Rc;

use super::block::{Column, RowPrices};
use super::compact::{Fleet, RowKind};
use super::master::Master;
use super::relax::{Relaxation, Relaxed};

/// The search for the best bound.
#[derive(Debug)]
pub(super) struct DualSearch {
    pub master: Master,
    pub bound: f64,
    pub prices: RowPrices,
    /// Weight of the best prices so far.
    stability: f64,
    misses: u32,
    /// Nearer than this the bound is not driven to the value of the master program \[relative\].
    close: f64,
}

/// What a round of the search did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// There may be better prices.
    Better,
    /// Nothing more to gain.
    Converged,
}

impl DualSearch {
    /// Starts from prices of the budget alone; none where a block has no plan.
    pub(super) fn start(fleet: &Fleet, relaxation: &mut Relaxation, close: f64) -> Option<Self> {
        let mut prices = RowPrices(vec![0.0; fleet.rows.len()]);
        let free = relaxation.at(fleet, &prices)?;
        let mut bound = free.bound;
        let columns = plans(free);
        let penalties = penalties(fleet, &columns);
        let mut found = vec![columns.clone()];
        if let Some(row) = fleet.budget_row {
            // Doubled or halved until the spending crosses the budget, then bisected.
            let (mut low, mut high) = (0.0, f64::INFINITY);
            let over = |columns: &[Rc<Column>]| used(columns, row) > fleet.rows[row].limit;
            if over(&columns) {
                let mut price = penalties[row] * 1e-3;
                for _ in 0..14 {
                    prices.0[row] = price;
                    let at = relaxation.at(fleet, &prices)?;
                    bound = at.bound.max(bound);
                    let columns = plans(at);
                    if over(&columns) {
                        low = price;
                    } else {
                        high = price;
                    }
                    found.push(columns);
                    price = if high.is_infinite() {
                        price * 4.0
                    } else if low == 0.0 {
                        price / 4.0
                    } else {
                        (low * high).sqrt()
                    };
                }
                prices.0[row] = if high.is_finite() { high } else { low };
            }
        }
        let last = found.pop()?;
        let mut master = Master::new(fleet, last, penalties);
        for columns in found.into_iter().rev() {
            for column in columns {
                if !master.columns.contains(&column) {
                    master.add(column);
                }
            }
        }
        Some(Self {
            master,
            bound,
            prices,
            stability: 0.5,
            misses: 0,
            close,
        })
    }

    /// Starts from prices and plans that are known; none where a block has no plan.
    pub(super) fn resume(
        fleet: &Fleet,
        relaxation: &mut Relaxation,
        prices: RowPrices,
        penalties: Vec<f64>,
        close: f64,
        known: impl Iterator<Item = Rc<Column>>,
    ) -> Option<Self> {
        let at = relaxation.at(fleet, &prices)?;
        let bound = at.bound;
        let mut master = Master::new(fleet, plans(at), penalties);
        for column in known {
            master.add(column);
        }
        Some(Self {
            master,
            bound,
            prices,
            stability: 0.3,
            misses: 0,
            close,
        })
    }

    /// One evaluation of the relaxation.
    pub(super) fn round(&mut self, fleet: &Fleet, relaxation: &mut Relaxation) -> Option<Round> {
        self.master.solve();
        let target = self.master.prices();
        let stability = if self.misses > 0 { 0.0 } else { self.stability };
        let between = |(best, target): (&f64, &f64)| stability * best + (1.0 - stability) * target;
        let at = RowPrices(self.prices.0.iter().zip(&target.0).map(between).collect());
        let relaxed = relaxation.at(fleet, &at)?;
        // How the bound changes from here towards the master's prices.
        let mut slope = 0.0;
        for (row, of) in fleet.rows.iter().enumerate() {
            slope -= of.limit * (target.0[row] - at.0[row]);
        }
        let mut added = false;
        for (_, column) in relaxed.columns {
            for (row, used) in &column.uses {
                slope += used * (target.0[*row as usize] - at.0[*row as usize]);
            }
            if self.master.reduced_cost(&column) < -1e-9 * column.minutes.abs().max(1.0) {
                added = true;
                self.master.add(Rc::new(column));
            }
        }
        let better = relaxed.bound > self.bound;
        if better {
            self.bound = relaxed.bound;
            self.prices = at;
        }
        self.stability = if slope > 0.0 {
            (self.stability - 0.1).max(0.0)
        } else {
            self.stability + (1.0 - self.stability) * 0.1
        };
        let value = self.master.value();
        let close = value - self.bound <= self.close * value.abs();
        if added {
            self.misses = 0;
        } else if !better {
            self.misses += 1;
        }
        Some(if close || self.misses > 1 {
            Round::Converged
        } else {
            Round::Better
        })
    }
}

fn plans(relaxed: Relaxed) -> Vec<Rc<Column>> {
    let columns = relaxed.columns.into_iter();
    columns.map(|(_, column)| Rc::new(column)).collect()
}

fn used(columns: &[Rc<Column>], row: usize) -> f64 {
    let uses = columns.iter().flat_map(|column| &column.uses);
    uses.filter(|(of, _)| *of as usize == row)
        .map(|(_, used)| used)
        .sum()
}

/// Prices that no row should need: many times what all minutes are worth per unit of what could
/// be used of it.
fn penalties(fleet: &Fleet, columns: &[Rc<Column>]) -> Vec<f64> {
    let minutes: f64 = columns.iter().map(|column| column.minutes.abs()).sum();
    let mut largest = vec![0.0; fleet.rows.len()];
    for entry in &fleet.entries {
        let options = &fleet.options[entry.options.clone()];
        let most = |of: fn(&super::compact::Choice) -> f64| {
            options
                .iter()
                .map(|choice| of(choice).abs())
                .fold(0.0, f64::max)
        };
        if let Some(row) = fleet.budget_row {
            largest[row] += most(|choice| choice.usd);
        }
        if let Some(row) = fleet.shortfall_row {
            largest[row] += most(|choice| choice.shortfall);
        }
        // Each of its options as the mean of all of them.
        let share = 1.0 / f64::from(super::compact::index(options.len()));
        for choice in options {
            if let Some(largest) = largest.get_mut(choice.pool_row as usize) {
                *largest += share * f64::from(choice.spot);
            }
        }
    }
    let rows = fleet.rows.iter().zip(largest);
    rows.map(|(row, largest)| match row.kind {
        RowKind::AtMost => 1e3 * minutes.max(1.0) / largest.max(1.0),
        RowKind::Exactly => 10.0 * minutes.max(1.0),
    })
    .collect()
}
