//! The tasks of a deployment over time, as if every phase took its mean.

use serde::Serialize;

use super::Baseline;
use crate::model::walk::SAME_MOMENT;
use crate::rollout::TooFewPlaces;
use crate::scenario::Scenario;
use crate::units::Seconds;

/// How many tasks are in which state from one moment to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Moment {
    /// From the request \[s\].
    pub at_s: Seconds,
    /// Old tasks that are healthy.
    pub old: u32,
    /// New tasks that are healthy.
    pub new: u32,
    /// New tasks that are not healthy yet.
    pub starting: u32,
    /// Old tasks that drain or stop.
    pub stopping: u32,
}

/// The moments of a deployment from the request to its last change; none where it is stuck.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn timeline(scenario: &Scenario) -> Result<Vec<Moment>, TooFewPlaces> {
    let base = Baseline::of(scenario)?;
    Ok(match base.outcome.duration {
        Some(_) => moments(&base),
        None => Vec::new(),
    })
}

/// Something that changes a number of tasks.
#[derive(Clone, Copy)]
enum Event {
    Stop(u32),
    Start(u32),
    Healthy(u32),
    Gone(u32),
}

fn moments(base: &Baseline) -> Vec<Moment> {
    let (phases, acts) = base.course();
    let mut events = Vec::new();
    for act in acts {
        let after = |seconds: f64| act.at + seconds;
        events.extend([
            (act.at, Event::Stop(act.stopped)),
            (act.at, Event::Start(act.started())),
            (after(phases.cold_start.mean()), Event::Healthy(act.cold)),
            (after(phases.start.mean()), Event::Healthy(act.warm)),
            (after(phases.drain.mean()), Event::Gone(act.stopped)),
        ]);
    }
    events.retain(|(_, event)| {
        let (Event::Stop(tasks) | Event::Start(tasks) | Event::Healthy(tasks) | Event::Gone(tasks)) =
            event;
        *tasks > 0
    });
    events.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut now = Moment {
        at_s: Seconds::ZERO,
        old: base.outcome.moves.desired,
        new: 0,
        starting: 0,
        stopping: 0,
    };
    let mut moments = vec![now];
    for (at, event) in events {
        match event {
            Event::Stop(tasks) => {
                now.old -= tasks;
                now.stopping += tasks;
            }
            Event::Start(tasks) => now.starting += tasks,
            Event::Healthy(tasks) => {
                now.starting -= tasks;
                now.new += tasks;
            }
            Event::Gone(tasks) => now.stopping -= tasks,
        }
        let same = moments
            .last()
            .is_some_and(|last| at - last.at_s.0 <= SAME_MOMENT);
        if same {
            moments.pop();
        } else {
            now.at_s = Seconds(at);
        }
        moments.push(now);
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    #[test]
    fn one_after_the_other_without_room_for_two() {
        let web = include_str!("../../data/examples/two-tasks-no-room.toml");
        let scenario = scenario(web, Syntax::Toml, Purpose::DurationsOnly).expect("it is valid");
        let counts: Vec<(u32, u32, u32, u32)> = timeline(&scenario)
            .expect("it fits")
            .iter()
            .map(|m| (m.old, m.new, m.starting, m.stopping))
            .collect();
        let expected = [
            (2, 0, 0, 0),
            (1, 0, 0, 1),
            (1, 0, 0, 0),
            (1, 0, 1, 0),
            (1, 1, 0, 0),
            (0, 1, 0, 1),
            (0, 1, 0, 0),
            (0, 1, 1, 0),
            (0, 2, 0, 0),
        ];
        assert_eq!(counts, expected);
    }
}
