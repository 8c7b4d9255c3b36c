//! How long too few tasks are healthy, worked by hand, by the model and by the simulation, which
//! shares nothing with it.

use prescale::model::estimate;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::scenario::{DurationLaw, Scenario};
use prescale::simulate::{Asked, Simulation, simulate};
use prescale::units::{MINUTES_PER_MONTH, Seconds};
use prescale::validate::agreement;
use prescale::validate::strikes::{Both, strikes};

/// A service without a load balancer whose durations are fixed: healthy 30 + 40 s after a start.
fn service(desired: u32, required: u32, percents: [u32; 2], more: &str) -> Scenario {
    let [minimum, maximum] = percents;
    let text = format!(
        "[service]\nname = \"web\"\ndesired_count = {desired}\ncpu = 256\nmemory_mib = 256\n\
         [service.timing]\nstart = \"30s\"\nready = \"0s\"\nstop = \"5s\"\n\
         cold_start_extra = \"0s\"\n[service.load]\nrequired_tasks = {required}\n\
         [deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
         reaction = \"20s\"\nper_day = 0.0001\n{more}"
    );
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Equal hosts of so many places.
fn hosts(count: u32, places: u32, purchase: &str, more: &str) -> String {
    format!(
        "[[cluster.hosts]]\ninstance_type = \"own\"\ncount = {count}\npurchase = \"{purchase}\"\n\
         usd_per_hour = 0.01\nregistered_cpu = {}\nregistered_memory_mib = 100000\n{more}",
        places * 256
    )
}

/// Spot hosts that are replaced 160 s after their end, this share of them each month.
fn spot(share: f64, correlation: f64) -> String {
    format!(
        "[prescale]\nboot = \"150s\"\n[spot]\ninterruption_per_month = {share}\n\
         correlation = {correlation}\nfulfilment = 1\nfulfilment_time = \"10s\"\n"
    )
}

fn simulated(scenario: &Scenario, runs: u32, threads: u32) -> Simulation {
    let asked = Asked {
        runs,
        seed: 3,
        threads,
    };
    simulate(scenario, asked).expect("the tasks have places")
}

/// Minutes a month between deployments that a strike of this monthly share on each of so many
/// things leaves, short for so many seconds.
fn minutes(share: f64, things: f64, seconds: f64) -> f64 {
    let hazard = -(1.0 - share).ln() / 730.0 / 3600.0;
    hazard * things * seconds * MINUTES_PER_MONTH
}

#[track_caller]
fn both_are(scenario: &Scenario, expected: f64) {
    let model = estimate(scenario).expect("the tasks fit").availability;
    let model = model
        .parts
        .expect("monthly")
        .spot_between_deployments_minutes;
    let played = simulated(scenario, 600, 1).availability;
    let simulated = played
        .parts
        .expect("monthly")
        .spot_between_deployments_minutes;
    let error = played.parts_standard_errors.expect("monthly");
    let error = error.spot_between_deployments_minutes;
    assert!(
        (model / expected - 1.0).abs() < 0.01,
        "{model}, not {expected}"
    );
    assert!(
        (simulated - expected).abs() < 3.0 * error + 0.002 * expected,
        "{simulated} ± {error}, not {expected}"
    );
    // However rare it is.
    assert!(error < 0.05 * expected, "{error} of {expected}");
}

#[test]
fn a_lost_task_waits_for_the_next_host() {
    for share in [1e-6, 0.01] {
        // Seen at 20 s, tried at 40, 60, 70, then at 370; the host joins at 280. Healthy at 440.
        let cluster = format!("[cluster]\n{}{}", hosts(1, 1, "spot", ""), spot(share, 0.0));
        both_are(
            &service(1, 1, [100, 200], &cluster),
            minutes(share, 1.0, 440.0),
        );
    }
}

#[test]
fn a_scheduler_that_reacts_at_once_does_not_try_without_end() {
    // Tried from the strike on for 50 s, then at 350; the host joins at 280. Healthy at 420.
    let cluster = format!("[cluster]\n{}{}", hosts(1, 1, "spot", ""), spot(1e-4, 0.0));
    let mut scenario = service(1, 1, [100, 200], &cluster);
    scenario.deployment.reaction = DurationLaw::fixed(Seconds(0.0));
    both_are(&scenario, minutes(1e-4, 1.0, 420.0));
}

#[test]
fn a_lost_task_moves_where_there_is_room() {
    // Two hosts of two places with a task each: one is lost, healthy on the other at 20 + 70 s.
    let cluster = format!("[cluster]\n{}{}", hosts(2, 2, "spot", ""), spot(1e-4, 0.0));
    both_are(
        &service(2, 2, [100, 200], &cluster),
        minutes(1e-4, 2.0, 90.0),
    );
    // With all of the hazard shared both are lost: nowhere is room until 370 s.
    let cluster = format!("[cluster]\n{}{}", hosts(2, 2, "spot", ""), spot(1e-4, 1.0));
    both_are(
        &service(2, 2, [100, 200], &cluster),
        minutes(1e-4, 1.0, 440.0),
    );
}

#[test]
fn the_upper_bound_counts_what_still_stops() {
    // No task beside the lost one, which drains until its host ends at 120 s; that is seen 20 s
    // later, and the other host has room: healthy at 140 + 70 s.
    let cluster = format!(
        "[service.load_balancer]\ntype = \"alb\"\nhealth_check_interval = \"5s\"\n\
         deregistration_delay = \"300s\"\n[service.health_check]\ninterval = \"40s\"\n\
         timeout = \"5s\"\nretries = 3\nstart_period = \"0s\"\n[cluster]\n{}{}",
        hosts(2, 2, "spot", ""),
        spot(1e-4, 0.0)
    );
    both_are(
        &service(2, 2, [50, 100], &cluster),
        minutes(1e-4, 2.0, 210.0),
    );
    both_are(
        &service(2, 2, [50, 150], &cluster),
        minutes(1e-4, 2.0, 90.0),
    );
}

#[test]
fn a_zone_comes_back_whole() {
    // Both tasks are lost, 600 s away. Seen at 20 s, tried at 70, 370, 670: healthy at 740 s.
    let cluster = format!(
        "[cluster]\nzone_loss_per_month = 0.0001\nzone_outage = \"600s\"\n{}",
        hosts(2, 1, "on-demand", "zone = \"1a\"\n")
    );
    let scenario = service(2, 1, [100, 200], &cluster);
    let expected = minutes(1e-4, 1.0, 740.0);
    let model = estimate(&scenario).expect("the tasks fit").availability;
    let model = model.parts.expect("monthly").zone_minutes;
    let played = simulated(&scenario, 300, 1).availability;
    let played = played.parts.expect("monthly").zone_minutes;
    for found in [model, played] {
        assert!(
            (found / expected - 1.0).abs() < 0.01,
            "{found}, not {expected}"
        );
    }
}

#[test]
fn fewer_tasks_move_off_an_added_host_than_may_be_missing() {
    // −4 +1 at 20 s; gone at 25, +3 at 45; the third new one is healthy at 115: short for 95 s. One
    // of four tasks then moves off the added host, and three are required.
    let cluster = format!(
        "[cluster]\n{}[prescale]\nhosts = 1\nboot = \"150s\"\ninstance_type = \"own\"\n\
         release_hosts = \"newest\"\n",
        hosts(4, 1, "on-demand", "")
    );
    let scenario = service(4, 3, [0, 200], &cluster);
    let model = estimate(&scenario).expect("the tasks fit").availability;
    let minutes = model.shortfall_minutes_per_deployment;
    assert!((minutes * 60.0 - 95.0).abs() < 1.0, "{minutes}");
    let played = simulated(&scenario, 1, 1).availability;
    let deployments = scenario.deployment.per_month().expect("given");
    let seconds = played.shortfall_minutes_per_month.expect("monthly") * 60.0 / deployments;
    assert!((seconds - 95.0).abs() < 1e-6, "{seconds}");
}

#[test]
fn the_parts_do_not_depend_on_the_number_of_threads() {
    let cluster = format!(
        "[cluster]\nzone_loss_per_month = 0.001\nzone_outage = \"600s\"\n{}{}",
        hosts(3, 2, "spot", "zone = \"1a\"\n"),
        spot(0.1, 0.5)
    );
    let scenario = service(4, 3, [50, 150], &cluster);
    let alone = simulated(&scenario, 50, 1);
    for threads in [2, 7] {
        assert_eq!(alone, simulated(&scenario, 50, threads));
    }
}

#[test]
fn model_and_simulation_agree_on_strikes() {
    let asked = agreement::Asked {
        scenarios: 20,
        most_tasks: 0,
        runs: 1500,
        seed: 8,
        threads: 2,
    };
    let all = strikes(asked);
    assert!(all.len() >= 18, "{}", all.len());
    assert_eq!(
        all[..3],
        strikes(agreement::Asked {
            scenarios: 3,
            threads: 1,
            ..asked
        })[..]
    );
    for (figure, at_least) in [
        (
            all.iter()
                .filter_map(|one| one.between)
                .collect::<Vec<Both>>(),
            0.7,
        ),
        (all.iter().filter_map(|one| one.minutes).collect(), 0.6),
        (all.iter().filter_map(|one| one.zone).collect(), 0.6),
        (all.iter().filter_map(|one| one.during).collect(), 0.6),
        (all.iter().filter_map(|one| one.chance).collect(), 0.7),
    ] {
        let near = figure.iter().filter(|both| both.is_near()).count();
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let share = near as f64 / figure.len() as f64;
        assert!(share >= at_least, "{share}: {figure:#?}");
    }
}
