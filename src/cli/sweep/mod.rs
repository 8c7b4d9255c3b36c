//! `prescale sweep`: which rows there are, where they go, and how far it is.

mod columns;
mod file;
mod partial;
mod progress;
mod table;

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use super::arguments::{OfSweep, SweepFormat};
use super::fleet::each::is_fleet;
use super::input::{self, problems_of};
use super::output::{Answer, Complaint};
use crate::scenario::read::{Key, Problem, Purpose, Setting, Syntax, Template};
use crate::sweep::{self, Axis, Grid, Kind, Layout, Rows, Sweep, part_of, values};
use partial::{Definition, Partial};
use progress::Bar;
use table::Table;

/// Where the rows come from, before it is known which of them are asked.
enum Source {
    Grid(Grid),
    Table(Table),
}

/// Works out all rows and writes them.
pub fn answer(asked: &OfSweep) -> Result<Answer, Complaint> {
    let source = input::source(&asked.scenario)?;
    if is_fleet(&source) {
        let hint = "give the scenario of one service";
        let problem = "found a fleet, expected one service, whose keys are varied";
        return Err(Complaint::about(&source.name, &problem, hint));
    }
    let syntax = Syntax::guess(&source.name, &source.text);
    let template = Template::new(&source.text, syntax, Purpose::DurationsOnly)
        .map_err(|problems| Complaint(problems_of(&source.name, &problems)))?;
    let rows = rows(asked, &template)?;
    complain_of_scenario(&source.name, &template, &rows)?;
    let layout = layout(asked)?;
    if layout == Layout::Columns && asked.resume {
        let hint = "run it without --resume; in more parts (--shard) less is lost, or sweep to CSV";
        let problem = "a Parquet file is whole or nothing: its end describes all of it";
        return Err(Complaint::about(&"--resume", &problem, hint));
    }
    let total = rows.rows();
    let part = part_of(total, asked.shard.part, asked.shard.parts);
    let threads = asked
        .threads
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN);
    let run = Run {
        template: &template,
        rows: &rows,
        layout,
        threads,
        with_header: asked.shard.part == 1,
    };
    let answer = match &asked.output {
        output if layout == Layout::Columns => columns::write(&run, output.as_deref(), part),
        None => run.to_stdout(part.start..part.end),
        Some(path) => {
            let definition = Definition::of(&template, &rows.definition(), layout, asked.shard);
            run.to_file(path, &definition, part.start..part.end, asked.resume)
        }
    }?;
    Ok(Answer {
        notes: refused(&template, &rows),
        ..answer
    })
}

/// More values than these of a key are not tried one by one.
const TRIED: usize = 1000;

/// A line for each varied key that takes none of its values, so that every row is invalid.
fn refused(template: &Template, rows: &Source) -> String {
    let Source::Grid(grid) = rows else {
        return String::new();
    };
    let others = rows.first_settings();
    let why = |axis: &Axis, value: &Setting| -> Option<Problem> {
        let all = others.iter().map(|(key, first)| {
            let own = *key == axis.key;
            (key, if own { value } else { first })
        });
        let problems = template.scenario(all).err()?;
        problems
            .into_iter()
            .find(|problem| problem.key == axis.key.path())
    };
    let of_axis = |axis: &Axis| {
        let first = why(axis, axis.values.first()?)?;
        if axis.values.len() > TRIED {
            return None;
        }
        let all = axis.values.iter().all(|value| why(axis, value).is_some());
        all.then(|| {
            let (key, values) = (axis.key.path(), axis.values.len());
            format!(
                "{key}: {}, so all rows are invalid: found {}, expected {}\n",
                if values == 1 {
                    "its value is refused".to_owned()
                } else {
                    format!("all {values} values are refused")
                },
                first.found,
                first.expected
            )
        })
    };
    grid.axes().iter().filter_map(of_axis).collect()
}

