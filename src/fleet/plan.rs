//! The plan of a fleet: what each service changes, what the pools hold, what it adds up to, and in
//! which order to do it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::concurrency::{Claim, EffectiveHosts, pool_hosts};
use super::members::{AnyTime, Fleet, OpenPool, Posed};
use super::offers::{Hosts, Offer};
use super::problem::{Hooks, Settings, Solution, Status};
use super::solve::solve;
use crate::model::Plan as Settled;
use crate::recommend::Change;
use crate::units::{Seconds, Usd};

/// How often the bound on pools that are open at any time is fitted to the plan found with it.
const FITS: usize = 3;

/// Shares of a pool that services which deploy at any time may have, where others have windows.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// Shares of the minutes won at which a wave ends.
const WAVES: [f64; 3] = [0.5, 0.8, 0.95];

/// The plan of a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetPlan {
    /// What the solver found and proved. Where pools are open at any time, its bound is for the
    /// bound on their p99.
    pub solution: Solution,
    /// The problem that it solved.
    pub posed: Posed,
    /// What each service does, in the order of the file; empty where there is no plan.
    pub services: Vec<Chosen>,
    /// What each cluster's pool holds.
    pub clusters: Vec<ClusterPool>,
    /// What is used of each pool of spot hosts.
    pub spot_pools: Vec<SpotPool>,
    /// What it adds up to.
    pub total: Totals,
    /// The same with the settings of today, stuck services left out.
    pub today: Totals,
    /// What to do in which order: the services that bring the most first.
    pub waves: Vec<Wave>,
}

/// What a service does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// Name.
    pub service: String,
    /// Index of its offer.
    #[serde(skip)]
    pub offer: usize,
    /// Name of its option.
    pub option: String,
    /// Who owns it, where said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Its cluster, where said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The window in which it uses the cluster's pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Hosts of the cluster's pool that a deployment uses.
    pub pool_hosts: u32,
    /// Hosts of its own that it adds, before a deployment or always.
    pub own_hosts: u32,
    /// Spot hosts among its own.
    pub spot_hosts: u32,
    /// Lead plus clock today; absent where it is stuck \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_s: Option<Seconds>,
    /// Lead plus clock under the plan \[s\].
    pub to_s: Seconds,
    /// Weighted minutes a month that it saves; absent where it is stuck today \[min/month\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saves_weighted_minutes: Option<f64>,
    /// What it costs beyond today's plan, without the pool \[USD/month\].
    pub usd_per_month: f64,
    /// What to set differently.
    pub changed: Vec<Change>,
}

impl Chosen {
    /// Its option, with the settings that the option's name does not tell.
    #[must_use]
    pub fn settings(&self) -> String {
        let mut told = vec![self.option.clone()];
        if let Some(window) = &self.window
            && !self.option.ends_with(window.as_str())
        {
            told.push(format!("in {window}"));
        }
        for change in &self.changed {
            if let Some(key) = change.key.strip_prefix("service.load_balancer.") {
                let to = change.to.to_string();
                told.push(format!("{key} {}", to.trim_matches('"')));
            }
        }
        told.join(", ")
    }
}

/// The pool of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterPool {
    /// Name.
    pub cluster: String,
    /// Hosts that it holds beyond the cluster's own.
    pub extra_hosts: u32,
    /// The most it may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_hosts_max: Option<u32>,
    /// What it costs \[USD/month\].
    pub usd_per_month: f64,
    /// Hosts that the plan needs in each window; under "any", the p99 of what is needed at once.
    pub windows: BTreeMap<String, u32>,
}

/// A pool of spot hosts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpotPool {
    /// Name.
    pub pool: String,
    /// Hosts that the plan uses.
    pub spot_hosts: u32,
    /// The most it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_hosts_max: Option<u32>,
}

