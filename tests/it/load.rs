//! Grace period, waiting target, slow start, placement and starts that share a host, against values
//! computed by hand; rate limits on starts, against the simulation.

use prescale::explain::explain;
use prescale::model::phases::Phases;
use prescale::model::{Estimate, estimate};
use prescale::recommend::recommend;
use prescale::rollout::{Bound, scenario_moves};
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::simulate::{Asked, simulate};
use prescale::units::Seconds;

#[track_caller]
fn read(text: &str) -> Scenario {
    scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is good")
}

fn estimated(scenario: &Scenario) -> Estimate {
    estimate(scenario).expect("the desired count fits")
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() < tolerance,
        "{found:.2}, not {expected:.2}"
    );
}

/// One task behind an ALB that checks every 30 s: ready 50 s after RUNNING, the first passing check
/// at 50 s + U(0, 30 s], after two failures if that is later than 60 s: 2 of 3 tasks.
fn behind_a_balancer(grace: &str) -> Scenario {
    read(&format!(
        "[service]\ndesired_count = 1\n{grace}\ntiming = {{ start = \"40s\", ready = \"50s\", stop = \"5s\" }}\n\
         load_balancer = {{ type = \"alb\", deregistration_delay = \"0s\" }}\n\
         [deployment]\nreaction = \"20s\"\nper_day = 1.0\n[cluster]\nfree_tasks = 1\n"
    ))
}

#[test]
fn killed_tasks_are_started_again() {
    let found = estimated(&behind_a_balancer("health_check_grace_period = \"0s\""));
    // 2 of 3 are killed 60 s after RUNNING; each such start costs 40 + 60 s, the stop of 5 s and a
    // reaction, so (2/3)/(1/3) · 125 = 250 s. The others are healthy at 50 s + U(0, 10 s]: 20 + 40 +
    // 55 + 250 s.
    let duration = found.duration.expect("some get through");
    assert_close(duration.new_version_s.mean.0, 365.0, 6.0);
    let warning = &found.warnings[0];
    assert!(
        warning.contains("service.health_check_grace_period"),
        "{warning}"
    );
}

#[test]
fn the_recommendation_sets_a_grace_that_is_long_enough_and_no_longer() {
    let scenario = behind_a_balancer("health_check_grace_period = \"0s\"");
    let found = recommend(&scenario).expect("it fits");
    let plan = found.recommended.expect("there are no limits");
    let change = plan
        .changed
        .iter()
        .find(|change| change.key == "service.health_check_grace_period")
        .expect("two thirds are killed");
    // The last task passes its first check at 80 s and then four more: 200 s.
    assert_eq!(change.to, "200s");
    assert!(
        plan.estimate.warnings.is_empty(),
        "{:?}",
        plan.estimate.warnings
    );
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason.contains("67 % of new tasks killed")),
        "{:?}",
        found.reasons
    );
    let enough = behind_a_balancer("health_check_grace_period = \"200s\"");
    let unchanged = recommend(&enough)
        .expect("it fits")
        .recommended
        .expect("no limits");
    assert!(
        unchanged
            .changed
            .iter()
            .all(|change| !change.key.contains("grace"))
    );
}

#[test]
fn a_grace_at_the_edge_of_what_is_sufficient_kills_none() {
    // Checked every 10 s and ready after 45 s: the first pass at (45 s, 55 s], none of 6 or more
    // checks being too many. With one pass to be healthy 55 s are enough for all, 54 s for 9 of 10.
    let grace = |seconds: u32| {
        let keys = format!("health_check_grace_period = \"{seconds}s\"");
        let mut scenario = behind_a_balancer(&keys);
        scenario.service.timing.ready.mean.0 = 45.0;
        let balancer = scenario
            .service
            .load_balancer
            .as_mut()
            .expect("there is one");
        balancer.health_check_interval.0 = 10.0;
        balancer.healthy_threshold = 1;
        scenario
    };
    let verdict = |seconds| Phases::of(&grace(seconds)).verdict;
    assert_close(verdict(10).sufficient_grace.0, 55.0, 1e-9);
    assert!(verdict(55).kill_probability <= 0.0);
    assert_close(verdict(54).kill_probability, 0.1, 1e-9);
    let new_version = |seconds| {
        let duration = estimated(&grace(seconds)).duration;
        duration.expect("it completes").new_version_s.mean.0
    };
    // Request 20, start 40, healthy after 50 in the mean.
    assert_close(new_version(55), 110.0, 0.1);
    assert_close(new_version(300), 110.0, 0.1);
}

