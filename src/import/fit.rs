//! How long a service's tasks take to start, to answer and to go, from its recorded deployments.
//!
//! Only medians of gaps between events are used: logs are written on a grid of about 10 s and have
//! outliers. What no event shows is taken as typical and marked [`Origin::Assumed`].
//!
//! # Formula
//! - `start` = median(started → registered): targets are registered when their tasks run.
//! - registered → decision to stop an old task = mean time to the verdict + `reaction`; `ready` is
//!   what gives that mean.
//! - started → decision to stop, without a load balancer = `start` + 40 s + `reaction`.
//! - drain begun → stopped (logs until about 2020) = deregistration delay + `stop`.
//! - last decision → completed = deregistration delay + `stop` + `reaction` + `completion_lag`.
//! - drain begun → the start that waited for it = deregistration delay + `stop` + `reaction`: used
//!   for the delay where nothing else shows it.
//!
//! `reaction` is 20 s unless the second line, or the third, leaves less; `completion_lag` is what the last line
//! leaves, never negative.

use std::collections::VecDeque;

use statrs::distribution::{ContinuousCDF as _, Normal};

use super::deployments::{Deployment, EventOrder};
use super::events::EventKind;
use super::timestamps::between;
use crate::scenario::{DurationLaw, LoadBalancerKind};
use crate::units::Seconds;

/// PENDING to RUNNING where nothing is recorded.
const TYPICAL_START: DurationLaw = DurationLaw::lognormal(Seconds(45.0), 0.2);
/// RUNNING to answering where nothing is recorded.
const TYPICAL_READY: DurationLaw = DurationLaw::lognormal(Seconds(60.0), 0.2);
/// SIGTERM to exit where nothing is recorded.
const TYPICAL_STOP: DurationLaw = DurationLaw::lognormal(Seconds(5.0), 0.5);
/// From a change to the move it allows, where recordings leave room for it.
const TYPICAL_REACTION: DurationLaw = DurationLaw::lognormal(Seconds(20.0), 0.4);
/// The scheduler's grid is about 10 s: half of it is the least mean reaction.
const SHORTEST_REACTION: f64 = 5.0;
/// The shortest phase that is written.
const SHORTEST: f64 = 1.0;
/// Deregistration delays that are in use; a recorded drain is attributed to one of them \[s\].
const USUAL_DELAYS: [f64; 12] = [
    0.0, 10.0, 30.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
];
/// From the drain's begin to "deployment completed" with no delay at all: 51 to 63 s are recorded.
const COMPLETION_WITHOUT_DELAY: f64 = 50.0;
/// Without any check a task counts as healthy so long after RUNNING \[s\].
const HEALTHY_WITHOUT_CHECK: f64 = 40.0;
/// A network load balancer drains at least this long \[s\].
const SHORTEST_NLB_DRAIN: f64 = 120.0;

/// What is known besides the events and helps to read them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The load balancer, if there is one.
    pub load_balancer: Option<KnownLoadBalancer>,
    /// When SIGKILL follows SIGTERM \[s\].
    pub stop_timeout: Seconds,
}

/// What is known of the load balancer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownLoadBalancer {
    /// Which generation.
    pub kind: LoadBalancerKind,
    /// Time between two checks of a target \[s\].
    pub health_check_interval: Seconds,
    /// Passes in a row that make a target healthy.
    pub healthy_threshold: u32,
    /// Failures in a row that make a target unhealthy.
    pub unhealthy_threshold: u32,
    /// How long a target drains, where a file says so \[s\].
    pub deregistration_delay: Option<Seconds>,
}

/// The timing of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// PENDING to RUNNING.
    pub start: Fitted<DurationLaw>,
    /// RUNNING to answering its health check.
    pub ready: Fitted<DurationLaw>,
    /// SIGTERM to exit.
    pub stop: Fitted<DurationLaw>,
    /// From a change to the one move it allows.
    pub reaction: Fitted<DurationLaw>,
    /// How long a target drains, where a file or the recorded drains say so \[s\].
    pub deregistration_delay: Option<Fitted<Seconds>>,
    /// From the last change to "deployment completed", beyond one reaction \[s\].
    pub completion_lag: Option<Fitted<Seconds>>,
}

