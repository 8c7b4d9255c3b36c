//! What `prescale simulate` answers.

mod picture;
mod text;
mod timeline;

use serde_json::{Value, json};

use super::arguments::{Format, OfSimulation};
use super::columns;
use super::input::Input;
use super::markdown;
use super::output::{Answer, Complaint, Terminal};
use super::whole_file::{self, Existing};
use super::words;
use crate::model::Model;
use crate::rollout::{self, Fix};
use crate::scenario::Scenario;
use crate::scenario::read::Purpose;
use crate::simulate::statistics::{CONFIDENCE, Distribution};
use crate::simulate::{Asked, Simulation, Verdict, record, simulate};
use crate::sweep::Row;
use crate::units::Seconds;

/// The answer; the timeline of the first run beside it where that is asked for.
pub fn answer(asked: &OfSimulation, terminal: Terminal) -> Result<Answer, Complaint> {
    if let Some(path) = &asked.timeline {
        if path.is_dir() {
            let hint = "give the name of a file in it";
            return Err(Complaint::about(&path.display(), &"is a folder", hint));
        }
        whole_file::probe(path)?;
    }
    let input = Input::read(&asked.scenario, Purpose::DurationsOnly)?;
    let scenario = &input.scenario;
    let few = |few: &crate::simulate::NoPlace| {
        let hint = "give more hosts (count of [[cluster.hosts]]), larger ones, or a smaller \
                    service.desired_count";
        Complaint::about(&input.name, few, hint)
    };
    let simulation = simulate(
        scenario,
        Asked {
            runs: asked.runs,
            seed: asked.seed,
            threads: asked.threads,
        },
    )
    .map_err(|none| few(&none))?;
    let rows = record(scenario, asked.seed, 0).map_err(|none| few(&none))?;
    if let Some(path) = &asked.timeline {
        whole_file::write(path, &timeline::csv(&rows)?, Existing::Replaced)?;
    }
    let fixes = fixes(scenario, &simulation);
    let data = match asked.format {
        Format::Text => text::text(scenario, &simulation, &fixes, &rows, terminal),
        Format::Json => json(&simulation, &fixes)?,
        Format::Csv => csv(&simulation)?,
        Format::Markdown => markdown(scenario, &simulation, &fixes),
    };
    Ok(Answer::judged(
        data,
        simulation.verdict == Verdict::Completes,
    ))
}

/// What frees a deployment that is stuck: the simulation finds that it is, the arithmetic of the
/// bounds which settings free it.
fn fixes(scenario: &Scenario, simulation: &Simulation) -> Vec<Fix> {
    let Some(stuck) = &simulation.stuck else {
        return Vec::new();
    };
    if let Some(grace) = stuck.sufficient_grace {
        let seconds = |seconds: Seconds| Value::from(format!("{:.0}s", seconds.0));
        return vec![Fix {
            key: "service.health_check_grace_period".to_owned(),
            from: scenario
                .service
                .health_check_grace_period
                .map_or(Value::Null, seconds),
            to: seconds(grace),
            besides: Vec::new(),
        }];
    }
    match rollout::verdict(scenario) {
        Ok(rollout::Verdict::Stuck(_)) => {
            let stuck = Model::of(scenario).why_stuck(scenario);
            stuck.map_or_else(|_| Vec::new(), |stuck| stuck.fix)
        }
        Ok(rollout::Verdict::Completes(_)) | Err(_) => Vec::new(),
    }
}

fn json(simulation: &Simulation, fixes: &[Fix]) -> Result<String, Complaint> {
    let mut answer = serde_json::to_value(simulation).map_err(|error| Complaint::of(&error))?;
    if let Some(stuck) = answer.get_mut("stuck").and_then(Value::as_object_mut) {
        stuck.insert("fix".to_owned(), json!(fixes));
    }
    words::json(&answer)
}

