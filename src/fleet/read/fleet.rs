//! Reads a fleet file: its services with what is said of each, and the limits they share.
//!
//! A service is a scenario file, or a row of a CSV file that names one. Files are named here and
//! opened elsewhere; all problems of the text are reported at once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::limits::{self, CLUSTER, ClusterLimits, POOL};
use crate::scenario::Assumption;
use crate::scenario::read::{KnownTable, Problem, Syntax, Table, document};

/// A fleet as its file states it.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFile {
    /// Its services, in the order of the file.
    pub services: Vec<Entry>,
    /// Cost beyond serving that all plans together may have \[USD/month\].
    pub budget_usd_per_month: Option<f64>,
    /// Time below the required tasks, summed over the services \[min/month\].
    pub shortfall_minutes_per_month: Option<f64>,
    /// Clusters by name.
    pub clusters: BTreeMap<String, ClusterLimits>,
    /// Pools of spot hosts by name, with the most hosts of each; absent: not limited.
    pub pools: BTreeMap<String, Option<u32>>,
    /// How its load grows; absent: not said.
    pub growth: Option<Growth>,
    /// What was not said and had to be assumed.
    pub assumptions: Vec<Assumption>,
}

/// `[plan]`: how the load of all services grows, and over which time hosts are planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Growth {
    /// Months that are planned.
    pub months: u32,
    /// Growth of the load in a year \[%\]; it compounds month by month.
    pub growth_percent_per_year: f64,
    /// The p95 of the load over its median.
    pub peak_factor: f64,
}

/// One `[[service]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where its scenario, or a list of services, is.
    pub source: EntrySource,
    /// What is said of it, or of every service of the list.
    pub terms: Terms,
}

/// Where the scenario of a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntrySource {
    /// A scenario, by its path from the fleet file.
    Scenario(String),
    /// A CSV file with a row per service, by its path from the fleet file.
    Table(String),
}

/// How a service takes part in the fleet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Terms {
    /// Its name, instead of that of its scenario.
    pub name: Option<String>,
    /// Deployments on a day, instead of those of its scenario.
    pub per_day: Option<f64>,
    /// What a minute of its deployments counts; absent: 1.
    pub weight: Option<f64>,
    /// Windows it may deploy in; none: at any time.
    pub windows: Vec<String>,
    /// Who owns it.
    pub team: Option<String>,
    /// The cluster whose extra hosts it may use.
    pub cluster: Option<String>,
    /// The pool that its spot hosts are from.
    pub spot_pool: Option<String>,
}

impl Terms {
    /// These terms, and those of a list where these say nothing.
    #[must_use]
    pub fn or(self, list: &Self) -> Self {
        let or = |own: Option<String>, lists: &Option<String>| own.or_else(|| lists.clone());
        Self {
            name: self.name,
            per_day: self.per_day.or(list.per_day),
            weight: self.weight.or(list.weight),
            windows: if self.windows.is_empty() {
                list.windows.clone()
            } else {
                self.windows
            },
            team: or(self.team, &list.team),
            cluster: or(self.cluster, &list.cluster),
            spot_pool: or(self.spot_pool, &list.spot_pool),
        }
    }
}

/// The tables of a fleet file.
pub(super) const TABLES: &[KnownTable] = &[
    table("", &["service", "limits", "clusters", "pools", "plan"], &[]),
    table("[[service]]", SERVICE_KEYS, &[]),
    table(
        "[limits]",
        &[
            "budget_usd_per_month",
            "shortfall_minutes_per_month",
            "clusters",
            "pools",
        ],
        &[],
    ),
    CLUSTER,
    table("[limits.clusters.NAME]", CLUSTER.supported, &[]),
    POOL,
    table("[limits.pools.NAME]", POOL.supported, &[]),
    table("[plan]", &[MONTHS, GROWTH, PEAK], &[]),
];

const MONTHS: &str = "months";
const GROWTH: &str = "growth_percent_per_year";
const PEAK: &str = "peak_factor";

const SERVICE_KEYS: &[&str] = &[
    "file",
    "csv",
    "name",
    "per_day",
    "weight",
    "window",
    "windows",
    "team",
    "cluster",
    "spot_pool",
];

const fn table(
    header: &'static str,
    supported: &'static [&'static str],
    not_yet: &'static [&'static str],
) -> KnownTable {
    KnownTable {
        header,
        supported,
        not_yet,
    }
}

/// Reads a fleet file.
///
/// # Errors
/// All problems of the text, in the order of their places.
pub fn fleet(text: &str, syntax: Syntax) -> Result<FleetFile, Vec<Problem>> {
    let (fleet, assumptions) = document(text, syntax, TABLES, assemble)?;
    Ok(FleetFile {
        assumptions,
        ..fleet
    })
}

