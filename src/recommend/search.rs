//! The search over the plans of one service: every distinct pair of bounds and every useful number
//! of added hosts, by what can be better than what is known already.
//!
//! What may be left out rests on four facts of the model. More surge and more slack never lengthen
//! either clock. More slack never raises the cost, and on hosts more surge does not either, as added
//! hosts are billed for a shorter time. More slack never raises availability from below the required
//! tasks to them. Of equal effective bounds, the ones with the roundest percents stand for all.
//! Where more surge costs more, on Fargate and with hosts on demand, all of it is compared. Where
//! starts disturb each other, every pair of bounds is.
//!
//! Availability takes longer to find than time and cost: it is asked for only where it is limited,
//! and of the plans that are told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{Availability, Model, Plan, Score, TimeAndCost, at_ends, required_tasks};
use crate::rollout::{
    Added, Room, TooFewPlaces, bounds, distinct_lower_bounds, distinct_upper_bounds, joining,
    managed_scaling, places_on_added, room, roundest_maximum_percent,
    roundest_minimum_healthy_percent, target_headroom,
};
use crate::scenario::{Capacity, Limits, PrescaleMode, Scenario, Together};
use crate::units::{MINUTES_PER_MONTH, PerHour, Seconds, Usd};

/// A difference of the objective below this is none \[s\].
pub const TIE: f64 = 1.0;

/// Total costs that differ by less are the same \[USD/month\].
const SAME_COST: f64 = 1e-6;

/// So many surges beyond the room are looked at.
const MOST_ON_DEMAND: usize = 8;

/// Where less surge may be better, so many of them are compared, at even steps.
const MOST_SURGES: usize = 12;

/// Up to so many desired tasks the front is looked for at every lower bound.
const EVERY_LOWER_BOUND: u32 = 4;

/// A plan and what it is compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The plan.
    pub plan: Plan,
    /// What it is compared by.
    pub score: Score,
    /// What is held against the limits.
    pub held: Held,
}

/// What is held against the limits: the worst of the desired count and of both ends of the range
/// in which it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    total: Usd,
    time: Seconds,
    availability: f64,
}

impl Held {
    /// Whether nothing of another is better.
    fn is_as_good_as(&self, other: &Self) -> bool {
        self.total.0 <= other.total.0 + 1e-9
            && self.time.0 <= other.time.0 + 1e-9
            && self.availability >= other.availability - 1e-12
    }
}

impl Candidate {
    /// Hosts it adds, before or always.
    pub fn added_hosts(&self) -> u32 {
        self.plan.prescale_hosts + self.plan.headroom_hosts
    }

    /// Whether it launches hosts before a deployment.
    pub fn prescales(&self) -> bool {
        self.plan.prescale_hosts > 0
    }

    /// Total cost of a month.
    pub fn total(&self) -> Usd {
        self.score.cost.total_usd_per_month.unwrap_or_default()
    }

    /// Availability of a month.
    pub fn availability(&self) -> f64 {
        self.score.availability.monthly.unwrap_or(1.0)
    }
}

/// A plan with its time and cost. Its availability is found only where it is asked for.
#[derive(Debug, Clone, Copy)]
struct Draft {
    plan: Plan,
    room: Room,
    found: TimeAndCost,
    /// Total cost and time that are held against the limits.
    held: (Usd, Seconds),
}

impl Draft {
    fn total(&self) -> Usd {
        self.found.cost.total_usd_per_month.unwrap_or_default()
    }

    /// Whether it is beyond the budget or takes too long.
    fn misses_budget_or_duration(&self, limits: &Limits) -> bool {
        [
            (Limit::Budget, self.held.0.0),
            (Limit::MaxDuration, self.held.1.0),
        ]
        .into_iter()
        .any(|(limit, reached)| {
            let wanted = limit.wanted(limits);
            wanted.is_some_and(|wanted| !limit.meets(reached, wanted))
        })
    }
}

/// A plan by its place in a configuration's lists: its minimum healthy percent by index, and its
/// maximum percent.
struct Placed {
    minimum: usize,
    maximum: u32,
    draft: Draft,
}

