//! A desired count that moves: percents must move at each count of the range.

use prescale::model::{End, estimate};
use prescale::recommend::{PlanReport, check, recommend};
use prescale::rollout::bounds;
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use proptest::prelude::*;

fn service(desired: u32, range: (u32, u32), percents: (u32, u32), free: u32) -> Scenario {
    let text = format!(
        "[service]\ndesired_count = {desired}\ndesired_range = [{}, {}]\n\
         timing = {{ start = \"40s\", ready = \"1s\" }}\n[deployment]\n\
         minimum_healthy_percent = {}\nmaximum_percent = {}\nper_day = 1.0\n\
         [cluster]\nfree_tasks = {free}\n[service.load]\nrequired_tasks = {desired}\n",
        range.0, range.1, percents.0, percents.1
    );
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is good")
}

#[test]
fn counts_below_ten_never_move_with_100_110() {
    // ⌊1.1 · c⌋ = c for c below 10.
    let found = estimate(&service(10, (2, 20), (100, 110), 20)).expect("it fits");
    let range = found.range.expect("a range is given");
    assert_eq!(range.stuck_at, (2..=9).collect::<Vec<_>>());
    assert_eq!((range.low.desired, range.high.desired), (2, 20));
    assert_eq!(range.low.problem.as_deref(), Some("stuck"));
    assert!(range.high.completed_s.is_some());
    assert!(
        found.warnings[0].contains("while the desired count is 2–9")
            && found.warnings[0].contains("service.desired_range"),
        "{:?}",
        found.warnings
    );
}

#[test]
fn counts_that_no_host_holds_are_told() {
    // 10 tasks and room for 5: places for 15. At 15 nothing can be added and none may stop.
    let found = estimate(&service(10, (10, 20), (100, 200), 5)).expect("it fits");
    let range = found.range.expect("a range is given");
    assert_eq!(range.stuck_at, [15]);
    assert_eq!(range.high.problem.as_deref(), Some("15 places"));
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.starts_with("the hosts hold 15 tasks"))
    );
}

/// The required tasks at both ends, and what is assumed of them.
fn required(text: &str) -> ([Option<u32>; 2], Option<String>) {
    let text = format!(
        "[service]\ndesired_count = 6\ndesired_range = [2, 20]\n\
         timing = {{ start = \"40s\", ready = \"1s\" }}\n[deployment]\nper_day = 1.0\n\
         [cluster]\nfree_tasks = 40\n[service.load]\n{text}\n"
    );
    let read = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is good");
    let found = estimate(&read).expect("it fits");
    let range = found.range.expect("a range is given");
    let assumed = found.assumptions.iter();
    let assumed = assumed.filter(|one| one.key == "service.load.required_range");
    let at = |end: &End| end.availability.map(|found| found.required_tasks);
    let value = assumed.map(|one| one.value.clone()).next();
    ([at(&range.low), at(&range.high)], value)
}

#[test]
fn managed_scaling_frees_counts_that_the_hosts_leave_stuck() {
    // Places for 4, less room for others: 4 tasks find none beside them and wait for a host of 4.
    let text = include_str!("../../data/examples/twelve-services.toml").replace(
        "desired_count = 4",
        "desired_count = 4\ndesired_range = [2, 4]",
    );
    let read = |text: &str| scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("good");
    let stuck_at = |text: &str| {
        let found = estimate(&read(text)).expect("it fits");
        found.range.expect("a range is given").stuck_at
    };
    assert_eq!(stuck_at(&text), [0; 0]);
    let by_hand = text.replace("managed_scaling = true", "managed_scaling = false");
    assert_eq!(stuck_at(&by_hand), [4]);
}

#[test]
fn the_required_tasks_follow_the_desired_count_unless_they_are_given() {
    // ⌈4 · 2 / 6⌉ = 2 and ⌈4 · 20 / 6⌉ = 14.
    assert_eq!(
        required("required_tasks = 4"),
        ([Some(2), Some(14)], Some("[2, 14]".to_owned()))
    );
    let given = "required_tasks = 4\nrequired_range = [1, 17]";
    assert_eq!(required(given), ([Some(1), Some(17)], None));
}

