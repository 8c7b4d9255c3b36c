//! The availability of the model against that of the simulation, over random services on hosts that
//! are taken back and in zones that are lost.
//!
//! Both are rare. The simulation plays them more often and counts each run by its likelihood, so
//! that also a shortfall of seconds a month has a confidence interval.

use std::fmt::Write as _;

use serde::Serialize;

use super::agreement::{Asked, in_turns};
use super::scenarios::{Draw, Drawn};
use crate::model;
use crate::simulate::statistics::CONFIDENCE;
use crate::simulate::{self, simulate};

/// How many scenarios are enough.
pub const SCENARIOS: u32 = 60;
/// The most tasks that a drawn service has.
pub const MOST_TASKS: u32 = 40;
/// So much more or less than the simulation is near it, as a share.
pub const NEAR: f64 = 0.05;

/// One task's size.
const CPU: u32 = 256;
const MEMORY_MIB: u32 = 512;

/// One scenario on both sides; a figure is absent where it can only be nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Which one of its seed, from 1.
    pub number: u32,
    /// Desired count.
    pub desired: u32,
    /// Required tasks.
    pub required: u32,
    /// Lower and upper bound.
    pub bounds: [u32; 2],
    /// Chance that a deployment goes short, where it does not by its own moves.
    pub chance: Option<Both>,
    /// Minutes per month by spot hosts in deployments.
    pub during: Option<Both>,
    /// Minutes per month by spot hosts between deployments.
    pub between: Option<Both>,
    /// Minutes per month by lost zones.
    pub zone: Option<Both>,
    /// All minutes per month.
    pub minutes: Option<Both>,
    /// The scenario as it was drawn.
    #[serde(skip)]
    pub toml: String,
}

/// A figure of the model and of the simulation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Both {
    /// By the model.
    pub model: f64,
    /// By the simulation.
    pub simulated: f64,
    /// The simulation's standard error.
    pub standard_error: f64,
}

impl Both {
    /// Both sides, unless neither has anything.
    fn of(model: f64, simulated: f64, standard_error: f64) -> Option<Self> {
        let is_something = model > 0.0 || simulated.abs() > 0.0;
        is_something.then_some(Self {
            model,
            simulated,
            standard_error,
        })
    }

    /// Whether the model lies in the simulation's own 95 % confidence interval.
    #[must_use]
    pub fn is_within(&self) -> bool {
        (self.model - self.simulated).abs() <= CONFIDENCE * self.standard_error
    }

    /// Model over simulation, less 1; absent where the simulation has nothing.
    #[must_use]
    pub fn error(&self) -> Option<f64> {
        (self.simulated > 0.0).then(|| self.model / self.simulated - 1.0)
    }

    /// Whether it is, or the model is not far off.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.is_within() || self.error().is_some_and(|error| error.abs() <= NEAR)
    }

    /// Half the width of the confidence interval, as a share of the figure.
    #[must_use]
    pub fn uncertainty(&self) -> Option<f64> {
        (self.simulated > 0.0).then(|| CONFIDENCE * self.standard_error / self.simulated)
    }
}

/// Compares as many scenarios as are asked for, each by so many runs.
#[must_use]
pub fn strikes(asked: Asked) -> Vec<Compared> {
    in_turns(asked, |number| compared(drawn(asked.seed, number)?, asked))
        .into_iter()
        .filter_map(|(_, compared)| compared)
        .collect()
}

fn compared(drawn: Drawn, asked: Asked) -> Option<Compared> {
    let scenario = &drawn.scenario;
    let estimate = model::estimate(scenario).ok()?;
    let simulation = simulate(
        scenario,
        simulate::Asked {
            runs: asked.runs,
            seed: asked.seed,
            threads: 1,
        },
    )
    .ok()?;
    let (model, simulated) = (estimate.availability, simulation.availability);
    let (parts, played) = (model.parts?, simulated.parts?);
    let errors = simulated.parts_standard_errors?;
    Some(Compared {
        number: drawn.number,
        desired: scenario.service.desired_count,
        required: model.required_tasks,
        bounds: [estimate.tasks.lower_bound, estimate.tasks.upper_bound],
        chance: (estimate.tasks.min_healthy >= model.required_tasks)
            .then(|| {
                Both::of(
                    model.shortfall_probability,
                    simulated.shortfall_probability,
                    simulated.shortfall_probability_standard_error,
                )
            })
            .flatten(),
        during: Both::of(
            parts.spot_during_deployments_minutes,
            played.spot_during_deployments_minutes,
            errors.spot_during_deployments_minutes,
        ),
        between: Both::of(
            parts.spot_between_deployments_minutes,
            played.spot_between_deployments_minutes,
            errors.spot_between_deployments_minutes,
        ),
        zone: Both::of(parts.zone_minutes, played.zone_minutes, errors.zone_minutes),
        minutes: Both::of(
            model.shortfall_minutes_per_month?,
            simulated.shortfall_minutes_per_month?,
            simulated.shortfall_minutes_standard_error?,
        ),
        toml: drawn.toml,
    })
}