#[test]
fn a_waiting_target_says_how_many_tasks_are_required() {
    let text = |load: &str| {
        format!(
            "[service]\ndesired_count = 6\ntiming = {{ start = \"40s\", ready = \"1s\" }}\n\
             [service.load]\nrequests_per_second = 2.0\ntask_requests_per_second = 1.0\n{load}\n\
             [deployment]\nper_day = 1.0\n[cluster]\nfree_tasks = 6\n"
        )
    };
    let required = |load: &str| estimated(&read(&text(load))).availability.required_tasks;
    assert_eq!(required(""), 2);
    // C(4, 2) = 4/23 = 17 %, C(5, 2) = 6 %, C(6, 2) = 1.8 %.
    assert_eq!(required("wait_target = \"0s\"\nwait_probability = 0.1"), 5);
    let assumed = read(&text("wait_target = \"0s\""));
    assert_eq!(assumed.service.required_tasks, Some(6));
    assert!(
        assumed
            .assumptions
            .iter()
            .any(|one| one.key == "service.load.wait_probability")
    );
    let alone = text("wait_probability = 0.1");
    let problems = scenario(&alone, Syntax::Toml, Purpose::MonthlyFigures).expect_err("how long?");
    assert_eq!(problems[0].key, "service.load.wait_target");
}

/// Two tasks on one host of so many CPU units, with places for four; ready 40 s after RUNNING, and
/// checked every 10 s.
fn on_one_host(cpu: u32, timing: &str) -> Scenario {
    read(&format!(
        "[service]\ndesired_count = 2\ncpu = 128\nmemory_mib = 512\n\
         load_balancer = {{ type = \"alb\", health_check_interval = \"10s\", unhealthy_threshold = 10, deregistration_delay = \"0s\" }}\n\
         [service.timing]\nstart = \"40s\"\nready = \"40s\"\nstop = \"5s\"\n{timing}\n\
         [deployment]\nreaction = \"20s\"\nper_day = 1.0\n\
         [cluster]\nregion = \"ap-northeast-1\"\n[[cluster.hosts]]\ninstance_type = \"t3.small\"\n\
         count = 1\nregistered_cpu = {cpu}\nregistered_memory_mib = 2048\n"
    ))
}

#[test]
fn two_starts_on_one_host_share_the_line_and_its_processors() {
    let new_version = |cpu: u32, timing: &str| {
        let found = estimated(&on_one_host(cpu, timing));
        found.duration.expect("it moves").new_version_s.mean.0
    };
    // 20 + 40 + 40 s, and the later of two checks within 10 s: 20/3 s.
    let alone = 100.0 + 20.0 / 3.0;
    assert_close(new_version(2048, ""), alone, 0.3);
    // Half of the start is shared: 0.5 · 40 · (2 − 1) s more.
    assert_close(new_version(2048, "pull_share = 0.5"), alone + 20.0, 0.3);
    // Two processors for two tasks: nothing. One processor: 30 · (2 / 1 − 1) s more.
    let work = "start_cpu_seconds = 30";
    assert_close(new_version(2048, work), alone, 0.3);
    assert_close(new_version(1024, work), alone + 30.0, 0.3);
    // No more of the work than there is of `ready`.
    assert_close(
        new_version(1024, "start_cpu_seconds = 90"),
        alone + 40.0,
        0.3,
    );
    let listed = on_one_host(2048, "pull_share = 0.5").assumptions;
    assert!(
        listed
            .iter()
            .any(|one| one.key == "service.timing.start_cpu_seconds")
    );
}

/// Twelve tasks on three hosts of one processor each, with places for sixteen on each.
fn twelve_on_three_hosts([minimum, maximum]: [u32; 2], timing: &str) -> String {
    format!(
        "[service]\ndesired_count = 12\ncpu = 128\nmemory_mib = 128\nlaunch_type = \"ec2\"\n\
         load_balancer = {{ type = \"alb\", health_check_interval = \"5s\", unhealthy_threshold = 10, deregistration_delay = \"30s\" }}\n\
         [service.timing]\nstart = {{ mean = \"40s\", cv = 0.2 }}\nready = {{ mean = \"40s\", cv = 0.2 }}\n\
         stop = {{ mean = \"5s\", cv = 0.2 }}\n{timing}\n\
         [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\nper_day = 1\n\
         [cluster]\n[[cluster.hosts]]\ninstance_type = \"small\"\nusd_per_hour = 0.1\ncount = 3\n\
         registered_cpu = 1024\nregistered_memory_mib = 2048\n"
    )
}

