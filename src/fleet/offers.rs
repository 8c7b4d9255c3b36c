//! What each service of a fleet can choose from, by the model: today's settings, other settings,
//! hosts of its own, or hosts of its cluster's pool.
//!
//! The pool's hosts are there before the window opens and are paid by the pool: a service that uses
//! them waits for no boot and pays for no instance, but its image is not on them yet.

use super::concurrency::Claim;
use super::read::{FleetFile, Terms};
use crate::recommend::{Options, PlanOption, options};
use crate::rollout::TooFewPlaces;
use crate::scenario::{DurationLaw, Scenario};
use crate::units::{HOURS_PER_MONTH, Seconds, Usd, UsdPerHour};

/// A service of a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name in the fleet.
    pub name: String,
    /// How it takes part.
    pub terms: Terms,
    /// What it is.
    pub scenario: Scenario,
}

impl Member {
    /// A service under its terms, which go before what the scenario says.
    #[must_use]
    pub fn new(mut scenario: Scenario, terms: Terms) -> Self {
        if terms.per_day.is_some() {
            scenario.deployment.per_day = terms.per_day;
        }
        Self {
            name: terms
                .name
                .clone()
                .unwrap_or_else(|| scenario.service.name.clone()),
            terms,
            scenario,
        }
    }

    /// Deployments in a month.
    #[must_use]
    pub fn deployments(&self) -> f64 {
        self.scenario.deployment.per_month().unwrap_or_default()
    }

    /// What a minute of a deployment counts.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.terms.weight.unwrap_or(1.0)
    }
}

/// What a service can choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The plan with what comes of it.
    pub plan: PlanOption,
    /// Whose hosts it adds.
    pub hosts: Hosts,
    /// Its cost beyond serving, without the cluster's pool \[USD/month\].
    pub usd: f64,
}

/// Whose hosts an offer adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Its own, or none.
    Own,
    /// So many of the cluster's pool.
    Pool(u32),
}

/// The offers of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Offers {
    /// Its settings of today; absent where its deployments are stuck.
    pub today: Option<Offer>,
    /// What it could change to.
    pub others: Vec<Offer>,
}

impl Offers {
    /// Today's settings first, where they are an option.
    pub fn all(&self) -> impl Iterator<Item = &Offer> {
        self.today.iter().chain(&self.others)
    }
}

impl Offer {
    /// Minutes of deployments in a month, times the weight \[min/month\].
    #[must_use]
    pub fn weighted_minutes(&self, member: &Member) -> f64 {
        member.weight() * self.plan.time.minutes() * member.deployments()
    }

    /// What it claims of a pool that is open at any time.
    #[must_use]
    pub fn claim(&self, member: &Member) -> Claim {
        Claim {
            load: member.deployments() / HOURS_PER_MONTH * self.plan.held.hours(),
            hosts: match self.hosts {
                Hosts::Own => 0,
                Hosts::Pool(hosts) => hosts,
            },
        }
    }
}

/// The offers of a service.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn offers(fleet: &FleetFile, member: &Member) -> Result<Offers, TooFewPlaces> {
    let own = options(&member.scenario)?;
    let offer = |options: &Options, plan: &PlanOption, hosts: Hosts| Offer {
        plan: plan.clone(),
        hosts,
        usd: (plan.total - options.serving).0,
    };
    let mut others: Vec<Offer> = own
        .others
        .iter()
        .map(|plan| offer(&own, plan, Hosts::Own))
        .collect();
    if let Some(limits) = member
        .terms
        .cluster
        .as_ref()
        .and_then(|cluster| fleet.clusters.get(cluster))
    {
        let pooled = options(&on_a_pool(&member.scenario))?;
        let most = limits.extra_hosts_max.unwrap_or(u32::MAX);
        others.extend(
            pooled
                .others
                .iter()
                .filter(|plan| (1..=most).contains(&plan.plan.prescale_hosts))
                .map(|plan| offer(&pooled, plan, Hosts::Pool(plan.plan.prescale_hosts))),
        );
    }
    Ok(Offers {
        today: own.today.as_ref().map(|plan| offer(&own, plan, Hosts::Own)),
        others,
    })
}

/// The scenario as it is where added hosts are a pool's: there already, and paid by it.
fn on_a_pool(scenario: &Scenario) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.prescale.boot = DurationLaw::fixed(Seconds::ZERO);
    scenario.prescale.release = Seconds::ZERO;
    scenario.prescale.lead_overlap = Seconds::ZERO;
    if let Some(host) = &mut scenario.prescale.host {
        host.on_demand = UsdPerHour::ZERO;
        host.spot = None;
    }
    scenario.recommend.may_change.headroom = false;
    scenario.recommend.may_change.spot = false;
    scenario
}

/// What a host of the pool costs a month where its price is not given: the dearest on-demand price
/// of what the cluster's services would add; None where none would add any.
#[must_use]
pub fn price_of_a_host(cluster: &str, members: &[Member]) -> Option<Usd> {
    members
        .iter()
        .filter(|member| member.terms.cluster.as_deref() == Some(cluster))
        .filter_map(|member| member.scenario.prescale.host.as_ref())
        .map(|host| host.on_demand.for_month())
        .reduce(Usd::max)
}
