//! The recordings of `data/recorded`, compiled in.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use toml::de::{DeArray, DeTable, DeValue};

use crate::import::deployments::RequestRecord;
use crate::import::events::{Event, EventKind};

macro_rules! recordings {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../data/recorded/", $name, ".toml")))),*]
    };
}

/// Name and text of each recording.
const TEXTS: &[(&str, &str)] = recordings![
    "fargate-2-tasks-100-200",
    "gateway-fargate-2-tasks",
    "portal-fargate-1-task",
    "fargate-1-task-restart",
    "fargate-1-task-stop-first",
    "order-2-tasks",
    "rollback",
    "ec2-1-task-2018",
    "5-tasks-0-100-2020",
    "ec2-3-tasks-0-200-2020",
    "fargate-creation-3-tasks",
    "no-load-balancer-2015",
    "start-4-tasks-without-load-balancer",
    "drain-tail-2017",
    "creation-3-tasks-2017",
    "early-drain-1-task",
    "replacement-a",
    "replacement-b",
];

/// The target group that every event is of: recordings leave their names out.
const GROUP: &str = "target group";

/// The log of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Name of its file, without the ending.
    pub name: &'static str,
    /// The public log it is from, where it has an address.
    pub source: Option<String>,
    /// What the log says, oldest first.
    pub events: Vec<Event>,
    /// What was seen beside the log: when, and what.
    pub observed: Vec<(Timestamp, String)>,
    /// When deployments were requested, where that is known.
    pub requests: Vec<RequestRecord>,
    /// What is known of the service.
    pub settings: Settings,
}

/// What is known of a service, and nothing else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    numbers: BTreeMap<String, u32>,
    /// Who brings the hosts, as scenarios call it.
    pub launch_type: Option<String>,
}

impl Settings {
    /// A number by its key.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u32> {
        self.numbers.get(key).copied()
    }
}

impl Recording {
    /// Whether its log names targets.
    #[must_use]
    pub fn has_load_balancer(&self) -> bool {
        self.events.iter().any(|event| {
            matches!(
                event.kind,
                EventKind::Registered { .. }
                    | EventKind::Deregistered { .. }
                    | EventKind::Draining { .. }
            )
        })
    }
}

/// All recordings.
///
/// # Errors
/// The first file that cannot be read, and why.
pub fn recordings() -> Result<Vec<Recording>, String> {
    TEXTS
        .iter()
        .map(|(name, text)| {
            recording(name, text).map_err(|problem| format!("data/recorded/{name}.toml: {problem}"))
        })
        .collect()
}

fn recording(name: &'static str, text: &str) -> Result<Recording, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string())?;
    let document = document.get_ref();
    let first = match document.get("first_event") {
        Some(value) => text_of(value.get_ref())?
            .parse()
            .map_err(|error| format!("first_event: {error}"))?,
        // The date does not matter where it is not known.
        None => Timestamp::UNIX_EPOCH,
    };
    let events = rows(document, "events")?
        .iter()
        .map(|row| event(first, row))
        .collect::<Result<_, _>>()?;
    let observed = rows(document, "observed")?
        .iter()
        .map(|row| Ok((at(first, row, 0)?, text_of(cell(row, 1)?)?.to_owned())))
        .collect::<Result<_, String>>()?;
    let mut requests = Vec::new();
    if let Some(list) = document.get("requests") {
        for request in list.get_ref().as_array().ok_or("requests: no list")? {
            let table = request.get_ref().as_table().ok_or("requests: no table")?;
            let created = table.get("created_s").ok_or("requests: no created_s")?;
            let id = table.get("deployment").map(|id| text_of(id.get_ref()));
            requests.push(RequestRecord {
                id: id.transpose()?.map(str::to_owned),
                created_at: later(first, seconds(created.get_ref())?)?,
            });
        }
    }
    let mut settings = Settings::default();
    if let Some(table) = document.get("settings") {
        for (key, value) in table.get_ref().as_table().ok_or("settings: no table")? {
            match value.get_ref() {
                DeValue::Integer(_) => {
                    let key = key.get_ref().to_string();
                    settings.numbers.insert(key, whole(value.get_ref())?);
                }
                other if key.get_ref() == "launch_type" => {
                    settings.launch_type = Some(text_of(other)?.to_owned());
                }
                _ => return Err(format!("settings.{}: unknown", key.get_ref())),
            }
        }
    }
    Ok(Recording {
        name,
        source: document
            .get("source")
            .map(|source| text_of(source.get_ref()).map(str::to_owned))
            .transpose()?,
        events,
        observed,
        requests,
        settings,
    })
}

