//! A scenario that is read again and again with other values at some of its keys.

use super::duration;
use super::keys::{self, KnownTable};
use super::notes::Notes;
use super::problem::Problem;
use super::table::Table;
use super::tree::{Entry, Node, Value};
use super::{Purpose, Syntax, assemble, known_keys, without_mark};
use crate::scenario::{DurationLaw, Family, Scenario};
use std::cell::RefCell;

/// A text that was taken apart once.
#[derive(Debug, Clone)]
pub struct Template {
    text: String,
    tree: Node,
    purpose: Purpose,
}

/// The dotted path of a key whose value is set anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    path: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Name(String),
    Item(usize),
}

impl Key {
    /// As it was written.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A value for a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    text: String,
    value: Value,
}

impl Setting {
    /// A value as it is written on a command line or in a cell: a number, true or false, else a
    /// text, with or without quotes.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let is_number = text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        let value = match (quoted, text) {
            (Some(inner), _) => Value::String(inner.to_owned()),
            (None, "true") => Value::Boolean(true),
            (None, "false") => Value::Boolean(false),
            (None, number) if is_number => match Value::number(number, 10) {
                Value::Null => Value::String(number.to_owned()),
                number => number,
            },
            (None, text) => Value::String(text.to_owned()),
        };
        Self {
            text: text.to_owned(),
            value,
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Integer(integer) => (*integer).into(),
            Value::Float(float) => (*float).into(),
            Value::Boolean(flag) => (*flag).into(),
            Value::String(text) => text.as_str().into(),
            _ => self.text.as_str().into(),
        }
    }

    /// The whole number that it is, if it is one.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(integer) => Some(integer),
            _ => None,
        }
    }

    /// The number that it is, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.value.as_number()
    }

    /// Whether it is true or false, if it is one of them.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.value {
            Value::Boolean(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.value.as_number().is_some()
    }
}

impl Template {
    /// Takes a text apart; its values are judged when a scenario is made of it.
    ///
    /// # Errors
    /// All syntax errors of the text.
    pub fn new(text: &str, syntax: Syntax, purpose: Purpose) -> Result<Self, Vec<Problem>> {
        let text = without_mark(text);
        let mut problems = Vec::new();
        let tree = match syntax {
            Syntax::Toml => super::toml::tree(text, &mut problems),
            Syntax::Json => super::json::tree(text, &mut problems),
        };
        match tree {
            Some(tree) if problems.is_empty() => Ok(Self {
                text: text.to_owned(),
                tree,
                purpose,
            }),
            _ => Err(problems),
        }
    }

    /// The text that was taken apart.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A key by its dotted path; items of lists by their number from 0.
    ///
    /// # Errors
    /// The scenario has no such key, or the list no such item: what is wrong, and what to do.
    pub fn key(&self, path: &str) -> Result<Key, String> {
        let parts = parts_of(path);
        check_known(&parts)?;
        let mut node = Some(&self.tree);
        for (depth, part) in parts.iter().enumerate() {
            let Some(found) = node else { break };
            node = match (part, &found.value) {
                (Part::Name(name), Value::Table(entries)) => entries
                    .iter()
                    .find(|entry| entry.key == *name)
                    .map(|entry| &entry.node),
                (Part::Item(item), Value::List(items)) => {
                    Some(items.get(*item).ok_or_else(|| {
                        format!(
                            "the scenario has {} of {}; write a number below that",
                            items.len(),
                            written(&parts[..depth])
                        )
                    })?)
                }
                (Part::Item(_), _) => {
                    return Err(format!("{} is no list", written(&parts[..depth])));
                }
                (Part::Name(_), Value::List(_)) => {
                    let list = written(&parts[..depth]);
                    return Err(format!(
                        "{list} is a list; name the item by its number, such as {list}.0"
                    ));
                }
                (Part::Name(_), _) => {
                    return Err(format!("{} is no table", written(&parts[..depth])));
                }
            };
        }
        if parts.iter().any(|part| matches!(part, Part::Item(_))) && node.is_none() {
            let missing_list = parts.iter().position(|part| matches!(part, Part::Item(_)));
            let list = &parts[..missing_list.unwrap_or(0)];
            if !self.has(list) {
                return Err(format!("the scenario has no {}", written(list)));
            }
        }
        Ok(Key {
            path: path.to_owned(),
            parts,
        })
    }

