//! The best mixture of the blocks' plans that keeps the rows, and the prices that go with it.
//!
//! The linear program of Dantzig and Wolfe (1960): a weight for each plan of each block that was
//! found so far, weights of a block adding up to 1, rows kept on average. Its dual prices tell
//! where a better plan of a block would help. A revised simplex method with the inverse of the
//! basis: there are few rows, plans are only added, so it always starts from where it ended.
//! Whatever rounding does to the prices, the bound that is computed from them stays a bound.

use std::rc::Rc;

use super::block::{Column, RowPrices};
use super::compact::{Fleet, RowKind};

/// A variable of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    /// What a row leaves unused.
    Slack(usize),
    /// What a row is exceeded by, at a penalty.
    Over(usize),
    /// What an exact row falls short of, at a penalty.
    Under(usize),
    /// The weight of a plan.
    Weight(usize),
}

/// The program with its basis.
#[derive(Debug)]
pub(super) struct Master {
    rows: usize,
    size: usize,
    kinds: Vec<RowKind>,
    limits: Vec<f64>,
    /// What a unit over each limit costs.
    pub penalties: Vec<f64>,
    /// All plans so far.
    pub columns: Vec<Rc<Column>>,
    basis: Vec<Variable>,
    values: Vec<f64>,
    /// Row-major inverse of the basis.
    inverse: Vec<f64>,
    duals: Vec<f64>,
    /// Whether a plan is in the basis.
    basic: Vec<bool>,
    pivots: usize,
}

const TOLERANCE: f64 = 1e-9;

impl Master {
    /// Starts from one plan of each block. `penalties` bound the prices of the rows.
    pub(super) fn new(fleet: &Fleet, first: Vec<Rc<Column>>, penalties: Vec<f64>) -> Self {
        let rows = fleet.rows.len();
        let size = rows + first.len();
        let mut master = Self {
            rows,
            size,
            kinds: fleet.rows.iter().map(|row| row.kind).collect(),
            limits: fleet.rows.iter().map(|row| row.limit).collect(),
            penalties,
            basic: vec![true; first.len()],
            columns: first,
            basis: Vec::new(),
            values: Vec::new(),
            inverse: Vec::new(),
            duals: Vec::new(),
            pivots: 0,
        };
        let mut left = master.limits.clone();
        for column in &master.columns {
            for (row, used) in &column.uses {
                left[*row as usize] -= used;
            }
        }
        for (row, left) in left.iter().enumerate() {
            master.basis.push(match (master.kinds[row], *left < 0.0) {
                (_, true) => Variable::Over(row),
                (RowKind::AtMost, false) => Variable::Slack(row),
                (RowKind::Exactly, false) => Variable::Under(row),
            });
        }
        let weights = (0..master.columns.len()).map(Variable::Weight);
        master.basis.extend(weights);
        master.invert();
        master
    }

    /// More plans.
    pub(super) fn add(&mut self, column: Rc<Column>) {
        self.columns.push(column);
        self.basic.push(false);
    }

    /// Multiplies the penalties of rows that are not kept; whether there are any.
    pub(super) fn raise_penalties(&mut self, factor: f64) -> bool {
        let mut raised = false;
        for (variable, value) in self.basis.iter().zip(&self.values) {
            if let Variable::Over(row) | Variable::Under(row) = variable
                && *value > 1e-7 * self.limits[*row].abs().max(1.0)
            {
                self.penalties[*row] *= factor;
                raised = true;
            }
        }
        raised
    }

    /// Prices of the rows.
    pub(super) fn prices(&self) -> RowPrices {
        let price = |(row, dual): (usize, &f64)| match self.kinds[row] {
            RowKind::AtMost => (-dual).max(0.0),
            RowKind::Exactly => -dual,
        };
        RowPrices(
            self.duals[..self.rows]
                .iter()
                .enumerate()
                .map(price)
                .collect(),
        )
    }

