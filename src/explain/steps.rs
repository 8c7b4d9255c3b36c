//! The deployment step by step with clock times, and at each step the rules that bite.
//!
//! The times are those of a deployment in which every phase takes its mean. The mean of the real
//! deployment is mostly later: it waits for the last of several tasks.

use std::ops::Range;

use serde::Serialize;

use super::Baseline;
use super::costs::{costs_told, warm_pool_told};
use super::failure::{failed_starts_told, failure_told, range_told};
use super::joining;
use super::load::{
    crowd_told, placement_told, slow_start_told, start_limits_told, starvation_told, waiting_told,
};
use super::shared;
use super::zones::zone_loss_told;
use crate::model::phases::Phases;
use crate::model::walk::{Act, SAME_MOMENT};
use crate::rollout::{Bound, Moves, Places, Stuck, places_on, places_on_added};
use crate::scenario::{
    Capacity, Cluster, Fallback, HealthRule, LoadBalancer, LoadBalancerKind, PrescaleMode,
    ReleaseHosts, Scenario,
};
use crate::units::{Seconds, Share};

/// Of many acts so many are told from the beginning: two rounds.
const FIRST_ACTS: usize = 4;

/// Of many acts so many are told from the end: the last round.
const LAST_ACTS: usize = 2;

/// Acts of one kind that are no further apart flow on \[s\].
const FLOWING: f64 = 6.0;

/// So many acts that flow on are told as one.
const FEWEST_FLOWING: usize = 3;

/// Of many kinds of hosts so many are told.
const KINDS_OF_HOSTS: usize = 3;

/// What happens at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// From the request, negative before it \[s\].
    pub at_s: Seconds,
    /// What happens.
    pub what: String,
    /// The rules that bite here.
    pub why: Vec<String>,
    /// Healthy tasks after it.
    pub healthy: u32,
    /// Pending, running and stopping tasks after it.
    pub tasks: u32,
}

/// A moment as a clock shows it: `4:46`, `−2:51`, `1:02:10`.
#[must_use]
pub fn clock(moment: Seconds) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates beyond any duration of a scenario"
    )]
    let seconds = moment.0.round() as i64;
    let sign = if seconds < 0 { "−" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{minutes}:{seconds:02}")
    }
}

/// A setting as it is set: `300 s`, where minutes would hide it.
fn in_seconds(duration: Seconds) -> String {
    format!("{} s", duration.0.round())
}

/// The steps of the deployment; of one that is stuck those that it comes to.
pub(super) fn steps(base: &Baseline, stuck: Option<&Stuck>) -> Vec<Step> {
    let moves = &base.outcome.moves;
    let phases = base.model.phases();
    let at_rest = |at_s, what: String, why| Step {
        at_s,
        what,
        why,
        healthy: moves.desired,
        tasks: moves.desired,
    };
    let mut steps: Vec<Step> = shared::wait(base).into_iter().collect();
    steps.extend(launch(base));
    let request = at_rest(Seconds::ZERO, "request".to_owned(), room_told(base));
    if let Some(stuck) = stuck {
        let at = Seconds(phases.reaction.mean());
        let what = match stuck.bound {
            Bound::HealthCheck => "the scheduler reacts: every new task is killed",
            _ => "the scheduler reacts: no move",
        };
        steps.push(request);
        steps.push(at_rest(at, what.to_owned(), why_stuck(base, stuck)));
    } else {
        let course = Course::of(base);
        steps.push(request);
        steps.extend(course.steps());
        steps.extend(joining::steps_told(base));
        let completed = course.completed();
        steps.push(at_rest(
            Seconds(course.last_healthy()),
            "new version: the last new task is healthy".to_owned(),
            Vec::new(),
        ));
        steps.push(at_rest(
            completed,
            told_completed(base.scenario),
            failure_told(base),
        ));
        steps.extend(release(base, completed));
        // The last new task may be healthy before the last acts; the order is that of time.
        steps.sort_by(|a, b| a.at_s.0.total_cmp(&b.at_s.0));
        for step in steps.iter_mut().filter(|step| step.at_s.0 >= 0.0) {
            (step.healthy, step.tasks) = course.counts(step.at_s.0);
        }
    }
    steps
}