fn assemble(root: &Table<'_>) -> Option<FleetFile> {
    let tables = root.tables("service");
    let entries: Vec<Option<Entry>> = tables.iter().map(entry).collect();
    if entries.is_empty() && !root.has("service") {
        let hint =
            "give each service as [[service]] with file = \"….toml\", or a list as csv = \"….csv\"";
        root.report("service", "nothing", "the services of the fleet", hint);
    }
    let shared = root.table("limits");
    let (mut clusters, mut pools) = (limits::clusters(root), limits::pools(root));
    clusters.extend(limits::clusters(&shared));
    pools.extend(limits::pools(&shared));
    for (name, limits) in &clusters {
        if limits.usd_per_extra_host_per_month.is_none() {
            let value = "on demand, for the whole month";
            let why = "not given: the dearest host that its services would add, always on";
            let cluster = root.table("clusters").table(name);
            cluster.assume("usd_per_extra_host_per_month", value, why);
        }
    }
    for table in &tables {
        let named = |key: &str, known: Vec<&String>, header: &str| {
            let Some(name) = table.string(key) else {
                return;
            };
            if !known.iter().any(|known| *known == name) {
                let near = known
                    .iter()
                    .max_by(|a, b| {
                        strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name))
                    })
                    .map_or(String::new(), |near| {
                        format!("did you mean \"{near}\"? else ")
                    });
                let hint = format!("{near}state its limits under [{header}.{name}]");
                table.reject(key, &format!("a name under [{header}]"), &hint);
            }
        };
        named("cluster", clusters.keys().collect(), "clusters");
        named("spot_pool", pools.keys().collect(), "pools");
    }
    let sums = limits::sums(&shared);
    Some(FleetFile {
        services: entries.into_iter().collect::<Option<_>>()?,
        budget_usd_per_month: sums.budget_usd,
        shortfall_minutes_per_month: sums.shortfall_minutes,
        clusters,
        pools,
        growth: growth(&root.table("plan")),
        assumptions: Vec::new(),
    })
}

fn growth(table: &Table<'_>) -> Option<Growth> {
    if !table.is_given() {
        return None;
    }
    let months = table.integer(MONTHS, 1..=120);
    if !table.has(MONTHS) {
        table.assume(MONTHS, 12, "not given: a year");
    }
    let or = |key: &str, range, expected: &str, otherwise: f64, why: &str| {
        let given = table.number(key, range, expected);
        if !table.has(key) {
            table.assume(key, otherwise, why);
        }
        given.unwrap_or(otherwise)
    };
    Some(Growth {
        months: months.unwrap_or(12),
        growth_percent_per_year: or(
            GROWTH,
            -99.0..=10_000.0,
            "percent in a year, from -99 to 10000",
            0.0,
            "not given: the load stays as it is",
        ),
        peak_factor: or(
            PEAK,
            1.0..=1000.0,
            "the p95 of the load over its median, 1 or more",
            1.0,
            "not given: the load has no peaks",
        ),
    })
}

fn entry(table: &Table<'_>) -> Option<Entry> {
    let (file, csv) = (table.string("file"), table.string("csv"));
    if table.has("file") && table.has("csv") {
        let expected = "either a scenario (file) or a list of services (csv)";
        table.reject("csv", expected, "remove one of them");
        return None;
    }
    if !table.has("file") && !table.has("csv") {
        let hint = "give file = \"….toml\", or csv = \"….csv\" for many";
        table.report("file", "nothing", "where its scenario is", hint);
    }
    if table.has("csv") && table.has("name") {
        let hint = "give it as a column of the list";
        table.reject("name", "no name for a whole list", hint);
    }
    if table.has("window") && table.has("windows") {
        let hint = "remove one of them: windows lets the plan choose";
        table.reject("window", "either window or windows", hint);
    }
    let window = table.string("window").map(str::to_owned);
    let windows = table.strings("windows");
    let text = |key: &str| table.string(key).map(str::to_owned);
    let terms = Terms {
        name: text("name"),
        per_day: table.positive("per_day"),
        weight: table.amount("weight"),
        windows: window
            .into_iter()
            .chain(windows.unwrap_or_default())
            .collect(),
        team: text("team"),
        cluster: text("cluster"),
        spot_pool: text("spot_pool"),
    };
    let source = match (file, csv) {
        (Some(file), _) => EntrySource::Scenario(file.to_owned()),
        (None, csv) => EntrySource::Table(csv?.to_owned()),
    };
    Some(Entry { source, terms })
}
