//! What each key of a scenario means, in a sentence: what editors show beside it.

/// The meaning of a key or table at a path without the numbers of list items; absent where there
/// is no such key.
#[must_use]
pub fn meaning(path: &str) -> Option<&'static str> {
    let (table, key) = path.rsplit_once('.').unwrap_or(("", path));
    let known = match table {
        "" => MEANINGS_OF_TABLES,
        "service" => SERVICE,
        "service.timing" => TIMING,
        "service.load_balancer" => LOAD_BALANCER,
        "service.health_check" => HEALTH_CHECK,
        "service.load" => LOAD,
        "deployment" => DEPLOYMENT,
        "cluster" => CLUSTER,
        "cluster.hosts" => HOSTS,
        "cluster.daemons" => DAEMONS,
        "cluster.concurrent_deployments" => CONCURRENT_DEPLOYMENTS,
        "cluster.capacity_provider" => CAPACITY_PROVIDER,
        "prescale" => PRESCALE,
        "spot" => SPOT,
        "billing" => BILLING,
        "prices.fargate" => FARGATE_PRICES,
        "value" => VALUE,
        "limits" => LIMITS,
        "recommend" => RECOMMEND,
        "recorded" => RECORDED,
        "origin" => ORIGIN,
        _ => return None,
    };
    let found = known.iter().find(|(name, _)| *name == key);
    found.map(|(_, meaning)| *meaning)
}

type Meanings = &'static [(&'static str, &'static str)];

const MEANINGS_OF_TABLES: Meanings = &[
    ("service", "What is deployed."),
    ("deployment", "How it is deployed, and how often."),
    ("cluster", "Where the tasks run."),
    (
        "prescale",
        "Hosts that are added to make room for a deployment, and how they come and go.",
    ),
    ("billing", "How hosts are billed."),
    (
        "prices",
        "Prices that the catalog does not know, or that are yours: USD an hour by instance type.",
    ),
    ("value", "What waiting is worth."),
    ("limits", "What a recommended plan must keep to."),
    (
        "recommend",
        "What the recommendation optimises and may change.",
    ),
    (
        "recorded",
        "Past deployments that the prediction is compared with.",
    ),
    ("spot", "How spot hosts come and go."),
    (
        "origin",
        "Which of the values given were measured, imported or assumed, by their keys.",
    ),
];

const SERVICE: Meanings = &[
    ("name", "Its name, as in the orchestrator."),
    (
        "desired_count",
        "Desired count: how many tasks run between deployments.",
    ),
    (
        "desired_range",
        "The fewest and the most tasks that service auto scaling moves the desired count between, \
         such as [2, 20]: recommended percents move at each of them.",
    ),
    (
        "placement",
        "Onto which hosts with room tasks are placed: spread evenly, or binpack onto few.",
    ),
    (
        "failed_start_probability",
        "Share of the starts of a good version that fail and are made again.",
    ),
    ("cpu", "CPU units that a task reserves; 1024 are one vCPU."),
    ("memory_mib", "Memory that a task reserves [MiB]."),
    (
        "network_mode",
        "How a task is attached to the network; awsvpc gives it an interface of its own.",
    ),
    (
        "host_port",
        "Whether its port on the host is any free one, or fixed: then a host holds one task.",
    ),
    (
        "distinct_instance",
        "At most one task of the service on a host, whatever its ports.",
    ),
    ("launch_type", "Who brings the hosts."),
    (
        "health_check_grace_period",
        "How long a verdict \"unhealthy\" is ignored after a start; too short a one kills new tasks.",
    ),
    (
        "longest_request",
        "The longest request that a drain must let finish.",
    ),
    ("timing", "How long the phases of a task's life take."),
    (
        "load_balancer",
        "The load balancer with the settings of the target group; leave it out for none.",
    ),
    (
        "health_check",
        "The container's own health check; leave it out for none.",
    ),
    (
        "load",
        "How many tasks carry the load; without it, as many as are desired.",
    ),
];

const TIMING: Meanings = &[
    ("start", "From PENDING to RUNNING."),
    ("ready", "From RUNNING to answering the health check."),
    ("stop", "From SIGTERM to exit."),
    ("stop_timeout", "When SIGKILL follows SIGTERM."),
    (
        "cold_start_extra",
        "Added to start on a host that has not got the image.",
    ),
    (
        "pull_share",
        "Share of start in which tasks on one host share its line, such as the pull of the image.",
    ),
    (
        "start_cpu_seconds",
        "Work of one processor until a task is ready [s], part of ready: tasks that start together \
         on a host share its processors.",
    ),
];

