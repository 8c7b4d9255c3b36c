//! Tasks beyond the desired count in the course of a rollout.
//!
//! ∫ (tasks − d) dt = Σ moments at which old tasks are gone − Σ moments at which new ones start. Of d
//! old tasks k are told to stop at first, each of the others as another new one is seen to be healthy.

use super::interruption::{among_first, binomial, convolved};
use super::law::Law;
use super::normal;
use super::phases::Phases;
use super::rolling::{Reuse, Rolling, Rollout};

/// Up to so many tasks their numbers are exact laws, beyond they are normal ones.
const TOLD_APART: u32 = 60;

/// Points in time that a sum of durations is taken at.
const POINTS: u32 = 200;

/// Task-seconds beyond the desired count: mean \[s\]; absent where some move waits for another
/// round.
///
/// # Formula
/// Of d new tasks those in the surge start at first, the others where the first of the old ones were
/// that stop at first.
#[must_use]
pub fn of_one_round(rollout: Rollout, phases: &Phases, reuse: Reuse) -> Option<f64> {
    let tasks = rollout.replacements;
    let slack = rollout.slack.min(tasks);
    if rollout.surge.saturating_add(slack) < tasks {
        return None;
    }
    let at_once = match reuse {
        Reuse::AtTheStop => tasks,
        Reuse::AfterStopped => rollout.surge.min(tasks),
    };
    let later = tasks - at_once;
    let seen = phases.start.plus(&phases.reaction);
    let freed = among_first(&phases.drain.plus(&phases.reaction), later, slack);
    let gone = f64::from(tasks) * phases.drain.mean()
        + first_seen(
            [(at_once, &seen), (later, &freed.plus(&seen))],
            tasks - slack,
        );
    Some(gone - f64::from(later) * freed.mean())
}

/// Moments that a sum of many is interpolated between.
const MOMENTS: u32 = 4;

/// The phases as the scheduler sees them: with the reaction to healthy in the start, and that to
/// STOPPED in the drain. What is healthy then is seen to be.
#[must_use]
pub fn as_seen(phases: &Phases) -> Phases {
    Phases {
        start: phases.start.plus(&phases.reaction),
        cold_start: phases.cold_start.plus(&phases.reaction),
        drain: phases.drain.plus(&phases.reaction),
        reaction: Law::fixed(0.0, phases.reaction.step()),
        ..phases.clone()
    }
}

/// Task-seconds beyond the desired count where a start follows each of the first that are seen to be
/// healthy at once: mean \[s\].
///
/// # Formula
/// With hⱼ the moment, from the first moves, at which the j-th new task is seen to be healthy and D
/// the mean drain, old tasks are gone at Σ hⱼ over the first d − k, plus d · D. New ones start at Σ hⱼ
/// over the first d − B, B of them at first. So the excess is d · D + Σ hⱼ over the B − k that come
/// next.
#[must_use]
pub fn at_the_stop(rollout: Rollout, phases: &Phases, seen: &Rolling) -> f64 {
    let tasks = rollout.replacements;
    let slack = rollout.slack.min(tasks);
    let units = slack.saturating_add(rollout.surge).min(tasks);
    let moments = sum_between([slack, units], |left| seen.mean_healthy_but(rollout, left));
    f64::from(tasks) * phases.drain.mean() + moments
}

/// The same where a start follows when an old task is seen to be gone, and either none is told to
/// stop before a new one is healthy, or none starts before an old one is gone; absent otherwise.
///
/// # Formula
/// Either each start is followed by a stop, a reaction after it is healthy, or each stop by a start, a
/// reaction after the task is gone.
#[must_use]
pub fn in_turns(rollout: Rollout, phases: &Phases) -> Option<f64> {
    let reaction = phases.reaction.mean();
    let tasks = f64::from(rollout.replacements);
    match (rollout.surge, rollout.slack) {
        (_, 0) => Some(tasks * (phases.start.mean() + reaction + phases.drain.mean())),
        (0, _) => Some(-tasks * reaction),
        _ => None,
    }
}

/// The sum of a function of whole numbers from one up to, and without, another.
///
/// # Formula
/// Of many the function is taken at the middles of a few parts, and is a line between them.
fn sum_between([from, to]: [u32; 2], of: impl Fn(u32) -> f64) -> f64 {
    let count = to.saturating_sub(from);
    if count <= MOMENTS + 1 {
        return (from..to).map(of).sum();
    }
    let bounds = |part: u32| from + count * part / MOMENTS;
    (0..MOMENTS)
        .map(|part| {
            let [low, high] = [bounds(part), bounds(part + 1)];
            let middle = f64::midpoint(
                of(u32::midpoint(low, high - 1)),
                of(u32::midpoint(low, high)),
            );
            f64::from(high - low) * middle
        })
        .sum()
}

