//! The ranges of the inputs over which the answer stays: each one alone is moved until the answer
//! turns, all plans being compared anew.

use super::decision::{Timing, would_prescale};
use super::search::Search;
use super::variants::with_balancer;
use super::{Range, YesNo};
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
    let stays = |changed: &Scenario| -> Result<bool, TooFewPlaces> {
        Ok(!may_prescale || answer_stays(changed, model, answer)?)
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
                stays(&changed)
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
                stays(&changed)
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
                stays(&changed)
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
    let turns = |delay: f64| -> Result<bool, TooFewPlaces> {
        if !may_prescale {
            return Ok(false);
        }
        let mut balancer = balancer;
        balancer.deregistration_delay = Seconds(delay);
        let changed = with_balancer(planned, balancer);
        Ok(!answer_stays(&changed, &Model::of(&changed), answer)?)
    };
    let below: Vec<f64> = DELAYS.iter().rev().copied().filter(|&d| d < now).collect();
    let above: Vec<f64> = DELAYS.iter().copied().filter(|&d| d > now).collect();
    let (from, to) = (first_turn(&below, turns)?, first_turn(&above, turns)?);
    Ok(Some(Range {
        key: "service.load_balancer.deregistration_delay".to_owned(),
        now,
        from,
        to,
        unit: "s",
    }))
}

/// Whether the answer is the same for a changed scenario.
fn answer_stays(changed: &Scenario, model: &Model, answer: YesNo) -> Result<bool, TooFewPlaces> {
    let search = Search::new(changed, model)?;
    Ok(would_prescale(&search, changed) == (answer == YesNo::Yes))
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
    stays: impl Fn(f64) -> Result<bool, TooFewPlaces>,
) -> Result<Range, TooFewPlaces> {
    let turn = |factor: f64| -> Result<Option<f64>, TooFewPlaces> {
        let (mut good, mut bad) = (now, now);
        loop {
            bad *= factor;
            if !(1.0 / FARTHEST..=FARTHEST).contains(&(bad / now)) {
                return Ok(None);
            }
            if !stays(bad)? {
                break;
            }
            good = bad;
        }
        for _ in 0..BISECTIONS {
            let middle = (good * bad).sqrt();
            if stays(middle)? {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Ok(Some((good * bad).sqrt()))
    };
    Ok(Range {
        key: key.to_owned(),
        now,
        from: turn(0.5)?,
        to: turn(2.0)?,
        unit,
    })
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
