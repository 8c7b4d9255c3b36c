//! A desired count that moves: percents must move at each count of the range.

use prescale::model::estimate;
use prescale::recommend::recommend;
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
    assert_eq!(range.high.problem.as_deref(), Some("places for 15 only"));
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.starts_with("the hosts hold 15 tasks"))
    );
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
