//! The rules that the model follows, one by one, against what the recordings show directly: first
//! of all how long the scheduler takes to react.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::facts::Recording;
use super::median;
use super::recordings::USUAL_INTERVAL_S;
use crate::import::deployments::{self, EventOrder};
use crate::import::events::{Event, EventKind};
use crate::import::timestamps::between;
use crate::model::law::Law;
use crate::scenario::DurationLaw;
use crate::simulate::statistics::mean;

/// A first event later than this after a request does not belong to it \[s\].
const LONGEST_REACTION: f64 = 60.0;
/// Two messages of one decision are at most so far apart \[s\].
const ONE_DECISION: f64 = 30.0;
/// Grid of the default law, for its quantiles \[s\].
const STEP: f64 = 0.05;

/// A delay of the scheduler that a recording shows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reaction {
    /// Its file in `data/recorded`, without the ending.
    pub recording: &'static str,
    /// From which change to which move.
    pub change: Change,
    /// How long it took \[s\].
    pub seconds: f64,
}

/// What the scheduler reacted to, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Request → first event.
    Request,
    /// Last old task STOPPED → the start that waited for it, or the end.
    Stopped,
    /// New task judged healthy → an old one told to stop.
    Healthy,
    /// Task judged unhealthy → its replacement started.
    Unhealthy,
}

/// What the recordings say of the default reaction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Every delay.
    pub reactions: Vec<Reaction>,
    /// Their mean \[s\].
    pub mean_s: f64,
    /// Their standard deviation over their mean.
    pub cv: f64,
    /// The mean of those that answer a request \[s\].
    pub mean_of_requests_s: f64,
    /// The mean of all others \[s\].
    pub mean_of_others_s: f64,
    /// The mean of the means of each recording \[s\]: delays of one log are alike.
    pub mean_of_recordings_s: f64,
    /// Its 95 % confidence interval, by Student's t over recordings \[s\].
    pub mean_interval_s: [f64; 2],
    /// The default mean \[s\].
    pub default_mean_s: f64,
    /// The default's quantiles 0.05 and 0.95 \[s\].
    pub default_range_s: [f64; 2],
    /// How many of the delays lie in it.
    pub in_default_range: usize,
}

/// One rule against the recordings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// What was looked at.
    pub what: &'static str,
    /// What the rule says it is, from and to \[s\].
    pub expected_s: [f64; 2],
    /// What was recorded \[s\], in order.
    pub seen_s: Vec<f64>,
    /// In how many recordings.
    pub recordings: usize,
    /// The middle of what was recorded \[s\].
    pub median_s: f64,
    /// Whether the middle is what the rule says; absent where too little was recorded.
    pub holds: Option<bool>,
    /// What follows where it is not.
    pub consequence: &'static str,
}

/// So many values at least tell whether a rule holds.
const ENOUGH: usize = 3;

/// The delays of the scheduler that recordings show directly, against the default law; absent
/// where there are fewer than two recordings that do.
///
/// # Formula
/// With the mean m of n recordings' means and their standard deviation s: m ± t(0.975, n − 1)·s/√n.
#[must_use]
pub fn calibration(recordings: &[Recording], default: DurationLaw) -> Option<Calibration> {
    let reactions: Vec<Reaction> = recordings.iter().flat_map(reactions).collect();
    let seconds: Vec<f64> = reactions.iter().map(|one| one.seconds).collect();
    let (all, error) = mean(&seconds);
    let (requests, others): (Vec<Reaction>, Vec<Reaction>) = reactions
        .iter()
        .partition(|one| one.change == Change::Request);
    let mean_of = |some: &[Reaction]| {
        let seconds: Vec<f64> = some.iter().map(|one| one.seconds).collect();
        mean(&seconds).0
    };
    let mut by_recording = BTreeMap::<&str, Vec<f64>>::new();
    for one in &reactions {
        by_recording
            .entry(one.recording)
            .or_default()
            .push(one.seconds);
    }
    let means: Vec<f64> = by_recording.values().map(|values| mean(values).0).collect();
    let (middle, middle_error) = mean(&means);
    let student = StudentsT::new(0.0, 1.0, number(means.len()) - 1.0).ok()?;
    let reach = student.inverse_cdf(0.975) * middle_error;
    let law = Law::of(default, STEP);
    let range = [law.quantile(0.05), law.quantile(0.95)];
    Some(Calibration {
        mean_s: all,
        cv: error * number(seconds.len()).sqrt() / all,
        mean_of_requests_s: mean_of(&requests),
        mean_of_others_s: mean_of(&others),
        mean_of_recordings_s: middle,
        mean_interval_s: [middle - reach, middle + reach],
        default_mean_s: default.mean.0,
        default_range_s: range,
        in_default_range: seconds
            .iter()
            .filter(|seconds| (range[0]..=range[1]).contains(*seconds))
            .count(),
        reactions,
    })
}

