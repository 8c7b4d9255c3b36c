//! How a plan's tasks are exposed to interruptions and lost zones, during a deployment and between
//! two.

use super::estimate::Plan;
use super::interruption::{
    Cause, Loss, Missing, Recovery, Source, add_binomial, binomial, chance_of_missing_more, sources,
};
use super::normal;
use super::placement::{self, Placement, added, between_deployments, hypergeometric};
use crate::rollout::bounds;
use crate::scenario::{Capacity, Scenario};
use crate::units::PerHour;

/// What may strike the tasks of a plan, and how likely too few are healthy at rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    desired: u32,
    required: u32,
    /// Where the tasks are between deployments.
    between: Vec<Source>,
    /// Where the new tasks are while the added hosts are there; absent: the same.
    with_added: Option<Vec<Source>>,
    /// Probability at any moment between deployments that fewer than the required tasks are
    /// healthy, by interruptions alone.
    pub short_by_spot: f64,
    /// The same by zones, beside what interruptions do.
    pub short_by_zone: f64,
}

/// What interruptions and lost zones do to one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Struck {
    /// Probability that fewer than the required tasks are healthy at any time.
    pub chance: f64,
    /// Expected time of that by interruptions \[s\].
    pub seconds_by_spot: f64,
    /// The same by zones \[s\].
    pub seconds_by_zone: f64,
}

impl Struck {
    fn add(&mut self, cause: Cause, seconds: f64) {
        match cause {
            Cause::Spot => self.seconds_by_spot += seconds,
            Cause::Zone => self.seconds_by_zone += seconds,
        }
    }
}

/// How a deployment spends its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// Numbers of healthy tasks, at most the desired count, with the expected time at each \[s\].
    pub seconds_at: Vec<(u32, f64)>,
    /// Share of the time in which new tasks serve on the added hosts.
    pub with_added: f64,
    /// Of the time with the desired tasks that in which all new ones are healthy \[s\].
    pub through: f64,
    /// New tasks that become healthy before.
    pub incoming: Incoming,
}

/// New tasks on their way, which are healthy before those that a strike took are back: none is
/// stopped for them while too few are healthy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Incoming {
    /// How many at a time, one after another in each of as many units.
    pub units: u32,
    /// Rounds of them.
    pub rounds: u32,
    /// From the request to one of them healthy: mean and variance \[s, s²\].
    pub first: [f64; 2],
    /// From one in a unit to the next.
    pub cycle: [f64; 2],
    /// Mean of a reaction, for which a task that is healthy has not yet let another stop \[s\].
    pub reaction: f64,
    /// Until all are healthy \[s\].
    pub until: f64,
}

/// Moments of a deployment that are told apart.
const PHASES: u32 = 4;

/// Chance below which what is missing is not looked at.
const NEGLIGIBLE: f64 = 1e-12;

/// Beyond so many rounds the units have lost their step.
const ROUNDS_IN_STEP: u32 = 8;

impl Incoming {
    fn is_steady(&self) -> bool {
        self.rounds > ROUNDS_IN_STEP
    }

    fn phases(&self) -> u32 {
        if self.is_steady() { 1 } else { PHASES }
    }

    /// Expected number of a unit's tasks that are healthy by a moment.
    fn healthy_by(&self, seconds: f64) -> f64 {
        let rounds = (0..self.rounds).map(f64::from);
        rounds
            .map(|k| {
                let mean = self.first[0] + k * self.cycle[0];
                let deviation = (self.first[1] + k * self.cycle[1]).sqrt().max(1e-3);
                normal::below((seconds - mean) / deviation)
            })
            .sum()
    }

    /// The moments of a strike that are told apart \[s\], each with the number of a unit's tasks that
    /// are healthy a reaction before.
    fn strikes(&self) -> Vec<(f64, f64)> {
        let moment = |phase: u32| (f64::from(phase) + 0.5) / f64::from(PHASES) * self.until;
        (0..self.phases())
            .map(moment)
            .map(|at| (at, self.healthy_by(at - self.reaction)))
            .collect()
    }

    /// The chance that one of them is healthy so long after a strike.
    ///
    /// # Formula
    /// P(t − R < F + k C ≤ t + s) over the rounds k, with normal laws; after many rounds (R + s) / E C,
    /// wherever the moment is.
    fn healthy_after(&self, (at, before): (f64, f64), seconds: f64) -> f64 {
        if self.is_steady() {
            return ((seconds + self.reaction) / self.cycle[0].max(1e-9)).min(1.0);
        }
        (self.healthy_by(at + seconds) - before).clamp(0.0, 1.0)
    }

