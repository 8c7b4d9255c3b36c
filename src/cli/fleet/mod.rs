//! What `prescale fleet` answers: an option for every service, and what is proven of the plan.

mod json;
mod progress;
mod text;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::arguments::{FleetFormat, OfFleet};
use super::input::{problems_of, source};
use super::output::{Answer, Complaint, Ending, Terminal};
use crate::fleet::read::{self, Shared, Unreadable};
use crate::fleet::{Ended, Hooks, Problem, Settings, Solution, Status, solve};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The answer in the format asked for.
pub fn answer(asked: &OfFleet, terminal: Terminal) -> Result<Answer, Complaint> {
    let start = Instant::now();
    let limits = source(&asked.limits)?;
    let shared = read::limits(&limits.text)
        .map_err(|problems| Complaint(problems_of(&limits.name, &problems)))?;
    let problem = options(&asked.options, &shared)?;
    let settings = Settings {
        gap: asked.gap,
        time_limit: Some(Duration::from_secs_f64(asked.time_limit.0)),
        threads: std::thread::available_parallelism().map_or(1, |threads| threads.get().min(2)),
    };
    // Without the handler Ctrl-C ends the process at once, which is no harm.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    let progress = progress::Line::new();
    let solution = solve(
        &problem,
        &settings,
        &Hooks {
            elapsed: &|| start.elapsed(),
            interrupted: &|| INTERRUPTED.load(Ordering::Relaxed),
            progress: &|news| progress.show(news),
        },
    );
    progress.clear();
    let found = Found {
        problem: &problem,
        shared: &shared,
        settings: &settings,
        solution: &solution,
    };
    Ok(Answer {
        ending: ending(&solution),
        ..Answer::done(match asked.format {
            FleetFormat::Text => text::text(&found, terminal),
            FleetFormat::Json => json::json(&found)?,
        })
    })
}

/// A fleet, what was asked, and what was found.
struct Found<'a> {
    problem: &'a Problem,
    shared: &'a Shared,
    settings: &'a Settings,
    solution: &'a Solution,
}

fn options(path: &Path, shared: &Shared) -> Result<Problem, Complaint> {
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
