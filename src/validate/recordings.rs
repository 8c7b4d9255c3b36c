//! The model against recorded deployments: the timing of a service is fitted on one of its
//! deployments, the next one is predicted.
//!
//! Where the request is recorded, durations count from it. Where it is not, both sides count from
//! the first move: what nobody knows is neither held against the model nor in its favour. What a
//! service's own events cannot show is as usual in the other recordings: the time from the request
//! to the first move, and the lag before "completed" where the fit saw no old task go.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{Recording, Settings};
use crate::import::deployments::{self, Deployment, EventOrder, Request};
use crate::import::events::EventKind;
use crate::import::fit::{
    Fit, Known, KnownLoadBalancer, Origin, RecordedParts, fit, recorded_parts,
};
use crate::import::timestamps::between;
use crate::model::estimate;
use crate::scenario::read::{Purpose, Syntax, scenario};
use crate::scenario::{LoadBalancerKind, Scenario};
use crate::units::Seconds;

/// Predictions should be within this, as a share of the recorded duration.
pub const WITHIN: f64 = 0.15;
/// Most predictions should be within this.
pub const MOST_WITHIN: f64 = 0.10;

/// A start so soon after the first stop is part of the same act \[s\].
const SAME_ACT: f64 = 5.0;
/// Settings of the provider that are taken where none is recorded.
pub(super) const USUAL_INTERVAL_S: u32 = 30;
const USUAL_HEALTHY: u32 = 5;
const USUAL_UNHEALTHY: u32 = 2;
const USUAL_PERCENTS: [u32; 2] = [100, 200];
const USUAL_STOP_TIMEOUT: Seconds = Seconds(30.0);

/// What became of one recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Its file in `data/recorded`, without the ending.
    pub recording: &'static str,
    /// The public log it is from, where it has an address.
    pub source: Option<String>,
    /// The load balancer: "alb" is assumed wherever the log names targets.
    pub load_balancer: &'static str,
    /// Who brings the hosts, where that is known.
    pub launch_type: Option<String>,
    /// Settings that are recorded.
    pub recorded: Vec<String>,
    /// Settings that follow from the order or the gaps of events.
    pub inferred: Vec<String>,
    /// Settings that are assumed.
    pub assumed: Vec<String>,
    /// Its deployments, oldest first.
    pub deployments: Vec<Predicted>,
}

/// A deployment, recorded and predicted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predicted {
    /// What the log calls it, or which one it is.
    pub deployment: String,
    /// What its timing was fitted on.
    pub fitted_on: FittedOn,
    /// How many tasks it brought up.
    pub tasks: u32,
    /// Minimum healthy and maximum percent that it was predicted with.
    pub percents: [u32; 2],
    /// Since when durations count.
    pub since: Since,
    /// To its end, as recorded \[s\].
    pub recorded_s: f64,
    /// The same as predicted, the mean \[s\].
    pub predicted_s: f64,
    /// Predicted less recorded, of the recorded.
    pub difference: f64,
    /// How long its parts took in the deployment that was fitted on.
    pub parts_before: RecordedParts,
    /// How long they took in this one.
    pub parts: RecordedParts,
    /// The lag before "completed" that is usual in the other recordings, where the fit saw none
    /// and the log is of an age that has one \[s\].
    pub usual_lag_s: Option<f64>,
    /// The time from the request to the first move that is usual in the other recordings, where it
    /// counts from the request \[s\].
    pub usual_wait_s: Option<f64>,
}

/// What the timing of a prediction was fitted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FittedOn {
    /// The deployment before it.
    Previous,
    /// The creation of the service, or its growth.
    Creation,
    /// The deployment itself, there being no other: whether the rules add up, no prediction.
    Itself,
}

/// Since when a duration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The recorded request.
    Request,
    /// The first start or stop.
    FirstMove,
}

/// Predicts the deployments of all recordings; those without any are left out.
///
/// # Errors
/// The scenario of a recording that cannot be read, and why.
pub fn compared(recordings: &[Recording]) -> Result<Vec<Compared>, String> {
    let logs: Vec<Log<'_>> = recordings.iter().map(Log::of).collect();
    let all = logs.iter().map(|log| {
        let others = || {
            logs.iter()
                .filter(|other| other.recording.name != log.recording.name)
        };
        log.compared(Usual {
            lag: super::median(others().filter_map(Log::lag).collect()),
            wait: super::median(others().flat_map(Log::waits).collect()),
        })
    });
    let all: Vec<Compared> = all.collect::<Result<_, _>>()?;
    Ok(all
        .into_iter()
        .filter(|one| !one.deployments.is_empty())
        .collect())
}