/// What a plan adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Totals {
    /// Minutes of deployments × weights \[min/month\].
    pub weighted_minutes_per_month: f64,
    /// Cost beyond serving, pools included \[USD/month\].
    pub usd_per_month: f64,
    /// Time below the required tasks, summed over services \[min/month\].
    pub shortfall_minutes_per_month: f64,
}

/// Services to change together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wave {
    /// Their names, those that bring the most first.
    pub services: Vec<String>,
    /// Weighted minutes that they save \[min/month\].
    pub saves_weighted_minutes: f64,
    /// Share of all minutes won, this wave and those before it.
    pub share_of_minutes: f64,
    /// What they cost beyond today's plans, without the pools \[USD/month\].
    pub usd_per_month: f64,
}

/// The plan of a fleet.
///
/// Pools that are open at any time are bounded by effective hosts; the bound is fitted to the plan
/// found with it and the best plan is kept, that without such pools among them.
#[must_use]
pub fn plan(fleet: &Fleet, settings: &Settings, hooks: &Hooks<'_>) -> FleetPlan {
    let mut best = attempt(fleet, &AnyTime::new(), settings, hooks);
    let open = fleet.clusters_open_at_any_time();
    if open.is_empty() {
        return told(fleet, best.0, best.1);
    }
    let shared_with_windows = fleet.members.iter().any(|member| {
        let cluster = member.terms.cluster.as_ref();
        !member.terms.windows.is_empty() && cluster.is_some_and(|cluster| open.contains(cluster))
    });
    let shares: &[f64] = if shared_with_windows { &SHARES } else { &[1.0] };
    for &share in shares {
        let mut any_time = tightest(fleet, &open, share, |i| {
            fleet.offers[i].all().max_by_key(|offer| match offer.hosts {
                Hosts::Own => 0,
                Hosts::Pool(hosts) => hosts,
            })
        });
        for _ in 0..FITS {
            if (hooks.interrupted)() {
                break;
            }
            let found = attempt(fleet, &any_time, settings, hooks);
            let chosen: Vec<Option<&Offer>> = (0..fleet.members.len())
                .map(|i| chosen_offer(fleet, &found, i))
                .collect();
            any_time = tightest(fleet, &open, share, |i| chosen.get(i).copied().flatten());
            if is_better(&found.1, &best.1) {
                best = found;
            }
        }
    }
    told(fleet, best.0, best.1)
}

fn attempt(
    fleet: &Fleet,
    any_time: &AnyTime,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> (Posed, Solution) {
    let posed = fleet.pose(any_time);
    let solution = solve(&posed.problem, settings, hooks);
    (posed, solution)
}

/// Whether a solution is to be preferred: a plan over none, fewer minutes, then less cost.
fn is_better(one: &Solution, other: &Solution) -> bool {
    match (&one.plan, &other.plan) {
        (Some(one), Some(other)) => {
            let least = other.weighted_minutes * (1.0 - 1e-9);
            one.weighted_minutes < least
        }
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// The tightest bound of each cluster's pool for some offers of its services that deploy at any
/// time.
fn tightest<'a>(
    fleet: &Fleet,
    open: &[String],
    share: f64,
    offer: impl Fn(usize) -> Option<&'a Offer>,
) -> AnyTime {
    let bound = |cluster: &String| {
        let claims: Vec<Claim> = at_any_time(fleet, cluster)
            .filter_map(|i| Some(offer(i)?.claim(&fleet.members[i])))
            .filter(|claim| claim.hosts > 0)
            .collect();
        let most = fleet.file.clusters.get(cluster);
        let most = most.and_then(|limits| limits.extra_hosts_max);
        let pool = OpenPool {
            bound: EffectiveHosts::tightest(&claims),
            most: most.map(|most| Settled::spot_hosts(most, share)),
        };
        (cluster.clone(), pool)
    };
    open.iter().map(bound).collect()
}

/// The services of a cluster that deploy at any time, by index.
fn at_any_time<'a>(fleet: &'a Fleet, cluster: &'a str) -> impl Iterator<Item = usize> + 'a {
    (0..fleet.members.len()).filter(move |&i| {
        let terms = &fleet.members[i].terms;
        terms.windows.is_empty() && terms.cluster.as_deref() == Some(cluster)
    })
}

fn chosen_offer<'a>(
    fleet: &'a Fleet,
    (posed, solution): &(Posed, Solution),
    i: usize,
) -> Option<&'a Offer> {
    let choice = *solution.plan.as_ref()?.choices.get(i)?;
    let meaning = posed.meanings[i].get(choice as usize)?;
    fleet.offers[i].all().nth(meaning.offer)
}