/// The three limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `limits.budget_usd_per_month`.
    Budget,
    /// `limits.availability`.
    Availability,
    /// `limits.max_duration`.
    MaxDuration,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Budget, Self::Availability, Self::MaxDuration];

    /// The scenario's key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Budget => "limits.budget_usd_per_month",
            Self::Availability => "limits.availability",
            Self::MaxDuration => "limits.max_duration",
        }
    }

    /// What is asked: dollars, a share, seconds; None if it is not set.
    pub fn wanted(self, limits: &Limits) -> Option<f64> {
        match self {
            Self::Budget => limits.budget_usd_per_month.map(|usd| usd.0),
            Self::Availability => limits.availability,
            Self::MaxDuration => limits.max_duration.map(|seconds| seconds.0),
        }
    }

    /// What a candidate reaches, in the same unit.
    pub fn reached(self, candidate: &Candidate) -> f64 {
        match self {
            Self::Budget => candidate.held.total.0,
            Self::Availability => candidate.held.availability,
            Self::MaxDuration => candidate.held.time.0,
        }
    }

    /// How far a candidate is beyond the limit; not positive where it is met.
    pub fn excess(self, candidate: &Candidate, limits: &Limits) -> f64 {
        let reached = self.reached(candidate);
        self.wanted(limits)
            .map_or(0.0, |wanted| self.beyond(reached, wanted))
    }

    /// How far what is reached is beyond what is wanted; not positive where that is met.
    pub fn beyond(self, reached: f64, wanted: f64) -> f64 {
        match self {
            Self::Budget | Self::MaxDuration => reached - wanted,
            Self::Availability => wanted - reached,
        }
    }

    /// Whether what is reached is enough.
    pub fn meets(self, reached: f64, wanted: f64) -> bool {
        self.beyond(reached, wanted) <= 1e-9
    }

    /// Whether a candidate meets the limit.
    pub fn met_by(self, candidate: &Candidate, limits: &Limits) -> bool {
        self.excess(candidate, limits) <= 1e-9
    }
}

/// Whether a candidate meets all limits.
pub fn meets_all(candidate: &Candidate, limits: &Limits) -> bool {
    Limit::ALL
        .iter()
        .all(|limit| limit.met_by(candidate, limits))
}

/// Hosts added in one way, with the bounds that differ under it.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Launched before each deployment.
    pub before: u32,
    /// Always on.
    pub standing: u32,
    /// Whether its surge goes beyond the room, so that managed scaling adds hosts while it runs.
    pub on_demand: bool,
    spot: u32,
    room: Room,
    /// Maximum percents of distinct effect, ascending.
    maximum_percents: Vec<u32>,
}

/// The plans of one service under one timing.
pub struct Search<'a> {
    scenario: &'a Scenario,
    model: &'a Model,
    /// Minimum healthy percents of distinct lower bounds, ascending.
    minimum_percents: Vec<u32>,
    /// What a deployment that goes below the required tasks is short for at least \[s\].
    shortest: f64,
    /// Ways to add hosts; the first adds none, if that is allowed.
    pub configurations: Vec<Configuration>,
    /// What was found before, by the percents of the lists; None where it is stuck.
    drafts: RefCell<HashMap<Plan, Option<Draft>>>,
    /// At the desired count, and what is held against the limit.
    availabilities: RefCell<HashMap<Plan, (Availability, f64)>>,
    /// The scenario at the ends of its range, by the hosts that are added.
    ends: RefCell<HashMap<Added, Ends>>,
}

/// Scenarios at other desired counts, with the room there.
type Ends = Rc<[(Scenario, Room)]>;

impl<'a> Search<'a> {
    /// All plans that a scenario may change to.
    ///
    /// # Errors
    /// Not even the desired count fits on the listed hosts.
    pub fn new(scenario: &'a Scenario, model: &'a Model) -> Result<Self, TooFewPlaces> {
        let may = scenario.recommend.may_change;
        let desired = scenario.service.desired_count;
        let minimum_percents = if may.percents {
            distinct_lower_bounds(desired)
                .into_iter()
                .filter_map(|lower| roundest_minimum_healthy_percent(desired, lower))
                .collect()
        } else {
            vec![scenario.deployment.minimum_healthy_percent]
        };
        // What goes below gets back only with the first task that starts and turns healthy.
        let start = &model.phases().start;
        let shortest = start.mean_of_smallest(desired.saturating_mul(2));
        let mut search = Self {
            scenario,
            model,
            minimum_percents,
            shortest,
            configurations: Vec::new(),
            drafts: RefCell::default(),
            availabilities: RefCell::default(),
            ends: RefCell::default(),
        };
        for (before, standing) in ways_to_add(scenario)? {
            let added = Added { before, standing };
            let room = room(scenario, added)?;
            let (in_room, beyond) = search.by_room(room, search.maximum_percents(room));
            let adds_none = before + standing == 0;
            let only_beyond = in_room.is_empty();
            for (on_demand, maximum_percents) in [(false, in_room), (true, beyond)] {
                let told = !on_demand || adds_none || only_beyond;
                if maximum_percents.is_empty() || !told {
                    continue;
                }
                let mut configuration = Configuration {
                    before,
                    standing,
                    on_demand,
                    spot: 0,
                    room,
                    maximum_percents,
                };
                configuration.spot = search.cheapest_spot(&configuration);
                let spots = search.spots_that_matter(&configuration);
                search
                    .configurations
                    .extend(spots.into_iter().map(|spot| Configuration {
                        spot,
                        ..configuration.clone()
                    }));
            }
        }
        Ok(search)
    }