/// How far the means of `new_version` and `completed` are from the simulated ones, of the whole.
fn errors_of_means(scenario: &Scenario) -> [f64; 2] {
    let model = estimated(scenario).duration.expect("it moves");
    let asked = Asked {
        runs: 1000,
        seed: 1,
        threads: 2,
    };
    let simulated = simulate(scenario, asked).expect("it fits");
    let simulated = simulated.duration.expect("it moves");
    [
        model.new_version_s.mean.0 / simulated.new_version_s.mean - 1.0,
        model.completed_s.mean.0 / simulated.completed_s.mean - 1.0,
    ]
}

#[test]
fn starts_that_share_a_host_are_as_simulated() {
    let mut far = Vec::new();
    for percents in [[100, 200], [100, 150], [50, 100], [50, 150], [100, 125]] {
        for timing in ["pull_share = 0.5", "start_cpu_seconds = 30"] {
            let scenario = read(&twelve_on_three_hosts(percents, timing));
            let errors = errors_of_means(&scenario);
            // Starts of one host are taken as independent of each other.
            if errors.iter().any(|error| error.abs() > 0.045) {
                far.push(format!("{percents:?} {timing}: {errors:.3?}"));
            }
        }
    }
    assert!(far.is_empty(), "{}", far.join("\n"));
}

#[test]
fn a_start_that_shares_its_processor_is_killed_by_a_grace_that_suits_one_alone() {
    // Alone ready 40 s after RUNNING and healthy within 50 s. Two that start together have 30 s of
    // work each for one processor: ready after 40 + 30 s, healthy within 80 s.
    let killed_after = |cpu: u32, grace: f64| {
        let mut scenario = on_one_host(cpu, "start_cpu_seconds = 30");
        scenario.service.health_check_grace_period = Some(Seconds(grace));
        let balancer = scenario.service.load_balancer.as_mut();
        let balancer = balancer.expect("there is one");
        (balancer.unhealthy_threshold, balancer.healthy_threshold) = (2, 1);
        scenario
    };
    let sufficient = killed_after(1024, 80.0);
    let duration = estimated(&sufficient).duration.expect("it moves");
    assert_close(duration.new_version_s.mean.0, 130.0 + 20.0 / 3.0, 0.3);
    // Two processors: none waits for another.
    assert!(estimated(&killed_after(2048, 60.0)).duration.is_some());
    // Both still work when the grace ends, after 60 s: 30 of their 30 s are done each, but 10 s of
    // `ready` are left.
    let found = estimated(&killed_after(1024, 60.0));
    let stuck = found.stuck.expect("all are killed");
    assert_eq!(stuck.bound, Bound::HealthCheck);
    assert_eq!(stuck.fix[0].to, "80s");
    // A grace of 75 s: the first pass comes at 70 s + U(0, 10 s], for half of them in time.
    let half = estimated(&killed_after(1024, 75.0));
    let warning = &half.warnings[0];
    assert!(
        warning.contains("service.health_check_grace_period"),
        "{warning}"
    );
    let told = explain(&killed_after(1024, 75.0)).expect("it fits");
    let lines: Vec<String> = told.steps.into_iter().flat_map(|step| step.why).collect();
    for expected in [
        "up to 2 tasks start together on a host",
        "% of starts are killed and are made again",
        "the grace period of 75 s is too short for",
    ] {
        let is_told = lines.iter().any(|line| line.contains(expected));
        assert!(
            is_told && !lines.iter().any(|line| line.starts_with("0.0 %")),
            "{lines:#?}"
        );
    }
    // Also where all are killed the explanation tells why.
    let all = explain(&killed_after(1024, 60.0)).expect("it fits");
    let lines: Vec<String> = all.steps.into_iter().flat_map(|step| step.why).collect();
    let why = "up to 2 tasks start together on a host";
    assert!(lines.iter().any(|line| line.contains(why)), "{lines:#?}");
    let recommended = recommend(&killed_after(1024, 60.0)).expect("it fits");
    let plan = recommended.recommended.expect("there are no limits");
    let change = plan
        .changed
        .iter()
        .find(|change| change.key == "service.health_check_grace_period");
    assert_eq!(change.expect("all are killed").to, "80s");
}