/// What is usual in other recordings, medians \[s\].
#[derive(Clone, Copy)]
struct Usual {
    /// Before "completed", beyond drain, stop and reaction.
    lag: Option<f64>,
    /// From the request to the first move.
    wait: Option<f64>,
}

/// A recording and what was found in it.
struct Log<'a> {
    recording: &'a Recording,
    known: Known,
    /// Deployments and growths that went through, oldest first.
    usable: Vec<Usable>,
}

struct Usable {
    name: String,
    what: What,
    deployment: Deployment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Growth,
    /// Comparable unless some starts came to nothing.
    Deployment {
        comparable: bool,
    },
}

impl<'a> Log<'a> {
    fn of(recording: &'a Recording) -> Self {
        let found = deployments::find(&recording.events, &recording.requests);
        let growths = found.growths.iter().map(|one| (one, What::Growth));
        let deployments = found.deployments.iter().map(|one| {
            let comparable = one.completed().is_some();
            (one, What::Deployment { comparable })
        });
        let mut all: Vec<(&Deployment, What)> = growths.chain(deployments).collect();
        all.sort_by_key(|(one, _)| one.requested_at);
        let usable = all.iter().enumerate().filter_map(|(index, (one, what))| {
            Some(Usable {
                name: name(one).unwrap_or_else(|| format!("no. {}", index + 1)),
                what: *what,
                deployment: one.without_vain_starts()?,
            })
        });
        Self {
            recording,
            known: known(recording),
            usable: usable.collect(),
        }
    }

    /// What the end of its deployments took beyond drain, stop and reaction, where that was found.
    fn lag(&self) -> Option<f64> {
        let deployments: Vec<Deployment> = self
            .usable
            .iter()
            .map(|one| one.deployment.clone())
            .filter(|one| one.order == EventOrder::StoppedThenDrain)
            .collect();
        Some(fit(&self.known, &deployments).completion_lag?.value.0)
    }

    /// From recorded requests to the first moves \[s\].
    fn waits(&self) -> Vec<f64> {
        self.usable
            .iter()
            .filter(|one| one.deployment.request == Request::Recorded)
            .map(|one| between(one.deployment.requested_at, first_move(&one.deployment)).0)
            .collect()
    }

    fn compared(&self, usual: Usual) -> Result<Compared, String> {
        let recording = self.recording;
        let settings = &recording.settings;
        let mut compared = Compared {
            recording: recording.name,
            source: recording.source.clone(),
            load_balancer: if self.known.load_balancer.is_some() {
                "alb"
            } else {
                "none"
            },
            launch_type: settings.launch_type.clone(),
            recorded: Vec::new(),
            inferred: Vec::new(),
            assumed: Vec::new(),
            deployments: Vec::new(),
        };
        let mut last_fit = None;
        for (index, one) in self.usable.iter().enumerate() {
            if one.what != (What::Deployment { comparable: true }) {
                continue;
            }
            let before = index
                .checked_sub(1)
                .and_then(|before| self.usable.get(before));
            let basis = before.unwrap_or(one);
            let fitted = fit(&self.known, std::slice::from_ref(&basis.deployment));
            let fitted_on = match before.map(|before| before.what) {
                Some(What::Growth) => FittedOn::Creation,
                Some(What::Deployment { .. }) => FittedOn::Previous,
                None => FittedOn::Itself,
            };
            let predicted = self.predicted(one, basis, &fitted, fitted_on, usual)?;
            compared.deployments.push(predicted);
            last_fit = Some((fitted, percents(settings, &one.deployment).1));
        }
        if let Some((fitted, percents_from)) = last_fit {
            self.tell_settings(&mut compared, &fitted, percents_from);
        }
        Ok(compared)
    }

