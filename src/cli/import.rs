//! What `prescale import` answers: a scenario, and how it fits the service's own last deployments.

use std::path::Path;

use super::arguments::OfEcs;
use super::input::{problems_of, source};
use super::output::{Answer, Complaint, Emphasis, Ending, Terminal};
use super::page::{Align, Page};
use super::whole_file::{self, Existing};
use super::words;
use crate::import::Source;
use crate::import::back_test::{BackTest, Prediction, Row, back_test};
use crate::import::deployments::Outcome;
use crate::import::ecs::{EcsInput, Imported, ecs};
use crate::scenario::read::{Purpose, Syntax, scenario};

/// The report goes where the terminal may not be: always the same bytes.
const REPORT: Terminal = Terminal {
    width: 80,
    emphasis: Emphasis::None,
};

/// Imports an ECS service: the scenario as data or into a file, the report beside it.
pub fn answer(asked: &OfEcs) -> Result<Answer, Complaint> {
    let imported = ecs(&input(asked)?).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{problem}\n"))
            .collect();
        Complaint(lines.concat())
    })?;
    let name = asked.output.as_ref().map(|path| path.display().to_string());
    let report = report(&imported, name.as_deref().unwrap_or("scenario"));
    let existing = if asked.force {
        Existing::Replaced
    } else {
        Existing::Kept
    };
    let Some(path) = &asked.output else {
        return Ok(Answer {
            data: imported.scenario_toml,
            notes: report,
            ending: Ending::Done,
        });
    };
    whole_file::write(path, &imported.scenario_toml, existing)?;
    Ok(Answer {
        data: String::new(),
        notes: format!("written: {}\n{report}", path.display()),
        ending: Ending::Done,
    })
}

/// Every file that is named; all that cannot be read are reported at once.
fn input(asked: &OfEcs) -> Result<EcsInput, Complaint> {
    let mut complaints = String::new();
    let mut read = |path: &Path| match source(path) {
        Ok(source) => Some(called_by_its_file(path, source)),
        Err(Complaint(text)) => {
            complaints += &text;
            None
        }
    };
    let services = read(&asked.services);
    let mut optional = |path: &Option<std::path::PathBuf>| -> Option<Source> {
        path.as_deref().and_then(&mut read)
    };
    let task_definition = optional(&asked.task_definition);
    let target_groups = optional(&asked.target_groups);
    let target_group_attributes = optional(&asked.target_group_attributes);
    let container_instances = optional(&asked.container_instances);
    let auto_scaling_groups = optional(&asked.auto_scaling_groups);
    match services {
        Some(services) if complaints.is_empty() => Ok(EcsInput {
            services,
            task_definition,
            target_groups,
            target_group_attributes,
            container_instances,
            auto_scaling_groups,
            service: asked.service.clone(),
        }),
        _ => Err(Complaint(complaints)),
    }
}

/// A source that the scenario's comments call by the file's name, without its folders.
fn called_by_its_file(path: &Path, source: Source) -> Source {
    match path.file_name() {
        Some(name) if name != "-" => Source {
            name: name.to_string_lossy().into_owned(),
            ..source
        },
        _ => source,
    }
}

/// What a reader of the scenario should know of its making.
fn report(imported: &Imported, name: &str) -> String {
    let mut page = Page::new(REPORT);
    let tested = back_test(imported);
    show_back_test(&mut page, imported, &tested);
    if !imported.assumptions.is_empty() {
        page.title("Assumed, as no file states it:");
        page.points(
            words::assumptions(&imported.assumptions)
                .iter()
                .map(String::as_str),
        );
    }
    if !imported.skipped.is_empty() {
        page.title("Left out:");
        let skipped: Vec<String> = imported
            .skipped
            .iter()
            .map(|skipped| format!("{}: {}", skipped.what, skipped.why))
            .collect();
        page.points(skipped.iter().map(String::as_str));
    }
    let mut text = page.into_text();
    let toml = &imported.scenario_toml;
    if let Err(problems) = scenario(toml, Syntax::Toml, Purpose::MonthlyFigures) {
        text += "\nTo be completed before the scenario can be used:\n";
        text += &problems_of(name, &problems);
    }
    text
}

fn show_back_test(page: &mut Page, imported: &Imported, tested: &BackTest) {
    if tested.rows.is_empty() {
        page.paragraph(if imported.deployments.is_empty() {
            "not calibrated: no deployment is found in the events"
        } else {
            "not calibrated: no deployment in the events completed without failures"
        });
    } else {
        page.paragraph(&verdict(tested));
        page.title("Deployments, each predicted from the others");
        let header = [
            "requested at",
            "tasks",
            "recorded",
            "predicted",
            "difference",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(tested.rows.iter().map(row));
        let right = Align::Right;
        page.table(&[Align::Left, right, right, right, right], &rows);
    }
    let others: Vec<String> = imported
        .deployments
        .iter()
        .filter(|deployment| deployment.completed().is_none())
        .map(|deployment| {
            let why = match deployment.outcome {
                Outcome::Completed => "completed after failed starts",
                Outcome::RolledBack => "rolled back",
                Outcome::Failed => "failed",
                Outcome::Incomplete => "not yet ended",
            };
            format!("{:.0}: {why}, not compared", deployment.requested_at)
        })
        .collect();
    page.points(others.iter().map(String::as_str));
}

fn verdict(tested: &BackTest) -> String {
    let percent = |difference: f64| format!("{:.0} %", difference * 100.0);
    match tested.median_difference.zip(tested.is_calibrated()) {
        Some((difference, true)) => format!(
            "calibrated: the median difference from what was recorded is {}",
            percent(difference)
        ),
        Some((difference, false)) => format!(
            "not calibrated: the median difference from what was recorded is {}",
            percent(difference)
        ),
        None if tested
            .rows
            .iter()
            .any(|row| row.prediction == Prediction::Stuck) =>
        {
            "not calibrated: as described the deployments are stuck, yet they completed: the \
             hosts are not described, or others use less of them"
                .to_owned()
        }
        None => {
            "not calibrated: without what is to be completed below nothing is predicted".to_owned()
        }
    }
}

fn row(row: &Row) -> Vec<String> {
    let predicted = match row.prediction {
        Prediction::Completed(predicted) => predicted.to_string(),
        Prediction::Stuck => "stuck".to_owned(),
        Prediction::None => "–".to_owned(),
    };
    let difference = row
        .difference
        .map(|difference| format!("{:+.0} %", difference * 100.0));
    vec![
        format!("{:.0}", row.deployment.requested_at),
        row.deployment.tasks().to_string(),
        row.recorded.to_string(),
        predicted,
        difference.unwrap_or_else(|| "–".to_owned()),
    ]
}