    /// Where the value of a key stands in the text; absent where the key is not given.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<super::Place> {
        let node = self.node(&parts_of(path))?;
        Some(super::Place::of_byte(&self.text, node.span.start))
    }

    /// Every value that is given, with its path, as it was written.
    #[must_use]
    pub fn given(&self) -> Vec<(String, String)> {
        let mut given = Vec::new();
        self.leaves("", &self.tree, &mut given);
        given
    }

    fn leaves(&self, path: &str, node: &Node, given: &mut Vec<(String, String)>) {
        match &node.value {
            Value::Table(entries) => {
                for entry in entries {
                    self.leaves(&super::joined(path, &entry.key), &entry.node, given);
                }
            }
            Value::List(items)
                if items
                    .iter()
                    .any(|item| matches!(item.value, Value::Table(_))) =>
            {
                for (index, item) in items.iter().enumerate() {
                    self.leaves(&super::joined(path, &index), item, given);
                }
            }
            Value::String(text) => given.push((path.to_owned(), text.clone())),
            _ => {
                let text = self.text.get(node.span.clone()).unwrap_or_default();
                given.push((path.to_owned(), text.to_owned()));
            }
        }
    }

    fn has(&self, parts: &[Part]) -> bool {
        self.node(parts).is_some()
    }

    fn node(&self, parts: &[Part]) -> Option<&Node> {
        parts
            .iter()
            .try_fold(&self.tree, |node, part| match (part, &node.value) {
                (Part::Name(name), Value::Table(entries)) => entries
                    .iter()
                    .find(|entry| entry.key == *name)
                    .map(|entry| &entry.node),
                (Part::Item(item), Value::List(items)) => items.get(*item),
                _ => None,
            })
    }

    /// The scenario with other values. A duration in place of a distribution sets its mean.
    ///
    /// # Errors
    /// All problems of it; those of the values themselves have no place.
    pub fn scenario<'a>(
        &self,
        settings: impl IntoIterator<Item = (&'a Key, &'a Setting)>,
    ) -> Result<Scenario, Vec<Problem>> {
        let mut text = self.text.clone();
        let mut tree = self.tree.clone();
        for (key, setting) in settings {
            let begin = text.len();
            text.push_str(&setting.text);
            let node = Node {
                span: begin..text.len(),
                value: setting.value.clone(),
            };
            set(&mut tree, &key.parts, node, default_law(&key.path));
        }
        let notes = Notes {
            text: &text,
            tables: known_keys(),
            problems: RefCell::default(),
            assumptions: RefCell::default(),
        };
        let scenario = assemble(&Table::root(&notes, &tree), self.purpose);
        let assumptions = notes.assumptions.into_inner();
        let mut problems = notes.problems.into_inner();
        match scenario {
            Some(scenario) if problems.is_empty() => Ok(Scenario {
                assumptions,
                ..scenario
            }),
            _ => {
                let end = super::Place::of_byte(&text, self.text.len());
                problems.sort_by_key(|problem| problem.place);
                for problem in &mut problems {
                    problem.place = problem.place.filter(|place| *place < end);
                }
                Err(problems)
            }
        }
    }
}

/// Puts a value in its place; tables on the way are made where they are absent.
fn set(node: &mut Node, parts: &[Part], value: Node, law: Option<DurationLaw>) {
    let Some((part, rest)) = parts.split_first() else {
        put(node, value);
        return;
    };
    match (part, &mut node.value) {
        (Part::Name(name), Value::Table(entries)) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *name) {
                set(&mut entry.node, rest, value, law);
                return;
            }
            let span = value.span.clone();
            let mut made = Node {
                span: span.clone(),
                value: Value::Table(match law {
                    Some(law) if rest.is_empty() => law_entries(law, &span),
                    _ => Vec::new(),
                }),
            };
            set(&mut made, rest, value, law);
            entries.push(Entry {
                key: name.clone(),
                key_span: span,
                node: made,
            });
        }
        (Part::Item(item), Value::List(items)) => {
            if let Some(item) = items.get_mut(*item) {
                set(item, rest, value, law);
            }
        }
        _ => {}
    }
}