fn reactions(recording: &Recording) -> Vec<Reaction> {
    let mut all = Vec::new();
    let mut add = |change: Change, from: Timestamp, to: Timestamp| {
        let seconds = between(from, to).0;
        if (0.0..=LONGEST_REACTION).contains(&seconds) {
            all.push(Reaction {
                recording: recording.name,
                change,
                seconds,
            });
        }
    };
    for request in &recording.requests {
        let mut after = recording
            .events
            .iter()
            .filter(|event| event.at >= request.created_at && event.kind != EventKind::SteadyState);
        if let Some(first) = after.next() {
            add(Change::Request, request.created_at, first.at);
        }
    }
    // Only in logs that drain first does "has stopped" mean that the task is gone.
    if order(recording) == Some(EventOrder::DrainThenStopped) {
        for pair in recording.events.windows(2) {
            if let [stopped, next] = pair
                && matches!(stopped.kind, EventKind::StoppedRunning { .. })
                && matches!(
                    next.kind,
                    EventKind::Started { .. } | EventKind::SteadyState
                )
            {
                add(Change::Stopped, stopped.at, next.at);
            }
        }
    }
    for (change, from, to) in [
        (Change::Healthy, "judged-healthy", "stop-decided"),
        (Change::Unhealthy, "judged-unhealthy", "replacement-started"),
    ] {
        if let (Some(from), Some(to)) = (observed(recording, from), observed(recording, to)) {
            add(change, from, to);
        }
    }
    all
}

fn observed(recording: &Recording, what: &str) -> Option<Timestamp> {
    let found = recording.observed.iter().find(|(_, seen)| seen == what);
    found.map(|(at, _)| *at)
}

/// What "has stopped" means in a log; absent where nothing drains.
fn order(recording: &Recording) -> Option<EventOrder> {
    let draining = recording.events.iter().find_map(|event| match &event.kind {
        EventKind::Draining { task_set, .. } => Some(task_set.is_some()),
        _ => None,
    });
    draining.map(|of_task_set| {
        if of_task_set {
            EventOrder::StoppedThenDrain
        } else {
            EventOrder::DrainThenStopped
        }
    })
}