    /// Whether any plan launches hosts before a deployment.
    pub fn may_prescale(&self) -> bool {
        let mut configurations = self.configurations.iter();
        configurations.any(|configuration| configuration.before > 0)
    }

    /// Maximum percents whose surge has room, and those that go beyond it and make managed scaling
    /// add hosts; of many of these some, the largest among them.
    fn by_room(&self, room: Room, percents: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
        let desired = self.scenario.service.desired_count;
        let has_room = |percent: &u32| {
            let bounds = bounds(desired, 0, *percent);
            joining(self.scenario, bounds, room).places == 0
        };
        let (in_room, beyond): (Vec<u32>, Vec<u32>) = percents.into_iter().partition(has_room);
        let every = beyond.len().div_ceil(MOST_ON_DEMAND).max(1);
        let mut some: Vec<u32> = beyond.into_iter().rev().step_by(every).collect();
        some.reverse();
        (in_room, some)
    }

    /// The lowest maximum percent of each surge that differs.
    fn maximum_percents(&self, room: Room) -> Vec<u32> {
        let scenario = self.scenario;
        if !scenario.recommend.may_change.percents {
            return vec![scenario.deployment.maximum_percent];
        }
        let desired = scenario.service.desired_count;
        // Where stopping tasks do not count, a bound beyond the room still permits earlier starts.
        let useful = if managed_scaling(scenario).is_some() {
            desired
        } else if scenario.deployment.stopping_counts {
            room.total().unwrap_or(desired).min(desired)
        } else {
            desired
        };
        let mut percents = Vec::new();
        for upper in distinct_upper_bounds(desired) {
            percents.extend(roundest_maximum_percent(desired, upper));
            if upper - desired >= useful {
                break;
            }
        }
        if self.surge_may_hurt() && percents.len() > MOST_SURGES {
            let last = percents.len() - 1;
            percents = (0..MOST_SURGES)
                .map(|step| percents[step * last / (MOST_SURGES - 1)])
                .collect();
        }
        percents
    }

    /// The numbers of spot hosts among the added ones that differ in more than their cost: the
    /// cheapest, and where spot hosts are taken back every number of up to eight added hosts and
    /// nine evenly spaced numbers of more.
    fn spots_that_matter(&self, configuration: &Configuration) -> Vec<u32> {
        let hosts = configuration.before + configuration.standing;
        let host = self.scenario.prescale.host.as_ref();
        let taken_back =
            host.is_some_and(|host| host.spot.is_some() && host.interruption > PerHour::ZERO);
        if hosts == 0 || !taken_back || !self.may_be_spot(configuration) {
            return vec![configuration.spot];
        }
        let steps = hosts.min(8);
        let mut spots: Vec<u32> = (0..=steps).map(|i| hosts * i / steps).collect();
        spots.push(configuration.spot);
        spots.sort_unstable();
        spots.dedup();
        spots
    }

    /// Whether the number of spot hosts may change: a warm pool has none.
    fn may_be_spot(&self, configuration: &Configuration) -> bool {
        let from_pool = self.scenario.prescale.mode == PrescaleMode::WarmPool;
        self.scenario.recommend.may_change.spot && !(from_pool && configuration.before > 0)
    }

