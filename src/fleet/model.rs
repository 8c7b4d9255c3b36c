//! The mathematics of a fleet, as a mixed-integer linear program.
//!
//! Chosen: x(s, o) = 1 where service s takes option o, and the extra hosts H(c) of each cluster.
//!
//! ```text
//! minimise    Σ minutes(s, o) · x(s, o)
//! subject to  Σ x(s, o) over o                                 = 1           each service s
//!             Σ usd(s, o) · x(s, o) + Σ price(c) · H(c)        ≤ budget
//!             Σ shortfall(s, o) · x(s, o)                      ≤ shortfall limit
//!             Σ spot_hosts(s, o) · x(s, o) over o in p         ≤ limit of p  each pool p
//!             Σ hosts(s, o) · x(s, o) over o in c, w  − H(c)   ≤ 0           each cluster c, window w
//!             H(c) whole, at most its limit; x(s, o) 0 or 1
//! ```

use std::collections::BTreeMap;
#[cfg(feature = "highs")]
use std::time::Duration;

use good_lp::{
    Constraint, Expression, ProblemVariables, ResolutionError, Solution as _, SolverModel as _,
    Variable, constraint, variable,
};

#[cfg(feature = "highs")]
use super::check;
use super::problem::Problem;

/// The variables of the model.
pub(super) struct Variables {
    /// Of each service, one per option.
    take: Vec<Vec<Variable>>,
    /// Of each cluster, in the same order as the variables were made: after all of `take`.
    #[cfg(feature = "highs")]
    hosts: Vec<Variable>,
}

/// The model before a solver is chosen.
pub(super) struct Model {
    variables: ProblemVariables,
    names: Variables,
    minutes: Expression,
    constraints: Vec<Constraint>,
}

/// Writes the model down.
pub(super) fn model(problem: &Problem) -> Model {
    let mut variables = ProblemVariables::new();
    let take: Vec<Vec<Variable>> = problem
        .services
        .iter()
        .map(|service| variables.add_vector(variable().binary(), service.options.len()))
        .collect();
    let hosts: Vec<Variable> = most_hosts(problem)
        .into_iter()
        .map(|most| variables.add(variable().integer().clamp(0, most)))
        .collect();

    let options = || {
        let services = problem.services.iter().zip(&take);
        services.flat_map(|(service, take)| service.options.iter().zip(take.iter().copied()))
    };
    let size = options().count();
    let mut minutes = Expression::with_capacity(size);
    let mut usd = Expression::with_capacity(size + hosts.len());
    let mut shortfall = Expression::with_capacity(size);
    let mut spot = vec![Expression::default(); problem.pools.len()];
    let mut need: BTreeMap<(u32, u32), Expression> = BTreeMap::new();
    for (option, x) in options() {
        minutes.add_mul(option.weighted_minutes, x);
        usd.add_mul(option.usd, x);
        shortfall.add_mul(option.shortfall_minutes, x);
        if let (Some(pool), 1..) = (option.pool, option.spot_hosts) {
            spot[pool as usize].add_mul(option.spot_hosts, x);
        }
        if let (Some(cluster), 1..) = (option.cluster, option.hosts) {
            let window = need.entry((cluster, option.window)).or_default();
            window.add_mul(option.hosts, x);
        }
    }
    for (cluster, h) in problem.clusters.iter().zip(&hosts) {
        usd.add_mul(cluster.usd_per_extra_host, *h);
    }

    let mut constraints: Vec<Constraint> = take
        .iter()
        .map(|options| constraint!(options.iter().copied().sum::<Expression>() == 1))
        .collect();
    constraints.extend(problem.limits.budget_usd.map(|limit| usd.leq(limit)));
    constraints.extend(
        problem
            .limits
            .shortfall_minutes
            .map(|limit| shortfall.leq(limit)),
    );
    for (pool, spot) in problem.pools.iter().zip(spot) {
        constraints.extend(pool.spot_hosts_max.map(|limit| spot.leq(limit)));
    }
    for ((cluster, _), need) in need {
        constraints.push(need.leq(hosts[cluster as usize]));
    }
    Model {
        variables,
        names: Variables {
            take,
            #[cfg(feature = "highs")]
            hosts,
        },
        minutes,
        constraints,
    }
}

