//! What a service event says, from its message text.
//!
//! All wordings since 2015 are read: with and without parentheses around names, with and without
//! "has", with target groups as ARN or bare name. Counts are spelled "1 tasks". An unknown message
//! is [`EventKind::Other`], never an error.

use jiff::Timestamp;

/// One line of a service's event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub kind: EventKind,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// Running equals desired; also repeated every six hours.
    SteadyState,
    /// Tasks were started.
    Started {
        /// How many.
        tasks: u32,
        /// How many of them replace unhealthy ones.
        replacing_unhealthy: u32,
    },
    /// Tasks were started to even out the zones.
    StartedForRebalance {
        /// How many.
        tasks: u32,
    },
    /// Targets were registered: their tasks are running.
    Registered {
        /// How many.
        targets: u32,
        /// The target group.
        group: String,
    },
    /// Targets were deregistered.
    Deregistered {
        /// How many.
        targets: u32,
    },
    /// Connections of old tasks drain.
    Draining {
        /// How many tasks.
        tasks: u32,
        /// The task set they belong to; absent until about 2020.
        task_set: Option<String>,
    },
    /// Running tasks were stopped; since about 2020: are going to be.
    StoppedRunning {
        /// How many.
        tasks: u32,
    },
    /// Tasks that never ran were stopped.
    StoppedPending {
        /// How many.
        tasks: u32,
    },
    /// The deployment is complete.
    DeploymentCompleted {
        /// Which one.
        deployment: Option<String>,
    },
    /// The deployment was given up.
    DeploymentFailed {
        /// Which one.
        deployment: Option<String>,
    },
    /// An older deployment is being restored.
    RollingBack {
        /// Which one.
        to: Option<String>,
    },
    /// A task failed its container's or its target group's health check.
    Unhealthy,
    /// No host or subnet could take a task.
    CannotPlace,
    /// Tasks keep failing to start.
    CannotStart,
    /// The healthy percents allow no move.
    BlockedByPercents,
    /// The provider limits the rate of calls.
    Throttled,
    /// Tasks are protected from scale-in.
    ScaleInProtected,
    /// The state of the balance over zones.
    ZoneBalance,
    /// Anything else.
    Other,
}

/// What a message text says.
#[must_use]
pub fn parse_message(message: &str) -> EventKind {
    let has = |words: &str| message.contains(words);
    // The longest and most particular wordings first: several contain a shorter one.
    if has("has started") && has("to AZ Rebalance") {
        return EventKind::StartedForRebalance {
            tasks: count_after(message, "has started"),
        };
    }
    if has("AZ balanced") {
        return EventKind::ZoneBalance;
    }
    if has("because of the service deployment configuration") {
        return EventKind::BlockedByPercents;
    }
    if has("was unable to place a task") {
        return EventKind::CannotPlace;
    }
    if has("unable to consistently start tasks") {
        return EventKind::CannotStart;
    }
    if has("unable to scale in") {
        return EventKind::ScaleInProtected;
    }
    if has("operations are being throttled") {
        return EventKind::Throttled;
    }
    if has("deployment completed") {
        return EventKind::DeploymentCompleted {
            deployment: identifier_after(message, "deployment ecs-svc/"),
        };
    }
    if has("deployment failed") {
        return EventKind::DeploymentFailed {
            deployment: identifier_after(message, "deployment ecs-svc/"),
        };
    }
    if has("rolling back to deployment") {
        return EventKind::RollingBack {
            to: identifier_after(message, "rolling back to deployment ecs-svc/"),
        };
    }
    if has("failed container health checks") || has("is unhealthy in") {
        return EventKind::Unhealthy;
    }
    if has("has started") {
        return EventKind::Started {
            tasks: count_after(message, "has started"),
            replacing_unhealthy: count_after(message, "Amazon ECS replaced"),
        };
    }
    if has("begun draining connections") {
        return EventKind::Draining {
            tasks: count_after(message, "begun draining connections on"),
            task_set: identifier_after(message, "taskSet ecs-svc/"),
        };
    }
    // "deregistered" contains "registered".
    if has("deregistered") {
        return EventKind::Deregistered {
            targets: count_after(message, "deregistered"),
        };
    }
    if has("registered") {
        return EventKind::Registered {
            targets: count_after(message, "registered"),
            group: target_group(message),
        };
    }
    if has("stopped") && has("pending tasks") {
        return EventKind::StoppedPending {
            tasks: count_after(message, "stopped"),
        };
    }
    if has("stopped") && has("running tasks") {
        return EventKind::StoppedRunning {
            tasks: count_after(message, "stopped"),
        };
    }
    if has("reached a steady state") {
        return EventKind::SteadyState;
    }
    EventKind::Other
}

/// The number that follows some words, 0 where none does.
fn count_after(message: &str, words: &str) -> u32 {
    message
        .split_once(words)
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|word| word.parse().ok())
        .unwrap_or(0)
}

/// The identifier that follows some words without a space.
fn identifier_after(message: &str, words: &str) -> Option<String> {
    let (_, rest) = message.split_once(words)?;
    let identifier: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    (!identifier.is_empty()).then_some(identifier)
}

