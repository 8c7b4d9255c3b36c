//! `prescale check` of a fleet: its limits, those of its services, and what mends them.

use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::super::arguments::{CheckFormat, OfCheck};
use super::super::fleet::each::is_fleet;
use super::super::fleet::{with_files, within_a_minute};
use super::super::input::{self, Input};
use super::super::markdown::{change, headline, paragraph, table};
use super::super::output::{Answer, Complaint, Terminal};
use super::super::page::{Align, Page};
use super::super::words;
use super::github::annotation;
use super::{quantity, words_of_key};
use crate::fleet::gate::{FleetCheck, FleetLimit, Mended, ServiceCheck, check};
use crate::fleet::{Fleet, Totals};
use crate::import::Source;
use crate::scenario::read::{Place, Purpose, Syntax, Template};
use crate::units::{Seconds, Usd};

/// All that is told.
struct Report<'a> {
    source: &'a Source,
    files: &'a [PathBuf],
    check: &'a FleetCheck,
    against: Option<&'a Against>,
}

/// The fleet as it was.
#[derive(Debug, Serialize)]
struct Against {
    #[serde(skip)]
    file: String,
    today: Totals,
    /// Services that are there no longer, new, or differ in time or cost.
    services: Vec<Moved>,
}

/// A service before and after; absent where it is not there, or stuck.
#[derive(Debug, PartialEq, Serialize)]
struct Moved {
    service: String,
    before: Option<Figures>,
    after: Option<Figures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Figures {
    /// Lead plus clock; absent where it is stuck.
    time_s: Option<Seconds>,
    usd_per_month: Option<f64>,
}

/// Compares a fleet with its limits.
pub fn answer(asked: &OfCheck, source: &Source, terminal: Terminal) -> Result<Answer, Complaint> {
    let (fleet, files) = with_files(&asked.scenario, source)?;
    let check = checked(&fleet)?;
    if check.limits.is_empty() && check.services.iter().all(|one| one.limits.is_empty()) {
        let hint = "give budget_usd_per_month or shortfall_minutes_per_month under [limits], or \
                    limits.availability or limits.max_duration in a scenario";
        return Err(Complaint::about(&source.name, &"no limit to check", hint));
    }
    let against = asked.against.as_ref().map(|path| {
        let old = input::source(path)?;
        if !is_fleet(&old) {
            let problem = "one service is no fleet to compare with";
            let hint = "give the fleet's file as it was";
            return Err(Complaint::about(&old.name, &problem, hint));
        }
        let (before, _) = with_files(path, &old)?;
        Ok(Against::of(old.name, &before, &fleet))
    });
    let against = against.transpose()?;
    let report = Report {
        source,
        files: &files,
        check: &check,
        against: against.as_ref(),
    };
    let data = match asked.format {
        CheckFormat::Text => report.text(terminal),
        CheckFormat::Json => words::json(&Json {
            check: &check,
            against: against.as_ref(),
        })?,
        CheckFormat::Markdown => report.summary(),
        CheckFormat::Github => report.annotations()? + &report.summary(),
    };
    Ok(Answer::judged(data, check.passed))
}

fn checked(fleet: &Fleet) -> Result<FleetCheck, Complaint> {
    within_a_minute(|settings, hooks| check(fleet, settings, hooks)).map_err(|(i, few)| {
        let member = &fleet.members[i];
        let input = Input {
            name: member.name.clone(),
            scenario: member.scenario.clone(),
        };
        input.too_few_places(&few)
    })
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    check: &'a FleetCheck,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'a Against>,
}

impl Against {
    fn of(file: String, before: &Fleet, after: &Fleet) -> Self {
        let figures = |fleet: &Fleet, name: &str| {
            let at = fleet.members.iter().position(|one| one.name == name)?;
            let today = fleet.offers[at].today.as_ref();
            Some(Figures {
                time_s: today.map(|today| today.plan.time),
                usd_per_month: today.map(|today| today.usd),
            })
        };
        let gone = before.members.iter().map(|member| &member.name);
        let gone = gone.filter(|name| figures(after, name).is_none());
        let names = after.members.iter().map(|member| &member.name).chain(gone);
        let moved = names.map(|name| Moved {
            service: name.clone(),
            before: figures(before, name),
            after: figures(after, name),
        });
        let mut today = Totals::default();
        for (member, offers) in before.members.iter().zip(&before.offers) {
            if let Some(offer) = &offers.today {
                today.weighted_minutes_per_month += offer.weighted_minutes(member);
                today.usd_per_month += offer.usd;
                today.shortfall_minutes_per_month += offer.plan.shortfall_minutes_per_month;
            }
        }
        Self {
            file,
            today,
            services: moved.filter(|one| one.before != one.after).collect(),
        }
    }

