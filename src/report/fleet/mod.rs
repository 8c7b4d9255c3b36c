//! The report of a fleet: the plan by service, team and cluster, what its pools hold, what other
//! budgets would bring, in which order to do it, and how many hosts the months ahead need.

mod charts;
mod decision;
mod html;
mod markdown;

use std::collections::BTreeMap;

use serde::Serialize;

pub use html::html;
pub use markdown::markdown;

use crate::fleet::gate::RelaxedLimit;
use crate::fleet::what_if::{CurvePoint, budget_curve};
use crate::fleet::yearly::{YearlyPlan, yearly};
use crate::fleet::{
    Chosen, ClusterPool, Fleet, FleetPlan, Hooks, Member, Settings, SpotPool, Totals, Wave, plan,
};
use crate::scenario::{Assumption, Grade};
use crate::units::{Seconds, Usd};
use decision::Decision;

/// Points of the curve of budgets of a small and of a large fleet.
const CURVE_POINTS: (u32, u32) = (61, 21);

/// A fleet with more options is a large one.
const MANY_OPTIONS: usize = 5_000;

/// All that a report on a fleet tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetReport {
    /// Version of this layout.
    pub schema_version: u32,
    /// The decision in money, hours and risk.
    pub decision: Decision,
    /// Fewest weighted minutes that any plan could have \[min/month\]; absent where nothing is
    /// proven.
    pub bound: Option<f64>,
    /// (objective − bound) / objective.
    pub gap: Option<f64>,
    /// What the plan adds up to.
    pub total: Totals,
    /// The same with the settings of today, stuck services left out.
    pub today: Totals,
    /// What the plan may cost beyond serving \[USD/month\].
    pub budget_usd_per_month: Option<f64>,
    /// Time below the required tasks that all services together may have \[min/month\].
    pub shortfall_limit_minutes_per_month: Option<f64>,
    /// What each service does, in the order of the file.
    pub services: Vec<ServiceLine>,
    /// Subtotals by team; services without one last.
    pub teams: Vec<Subtotal>,
    /// Subtotals by cluster, the pools apart; services without one last.
    pub clusters: Vec<Subtotal>,
    /// What each cluster's pool holds.
    pub cluster_pools: Vec<ClusterPool>,
    /// What is used of each pool of spot hosts.
    pub spot_pools: Vec<SpotPool>,
    /// What to do in which order.
    pub waves: Vec<Wave>,
    /// The fewest weighted minutes for every budget.
    pub budget_curve: Vec<CurvePoint>,
    /// Hosts and dollars of the months ahead; absent where no growth is stated or there is no plan.
    pub yearly: Option<YearlyPlan>,
    /// Where nothing meets the limits: the least that each alone would have to give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relaxed: Vec<RelaxedLimit>,
    /// What was assumed, each with the services it was assumed for.
    pub assumptions: Vec<Assumed>,
    /// How many values are measured and imported, where scenarios say so.
    pub graded: Vec<Graded>,
}

/// A service under the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceLine {
    /// What it does.
    #[serde(flatten)]
    pub chosen: Chosen,
    /// Deployments of a month.
    pub deployments_per_month: f64,
    /// Hours of waiting for its deployments that it saves, unweighted \[h/month\]; absent where it
    /// is stuck today.
    pub saves_hours_per_month: Option<f64>,
    /// In which wave it changes, from 1; absent where it does not.
    pub wave: Option<u32>,
}

/// What some services add up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subtotal {
    /// Of what; absent: services that say none.
    pub name: Option<String>,
    /// How many services.
    pub services: u32,
    /// How many of them change.
    pub changing: u32,
    /// How many of them are stuck today.
    pub stuck: u32,
    /// Hours of waiting saved, unweighted \[h/month\].
    pub saves_hours_per_month: f64,
    /// Weighted minutes saved \[min/month\].
    pub saves_weighted_minutes: f64,
    /// What they cost beyond today's plans, without the pools \[USD/month\].
    pub usd_per_month: f64,
}

/// How many values of a grade a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Graded {
    /// The grade.
    pub grade: Grade,
    /// Values of all services together.
    pub values: usize,
    /// Services that have any.
    pub services: usize,
}

/// Something that was assumed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assumed {
    /// What, and why.
    #[serde(flatten)]
    pub assumption: Assumption,
    /// For which services; none: for the fleet.
    pub services: Vec<String>,
}

/// Everything about a fleet's deployments.
#[must_use]
pub fn report(fleet: &Fleet, settings: &Settings, hooks: &Hooks<'_>) -> FleetReport {
    let plan = plan(fleet, settings, hooks);
    let services = services(fleet, &plan);
    let by = |name: fn(&Chosen) -> Option<&String>| subtotals(&services, name);
    let growth = fleet.file.growth.filter(|_| plan.is_planned());
    FleetReport {
        schema_version: 1,
        decision: Decision::of(fleet, &plan, &services),
        bound: plan.solution.bound,
        gap: plan.solution.gap(),
        total: plan.total,
        today: plan.today,
        budget_usd_per_month: fleet.file.budget_usd_per_month,
        shortfall_limit_minutes_per_month: fleet.file.shortfall_minutes_per_month,
        teams: by(|chosen| chosen.team.as_ref()),
        clusters: by(|chosen| chosen.cluster.as_ref()),
        services,
        budget_curve: curve(&plan, settings, hooks),
        yearly: growth.map(|growth| yearly(fleet, &plan, growth)),
        relaxed: if plan.is_planned() {
            Vec::new()
        } else {
            RelaxedLimit::all(&plan.posed.problem, settings, hooks)
        },
        assumptions: assumed(fleet),
        graded: graded(fleet),
        cluster_pools: plan.clusters,
        spot_pools: plan.spot_pools,
        waves: plan.waves,
    }
}