fn target_group(message: &str) -> String {
    message
        .split_once("target-group ")
        .map_or("", |(_, rest)| rest)
        .trim_end_matches([')', '.'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn started(tasks: u32) -> EventKind {
        EventKind::Started {
            tasks,
            replacing_unhealthy: 0,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one row per wording")]
    fn every_known_wording_is_read() {
        let registered = |targets, group: &str| EventKind::Registered {
            targets,
            group: group.to_owned(),
        };
        let some = |text: &str| Some(text.to_owned());
        for (message, kind) in [
            (
                "(service web) has reached a steady state.",
                EventKind::SteadyState,
            ),
            ("(web) has reached a steady state.", EventKind::SteadyState),
            (
                "service web has reached a steady state.",
                EventKind::SteadyState,
            ),
            (
                "(service web) has started 2 tasks: (task a1) (task b2).",
                started(2),
            ),
            (
                "service web has started 1 tasks: task f8c8f323-b557.",
                started(1),
            ),
            ("service web has started 5 tasks:", started(5)),
            (
                "(service web) has started 2 tasks: (task a1). Amazon ECS replaced 2 tasks due to an unhealthy status.",
                EventKind::Started {
                    tasks: 2,
                    replacing_unhealthy: 2,
                },
            ),
            (
                "(service web) has started 1 tasks in eu-central-1a to AZ Rebalance: (task a1).",
                EventKind::StartedForRebalance { tasks: 1 },
            ),
            (
                "(service web) registered 2 targets in (target-group arn:g/1)",
                registered(2, "arn:g/1"),
            ),
            (
                "service web registered 3 targets in target-group main-1",
                registered(3, "main-1"),
            ),
            (
                "(service web) deregistered 1 targets in (target-group arn:g/1)",
                EventKind::Deregistered { targets: 1 },
            ),
            (
                "(service web, taskSet ecs-svc/1214983551022201730) has begun draining connections on 2 tasks.",
                EventKind::Draining {
                    tasks: 2,
                    task_set: some("1214983551022201730"),
                },
            ),
            (
                "(service web) has begun draining connections on 1 tasks.",
                EventKind::Draining {
                    tasks: 1,
                    task_set: None,
                },
            ),
            (
                "(service web) has stopped 3 running tasks: (task a1) (task b2) (task c3).",
                EventKind::StoppedRunning { tasks: 3 },
            ),
            (
                "(service web) stopped 1 running tasks.",
                EventKind::StoppedRunning { tasks: 1 },
            ),
            (
                "service web has stopped 5 running tasks:",
                EventKind::StoppedRunning { tasks: 5 },
            ),
            (
                "(service web) stopped 2 pending tasks.",
                EventKind::StoppedPending { tasks: 2 },
            ),
            (
                "(service web) (deployment ecs-svc/5900895824507767624) deployment completed.",
                EventKind::DeploymentCompleted {
                    deployment: some("5900895824507767624"),
                },
            ),
            (
                "(service web) (deployment ecs-svc/12) deployment failed: tasks failed to start.",
                EventKind::DeploymentFailed {
                    deployment: some("12"),
                },
            ),
            (
                "(service web) deployment failed: tasks failed to start.",
                EventKind::DeploymentFailed { deployment: None },
            ),
            (
                "(service web) rolling back to deployment ecs-svc/11.",
                EventKind::RollingBack { to: some("11") },
            ),
            (
                "(service web) (task a1) failed container health checks.",
                EventKind::Unhealthy,
            ),
            (
                "(service web) (task a1) (port 8080) is unhealthy in (target-group arn:g/1) due to (reason Request timed out).",
                EventKind::Unhealthy,
            ),
            (
                "(service web) (instance i-1) (port 80) is unhealthy in (target-group arn:g/1) due to (reason Health checks failed with these codes: [503]).",
                EventKind::Unhealthy,
            ),
            (
                "(service web) (instance i-1) is unhealthy in (elb main)",
                EventKind::Unhealthy,
            ),
            (
                "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
                EventKind::CannotPlace,
            ),
            (
                "(service web) was unable to place a task. Reason: deployment completed too late.",
                EventKind::CannotPlace,
            ),
            (
                "(service web) is unable to consistently start tasks successfully.",
                EventKind::CannotStart,
            ),
            (
                "(service web) operations are being throttled on service discovery. Will try again later.",
                EventKind::Throttled,
            ),
            (
                "(service web) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
                EventKind::BlockedByPercents,
            ),
            (
                "(service web) was unable to reach steady state because (service web, taskSet 1) was unable to scale in due to (reason 2 tasks under protection)",
                EventKind::ScaleInProtected,
            ),
            (
                "(service web) is not AZ balanced with 3 tasks in eu-central-1a, 1 tasks in eu-central-1c. AZ Rebalancing in progress.",
                EventKind::ZoneBalance,
            ),
            (
                "(service web) is AZ balanced with 2 tasks in eu-central-1a.",
                EventKind::ZoneBalance,
            ),
            ("(service web) did something new.", EventKind::Other),
            ("", EventKind::Other),
        ] {
            assert_eq!(parse_message(message), kind, "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_message_panics(message in ".*") {
            let _ = parse_message(&message);
        }
    }
}