fn rows(asked: &OfSweep, template: &Template) -> Result<Source, Complaint> {
    if let Some(path) = &asked.input {
        return Table::open(path, template).map(Source::Table);
    }
    let mut varied = match &asked.grid {
        Some(path) => file::read(path)?,
        None => Vec::new(),
    };
    varied.extend(asked.vary.iter().map(|vary| {
        let place = format!("--vary {}={}", vary.key, vary.values);
        (vary.clone(), place)
    }));
    let mut problems = String::new();
    let mut axes: Vec<Axis> = Vec::new();
    for (vary, place) in varied {
        match (template.key(&vary.key), values(&vary.values)) {
            (Ok(key), Ok(values)) if axes.iter().all(|axis| axis.key != key) => {
                axes.push(Axis { key, values });
            }
            (Ok(_), Ok(_)) => {
                problems += &format!("{place}: the key is varied twice; give each key once\n");
            }
            (Err(problem), _) | (_, Err(problem)) => problems += &format!("{place}: {problem}\n"),
        }
    }
    if !problems.is_empty() {
        return Err(Complaint(problems));
    }
    let grid = Grid::new(axes).map_err(|many| Complaint::of(&many))?;
    Ok(Source::Grid(grid))
}

/// Problems that are there whatever the values.
fn complain_of_scenario(name: &str, template: &Template, rows: &Source) -> Result<(), Complaint> {
    let Err(own) = template.scenario(std::iter::empty()) else {
        return Ok(());
    };
    let with = rows.first_settings();
    let settings = with.iter().map(|(key, setting)| (key, setting));
    let Err(varied) = template.scenario(settings) else {
        return Ok(());
    };
    let same = |one: &Problem, other: &Problem| {
        (&one.key, &one.found, &one.expected) == (&other.key, &other.found, &other.expected)
    };
    let stay: Vec<Problem> = own
        .into_iter()
        .filter(|problem| varied.iter().any(|other| same(problem, other)))
        .collect();
    if stay.is_empty() {
        return Ok(());
    }
    Err(Complaint(problems_of(name, &stay)))
}

fn layout(asked: &OfSweep) -> Result<Layout, Complaint> {
    if let Some(format) = asked.format {
        return Ok(match format {
            SweepFormat::Csv => Layout::Csv,
            SweepFormat::Jsonl => Layout::JsonLines,
            SweepFormat::Parquet => Layout::Columns,
        });
    }
    let Some(path) = &asked.output else {
        return Ok(Layout::Csv);
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(Layout::Csv),
        Some("jsonl" | "ndjson") => Ok(Layout::JsonLines),
        Some("parquet") => Ok(Layout::Columns),
        _ => Err(Complaint::about(
            &path.display(),
            &"the ending names no format",
            "end it in .csv, .jsonl or .parquet, or give --format",
        )),
    }
}

impl Source {
    fn rows(&self) -> u64 {
        match self {
            Self::Grid(grid) => grid.rows(),
            Self::Table(table) => table.rows(),
        }
    }

    /// The settings of the first row.
    fn first_settings(&self) -> Vec<(Key, Setting)> {
        match self {
            Self::Grid(grid) => {
                let first = |axis: &Axis| (axis.key.clone(), axis.values[0].clone());
                grid.axes().iter().map(first).collect()
            }
            Self::Table(table) => table.first_settings(),
        }
    }

    /// The varied keys, each with what its values are.
    fn kinds(&self) -> Vec<(&Key, Kind)> {
        match self {
            Self::Grid(grid) => {
                let kind = |axis: &Axis| axis.values.iter().map(Kind::of).reduce(Kind::and);
                let axes = grid.axes().iter();
                axes.map(|axis| (&axis.key, kind(axis).unwrap_or(Kind::Text)))
                    .collect()
            }
            Self::Table(table) => table.keys().iter().zip(table.kinds()).collect(),
        }
    }

