//! When a started task counts as healthy, and how likely it is killed before: from its readiness
//! and the checks of load balancer and container.
//!
//! The load balancer's clock starts at RUNNING (NLB: after the registration delay); its k-th check
//! comes at phase + (k − 1) · interval, the phase uniform in (0, interval].

use super::law::Law;
use crate::scenario::{ContainerHealthCheck, LoadBalancer, LoadBalancerKind, Service};
use crate::units::Seconds;

/// Kills that are less likely than this change no duration.
pub const RARELY: f64 = 1e-4;

/// Cells of readiness and of the registration delay where both vary.
const CELLS_OF_TWO: usize = 96;

/// No grace period longer than this is looked for \[s\].
const LONGEST_GRACE: u32 = 1 << 24;

/// Without any check a task counts as healthy so long after RUNNING \[s\].
const HEALTHY_WITHOUT_CHECK: f64 = 40.0;

/// What becomes of a task once it is RUNNING.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// From RUNNING to counted healthy, of the tasks that are not killed.
    pub healthy: Law,
    /// Probability that it is judged unhealthy after the grace period and killed.
    pub kill_probability: f64,
    /// From RUNNING to the end of a task that is killed.
    pub killed: Law,
    /// The smallest grace period that is long enough for 99.9 % of the tasks \[s\].
    pub sufficient_grace: Seconds,
}

/// The verdict on a task of a service.
#[must_use]
pub fn verdict(service: &Service, step: f64) -> Verdict {
    let ready = Law::of(service.timing.ready, step);
    let grace = service.health_check_grace_period;
    let healthy = match (&service.load_balancer, &service.health_check) {
        (None, None) => Law::fixed(HEALTHY_WITHOUT_CHECK, step),
        (Some(balancer), None) => {
            balancer_verdict(balancer, &ready, registration(balancer, step).as_ref())
        }
        (None, Some(check)) => Law::from_points(
            ready
                .points()
                .map(|(r, m)| (first_probe_after(check, r), m)),
            step,
        ),
        (Some(balancer), Some(check)) => later_verdict(balancer, check, &ready),
    };
    let checked = Checked::of(service, ready);
    let kill_probability = grace.map_or(0.0, |grace| checked.kill_probability(grace.0));
    let sufficient_grace = checked.sufficient_grace();
    let killed_at = judged_after(service).max(grace.unwrap_or_default().0);
    let healthy = if kill_probability > RARELY {
        healthy.no_later(killed_at)
    } else {
        healthy
    };
    Verdict {
        killed: Law::fixed(killed_at, step),
        healthy,
        kill_probability,
        sufficient_grace,
    }
}

