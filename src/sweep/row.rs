//! How a row is written: as CSV, as one JSON object on a line, or as cells for columns.

use std::io::Write as _;

use super::cell::{Cell, Kind};
use crate::model::{Brief, Clocks, Duration, Estimate};
use crate::scenario::read::{Key, Setting};
use crate::simulate::statistics::Distribution;
use crate::simulate::{Simulation, Verdict};
use crate::units::Usd;

/// What is told of each row after its varied keys; a name ends in the unit.
pub const COLUMNS: [&str; 24] = [
    "verdict",
    "reason",
    "lower_bound",
    "upper_bound",
    "room",
    "min_healthy",
    "peak",
    "lead_s",
    "new_version_s_mean",
    "new_version_s_p50",
    "new_version_s_p95",
    "new_version_s_p99",
    "completed_s_mean",
    "completed_s_p50",
    "completed_s_p95",
    "completed_s_p99",
    "serving_usd_per_month",
    "headroom_usd_per_month",
    "per_deployment_usd",
    "total_usd_per_month",
    "required_tasks",
    "shortfall_probability",
    "shortfall_minutes_per_month",
    "availability_monthly",
];

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object on each line, with nulls where there is no value.
    JsonLines,
    /// Cells as they are in memory, for [`super::Parquet`].
    Columns,
}

/// The columns of [`COLUMNS`], each with what it holds.
pub(super) fn results() -> impl Iterator<Item = (&'static str, Kind)> {
    COLUMNS.into_iter().map(|name| {
        let kind = match name {
            "verdict" | "reason" => Kind::Text,
            "lower_bound" | "upper_bound" | "room" | "min_healthy" | "peak" | "required_tasks" => {
                Kind::Integer
            }
            _ => Kind::Number,
        };
        (name, kind)
    })
}

/// What stands before the rows; only CSV has it.
#[must_use]
pub fn header(layout: Layout, keys: &[&Key]) -> Vec<u8> {
    let mut line = Vec::new();
    if layout == Layout::Csv {
        for key in keys {
            csv_text(&mut line, key.path());
            line.push(b',');
        }
        line.extend_from_slice(COLUMNS.join(",").as_bytes());
        line.push(b'\n');
    }
    line
}

/// A varied key's value, with all that stands between it and what follows.
pub(super) fn varied(layout: Layout, index: usize, key: &Key, value: Option<&Setting>) -> Vec<u8> {
    let mut piece = Vec::new();
    match layout {
        Layout::Csv => {
            match value {
                Some(value) if value.is_number() => {
                    piece.extend_from_slice(value.text().as_bytes());
                }
                Some(value) => csv_text(&mut piece, value.text()),
                None => {}
            }
            piece.push(b',');
        }
        Layout::JsonLines => {
            piece.push(if index == 0 { b'{' } else { b',' });
            json_text(&mut piece, key.path());
            piece.push(b':');
            let value = value.map_or(serde_json::Value::Null, Setting::json);
            piece.extend_from_slice(value.to_string().as_bytes());
        }
        Layout::Columns => value.map_or(Cell::Empty, Cell::of).write(&mut piece),
    }
    piece
}

/// What is told of a row, in the order of [`COLUMNS`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// In a word.
    pub verdict: &'a str,
    /// Why it is stuck.
    pub reason: Option<&'a str>,
    /// By the percents alone.
    pub lower_bound: u32,
    /// By the percents alone.
    pub upper_bound: u32,
    /// Further tasks that the hosts can place; absent: unlimited.
    pub room: Option<u32>,
    /// The smallest healthy count by the scheduler's own moves.
    pub min_healthy: u32,
    /// The most pending, running and stopping tasks.
    pub peak: u32,
    /// Before the request: mean \[s\].
    pub lead: Option<f64>,
    /// Mean, median, p95 and p99 \[s\].
    pub new_version: Option<[f64; 4]>,
    /// Mean, median, p95 and p99 \[s\].
    pub completed: Option<[f64; 4]>,
    /// Listed hosts \[USD/month\].
    pub serving: Usd,
    /// Standing hosts beyond them \[USD/month\].
    pub headroom: Usd,
    /// What one deployment adds \[USD\].
    pub per_deployment: Usd,
    /// All of it \[USD/month\]; absent without deployments per day.
    pub total: Option<Usd>,
    /// Tasks that carry the load.
    pub required_tasks: u32,
    /// Probability that fewer are healthy at any time of a deployment.
    pub shortfall_probability: f64,
    /// Expected minutes with fewer \[min/month\]; absent without deployments per day.
    pub shortfall_minutes: Option<f64>,
    /// Share of the month with at least as many; absent without deployments per day.
    pub availability: Option<f64>,
}

