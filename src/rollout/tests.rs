//! Packing, stuck deployments and their fixes, and properties checked against a search through
//! every order of events.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::scenario::{
    AddedHost, Billing, Capacity, Clock, Cluster, Daemon, Deployment, DurationLaw, Fallback,
    Granularity, HealthRule, HostGroup, HostPort, HostShape, LaunchType, LicenceCount, Limits,
    LoadBalancer, LoadBalancerKind, MayChange, NetworkMode, PaidHour, Prescale, PrescaleMode,
    Purchase, Recommend, ReleaseHosts, Service, Spot, TaskSize, Timing, Used, ZoneLoss,
};
use crate::units::{PerHour, Seconds, Usd, UsdPerHour};

/// A service of 256 CPU units and 512 MiB whose room nothing limits.
pub(super) fn with_unlimited_room(desired: u32, minimum: u32, maximum: u32) -> Scenario {
    let none = DurationLaw::fixed(Seconds::ZERO);
    Scenario {
        service: Service {
            name: "web".to_owned(),
            desired_count: desired,
            size: Some(TaskSize {
                cpu: 256,
                memory_mib: 512,
            }),
            network_mode: NetworkMode::Bridge,
            host_port: HostPort::Dynamic,
            distinct_instance: false,
            launch_type: LaunchType::Ec2,
            health_check_grace_period: None,
            longest_request: None,
            timing: Timing {
                start: none,
                ready: none,
                stop: none,
                stop_timeout: Seconds::ZERO,
                cold_start_extra: none,
                together: crate::scenario::Together::default(),
            },
            load_balancer: None,
            health_check: None,
            required_tasks: None,
            required_range: None,
            desired_range: None,
            placement: crate::scenario::Placement::Spread,
            waiting: None,
            failed_start_probability: 0.0,
        },
        deployment: Deployment {
            minimum_healthy_percent: minimum,
            maximum_percent: maximum,
            per_day: None,
            days_per_month: None,
            window_hours: None,
            reaction: none,
            completion_lag: Seconds::ZERO,
            stopping_counts: true,
            failure: crate::scenario::Failure {
                rate: 0.0,
                detection: crate::scenario::Detection::CircuitBreaker,
            },
        },
        capacity: Capacity::Unlimited,
        prescale: Prescale {
            hosts: 0,
            spot_share: 0.0,
            mode: PrescaleMode::Before,
            reactive: false,
            boot: none,
            release: Seconds::ZERO,
            lead_overlap: Seconds::ZERO,
            release_hosts: ReleaseHosts::Emptiest,
            storage_per_host_month: Usd(0.0),
            host: None,
        },
        spot: Spot {
            correlation: 0.5,
            fulfilment: 1.0,
            fulfilment_time: none,
            fallback: Fallback::OnDemand,
            assumptions: Vec::new(),
        },
        capacity_provider: None,
        overlap: None,
        billing: Billing {
            granularity: Granularity::Second,
            free_hours_per_month: 0.0,
            paid_hour: PaidHour::Lost,
        },
        fargate: None,
        usd_per_minute: None,
        limits: Limits::default(),
        recommend: Recommend {
            clock: Clock::Completed,
            may_change: MayChange {
                percents: true,
                prescale: true,
                headroom: true,
                spot: true,
                health_check: false,
                deregistration_delay: false,
            },
        },
        recorded: Vec::new(),
        origins: Vec::new(),
        assumptions: Vec::new(),
    }
}

/// The same with one host for each task, of which one more could be added.
pub(super) fn without_room(desired: u32, minimum: u32, maximum: u32) -> Scenario {
    let shape = host("small", 256, 512);
    on_hosts(
        with_unlimited_room(desired, minimum, maximum),
        vec![group(shape, desired)],
        Vec::new(),
    )
}

