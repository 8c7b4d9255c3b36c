//! The model where nothing varies, worked by hand for the simulation. How far both agree over random
//! scenarios is in `tests/it/validate.rs`.

use prescale::model::{Durations, Model, Plan};
use prescale::rollout::Room;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::scenario::{DurationLaw, Scenario};
use prescale::units::Seconds;

use crate::simulation::Params;
use crate::simulation::cases::by_hand;

/// A scenario with everything in place, to be given other timings.
fn template() -> Scenario {
    // One deployment a month, so that minutes per month are minutes per deployment.
    let text = "
        [service]
        desired_count = 2
        [service.timing]
        start = \"30s\"
        ready = \"30s\"
        [deployment]
        per_day = 1
        days_per_month = 1
        [cluster]
        free_tasks = 2
    ";
    scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("the template is valid")
}

/// What the model says of a deployment, and its time short \[s\]. Percents are those of its bounds.
fn modelled(params: &Params, percents: [u32; 2]) -> Option<(Durations, f64)> {
    let mut scenario = template();
    let plan = Plan {
        minimum_healthy_percent: percents[0],
        maximum_percent: percents[1],
        ..Plan::of(&scenario)
    };
    scenario.service.desired_count = params.desired;
    scenario.service.timing = params.timing;
    scenario.service.load_balancer = params.load_balancer;
    scenario.service.health_check = params.health_check;
    scenario.service.required_tasks = Some(params.required);
    scenario.deployment.reaction = params.reaction;
    scenario.deployment.stopping_counts = params.stopping_counts;
    scenario.deployment.completion_lag = params.completion_lag;
    let room = Room {
        warm: Some(params.warm_places),
        cold: params.cold_places,
    };
    let outcome = Model::of(&scenario).outcome_with_room(&scenario, &plan, room);
    let minutes_short = outcome.availability.shortfall_minutes_per_month?;
    Some((outcome.duration?, minutes_short * 60.0))
}

/// `new_version`, `completed` and the time short, where nothing varies: worked by hand for the
/// simulation.
#[track_caller]
fn assert_exactly(params: &Params, percents: [u32; 2], expected: [f64; 3]) {
    let (duration, short_seconds) = modelled(params, percents).expect("it moves");
    let found = [
        duration.new_version_s.mean.0,
        duration.completed_s.mean.0,
        short_seconds,
    ];
    let close = |(found, expected): (&f64, f64)| (found - expected).abs() < 1e-6;
    assert!(
        found.iter().zip(expected).all(close),
        "found {found:?}, expected {expected:?}"
    );
    assert!((duration.completed_s.p99.0 - expected[1]).abs() < 1e-6);
}

#[test]
fn where_nothing_varies_the_model_is_exact() {
    assert_exactly(&by_hand(2, 4), [50, 100], [240.0, 260.0, 200.0]);
    assert_exactly(&by_hand(4, 5), [100, 125], [450.0, 500.0, 0.0]);
    assert_exactly(&by_hand(1, 4), [25, 100], [240.0, 260.0, 200.0]);
    assert_exactly(&by_hand(0, 8), [0, 200], [90.0, 110.0, 70.0]);
    let elastic = Params {
        stopping_counts: false,
        warm_places: 4,
        ..by_hand(4, 5)
    };
    assert_exactly(&elastic, [100, 125], [360.0, 410.0, 0.0]);
    let one_place = Params {
        warm_places: 1,
        ..elastic
    };
    assert_exactly(&one_place, [100, 125], [450.0, 500.0, 0.0]);
    let one_cold = Params {
        warm_places: 1,
        cold_places: 1,
        ..by_hand(4, 6)
    };
    assert_exactly(&one_cold, [100, 150], [225.0, 275.0, 0.0]);
    let mut cut = by_hand(2, 4);
    cut.timing.stop = DurationLaw::fixed(Seconds(100.0));
    cut.completion_lag = Seconds(10.0);
    assert_exactly(&cut, [50, 100], [280.0, 310.0, 240.0]);
}