    /// All that the rows depend on beside the scenario.
    fn definition(&self) -> String {
        match self {
            Self::Grid(grid) => grid
                .axes()
                .iter()
                .map(|axis| {
                    let values: Vec<&str> = axis.values.iter().map(Setting::text).collect();
                    format!("{}={}\n", axis.key.path(), values.join(","))
                })
                .collect(),
            Self::Table(table) => table.definition().to_owned(),
        }
    }
}

struct Run<'a> {
    template: &'a Template,
    rows: &'a Source,
    layout: Layout,
    threads: NonZeroUsize,
    with_header: bool,
}

impl Run<'_> {
    fn header(&self) -> Vec<u8> {
        if !self.with_header {
            return Vec::new();
        }
        let keys: Vec<_> = match self.rows {
            Source::Grid(grid) => grid.axes().iter().map(|axis| &axis.key).collect(),
            Source::Table(table) => table.keys().iter().collect(),
        };
        sweep::header(self.layout, &keys)
    }

    fn to_stdout(&self, rows: std::ops::Range<u64>) -> Result<Answer, Complaint> {
        let mut stdout = io::stdout().lock();
        let mut bar = Bar::new(rows.end - rows.start, 0);
        let written = stdout.write_all(&self.header()).map_err(Failure::Write);
        let written = written.and_then(|()| {
            self.work(rows, |bytes, rows| {
                stdout.write_all(bytes)?;
                bar.advance(rows);
                Ok(())
            })
        });
        let flushed = written.and_then(|()| stdout.flush().map_err(Failure::Write));
        bar.clear();
        match flushed {
            Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(Failure::Write(error)) => {
                return Err(Complaint::of(&format!("standard output: {error}")));
            }
            Err(Failure::Read(complaint)) => return Err(complaint),
            Ok(()) => {}
        }
        Ok(Answer::done(String::new()))
    }

    fn to_file(
        &self,
        path: &Path,
        definition: &Definition,
        rows: std::ops::Range<u64>,
        resume: bool,
    ) -> Result<Answer, Complaint> {
        let cannot = |error: io::Error| {
            let hint = "give a path in a folder that can be written to, with enough space";
            Complaint::about(&path.display(), &error, hint)
        };
        let mut partial = if resume {
            Partial::resume(path, definition)?
        } else {
            None
        };
        if partial.is_none() {
            let begun = Partial::begin(path, definition, &self.header()).map_err(cannot)?;
            partial = Some(begun);
        }
        let Some(mut partial) = partial else {
            return Ok(Answer::done(String::new()));
        };
        let done = partial.rows();
        let mut bar = Bar::new(rows.end - rows.start, done);
        let left = (rows.start + done).min(rows.end)..rows.end;
        let written = self.work(left, |bytes, rows| {
            partial.append(bytes, rows)?;
            bar.advance(rows);
            Ok(())
        });
        bar.clear();
        match written {
            Err(Failure::Write(error)) => return Err(cannot(error)),
            Err(Failure::Read(complaint)) => return Err(complaint),
            Ok(()) => {}
        }
        partial.complete().map_err(cannot)?;
        Ok(Answer::done(String::new()))
    }

    fn work(
        &self,
        rows: std::ops::Range<u64>,
        mut write: impl FnMut(&[u8], u64) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let sweep = |rows| Sweep {
            template: self.template,
            rows,
            layout: self.layout,
            threads: self.threads,
        };
        let mut give = |progress: sweep::Progress<'_>| write(progress.bytes, progress.rows);
        match self.rows {
            Source::Grid(grid) => {
                sweep::run(sweep(Rows::Grid(grid, rows)), give).map_err(Failure::Write)
            }
            Source::Table(table) => {
                let mut reading = table.read(rows).map_err(Failure::Read)?;
                let all = Rows::Table(table.keys(), &mut reading);
                sweep::run(sweep(all), &mut give).map_err(Failure::Write)?;
                reading
                    .problem()
                    .map_or(Ok(()), |problem| Err(Failure::Read(problem)))
            }
        }
    }
}

/// Why a sweep stopped.
enum Failure {
    Write(io::Error),
    Read(Complaint),
}