    fn predicted(
        &self,
        one: &Usable,
        basis: &Usable,
        fitted: &Fit,
        fitted_on: FittedOn,
        usual: Usual,
    ) -> Result<Predicted, String> {
        let deployment = &one.deployment;
        let problem = |problem: String| format!("{}: {problem}", self.recording.name);
        let mut scenario = self.scenario(deployment, fitted).map_err(problem)?;
        let (since, recorded) =
            recorded(deployment).ok_or_else(|| problem(format!("{} has no end", one.name)))?;
        // Where the end did not wait for a stop, the lag before it is in the verdict.
        let waits_for_a_stop = || {
            recorded_parts(std::slice::from_ref(deployment))
                .end
                .is_some()
        };
        let usual_lag_s = usual.lag.filter(|_| {
            fitted.completion_lag.is_none()
                && deployment.order == EventOrder::StoppedThenDrain
                && waits_for_a_stop()
        });
        if let Some(lag) = usual_lag_s {
            scenario.deployment.completion_lag = Seconds(lag);
        }
        let after_the_first_move =
            completed(&scenario).map_err(problem)? - scenario.deployment.reaction.mean.0;
        let usual_wait_s = match since {
            Since::Request => usual.wait,
            Since::FirstMove => None,
        };
        let wait = match since {
            Since::Request => usual_wait_s.unwrap_or(scenario.deployment.reaction.mean.0),
            Since::FirstMove => 0.0,
        };
        let predicted_s = wait + after_the_first_move;
        let parts = |of: &Usable| recorded_parts(std::slice::from_ref(&of.deployment));
        Ok(Predicted {
            deployment: one.name.clone(),
            fitted_on,
            tasks: deployment.tasks(),
            percents: percents(&self.recording.settings, deployment).0,
            since,
            recorded_s: recorded,
            predicted_s,
            difference: predicted_s / recorded - 1.0,
            parts_before: parts(basis),
            parts: parts(one),
            usual_lag_s,
            usual_wait_s,
        })
    }

    /// The service as it was at a deployment, with the timing of a fit.
    fn scenario(&self, deployment: &Deployment, fitted: &Fit) -> Result<Scenario, String> {
        let settings = &self.recording.settings;
        let tasks = deployment.tasks();
        let [minimum, maximum] = percents(settings, deployment).0;
        let launch_type = settings.launch_type.as_deref().unwrap_or("ec2");
        let mut toml = format!(
            "[service]\ndesired_count = {tasks}\ncpu = 256\nmemory_mib = 512\n\
             launch_type = \"{launch_type}\"\n\
             [service.timing]\nstart = \"1s\"\nready = \"1s\"\n\
             [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n"
        );
        if launch_type == "ec2" {
            let _ = writeln!(toml, "[cluster]\nfree_tasks = {tasks}");
        }
        if let Some(balancer) = &self.known.load_balancer {
            let _ = writeln!(
                toml,
                "[service.load_balancer]\ntype = \"alb\"\nhealth_check_interval = \"{}s\"\n\
                 healthy_threshold = {}\nunhealthy_threshold = {}",
                balancer.health_check_interval.0,
                balancer.healthy_threshold,
                balancer.unhealthy_threshold
            );
        }
        let mut scenario =
            scenario(&toml, Syntax::Toml, Purpose::BackTest).map_err(|problems| {
                let problem = problems.first();
                problem.map_or_else(String::new, |one| {
                    format!(
                        "{}: found {}, expected {}",
                        one.key, one.found, one.expected
                    )
                })
            })?;
        let timing = &mut scenario.service.timing;
        timing.start = fitted.start.value;
        timing.ready = fitted.ready.value;
        timing.stop = fitted.stop.value;
        scenario.deployment.reaction = fitted.reaction.value;
        if let Some(grace) = settings.number("health_check_grace_period_s") {
            scenario.service.health_check_grace_period = Some(Seconds(f64::from(grace)));
        }
        if let Some(lag) = fitted.completion_lag {
            scenario.deployment.completion_lag = lag.value;
        }
        if let (Some(balancer), Some(delay)) = (
            &mut scenario.service.load_balancer,
            fitted.deregistration_delay,
        ) {
            balancer.deregistration_delay = delay.value;
        }
        Ok(scenario)
    }

