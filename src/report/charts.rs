//! The charts of a report. A chart that would say nothing is a sentence instead.

mod costs;
mod front;
mod heat;
mod tasks;
mod tornado;
mod waterfall;

pub use costs::{break_even, cost_parts};
pub use front::front;
pub use heat::heat;
pub use tasks::tasks;
pub use tornado::tornado;
pub use waterfall::waterfall;

/// A chart, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// HTML of the drawing with its legend.
    Drawn(String),
    /// A sentence.
    Nothing(String),
}

impl Figure {
    pub(super) fn nothing(why: &str) -> Self {
        Self::Nothing(why.to_owned())
    }
}

/// A count as a coordinate.
pub(super) fn coordinate(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The place of a row's middle on an axis of so many names.
pub(super) fn row_middle(row: usize, rows: usize) -> f64 {
    coordinate(rows) - coordinate(row) - 0.5
}

/// The last part of a scenario's key, with spaces.
fn short(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).replace('_', " ")
}
