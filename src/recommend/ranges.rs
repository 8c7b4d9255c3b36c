//! The ranges of the inputs over which the answer stays: each one alone is moved until the answer
//! turns, all plans being compared anew.

use super::decision::{Timing, taken};
use super::search::Search;
use super::variants::with_balancer;
use super::{Range, Taken, YesNo};
use crate::model::Model;
use crate::rollout::TooFewPlaces;
use crate::scenario::Scenario;
use crate::units::Seconds;

/// How far a price, a rate or a boot time is moved, as a factor.
const FARTHEST: f64 = 8.0;

/// Bisections that pin a turn down.
const BISECTIONS: u32 = 6;

/// Deregistration delays that are looked at \[s\].
const DELAYS: [f64; 8] = [0.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0];

/// The ranges of boot time, price and frequency over which "pre-scale: yes or no" stays: the
/// durations of a deployment stay the same.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn of_boot_price_and_rate(
    timing: &Timing,
    may_prescale: bool,
    answer: YesNo,
) -> Result<Vec<Range>, TooFewPlaces> {
    let model = &timing.model;
    let instead = |changed: &Scenario| -> Result<Option<Taken>, TooFewPlaces> {
        if may_prescale {
            instead(changed, model, answer)
        } else {
            Ok(None)
        }
    };
    let mut ranges = Vec::new();
    let prescale = &timing.scenario.prescale;
    if prescale.host.is_some() {
        ranges.push(by_factor(
            "prescale.boot",
            prescale.boot.mean.0,
            "s",
            |boot| {
                let mut changed = timing.scenario.clone();
                changed.prescale.boot.mean = Seconds(boot);
                instead(&changed)
            },
        )?);
    }
    if let Some(host) = &prescale.host {
        ranges.push(by_factor(
            &format!("prices.\"{}\"", host.shape.instance_type),
            host.on_demand.0,
            "USD/h",
            |price| {
                let mut changed = timing.scenario.clone();
                if let Some(host) = &mut changed.prescale.host {
                    let factor = price / host.on_demand.0;
                    host.on_demand = host.on_demand * factor;
                    host.spot = host.spot.map(|spot| spot * factor);
                }
                instead(&changed)
            },
        )?);
    }
    if let Some(per_day) = timing.scenario.deployment.per_day {
        ranges.push(by_factor(
            "deployment.per_day",
            per_day,
            "1/day",
            |per_day| {
                let mut changed = timing.scenario.clone();
                changed.deployment.per_day = Some(per_day);
                instead(&changed)
            },
        )?);
    }
    Ok(ranges)
}

/// The range of the deregistration delay over which the answer stays, for a scenario and the timing
/// that is planned for it; none without a load balancer.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn of_delay(
    scenario: &Scenario,
    planned: &Scenario,
    may_prescale: bool,
    answer: YesNo,
) -> Result<Option<Range>, TooFewPlaces> {
    let Some(balancer) = scenario.service.load_balancer else {
        return Ok(None);
    };
    let now = balancer.deregistration_delay.0;
    let instead_at = |delay: f64| -> Result<Option<Taken>, TooFewPlaces> {
        if !may_prescale {
            return Ok(None);
        }
        let mut balancer = balancer;
        balancer.deregistration_delay = Seconds(delay);
        let changed = with_balancer(planned, balancer);
        instead(&changed, &Model::of(&changed), answer)
    };
    let turns = |delay: f64| Ok(instead_at(delay)?.is_some());
    let turn = |values: &[f64]| -> Result<Option<(f64, Taken)>, TooFewPlaces> {
        let Some(at) = first_turn(values, turns)? else {
            return Ok(None);
        };
        Ok(instead_at(at)?.map(|taken| (at, taken)))
    };
    let below: Vec<f64> = DELAYS.iter().rev().copied().filter(|&d| d < now).collect();
    let above: Vec<f64> = DELAYS.iter().copied().filter(|&d| d > now).collect();
    let key = "service.load_balancer.deregistration_delay";
    Ok(Some(range(key, now, "s", [turn(&below)?, turn(&above)?])))
}

/// A range between the values at which the answer turns, with what is taken there.
fn range(key: &str, now: f64, unit: &'static str, [from, to]: [Option<(f64, Taken)>; 2]) -> Range {
    Range {
        key: key.to_owned(),
        now,
        from: from.map(|(at, _)| at),
        to: to.map(|(at, _)| at),
        unit,
        below: from.map(|(_, taken)| taken),
        above: to.map(|(_, taken)| taken),
    }
}

/// What is taken for a changed scenario, if the answer is another one.
fn instead(
    changed: &Scenario,
    model: &Model,
    answer: YesNo,
) -> Result<Option<Taken>, TooFewPlaces> {
    let taken = taken(&Search::new(changed, model)?, changed);
    let stays = (taken == Taken::Prescaled) == (answer == YesNo::Yes);
    Ok((!stays).then_some(taken))
}

/// The value nearest to now at which the answer has turned, of values from the nearest on; None if
/// not even the farthest turns it. Halved between: once it has turned it stays so.
fn first_turn(
    values: &[f64],
    turns: impl Fn(f64) -> Result<bool, TooFewPlaces>,
) -> Result<Option<f64>, TooFewPlaces> {
    let Some(mut turned) = values.len().checked_sub(1) else {
        return Ok(None);
    };
    if !turns(values[turned])? {
        return Ok(None);
    }
    let mut may_turn = 0;
    while may_turn < turned {
        let middle = usize::midpoint(may_turn, turned);
        if turns(values[middle])? {
            turned = middle;
        } else {
            may_turn = middle + 1;
        }
    }
    Ok(Some(values[turned]))
}

/// Moves a positive value by factors of two up to the farthest, then bisects.
fn by_factor(
    key: &str,
    now: f64,
    unit: &'static str,
    instead: impl Fn(f64) -> Result<Option<Taken>, TooFewPlaces>,
) -> Result<Range, TooFewPlaces> {
    let turn = |factor: f64| -> Result<Option<(f64, Taken)>, TooFewPlaces> {
        let (mut good, mut bad) = (now, now);
        let mut taken = loop {
            bad *= factor;
            if !(1.0 / FARTHEST..=FARTHEST).contains(&(bad / now)) {
                return Ok(None);
            }
            match instead(bad)? {
                Some(taken) => break taken,
                None => good = bad,
            }
        };
        for _ in 0..BISECTIONS {
            let middle = (good * bad).sqrt();
            match instead(middle)? {
                Some(other) => (bad, taken) = (middle, other),
                None => good = middle,
            }
        }
        Ok(Some(((good * bad).sqrt(), taken)))
    };
    Ok(range(key, now, unit, [turn(0.5)?, turn(2.0)?]))
}

#[cfg(test)]
mod tests {
    use super::first_turn;

    #[test]
    fn the_nearest_value_that_turns_is_found() {
        let values = [120.0, 60.0, 30.0, 15.0, 0.0];
        for turned in values {
            let found = first_turn(&values, |value| Ok(value <= turned)).unwrap();
            assert_eq!(found, Some(turned));
        }
        assert_eq!(first_turn(&values, |_| Ok(false)).unwrap(), None);
        assert_eq!(first_turn(&[], |_| Ok(true)).unwrap(), None);
    }
}
