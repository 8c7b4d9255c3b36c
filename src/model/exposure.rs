//! How a plan's tasks are exposed to interruptions and lost zones, during a deployment and between
//! two.

use super::estimate::Plan;
use super::interruption::{Cause, Recovery, Source, chance_of_missing_more, sources};
use super::placement::{self, Placement, added, between_deployments, hypergeometric};
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

/// How a deployment spends its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// Numbers of healthy tasks, at most the desired count, with the expected time at each \[s\].
    pub seconds_at: Vec<(u32, f64)>,
    /// Share of the time in which new tasks serve on the added hosts.
    pub with_added: f64,
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

impl Exposure {
    /// How a plan's tasks are exposed. The required tasks are at most the desired ones.
    #[must_use]
    pub fn of(scenario: &Scenario, plan: &Plan, required: u32, recovery: &Recovery) -> Self {
        let desired = scenario.service.desired_count;
        let surplus = desired.saturating_sub(required);
        let under = |placement: &Placement| sources(scenario, placement, recovery, surplus + 1);
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
    /// that are missing at the request.
    #[must_use]
    pub fn during(&self, levels: &Levels) -> Struck {
        let mut struck = Struck::default();
        let mut strikes = 0.0;
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
            for &(healthy, seconds) in &levels.seconds_at {
                let Some(spare) = healthy.checked_sub(self.required) else {
                    continue;
                };
                for loss in &source.losses {
                    let takes_more: f64 = hypergeometric(self.desired, loss.tasks, healthy)
                        .into_iter()
                        .filter(|&(lost, _)| lost > spare)
                        .map(|(_, chance)| chance)
                        .sum();
                    let rate = source.hazard * f64::from(source.count);
                    let expected = rate * seconds * share * loss.chance * takes_more;
                    strikes += expected;
                    let missing = loss.missing_at_least.get(spare as usize);
                    let short = expected * missing.unwrap_or(&0.0);
                    match source.cause {
                        Cause::Spot => struck.seconds_by_spot += short,
                        Cause::Zone => struck.seconds_by_zone += short,
                    }
                }
            }
        }
        let at_the_request = self.short_by_spot + self.short_by_zone;
        struck.chance = -((-strikes).exp_m1()) * (1.0 - at_the_request) + at_the_request;
        struck
    }
}

fn of_spot(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.cause == Cause::Spot)
}
