//! A load balancer's slow start: new targets are healthy at once, but take their full share of
//! load only later.

use super::phases::Phases;
use super::walk::{Act, walk};
use crate::rollout::Moves;

/// How long less than the required tasks' worth serves because of the slow start \[s\], beyond what
/// is short without it. As if every phase took its mean.
///
/// # Formula
/// A new task is worth t / slow start, at most 1, at t after its verdict; an old one 1 until it is
/// told to stop. The sum is piecewise linear between the acts and verdicts, so that the time below
/// the required tasks is exact.
#[must_use]
pub fn short_seconds(moves: &Moves, phases: &Phases, ramp: f64, required: u32) -> f64 {
    if ramp <= 0.0 {
        return 0.0;
    }
    let acts = walk(moves, phases, &[]);
    (below(moves, phases, &acts, ramp, required) - below(moves, phases, &acts, 0.0, required))
        .max(0.0)
}

fn below(moves: &Moves, phases: &Phases, acts: &[Act], ramp: f64, required: u32) -> f64 {
    let healthy: Vec<(f64, f64)> = acts
        .iter()
        .flat_map(|act| {
            [
                (act.at + phases.cold_start.mean(), f64::from(act.cold)),
                (act.at + phases.start.mean(), f64::from(act.warm)),
            ]
        })
        .filter(|&(_, tasks)| tasks > 0.0)
        .collect();
    let mut moments: Vec<f64> = acts
        .iter()
        .map(|act| act.at)
        .chain(healthy.iter().flat_map(|&(at, _)| [at, at + ramp]))
        .collect();
    moments.sort_by(f64::total_cmp);
    let required = f64::from(required);
    // Just after a moment, and just before the next one, where it may jump.
    let worth = |at: f64, stopped_until: f64| {
        let old = f64::from(moves.desired)
            - acts
                .iter()
                .filter(|act| act.at <= stopped_until)
                .map(|act| f64::from(act.stopped))
                .sum::<f64>();
        let new: f64 = healthy
            .iter()
            .filter(|&&(from, _)| from <= stopped_until)
            .map(|&(from, tasks)| {
                tasks
                    * if ramp > 0.0 {
                        ((at - from) / ramp).clamp(0.0, 1.0)
                    } else {
                        1.0
                    }
            })
            .sum();
        old + new - required + 1e-9
    };
    moments
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let (begin, end) = (worth(from, from), worth(to, from));
            let share = match (begin < 0.0, end < 0.0) {
                (true, true) => 1.0,
                (false, false) => 0.0,
                _ => begin.min(end).abs() / (begin - end).abs(),
            };
            share * (to - from)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn short(percents: (u32, u32), free: u32, ramp: f64) -> f64 {
        let text = format!(
            "[service]\ndesired_count = 2\ntiming = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n\
             [deployment]\nminimum_healthy_percent = {}\nmaximum_percent = {}\nreaction = \"20s\"\n\
             [cluster]\nfree_tasks = {free}\n",
            percents.0, percents.1
        );
        let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly).expect("it is good");
        let moves = crate::rollout::scenario_moves(&read).expect("it fits");
        short_seconds(&moves, &Phases::of(&read), ramp, 2)
    }

    #[test]
    fn two_tasks_that_are_replaced_at_once_are_short_until_the_ramp_ends() {
        // Both are healthy at 100 s, the old ones are told to stop at 120 s; the ramp of 60 s ends
        // at 160 s: 40 s. A ramp as long as the reaction costs nothing.
        assert!((short((100, 200), 2, 60.0) - 40.0).abs() < 1e-6);
        assert!(short((100, 200), 2, 20.0) < 1e-6);
    }

    #[test]
    fn one_after_another_the_ramp_lengthens_each_gap() {
        // 50/100: healthy at 125 s, the second old one stops at 145 s; its successor is healthy at
        // 250 s and worth 1 at 310 s. Without a ramp short until 125 s and from 145 to 250 s. With
        // 60 s: 20 s more before 145 s, 60 s more after 250 s.
        assert!((short((50, 100), 0, 60.0) - 80.0).abs() < 1e-6);
    }

    #[test]
    fn no_ramp_changes_nothing() {
        assert!(short((100, 200), 2, 0.0) < 1e-12);
    }
}