/// On these hosts; what is added is as the first of them.
fn on_hosts(mut scenario: Scenario, hosts: Vec<HostGroup>, daemons: Vec<Daemon>) -> Scenario {
    scenario.prescale.host = hosts.first().map(|group| AddedHost {
        shape: group.shape.clone(),
        on_demand: UsdPerHour::ZERO,
        spot: None,
        interruption: PerHour::ZERO,
    });
    scenario.capacity = Capacity::Hosts(Cluster {
        region: None,
        hosts,
        daemons,
        host_extra: UsdPerHour::ZERO,
        cold_pull_gib: 0.0,
        nat_usd_per_gib: 0.0,
        committed_hosts: 0,
        zone_loss: ZoneLoss::NEVER,
    });
    scenario
}

fn host(instance_type: &str, registered_cpu: u32, registered_memory_mib: u32) -> HostShape {
    HostShape {
        instance_type: instance_type.to_owned(),
        registered_cpu,
        registered_memory_mib,
        task_interfaces: None,
    }
}

fn group(shape: HostShape, count: u32) -> HostGroup {
    HostGroup {
        shape,
        count,
        purchase: Purchase::OnDemand,
        usd_per_hour: UsdPerHour::ZERO,
        accepts_tasks: true,
        zone: None,
        interruption: PerHour::ZERO,
        used: Used::default(),
    }
}

fn daemon(cpu: u32, memory_mib: u32) -> Daemon {
    Daemon {
        name: "fluentd".to_owned(),
        cpu,
        memory_mib,
        usd_per_host_month: Usd::ZERO,
        counted: LicenceCount::Hours,
    }
}

/// Two tasks of 512 CPU units and 1024 MiB on two hosts that hold one each beside a daemon.
fn two_tasks_on_two_small_hosts(minimum: u32, maximum: u32) -> Scenario {
    let mut scenario = with_unlimited_room(2, minimum, maximum);
    scenario.service.size = Some(TaskSize {
        cpu: 512,
        memory_mib: 1024,
    });
    let small = host("t3.small", 2048, 1904);
    on_hosts(scenario, vec![group(small, 2)], vec![daemon(64, 128)])
}

fn hosts_of(scenario: &mut Scenario) -> &mut Vec<HostGroup> {
    match &mut scenario.capacity {
        Capacity::Hosts(cluster) => &mut cluster.hosts,
        Capacity::FreeTasks(_) | Capacity::Unlimited => panic!("no hosts"),
    }
}

fn warm(scenario: &Scenario) -> Option<u32> {
    room(scenario, Added::default())
        .expect("the desired count fits")
        .warm
}

fn stuck(scenario: &Scenario) -> Stuck {
    match verdict(scenario) {
        Ok(Verdict::Stuck(stuck)) => stuck,
        other => panic!("not stuck: {other:?}"),
    }
}

/// The fixes as `key: from → to`.
fn fixes(scenario: &Scenario) -> Vec<String> {
    stuck(scenario)
        .fix
        .iter()
        .map(|fix| format!("{}: {} → {}", fix.key, fix.from, fix.to))
        .collect()
}

#[test]
fn two_small_hosts_hold_one_task_of_1024_mib_each() {
    let scenario = two_tasks_on_two_small_hosts(100, 200);
    let places = places_on_added(&scenario);
    assert_eq!(
        places,
        Some(Places {
            count: 1,
            limited_by: Limit::Memory
        })
    );
    assert_eq!(warm(&scenario), Some(0));
}

#[test]
fn two_pre_scaled_hosts_make_room_for_the_whole_surge() {
    let mut scenario = two_tasks_on_two_small_hosts(100, 200);
    scenario.prescale.hosts = 2;
    let moves = scenario_moves(&scenario).expect("the desired count fits");
    assert_eq!(
        moves.room,
        Room {
            warm: Some(0),
            cold: 2
        }
    );
    assert_eq!(
        (moves.surge, moves.slack, moves.min_healthy, moves.peak),
        (2, 0, 2, 4)
    );

    scenario.prescale.mode = PrescaleMode::Standing;
    let moves = scenario_moves(&scenario).expect("the desired count fits");
    assert_eq!(
        moves.room,
        Room {
            warm: Some(2),
            cold: 0
        }
    );
}