    /// Rows of what, before, after.
    fn rows(&self, now: &Totals) -> Vec<Vec<String>> {
        let row =
            |what: &str, of: fn(&Totals) -> String| vec![what.to_owned(), of(&self.today), of(now)];
        let mut rows = vec![
            row("weighted minutes a month", |t| {
                format!("{:.0}", t.weighted_minutes_per_month)
            }),
            row("USD a month", |t| format!("{:.2}", t.usd_per_month)),
            row("minutes below required", |t| {
                words::number(t.shortfall_minutes_per_month)
            }),
        ];
        rows.extend(self.services.iter().map(|one| {
            let told = |figures: Option<Figures>| match figures {
                None => "not there".to_owned(),
                Some(Figures {
                    time_s: Some(time),
                    usd_per_month: Some(usd),
                }) => format!("{time}, {}", Usd(usd)),
                Some(_) => "stuck".to_owned(),
            };
            vec![one.service.clone(), told(one.before), told(one.after)]
        }));
        rows
    }
}

impl Report<'_> {
    fn failing(&self) -> impl Iterator<Item = &ServiceCheck> {
        self.check.services.iter().filter(|one| !one.passed())
    }

    /// The answer in a sentence.
    fn headline(&self) -> String {
        let check = self.check;
        let services = words::counted(count(check.services.len()), "service");
        let stuck = self.failing().filter(|one| one.stuck.is_some()).count();
        let violating = self.failing().count() - stuck;
        let violated = check.limits.iter().filter(|limit| !limit.met);
        let of_fleet: Vec<&str> = violated.map(|limit| &*limit.key).collect();
        if check.passed {
            return format!("{services}: within all limits, the fleet's and their own");
        }
        let mut told = Vec::new();
        if !of_fleet.is_empty() {
            told.push(format!("the fleet violates {}", of_fleet.join(" and ")));
        }
        match violating {
            0 => {}
            1 => told.push("1 violates its own limits".to_owned()),
            several => told.push(format!("{several} violate their own limits")),
        }
        match stuck {
            0 => {}
            1 => told.push("1 is stuck".to_owned()),
            several => told.push(format!("{several} are stuck")),
        }
        format!("{services}: {}", told.join(", "))
    }

    /// Rows of limit, asked, now, verdict.
    fn limit_rows(&self) -> Vec<Vec<String>> {
        let row = |limit: &FleetLimit| {
            vec![
                limit.key.clone(),
                format!("at most {}", amount(limit.unit, limit.wanted)),
                amount(limit.unit, limit.reached),
                verdict(limit.met).to_owned(),
            ]
        };
        self.check.limits.iter().map(row).collect()
    }