    /// Which settings are recorded, which are not, and what stands in their place.
    fn tell_settings(&self, compared: &mut Compared, fitted: &Fit, percents_from: PercentsFrom) {
        let settings = &self.recording.settings;
        let mut tell = |key: &str, value: Option<String>, usual: String| match value {
            Some(value) => compared.recorded.push(format!("{key} {value}")),
            None => compared.assumed.push(format!("{key} {usual}")),
        };
        let number = |key: &str| settings.number(key).map(|number| number.to_string());
        let with_unit = |key: &str| settings.number(key).map(|number| format!("{number} s"));
        tell(
            "launch type",
            settings.launch_type.clone(),
            "ec2".to_owned(),
        );
        if self.known.load_balancer.is_some() {
            tell("load balancer", None, "alb".to_owned());
            tell(
                "health check interval",
                with_unit("health_check_interval_s"),
                format!("{USUAL_INTERVAL_S} s"),
            );
            tell(
                "healthy threshold",
                number("healthy_threshold"),
                USUAL_HEALTHY.to_string(),
            );
            tell(
                "unhealthy threshold",
                number("unhealthy_threshold"),
                USUAL_UNHEALTHY.to_string(),
            );
            tell(
                "grace period",
                with_unit("health_check_grace_period_s"),
                "long enough".to_owned(),
            );
        }
        let deployment = self.usable.last().map(|one| &one.deployment);
        if let Some([minimum, maximum]) = deployment.map(|one| percents(settings, one).0) {
            let told = format!("percents {minimum}/{maximum}");
            match percents_from {
                PercentsFrom::Settings => compared.recorded.push(told),
                PercentsFrom::Order => compared.inferred.push(told),
                PercentsFrom::Nothing => compared.assumed.push(told),
            }
        }
        if self.known.load_balancer.is_some() {
            match fitted.deregistration_delay {
                Some(delay) => {
                    let told = format!("deregistration delay {} s", delay.value.0);
                    match delay.origin {
                        Origin::Given => compared.recorded.push(told),
                        Origin::Recorded { .. } | Origin::Assumed => compared.inferred.push(told),
                    }
                }
                None => compared
                    .assumed
                    .push("deregistration delay 300 s".to_owned()),
            }
        }
    }
}

/// What a log calls a deployment, where it does.
fn name(deployment: &Deployment) -> Option<String> {
    deployment
        .events
        .iter()
        .find_map(|event| match &event.kind {
            EventKind::DeploymentCompleted { deployment } => deployment.clone(),
            _ => None,
        })
}

fn known(recording: &Recording) -> Known {
    let settings = &recording.settings;
    let seconds = |number: u32| Seconds(f64::from(number));
    Known {
        load_balancer: recording.has_load_balancer().then(|| KnownLoadBalancer {
            kind: LoadBalancerKind::Alb,
            health_check_interval: seconds(
                settings
                    .number("health_check_interval_s")
                    .unwrap_or(USUAL_INTERVAL_S),
            ),
            healthy_threshold: settings
                .number("healthy_threshold")
                .unwrap_or(USUAL_HEALTHY),
            unhealthy_threshold: settings
                .number("unhealthy_threshold")
                .unwrap_or(USUAL_UNHEALTHY),
            deregistration_delay: settings.number("deregistration_delay_s").map(seconds),
        }),
        stop_timeout: USUAL_STOP_TIMEOUT,
    }
}

/// Whence percents are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PercentsFrom {
    Settings,
    /// The order of the deployment's own moves.
    Order,
    Nothing,
}

/// The recorded percents; else those that the order of moves shows; else the provider's.
fn percents(settings: &Settings, deployment: &Deployment) -> ([u32; 2], PercentsFrom) {
    let setting = |key| settings.number(key);
    if let (Some(minimum), Some(maximum)) = (
        setting("minimum_healthy_percent"),
        setting("maximum_percent"),
    ) {
        return ([minimum, maximum], PercentsFrom::Settings);
    }
    match deployment.stop_decision {
        Some(stop) if stop < deployment.first_start => {
            let stopped = deployment.events.iter().find_map(|event| match event.kind {
                EventKind::StoppedRunning { tasks } | EventKind::Draining { tasks, .. } => {
                    Some(tasks)
                }
                _ => None,
            });
            let desired = deployment.tasks().max(1);
            let kept = desired.saturating_sub(stopped.unwrap_or(desired));
            let at_once = between(stop, deployment.first_start).0 < SAME_ACT;
            let percents = [kept * 100 / desired, if at_once { 200 } else { 100 }];
            (percents, PercentsFrom::Order)
        }
        _ => (USUAL_PERCENTS, PercentsFrom::Nothing),
    }
}

/// Since when a deployment counts and how long it took \[s\].
fn recorded(deployment: &Deployment) -> Option<(Since, f64)> {
    let ended_at = deployment.ended_at?;
    Some(match deployment.request {
        Request::Recorded => (Since::Request, between(deployment.requested_at, ended_at).0),
        Request::Estimated => (
            Since::FirstMove,
            between(first_move(deployment), ended_at).0,
        ),
    })
}

/// The first start or stop.
fn first_move(deployment: &Deployment) -> Timestamp {
    let start = deployment.first_start;
    deployment
        .stop_decision
        .map_or(start, |stop| stop.min(start))
}

/// From the request to "completed" as the model says, the mean \[s\].
fn completed(scenario: &Scenario) -> Result<f64, String> {
    let estimate = estimate(scenario).map_err(|few| few.to_string())?;
    let durations = estimate.duration.ok_or("predicted to be stuck")?;
    Ok(durations.completed_s.mean.0)
}