#[test]
fn one_micro_host_holds_three_small_tasks() {
    let mut scenario = with_unlimited_room(2, 100, 200);
    scenario.service.size = Some(TaskSize {
        cpu: 128,
        memory_mib: 256,
    });
    let scenario = on_hosts(
        scenario,
        vec![group(host("t2.micro", 1024, 952), 1)],
        Vec::new(),
    );
    assert_eq!(warm(&scenario), Some(1));
    assert_eq!(scenario_moves(&scenario).map(|moves| moves.surge), Ok(1));
}

#[test]
fn half_a_task_free_on_every_host_is_no_room() {
    let scenario = with_unlimited_room(4, 100, 200);
    let scenario = on_hosts(scenario, vec![group(host("odd", 4096, 768), 4)], Vec::new());
    assert_eq!(warm(&scenario), Some(0));
}

#[test]
fn each_resource_can_be_the_one_that_runs_out() {
    let mut service = with_unlimited_room(1, 100, 200).service;
    let mut shape = host("large", 2048, 8192);
    let on = |shape: &HostShape, used: Used, service: &Service| {
        places_on(shape, used, &[daemon(256, 1024)], service)
    };
    let places = |count, limited_by| Places { count, limited_by };
    let none = Used::default();
    assert_eq!(on(&shape, none, &service), places(7, Limit::Cpu));
    let others = Used {
        cpu: 512,
        memory_mib: 6144,
        interfaces: 2,
    };
    assert_eq!(on(&shape, others, &service), places(2, Limit::Memory));
    let all = Used { cpu: 9999, ..none };
    assert_eq!(on(&shape, all, &service), places(0, Limit::Cpu));

    shape.task_interfaces = Some(3);
    assert_eq!(on(&shape, none, &service), places(7, Limit::Cpu));
    service.network_mode = NetworkMode::AwsVpc;
    assert_eq!(on(&shape, none, &service), places(3, Limit::Interfaces));
    assert_eq!(on(&shape, others, &service), places(1, Limit::Interfaces));

    service.distinct_instance = true;
    assert_eq!(on(&shape, none, &service), places(1, Limit::HostPort));
    service.distinct_instance = false;
    service.host_port = HostPort::Static;
    assert_eq!(on(&shape, none, &service), places(1, Limit::HostPort));

    service.size = None;
    assert_eq!(on(&shape, none, &service).count, 0);
}

#[test]
fn a_host_that_takes_no_tasks_has_no_room() {
    let mut scenario = without_room(2, 100, 200);
    let mut idle = group(host("large", 8192, 8192), 3);
    idle.accepts_tasks = false;
    hosts_of(&mut scenario).push(idle);
    assert_eq!(warm(&scenario), Some(0));
    hosts_of(&mut scenario)[1].accepts_tasks = true;
    assert_eq!(warm(&scenario), Some(48));
}

#[test]
fn room_that_is_only_known_as_a_number_is_taken_as_it_is() {
    let mut scenario = with_unlimited_room(4, 100, 200);
    scenario.capacity = Capacity::FreeTasks(3);
    scenario.service.size = None;
    assert_eq!(warm(&scenario), Some(3));
    assert_eq!(scenario_moves(&scenario).map(|moves| moves.surge), Ok(3));
}

#[test]
fn fewer_places_than_desired_is_an_error_that_names_what_limits() {
    let mut scenario = two_tasks_on_two_small_hosts(50, 100);
    scenario.service.desired_count = 3;
    let error = room(
        &scenario,
        Added {
            before: 5,
            standing: 0,
        },
    )
    .expect_err("cold hosts come later");
    assert_eq!(
        error.to_string(),
        "the hosts have places for 2 of the 3 desired tasks: memory runs out first"
    );
    assert!(
        room(
            &scenario,
            Added {
                before: 0,
                standing: 1
            }
        )
        .is_ok()
    );
    hosts_of(&mut scenario).clear();
    assert_eq!(
        verdict(&scenario),
        Err(TooFewPlaces {
            places: 0,
            desired: 3,
            limited_by: None
        })
    );
}

