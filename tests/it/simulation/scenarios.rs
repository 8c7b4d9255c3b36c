//! The simulation with hosts, limits, failures, spot and release, worked by hand; and of whole
//! scenarios beside the model.

use std::path::Path;

use prescale::model::estimate;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::scenario::{ContainerHealthCheck, DurationLaw, ReleaseHosts, Scenario, Together};
use prescale::simulate::{
    Asked, Bound, Halt, Outcome, Prepared, Run, Setup, StartLimit, Verdict, outcomes, simulate,
};
use prescale::units::Seconds;

use super::Params;
use super::cases::{by_hand, two_tasks};

fn asked(runs: u32, threads: u32) -> Asked {
    Asked {
        runs,
        seed: 7,
        threads,
    }
}

fn played(setup: &Setup, runs: u32) -> Result<Vec<Outcome>, Halt> {
    let prepared = Prepared::of(setup).expect("the old tasks have places");
    outcomes(&prepared, asked(runs, 1))
}

fn example(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/examples")
        .join(name);
    let text = std::fs::read_to_string(path).expect("the example is there");
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("the example is valid")
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let scenario = example("web.toml");
    let alone = simulate(&scenario, asked(101, 1)).expect("the tasks have places");
    for threads in [2, 3, 200] {
        let together = simulate(&scenario, asked(101, threads)).expect("the tasks have places");
        assert_eq!(alone, together, "{threads} threads");
    }
    let other_seed = Asked {
        seed: 8,
        ..asked(101, 1)
    };
    let other = simulate(&scenario, other_seed).expect("the tasks have places");
    assert_ne!(alone.duration, other.duration);
}

#[test]
fn starts_wait_for_tokens() {
    // −4 +4 at 20; two tokens at once, the others at 30 and 40: healthy 40 + 70.
    let mut setup = by_hand(0, 8).setup();
    setup.start_limits = vec![StartLimit {
        burst: 2.0,
        per_second: 0.1,
    }];
    let run = played(&setup, 1).expect("it ends")[0];
    assert!((run.new_version - 110.0).abs() < 1e-9, "{run:?}");
}

#[test]
fn half_of_the_starts_fail() {
    // +1 at 20; every attempt takes 70 s and is followed by a reaction of 20 s; one fails on
    // average: 20 + 90 + 70.
    let mut setup = Params {
        desired: 1,
        upper: 2,
        warm_places: 1,
        ..by_hand(1, 4)
    }
    .setup();
    setup.failed_start = 0.5;
    let runs = played(&setup, 4_000).expect("it ends");
    let mean = runs.iter().map(|run| run.new_version).sum::<f64>() / 4_000.0;
    // Deviation 90 · √2.
    assert!(
        (mean - 180.0).abs() < 4.0 * 127.3 / 4_000_f64.sqrt(),
        "{mean}"
    );
    assert!(runs.iter().all(|run| (run.excess_task_seconds) >= 0.0));
}

#[test]
fn a_grace_period_kills_and_a_longer_one_does_not() {
    let mut setup = two_tasks(2, 4).setup();
    setup.grace = Some(Seconds::ZERO);
    assert_eq!(played(&setup, 20), Err(Halt::Failing));
    setup.grace = Some(Seconds(1000.0));
    let patient = played(&setup, 20).expect("it ends");
    assert!(patient.iter().all(|run| run.failed == 0));
    // Fixed readiness of 100 s and a check each 30 s: the second failure comes after 30 to 60 s,
    // healthy after 220 to 250 s; with a grace of 230 s two thirds are killed.
    setup.timing.ready = DurationLaw::fixed(Seconds(100.0));
    setup.grace = Some(Seconds(230.0));
    let runs = played(&setup, 2_000).expect("it ends");
    let sum = |of: fn(&Outcome) -> u64| {
        let sum = runs.iter().map(of).sum::<u64>();
        f64::from(u32::try_from(sum).expect("not so many"))
    };
    let (killed, starts) = (sum(|run| run.failed), sum(|run| run.starts));
    assert!(
        (killed / starts - 2.0 / 3.0).abs() < 0.02,
        "{killed} of {starts}"
    );
}