    /// The value of the mixture, penalties included.
    pub(super) fn value(&self) -> f64 {
        let parts = self.basis.iter().zip(&self.values);
        parts
            .map(|(variable, value)| self.cost(*variable) * value)
            .sum()
    }

    /// What a plan would win in the mixture per unit of weight; negative is better.
    pub(super) fn reduced_cost(&self, column: &Column) -> f64 {
        let uses = column.uses.iter();
        column.minutes
            - self.duals[self.rows + column.block as usize]
            - uses
                .map(|(row, used)| self.duals[*row as usize] * used)
                .sum::<f64>()
    }

    /// The plans in the mixture with their weights.
    pub(super) fn mixture(&self) -> impl Iterator<Item = (usize, f64)> {
        self.basis
            .iter()
            .zip(&self.values)
            .filter_map(|(variable, value)| match variable {
                Variable::Weight(column) if *value > TOLERANCE => Some((*column, *value)),
                _ => None,
            })
    }

    fn cost(&self, variable: Variable) -> f64 {
        match variable {
            Variable::Slack(_) => 0.0,
            Variable::Over(row) | Variable::Under(row) => self.penalties[row],
            Variable::Weight(column) => self.columns[column].minutes,
        }
    }

    /// Nonzero coefficients of a variable.
    fn each(&self, variable: Variable, mut take: impl FnMut(usize, f64)) {
        match variable {
            Variable::Slack(row) | Variable::Under(row) => take(row, 1.0),
            Variable::Over(row) => take(row, -1.0),
            Variable::Weight(column) => {
                let column = &self.columns[column];
                for (row, used) in &column.uses {
                    take(*row as usize, *used);
                }
                take(self.rows + column.block as usize, 1.0);
            }
        }
    }

    fn right_side(&self, row: usize) -> f64 {
        self.limits.get(row).copied().unwrap_or(1.0)
    }

    /// The inverse of the basis from scratch (Gauss and Jordan with row pivoting).
    fn invert(&mut self) {
        let size = self.size;
        let mut matrix = vec![0.0; size * size];
        for (at, variable) in self.basis.iter().enumerate() {
            self.each(*variable, |row, value| matrix[row * size + at] = value);
        }
        let mut inverse = vec![0.0; size * size];
        for row in 0..size {
            inverse[row * size + row] = 1.0;
        }
        for at in 0..size {
            let pivot = (at..size)
                .max_by(|a, b| {
                    let size_of = |row: &usize| matrix[row * size + at].abs();
                    size_of(a).total_cmp(&size_of(b))
                })
                .unwrap_or(at);
            if pivot != at {
                for k in 0..size {
                    matrix.swap(pivot * size + k, at * size + k);
                    inverse.swap(pivot * size + k, at * size + k);
                }
            }
            let scale = 1.0 / matrix[at * size + at];
            for k in 0..size {
                matrix[at * size + k] *= scale;
                inverse[at * size + k] *= scale;
            }
            let pivot_matrix = matrix[at * size..(at + 1) * size].to_vec();
            let pivot_inverse = inverse[at * size..(at + 1) * size].to_vec();
            for row in (0..size).filter(|row| *row != at) {
                let factor = matrix[row * size + at];
                if factor != 0.0 {
                    subtract(
                        &mut matrix[row * size..(row + 1) * size],
                        factor,
                        &pivot_matrix,
                    );
                    subtract(
                        &mut inverse[row * size..(row + 1) * size],
                        factor,
                        &pivot_inverse,
                    );
                }
            }
        }
        self.inverse = inverse;
        let right: Vec<f64> = (0..size).map(|row| self.right_side(row)).collect();
        let value = |row: &[f64]| row.iter().zip(&right).map(|(a, b)| a * b).sum::<f64>();
        self.values = self.inverse.chunks(size).map(value).collect();
        self.price();
        self.pivots = 0;
    }

