//! The best plan of a fleet, and what is proven of it.
//!
//! First the prices of the shared limits that give the best bound, then plans near what these
//! prices suggest, and last a proof for what is left: options that no better plan can hold are
//! taken out, and the rest is solved exactly.

use super::block::{self, Column, Scratch};
use super::check;
use super::compact::{Block, Fleet};
use super::dual::{DualSearch, Round};
use super::improve::{improve, repair};
use super::knapsack::{self, Filled};
use super::marginal::marginals;
#[cfg(feature = "highs")]
use super::model::{Effort, by_highs};
use super::model::{Exact, model};
use super::problem::{
    Ended, Hooks, Plan, Prices, Problem, Progress, Service, Settings, Solution, Status, gap,
};
use super::relax::Relaxation;
use super::state::State;
use super::tree::{self, Around};

/// The plan with the fewest weighted minutes, as far as the settings let it be searched and proven.
///
/// The solver is not trusted: a plan is only taken when the independent check finds nothing.
#[must_use]
pub fn solve(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Solution {
    let mut search = Search {
        problem,
        settings,
        hooks,
        plan: None,
        bound: None,
        infeasible: false,
        worst: f64::INFINITY,
        removed: f64::INFINITY,
        marginals: Vec::new(),
        open: 0,
        nodes: 0,
        prices: Prices::default(),
    };
    if knapsack::applies(problem) {
        search.spend_the_budget();
    }
    if !search.over() {
        search.worst = problem.services.iter().map(worst).sum();
        search.run(&Fleet::new(problem, |_, _| true));
    }
    search.solution()
}

/// Nearer than this is the same, as the sums of decimals are rounded \[relative\].
const EXACT: f64 = 1e-9;

/// With more options the general solver takes too long.
const MOST_FOR_EXACT: usize = 400;

/// With more options `HiGHS` takes longer than the search in groups.
#[cfg(feature = "highs")]
const MOST_FOR_HIGHS: usize = 30_000;

/// With so few options left `HiGHS` proves without a better plan before.
#[cfg(feature = "highs")]
const PROVEN_AT_ONCE: usize = 3_000;
/// Options of each service, and some more, among which `HiGHS` looks for a better plan first.
#[cfg(feature = "highs")]
const LIKELY_OPTIONS: usize = 3;
/// Groups into which it may split these plans.
#[cfg(feature = "highs")]
const NODES_FOR_LIKELY: i32 = 200;

/// As good as no time limit.
#[cfg(feature = "highs")]
const FOREVER: std::time::Duration = std::time::Duration::from_secs(1_000_000_000);

/// Groups of plans that are searched before `HiGHS` gets its turn; without it as many as
/// there is time for.
const MOST_NODES: Option<usize> = if cfg!(feature = "highs") {
    Some(100)
} else {
    None
};

/// What was found so far.
struct Search<'a> {
    problem: &'a Problem,
    settings: &'a Settings,
    hooks: &'a Hooks<'a>,
    plan: Option<Plan>,
    bound: Option<f64>,
    infeasible: bool,
    /// No plan has more minutes.
    worst: f64,
    /// No plan with an option that was taken out has fewer minutes.
    removed: f64,
    /// Of the options of the whole fleet, what a plan with it has at least.
    marginals: Vec<f64>,
    /// Options that are not taken out.
    open: usize,
    /// Groups of plans searched since.
    nodes: usize,
    prices: Prices,
}

