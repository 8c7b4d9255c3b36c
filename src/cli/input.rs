//! What a command is given: files or standard input, and scenarios in them with all their problems.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::output::Complaint;
use crate::explain::with_effects;
use crate::import::Source;
use crate::rollout::TooFewPlaces;
use crate::scenario::Scenario;
use crate::scenario::read::{self, Place, Problem, Purpose, Syntax};

/// A file that holds more is no description of a service.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// A scenario and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// What problems of it are reported under.
    pub name: String,
    /// What it says.
    pub scenario: Scenario,
}

impl Input {
    /// Reads the scenario in a file.
    pub fn read(path: &Path, purpose: Purpose) -> Result<Self, Complaint> {
        Self::of(source(path)?, purpose)
    }

    /// Reads a scenario.
    pub fn of(source: Source, purpose: Purpose) -> Result<Self, Complaint> {
        let Source { name, text } = source;
        let syntax = Syntax::guess(&name, &text);
        match read::scenario(&text, syntax, purpose) {
            Ok(scenario) => Ok(Self { name, scenario }),
            Err(problems) => Err(Complaint(problems_of(&name, &problems))),
        }
    }

    /// A scenario for figures per month, with what its assumptions change.
    pub fn read_with_effects(path: &Path) -> Result<Self, Complaint> {
        Self::read(path, Purpose::MonthlyFigures).map(Self::with_effects)
    }

    /// The same with what its assumptions change.
    #[must_use]
    pub fn with_effects(self) -> Self {
        Self {
            name: self.name,
            scenario: with_effects(self.scenario),
        }
    }

    /// The desired count does not fit on the hosts.
    pub fn too_few_places(&self, few: &TooFewPlaces) -> Complaint {
        let hint = "give more hosts (count of [[cluster.hosts]]), larger ones, or a smaller \
                    service.desired_count";
        Complaint::about(&self.name, few, hint)
    }
}

/// The text of a file, or of standard input where it is called `-`.
pub fn source(path: &Path) -> Result<Source, Complaint> {
    let (name, read) = if path == Path::new("-") {
        ("stdin".to_owned(), text(io::stdin().lock()))
    } else {
        let read = File::open(path).and_then(text);
        (path.display().to_string(), read)
    };
    match read {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => "check the path, or give - to read standard input",
                io::ErrorKind::InvalidData => "save it as UTF-8 text",
                io::ErrorKind::FileTooLarge => "give the description of one service",
                _ => "give a file that can be read",
            };
            Err(Complaint::about(&name, &error, hint))
        }
    }
}

fn text(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    let bytes = from.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if bytes as u64 > MOST_BYTES {
        let problem = "more than 64 MiB";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(text)
}

/// Every problem with its place and what to do, and how many there are.
pub fn problems_of(name: &str, problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        text += name;
        if let Some(Place { line, column }) = problem.place {
            let _ = write!(text, ":{line}:{column}");
        }
        if !problem.key.is_empty() {
            let _ = write!(text, ": {}", problem.key);
        }
        let _ = writeln!(
            text,
            ": found {}, expected {}\n    hint: {}",
            problem.found, problem.expected, problem.hint
        );
    }
    let noun = if problems.len() == 1 {
        "problem"
    } else {
        "problems"
    };
    let _ = writeln!(text, "{} {noun} in {name}", problems.len());
    text
}