fn launch(base: &Baseline) -> Vec<Step> {
    let scenario = base.scenario;
    let Some((count, host)) = added(scenario).filter(|_| base.plan.prescale_hosts > 0) else {
        return Vec::new();
    };
    let prescale = &scenario.prescale;
    let lead = base
        .model
        .arrival(scenario, &base.plan)
        .expectation(|s| (s - prescale.lead_overlap.0).max(0.0));
    let slowest = match count {
        1 => String::new(),
        count => format!("; the slowest of {count} counts"),
    };
    let mut why = vec![format!(
        "a host boots in {} on average{slowest}",
        in_seconds(prescale.boot.mean)
    )];
    why.extend(fulfilment_told(base));
    if prescale.lead_overlap > Seconds::ZERO {
        why.push(format!("{} of it beside other work", prescale.lead_overlap));
    }
    why.extend(warm_pool_told(scenario));
    // With managed scaling tasks wait in PROVISIONING and do not starve.
    match joining::fight(scenario) {
        Some(fight) => why.push(fight),
        None => why.push(starvation_told(base, Seconds(lead))),
    }
    vec![Step {
        at_s: Seconds(-lead),
        what: format!("launch {count} × {host}"),
        why,
        healthy: base.outcome.moves.desired,
        tasks: base.outcome.moves.desired,
    }]
}

/// What requests for spot hosts add to their launch.
fn fulfilment_told(base: &Baseline) -> Option<String> {
    let spot = &base.scenario.spot;
    let hosts = base.plan.spot_hosts.min(base.plan.prescale_hosts);
    if hosts == 0 || spot.fulfilment_time.mean <= Seconds::ZERO {
        return None;
    }
    let unmet = match spot.fallback {
        Fallback::Wait => "is made again",
        Fallback::OnDemand => "turns into an on-demand host",
    };
    Some(format!(
        "spot: a request is answered after {}, {} are met; one that is not {unmet}",
        in_seconds(spot.fulfilment_time.mean),
        Share(spot.fulfilment)
    ))
}

/// How many hosts are added, and of which type.
fn added(scenario: &Scenario) -> Option<(u32, &str)> {
    let host = scenario.prescale.host.as_ref()?;
    let hosts = scenario.prescale.hosts;
    (hosts > 0).then_some((hosts, host.shape.instance_type.as_str()))
}

fn release(base: &Baseline, completed: Seconds) -> Vec<Step> {
    let joined = base.outcome.moves.joining.hosts;
    let (Some(duration), hosts @ 1..) = (&base.outcome.duration, base.plan.prescale_hosts + joined)
    else {
        return Vec::new();
    };
    let gone = completed + duration.release_s.mean;
    // What joined on demand goes only when it has been idle for long enough.
    let begin = if base.plan.prescale_hosts == 0 {
        gone - duration.evacuation_s.mean - base.scenario.prescale.release
    } else {
        completed
    };
    let desired = base.outcome.moves.desired;
    let step = |at_s, what, why| Step {
        at_s,
        what,
        why,
        healthy: desired,
        tasks: desired,
    };
    let evacuation = duration.evacuation_s.mean;
    let which = match base.scenario.prescale.release_hosts {
        ReleaseHosts::Emptiest if evacuation > Seconds::ZERO => {
            named(hosts, "", " with the fewest tasks")
        }
        ReleaseHosts::Emptiest => named(hosts, "", " without tasks"),
        ReleaseHosts::Newest => named(hosts, "added ", ""),
    };
    let mut steps = Vec::new();
    if evacuation > Seconds::ZERO {
        steps.push(step(
            begin,
            format!("drain {which}"),
            vec![format!(
                "a second rollout under the same bounds, {evacuation} on average"
            )],
        ));
    }
    let mut why = joining::scale_in(base);
    why.extend(spot_stays(base, evacuation));
    why.extend(costs_told(base));
    steps.push(step(gone, format!("released: {which}"), why));
    steps
}

/// Hosts by what tells them from others: `the host without tasks`, `the 2 added hosts`.
fn named(hosts: u32, before: &str, after: &str) -> String {
    match hosts {
        1 => format!("the {before}host{after}"),
        hosts => format!("the {hosts} {before}hosts{after}"),
    }
}

/// Whether added spot hosts go again or serve on.
fn spot_stays(base: &Baseline, evacuation: Seconds) -> Option<String> {
    let spot = base.plan.spot_hosts.min(base.plan.prescale_hosts);
    let emptiest = base.scenario.prescale.release_hosts == ReleaseHosts::Emptiest;
    (spot > 0).then(|| {
        let what = if emptiest {
            "added spot hosts with tasks stay and serve; prescale.release_hosts = \"newest\" sends \
             them away"
        } else if evacuation > Seconds::ZERO {
            "the added spot hosts go, their tasks move again; prescale.release_hosts = \
             \"emptiest\" lets them serve"
        } else {
            "the added spot hosts go"
        };
        what.to_owned()
    })
}