/// The most extra hosts that make sense: the limit, or what the largest options of a window need.
fn most_hosts(problem: &Problem) -> Vec<u32> {
    let mut need: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for service in &problem.services {
        let mut largest: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for option in &service.options {
            if let Some(cluster) = option.cluster {
                let hosts = largest.entry((cluster, option.window)).or_default();
                *hosts = option.hosts.max(*hosts);
            }
        }
        for (place, hosts) in largest {
            *need.entry(place).or_default() += u64::from(hosts);
        }
    }
    let mut most = vec![0_u64; problem.clusters.len()];
    for ((cluster, _), hosts) in need {
        most[cluster as usize] = most[cluster as usize].max(hosts);
    }
    let limits = problem
        .clusters
        .iter()
        .map(|cluster| cluster.extra_hosts_max);
    most.into_iter()
        .zip(limits)
        .map(|(most, limit)| {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            limit.map_or(most, |limit| limit.min(most))
        })
        .collect()
}

/// What an exact solver says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Exact {
    /// The best choices.
    Best(Vec<u32>),
    /// There are none within the limits.
    Infeasible,
    /// The solver came to no end.
    Failed,
}

impl Model {
    /// Solves it to the optimum, in pure Rust: for small fleets.
    pub(super) fn solve_small(self) -> Exact {
        let mut program = self
            .variables
            .minimise(self.minutes)
            .using(good_lp::microlp);
        for constraint in self.constraints {
            program.add_constraint(constraint);
        }
        match program.solve() {
            Ok(solution) => Exact::Best(self.names.choices(|x| solution.value(x))),
            Err(ResolutionError::Infeasible) => Exact::Infeasible,
            Err(_) => Exact::Failed,
        }
    }
}

/// Whether a core of `HiGHS` is one that returned wrong optima.
#[cfg(feature = "highs")]
const fn returns_wrong_optima(major: u32, minor: u32, patch: u32) -> bool {
    matches!((major, minor, patch), (1, 14, 0))
}

#[cfg(feature = "highs")]
const _: () = assert!(
    !returns_wrong_optima(
        highs_sys::HIGHS_VERSION_MAJOR,
        highs_sys::HIGHS_VERSION_MINOR,
        highs_sys::HIGHS_VERSION_PATCH,
    ),
    "HiGHS 1.14.0 returns wrong optima: build the feature `highs` with highs-sys 1.16 or later"
);

/// What `HiGHS` says within its time.
#[cfg(feature = "highs")]
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// The best choices that it knows; they are not checked.
    pub choices: Vec<u32>,
    /// No choices have fewer weighted minutes.
    pub bound: f64,
}

/// How long `HiGHS` searches.
#[cfg(feature = "highs")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// It ends when (objective − bound) / objective is at most this,
    pub gap: f64,
    /// or when so much time has passed,
    pub time_limit: Duration,
    /// or when it has split the plans into so many groups; none: as many as there are.
    pub nodes: Option<i32>,
}

/// What `HiGHS` alone says of a fleet: nothing is taken out of it, nothing decomposed.
///
/// None where it fails or proves nothing. `start` is an option of every service; it need not be
/// within the limits.
#[cfg(feature = "highs")]
#[must_use]
pub fn by_highs(problem: &Problem, start: &[u32], effort: Effort) -> Option<Closed> {
    let hosts = check::plan(problem, start).ok()?.extra_hosts;
    let (closed, claimed) = model(problem).solve_with_highs(Some((start, &hosts)), effort)?;
    let found = check::plan(problem, &closed.choices).ok()?;
    if found.weighted_minutes <= claimed + 1e-6 * claimed.abs().max(1.0) {
        return Some(closed);
    }
    // Where presolving makes the start better, HiGHS 1.16.0 reports that objective, but gives back
    // the start as it was.
    let again = model(problem).solve_with_highs(None, effort);
    Some(again.map_or(closed, |(closed, _)| closed))
}

