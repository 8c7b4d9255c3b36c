//! Which scenario key each field of the descriptions becomes.

use super::hosts::{self, Group, Hosts, Placing, RoomOrigin};
use super::{Descriptions, Named};
use crate::import::deployments::{Found, Outcome, REQUEST_TO_FIRST_EVENT, Request};
use crate::import::fit::{Fit, Fitted, Known, KnownLoadBalancer, Origin};
use crate::import::write::{self, Section};
use crate::rollout::bounds;
use crate::scenario::{
    DurationLaw, HostPort, LaunchType, LoadBalancerKind, NetworkMode, Purchase, TaskSize,
};
use crate::units::Seconds;

/// A task's size where no file tells: the smallest that Fargate offers.
const TYPICAL_SIZE: TaskSize = TaskSize {
    cpu: 256,
    memory_mib: 512,
};
const SECONDS_PER_DAY: f64 = 86_400.0;

/// The scenario as text.
pub fn text(descriptions: &Descriptions, sections: &[Section]) -> String {
    format!(
        "# The service \"{}\" as its descriptions state it; each line says which file it is from.\n\n{}",
        descriptions.name.escape_debug(),
        write::toml(sections)
    )
}

/// The scenario, part by part.
pub fn sections(descriptions: &Descriptions, found: &Found, fit: &Fit) -> Vec<Section> {
    let mut sections = vec![
        descriptions.service_section(),
        descriptions.timing_section(fit),
    ];
    sections.extend(descriptions.load_balancer_section(fit));
    sections.extend(descriptions.health_check_section());
    sections.extend(descriptions.load_section());
    sections.push(descriptions.deployment_section(found, fit));
    sections.extend(descriptions.cluster_sections());
    sections.extend(descriptions.limits_section());
    sections.extend(descriptions.recorded_sections(found));
    sections
}

impl Descriptions {
    /// What helps to read the events.
    pub fn known(&self) -> Known {
        let group = self.target_group.as_ref().map(|group| &group.content);
        let seconds = |value: u32| Seconds(f64::from(value));
        let delay = self
            .attribute("deregistration_delay.timeout_seconds")
            .map(seconds);
        Known {
            load_balancer: self
                .load_balancer_kind()
                .map(|(kind, _)| KnownLoadBalancer {
                    kind,
                    health_check_interval: seconds(
                        group
                            .and_then(|group| group.health_check_interval_seconds)
                            .unwrap_or(30),
                    ),
                    healthy_threshold: group
                        .and_then(|group| group.healthy_threshold_count)
                        .unwrap_or(default_healthy_threshold(kind)),
                    unhealthy_threshold: group
                        .and_then(|group| group.unhealthy_threshold_count)
                        .unwrap_or(2),
                    deregistration_delay: delay,
                }),
            stop_timeout: seconds(self.stop_timeout().unwrap_or(30)),
        }
    }

    fn service_section(&self) -> Section {
        let file = &self.service.file;
        let service = &self.service.content;
        let mut section = Section::table("service");
        section.read(
            "name",
            write::string(&self.name),
            format!("{file}: serviceName"),
        );
        section.read(
            "desired_count",
            self.desired_count.to_string(),
            match service.desired_count {
                Some(count) if count == self.desired_count => format!("{file}: desiredCount"),
                _ => format!("{file}: events, tasks started by the deployment"),
            },
        );
        self.write_size(&mut section);
        let (launch_type, launch_from) = self.launch_type();
        match launch_type {
            LaunchType::Fargate => section.read("launch_type", "\"fargate\"", launch_from),
            LaunchType::Ec2 => {
                section.read("launch_type", "\"ec2\"", launch_from);
                self.write_ports(&mut section);
            }
        }
        if self.load_balancer_kind().is_some() {
            match service.health_check_grace_period_seconds {
                Some(grace) => section.read(
                    "health_check_grace_period",
                    format!("\"{grace}s\""),
                    format!("{file}: healthCheckGracePeriodSeconds"),
                ),
                None => section.default(
                    "health_check_grace_period",
                    "\"0s\"",
                    format!("not in {file}; taken as long enough, although the provider's default is 0 s"),
                ),
            }
        }
        section
    }