    /// The number of spot hosts among the added ones that costs least, the smallest of these.
    fn cheapest_spot(&self, configuration: &Configuration) -> u32 {
        let hosts = configuration.before + configuration.standing;
        let prescale = &self.scenario.prescale;
        let spot_known = prescale
            .host
            .as_ref()
            .is_some_and(|host| host.spot.is_some());
        if !self.may_be_spot(configuration) || !spot_known {
            return Plan::spot_hosts(hosts, prescale.spot_share);
        }
        if hosts == 0 {
            return 0;
        }
        let most_slack = self.most_slack(configuration, &self.scenario.limits);
        let cost = |spot: u32| {
            self.draft(
                &Configuration {
                    spot,
                    ..configuration.clone()
                },
                most_slack.unwrap_or(100),
                configuration
                    .maximum_percents
                    .last()
                    .copied()
                    .unwrap_or(100),
            )
            .map_or(f64::INFINITY, |draft| draft.total().0)
        };
        // The cost is piecewise linear in the share; it bends only where committed hosts end.
        let committed = match &self.scenario.capacity {
            Capacity::Hosts(cluster) => cluster.committed_hosts,
            Capacity::FreeTasks(_) | Capacity::Unlimited => 0,
        };
        let mut spots: Vec<u32> = if committed == 0 {
            vec![0, hosts]
        } else {
            (0..=hosts).collect()
        };
        spots.dedup();
        spots
            .into_iter()
            .map(|spot| (spot, cost(spot)))
            .reduce(|best, other| if other.1 < best.1 - 1e-9 { other } else { best })
            .map_or(0, |best| best.0)
    }

    /// A plan with its time and cost; None if it is stuck.
    fn draft(&self, configuration: &Configuration, minimum: u32, maximum: u32) -> Option<Draft> {
        let room = configuration.room;
        let mut plan = Plan {
            minimum_healthy_percent: minimum,
            maximum_percent: maximum,
            prescale_hosts: configuration.before,
            spot_hosts: configuration.spot,
            headroom_hosts: configuration.standing,
        };
        if let Some(known) = self.drafts.borrow().get(&plan) {
            return *known;
        }
        let asked = plan;
        let percents = super::range::percents(self.scenario, (minimum, maximum), room);
        let draft = percents.and_then(|(minimum, maximum)| {
            plan.minimum_healthy_percent = minimum;
            plan.maximum_percent = maximum;
            let found = self.model.time_and_cost(self.scenario, &plan, room)?;
            let held = self.held(&plan, &found);
            Some(Draft {
                plan,
                room,
                found,
                held,
            })
        });
        self.drafts.borrow_mut().insert(asked, draft);
        draft
    }

    /// The scenario at the ends of its range, where limits are set that have to be kept there too.
    fn ends(&self, plan: &Plan) -> Ends {
        if self.scenario.limits == Limits::default() {
            return Rc::default();
        }
        let added = plan.added();
        let mut known = self.ends.borrow_mut();
        let ends = || at_ends(self.scenario, added).into();
        Rc::clone(known.entry(added).or_insert_with(ends))
    }

    /// Total cost and time of a plan where they are worst. An end at which it is stuck is told of
    /// by itself.
    fn held(&self, plan: &Plan, found: &TimeAndCost) -> (Usd, Seconds) {
        let total = |found: &TimeAndCost| found.cost.total_usd_per_month.unwrap_or_default();
        let ends = self.ends(plan);
        let there = ends.iter();
        there
            .filter_map(|(there, room)| self.model.time_and_cost(there, plan, *room))
            .fold((total(found), found.time), |(usd, time), there| {
                (usd.max(total(&there)), time.max(there.time))
            })
    }

    /// The availability of a plan where it is worst.
    fn held_availability(&self, plan: &Plan, found: &Availability) -> f64 {
        let monthly = |found: &Availability| found.monthly.unwrap_or(1.0);
        if self.scenario.limits.availability.is_none() {
            return monthly(found);
        }
        let ends = self.ends(plan);
        let there = ends.iter();
        there
            .filter_map(|(there, room)| self.model.availability(there, plan, *room))
            .fold(monthly(found), |worst, there| worst.min(monthly(&there)))
    }

    /// A plan with all that it is compared by.
    fn candidate(&self, draft: &Draft) -> Option<Candidate> {
        let plan = draft.plan;
        let known = self.availabilities.borrow().get(&plan).copied();
        let (availability, held) = if let Some(known) = known {
            known
        } else {
            let scenario = self.scenario;
            let found = self.model.availability(scenario, &plan, draft.room)?;
            let found = (found, self.held_availability(&plan, &found));
            self.availabilities.borrow_mut().insert(plan, found);
            found
        };
        let (total, time) = draft.held;
        Some(Candidate {
            plan,
            score: draft.found.with(availability),
            held: Held {
                total,
                time,
                availability: held,
            },
        })
    }

    /// A plan as a candidate if it meets all limits.
    fn within(&self, draft: &Draft, limits: &Limits) -> Option<Candidate> {
        if draft.misses_budget_or_duration(limits) {
            return None;
        }
        self.candidate(draft)
            .filter(|candidate| meets_all(candidate, limits))
    }

