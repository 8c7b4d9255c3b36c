//! Opens what a fleet file names: scenarios, and lists of them. All problems are told at once.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::input::{problems_of, source};
use crate::cli::output::Complaint;
use crate::fleet::read::{self, Entry, EntrySource, FleetFile, Unreadable};
use crate::fleet::{Fleet, Member, Obstacle};
use crate::import::Source;
use crate::scenario::read::{Purpose, Syntax, scenario};

/// The fleet of a file, with the offers of its services.
pub(super) fn load(path: &Path) -> Result<Fleet, Complaint> {
    fleet(path, &source(path)?)
}

/// The fleet of a text that was read from a path.
pub fn fleet(path: &Path, text: &Source) -> Result<Fleet, Complaint> {
    with_files(path, text).map(|(fleet, _)| fleet)
}

/// The same, with the file of each service.
pub fn with_files(path: &Path, text: &Source) -> Result<(Fleet, Vec<PathBuf>), Complaint> {
    let syntax = Syntax::guess(&text.name, &text.text);
    let file = read::fleet(&text.text, syntax)
        .map_err(|problems| Complaint(problems_of(&text.name, &problems)))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut complaints = String::new();
    let mut members = Vec::new();
    let mut names = Vec::new();
    for entry in entries(&file, &folder, &mut complaints) {
        let EntrySource::Scenario(file_name) = &entry.source else {
            continue;
        };
        let path = folder.join(file_name);
        match member(&path, &entry) {
            Ok(member) => {
                members.push(member);
                names.push(path);
            }
            Err(Complaint(text)) => complaints += &text,
        }
    }
    if !complaints.is_empty() {
        return Err(Complaint(complaints));
    }
    let fleet = Fleet::new(file, members.clone()).map_err(|obstacles| {
        let lines = obstacles.iter().map(|(i, obstacle)| {
            let (member, path) = (&members[*i], &names[*i]);
            told(member, path, obstacle)
        });
        Complaint(lines.collect())
    })?;
    Ok((fleet, names))
}

/// Every service, lists opened; what cannot be read is added to the complaints.
fn entries(file: &FleetFile, folder: &Path, complaints: &mut String) -> Vec<Entry> {
    let mut entries = Vec::new();
    for entry in &file.services {
        let EntrySource::Table(named) = &entry.source else {
            entries.push(entry.clone());
            continue;
        };
        let path = folder.join(named);
        let services = File::open(&path)
            .map_err(Unreadable::Io)
            .and_then(|table| read::services(table, &entry.terms));
        match services {
            // Scenarios are named from the list's own folder.
            Ok(services) => entries.extend(services.into_iter().map(|service| Entry {
                source: match service.source {
                    EntrySource::Scenario(file) => {
                        let from = Path::new(named).parent().unwrap_or(Path::new(""));
                        EntrySource::Scenario(from.join(file).display().to_string())
                    }
                    EntrySource::Table(list) => EntrySource::Table(list),
                },
                ..service
            })),
            Err(Unreadable::Wrong { problems, .. }) => {
                *complaints += &problems_of(&path.display().to_string(), &problems);
            }
            Err(Unreadable::Io(error)) => {
                let hint = "check csv of the [[service]]: it is a path from the fleet file";
                let Complaint(text) = Complaint::about(&path.display(), &error, hint);
                *complaints += &text;
            }
        }
    }
    entries
}

fn member(path: &Path, entry: &Entry) -> Result<Member, Complaint> {
    let text = source(path)?;
    let purpose = match entry.terms.per_day {
        Some(_) => Purpose::DurationsOnly,
        None => Purpose::MonthlyFigures,
    };
    let syntax = Syntax::guess(&text.name, &text.text);
    let scenario = scenario(&text.text, syntax, purpose)
        .map_err(|problems| Complaint(problems_of(&text.name, &problems)))?;
    Ok(Member::new(scenario, entry.terms.clone()))
}

fn told(member: &Member, path: &Path, obstacle: &Obstacle) -> String {
    let name = &member.name;
    let (problem, hint) = match obstacle {
        Obstacle::TooFewPlaces(few) => (
            few.to_string(),
            "give more hosts (count of [[cluster.hosts]]), larger ones, or a smaller \
             service.desired_count",
        ),
        Obstacle::NoOffer => (
            format!("{name} is stuck today, and no other settings are within its limits"),
            "run `prescale recommend` on it: it names the nearest settings and the limit they miss",
        ),
        Obstacle::SameName => (
            format!("a second service is called {name}"),
            "give one of them another name under [[service]]",
        ),
        Obstacle::UnknownCluster(cluster) => (
            format!("{name} is in cluster \"{cluster}\", which the fleet does not state"),
            "state its limits under [clusters.NAME]",
        ),
        Obstacle::UnknownPool(pool) => (
            format!("{name} takes spot hosts of pool \"{pool}\", which the fleet does not state"),
            "state its limits under [pools.NAME]",
        ),
    };
    let Complaint(text) = Complaint::about(&path.display(), &problem, hint);
    text
}
