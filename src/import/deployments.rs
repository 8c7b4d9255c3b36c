//! Which deployments a service's events tell of, and how long each took.
//!
//! Events are cut at "deployment completed" and "steady state" into episodes. An episode is a
//! deployment if tasks were started and others taken away, and it ends in "deployment completed".
//! Logs that never say that (until about 2020) end it in "steady state"; there an episode with an
//! unhealthy task counts as its replacement, not as a deployment. Heartbeats, restarts, scaling and
//! the creation of a service are therefore no deployments.
//!
//! The meaning of "has stopped" changed about 2020. Before, it followed the drain and told of its
//! end; since then it is the decision, written 1 to 10 s before the drain begins, and only
//! "deployment completed" tells of the end. [`EventOrder`] says which one was seen.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Skipped;
use super::events::{Event, EventKind};
use super::timestamps::{before, between};
use crate::units::Seconds;

/// From the request to the first event, where the request is not recorded: the median of the five
/// recordings in `data/recorded` that have both (4, 7, 10, 14 and 15 s).
pub const REQUEST_TO_FIRST_EVENT: Seconds = Seconds(10.0);

/// How far after its recorded request a deployment's first event may be when no identifier ties the
/// two together.
const LONGEST_TO_FIRST_EVENT: Seconds = Seconds(60.0);

/// One deployment as its events tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// When it was requested.
    pub requested_at: Timestamp,
    /// Whence that is known.
    pub request: Request,
    /// When the first task that stayed was started.
    pub first_start: Timestamp,
    /// When the last target was registered.
    pub last_registered: Option<Timestamp>,
    /// When the first old task was told to stop.
    pub stop_decision: Option<Timestamp>,
    /// When the first old task's connections began to drain.
    pub drain_begun: Option<Timestamp>,
    /// When it ended, in whatever way; absent while it runs.
    pub ended_at: Option<Timestamp>,
    /// Tasks started, those that failed included.
    pub started_tasks: u32,
    /// Tasks that failed and were started again.
    pub failed_starts: u32,
    /// What "has stopped" means here.
    pub order: EventOrder,
    /// How it ended.
    pub outcome: Outcome,
    /// Its events, oldest first.
    pub events: Vec<Event>,
}

/// Whence the time of a request is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The description's own list of deployments.
    Recorded,
    /// [`REQUEST_TO_FIRST_EVENT`] before the first event.
    Estimated,
}

/// What "has stopped N running tasks" means in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOrder {
    /// The end of the drain (until about 2020).
    DrainThenStopped,
    /// The decision to stop, just before the drain.
    StoppedThenDrain,
}

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of the old version was left.
    Completed,
    /// The old version was restored.
    RolledBack,
    /// It was given up.
    Failed,
    /// It still ran when the service was described.
    Incomplete,
}

impl Deployment {
    /// How many tasks it brought up.
    #[must_use]
    pub fn tasks(&self) -> u32 {
        self.started_tasks.saturating_sub(self.failed_starts)
    }

    /// What is left without the starts that came to nothing, where a task started after them went
    /// through as usual; absent where it did not complete, or a task was judged unhealthy.
    #[must_use]
    pub fn without_vain_starts(&self) -> Option<Self> {
        let unhealthy = self
            .events
            .iter()
            .any(|event| event.kind == EventKind::Unhealthy);
        if self.outcome != Outcome::Completed || unhealthy {
            return None;
        }
        let mut settled = self.clone();
        if self.failed_starts > 0 {
            settled.events.retain(|event| event.at >= self.first_start);
            settled.started_tasks = self.tasks();
            settled.failed_starts = 0;
        }
        Some(settled)
    }

    /// From the request to the end, for a deployment that a prediction can be held against: it
    /// completed and no start failed \[s\].
    #[must_use]
    pub fn completed(&self) -> Option<Seconds> {
        let ended_at = self.ended_at?;
        (self.outcome == Outcome::Completed && self.failed_starts == 0)
            .then(|| between(self.requested_at, ended_at))
    }
}

/// One entry of the description's own list of deployments: the newest ones only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Its identifier without `ecs-svc/`.
    pub id: Option<String>,
    /// When it was requested.
    pub created_at: Timestamp,
}

/// What [`find`] saw in a log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Deployments, oldest first, whatever their outcome.
    pub deployments: Vec<Deployment>,
    /// Tasks that started and replaced none: the service was created or grew. No deployments, but
    /// they show how long its tasks take to start.
    pub growths: Vec<Deployment>,
    /// Episodes that are no deployments.
    pub skipped: Vec<Skipped>,
    /// From the oldest to the newest event \[s\].
    pub span: Seconds,
}