/// When a task that is not ready is judged unhealthy, in the mean \[s after RUNNING\].
fn judged_after(service: &Service) -> f64 {
    let by_balancer = service.load_balancer.as_ref().map(|balancer| {
        let clock = match balancer.kind {
            LoadBalancerKind::Nlb => balancer.registration_delay.mean.0,
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        let failures = f64::from(balancer.unhealthy_threshold);
        clock + failures * balancer.health_check_interval.0
    });
    let by_container = service.health_check.as_ref().map(judged_by_container);
    by_balancer
        .into_iter()
        .chain(by_container)
        .fold(0.0, f64::max)
}

/// From RUNNING to healthy at the load balancer.
///
/// # Formula
/// With readiness r and interval I the first passing check comes at t = r + U(0, I\], after
/// ⌈t / I⌉ − 1 failed ones. At least `unhealthy_threshold` u of them failed iff t > u · I; then, or
/// always under the threshold rule, (`healthy_threshold` − 1) · I more pass until the verdict.
fn balancer_verdict(balancer: &LoadBalancer, ready: &Law, registration: Option<&Law>) -> Law {
    match registration {
        Some(delay) if delay.is_fixed() => {
            let clock = delay.mean();
            let after = ready.points().map(|(r, m)| ((r - clock).max(0.0), m));
            let after = Law::from_points(after, ready.step());
            after_the_clock(balancer, &after).shifted(clock)
        }
        Some(delay) => after_registration(balancer, ready, delay),
        None => after_the_clock(balancer, ready),
    }
}

/// From the clock's start to healthy at the load balancer, of tasks that are so long not ready.
///
/// # Formula
/// Of those that are ready within the interval before u · I the share that lies beyond is exact: the
/// slowest of many tasks is one of these if there are any.
fn after_the_clock(balancer: &LoadBalancer, ready: &Law) -> Law {
    let interval = balancer.health_check_interval.0;
    let step = ready.step();
    let phase = Law::uniform(interval, step);
    let more = more_passes(balancer);
    let from = match threshold_applies_from(balancer) {
        Some(from) if from <= 0.0 => return ready.plus(&phase).shifted(more),
        Some(from) if from < ready.support().1 + interval => from,
        _ => return ready.plus(&phase),
    };
    let mut cells = Vec::new();
    let mut of_all = |first: f64, width: f64, weight: f64| {
        let part = Law::uniform(width, step);
        cells.extend(part.points().map(|(t, m)| (first + t, m * weight)));
    };
    for (r, weight) in ready.points() {
        let late = (r + interval - from) / interval;
        if late > 0.0 && late < 1.0 {
            let early = 1.0 - late;
            of_all(r, interval * early, weight * early);
            of_all(from + more, interval * late, weight * late);
        }
    }
    let mut whole = |more: f64, is_one: &dyn Fn(f64) -> bool| {
        let ones = || ready.points().filter(|&(r, _)| is_one(r));
        let weight: f64 = ones().map(|(_, m)| m).sum();
        if weight > 0.0 {
            let law = Law::from_points(ones().map(|(r, m)| (r, m / weight)), step).plus(&phase);
            cells.extend(law.points().map(|(t, m)| (t + more, m * weight)));
        }
    };
    whole(0.0, &|r| r + interval <= from);
    whole(more, &|r| r >= from);
    Law::from_points(cells.into_iter(), step)
}

/// The law of a service's registration delay, where its load balancer has one.
#[must_use]
pub fn registration_of(service: &Service, step: f64) -> Option<Law> {
    registration(service.load_balancer.as_ref()?, step)
}

/// The law of the registration delay, for the kinds that have one.
fn registration(balancer: &LoadBalancer, step: f64) -> Option<Law> {
    (balancer.kind == LoadBalancerKind::Nlb).then(|| Law::of(balancer.registration_delay, step))
}

/// From RUNNING to healthy where the checks begin after a registration delay.
///
/// # Formula
/// With delay δ: ready by then, the first check passes, at δ + U(0, I\]; else the first pass comes
/// at r + U(0, I\], and at least u checks failed iff it comes more than u · I after δ.
fn after_registration(balancer: &LoadBalancer, ready: &Law, registration: &Law) -> Law {
    let interval = balancer.health_check_interval.0;
    let phase = Law::uniform(interval, ready.step());
    let more = more_passes(balancer);
    let late_after = threshold_applies_from(balancer).unwrap_or(f64::INFINITY);
    let more_at_once = if late_after <= 0.0 { more } else { 0.0 };
    let mut cells = Vec::new();
    let mut waited_for = 0.0;
    for (r, weight) in ready.points() {
        let not_ready = weight * registration.cdf(r);
        waited_for += not_ready;
        for (wait, m) in phase.points().filter(|_| not_ready > 0.0) {
            let late = weight * registration.cdf(r.min(r + wait - late_after));
            cells.push((r + wait, m * (not_ready - late)));
            cells.push((r + wait + more, m * late));
        }
    }
    let ready_by_then: f64 = registration
        .points()
        .map(|(delay, m)| m * ready.cdf(delay))
        .sum();
    if ready_by_then > 0.0 && waited_for < 1.0 {
        let scale = (1.0 - waited_for) / ready_by_then;
        for (delay, weight) in registration.points() {
            let weight = scale * weight * ready.cdf(delay);
            cells.extend(
                phase
                    .points()
                    .map(|(wait, m)| (delay + wait + more_at_once, m * weight)),
            );
        }
    }
    Law::from_points(cells.into_iter(), ready.step())
}

/// From which first passing check on \[s after the clock's start\] the threshold applies.
fn threshold_applies_from(balancer: &LoadBalancer) -> Option<f64> {
    if balancer.always_waits_for_threshold() {
        Some(0.0)
    } else if balancer.healthy_threshold <= 1 {
        None
    } else {
        Some(f64::from(balancer.unhealthy_threshold) * balancer.health_check_interval.0)
    }
}

/// The part of a cell's mass, spread evenly over the cell, that lies above a value.
fn share_above(cell: f64, value: f64, step: f64) -> f64 {
    ((cell + step / 2.0 - value) / step).clamp(0.0, 1.0)
}

/// The first probe that finds the container ready; probes come every interval after RUNNING.
fn first_probe_after(check: &ContainerHealthCheck, ready: f64) -> f64 {
    (ready / check.interval.0).ceil().max(1.0) * check.interval.0
}

/// From RUNNING to healthy at both load balancer and container: the later of two verdicts on the
/// same readiness.
fn later_verdict(balancer: &LoadBalancer, check: &ContainerHealthCheck, ready: &Law) -> Law {
    let step = ready.step();
    let coarse = ready.coarsened(200);
    let registration = registration(balancer, step).map(|law| law.coarsened(64));
    let points: Vec<(f64, f64)> = coarse
        .points()
        .flat_map(|(r, weight)| {
            let probed = first_probe_after(check, r);
            balancer_verdict(balancer, &Law::fixed(r, step), registration.as_ref())
                .points()
                .map(|(t, m)| (t.max(probed), m * weight))
                .collect::<Vec<_>>()
        })
        .collect();
    Law::from_points(points.into_iter(), step)
}

/// A service whose tasks are judged: moments of the verdict are exact here, by the readiness and the
/// registration delay of a task, and not on the grid of a law.
struct Checked<'a> {
    service: &'a Service,
    ready: Law,
    /// Delays until the load balancer's clock starts, with their probabilities.
    clocks: Vec<(f64, f64)>,
}