    fn price(&mut self) {
        let mut duals = vec![0.0; self.size];
        for (at, variable) in self.basis.iter().enumerate() {
            let cost = self.cost(*variable);
            if cost != 0.0 {
                let row = &self.inverse[at * self.size..(at + 1) * self.size];
                subtract(&mut duals, -cost, row);
            }
        }
        self.duals = duals;
    }

    /// Solves the program over the plans so far; false where rounding got the better of it.
    pub(super) fn solve(&mut self) -> bool {
        self.price();
        let most = 50 * self.size + 2_000;
        for _ in 0..most {
            if self.pivots >= 150 {
                self.invert();
            }
            let Some((entering, gain)) = self.entering() else {
                return true;
            };
            if !self.pivot(entering, gain) {
                self.invert();
                return false;
            }
        }
        false
    }

    fn entering(&self) -> Option<(Variable, f64)> {
        let mut best: Option<(Variable, f64)> = None;
        let mut consider = |variable, gain: f64, scale: f64| {
            if gain < -TOLERANCE * scale && best.is_none_or(|(_, least)| gain < least) {
                best = Some((variable, gain));
            }
        };
        for row in 0..self.rows {
            let dual = self.duals[row];
            let scale = self.penalties[row].max(1e-6);
            match self.kinds[row] {
                RowKind::AtMost => consider(Variable::Slack(row), -dual, 1e-3 * scale),
                RowKind::Exactly => {
                    consider(Variable::Under(row), self.penalties[row] - dual, scale);
                }
            }
            consider(Variable::Over(row), self.penalties[row] + dual, scale);
        }
        for (at, column) in self.columns.iter().enumerate() {
            if !self.basic[at] {
                let scale = column.minutes.abs().max(1.0);
                consider(Variable::Weight(at), self.reduced_cost(column), scale);
            }
        }
        best
    }

    fn pivot(&mut self, entering: Variable, gain: f64) -> bool {
        let size = self.size;
        let mut nonzero = Vec::with_capacity(16);
        self.each(entering, |row, value| nonzero.push((row, value)));
        let direction: Vec<f64> = self
            .inverse
            .chunks(size)
            .map(|inverse| {
                nonzero
                    .iter()
                    .map(|(row, value)| inverse[*row] * value)
                    .sum()
            })
            .collect();
        let mut leaving: Option<(usize, f64)> = None;
        for (at, (value, by)) in self.values.iter().zip(&direction).enumerate() {
            if *by > TOLERANCE {
                let ratio = value.max(0.0) / by;
                let better = match leaving {
                    None => true,
                    Some((best_at, best)) => {
                        ratio < best - 1e-12 || (ratio <= best + 1e-12 && *by > direction[best_at])
                    }
                };
                if better {
                    leaving = Some((at, ratio));
                }
            }
        }
        let Some((at, ratio)) = leaving else {
            return false;
        };
        for (value, by) in self.values.iter_mut().zip(&direction) {
            *value -= ratio * by;
        }
        self.values[at] = ratio;
        let scale = 1.0 / direction[at];
        for value in &mut self.inverse[at * size..(at + 1) * size] {
            *value *= scale;
        }
        let pivot = self.inverse[at * size..(at + 1) * size].to_vec();
        for (row, by) in direction.iter().enumerate() {
            if row != at && by.abs() > 1e-14 {
                subtract(&mut self.inverse[row * size..(row + 1) * size], *by, &pivot);
            }
        }
        subtract(&mut self.duals, -gain, &pivot);
        if let Variable::Weight(column) = self.basis[at] {
            self.basic[column] = false;
        }
        if let Variable::Weight(column) = entering {
            self.basic[column] = true;
        }
        self.basis[at] = entering;
        self.pivots += 1;
        true
    }
}

/// target −= factor · by
fn subtract(target: &mut [f64], factor: f64, by: &[f64]) {
    for (target, by) in target.iter_mut().zip(by) {
        *target -= factor * by;
    }
}