/// A duration that varies keeps how it varies.
fn put(node: &mut Node, value: Node) {
    let is_duration =
        matches!(&value.value, Value::String(text) if duration::parse(text).is_some());
    if let (true, Value::Table(entries)) = (is_duration, &mut node.value)
        && let Some(mean) = entries.iter_mut().find(|entry| entry.key == "mean")
    {
        mean.node = value;
        return;
    }
    *node = value;
}

/// How a duration that is not given varies by default.
fn default_law(path: &str) -> Option<DurationLaw> {
    let cv = match path {
        "service.timing.stop" => 0.5,
        "deployment.reaction" => 0.4,
        "prescale.boot" => 0.2,
        _ => return None,
    };
    Some(DurationLaw::lognormal(crate::units::Seconds::ZERO, cv))
}

fn law_entries(law: DurationLaw, span: &std::ops::Range<usize>) -> Vec<Entry> {
    debug_assert_eq!(law.family, Family::Lognormal);
    let entry = |key: &str, value: Value| Entry {
        key: key.to_owned(),
        key_span: span.clone(),
        node: Node {
            span: span.clone(),
            value,
        },
    };
    vec![
        entry("mean", Value::String(String::new())),
        entry("cv", Value::Float(law.cv)),
    ]
}

/// Instance types have dots of their own.
fn parts_of(path: &str) -> Vec<Part> {
    if let Some(name) = path.strip_prefix("prices.") {
        let name = name.trim_matches('"');
        return vec![Part::Name("prices".to_owned()), Part::Name(name.to_owned())];
    }
    let part = |part: &str| match part.parse() {
        Ok(item) => Part::Item(item),
        Err(_) => Part::Name(part.to_owned()),
    };
    path.split('.').map(part).collect()
}

/// Whether a scenario has a key at a dotted path.
pub(super) fn check_key(path: &str) -> Result<(), String> {
    check_known(&parts_of(path))
}

fn written(parts: &[Part]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Name(name) => name.clone(),
            Part::Item(item) => item.to_string(),
        })
        .collect();
    parts.join(".")
}

/// Whether a scenario has such a key, and one value at it.
fn check_known(parts: &[Part]) -> Result<(), String> {
    let tables = known_keys();
    let Some((Part::Name(last), before)) = parts.split_last() else {
        return Err("expected a key such as deployment.maximum_percent".to_owned());
    };
    let names: Vec<&str> = before
        .iter()
        .filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Item(_) => None,
        })
        .collect();
    let path = names.join(".");
    if path == "prices" {
        return Ok(());
    }
    let whole = super::joined(&path, last);
    if !whole.is_empty() && (whole == "prices" || keys::table_at(tables, &whole).is_some()) {
        return Err(format!("{whole} is a table; name one of its keys"));
    }
    let Some(table) = keys::table_at(tables, &path).filter(|_| !path.is_empty()) else {
        return of_duration(tables, &names, last).unwrap_or_else(|| {
            let every: Vec<String> = every_key(tables).collect();
            let asked = written(parts);
            Err(
                match keys::nearest(&asked, every.iter().map(String::as_str)) {
                    Some(near) => format!("an unknown key; did you mean {near}?"),
                    None => "an unknown key; write a dotted one such as deployment.maximum_percent"
                        .to_owned(),
                },
            )
        });
    };
    if table.supported.contains(&last.as_str()) {
        return Ok(());
    }
    if table.not_yet.contains(&last.as_str()) {
        return Err("a key that is not supported yet".to_owned());
    }
    Err(format!(
        "an unknown key; {}",
        keys::hint_for_unknown(tables, last, table)
    ))
}

/// `service.timing.start.cv`: a part of a duration.
fn of_duration(
    tables: &'static [KnownTable],
    names: &[&str],
    last: &str,
) -> Option<Result<(), String>> {
    let (duration, before) = names.split_last()?;
    let table = keys::table_at(tables, &before.join("."))?;
    (table.supported.contains(duration) && keys::DURATION.supported.contains(&last))
        .then_some(Ok(()))
}

fn every_key(tables: &'static [KnownTable]) -> impl Iterator<Item = String> {
    let below = |table: &&KnownTable| !table.path().is_empty();
    tables.iter().filter(below).flat_map(|table| {
        table
            .supported
            .iter()
            .map(|key| super::joined(table.path(), key))
    })
}