/// One row in the columns of an estimate, runs and standard errors after them.
fn csv(simulation: &Simulation) -> Result<String, Complaint> {
    let mut row = Row::of_simulation(simulation).texts();
    row.extend([simulation.runs.to_string(), simulation.seed.to_string()]);
    row.extend(match simulation.standard_errors {
        Some(errors) => [errors.new_version_s, errors.completed_s]
            .map(|clock| [clock.mean, clock.p50, clock.p95, clock.p99])
            .concat()
            .iter()
            .map(f64::to_string)
            .collect(),
        None => vec![String::new(); 8],
    });
    let header: Vec<&str> = columns::ESTIMATE.into_iter().chain(MORE_COLUMNS).collect();
    columns::csv(&header, &[row])
}

const MORE_COLUMNS: [&str; 10] = [
    "runs",
    "seed",
    "new_version_s_mean_standard_error",
    "new_version_s_p50_standard_error",
    "new_version_s_p95_standard_error",
    "new_version_s_p99_standard_error",
    "completed_s_mean_standard_error",
    "completed_s_p50_standard_error",
    "completed_s_p95_standard_error",
    "completed_s_p99_standard_error",
];

fn markdown(scenario: &Scenario, simulation: &Simulation, fixes: &[Fix]) -> String {
    let mut text = markdown::headline(&headline(scenario, simulation));
    if let Some((durations, errors)) = simulation.duration.zip(simulation.standard_errors) {
        let row = |name: &str, value: Distribution, error: Distribution| {
            let mut cells = vec![name.to_owned()];
            cells.extend(figures(value, error));
            cells
        };
        text += &markdown::paragraph(&runs(simulation));
        text += &markdown::table(
            &["", "mean", "p50", "p95", "p99"],
            &[
                row("new version", durations.new_version_s, errors.new_version_s),
                row("completed", durations.completed_s, errors.completed_s),
            ],
        );
    }
    for fix in fixes {
        text += &markdown::fix(fix);
    }
    text
}

/// The answer in a sentence.
fn headline(scenario: &Scenario, simulation: &Simulation) -> String {
    let name = &scenario.service.name;
    match (&simulation.duration, &simulation.stuck) {
        (Some(durations), _) => {
            let lead = match durations.lead_s.mean {
                lead if lead > 0.0 => format!(
                    "; {} lead for {} before",
                    Seconds(lead),
                    words::counted(scenario.prescale.hosts, "host")
                ),
                _ => String::new(),
            };
            let clock = |of: Distribution| {
                words::with_p95(&crate::model::Duration {
                    mean: Seconds(of.mean),
                    p50: Seconds(of.p50),
                    p95: Seconds(of.p95),
                    p99: Seconds(of.p99),
                })
            };
            let lock = durations.lock_wait_s.map_or_else(String::new, |wait| {
                let wait = words::none_or(Seconds(wait.mean));
                format!(", after a wait of {wait} for the lock")
            });
            format!(
                "{name}: new version live in {}, completed after {}{lead}{lock}",
                clock(durations.new_version_s),
                clock(durations.completed_s),
            )
        }
        (None, Some(stuck)) => format!(
            "{name}: stuck ({}), the deployment never completes: {}",
            words::name(stuck.bound),
            stuck.reason
        ),
        (None, None) => format!("{name}: stuck"),
    }
}

/// How many runs it is from.
fn runs(simulation: &Simulation) -> String {
    format!(
        "Simulated {} with seed {} (minutes; ± is a 95 % confidence interval)",
        words::counted(simulation.runs, "time"),
        simulation.seed
    )
}

/// Figures with their confidence intervals \[min\].
fn figures(value: Distribution, error: Distribution) -> Vec<String> {
    let figure = |value: f64, error: f64| {
        let interval = CONFIDENCE * error / 60.0;
        format!("{:.1} ± {interval:.2}", value / 60.0)
    };
    vec![
        figure(value.mean, error.mean),
        figure(value.p50, error.p50),
        figure(value.p95, error.p95),
        figure(value.p99, error.p99),
    ]
}
