//! Durations as they are written in a scenario: `"90s"`, `"0.5s"`, `"1h30m"`.

use crate::scenario::{DurationLaw, Family};
use crate::units::Seconds;

/// No duration of a scenario is longer: 30 days \[s\].
pub(super) const LONGEST: f64 = 30.0 * 86_400.0;

/// Units from the longest to the shortest \[s\].
const UNITS: [(&str, f64); 5] = [
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("ms", 0.001),
];

/// The duration that a text states: numbers with a unit each, longer units first.
#[must_use]
pub fn parse(text: &str) -> Option<Seconds> {
    let mut rest = text.trim();
    let mut units = &UNITS[..];
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = leading(rest, |c| c.is_ascii_digit() || c == '.');
        let unit = leading(&rest[number.len()..], |c| c.is_ascii_alphabetic());
        let position = units.iter().position(|(name, _)| *name == unit)?;
        total += number.parse::<f64>().ok()? * units[position].1;
        units = &units[position + 1..];
        rest = rest[number.len() + unit.len()..].trim_start();
    }
    Some(Seconds(total))
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

/// A duration as a scenario would state it: `300s`.
pub(super) fn written(duration: Seconds) -> String {
    format!("{}s", duration.0)
}

/// A law in words: `20s` where it is fixed, else `5s, cv 0.5`.
pub(super) fn written_law(law: DurationLaw) -> String {
    match law.family {
        Family::Fixed => written(law.mean),
        Family::Lognormal | Family::Gamma | Family::Weibull => {
            format!("{}, cv {}", written(law.mean), law.cv)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("0.5s", 0.5),
            ("5m", 300.0),
            ("1h30m", 5400.0),
            ("1h 30m", 5400.0),
            ("250ms", 0.25),
            ("2d", 172_800.0),
            (" 1m30.5s ", 90.5),
        ] {
            assert_eq!(parse(text), Some(Seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in [
            "", " ", "5", "s", "-5s", "5 m", "5x", "1.2.3s", "30m1h", "5m5m", "1e3s", ".s", "5µs",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