impl<'a> Checked<'a> {
    fn of(service: &'a Service, ready: Law) -> Self {
        let registration = service
            .load_balancer
            .as_ref()
            .and_then(|balancer| registration(balancer, ready.step()));
        match registration {
            None => Self {
                service,
                ready,
                clocks: vec![(0.0, 1.0)],
            },
            Some(registration) => Self {
                service,
                ready: ready.coarsened(CELLS_OF_TWO),
                clocks: registration.coarsened(CELLS_OF_TWO).points().collect(),
            },
        }
    }

    /// Expectation over readiness and the start of the load balancer's clock.
    fn expectation(&self, value: impl Fn(f64, f64) -> f64) -> f64 {
        self.clocks
            .iter()
            .map(|&(clock, chance)| chance * self.ready.expectation(|ready| value(ready, clock)))
            .sum()
    }

    /// The part of what is ready about such a time that is so after a moment.
    fn share_later(&self, ready: f64, moment: f64) -> f64 {
        if self.ready.is_fixed() {
            f64::from(u8::from(ready > moment))
        } else {
            share_above(ready, moment, self.ready.step())
        }
    }

    /// Probability that a target is judged unhealthy and still is so after the grace period.
    ///
    /// # Formula
    /// On readiness r, at the load balancer: the first pass comes U(0, I\] after r, or after the
    /// clock's start if that is later; killed where it comes more than u · I after the clock's start
    /// and the verdict after the grace. At the container: not ready at the last probe that kills.
    fn kill_probability(&self, grace: f64) -> f64 {
        self.expectation(|ready, clock| {
            let by_balancer = self.service.load_balancer.as_ref().map_or(0.0, |balancer| {
                let judged =
                    f64::from(balancer.unhealthy_threshold) * balancer.health_check_interval.0;
                let more = more_passes(balancer);
                1.0 - passes_by(
                    balancer,
                    ready.max(clock),
                    (clock + judged).max(grace - more),
                )
            });
            let by_container = self.service.health_check.as_ref().map_or(0.0, |check| {
                let judged = judged_by_container(check);
                self.share_later(ready, judged.max(last_probe_by(check, grace)))
            });
            1.0 - (1.0 - by_balancer) * (1.0 - by_container)
        })
    }

