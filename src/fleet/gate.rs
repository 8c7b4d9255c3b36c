//! Whether a fleet as it stands keeps to its limits and its services to theirs, and the cheapest
//! change that mends it.

use serde::Serialize;

use super::members::{AnyTime, Fleet, Posed};
use super::plan::{Chosen, ClusterPool, SpotPool, Totals, told};
use super::problem::{Hooks, Problem, Settings};
use super::solve::solve;
use super::what_if::{Limit, Relaxed, least, smallest_changes};
use crate::recommend::{Checked, standing};
use crate::rollout::TooFewPlaces;

/// Costs that differ by less are the same \[USD/month\].
const SAME_COST: f64 = 0.005;

/// How much all minutes together count beside one changed setting: of plans with equally few
/// changes the fastest is taken.
const MINUTES: f64 = 1e-3;

/// How a fleet stands against its limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetCheck {
    /// Version of this layout.
    pub schema_version: u32,
    /// Whether all limits are met, those of the services too, and no deployment is stuck.
    pub passed: bool,
    /// Each limit of the fleet, with what all services reach with their settings of today; stuck
    /// ones are left out.
    pub limits: Vec<FleetLimit>,
    /// Each service with its own limits.
    pub services: Vec<ServiceCheck>,
    /// What the fleet as it stands adds up to, stuck services left out.
    pub today: Totals,
    /// What mends it; absent where nothing has to be mended, and where no plan is within the limits.
    pub mend: Option<Mend>,
    /// Services that no settings bring within their own limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beyond_mending: Vec<String>,
    /// Where no plan mends it: the least that each limit of the fleet alone would have to give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relaxed: Vec<RelaxedLimit>,
}

/// A limit that would have to give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelaxedLimit {
    /// Its key.
    pub limit: String,
    /// What it is counted in.
    pub unit: &'static str,
    /// What it is.
    pub from: f64,
    /// The least that makes a plan possible, the other limits as they are.
    pub to: f64,
}

impl RelaxedLimit {
    /// The change of a limit in the words of its file.
    #[must_use]
    pub fn of(problem: &Problem, relaxed: &Relaxed) -> Self {
        let parts = relaxed.limit.parts_of_a_host(problem);
        Self {
            limit: relaxed.limit.key(problem),
            unit: relaxed.limit.unit(),
            from: relaxed.from / parts,
            to: relaxed.to / parts,
        }
    }

    /// For each limit the smallest change that alone makes a plan possible, where there is one.
    #[must_use]
    pub fn all(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Vec<Self> {
        let changes = smallest_changes(problem, settings, hooks).each;
        changes
            .iter()
            .map(|relaxed| Self::of(problem, relaxed))
            .collect()
    }
}

/// A limit of the fleet and what it reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetLimit {
    /// The limit's key.
    pub key: String,
    /// What both numbers are counted in.
    pub unit: &'static str,
    /// The most that is allowed.
    pub wanted: f64,
    /// What the fleet has.
    pub reached: f64,
    /// Whether it is met.
    pub met: bool,
}

/// A service and its own limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceCheck {
    /// Name.
    pub service: String,
    /// Why its deployments are stuck, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<String>,
    /// Its availability and its duration, where they are limited; its budget is the fleet's.
    pub limits: Vec<Checked>,
}

impl ServiceCheck {
    /// Whether it moves and meets its limits.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.stuck.is_none() && self.limits.iter().all(|limit| limit.met)
    }
}

/// Which plan mends a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mended {
    /// Only services that are stuck or break their limits change: at the least cost, then with the
    /// fewest changed settings, then as fast as that allows.
    LeastCost,
    /// Others have to change too, for the limits of the fleet: the fewest settings, then as fast as
    /// that allows.
    FewestChanges,
}

/// What mends a fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mend {
    /// Which plan it is.
    pub by: Mended,
    /// What it costs more or less \[USD/month\].
    pub costs_usd_per_month: f64,
    /// What the fleet then adds up to.
    pub total: Totals,
    /// The services that change.
    pub services: Vec<Chosen>,
    /// The pools of the clusters.
    pub cluster_pools: Vec<ClusterPool>,
    /// The pools of spot hosts.
    pub spot_pools: Vec<SpotPool>,
}

