//! What the health checks make of one task, check after check.
//!
//! Time counts from RUNNING. A check at or after readiness passes. A task that is judged unhealthy,
//! and still is so when the grace period has passed, is killed.

use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus;

use super::law::Sampler;
use crate::scenario::{ContainerHealthCheck, HealthRule, LoadBalancer, LoadBalancerKind};

/// From RUNNING to counted healthy where nothing checks the task \[s\].
const WITHOUT_CHECK: f64 = 40.0;

/// The verdict on a task \[s since RUNNING\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// Counted healthy then.
    Healthy(f64),
    /// Killed then.
    Killed(f64),
}

/// What of a task's checks is left to chance \[s since RUNNING\].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drawn {
    /// When it answers.
    pub ready: f64,
    /// When the load balancer checks it for the first time.
    pub first_check: f64,
}

/// The checks of one service.
#[derive(Debug, Clone)]
pub struct Checks {
    ready: Sampler,
    registration: Sampler,
    load_balancer: Option<LoadBalancer>,
    health_check: Option<ContainerHealthCheck>,
    /// Absent: long enough.
    grace: Option<f64>,
}

/// What one kind of check comes to.
#[derive(Debug, Clone, Copy)]
struct Course {
    healthy: f64,
    /// When it is judged unhealthy, if it is.
    unhealthy: Option<f64>,
}

impl Checks {
    /// Of a service.
    #[must_use]
    pub fn of(setup: &super::Setup) -> Self {
        let registration = match setup.load_balancer {
            Some(balancer) if balancer.kind == LoadBalancerKind::Nlb => {
                Sampler::new(balancer.registration_delay)
            }
            _ => Sampler::Fixed(0.0),
        };
        Self {
            ready: Sampler::new(setup.timing.ready),
            registration,
            load_balancer: setup.load_balancer,
            health_check: setup.health_check,
            grace: setup.grace.map(|grace| grace.0),
        }
    }

    /// Whether anything checks the tasks.
    #[must_use]
    pub fn are_made(&self) -> bool {
        self.load_balancer.is_some() || self.health_check.is_some()
    }

    /// How the next task happens to fare.
    #[must_use]
    pub fn drawn(&self, rng: &mut Xoshiro256PlusPlus) -> Drawn {
        if !self.are_made() {
            return Drawn::default();
        }
        let ready = self.ready.draw(rng);
        let first_check = self.load_balancer.as_ref().map_or(0.0, |balancer| {
            let phase = balancer.health_check_interval.0 * (1.0 - rng.random::<f64>());
            self.registration.draw(rng) + phase
        });
        Drawn { ready, first_check }
    }

    /// What becomes of a task that fares so.
    #[must_use]
    pub fn fate(&self, drawn: Drawn) -> Fate {
        let Drawn { ready, first_check } = drawn;
        let by_balancer = self
            .load_balancer
            .as_ref()
            .map(|balancer| by_balancer(balancer, first_check, ready));
        let by_container = self
            .health_check
            .as_ref()
            .map(|check| by_container(check, ready));
        let courses = [by_balancer, by_container];
        let Some(healthy) = courses
            .iter()
            .flatten()
            .map(|course| course.healthy)
            .reduce(f64::max)
        else {
            return Fate::Healthy(WITHOUT_CHECK);
        };
        let killed = courses
            .iter()
            .flatten()
            .filter_map(|course| {
                let killed = course.unhealthy?.max(self.grace?);
                (killed < course.healthy).then_some(killed)
            })
            .reduce(f64::min);
        killed.map_or(Fate::Healthy(healthy), Fate::Killed)
    }

    /// When a task that fares so is killed unless it is ready before \[s since RUNNING\].
    #[must_use]
    pub fn killed_unless_ready(&self, drawn: Drawn) -> Option<f64> {
        let grace = self.grace?;
        let by_balancer = self.load_balancer.as_ref().map(|balancer| {
            let more = f64::from(balancer.unhealthy_threshold.saturating_sub(1));
            drawn.first_check + more * balancer.health_check_interval.0
        });
        let by_container = self.health_check.as_ref().map(|check| {
            let ignored = (check.start_period.0 / check.interval.0).floor();
            (ignored + f64::from(check.retries)) * check.interval.0
        });
        let judged = [by_balancer, by_container].into_iter().flatten();
        judged
            .map(|unhealthy| unhealthy.max(grace))
            .reduce(f64::min)
    }

    /// The time to healthy of the next task, were it never killed \[s\].
    #[must_use]
    pub fn patient(&self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        let patient = Self {
            grace: None,
            ..self.clone()
        };
        match patient.fate(patient.drawn(rng)) {
            Fate::Healthy(time) | Fate::Killed(time) => time,
        }
    }
}

fn by_balancer(balancer: &LoadBalancer, first: f64, ready: f64) -> Course {
    let interval = balancer.health_check_interval.0;
    let mut check = first;
    let mut failed = 0;
    let mut unhealthy = None;
    while check < ready {
        failed += 1;
        if failed == balancer.unhealthy_threshold {
            unhealthy = Some(check);
        }
        check += interval;
    }
    let one_is_enough = balancer.kind != LoadBalancerKind::Clb
        && balancer.health_rule == HealthRule::FirstPass
        && unhealthy.is_none();
    let more = if one_is_enough {
        0
    } else {
        balancer.healthy_threshold.saturating_sub(1)
    };
    Course {
        healthy: check + f64::from(more) * interval,
        unhealthy,
    }
}

fn by_container(check: &ContainerHealthCheck, ready: f64) -> Course {
    let interval = check.interval.0;
    let mut probe = interval;
    let mut failed = 0;
    let mut unhealthy = None;
    while probe < ready {
        if probe > check.start_period.0 {
            failed += 1;
            if failed == check.retries {
                unhealthy = Some(probe);
            }
        }
        probe += interval;
    }
    Course {
        healthy: probe,
        unhealthy,
    }
}
