//! How a row is written: as CSV, as one JSON object on a line, or as cells for columns.

use std::io::Write as _;

use super::cell::{Cell, Kind};
use crate::model::{Duration, Durations, Estimate, EstimateVerdict};
use crate::scenario::read::{Key, Setting};

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

/// All that follows the varied keys in a row whose scenario is good.
pub(super) fn answered(layout: Layout, estimate: &Estimate) -> Box<[u8]> {
    let mut line = Line::new(layout);
    let tasks = &estimate.tasks;
    line.text(match estimate.verdict {
        EstimateVerdict::Completes => "completes",
        EstimateVerdict::Stuck => "stuck",
    });
    match &estimate.stuck {
        Some(stuck) => line.text(&stuck.reason),
        None => line.no_text(),
    }
    line.count(Some(tasks.lower_bound));
    line.count(Some(tasks.upper_bound));
    line.count(tasks.room);
    line.count(Some(tasks.min_healthy));
    line.count(Some(tasks.peak));
    let durations = estimate.duration.as_ref();
    line.number(durations.map(|durations| durations.lead_s.mean.0));
    let clocks: [fn(&Durations) -> Duration; 2] = [
        |durations| durations.new_version_s,
        |durations| durations.completed_s,
    ];
    for clock in clocks {
        let clock = durations.map(clock);
        line.number(clock.map(|clock| clock.mean.0));
        line.number(clock.map(|clock| clock.p50.0));
        line.number(clock.map(|clock| clock.p95.0));
        line.number(clock.map(|clock| clock.p99.0));
    }
    let cost = &estimate.cost;
    line.number(Some(cost.serving_usd_per_month.0));
    line.number(Some(cost.headroom_usd_per_month.0));
    line.number(Some(cost.per_deployment_usd.0));
    line.number(cost.total_usd_per_month.map(|usd| usd.0));
    let availability = &estimate.availability;
    line.count(Some(availability.required_tasks));
    line.number(Some(availability.shortfall_probability));
    line.number(availability.shortfall_minutes_per_month);
    line.number(availability.monthly);
    line.end()
}

/// All that follows the varied keys in a row whose scenario is bad.
pub(super) fn invalid(layout: Layout, reason: &str) -> Box<[u8]> {
    let mut line = Line::new(layout);
    line.text("invalid");
    line.text(reason);
    for _ in 2..COLUMNS.len() {
        line.number(None);
    }
    line.end()
}

/// The cells of [`COLUMNS`], one after another.
struct Line {
    layout: Layout,
    column: usize,
    bytes: Vec<u8>,
}

impl Line {
    fn new(layout: Layout) -> Self {
        Self {
            layout,
            column: 0,
            bytes: Vec::with_capacity(320),
        }
    }

    fn begin(&mut self) {
        match self.layout {
            Layout::Csv if self.column > 0 => self.bytes.push(b','),
            Layout::Csv | Layout::Columns => {}
            Layout::JsonLines => {
                self.bytes.extend_from_slice(b",\"");
                self.bytes
                    .extend_from_slice(COLUMNS[self.column].as_bytes());
                self.bytes.extend_from_slice(b"\":");
            }
        }
        self.column += 1;
    }

    fn text(&mut self, text: &str) {
        self.begin();
        match self.layout {
            Layout::Csv => csv_text(&mut self.bytes, text),
            Layout::JsonLines => json_text(&mut self.bytes, text),
            Layout::Columns => Cell::Text(text).write(&mut self.bytes),
        }
    }

    fn no_text(&mut self) {
        self.number(None);
    }

    fn count(&mut self, count: Option<u32>) {
        self.begin();
        match count {
            Some(count) if self.layout == Layout::Columns => {
                Cell::Integer(i64::from(count)).write(&mut self.bytes);
            }
            Some(count) => self
                .bytes
                .extend_from_slice(itoa::Buffer::new().format(count).as_bytes()),
            None => self.nothing(),
        }
    }

    fn number(&mut self, number: Option<f64>) {
        self.begin();
        match number {
            Some(number) if self.layout == Layout::Columns => {
                Cell::Number(number).write(&mut self.bytes);
            }
            Some(number) => decimal(&mut self.bytes, number),
            None => self.nothing(),
        }
    }

    fn nothing(&mut self) {
        match self.layout {
            Layout::Csv => {}
            Layout::JsonLines => self.bytes.extend_from_slice(b"null"),
            Layout::Columns => Cell::Empty.write(&mut self.bytes),
        }
    }

    fn end(mut self) -> Box<[u8]> {
        debug_assert_eq!(self.column, COLUMNS.len());
        self.bytes.extend_from_slice(match self.layout {
            Layout::Csv => &b"\n"[..],
            Layout::JsonLines => b"}\n",
            Layout::Columns => b"",
        });
        self.bytes.into_boxed_slice()
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

/// A text in a cell that no spreadsheet takes for a formula.
fn csv_text(bytes: &mut Vec<u8>, text: &str) {
    let guard = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
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