#[test]
fn what_the_first_act_may_do() {
    for (desired, minimum, maximum, surge, slack, min_healthy, peak) in [
        (4, 50, 100, 0, 2, 2, 4),
        (4, 100, 200, 4, 0, 4, 8),
        (4, 75, 100, 0, 1, 3, 4),
        (5, 0, 100, 0, 5, 0, 5),
        (5, 50, 100, 0, 2, 3, 5),
        (3, 0, 200, 3, 3, 0, 6),
        (2, 100, 200, 2, 0, 2, 4),
        (2, 75, 100, 0, 0, 2, 2),
        (3, 100, 125, 0, 0, 3, 3),
        (4, 100, 300, 4, 0, 4, 8),
    ] {
        let scenario = with_unlimited_room(desired, minimum, maximum);
        let moves = scenario_moves(&scenario).expect("room is unlimited");
        assert_eq!(
            (moves.surge, moves.slack, moves.min_healthy, moves.peak),
            (surge, slack, min_healthy, peak),
            "{desired} tasks, {minimum}/{maximum}"
        );
    }
}

#[test]
fn tasks_that_need_not_count_while_stopping_pile_up_to_all_old_and_all_new() {
    let mut scenario = with_unlimited_room(4, 75, 125);
    scenario.deployment.stopping_counts = false;
    assert_eq!(scenario_moves(&scenario).map(|moves| moves.peak), Ok(8));
    scenario.capacity = Capacity::FreeTasks(2);
    assert_eq!(scenario_moves(&scenario).map(|moves| moves.peak), Ok(6));
}

#[test]
fn with_room_but_no_surge_the_maximum_percent_binds() {
    let scenario = with_unlimited_room(3, 100, 125);
    assert_eq!(stuck(&scenario).bound, Bound::MaximumPercent);
    assert_eq!(
        stuck(&scenario).reason,
        "no task may stop (lower bound 3, desired count 3) \
         and none may be added: 125 % of 3 rounds down to 3"
    );
    assert_eq!(
        fixes(&scenario),
        [
            "deployment.maximum_percent: 125 → 150",
            "deployment.minimum_healthy_percent: 100 → 50",
        ]
    );
    assert_eq!(
        fixes(&with_unlimited_room(2, 75, 100)),
        [
            "deployment.minimum_healthy_percent: 75 → 50",
            "deployment.maximum_percent: 100 → 150",
        ]
    );
    assert_eq!(
        fixes(&with_unlimited_room(4, 100, 100)),
        [
            "deployment.maximum_percent: 100 → 125",
            "deployment.minimum_healthy_percent: 100 → 75",
        ]
    );
    assert_eq!(
        fixes(&with_unlimited_room(250, 100, 100)),
        [
            "deployment.maximum_percent: 100 → 101",
            "deployment.minimum_healthy_percent: 100 → 99",
        ]
    );
}

#[test]
fn one_task_needs_a_second_beside_it_or_none_at_all() {
    assert_eq!(
        fixes(&with_unlimited_room(1, 50, 199)),
        [
            "deployment.maximum_percent: 199 → 200",
            "deployment.minimum_healthy_percent: 50 → 0",
        ]
    );
}

#[test]
fn without_room_the_hosts_bind() {
    let scenario = two_tasks_on_two_small_hosts(100, 200);
    assert_eq!(stuck(&scenario).bound, Bound::HostRoom);
    assert_eq!(
        fixes(&scenario),
        [
            "deployment.minimum_healthy_percent: 100 → 50",
            "prescale.hosts: 0 → 1",
        ]
    );
    let neither_bound_nor_room = two_tasks_on_two_small_hosts(100, 100);
    assert_eq!(stuck(&neither_bound_nor_room).bound, Bound::HostRoom);
    assert_eq!(
        fixes(&neither_bound_nor_room),
        ["deployment.minimum_healthy_percent: 100 → 50"]
    );
}