const LOAD_BALANCER: Meanings = &[
    ("type", "Application, network or classic load balancer."),
    (
        "health_check_interval",
        "Time between two checks of a target.",
    ),
    (
        "healthy_threshold",
        "Passes in a row that make a target healthy again.",
    ),
    (
        "unhealthy_threshold",
        "Failures in a row that make a target unhealthy.",
    ),
    (
        "deregistration_delay",
        "How long a target drains before its task is stopped.",
    ),
    (
        "health_rule",
        "Whether a fresh target is healthy at its first passing check, or always after the \
         threshold.",
    ),
    (
        "registration_delay",
        "NLB: from registration to the first check.",
    ),
    (
        "slow_start",
        "How long the share of load of a new target rises to a full one: counts for capacity, not \
         for the clocks.",
    ),
];

const HEALTH_CHECK: Meanings = &[
    ("interval", "Time between two probes."),
    ("timeout", "How long a probe may take."),
    (
        "retries",
        "Failures in a row that make the container unhealthy.",
    ),
    (
        "start_period",
        "How long failures are not counted after the start.",
    ),
];

const LOAD: Meanings = &[
    ("required_tasks", "How many tasks carry the load."),
    (
        "required_range",
        "How many tasks carry the load at the fewest and at the most tasks of desired_range, such \
         as [1, 12]; absent: in proportion to the desired count.",
    ),
    ("requests_per_second", "Requests that arrive [1/s]."),
    (
        "task_requests_per_second",
        "Requests that one task serves at most [1/s].",
    ),
    (
        "wait_target",
        "The longest wait of a request that is none: the required tasks follow by Erlang C.",
    ),
    (
        "wait_probability",
        "Share of the requests that may wait longer than wait_target.",
    ),
];

const DEPLOYMENT: Meanings = &[
    ("orchestrator", "What deploys."),
    ("strategy", "How old tasks are replaced by new ones."),
    (
        "minimum_healthy_percent",
        "Share of the desired count that stays healthy by the scheduler's own moves, rounded up [%].",
    ),
    (
        "maximum_percent",
        "Share of the desired count that may exist at once, rounded down [%].",
    ),
    ("per_day", "Deployments on a day with deployments."),
    ("days_per_month", "Days with deployments in a month."),
    ("reaction", "From a change to the one move it allows."),
    (
        "completion_lag",
        "From the last change to \"deployment completed\", beyond one reaction.",
    ),
    (
        "stopping_counts",
        "Whether tasks that are stopping count towards the upper bound.",
    ),
    (
        "failure_rate",
        "Share of the deployments that fail and are rolled back.",
    ),
    (
        "circuit_breaker",
        "Whether the deployment circuit breaker finds those that fail.",
    ),
    (
        "failure_detection",
        "How long after the request a failing deployment is noticed, without the circuit breaker.",
    ),
    (
        "window_hours",
        "Hours of a day in which deployments begin [h].",
    ),
];

const CLUSTER: Meanings = &[
    ("region", "Region, for prices and spot."),
    ("hosts", "Groups of equal hosts."),
    ("daemons", "What every host runs one of."),
    (
        "free_tasks",
        "Room for so many more tasks, where the hosts are not known; nothing is billed.",
    ),
    (
        "eni_trunking",
        "Whether the account has trunking on, which gives awsvpc tasks more interfaces.",
    ),
    (
        "host_extra_usd_per_hour",
        "What a host costs beside its instance, such as disk and public address [USD/h].",
    ),
    (
        "cold_pull_gib",
        "What an added host pulls through NAT before its first task [GiB].",
    ),
    (
        "nat_usd_per_gib",
        "Price of a gibibyte through NAT [USD/GiB].",
    ),
    (
        "committed_hosts",
        "Hosts that are paid for in any case, such as by a savings plan: free at the margin.",
    ),
    (
        "zone_loss_per_month",
        "Probability that a zone is lost in a month; needs the zone of the hosts.",
    ),
    ("zone_outage", "How long a lost zone's hosts stay away."),
    (
        "concurrent_deployments",
        "Deployments of other services, which use the same room or wait for the same lock.",
    ),
    (
        "capacity_provider",
        "How ECS scales the hosts: tasks without a place wait in PROVISIONING for them.",
    ),
];

const HOSTS: Meanings = &[
    ("instance_type", "Instance type."),
    ("count", "How many."),
    ("purchase", "How they are bought."),
    (
        "accepts_tasks",
        "Whether tasks are placed on them; those that take none are paid for all the same.",
    ),
    ("registered_cpu", "CPU units that the host registers."),
    (
        "registered_memory_mib",
        "Memory that the host registers [MiB].",
    ),
    ("used_cpu", "CPU units that others use on each of them."),
    (
        "used_memory_mib",
        "Memory that others use on each of them [MiB].",
    ),
    (
        "used_interfaces",
        "Interfaces that others use on each of them.",
    ),
    ("usd_per_hour", "Price of one of them [USD/h]."),
    ("zone", "The zone they are in, such as \"1a\"."),
];

