//! What must hold of every deployment: more room, more slack or a shorter phase never makes it
//! longer, and no input breaks the model.

use prescale::model::{Durations, Model, Outcome, Plan};
use prescale::rollout::Room;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::scenario::{Capacity, Scenario};
use proptest::prelude::*;

/// Numbers that one service and its deployment are written from.
#[derive(Debug, Clone)]
struct Inputs {
    desired: u32,
    minimum: u32,
    maximum: u32,
    free: u32,
    start: f64,
    ready: f64,
    stop: f64,
    cv: f64,
    drain: u32,
    balancer: &'static str,
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let bounds = (1_u32..=20, 0_u32..=100, 100_u32..=200, 0_u32..=20);
    let times = (5.0..120.0_f64, 1.0..200.0_f64, 0.5..60.0_f64, 0.0..0.8_f64);
    let balancer = prop_oneof![Just("alb"), Just("nlb"), Just("clb"), Just("none")];
    (bounds, times, 0_u32..=600, balancer).prop_map(
        |((desired, minimum, maximum, free), (start, ready, stop, cv), drain, balancer)| Inputs {
            desired,
            minimum,
            maximum,
            free,
            start,
            ready,
            stop,
            cv,
            drain,
            balancer,
        },
    )
}

impl Inputs {
    fn scenario(&self) -> Scenario {
        let Self {
            desired,
            minimum,
            maximum,
            free,
            start,
            ready,
            stop,
            cv,
            drain,
            balancer,
        } = self;
        let load_balancer = match *balancer {
            "none" => String::new(),
            kind => format!(
                "[service.load_balancer]\ntype = \"{kind}\"\nderegistration_delay = \"{drain}s\"\n"
            ),
        };
        let text = format!(
            "[service]
            desired_count = {desired}
            host_port = \"static\"
            [service.timing]
            start = {{ mean = \"{start}s\", cv = {cv} }}
            ready = {{ mean = \"{ready}s\", cv = {cv} }}
            stop = {{ mean = \"{stop}s\", cv = {cv} }}
            {load_balancer}
            [deployment]
            minimum_healthy_percent = {minimum}
            maximum_percent = {maximum}
            per_day = 1
            [cluster]
            free_tasks = {free}"
        );
        scenario(&text, Syntax::Toml, Purpose::MonthlyFigures)
            .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
    }
}

fn outcome(scenario: &Scenario) -> Outcome {
    Model::of(scenario)
        .outcome(scenario, &Plan::of(scenario))
        .expect("the desired count fits")
}

/// Means of both clocks; None if it is stuck.
fn clocks(outcome: &Outcome) -> Option<[f64; 2]> {
    outcome
        .duration
        .map(|duration| [duration.new_version_s.mean.0, duration.completed_s.mean.0])
}

/// The second is stuck only if the first is, and neither clock is longer by more than a share.
fn never_longer(before: &Outcome, after: &Outcome, share: f64) -> Result<(), TestCaseError> {
    let Some(before) = clocks(before) else {
        return Ok(());
    };
    let Some(after) = clocks(after) else {
        return Err(TestCaseError::fail("it became stuck"));
    };
    for (before, after) in before.into_iter().zip(after) {
        prop_assert!(
            after <= before * (1.0 + share),
            "{before} s became {after} s"
        );
    }
    Ok(())
}

fn well_formed(duration: &Durations) -> Result<(), TestCaseError> {
    for law in [duration.new_version_s, duration.completed_s] {
        let values = [law.mean.0, law.p50.0, law.p95.0, law.p99.0];
        prop_assert!(values.iter().all(|x| x.is_finite() && *x >= 0.0), "{law:?}");
        prop_assert!(law.p50 <= law.p95 && law.p95 <= law.p99, "{law:?}");
        prop_assert!(law.mean <= law.p99, "{law:?}");
    }
    let [new_version, completed] = [duration.new_version_s, duration.completed_s];
    // The two are computed on grids of their own, which extreme spreads make coarse.
    prop_assert!(new_version.mean.0 <= completed.mean.0 * 1.02);
    Ok(())
}

/// What is left of the grid, and of laws taken between few of its points, in a comparison of two
/// rollouts, as a share of the duration.
const GRID: f64 = 1e-2;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_more_free_place_never_lengthens(inputs in inputs()) {
        let mut roomier = inputs.clone();
        roomier.free += 1;
        never_longer(&outcome(&inputs.scenario()), &outcome(&roomier.scenario()), GRID)?;
    }

    #[test]
    fn one_more_place_on_an_added_host_with_the_image_never_lengthens(
        inputs in inputs(), cold in 0_u32..20,
    ) {
        let mut scenario = inputs.scenario();
        scenario.service.timing.cold_start_extra.mean.0 = 0.0;
        let model = Model::of(&scenario);
        let plan = Plan::of(&scenario);
        let with = |cold| {
            let room = Room { warm: Some(inputs.free), cold };
            model.outcome_with_room(&scenario, &plan, room)
        };
        never_longer(&with(cold), &with(cold + 1), GRID)?;
    }

    #[test]
    fn more_slack_never_lengthens(inputs in inputs()) {
        prop_assume!(inputs.minimum > 0);
        let mut looser = inputs.clone();
        looser.minimum /= 2;
        never_longer(&outcome(&inputs.scenario()), &outcome(&looser.scenario()), GRID)?;
    }

    #[test]
    fn a_shorter_phase_never_lengthens(inputs in inputs(), phase in 0_usize..4) {
        let mut shorter = inputs.clone();
        match phase {
            0 => shorter.start *= 0.8,
            1 => shorter.ready *= 0.8,
            2 => shorter.stop *= 0.8,
            _ => shorter.drain = shorter.drain * 4 / 5,
        }
        never_longer(&outcome(&inputs.scenario()), &outcome(&shorter.scenario()), GRID)?;
    }

    #[test]
    fn durations_are_in_order(inputs in inputs(), stopping_counts: bool) {
        let mut scenario = inputs.scenario();
        scenario.deployment.stopping_counts = stopping_counts;
        if let Some(duration) = outcome(&scenario).duration {
            well_formed(&duration)?;
        }
    }
}

#[test]
fn extremes_do_not_break_the_model() {
    let base = Inputs {
        desired: 2,
        minimum: 50,
        maximum: 150,
        free: 2,
        start: 30.0,
        ready: 30.0,
        stop: 5.0,
        cv: 0.3,
        drain: 300,
        balancer: "alb",
    };
    let cases = [
        Inputs {
            cv: 5.0,
            ..base.clone()
        },
        Inputs {
            start: 0.0,
            ready: 0.0,
            stop: 0.0,
            drain: 0,
            ..base.clone()
        },
        Inputs {
            start: 0.001,
            ready: 0.001,
            stop: 0.001,
            ..base.clone()
        },
        Inputs {
            start: 80_000.0,
            ready: 80_000.0,
            ..base.clone()
        },
        Inputs {
            start: 0.001,
            ready: 80_000.0,
            cv: 5.0,
            ..base.clone()
        },
        Inputs {
            desired: 5_000,
            free: 5_000,
            ..base.clone()
        },
        Inputs {
            desired: 5_000,
            free: 1,
            minimum: 100,
            ..base.clone()
        },
        Inputs {
            desired: 5_000,
            free: 0,
            cv: 5.0,
            ..base.clone()
        },
    ];
    for inputs in cases {
        for balancer in ["alb", "nlb", "clb", "none"] {
            let mut scenario = Inputs {
                balancer,
                ..inputs.clone()
            }
            .scenario();
            for stopping_counts in [true, false] {
                scenario.deployment.stopping_counts = stopping_counts;
                let outcome = outcome(&scenario);
                let duration = outcome.duration.expect("it moves");
                well_formed(&duration).unwrap_or_else(|why| panic!("{why}: {inputs:?}"));
            }
        }
    }
    let mut unlimited = base.scenario();
    unlimited.capacity = Capacity::Unlimited;
    assert!(outcome(&unlimited).duration.is_some());
}
