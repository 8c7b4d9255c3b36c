//! Where the clock of the steps ends, against the mean of the whole deployment.

use super::Baseline;
use super::steps::{Course, clock};
use crate::units::Seconds;

/// Ends that are no further apart are the same \[s\].
const SAME_END: f64 = 5.0;

/// When the steps end, and why the deployment ends at another moment in the mean; absent where it is
/// stuck.
pub(super) fn ends_told(base: &Baseline) -> Option<String> {
    let mean = base.clocks()?.completed_s;
    let end = Course::of(base).completed();
    let later = mean - end;
    let ends = format!(
        "The clock takes every phase at its mean and ends at {}",
        clock(end)
    );
    Some(if later.0.abs() < SAME_END {
        format!("{ends}, as the deployment does in the mean.")
    } else if later > Seconds::ZERO {
        format!(
            "{ends}; in the mean the deployment ends {later} later, as it waits for {}.",
            slowest(base)
        )
    } else {
        let sooner = Seconds::ZERO - later;
        format!(
            "{ends}; in the mean the deployment ends {sooner} sooner, as a place that is free \
             early takes the next task at once."
        )
    })
}

/// What the end waits for.
fn slowest(base: &Baseline) -> String {
    let moves = &base.outcome.moves;
    let tasks = match moves.desired {
        1 => "what happens to be the last".to_owned(),
        tasks => format!("the slowest of {tasks} tasks"),
    };
    match moves.joining.hosts {
        0 | 1 => tasks,
        hosts => format!("{tasks} and of {hosts} hosts"),
    }
}
