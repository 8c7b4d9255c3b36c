//! Which column of the table is which, by the names of its first line.

use csv::StringRecord;

use super::nearest;
use crate::scenario::read::{Place, Problem};

/// The columns of a table of options.
pub const NAMES: [&str; 10] = [
    "service",
    "option",
    "cluster",
    "window",
    "pool",
    "weighted_minutes_per_month",
    "usd_per_month",
    "hosts",
    "spot_hosts",
    "shortfall_minutes_per_month",
];

/// Where each column of [`NAMES`] stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns(pub(super) [usize; NAMES.len()]);

/// Finds the columns; every unknown, missing or doubled one is a problem.
pub(super) fn columns(header: &StringRecord) -> Result<Columns, Vec<Problem>> {
    let mut problems = Vec::new();
    let problem = |column: usize, name: &str, found: &str, expected: &str, hint: String| Problem {
        place: Some(Place { line: 1, column }),
        key: name.to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
        hint,
    };
    let mut found = [None; NAMES.len()];
    let mut at = 1;
    for (i, name) in header.iter().enumerate() {
        match NAMES.iter().position(|known| *known == name.trim()) {
            Some(which) if found[which].is_some() => {
                let hint = "remove one of them".to_owned();
                problems.push(problem(at, name, "the column twice", "it once", hint));
            }
            Some(which) => found[which] = Some(i),
            None => {
                let hint = nearest(name, NAMES.into_iter()).map_or_else(
                    || format!("the columns are {}", NAMES.join(", ")),
                    |near| format!("did you mean {near}?"),
                );
                let expected = "a column of the table of options";
                problems.push(problem(at, name, "an unknown column", expected, hint));
            }
        }
        at += name.chars().count() + 1;
    }
    for (name, found) in NAMES.iter().zip(found) {
        if found.is_none() {
            let hint = "add it to the first line, and its value to every other".to_owned();
            problems.push(problem(1, name, "no such column", "this column", hint));
        }
    }
    if problems.is_empty() {
        Ok(Columns(found.map(Option::unwrap_or_default)))
    } else {
        Err(problems)
    }
}
