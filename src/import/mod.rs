//! What a real service looks like as a scenario, and how its last deployments went, from the
//! descriptions that the provider's own command line prints.
//!
//! Reading, finding the deployments in the events, fitting the timing and writing the scenario are
//! separate steps, so that the fit can be repeated without one deployment and compared with it.

pub mod back_test;
pub mod deployments;
pub mod ecs;
pub mod events;
pub mod fit;
pub mod timestamps;
mod write;

use std::fmt;

/// The text of one input and the name to call it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name of the file, or what stands for it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// Why an input could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProblem {
    /// Name of the input.
    pub source: String,
    /// Where in it, if at one place.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: String,
}

/// A place in a text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}; {}", self.problem, self.help)
    }
}

/// Something in the inputs that has no effect on the scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Skipped {
    fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }
}