    /// Whether a plan meets all limits; what it is compared by is not asked for in vain.
    fn is_within(&self, draft: &Draft, limits: &Limits) -> bool {
        match limits.availability {
            None => !draft.misses_budget_or_duration(limits),
            Some(_) => self.within(draft, limits).is_some(),
        }
    }

    /// What is minimised: seconds, or dollars where waiting has a price.
    pub fn objective(&self, candidate: &Candidate) -> f64 {
        self.objective_of(candidate.score.time, candidate.total())
    }

    fn objective_of(&self, time: Seconds, total: Usd) -> f64 {
        match self.scenario.usd_per_minute {
            None => time.0,
            Some(usd_per_minute) => total.0 + usd_per_minute * time.minutes() * self.deployments(),
        }
    }

    fn draft_objective(&self, draft: &Draft) -> f64 {
        self.objective_of(draft.found.time, draft.total())
    }

    /// Whether the objective is in dollars.
    pub fn waiting_has_a_price(&self) -> bool {
        self.scenario.usd_per_minute.is_some()
    }

    /// A difference of the objective below this is none.
    pub fn tie(&self) -> f64 {
        match self.scenario.usd_per_minute {
            None => TIE,
            Some(usd_per_minute) => usd_per_minute * TIE / 60.0 * self.deployments(),
        }
    }

    fn deployments(&self) -> f64 {
        self.scenario.deployment.per_month().unwrap_or_default()
    }

    /// The best plan of some configurations within some limits.
    ///
    /// Plans within a tie of the smallest objective are told apart by lower total cost, higher
    /// lower bound, lower upper bound, fewer pre-scaled hosts.
    pub fn best(
        &self,
        among: impl Fn(&Configuration) -> bool,
        limits: &Limits,
    ) -> Option<Candidate> {
        let mut open = self.with_bounds(among, limits);
        let below = self.least_of(&open, limits) + self.tie();
        open.retain(|(bound, _)| *bound < below);
        open.iter()
            .filter(|(_, configuration)| !self.is_too_exposed(configuration, limits))
            .filter_map(|(_, configuration)| self.preferred_below(configuration, limits, below))
            .reduce(|best, other| {
                if preferred(&other, &best) {
                    other
                } else {
                    best
                }
            })
            .and_then(|draft| self.candidate(&draft))
    }

    /// The smallest objective of all plans within some limits; infinite where there is none.
    pub fn least(&self, limits: &Limits) -> f64 {
        self.least_of(&self.with_bounds(|_| true, limits), limits)
    }

    /// Some configurations, each with what none of its plans has a smaller objective than.
    fn with_bounds(
        &self,
        among: impl Fn(&Configuration) -> bool,
        limits: &Limits,
    ) -> Vec<(f64, &Configuration)> {
        self.configurations
            .iter()
            .filter(|configuration| among(configuration))
            .map(|configuration| (self.least_objective(configuration, limits), configuration))
            .collect()
    }

    /// The smallest objective within some limits, the most promising configurations first.
    fn least_of(&self, bounded: &[(f64, &Configuration)], limits: &Limits) -> f64 {
        let mut promising = bounded.to_vec();
        promising.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut least = f64::INFINITY;
        for (bound, configuration) in promising {
            if bound >= least {
                break;
            }
            if self.is_too_exposed(configuration, limits) {
                continue;
            }
            if let Some(fastest) = self.fastest(configuration, limits) {
                least = least.min(self.draft_objective(&fastest));
            }
        }
        least
    }

    /// Whether fewer spot hosts among as many added ones are too many for the availability limit
    /// already: more of them are never more available.
    fn is_too_exposed(&self, configuration: &Configuration, limits: &Limits) -> bool {
        if limits.availability.is_none() || configuration.spot < 2 {
            return false;
        }
        let any_cost = Limits {
            availability: limits.availability,
            ..Limits::default()
        };
        let alike = |other: &&Configuration| {
            (other.before, other.standing, other.on_demand)
                == (
                    configuration.before,
                    configuration.standing,
                    configuration.on_demand,
                )
        };
        let mut family = self.configurations.iter().filter(alike);
        family.find(|other| other.spot > 0).is_some_and(|fewest| {
            fewest.spot < configuration.spot && self.fastest(fewest, &any_cost).is_none()
        })
    }

