//! Rows of CSV: what an estimate and a plan are as cells, in the same columns for every command.

use super::output::Complaint;
use super::words;
use crate::model::{Duration, Estimate};
use crate::recommend::PlanReport;
use crate::units::Seconds;

/// Columns of an estimate: those of a sweep.
pub use crate::sweep::COLUMNS as ESTIMATE;

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
    let reason = estimate.stuck.as_ref().map(|stuck| text(&stuck.reason));
    let tasks = &estimate.tasks;
    let clock = |of: fn(&crate::model::Durations) -> Duration| {
        let duration = estimate.duration.as_ref().map(of);
        let part = |part: fn(Duration) -> Seconds| cell(duration.map(|duration| part(duration).0));
        [
            part(|duration| duration.mean),
            part(|duration| duration.p50),
            part(|duration| duration.p95),
            part(|duration| duration.p99),
        ]
    };
    let lead = estimate.duration.map(|durations| durations.lead_s.mean.0);
    let cost = &estimate.cost;
    let availability = &estimate.availability;
    let mut cells = vec![
        words::name(estimate.verdict),
        reason.unwrap_or_default(),
        tasks.lower_bound.to_string(),
        tasks.upper_bound.to_string(),
        cell(tasks.room),
        tasks.min_healthy.to_string(),
        tasks.peak.to_string(),
        cell(lead),
    ];
    cells.extend(clock(|durations| durations.new_version_s));
    cells.extend(clock(|durations| durations.completed_s));
    cells.extend([
        cost.serving_usd_per_month.0.to_string(),
        cost.headroom_usd_per_month.0.to_string(),
        cost.per_deployment_usd.0.to_string(),
        cell(cost.total_usd_per_month.map(|usd| usd.0)),
        availability.required_tasks.to_string(),
        availability.shortfall_probability.to_string(),
        cell(availability.shortfall_minutes_per_month),
        cell(availability.monthly),
    ]);
    cells
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

/// A text that no spreadsheet takes for a formula.
pub fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
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

fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_formula() {
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(text("web"), "web");
    }
}