/// The deployments in a log, in whichever order its events come.
#[must_use]
pub fn find(events: &[Event], requests: &[RequestRecord]) -> Found {
    let events = oldest_first(events);
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Found::default();
    };
    let span = between(first.at, last.at);
    let era = if events.iter().any(|event| is_of_task_sets(&event.kind)) {
        EventOrder::StoppedThenDrain
    } else {
        EventOrder::DrainThenStopped
    };
    let mut found = Found {
        span,
        ..Found::default()
    };
    let mut previous_end = Timestamp::MIN;
    for episode in events.split_inclusive(|event| ends_episode(&event.kind)) {
        let skipped = |why: &str| Skipped::new(format!("events from {}", episode[0].at), why);
        match judge(episode, era, requests, previous_end) {
            Verdict::Deployment(deployment) => found.deployments.push(*deployment),
            Verdict::Growth(growth) => {
                found.growths.push(*growth);
                let why = "nothing was replaced: the service was created or grew";
                found.skipped.push(skipped(why));
            }
            Verdict::Other(why) => found.skipped.push(skipped(why)),
            Verdict::Idle => {}
        }
        if let Some(end) = episode.last() {
            previous_end = end.at;
        }
    }
    found
}

enum Verdict {
    Deployment(Box<Deployment>),
    Growth(Box<Deployment>),
    Other(&'static str),
    /// A heartbeat, or messages that move no task.
    Idle,
}

fn judge(
    episode: &[Event],
    era: EventOrder,
    requests: &[RequestRecord],
    previous_end: Timestamp,
) -> Verdict {
    let tally = Tally::of(episode);
    let end = episode.last().filter(|event| ends_episode(&event.kind));
    let has = |wanted: fn(&EventKind) -> bool| episode.iter().any(|event| wanted(&event.kind));
    let completed = end.is_some_and(|end| end.kind != EventKind::SteadyState);
    let outcome = if has(|kind| matches!(kind, EventKind::RollingBack { .. })) {
        Outcome::RolledBack
    } else if has(|kind| matches!(kind, EventKind::DeploymentFailed { .. })) {
        Outcome::Failed
    } else if end.is_none() {
        Outcome::Incomplete
    } else {
        Outcome::Completed
    };
    if tally.started == 0 {
        return if tally.removed == 0 && tally.registered == 0 {
            Verdict::Idle
        } else {
            Verdict::Other("no task was started: fewer tasks, or it began before the oldest event")
        };
    }
    if outcome == Outcome::Completed {
        if era == EventOrder::StoppedThenDrain && !completed {
            return Verdict::Other("no deployment completed: a task was replaced, or more started");
        }
        if era == EventOrder::DrainThenStopped && tally.unhealthy > 0 {
            return Verdict::Other("an unhealthy task was replaced");
        }
        if era == EventOrder::DrainThenStopped && tally.removed > 0 && tally.stopped == 0 {
            return Verdict::Other("a task that had ended by itself was replaced");
        }
        if tally.started < tally.removed {
            return Verdict::Other(
                "fewer tasks started than stopped: its beginning is not recorded",
            );
        }
    }
    match deployment(episode, &tally, era, outcome, requests, previous_end) {
        Some(growth) if outcome == Outcome::Completed && tally.removed == 0 => {
            Verdict::Growth(Box::new(growth))
        }
        Some(deployment) => Verdict::Deployment(Box::new(deployment)),
        None => Verdict::Idle,
    }
}

fn deployment(
    episode: &[Event],
    tally: &Tally,
    era: EventOrder,
    outcome: Outcome,
    requests: &[RequestRecord],
    previous_end: Timestamp,
) -> Option<Deployment> {
    // Starts beyond those that replaced an old task or reached the load balancer came to nothing.
    let vain = match outcome {
        Outcome::Completed if tally.removed > 0 => tally
            .started
            .saturating_sub(tally.removed.max(tally.registered)),
        _ => 0,
    };
    let failed_starts = vain.max(tally.unhealthy);
    let first_start = first_start_after(episode, vain)?;
    let time_of = |wanted: fn(&EventKind) -> bool| {
        episode
            .iter()
            .find(|event| wanted(&event.kind))
            .map(|event| event.at)
    };
    let stopped = time_of(|kind| matches!(kind, EventKind::StoppedRunning { .. }));
    let drain_begun = time_of(|kind| {
        matches!(
            kind,
            EventKind::Draining { .. } | EventKind::Deregistered { .. }
        )
    });
    let of_task_sets = episode.iter().any(|event| {
        matches!(
            event.kind,
            EventKind::Draining {
                task_set: Some(_),
                ..
            }
        )
    });
    // "deployment completed" came before the change of order, task sets came with it.
    let order = match (stopped, drain_begun) {
        _ if of_task_sets => EventOrder::StoppedThenDrain,
        (Some(stopped), Some(drain)) if stopped <= drain => EventOrder::StoppedThenDrain,
        (Some(_), Some(_)) => EventOrder::DrainThenStopped,
        _ => era,
    };
    let stop_decision = match order {
        EventOrder::StoppedThenDrain => stopped.or(drain_begun),
        EventOrder::DrainThenStopped => drain_begun.or(stopped),
    };
    let first_move = stop_decision.map_or(first_start, |decision| decision.min(first_start));
    let end = episode.last().filter(|event| ends_episode(&event.kind));
    let recorded = match outcome {
        Outcome::RolledBack => None,
        _ => request_of(end.map(|end| &end.kind), first_move, requests, previous_end),
    };
    Some(Deployment {
        requested_at: recorded.unwrap_or_else(|| before(first_move, REQUEST_TO_FIRST_EVENT)),
        request: recorded.map_or(Request::Estimated, |_| Request::Recorded),
        first_start,
        last_registered: episode
            .iter()
            .rfind(|event| matches!(event.kind, EventKind::Registered { .. }))
            .map(|event| event.at),
        stop_decision,
        drain_begun,
        ended_at: end.map(|end| end.at),
        started_tasks: tally.started,
        failed_starts,
        order,
        outcome,
        events: episode.to_vec(),
    })
}

/// The recorded request that belongs to a deployment: by identifier, else by its time.
fn request_of(
    end: Option<&EventKind>,
    first_move: Timestamp,
    requests: &[RequestRecord],
    previous_end: Timestamp,
) -> Option<Timestamp> {
    let completed = match end {
        Some(EventKind::DeploymentCompleted { deployment }) => deployment.as_deref(),
        _ => None,
    };
    requests
        .iter()
        .filter(|request| request.created_at <= first_move && request.created_at >= previous_end)
        .find(|request| match (completed, request.id.as_deref()) {
            (Some(completed), Some(id)) => completed == id,
            _ => between(request.created_at, first_move) <= LONGEST_TO_FIRST_EVENT,
        })
        .map(|request| request.created_at)
}

/// How many tasks an episode moved.
struct Tally {
    started: u32,
    /// Of the target group with the most.
    registered: u32,
    stopped: u32,
    /// Old tasks taken away, by whichever message says so.
    removed: u32,
    unhealthy: u32,
}

impl Tally {
    fn of(episode: &[Event]) -> Self {
        let mut by_group = BTreeMap::<&str, u32>::new();
        let (mut started, mut stopped, mut drained, mut deregistered) =
            (0_u32, 0_u32, 0_u32, 0_u32);
        let (mut failed, mut replacing) = (0_u32, 0_u32);
        for event in episode {
            match &event.kind {
                EventKind::Started {
                    tasks,
                    replacing_unhealthy,
                } => {
                    started = started.saturating_add(*tasks);
                    replacing = replacing.saturating_add(*replacing_unhealthy);
                }
                EventKind::Registered { targets, group } => {
                    let registered = by_group.entry(group).or_default();
                    *registered = registered.saturating_add(*targets);
                }
                EventKind::StoppedRunning { tasks } => stopped = stopped.saturating_add(*tasks),
                EventKind::Draining { tasks, .. } => drained = drained.saturating_add(*tasks),
                EventKind::Deregistered { targets } => {
                    deregistered = deregistered.saturating_add(*targets);
                }
                EventKind::Unhealthy => failed = failed.saturating_add(1),
                _ => {}
            }
        }
        let removed = [stopped, drained, deregistered]
            .into_iter()
            .find(|count| *count > 0);
        Self {
            started,
            registered: by_group.into_values().max().unwrap_or(0),
            stopped,
            removed: removed.unwrap_or(0),
            unhealthy: failed.max(replacing),
        }
    }
}

/// The first start once so many started tasks have been passed over.
fn first_start_after(episode: &[Event], vain: u32) -> Option<Timestamp> {
    let mut passed = 0_u32;
    episode.iter().find_map(|event| match event.kind {
        EventKind::Started { tasks, .. } => {
            passed = passed.saturating_add(tasks);
            (passed > vain).then_some(event.at)
        }
        _ => None,
    })
}

/// Oldest first, repeats dropped; a steady state comes last among events of the same time.
fn oldest_first(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    let newest_first = match events.as_slice() {
        [first, .., last] => first.at >= last.at,
        _ => false,
    };
    if newest_first {
        events.reverse();
    }
    events.sort_by_key(|event| (event.at, event.kind == EventKind::SteadyState));
    events.dedup();
    events
}

fn ends_episode(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::SteadyState | EventKind::DeploymentCompleted { .. }
    )
}

fn is_of_task_sets(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::DeploymentCompleted { .. }
            | EventKind::Draining {
                task_set: Some(_),
                ..
            }
    )
}
