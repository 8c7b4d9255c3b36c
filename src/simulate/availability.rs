//! How long fewer tasks than required are healthy: in deployments by the scheduler's own moves and
//! by strikes, and between deployments.
//!
//! Strikes are rare. A deployment is therefore played with more of them and counted by the
//! likelihood of what it saw, and again without any: what they did is the difference, which is
//! nothing where none came. Between deployments each run begins with a strike, and what follows
//! counts as often as strikes are expected.

use serde::Serialize;

use super::run::{Halt, Outcome, Prepared, Run};
use super::statistics::{mean, ratio};
use super::tilt::{KINDS, Mixture};
use super::{Asked, Played, in_threads};
use crate::scenario::{Deployment, Scenario};
use crate::units::MINUTES_PER_MONTH;

/// Runs from which it is known how long a recovery takes.
const PILOT_RUNS: u32 = 100;

/// Shorter than any time that counts as short \[s\].
const NO_TIME: f64 = 1e-6;

/// What separates the random numbers of these runs from those of the durations.
const OTHER_SEED: u64 = 0x5851_F42D_4C95_7F2D;

/// Healthy tasks against the required ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Availability {
    /// Tasks that carry the load.
    pub required_tasks: u32,
    /// Share of deployments in which fewer are healthy at any time.
    pub shortfall_probability: f64,
    /// Its standard error.
    pub shortfall_probability_standard_error: f64,
    /// Expected minutes per month with fewer healthy tasks \[min\]; absent without deployments per
    /// day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minutes_per_month: Option<f64>,
    /// The part of these that is between deployments: hosts taken back, zones lost \[min\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minutes_between_deployments: Option<f64>,
    /// Standard error of the minutes per month \[min\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minutes_standard_error: Option<f64>,
    /// Share of the month with at least the required tasks; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<f64>,
    /// What the minutes per month are made of; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Their standard errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts_standard_errors: Option<Parts>,
}

/// Minutes per month with fewer healthy tasks than required, by their cause.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Parts {
    /// The scheduler stops tasks \[min\].
    pub own_rollout_minutes: f64,
    /// Spot hosts are taken back during a deployment \[min\].
    pub spot_during_deployments_minutes: f64,
    /// Spot hosts are taken back between deployments \[min\].
    pub spot_between_deployments_minutes: f64,
    /// A zone is lost, at any time, perhaps with spot hosts meanwhile \[min\].
    pub zone_minutes: f64,
}

/// What one deployment tells, counted as often as it is likely.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    /// Short without strikes \[s\].
    own: f64,
    /// Short beyond that \[s\].
    spot: f64,
    zone: f64,
    /// Whether it went short.
    went_short: f64,
}

/// What follows from one strike between deployments, counted as often as it is likely.
#[derive(Debug, Clone, Copy)]
struct Recovery {
    spot: f64,
    zone: f64,
    whole: f64,
    /// How often it counts.
    weight: f64,
}

