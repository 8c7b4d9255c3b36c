//! `[service.load]`: how many tasks carry the load.

use super::service::MOST_TASKS;
use super::table::Table;
use crate::scenario::WaitingTarget;
use crate::scenario::erlang;

/// What is known of the load.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    /// Tasks that carry it; absent: not said.
    pub(super) required_tasks: Option<u32>,
    /// The waiting target they follow from.
    pub(super) waiting: Option<WaitingTarget>,
}

/// The tasks that carry the load, and from which target.
pub(super) fn read(load: &Table<'_>, desired_count: Option<u32>) -> Load {
    let Some(waiting) = waiting(load) else {
        return Load {
            required_tasks: required_tasks(load, desired_count),
            waiting: None,
        };
    };
    let required_tasks = erlang::tasks_for(&waiting, MOST_TASKS);
    if required_tasks.is_none() {
        let expected = format!("a target that at most {MOST_TASKS} tasks meet");
        load.reject("wait_target", &expected, "check the rates and the target");
    }
    Load {
        required_tasks,
        waiting: Some(waiting),
    }
}

/// The waiting target; absent where none is given or a problem was noted.
fn waiting(load: &Table<'_>) -> Option<WaitingTarget> {
    const RATES: [&str; 2] = ["requests_per_second", "task_requests_per_second"];
    let target = load.seconds("wait_target", 0.0..=3600.0);
    let expected = "a share of the requests above 0, below 1";
    let probability = load.share("wait_probability", 1e-9..=0.999_999_999, expected);
    if !load.has("wait_target") {
        if load.has("wait_probability") {
            let expected = "wait_target, the wait that so many requests may exceed";
            let hint = "give wait_target = \"0s\" if none may wait";
            load.need("wait_target", target, expected, hint);
        }
        return None;
    }
    if load.has("required_tasks") {
        let expected = "either required_tasks or a waiting target";
        load.reject("wait_target", expected, "remove one of them");
        return None;
    }
    let rates = RATES.map(|key| {
        let expected = "both rates: a waiting target needs them";
        load.need(key, load.positive(key), expected, "give it in 1/s")
    });
    if !load.has("wait_probability") {
        load.assume(
            "wait_probability",
            0.05,
            "one request of twenty may wait longer",
        );
    }
    let [requests_per_second, task_requests_per_second] = rates;
    Some(WaitingTarget {
        requests_per_second: requests_per_second?,
        task_requests_per_second: task_requests_per_second?,
        target: target?,
        probability: if load.has("wait_probability") {
            probability?
        } else {
            0.05
        },
    })
}

/// Tasks that carry the load: given, or the two rates' ratio rounded up; absent: not said.
fn required_tasks(load: &Table<'_>, desired_count: Option<u32>) -> Option<u32> {
    const TOTAL: &str = "requests_per_second";
    const EACH: &str = "task_requests_per_second";
    let stated = load.integer("required_tasks", 1..=MOST_TASKS);
    let total = load.positive(TOTAL);
    let each = load.positive(EACH);
    if load.has("required_tasks") {
        for rate in [TOTAL, EACH] {
            if load.has(rate) {
                load.reject(
                    rate,
                    "either required_tasks or the two rates",
                    "remove one of them",
                );
            }
        }
        return stated;
    }
    if load.has(TOTAL) || load.has(EACH) {
        let expected = "both requests_per_second and task_requests_per_second";
        let total = load.need(TOTAL, total, expected, "give the other rate too");
        let each = load.need(EACH, each, expected, "give the other rate too");
        return tasks_for(load, total? / each?);
    }
    if load.is_given() {
        let expected = "required_tasks or the two rates";
        load.need::<u32>(
            "required_tasks",
            None,
            expected,
            "give them, or remove the table",
        );
    } else if let Some(desired_count) = desired_count {
        let why = "no load is given: every task is taken to be needed";
        load.assume("required_tasks", desired_count, why);
    }
    None
}

/// A ratio of rates rounded up; one that is whole but for the last bits stays.
fn tasks_for(load: &Table<'_>, ratio: f64) -> Option<u32> {
    let tasks = (ratio * (1.0 - 1e-12)).ceil();
    if tasks > f64::from(MOST_TASKS) {
        let expected = format!("rates that need at most {MOST_TASKS} tasks");
        load.reject("requests_per_second", &expected, "check both rates");
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, positive and at most MOST_TASKS"
    )]
    Some(tasks as u32)
}
