//! One line on a terminal that says how far a long search has come.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::fleet::{Progress, gap};

/// The line; it is only there when standard error is a terminal.
pub struct Line {
    shown: bool,
    /// When it was written last.
    at: Cell<Option<Duration>>,
}

/// A search that is over sooner needs no line.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(100);

impl Line {
    /// A line that is not there yet.
    pub fn new() -> Self {
        Self {
            shown: io::stderr().is_terminal(),
            at: Cell::new(None),
        }
    }

    /// Writes the news over what stood there.
    pub fn show(&self, news: &Progress) {
        let early = match self.at.get() {
            Some(at) => news.elapsed < at + PAUSE,
            None => news.elapsed < PATIENCE,
        };
        if !self.shown || early {
            return;
        }
        self.at.set(Some(news.elapsed));
        // Nobody is left to tell where it cannot be printed.
        let _ = write!(io::stderr().lock(), "\r\x1b[K{}", words(news));
    }

    /// Removes the line.
    pub fn clear(&self) {
        if self.at.get().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn words(news: &Progress) -> String {
    let seconds = news.elapsed.as_secs_f64();
    let plan = match (news.objective, news.bound) {
        (Some(objective), Some(bound)) => format!(
            "plan {}, bound {}, gap {:.4} %",
            minutes(objective),
            minutes(bound),
            100.0 * gap(objective, bound)
        ),
        (Some(objective), None) => format!("plan {}, no bound yet", minutes(objective)),
        (None, Some(bound)) => format!("no plan yet, bound {}", minutes(bound)),
        (None, None) => "no plan yet".to_owned(),
    };
    format!("{seconds:.1} s  {plan}  (Ctrl-C: best so far)")
}

/// Without decimals where there are many digits: a line that wraps cannot be written over.
fn minutes(minutes: f64) -> String {
    let decimals = if minutes < 1e5 { 2 } else { 0 };
    format!("{minutes:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let news = |objective, bound| Progress {
            elapsed: Duration::from_millis(1500),
            objective,
            bound,
        };
        assert_eq!(
            words(&news(Some(200.0), Some(199.0))),
            "1.5 s  plan 200.00, bound 199.00, gap 0.5000 %  (Ctrl-C: best so far)"
        );
        let long = Progress {
            elapsed: Duration::from_secs(3599),
            objective: Some(987_654_321.0),
            bound: Some(123_456_789.0),
        };
        assert!(words(&long).len() <= 80, "{}", words(&long));
        assert!(words(&news(None, Some(199.0))).starts_with("1.5 s  no plan yet, bound"));
    }
}
