//! Reads a fleet: its own file with services and limits, or a flat table of options and the limits
//! that the services share.

mod columns;
mod fleet;
mod limits;
mod names;
mod numbers;
mod options;
mod schema;
mod services;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;

pub use columns::NAMES as OPTION_COLUMNS;
pub use fleet::{Entry, EntrySource, FleetFile, Growth, Terms, fleet};
pub use limits::{ClusterLimits, Shared, limits};
pub use options::options;
pub use schema::{fleet_schema, limits_schema};
pub use services::services;

use crate::scenario::read::Problem;

/// Why a table cannot be taken.
#[derive(Debug)]
pub enum Unreadable {
    /// It is not what it has to be: the first problems, and how many there are.
    Wrong {
        /// In the order of their lines.
        problems: Vec<Problem>,
        /// How many more there are.
        further: usize,
    },
    /// It cannot be read at all.
    Io(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { problems, further } => {
                for problem in problems {
                    writeln!(f, "{problem}")?;
                }
                match further {
                    0 => Ok(()),
                    further => writeln!(f, "and {further} more"),
                }
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The candidate that a misspelt name most likely meant.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}
