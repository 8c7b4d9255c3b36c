//! Keys of `[deployment]` about versions that never get healthy.

use super::duration::LONGEST;
use super::table::Table;
use crate::scenario::{Detection, Failure};

/// How many deployments fail, and how that is noticed.
pub(super) fn failure(table: &Table<'_>) -> Failure {
    let expected = "a share of the deployments from 0 to 0.99";
    let rate = table.share("failure_rate", 0.0..=0.99, expected);
    let breaks = table.flag("circuit_breaker");
    let after = table.seconds("failure_detection", 0.0..=LONGEST);
    let detection = match (breaks, after) {
        (None | Some(false), Some(after)) => Detection::After(after),
        (Some(true), Some(_)) => {
            let expected = "either circuit_breaker = true or failure_detection";
            table.reject("failure_detection", expected, "remove one of them");
            Detection::CircuitBreaker
        }
        (Some(false), None) => {
            if !table.has("failure_detection") {
                let expected = "how long after the request a failing deployment is noticed";
                let hint = "give failure_detection = \"15m\", or circuit_breaker = true";
                table.report("failure_detection", "nothing", expected, hint);
            }
            Detection::CircuitBreaker
        }
        (None, None) => {
            if rate.is_some_and(|rate| rate > 0.0) && !table.has("circuit_breaker") {
                let why = "off unless it is set on ECS; else give failure_detection";
                table.assume("circuit_breaker", true, why);
            }
            Detection::CircuitBreaker
        }
        (Some(true), None) => Detection::CircuitBreaker,
    };
    Failure {
        rate: rate.unwrap_or(0.0),
        detection,
    }
}