    /// No plan of a configuration has a smaller objective.
    ///
    /// Less slack is slower and not cheaper. Less surge is slower; where it may be cheaper, all of
    /// it is looked at if that counts.
    fn least_objective(&self, configuration: &Configuration, limits: &Limits) -> f64 {
        if self.surge_may_hurt() {
            return f64::NEG_INFINITY;
        }
        let Some(minimum) = self.most_slack(configuration, limits) else {
            return f64::INFINITY;
        };
        let only_most =
            self.is_better_with_more_surge(configuration) || !self.waiting_has_a_price();
        let surges = if only_most { 1 } else { usize::MAX };
        configuration
            .maximum_percents
            .iter()
            .rev()
            .take(surges)
            .map_while(|&maximum| self.draft(configuration, minimum, maximum))
            .map(|draft| self.draft_objective(&draft))
            .fold(f64::INFINITY, f64::min)
    }

    /// The lowest minimum healthy percent that is not too short in any case.
    fn most_slack(&self, configuration: &Configuration, limits: &Limits) -> Option<u32> {
        let mut percents = self.minimum_percents.iter().copied();
        percents.find(|&minimum| !self.is_too_short(configuration, minimum, limits))
    }

    /// The plan of a configuration with the smallest objective within the limits.
    fn fastest(&self, configuration: &Configuration, limits: &Limits) -> Option<Draft> {
        let mut best: Option<Draft> = None;
        for &minimum in &self.minimum_percents {
            if self.is_too_short(configuration, minimum, limits) {
                continue;
            }
            for &maximum in configuration.maximum_percents.iter().rev() {
                let Some(draft) = self.draft(configuration, minimum, maximum) else {
                    break;
                };
                let better = best
                    .as_ref()
                    .is_none_or(|best| self.draft_objective(&draft) < self.draft_objective(best));
                if better && self.is_within(&draft, limits) {
                    best = Some(draft);
                }
                // On hosts less surge and less slack are slower and not cheaper.
                if self.is_better_with_more_surge(configuration) {
                    if draft.misses_budget_or_duration(limits) {
                        return None;
                    }
                    break;
                }
                let met_but_budget =
                    best.is_some() && !self.waiting_has_a_price() && !self.surge_may_hurt();
                if met_but_budget {
                    break;
                }
            }
            // Less slack is slower and not cheaper; it may only be more available.
            if best.is_some() {
                break;
            }
        }
        best
    }

    /// Whether more surge is never slower, dearer or less available: on hosts that are not added
    /// on demand, unless tasks that start together disturb each other or are not worth their full
    /// share at once.
    fn is_better_with_more_surge(&self, configuration: &Configuration) -> bool {
        let on_hosts = self.scenario.capacity != Capacity::Unlimited;
        on_hosts && !configuration.on_demand && !self.surge_may_hurt()
    }

    fn surge_may_hurt(&self) -> bool {
        let service = &self.scenario.service;
        let slow_start = service
            .load_balancer
            .is_some_and(|balancer| balancer.slow_start.0 > 0.0);
        slow_start || service.timing.together != Together::default()
    }

    /// Whether a minimum healthy percent goes below the required tasks in each deployment, and even
    /// the shortest time there is more than the availability limit allows.
    fn is_too_short(&self, configuration: &Configuration, minimum: u32, limits: &Limits) -> bool {
        let Some(availability) = limits.availability else {
            return false;
        };
        let service = &self.scenario.service;
        let desired = service.desired_count;
        if bounds(desired, minimum, 100).lower >= required_tasks(service) {
            return false;
        }
        // Where there is no room beside the old tasks, one of these has to be gone first.
        let mut shortest = self.shortest;
        if configuration.room.total() == Some(0) {
            shortest += self.model.phases().drain.support().0.max(0.0);
        }
        let minutes = self.deployments() * shortest / 60.0;
        1.0 - minutes / MINUTES_PER_MONTH < availability - 1e-9
    }

