//! From how many deployments on standing hosts are cheaper than pre-scaled ones.

use serde::Serialize;

use super::HostsAnswer;
use crate::scenario::Scenario;
use crate::units::DAYS_PER_MONTH;

/// Above so many deployments standing hosts are cheaper than pre-scaled ones: the same number in a
/// month, for a day as the scenario counts them and for a calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BreakEven {
    /// As `deployment.per_day` counts: for each of `days_per_month` \[1/d\].
    pub per_day: f64,
    /// Days with deployments in a month \[d\].
    pub days_per_month: f64,
    /// For each of all the days of a month \[1/d\]:
    /// [`break_even_deployments_per_day`](HostsAnswer::break_even_deployments_per_day).
    pub per_calendar_day: f64,
}

impl BreakEven {
    /// That of an answer; absent where it has none.
    ///
    /// # Formula
    /// `per_day` = `per_calendar_day` × 730/24 / `days_per_month`
    #[must_use]
    pub fn of(scenario: &Scenario, answer: &HostsAnswer) -> Option<Self> {
        let per_calendar_day = answer.break_even_deployments_per_day?;
        let days_per_month = scenario.deployment.days_per_month.unwrap_or(DAYS_PER_MONTH);
        Some(Self {
            per_day: per_calendar_day * DAYS_PER_MONTH / days_per_month,
            days_per_month,
            per_calendar_day,
        })
    }

    /// `48 deployments a day`; where only some days have deployments, `70 deployments a working day
    /// (21 a month; 48 a calendar day)`.
    #[must_use]
    pub fn told(&self, number: fn(f64) -> String) -> String {
        let number = |value: f64| number(if value < 10.0 { value } else { value.round() });
        let per_day = number(self.per_day);
        if self.is_every_day() {
            return format!("{per_day} deployments a day");
        }
        format!(
            "{per_day} deployments a working day ({} a month; {} a calendar day)",
            number(self.days_per_month),
            number(self.per_calendar_day)
        )
    }

    /// What `per_day` is counted for.
    #[must_use]
    pub fn day(&self) -> &'static str {
        if self.is_every_day() {
            "day"
        } else {
            "working day"
        }
    }

    fn is_every_day(&self) -> bool {
        (self.days_per_month - DAYS_PER_MONTH).abs() < 0.5
    }
}