    fn write_size(&self, section: &mut Section) {
        let Some(Named { file, content }) = &self.task_definition else {
            let why = "no file tells; give --task-definition";
            section.assumed("cpu", TYPICAL_SIZE.cpu.to_string(), why);
            section.assumed("memory_mib", TYPICAL_SIZE.memory_mib.to_string(), why);
            return;
        };
        let cpu_from = match content.cpu {
            Some(_) => "cpu of the task",
            None => "cpu of its containers together",
        };
        let memory_from = match content.memory {
            Some(_) => "memory of the task",
            None => "memoryReservation, else memory, of its containers together",
        };
        let (cpu, memory) = (content.reserved_cpu(), content.reserved_memory());
        section.read("cpu", cpu.to_string(), format!("{file}: {cpu_from}"));
        section.read(
            "memory_mib",
            memory.to_string(),
            format!("{file}: {memory_from}"),
        );
    }

    fn write_ports(&self, section: &mut Section) {
        let (mode, mode_from) = self.network_mode();
        let value = match mode {
            NetworkMode::Bridge => "\"bridge\"",
            NetworkMode::Host => "\"host\"",
            NetworkMode::AwsVpc => "\"awsvpc\"",
        };
        match mode_from {
            Some(from) => section.read("network_mode", value, from),
            None => section.default(
                "network_mode",
                value,
                "no file tells; give --task-definition",
            ),
        }
        if mode == NetworkMode::Bridge {
            let (port, port_from) = self.host_port();
            let value = match port {
                HostPort::Static => "\"static\"",
                HostPort::Dynamic => "\"dynamic\"",
            };
            match port_from {
                Some(from) => section.read("host_port", value, from),
                None => {
                    section.default("host_port", value, "no file tells; give --task-definition");
                }
            }
        }
        if self.has_distinct_instances() {
            section.read(
                "distinct_instance",
                "true",
                format!("{}: placementConstraints", self.service.file),
            );
        }
    }

    fn timing_section(&self, fit: &Fit) -> Section {
        let file = &self.service.file;
        let mut section = Section::table("service.timing");
        let mut law = |key: &str, fitted: &Fitted<DurationLaw>, gap: &str| {
            let value = write::law(fitted.value);
            match fitted.origin {
                Origin::Recorded { gaps } => {
                    section.measured(
                        key,
                        value,
                        format!("{file}: events, from {gaps} gaps {gap}"),
                    );
                }
                Origin::Given | Origin::Assumed => {
                    section.assumed(key, value, "a typical value, not from your files");
                }
            }
        };
        law("start", &fit.start, "from started to registered");
        law(
            "ready",
            &fit.ready,
            "from registered to the next stop, less check and reaction",
        );
        match fit.stop.origin {
            Origin::Recorded { .. } => law(
                "stop",
                &fit.stop,
                "from draining to stopped, less the delay",
            ),
            Origin::Given | Origin::Assumed => section.default(
                "stop",
                write::law(fit.stop.value),
                "the events do not tell it apart from the drain",
            ),
        }
        match (self.stop_timeout(), &self.task_definition) {
            (Some(timeout), Some(task)) => section.read(
                "stop_timeout",
                format!("\"{timeout}s\""),
                format!("{}: the largest stopTimeout", task.file),
            ),
            (_, task) => section.default(
                "stop_timeout",
                "\"30s\"",
                absent(task.as_ref(), "--task-definition"),
            ),
        }
        section.default(
            "cold_start_extra",
            "\"20s\"",
            "no file tells how long the image takes to pull",
        );
        section
    }

