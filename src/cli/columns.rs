//! Rows of CSV: what an estimate and a plan are as cells, in the same columns for every command.

use super::output::Complaint;
use super::words;
use crate::model::Estimate;
use crate::recommend::PlanReport;
use crate::sweep::Row;

/// Columns of an estimate: those of a sweep.
pub use crate::sweep::COLUMNS as ESTIMATE;
/// A text that no spreadsheet takes for a formula.
pub use crate::sweep::no_formula as text;

/// Columns of a plan's settings.
pub const PLAN: [&str; 6] = [
    "minimum_healthy_percent",
    "maximum_percent",
    "prescale_hosts",
    "spot_hosts",
    "headroom_hosts",
    "changed",
];

/// Cells of an estimate; empty where there is no value.
pub fn estimate(estimate: &Estimate) -> Vec<String> {
    Row::of(estimate).texts()
}

/// Cells of a plan's settings.
pub fn plan(plan: &PlanReport) -> Vec<String> {
    let changed: Vec<String> = plan
        .changed
        .iter()
        .map(|change| format!("{}={}", change.key, words::value(&change.to)))
        .collect();
    vec![
        plan.minimum_healthy_percent.to_string(),
        plan.maximum_percent.to_string(),
        plan.prescale_hosts.to_string(),
        plan.spot_hosts.to_string(),
        plan.headroom_hosts.to_string(),
        text(&changed.join("; ")),
    ]
}

/// A table as CSV.
pub fn csv(header: &[&str], rows: &[Vec<String>]) -> Result<String, Complaint> {
    let write = || -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header)?;
        for row in rows {
            writer.write_record(row)?;
        }
        Ok(writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?)
    };
    let bytes = write().map_err(|error| Complaint::of(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
