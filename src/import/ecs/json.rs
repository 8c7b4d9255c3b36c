//! JSON as the command line prints it, and as other programs pass it on: fields absent or null,
//! numbers as strings, unknown fields. What is of the wrong type is an error with its place.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::import::{ImportProblem, Place, Source};

/// Reads one description.
///
/// # Errors
/// With line and column, if the text is no JSON or a field has the wrong type.
pub fn read<T: DeserializeOwned>(source: &Source, command: &str) -> Result<T, ImportProblem> {
    let text = source.text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| {
        let place = Place {
            line: error.line(),
            column: error.column(),
        };
        let said = error.to_string();
        // The place is told apart from the text.
        let problem = said
            .rsplit_once(" at line ")
            .map_or(said.as_str(), |(before, _)| before);
        ImportProblem {
            source: source.name.clone(),
            place: (place.line > 0).then_some(place),
            problem: problem.to_owned(),
            help: format!("give what `{command}` prints, as JSON"),
        }
    })
}

/// The type's default where the field is null.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A count, as a number or a string; absent where null or empty.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    match number {
        Some(number) if number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0 =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and in range"
            )]
            Ok(Some(number as u32))
        }
        _ => Err(D::Error::custom("expected a whole number of 0 or more")),
    }
}
