//! One Amazon ECS service, from what the AWS command line prints.
//!
//! Only the description of the service is needed. Every further file replaces assumptions, which
//! the scenario names line by line. Among several services one must be named.

mod auto_scaling_groups;
mod container_instances;
mod hosts;
mod json;
mod scenario;
mod services;
mod target_group_attributes;
mod target_groups;
mod task_definition;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;

use super::deployments::{self, Deployment, Found, RequestRecord};
use super::events::{Event, parse_message};
use super::fit::{self, Fit};
use super::{ImportProblem, Skipped, Source, timestamps, write};
use crate::scenario::Assumption;
use target_groups::TargetGroup;
use task_definition::TaskDefinition;

/// The descriptions of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsInput {
    /// `aws ecs describe-services`.
    pub services: Source,
    /// `aws ecs describe-task-definition`.
    pub task_definition: Option<Source>,
    /// `aws elbv2 describe-target-groups`.
    pub target_groups: Option<Source>,
    /// `aws elbv2 describe-target-group-attributes`.
    pub target_group_attributes: Option<Source>,
    /// `aws ecs describe-container-instances`.
    pub container_instances: Option<Source>,
    /// `aws autoscaling describe-auto-scaling-groups`.
    pub auto_scaling_groups: Option<Source>,
    /// Which service, by name or ARN; may be absent where only one is described.
    pub service: Option<String>,
}

/// A scenario and what it was made of.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The scenario as TOML, each line with its origin.
    pub scenario_toml: String,
    /// Deployments found in the events, oldest first, whatever their outcome.
    pub deployments: Vec<Deployment>,
    /// The timing fitted on them.
    pub fit: Fit,
    /// What no file states.
    pub assumptions: Vec<Assumption>,
    /// What the files state and the scenario leaves out.
    pub skipped: Vec<Skipped>,
    descriptions: Descriptions,
    found: Found,
}

/// One deployment, and the scenario as it would be known without it, with as many tasks as it had.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// The deployment.
    pub deployment: Deployment,
    /// The timing fitted on all the others.
    pub fit: Fit,
    /// The scenario with that timing.
    pub scenario_toml: String,
}

/// The scenario of a service, and its recorded deployments.
///
/// # Errors
/// Every file that cannot be read; no service, several without a name, or one without a desired
/// count.
pub fn ecs(input: &EcsInput) -> Result<Imported, Vec<ImportProblem>> {
    let mut skipped = Vec::new();
    let descriptions = Descriptions::read(input, &mut skipped)?;
    let events = descriptions.events(&mut skipped);
    let found = deployments::find(&events, &descriptions.requests());
    let fit = fit::fit(&descriptions.known(), &found.deployments);
    let sections = scenario::sections(&descriptions, &found, &fit);
    skipped.extend(found.skipped.iter().cloned());
    Ok(Imported {
        scenario_toml: scenario::text(&descriptions, &sections),
        deployments: found.deployments.clone(),
        fit,
        assumptions: write::assumptions(&sections),
        skipped,
        descriptions,
        found,
    })
}

/// Each comparable deployment with a scenario that was fitted without it, so that a prediction is
/// never held against what it was made from.
#[must_use]
pub fn leave_one_out(imported: &Imported) -> Vec<HeldOut> {
    let known = imported.descriptions.known();
    let all = &imported.deployments;
    let comparable = all
        .iter()
        .enumerate()
        .filter(|(_, one)| one.completed().is_some());
    comparable
        .map(|(index, deployment)| {
            let others: Vec<Deployment> = [&all[..index], &all[index + 1..]].concat();
            let fit = fit::fit(&known, &others);
            let descriptions = Descriptions {
                desired_count: deployment.tasks(),
                ..imported.descriptions.clone()
            };
            let sections = scenario::sections(&descriptions, &imported.found, &fit);
            HeldOut {
                deployment: deployment.clone(),
                fit,
                scenario_toml: scenario::text(&descriptions, &sections),
            }
        })
        .collect()
}

/// A description and the name of its file.
#[derive(Debug, Clone)]
struct Named<T> {
    file: String,
    content: T,
}

/// What the files say of one service.
#[derive(Debug, Clone)]
struct Descriptions {
    name: String,
    desired_count: u32,
    service: Named<services::Service>,
    task_definition: Option<Named<TaskDefinition>>,
    target_group: Option<Named<TargetGroup>>,
    target_group_attributes: Option<Named<target_group_attributes::Description>>,
    container_instances: Option<Named<container_instances::Description>>,
    auto_scaling_groups: Option<Named<auto_scaling_groups::Description>>,
}

