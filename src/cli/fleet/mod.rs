//! What `prescale fleet` answers: an option for every service, and what is proven of the plan.

pub mod each;
mod file;
mod flat;
mod json;
mod progress;
mod services;
mod text;
mod what_if;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::arguments::{FleetFormat, OfFleet};
use super::input::{problems_of, source};
use super::output::{Answer, Complaint, Ending, Terminal};
use super::whole_file::{self, Existing};
use crate::fleet::read::{self, Shared, Unreadable};
use crate::fleet::{
    Ended, Fleet, FleetPlan, Hooks, Problem, Settings, Solution, Status, plan, solve,
};
use crate::scenario::Assumption;
pub use file::{fleet as load_from, with_files};
use what_if::WhatIf;

/// Points of the curve of budgets.
const CURVE_POINTS: u32 = 21;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A plan beside another answer that takes longer is good enough; its gap is told.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Asks for a plan beside another answer, with a clock.
pub fn within_a_minute<T>(ask: impl FnOnce(&Settings, &Hooks<'_>) -> T) -> T {
    let start = Instant::now();
    let settings = Settings {
        time_limit: Some(TIME_LIMIT),
        ..Settings::default()
    };
    let hooks = Hooks {
        elapsed: &|| start.elapsed(),
        ..Hooks::none()
    };
    ask(&settings, &hooks)
}

/// The answer in the format asked for.
pub fn answer(asked: &OfFleet, terminal: Terminal) -> Result<Answer, Complaint> {
    let start = Instant::now();
    let settings = Settings {
        gap: asked.gap,
        time_limit: Some(Duration::from_secs_f64(asked.time_limit.0)),
        threads: asked.threads.map_or_else(two_at_most, usize::from),
    };
    for path in [&asked.emit_options, &asked.emit_limits, &asked.budget_curve] {
        path.as_deref().map_or(Ok(()), whole_file::probe)?;
    }
    let posed = match (&asked.fleet, &asked.options, &asked.limits) {
        (Some(fleet), _, _) => Asked::Services(file::load(fleet)?),
        (None, Some(options), Some(limits)) => table(options, limits)?,
        // The arguments are checked before: a fleet, or a table with its limits.
        (None, _, _) => return Err(Complaint("give FLEET, or --options and --limits\n".into())),
    };
    // Without the handler Ctrl-C ends the process at once, which is no harm.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    let progress = progress::Line::new();
    let hooks = Hooks {
        elapsed: &|| start.elapsed(),
        interrupted: &|| INTERRUPTED.load(Ordering::Relaxed),
        progress: &|news| progress.show(news),
    };
    let planned = match &posed {
        Asked::Services(fleet) => Some(plan(fleet, &settings, &hooks)),
        Asked::Table(_) => None,
    };
    let solved = match &posed {
        Asked::Services(_) => None,
        Asked::Table(table) => Some(solve(&table.problem, &settings, &hooks)),
    };
    let (problem, solution, assumptions) = match (&posed, &planned, &solved) {
        (Asked::Services(fleet), Some(planned), _) => (
            &planned.posed.problem,
            &planned.solution,
            fleet.file.assumptions.as_slice(),
        ),
        (Asked::Table(table), _, Some(solved)) => {
            (&table.problem, solved, table.assumptions.as_slice())
        }
        _ => return Err(Complaint("nothing was asked\n".into())),
    };
    let what_if = what_if::asked(asked, problem, solution, &settings, &hooks);
    progress.clear();
    write_files(asked, problem, &settings, &hooks)?;
    let found = Found {
        problem,
        assumptions,
        settings: &settings,
        solution,
        planned: planned.as_ref(),
        what_if: &what_if,
        top: asked.top,
    };
    Ok(Answer {
        ending: ending(solution),
        ..Answer::done(match asked.format {
            FleetFormat::Text => text::text(&found, terminal),
            FleetFormat::Json => json::json(&found)?,
        })
    })
}

/// More threads wait for each other.
fn two_at_most() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(2))
}

/// The files that were asked for beside the answer.
fn write_files(
    asked: &OfFleet,
    problem: &Problem,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Result<(), Complaint> {
    if let Some(path) = &asked.emit_options {
        whole_file::write(path, &flat::options(problem)?, Existing::Replaced)?;
    }
    if let Some(path) = &asked.emit_limits {
        whole_file::write(path, &flat::limits(problem), Existing::Replaced)?;
    }
    if let Some(path) = &asked.budget_curve {
        let curve = crate::fleet::what_if::budget_curve(problem, CURVE_POINTS, settings, hooks);
        whole_file::write(path, &flat::curve(&curve)?, Existing::Replaced)?;
    }
    Ok(())
}

/// What is planned: services with their model, or a table that somebody made.
enum Asked {
    Services(Fleet),
    Table(Table),
}

/// A table of options with its limits.
struct Table {
    problem: Problem,
    assumptions: Vec<Assumption>,
}

fn table(options: &Path, limits: &Path) -> Result<Asked, Complaint> {
    let limits = source(limits)?;
    let shared = read::limits(&limits.text)
        .map_err(|problems| Complaint(problems_of(&limits.name, &problems)))?;
    let problem = options_of(options, &shared)?;
    Ok(Asked::Table(Table {
        problem,
        assumptions: shared.assumptions,
    }))
}

/// A fleet, what was asked, and what was found.
struct Found<'a> {
    problem: &'a Problem,
    assumptions: &'a [Assumption],
    settings: &'a Settings,
    solution: &'a Solution,
    /// What it means for services that were modelled; none where the options came as a table.
    planned: Option<&'a FleetPlan>,
    what_if: &'a WhatIf,
    /// So many services are shown.
    top: usize,
}

fn options_of(path: &Path, shared: &Shared) -> Result<Problem, Complaint> {
    let name = if path == Path::new("-") {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    };
    let table: io::Result<Box<dyn Read>> = if path == Path::new("-") {
        Ok(Box::new(io::stdin().lock()))
    } else {
        File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let unreadable = |error: &io::Error| {
        let hint = "check the path, or give - to read standard input";
        Complaint::about(&name, error, hint)
    };
    match table.map(|table| read::options(table, shared)) {
        Ok(Ok(problem)) => Ok(problem),
        Ok(Err(Unreadable::Wrong { problems, further })) => {
            let mut text = problems_of(&name, &problems);
            if further > 0 {
                text += &format!("and {further} more that are not shown\n");
            }
            Err(Complaint(text))
        }
        Ok(Err(Unreadable::Io(error))) | Err(error) => Err(unreadable(&error)),
    }
}

fn ending(solution: &Solution) -> Ending {
    match (solution.status, solution.ended) {
        (Status::Optimal, _) => Ending::Done,
        (Status::Infeasible, _) => Ending::NotMet,
        (Status::Unknown, Ended::Interrupted) => Ending::Interrupted,
        (Status::Gap | Status::Unknown, _) => Ending::Stopped,
    }
}
