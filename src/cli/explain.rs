//! `prescale explain` as text: steps, where the time goes, levers.

use super::estimate;
use super::output::Terminal;
use crate::explain::{Clocks, Contribution, Explanation, Lever, LeverKind, Step, clock};
use crate::rollout::Fix;
use crate::scenario::Scenario;
use crate::units::{Seconds, Usd};

/// Columns of the text.
const WIDTH: usize = 80;

/// Columns of what happens at a step.
const WHAT: usize = 50;

/// Columns before it: number and clock.
const BEFORE: usize = 13;

/// Columns of the name of a setting with its values.
const SETTING: usize = 40;

/// Columns of the longest bar.
const BAR: usize = 20;

/// The answer in a sentence, and why.
#[must_use]
pub fn whole_text(scenario: &Scenario, explanation: &Explanation, terminal: Terminal) -> String {
    estimate::headline_text(scenario, &explanation.estimate, terminal) + &text(explanation)
}

/// The explanation as text of at most 80 columns.
#[must_use]
pub fn text(explanation: &Explanation) -> String {
    let mut sections = vec![steps(explanation)];
    sections.extend(fixes(explanation));
    sections.extend(waterfall(explanation));
    sections.extend(levers(explanation));
    sections.join("\n")
}

fn steps(explanation: &Explanation) -> String {
    let heading = format!(
        "{:>2} {:>8}  {:<WHAT$} {:>7} {:>7}\n",
        "", "clock", "step", "healthy", "tasks"
    );
    let lines: Vec<String> = explanation
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| step_lines(index + 1, step))
        .collect();
    let ends = explanation.ends.as_deref().unwrap_or_default();
    let note = explanation.estimate.duration.map(|duration| {
        let (new_version, completed) = (duration.new_version_s, duration.completed_s);
        let text = format!(
            "{ends} New version: mean {}, p95 {}. Completed: mean {}, p95 {}.",
            new_version.mean, new_version.p95, completed.mean, completed.p95
        );
        wrapped(&text, WIDTH).join("\n") + "\n"
    });
    heading + &lines.concat() + &note.unwrap_or_default()
}

fn step_lines(number: usize, step: &Step) -> String {
    let mut lines = wrapped(&step.what, WHAT).into_iter();
    let first = lines.next().unwrap_or_default();
    let mut text = format!(
        "{number:>2} {:>8}  {first:<WHAT$} {:>7} {:>7}\n",
        clock(step.at_s),
        step.healthy,
        step.tasks
    );
    let why = step
        .why
        .iter()
        .flat_map(|why| wrapped(why, WIDTH - BEFORE - 4).into_iter().enumerate())
        .map(|(line, why)| {
            if line == 0 {
                format!("· {why}")
            } else {
                format!("  {why}")
            }
        });
    for line in lines.chain(why) {
        text += &format!("{:BEFORE$}{line}\n", "");
    }
    text
}

fn fixes(explanation: &Explanation) -> Option<String> {
    let stuck = explanation.estimate.stuck.as_ref()?;
    if stuck.fix.is_empty() {
        return Some("No single change frees it.\n".to_owned());
    }
    let lines: Vec<String> = stuck.fix.iter().map(fix_line).collect();
    Some(format!("Each of these frees it:\n{}", lines.concat()))
}

/// Columns for a fix, beside its margin.
const FIX_COLUMNS: usize = 76;

fn fix_line(fix: &Fix) -> String {
    let line = format!("{} {}", fix.key, super::words::from_to_of_fix(fix));
    let lines = wrapped(&line, FIX_COLUMNS);
    format!("  {}\n", lines.join("\n    "))
}

fn waterfall(explanation: &Explanation) -> Option<String> {
    let waterfall = explanation.waterfall.as_ref()?;
    let longest = waterfall
        .contributions
        .iter()
        .flat_map(|contribution| [contribution.share.lead_s, contribution.share.completed_s])
        .fold(Seconds::ZERO, Seconds::max);
    let mut lines = format!(
        "{:<SETTING$} {:>8} {:>9}\n",
        "Where the time goes", "new ver.", "completed"
    );
    for contribution in &waterfall.contributions {
        let label = contribution_label(contribution);
        lines += &row(
            &label,
            contribution.share,
            &bar(contribution.share, longest),
        );
    }
    lines += &row(
        remainder_label(waterfall.remainder),
        waterfall.remainder,
        "",
    );
    lines += &row("in all", waterfall.total, "");
    Some(lines)
}