    /// Probability that a task that is never killed is healthy so long after RUNNING.
    fn healthy_by(&self, moment: f64) -> f64 {
        let Service {
            load_balancer,
            health_check,
            ..
        } = self.service;
        if load_balancer.is_none() && health_check.is_none() {
            return f64::from(u8::from(moment >= HEALTHY_WITHOUT_CHECK));
        }
        self.expectation(|ready, clock| {
            let probed =
                health_check
                    .as_ref()
                    .map_or(1.0, |check| match last_probe_by(check, moment) {
                        last if last > 0.0 => 1.0 - self.share_later(ready, last),
                        _ => 0.0,
                    });
            let Some(balancer) = load_balancer else {
                return probed;
            };
            let passes_by = |moment: f64| passes_by(balancer, ready.max(clock), moment);
            probed
                * match threshold_applies_from(balancer) {
                    None => passes_by(moment),
                    Some(from) => {
                        let late_from = clock + from.max(0.0);
                        let at_once = passes_by(moment.min(late_from));
                        let late = passes_by(moment - more_passes(balancer)) - passes_by(late_from);
                        at_once + late.max(0.0)
                    }
                }
        })
    }

    /// The smallest whole number of seconds in which 99.9 % are healthy \[s\].
    fn sufficient_grace(&self) -> Seconds {
        let is_enough = |seconds: u32| self.healthy_by(f64::from(seconds)) >= 0.999 - 1e-9;
        let mut enough = 1;
        while enough < LONGEST_GRACE && !is_enough(enough) {
            enough *= 2;
        }
        let mut too_few = if is_enough(0) { return Seconds(0.0) } else { 0 };
        while enough - too_few > 1 {
            let middle = u32::midpoint(too_few, enough);
            if is_enough(middle) {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        Seconds(f64::from(enough))
    }
}

/// What becomes of a task, since RUNNING \[s\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It counts as healthy then.
    Healthy(f64),
    /// It is killed then.
    Killed(f64),
}

/// The checks of one task whose readiness and first check are known.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    service: &'a Service,
    grace: Option<f64>,
}

impl<'a> Checks<'a> {
    /// Those of a service, under a grace period \[s\].
    #[must_use]
    pub fn of(service: &'a Service, grace: Option<f64>) -> Self {
        Self { service, grace }
    }

    /// Whether anything checks the tasks.
    #[must_use]
    pub fn are_made(&self) -> bool {
        self.service.load_balancer.is_some() || self.service.health_check.is_some()
    }

    /// Between two checks of the load balancer; 0 without one \[s\].
    #[must_use]
    pub fn interval(&self) -> f64 {
        let balancer = self.service.load_balancer.as_ref();
        balancer.map_or(0.0, |balancer| balancer.health_check_interval.0)
    }

    /// What becomes of a task that is ready so long after RUNNING, and first checked by the load
    /// balancer then.
    #[must_use]
    pub fn fate(&self, ready: f64, first_check: f64) -> Fate {
        if !self.are_made() {
            return Fate::Healthy(HEALTHY_WITHOUT_CHECK);
        }
        let (mut healthy, mut killed) = (0.0_f64, f64::INFINITY);
        let mut judge = |passes: f64, is_healthy: f64, judged: f64| {
            healthy = healthy.max(is_healthy);
            let until = self.grace.map_or(f64::INFINITY, |grace| judged.max(grace));
            if judged < passes && until < is_healthy {
                killed = killed.min(until);
            }
        };
        if let Some(balancer) = &self.service.load_balancer {
            let interval = balancer.health_check_interval.0;
            let failed = ((ready - first_check) / interval).ceil().max(0.0);
            let passes = first_check + failed * interval;
            let judged = judged_by_balancer(balancer, first_check);
            let late = balancer.always_waits_for_threshold()
                || failed >= f64::from(balancer.unhealthy_threshold);
            let more = if late { more_passes(balancer) } else { 0.0 };
            judge(passes, passes + more, judged);
        }
        if let Some(check) = &self.service.health_check {
            let passes = first_probe_after(check, ready);
            judge(passes, passes, judged_by_container(check));
        }
        if killed < f64::INFINITY {
            Fate::Killed(killed)
        } else {
            Fate::Healthy(healthy)
        }
    }