#[test]
fn kills_of_starts_that_share_a_host_are_as_simulated() {
    let mut far = Vec::new();
    for (percents, grace) in [
        ([100, 200], 130.0),
        ([100, 150], 100.0),
        ([50, 100], 100.0),
        ([100, 200], 200.0),
    ] {
        let mut scenario = read(&twelve_on_three_hosts(percents, "start_cpu_seconds = 30"));
        scenario.service.health_check_grace_period = Some(Seconds(grace));
        let balancer = scenario.service.load_balancer.as_mut();
        balancer.expect("there is one").unhealthy_threshold = 2;
        let [new_version, completed] = errors_of_means(&scenario);
        if new_version.abs().max(completed.abs()) > 0.05 {
            far.push(format!(
                "{percents:?} {grace}: {new_version:.3} {completed:.3}"
            ));
        }
    }
    assert!(far.is_empty(), "{}", far.join("\n"));
}

#[test]
fn starts_that_are_killed_together_again_and_again_are_as_simulated() {
    let mut far = Vec::new();
    // In several rounds each task that is healthy elsewhere lets one more start on the host where
    // none gets healthy; with 0/200 the places of old tasks take over what is killed.
    for (percents, grace, drain) in [
        ([50, 100], 80.0, 30.0),
        ([100, 125], 70.0, 30.0),
        ([0, 200], 100.0, 120.0),
    ] {
        let text = twelve_on_three_hosts(percents, "start_cpu_seconds = 30");
        let mut scenario = read(&text.replace("desired_count = 12", "desired_count = 10"));
        scenario.service.health_check_grace_period = Some(Seconds(grace));
        let balancer = scenario.service.load_balancer.as_mut();
        let balancer = balancer.expect("there is one");
        balancer.unhealthy_threshold = 2;
        balancer.deregistration_delay = Seconds(drain);
        let asked = Asked {
            runs: 4000,
            seed: 1,
            threads: 2,
        };
        let model = estimated(&scenario).duration.expect("it moves").completed_s;
        let played = simulate(&scenario, asked).expect("it fits");
        let simulated = played.duration.expect("it moves").completed_s;
        let mean = model.mean.0 / simulated.mean - 1.0;
        let p95 = model.p95.0 / simulated.p95 - 1.0;
        let [short, expected] = minutes_short(&scenario, asked);
        let short = short - expected;
        if mean.abs() > 0.02 || p95.abs() > 0.04 || short.abs() > 0.03 * expected {
            far.push(format!(
                "{percents:?} {grace}: {mean:.3} {p95:.3} {short:.1}"
            ));
        }
    }
    assert!(far.is_empty(), "{}", far.join("\n"));
}

#[test]
fn work_until_ready_is_of_no_effect_where_nothing_checks_that() {
    let mut scenario = on_one_host(512, "start_cpu_seconds = 30");
    scenario.service.load_balancer = None;
    let found = estimated(&scenario).duration.expect("it moves");
    // 20 + 40 s and 40 s after RUNNING.
    assert_close(found.new_version_s.mean.0, 100.0, 1e-6);
}

#[test]
fn the_recommended_surge_is_the_best_of_all_where_starts_disturb_each_other() {
    let scenario = on_one_host(512, "start_cpu_seconds = 60\npull_share = 1");
    let best = recommend(&scenario)
        .expect("it fits")
        .recommended
        .expect("no limits");
    let time = |minimum: u32, maximum: u32| {
        let mut other = scenario.clone();
        other.deployment.minimum_healthy_percent = minimum;
        other.deployment.maximum_percent = maximum;
        estimated(&other)
            .duration
            .map_or(f64::INFINITY, |found| found.completed_s.mean.0)
    };
    let least = [
        (0, 100),
        (0, 150),
        (0, 200),
        (50, 100),
        (50, 150),
        (50, 200),
        (100, 150),
        (100, 200),
    ]
    .into_iter()
    .map(|(minimum, maximum)| time(minimum, maximum))
    .fold(f64::INFINITY, f64::min);
    let found = best.estimate.duration.expect("it moves").completed_s.mean.0;
    assert!(found <= least + 1.0, "{found} against {least}");
}