/// The scenario with this number, whose deployment completes. It depends on nothing but the
/// arguments. Absent where no draw can be used.
#[must_use]
pub fn drawn(seed: u64, number: u32) -> Option<Drawn> {
    super::scenarios::first_that_completes(seed, number, |draw| service(draw, number))
}

fn service(draw: &mut Draw, number: u32) -> String {
    let desired = 1 + draw.count(MOST_TASKS - 1);
    let may_miss = desired.div_ceil(3);
    let required = desired - draw.below(may_miss + 1).min(desired - 1);
    let placement = draw.one_of(&["spread", "spread", "binpack"]);
    let mut text = format!(
        "[service]\nname = \"struck-{number}\"\ndesired_count = {desired}\ncpu = {CPU}\n\
         memory_mib = {MEMORY_MIB}\nplacement = \"{placement}\"\n"
    );
    let [start, ready, stop] =
        [(10.0, 90.0), (5.0, 90.0), (1.0, 20.0)].map(|(a, b)| draw.law(a, b));
    let cold = draw.law(5.0, 60.0);
    let _ = write!(
        text,
        "\n[service.timing]\nstart = {start}\nready = {ready}\nstop = {stop}\n\
         cold_start_extra = {cold}\n"
    );
    if draw.below(3) > 0 {
        let interval = draw.one_of(&[5, 10, 30]);
        let delay = draw.one_of(&[0, 30, 120, 300]);
        let _ = write!(
            text,
            "\n[service.load_balancer]\ntype = \"alb\"\nhealth_check_interval = \"{interval}s\"\n\
             deregistration_delay = \"{delay}s\"\n"
        );
    }
    let _ = write!(text, "\n[service.load]\nrequired_tasks = {required}\n");
    let minimum = draw.one_of(&[0, 50, 75, 90, 100, 100]);
    let maximum = draw.one_of(&[100, 125, 150, 200, 200]);
    let per_day = draw.one_of(&[0.5, 4.0, 12.0]);
    let reaction = draw.law(10.0, 30.0);
    let _ = write!(
        text,
        "\n[deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
         reaction = {reaction}\nper_day = {per_day}\n"
    );
    hosts(draw, &mut text, desired);
    spot(draw, &mut text);
    text
}

/// Up to four groups in up to three zones, some of them spot; places for none to as many more as
/// are desired.
fn hosts(draw: &mut Draw, text: &mut String, desired: u32) {
    let places = desired + draw.below(desired + 1);
    let each = draw.one_of(&[1, 2, 4]);
    let groups = 1 + draw.below(4);
    let zones = draw.one_of(&[0, 2, 3]);
    *text += "\n[cluster]\nregion = \"us-east-1\"\n";
    if zones > 0 {
        let share = draw.one_of(&[0.0, 0.001, 0.01]);
        let outage = draw.law(600.0, 7200.0);
        let _ = write!(
            text,
            "zone_loss_per_month = {share}\nzone_outage = {outage}\n"
        );
    }
    let spot_of_four = draw.one_of(&[1, 2, 3, 4]);
    for group in 0..groups {
        let count = places.div_ceil(each * groups).max(1);
        let purchase = if group == 0 || draw.below(4) < spot_of_four {
            "spot"
        } else {
            "on-demand"
        };
        let kind = draw.one_of(&["m5.xlarge", "m5.xlarge", "c5.xlarge"]);
        let _ = write!(
            text,
            "\n[[cluster.hosts]]\ninstance_type = \"{kind}\"\ncount = {count}\n\
             purchase = \"{purchase}\"\nregistered_cpu = {}\nregistered_memory_mib = {}\n",
            each * CPU,
            each * MEMORY_MIB,
        );
        if zones > 0 {
            let zone = draw.one_of(&["1a", "1b", "1c"][..zones]);
            let _ = writeln!(text, "zone = \"{zone}\"");
        }
    }
}

fn spot(draw: &mut Draw, text: &mut String) {
    let share = draw.one_of(&[0.025, 0.075, 0.125, 0.25, 0.9]);
    let correlation = draw.one_of(&[0.0, 0.2, 0.5, 0.5, 0.8, 1.0]);
    let fulfilment = draw.one_of(&[1.0, 1.0, 0.9, 0.5]);
    let asked_for = draw.law(5.0, 120.0);
    let fallback = draw.one_of(&["on-demand", "wait"]);
    let boot = draw.law(60.0, 240.0);
    let _ = write!(
        text,
        "\n[prescale]\nboot = {boot}\n\n[spot]\ninterruption_per_month = {share}\n\
         correlation = {correlation}\nfulfilment = {fulfilment}\nfulfilment_time = {asked_for}\n\
         fallback = \"{fallback}\"\n"
    );
}