/// A value and whence it comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitted<T> {
    /// The value.
    pub value: T,
    /// Whence it comes.
    pub origin: Origin,
}

/// Whence a fitted value comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A description states it.
    Given,
    /// It is the median of so many recorded gaps, or follows from it.
    Recorded {
        /// How many gaps.
        gaps: usize,
    },
    /// Nothing tells: a typical value.
    Assumed,
}

/// How long the parts of deployments took, as medians of what was recorded \[s\].
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RecordedParts {
    /// From started to registered.
    pub start: Option<f64>,
    /// From registered to what it allowed: the next stop, or the end.
    pub verdict: Option<f64>,
    /// From the last decision to stop to the end, where that is what the end waited for.
    pub end: Option<f64>,
}

/// The parts of deployments that completed without failed starts.
#[must_use]
pub fn recorded_parts(deployments: &[Deployment]) -> RecordedParts {
    let gaps = Gaps::of(deployments);
    RecordedParts {
        start: median(&gaps.started_to_registered),
        verdict: median(&gaps.verdict),
        end: median(&gaps.decision_to_completed),
    }
}

/// The timing that explains the deployments best, gap by gap.
///
/// Deployments that did not complete, or not without failed starts, are left aside.
#[must_use]
pub fn fit(known: &Known, deployments: &[Deployment]) -> Fit {
    let gaps = Gaps::of(deployments);
    let (ready, reaction) = match known.load_balancer {
        Some(_) => ready_and_reaction(known, &gaps.verdict),
        None => (assumed(TYPICAL_READY), reaction_alone(&gaps)),
    };
    let deregistration_delay = known
        .load_balancer
        .and_then(|load_balancer| delay(&load_balancer, &gaps));
    let drained = effective_delay(known, deregistration_delay);
    let stop = stop(known, &gaps.drain_to_stopped, drained);
    let completion_lag = median(&gaps.decision_to_completed).map(|gap| Fitted {
        value: Seconds((gap - drained - stop.value.mean.0 - reaction.value.mean.0).max(0.0)),
        origin: recorded(&gaps.decision_to_completed),
    });
    Fit {
        start: match known.load_balancer {
            Some(_) => law(&gaps.started_to_registered),
            None => start_alone(&gaps, reaction.value.mean.0),
        }
        .unwrap_or(assumed(TYPICAL_START)),
        ready,
        stop,
        reaction,
        deregistration_delay,
        completion_lag,
    }
}

/// Gaps between events of all deployments \[s\].
#[derive(Debug, Default)]
struct Gaps {
    started_to_registered: Vec<f64>,
    started_to_decision: Vec<f64>,
    verdict: Vec<f64>,
    drain_to_stopped: Vec<f64>,
    drain_to_completed: Vec<f64>,
    drain_to_start: Vec<f64>,
    decision_to_completed: Vec<f64>,
}

impl Gaps {
    /// Of those that completed without failed starts.
    fn of(deployments: &[Deployment]) -> Self {
        let mut gaps = Self::default();
        for deployment in deployments
            .iter()
            .filter(|deployment| deployment.completed().is_some())
        {
            gaps.add(deployment);
        }
        gaps
    }

