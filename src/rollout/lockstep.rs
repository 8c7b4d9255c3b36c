//! The textbook sequence of a rolling update, from what the scheduler may do at once, as if all
//! tasks took the same time: every move of a step is over before the next step begins.

use super::Moves;

/// What happens at one moment: both at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Old tasks told to stop.
    pub stopped: u32,
    /// New tasks started.
    pub started: u32,
}

/// The steps of a rolling update until all tasks are new; none where it is stuck.
#[must_use]
pub fn lockstep(moves: &Moves) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut old, mut new) = (moves.desired, 0);
    while !moves.is_stuck() && (old > 0 || new < moves.desired) {
        let step = next_step(moves, old, new);
        old -= step.stopped;
        new += step.started;
        steps.push(step);
    }
    steps
}

/// The one move of both kinds that the bounds allow when every task is healthy.
fn next_step(moves: &Moves, old: u32, new: u32) -> Step {
    let total = old.saturating_add(new);
    let stopped = old.min(total.saturating_sub(moves.bounds.lower));
    let counted = if moves.stopping_counts {
        total
    } else {
        total - stopped
    };
    let missing = moves.desired.saturating_sub(new);
    let permitted = missing.min(moves.bounds.upper.saturating_sub(counted));
    let started = match moves.room.total() {
        None => permitted,
        Some(room) => permitted.min(moves.desired.saturating_add(room).saturating_sub(total)),
    };
    Step { stopped, started }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::tests::{with_unlimited_room, without_room};
    use crate::rollout::{Room, bounds, moves};
    use crate::scenario::Scenario;

    /// The steps as an engineer would write them: `-2 +2 -2 +2 -1 +1`.
    fn told(scenario: &Scenario, warm: Option<u32>) -> String {
        let deployment = &scenario.deployment;
        let bounds = bounds(
            scenario.service.desired_count,
            deployment.minimum_healthy_percent,
            deployment.maximum_percent,
        );
        lockstep(&moves(scenario, bounds, Room { warm, cold: 0 }))
            .iter()
            .map(|step| match step {
                Step {
                    stopped,
                    started: 0,
                } => format!("-{stopped}"),
                Step {
                    stopped: 0,
                    started,
                } => format!("+{started}"),
                Step { stopped, started } => format!("-{stopped}+{started}"),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_textbook_sequences() {
        for (desired, minimum, maximum, steps) in [
            (4, 50, 100, "-2 +2 -2 +2"),
            (4, 100, 200, "+4 -4"),
            (4, 25, 100, "-3 +3 -1 +1"),
            (4, 75, 100, "-1 +1 -1 +1 -1 +1 -1 +1"),
            (4, 100, 125, "+1 -1 +1 -1 +1 -1 +1 -1"),
            (5, 50, 100, "-2 +2 -2 +2 -1 +1"),
            (5, 0, 100, "-5 +5"),
            (3, 0, 200, "-3+3"),
            (2, 100, 200, "+2 -2"),
            (2, 50, 100, "-1 +1 -1 +1"),
            (10, 50, 150, "-5+5 -5+5"),
            (2, 75, 100, ""),
            (3, 100, 125, ""),
        ] {
            let scenario = with_unlimited_room(desired, minimum, maximum);
            assert_eq!(
                told(&scenario, None),
                steps,
                "{desired} tasks, {minimum}/{maximum}"
            );
        }
    }

    #[test]
    fn room_for_one_makes_a_surge_of_one() {
        assert_eq!(
            told(&with_unlimited_room(2, 100, 200), Some(1)),
            "+1 -1 +1 -1"
        );
    }

    #[test]
    fn without_room_the_stopping_task_makes_place() {
        assert_eq!(told(&without_room(2, 50, 200), Some(0)), "-1 +1 -1 +1");
    }

    #[test]
    fn tasks_that_stop_need_not_count_towards_the_upper_bound() {
        let mut scenario = with_unlimited_room(4, 75, 125);
        scenario.deployment.stopping_counts = false;
        assert_eq!(told(&scenario, None), "-1+2 -2+2 -1");
        assert_eq!(told(&scenario, Some(0)), "-1 +1 -1 +1 -1 +1 -1 +1");
    }
}
