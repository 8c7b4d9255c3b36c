//! How far a long computation is: a line on a terminal, nothing elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Time between two looks of the line.
const REFRESH: Duration = Duration::from_millis(100);

/// Rows that are done of all, on standard error.
pub struct Bar {
    total: u64,
    done: u64,
    before: u64,
    begun: Instant,
    shown: Option<Instant>,
    on_terminal: bool,
}

impl Bar {
    /// Some rows may be there from an earlier run.
    pub fn new(total: u64, before: u64) -> Self {
        Self {
            total,
            done: before,
            before,
            begun: Instant::now(),
            shown: None,
            on_terminal: io::stderr().is_terminal(),
        }
    }

    /// More rows are done.
    pub fn advance(&mut self, rows: u64) {
        self.done += rows;
        if !self.on_terminal {
            return;
        }
        if self.shown.is_some_and(|shown| shown.elapsed() < REFRESH) {
            return;
        }
        self.shown = Some(Instant::now());
        let width = terminal_size::terminal_size_of(io::stderr())
            .map_or(80, |(width, _)| usize::from(width.0));
        let elapsed = self.begun.elapsed().as_secs_f64();
        let line = line(self.done, self.before, self.total, elapsed, width);
        // Nobody is left to tell where it cannot be shown.
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// `[=====>    ] 52 %  520,000 of 1,000,000 rows  812,000/s  1 s left`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "for eyes: counts that are rounded to three digits, and shares of a line"
)]
fn line(done: u64, before: u64, total: u64, elapsed: f64, width: usize) -> String {
    let share = done as f64 / total.max(1) as f64;
    let rate = (done - before) as f64 / elapsed.max(1e-3);
    let left = match rate {
        rate if rate > 0.0 => time((total - done) as f64 / rate),
        _ => "?".to_owned(),
    };
    let words = format!(
        " {:.0} %  {} of {} rows  {}/s  {left} left",
        share * 100.0,
        grouped(done),
        grouped(total),
        grouped(rate as u64)
    );
    let bar = width.saturating_sub(words.chars().count() + 3).min(30);
    if bar < 5 {
        return words
            .trim_start()
            .chars()
            .take(width.saturating_sub(1))
            .collect();
    }
    let full = (share * bar as f64) as usize;
    format!("[{}{}]{words}", "=".repeat(full), " ".repeat(bar - full))
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rows_rate_and_time_left() {
        assert_eq!(
            line(500_000, 0, 1_000_000, 2.0, 80),
            "[============            ] 50 %  500,000 of 1,000,000 rows  250,000/s  2 s left"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_no_bar() {
        let line = line(5, 0, 10, 1.0, 30);
        assert_eq!(line, "50 %  5 of 10 rows  5/s  1 s ");
    }

    #[test]
    fn rows_of_an_earlier_run_do_not_count_for_the_rate() {
        assert!(line(60, 50, 100, 1.0, 80).contains("10/s  4 s left"));
    }
}