impl<'a> Row<'a> {
    /// The row of an estimate.
    #[must_use]
    pub fn of(estimate: &'a Estimate) -> Self {
        let brief = Brief {
            tasks: estimate.tasks,
            clocks: estimate.duration.as_ref().map(|durations| Clocks {
                lead: durations.lead_s.mean,
                new_version: durations.new_version_s,
                completed: durations.completed_s,
            }),
            cost: estimate.cost,
            availability: estimate.availability,
        };
        let reason = estimate.stuck.as_ref().map(|stuck| stuck.reason.as_str());
        Self::of_brief(&brief, reason)
    }

    /// The row of what comes of a plan; with the reason where it is stuck.
    #[must_use]
    pub fn of_brief(brief: &Brief, stuck: Option<&'a str>) -> Self {
        let figures = |clock: Duration| [clock.mean, clock.p50, clock.p95, clock.p99].map(|s| s.0);
        let Brief {
            tasks,
            clocks,
            cost,
            availability,
        } = brief;
        Self {
            verdict: if clocks.is_some() {
                "completes"
            } else {
                "stuck"
            },
            reason: stuck,
            lower_bound: tasks.lower_bound,
            upper_bound: tasks.upper_bound,
            room: tasks.room,
            min_healthy: tasks.min_healthy,
            peak: tasks.peak,
            lead: clocks.map(|clocks| clocks.lead.0),
            new_version: clocks.map(|clocks| figures(clocks.new_version)),
            completed: clocks.map(|clocks| figures(clocks.completed)),
            serving: cost.serving_usd_per_month,
            headroom: cost.headroom_usd_per_month,
            per_deployment: cost.per_deployment_usd,
            total: cost.total_usd_per_month,
            required_tasks: availability.required_tasks,
            shortfall_probability: availability.shortfall_probability,
            shortfall_minutes: availability.shortfall_minutes_per_month,
            availability: availability.monthly,
        }
    }

    /// The row of a simulation.
    #[must_use]
    pub fn of_simulation(simulation: &'a Simulation) -> Self {
        let figures = |clock: Distribution| [clock.mean, clock.p50, clock.p95, clock.p99];
        let Simulation {
            verdict,
            tasks,
            duration,
            stuck,
            cost,
            availability,
            ..
        } = simulation;
        Self {
            verdict: match verdict {
                Verdict::Completes => "completes",
                Verdict::Stuck => "stuck",
            },
            reason: stuck.as_ref().map(|stuck| stuck.reason.as_str()),
            lower_bound: tasks.lower_bound,
            upper_bound: tasks.upper_bound,
            room: tasks.room,
            min_healthy: tasks.min_healthy,
            peak: tasks.peak,
            lead: duration.map(|all| all.lead_s.mean),
            new_version: duration.map(|all| figures(all.new_version_s)),
            completed: duration.map(|all| figures(all.completed_s)),
            serving: cost.serving_usd_per_month,
            headroom: cost.headroom_usd_per_month,
            per_deployment: cost.per_deployment_usd,
            total: cost.total_usd_per_month,
            required_tasks: availability.required_tasks,
            shortfall_probability: availability.shortfall_probability,
            shortfall_minutes: availability.shortfall_minutes_per_month,
            availability: availability.monthly,
        }
    }

