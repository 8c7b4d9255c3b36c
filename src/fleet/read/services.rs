//! A list of services: a CSV file with a row per service, each naming its scenario.

use std::io::Read;

use super::fleet::{Entry, EntrySource, Terms};
use super::{Unreadable, nearest};
use crate::scenario::read::{Place, Problem};

/// Columns of a list, by the names of its first line; `file` is there always.
const COLUMNS: [&str; 8] = [
    "file",
    "name",
    "per_day",
    "weight",
    "windows",
    "team",
    "cluster",
    "spot_pool",
];

/// Separates the windows that a service may choose from.
const WINDOW_SEPARATOR: char = '|';

/// The services of a list, under the terms that are said of all of them where a row says nothing.
///
/// # Errors
/// All problems of the list, or why it cannot be read.
pub fn services(from: impl Read, terms: &Terms) -> Result<Vec<Entry>, Unreadable> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(from);
    let mut problems = Vec::new();
    let headers = reader.headers().map_err(unreadable)?.clone();
    for (i, name) in headers.iter().enumerate() {
        let hint = if !COLUMNS.contains(&name) {
            nearest(name, COLUMNS.into_iter()).map_or_else(
                || format!("the columns are {}", COLUMNS.join(", ")),
                |near| format!("did you mean {near}?"),
            )
        } else if headers.iter().take(i).any(|before| before == name) {
            "remove one of them".to_owned()
        } else {
            continue;
        };
        let expected = "a column of a list of services, once";
        problems.push(problem(1, name, "this column", expected, &hint));
    }
    let column = |name: &str| headers.iter().position(|header| header == name);
    if column("file").is_none() {
        let hint = "add a column with the scenario file of each service";
        problems.push(problem(1, "file", "no such column", "this column", hint));
    }
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record
            .position()
            .map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
        let cell = |name: &str| {
            let text = record.get(column(name)?)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let mut number = |name: &str, least: f64, expected: &str| {
            let text = cell(name)?;
            let number = text.parse::<f64>().ok();
            let number = number.filter(|number| number.is_finite() && *number >= least);
            if number.is_none() {
                let hint = "write a number with a point for decimals";
                problems.push(problem(line, name, &format!("\"{text}\""), expected, hint));
            }
            number
        };
        let own = Terms {
            name: cell("name"),
            per_day: number("per_day", f64::MIN_POSITIVE, "a number above 0"),
            weight: number("weight", 0.0, "a number that is 0 or more"),
            windows: cell("windows").map_or_else(Vec::new, |windows| {
                windows
                    .split(WINDOW_SEPARATOR)
                    .map(|window| window.trim().to_owned())
                    .filter(|window| !window.is_empty())
                    .collect()
            }),
            team: cell("team"),
            cluster: cell("cluster"),
            spot_pool: cell("spot_pool"),
        };
        match cell("file") {
            Some(file) => entries.push(Entry {
                source: EntrySource::Scenario(file),
                terms: own.or(terms),
            }),
            None if column("file").is_some() => {
                let hint = "give its path from the fleet file";
                problems.push(problem(line, "file", "nothing", "a scenario file", hint));
            }
            None => {}
        }
    }
    if problems.is_empty() {
        Ok(entries)
    } else {
        problems.sort_by_key(|problem| problem.place);
        Err(Unreadable::Wrong {
            problems,
            further: 0,
        })
    }
}

fn problem(line: usize, key: &str, found: &str, expected: &str, hint: &str) -> Problem {
    Problem {
        place: Some(Place { line, column: 1 }),
        key: key.to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
        hint: hint.to_owned(),
    }
}

fn unreadable(error: csv::Error) -> Unreadable {
    let line = error
        .position()
        .map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Unreadable::Io(error),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let (found, expected) = (format!("{len} cells"), format!("{expected_len} cells"));
            let hint = "give as many cells as the first line has";
            Unreadable::Wrong {
                problems: vec![problem(line, "", &found, &expected, hint)],
                further: 0,
            }
        }
        _ => Unreadable::Wrong {
            problems: vec![problem(
                line,
                "",
                "something else",
                "CSV in UTF-8",
                "save it as such",
            )],
            further: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_before_what_is_said_of_the_list() {
        let text = "file,name,per_day,windows\na.toml,a,2.5,morning|noon\nb.toml,,,\n";
        let terms = Terms {
            per_day: Some(1.0),
            team: Some("shop".to_owned()),
            ..Terms::default()
        };
        let entries = services(text.as_bytes(), &terms).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries[0].source,
            EntrySource::Scenario("a.toml".to_owned())
        );
        assert_eq!(entries[0].terms.per_day, Some(2.5));
        assert_eq!(entries[0].terms.windows, ["morning", "noon"]);
        assert_eq!(entries[1].terms.per_day, Some(1.0));
        assert_eq!(entries[1].terms.team.as_deref(), Some("shop"));
    }

    #[test]
    fn all_problems_of_a_list_are_told_with_their_lines() {
        let text = "file,weigth,per_day\na.toml,1,zero\n,2,-1\n";
        let Err(Unreadable::Wrong { problems, .. }) = services(text.as_bytes(), &Terms::default())
        else {
            panic!("it is wrong");
        };
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].contains("did you mean weight?"), "{told:?}");
        assert!(told[1].starts_with("line 2, column 1: per_day"), "{told:?}");
        assert!(told[3].contains("a scenario file") || told[2].contains("a scenario file"));
    }
}