impl Search<'_> {
    fn run(&mut self, fleet: &Fleet) {
        if fleet.lacks_an_option() {
            self.infeasible = true;
            return;
        }
        let mut relaxation = Relaxation::new(fleet, self.settings.threads);
        let Some(mut dual) = DualSearch::start(fleet, &mut relaxation, self.close()) else {
            self.infeasible = true;
            return;
        };
        self.converge(fleet, &mut relaxation, &mut dual);
        self.prices = prices(fleet, self.problem, &dual);
        self.round(fleet, &dual);
        if self.over() {
            return;
        }
        self.marginals = marginals(fleet, &dual.prices);
        self.marginals
            .iter_mut()
            .for_each(|least| *least += dual.bound);
        #[cfg(feature = "highs")]
        self.improve_with_highs(fleet);
        self.prove(fleet, &dual);
        if !self.over() {
            self.exact(fleet);
        }
    }

    /// Lets `HiGHS` prove what is left of a fleet that is not too large for it.
    #[cfg(feature = "highs")]
    fn prove_with_highs(&mut self, left: &Fleet) {
        if left.options.len() <= MOST_FOR_HIGHS
            && let Some(bound) = self.ask_highs(left, self.settings.gap, None)
        {
            self.raise_bound(bound.min(self.removed));
        }
    }

    /// Lets `HiGHS` look for a better plan among the options that are likeliest in one.
    #[cfg(feature = "highs")]
    fn improve_with_highs(&mut self, fleet: &Fleet) {
        let cutoff = self.cutoff();
        let open = self.marginals.iter().filter(|least| **least < cutoff);
        if open.count() <= PROVEN_AT_ONCE {
            return;
        }
        let mut least = self.marginals.clone();
        let most = (LIKELY_OPTIONS * fleet.entries_of.len() + 300).min(least.len() - 1);
        let (_, threshold, _) = least.select_nth_unstable_by(most, f64::total_cmp);
        let threshold = threshold.min(cutoff);
        let kept = self.kept(fleet, threshold);
        let few = Fleet::new(self.problem, |service, option| kept[service][option]);
        if !few.lacks_an_option() {
            self.ask_highs(&few, 0.2 * self.settings.gap, Some(NODES_FOR_LIKELY));
        }
    }

    /// Offers the best plan that `HiGHS` finds with the options of a fleet, which may be some of the
    /// problem's; gives its bound for them.
    #[cfg(feature = "highs")]
    fn ask_highs(&mut self, left: &Fleet, gap: f64, most_nodes: Option<i32>) -> Option<f64> {
        if self.over() {
            return None;
        }
        let (mut problem, mut numbers) = remaining(self.problem, left);
        // Where no plan is known it starts from the first options, which are mostly those of today.
        let today = || vec![0; self.problem.services.len()];
        let choices = self
            .plan
            .as_ref()
            .map_or_else(today, |plan| plan.choices.clone());
        // They may hold options that were taken out as no better plan has them.
        let mut start = Vec::new();
        for (s, choice) in choices.iter().enumerate() {
            let own = numbers[s].iter().position(|number| number == choice);
            start.push(super::compact::index(own.unwrap_or_else(|| {
                let option = &self.problem.services[s].options[*choice as usize];
                problem.services[s].options.push(option.clone());
                numbers[s].push(*choice);
                numbers[s].len() - 1
            })));
        }
        let effort = Effort {
            gap: gap.max(EXACT),
            // So that its answer is here before the time is over.
            time_limit: self.settings.time_limit.map_or(FOREVER, |limit| {
                limit.saturating_sub((self.hooks.elapsed)()).mul_f64(0.95)
            }),
            nodes: most_nodes,
        };
        let (told, answer) = std::sync::mpsc::channel();
        // On a thread of its own, as HiGHS does not notice an interruption.
        std::thread::spawn(move || {
            let closed = by_highs(&problem, &start, effort);
            // Nobody listens any more after an interruption.
            let _ = told.send(closed);
        });
        loop {
            match answer.recv_timeout(std::time::Duration::from_millis(20)) {
                Ok(closed) => {
                    let closed = closed?;
                    let own = numbers.iter().zip(&closed.choices);
                    let choices: Vec<u32> = own.map(|(numbers, o)| numbers[*o as usize]).collect();
                    self.offer(&choices, f64::NEG_INFINITY);
                    // HiGHS itself counts what is within its tolerance as kept.
                    return Some(closed.bound - 1e-9 * closed.bound.abs());
                }
                // Nothing new, but whoever watches sees that time goes on.
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) if !self.over() => self.tell(),
                Err(_) => return None,
            }
        }
    }

    /// Of each option of the problem, whether a plan with it may have fewer minutes.
    fn kept(&self, fleet: &Fleet, minutes: f64) -> Vec<Vec<bool>> {
        let mut kept: Vec<Vec<bool>> = Vec::new();
        for (service, entries) in self.problem.services.iter().zip(&fleet.entries_of) {
            let mut of = vec![false; service.options.len()];
            let entries = entries.iter().map(|entry| &fleet.entries[*entry as usize]);
            for at in entries.flat_map(|entry| entry.options.clone()) {
                of[fleet.options[at].option as usize] |= self.marginals[at] < minutes;
            }
            kept.push(of);
        }
        kept
    }

    /// Searches the plans that may be better, again with fewer options when a better plan is found.
    fn prove(&mut self, fleet: &Fleet, root: &DualSearch) {
        loop {
            let cutoff = self.cutoff();
            self.nodes = 0;
            self.open = self
                .marginals
                .iter()
                .filter(|least| **least < cutoff)
                .count();
            if self.open < fleet.options.len() {
                self.removed = self.removed.min(cutoff);
            }
            let kept = self.kept(fleet, cutoff);
            let mut left = Fleet::new(self.problem, |service, option| kept[service][option]);
            if left.lacks_an_option() {
                // Nothing is better than what was taken out.
                self.raise_bound(cutoff);
                return;
            }
            let mut relaxation = Relaxation::new(&left, self.settings.threads);
            let mut prices = root.prices.clone();
            // Rows that demand one option of a service are others now.
            prices.0.resize(left.rows.len(), 0.0);
            let mut penalties = root.master.penalties.clone();
            penalties.resize(left.rows.len(), 10.0 * self.worst.max(1.0));
            let close = self.close();
            let none = std::iter::empty();
            let dual = DualSearch::resume(&left, &mut relaxation, prices, penalties, close, none);
            let Some(mut dual) = dual else {
                self.raise_bound(cutoff);
                return;
            };
            self.converge(&left, &mut relaxation, &mut dual);
            tree::search(&mut left, &mut relaxation, &dual, close, self);
            if self.over() {
                return;
            }
            if !self.shrinks() {
                #[cfg(feature = "highs")]
                self.prove_with_highs(&left);
                return;
            }
        }
    }

    /// Whether a better plan takes out so many options that starting over pays.
    fn shrinks(&self) -> bool {
        let cutoff = self.cutoff();
        let open = self
            .marginals
            .iter()
            .filter(|least| **least < cutoff)
            .count();
        open * 3 < self.open * 2
    }

    /// What the search for a bound may leave \[relative\].
    fn close(&self) -> f64 {
        (self.settings.gap / 20.0).clamp(1e-10, 1e-7)
    }

    /// Where nothing but the budget is shared, the linear relaxation is nearly a plan.
    fn spend_the_budget(&mut self) {
        match knapsack::fill(self.problem, self.settings.threads) {
            Some(Filled::Plan {
                choices,
                bound,
                price,
            }) => {
                self.prices = Prices {
                    budget: price,
                    shortfall: 0.0,
                    pools: vec![0.0; self.problem.pools.len()],
                    clusters: vec![0.0; self.problem.clusters.len()],
                };
                self.offer(&choices, f64::NEG_INFINITY);
                self.raise_bound(bound);
            }
            Some(Filled::Infeasible) => self.infeasible = true,
            None => {}
        }
    }

    /// Drives the bound up until no prices give a better one.
    fn converge(&mut self, fleet: &Fleet, relaxation: &mut Relaxation, dual: &mut DualSearch) {
        let mut raised = 0;
        for _ in 0..5_000 {
            if self.over() {
                return;
            }
            match dual.round(fleet, relaxation) {
                Some(Round::Better) => {}
                Some(Round::Converged) if raised < 6 && dual.master.raise_penalties(100.0) => {
                    raised += 1;
                }
                Some(Round::Converged) | None => return,
            }
            self.raise_bound(dual.bound.min(self.removed));
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
        let Ok(plan) = check::checked(self.problem, choices) else {
            return;
        };
        if best.is_none_or(|best| plan.weighted_minutes < best) {
            self.plan = Some(plan);
            self.tell();
        }
    }

    fn raise_bound(&mut self, bound: f64) {
        // Minutes are never negative. A bound above the worst plan: there is none.
        let bound = bound.max(0.0);
        if self.plan.is_none() && bound > self.worst * (1.0 + EXACT) + EXACT {
            self.infeasible = true;
        }
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

    /// Plans with at least so many minutes are not worth finding.
    fn cutoff(&self) -> f64 {
        let worst = self.worst * (1.0 + 2.0 * EXACT) + 2.0 * EXACT;
        self.plan.as_ref().map_or(worst, |plan| {
            plan.weighted_minutes * (1.0 - 0.9999 * self.settings.gap.max(EXACT))
        })
    }

    fn gap(&self) -> Option<f64> {
        Some(gap(self.plan.as_ref()?.weighted_minutes, self.bound?))
    }

    fn proven(&self) -> bool {
        let enough = self.settings.gap.max(EXACT);
        self.infeasible || self.gap().is_some_and(|gap| gap <= enough)
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
        // Rounding errors must not put the bound above a plan that exists, nor hide an optimum.
        let bound = match (self.bound, objective) {
            _ if self.infeasible => None,
            (Some(bound), Some(objective)) if gap(objective, bound) <= EXACT => Some(objective),
            // Stopped before the first: each service has its least at best.
            (None, Some(objective)) => {
                let least: f64 = self.problem.services.iter().map(least).sum();
                Some(least.min(objective))
            }
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

impl Around for Search<'_> {
    fn cutoff(&self) -> f64 {
        Search::cutoff(self)
    }

    fn over(&self) -> bool {
        Search::over(self) || self.shrinks() || MOST_NODES.is_some_and(|most| self.nodes >= most)
    }

    fn bound(&mut self, bound: f64) {
        self.nodes += 1;
        self.raise_bound(bound.min(self.removed));
    }

    fn mixture(&mut self, fleet: &Fleet, dual: &DualSearch) {
        self.round(fleet, dual);
    }
}

/// The fewest minutes of a service's options.
fn least(service: &Service) -> f64 {
    let minutes = service.options.iter().map(|one| one.weighted_minutes);
    minutes.reduce(f64::min).unwrap_or(0.0)
}

/// The most minutes that a service may take.
fn worst(service: &Service) -> f64 {
    let minutes = service.options.iter().map(|option| option.weighted_minutes);
    minutes.fold(0.0, f64::max)
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
