//! Reads a scenario from TOML or JSON: every key is checked, every default put in place, every
//! instance type and price looked up, and all problems of the text are reported at once.

mod capacity_provider;
mod cluster;
mod defaults;
mod deployment;
mod desired_range;
mod duration;
mod failure;
mod goals;
mod host;
mod json;
mod keys;
mod laws;
mod load;
mod load_balancer;
mod meanings;
mod notes;
mod origin;
mod overlap;
mod prescale;
mod prices;
mod problem;
mod required_range;
mod schema;
mod service;
mod spot;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod values;

use std::cell::RefCell;
use std::fmt::Display;

pub use duration::parse as duration;
pub use keys::{KnownTable, known_keys};
pub use meanings::meaning;
pub use problem::{Place, Problem};
pub use schema::schema;
pub use template::{Key, Setting, Template};

use super::{Assumption, LaunchType, Recommend, Scenario};
use notes::Notes;
use prices::Prices;
use spot::Interruptions;
pub(crate) use table::Table;

/// How a scenario is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TOML.
    Toml,
    /// JSON without comments.
    Json,
}

impl Syntax {
    /// The syntax that a file's name and its text suggest: `.json`, `.toml`, else JSON where the
    /// text begins with a brace.
    #[must_use]
    pub fn guess(file_name: &str, text: &str) -> Self {
        let extension = std::path::Path::new(file_name)
            .extension()
            .map(std::ffi::OsStr::to_ascii_lowercase);
        match extension.as_deref().and_then(std::ffi::OsStr::to_str) {
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ if without_mark(text).trim_start().starts_with('{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// What is asked of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Figures per month, which need the number of deployments.
    MonthlyFigures,
    /// Durations, which do not.
    DurationsOnly,
    /// Durations to be compared with recorded ones: a price that is not known is no problem, and
    /// costs mean nothing.
    BackTest,
}

/// Reads a scenario.
///
/// # Errors
/// All problems of the text, in the order of their places.
pub fn scenario(text: &str, syntax: Syntax, purpose: Purpose) -> Result<Scenario, Vec<Problem>> {
    let (scenario, assumptions) =
        document(text, syntax, known_keys(), |root| assemble(root, purpose))?;
    Ok(Scenario {
        assumptions,
        ..scenario
    })
}

/// Whether a text states a fleet: several services, and not one scenario.
#[must_use]
pub fn is_fleet(text: &str, syntax: Syntax) -> bool {
    const ANY_KEYS: &[KnownTable] = &[];
    document(text, syntax, ANY_KEYS, |root| {
        Some(root.has_list("service"))
    })
    .is_ok_and(|(is_fleet, _)| is_fleet)
}

/// Reads a document made of some tables, and what was assumed in it.
///
/// # Errors
/// All problems of the text, in the order of their places.
pub(crate) fn document<T>(
    text: &str,
    syntax: Syntax,
    tables: &'static [KnownTable],
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<(T, Vec<Assumption>), Vec<Problem>> {
    let text = without_mark(text);
    let mut problems = Vec::new();
    let tree = match syntax {
        Syntax::Toml => toml::tree(text, &mut problems),
        Syntax::Json => json::tree(text, &mut problems),
    };
    let notes = Notes {
        text,
        tables,
        problems: RefCell::new(problems),
        assumptions: RefCell::default(),
    };
    let content = tree.and_then(|tree| read(&Table::root(&notes, &tree)));
    let assumptions = notes.assumptions.into_inner();
    let mut problems = notes.problems.into_inner();
    match content {
        Some(content) if problems.is_empty() => Ok((content, assumptions)),
        _ => {
            problems.sort_by_key(|problem| problem.place);
            Err(problems)
        }
    }
}

/// The tables at the top level, and what must be known before any of them is read.
struct Sections<'a> {
    service: Table<'a>,
    deployment: Table<'a>,
    cluster: Table<'a>,
    hosts: Vec<Table<'a>>,
    prescale: Table<'a>,
    spot: Table<'a>,
    billing: Table<'a>,
    prices: Table<'a>,
    value: Table<'a>,
    limits: Table<'a>,
    recorded: Vec<Table<'a>>,
    recommend: Option<Recommend>,
    launch_type: Option<LaunchType>,
    /// Whether hosts are added, or may be.
    adds_hosts: bool,
}

impl<'a> Sections<'a> {
    fn open(root: &Table<'a>) -> Self {
        let service = root.table("service");
        let cluster = root.table("cluster");
        let prescale = root.table("prescale");
        let recommend = goals::recommend(&root.table("recommend"));
        let launch_type = service::launch_type(&service);
        Self {
            adds_hosts: prescale::can_add_hosts(launch_type, &cluster, &prescale, recommend),
            hosts: cluster.tables("hosts"),
            service,
            deployment: root.table("deployment"),
            cluster,
            prescale,
            spot: root.table("spot"),
            billing: root.table("billing"),
            prices: root.table("prices"),
            value: root.table("value"),
            limits: root.table("limits"),
            recorded: root.tables("recorded"),
            recommend,
            launch_type,
        }
    }
}

/// The scenario without its assumptions; absent where a problem was noted.
fn assemble(root: &Table<'_>, purpose: Purpose) -> Option<Scenario> {
    if root.has_list("service") {
        let hint = "give one service as [service], or each in a file of its own";
        let expected = "one service; `prescale fleet` answers for several";
        root.reject("service", expected, hint);
        return None;
    }
    let sections = Sections::open(root);
    let service = service::read(&sections);
    let deployment = deployment::read(&sections.deployment, purpose);
    let prices = Prices::read(&sections, purpose);
    let interruptions = Interruptions::read(&sections, &prices);
    let capacity = cluster::read(&sections, &prices, &interruptions);
    let mut prescale = prescale::read(&sections, capacity.as_ref(), &prices, &interruptions);
    let spot = spot::read(&interruptions, capacity.as_ref(), &prescale);
    let capacity_provider = capacity_provider::read(&sections, &prescale);
    if prescale.reactive {
        // What the group may grow by on demand is not added beforehand.
        prescale.hosts = 0;
    }
    let overlap = overlap::read(&sections);
    let billing = goals::billing(&sections.billing, sections.launch_type);
    let usd_per_minute = sections.value.amount("usd_per_minute");
    let limits = goals::limits(&sections.limits);
    let recorded = goals::recorded(&sections.recorded);
    let size = service.as_ref().and_then(|service| service.size);
    let fargate = host::fargate_price(&sections, capacity.as_ref(), size, &prices);
    prices.check_names();
    let origins = origin::read(root);
    Some(Scenario {
        service: service?,
        deployment,
        capacity: capacity?,
        prescale,
        spot: spot?,
        capacity_provider,
        overlap,
        billing: billing?,
        fargate,
        usd_per_minute,
        limits,
        recommend: sections.recommend?,
        recorded,
        origins,
        assumptions: Vec::new(),
    })
}

/// A text without the mark of its encoding at the beginning.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A dotted path and a key of the table there.
fn joined(path: &str, key: &dyn Display) -> String {
    if path.is_empty() {
        key.to_string()
    } else {
        format!("{path}.{key}")
    }
}
