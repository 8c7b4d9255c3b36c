//! The simulation against cases worked by hand and the case the project began from.

use prescale::scenario::{
    ContainerHealthCheck, DurationLaw, HealthRule, LoadBalancer, LoadBalancerKind, Timing,
};
use prescale::units::Seconds;

use super::{Params, run};

fn fixed(seconds: f64) -> DurationLaw {
    DurationLaw::fixed(Seconds(seconds))
}

/// Four tasks, nothing varies: start 30 s, verdict 40 s after RUNNING, stop 10 s, reaction 20 s.
pub fn by_hand(lower: u32, upper: u32) -> Params {
    Params {
        desired: 4,
        lower,
        upper,
        stopping_counts: true,
        warm_places: upper - 4,
        cold_places: 0,
        required: 4,
        timing: Timing {
            start: fixed(30.0),
            ready: fixed(75.0),
            stop: fixed(10.0),
            stop_timeout: Seconds(30.0),
            cold_start_extra: fixed(15.0),
            together: prescale::scenario::Together::default(),
        },
        reaction: fixed(20.0),
        load_balancer: None,
        health_check: None,
        completion_lag: Seconds::ZERO,
    }
}

fn balancer(kind: LoadBalancerKind) -> LoadBalancer {
    LoadBalancer {
        kind,
        health_check_interval: Seconds(30.0),
        healthy_threshold: if kind == LoadBalancerKind::Clb { 10 } else { 5 },
        unhealthy_threshold: 2,
        deregistration_delay: Seconds(300.0),
        health_rule: HealthRule::FirstPass,
        registration_delay: fixed(120.0),
        slow_start: Seconds::ZERO,
    }
}

/// Two tasks behind an application load balancer, as the project found them.
pub fn two_tasks(lower: u32, upper: u32) -> Params {
    Params {
        desired: 2,
        lower,
        upper,
        stopping_counts: true,
        warm_places: upper - 2,
        cold_places: 0,
        required: 2,
        timing: Timing {
            start: DurationLaw::lognormal(Seconds(45.0), 0.2),
            ready: DurationLaw::lognormal(Seconds(75.0), 0.2),
            stop: DurationLaw::lognormal(Seconds(5.0), 0.5),
            stop_timeout: Seconds(30.0),
            cold_start_extra: fixed(20.0),
            together: prescale::scenario::Together::default(),
        },
        reaction: DurationLaw::lognormal(Seconds(20.0), 0.4),
        load_balancer: Some(balancer(LoadBalancerKind::Alb)),
        health_check: None,
        completion_lag: Seconds::ZERO,
    }
}

/// `new_version`, `completed`, seconds short of the desired count, excess task seconds.
#[track_caller]
fn assert_exactly(params: &Params, expected: [f64; 4]) {
    let summary = run(params, 3, 1);
    let found = [
        summary.new_version.mean,
        summary.completed.mean,
        summary.short_seconds,
        summary.excess_task_seconds,
    ];
    assert!(
        found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-9),
        "found {found:?}, expected {expected:?}"
    );
}

#[test]
fn two_before_two() {
    // −2 at 20, gone 30, +2 at 50, healthy 120, −2 at 140, gone 150, +2 at 170, healthy 240.
    assert_exactly(&by_hand(2, 4), [240.0, 260.0, 200.0, -80.0]);
}

#[test]
fn one_more_one_less_four_times() {
    // +1 at 20, healthy 90, −1 at 110, gone 120, and again every 120 s.
    assert_exactly(&by_hand(4, 5), [450.0, 500.0, 0.0, 400.0]);
}

#[test]
fn three_then_one() {
    // −3 at 20, gone 30, +3 at 50, healthy 120, −1 at 140, gone 150, +1 at 170, healthy 240.
    assert_exactly(&by_hand(1, 4), [240.0, 260.0, 200.0, -80.0]);
}

#[test]
fn all_at_once() {
    // +4 −4 at 20, gone 30, healthy 90.
    assert_exactly(&by_hand(0, 8), [90.0, 110.0, 70.0, 40.0]);
}

#[test]
fn a_start_beside_its_stop_where_stopping_tasks_do_not_count() {
    // +1 at 20, healthy 90, −1 +1 at 110, healthy 180 and every 90 s; last −1 at 380, gone 390.
    let elastic = Params {
        stopping_counts: false,
        warm_places: 4,
        ..by_hand(4, 5)
    };
    assert_exactly(&elastic, [360.0, 410.0, 0.0, 400.0]);
    // With one place only, each start waits for the place again.
    let one_place = Params {
        warm_places: 1,
        ..elastic
    };
    assert_exactly(&one_place, [450.0, 500.0, 0.0, 400.0]);
}

#[test]
fn room_and_not_the_upper_bound_limits_the_surge() {
    let one_place = Params {
        warm_places: 1,
        ..by_hand(4, 8)
    };
    assert_exactly(&one_place, [450.0, 500.0, 0.0, 400.0]);
}

