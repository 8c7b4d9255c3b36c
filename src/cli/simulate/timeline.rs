//! Every event of a run as CSV.

use super::super::columns;
use super::super::output::Complaint;
use super::super::words;
use crate::simulate::Row;

const HEADER: [&str; 9] = [
    "time_s",
    "task",
    "host",
    "event",
    "old_healthy",
    "new_healthy",
    "starting",
    "stopping",
    "tasks",
];

/// One row per event, with the counts after it.
pub fn csv(rows: &[Row]) -> Result<String, Complaint> {
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.time.to_string(),
                number(row.task),
                number(row.host),
                words::name(row.happening),
                row.old.to_string(),
                row.new.to_string(),
                row.starting.to_string(),
                row.stopping.to_string(),
                row.tasks().to_string(),
            ]
        })
        .collect();
    columns::csv(&HEADER, &rows)
}