/// How a fleet stands against its limits.
///
/// What mends it is looked for with hosts of the services' own and with pools for windows; a pool
/// that is open at any time is not.
///
/// # Errors
/// Not even the desired count of a service fits on its hosts: its index.
pub fn check(
    fleet: &Fleet,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Result<FleetCheck, (usize, TooFewPlaces)> {
    let services = fleet
        .members
        .iter()
        .enumerate()
        .map(|(i, member)| {
            let mut scenario = member.scenario.clone();
            scenario.limits.budget_usd_per_month = None;
            let (current, limits) = standing(&scenario).map_err(|few| (i, few))?;
            Ok(ServiceCheck {
                service: member.name.clone(),
                stuck: current.estimate.stuck.map(|stuck| stuck.reason),
                limits,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let today = today(fleet);
    let limits = limits(fleet, &today);
    let passed = services.iter().all(ServiceCheck::passed) && limits.iter().all(|limit| limit.met);
    let mut check = FleetCheck {
        schema_version: 1,
        passed,
        limits,
        services,
        today,
        mend: None,
        beyond_mending: Vec::new(),
        relaxed: Vec::new(),
    };
    if passed {
        return Ok(check);
    }
    let failing = within_own_limits(fleet, &check.services, Others::Stay);
    let all = within_own_limits(fleet, &check.services, Others::MayChange);
    let without = |service: &&super::problem::Service| service.options.is_empty();
    let empty = all.problem.services.iter().filter(without);
    check.beyond_mending = empty.map(|service| service.name.to_string()).collect();
    if check.beyond_mending.is_empty() {
        check.mend = cheapest(fleet, &failing, settings, hooks)
            .or_else(|| fewest(fleet, &all, Mended::FewestChanges, settings, hooks));
        if check.mend.is_none() {
            check.relaxed = RelaxedLimit::all(&all.problem, settings, hooks);
        }
    }
    Ok(check)
}

fn today(fleet: &Fleet) -> Totals {
    let mut today = Totals::default();
    for (member, offers) in fleet.members.iter().zip(&fleet.offers) {
        if let Some(offer) = &offers.today {
            today.weighted_minutes_per_month += offer.weighted_minutes(member);
            today.usd_per_month += offer.usd;
            today.shortfall_minutes_per_month += offer.plan.shortfall_minutes_per_month;
        }
    }
    today
}

fn limits(fleet: &Fleet, today: &Totals) -> Vec<FleetLimit> {
    let limit = |key: String, unit: &'static str, wanted: f64, reached: f64| FleetLimit {
        key,
        unit,
        wanted,
        reached,
        met: reached <= wanted + 1e-9 * wanted.abs().max(1.0),
    };
    let file = &fleet.file;
    let budget = file.budget_usd_per_month.map(|usd| {
        let key = "limits.budget_usd_per_month".to_owned();
        limit(key, Limit::Budget.unit(), usd, today.usd_per_month)
    });
    let shortfall = file.shortfall_minutes_per_month.map(|minutes| {
        let key = "limits.shortfall_minutes_per_month".to_owned();
        let reached = today.shortfall_minutes_per_month;
        limit(key, Limit::Shortfall.unit(), minutes, reached)
    });
    // No service uses a pool of its cluster with its settings of today.
    let clusters = file.clusters.iter().filter_map(|(name, limits)| {
        let key = format!("clusters.{name}.extra_hosts_max");
        let most = f64::from(limits.extra_hosts_max?);
        Some(limit(key, Limit::Cluster(0).unit(), most, 0.0))
    });
    let pools = file.pools.iter().filter_map(|(name, most)| {
        let key = format!("pools.{name}.spot_hosts_max");
        let mut of = fleet.members.iter().zip(&fleet.offers).collect::<Vec<_>>();
        of.retain(|(member, _)| member.terms.spot_pool.as_ref() == Some(name));
        let spot = of.iter().filter_map(|(_, offers)| offers.today.as_ref());
        let used: u32 = spot.map(|offer| offer.plan.plan.spot_hosts).sum();
        Some(limit(
            key,
            Limit::Pool(0).unit(),
            f64::from((*most)?),
            f64::from(used),
        ))
    });
    budget
        .into_iter()
        .chain(shortfall)
        .chain(clusters)
        .chain(pools)
        .collect()
}

/// What services do that keep to their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Stay,
    MayChange,
}

/// The fleet as a problem without the settings of today where they break a service's own limits;
/// all other offers keep to them.
fn within_own_limits(fleet: &Fleet, services: &[ServiceCheck], others: Others) -> Posed {
    let mut posed = fleet.pose(&AnyTime::new());
    let all = posed.problem.services.iter_mut().zip(&mut posed.meanings);
    for ((service, meanings), (check, offers)) in all.zip(services.iter().zip(&fleet.offers)) {
        let Some(_) = offers.today else { continue };
        let stays = check.passed() && others == Others::Stay;
        let kept: Vec<bool> = meanings
            .iter()
            .map(|meaning| match (meaning.offer, check.passed()) {
                (0, passed) => passed,
                _ => !stays,
            })
            .collect();
        let mut kept_options = kept.iter();
        service
            .options
            .retain(|_| kept_options.next() == Some(&true));
        let mut kept_meanings = kept.iter();
        meanings.retain(|_| kept_meanings.next() == Some(&true));
    }
    posed
}

/// The plan that costs least.
fn cheapest(fleet: &Fleet, posed: &Posed, settings: &Settings, hooks: &Hooks<'_>) -> Option<Mend> {
    let problem = &posed.problem;
    if problem.services.iter().any(|one| one.options.is_empty()) {
        return None;
    }
    let cheapest = problem.services.iter().filter_map(|service| {
        let costs = service.options.iter().map(|option| option.usd);
        costs.reduce(f64::min)
    });
    let below = cheapest.sum::<f64>() - SAME_COST;
    let least = least(problem, Limit::Budget, below, settings, hooks)?;
    let allowed = problem.limits.budget_usd.unwrap_or(f64::INFINITY);
    if least > allowed + 1e-9 * allowed.abs().max(1.0) {
        return None;
    }
    let mut within = posed.clone();
    within.problem.limits.budget_usd = Some((least + SAME_COST).min(allowed));
    fewest(fleet, &within, Mended::LeastCost, settings, hooks)
}

/// The plan with the fewest changed settings; of those the fastest.
fn fewest(
    fleet: &Fleet,
    posed: &Posed,
    by: Mended,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Option<Mend> {
    let mut counted = posed.problem.clone();
    let slowest = |service: &super::problem::Service| {
        let minutes = service.options.iter().map(|option| option.weighted_minutes);
        minutes.fold(0.0, f64::max)
    };
    let all: f64 = counted.services.iter().map(slowest).sum();
    let meanings = posed.meanings.iter().zip(&fleet.offers);
    for (service, (meanings, offers)) in counted.services.iter_mut().zip(meanings) {
        for (option, meaning) in service.options.iter_mut().zip(meanings) {
            let offer = offers.all().nth(meaning.offer);
            let changes = offer.map_or(0, |offer| offer.plan.changed.len());
            let changes = f64::from(u32::try_from(changes).unwrap_or(u32::MAX));
            option.weighted_minutes =
                changes + MINUTES * option.weighted_minutes / all.max(f64::MIN_POSITIVE);
        }
    }
    let solution = solve(&counted, settings, hooks);
    solution.plan.as_ref()?;
    let plan = told(fleet, posed.clone(), solution);
    Some(Mend {
        by,
        costs_usd_per_month: plan.added_cost().0,
        total: plan.total,
        services: plan
            .services
            .into_iter()
            .filter(|chosen| !chosen.changed.is_empty())
            .collect(),
        cluster_pools: plan.clusters,
        spot_pools: plan.spot_pools,
    })
}
