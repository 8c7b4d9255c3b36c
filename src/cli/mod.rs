//! The command line: arguments and files in, text and an exit code out; no arithmetic.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 done; 1 the
//! deployment is stuck or nothing meets the limits; 2 bad input, bad usage, or a file that cannot
//! be read or written; 3 a search was stopped before the proof; 130 it was interrupted with
//! nothing. A closed pipe is success.

mod arguments;
pub mod catalog;
mod check;
mod columns;
mod emit;
mod estimate;
pub mod explain;
mod fleet;
mod help;
mod hosts;
mod import;
mod input;
mod markdown;
mod output;
mod page;
mod range;
mod recommend;
mod report;
mod simulate;
mod sweep;
mod validate;
mod whole_file;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::explain::explain;
use crate::model;
use crate::scenario::read::Purpose;
use arguments::{Arguments, CatalogFormat, Color, Command, ExplainedFormat, ImportSource};
use input::Input;
use output::{Answer, Complaint, Ending, Terminal};

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let command = Arguments::command().color(Color::wanted(std::env::args_os()).into());
    let matches = command.try_get_matches();
    let ending = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => match answer(arguments) {
            Ok(answer) => output::give(&answer),
            Err(complaint) => output::complain(&complaint),
        },
        Err(usage) => output::explain_usage(&usage),
    };
    ExitCode::from(ending)
}

fn answer(arguments: Arguments) -> Result<Answer, Complaint> {
    let terminal = Terminal::of_stdout(arguments.color);
    match arguments.command {
        Command::Estimate(asked) => {
            let input = Input::read_with_effects(&asked.scenario)?;
            let estimate =
                model::estimate(&input.scenario).map_err(|few| input.too_few_places(&few))?;
            estimate::answer(&input.scenario, &estimate, asked.format, terminal)
        }
        Command::Recommend(asked) => {
            let input = Input::read_with_effects(&asked.scenario)?;
            let recommendation = crate::recommend::recommend(&input.scenario)
                .map_err(|few| input.too_few_places(&few))?;
            recommend::answer(&input.scenario, &recommendation, asked.format, terminal)
        }
        Command::Hosts(asked) => {
            let source = input::source(&asked.scenario)?;
            if fleet::each::is_fleet(&source) {
                return fleet::each::hosts(&asked, &source, terminal);
            }
            let input = Input::of(source, Purpose::MonthlyFigures)?.with_effects();
            let recommendation = crate::recommend::recommend(&input.scenario)
                .map_err(|few| input.too_few_places(&few))?;
            hosts::answer(&input.scenario, &recommendation, asked.format, terminal)
        }
        Command::Explain(asked) => {
            let source = input::source(&asked.scenario)?;
            if fleet::each::is_fleet(&source) {
                return fleet::each::explain(&asked, &source, terminal);
            }
            let input = Input::of(source, Purpose::DurationsOnly)?;
            let explanation = explain(&input.scenario).map_err(|few| input.too_few_places(&few))?;
            let estimate = &explanation.estimate;
            let data = match asked.format {
                ExplainedFormat::Text => {
                    explain::whole_text(&input.scenario, &explanation, terminal)
                }
                ExplainedFormat::Json => words::json(&explanation)?,
            };
            Ok(Answer {
                ending: estimate::ending(estimate),
                ..Answer::done(data)
            })
        }
        Command::Simulate(asked) => simulate::answer(&asked, terminal),
        Command::Fleet(asked) => fleet::answer(&asked, terminal),
        Command::Report(asked) => report::answer(&asked),
        Command::Schema(asked) => help::schema(asked.of),
        Command::Completions(asked) => help::completions(asked.shell),
        Command::Man => help::manual(),
        Command::Check(asked) => check::answer(&asked, terminal),
        Command::Sweep(asked) => sweep::answer(&asked),
        Command::Emit(tool) => emit::answer(&tool),
        Command::Import(ImportSource::Ecs(asked)) => import::answer(&asked),
        Command::Validate(asked) => validate::answer(&asked),
        Command::Catalog(asked) => {
            let answer = catalog::answer(asked.region.as_deref(), &asked.types)
                .map_err(|unknown| Complaint::of(&unknown))?;
            Ok(Answer::done(match asked.format {
                CatalogFormat::Text => catalog::text(&answer),
                CatalogFormat::Json => catalog::json(&answer),
                CatalogFormat::Csv => {
                    catalog::csv(&answer).map_err(|error| Complaint::of(&error))?
                }
            }))
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::NotMet => 1,
            Ending::BadInput => 2,
            Ending::Stopped => 3,
            Ending::Interrupted => 130,
        })
    }
}
