//! Many variations of one scenario: one row for each combination of values, or for each row of a
//! table, always in the same order and with the same bytes.
//!
//! What a row costs is paid once: rows that differ only in percents share the scenario that was
//! read, rows of the same timing share the model, and rows whose percents give the same bounds
//! share the answer. Memory does not grow with the number of rows.

mod cell;
mod engine;
mod grid;
mod known;
mod parquet;
mod row;
#[cfg(test)]
mod tests;
mod values;
mod worker;

pub use cell::Kind;
pub use engine::{Progress, Sweep, run};
pub use grid::{Axis, Grid, Rows, TooManyRows, part_of};
pub use parquet::Parquet;
pub use row::{COLUMNS, Layout, Row, header, no_formula};
pub use values::values;
