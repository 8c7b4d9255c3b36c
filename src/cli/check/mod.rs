//! What `prescale check` answers: whether the settings keep to the limits, what mends them, and
//! what a change of them does.

mod fleet;
mod github;
mod text;

use serde::Serialize;
use serde_json::Value;

use super::arguments::{CheckFormat, OfCheck};
use super::fleet::each::is_fleet;
use super::input::{self, Input};
use super::output::{Answer, Complaint, Terminal};
use super::words;
use crate::import::Source;
use crate::model::Estimate;
use crate::recommend::{Change, Check, Checked, check};
use crate::scenario::Scenario;
use crate::scenario::read::{Place, Purpose, Syntax, Template};
use crate::units::{Seconds, Share, Usd};

/// All that is told.
pub struct Report<'a> {
    scenario: &'a Scenario,
    template: &'a Template,
    file: &'a str,
    check: &'a Check,
    before: Option<&'a Before>,
}

/// The scenario as it was.
pub struct Before {
    file: String,
    estimate: Estimate,
    changed: Vec<Change>,
}

/// Compares a scenario with its limits.
pub fn answer(asked: &OfCheck, terminal: Terminal) -> Result<Answer, Complaint> {
    let source = input::source(&asked.scenario)?;
    if is_fleet(&source) {
        return fleet::answer(asked, &source, terminal);
    }
    let name = source.name.clone();
    let template = template(&source)?;
    let input = Input::of(source, Purpose::MonthlyFigures)?;
    let scenario = &input.scenario;
    let check = check(scenario).map_err(|few| input.too_few_places(&few))?;
    if check.limits.is_empty() {
        let hint = "give at least one of limits.budget_usd_per_month, limits.availability and \
                    limits.max_duration";
        return Err(Complaint::about(&name, &"no limit to check", hint));
    }
    let before = match &asked.against {
        None => None,
        Some(path) => {
            let source = input::source(path)?;
            let file = source.name.clone();
            let old = self::template(&source)?;
            let input = Input::of(source, Purpose::MonthlyFigures)?;
            let estimate = crate::model::estimate(&input.scenario)
                .map_err(|few| input.too_few_places(&few))?;
            Some(Before {
                file,
                estimate,
                changed: changed(&old, &template),
            })
        }
    };
    let report = Report {
        scenario,
        template: &template,
        file: &name,
        check: &check,
        before: before.as_ref(),
    };
    let data = match asked.format {
        CheckFormat::Text => text::text(&report, terminal),
        CheckFormat::Json => json(&report)?,
        CheckFormat::Markdown => github::summary(&report),
        CheckFormat::Github => github::annotations(&report) + &github::summary(&report),
    };
    Ok(Answer::judged(data, check.passed))
}

fn template(source: &Source) -> Result<Template, Complaint> {
    let syntax = Syntax::guess(&source.name, &source.text);
    Template::new(&source.text, syntax, Purpose::MonthlyFigures)
        .map_err(|problems| Complaint(input::problems_of(&source.name, &problems)))
}