impl Descriptions {
    fn read(input: &EcsInput, skipped: &mut Vec<Skipped>) -> Result<Self, Vec<ImportProblem>> {
        let mut problems = Vec::new();
        let services = required(&input.services, services::COMMAND, &mut problems);
        let task_definition: Option<Named<task_definition::Description>> = optional(
            input.task_definition.as_ref(),
            task_definition::COMMAND,
            &mut problems,
        );
        let target_groups: Option<Named<target_groups::Description>> = optional(
            input.target_groups.as_ref(),
            target_groups::COMMAND,
            &mut problems,
        );
        let target_group_attributes = optional(
            input.target_group_attributes.as_ref(),
            target_group_attributes::COMMAND,
            &mut problems,
        );
        let container_instances: Option<Named<container_instances::Description>> = optional(
            input.container_instances.as_ref(),
            container_instances::COMMAND,
            &mut problems,
        );
        let auto_scaling_groups = optional(
            input.auto_scaling_groups.as_ref(),
            auto_scaling_groups::COMMAND,
            &mut problems,
        );
        let chosen = services.and_then(|described: Named<services::Description>| {
            report_failures(&described.file, &described.content.failures, skipped);
            choose(described, input.service.as_deref())
                .map_err(|problem| problems.push(problem))
                .ok()
        });
        let Some((service, name, desired_count)) = chosen.filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        if let Some(described) = &container_instances {
            report_failures(&described.file, &described.content.failures, skipped);
        }
        report_unmodelled(&service, skipped);
        Ok(Self {
            task_definition: task_definition.and_then(|read| revision(read, &service, skipped)),
            target_group: target_groups.and_then(|read| target_group(read, &service, skipped)),
            name,
            desired_count,
            service,
            target_group_attributes,
            container_instances,
            auto_scaling_groups,
        })
    }

    /// The event log; lines without a readable time are reported.
    fn events(&self, skipped: &mut Vec<Skipped>) -> Vec<Event> {
        let mut events = Vec::new();
        for event in &self.service.content.events {
            match timestamps::from_json(&event.created_at) {
                Some(at) => events.push(Event {
                    at,
                    kind: parse_message(&event.message),
                }),
                None => skipped.push(Skipped::new(
                    format!("event \"{}\"", event.message),
                    format!("its createdAt is no time: {}", event.created_at),
                )),
            }
        }
        events
    }

    fn requests(&self) -> Vec<RequestRecord> {
        let records = self.service.content.deployments.iter();
        records
            .filter_map(|record| {
                Some(RequestRecord {
                    id: record
                        .id
                        .as_deref()
                        .and_then(|id| id.strip_prefix("ecs-svc/"))
                        .map(str::to_owned),
                    created_at: timestamps::from_json(&record.created_at)?,
                })
            })
            .collect()
    }
}

fn required<T: DeserializeOwned>(
    source: &Source,
    command: &str,
    problems: &mut Vec<ImportProblem>,
) -> Option<Named<T>> {
    json::read(source, command)
        .map_err(|problem| problems.push(problem))
        .ok()
        .map(|content| Named {
            file: source.name.clone(),
            content,
        })
}

fn optional<T: DeserializeOwned>(
    source: Option<&Source>,
    command: &str,
    problems: &mut Vec<ImportProblem>,
) -> Option<Named<T>> {
    required(source?, command, problems)
}