fn rows<'a, 'b>(document: &'a DeTable<'b>, key: &str) -> Result<Vec<&'a DeArray<'b>>, String> {
    let Some(list) = document.get(key) else {
        return Ok(Vec::new());
    };
    let list = list.get_ref().as_array().ok_or(format!("{key}: no list"))?;
    list.iter()
        .map(|row| row.get_ref().as_array().ok_or(format!("{key}: no row")))
        .collect()
}

fn cell<'a, 'b>(row: &'a DeArray<'b>, index: usize) -> Result<&'a DeValue<'b>, String> {
    let cell = row.get(index).map(toml::Spanned::get_ref);
    cell.ok_or_else(|| format!("no column {index} in {row:?}"))
}

/// One row: seconds, what, how many, which deployment.
fn event(first: Timestamp, row: &DeArray<'_>) -> Result<Event, String> {
    let what = text_of(cell(row, 1)?)?;
    let count = match row.get(2) {
        Some(count) => whole(count.get_ref())?,
        None => 0,
    };
    let deployment = match row.get(3) {
        Some(deployment) => Some(text_of(deployment.get_ref())?.to_owned()),
        None => None,
    };
    let kind = match what {
        "started" => EventKind::Started {
            tasks: count,
            replacing_unhealthy: 0,
        },
        "started-replacing" => EventKind::Started {
            tasks: count,
            replacing_unhealthy: count,
        },
        "registered" => EventKind::Registered {
            targets: count,
            group: GROUP.to_owned(),
        },
        "deregistered" => EventKind::Deregistered { targets: count },
        "draining" => EventKind::Draining {
            tasks: count,
            task_set: deployment,
        },
        "stopped" => EventKind::StoppedRunning { tasks: count },
        "stopped-pending" => EventKind::StoppedPending { tasks: count },
        "completed" => EventKind::DeploymentCompleted { deployment },
        "failed" => EventKind::DeploymentFailed { deployment },
        "rolling-back" => EventKind::RollingBack { to: deployment },
        "unhealthy" => EventKind::Unhealthy,
        "cannot-place" => EventKind::CannotPlace,
        "steady" => EventKind::SteadyState,
        other => return Err(format!("no such event: {other}")),
    };
    Ok(Event {
        at: at(first, row, 0)?,
        kind,
    })
}

fn at(first: Timestamp, row: &DeArray<'_>, index: usize) -> Result<Timestamp, String> {
    later(first, seconds(cell(row, index)?)?)
}

fn later(first: Timestamp, seconds: f64) -> Result<Timestamp, String> {
    let of = |problem: &dyn Display| format!("{seconds} s: {problem}");
    let duration = SignedDuration::try_from_secs_f64(seconds).map_err(|error| of(&error))?;
    first.checked_add(duration).map_err(|error| of(&error))
}

fn text_of<'a>(value: &'a DeValue<'_>) -> Result<&'a str, String> {
    value.as_str().ok_or(format!("no text: {value:?}"))
}

fn seconds(value: &DeValue<'_>) -> Result<f64, String> {
    let number = match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    number.ok_or(format!("no decimal number of seconds: {value:?}"))
}

fn whole(value: &DeValue<'_>) -> Result<u32, String> {
    let number = match value {
        DeValue::Integer(integer) => u32::from_str_radix(integer.as_str(), integer.radix()).ok(),
        _ => None,
    };
    number.ok_or(format!("no whole number of 0 or more: {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_compiled_in_and_can_be_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recorded");
        let mut files: Vec<String> = folder
            .read_dir()
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".toml").map(str::to_owned)
            })
            .collect();
        files.sort();
        let recordings = recordings().unwrap();
        let mut names: Vec<&str> = recordings.iter().map(|one| one.name).collect();
        names.sort_unstable();
        assert_eq!(names, files);
        for recording in recordings {
            let times = recording.events.iter().map(|event| event.at);
            assert!(times.is_sorted(), "{}", recording.name);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, problem) in [
            ("events = [[0.0, \"vanished\"]]", "no such event: vanished"),
            ("events = [[0, \"steady\"]]", "no decimal number of seconds"),
            ("first_event = \"then\"", "first_event"),
            ("[settings]\ncolour = \"red\"", "settings.colour: unknown"),
        ] {
            let found = recording("test", text).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
    }
}