    fn add(&mut self, deployment: &Deployment) {
        self.add_starts(deployment);
        let Some(ended_at) = deployment.ended_at else {
            return;
        };
        let mut registered = None;
        let mut draining = None;
        let mut stopped = None;
        let mut decision = None;
        let mut started = None;
        let mut last_start = None;
        for event in &deployment.events {
            // Where nothing drains a stop is the decision in every log.
            let stop_decides = deployment.order == EventOrder::StoppedThenDrain
                || deployment.drain_begun.is_none();
            let decides = match &event.kind {
                EventKind::StoppedRunning { .. } => stop_decides,
                EventKind::Draining { .. } | EventKind::Deregistered { .. } => !stop_decides,
                _ => false,
            };
            if decides {
                if let (Some(started), None) = (started, decision) {
                    self.started_to_decision.push(between(started, event.at).0);
                }
                decision = Some(event.at);
                if let Some(registered) = registered.take() {
                    self.verdict.push(between(registered, event.at).0);
                }
            }
            match event.kind {
                EventKind::Started { .. } => {
                    if let (EventOrder::StoppedThenDrain, None, Some(draining)) =
                        (deployment.order, started, draining)
                    {
                        self.drain_to_start.push(between(draining, event.at).0);
                    }
                    started = started.or(Some(event.at));
                    last_start = Some(event.at);
                }
                EventKind::Registered { .. } => registered = Some(event.at),
                EventKind::Draining { .. } => draining = Some(event.at),
                EventKind::StoppedRunning { .. } => {
                    stopped = Some(event.at);
                    if let (EventOrder::DrainThenStopped, Some(draining)) =
                        (deployment.order, draining)
                    {
                        self.drain_to_stopped.push(between(draining, event.at).0);
                    }
                }
                _ => {}
            }
        }
        if let (Some(last), None, None) = (last_start, registered, decision) {
            // Nothing was replaced and no target tells: the end is what the last start allowed.
            self.started_to_decision.push(between(last, ended_at).0);
        }
        // Whichever of the last start and the last stop came later is what the end waited for.
        if stopped.max(decision) >= deployment.last_registered {
            if let Some(decision) = decision {
                self.decision_to_completed
                    .push(between(decision, ended_at).0);
            }
            if let (EventOrder::StoppedThenDrain, Some(draining)) = (deployment.order, draining) {
                self.drain_to_completed.push(between(draining, ended_at).0);
            }
        } else if let Some(registered) = deployment.last_registered {
            self.verdict.push(between(registered, ended_at).0);
        }
    }

