//! The limits that the services of a fleet share: budget, shortfall, clusters and pools.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest;
use crate::fleet::problem::{Cluster, Limits, Pool};
use crate::scenario::Assumption;
use crate::scenario::read::{Place, Problem};

/// What the services of a fleet share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shared {
    /// Limits on sums over all services.
    pub limits: Limits,
    /// In the order of their names' places in the text.
    pub clusters: Vec<Cluster>,
    /// In the order of their names' places in the text.
    pub pools: Vec<Pool>,
    /// What was taken where nothing was given.
    pub assumptions: Vec<Assumption>,
}

/// Reads limits from TOML.
///
/// # Errors
/// All problems of the text, in the order of their places.
pub fn limits(text: &str) -> Result<Shared, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| Problem {
            place: error.span().map(|span| Place::of_byte(text, span.start)),
            key: String::new(),
            found: error.message().to_owned(),
            expected: "valid TOML".to_owned(),
            hint: "correct the syntax: the values are read after that".to_owned(),
        };
        return Err(errors.iter().map(problem).collect());
    }
    let mut reader = Reader {
        text,
        problems: Vec::new(),
    };
    let mut shared = Shared::default();
    let root = Table {
        path: String::new(),
        entries: document.get_ref(),
    };
    let keys = [BUDGET, SHORTFALL, "clusters", "pools"];
    reader.check_keys(&root, &keys);
    shared.limits = Limits {
        budget_usd: reader.number(&root, BUDGET, -1e12),
        shortfall_minutes: reader.number(&root, SHORTFALL, 0.0),
    };
    for (name, table) in reader.tables(&root, "clusters") {
        reader.check_keys(&table, &[HOSTS, PRICE]);
        let usd_per_extra_host = reader.number(&table, PRICE, 0.0);
        if !table.entries.contains_key(PRICE) {
            shared.assumptions.push(Assumption {
                key: format!("{}.{PRICE}", table.path),
                value: "0".to_owned(),
                why: "not given: its extra hosts are not paid for".to_owned(),
                effect: None,
            });
        }
        shared.clusters.push(Cluster {
            name: name.into(),
            extra_hosts_max: reader.whole(&table, HOSTS),
            usd_per_extra_host: usd_per_extra_host.unwrap_or(0.0),
        });
    }
    for (name, table) in reader.tables(&root, "pools") {
        reader.check_keys(&table, &[SPOT]);
        shared.pools.push(Pool {
            name: name.into(),
            spot_hosts_max: reader.whole(&table, SPOT),
        });
    }
    reader.problems.sort_by_key(|problem| problem.place);
    if reader.problems.is_empty() {
        Ok(shared)
    } else {
        Err(reader.problems)
    }
}

const BUDGET: &str = "budget_usd_per_month";
const SHORTFALL: &str = "shortfall_minutes_per_month";
const HOSTS: &str = "extra_hosts_max";
const PRICE: &str = "usd_per_extra_host_per_month";
const SPOT: &str = "spot_hosts_max";

/// A table with its dotted path.
struct Table<'a> {
    path: String,
    entries: &'a DeTable<'a>,
}

impl Table<'_> {
    fn path_of(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }
}

/// The text and what is wrong with it.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, span: &Range<usize>, key: String, expected: &str, hint: &str) {
        let found = self.text.get(span.clone()).unwrap_or_default();
        let line = found.lines().next().unwrap_or_default();
        self.problems.push(Problem {
            place: Some(Place::of_byte(self.text, span.start)),
            key,
            found: line.chars().take(40).collect(),
            expected: expected.to_owned(),
            hint: hint.to_owned(),
        });
    }

    fn check_keys(&mut self, table: &Table<'_>, known: &[&str]) {
        for key in table.entries.keys() {
            if !known.contains(&&**key.get_ref()) {
                let hint = nearest(key.get_ref(), known.iter().copied()).map_or_else(
                    || format!("the keys are {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let path = table.path_of(key.get_ref());
                self.report(&key.span(), path, "a known key", &hint);
            }
        }
    }

    /// The tables below a table by name, in the order in which they stand in the text.
    fn tables<'a>(&mut self, table: &Table<'a>, key: &str) -> Vec<(&'a str, Table<'a>)> {
        let Some(value) = table.entries.get(key) else {
            return Vec::new();
        };
        let hint = format!("write [{key}.NAME] and its limits below");
        let DeValue::Table(entries) = value.get_ref() else {
            self.report(&value.span(), key.to_owned(), "tables by name", &hint);
            return Vec::new();
        };
        let mut found: Vec<_> = entries.iter().collect();
        found.sort_by_key(|(name, _)| name.span().start);
        let mut tables = Vec::new();
        for (name, value) in found {
            let path = format!("{key}.{}", name.get_ref());
            match value.get_ref() {
                DeValue::Table(entries) => {
                    tables.push((&**name.get_ref(), Table { path, entries }));
                }
                _ => self.report(&value.span(), path, "a table", &hint),
            }
        }
        tables
    }

    fn number(&mut self, table: &Table<'_>, key: &str, least: f64) -> Option<f64> {
        let value = table.entries.get(key)?;
        let number = as_number(value).filter(|number| (least..=1e12).contains(number));
        if number.is_none() {
            let expected = if least < 0.0 {
                "a number"
            } else {
                "a number that is 0 or more"
            };
            let hint = "write a number without quotes";
            self.report(&value.span(), table.path_of(key), expected, hint);
        }
        number
    }

    fn whole(&mut self, table: &Table<'_>, key: &str) -> Option<u32> {
        let value = table.entries.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                u32::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            _ => None,
        };
        if number.is_none() {
            let expected = "a whole number that is 0 or more";
            let hint = "write a number without quotes and decimals";
            self.report(&value.span(), table.path_of(key), expected, hint);
        }
        number
    }
}

fn as_number(value: &Spanned<DeValue<'_>>) -> Option<f64> {
    match value.get_ref() {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}
