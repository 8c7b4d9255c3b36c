//! How well the model predicts a service's own last deployments: each is predicted from a scenario
//! that was fitted on all the others, and compared with what was recorded.

use super::deployments::Deployment;
use super::ecs::{HeldOut, Imported, leave_one_out};
use crate::model::estimate;
use crate::rollout::TooFewPlaces;
use crate::scenario::read::{Purpose, Syntax, scenario};
use crate::units::Seconds;

/// The largest median difference at which a prediction counts as calibrated, of the recorded
/// duration.
pub const CALIBRATED_WITHIN: f64 = 0.15;

/// Predictions against recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTest {
    /// Oldest first.
    pub rows: Vec<Row>,
    /// Median of the sizes of the differences, of the recorded duration; absent where nothing
    /// could be compared.
    pub median_difference: Option<f64>,
}

impl BackTest {
    /// Whether the predictions are near enough to be relied on; absent where nothing could be
    /// compared.
    #[must_use]
    pub fn is_calibrated(&self) -> Option<bool> {
        self.median_difference
            .map(|difference| difference <= CALIBRATED_WITHIN)
    }
}

/// One recorded deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The deployment.
    pub deployment: Deployment,
    /// From the request to "completed", as recorded \[s\].
    pub recorded: Seconds,
    /// The same as predicted.
    pub prediction: Prediction,
    /// Predicted less recorded, of the recorded duration.
    pub difference: Option<f64>,
}

/// What the model says of a deployment that completed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prediction {
    /// From the request to "completed", the mean \[s\].
    Completed(Seconds),
    /// That it cannot complete: the descriptions leave out some room.
    Stuck,
    /// Nothing: the scenario lacks something.
    None,
}

/// Predicts every comparable deployment from the others.
///
/// # Formula
/// difference = (predicted − recorded) / recorded; the median is that of their sizes.
#[must_use]
pub fn back_test(imported: &Imported) -> BackTest {
    let rows: Vec<Row> = leave_one_out(imported)
        .into_iter()
        .filter_map(row)
        .collect();
    let mut sizes: Vec<f64> = rows
        .iter()
        .filter_map(|row| row.difference.map(f64::abs))
        .collect();
    sizes.sort_by(f64::total_cmp);
    BackTest {
        median_difference: median(&sizes),
        rows,
    }
}

fn row(held_out: HeldOut) -> Option<Row> {
    let recorded = held_out.deployment.completed()?;
    let prediction = prediction(&held_out.scenario_toml);
    Some(Row {
        deployment: held_out.deployment,
        recorded,
        difference: match prediction {
            Prediction::Completed(predicted) if recorded.0 > 0.0 => {
                Some((predicted - recorded).0 / recorded.0)
            }
            _ => None,
        },
        prediction,
    })
}

fn prediction(scenario_toml: &str) -> Prediction {
    let Ok(scenario) = scenario(scenario_toml, Syntax::Toml, Purpose::BackTest) else {
        return Prediction::None;
    };
    match estimate(&scenario) {
        Err(TooFewPlaces { .. }) => Prediction::Stuck,
        Ok(estimate) => match estimate.duration {
            Some(durations) => Prediction::Completed(durations.completed_s.mean),
            None => Prediction::Stuck,
        },
    }
}

/// The middle one, or the mean of the two in the middle, of values in order.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[0.1]), Some(0.1));
        assert_eq!(median(&[0.125, 0.25, 0.75]), Some(0.25));
        assert_eq!(median(&[0.125, 0.25, 0.75, 1.0]), Some(0.5));
    }
}