    /// Expected time with more than `spare` tasks missing, of which a strike took some \[s\].
    fn short(&self, missing: &Missing, spare: u32, units: u32) -> f64 {
        let spare = spare as usize;
        let strikes = self.strikes();
        let mut arrived = Vec::new();
        let mut sum = 0.0;
        for moment in &missing.course {
            let more = moment.missing.get(spare + 1..).unwrap_or_default();
            if more.iter().sum::<f64>() < NEGLIGIBLE {
                continue;
            }
            let mut short = 0.0;
            for &strike in &strikes {
                let chance = self.healthy_after(strike, moment.at);
                arrived.clear();
                arrived.resize(more.len() + 1, 0.0);
                add_binomial(&mut arrived, 1.0, units, chance);
                // More than spare + n missing, and n or fewer healthy meanwhile.
                let mut fewer = 0.0;
                for (lost, here) in more.iter().zip(&arrived) {
                    fewer += here;
                    short += lost * fewer;
                }
            }
            sum += moment.seconds * short / f64::from(self.phases());
        }
        sum
    }
}

/// Whether anything of a plan may be taken back or lost.
#[must_use]
pub fn is_exposed(scenario: &Scenario, plan: &Plan) -> bool {
    let host = scenario.prescale.host.as_ref();
    let added_may =
        plan.spot_hosts > 0 && host.is_some_and(|host| host.interruption > PerHour::ZERO);
    let listed_may = matches!(&scenario.capacity, Capacity::Hosts(cluster)
        if cluster.zone_loss.hazard > PerHour::ZERO
            || cluster.hosts.iter().any(|group| group.interruption > PerHour::ZERO));
    added_may || listed_may
}

/// How many tasks may start while as many that are lost still stop: the upper bound counts both.
#[must_use]
pub fn starts_beside(scenario: &Scenario, plan: &Plan) -> u32 {
    let desired = scenario.service.desired_count;
    if !scenario.deployment.stopping_counts {
        return desired;
    }
    bounds(desired, plan.minimum_healthy_percent, plan.maximum_percent)
        .upper
        .saturating_sub(desired)
        .min(desired)
}

impl Exposure {
    /// How a plan's tasks are exposed. The required tasks are at most the desired ones.
    #[must_use]
    pub fn of(scenario: &Scenario, plan: &Plan, required: u32, recovery: &Recovery) -> Self {
        let desired = scenario.service.desired_count;
        let surplus = desired.saturating_sub(required);
        let beside = starts_beside(scenario, plan);
        let under =
            |placement: &Placement| sources(scenario, placement, recovery, beside, surplus + 1);
        let rest = between_deployments(scenario, plan);
        let between = under(&Placement::spread(desired, rest, Vec::new()));
        let with_added = (plan.prescale_hosts > 0 && plan.spot_hosts > 0).then(|| {
            let added = added(scenario, plan.prescale_hosts, plan.spot_hosts);
            let listed = placement::listed(scenario);
            under(&Placement::spread(desired, added, listed))
        });
        let by_spot: Vec<&Source> = of_spot(&between).collect();
        let short_by_spot = chance_of_missing_more(&by_spot, surplus);
        let all: Vec<&Source> = between.iter().collect();
        let short = if all.len() == by_spot.len() {
            short_by_spot
        } else {
            chance_of_missing_more(&all, surplus)
        };
        Self {
            desired,
            required,
            between,
            with_added,
            short_by_spot,
            short_by_zone: (short - short_by_spot).max(0.0),
        }
    }

    /// The most healthy tasks of which one strike leaves fewer than required.
    #[must_use]
    pub fn highest_at_risk(&self) -> u32 {
        let all = self.between.iter().chain(self.with_added.iter().flatten());
        let largest = all
            .flat_map(|source| &source.losses)
            .map(|loss| loss.tasks)
            .max();
        (self.required + largest.unwrap_or(0)).saturating_sub(1)
    }