/// The moments at which the first so many of some tasks are seen to be healthy, summed: mean \[s\].
///
/// # Formula
/// The sum of the first n moments is ∫ E (n − N(t))⁺ dt with N(t) of them until t.
fn first_seen(tasks: [(u32, &Law); 2], first: u32) -> f64 {
    if first == 0 {
        return 0.0;
    }
    let there = || tasks.iter().filter(|(count, _)| *count > 0);
    let ends = there().map(|(_, law)| law.support());
    let (from, to) = ends.fold((f64::INFINITY, 0.0_f64), |(from, to), (low, high)| {
        (from.min(low), to.max(high))
    });
    let step = (to - from) / f64::from(POINTS);
    let all: u32 = there().map(|(count, _)| count).sum();
    let missing = |at: f64| -> f64 {
        let chances = || there().map(|&(count, law)| (count, law.cdf(at)));
        if all > TOLD_APART {
            let [mean, variance] = chances().fold([0.0, 0.0], |[mean, variance], (count, p)| {
                let expected = f64::from(count) * p;
                [mean + expected, variance + expected * (1.0 - p)]
            });
            return normal::mean_above_zero(f64::from(first) - mean, variance.sqrt());
        }
        let most = first as usize;
        let healthy = chances().fold(binomial(0, 0.0, most), |sum, (count, p)| {
            convolved(&sum, &binomial(count, p, most), most)
        });
        let number = (0..=first).zip(healthy);
        number
            .map(|(n, chance)| f64::from(first - n) * chance)
            .sum()
    };
    let before = f64::from(first) * from;
    let moments = (0..POINTS).map(|point| from + (f64::from(point) + 0.5) * step);
    before + moments.map(|at| missing(at) * step).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    /// Healthy 70 s after a start, gone 5 s after a stop, reactions of 20 s.
    fn phases() -> Phases {
        let text = "[service]\ndesired_count = 4\n[service.timing]\nstart = \"30s\"\n\
                    ready = \"0s\"\nstop = \"5s\"\n[deployment]\nreaction = \"20s\"\n\
                    [cluster]\nfree_tasks = 4\n";
        Phases::of(&scenario(text, Syntax::Toml, Purpose::DurationsOnly).unwrap())
    }

    fn four(surge: u32, slack: u32) -> Rollout {
        Rollout {
            replacements: 4,
            surge,
            slack,
            cold: 0,
            held: 0,
        }
    }

    #[test]
    fn three_stop_first_and_one_starts_beside() {
        // Gone at 5, 5, 5 and 70 + 20 + 5; started at 0, 25, 25, 25, or all at 0.
        for (reuse, expected) in [(Reuse::AfterStopped, 35.0), (Reuse::AtTheStop, 110.0)] {
            let found = of_one_round(four(1, 3), &phases(), reuse).unwrap();
            assert!((found - expected).abs() < 1.0, "{found}, not {expected}");
        }
        let more = of_one_round(four(1, 2), &phases(), Reuse::AfterStopped);
        assert_eq!(more, None);
    }

    #[test]
    fn two_at_a_time_where_stopping_tasks_do_not_count() {
        // Started at 0, 0 and, as the first two are seen to be healthy, 90, 90; gone at 5, 95, 95 and,
        // as the third is, 185.
        let phases = phases();
        let seen = Rolling::new(as_seen(&phases), Reuse::AtTheStop, &[]);
        let found = at_the_stop(four(1, 1), &phases, &seen);
        assert!((found - 200.0).abs() < 1.0, "{found}");
    }

    #[test]
    fn starts_and_stops_in_turns() {
        // Each old task is gone 70 + 20 + 5 after a start, or each start 20 after one is gone.
        assert!((in_turns(four(1, 0), &phases()).unwrap() - 380.0).abs() < 1.0);
        assert!((in_turns(four(0, 1), &phases()).unwrap() + 80.0).abs() < 1e-6);
        assert_eq!(in_turns(four(1, 1), &phases()), None);
    }

    #[test]
    fn a_sum_of_many_is_taken_at_a_few() {
        assert!((sum_between([3, 6], f64::from) - 12.0).abs() < 1e-9);
        assert!((sum_between([3, 43], f64::from) - 900.0).abs() < 1e-9);
    }
}