    /// The plan of a configuration to be preferred among those within the limits whose objective
    /// lies below a value.
    ///
    /// With less slack the objective and the total cost never fall, so that of each surge the
    /// first plan within the limits costs least, and those that cost as little end where one does
    /// not: there is the highest lower bound. On hosts the same goes for surge.
    fn preferred_below(
        &self,
        configuration: &Configuration,
        limits: &Limits,
        below: f64,
    ) -> Option<Draft> {
        if self.surge_may_hurt() {
            let every = self.every_below(configuration, limits, below).into_iter();
            return every.reduce(|best, other| {
                if preferred(&other, &best) {
                    other
                } else {
                    best
                }
            });
        }
        let cheapest = self.with_most_slack(configuration, limits, below);
        let least = cheapest.iter().map(|placed| placed.draft.total().0);
        let at_most = least.fold(f64::INFINITY, f64::min) + SAME_COST;
        let as_good = |minimum: usize, maximum: u32| {
            self.draft(configuration, self.minimum_percents[minimum], maximum)
                .filter(|draft| draft.total().0 <= at_most)
                .filter(|draft| self.draft_objective(draft) < below)
        };
        cheapest
            .into_iter()
            .filter(|placed| placed.draft.total().0 <= at_most)
            .filter_map(|placed| {
                let count = self.minimum_percents.len();
                let mut minimum = last_that(placed.minimum, count, |minimum| {
                    as_good(minimum, placed.maximum).is_some()
                });
                let within = |minimum: usize, maximum: u32| {
                    as_good(minimum, maximum).filter(|draft| self.is_within(draft, limits))
                };
                while minimum > placed.minimum && within(minimum, placed.maximum).is_none() {
                    minimum -= 1;
                }
                if !self.is_better_with_more_surge(configuration) {
                    return within(minimum, placed.maximum);
                }
                let surges = &configuration.maximum_percents;
                let less = |steps: usize| surges[surges.len() - 1 - steps];
                let steps = last_that(0, surges.len(), |steps| {
                    within(minimum, less(steps)).is_some()
                });
                within(minimum, less(steps))
            })
            .reduce(|best, other| {
                if preferred(&other, &best) {
                    other
                } else {
                    best
                }
            })
    }

    /// Of each surge that may be better than more of it, the plan with the most slack within the
    /// limits, if its objective lies below a value.
    fn with_most_slack(
        &self,
        configuration: &Configuration,
        limits: &Limits,
        below: f64,
    ) -> Vec<Placed> {
        let surges = configuration.maximum_percents.iter().rev().copied();
        let mut open: Vec<u32> = if self.is_better_with_more_surge(configuration) {
            surges.take(1).collect()
        } else {
            surges.collect()
        };
        let mut found = Vec::new();
        for (minimum, &percent) in self.minimum_percents.iter().enumerate() {
            if self.is_too_short(configuration, percent, limits) {
                continue;
            }
            let mut still_open = Vec::new();
            for &maximum in &open {
                // Less surge is stuck as well.
                let Some(draft) = self.draft(configuration, percent, maximum) else {
                    break;
                };
                if self.draft_objective(&draft) >= below {
                    if self.waiting_has_a_price() {
                        continue;
                    }
                    // Less surge is slower.
                    break;
                }
                // With less slack it may only be more available.
                if draft.misses_budget_or_duration(limits) {
                    continue;
                }
                if self.is_within(&draft, limits) {
                    found.push(Placed {
                        minimum,
                        maximum,
                        draft,
                    });
                } else {
                    still_open.push(maximum);
                }
            }
            open = still_open;
            if open.is_empty() {
                break;
            }
        }
        found
    }

    /// Every plan of a configuration within the limits whose objective lies below a value.
    fn every_below(
        &self,
        configuration: &Configuration,
        limits: &Limits,
        below: f64,
    ) -> Vec<Draft> {
        let mut every = Vec::new();
        for &minimum in &self.minimum_percents {
            if self.is_too_short(configuration, minimum, limits) {
                continue;
            }
            let drafts = (configuration.maximum_percents.iter().rev())
                .map_while(|&maximum| self.draft(configuration, minimum, maximum))
                .filter(|draft| self.draft_objective(draft) < below);
            let mut any_below = false;
            for draft in drafts {
                any_below = true;
                if self.is_within(&draft, limits) {
                    every.push(draft);
                }
            }
            // Less slack is slower.
            if !any_below {
                break;
            }
        }
        every
    }

    /// Plans worth knowing: for each configuration the ones with the most slack, and with just
    /// the required tasks healthy; every lower bound for small services and without added hosts.
    /// With added hosts, lower bounds that break the availability limit in any case are left out.
    pub fn worth_knowing(&self) -> Vec<Candidate> {
        let desired = self.scenario.service.desired_count;
        let required = required_tasks(&self.scenario.service).min(desired);
        let lower = |minimum: u32| bounds(desired, minimum, 100).lower;
        let just_required = self
            .minimum_percents
            .iter()
            .copied()
            .find(|&minimum| lower(minimum) >= required);
        let mut known = Vec::new();
        for configuration in &self.configurations {
            let adds = configuration.before + configuration.standing > 0;
            let every = desired <= EVERY_LOWER_BOUND || (!adds && desired <= 12);
            for (i, &minimum) in self.minimum_percents.iter().enumerate() {
                let hopeless = adds
                    && desired > EVERY_LOWER_BOUND
                    && self.is_too_short(configuration, minimum, &self.scenario.limits);
                let chosen = Some(minimum) == just_required || (i == 0 && !hopeless) || every;
                if let (true, Some(&maximum)) = (chosen, configuration.maximum_percents.last()) {
                    let draft = self.draft(configuration, minimum, maximum);
                    known.extend(draft.and_then(|draft| self.candidate(&draft)));
                }
            }
        }
        known
    }
}

