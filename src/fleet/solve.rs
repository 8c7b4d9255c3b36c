//! The best plan of a fleet, and what is proven of it.
//!
//! First the prices of the shared limits that give the best bound, then plans near what these
//! prices suggest, and last a proof for what is left: options that no better plan can hold are
//! taken out, and the rest is solved exactly.

use super::block::{self, Column, Scratch};
use super::check::{self, check};
use super::compact::{Block, Fleet};
use super::dual::{DualSearch, Round};
use super::improve::{improve, repair};
use super::model::{Exact, model};
use super::problem::{
    Ended, Hooks, Plan, Prices, Problem, Progress, Settings, Solution, Status, gap,
};
use super::relax::Relaxation;
use super::state::State;

/// The plan with the fewest weighted minutes, as far as the settings let it be searched and proven.
///
/// The solver is not trusted: a plan is only taken when the independent check finds nothing.
#[must_use]
pub fn solve(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Solution {
    let fleet = Fleet::new(problem, |_, _| true);
    let mut search = Search {
        problem,
        settings,
        hooks,
        plan: None,
        bound: None,
        infeasible: fleet.lacks_an_option(),
        prices: Prices::default(),
    };
    search.run(&fleet);
    search.solution()
}

/// With more options the general solver takes too long.
const MOST_FOR_EXACT: usize = 400;

/// What was found so far.
struct Search<'a> {
    problem: &'a Problem,
    settings: &'a Settings,
    hooks: &'a Hooks<'a>,
    plan: Option<Plan>,
    bound: Option<f64>,
    infeasible: bool,
    prices: Prices,
}

impl Search<'_> {
    fn run(&mut self, fleet: &Fleet) {
        if self.infeasible {
            return;
        }
        let mut relaxation = Relaxation::new(fleet, self.settings.threads);
        let Some(mut dual) = DualSearch::start(fleet, &mut relaxation) else {
            self.infeasible = true;
            return;
        };
        self.converge(fleet, &mut relaxation, &mut dual);
        self.prices = prices(fleet, self.problem, &dual);
        self.round(fleet, &dual);
        if !self.over() {
            self.exact(fleet);
        }
    }

    /// Drives the bound up until no prices give a better one.
    fn converge(&mut self, fleet: &Fleet, relaxation: &mut Relaxation, dual: &mut DualSearch) {
        for _ in 0..5_000 {
            if self.over() {
                return;
            }
            match dual.round(fleet, relaxation) {
                Some(Round::Better) => {}
                Some(Round::Converged) if dual.master.raise_penalties(100.0) => {}
                Some(Round::Converged) | None => return,
            }
            self.raise_bound(dual.bound);
        }
    }

    /// Rounds the mixture of the master program to a plan and makes it better.
    fn round(&mut self, fleet: &Fleet, dual: &DualSearch) {
        let columns = &dual.master.columns;
        let mut heaviest: Vec<Option<(f64, &Column)>> = vec![None; fleet.blocks.len()];
        for (at, weight) in dual.master.mixture() {
            let column = &columns[at];
            let best = &mut heaviest[column.block as usize];
            if best.is_none_or(|(most, _)| weight > most) {
                *best = Some((weight, column));
            }
        }
        let plans: Vec<&Column> = heaviest
            .into_iter()
            .flatten()
            .map(|(_, plan)| plan)
            .collect();
        let mut state = State::new(fleet, &plans, &dual.prices);
        if repair(fleet, &mut state, &dual.prices) {
            improve(fleet, &mut state, &dual.prices, columns, |state| {
                self.offer(&state.choices(fleet), state.minutes);
                self.over()
            });
            self.offer(&state.choices(fleet), state.minutes);
        }
    }

    /// What is left of a small fleet is solved to the end.
    fn exact(&mut self, fleet: &Fleet) {
        if fleet.options.len() > MOST_FOR_EXACT {
            return;
        }
        let (problem, numbers) = remaining(self.problem, fleet);
        match model(&problem).solve_small() {
            Exact::Best(choices) => {
                let own = numbers.iter().zip(&choices);
                let choices: Vec<u32> = own.map(|(numbers, o)| numbers[*o as usize]).collect();
                self.offer(&choices, f64::NEG_INFINITY);
                let best = check::plan(self.problem, &choices);
                if let Ok(plan) = best {
                    self.raise_bound(plan.weighted_minutes);
                }
            }
            Exact::Infeasible if self.plan.is_none() => self.infeasible = true,
            Exact::Infeasible | Exact::Failed => {}
        }
    }

    /// Takes choices as the best plan if they are, and if the check finds nothing.
    fn offer(&mut self, choices: &[u32], minutes: f64) {
        let best = self.plan.as_ref().map(|plan| plan.weighted_minutes);
        if best.is_some_and(|best| minutes >= best) {
            return;
        }
        let Some(plan) = checked(self.problem, choices) else {
            return;
        };
        if best.is_none_or(|best| plan.weighted_minutes < best) {
            self.plan = Some(plan);
            self.tell();
        }
    }

    fn raise_bound(&mut self, bound: f64) {
        // Minutes are never negative.
        let bound = bound.max(0.0);
        if self.bound.is_none_or(|known| bound > known) {
            self.bound = Some(bound);
            self.tell();
        }
    }

    fn tell(&self) {
        (self.hooks.progress)(&Progress {
            elapsed: (self.hooks.elapsed)(),
            objective: self.plan.as_ref().map(|plan| plan.weighted_minutes),
            bound: self.bound,
        });
    }

    fn gap(&self) -> Option<f64> {
        Some(gap(self.plan.as_ref()?.weighted_minutes, self.bound?))
    }

    fn proven(&self) -> bool {
        self.infeasible || self.gap().is_some_and(|gap| gap <= self.settings.gap)
    }

    fn out_of_time(&self) -> bool {
        let limit = self.settings.time_limit;
        limit.is_some_and(|limit| (self.hooks.elapsed)() >= limit)
    }

    /// Whether to search no more.
    fn over(&self) -> bool {
        self.proven() || (self.hooks.interrupted)() || self.out_of_time()
    }

    fn solution(self) -> Solution {
        let ended = if self.proven() {
            Ended::Proven
        } else if (self.hooks.interrupted)() {
            Ended::Interrupted
        } else if self.out_of_time() {
            Ended::TimeLimit
        } else {
            Ended::Exhausted
        };
        let status = match (&self.plan, ended) {
            _ if self.infeasible => Status::Infeasible,
            (Some(_), Ended::Proven) => Status::Optimal,
            (Some(_), _) => Status::Gap,
            (None, _) => Status::Unknown,
        };
        let objective = self.plan.as_ref().map(|plan| plan.weighted_minutes);
        // Rounding errors must not put the bound above a plan that exists.
        let bound = match (self.bound, objective) {
            _ if self.infeasible => None,
            (Some(bound), Some(objective)) => Some(bound.min(objective)),
            (bound, _) => bound,
        };
        Solution {
            status,
            plan: self.plan,
            bound,
            prices: self.prices,
            ended,
        }
    }
}