#[test]
fn a_host_too_small_for_a_task_frees_nothing() {
    let mut scenario = without_room(2, 100, 200);
    if let Some(host) = &mut scenario.prescale.host {
        host.shape.registered_memory_mib = 511;
    }
    assert_eq!(
        fixes(&scenario),
        ["deployment.minimum_healthy_percent: 100 → 50"]
    );
}

#[test]
fn the_port_binds_where_there_were_room_without_it() {
    let mut scenario = with_unlimited_room(2, 100, 200);
    scenario.service.host_port = HostPort::Static;
    let large = host("large", 2048, 8192);
    let mut scenario = on_hosts(scenario, vec![group(large, 2)], Vec::new());
    assert_eq!(stuck(&scenario).bound, Bound::HostPort);
    let percent = "deployment.minimum_healthy_percent: 100 → 50";
    let host = "prescale.hosts: 0 → 1";
    let port = "service.host_port: \"static\" → \"dynamic\"";
    assert_eq!(fixes(&scenario), [percent, host, port]);

    scenario.service.load_balancer = Some(classic_load_balancer());
    assert_eq!(fixes(&scenario), [percent, host]);
    scenario.service.load_balancer = None;
    scenario.service.network_mode = NetworkMode::Host;
    assert_eq!(fixes(&scenario), [percent, host]);
}

#[test]
fn one_task_to_an_instance_binds_as_the_port_does() {
    let mut scenario = with_unlimited_room(2, 100, 200);
    scenario.service.distinct_instance = true;
    let large = host("large", 2048, 8192);
    let scenario = on_hosts(scenario, vec![group(large, 2)], Vec::new());
    assert_eq!(stuck(&scenario).bound, Bound::HostPort);
    assert_eq!(
        stuck(&scenario).reason,
        "no task may stop (lower bound 2, desired count 2) \
         and no further host takes one: distinct_instance allows one task on a host"
    );
    assert!(fixes(&scenario).contains(&"service.distinct_instance: true → false".to_owned()));
}

#[test]
fn a_static_port_on_full_hosts_is_not_why() {
    let mut scenario = without_room(2, 100, 200);
    scenario.service.host_port = HostPort::Static;
    assert_eq!(stuck(&scenario).bound, Bound::HostRoom);
}

#[test]
fn percents_out_of_range_are_stuck_with_a_way_back() {
    let above = with_unlimited_room(4, 200, 150);
    assert_eq!(stuck(&above).bound, Bound::MinimumHealthyPercent);
    assert_eq!(
        fixes(&above),
        ["deployment.minimum_healthy_percent: 200 → 100"]
    );
    let below = with_unlimited_room(4, 50, 75);
    assert_eq!(stuck(&below).bound, Bound::MaximumPercent);
    assert_eq!(fixes(&below), ["deployment.maximum_percent: 75 → 100"]);
    assert_eq!(
        lockstep(&scenario_moves(&below).expect("room is unlimited")),
        []
    );
}

#[test]
fn a_stuck_deployment_serializes_as_scripts_read_it() {
    let json = serde_json::to_string(&stuck(&two_tasks_on_two_small_hosts(100, 100)));
    assert_eq!(
        json.expect("plain data"),
        r#"{"bound":"host_room","reason":"no task may stop (lower bound 2, desired count 2) and no host has room for another","fix":[{"key":"deployment.minimum_healthy_percent","from":100,"to":50}]}"#
    );
}

fn classic_load_balancer() -> LoadBalancer {
    LoadBalancer {
        kind: LoadBalancerKind::Clb,
        health_check_interval: Seconds(30.0),
        healthy_threshold: 10,
        unhealthy_threshold: 2,
        deregistration_delay: Seconds(300.0),
        health_rule: HealthRule::Threshold,
        registration_delay: DurationLaw::fixed(Seconds::ZERO),
        slow_start: Seconds::ZERO,
    }
}