fn told_completed(scenario: &Scenario) -> String {
    match scenario.deployment.completion_lag {
        Seconds::ZERO => "completed: one reaction after the last change".to_owned(),
        lag => format!("completed: one reaction and {lag} after the last change"),
    }
}

/// What the hosts hold and what the percents allow.
fn room_told(base: &Baseline) -> Vec<String> {
    let (scenario, moves) = (base.scenario, &base.outcome.moves);
    let desired = moves.desired;
    let mut told = match &scenario.capacity {
        Capacity::Hosts(cluster) => hosts_told(scenario, cluster),
        Capacity::FreeTasks(_) | Capacity::Unlimited => Vec::new(),
    };
    if let (Some((count, host)), Some(places)) = (added(scenario), places_on_added(scenario)) {
        let when = match scenario.prescale.mode {
            PrescaleMode::Before => "added",
            PrescaleMode::WarmPool => "started from the warm pool",
            PrescaleMode::Standing => "standing",
        };
        told.push(format!("{when}: {}", held(count, host, places)));
    }
    told.extend(range_told(scenario, moves));
    told.extend(waiting_told(scenario));
    told.extend(placement_told(scenario));
    told.extend(zone_loss_told(base));
    told.push(match moves.room.total() {
        Some(room) => format!("room for {room} beside the {desired}"),
        None => "room without a limit".to_owned(),
    });
    told.extend(joining::headroom_told(scenario));
    told.extend(shared::room_taken(scenario));
    let deployment = &scenario.deployment;
    told.push(format!(
        "{}/{} of {desired}: at least {} healthy, at most {} in existence",
        deployment.minimum_healthy_percent,
        deployment.maximum_percent,
        moves.bounds.lower,
        moves.bounds.upper
    ));
    told
}

fn held(count: u32, instance_type: &str, places: Places) -> String {
    let each = match places.count {
        1 => "1 task".to_owned(),
        tasks => format!("{tasks} tasks"),
    };
    format!(
        "{count} × {instance_type} for {each} each: {}",
        places.limited_by
    )
}

fn hosts_told(scenario: &Scenario, cluster: &Cluster) -> Vec<String> {
    let mut kinds: Vec<(&str, Option<Places>, u32)> = Vec::new();
    for group in &cluster.hosts {
        let instance_type = group.shape.instance_type.as_str();
        let places = group.accepts_tasks.then(|| {
            places_on(
                &group.shape,
                group.used,
                &cluster.daemons,
                &scenario.service,
            )
        });
        match kinds
            .iter_mut()
            .find(|kind| (kind.0, kind.1) == (instance_type, places))
        {
            Some(kind) => kind.2 = kind.2.saturating_add(group.count),
            None => kinds.push((instance_type, places, group.count)),
        }
    }
    let more = kinds.len().saturating_sub(KINDS_OF_HOSTS);
    let told = kinds
        .iter()
        .take(KINDS_OF_HOSTS)
        .map(|&(host, places, count)| match places {
            Some(places) => held(count, host, places),
            None => format!("{count} × {host} without tasks"),
        });
    told.chain((more > 0).then(|| format!("… {more} more kinds of hosts")))
        .collect()
}

/// Who waits for whom.
fn why_stuck(base: &Baseline, stuck: &Stuck) -> Vec<String> {
    if stuck.bound == Bound::HealthCheck {
        let mut why = verdict_told(base);
        why.extend(crowd_told(base));
        why.push("each is replaced by one that is killed in turn".to_owned());
        return why;
    }
    vec![
        stuck.reason.clone(),
        "the old tasks wait for a new one to be healthy".to_owned(),
        "the new tasks wait for an old one to be gone".to_owned(),
    ]
}

/// A rollout in which every phase takes its mean.
pub(super) struct Course<'a> {
    base: &'a Baseline<'a>,
    phases: Phases,
    acts: Vec<Act>,
}

impl<'a> Course<'a> {
    pub(super) fn of(base: &'a Baseline) -> Self {
        let (phases, acts) = base.course();
        Self { base, phases, acts }
    }