fn services(fleet: &Fleet, plan: &FleetPlan) -> Vec<ServiceLine> {
    let wave_of: BTreeMap<&str, u32> = (1..)
        .zip(&plan.waves)
        .flat_map(|(number, wave)| wave.services.iter().map(move |name| (&**name, number)))
        .collect();
    let line = |(member, chosen): (&Member, &Chosen)| {
        let deployments_per_month = member.deployments();
        let saves = |from: Seconds| (from - chosen.to_s).hours() * deployments_per_month;
        ServiceLine {
            deployments_per_month,
            saves_hours_per_month: chosen.from_s.map(saves),
            wave: wave_of.get(&*chosen.service).copied(),
            chosen: chosen.clone(),
        }
    };
    fleet.members.iter().zip(&plan.services).map(line).collect()
}

fn subtotals(services: &[ServiceLine], name: impl Fn(&Chosen) -> Option<&String>) -> Vec<Subtotal> {
    let mut names: Vec<Option<&String>> = services.iter().map(|line| name(&line.chosen)).collect();
    names.sort_by_key(|name| (name.is_none(), *name));
    names.dedup();
    names
        .into_iter()
        .map(|wanted| {
            let of = |line: &&ServiceLine| name(&line.chosen) == wanted;
            Subtotal::of(wanted.cloned(), services.iter().filter(of))
        })
        .collect()
}

impl Subtotal {
    fn of<'a>(name: Option<String>, lines: impl Iterator<Item = &'a ServiceLine>) -> Self {
        let mut sum = Self {
            name,
            services: 0,
            changing: 0,
            stuck: 0,
            saves_hours_per_month: 0.0,
            saves_weighted_minutes: 0.0,
            usd_per_month: 0.0,
        };
        for line in lines {
            sum.services += 1;
            sum.changing += u32::from(!line.chosen.changed.is_empty());
            sum.stuck += u32::from(line.chosen.from_s.is_none());
            sum.saves_hours_per_month += line.saves_hours_per_month.unwrap_or(0.0);
            sum.saves_weighted_minutes += line.chosen.saves_weighted_minutes.unwrap_or(0.0);
            sum.usd_per_month += line.chosen.usd_per_month;
        }
        sum
    }
}

/// The curve, its budgets with the reserves of the pools that are open at any time.
fn curve(plan: &FleetPlan, settings: &Settings, hooks: &Hooks<'_>) -> Vec<CurvePoint> {
    let problem = &plan.posed.problem;
    let options: usize = problem.services.iter().map(|one| one.options.len()).sum();
    let (small, large) = CURVE_POINTS;
    let points = if options > MANY_OPTIONS { large } else { small };
    let reserve = plan.posed.reserves_usd;
    let mut curve = budget_curve(problem, points, settings, hooks);
    for point in &mut curve {
        point.budget += reserve;
        point.usd = point.usd.map(|usd| usd + reserve);
    }
    curve
}

/// What was assumed for the fleet, then for its services; what was assumed for several is told once.
fn assumed(fleet: &Fleet) -> Vec<Assumed> {
    let of_fleet = fleet.file.assumptions.iter().map(|assumption| Assumed {
        assumption: assumption.clone(),
        services: Vec::new(),
    });
    let mut all: Vec<Assumed> = of_fleet.collect();
    let first = all.len();
    for member in &fleet.members {
        for assumption in &member.scenario.assumptions {
            match all[first..]
                .iter_mut()
                .find(|one| one.assumption == *assumption)
            {
                Some(known) => known.services.push(member.name.clone()),
                None => all.push(Assumed {
                    assumption: assumption.clone(),
                    services: vec![member.name.clone()],
                }),
            }
        }
    }
    all
}

fn graded(fleet: &Fleet) -> Vec<Graded> {
    let count = |grade: Grade| {
        let of = |member: &Member| {
            let origins = member.scenario.origins.iter();
            origins.filter(|origin| origin.grade == grade).count()
        };
        let counts = fleet.members.iter().map(of);
        Graded {
            grade,
            values: counts.clone().sum(),
            services: counts.filter(|values| *values > 0).count(),
        }
    };
    [Grade::Measured, Grade::Imported]
        .map(count)
        .into_iter()
        .filter(|graded| graded.values > 0)
        .collect()
}

impl FleetReport {
    /// What all services add up to.
    #[must_use]
    pub fn sum(&self) -> Subtotal {
        Subtotal::of(None, self.services.iter())
    }

    /// What the pools of all clusters cost \[USD/month\].
    #[must_use]
    pub fn pools_usd_per_month(&self) -> Usd {
        Usd(self
            .cluster_pools
            .iter()
            .map(|pool| pool.usd_per_month)
            .sum())
    }
}
