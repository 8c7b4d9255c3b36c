//! Tasks beyond the desired count where all moves of a rollout are begun with the first ones.

use super::interruption::{binomial, convolved};
use super::phases::Phases;
use super::rolling::Rollout;

/// Up to so many tasks their numbers are laws, beyond they are means.
const TOLD_APART: u32 = 60;

/// Points in time that a sum of durations is taken at.
const POINTS: u32 = 200;

/// When a place may be used again whose task is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the same act.
    AtTheStop,
    /// One reaction after the task is STOPPED.
    AfterStopped,
}

/// Task-seconds beyond the desired count: mean \[s\]; absent where some move waits for another
/// round.
///
/// # Formula
/// ∫ (tasks − d) dt = Σ moments at which old tasks are gone − Σ moments at which new ones start. Of
/// d old tasks k are told to stop at first, and gone after D; each of the others one reaction after
/// another new one is healthy. Of d new ones those in the surge start at first, the others where an
/// old one was.
#[must_use]
pub fn of_one_round(rollout: Rollout, phases: &Phases, place: Place) -> Option<f64> {
    let tasks = rollout.replacements;
    let slack = rollout.slack.min(tasks);
    if rollout.surge.saturating_add(slack) < tasks {
        return None;
    }
    let (drain, reaction) = (phases.drain.mean(), phases.reaction.mean());
    let at_once = match place {
        Place::AtTheStop => tasks,
        Place::AfterStopped => rollout.surge.min(tasks),
    };
    let [all, later, told] = [tasks, tasks - at_once, tasks - slack].map(f64::from);
    let gone =
        all * drain + told * reaction + first_healthy(phases, [at_once, tasks], tasks - slack);
    Some(gone - later * (drain + reaction))
}

/// The moments at which the first so many are healthy, summed: mean \[s\].
///
/// # Formula
/// The sum of the first n moments is ∫ E (n − N(t))⁺ dt with N(t) of them until t.
fn first_healthy(phases: &Phases, [at_once, tasks]: [u32; 2], first: u32) -> f64 {
    if first == 0 {
        return 0.0;
    }
    let start = &phases.start;
    let again = phases.drain.plus(&phases.reaction).plus(start);
    let later = tasks - at_once;
    let end = if later > 0 { &again } else { start }.support().1;
    let step = end / f64::from(POINTS);
    let missing = |at: f64| -> f64 {
        let [soon, late] = [start.cdf(at), again.cdf(at)];
        if tasks > TOLD_APART {
            let healthy = f64::from(at_once) * soon + f64::from(later) * late;
            return (f64::from(first) - healthy).max(0.0);
        }
        let most = first as usize;
        let healthy = convolved(
            &binomial(at_once, soon, most),
            &binomial(later, late, most),
            most,
        );
        let number = (0..=first).zip(healthy);
        number
            .map(|(n, chance)| f64::from(first - n) * chance)
            .sum()
    };
    (0..POINTS)
        .map(|point| missing((f64::from(point) + 0.5) * step) * step)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    #[test]
    fn three_stop_first_and_one_starts_beside() {
        // Healthy 70 s after a start, gone 5 s after a stop, reactions of 20 s.
        let text = "[service]\ndesired_count = 4\n[service.timing]\nstart = \"30s\"\n\
                    ready = \"0s\"\nstop = \"5s\"\n[deployment]\nreaction = \"20s\"\n\
                    [cluster]\nfree_tasks = 4\n";
        let read = scenario(text, Syntax::Toml, Purpose::DurationsOnly).unwrap();
        let phases = Phases::of(&read);
        let rollout = Rollout {
            replacements: 4,
            surge: 1,
            slack: 3,
            cold: 0,
        };
        // Gone at 5, 5, 5 and 70 + 20 + 5; started at 0, 25, 25, 25, or all at 0.
        for (place, expected) in [(Place::AfterStopped, 35.0), (Place::AtTheStop, 110.0)] {
            let found = of_one_round(rollout, &phases, place).unwrap();
            assert!((found - expected).abs() < 1.0, "{found}, not {expected}");
        }
        let more = Rollout {
            slack: 2,
            ..rollout
        };
        assert_eq!(of_one_round(more, &phases, Place::AfterStopped), None);
    }
}
