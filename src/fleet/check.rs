//! The independent check of a plan: everything is added up again from the input.
//!
//! It shares nothing with the solver but the data types, so that neither hides a mistake of the
//! other.

use std::collections::BTreeMap;
use std::fmt;

use super::problem::{Plan, Problem};

/// Sums of decimals are compared with this tolerance, relative to the limit.
pub const TOLERANCE: f64 = 1e-9;

/// What a set of choices adds up to.
///
/// # Errors
/// Where there is not exactly one option of each service.
pub fn plan(problem: &Problem, choices: &[u32]) -> Result<Plan, Violation> {
    if choices.len() != problem.services.len() {
        return Err(Violation::Choices);
    }
    let mut minutes = Sum::default();
    let mut usd = Sum::default();
    let mut shortfall = Sum::default();
    let mut need: BTreeMap<(usize, u32), u64> = BTreeMap::new();
    let mut spot = vec![0_u64; problem.pools.len()];
    for (service, choice) in problem.services.iter().zip(choices) {
        let option = service
            .options
            .get(*choice as usize)
            .ok_or(Violation::Choices)?;
        minutes.add(option.weighted_minutes);
        usd.add(option.usd);
        shortfall.add(option.shortfall_minutes);
        if let Some(cluster) = option.cluster {
            *need.entry((cluster as usize, option.window)).or_default() += u64::from(option.hosts);
        }
        if let Some(pool) = option.pool {
            spot[pool as usize] += u64::from(option.spot_hosts);
        }
    }
    let mut largest = vec![0_u64; problem.clusters.len()];
    for ((cluster, _), hosts) in need {
        largest[cluster] = largest[cluster].max(hosts);
    }
    let extra_hosts: Vec<u32> = largest.into_iter().map(count).collect();
    for (cluster, hosts) in problem.clusters.iter().zip(&extra_hosts) {
        usd.add(cluster.usd_per_extra_host * f64::from(*hosts));
    }
    Ok(Plan {
        choices: choices.to_vec(),
        weighted_minutes: minutes.total(),
        usd: usd.total(),
        shortfall_minutes: shortfall.total(),
        extra_hosts,
        spot_hosts: spot.into_iter().map(count).collect(),
    })
}

fn count(hosts: u64) -> u32 {
    u32::try_from(hosts).unwrap_or(u32::MAX)
}

/// Whether a plan is what it says and meets all limits.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(problem: &Problem, claimed: &Plan) -> Result<(), Violation> {
    let found = plan(problem, &claimed.choices)?;
    for (name, claimed, found) in [
        (
            "weighted minutes",
            claimed.weighted_minutes,
            found.weighted_minutes,
        ),
        ("cost", claimed.usd, found.usd),
        (
            "shortfall",
            claimed.shortfall_minutes,
            found.shortfall_minutes,
        ),
    ] {
        if (claimed - found).abs() > TOLERANCE * found.abs().max(1.0) {
            return Err(Violation::Sum {
                name,
                claimed,
                found,
            });
        }
    }
    if claimed.extra_hosts != found.extra_hosts || claimed.spot_hosts != found.spot_hosts {
        return Err(Violation::Hosts);
    }
    meets_limits(problem, &found)
}

/// What a set of choices adds up to, where it meets all limits.
///
/// # Errors
/// The first thing that is wrong.
pub fn checked(problem: &Problem, choices: &[u32]) -> Result<Plan, Violation> {
    let found = plan(problem, choices)?;
    meets_limits(problem, &found)?;
    Ok(found)
}

fn meets_limits(problem: &Problem, found: &Plan) -> Result<(), Violation> {
    let limits = &problem.limits;
    within("the budget", found.usd, limits.budget_usd)?;
    within(
        "the shortfall",
        found.shortfall_minutes,
        limits.shortfall_minutes,
    )?;
    for (cluster, hosts) in problem.clusters.iter().zip(&found.extra_hosts) {
        within(
            &format!("the extra hosts of cluster {}", cluster.name),
            f64::from(*hosts),
            cluster.extra_hosts_max.map(f64::from),
        )?;
    }
    for (pool, hosts) in problem.pools.iter().zip(&found.spot_hosts) {
        within(
            &format!("the spot hosts of pool {}", pool.name),
            f64::from(*hosts),
            pool.spot_hosts_max.map(f64::from),
        )?;
    }
    Ok(())
}

fn within(what: &str, found: f64, limit: Option<f64>) -> Result<(), Violation> {
    match limit {
        Some(limit) if found > limit + TOLERANCE * limit.abs().max(1.0) => Err(Violation::Limit {
            what: what.to_owned(),
            found,
            limit,
        }),
        _ => Ok(()),
    }
}

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Violation {
    /// Not exactly one existing option of each service.
    Choices,
    /// A sum is not what the plan says.
    Sum {
        /// Which.
        name: &'static str,
        /// What the plan says.
        claimed: f64,
        /// What its options add up to.
        found: f64,
    },
    /// Extra hosts or spot hosts are not what the plan says.
    Hosts,
    /// A limit is exceeded.
    Limit {
        /// Which.
        what: String,
        /// What the plan needs.
        found: f64,
        /// What is allowed.
        limit: f64,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choices => write!(f, "the plan does not choose one option of each service"),
            Self::Sum {
                name,
                claimed,
                found,
            } => write!(
                f,
                "the {name} of the plan is {found}, but it claims {claimed}"
            ),
            Self::Hosts => write!(
                f,
                "the hosts of the plan are not what its options add up to"
            ),
            Self::Limit { what, found, limit } => {
                write!(f, "{what}: the plan needs {found}, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for Violation {}

/// A sum whose rounding errors do not add up (Neumaier 1974).
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        self.sum + self.lost
    }
}