    fn steps(&self) -> Vec<Step> {
        let told = self.told_together();
        let count = told.len();
        let short = count <= FIRST_ACTS + LAST_ACTS + 1;
        let last = count.saturating_sub(LAST_ACTS);
        let mut steps = Vec::new();
        for (i, acts) in told.iter().enumerate() {
            if short || i < FIRST_ACTS || i >= last {
                steps.push(self.step(acts.clone()));
            } else if i == FIRST_ACTS {
                let left_out = acts.start..told[last].start;
                steps.push(self.left_out(&self.acts[left_out]));
            }
        }
        steps
    }

    /// The acts by what is told of them in one line: each by itself, but those that follow each
    /// other as the rate limits let them.
    fn told_together(&self) -> Vec<Range<usize>> {
        let alike = |one: &Act, next: &Act| {
            next.at - one.at <= FLOWING
                && (one.stopped > 0) == (next.stopped > 0)
                && (one.started() > 0) == (next.started() > 0)
        };
        let mut told = Vec::new();
        let mut first = 0;
        for acts in self.acts.chunk_by(alike) {
            let end = first + acts.len();
            if acts.len() >= FEWEST_FLOWING {
                told.push(first..end);
            } else {
                told.extend((first..end).map(|act| act..act + 1));
            }
            first = end;
        }
        told
    }

    fn step(&self, told: Range<usize>) -> Step {
        let (index, acts) = (told.start, &self.acts[told]);
        let (act, last) = (&acts[0], &acts[acts.len() - 1]);
        let until = if acts.len() > 1 {
            format!(" until {}", clock(Seconds(last.at)))
        } else {
            String::new()
        };
        let over = |first: f64, last: f64| {
            let [first, last] = [first, last].map(|at| clock(Seconds(at)));
            if first == last {
                format!("at {first}")
            } else {
                format!("{first} to {last}")
            }
        };
        let first_stop = self.acts[..index].iter().all(|before| before.stopped == 0);
        let first_start = self.acts[..index]
            .iter()
            .all(|before| before.started() == 0);
        let mut what = Vec::new();
        let mut why = Vec::new();
        if index == 0 {
            why.push(self.order());
        }
        let stopped: u32 = acts.iter().map(|act| act.stopped).sum();
        if stopped > 0 {
            let gone = over(self.gone(act), self.gone(last));
            if first_stop {
                what.push(format!(
                    "−{stopped} old{until}: {}; gone {gone}",
                    self.stop_told()
                ));
                why.extend(self.drain_rule());
            } else {
                what.push(format!("−{stopped} old{until}, gone {gone}"));
            }
        }
        let cold: u32 = acts.iter().map(|act| act.cold).sum();
        let warm: u32 = acts.iter().map(|act| act.warm).sum();
        let last_cold = acts.iter().rfind(|act| act.cold > 0).unwrap_or(last);
        let first_warm = acts.iter().find(|act| act.warm > 0).unwrap_or(act);
        let cold_healthy = over(self.cold_healthy(act), self.cold_healthy(last_cold));
        let warm_healthy = over(self.warm_healthy(first_warm), self.warm_healthy(last));
        for (started, healthy, place) in [
            (cold, cold_healthy, " on added hosts"),
            (warm, warm_healthy, ""),
        ] {
            if started > 0 {
                what.push(format!("+{started} new{place}{until}, healthy {healthy}"));
            }
        }
        if act.started() > 0 && first_start {
            why.extend(self.start_rule(act));
            why.extend(verdict_told(self.base));
        }
        self.told(act.at, what.join("; "), why)
    }

    fn left_out(&self, acts: &[Act]) -> Step {
        let stopped: u32 = acts.iter().map(|act| act.stopped).sum();
        let started: u32 = acts.iter().map(Act::started).sum();
        let from = acts.first().map_or(0.0, |act| act.at);
        let to = acts.last().map_or(0.0, |act| act.at);
        let what = format!(
            "… {} more moves like these until {}: −{stopped} old, +{started} new",
            acts.len(),
            clock(Seconds(to))
        );
        self.told(from, what, Vec::new())
    }

    fn told(&self, at: f64, what: String, why: Vec<String>) -> Step {
        let (healthy, tasks) = self.counts(at);
        Step {
            at_s: Seconds(at),
            what,
            why,
            healthy,
            tasks,
        }
    }

    /// Healthy tasks, and tasks in existence, at a moment.
    fn counts(&self, at: f64) -> (u32, u32) {
        let by = |moment: f64, tasks: u32| {
            if moment <= at + SAME_MOMENT { tasks } else { 0 }
        };
        let desired = self.base.outcome.moves.desired;
        let (mut healthy, mut tasks, mut stopped, mut gone) = (desired, desired, 0, 0);
        for act in &self.acts {
            healthy += by(self.cold_healthy(act), act.cold) + by(self.warm_healthy(act), act.warm);
            tasks += by(act.at, act.started());
            stopped += by(act.at, act.stopped);
            gone += by(self.gone(act), act.stopped);
        }
        (healthy - stopped, tasks - gone)
    }