#[test]
fn a_plan_that_the_ends_rule_out_hides_none_that_they_do_not() {
    // 60/200 keeps the 4 tasks required of 6 and is faster than 75/200, but only 5 of the 6 that are
    // required of 8: short for a deployment a day.
    let mut read = service(6, (2, 8), (75, 100), 10);
    read.service.required_tasks = Some(4);
    read.limits.availability = Some(0.9999);
    let found = recommend(&read).expect("it fits");
    let chosen = found.recommended.expect("one is within the limit");
    let worst = |plan: &PlanReport| plan.estimate.worst_monthly().expect("a month is known");
    assert!(worst(&chosen) >= 0.9999);
    assert!(found.front.contains(&chosen));
    let below = found.front.iter().filter(|plan| worst(plan) < 0.9999);
    assert!(below.count() > 0);
}

#[test]
fn an_end_that_is_stuck_is_not_said_to_keep_the_limits() {
    let mut read = service(6, (2, 8), (75, 100), 10);
    read.limits.availability = Some(0.5);
    let told = |read: &Scenario| recommend(read).expect("it fits").reasons.join("\n");
    assert!(told(&read).contains("The limits are kept at both ends"));
    read.recommend.may_change.percents = false;
    // ⌈1.5⌉ = 2: at two tasks none may stop, and none may be added.
    let reasons = told(&read);
    assert!(reasons.contains("not held against 2 tasks") && reasons.contains("may_change"));
}

#[test]
fn the_recommended_percents_move_at_both_ends() {
    // With room for one more, 100/110 gives 11 at ten tasks, and so do 101 to 119; at two tasks
    // only 150 and more move.
    let found = recommend(&service(10, (2, 11), (100, 110), 1)).expect("it fits");
    let plan = found.recommended.expect("something meets no limits at all");
    let range = plan.estimate.range.expect("a range is given");
    assert!(
        range.stuck_at.is_empty(),
        "{:?} of {}/{}",
        range.stuck_at,
        plan.minimum_healthy_percent,
        plan.maximum_percent
    );
}

#[test]
fn percents_that_may_not_change_are_told_where_they_are_stuck() {
    let mut scenario = service(10, (2, 20), (100, 110), 20);
    scenario.recommend.may_change.percents = false;
    let found = recommend(&scenario).expect("it fits");
    let plan = found.recommended.expect("there are no limits");
    assert_eq!(
        (plan.minimum_healthy_percent, plan.maximum_percent),
        (100, 110)
    );
    let range = plan.estimate.range.expect("a range is given");
    assert_eq!(range.stuck_at, (2..=9).collect::<Vec<_>>());
    assert_eq!(range.low.problem.as_deref(), Some("stuck"));
    assert!(range.high.completed_s.is_some());
    let warning = &plan.estimate.warnings[0];
    assert!(
        warning.contains("while the desired count is 2–9"),
        "{warning}"
    );
}

/// Four tasks of up to twenty, on hosts for forty, within limits.
fn limited(percents: (u32, u32), range: (u32, u32), limits: &str) -> Scenario {
    let text = format!(
        "[service]\ndesired_count = 4\ndesired_range = [{}, {}]\n\
         timing = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n[deployment]\n\
         minimum_healthy_percent = {}\nmaximum_percent = {}\nper_day = 4.0\n\
         reaction = \"20s\"\n[cluster]\nfree_tasks = 36\n[limits]\n{limits}\n",
        range.0, range.1, percents.0, percents.1
    );
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is good")
}

/// A scenario at another desired count, without a range, on the same hosts.
fn at(scenario: &Scenario, count: u32) -> Scenario {
    let mut there = scenario.clone();
    there.service.desired_count = count;
    there.service.desired_range = None;
    there.capacity = prescale::scenario::Capacity::FreeTasks(40 - count);
    there
}

#[test]
fn limits_are_kept_at_both_ends() {
    // Places for 24: all of 4 tasks at once, and of 20 only four at a time while none may stop.
    let ask = |limits: &str| {
        let mut scenario = limited((100, 200), (4, 20), limits);
        scenario.capacity = prescale::scenario::Capacity::FreeTasks(20);
        scenario.recommend.clock = prescale::scenario::Clock::NewVersion;
        recommend(&scenario).expect("it fits").recommended
    };
    let slowest = |plan: &prescale::recommend::PlanReport| {
        let range = plan.estimate.range.as_ref().expect("a range is given");
        [&range.low, &range.high]
            .map(|end| end.new_version_s.expect("it moves").mean.0)
            .into_iter()
            .fold(0.0, f64::max)
    };
    let free = ask("").expect("there are no limits");
    assert_eq!(free.minimum_healthy_percent, 100);
    let at_most = slowest(&free) - 1.0;
    let found = ask(&format!("max_duration = \"{at_most}s\"")).expect("more may stop at once");
    assert!(slowest(&found) <= at_most, "{at_most}");
}