#[test]
fn binpack_puts_on_added_hosts_only_what_fits_nowhere_else() {
    let added = |placement: &str| {
        let text = format!(
            "[service]\ndesired_count = 3\ncpu = 128\nmemory_mib = 512\n{placement}\n\
             timing = {{ start = \"40s\", ready = \"1s\" }}\n[deployment]\nper_day = 1.0\n\
             [cluster]\nregion = \"ap-northeast-1\"\n[[cluster.hosts]]\n\
             instance_type = \"t3.small\"\ncount = 1\nregistered_memory_mib = 2048\n\
             [prescale]\nhosts = 1\n"
        );
        scenario_moves(&read(&text)).expect("it fits").on_added
    };
    // Places for 4 on the old host, 3 of them taken; an added one of the same shape has places for 4.
    assert_eq!(added("placement = \"spread\""), 4);
    assert_eq!(added("placement = \"binpack\""), 2);
}

/// Ten tasks on two hosts with five places each, both full, and two more such hosts.
fn on_added_when_packed(deployment: &str) -> u32 {
    let text = format!(
        "[service]\ndesired_count = 10\ncpu = 128\nmemory_mib = 512\nplacement = \"binpack\"\n\
         timing = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n[deployment]\nper_day = 1.0\n{deployment}\n\
         [cluster]\nregion = \"ap-northeast-1\"\n[[cluster.hosts]]\n\
         instance_type = \"t3.small\"\ncount = 2\nregistered_memory_mib = 2560\n\
         [prescale]\nhosts = 2\n"
    );
    scenario_moves(&read(&text)).expect("it fits").on_added
}

#[test]
fn a_host_without_the_image_has_it_after_its_first_start() {
    let cold = |deployment: &str, balancer: &str| {
        let text = format!(
            "[service]\ndesired_count = 8\ncpu = 128\nmemory_mib = 512\n\
             timing = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n{balancer}\n\
             [deployment]\nper_day = 1.0\nreaction = \"20s\"\n{deployment}\n\
             [cluster]\nregion = \"ap-northeast-1\"\n[[cluster.hosts]]\n\
             instance_type = \"t3.small\"\ncount = 2\nregistered_memory_mib = 2048\n\
             [prescale]\nhosts = 2\n"
        );
        let moves = scenario_moves(&read(&text)).expect("it fits");
        (moves.on_added, moves.cold)
    };
    // Two added hosts with places for eight: what starts at once finds no image, at least one of
    // each host; what starts after it is RUNNING, does.
    let percents = |minimum: u32, maximum: u32| {
        format!("minimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}")
    };
    assert_eq!(cold(&percents(100, 150), ""), (8, 4));
    assert_eq!(cold(&percents(100, 113), ""), (8, 2));
    // Two more are stopped at once, and are gone after 25 s, before an image is there after 60 s;
    // with a drain of 60 s they are later.
    assert_eq!(cold(&percents(75, 150), ""), (8, 6));
    let drained = "load_balancer = { type = \"alb\", deregistration_delay = \"60s\" }";
    assert_eq!(cold(&percents(75, 150), drained), (8, 4));
    // Without any surge they are the first.
    assert_eq!(cold(&percents(50, 100), drained), (8, 4));
}

#[test]
fn packed_tasks_fill_the_last_added_host_when_stops_empty_the_listed_ones() {
    // Three of surge leave places for two; four stops empty a listed host to one task: the added one
    // with three is fuller and is filled first.
    let stops = "minimum_healthy_percent = 60\nmaximum_percent = 130";
    assert_eq!(on_added_when_packed(stops), 5);
    // Of one stop at a time four are left on the host: it is the fuller one.
    let none_before = "minimum_healthy_percent = 100\nmaximum_percent = 130";
    assert_eq!(on_added_when_packed(none_before), 3);
}

#[test]
fn packed_tasks_start_on_added_hosts_while_stopping_ones_do_not_count() {
    // Three start at once. Without a check they are healthy 40 s after RUNNING: of three in each 40 +
    // 40 + 20 s those of one stop and reaction, 25 s, are beside them: one.
    let beside = "minimum_healthy_percent = 100\nmaximum_percent = 130\nstopping_counts = false\n\
                  reaction = \"20s\"";
    assert_eq!(on_added_when_packed(beside), 4);
    // An NLB drains for 120 s whatever its delay, and first checks 120 + 5 s after RUNNING: of three in
    // each 40 + 125 + 20 s those of 145 s, three.
    let behind_nlb = format!(
        "{beside}\n[service.load_balancer]\ntype = \"nlb\"\nhealth_check_interval = \"10s\"\n\
         deregistration_delay = \"0s\""
    );
    assert_eq!(on_added_when_packed(&behind_nlb), 6);
    // Ten at once, and room for no more of them.
    let all = "minimum_healthy_percent = 100\nmaximum_percent = 200\nstopping_counts = false";
    assert_eq!(on_added_when_packed(all), 10);
}

