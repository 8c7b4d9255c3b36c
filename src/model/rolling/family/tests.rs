//! Rollouts worked out together against the same one by one.

use super::*;
use crate::model::phases::Phases;
use crate::model::start_limits::limits;
use crate::scenario::LaunchType;
use crate::scenario::read::{Purpose, Syntax, scenario};

fn rolling(timing: &str) -> Rolling {
    let text = format!(
        "[service]\ndesired_count = 10\n[service.timing]\n{timing}
        [service.load_balancer]\ntype = \"alb\"
        [deployment]\nper_day = 1\n[cluster]\nfree_tasks = 10"
    );
    let scenario = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is valid");
    let phases = Phases::of(&scenario).until_healthy();
    Rolling::new(phases, Reuse::AfterStopped, limits(LaunchType::Ec2))
}

const VARYING: &str = "start = { mean = \"45s\", cv = 0.2 }\nready = { mean = \"75s\", cv = 0.2 }";

const LONG_STOPS: &str = "start = { mean = \"20s\", cv = 0.1 }\nready = \"20s\"
    stop = \"1800s\"\nstop_timeout = \"1900s\"";

/// So many replacements with so many units of surge and of slack.
fn rollout([replacements, surge, slack]: [u32; 3]) -> Rollout {
    Rollout {
        replacements,
        surge,
        slack,
        cold: 0,
        held: 0,
    }
}

/// All units of room for each of these numbers of replacements.
fn all(replacements: impl Iterator<Item = u32>) -> Wanted {
    let rooms = |d: u32| (d, (0..=d).collect(), (0..=d).collect());
    Wanted::of(&replacements.map(rooms).collect::<Vec<_>>())
}

/// Differences from what each is alone, as parts of it: the largest of a mean, of a median or p95,
/// and of the time short; and how many of all p99 differ by more than a hundredth.
#[derive(Debug, Default)]
struct Differences {
    mean: f64,
    quantile: f64,
    short: f64,
    compared: u32,
    p99_off: u32,
}

fn differences(timing: &str, most: u32) -> Differences {
    let alone = rolling(timing);
    let families = Families::of(&alone, all(1..=most)).expect("plain phases that vary");
    let mut found = Differences::default();
    for replacements in (5..=most).step_by(7) {
        for surge in (0..=replacements).step_by(3) {
            for slack in (0..=replacements).step_by(4) {
                let rollout = rollout([replacements, surge, slack]);
                let Some(figures) = families.figures(&alone, rollout) else {
                    continue;
                };
                found.compared += 1;
                let short = alone.mean_short(rollout, slack);
                let off = (figures.short - short).abs() / figures.completed[0];
                found.short = found.short.max(off);
                for (law, [mean, p50, p95, p99]) in [
                    (alone.new_version(rollout), figures.new_version),
                    (alone.completed(rollout), figures.completed),
                ] {
                    let off = |found: f64, own: f64| (found - own).abs() / own;
                    let quantile = |found, chance| off(found, law.quantile(chance));
                    found.mean = found.mean.max(off(mean, law.mean()));
                    let quantiles = quantile(p50, 0.5).max(quantile(p95, 0.95));
                    found.quantile = found.quantile.max(quantiles);
                    found.p99_off += u32::from(quantile(p99, 0.99) > 0.01);
                }
            }
        }
    }
    found
}

#[test]
fn they_are_what_each_is_alone() {
    for timing in [
        VARYING,
        "start = { mean = \"20s\", cv = 0.6 }\nready = \"30s\"\nstop = { mean = \"2s\", cv = 0.3 }",
    ] {
        let found = differences(timing, 40);
        assert!(found.compared > 100, "{found:?}");
        assert!(found.mean < 0.005, "{timing}: {found:?}");
        assert!(found.quantile < 0.01, "{timing}: {found:?}");
        assert!(found.short < 0.005, "{timing}: {found:?}");
        assert!(found.p99_off * 100 < found.compared, "{timing}: {found:?}");
    }
}

#[test]
fn starts_that_wait_for_long_stops_are_what_each_is_alone() {
    // Moments are as far apart as such stops are long.
    let found = differences(LONG_STOPS, 20);
    assert!(found.compared > 50, "{found:?}");
    assert!(found.mean < 0.01, "{found:?}");
    assert!(found.quantile < 0.02, "{found:?}");
}

#[test]
fn the_last_start_may_be_made_by_a_unit_that_began_a_stop_later() {
    // After 11 starts of the unit of surge three others have had 10 each, until they are stopped.
    let alone = rolling(LONG_STOPS);
    let rollout = rollout([43, 1, 3]);
    let families = Families::of(&alone, all(1..=43)).expect("plain phases that vary");
    let found = families.figures(&alone, rollout).expect("it is wanted");
    let own = alone.new_version(rollout).mean();
    let off = (found.new_version[0] - own).abs() / own;
    assert!(off < 0.005, "{own}: {found:?}");
}

#[test]
fn one_rollout_does_not_depend_on_the_others() {
    let alone = rolling(VARYING);
    let rollout = rollout([20, 6, 5]);
    let found = [all(1..=30), all((5..=30).step_by(5))].map(|wanted| {
        let families = Families::of(&alone, wanted).expect("plain phases that vary");
        families.figures(&alone, rollout).expect("it is wanted")
    });
    assert_eq!(found[0], found[1]);
}

#[test]
fn what_is_not_alike_is_not_worked_out_together() {
    let wanted = all(1..=20);
    assert!(Families::of(&rolling("start = \"45s\"\nready = \"75s\""), wanted.clone()).is_none());
    let varying = rolling(VARYING);
    let families = Families::of(&varying, wanted).expect("plain phases that vary");
    let rollout = rollout([20, 6, 5]);
    assert!(families.figures(&varying, rollout).is_some());
    let cold = Rollout { cold: 1, ..rollout };
    let larger = Rollout {
        replacements: 21,
        ..rollout
    };
    let few_units = Rollout {
        surge: 1,
        slack: 1,
        ..rollout
    };
    let stops_first = Rollout {
        surge: 0,
        slack: 20,
        ..rollout
    };
    for other in [cold, larger, few_units, stops_first] {
        assert_eq!(families.figures(&varying, other), None, "{other:?}");
    }
}
