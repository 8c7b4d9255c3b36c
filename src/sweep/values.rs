//! The values of a varied key as they are written: `a,b,c`, `0..100`, `30s..300s:30s`.

use crate::scenario::read::{Setting, duration};

/// More values of one key are taken for a mistake.
const MOST_VALUES: i128 = 1_000_000;

/// The values that a text lists, at least one.
///
/// Parts between commas are values or ranges; both ends of a range are in it, whether or not the
/// step meets the last one. Whole numbers have a step of 1 unless it is said.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn values(text: &str) -> Result<Vec<Setting>, String> {
    let mut values = Vec::new();
    for part in text.split(',').map(str::trim) {
        if part.is_empty() {
            return Err(
                "a value is missing; write values between commas, such as 50,75,100".to_owned(),
            );
        }
        match part.split_once("..") {
            None => values.push(Setting::of(part)),
            Some((first, rest)) => {
                let (last, step) = match rest.split_once(':') {
                    Some((last, step)) => (last, Some(step)),
                    None => (rest, None),
                };
                values.extend(range(part, first.trim(), last.trim(), step.map(str::trim))?);
            }
        }
    }
    Ok(values)
}

/// A number as a whole number of its smallest decimals, so that steps add up exactly.
#[derive(Debug, Clone, Copy)]
struct Exact {
    digits: i128,
    decimals: u32,
}

/// What the numbers of a range count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    /// Microseconds, written in seconds.
    Time,
}

fn range(part: &str, first: &str, last: &str, step: Option<&str>) -> Result<Vec<Setting>, String> {
    let wrong = || {
        format!("{part}: expected a range such as 0..100, 0..100:5, 0.1..0.5:0.1 or 30s..300s:30s")
    };
    let ends = number(first).zip(number(last)).ok_or_else(wrong)?;
    let ((first, unit), (last, last_unit)) = ends;
    if unit != last_unit {
        return Err(format!("{part}: give both ends with the same kind of unit"));
    }
    let step = match step {
        Some(step) => match number(step) {
            Some((step, step_unit)) if step_unit == unit => step,
            _ => return Err(wrong()),
        },
        None if unit == Unit::None && first.decimals == 0 && last.decimals == 0 => Exact {
            digits: 1,
            decimals: 0,
        },
        None => {
            return Err(format!(
                "{part}: give the step, such as {part}:{}",
                a_step(unit)
            ));
        }
    };
    let decimals = first.decimals.max(last.decimals).max(step.decimals);
    let scaled = |exact: Exact| exact.digits * 10_i128.pow(decimals - exact.decimals);
    let (first, last, step) = (scaled(first), scaled(last), scaled(step));
    if step <= 0 {
        return Err(format!("{part}: expected a step above 0"));
    }
    if first > last {
        return Err(format!(
            "{part}: the first value is above the last; write the smaller one first"
        ));
    }
    if (last - first) / step >= MOST_VALUES {
        return Err(format!(
            "{part}: more than {MOST_VALUES} values; give a larger step"
        ));
    }
    let mut at = first;
    let mut values = Vec::new();
    while at < last {
        values.push(written(at, decimals, unit));
        at += step;
    }
    values.push(written(last, decimals, unit));
    Ok(values)
}

fn a_step(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "0.1",
        Unit::Time => "1s",
    }
}

fn number(text: &str) -> Option<(Exact, Unit)> {
    const MICROSECONDS: f64 = 1e6;
    if let Some(time) = duration(text) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time far above any that a scenario takes saturates"
        )]
        let digits = (time.0 * MICROSECONDS).round().min(1e18) as i128;
        let exact = Exact {
            digits,
            decimals: 6,
        };
        return Some((exact, Unit::Time));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if unsigned.is_empty() || unsigned.len() + decimals.len() > 18 {
        return None;
    }
    if !is_digits(unsigned) || !is_digits(decimals) {
        return None;
    }
    let exact = Exact {
        digits: format!("{whole}{decimals}").parse().ok()?,
        decimals: u32::try_from(decimals.len()).ok()?,
    };
    Some((exact, Unit::None))
}

fn written(digits: i128, decimals: u32, unit: Unit) -> Setting {
    let scale = 10_i128.pow(decimals);
    let sign = if digits < 0 { "-" } else { "" };
    let digits = digits.abs();
    let mut text = format!("{sign}{}", digits / scale);
    if digits % scale != 0 {
        let places = decimals as usize;
        let fraction = format!("{:0places$}", digits % scale);
        text = format!("{text}.{}", fraction.trim_end_matches('0'));
    }
    if unit == Unit::Time {
        text.push('s');
    }
    Setting::of(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let values = values(text).unwrap_or_else(|problem| panic!("{problem}"));
        values.iter().map(|value| value.text().to_owned()).collect()
    }

    #[test]
    fn lists_and_ranges() {
        assert_eq!(texts("50, 75,100"), ["50", "75", "100"]);
        assert_eq!(texts("0..3"), ["0", "1", "2", "3"]);
        assert_eq!(texts("0..100:30"), ["0", "30", "60", "90", "100"]);
        assert_eq!(texts("30s..2m:45s"), ["30s", "75s", "120s"]);
        assert_eq!(texts("0.1..0.4:0.1"), ["0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(texts("0..1:0.25"), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(texts("-2..-1"), ["-2", "-1"]);
        assert_eq!(texts("7..7"), ["7"]);
        assert_eq!(texts("1,3..4,on-demand"), ["1", "3", "4", "on-demand"]);
        assert_eq!(texts("0.5s..1s:0.25s"), ["0.5s", "0.75s", "1s"]);
    }

    #[test]
    fn what_is_no_range_says_so() {
        for (text, said) in [
            ("5..1", "above the last"),
            ("30s..300s", "give the step"),
            ("0.1..0.5", "give the step"),
            ("0..10:0", "above 0"),
            ("0..10:5s", "expected a range"),
            ("0..10s:1s", "same kind of unit"),
            ("a..b", "expected a range"),
            ("1,,2", "missing"),
            ("", "missing"),
            ("0..99999999", "more than"),
        ] {
            let problem = values(text).expect_err(text);
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }
}