#[cfg(feature = "highs")]
impl Model {
    /// Lets `HiGHS` improve a plan and prove a bound; none where it fails or proves nothing. Gives
    /// the objective that it claims as well.
    ///
    /// Choices with their extra hosts are handed over as a start, as `HiGHS` calls it an error to
    /// run out of time without a plan. Bound and objective are read from its own model: the
    /// solution of `good_lp` does not have them.
    fn solve_with_highs(
        self,
        start: Option<(&[u32], &[u32])>,
        effort: Effort,
    ) -> Option<(Closed, f64)> {
        let count = self.names.take.iter().map(Vec::len).sum::<usize>() + self.names.hosts.len();
        let start = start.map(|(choices, hosts)| self.names.values(choices, hosts));
        let mut program = self.variables.minimise(self.minutes).using(good_lp::highs);
        for constraint in self.constraints {
            program.add_constraint(constraint);
        }
        let mut highs = program.try_into_inner().ok()?;
        highs.make_quiet();
        highs.try_set_option("threads", 1).ok()?;
        highs.try_set_option("mip_rel_gap", effort.gap).ok()?;
        highs.try_set_option("mip_abs_gap", 0.0).ok()?;
        // Sums of decimals are compared more strictly than HiGHS does unless told.
        for tolerance in ["mip_feasibility_tolerance", "primal_feasibility_tolerance"] {
            highs.try_set_option(tolerance, 1e-9).ok()?;
        }
        let seconds = effort.time_limit.as_secs_f64();
        highs.try_set_option("time_limit", seconds).ok()?;
        if let Some(nodes) = effort.nodes {
            highs.try_set_option("mip_max_nodes", nodes).ok()?;
        }
        if let Some(start) = start {
            let start = Some(start.as_slice());
            highs.try_set_solution(start, None, None, None).ok()?;
        }
        let solved = highs.try_solve().ok()?;
        let bound = solved.double_info_value(c"mip_dual_bound").ok()?;
        let solution = solved.get_solution();
        let values = solution.columns();
        if values.len() != count || !bound.is_finite() {
            return None;
        }
        let mut values = values.iter();
        let mut value = |_| values.next().copied().unwrap_or(0.0);
        let closed = Closed {
            choices: self.names.choices(&mut value),
            bound,
        };
        Some((closed, solved.objective_value()))
    }
}

impl Variables {
    /// The option of each service that the solver takes; values are asked for in the order in which
    /// the variables were made.
    fn choices(&self, mut value: impl FnMut(Variable) -> f64) -> Vec<u32> {
        let mut largest = |options: &Vec<Variable>| {
            let values = options.iter().map(|x| value(*x)).enumerate();
            let best = values.max_by(|a, b| a.1.total_cmp(&b.1));
            best.map_or(0, |(o, _)| u32::try_from(o).unwrap_or(u32::MAX))
        };
        self.take.iter().map(&mut largest).collect()
    }

    /// The values of all variables, in the order in which they were made, at a plan.
    #[cfg(feature = "highs")]
    fn values(&self, choices: &[u32], extra_hosts: &[u32]) -> Vec<f64> {
        let mut values = Vec::new();
        for (options, choice) in self.take.iter().zip(choices) {
            let first = values.len();
            values.resize(first + options.len(), 0.0);
            if let Some(taken) = values.get_mut(first + *choice as usize) {
                *taken = 1.0;
            }
        }
        let hosts = extra_hosts.iter().copied().map(f64::from);
        values.extend(hosts.take(self.hosts.len()));
        values
    }
}

#[cfg(all(test, feature = "highs"))]
mod tests {
    use super::returns_wrong_optima;

    #[test]
    fn the_core_that_returned_wrong_optima_is_refused() {
        assert!(returns_wrong_optima(1, 14, 0));
        assert!(!returns_wrong_optima(1, 14, 1));
        assert!(!returns_wrong_optima(1, 16, 0));
    }
}
