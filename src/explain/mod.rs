//! Why a deployment takes as long as it does and what would change that: its steps with their
//! times, what each setting contributes, the largest levers, and what the assumptions matter.
//!
//! Everything but the clock times of the steps is found by evaluating the whole model again with
//! one thing changed.

mod costs;
mod effects;
mod ends;
mod failure;
mod joining;
mod levers;
mod load;
mod shared;
mod steps;
#[cfg(test)]
mod tests;
mod timeline;
mod waterfall;
mod zones;

use serde::Serialize;

use crate::model::phases::Phases;
use crate::model::start_limits::limits;
use crate::model::verdict::Verdict;
use crate::model::walk::{Act, joins, walk};
use crate::model::{Durations, Estimate, Model, Outcome, Plan};
use crate::rollout::TooFewPlaces;
use crate::scenario::{Clock, Scenario};
use crate::units::Seconds;

pub use effects::{Effect, effects, with_effects};
pub use levers::{Lever, LeverKind};
pub use steps::{Step, clock};
pub use timeline::{Moment, timeline};
pub use waterfall::{Contribution, Waterfall};

/// A deployment as an engineer would tell it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// What is explained.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// What happens, in the order of time; what keeps it from happening where it is stuck.
    pub steps: Vec<Step>,
    /// When the steps end, and why the deployment ends at another moment in the mean; absent where
    /// it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// Where the time goes; absent where it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waterfall: Option<Waterfall>,
    /// The largest changes, free ones first; none where it is stuck: see the fixes.
    pub levers: Vec<Lever>,
    /// What the other plausible values of the assumptions would change.
    pub effects: Vec<Effect>,
}

/// Means of a deployment's durations, or differences of such means \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Clocks {
    /// From the launch of the pre-scaled hosts to the request \[s\].
    pub lead_s: Seconds,
    /// From the request to the last new task healthy \[s\].
    pub new_version_s: Seconds,
    /// From the request to "completed" \[s\].
    pub completed_s: Seconds,
}

impl Clocks {
    /// How much shorter another deployment is \[s\].
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            lead_s: self.lead_s - other.lead_s,
            new_version_s: self.new_version_s - other.new_version_s,
            completed_s: self.completed_s - other.completed_s,
        }
    }

    /// Lead plus a clock \[s\].
    #[must_use]
    pub fn with_lead(self, clock: Clock) -> Seconds {
        self.lead_s
            + match clock {
                Clock::NewVersion => self.new_version_s,
                Clock::Completed => self.completed_s,
            }
    }
}

impl From<&Durations> for Clocks {
    fn from(durations: &Durations) -> Self {
        Self {
            lead_s: durations.lead_s.mean,
            new_version_s: durations.new_version_s.mean,
            completed_s: durations.completed_s.mean,
        }
    }
}

/// Explains a scenario as it stands.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn explain(scenario: &Scenario) -> Result<Explanation, TooFewPlaces> {
    let base = Baseline::of(scenario)?;
    let estimate = base.model.estimate(scenario, &base.outcome)?;
    Ok(Explanation {
        steps: steps::steps(&base, estimate.stuck.as_ref()),
        ends: ends::ends_told(&base),
        waterfall: waterfall::waterfall(&base),
        levers: levers::levers(&base),
        effects: effects::of_assumptions(&base),
        estimate,
    })
}

/// A scenario with what comes of it, which changes are held against.
struct Baseline<'a> {
    scenario: &'a Scenario,
    model: Model,
    plan: Plan,
    outcome: Outcome,
}

impl<'a> Baseline<'a> {
    fn of(scenario: &'a Scenario) -> Result<Self, TooFewPlaces> {
        let model = Model::of(scenario);
        let plan = Plan::of(scenario);
        let outcome = model.outcome(scenario, &plan)?;
        Ok(Self {
            scenario,
            model,
            plan,
            outcome,
        })
    }

    fn clocks(&self) -> Option<Clocks> {
        clocks(&self.outcome)
    }

    /// The verdict on the new tasks.
    fn verdict(&self) -> Verdict {
        let moves = &self.outcome.moves;
        self.model.verdict(self.scenario, &self.plan, moves)
    }

    /// The phases of a task's life until it is healthy, and the acts of the scheduler if each of
    /// them took its mean.
    fn course(&self) -> (Phases, Vec<Act>) {
        let (scenario, moves) = (self.scenario, &self.outcome.moves);
        let phases = self.model.phases_until_healthy(scenario, &self.plan, moves);
        let limits = limits(scenario.service.launch_type);
        let acts = walk(moves, &phases, limits, &joins(scenario, moves));
        (phases, acts)
    }

    /// What comes of a changed scenario under its own plan.
    fn outcome_of(&self, changed: &Scenario) -> Result<Evaluated, TooFewPlaces> {
        self.outcome_of_plan(changed, &Plan::of(changed))
    }

    /// What comes of a changed scenario; the model is shared where no timing has changed.
    fn outcome_of_plan(&self, changed: &Scenario, plan: &Plan) -> Result<Evaluated, TooFewPlaces> {
        let own;
        let model = if same_timing(self.scenario, changed) {
            &self.model
        } else {
            own = Model::of(changed);
            &own
        };
        let outcome = model.outcome(changed, plan)?;
        Ok(Evaluated {
            kill_probability: model
                .verdict(changed, plan, &outcome.moves)
                .kill_probability,
            outcome,
        })
    }

    /// A copy of the scenario with something changed.
    fn changed(&self, change: impl FnOnce(&mut Scenario)) -> Scenario {
        let mut changed = self.scenario.clone();
        change(&mut changed);
        changed
    }
}

/// What comes of a changed scenario.
struct Evaluated {
    outcome: Outcome,
    kill_probability: f64,
}

/// The means of an outcome; absent where it is stuck.
fn clocks(outcome: &Outcome) -> Option<Clocks> {
    outcome.duration.as_ref().map(Clocks::from)
}

/// Whether two scenarios have the same model.
fn same_timing(a: &Scenario, b: &Scenario) -> bool {
    a.service.timing == b.service.timing
        && a.service.failed_start_probability.to_bits()
            == b.service.failed_start_probability.to_bits()
        && a.service.load_balancer == b.service.load_balancer
        && a.service.health_check == b.service.health_check
        && a.service.health_check_grace_period == b.service.health_check_grace_period
        && a.deployment.reaction == b.deployment.reaction
        && a.deployment.stopping_counts == b.deployment.stopping_counts
        && a.prescale.boot == b.prescale.boot
}

/// A duration as a scenario states it, to a hundredth of a second: `300s`.
fn written(duration: Seconds) -> String {
    format!("{}s", (duration.0 * 100.0).round() / 100.0)
}