    /// What happens to a deployment.
    ///
    /// # Formula
    /// With v tasks healthy a strike leaves fewer than r of them if it takes more than v − r. Of
    /// the n tasks on what is struck, out of d, so many are among the v healthy ones as a
    /// hypergeometric number says. Strikes come with hazard μ for the time at v: expected number
    /// M = Σ μ · time at v · P(more than v − r), probability 1 − exp(−M), of these and of tasks
    /// that are missing at the request. They are missing until they are back, or until as many new
    /// ones are healthy.
    #[must_use]
    pub fn during(&self, levels: &Levels) -> Struck {
        let mut struck = Struck::default();
        let mut strikes = 0.0;
        let below = levels.seconds_at.iter();
        let below = below.filter(|(healthy, _)| *healthy < self.required);
        let already_short: f64 = below.map(|(_, seconds)| seconds).sum();
        let with_added = self.with_added.as_ref();
        let new_share = with_added.map_or(0.0, |_| levels.with_added);
        let places = [
            (Some(&self.between), 1.0 - new_share),
            (with_added, new_share),
        ];
        for (source, share) in places
            .into_iter()
            .filter_map(|(sources, share)| Some((sources?, share)))
            .flat_map(|(sources, share)| sources.iter().map(move |source| (source, share)))
        {
            let rate = source.hazard * f64::from(source.count) * share;
            for &(healthy, seconds) in &levels.seconds_at {
                let Some(spare) = healthy.checked_sub(self.required) else {
                    for loss in &source.losses {
                        let longer = self.longer(loss, healthy, already_short);
                        struck.add(source.cause, rate * loss.chance * seconds * longer);
                    }
                    continue;
                };
                let through = if healthy == self.desired {
                    levels.through.min(seconds)
                } else {
                    0.0
                };
                for loss in &source.losses {
                    let takes_more: f64 = hypergeometric(self.desired, loss.tasks, healthy)
                        .into_iter()
                        .filter(|&(lost, _)| lost > spare)
                        .map(|(_, chance)| chance)
                        .sum();
                    if takes_more <= 0.0 {
                        continue;
                    }
                    let expected = rate * loss.chance * takes_more;
                    strikes += expected * seconds;
                    let short = through * at_rest(&loss.missing, spare)
                        + (seconds - through) * self.beside(&levels.incoming, loss, spare);
                    struck.add(source.cause, expected * short);
                }
            }
        }
        let at_the_request = self.short_by_spot + self.short_by_zone;
        struck.chance = -((-strikes).exp_m1()) * (1.0 - at_the_request) + at_the_request;
        struck
    }

    /// How much longer too few are healthy where a strike comes while they are for so long, with so
    /// many healthy \[s\].
    ///
    /// # Formula
    /// Too many of what is struck at any moment of that time S are missing for at least x with
    /// probability m(x): ∫ m(x) min(x, S) / S dx longer. Only new tasks are missed, each of those
    /// lost with probability (d − v) / d: an old one would have been stopped.
    fn longer(&self, loss: &Loss, healthy: u32, short: f64) -> f64 {
        let surplus = (self.desired - self.required) as usize;
        let new = 1.0 - f64::from(healthy) / f64::from(self.desired.max(1));
        let too_many_new = binomial(loss.tasks, new, surplus + 1)[surplus + 1];
        if too_many_new <= NEGLIGIBLE {
            return 0.0;
        }
        let course = loss.missing_beside_starts.course.iter();
        let longer = course.map(|moment| {
            let missed: f64 = moment.missing.iter().skip(surplus + 1).sum();
            moment.seconds * missed * (moment.at / short.max(1e-9)).min(1.0)
        });
        too_many_new * longer.sum::<f64>()
    }

    /// How long too few are healthy after a strike while new tasks are on their way: those on what
    /// is struck are lost as well \[s\].
    fn beside(&self, incoming: &Incoming, loss: &Loss, spare: u32) -> f64 {
        let left = u64::from(self.desired.saturating_sub(loss.tasks)) * u64::from(incoming.units);
        let units = u32::try_from(left / u64::from(self.desired.max(1))).unwrap_or(u32::MAX);
        incoming.short(&loss.missing_beside_starts, spare, units)
    }
}

/// How long too few are healthy after a strike at rest \[s\].
fn at_rest(missing: &Missing, spare: u32) -> f64 {
    missing.at_least.get(spare as usize).copied().unwrap_or(0.0)
}

fn of_spot(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.cause == Cause::Spot)
}