    /// The first task started is taken to be the first registered. A repeated message is not
    /// written again, so there may be fewer registrations than starts.
    fn add_starts(&mut self, deployment: &Deployment) {
        let mut started = VecDeque::new();
        let mut first_group = None;
        for event in &deployment.events {
            match &event.kind {
                EventKind::Started { tasks, .. } => started.push_back((event.at, *tasks)),
                EventKind::Registered { targets, group }
                    if *first_group.get_or_insert(group) == group =>
                {
                    let mut left = *targets;
                    while left > 0
                        && let Some((at, waiting)) = started.front_mut()
                    {
                        self.started_to_registered.push(between(*at, event.at).0);
                        let taken = left.min(*waiting);
                        left -= taken;
                        *waiting -= taken;
                        if *waiting == 0 {
                            started.pop_front();
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn ready_and_reaction(
    known: &Known,
    verdicts: &[f64],
) -> (Fitted<DurationLaw>, Fitted<DurationLaw>) {
    let Some((verdict, load_balancer)) = median(verdicts).zip(known.load_balancer) else {
        return (assumed(TYPICAL_READY), assumed(TYPICAL_REACTION));
    };
    let origin = recorded(verdicts);
    let least = SHORTEST + wait_for_check(&load_balancer);
    let reaction = (verdict - least).clamp(SHORTEST_REACTION, TYPICAL_REACTION.mean.0);
    (
        Fitted {
            value: DurationLaw::lognormal(
                Seconds(ready_before(&load_balancer, verdict - reaction)),
                TYPICAL_READY.cv,
            ),
            origin,
        },
        if reaction < TYPICAL_REACTION.mean.0 {
            Fitted {
                value: DurationLaw::lognormal(Seconds(reaction), TYPICAL_REACTION.cv),
                origin,
            }
        } else {
            assumed(TYPICAL_REACTION)
        },
    )
}

/// From readiness to the verdict where no check has failed before \[s\].
fn wait_for_check(load_balancer: &KnownLoadBalancer) -> f64 {
    let interval = load_balancer.health_check_interval.0;
    let first_pass = interval / 2.0;
    match load_balancer.kind {
        LoadBalancerKind::Alb | LoadBalancerKind::Nlb => first_pass,
        LoadBalancerKind::Clb => first_pass + further_passes(load_balancer),
    }
}

/// From the first pass to the last one that is needed \[s\].
fn further_passes(load_balancer: &KnownLoadBalancer) -> f64 {
    f64::from(load_balancer.healthy_threshold.saturating_sub(1))
        * load_balancer.health_check_interval.0
}

/// The mean readiness behind a mean verdict \[s\].
///
/// # Formula
/// A target that was judged unhealthy before needs further passes, so the mean verdict grows with
/// the readiness by more than it does: the readiness is found by halving.
fn ready_before(load_balancer: &KnownLoadBalancer, verdict: f64) -> f64 {
    let at_first_pass = (verdict - wait_for_check(load_balancer)).max(SHORTEST);
    let (mut low, mut high) = (SHORTEST, at_first_pass);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if mean_verdict(load_balancer, middle) < verdict {
            low = middle;
        } else {
            high = middle;
        }
    }
    // Where nothing is ever judged unhealthy the end of the interval is exact.
    if mean_verdict(load_balancer, at_first_pass) <= verdict {
        at_first_pass
    } else {
        high
    }
}

/// From RUNNING to healthy, the mean, where readiness has the usual spread about a mean \[s\].
///
/// # Formula
/// The first passing check comes at t = r + U(0, I); it is judged unhealthy before iff t is beyond
/// `unhealthy_threshold` · I, which for given r has the probability (r − (u − 1) · I) / I, cut to
/// 0 … 1; over r by its quantiles.
fn mean_verdict(load_balancer: &KnownLoadBalancer, ready: f64) -> f64 {
    const QUANTILES: u32 = 200;
    let at_first_pass = ready + wait_for_check(load_balancer);
    if load_balancer.kind == LoadBalancerKind::Clb {
        return at_first_pass;
    }
    let interval = load_balancer.health_check_interval.0;
    let sure_below = f64::from(load_balancer.unhealthy_threshold.saturating_sub(1)) * interval;
    let variance = TYPICAL_READY.cv.powi(2).ln_1p();
    let normal = Normal::standard();
    let judged: f64 = (0..QUANTILES)
        .map(|index| {
            let share = (f64::from(index) + 0.5) / f64::from(QUANTILES);
            let logarithm = variance.sqrt() * normal.inverse_cdf(share) - variance / 2.0;
            ((ready * logarithm.exp() - sure_below) / interval).clamp(0.0, 1.0)
        })
        .sum();
    at_first_pass + judged / f64::from(QUANTILES) * further_passes(load_balancer)
}

/// The reaction where no check is seen: what the wait after RUNNING leaves of the usual one.
fn reaction_alone(gaps: &Gaps) -> Fitted<DurationLaw> {
    match median(&gaps.started_to_decision) {
        Some(gap) if gap < SHORTEST + HEALTHY_WITHOUT_CHECK + TYPICAL_REACTION.mean.0 => Fitted {
            value: DurationLaw::lognormal(
                Seconds((gap - SHORTEST - HEALTHY_WITHOUT_CHECK).max(SHORTEST_REACTION)),
                TYPICAL_REACTION.cv,
            ),
            origin: recorded(&gaps.started_to_decision),
        },
        _ => assumed(TYPICAL_REACTION),
    }
}

/// PENDING to RUNNING where no target tells when a task runs.
fn start_alone(gaps: &Gaps, reaction: f64) -> Option<Fitted<DurationLaw>> {
    let gap = median(&gaps.started_to_decision)?;
    let start = (gap - HEALTHY_WITHOUT_CHECK - reaction).max(SHORTEST);
    Some(Fitted {
        value: DurationLaw::lognormal(Seconds(start), TYPICAL_START.cv),
        origin: recorded(&gaps.started_to_decision),
    })
}

fn delay(load_balancer: &KnownLoadBalancer, gaps: &Gaps) -> Option<Fitted<Seconds>> {
    if let Some(given) = load_balancer.deregistration_delay {
        return Some(Fitted {
            value: given,
            origin: Origin::Given,
        });
    }
    let (drain, samples) = if let Some(drain) = median(&gaps.drain_to_stopped) {
        (drain, &gaps.drain_to_stopped)
    } else {
        let samples = [&gaps.drain_to_completed, &gaps.drain_to_start]
            .into_iter()
            .find(|samples| !samples.is_empty())?;
        (median(samples)? - COMPLETION_WITHOUT_DELAY, samples)
    };
    // Times without fractions may be a second short.
    let usual = USUAL_DELAYS
        .into_iter()
        .rfind(|usual| *usual <= drain + 1.0);
    Some(Fitted {
        value: Seconds(usual.unwrap_or(0.0)),
        origin: recorded(samples),
    })
}

/// The delay that the drain of one task takes in effect \[s\].
fn effective_delay(known: &Known, delay: Option<Fitted<Seconds>>) -> f64 {
    let delay = delay.map_or(0.0, |delay| delay.value.0);
    match known.load_balancer.map(|load_balancer| load_balancer.kind) {
        Some(LoadBalancerKind::Nlb) => delay.max(SHORTEST_NLB_DRAIN),
        _ => delay,
    }
}

fn stop(known: &Known, drains: &[f64], delay: f64) -> Fitted<DurationLaw> {
    let longest = known.stop_timeout.0.max(SHORTEST);
    match median(drains) {
        Some(drain) => Fitted {
            value: DurationLaw::lognormal(
                Seconds((drain - delay).clamp(SHORTEST, longest)),
                TYPICAL_STOP.cv,
            ),
            origin: recorded(drains),
        },
        None => assumed(TYPICAL_STOP),
    }
}

fn assumed(law: DurationLaw) -> Fitted<DurationLaw> {
    Fitted {
        value: law,
        origin: Origin::Assumed,
    }
}

fn recorded(gaps: &[f64]) -> Origin {
    Origin::Recorded { gaps: gaps.len() }
}

/// Median and spread of gaps; the spread needs three of them, and is typical below that.
fn law(gaps: &[f64]) -> Option<Fitted<DurationLaw>> {
    let middle = median(gaps)?.max(SHORTEST);
    let deviations: Vec<f64> = gaps.iter().map(|gap| (gap - middle).abs()).collect();
    let cv = match median(&deviations) {
        // 1.4826 makes the median deviation the standard deviation of a normal law.
        Some(deviation) if gaps.len() >= 3 => (1.4826 * deviation / middle).clamp(0.05, 1.0),
        _ => TYPICAL_START.cv,
    };
    Some(Fitted {
        value: DurationLaw::lognormal(Seconds(middle), cv),
        origin: recorded(gaps),
    })
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    Some(if sorted.len().is_multiple_of(2) {
        f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper)
    } else {
        upper
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "worked by hand in numbers that are exact")]
mod tests {
    use super::*;
    use crate::model::verdict::verdict;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn balanced(interval: f64) -> KnownLoadBalancer {
        KnownLoadBalancer {
            kind: LoadBalancerKind::Alb,
            health_check_interval: Seconds(interval),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            deregistration_delay: None,
        }
    }

    #[test]
    fn medians_by_hand() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn readiness_undoes_the_check() {
        // Ready after 20 s: the first check that passes comes half an interval later.
        // Few are so late that two checks fail.
        let ready = ready_before(&balanced(30.0), 35.0);
        assert!((ready - 20.0).abs() < 0.2, "{ready}");
        // Ready after 105 s: two checks failed, so four more passes of 30 s were needed.
        let ready = ready_before(&balanced(30.0), 105.0 + 15.0 + 120.0);
        assert!((ready - 105.0).abs() < 0.1, "{ready}");
        assert_eq!(ready_before(&balanced(30.0), 3.0), 1.0);
    }

    #[test]
    fn the_model_gives_the_verdict_back() {
        let text = "[service]\ndesired_count = 1\n\
                    [service.timing]\nstart = \"1s\"\nready = \"1s\"\n\
                    [service.load_balancer]\ntype = \"alb\"\n[cluster]\nfree_tasks = 1\n";
        let read = scenario(text, Syntax::Toml, Purpose::DurationsOnly);
        let mut service = read.unwrap().service;
        // Around 60 s some targets are judged unhealthy and some are not.
        for recorded in [30.0, 60.0, 72.0, 90.0, 120.0, 200.0] {
            let ready = ready_before(&balanced(30.0), recorded);
            service.timing.ready = DurationLaw::lognormal(Seconds(ready), TYPICAL_READY.cv);
            let found = verdict(&service, 0.25).healthy.mean();
            assert!((found - recorded).abs() < 0.5, "{found}, not {recorded}");
        }
    }

    #[test]
    fn without_targets_a_start_is_seen_by_the_stop_it_allows() {
        let known = Known {
            load_balancer: None,
            stop_timeout: Seconds(30.0),
        };
        for (gap, start, reaction) in [(95.0, 35.0, 20.0), (50.0, 1.0, 9.0), (41.0, 1.0, 5.0)] {
            let gaps = Gaps {
                started_to_decision: vec![gap],
                ..Gaps::default()
            };
            let found = reaction_alone(&gaps).value.mean.0;
            assert_eq!(found, reaction);
            assert_eq!(start_alone(&gaps, found).unwrap().value.mean.0, start);
        }
        assert_eq!(fit(&known, &[]).start.origin, Origin::Assumed);
    }

    #[test]
    fn a_short_verdict_shortens_the_reaction_first() {
        let known = Known {
            load_balancer: Some(balanced(30.0)),
            stop_timeout: Seconds(30.0),
        };
        let (ready, reaction) = ready_and_reaction(&known, &[41.0]);
        assert_eq!((ready.value.mean.0, reaction.value.mean.0), (6.0, 20.0));
        let (ready, reaction) = ready_and_reaction(&known, &[26.0]);
        assert_eq!((ready.value.mean.0, reaction.value.mean.0), (1.0, 10.0));
        let (ready, reaction) = ready_and_reaction(&known, &[]);
        assert_eq!(
            (ready.origin, reaction.origin),
            (Origin::Assumed, Origin::Assumed)
        );
    }

    #[test]
    fn a_drain_is_one_of_the_usual_delays() {
        let old = |drain| Gaps {
            drain_to_stopped: vec![drain],
            ..Gaps::default()
        };
        let new = |drain| Gaps {
            drain_to_completed: vec![drain],
            ..Gaps::default()
        };
        let inferred = |gaps: &Gaps| delay(&balanced(30.0), gaps).map(|delay| delay.value.0);
        assert_eq!(inferred(&old(33.0)), Some(30.0));
        assert_eq!(inferred(&old(302.0)), Some(300.0));
        assert_eq!(inferred(&new(52.0)), Some(0.0));
        assert_eq!(inferred(&new(382.0)), Some(300.0));
        assert_eq!(inferred(&new(411.0)), Some(300.0));
        let stop_first = Gaps {
            drain_to_start: vec![104.0],
            ..Gaps::default()
        };
        assert_eq!(inferred(&stop_first), Some(30.0));
        assert_eq!(inferred(&Gaps::default()), None);
    }

    #[test]
    fn the_spread_needs_three_gaps() {
        let two = law(&[30.0, 40.0]).unwrap().value;
        assert_eq!((two.mean.0, two.cv), (35.0, 0.2));
        let three = law(&[30.0, 33.0, 45.0]).unwrap().value;
        assert_eq!(three.mean.0, 33.0);
        assert!((three.cv - 1.4826 * 3.0 / 33.0).abs() < 1e-12);
    }
}