/// Minutes short in the deployments of a month and between them.
pub(super) fn availability(
    scenario: &Scenario,
    prepared: &Prepared,
    asked: Asked,
    played: &Played,
) -> Availability {
    let setup = prepared.setup;
    let required_tasks = setup.required;
    let deployment = &scenario.deployment;
    let busy = played
        .mean(deployment, |run| run.completed + run.evacuation)
        .0;
    let [good, bad] = samples(prepared, asked, played);
    let over = |of: fn(&Sample) -> f64| blended(deployment, &good, &bad, of);
    // Shares of the time between deployments.
    let [spot, zone] = at_rest(prepared, asked);
    let always_short = setup.desired < required_tasks;
    let chance = {
        let at_the_request = spot.0 + zone.0;
        let (later, error) = over(|sample| sample.went_short);
        (
            at_the_request + (1.0 - at_the_request) * later,
            error.hypot(spot.1).hypot(zone.1),
        )
    };
    let month = deployment.per_month().map(|deployments| {
        let between = (MINUTES_PER_MONTH - deployments * busy / 60.0).max(0.0);
        let during = |of: fn(&Sample) -> f64| {
            let (seconds, error) = over(of);
            (deployments * seconds / 60.0, deployments * error / 60.0)
        };
        let own = during(|sample| sample.own);
        let by_spot = during(|sample| sample.spot);
        let by_zone = during(|sample| sample.zone);
        let all = during(|sample| sample.own + sample.spot + sample.zone);
        Month {
            value: Parts {
                own_rollout_minutes: own.0,
                spot_during_deployments_minutes: by_spot.0,
                spot_between_deployments_minutes: between * spot.0,
                zone_minutes: by_zone.0 + between * zone.0,
            },
            error: Parts {
                own_rollout_minutes: own.1,
                spot_during_deployments_minutes: by_spot.1,
                spot_between_deployments_minutes: between * spot.1,
                zone_minutes: by_zone.1.hypot(between * zone.1),
            },
            all: all.0 + between * (spot.0 + zone.0),
            all_error: all.1.hypot(between * spot.1.hypot(zone.1)),
            between: between * (spot.0 + zone.0),
        }
    });
    let minutes = month.map(|month| {
        if always_short {
            MINUTES_PER_MONTH
        } else {
            month.all.min(MINUTES_PER_MONTH)
        }
    });
    Availability {
        required_tasks,
        shortfall_probability: if always_short { 1.0 } else { chance.0 },
        shortfall_probability_standard_error: if always_short { 0.0 } else { chance.1 },
        shortfall_minutes_per_month: minutes,
        shortfall_minutes_between_deployments: month.map(|month| month.between),
        shortfall_minutes_standard_error: month.map(|month| month.all_error),
        monthly: minutes.map(|minutes| 1.0 - minutes / MINUTES_PER_MONTH),
        parts: month.map(|month| month.value).filter(|_| !always_short),
        parts_standard_errors: month.map(|month| month.error).filter(|_| !always_short),
    }
}

/// A month's minutes \[min\].
#[derive(Debug, Clone, Copy)]
struct Month {
    value: Parts,
    error: Parts,
    all: f64,
    all_error: f64,
    between: f64,
}

/// The mean over deployments of good versions and of those that are rolled back, and its standard
/// error.
fn blended(
    deployment: &Deployment,
    good: &[Sample],
    bad: &[Sample],
    of: impl Fn(&Sample) -> f64,
) -> (f64, f64) {
    let over = |samples: &[Sample]| mean(&samples.iter().map(&of).collect::<Vec<_>>());
    super::blended(deployment, over(good), (!bad.is_empty()).then(|| over(bad)))
}

/// Deployments of good versions, and of those that are rolled back.
fn samples(prepared: &Prepared, asked: Asked, played: &Played) -> [Vec<Sample>; 2] {
    let hazards = prepared.hazards();
    let are_struck = hazards.iter().sum::<f64>() > 0.0;
    let of = |outcomes: &[Outcome], play: fn(&mut Run) -> Result<Outcome, Halt>| {
        if !are_struck || outcomes.is_empty() {
            return outcomes.iter().map(unstruck).collect();
        }
        let seconds: Vec<f64> = outcomes
            .iter()
            .map(|run| run.completed + run.evacuation)
            .collect();
        let mixture = Mixture::tilted(hazards, mean(&seconds).0);
        let asked = other(asked);
        in_threads(prepared, asked, |run, number| {
            Ok(struck(run, asked.seed, number, mixture, play))
        })
        .unwrap_or_default()
    };
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the methods are for one lifetime only"
    )]
    [
        of(&played.good, |run| run.play()),
        of(&played.bad, |run| run.fail()),
    ]
}

fn other(asked: Asked) -> Asked {
    Asked {
        seed: asked.seed ^ OTHER_SEED,
        ..asked
    }
}

fn unstruck(outcome: &Outcome) -> Sample {
    Sample {
        own: outcome.short_seconds,
        went_short: is_short(outcome.short_seconds),
        ..Sample::default()
    }
}