/// What a solution means for the services.
pub(super) fn told(fleet: &Fleet, posed: Posed, solution: Solution) -> FleetPlan {
    let services = services(fleet, &posed, &solution);
    let clusters = clusters(fleet, &services);
    let spot_pools = spot_pools(fleet, &services);
    let pools: f64 = clusters.iter().map(|pool| pool.usd_per_month).sum();
    let mut total = Totals {
        usd_per_month: pools,
        ..Totals::default()
    };
    let mut today = Totals::default();
    for (i, member) in fleet.members.iter().enumerate() {
        let add = |totals: &mut Totals, offer: &Offer| {
            totals.weighted_minutes_per_month += offer.weighted_minutes(member);
            totals.usd_per_month += offer.usd;
            totals.shortfall_minutes_per_month += offer.plan.shortfall_minutes_per_month;
        };
        if let Some(offer) = &fleet.offers[i].today {
            add(&mut today, offer);
        }
        if let Some(choice) = solution.plan.as_ref().map(|plan| plan.choices[i]) {
            let meaning = posed.meanings[i][choice as usize];
            if let Some(offer) = fleet.offers[i].all().nth(meaning.offer) {
                add(&mut total, offer);
            }
        }
    }
    FleetPlan {
        waves: waves(&services),
        solution,
        posed,
        services,
        clusters,
        spot_pools,
        total,
        today,
    }
}

fn services(fleet: &Fleet, posed: &Posed, solution: &Solution) -> Vec<Chosen> {
    let Some(plan) = &solution.plan else {
        return Vec::new();
    };
    let mut services = Vec::with_capacity(fleet.members.len());
    for (i, member) in fleet.members.iter().enumerate() {
        let choice = plan.choices[i] as usize;
        let meaning = posed.meanings[i][choice];
        let Some(offer) = fleet.offers[i].all().nth(meaning.offer) else {
            continue;
        };
        let today = fleet.offers[i].today.as_ref();
        let settled = &offer.plan.plan;
        let pool_hosts = match offer.hosts {
            Hosts::Own => 0,
            Hosts::Pool(hosts) => hosts,
        };
        services.push(Chosen {
            service: member.name.clone(),
            offer: meaning.offer,
            option: posed.problem.services[i].options[choice].name.to_string(),
            team: member.terms.team.clone(),
            cluster: member.terms.cluster.clone(),
            window: meaning.window.map(|w| member.terms.windows[w].clone()),
            pool_hosts,
            own_hosts: if pool_hosts > 0 {
                0
            } else {
                own_hosts(settled)
            },
            spot_hosts: settled.spot_hosts,
            from_s: today.map(|today| today.plan.time),
            to_s: offer.plan.time,
            saves_weighted_minutes: today
                .map(|today| today.weighted_minutes(member) - offer.weighted_minutes(member)),
            usd_per_month: offer.usd - today.map_or(0.0, |today| today.usd),
            changed: offer.plan.changed.clone(),
        });
    }
    services
}

fn own_hosts(settled: &Settled) -> u32 {
    settled.prescale_hosts + settled.headroom_hosts
}

