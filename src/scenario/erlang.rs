//! How many tasks keep the wait of requests short: the queue M/M/c, by Erlang's C formula.

use super::WaitingTarget;

/// Share of the requests that wait longer than the target with so many tasks; 1 where the queue
/// only grows.
///
/// # Formula
/// With offered load a = λ/μ and c tasks, B(0) = 1, B(n) = a·B(n − 1) / (n + a·B(n − 1)),
/// C = c·B(c) / (c − a·(1 − B(c))), and P(wait > t) = C · exp(−(c·μ − λ)·t). The recursion is
/// stable, as every term lies between 0 and 1 (R. B. Cooper, Introduction to Queueing Theory).
#[must_use]
pub fn wait_longer(waiting: &WaitingTarget, tasks: u32) -> f64 {
    let offered = offered(waiting);
    let blocked = (1..=tasks).fold(1.0, |blocked, n| next_blocked(offered, blocked, n));
    wait_with(waiting, tasks, blocked)
}

/// The fewest tasks that meet a waiting target, at most so many; None where these do not.
#[must_use]
pub fn tasks_for(waiting: &WaitingTarget, most: u32) -> Option<u32> {
    let offered = offered(waiting);
    let mut blocked = 1.0;
    (1..=most).find(|&tasks| {
        blocked = next_blocked(offered, blocked, tasks);
        wait_with(waiting, tasks, blocked) <= waiting.probability
    })
}

fn offered(waiting: &WaitingTarget) -> f64 {
    waiting.requests_per_second / waiting.task_requests_per_second
}

/// Erlang's B formula, one task more.
fn next_blocked(offered: f64, blocked: f64, tasks: u32) -> f64 {
    offered * blocked / (f64::from(tasks) + offered * blocked)
}

fn wait_with(waiting: &WaitingTarget, tasks: u32, blocked: f64) -> f64 {
    let (offered, tasks) = (offered(waiting), f64::from(tasks));
    if offered >= tasks {
        return 1.0;
    }
    let waits = tasks * blocked / (tasks - offered * (1.0 - blocked));
    let spare = tasks * waiting.task_requests_per_second - waiting.requests_per_second;
    waits * (-spare * waiting.target.0).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;

    fn target(requests: f64, each: f64, target: f64, probability: f64) -> WaitingTarget {
        WaitingTarget {
            requests_per_second: requests,
            task_requests_per_second: each,
            target: Seconds(target),
            probability,
        }
    }

    #[test]
    fn two_erlangs_on_three_tasks_wait_as_counted_by_hand() {
        // B(1) = 2/3, B(2) = 2/5, B(3) = 4/19, C = (12/19) / (3 − 30/19) = 4/9.
        let at_once = target(2.0, 1.0, 0.0, 0.05);
        assert!((wait_longer(&at_once, 3) - 4.0 / 9.0).abs() < 1e-12);
        // Waiting more than a second: 4/9 · exp(−1).
        let second = target(2.0, 1.0, 1.0, 0.05);
        assert!((wait_longer(&second, 3) - 4.0 / 9.0 * (-1.0_f64).exp()).abs() < 1e-12);
        // Two tasks cannot keep up with two erlangs.
        assert!((wait_longer(&at_once, 2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_task_is_the_queue_with_one_server() {
        // P(wait) = ρ.
        assert!((wait_longer(&target(0.3, 1.0, 0.0, 0.05), 1) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn the_tasks_are_the_fewest_that_meet_the_target() {
        // C(3, 2) = 0.44, C(4, 2) = 4/23 = 0.174, C(5, 2) = 0.0597.
        let at_once = target(2.0, 1.0, 0.0, 0.1);
        assert!((wait_longer(&at_once, 4) - 4.0 / 23.0).abs() < 1e-12);
        assert_eq!(tasks_for(&at_once, 100), Some(5));
        assert_eq!(tasks_for(&at_once, 4), None);
    }

    #[test]
    fn thousands_of_tasks_do_not_overflow() {
        let large = target(5000.0, 1.0, 0.1, 0.01);
        let tasks = tasks_for(&large, 100_000).expect("some number is enough");
        assert!((5001..5200).contains(&tasks), "{tasks}");
        assert!(wait_longer(&large, tasks - 1) > 0.01);
    }
}
