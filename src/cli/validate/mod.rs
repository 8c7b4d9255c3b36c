//! What `prescale validate` answers: the text of `docs/validation.md`.

mod random;
mod recorded;
mod struck;

use super::arguments::{OfValidation, ValidationFormat};
use super::markdown;
use super::output::{Answer, Complaint, Emphasis, Terminal};
use super::page::Page;
use super::words;
use crate::validate::agreement::{Asked, MEAN_WITHIN, NONE_BEYOND, P95_WITHIN, SHARE_WITHIN};
use crate::validate::recordings::{MOST_WITHIN, WITHIN};
use crate::validate::scenarios::{MOST_TASKS, drawn};
use crate::validate::{Validation, strikes, validate};

/// The answer is a document: it reads the same wherever it is written.
const PAPER: Terminal = Terminal {
    width: 80,
    emphasis: Emphasis::None,
};

/// The document, the data, or one random scenario.
pub fn answer(asked: &OfValidation) -> Result<Answer, Complaint> {
    if let Some(number) = asked.emit_scenario {
        let drawn = drawn(asked.seed, number, MOST_TASKS).ok_or_else(|| {
            let problem = format!("no scenario {number} of seed {} moves", asked.seed);
            Complaint::of(&problem)
        })?;
        return Ok(Answer::done(drawn.toml));
    }
    if let Some(number) = asked.emit_struck {
        let drawn = strikes::drawn(asked.seed, number).ok_or_else(|| {
            let problem = format!("no scenario {number} of seed {} moves", asked.seed);
            Complaint::of(&problem)
        })?;
        return Ok(Answer::done(drawn.toml));
    }
    let processors = || {
        let there = std::thread::available_parallelism();
        there.map_or(1, |there| u32::try_from(there.get()).unwrap_or(1))
    };
    let validation = validate(Asked {
        scenarios: asked.scenarios,
        most_tasks: MOST_TASKS,
        runs: asked.runs,
        seed: asked.seed,
        threads: asked.threads.unwrap_or_else(processors),
    })
    .map_err(|problem| Complaint::of(&problem))?;
    Ok(Answer::done(match asked.format {
        ValidationFormat::Markdown => document(&validation),
        ValidationFormat::Json => words::json(&validation)?,
    }))
}

fn document(validation: &Validation) -> String {
    let mut page = Page::new(PAPER);
    page.paragraph("# How true the model is");
    page.title(
        "Written by `prescale validate`; no figure is entered by hand. Errors are model over \
         simulation, or over recording, less 1.",
    );
    summary(&mut page, validation);
    random::section(&mut page, validation);
    struck::section(&mut page, validation);
    recorded::sections(&mut page, &validation.evidence);
    page.into_text()
}

fn summary(page: &mut Page, validation: &Validation) {
    let all = &validation.agreement.compared;
    let within = all.iter().filter(|one| one.in_aims() <= 1.0).count();
    let beyond = all.iter().filter(|one| one.largest() > NONE_BEYOND).count();
    let differences: Vec<f64> = recorded::predictions(&validation.evidence.recordings)
        .map(|one| one.difference.abs())
        .collect();
    let struck: Vec<strikes::Both> = validation
        .strikes
        .iter()
        .filter_map(|one| one.minutes)
        .collect();
    let near = struck.iter().filter(|both| both.is_near()).count();
    let by = |share: f64| differences.iter().filter(|size| **size <= share).count();
    points(
        page,
        &[
            format!(
                "Random scenarios: {within} of {} ({}) have means within {} and 95 % quantiles \
                 within {} of the simulation; the aim is {}. With an error above {}: {beyond}; the \
                 aim is none.",
                all.len(),
                share(within, all.len()),
                percent(MEAN_WITHIN),
                percent(P95_WITHIN),
                percent(SHARE_WITHIN),
                percent(NONE_BEYOND),
            ),
            format!(
                "Availability with strikes on hosts and zones: the minutes a month of {near} of {} \
                 ({}) random scenarios are within {} of the simulation or within its confidence \
                 interval.",
                struck.len(),
                share(near, struck.len()),
                percent(strikes::NEAR),
            ),
            format!(
                "Recorded deployments: {} of {} predictions are within {}, {} within {}; the aim \
                 is all, and most.",
                by(WITHIN),
                differences.len(),
                percent(WITHIN),
                by(MOST_WITHIN),
                percent(MOST_WITHIN),
            ),
        ],
    );
}

/// A table after an empty line; the columns of words are said, all others are numbers.
fn table(page: &mut Page, header: &[&str], words: &[usize], rows: &[Vec<String>]) {
    let words: Vec<bool> = (0..header.len()).map(|i| words.contains(&i)).collect();
    page.verbatim([String::new()]);
    page.verbatim(markdown::aligned(header, &words, rows));
}

/// A list after an empty line.
fn points(page: &mut Page, points: &[String]) {
    page.verbatim([String::new()]);
    page.points(points.iter().map(String::as_str));
}

/// A share of 1 in percent: whole, or to the hundredth.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if (percent - percent.round()).abs() < 1e-9 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.2} %")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of scenarios")]
fn share(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 / whole.max(1) as f64 * 100.0)
}