/// What a little more of each limit would win, as the best bound prices it.
fn prices(fleet: &Fleet, problem: &Problem, dual: &DualSearch) -> Prices {
    let of = |row: Option<usize>| row.map_or(0.0, |row| dual.prices.0[row]);
    let mut clusters = vec![0.0; problem.clusters.len()];
    let mut scratch = Scratch::default();
    for block in &fleet.blocks {
        let Some(pool) = block.pool else { continue };
        let mut with = |more: u32| {
            let most = pool.most.saturating_add(more);
            let block = Block {
                cells: block.cells.clone(),
                pool: Some(super::compact::HostPool { most, ..pool }),
            };
            block::fill(fleet, &block, &dual.prices, &mut scratch, pool.most.min(64))
        };
        if let (Some((_, now)), Some((_, more))) = (with(0), with(1)) {
            clusters[pool.cluster as usize] = (now - more).max(0.0);
        }
    }
    Prices {
        budget: of(fleet.budget_row),
        shortfall: of(fleet.shortfall_row),
        pools: fleet.pool_rows.iter().map(|row| of(*row)).collect(),
        clusters,
    }
}

/// The problem with only the options that a fleet still has, and their numbers before.
fn remaining(problem: &Problem, fleet: &Fleet) -> (Problem, Vec<Vec<u32>>) {
    let mut left = problem.clone();
    let mut numbers = Vec::new();
    for (service, entries) in left.services.iter_mut().zip(&fleet.entries_of) {
        let entries = entries.iter().map(|entry| &fleet.entries[*entry as usize]);
        let options = entries.flat_map(|entry| &fleet.options[entry.options.clone()]);
        let mut kept: Vec<u32> = options.map(|choice| choice.option).collect();
        kept.sort_unstable();
        kept.dedup();
        let of = |option: &u32| service.options[*option as usize].clone();
        service.options = kept.iter().map(of).collect();
        numbers.push(kept);
    }
    (left, numbers)
}

fn checked(problem: &Problem, choices: &[u32]) -> Option<Plan> {
    let plan = check::plan(problem, choices).ok()?;
    check(problem, &plan).ok()?;
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Cluster, Limits, Service, ServiceOption};
    use super::*;

    /// Two services of one cluster that deploy in different windows share its hosts.
    #[test]
    fn windows_share_the_hosts_of_a_cluster() {
        let option = |name: &str, window, weighted_minutes, hosts| ServiceOption {
            name: name.into(),
            cluster: Some(0),
            window,
            pool: None,
            weighted_minutes,
            usd: 0.0,
            hosts,
            spot_hosts: 0,
            shortfall_minutes: 0.0,
        };
        let service = |name: &str, window| Service {
            name: name.into(),
            options: vec![
                option("now", window, 10.0, 0),
                option("fast", window, 4.0, 2),
            ],
        };
        let problem = Problem {
            services: vec![service("a", 0), service("b", 1), service("c", 1)],
            clusters: vec![Cluster {
                name: "x".into(),
                extra_hosts_max: None,
                usd_per_extra_host: 5.0,
            }],
            windows: vec!["day".into(), "night".into()],
            pools: vec![],
            limits: Limits {
                budget_usd: Some(10.0),
                shortfall_minutes: None,
            },
        };
        let solution = solve(&problem, &Settings::default(), &Hooks::none());
        // Two hosts are paid: one service per window. A third fast one would need four.
        assert_eq!(solution.status, Status::Optimal);
        let plan = solution.plan.expect("there is a plan");
        assert!((plan.weighted_minutes - 18.0).abs() < 1e-9);
        assert_eq!(plan.extra_hosts, [2]);
    }
}