    /// The cells as texts, none of which a spreadsheet takes for a formula.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let cell = |cell: Cell| match cell {
            Cell::Text(text) => no_formula(text),
            cell => cell.to_string(),
        };
        self.cells().map(cell).into()
    }

    fn cells(&self) -> [Cell<'a>; COLUMNS.len()] {
        let text = |text: Option<&'a str>| text.map_or(Cell::Empty, Cell::Text);
        let count = |count: u32| Cell::Integer(i64::from(count));
        let number = |number: Option<f64>| number.map_or(Cell::Empty, Cell::Number);
        let clock = |figures: Option<[f64; 4]>| match figures {
            Some(figures) => figures.map(Cell::Number),
            None => [Cell::Empty; 4],
        };
        let [new_mean, new_p50, new_p95, new_p99] = clock(self.new_version);
        let [mean, p50, p95, p99] = clock(self.completed);
        [
            Cell::Text(self.verdict),
            text(self.reason),
            count(self.lower_bound),
            count(self.upper_bound),
            self.room.map_or(Cell::Empty, count),
            count(self.min_healthy),
            count(self.peak),
            number(self.lead),
            new_mean,
            new_p50,
            new_p95,
            new_p99,
            mean,
            p50,
            p95,
            p99,
            Cell::Number(self.serving.0),
            Cell::Number(self.headroom.0),
            Cell::Number(self.per_deployment.0),
            number(self.total.map(|usd| usd.0)),
            count(self.required_tasks),
            Cell::Number(self.shortfall_probability),
            number(self.shortfall_minutes),
            number(self.availability),
        ]
    }
}

/// Writes all that follows the varied keys in a row whose scenario is good.
pub(super) fn answered(layout: Layout, row: &Row, bytes: &mut Vec<u8>) {
    line(layout, &row.cells(), bytes);
}

/// All that follows the varied keys in a row whose scenario is bad.
pub(super) fn invalid(layout: Layout, reason: &str) -> Vec<u8> {
    let mut cells = [Cell::Empty; COLUMNS.len()];
    cells[0] = Cell::Text("invalid");
    cells[1] = Cell::Text(reason);
    let mut bytes = Vec::new();
    line(layout, &cells, &mut bytes);
    bytes
}

/// The cells of [`COLUMNS`], one after another.
fn line(layout: Layout, cells: &[Cell; COLUMNS.len()], bytes: &mut Vec<u8>) {
    match layout {
        Layout::Csv => {
            for cell in cells {
                match cell {
                    Cell::Text(text) => csv_text(bytes, text),
                    cell => plain(bytes, cell),
                }
                bytes.push(b',');
            }
            // Instead of the last comma.
            bytes.pop();
            bytes.push(b'\n');
        }
        Layout::JsonLines => {
            for (name, cell) in COLUMNS.iter().zip(cells) {
                bytes.extend_from_slice(b",\"");
                bytes.extend_from_slice(name.as_bytes());
                bytes.extend_from_slice(b"\":");
                match cell {
                    Cell::Text(text) => json_text(bytes, text),
                    Cell::Empty => bytes.extend_from_slice(b"null"),
                    cell => plain(bytes, cell),
                }
            }
            bytes.extend_from_slice(b"}\n");
        }
        Layout::Columns => {
            for cell in cells {
                cell.write(bytes);
            }
        }
    }
}

/// A number as it is written in every text, or nothing.
fn plain(bytes: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Integer(integer) => {
            bytes.extend_from_slice(itoa::Buffer::new().format(*integer).as_bytes());
        }
        Cell::Number(number) => decimal(bytes, *number),
        Cell::Flag(flag) => bytes.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Cell::Text(_) | Cell::Empty => {}
    }
}

/// The shortest decimal that reads back as the same number, as `Display` writes it.
fn decimal(bytes: &mut Vec<u8>, number: f64) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(number);
    if text.contains('e') {
        // Writing to a vector cannot fail.
        let _ = write!(bytes, "{number}");
    } else {
        bytes.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    }
}

/// Whether a spreadsheet may take a text for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text as a cell that no spreadsheet takes for a formula.
#[must_use]
pub fn no_formula(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A text in a cell that no spreadsheet takes for a formula.
fn csv_text(bytes: &mut Vec<u8>, text: &str) {
    let guard = is_formula(text);
    let quoted = text.contains([',', '"', '\n', '\r']);
    if quoted {
        bytes.push(b'"');
    }
    if guard {
        bytes.push(b'\'');
    }
    for &byte in text.as_bytes() {
        if byte == b'"' {
            bytes.push(b'"');
        }
        bytes.push(byte);
    }
    if quoted {
        bytes.push(b'"');
    }
}

fn json_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_formula() {
        assert_eq!(no_formula("=1+1"), "'=1+1");
        assert_eq!(no_formula("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(no_formula("web"), "web");
        let mut cell = Vec::new();
        csv_text(&mut cell, "+1, \"a\"");
        assert_eq!(cell, b"\"'+1, \"\"a\"\"\"");
    }
}
