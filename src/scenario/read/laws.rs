//! The durations of a table: fixed ones, and those that vary.

use std::ops::RangeInclusive;

use super::duration::{self, LONGEST};
use super::keys;
use super::table::Table;
use super::tree::{Node, Value};
use crate::scenario::{DurationLaw, Family};
use crate::units::Seconds;

/// Coefficients of variation above this are taken for a mistake.
const LARGEST_CV: f64 = 5.0;

const LAW_EXPECTED: &str = r#"a duration such as "90s", or { mean = "90s", cv = 0.2 }"#;
const FAMILIES: &[(&str, Family)] = &[
    ("lognormal", Family::Lognormal),
    ("gamma", Family::Gamma),
    ("weibull", Family::Weibull),
    ("fixed", Family::Fixed),
];

impl Table<'_> {
    /// A duration that never varies.
    pub(super) fn seconds(&self, key: &str, range: RangeInclusive<f64>) -> Option<Seconds> {
        let entry = self.entry(key)?;
        let expected = match range.end() {
            end if *end < LONGEST => {
                format!(
                    "a duration from {}s to {end}s, with its unit",
                    range.start()
                )
            }
            _ => r#"a fixed duration such as "90s", at most 30 days"#.to_owned(),
        };
        if let Value::Table(_) = entry.node.value {
            let hint = r#"this one does not vary: write it as "90s""#;
            self.reject_node(key, &entry.node, &expected, hint);
            return None;
        }
        self.duration(key, &entry.node, range, &expected)
    }

    /// A duration that may vary.
    pub(super) fn law(&self, key: &str) -> Option<DurationLaw> {
        let entry = self.entry(key)?;
        if !matches!(entry.node.value, Value::Table(_)) {
            return self
                .duration(key, &entry.node, 0.0..=LONGEST, LAW_EXPECTED)
                .map(DurationLaw::fixed);
        }
        let table = Table::open(
            self.notes,
            self.path_of(key),
            &entry.node,
            Some(&keys::DURATION),
        );
        let mean = table.seconds("mean", 0.0..=LONGEST);
        let mean = table.need("mean", mean, r#"the mean, such as "90s""#, "give the mean");
        let family = table
            .choice("distribution", FAMILIES)
            .unwrap_or(Family::Lognormal);
        let expected = format!("a coefficient of variation from 0 to {LARGEST_CV}");
        let cv = table.number("cv", 0.0..=LARGEST_CV, &expected);
        if family == Family::Fixed {
            return mean.map(DurationLaw::fixed);
        }
        let cv = table.need(
            "cv",
            cv,
            &expected,
            "give cv; 0 for a duration that never varies",
        )?;
        let mean = mean?;
        Some(if cv == 0.0 || mean == Seconds::ZERO {
            DurationLaw::fixed(mean)
        } else {
            DurationLaw { mean, cv, family }
        })
    }

    fn duration(
        &self,
        key: &str,
        node: &Node,
        range: RangeInclusive<f64>,
        expected: &str,
    ) -> Option<Seconds> {
        let written = self.notes.written(node);
        let hint = match &node.value {
            Value::String(text) => match duration::parse(text) {
                Some(duration) if range.contains(&duration.0) => return Some(duration),
                Some(duration) if duration.0 < *range.start() => "write a longer one".to_owned(),
                Some(_) => "write a shorter one".to_owned(),
                None if text.parse::<f64>().is_ok() => format!("write \"{text}s\""),
                None => "write numbers with a unit: ms, s, m, h or d".to_owned(),
            },
            Value::Integer(_) | Value::Float(_) => format!("write \"{written}s\""),
            _ => "write numbers with a unit, in quotes".to_owned(),
        };
        self.notes
            .report(&node.span, self.path_of(key), &written, expected, &hint);
        None
    }
}