/// Values that differ, in the order of the new text, then those that are gone.
fn changed(old: &Template, new: &Template) -> Vec<Change> {
    // Where values come from changes nothing.
    let settings = |template: &Template| {
        let mut given = template.given();
        given.retain(|(key, _)| !key.starts_with("origin."));
        given
    };
    let (old, new) = (settings(old), settings(new));
    let value = |given: &[(String, String)], key: &str| {
        let found = given.iter().find(|(other, _)| other == key);
        found.map_or(Value::Null, |(_, value)| Value::from(value.as_str()))
    };
    let gone = old
        .iter()
        .filter(|(key, _)| new.iter().all(|(other, _)| other != key));
    new.iter()
        .chain(gone)
        .map(|(key, _)| Change {
            key: key.clone(),
            from: value(&old, key),
            to: value(&new, key),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    check: &'a Check,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Against<'a>>,
}

#[derive(Serialize)]
struct Against<'a> {
    changed: &'a [Change],
    estimate: &'a Estimate,
}

fn json(report: &Report) -> Result<String, Complaint> {
    words::json(&Json {
        check: report.check,
        against: report.before.map(|before| Against {
            changed: &before.changed,
            estimate: &before.estimate,
        }),
    })
}

impl Report<'_> {
    /// The answer in a sentence.
    fn headline(&self) -> String {
        let name = &self.scenario.service.name;
        let estimate = &self.check.current.estimate;
        let violated: Vec<&str> = self
            .violated()
            .map(|limit| words_of_key(&limit.key))
            .collect();
        if let Some(stuck) = &estimate.stuck {
            return format!(
                "{name}: stuck, the deployment never moves: {}",
                stuck.reason
            );
        }
        let range = estimate.range.as_ref();
        if let Some(counts) = range.and_then(crate::model::RangeEnds::stuck_in_short) {
            return format!(
                "{name}: stuck while the desired count is {counts}: {}",
                words::clocks(estimate)
            );
        }
        match violated.as_slice() {
            [] => format!("{name}: within all limits: {}", words::clocks(estimate)),
            [one] => format!("{name}: violates {one}: {}", words::clocks(estimate)),
            several => format!(
                "{name}: violates {}: {}",
                several.join(" and "),
                words::clocks(estimate)
            ),
        }
    }

    fn violated(&self) -> impl Iterator<Item = &Checked> {
        self.check.limits.iter().filter(|limit| !limit.met)
    }

    /// Rows of limit, asked, now, verdict.
    fn limit_rows(&self) -> Vec<Vec<String>> {
        let row = |limit: &Checked| {
            let relation = match limit.key.as_str() {
                "limits.availability" => "at least",
                _ => "at most",
            };
            vec![
                limit.key.clone(),
                format!("{relation} {}", quantity(&limit.key, limit.wanted)),
                limit
                    .reached
                    .map_or_else(|| "stuck".to_owned(), |now| reached(limit, now)),
                if limit.met { "met" } else { "VIOLATED" }.to_owned(),
            ]
        };
        self.check.limits.iter().map(row).collect()
    }

    /// What mends it, as a heading; absent where nothing has to be mended.
    fn mend_heading(&self) -> Option<String> {
        if self.check.passed {
            return None;
        }
        Some(match (&self.check.mend, self.check.mend_costs()) {
            (Some(_), Some(more)) => {
                format!(
                    "The cheapest change that mends it, {}",
                    words::for_a_month(more)
                )
            }
            (Some(_), None) => "The cheapest change that mends it".to_owned(),
            (None, _) => "No settings that may be changed meet all limits".to_owned(),
        })
    }

    /// For each limit, how far a plan within the others gets.
    fn nearest(&self) -> Vec<String> {
        let nearest = self
            .check
            .infeasible
            .iter()
            .flat_map(|found| &found.nearest);
        nearest
            .map(|nearest| {
                let settings = words::settings(&nearest.plan);
                format!(
                    "all but {}: {} with {settings} and {}",
                    nearest.misses,
                    quantity(&nearest.misses, nearest.reaches),
                    words::hosts(&nearest.plan)
                )
            })
            .collect()
    }

    /// Rows of what, before, after.
    fn before_rows(&self, before: &Before) -> Vec<Vec<String>> {
        let (old, new) = (&before.estimate, &self.check.current.estimate);
        let row =
            |what: &str, of: &dyn Fn(&Estimate) -> String| vec![what.to_owned(), of(old), of(new)];
        let duration = |of: &dyn Fn(&crate::model::Durations) -> String, estimate: &Estimate| {
            let durations = estimate.duration.as_ref();
            durations.map_or_else(|| "stuck".to_owned(), of)
        };
        let mut rows = vec![
            row("lead", &|e| duration(&|d| words::none_or(d.lead_s.mean), e)),
            row("new version", &|e| {
                duration(&|d| words::with_p95(&d.new_version_s), e)
            }),
            row("completed", &|e| {
                duration(&|d| words::with_p95(&d.completed_s), e)
            }),
            row("USD a month", &words::usd_per_month),
            row("USD a deployment", &|e| {
                format!("{:.4}", e.cost.per_deployment_usd.0)
            }),
            row("healthy / required tasks", &|e| {
                format!(
                    "{} / {}",
                    e.tasks.min_healthy, e.availability.required_tasks
                )
            }),
            row("most tasks at once", &|e| e.tasks.peak.to_string()),
            row("room for more tasks", &|e| {
                e.tasks
                    .room
                    .map_or_else(|| "unlimited".to_owned(), |room| room.to_string())
            }),
            row("time with full capacity", &|e| {
                let monthly = e.availability.monthly;
                monthly.map_or_else(|| "–".to_owned(), |share| Share(share).to_string())
            }),
        ];
        let below = |e: &Estimate| e.availability.shortfall_minutes_per_month;
        if [old, new]
            .into_iter()
            .filter_map(below)
            .any(|minutes| minutes > 0.0)
        {
            rows.push(row("minutes a month below it", &|e| {
                below(e).map_or_else(|| "–".to_owned(), words::amount)
            }));
        }
        rows
    }

    /// Where a limit, or what keeps the deployment from moving, stands in the file.
    fn place(&self, keys: &[&str]) -> Option<Place> {
        keys.iter().find_map(|key| self.template.place(key))
    }
}

/// What is reached, and at which desired count if it is not the scenario's own.
fn reached(limit: &Checked, now: f64) -> String {
    let reached = quantity(&limit.key, now);
    match limit.at_tasks {
        None => reached,
        Some(1) => format!("{reached} at 1 task"),
        Some(tasks) => format!("{reached} at {tasks} tasks"),
    }
}

fn words_of_key(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A limit's value in its own unit.
fn quantity(key: &str, value: f64) -> String {
    match words_of_key(key) {
        "max_duration" => Seconds(value).to_string(),
        "budget_usd_per_month" => Usd(value).to_string(),
        "availability" => format!("{:#}", Share(value)),
        _ => words::number(value),
    }
}