/// The service asked for, its name and its desired count.
fn choose(
    described: Named<services::Description>,
    wanted: Option<&str>,
) -> Result<(Named<services::Service>, String, u32), ImportProblem> {
    let Named { file, content } = described;
    let problem = |problem: String, help: String| ImportProblem {
        source: file.clone(),
        place: None,
        problem,
        help,
    };
    let services: Vec<_> = content
        .services
        .into_iter()
        .chain(content.service)
        .collect();
    let names: Vec<&str> = services.iter().filter_map(name_of).collect();
    let chosen = match wanted {
        Some(wanted) => services.iter().find(|service| {
            name_of(service) == Some(wanted) || service.arn.as_deref() == Some(wanted)
        }),
        None if services.len() > 1 => {
            return Err(problem(
                format!(
                    "{} services are described: {}",
                    services.len(),
                    names.join(", ")
                ),
                "choose one with --service NAME".to_owned(),
            ));
        }
        None => services.first(),
    };
    let Some(chosen) = chosen else {
        let found = if names.is_empty() {
            "no service is described".to_owned()
        } else {
            format!(
                "no service \"{}\"; described: {}",
                wanted.unwrap_or_default(),
                names.join(", ")
            )
        };
        return Err(problem(
            found,
            format!("give what `{}` prints", services::COMMAND),
        ));
    };
    let Some((name, desired_count)) = name_of(chosen).zip(chosen.desired_count) else {
        return Err(problem(
            "the service has no serviceName or no desiredCount".to_owned(),
            format!("give what `{}` prints, unabridged", services::COMMAND),
        ));
    };
    let name = name.to_owned();
    Ok((
        Named {
            content: chosen.clone(),
            file: file.clone(),
        },
        name,
        desired_count,
    ))
}

/// The name, else the end of the ARN.
fn name_of(service: &services::Service) -> Option<&str> {
    service
        .name
        .as_deref()
        .or_else(|| service.arn.as_deref()?.rsplit('/').next())
}

fn report_failures(file: &str, failures: &[services::Failure], skipped: &mut Vec<Skipped>) {
    for failure in failures {
        let reason = [&failure.reason, &failure.detail];
        let reason: Vec<&str> = reason.into_iter().flatten().map(String::as_str).collect();
        skipped.push(Skipped::new(
            format!("{file}: {}", failure.arn.as_deref().unwrap_or("failures")),
            format!("the command could not describe it: {}", reason.join(", ")),
        ));
    }
}

/// What the service is set to and a rolling update of replicas does not show.
fn report_unmodelled(service: &Named<services::Service>, skipped: &mut Vec<Skipped>) {
    let content = &service.content;
    let settings = [
        (
            "schedulingStrategy",
            &content.scheduling_strategy,
            "REPLICA",
        ),
        (
            "deploymentController.type",
            &content.deployment_controller.kind,
            "ECS",
        ),
        (
            "deploymentConfiguration.strategy",
            &content.deployment_configuration.strategy,
            "ROLLING",
        ),
    ];
    for (key, value, modelled) in settings {
        if let Some(value) = value.as_deref().filter(|value| *value != modelled) {
            skipped.push(Skipped::new(
                format!("{}: {key} {value}", service.file),
                format!("the scenario is that of {modelled}"),
            ));
        }
    }
    if content.load_balancers.len() > 1 {
        skipped.push(Skipped::new(
            format!("{}: loadBalancers after the first", service.file),
            "a task is registered in one".to_owned(),
        ));
    }
}

fn revision(
    described: Named<task_definition::Description>,
    service: &Named<services::Service>,
    skipped: &mut Vec<Skipped>,
) -> Option<Named<TaskDefinition>> {
    let Named { file, content } = described;
    let Some(content) = content.task_definition else {
        skipped.push(Skipped::new(file, "it has no taskDefinition"));
        return None;
    };
    let runs = service.content.task_definition.as_deref();
    let has = content.arn.as_deref();
    if let Some((runs, has)) = runs.zip(has).filter(|(runs, has)| runs != has) {
        skipped.push(Skipped::new(
            format!("difference of {file}"),
            format!("it describes {has}, the service runs {runs}; the file is used all the same"),
        ));
    }
    Some(Named { file, content })
}

/// The target group of the service's first load balancer; a file with one group is taken as that.
fn target_group(
    described: Named<target_groups::Description>,
    service: &Named<services::Service>,
    skipped: &mut Vec<Skipped>,
) -> Option<Named<TargetGroup>> {
    let Named { file, content } = described;
    let wanted = service
        .content
        .load_balancers
        .first()?
        .target_group_arn
        .as_deref()?;
    let groups = content.target_groups;
    if let Some(group) = groups
        .iter()
        .find(|group| group.arn.as_deref() == Some(wanted))
    {
        let content = group.clone();
        return Some(Named { file, content });
    }
    skipped.push(Skipped::new(
        format!("{wanted} in {file}"),
        match groups.len() {
            1 => "it describes another target group, which is used all the same",
            _ => "it does not describe this target group",
        },
    ));
    match <[TargetGroup; 1]>::try_from(groups) {
        Ok([content]) => Some(Named { file, content }),
        Err(_) => None,
    }
}