#[test]
fn a_slow_start_costs_capacity_and_no_time() {
    let with = |ramp: &str| {
        estimated(&read(&format!(
            "[service]\ndesired_count = 2\ntiming = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n\
             load_balancer = {{ type = \"alb\", health_check_interval = \"5s\", slow_start = \"{ramp}\" }}\n\
             [deployment]\nreaction = \"20s\"\nper_day = 1.0\ndays_per_month = 30\n\
             [cluster]\nfree_tasks = 2\n"
        )))
    };
    let (without, found) = (with("0s"), with("80s"));
    assert_eq!(without.duration, found.duration);
    // The first old task stops 20 s after the first new one is healthy, and the other new one has its
    // full share 80 s after it is: of two moments uniform in 5 s the later comes 5 / 3 s after the
    // sooner, so 61.67 s of each of 30 deployments.
    let minutes = found
        .availability
        .shortfall_minutes_per_month
        .expect("per_day is given");
    assert_close(minutes, 30.833, 0.02);
    assert!(
        found.warnings[0].contains("service.load_balancer.slow_start"),
        "{:?}",
        found.warnings
    );
}

#[test]
fn what_a_slow_start_costs_is_as_simulated() {
    for (desired, free, percents, required, ramp) in [
        (4, 4, [100, 200], 3, 120),
        (4, 4, [100, 200], 4, 120),
        (2, 2, [100, 200], 1, 300),
        (4, 2, [100, 150], 3, 200),
        (6, 3, [50, 150], 5, 300),
        (8, 2, [75, 125], 8, 60),
        (40, 40, [100, 200], 40, 120),
    ] {
        let [minimum, maximum] = percents;
        let scenario = read(&format!(
            "[service]\ndesired_count = {desired}\nload = {{ required_tasks = {required} }}\n\
             load_balancer = {{ type = \"alb\", slow_start = \"{ramp}s\" }}\n\
             [service.timing]\nstart = {{ mean = \"45s\", cv = 0.2 }}\n\
             ready = {{ mean = \"75s\", cv = 0.2 }}\nstop = {{ mean = \"5s\", cv = 0.5 }}\n\
             [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
             per_day = 1.0\n[cluster]\nfree_tasks = {free}\n"
        ));
        let asked = Asked {
            runs: 3000,
            seed: 3,
            threads: 1,
        };
        let [found, expected] = minutes_short(&scenario, asked);
        assert!(
            (found / expected - 1.0).abs() < 0.025,
            "{desired} tasks, {required} required, {ramp} s: {found:.2} min, {expected:.2} simulated"
        );
    }
}

/// Minutes a month with too few tasks, as estimated and as simulated.
fn minutes_short(scenario: &Scenario, asked: Asked) -> [f64; 2] {
    let found = estimated(scenario).availability;
    let expected = simulate(scenario, asked).expect("it fits").availability;
    [
        found.shortfall_minutes_per_month,
        expected.shortfall_minutes_per_month,
    ]
    .map(|minutes| minutes.expect("per_day is given"))
}

/// Eight tasks on two full hosts: managed scaling adds what a deployment needs.
fn joining(percents: [u32; 2], ramp: u32) -> Scenario {
    let [minimum, maximum] = percents;
    read(&format!(
        "[service]\ndesired_count = 8\ncpu = 512\nmemory_mib = 1024\nload = {{ required_tasks = 8 }}\n\
         load_balancer = {{ type = \"alb\", slow_start = \"{ramp}s\", health_check_interval = \"10s\", \
         healthy_threshold = 2, deregistration_delay = \"60s\" }}\n\
         [service.timing]\nstart = {{ mean = \"45s\", cv = 0.2 }}\n\
         ready = {{ mean = \"75s\", cv = 0.2 }}\nstop = {{ mean = \"5s\", cv = 0.5 }}\n\
         [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
         per_day = 1.0\n[cluster]\nregion = \"us-east-1\"\n[[cluster.hosts]]\n\
         instance_type = \"m5.large\"\ncount = 2\n[cluster.capacity_provider]\n\
         managed_scaling = true\n[prescale]\nboot = {{ mean = \"150s\", cv = 0.2 }}\n"
    ))
}