    fn gone(&self, act: &Act) -> f64 {
        act.at + self.phases.drain.mean()
    }

    fn cold_healthy(&self, act: &Act) -> f64 {
        act.at + self.phases.cold_start.mean()
    }

    fn warm_healthy(&self, act: &Act) -> f64 {
        act.at + self.phases.start.mean()
    }

    fn last_healthy(&self) -> f64 {
        let healthy = self.acts.iter().flat_map(|act| {
            let cold = (act.cold > 0).then(|| self.cold_healthy(act));
            let warm = (act.warm > 0).then(|| self.warm_healthy(act));
            cold.into_iter().chain(warm)
        });
        healthy.fold(0.0, f64::max)
    }

    /// One reaction after the last change.
    pub(super) fn completed(&self) -> Seconds {
        let stopping = self.acts.iter().filter(|act| act.stopped > 0);
        let last_gone = stopping.map(|act| self.gone(act)).fold(0.0, f64::max);
        let last = self.last_healthy().max(last_gone);
        Seconds(last + self.phases.reaction.mean()) + self.base.scenario.deployment.completion_lag
    }

    /// Which comes first, stop or start, and why.
    fn order(&self) -> String {
        let Moves {
            desired,
            bounds,
            surge,
            slack,
            joining,
            room,
            ..
        } = self.base.outcome.moves;
        let by_bound = bounds.upper.saturating_sub(desired).min(desired);
        let no_surge = if by_bound == 0 {
            "nothing may be added to the desired count".to_owned()
        } else {
            "no host has room for another".to_owned()
        };
        let start = match room.total() {
            Some(room) if room < by_bound => {
                format!("room for {room} is the limit, {by_bound} may be added")
            }
            _ if surge == desired => "all new tasks may run beside the old ones".to_owned(),
            _ => format!("{surge} may be added"),
        };
        if joining.places > 0 && surge == 0 {
            let waiting = format!("{} wait for hosts that join", joining.places);
            return match slack {
                0 => format!("start first: {waiting}, none may be missing"),
                _ => format!("stop first: {waiting}, {slack} may be missing"),
            };
        }
        match (surge, slack) {
            (0, _) => format!("stop first: {no_surge}, {slack} may be missing"),
            (_, 0) => format!("start first: {start}, none may be missing"),
            _ => format!("both at once: {start}, {slack} may be missing"),
        }
    }

    fn stop_told(&self) -> String {
        let service = &self.base.scenario.service;
        let all = Seconds(self.phases.drain.mean());
        match service.load_balancer {
            Some(balancer) => {
                let delay = balancer.drain();
                let (delay, stop) = (in_seconds(delay), in_seconds(all - delay));
                format!("deregister, drain {delay}, stop {stop}")
            }
            None => format!("stop {}", in_seconds(all)),
        }
    }

    fn drain_rule(&self) -> Option<String> {
        let balancer = self.base.scenario.service.load_balancer?;
        let delay = balancer.drain();
        Some(if delay > balancer.deregistration_delay {
            let delay = in_seconds(delay);
            format!("an NLB drains at least {delay}, whatever its deregistration delay")
        } else {
            "the drain runs in full, even without connections".to_owned()
        })
    }

    fn start_rule(&self, act: &Act) -> Vec<String> {
        let timing = &self.base.scenario.service.timing;
        let mut told = vec![format!("start {}", in_seconds(timing.start.mean))];
        if act.cold > 0 && timing.cold_start_extra.mean > Seconds::ZERO {
            told.push(format!(
                "an added host has no image yet: {} more",
                in_seconds(timing.cold_start_extra.mean)
            ));
        }
        told.extend(crowd_told(self.base));
        told.extend(failed_starts_told(self.base));
        told.extend(start_limits_told(self.base, &self.phases));
        told
    }
}