/// A deployment with strikes and, where any came, without.
fn struck(
    run: &mut Run,
    seed: u64,
    number: u64,
    mixture: Mixture,
    play: fn(&mut Run) -> Result<Outcome, Halt>,
) -> Sample {
    // What never ends is short for the rest of the month.
    let never = MINUTES_PER_MONTH * 60.0;
    let short = |run: &mut Run| play(run).map_or(never, |outcome| outcome.short_seconds);
    run.shuffle();
    run.tilt(mixture, part_of(number));
    let with = short(run);
    let (strikes, weight) = (run.seen(), run.weight());
    if strikes.strikes == 0 {
        return Sample {
            own: with,
            went_short: is_short(with),
            ..Sample::default()
        };
    }
    run.restart(seed, number);
    run.shuffle();
    run.spare();
    let own = short(run);
    let more = weight * (with - own);
    let of_zone = strikes.zones > 0;
    Sample {
        own,
        spot: if of_zone { 0.0 } else { more },
        zone: if of_zone { more } else { 0.0 },
        went_short: is_short(own) + weight * (is_short(with) - is_short(own)),
    }
}

fn part_of(number: u64) -> usize {
    usize::try_from(number % Mixture::PARTS as u64).unwrap_or(0)
}

fn is_short(seconds: f64) -> f64 {
    f64::from(u8::from(seconds > NO_TIME))
}

/// The share of the time between deployments that is short by spot hosts alone and with a zone,
/// each with its standard error.
///
/// # Formula
/// Times of rest of mean 1 / μ alternate with recoveries: the mean time short in a recovery over
/// the mean of both, each by its weight.
fn at_rest(prepared: &Prepared, asked: Asked) -> [(f64, f64); 2] {
    let hazards = prepared.hazards_at_rest();
    let all: f64 = hazards.iter().sum();
    if all <= 0.0 {
        return [(0.0, 0.0); 2];
    }
    let asked = other(asked);
    let pilot = Asked {
        runs: asked.runs.min(PILOT_RUNS),
        ..asked
    };
    // Without further strikes, as these are when it takes longest.
    let alone = recoveries(prepared, pilot, Mixture::plain([0.0; KINDS]));
    let seconds: Vec<f64> = alone.iter().map(|one| one.whole).collect();
    let recoveries = recoveries(prepared, asked, Mixture::tilted(hazards, mean(&seconds).0));
    let share = |of: fn(&Recovery) -> f64| {
        let pairs: Vec<[f64; 2]> = recoveries
            .iter()
            .map(|one| [of(one), one.weight / all + one.whole])
            .collect();
        ratio(&pairs)
    };
    [share(|one| one.spot), share(|one| one.zone)]
}

/// What follows from strikes: each kind of them begins as many runs, counted by its share.
fn recoveries(prepared: &Prepared, asked: Asked, mixture: Mixture) -> Vec<Recovery> {
    let never = MINUTES_PER_MONTH * 60.0;
    let hazards = prepared.hazards_at_rest();
    let all: f64 = hazards.iter().sum();
    let kinds: Vec<usize> = (0..KINDS).filter(|&kind| hazards[kind] > 0.0).collect();
    #[expect(clippy::cast_precision_loss, reason = "at most three")]
    let count = kinds.len() as f64;
    in_threads(prepared, asked, |run, number| {
        // Parts of the mixture by turns, and within each of them the kinds.
        let turn = number / Mixture::PARTS as u64 % kinds.len() as u64;
        let kind = kinds[usize::try_from(turn).unwrap_or(0)];
        run.shuffle();
        run.tilt(mixture, part_of(number));
        let [short, whole] = run.recover(kind).unwrap_or([never, never]);
        let weight = run.weight() * hazards[kind] / all * count;
        let of_zone = run.seen().zones > 0;
        Ok(Recovery {
            spot: if of_zone { 0.0 } else { weight * short },
            zone: if of_zone { weight * short } else { 0.0 },
            whole: weight * whole,
            weight,
        })
    })
    .unwrap_or_default()
}