fn clusters(fleet: &Fleet, services: &[Chosen]) -> Vec<ClusterPool> {
    let pool = |(name, limits): (&String, &crate::fleet::read::ClusterLimits)| {
        let mut windows: BTreeMap<String, u32> = BTreeMap::new();
        let mut claims = Vec::new();
        for (i, chosen) in services.iter().enumerate() {
            if chosen.cluster.as_ref() != Some(name) || chosen.pool_hosts == 0 {
                continue;
            }
            match &chosen.window {
                Some(window) => *windows.entry(window.clone()).or_default() += chosen.pool_hosts,
                None => claims.extend(
                    fleet.offers[i]
                        .all()
                        .nth(chosen.offer)
                        .map(|offer| offer.claim(&fleet.members[i])),
                ),
            }
        }
        if !claims.is_empty() {
            windows.insert("any".to_owned(), pool_hosts(&claims));
        }
        let fixed = windows.iter().filter(|(window, _)| *window != "any");
        let any = windows.get("any").copied().unwrap_or(0);
        // What deploys at any time also deploys during the windows.
        let extra_hosts = fixed.map(|(_, hosts)| *hosts).max().unwrap_or(0) + any;
        ClusterPool {
            cluster: name.clone(),
            extra_hosts,
            extra_hosts_max: limits.extra_hosts_max,
            usd_per_month: f64::from(extra_hosts) * fleet.usd_per_extra_host(name),
            windows,
        }
    };
    fleet.file.clusters.iter().map(pool).collect()
}

fn spot_pools(fleet: &Fleet, services: &[Chosen]) -> Vec<SpotPool> {
    let pool = |(name, most): (&String, &Option<u32>)| SpotPool {
        pool: name.clone(),
        spot_hosts: services
            .iter()
            .zip(&fleet.members)
            .filter(|(_, member)| member.terms.spot_pool.as_ref() == Some(name))
            .map(|(chosen, _)| chosen.spot_hosts)
            .sum(),
        spot_hosts_max: *most,
    };
    fleet.file.pools.iter().map(pool).collect()
}

/// The services that change, in waves: those that are stuck today, then those that save the most.
fn waves(services: &[Chosen]) -> Vec<Wave> {
    let mut changing: Vec<&Chosen> = services
        .iter()
        .filter(|chosen| !chosen.changed.is_empty())
        .collect();
    let saves = |chosen: &Chosen| chosen.saves_weighted_minutes.unwrap_or(f64::INFINITY);
    changing.sort_by(|a, b| saves(b).total_cmp(&saves(a)));
    let all: f64 = changing
        .iter()
        .filter_map(|chosen| chosen.saves_weighted_minutes)
        .sum();
    let mut waves: Vec<Wave> = Vec::new();
    let mut won = 0.0;
    let mut ends = WAVES.iter().copied().chain([f64::INFINITY]).peekable();
    let mut open = false;
    for chosen in changing {
        if !open {
            waves.push(Wave {
                services: Vec::new(),
                saves_weighted_minutes: 0.0,
                share_of_minutes: 0.0,
                usd_per_month: 0.0,
            });
            open = true;
        }
        let won_here = chosen.saves_weighted_minutes.unwrap_or(0.0);
        won += won_here;
        let share = if all > 0.0 { won / all } else { 1.0 };
        if let Some(wave) = waves.last_mut() {
            wave.services.push(chosen.service.clone());
            wave.saves_weighted_minutes += won_here;
            wave.share_of_minutes = share;
            wave.usd_per_month += chosen.usd_per_month;
        }
        while ends.peek().is_some_and(|end| share >= *end - 1e-9) {
            ends.next();
            open = false;
        }
    }
    waves
}

/// Whether there is a plan at all.
impl FleetPlan {
    /// Whether a plan was found.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        self.solution.plan.is_some()
    }

    /// Whether the plan is proven as far as was asked.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.solution.status == Status::Optimal
    }

    /// What the plan costs beyond that of today.
    #[must_use]
    pub fn added_cost(&self) -> Usd {
        Usd(self.total.usd_per_month - self.today.usd_per_month)
    }
}