#[test]
fn availability_is_kept_at_both_ends() {
    // 99.7 % of 43,800 minutes leave 131 a month, 65 s in each of 121.7 deployments. At 4 tasks
    // 90 gives a lower bound of 4; at 20 it gives 18, below the 20 required until the first new
    // ones are healthy, 80 s after two are stopped.
    let mut scenario = limited((90, 200), (4, 20), "availability = 0.997");
    scenario.recommend.may_change.percents = false;
    let found = recommend(&scenario).expect("it fits");
    assert!(found.recommended.is_none());
    let missed = found.infeasible.expect("nothing is recommended").limits;
    let there = estimate(&at(&scenario, 20)).expect("it fits").availability;
    assert!((missed[0].best - there.monthly.expect("per_day is given")).abs() < 1e-12);
    scenario.recommend.may_change.percents = true;
    let plan = recommend(&scenario)
        .expect("it fits")
        .recommended
        .expect("100/200 keeps all healthy");
    assert_eq!(plan.minimum_healthy_percent, 100);
}

#[test]
fn what_is_required_follows_the_desired_count() {
    // 3 of 4: 15 of 20, and 1 of 1.
    let mut scenario = limited((50, 200), (1, 20), "");
    scenario.service.required_tasks = Some(3);
    let range = estimate(&scenario).expect("it fits").range.expect("given");
    let required = |end: &prescale::model::End| end.availability.expect("it moves").required_tasks;
    assert_eq!([required(&range.low), required(&range.high)], [1, 15]);
    let alone = {
        let mut there = at(&scenario, 20);
        there.service.required_tasks = Some(15);
        estimate(&there).expect("it fits")
    };
    assert_eq!(range.high.availability, Some(alone.availability));
    assert_eq!(range.high.min_healthy, Some(alone.tasks.min_healthy));
}

#[test]
fn a_check_tells_the_count_at_which_a_limit_is_missed() {
    let scenario = limited((90, 200), (4, 20), "availability = 0.997");
    let found = check(&scenario).expect("it fits");
    assert!(!found.passed);
    assert_eq!(found.limits[0].at_tasks, Some(20));
    assert!(!found.limits[0].met);
    let mend = found.mend.expect("100/200 mends it");
    assert_eq!(mend.minimum_healthy_percent, 100);
}

#[test]
fn a_check_fails_where_some_count_is_stuck() {
    // 100/125 gives a fifth task at 4, and none more at 3.
    let scenario = limited((100, 125), (3, 4), "availability = 0.9");
    let found = check(&scenario).expect("it fits");
    assert!(found.limits[0].met && !found.passed);
    let mend = found.mend.expect("100/150 moves at 3 too");
    assert!(bounds(3, 100, mend.maximum_percent).upper > 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nothing_that_is_recommended_is_stuck_at_any_count(
        low in 1_u32..6, more in 0_u32..8, beyond in 0_u32..8, free in 0_u32..20,
    ) {
        let desired = low + more;
        let scenario = service(desired, (low, desired + beyond), (100, 200), free);
        let found = recommend(&scenario).expect("it fits");
        for plan in found.front.iter().chain(&found.recommended) {
            // Each count by itself, without the range.
            for count in low..=(desired + beyond).min(desired + free) {
                let mut there = scenario.clone();
                there.service.desired_count = count;
                there.service.desired_range = None;
                there.deployment.minimum_healthy_percent = plan.minimum_healthy_percent;
                there.deployment.maximum_percent = plan.maximum_percent;
                there.capacity =
                    prescale::scenario::Capacity::FreeTasks(desired + free - count);
                let found = estimate(&there).expect("it fits");
                prop_assert!(found.duration.is_some(), "{} tasks: {:?}", count, found.stuck);
            }
        }
    }
}