/// The tasks of a deployment between two events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tasks {
    old: u32,
    stopping: u32,
    starting: u32,
    healthy: u32,
}

/// What every order of events together reaches: the fewest healthy, the most in existence, and
/// whether all ended new.
fn every_order_of_events(moves: &Moves) -> (u32, u32, bool) {
    let first = Tasks {
        old: moves.desired,
        stopping: 0,
        starting: 0,
        healthy: 0,
    };
    let (mut seen, mut open) = (BTreeSet::new(), vec![first]);
    let (mut fewest, mut most, mut ended_new) = (moves.desired, moves.desired, true);
    while let Some(mut tasks) = open.pop() {
        // One task at a time, each move asked for on its own: first stops, then starts.
        while tasks.old > 0 && tasks.old + tasks.healthy > moves.bounds.lower {
            tasks.old -= 1;
            tasks.stopping += 1;
        }
        loop {
            let permitted = tasks.old + tasks.starting + tasks.healthy;
            let existing = permitted + tasks.stopping;
            let counted = if moves.stopping_counts {
                existing
            } else {
                permitted
            };
            let placed = moves
                .room
                .warm
                .is_none_or(|warm| existing < moves.desired + warm);
            let missing = tasks.starting + tasks.healthy < moves.desired;
            if !(missing && placed && counted < moves.bounds.upper) {
                break;
            }
            tasks.starting += 1;
        }
        if !seen.insert(tasks) {
            continue;
        }
        fewest = fewest.min(tasks.old + tasks.healthy);
        most = most.max(tasks.old + tasks.stopping + tasks.starting + tasks.healthy);
        if tasks.stopping > 0 {
            open.push(Tasks {
                stopping: tasks.stopping - 1,
                ..tasks
            });
        }
        if tasks.starting > 0 {
            let (starting, healthy) = (tasks.starting - 1, tasks.healthy + 1);
            open.push(Tasks {
                starting,
                healthy,
                ..tasks
            });
        }
        if tasks.stopping == 0 && tasks.starting == 0 {
            ended_new &= tasks.old == 0 && tasks.healthy == moves.desired;
        }
    }
    (fewest, most, ended_new)
}

/// Places counted task by task: whether each further task finds a host with all it needs.
fn filled_one_by_one(cluster: &Cluster, service: &Service) -> u32 {
    let size = service.size.expect("a size");
    let mut count = 0;
    for group in cluster.hosts.iter().filter(|group| group.accepts_tasks) {
        for _ in 0..group.count {
            let mut cpu = group.used.cpu;
            let mut memory = group.used.memory_mib;
            for daemon in &cluster.daemons {
                cpu += daemon.cpu;
                memory += daemon.memory_mib;
            }
            let mut here = 0;
            while cpu + size.cpu <= group.shape.registered_cpu
                && memory + size.memory_mib <= group.shape.registered_memory_mib
                && !(here == 1 && service.host_port == HostPort::Static)
            {
                cpu += size.cpu;
                memory += size.memory_mib;
                here += 1;
            }
            count += here;
        }
    }
    count
}

prop_compose! {
    fn any_group()(
        cpu in 0_u32..2048, memory in 0_u32..2048, count in 0_u32..3,
        used_cpu in 0_u32..1024, used_memory in 0_u32..1024, accepts_tasks in any::<bool>(),
    ) -> HostGroup {
        HostGroup {
            accepts_tasks,
            used: Used { cpu: used_cpu, memory_mib: used_memory, interfaces: 0 },
            ..group(host("any", cpu, memory), count)
        }
    }
}

prop_compose! {
    fn any_scenario()(
        desired in 1_u32..5,
        minimum in prop_oneof![Just(100_u32), 0_u32..=100],
        maximum in prop_oneof![Just(100_u32), 100_u32..=200],
        hosts in prop::collection::vec(any_group(), 1..5), port in any::<bool>(),
        daemon_cpu in 0_u32..128, daemon_memory in 0_u32..128,
    ) -> Scenario {
        let mut scenario = with_unlimited_room(desired, minimum, maximum);
        if port {
            scenario.service.host_port = HostPort::Static;
        }
        on_hosts(scenario, hosts, vec![daemon(daemon_cpu, daemon_memory)])
    }
}