/// Four tasks that stop and start at once on one host of so many processors.
fn sharing(together: Together, processors: f64) -> Setup {
    let mut setup = by_hand(0, 8).setup();
    setup.timing.together = together;
    setup.hosts[0].processors = Some(processors);
    setup
}

#[test]
fn images_that_are_pulled_at_once_share_the_line() {
    // +4 at 20: four pulls of 15 s take 60, the rest of the start 15, the verdict 40.
    let together = Together {
        pull_share: 0.5,
        start_cpu: Seconds::ZERO,
    };
    let run = played(&sharing(together, 2.0), 1).expect("it ends")[0];
    assert!((run.new_version - 135.0).abs() < 1e-6, "{run:?}");
    // One at a time each has the line for itself.
    let mut setup = by_hand(3, 4).setup();
    setup.timing.together = together;
    setup.hosts[0].processors = Some(2.0);
    let alone = played(&by_hand(3, 4).setup(), 1).expect("it ends")[0];
    let run = played(&setup, 1).expect("it ends")[0];
    assert!(
        (run.new_version - alone.new_version).abs() < 1e-6,
        "{run:?}"
    );
}

#[test]
fn tasks_that_work_until_they_are_ready_share_the_processors() {
    // RUNNING at 50. Alone ready 75 s later; four times 20 s of work on two processors take 40:
    // ready 95 s later, seen at the probe 100 s after RUNNING.
    let work = Together {
        pull_share: 0.0,
        start_cpu: Seconds(20.0),
    };
    let probe = ContainerHealthCheck {
        interval: Seconds(10.0),
        timeout: Seconds(5.0),
        retries: 10,
        start_period: Seconds::ZERO,
    };
    for (processors, healthy) in [(2.0, 150.0), (4.0, 130.0), (1.0, 190.0)] {
        let mut setup = sharing(work, processors);
        setup.health_check = Some(probe);
        let run = played(&setup, 1).expect("it ends")[0];
        assert!((run.new_version - healthy).abs() < 1e-6, "{run:?}");
    }
    // Nothing checks whether they are ready.
    let run = played(&sharing(work, 1.0), 1).expect("it ends")[0];
    assert!((run.new_version - 90.0).abs() < 1e-6, "{run:?}");
}

#[test]
fn tasks_that_are_slow_together_outlast_their_grace() {
    // Ready after 25 s alone, seen at 30 s. Unhealthy at the third probe at 30 s and killed at 35 s
    // if not ready then: four on one processor are ready after 4 · 20 + 5 s.
    let mut setup = sharing(
        Together {
            pull_share: 0.0,
            start_cpu: Seconds(20.0),
        },
        1.0,
    );
    setup.timing.ready = DurationLaw::fixed(Seconds(25.0));
    setup.grace = Some(Seconds(35.0));
    setup.health_check = Some(ContainerHealthCheck {
        interval: Seconds(10.0),
        timeout: Seconds(5.0),
        retries: 3,
        start_period: Seconds::ZERO,
    });
    assert_eq!(played(&setup, 1), Err(Halt::Failing));
    setup.hosts[0].processors = Some(4.0);
    let run = played(&setup, 1).expect("it ends")[0];
    assert!(
        run.failed == 0 && (run.new_version - 80.0).abs() < 1e-6,
        "{run:?}"
    );
}

#[test]
fn tasks_move_off_the_newest_hosts_under_the_bounds() {
    // +4 on added hosts at 20, healthy 105, −4 at 125, gone 135, completed 155. Then +4 at 175 on
    // the old host, healthy 245, −4 at 265, gone 275, seen 295.
    let mut setup = Params {
        warm_places: 0,
        cold_places: 4,
        ..by_hand(4, 8)
    }
    .setup();
    setup.adding.release_hosts = ReleaseHosts::Newest;
    setup.adding.boot = DurationLaw::fixed(Seconds(150.0));
    setup.adding.release = Seconds(60.0);
    let run = played(&setup, 1).expect("it ends")[0];
    let found = [run.lead, run.new_version, run.completed, run.evacuation];
    for (found, expected) in found.into_iter().zip([150.0, 105.0, 155.0, 140.0]) {
        assert!((found - expected).abs() < 1e-9, "{run:?}");
    }
    let hours = 4.0 * (150.0 + 155.0 + 140.0 + 60.0) / 3600.0;
    assert!((run.billed_hours[0] - hours).abs() < 1e-9, "{run:?}");
}

