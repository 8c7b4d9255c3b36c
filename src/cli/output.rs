//! What a command gives back, and how it leaves the process.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use super::arguments::Color;

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub data: String,
    /// For standard error.
    pub notes: String,
    /// How it went.
    pub ending: Ending,
}

impl Answer {
    /// Data alone, and all is well.
    pub fn done(data: String) -> Self {
        Self {
            data,
            notes: String::new(),
            ending: Ending::Done,
        }
    }

    /// Data alone, and whether what was asked is met.
    pub fn judged(data: String, met: bool) -> Self {
        Self {
            ending: if met { Ending::Done } else { Ending::NotMet },
            ..Self::done(data)
        }
    }
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Answered.
    Done,
    /// Answered: the deployment is stuck, or nothing meets the limits.
    NotMet,
    /// Not answered.
    BadInput,
    /// Stopped before the proof, with the best plan so far or with none.
    Stopped,
    /// Interrupted with nothing.
    Interrupted,
}

/// Why a command has no answer, in whole lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint(pub String);

impl Complaint {
    /// One that needs no more words.
    pub fn of(problem: &impl Display) -> Self {
        Self(format!("{problem}\n"))
    }

    /// About a file, and what to do.
    pub fn about(file: &impl Display, problem: &impl Display, hint: &str) -> Self {
        Self(format!("{file}: {problem}\n    hint: {hint}\n"))
    }
}

/// Where an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns that text is wrapped to.
    pub width: usize,
    /// Whether headlines stand out.
    pub emphasis: Emphasis,
}

/// How a headline is told from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// By its place alone.
    None,
    /// Bold.
    Bold,
}

impl Terminal {
    const NONE: Self = Self {
        width: 80,
        emphasis: Emphasis::None,
    };
    const WIDEST: usize = 100;
    const NARROWEST: usize = 40;

    /// Where standard output goes: a pipe or file always gets the same bytes.
    pub fn of_stdout(color: Color) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let plain = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            width: terminal_size::terminal_size()
                .filter(|_| is_terminal)
                .map_or(Self::NONE.width, |(width, _)| {
                    usize::from(width.0).clamp(Self::NARROWEST, Self::WIDEST)
                }),
            emphasis: match color {
                Color::Always => Emphasis::Bold,
                Color::Auto if is_terminal && !plain("NO_COLOR") => Emphasis::Bold,
                Color::Auto | Color::Never => Emphasis::None,
            },
        }
    }
}

/// Prints an answer. A reader that has gone away has what it wanted.
pub fn give(answer: &Answer) -> Ending {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(answer.data.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Ok(()) => {
            note(&answer.notes);
            answer.ending
        }
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ending::Done,
        Err(error) => complain(&Complaint::of(&format!("standard output: {error}"))),
    }
}

/// Says why there is no answer.
pub fn complain(complaint: &Complaint) -> Ending {
    note(&complaint.0);
    Ending::BadInput
}

/// Says how the command is used: asked for on standard output, else on standard error.
pub fn explain_usage(usage: &clap::Error) -> Ending {
    // Nobody is left to tell where it cannot be printed.
    let _ = usage.print();
    if usage.use_stderr() {
        Ending::BadInput
    } else {
        Ending::Done
    }
}

fn note(text: &str) {
    let stderr = io::stderr();
    let width = terminal_size::terminal_size_of(&stderr)
        .filter(|_| stderr.is_terminal())
        .map(|(width, _)| usize::from(width.0).max(Terminal::NARROWEST));
    let text = match width {
        Some(width) => text.lines().map(|line| folded(line, width)).collect(),
        None => text.to_owned(),
    };
    // Nobody is left to tell where it cannot be printed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A line as lines of a width, all as far in as it is; a word that is longer stays whole, to be
/// copied.
fn folded(line: &str, width: usize) -> String {
    let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
    let mut text = String::new();
    let mut columns = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let own = word.chars().count();
        if columns > 0 && columns + 1 + own > width {
            text.push('\n');
            columns = 0;
        }
        let before = if columns == 0 { indent } else { " " };
        text.extend([before, word]);
        columns += before.len() + own;
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_beside_the_data_keeps_to_the_terminal() {
        assert_eq!(
            folded("    hint: give a limit", 16),
            "    hint: give a\n    limit\n"
        );
        assert_eq!(
            folded("a/long/path/as/it/is: no", 10),
            "a/long/path/as/it/is:\nno\n"
        );
        assert_eq!(folded("", 10), "\n");
    }
}