proptest! {
    #[test]
    fn places_are_what_filling_the_hosts_one_by_one_finds(scenario in any_scenario()) {
        let Capacity::Hosts(cluster) = &scenario.capacity else { unreachable!() };
        let filled = filled_one_by_one(cluster, &scenario.service);
        let desired = scenario.service.desired_count;
        match room(&scenario, Added::default()) {
            Ok(room) => prop_assert_eq!(room.total(), Some(filled - desired)),
            Err(error) => {
                prop_assert_eq!(error.places, filled);
                prop_assert!(filled < desired);
            }
        }
    }

    #[test]
    fn room_never_decreases_when_a_host_is_added(scenario in any_scenario(), more in any_group()) {
        let mut larger = scenario.clone();
        hosts_of(&mut larger).push(more);
        for added in [
            Added::default(),
            Added { before: 1, standing: 0 },
            Added { before: 0, standing: 1 },
        ] {
            if let Ok(before) = room(&scenario, Added::default()) {
                let after = room(&larger, added).expect("no place was taken away");
                prop_assert!(after.total() >= before.total());
            }
        }
    }

    #[test]
    fn every_order_of_events_keeps_to_the_moves(
        desired in 1_u32..6, minimum in 0_u32..=100, maximum in 100_u32..=200,
        warm in prop::option::of(0_u32..7), stopping_counts in any::<bool>(),
    ) {
        let mut scenario = with_unlimited_room(desired, minimum, maximum);
        scenario.deployment.stopping_counts = stopping_counts;
        let moves = moves(&scenario, bounds(desired, minimum, maximum), Room { warm, cold: 0 });
        let (fewest, most, ended_new) = every_order_of_events(&moves);
        prop_assert_eq!(moves.min_healthy, fewest);
        prop_assert_eq!(moves.peak, most);
        prop_assert_eq!(moves.is_stuck(), !ended_new);
        prop_assert_eq!(moves.is_stuck(), moves.surge == 0 && moves.slack == 0);

        let steps = lockstep(&moves);
        let replaced = if moves.is_stuck() { 0 } else { desired };
        prop_assert_eq!(steps.iter().map(|step| step.stopped).sum::<u32>(), replaced);
        prop_assert_eq!(steps.iter().map(|step| step.started).sum::<u32>(), replaced);
    }

    #[test]
    fn every_fix_frees_alone_and_there_is_always_one(scenario in any_scenario()) {
        if let Ok(Verdict::Stuck(stuck)) = verdict(&scenario) {
            prop_assert!(!stuck.fix.is_empty());
            for fix in &stuck.fix {
                let mut changed = scenario.clone();
                let percent = || u32::try_from(fix.to.as_u64().expect("a number")).expect("small");
                match fix.key.as_str() {
                    "deployment.maximum_percent" => changed.deployment.maximum_percent = percent(),
                    "deployment.minimum_healthy_percent" => {
                        changed.deployment.minimum_healthy_percent = percent();
                    }
                    "prescale.hosts" => changed.prescale.hosts = percent(),
                    "service.host_port" => changed.service.host_port = HostPort::Dynamic,
                    key => prop_assert!(false, "a fix of {key}"),
                }
                let moves = scenario_moves(&changed).expect("no place was taken away");
                prop_assert!(every_order_of_events(&moves_on_warm_hosts(moves)).2);
            }
        }
    }
}

/// Cold places taken as warm ones: the same number.
fn moves_on_warm_hosts(moves: Moves) -> Moves {
    let room = Room {
        warm: moves.room.total(),
        cold: 0,
    };
    Moves {
        room,
        cold: 0,
        ..moves
    }
}