/// The rules that recordings show directly. `default` is the law of reactions; what the rule says
/// of the middle of several is its range from quantile 0.25 to 0.75.
#[must_use]
pub fn rules(recordings: &[Recording], default: DurationLaw) -> Vec<Rule> {
    let law = Law::of(default, STEP);
    let reaction = [law.quantile(0.25), law.quantile(0.75)];
    let after = |seconds: f64| [reaction[0] + seconds, reaction[1] + seconds];
    let of_change = |change: Change| {
        move |recording: &Recording| {
            let all = reactions(recording).into_iter();
            all.filter(|one| one.change == change)
                .map(|one| one.seconds)
                .collect::<Vec<f64>>()
        }
    };
    let rule = |what, expected_s, consequence, seen: &dyn Fn(&Recording) -> Vec<f64>| {
        let seen: Vec<Vec<f64>> = recordings.iter().map(seen).collect();
        let mut all: Vec<f64> = seen.iter().flatten().copied().collect();
        all.sort_by(f64::total_cmp);
        let median_s = median(all.clone())?;
        let [low, high]: [f64; 2] = expected_s;
        Some(Rule {
            what,
            expected_s,
            recordings: seen.iter().filter(|seen| !seen.is_empty()).count(),
            median_s,
            holds: (all.len() >= ENOUGH).then(|| (low..=high).contains(&median_s)),
            consequence,
            seen_s: all,
        })
    };
    // Messages of one second may be written in the next.
    let at_once = [0.0, 1.0];
    [
        rule(
            "from the request to the first move: one reaction",
            reaction,
            "the predictions above take the usual wait of the other recordings",
            &of_change(Change::Request),
        ),
        rule(
            "from an old task gone to the start that waits for it, or the end: one reaction",
            reaction,
            "",
            &of_change(Change::Stopped),
        ),
        rule(
            "from a new task healthy to an old one told to stop: one reaction",
            reaction,
            "",
            &of_change(Change::Healthy),
        ),
        rule(
            "from a task unhealthy to its replacement started: one reaction",
            reaction,
            "",
            &of_change(Change::Unhealthy),
        ),
        rule(
            "with 0/200, from the first stop to the first start: the same act",
            at_once,
            "",
            &stop_and_start,
        ),
        rule(
            "from told to stop to deregistered: the same act",
            at_once,
            "since about 2021 \"has stopped\" is written well before the target leaves; the model \
             has no such time, `import` puts it into `completion_lag`",
            &deregistered,
        ),
        rule(
            "from running to registered: at once",
            at_once,
            "a start that is fitted on registrations contains the difference",
            &registered,
        ),
        rule(
            "without deregistration delay, from the drain's begin to completed: a stop of 5 s, one \
             reaction",
            after(5.0),
            "`completion_lag` is 0 s unless given or fitted, which is too little on Fargate today",
            &drained_without_delay,
        ),
        rule(
            "without load balancer, from the last start to the end of a creation: the start, 40 s, \
             one reaction",
            [after(40.0)[0], f64::INFINITY],
            "such a service is done sooner than predicted: one log of 2025 shows no wait of 40 s",
            &without_load_balancer,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From the first stop to the first start of deployments that may do both at once.
fn stop_and_start(recording: &Recording) -> Vec<f64> {
    let settings = &recording.settings;
    let percents = ["minimum_healthy_percent", "maximum_percent"].map(|key| settings.number(key));
    if percents != [Some(0), Some(200)] {
        return Vec::new();
    }
    let found = deployments::find(&recording.events, &recording.requests);
    let all = found.deployments.iter();
    all.filter_map(|one| Some(between(one.stop_decision?, one.first_start).0.abs()))
        .collect()
}

/// From each "has stopped" to the deregistration that follows it, in logs where that is a decision.
fn deregistered(recording: &Recording) -> Vec<f64> {
    if order(recording) != Some(EventOrder::StoppedThenDrain) {
        return Vec::new();
    }
    let is_stop = |event: &&Event| matches!(event.kind, EventKind::StoppedRunning { .. });
    let stops = recording.events.iter().enumerate();
    stops
        .filter(|(_, event)| is_stop(event))
        .filter_map(|(index, stop)| {
            let later = recording.events.get(index + 1..)?;
            let next = later
                .iter()
                .take_while(|event| !is_stop(event))
                .find(|event| matches!(event.kind, EventKind::Deregistered { .. }))?;
            Some(between(stop.at, next.at).0)
        })
        .filter(|seconds| *seconds <= ONE_DECISION)
        .collect()
}

/// From RUNNING to registered, each task in turn.
fn registered(recording: &Recording) -> Vec<f64> {
    let running = recording
        .observed
        .iter()
        .filter(|(_, what)| what == "running");
    let registered = recording.events.iter().flat_map(|event| {
        let targets = match event.kind {
            EventKind::Registered { targets, .. } => targets,
            _ => 0,
        };
        std::iter::repeat_n(event.at, targets as usize)
    });
    running
        .zip(registered)
        .map(|((running, _), registered)| between(*running, registered).0)
        .collect()
}

/// From the drain to the end where a target does not drain at all.
fn drained_without_delay(recording: &Recording) -> Vec<f64> {
    if recording.settings.number("deregistration_delay_s") != Some(0) {
        return Vec::new();
    }
    let found = deployments::find(&recording.events, &recording.requests);
    let all = found.deployments.iter();
    all.filter(|one| one.completed().is_some())
        .filter_map(|one| Some(between(one.drain_begun?, one.ended_at?).0))
        .collect()
}

/// From the last start to the end, of tasks without a load balancer that replaced none.
fn without_load_balancer(recording: &Recording) -> Vec<f64> {
    if recording.has_load_balancer() {
        return Vec::new();
    }
    let found = deployments::find(&recording.events, &recording.requests);
    let all = found.growths.iter();
    all.filter_map(|one| {
        let last = one
            .events
            .iter()
            .rfind(|event| matches!(event.kind, EventKind::Started { .. }))?;
        Some(between(last.at, one.ended_at?).0)
    })
    .collect()
}

/// How much the time from registered to the next stop varies within one log.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VerdictSpread {
    /// Its file in `data/recorded`, without the ending.
    pub recording: &'static str,
    /// How many deployments.
    pub deployments: usize,
    /// Their mean \[s\].
    pub mean_s: f64,
    /// Their standard deviation \[s\].
    pub deviation_s: f64,
    /// The standard deviation by the rules, of the checks and the reaction alone \[s\].
    pub expected_deviation_s: f64,
}

/// How much the time from registered to the next stop varies, for logs with three or more.
///
/// # Formula
/// By the rules at least √(I²/12 + (cv·m)²) with the interval I of the checks, their phase being
/// uniform, and a reaction of mean m.
#[must_use]
pub fn verdict_spreads(recordings: &[Recording], default: DurationLaw) -> Vec<VerdictSpread> {
    let spreads = recordings.iter().filter_map(|recording| {
        let found = deployments::find(&recording.events, &recording.requests);
        let verdicts: Vec<f64> = found
            .deployments
            .iter()
            .filter(|one| one.completed().is_some())
            .filter_map(|one| Some(between(one.last_registered?, one.stop_decision?).0))
            .filter(|seconds| *seconds >= 0.0)
            .collect();
        let (mean_s, error) = mean(&verdicts);
        let interval = recording.settings.number("health_check_interval_s");
        let interval = f64::from(interval.unwrap_or(USUAL_INTERVAL_S));
        (verdicts.len() >= ENOUGH).then(|| VerdictSpread {
            recording: recording.name,
            deployments: verdicts.len(),
            mean_s,
            deviation_s: error * number(verdicts.len()).sqrt(),
            expected_deviation_s: (interval / 12.0_f64.sqrt()).hypot(default.cv * default.mean.0),
        })
    });
    spreads.collect()
}

#[expect(clippy::cast_precision_loss, reason = "a count of recordings")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;
    use crate::validate::facts::recordings;

    const DEFAULT: DurationLaw = DurationLaw::lognormal(Seconds(20.0), 0.4);

    /// What the document says in words, which stay as they are when a recording is added.
    #[test]
    fn all_but_the_reaction_to_a_request_agree_with_the_default() {
        let found = calibration(&recordings().unwrap(), DEFAULT).unwrap();
        assert!(found.reactions.len() >= 15);
        assert!(
            (found.mean_of_others_s - DEFAULT.mean.0).abs() < 3.0,
            "{found:?}"
        );
        assert!(
            found.mean_of_requests_s < 0.75 * DEFAULT.mean.0,
            "{found:?}"
        );
    }

    #[test]
    fn a_delay_is_found_where_a_log_shows_it() {
        let all = recordings().unwrap();
        let of = |name: &str| {
            let recording = all.iter().find(|one| one.name == name).unwrap();
            let found = reactions(recording).into_iter();
            found
                .map(|one| (one.change, (one.seconds * 10.0).round() / 10.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("ec2-3-tasks-0-200-2020"),
            [(Change::Request, 10.0), (Change::Stopped, 19.0)]
        );
        assert_eq!(
            of("replacement-b"),
            [(Change::Healthy, 7.1), (Change::Unhealthy, 35.5)]
        );
        // Here "has stopped" is a decision: what follows it is no reaction to a task that is gone.
        assert_eq!(of("order-2-tasks"), []);
    }

    #[test]
    fn rules_that_differ_are_called_so() {
        let rules = rules(&recordings().unwrap(), DEFAULT);
        let of = |words: &str| {
            let found = rules.iter().find(|rule| rule.what.contains(words));
            found.unwrap().holds
        };
        assert_eq!(of("first move"), Some(false));
        assert_eq!(of("old task gone"), Some(true));
        assert_eq!(of("deregistered: "), Some(false));
        assert_eq!(of("without deregistration delay"), None);
        for rule in rules.iter().filter(|rule| rule.holds == Some(false)) {
            assert!(!rule.consequence.is_empty(), "{}", rule.what);
        }
    }
}