#[test]
fn added_hosts_are_taken_first_and_start_later() {
    // +1 cold and +1 warm at 20: healthy 105 and 90; −1 at 110 and at 125, gone 120 and 135;
    // +1 at 140 and at 155, both warm: healthy 210 and 225; −1 at 230 and 245, gone 240 and 255.
    let one_cold = Params {
        warm_places: 1,
        cold_places: 1,
        ..by_hand(4, 6)
    };
    assert_exactly(&one_cold, [225.0, 275.0, 0.0, 415.0]);
}

#[test]
fn a_stop_is_cut_by_its_timeout_and_the_lag_is_added() {
    let mut params = by_hand(2, 4);
    params.timing.stop = fixed(100.0);
    params.completion_lag = Seconds(10.0);
    assert_exactly(&params, [280.0, 310.0, 240.0, -80.0]);
}

#[test]
#[should_panic(expected = "stuck")]
fn equal_bounds_never_move() {
    run(&by_hand(4, 4), 1, 1);
}

/// One task with one place more: reaction 20 s and start 30 s before RUNNING.
#[track_caller]
fn assert_verdict(
    load_balancer: Option<LoadBalancer>,
    health_check: Option<ContainerHealthCheck>,
    ready: f64,
    expected: f64,
) {
    let mut params = Params {
        desired: 1,
        load_balancer,
        health_check,
        warm_places: 1,
        ..by_hand(1, 4)
    };
    params.timing.ready = fixed(ready);
    let new_version = run(&params, 20_000, 1).new_version;
    let mean = new_version.mean - 50.0;
    assert!(
        (mean - expected).abs() < 4.0 * new_version.standard_error + 1e-6,
        "found {mean}, expected {expected}"
    );
}

#[test]
fn verdicts() {
    let alb = balancer(LoadBalancerKind::Alb);
    let patient = LoadBalancer {
        unhealthy_threshold: 10,
        ..alb
    };
    let threshold = LoadBalancer {
        health_rule: HealthRule::Threshold,
        ..patient
    };
    let probe = ContainerHealthCheck {
        interval: Seconds(50.0),
        timeout: Seconds(5.0),
        retries: 3,
        start_period: Seconds::ZERO,
    };
    assert_verdict(None, None, 75.0, 40.0);
    assert_verdict(None, Some(probe), 75.0, 100.0);
    assert_verdict(Some(patient), None, 75.0, 75.0 + 15.0);
    assert_verdict(Some(threshold), None, 75.0, 75.0 + 15.0 + 120.0);
    // Two checks fail, or three: unhealthy either way.
    assert_verdict(Some(alb), None, 75.0, 75.0 + 15.0 + 120.0);
    // Two checks fail with a phase up to 10 s, else one: unhealthy for a third of the tasks.
    assert_verdict(Some(alb), None, 40.0, 40.0 + 15.0 + 120.0 / 3.0);
    let nlb = balancer(LoadBalancerKind::Nlb);
    assert_verdict(Some(nlb), None, 75.0, 120.0 + 15.0);
    let clb = balancer(LoadBalancerKind::Clb);
    assert_verdict(Some(clb), None, 75.0, 75.0 + 15.0 + 270.0);
    // Uniform from 75 to 105, but not before the probe at 100: 100 + 5² / 2 / 30.
    assert_verdict(Some(patient), Some(probe), 75.0, 100.0 + 25.0 / 60.0);
}

#[test]
fn drains_last_their_full_delay() {
    for (kind, delay, drain) in [
        (LoadBalancerKind::Alb, 300.0, 300.0),
        (LoadBalancerKind::Alb, 0.0, 0.0),
        (LoadBalancerKind::Nlb, 300.0, 300.0),
        (LoadBalancerKind::Nlb, 0.0, 120.0),
    ] {
        // All at once: stops take reaction + drain + stop + reaction; starts are over earlier.
        let mut params = by_hand(0, 8);
        params.timing.stop_timeout = Seconds(1000.0);
        params.timing.stop = fixed(400.0);
        params.load_balancer = Some(LoadBalancer {
            deregistration_delay: Seconds(delay),
            ..balancer(kind)
        });
        let completed = run(&params, 10, 1).completed.mean;
        assert!((completed - (20.0 + drain + 400.0 + 20.0)).abs() < 1e-9);
    }
}

#[test]
fn the_case_the_project_began_from() {
    // A scheduler whose every reaction did all that is allowed by then, not the one move of its
    // change, would complete the second in 10.4 min.
    for (lower, upper, new_version, completed) in [(1, 2, 19.9, 20.2), (2, 4, 4.8, 10.5)] {
        let summary = run(&two_tasks(lower, upper), 5_000, 1);
        let found = [summary.new_version.mean, summary.completed.mean].map(|mean| mean / 60.0);
        assert!(
            (found[0] - new_version).abs() < 0.06 && (found[1] - completed).abs() < 0.06,
            "found {found:?} min for bounds {lower} and {upper}"
        );
    }
}