fn remainder_label(remainder: Clocks) -> &'static str {
    let counted_twice = remainder.new_version_s.min(remainder.completed_s).0 < 0.0;
    if counted_twice {
        "less what is counted more than once"
    } else {
        "of none of these alone"
    }
}

fn contribution_label(contribution: &Contribution) -> String {
    let Contribution {
        key,
        from,
        to,
        share,
    } = contribution;
    let clock = if share.lead_s.0 >= 0.5 {
        format!(" (lead {})", share.lead_s)
    } else {
        String::new()
    };
    format!("{} {from} → {to}{clock}", short(key))
}

/// A name, the two clocks, and what follows them.
fn row(label: &str, clocks: Clocks, end: &str) -> String {
    let mut lines = wrapped(label, SETTING);
    let last = lines.pop().unwrap_or_default();
    let before: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let line = format!(
        "{before}{last:<SETTING$} {:>8} {:>9} {end}",
        amount(clocks.new_version_s),
        amount(clocks.completed_s)
    );
    line.trim_end().to_owned() + "\n"
}

/// The longer of lead and "completed", a bar of [`BAR`] for the longest of all.
fn bar(share: Clocks, longest: Seconds) -> String {
    let part = share.lead_s.max(share.completed_s).0 / longest.0.max(f64::MIN_POSITIVE);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of some columns"
    )]
    let columns = (part.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    "█".repeat(columns)
}

fn levers(explanation: &Explanation) -> Option<String> {
    if explanation.levers.is_empty() {
        return None;
    }
    let mut text = format!(
        "{:<SETTING$} {:>8} {:>9} {:>9}\n",
        "Levers, free ones first", "new ver.", "completed", "saves"
    );
    for kind in [LeverKind::Setting, LeverKind::Application, LeverKind::Money] {
        let lines: Vec<String> = explanation
            .levers
            .iter()
            .filter(|lever| lever.kind == kind)
            .map(lever_lines)
            .collect();
        if !lines.is_empty() {
            text += &format!("{}:\n{}", kind_name(kind), lines.concat());
        }
    }
    Some(text)
}

fn kind_name(kind: LeverKind) -> &'static str {
    match kind {
        LeverKind::Setting => "settings",
        LeverKind::Application => "the application",
        LeverKind::Money => "hosts",
    }
}

fn lever_lines(lever: &Lever) -> String {
    let label = format!("{} {} → {}", short(&lever.key), lever.from, lever.to);
    let saves = lever.saves.completed_s.max(lever.saves.new_version_s) + lever.saves.lead_s;
    let row = row(&label, lever.with, &format!("{:>9}", amount(saves)));
    let mut remarks = vec![lever.caution.clone()];
    if lever.saves.lead_s.0.abs() >= 1.0 {
        remarks.push(format!("lead {}", lever.with.lead_s));
    }
    if let Some(usd) = lever.costs_usd_per_month.filter(|usd| usd.0.abs() >= 0.005) {
        let (amount, than) = if usd.0 < 0.0 {
            (Usd(-usd.0), "less")
        } else {
            (usd, "more")
        };
        remarks.push(format!("{amount} a month {than}"));
    }
    let remarks = wrapped(&remarks.join("; "), WIDTH - 2);
    let remarks: Vec<String> = remarks.iter().map(|line| format!("  {line}\n")).collect();
    row + &remarks.concat()
}

/// A key without its tables, unless it says little without them.
fn short(key: &str) -> &str {
    match key {
        "cluster.hosts" | "prescale.hosts" | "prescale.boot" => key,
        _ => key.rsplit('.').next().unwrap_or(key),
    }
}

/// A duration with a true minus; from 100 minutes on in whole ones, so that columns hold.
fn amount(seconds: Seconds) -> String {
    if seconds.minutes().abs() < 99.95 {
        seconds.to_string()
    } else {
        format!("{:.0} min", seconds.minutes()).replace('-', "−")
    }
}

/// A text in lines of at most so many columns, broken between words.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
