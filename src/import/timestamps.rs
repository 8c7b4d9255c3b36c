//! When an event happened, from every way in which descriptions write a time: ISO 8601 with an
//! offset, epoch seconds, epoch milliseconds, and the date, time and offset of printed tables.
//!
//! A time without an offset is taken as UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::units::Seconds;

/// Numbers from here on are milliseconds: as seconds they would lie past the year 5000.
const SMALLEST_MILLISECONDS: f64 = 1e11;

/// The time that a JSON value states, a number or a string.
#[must_use]
pub fn from_json(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => from_epoch(number.as_f64()?),
        Value::String(text) => from_text(text),
        _ => None,
    }
}

/// The time that a text states.
#[must_use]
pub fn from_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return from_epoch(number);
    }
    text.parse()
        .ok()
        .or_else(|| from_table(text))
        .or_else(|| without_offset(text))
}

/// From one time to a later one; negative if it is earlier \[s\].
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Seconds {
    Seconds(to.duration_since(from).as_secs_f64())
}

/// The time a number of seconds before another, at the least the earliest there is.
#[must_use]
pub fn before(time: Timestamp, seconds: Seconds) -> Timestamp {
    jiff::SignedDuration::try_from_secs_f64(seconds.0)
        .ok()
        .and_then(|duration| time.checked_sub(duration).ok())
        .unwrap_or(Timestamp::MIN)
}

fn from_epoch(number: f64) -> Option<Timestamp> {
    let seconds = if number.abs() >= SMALLEST_MILLISECONDS {
        number / 1e3
    } else {
        number
    };
    let micros = (seconds * 1e6).round();
    // Out of range or not a number saturates, and is then refused by the calendar.
    if !micros.is_finite() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and the calendar refuses it"
    )]
    Timestamp::from_microsecond(micros as i64).ok()
}

/// `2020-02-20 14:39:53 +0000 UTC`, with or without the name of the zone.
fn from_table(text: &str) -> Option<Timestamp> {
    let mut words = text.split_whitespace();
    let (date, time, offset) = (words.next()?, words.next()?, words.next()?);
    strtime::parse("%Y-%m-%d %H:%M:%S%.f %z", format!("{date} {time} {offset}"))
        .and_then(|parsed| parsed.to_timestamp())
        .ok()
}

fn without_offset(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_encoding_of_one_moment_agrees() {
        let moment = from_json(&json!("2026-07-02T20:11:41.417000+02:00"));
        assert!(moment.is_some());
        for same in [
            json!("2026-07-02T18:11:41.417Z"),
            json!(1_783_015_901.417),
            json!("1783015901.417"),
            json!(1_783_015_901_417_u64),
            json!("1783015901417"),
            json!("2026-07-02 18:11:41.417"),
            json!("2026-07-02 18:11:41.417 +0000 UTC"),
            json!("2026-07-03 02:11:41.417 +0800"),
        ] {
            assert_eq!(from_json(&same), moment, "{same}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for wrong in [
            json!(null),
            json!({}),
            json!(""),
            json!("soon"),
            json!("inf"),
            json!(1e300),
        ] {
            assert_eq!(from_json(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_can_be_moved_back() {
        let time = from_text("100").unwrap();
        assert_eq!(before(time, Seconds(12.5)), from_text("87.5").unwrap());
        assert_eq!(between(time, from_text("87.5").unwrap()), Seconds(-12.5));
        assert_eq!(before(time, Seconds(f64::NAN)), Timestamp::MIN);
    }
}