    fn load_balancer_section(&self, fit: &Fit) -> Option<Section> {
        let (kind, kind_from) = self.load_balancer_kind()?;
        let mut section = Section::table("service.load_balancer");
        let value = match kind {
            LoadBalancerKind::Alb => "\"alb\"",
            LoadBalancerKind::Nlb => "\"nlb\"",
            LoadBalancerKind::Clb => "\"clb\"",
        };
        match kind_from {
            Some(from) => section.read("type", value, from),
            None => section.assumed("type", value, "no file tells; give --target-groups"),
        }
        let group = self.target_group.as_ref();
        let content = group.map(|group| &group.content);
        let settings = [
            (
                "health_check_interval",
                "HealthCheckIntervalSeconds",
                content
                    .and_then(|group| group.health_check_interval_seconds)
                    .map(|interval| format!("\"{interval}s\"")),
                "\"30s\"".to_owned(),
            ),
            (
                "healthy_threshold",
                "HealthyThresholdCount",
                content
                    .and_then(|group| group.healthy_threshold_count)
                    .map(|count| count.to_string()),
                default_healthy_threshold(kind).to_string(),
            ),
            (
                "unhealthy_threshold",
                "UnhealthyThresholdCount",
                content
                    .and_then(|group| group.unhealthy_threshold_count)
                    .map(|count| count.to_string()),
                "2".to_owned(),
            ),
        ];
        for (key, field, value, default) in settings {
            match (value, group) {
                (Some(value), Some(group)) => {
                    section.read(key, value, format!("{}: {field}", group.file));
                }
                _ if kind == LoadBalancerKind::Clb => {
                    section.default(key, default, "no file describes a classic load balancer");
                }
                _ => section.default(key, default, absent(group, "--target-groups")),
            }
        }
        self.write_delay(&mut section, fit);
        if let Some(slow_start) = self
            .attribute("slow_start.duration_seconds")
            .filter(|start| *start > 0)
        {
            section.remark(format!(
                "slow_start.duration_seconds is {slow_start}: full share of load only later; not modelled"
            ));
        }
        Some(section)
    }

    fn write_delay(&self, section: &mut Section, fit: &Fit) {
        let attributes = self.target_group_attributes.as_ref();
        match fit.deregistration_delay {
            Some(Fitted {
                value,
                origin: Origin::Recorded { gaps },
            }) => section.measured(
                "deregistration_delay",
                write::seconds(value),
                format!(
                    "{}: inferred from {gaps} recorded drains; give --target-group-attributes",
                    self.service.file
                ),
            ),
            Some(Fitted { value, .. }) => section.read(
                "deregistration_delay",
                write::seconds(value),
                format!(
                    "{}: deregistration_delay.timeout_seconds",
                    attributes.map_or("", |attributes| attributes.file.as_str())
                ),
            ),
            None => section.default(
                "deregistration_delay",
                "\"300s\"",
                absent(attributes, "--target-group-attributes"),
            ),
        }
    }

    /// Of several containers with a check, the one that takes longest between two probes.
    fn health_check_section(&self) -> Option<Section> {
        let task = self.task_definition.as_ref()?;
        let checked = task.content.container_definitions.iter();
        let (container, check) = checked
            .filter_map(|container| Some((container, container.health_check.as_ref()?)))
            .max_by_key(|(_, check)| check.interval.unwrap_or(30))?;
        let name = container.name.as_deref().unwrap_or("container");
        let mut section = Section::table("service.health_check");
        for (key, field, value, default, unit) in [
            ("interval", "interval", check.interval, 30, "s"),
            ("timeout", "timeout", check.timeout, 5, "s"),
            ("retries", "retries", check.retries, 3, ""),
            ("start_period", "startPeriod", check.start_period, 0, "s"),
        ] {
            let value_or_default = value.unwrap_or(default);
            let text = if unit.is_empty() {
                value_or_default.to_string()
            } else {
                format!("\"{value_or_default}{unit}\"")
            };
            section.read(
                key,
                text,
                match value {
                    Some(_) => format!("{}: healthCheck.{field} of {name}", task.file),
                    None => format!(
                        "{}: healthCheck of {name} has no {field}: the provider's default",
                        task.file
                    ),
                },
            );
        }
        Some(section)
    }

    /// The tasks that today's settings keep healthy, which a recommendation must not lose.
    fn kept_healthy(&self) -> u32 {
        let configuration = &self.service.content.deployment_configuration;
        let percent = configuration.minimum_healthy_percent.unwrap_or(100);
        bounds(self.desired_count, percent.min(100), 200).lower
    }

    fn load_section(&self) -> Option<Section> {
        let mut section = Section::table("service.load");
        let kept = self.kept_healthy();
        section.assumed(
            "required_tasks",
            kept.to_string(),
            "what today's minimum healthy percent keeps; give what the load needs",
        );
        (kept > 0).then_some(section)
    }

    fn limits_section(&self) -> Option<Section> {
        let mut section = Section::table("limits");
        section.assumed(
            "availability",
            "1.0",
            "no deployment may go below required_tasks; lower it where some may",
        );
        (self.kept_healthy() > 0).then_some(section)
    }

