//! `[deployment]`: an ECS rolling update. Other orchestrators and strategies are known by name.

use super::Purpose;
use super::duration::LONGEST;
use super::failure::failure;
use super::table::Table;
use crate::scenario::{Deployment, DurationLaw};
use crate::units::{DAYS_PER_MONTH, HOURS_PER_DAY, Seconds};

const OTHER_ORCHESTRATORS: &[&str] = &[
    "kubernetes",
    "nomad",
    "elastic-beanstalk",
    "codedeploy-ec2",
    "docker-swarm",
    "argo-rollouts",
    "heroku",
    "deis",
];
const OTHER_STRATEGIES: &[&str] = &["blue-green", "linear", "canary", "recreate"];

/// The deployment.
pub(super) fn read(table: &Table<'_>, purpose: Purpose) -> Deployment {
    table.choice_with("orchestrator", &[("ecs", ())], OTHER_ORCHESTRATORS);
    table.choice_with("strategy", &[("rolling", ())], OTHER_STRATEGIES);
    if !table.has("strategy") {
        table.assume("strategy", "rolling", "the default of ECS");
    }
    let why = "the default of ECS";
    let minimum_healthy_percent = table.integer_or("minimum_healthy_percent", 0..=100, 100, why);
    // Below 100 the desired count itself would be too much.
    let maximum_percent = table.integer_or("maximum_percent", 100..=1000, 200, why);
    let per_day = table.positive("per_day");
    if purpose == Purpose::MonthlyFigures {
        let expected = "how many deployments there are on a day: monthly figures need it";
        table.need("per_day", per_day, expected, "give deployment.per_day");
    }
    let days_per_month = table.number(
        "days_per_month",
        1e-3..=31.0,
        "a number above 0, at most 31",
    );
    if per_day.is_some() && !table.has("days_per_month") {
        let value = (DAYS_PER_MONTH * 100.0).round() / 100.0;
        table.assume(
            "days_per_month",
            value,
            "730 hours: deployments on every day of a month",
        );
    }
    let window_hours = table.number(
        "window_hours",
        0.1..=HOURS_PER_DAY,
        "a number of hours from 0.1 to 24",
    );
    if !table.has("stopping_counts") {
        let why = "recordings of ECS count stopping tasks, its reference does not";
        table.assume("stopping_counts", true, why);
    }
    let reaction = DurationLaw::lognormal(Seconds(20.0), 0.4);
    Deployment {
        minimum_healthy_percent,
        maximum_percent,
        per_day,
        days_per_month,
        window_hours,
        reaction: table.law_or("reaction", reaction, "recorded as 10 to 40 s"),
        completion_lag: table.seconds_or(
            "completion_lag",
            0.0..=LONGEST,
            0.0,
            "none beyond one reaction; logs since about 2021 show about 10 s",
        ),
        stopping_counts: table.flag("stopping_counts").unwrap_or(true),
        failure: failure(table),
    }
}