    /// Rows of service, limit, asked, now of those that fail.
    fn service_rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for service in self.failing() {
            let name = &service.service;
            if let Some(reason) = &service.stuck {
                let stuck = ["stuck".to_owned(), reason.clone()];
                rows.push([name.clone()].into_iter().chain(stuck).collect());
                continue;
            }
            for limit in service.limits.iter().filter(|limit| !limit.met) {
                let relation = match limit.key.as_str() {
                    "limits.availability" => "at least",
                    _ => "at most",
                };
                let now = limit.reached.map(|now| quantity(&limit.key, now));
                rows.push(vec![
                    name.clone(),
                    words_of_key(&limit.key).to_owned(),
                    format!(
                        "{relation} {}, now {}",
                        quantity(&limit.key, limit.wanted),
                        now.unwrap_or_else(|| "stuck".to_owned())
                    ),
                ]);
            }
        }
        rows
    }

    /// What mends it, as a heading; absent where nothing has to be mended.
    fn mend_heading(&self) -> Option<String> {
        if self.check.passed {
            return None;
        }
        Some(match &self.check.mend {
            Some(mend) => {
                let what = match mend.by {
                    Mended::LeastCost => "The cheapest change that mends it",
                    Mended::FewestChanges => "The fewest changes that mend it",
                };
                let costs = words::for_a_month(Usd(mend.costs_usd_per_month));
                format!("{what}, {costs}")
            }
            None if !self.check.beyond_mending.is_empty() => format!(
                "No settings that may be changed bring these within their own limits: {}",
                self.check.beyond_mending.join(", ")
            ),
            None if self.check.relaxed.is_empty() => {
                "No settings that may be changed meet all limits".to_owned()
            }
            None => "No settings that may be changed meet all limits; each of these changes \
                     alone makes a plan possible, the smallest first"
                .to_owned(),
        })
    }

    fn relaxed(&self) -> Vec<String> {
        let relaxed = self.check.relaxed.iter();
        relaxed
            .map(|one| {
                let (to, from) = (amount(one.unit, one.to), amount(one.unit, one.from));
                format!("{}: {to} instead of {from}", one.limit)
            })
            .collect()
    }

    /// What the fleet is once it is mended.
    fn then(&self) -> Option<String> {
        let mend = self.check.mend.as_ref()?;
        let pools = mend
            .cluster_pools
            .iter()
            .filter(|pool| pool.extra_hosts > 0);
        let pools: String = pools
            .map(|pool| {
                let hosts = words::counted(pool.extra_hosts, "host");
                format!(", a pool of {hosts} in {}", pool.cluster)
            })
            .collect();
        Some(format!(
            "Then: {:.0} weighted minutes and {} a month beyond serving, {} min below the \
             required tasks{pools}.",
            mend.total.weighted_minutes_per_month,
            Usd(mend.total.usd_per_month),
            words::number(mend.total.shortfall_minutes_per_month),
        ))
    }

    fn text(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        page.headline(&self.headline());
        let left = Align::Left;
        if !self.check.limits.is_empty() {
            page.title("Limits of the fleet, with the settings of today");
            page.table(&[left; 4], &self.limit_rows());
        }
        let rows = self.service_rows();
        if !rows.is_empty() {
            let kept = self.check.services.len() - self.failing().count();
            page.title(&format!("Services that do not keep to theirs ({kept} do)"));
            page.table(&[left; 3], &rows);
        }
        if let Some(heading) = self.mend_heading() {
            page.title(&heading);
            let relaxed = self.relaxed();
            page.points(relaxed.iter().map(String::as_str));
        }
        if let Some(mend) = &self.check.mend {
            let mut rows = Vec::new();
            for chosen in &mend.services {
                for (index, change) in chosen.changed.iter().enumerate() {
                    let name = if index == 0 { &*chosen.service } else { "" };
                    let (from, to) = (words::value(&change.from), words::value(&change.to));
                    let told = format!("{from} → {to}");
                    rows.push(vec![name.to_owned(), format!("{}:", change.key), told]);
                }
            }
            page.table(&[left; 3], &rows);
        }
        if let Some(then) = self.then() {
            page.paragraph(&then);
        }
        if let Some(against) = self.against {
            page.title(&format!("Since {}", against.file));
            let mut rows = against.rows(&self.check.today);
            rows.insert(0, ["", "before", "after"].map(str::to_owned).to_vec());
            page.table(&[left, Align::Right, Align::Right], &rows);
        }
        page.into_text()
    }

    /// For the page of a run or a comment.
    fn summary(&self) -> String {
        let mark = if self.check.passed { "✅" } else { "❌" };
        let mut text = format!("{mark} {}", headline(&self.headline()));
        if !self.check.limits.is_empty() {
            text += &table(&["limit", "asked", "now", ""], &self.limit_rows());
            text.push('\n');
        }
        let rows = self.service_rows();
        if !rows.is_empty() {
            text += &table(&["service", "violates", ""], &rows);
            text.push('\n');
        }
        if let Some(heading) = self.mend_heading() {
            text += &paragraph(&format!("{heading}:"));
            for relaxed in self.relaxed() {
                text += &paragraph(&relaxed);
            }
        }
        if let Some(mend) = &self.check.mend {
            for chosen in &mend.services {
                text += &paragraph(&chosen.service);
                for changed in &chosen.changed {
                    text += &change(&changed.key, &changed.from, &changed.to);
                }
                text.push('\n');
            }
        }
        text += &self
            .then()
            .map_or_else(String::new, |then| paragraph(&then));
        if let Some(against) = self.against {
            text += &table(&["", "before", "after"], &against.rows(&self.check.today));
        }
        text.trim_end().to_owned() + "\n"
    }

    /// One line for each limit that is violated, and for each deployment that is stuck.
    fn annotations(&self) -> Result<String, Complaint> {
        let mut text = String::new();
        for limit in self.check.limits.iter().filter(|limit| !limit.met) {
            let message = format!(
                "{} is {}, as it stands it is {}. {}",
                limit.key,
                amount(limit.unit, limit.wanted),
                amount(limit.unit, limit.reached),
                self.mend_heading().unwrap_or_default()
            );
            let title = format!("{} is violated", words_of_key(&limit.key));
            let place = place(self.source, &limit.key);
            text += &annotation(&self.source.name, place, &title, &message);
        }
        for (service, path) in self.check.services.iter().zip(self.files) {
            if service.passed() {
                continue;
            }
            let source = Source {
                name: tidy(path).display().to_string(),
                ..input::source(path)?
            };
            let name = &service.service;
            if let Some(reason) = &service.stuck {
                let message = format!("The deployment of {name} never moves: {reason}");
                let key = "deployment.minimum_healthy_percent";
                let place = place(&source, key);
                text += &annotation(&source.name, place, "The deployment is stuck", &message);
                continue;
            }
            for limit in service.limits.iter().filter(|limit| !limit.met) {
                let now = limit.reached.map(|now| quantity(&limit.key, now));
                let message = format!(
                    "{name}: {} is {}, as it stands it is {}.",
                    limit.key,
                    quantity(&limit.key, limit.wanted),
                    now.unwrap_or_else(|| "stuck".to_owned())
                );
                let title = format!("{} is violated", words_of_key(&limit.key));
                let place = place(&source, &limit.key);
                text += &annotation(&source.name, place, &title, &message);
            }
        }
        Ok(text)
    }
}

/// A path as the files of a change are named: without steps up and down again.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        let steps_down = matches!(tidied.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if steps_down => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// Where a key stands in a file.
fn place(source: &Source, key: &str) -> Option<Place> {
    let syntax = Syntax::guess(&source.name, &source.text);
    let template = Template::new(&source.text, syntax, Purpose::MonthlyFigures).ok()?;
    template.place(key)
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "VIOLATED" }
}

fn amount(unit: &str, value: f64) -> String {
    match unit {
        "USD a month" => Usd(value).to_string(),
        "minutes a month" => format!("{} min", words::number(value)),
        unit => format!("{} {unit}", words::number(value)),
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