    fn deployment_section(&self, found: &Found, fit: &Fit) -> Section {
        let file = &self.service.file;
        let configuration = &self.service.content.deployment_configuration;
        let mut section = Section::table("deployment");
        for (key, field, value, default) in [
            (
                "minimum_healthy_percent",
                "minimumHealthyPercent",
                configuration.minimum_healthy_percent,
                "100",
            ),
            (
                "maximum_percent",
                "maximumPercent",
                configuration.maximum_percent,
                "200",
            ),
        ] {
            match value {
                Some(percent) => section.read(
                    key,
                    percent.to_string(),
                    format!("{file}: deploymentConfiguration.{field}"),
                ),
                None => section.default(
                    key,
                    default,
                    format!("not in {file}: the provider's default"),
                ),
            }
        }
        let completed = found
            .deployments
            .iter()
            .filter(|deployment| deployment.outcome == Outcome::Completed)
            .count();
        let days = (found.span.0 / SECONDS_PER_DAY).max(1.0);
        if completed > 0 {
            #[expect(clippy::cast_precision_loss, reason = "at most as many as events")]
            let per_day = (completed as f64 / days).max(0.01);
            section.measured(
                "per_day",
                format!("{per_day:.2}"),
                format!("{file}: {completed} completed in the {days:.1} days of its events"),
            );
        } else {
            section.assumed(
                "per_day",
                "1.0",
                format!("no completed deployment in {file}"),
            );
        }
        let reaction = write::law(fit.reaction.value);
        match fit.reaction.origin {
            Origin::Recorded { gaps } => section.measured(
                "reaction",
                reaction,
                format!(
                    "{file}: events, {gaps} gaps from registered to the next stop leave no more"
                ),
            ),
            Origin::Given | Origin::Assumed => {
                section.default("reaction", reaction, "a typical value");
            }
        }
        if let Some(Fitted {
            value,
            origin: Origin::Recorded { gaps },
        }) = fit.completion_lag
        {
            section.measured(
                "completion_lag",
                write::seconds(value),
                format!("{file}: events, {gaps} gaps from the last stop to the end, less drain, stop and reaction"),
            );
        }
        section.default(
            "stopping_counts",
            "true",
            "recordings of 2020 count stopping tasks towards the maximum",
        );
        section
    }

    fn cluster_sections(&self) -> Vec<Section> {
        let mut cluster = Section::table("cluster");
        match self.region() {
            Some((region, from)) => cluster.read("region", write::string(region), from),
            None => cluster.remark("region = \"…\"  in no ARN of the files; prices need it"),
        }
        if self.launch_type().0 == LaunchType::Fargate {
            return vec![cluster];
        }
        let placing = if self.has_distinct_instances()
            || self.network_mode().0 == NetworkMode::Host
            || (self.network_mode().0 == NetworkMode::Bridge
                && self.host_port().0 == HostPort::Static)
        {
            Placing::OnePerHost
        } else {
            Placing::AsManyAsFit
        };
        match hosts::hosts(self, self.size(), placing) {
            Hosts::FreeTasks { tasks, origin } => {
                match origin {
                    RoomOrigin::Read(from) => cluster.read("free_tasks", tasks.to_string(), from),
                    RoomOrigin::Assumed(why) => {
                        cluster.assumed("free_tasks", tasks.to_string(), why);
                    }
                }
                vec![cluster]
            }
            Hosts::Groups(groups) => {
                let mut sections = vec![cluster];
                sections.extend(groups.iter().map(|group| self.host_section(group)));
                if let (Some(last), Some(first)) = (sections.last_mut(), groups.first()) {
                    last.remark("where the catalog has no price for the region:");
                    last.remark("[prices]");
                    last.remark(format!(
                        "{} = …  # USD per hour",
                        write::string(&first.host.instance_type)
                    ));
                }
                sections
            }
        }
    }