#[test]
fn a_slow_start_on_hosts_that_join_costs_what_it_costs_in_the_simulation() {
    for (percents, ramp) in [
        ([100, 150], 60),
        ([100, 150], 200),
        ([100, 150], 600),
        ([100, 200], 200),
        ([75, 150], 200),
    ] {
        let scenario = joining(percents, ramp);
        let asked = Asked {
            runs: 1000,
            seed: 3,
            threads: 2,
        };
        let [found, expected] = minutes_short(&scenario, asked);
        // Two hosts are taken as if each of their tasks had a boot of its own.
        assert!(
            (found / expected - 1.0).abs() < 0.13,
            "{percents:?}, {ramp} s: {found:.2} min, {expected:.2} simulated"
        );
    }
}

#[test]
fn packed_tasks_are_lost_with_one_zone_and_spread_ones_with_each() {
    // Six tasks on three hosts for two of them in each of two zones, each lost with 0.1 a month. What
    // is lost is seen after 20 s and healthy again 50 + 40 s later in the other zone.
    let minutes = |placement: &str| {
        let hosts = |zone: &str| {
            format!(
                "[[cluster.hosts]]\ninstance_type = \"small\"\nusd_per_hour = 0.1\ncount = 3\n\
                 registered_cpu = 1024\nregistered_memory_mib = 2048\nzone = \"{zone}\"\n"
            )
        };
        let found = estimated(&read(&format!(
            "[service]\ndesired_count = 6\ncpu = 512\nmemory_mib = 512\nlaunch_type = \"ec2\"\n\
             placement = \"{placement}\"\n\
             timing = {{ start = \"50s\", ready = \"1s\", stop = \"5s\" }}\n\
             [deployment]\nreaction = \"20s\"\nper_day = 1\n\
             [cluster]\nzone_loss_per_month = 0.1\nzone_outage = \"2h\"\n{}{}",
            hosts("a"),
            hosts("b")
        )));
        let minutes = found.availability.shortfall_minutes_per_month;
        minutes.expect("per_day is given")
    };
    let of_one_zone = -0.9_f64.ln() * 110.0 / 60.0;
    assert_close(minutes("spread"), 2.0 * of_one_zone, 1e-3);
    assert_close(minutes("binpack"), of_one_zone, 1e-3);
}

/// Many tasks at once, on so many percents; nothing but the rate limits of ECS is far from what a
/// small service sees.
fn many_tasks(desired: u32, percents: [u32; 2]) -> Scenario {
    let [minimum, maximum] = percents;
    read(&format!(
        "[service]\ndesired_count = {desired}\n\
         [service.timing]\nstart = {{ mean = \"30s\", cv = 0.3 }}\nready = {{ mean = \"40s\", cv = 0.2 }}\n\
         stop = {{ mean = \"5s\", cv = 0.5 }}\n\
         [service.load_balancer]\ntype = \"alb\"\nderegistration_delay = \"60s\"\n\
         [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
         per_day = 1\nreaction = {{ mean = \"20s\", cv = 0.4 }}\n[cluster]\nfree_tasks = {desired}\n"
    ))
}

#[test]
fn rate_limits_hold_starts_back_as_in_the_simulation() {
    // One round; surge and slack whose bursts come apart; starts that keep coming faster than 250
    // a minute.
    for (desired, percents) in [
        (600, [100, 200]),
        (600, [50, 150]),
        (900, [100, 150]),
        (1200, [0, 200]),
        (2000, [50, 150]),
    ] {
        let scenario = many_tasks(desired, percents);
        let model = estimated(&scenario).duration.expect("it moves");
        let asked = Asked {
            runs: 300,
            seed: 1,
            threads: 2,
        };
        let simulated = simulate(&scenario, asked).expect("it fits");
        let simulated = simulated.duration.expect("it moves");
        for (model, simulated) in [
            (model.new_version_s, simulated.new_version_s),
            (model.completed_s, simulated.completed_s),
        ] {
            assert_close(model.mean.0 / simulated.mean, 1.0, 0.01);
            assert_close(model.p95.0 / simulated.p95, 1.0, 0.02);
        }
    }
}