/// How long after RUNNING a task counts as healthy, and how that comes about.
fn verdict_told(base: &Baseline) -> Vec<String> {
    let service = &base.scenario.service;
    let judged = &base.model.phases().verdict;
    let killed = base.verdict().kill_probability;
    let mean = in_seconds(Seconds(judged.healthy.mean()));
    let ready = in_seconds(service.timing.ready.mean);
    let mut told = Vec::new();
    match (service.load_balancer, service.health_check) {
        (None, None) => {
            told.push(format!("no health check: healthy {mean} after RUNNING"));
            return told;
        }
        (Some(balancer), _) => {
            told.push(if killed > 0.01 {
                format!("those that survive are healthy {mean} after RUNNING; all are ready after {ready}")
            } else {
                format!("healthy {mean} after RUNNING, of which {ready} until ready")
            });
            told.push(checks_told(base, &balancer));
            if let Some(check) = service.health_check {
                told.push(format!(
                    "the container's own check every {} must pass too",
                    in_seconds(check.interval)
                ));
            }
        }
        (None, Some(check)) => told.push(format!(
            "healthy {mean} after RUNNING: ready after {ready}, the first probe after that passes, one every {}",
            in_seconds(check.interval)
        )),
    }
    told.extend(grace_told(base));
    told.extend(slow_start_told(base.scenario));
    told
}

/// How "30 s × 5" arises.
fn checks_told(base: &Baseline, balancer: &LoadBalancer) -> String {
    let interval = balancer.health_check_interval;
    let threshold = balancer.healthy_threshold;
    let more = threshold.saturating_sub(1);
    let always = balancer.kind == LoadBalancerKind::Clb
        || balancer.health_rule == HealthRule::Threshold
        || threshold <= 1;
    let begin = match balancer.kind {
        LoadBalancerKind::Nlb => format!(
            "checks begin {} after registration; one",
            in_seconds(balancer.registration_delay.mean)
        ),
        LoadBalancerKind::Alb | LoadBalancerKind::Clb => "a check".to_owned(),
    };
    let all = in_seconds(interval * f64::from(threshold));
    let interval = in_seconds(interval);
    if always {
        return format!(
            "{begin} every {interval}: the first pass and {more} more: up to {interval} × {threshold} = {all}"
        );
    }
    let Checks { failed, judged } = Checks::of(base, balancer);
    if judged < 0.005 {
        return format!("{begin} every {interval}, the first pass counts");
    }
    format!(
        "{begin} every {interval}, {failed:.1} fail before; after {} failures, {:.0} % of tasks, \
         {threshold} passes in a row are asked: up to {interval} × {threshold} = {all}",
        balancer.unhealthy_threshold,
        judged * 100.0
    )
}

/// What the checks find before a task is ready.
struct Checks {
    /// Expected number that fail.
    failed: f64,
    /// Share of tasks of which `unhealthy_threshold` or more fail.
    judged: f64,
}

impl Checks {
    /// # Formula
    /// With w from the first moment of the checks to readiness and a phase uniform over the
    /// interval I, w / I checks fail in the mean, and at least u of them with probability
    /// (w / I − (u − 1)) between 0 and 1.
    fn of(base: &Baseline, balancer: &LoadBalancer) -> Self {
        let interval = balancer.health_check_interval.0;
        let step = base.model.phases().verdict.healthy.step();
        let ready = crate::model::law::Law::of(base.scenario.service.timing.ready, step);
        let begin = match balancer.kind {
            LoadBalancerKind::Nlb => balancer.registration_delay.mean.0,
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        let fatal = f64::from(balancer.unhealthy_threshold.saturating_sub(1));
        Self {
            failed: ready.expectation(|r| (r - begin).max(0.0) / interval),
            judged: ready.expectation(|r| ((r - begin) / interval - fatal).clamp(0.0, 1.0)),
        }
    }
}

fn grace_told(base: &Baseline) -> Option<String> {
    let service = &base.scenario.service;
    let judged = base.verdict();
    if let Some(grace) = service.health_check_grace_period {
        Some(match judged.kill_probability {
            killed if killed < 0.001 => {
                format!("the grace period of {} is long enough", in_seconds(grace))
            }
            killed => format!(
                "the grace period of {} is too short for {:.1} % of tasks: they are killed; {} is enough",
                in_seconds(grace),
                killed * 100.0,
                in_seconds(judged.sufficient_grace)
            ),
        })
    } else {
        let without = base.changed(|scenario| {
            scenario.service.health_check_grace_period = Some(Seconds::ZERO);
        });
        let killed = base.outcome_of(&without).ok()?.kill_probability;
        (killed >= 0.01).then(|| {
            format!(
                "with a grace period of 0 s, the orchestrator's default, {:.0} % of tasks would be killed; {} is enough",
                killed * 100.0,
                in_seconds(judged.sufficient_grace)
            )
        })
    }
}