    fn host_section(&self, group: &Group) -> Section {
        let host = &group.host;
        let described = self.container_instances.as_ref();
        let file = described
            .map(|described| &described.file)
            .or(self.auto_scaling_groups.as_ref().map(|groups| &groups.file))
            .map_or("", String::as_str);
        let mut section = Section::item("cluster.hosts");
        section.read(
            "instance_type",
            write::string(&host.instance_type),
            host.type_from.clone(),
        );
        section.read(
            "count",
            group.count.to_string(),
            match described {
                Some(_) => format!("{file}: equal hosts"),
                None => format!("{file}: DesiredCapacity"),
            },
        );
        let value = |purchase: Purchase| match purchase {
            Purchase::Spot => "\"spot\"",
            Purchase::OnDemand => "\"on-demand\"",
        };
        match &host.purchase {
            Some((purchase, from)) => section.read("purchase", value(*purchase), from.clone()),
            None => section.default(
                "purchase",
                value(Purchase::OnDemand),
                "no file tells; give --auto-scaling-groups",
            ),
        }
        match host.resources {
            Some(resources) => {
                let registered = format!("{file}: registeredResources");
                let used =
                    "registered less remaining less the service's own tasks, taken to be spread";
                let TaskSize { cpu, memory_mib } = resources.registered;
                section.read("registered_cpu", cpu.to_string(), registered.clone());
                section.read("registered_memory_mib", memory_mib.to_string(), registered);
                let TaskSize { cpu, memory_mib } = resources.used;
                section.assumed("used_cpu", cpu.to_string(), format!("{used} ({file})"));
                section.assumed(
                    "used_memory_mib",
                    memory_mib.to_string(),
                    format!("{used} ({file})"),
                );
                if cpu > 0 || memory_mib > 0 {
                    section.remark(
                        "daemons are within used_*: as [[cluster.daemons]] they would run on added hosts too",
                    );
                }
            }
            None => section.default(
                "used_memory_mib",
                "0",
                "only the service's own tasks; give --container-instances",
            ),
        }
        if !host.accepts_tasks {
            section.read(
                "accepts_tasks",
                "false",
                format!("{file}: status is not ACTIVE, or agentConnected is false"),
            );
        }
        section
    }

    fn recorded_sections(&self, found: &Found) -> Vec<Section> {
        let file = &self.service.file;
        let recorded = found.deployments.iter().filter_map(|deployment| {
            let completed = deployment.completed()?;
            let mut section = Section::item("recorded");
            section.read(
                "at",
                write::string(&deployment.requested_at.to_string()),
                match deployment.request {
                    Request::Recorded => format!("{file}: deployments[].createdAt"),
                    Request::Estimated => format!(
                        "{file}: events, {} s before the first one of the deployment",
                        REQUEST_TO_FIRST_EVENT.0
                    ),
                },
            );
            section.read(
                "completed",
                write::seconds(completed),
                format!("{file}: events, until \"deployment completed\" or steady state"),
            );
            if deployment.tasks() != self.desired_count {
                section.remark(format!("the desired count was {} then", deployment.tasks()));
            }
            Some(section)
        });
        recorded.collect()
    }

    fn size(&self) -> TaskSize {
        self.task_definition
            .as_ref()
            .map_or(TYPICAL_SIZE, |task| TaskSize {
                cpu: task.content.reserved_cpu(),
                memory_mib: task.content.reserved_memory(),
            })
    }

    fn stop_timeout(&self) -> Option<u32> {
        let containers = &self.task_definition.as_ref()?.content.container_definitions;
        containers
            .iter()
            .filter_map(|container| container.stop_timeout)
            .max()
    }

    fn attribute(&self, key: &str) -> Option<u32> {
        self.target_group_attributes.as_ref()?.content.seconds(key)
    }

    /// Launch type and the field it is from.
    fn launch_type(&self) -> (LaunchType, String) {
        let file = &self.service.file;
        let service = &self.service.content;
        let providers = &service.capacity_provider_strategy;
        if !providers.is_empty() {
            let names: Vec<&str> = providers
                .iter()
                .filter_map(|provider| provider.capacity_provider.as_deref())
                .collect();
            let fargate = names
                .iter()
                .any(|name| matches!(*name, "FARGATE" | "FARGATE_SPOT"));
            return (
                if fargate {
                    LaunchType::Fargate
                } else {
                    LaunchType::Ec2
                },
                format!("{file}: capacityProviderStrategy {}", names.join(", ")),
            );
        }
        let of_deployment = service
            .deployments
            .first()
            .and_then(|newest| newest.launch_type.as_deref());
        match service.launch_type.as_deref().or(of_deployment) {
            Some("FARGATE") => (LaunchType::Fargate, format!("{file}: launchType")),
            Some(_) => (LaunchType::Ec2, format!("{file}: launchType")),
            None => (
                LaunchType::Ec2,
                format!("{file}: has no launchType: the provider's default"),
            ),
        }
    }