    /// When a task first checked then is killed that is never ready; never without a grace period.
    #[must_use]
    pub fn killed_unless_ready(&self, first_check: f64) -> Option<f64> {
        let by_balancer = self.service.load_balancer.as_ref();
        let by_balancer = by_balancer.map(|balancer| judged_by_balancer(balancer, first_check));
        let by_container = self.service.health_check.as_ref().map(judged_by_container);
        let judged = by_balancer.into_iter().chain(by_container);
        let judged = judged.reduce(f64::min)?;
        Some(judged.max(self.grace?))
    }
}

/// When a target first checked then that fails all its checks is judged unhealthy \[s after RUNNING\].
fn judged_by_balancer(balancer: &LoadBalancer, first_check: f64) -> f64 {
    let more = f64::from(balancer.unhealthy_threshold.saturating_sub(1));
    first_check + more * balancer.health_check_interval.0
}

/// Probability that the first pass of a target comes by a moment that the load balancer may pass from
/// another on.
fn passes_by(balancer: &LoadBalancer, from: f64, moment: f64) -> f64 {
    ((moment - from) / balancer.health_check_interval.0).clamp(0.0, 1.0)
}

/// From the first pass to the verdict where a threshold of passes is needed \[s\].
#[must_use]
pub fn more_passes(balancer: &LoadBalancer) -> f64 {
    let more = balancer.healthy_threshold.saturating_sub(1);
    f64::from(more) * balancer.health_check_interval.0
}

/// The last probe of a container by a moment \[s after RUNNING\].
fn last_probe_by(check: &ContainerHealthCheck, moment: f64) -> f64 {
    (moment / check.interval.0).floor() * check.interval.0
}

/// When a container that fails all its probes is judged unhealthy \[s after RUNNING\].
fn judged_by_container(check: &ContainerHealthCheck) -> f64 {
    let counted_from = (check.start_period.0 / check.interval.0).floor();
    (counted_from + f64::from(check.retries)) * check.interval.0
}

/// Standard deviation that the checks add \[s\], to choose the grid by.
#[must_use]
pub fn checking_spread(service: &Service) -> f64 {
    let balancer = service.load_balancer.as_ref().map_or(0.0, |balancer| {
        let registration = match balancer.kind {
            LoadBalancerKind::Nlb => super::law::standard_deviation(balancer.registration_delay),
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        (balancer.health_check_interval.0 / 12.0_f64.sqrt()).hypot(registration)
    });
    let ready = super::law::spread_for_grid(service.timing.ready);
    match (&service.load_balancer, &service.health_check) {
        (None, None) => 0.0,
        _ => balancer.hypot(ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    /// A balancer that checks every 5 s, with four failures unhealthy and after six passes healthy.
    fn checked(ready: &str, step: f64) -> Law {
        let text = format!(
            "[service]\ndesired_count = 1\n[service.timing]\nstart = \"30s\"\nready = \"{ready}\"\n\
             stop = \"5s\"\n[service.load_balancer]\ntype = \"alb\"\nhealth_check_interval = \"5s\"\n\
             unhealthy_threshold = 4\nhealthy_threshold = 6\n[cluster]\nfree_tasks = 1\n"
        );
        let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly).unwrap();
        verdict(&read.service, step).healthy
    }

    #[test]
    fn what_is_ready_in_time_never_waits_for_the_threshold() {
        // The first pass comes by 18.8 s, before the fourth failure at 20 s, however wide the grid.
        for step in [0.5, 1.3, 4.0] {
            let (_, latest) = checked("13.8s", step).support();
            assert!(latest < 18.8 + step, "{latest} with {step}");
        }
    }

    #[test]
    fn of_what_is_ready_late_the_exact_share_waits() {
        // From 16 s on: the pass is after 20 s with 1/5, and the verdict then 25 s later.
        for step in [0.5, 1.3, 4.0] {
            let healthy = checked("16s", step);
            let late = 1.0 - healthy.cdf(35.0);
            assert!((late - 0.2).abs() < 1e-9, "{late} with {step}");
            assert!((healthy.mean() - (18.5 + 0.2 * 25.0)).abs() < 1e-6);
        }
    }
}
