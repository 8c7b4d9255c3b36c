//! `[recommend]`, `[limits]`, `[billing]` and `[[recorded]]`: what is asked, and compared with.

use super::duration::LONGEST;
use super::table::Table;
use crate::scenario::{
    Billing, Clock, Granularity, LaunchType, Limits, MayChange, PaidHour, Recommend,
    RecordedDeployment,
};
use crate::units::{HOURS_PER_MONTH, Usd};

const CLOCKS: &[(&str, Clock)] = &[
    ("completed", Clock::Completed),
    ("new_version", Clock::NewVersion),
];
const GRANULARITIES: &[(&str, Granularity)] =
    &[("second", Granularity::Second), ("hour", Granularity::Hour)];

/// A setting that the recommendation may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    Percents,
    Prescale,
    Headroom,
    Spot,
    HealthCheck,
    DeregistrationDelay,
}

const PERMISSIONS: &[(&str, Permission)] = &[
    ("percents", Permission::Percents),
    ("prescale", Permission::Prescale),
    ("headroom", Permission::Headroom),
    ("spot", Permission::Spot),
    ("health_check", Permission::HealthCheck),
    ("deregistration_delay", Permission::DeregistrationDelay),
];
const UNLESS_SAID: [Permission; 4] = [
    Permission::Percents,
    Permission::Prescale,
    Permission::Headroom,
    Permission::Spot,
];

/// What the recommendation optimises and may change; absent where a problem was noted.
pub(super) fn recommend(table: &Table<'_>) -> Option<Recommend> {
    let why = "until nothing of the old version is left";
    let clock = table.choice_or_first("clock", CLOCKS, why);
    let permissions = table.choices("may_change", PERMISSIONS);
    if !table.has("may_change") {
        let value = "percents, prescale, headroom, spot";
        table.assume(
            "may_change",
            value,
            "what needs no change of the application",
        );
    }
    let permissions = match permissions {
        Some(permissions) => permissions,
        None if table.has("may_change") => return None,
        None => UNLESS_SAID.to_vec(),
    };
    let may = |permission| permissions.contains(&permission);
    Some(Recommend {
        clock: clock?,
        may_change: MayChange {
            percents: may(Permission::Percents),
            prescale: may(Permission::Prescale),
            headroom: may(Permission::Headroom),
            spot: may(Permission::Spot),
            health_check: may(Permission::HealthCheck),
            deregistration_delay: may(Permission::DeregistrationDelay),
        },
    })
}

/// What a plan must keep to.
pub(super) fn limits(table: &Table<'_>) -> Limits {
    let availability = "a share above 0, at most 1";
    Limits {
        budget_usd_per_month: table.amount("budget_usd_per_month").map(Usd),
        availability: table.share("availability", 1e-12..=1.0, availability),
        max_duration: table.seconds("max_duration", 0.001..=LONGEST),
    }
}

/// How hosts are billed; absent where a problem was noted.
pub(super) fn billing(table: &Table<'_>, launch_type: Option<LaunchType>) -> Option<Billing> {
    let granularity = match launch_type {
        Some(LaunchType::Fargate) if !table.has("granularity") => Some(Granularity::Second),
        _ => table.choice_or_first("granularity", GRANULARITIES, "Linux instances of today"),
    };
    let most = HOURS_PER_MONTH * 1e6;
    let free_hours = table.number(
        "free_hours_per_month",
        0.0..=most,
        "a number of hours, 0 or more",
    );
    let granularity = granularity?;
    let reuse = table.flag("reuse_paid_hour");
    if granularity == Granularity::Hour && !table.has("reuse_paid_hour") {
        let why = "hosts go at their release, the rest of a paid hour is lost";
        table.assume("reuse_paid_hour", false, why);
    }
    if granularity == Granularity::Second && reuse == Some(true) {
        let expected = "billing by the started hour: by the second none is left to reuse";
        table.reject(
            "reuse_paid_hour",
            expected,
            "write granularity = \"hour\", or remove it",
        );
    }
    Some(Billing {
        granularity,
        free_hours_per_month: free_hours.unwrap_or(0.0),
        paid_hour: if reuse == Some(true) {
            PaidHour::Reused
        } else {
            PaidHour::Lost
        },
    })
}

/// Past deployments; those with a problem are left out.
pub(super) fn recorded(tables: &[Table<'_>]) -> Vec<RecordedDeployment> {
    tables.iter().filter_map(recorded_one).collect()
}

fn recorded_one(table: &Table<'_>) -> Option<RecordedDeployment> {
    let at = table.need(
        "at",
        table.moment("at"),
        "when it was requested",
        "give the moment",
    );
    let completed = table.seconds("completed", 0.001..=LONGEST);
    let expected = "a duration from the request to \"completed\"";
    let completed = table.need("completed", completed, expected, "give it as \"632s\"");
    Some(RecordedDeployment {
        at: at?,
        completed: completed?,
    })
}
