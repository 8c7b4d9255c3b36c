//! Which rows there are: the combinations of the values of some keys, or the rows of a table.

use std::fmt;
use std::ops::Range;

use crate::scenario::read::{Key, Setting};

/// One varied key.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Which key.
    pub key: Key,
    /// Its values in their order, at least one.
    pub values: Vec<Setting>,
}

/// All combinations of the values of some keys; those of the last key change fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    axes: Vec<Axis>,
    rows: u64,
}

/// More combinations than can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRows;

impl fmt::Display for TooManyRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more than 2^63 combinations; vary fewer keys, or give larger steps")
    }
}

impl std::error::Error for TooManyRows {}

impl Grid {
    /// The combinations of some keys.
    ///
    /// # Errors
    /// There are too many to be counted.
    pub fn new(axes: Vec<Axis>) -> Result<Self, TooManyRows> {
        let rows = axes.iter().try_fold(1_u64, |rows, axis| {
            rows.checked_mul(axis.values.len() as u64)
        });
        match rows {
            Some(rows) if rows < 1 << 63 => Ok(Self { axes, rows }),
            _ => Err(TooManyRows),
        }
    }

    /// The varied keys.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How many combinations there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Which value of each key a row has.
    pub(super) fn position(&self, row: u64) -> Vec<usize> {
        let mut left = row;
        let mut position: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let values = axis.values.len() as u64;
                let at = left % values;
                left /= values;
                // Below the length of a vector.
                usize::try_from(at).unwrap_or_default()
            })
            .collect();
        position.reverse();
        position
    }

    /// Moves on to the next row.
    pub(super) fn advance(&self, position: &mut [usize]) {
        for (at, axis) in position.iter_mut().zip(&self.axes).rev() {
            *at += 1;
            if *at < axis.values.len() {
                return;
            }
            *at = 0;
        }
    }

    /// The settings of a row.
    pub(super) fn settings<'a>(
        &'a self,
        position: &'a [usize],
    ) -> impl Iterator<Item = (&'a Key, &'a Setting)> {
        self.axes
            .iter()
            .zip(position)
            .map(|(axis, &at)| (&axis.key, &axis.values[at]))
    }
}

/// Where the rows come from.
pub enum Rows<'a> {
    /// Combinations: those numbered so.
    Grid(&'a Grid, Range<u64>),
    /// A table: its columns, and its rows, each with as many cells; an empty cell leaves the
    /// scenario as it is.
    Table(&'a [Key], &'a mut dyn Iterator<Item = Vec<Option<Setting>>>),
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grid(grid, rows) => f.debug_tuple("Grid").field(grid).field(rows).finish(),
            Self::Table(keys, _) => f.debug_tuple("Table").field(keys).finish(),
        }
    }
}

impl Rows<'_> {
    /// The keys that are set in each row.
    #[must_use]
    pub fn keys(&self) -> Vec<&Key> {
        match self {
            Self::Grid(grid, _) => grid.axes.iter().map(|axis| &axis.key).collect(),
            Self::Table(keys, _) => keys.iter().collect(),
        }
    }
}

/// The rows of one part of several: parts differ by at most one row and follow one another.
/// Parts are counted from 1.
#[must_use]
pub fn part_of(rows: u64, part: u32, parts: u32) -> Range<u64> {
    let parts = u128::from(parts.max(1));
    let begin = |part: u32| {
        let begin = u128::from(rows) * u128::from(part).min(parts) / parts;
        u64::try_from(begin).unwrap_or(rows)
    };
    begin(part.saturating_sub(1))..begin(part)
}