const DAEMONS: Meanings = &[
    ("name", "Its name."),
    ("cpu", "CPU units that it takes of every host."),
    ("memory_mib", "Memory that it takes of every host [MiB]."),
    (
        "usd_per_host_month",
        "Licence of the agent for one host and month [USD].",
    ),
    (
        "counted",
        "Whether the licence counts hours, or the month's high-water mark of hosts.",
    ),
];

const CONCURRENT_DEPLOYMENTS: Meanings = &[
    (
        "per_day",
        "Deployments of all other services of the cluster on a day with deployments.",
    ),
    (
        "duration",
        "How long each of them needs its room, or the lock.",
    ),
    (
        "tasks",
        "Room that each of them takes meanwhile, in tasks of this service.",
    ),
    (
        "lock",
        "Whether a lock lets one deployment of the cluster run at a time.",
    ),
];

const CAPACITY_PROVIDER: Meanings = &[
    (
        "managed_scaling",
        "Whether ECS adds hosts for tasks that wait, and takes idle ones.",
    ),
    (
        "target_capacity",
        "Share of the hosts that is kept in use [%]; below 100 the others stand free.",
    ),
    (
        "minimum_scaling_step_size",
        "Hosts that one step launches at least.",
    ),
    (
        "maximum_scaling_step_size",
        "Hosts that one step launches at most.",
    ),
    ("instance_warmup", "From one step to the next."),
    (
        "managed_termination_protection",
        "Whether scale-in spares hosts with tasks other than daemons.",
    ),
    (
        "alarm",
        "From tasks that wait to the launch of hosts: the metric and its alarm.",
    ),
];

const PRESCALE: Meanings = &[
    (
        "hosts",
        "How many hosts are added; with mode reactive the most that managed scaling may add.",
    ),
    ("spot_share", "Share of the added hosts that is spot."),
    (
        "mode",
        "Launched before each deployment, always on, on demand by managed scaling, or stopped in a \
         warm pool.",
    ),
    ("boot", "From the launch of a host to its first task."),
    ("release", "From an empty host to one that is not billed."),
    (
        "lead_overlap",
        "How much of the wait for hosts passes beside other work, such as a build.",
    ),
    (
        "release_hosts",
        "Which hosts go afterwards: those with the fewest tasks, or the added ones.",
    ),
    ("instance_type", "Instance type of the added hosts."),
    (
        "storage_usd_per_host_month",
        "What a stopped host of a warm pool costs, its disk [USD/month].",
    ),
];

const SPOT: Meanings = &[
    (
        "interruption_per_month",
        "Probability that a spot host is taken back in a month.",
    ),
    (
        "correlation",
        "Share of the interruptions that take all hosts of a type and zone at once.",
    ),
    ("fulfilment", "Probability that a request for one is met."),
    (
        "fulfilment_time",
        "From the request to the launch, or to knowing that it is not met.",
    ),
    ("fallback", "What happens where a request is not met."),
];

const BILLING: Meanings = &[
    (
        "granularity",
        "Whether hosts are billed by the second or by the started hour.",
    ),
    (
        "free_hours_per_month",
        "Instance hours that cost nothing each month [h].",
    ),
    (
        "reuse_paid_hour",
        "Whether a deployment uses hosts again whose started hour is paid for.",
    ),
];

const FARGATE_PRICES: Meanings = &[
    ("vcpu", "A vCPU on Fargate [USD/h]."),
    ("gb", "A gigabyte of memory on Fargate [USD/h]."),
];

const VALUE: Meanings = &[(
    "usd_per_minute",
    "What a minute of waiting for a deployment is worth [USD/min].",
)];

const LIMITS: Meanings = &[
    (
        "budget_usd_per_month",
        "The most that a month may cost [USD].",
    ),
    (
        "availability",
        "The least share of the month with the required tasks healthy.",
    ),
    (
        "max_duration",
        "The longest mean of lead and clock together; the wait for a lock comes before it.",
    ),
];

const RECOMMEND: Meanings = &[
    (
        "clock",
        "Which end counts: the new version live, or the deployment completed.",
    ),
    ("may_change", "What the recommendation may change."),
];

const RECORDED: Meanings = &[
    ("at", "When the deployment was requested."),
    ("completed", "From the request to \"completed\"."),
];

const ORIGIN: Meanings = &[
    ("measured", "Keys whose values were measured."),
    (
        "imported",
        "Keys whose values were read from a description of the service.",
    ),
    ("assumed", "Keys whose values were assumed."),
];