    /// Network mode and the field it is from, if any.
    fn network_mode(&self) -> (NetworkMode, Option<String>) {
        if let Some(task) = &self.task_definition {
            let file = &task.file;
            return match task.content.network_mode.as_deref() {
                Some("awsvpc") => (NetworkMode::AwsVpc, Some(format!("{file}: networkMode"))),
                Some("host") => (NetworkMode::Host, Some(format!("{file}: networkMode"))),
                Some(_) => (NetworkMode::Bridge, Some(format!("{file}: networkMode"))),
                None => (
                    NetworkMode::Bridge,
                    Some(format!(
                        "{file}: has no networkMode: the provider's default"
                    )),
                ),
            };
        }
        if self
            .service
            .content
            .network_configuration
            .awsvpc_configuration
            .is_some()
        {
            let from = format!(
                "{}: networkConfiguration.awsvpcConfiguration",
                self.service.file
            );
            return (NetworkMode::AwsVpc, Some(from));
        }
        match &self.target_group {
            Some(group) if group.content.target_type.as_deref() == Some("ip") => (
                NetworkMode::AwsVpc,
                Some(format!("{}: TargetType ip", group.file)),
            ),
            _ => (NetworkMode::Bridge, None),
        }
    }

    /// Host port in bridge mode and the field it is from, if any.
    fn host_port(&self) -> (HostPort, Option<String>) {
        if let Some(task) = &self.task_definition {
            let mut mappings = task
                .content
                .container_definitions
                .iter()
                .flat_map(|one| &one.port_mappings);
            let fixed = mappings.any(|mapping| mapping.host_port.is_some_and(|port| port != 0));
            return (
                if fixed {
                    HostPort::Static
                } else {
                    HostPort::Dynamic
                },
                Some(format!("{}: portMappings[].hostPort", task.file)),
            );
        }
        match self.load_balancer_kind() {
            Some((LoadBalancerKind::Clb, _)) => (
                HostPort::Static,
                Some(format!(
                    "{}: a classic load balancer needs static ports",
                    self.service.file
                )),
            ),
            _ => (HostPort::Dynamic, None),
        }
    }

    fn has_distinct_instances(&self) -> bool {
        let constraints = &self.service.content.placement_constraints;
        constraints
            .iter()
            .any(|constraint| constraint.kind.as_deref() == Some("distinctInstance"))
    }

    /// The load balancer and the field its kind is from, if any.
    fn load_balancer_kind(&self) -> Option<(LoadBalancerKind, Option<String>)> {
        let first = self.service.content.load_balancers.first()?;
        if first.target_group_arn.is_none() && first.load_balancer_name.is_some() {
            let from = format!("{}: loadBalancers[].loadBalancerName", self.service.file);
            return Some((LoadBalancerKind::Clb, Some(from)));
        }
        let stated = self.target_group.as_ref().and_then(|group| {
            Some((
                group.content.kind()?,
                Some(format!("{}: Protocol", group.file)),
            ))
        });
        Some(stated.unwrap_or((LoadBalancerKind::Alb, None)))
    }

    /// The region in the first ARN that has one, and where that is.
    fn region(&self) -> Option<(&str, String)> {
        let service = &self.service.content;
        [
            ("serviceArn", &service.arn),
            ("clusterArn", &service.cluster_arn),
            ("taskDefinition", &service.task_definition),
        ]
        .into_iter()
        .find_map(|(field, arn)| {
            let region = arn
                .as_deref()?
                .split(':')
                .nth(3)
                .filter(|region| !region.is_empty())?;
            Some((region, format!("{}: {field}", self.service.file)))
        })
    }
}

const fn default_healthy_threshold(kind: LoadBalancerKind) -> u32 {
    match kind {
        LoadBalancerKind::Alb | LoadBalancerKind::Nlb => 5,
        LoadBalancerKind::Clb => 10,
    }
}

/// Why a default stands: the file lacks the field, or is lacking itself.
fn absent<T>(described: Option<&Named<T>>, option: &str) -> String {
    match described {
        Some(described) => format!("not in {}: the provider's default", described.file),
        None => format!("the provider's default; give {option}"),
    }
}