#[test]
fn a_task_waits_for_the_host_that_comes_instead() {
    // Notice at 0, seen at 20: no room. Tried at 40, 60 and 70, 50 s after the first failure; the
    // host joins 150 after its end at 120; tried at 370, healthy 440.
    let mut setup = Params {
        desired: 1,
        upper: 2,
        required: 1,
        warm_places: 0,
        ..by_hand(1, 4)
    }
    .setup();
    setup.adding.boot = DurationLaw::fixed(Seconds(150.0));
    setup.timing.cold_start_extra = DurationLaw::fixed(Seconds::ZERO);
    setup.hosts[0].hazard = 1e-6;
    let prepared = Prepared::of(&setup).expect("the old task has a place");
    let [host, pool, zone] = prepared.hazards_at_rest();
    assert!((host - 1e-6).abs() < 1e-18 && pool + zone <= 0.0);
    let mut run = Run::new(&prepared, 1, 1);
    run.spare();
    let [short, whole] = run.recover(0).expect("it recovers");
    assert!((short - 440.0).abs() < 1e-9, "{short}");
    assert!((whole - 440.0).abs() < 1e-9, "{whole}");
}

#[test]
fn a_stuck_example_is_found_to_be_stuck() {
    let answer = simulate(&example("stuck.toml"), asked(10, 1)).expect("the tasks have places");
    assert_eq!(answer.verdict, Verdict::Stuck);
    let stuck = answer.stuck.expect("the reason is told");
    assert_eq!(stuck.bound, Bound::HostRoom);
    assert!(answer.duration.is_none());
}

#[test]
fn examples_agree_with_the_model() {
    for name in [
        "web.toml",
        "two-tasks-no-room.toml",
        "settings-first.toml",
        "prescaling-pays.toml",
        "t2-micro-free-hours.toml",
        "clb-static-ports.toml",
        "daemons-and-closed-host.toml",
        "billing-hourly.toml",
        "fargate.toml",
    ] {
        let scenario = example(name);
        let model = estimate(&scenario).expect("the tasks have places");
        let simulated = simulate(&scenario, asked(1_500, 1)).expect("the tasks have places");
        let tasks = simulated.tasks;
        assert_eq!(
            (tasks.lower_bound, tasks.upper_bound, tasks.room),
            (
                model.tasks.lower_bound,
                model.tasks.upper_bound,
                model.tasks.room
            ),
            "{name}"
        );
        assert_eq!(
            (tasks.min_healthy, tasks.peak),
            (model.tasks.min_healthy, model.tasks.peak),
            "{name}"
        );
        let (Some(predicted), Some(found), Some(errors)) = (
            model.duration,
            simulated.duration,
            simulated.standard_errors,
        ) else {
            panic!("{name} is stuck");
        };
        for (what, predicted, found, error) in [
            (
                "lead",
                predicted.lead_s.mean.0,
                found.lead_s.mean,
                errors.lead_s.mean,
            ),
            (
                "new version",
                predicted.new_version_s.mean.0,
                found.new_version_s.mean,
                errors.new_version_s.mean,
            ),
            (
                "completed",
                predicted.completed_s.mean.0,
                found.completed_s.mean,
                errors.completed_s.mean,
            ),
            (
                "release",
                predicted.release_s.mean.0,
                found.release_s.mean,
                errors.release_s.mean,
            ),
        ] {
            let tolerance = 0.02 * found + 4.0 * error;
            assert!(
                (predicted - found).abs() <= tolerance,
                "{name}, {what}: model {predicted}, simulation {found} ± {error}"
            );
        }
        let each = (
            model.cost.per_deployment_usd.0,
            simulated.cost.per_deployment_usd.0,
        );
        assert!(
            (each.0 - each.1).abs() <= 0.03 * each.1.abs() + 1e-4,
            "{name}: a deployment costs {each:?}"
        );
        let serving = (
            model.cost.serving_usd_per_month.0,
            simulated.cost.serving_usd_per_month.0,
        );
        assert!(
            (serving.0 - serving.1).abs() < 1e-6,
            "{name}: serving {serving:?}"
        );
    }
}
