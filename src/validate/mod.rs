//! How true the model is: against the simulation over random scenarios, against recorded
//! deployments, and rule by rule.

pub mod agreement;
pub mod facts;
pub mod recordings;
pub mod rules;
pub mod scenarios;
pub mod strikes;

use serde::Serialize;

use crate::scenario::DurationLaw;
use crate::scenario::read::{Purpose, Syntax, scenario};
use agreement::Agreement;

/// A scenario that leaves its reaction to the default.
const DEFAULTS: &str = "[service]\ndesired_count = 1\n\
    [service.timing]\nstart = \"1s\"\nready = \"1s\"\n\
    [cluster]\nfree_tasks = 1\n";

/// All that tells how true the model is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// Version of this layout.
    pub schema_version: u32,
    /// Where the random numbers began.
    pub seed: u64,
    /// The model against the simulation.
    pub agreement: Agreement,
    /// The same of strikes on hosts and zones.
    pub strikes: Vec<strikes::Compared>,
    /// What the recordings say.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// What the recordings say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Recorded deployments and their predictions.
    pub recordings: Vec<recordings::Compared>,
    /// Delays of the scheduler, against the default.
    pub reaction: Option<rules::Calibration>,
    /// The rules one by one.
    pub rules: Vec<rules::Rule>,
    /// How little the time from registered to the next stop varies within a log.
    pub verdict_spreads: Vec<rules::VerdictSpread>,
}

/// Compares the model with the simulation and with the recordings.
///
/// # Errors
/// A recording that cannot be read, and why.
pub fn validate(asked: agreement::Asked) -> Result<Validation, String> {
    Ok(Validation {
        schema_version: 1,
        seed: asked.seed,
        evidence: evidence()?,
        agreement: agreement::agreement(asked),
        strikes: strikes::strikes(agreement::Asked {
            scenarios: asked.scenarios.min(strikes::SCENARIOS),
            ..asked
        }),
    })
}

/// Compares the model and its rules with the recordings.
///
/// # Errors
/// A recording that cannot be read, and why.
pub fn evidence() -> Result<Evidence, String> {
    let all = facts::recordings()?;
    let default = default_reaction().ok_or("a scenario without a reaction cannot be read")?;
    Ok(Evidence {
        recordings: recordings::compared(&all)?,
        reaction: rules::calibration(&all, default),
        rules: rules::rules(&all, default),
        verdict_spreads: rules::verdict_spreads(&all, default),
    })
}

/// The law of reactions that a scenario without one is given.
fn default_reaction() -> Option<DurationLaw> {
    let defaults = scenario(DEFAULTS, Syntax::Toml, Purpose::DurationsOnly).ok()?;
    Some(defaults.deployment.reaction)
}

/// The middle one of some values, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}
