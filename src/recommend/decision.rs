//! Which plan is taken: the best one within the limits, unless one without added hosts makes no
//! material difference.

use std::rc::Rc;

use super::search::{Candidate, Configuration, Search};
use super::variants::{TimingLever, permitted, pulled};
use super::{Taken, YesNo, grace};
use crate::model::Model;
use crate::rollout::TooFewPlaces;
use crate::scenario::{Limits, Scenario};

/// A gain below this is no material difference \[s\].
const MATERIAL_SECONDS: f64 = 30.0;

/// A gain below both this and [`MATERIAL_SHARE`] is no material difference \[USD/month\].
const MATERIAL_USD: f64 = 1.0;

/// See [`MATERIAL_USD`].
const MATERIAL_SHARE: f64 = 0.01;

/// A scenario under the timing settings that are taken, with the model for it.
pub struct Timing {
    /// The scenario with these settings.
    pub scenario: Scenario,
    /// Its model.
    pub model: Rc<Model>,
}

impl Timing {
    /// The scenario's own timing.
    pub fn of(scenario: Scenario) -> Self {
        let model = Rc::new(Model::of(&scenario));
        Self { scenario, model }
    }

    /// The timing of a scenario, whose model may be this one's.
    pub fn also_of(&self, scenario: Scenario) -> Self {
        let model = if Model::is_the_same(&scenario, &self.scenario) {
            Rc::clone(&self.model)
        } else {
            Rc::new(Model::of(&scenario))
        };
        Self { scenario, model }
    }

    /// All permitted levers pulled, but for those that bring nothing.
    pub fn best(scenario: &Scenario) -> Result<Self, TooFewPlaces> {
        let with = |levers: &[TimingLever]| {
            let scenario = levers.iter().fold(scenario.clone(), |scenario, lever| {
                pulled(&scenario, *lever).unwrap_or(scenario)
            });
            Self::of(grace::sufficient(scenario))
        };
        let mut levers = permitted(scenario);
        let mut best = with(&levers);
        if levers.is_empty() {
            return Ok(best);
        }
        let mut reached = best.objective()?;
        for lever in levers.clone() {
            let fewer: Vec<TimingLever> = levers.iter().copied().filter(|l| *l != lever).collect();
            let without = with(&fewer);
            let found = without.objective()?;
            if found.is_as_good_as(&reached) {
                levers = fewer;
                best = without;
                reached = found;
            }
        }
        Ok(best)
    }

    fn objective(&self) -> Result<Reached, TooFewPlaces> {
        let search = Search::new(&self.scenario, &self.model)?;
        let chosen = chosen(&search, &self.scenario.limits);
        Ok(Reached {
            objective: chosen.map(|chosen| search.objective(&chosen)),
            tie: search.tie(),
        })
    }
}

/// The objective of the plan that is taken; absent where nothing meets the limits.
struct Reached {
    objective: Option<f64>,
    tie: f64,
}

impl Reached {
    fn is_as_good_as(&self, other: &Self) -> bool {
        match (self.objective, other.objective) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => mine < theirs + self.tie,
        }
    }
}

/// The best plans, and the one of them that is taken.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    /// What is recommended; None if nothing meets the limits.
    pub chosen: Option<Candidate>,
    /// The best without added hosts.
    pub without: Option<Candidate>,
    /// The best without any hosts but the ones that are there.
    pub settings: Option<Candidate>,
    /// The best with hosts that managed scaling adds while it runs.
    pub on_demand: Option<Candidate>,
    /// The best with pre-scaled hosts.
    pub prescaled: Option<Candidate>,
    /// The best with pre-scaled hosts, whatever it costs.
    pub prescaled_at_any_cost: Option<Candidate>,
    /// The best with standing hosts.
    pub standing: Option<Candidate>,
}

impl Decision {
    /// The decision within the scenario's limits.
    pub fn of(search: &Search, scenario: &Scenario) -> Self {
        let limits = &scenario.limits;
        let any_cost = Limits {
            budget_usd_per_month: None,
            ..*limits
        };
        let without = search.best(adds_none, limits);
        let prescaled = search.best(prescales, limits);
        let standing = search.best(stands, limits);
        Self {
            chosen: chosen(search, limits),
            without,
            settings: search.best(settings_only, limits),
            on_demand: search.best(|c| adds_none(c) && c.on_demand, limits),
            prescaled,
            prescaled_at_any_cost: match limits.budget_usd_per_month {
                None => prescaled,
                Some(_) => search.best(prescales, &any_cost),
            },
            standing,
        }
    }

    /// Whether the plan that is taken pre-scales.
    pub fn answer(&self) -> YesNo {
        match self.chosen {
            Some(chosen) if chosen.prescales() => YesNo::Yes,
            _ => YesNo::No,
        }
    }
}

/// How the plan gets its room that would be taken within a scenario's limits.
pub fn taken(search: &Search, scenario: &Scenario) -> Taken {
    match chosen(search, &scenario.limits) {
        None => Taken::Nothing,
        Some(plan) if plan.prescales() => Taken::Prescaled,
        Some(plan) if plan.added_hosts() > 0 => Taken::Standing,
        Some(plan) if plan.score.hosts_on_demand > 0 => Taken::OnDemand,
        Some(_) => Taken::Settings,
    }
}

/// The plan that is taken within some limits: one with fewer hosts where that makes no material
/// difference.
fn chosen(search: &Search, limits: &Limits) -> Option<Candidate> {
    let best = search.best(|_| true, limits)?;
    let as_good = |other: &Candidate| !material(search, &best, other);
    if best.score.hosts_on_demand > 0
        && let Some(settings) = search.best(settings_only, limits).filter(as_good)
    {
        return Some(settings);
    }
    if best.added_hosts() > 0
        && let Some(without) = search.best(adds_none, limits).filter(as_good)
    {
        return Some(without);
    }
    Some(best)
}

/// No hosts are added.
pub fn adds_none(configuration: &Configuration) -> bool {
    configuration.before + configuration.standing == 0
}

/// No hosts are added, neither by hand nor by managed scaling.
fn settings_only(configuration: &Configuration) -> bool {
    adds_none(configuration) && !configuration.on_demand
}

fn prescales(configuration: &Configuration) -> bool {
    configuration.before > 0
}

fn stands(configuration: &Configuration) -> bool {
    configuration.standing > 0
}

/// Whether a plan with added hosts is worth its trouble against one without.
pub fn material(search: &Search, with: &Candidate, without: &Candidate) -> bool {
    let gain = without.score.time.0 - with.score.time.0;
    if gain < MATERIAL_SECONDS {
        return false;
    }
    if !search.waiting_has_a_price() {
        return true;
    }
    let won = search.objective(without) - search.objective(with);
    won >= MATERIAL_USD || won >= MATERIAL_SHARE * without.total().0
}
