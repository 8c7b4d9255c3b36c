//! How quantities and plans are worded in a report.

use serde_json::Value;

use crate::model::{Availability, Duration, Durations, Estimate};
use crate::recommend::PlanReport;
use crate::units::{Seconds, Share, Usd};

/// A duration; `0` where there is none of it.
pub fn duration(duration: Seconds) -> String {
    if duration.0.abs() < 0.5 {
        "0".to_owned()
    } else {
        duration.to_string()
    }
}

/// `5.1 min (p95 5.7 min)`.
pub fn with_p95(spread: &Duration) -> String {
    format!("{} (p95 {})", spread.mean, spread.p95)
}

/// A mean of an estimate; `stuck` where there is none.
pub fn of(estimate: &Estimate, mean: fn(&Durations) -> Seconds) -> String {
    let durations = estimate.duration.as_ref();
    durations.map_or_else(|| "stuck".to_owned(), |all| duration(mean(all)))
}

/// A number without decimals that say nothing.
pub fn number(number: f64) -> String {
    let decimals = match number.abs() {
        small if small < 1.0 => 4,
        small if small < 100.0 => 2,
        _ => 0,
    };
    let text = format!("{number:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of things: `1 host`, `2 hosts`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Money with a sign, `0 USD` where it is none: `+2.42 USD`.
pub fn signed(usd: Usd) -> String {
    if usd.0.abs() < 0.005 {
        "0 USD".to_owned()
    } else if usd.0 < 0.0 {
        format!("−{}", Usd(-usd.0))
    } else {
        format!("+{usd}")
    }
}

/// Total cost of a month; `–` where it is not known.
pub fn total(estimate: &Estimate) -> String {
    let total = estimate.cost.total_usd_per_month;
    total.map_or_else(|| "–".to_owned(), |usd| usd.to_string())
}

/// An amount, told from none of it also where it is tiny: `0`, `under 0.0001`.
pub fn amount(amount: f64) -> String {
    if amount > 0.0 && amount < 1e-4 {
        "under 0.0001".to_owned()
    } else {
        number(amount)
    }
}

/// Time with full capacity: `99.99 % (4.4 min a month below)`, `100 %`; `–` where it is not known.
pub fn full_capacity(availability: &Availability) -> String {
    let Some(monthly) = availability.monthly else {
        return "–".to_owned();
    };
    let below = availability.shortfall_minutes_per_month;
    let below = below.filter(|&minutes| minutes > 0.0);
    let below = below.map_or_else(String::new, |minutes| {
        format!(" ({} min a month below)", amount(minutes))
    });
    format!("{}{below}", Share(monthly))
}

/// A JSON value as a person would say it: a text without its quotes.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), self::number),
        other => other.to_string(),
    }
}

/// `50/200`.
pub fn percents(plan: &PlanReport) -> String {
    format!("{}/{}", plan.minimum_healthy_percent, plan.maximum_percent)
}

/// Added hosts: `2 pre-scaled (1 spot)`, `none`.
pub fn added_hosts(plan: &PlanReport) -> String {
    let spot = match plan.spot_hosts {
        0 => String::new(),
        spot if spot == plan.prescale_hosts + plan.headroom_hosts => " (spot)".to_owned(),
        spot => format!(" ({spot} spot)"),
    };
    match (plan.prescale_hosts, plan.headroom_hosts) {
        (0, 0) => "none".to_owned(),
        (before, 0) => format!("{before} pre-scaled{spot}"),
        (0, standing) => format!("{standing} standing{spot}"),
        (before, standing) => format!("{before} pre-scaled, {standing} standing{spot}"),
    }
}

/// A plan in a line: `100/200, 2 pre-scaled`.
pub fn plan(plan: &PlanReport) -> String {
    let mut text = percents(plan);
    if plan.prescale_hosts + plan.headroom_hosts > 0 {
        text = format!("{text}, {}", added_hosts(plan));
    }
    let others = plan.changed.iter().filter(|change| {
        !change.key.starts_with("prescale.") && !change.key.starts_with("deployment.")
    });
    for change in others {
        let key = change.key.rsplit('.').next().unwrap_or(&change.key);
        text = format!("{text}, {key} {}", value(&change.to));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_the_decimals_they_need() {
        assert_eq!(number(30.0), "30");
        assert_eq!(number(120.4), "120");
        assert_eq!(number(12.345), "12.35");
        assert_eq!(number(0.001_23), "0.0012");
        assert_eq!(amount(0.000_02), "under 0.0001");
        assert_eq!(amount(0.0), "0");
        assert_eq!(signed(Usd(-2.0)), "−2.00 USD");
        assert_eq!(signed(Usd(0.001)), "0 USD");
    }
}