/// Of two plans of equal objective, whether the first is to be preferred.
fn preferred(one: &Draft, other: &Draft) -> bool {
    let (a, b) = (one.total().0, other.total().0);
    if (a - b).abs() > SAME_COST {
        return a < b;
    }
    let key = |draft: &Draft| {
        let bounds = draft.found.bounds;
        (
            std::cmp::Reverse(bounds.lower),
            bounds.upper,
            draft.plan.prescale_hosts,
            draft.plan.headroom_hosts,
        )
    };
    key(one) < key(other)
}

/// The last index below `end` for which a condition holds that holds at the first one, and no more
/// once it has failed: looked for at growing distances, then halved.
fn last_that(first: usize, end: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut good, mut bad, mut step) = (first, end, 1);
    while bad - good > 1 {
        let probe = good + step.min(bad - good - 1);
        if holds(probe) {
            good = probe;
            step *= 2;
        } else {
            bad = probe;
            step = (bad - good) / 2;
        }
    }
    good
}

/// How many hosts may be added before and always: none, or up to what is useful in one of the
/// ways; what may not change stays. Managed scaling would take further standing hosts.
fn ways_to_add(scenario: &Scenario) -> Result<Vec<(u32, u32)>, TooFewPlaces> {
    let may = scenario.recommend.may_change;
    let now = Plan::of(scenario);
    let most = useful_hosts(scenario)?;
    let range = |allowed: bool, now: u32| {
        if allowed {
            0..=most.max(now)
        } else {
            now..=now
        }
    };
    let mut ways = Vec::new();
    // Scaling takes what stands idle beyond its target.
    let kept = |standing: u32| {
        let is_kept = standing == now.headroom_hosts && target_headroom(scenario) >= standing;
        standing == 0 || is_kept || !may.headroom || managed_scaling(scenario).is_none()
    };
    for standing in range(may.headroom, now.headroom_hosts).filter(|&hosts| kept(hosts)) {
        for before in range(may.prescale, now.prescale_hosts) {
            let one_way = before == 0 || standing == 0;
            let as_it_is = (before, standing) == (now.prescale_hosts, now.headroom_hosts);
            if one_way || as_it_is {
                ways.push((before, standing));
            }
            if standing > 0 && may.prescale {
                break;
            }
        }
    }
    Ok(ways)
}

/// The number of added hosts from which on more bring nothing: room for all tasks twice.
fn useful_hosts(scenario: &Scenario) -> Result<u32, TooFewPlaces> {
    let Some(each) = places_on_added(scenario).map(|places| places.count) else {
        return Ok(0);
    };
    let desired = scenario.service.desired_count;
    let room = room(scenario, crate::rollout::Added::default())?;
    let missing = match room.total() {
        None => 0,
        Some(total) => desired.saturating_sub(total),
    };
    Ok(match each {
        0 => 0,
        each => missing.div_ceil(each),
    })
}

/// What is not dominated in time, total cost and availability, the fastest first; where the desired
/// count moves, not at the ends of its range either.
pub fn front(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        let by_time = a.score.time.0.total_cmp(&b.score.time.0);
        by_time
            .then(a.total().0.total_cmp(&b.total().0))
            .then(b.availability().total_cmp(&a.availability()))
    });
    let mut front: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let dominated = front.iter().any(|known| {
            known.total().0 <= candidate.total().0 + 1e-9
                && known.availability() >= candidate.availability() - 1e-12
                && known.held.is_as_good_as(&candidate.held)
        });
        if !dominated {
            front.push(candidate);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::last_that;

    #[test]
    fn the_last_that_holds_is_found_with_few_questions() {
        for end in 1..70 {
            for first in 0..end {
                for last in first..end {
                    let asked = Cell::new(0);
                    let found = last_that(first, end, |i| {
                        assert!(i > first && i < end);
                        asked.set(asked.get() + 1);
                        i <= last
                    });
                    assert_eq!(found, last);
                    assert!(asked.get() <= 14, "{} of {end}", asked.get());
                }
            }
        }
    }
}
