//! One table of the tree, read key by key into the types of the model. What is wrong is noted,
//! and reading goes on, so that all problems of a text are found at once.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use super::duration::{self, LONGEST};
use super::keys::{self, KnownTable};
use super::problem::{Place, Problem};
use super::tree::{Entry, Node, Value};
use crate::scenario::{Assumption, DurationLaw, Family};
use crate::units::{Seconds, UsdPerHour};

/// Coefficients of variation above this are taken for a mistake.
const LARGEST_CV: f64 = 5.0;

const LAW_EXPECTED: &str = r#"a duration such as "90s", or { mean = "90s", cv = 0.2 }"#;
const FAMILIES: &[(&str, Family)] = &[
    ("lognormal", Family::Lognormal),
    ("gamma", Family::Gamma),
    ("weibull", Family::Weibull),
    ("fixed", Family::Fixed),
];

/// What was noticed while a text was read.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    pub(super) text: &'a str,
    pub(super) problems: RefCell<Vec<Problem>>,
    pub(super) assumptions: RefCell<Vec<Assumption>>,
}

/// A table of the scenario, given or not.
#[derive(Debug)]
pub(super) struct Table<'a> {
    notes: &'a Notes<'a>,
    path: String,
    span: Range<usize>,
    presence: Presence,
    entries: &'a [Entry],
}

/// Whether a table stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Given,
    Absent,
    /// Something else stands in its place, which is a problem already noted.
    Unreadable,
}

impl<'a> Notes<'a> {
    fn report(&self, span: &Range<usize>, key: String, found: &str, expected: &str, hint: &str) {
        let problem = Problem {
            place: Some(Place::of_byte(self.text, span.start)),
            key,
            found: found.to_owned(),
            expected: expected.to_owned(),
            hint: hint.to_owned(),
        };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What stands at a node, as it was written; long texts are cut.
    fn written(&self, node: &Node) -> String {
        const MOST: usize = 40;
        match &node.value {
            Value::Table(_) => return "a table".to_owned(),
            Value::List(items)
                if items
                    .iter()
                    .any(|item| matches!(item.value, Value::Table(_))) =>
            {
                return "a list of tables".to_owned();
            }
            _ => {}
        }
        let text = self.text.get(node.span.clone()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if line.chars().count() > MOST || line.len() < text.len() {
            let cut: String = line.chars().take(MOST).collect();
            format!("{cut}…")
        } else {
            line.to_owned()
        }
    }
}

impl<'a> Table<'a> {
    /// The whole scenario.
    pub(super) fn root(notes: &'a Notes<'a>, node: &'a Node) -> Self {
        Self::open(notes, String::new(), node, keys::table_at(""))
    }

    /// Whether the table stands in the text.
    pub(super) fn is_given(&self) -> bool {
        self.presence != Presence::Absent
    }

    /// Whether a key stands in the table, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// The path of a key of this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        super::joined(&self.path, &key)
    }

    /// Notes a problem with the value of a key, or with the table where the key is not given.
    pub(super) fn reject(&self, key: &str, expected: &str, hint: &str) {
        match self.entry(key) {
            Some(entry) => self.reject_node(key, &entry.node, expected, hint),
            None => self.report(key, "nothing", expected, hint),
        }
    }

    /// Notes a problem at a key, or at the table where the key is not given.
    pub(super) fn report(&self, key: &str, found: &str, expected: &str, hint: &str) {
        let span = self.entry(key).map_or(&self.span, |entry| &entry.node.span);
        self.notes
            .report(span, self.path_of(key), found, expected, hint);
    }

    /// Notes a problem with a key itself.
    pub(super) fn report_key(&self, key: &str, found: &str, expected: &str, hint: &str) {
        let span = self.entry(key).map_or(&self.span, |entry| &entry.key_span);
        self.notes
            .report(span, self.path_of(key), found, expected, hint);
    }

    /// Passes a value on; where it is absent because its key is, that is a problem.
    pub(super) fn need<T>(
        &self,
        key: &str,
        value: Option<T>,
        expected: &str,
        hint: &str,
    ) -> Option<T> {
        if value.is_none() && !self.has(key) && self.presence != Presence::Unreadable {
            self.report(key, "nothing", expected, hint);
        }
        value
    }

    /// Notes that an input was not given, and what was taken.
    pub(super) fn assume(&self, key: &str, value: impl Display, why: &str) {
        self.notes.assumptions.borrow_mut().push(Assumption {
            key: self.path_of(key),
            value: value.to_string(),
            why: why.to_owned(),
        });
    }

    /// The names and numbers of a table whose keys are free.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// A table below this one; empty where it is absent.
    pub(super) fn table(&self, key: &str) -> Table<'a> {
        let path = self.path_of(key);
        let Some(entry) = self.entry(key) else {
            return self.without_entries(path, self.span.clone(), Presence::Absent);
        };
        if !matches!(entry.node.value, Value::Table(_)) {
            let hint = format!("begin the table with [{path}]");
            self.reject_node(key, &entry.node, "a table", &hint);
            return self.without_entries(path, entry.node.span.clone(), Presence::Unreadable);
        }
        let known = keys::table_at(&path);
        Table::open(self.notes, path, &entry.node, known)
    }

    /// The tables of a list; none where it is absent.
    pub(super) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let path = self.path_of(key);
        let known = keys::table_at(&path);
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let hint = format!("begin each of them with [[{path}]]");
        let Value::List(items) = &entry.node.value else {
            self.reject_node(key, &entry.node, "a list of tables", &hint);
            return Vec::new();
        };
        let open = |(index, item): (u32, &'a Node)| match item.value {
            Value::Table(_) => Some(Table::open(
                self.notes,
                super::joined(&path, &index),
                item,
                known,
            )),
            _ => {
                self.reject_node(&super::joined(key, &index), item, "a table", &hint);
                None
            }
        };
        (0..).zip(items).filter_map(open).collect()
    }

    /// Whether a table stands at a key.
    pub(super) fn has_table(&self, key: &str) -> bool {
        self.entry(key)
            .is_some_and(|entry| matches!(entry.node.value, Value::Table(_)))
    }

    /// Whether a list stands at a key.
    pub(super) fn has_list(&self, key: &str) -> bool {
        self.entry(key)
            .is_some_and(|entry| matches!(entry.node.value, Value::List(_)))
    }

    /// A text that is not empty.
    pub(super) fn string(&self, key: &str) -> Option<&'a str> {
        let entry = self.entry(key)?;
        match &entry.node.value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => {
                self.reject_node(
                    key,
                    &entry.node,
                    "a text in quotes",
                    "write a name in quotes",
                );
                None
            }
        }
    }

    /// A moment, as it was written.
    pub(super) fn moment(&self, key: &str) -> Option<String> {
        match &self.entry(key)?.node.value {
            Value::Datetime(text) => Some(text.clone()),
            _ => self.string(key).map(str::to_owned),
        }
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let entry = self.entry(key)?;
        if let Value::Boolean(flag) = entry.node.value {
            return Some(flag);
        }
        self.reject_node(key, &entry.node, "true or false", "write it without quotes");
        None
    }

    /// A whole number.
    pub(super) fn integer(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let entry = self.entry(key)?;
        let (least, most) = (*range.start(), *range.end());
        let hint = match &entry.node.value {
            Value::Integer(integer) => match u32::try_from(*integer) {
                Ok(count) if range.contains(&count) => return Some(count),
                _ if *integer < i64::from(least) => format!("write {least} or more"),
                _ => format!("write {most} or less"),
            },
            Value::String(text) if text.parse::<u32>().is_ok() => {
                format!("write it without quotes: {text}")
            }
            _ => "write a number without decimals".to_owned(),
        };
        let expected = format!("a whole number from {least} to {most}");
        self.reject_node(key, &entry.node, &expected, &hint);
        None
    }

    /// A number.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        expected: &str,
    ) -> Option<f64> {
        let entry = self.entry(key)?;
        let hint = match (&entry.node.value, entry.node.value.as_number()) {
            (_, Some(number)) if range.contains(&number) => return Some(number),
            (_, Some(number)) if number < *range.start() => "write a larger number".to_owned(),
            (_, Some(number)) if number > *range.end() => "write a smaller number".to_owned(),
            (Value::String(text), _) if text.parse::<f64>().is_ok() => {
                format!("write it without quotes: {text}")
            }
            _ => "write a number".to_owned(),
        };
        self.reject_node(key, &entry.node, expected, &hint);
        None
    }

    /// A number that is 0 or more.
    pub(super) fn amount(&self, key: &str) -> Option<f64> {
        self.number(key, 0.0..=1e9, "a number from 0 to 1000000000")
    }

    /// A number above 0.
    pub(super) fn positive(&self, key: &str) -> Option<f64> {
        let expected = "a number above 0, at most 1000000000";
        self.number(key, 1e-12..=1e9, expected)
    }

    /// A price above 0.
    pub(super) fn price(&self, key: &str) -> Option<UsdPerHour> {
        self.positive(key).map(UsdPerHour)
    }

    /// A share of 1; a percentage is told from it.
    pub(super) fn share(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        expected: &str,
    ) -> Option<f64> {
        let entry = self.entry(key)?;
        match entry.node.value.as_number() {
            Some(percent) if percent > 1.0 && percent <= 100.0 => {
                // Rounded, so that 99.9 gives 0.999 and not its nearest neighbour.
                let hint = format!("write {}", (percent * 1e8).round() / 1e10);
                self.reject_node(key, &entry.node, expected, &hint);
                None
            }
            _ => self.number(key, range, expected),
        }
    }

    /// One of several names.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.choice_with(key, choices, &[])
    }

    /// One of several names, of which some are known but not supported yet.
    pub(super) fn choice_with<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        not_yet: &[&str],
    ) -> Option<T> {
        let entry = self.entry(key)?;
        self.chosen(key, &entry.node, choices, not_yet)
    }

    /// Several names out of a list.
    pub(super) fn choices<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let entry = self.entry(key)?;
        let Value::List(items) = &entry.node.value else {
            let hint = r#"write them in brackets: ["…", "…"]"#;
            self.reject_node(key, &entry.node, "a list of names", hint);
            return None;
        };
        // Collected before the verdict, so that every wrong item is noted.
        let chosen: Vec<Option<T>> = (0..)
            .zip(items)
            .map(|(index, item): (u32, _)| {
                self.chosen(&super::joined(key, &index), item, choices, &[])
            })
            .collect();
        chosen.into_iter().collect()
    }

    /// A duration that never varies.
    pub(super) fn seconds(&self, key: &str, range: RangeInclusive<f64>) -> Option<Seconds> {
        let entry = self.entry(key)?;
        let expected = match range.end() {
            end if *end < LONGEST => {
                format!(
                    "a duration from {}s to {end}s, with its unit",
                    range.start()
                )
            }
            _ => r#"a fixed duration such as "90s", at most 30 days"#.to_owned(),
        };
        if let Value::Table(_) = entry.node.value {
            let hint = r#"this one does not vary: write it as "90s""#;
            self.reject_node(key, &entry.node, &expected, hint);
            return None;
        }
        self.duration(key, &entry.node, range, &expected)
    }

    /// A duration that may vary.
    pub(super) fn law(&self, key: &str) -> Option<DurationLaw> {
        let entry = self.entry(key)?;
        if !matches!(entry.node.value, Value::Table(_)) {
            return self
                .duration(key, &entry.node, 0.0..=LONGEST, LAW_EXPECTED)
                .map(DurationLaw::fixed);
        }
        let table = Table::open(
            self.notes,
            self.path_of(key),
            &entry.node,
            Some(&keys::DURATION),
        );
        let mean = table.seconds("mean", 0.0..=LONGEST);
        let mean = table.need("mean", mean, r#"the mean, such as "90s""#, "give the mean");
        let family = table
            .choice("distribution", FAMILIES)
            .unwrap_or(Family::Lognormal);
        let expected = format!("a coefficient of variation from 0 to {LARGEST_CV}");
        let cv = table.number("cv", 0.0..=LARGEST_CV, &expected);
        if family == Family::Fixed {
            return mean.map(DurationLaw::fixed);
        }
        let cv = table.need(
            "cv",
            cv,
            &expected,
            "give cv; 0 for a duration that never varies",
        )?;
        let mean = mean?;
        Some(if cv == 0.0 || mean == Seconds::ZERO {
            DurationLaw::fixed(mean)
        } else {
            DurationLaw { mean, cv, family }
        })
    }

    /// A whole number; absent: the default, as an assumption.
    pub(super) fn integer_or(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        default: u32,
        why: &str,
    ) -> u32 {
        self.integer(key, range)
            .unwrap_or_else(|| self.assumed(key, default, &default, why))
    }

    /// A number that is 0 or more; absent: 0, as an assumption.
    pub(super) fn amount_or_zero(&self, key: &str, why: &str) -> f64 {
        self.amount(key)
            .unwrap_or_else(|| self.assumed(key, 0.0, &0, why))
    }

    /// True or false; absent: the default, as an assumption.
    pub(super) fn flag_or(&self, key: &str, default: bool, why: &str) -> bool {
        self.flag(key)
            .unwrap_or_else(|| self.assumed(key, default, &default, why))
    }

    /// One of several names; absent: the first, as an assumption.
    pub(super) fn choice_or_first<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        why: &str,
    ) -> Option<T> {
        if self.has(key) {
            return self.choice(key, choices);
        }
        choices
            .first()
            .map(|(name, first)| self.assumed(key, *first, name, why))
    }

    /// A fixed duration; absent: the default, as an assumption.
    pub(super) fn seconds_or(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        default: f64,
        why: &str,
    ) -> Seconds {
        let default = Seconds(default);
        self.seconds(key, range)
            .unwrap_or_else(|| self.assumed(key, default, &duration::written(default), why))
    }

    /// A duration that may vary; absent: the default, as an assumption.
    pub(super) fn law_or(&self, key: &str, default: DurationLaw, why: &str) -> DurationLaw {
        self.law(key)
            .unwrap_or_else(|| self.assumed(key, default, &duration::written_law(default), why))
    }

    fn assumed<T>(&self, key: &str, default: T, written: &dyn Display, why: &str) -> T {
        self.assume(key, written, why);
        default
    }

    fn open(
        notes: &'a Notes<'a>,
        path: String,
        node: &'a Node,
        known: Option<&KnownTable>,
    ) -> Self {
        let entries = match &node.value {
            Value::Table(entries) => entries.as_slice(),
            _ => &[],
        };
        let table = Self {
            notes,
            path,
            span: node.span.clone(),
            presence: Presence::Given,
            entries,
        };
        if let Some(known) = known {
            table.check_keys(known);
        }
        table
    }

    fn without_entries(&self, path: String, span: Range<usize>, presence: Presence) -> Self {
        Self {
            notes: self.notes,
            path,
            span,
            presence,
            entries: &[],
        }
    }

    fn check_keys(&self, known: &KnownTable) {
        for Entry { key, .. } in self.entries {
            let (found, expected, hint) = if known.supported.contains(&key.as_str()) {
                continue;
            } else if known.not_yet.contains(&key.as_str()) {
                (
                    "a key that is not supported yet",
                    "only keys that have an effect in this version".to_owned(),
                    "remove it".to_owned(),
                )
            } else {
                (
                    "an unknown key",
                    format!("a key of {}", known.name()),
                    keys::hint_for_unknown(key, known),
                )
            };
            self.report_key(key, found, &expected, &hint);
        }
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn reject_node(&self, key: &str, node: &Node, expected: &str, hint: &str) {
        self.notes.report(
            &node.span,
            self.path_of(key),
            &self.notes.written(node),
            expected,
            hint,
        );
    }

    fn chosen<T: Copy>(
        &self,
        key: &str,
        node: &Node,
        choices: &[(&str, T)],
        not_yet: &[&str],
    ) -> Option<T> {
        let name = match &node.value {
            Value::String(name) => name.as_str(),
            _ => "",
        };
        let names = || choices.iter().map(|(name, _)| *name);
        if let Some((_, value)) = choices.iter().find(|(choice, _)| *choice == name) {
            return Some(*value);
        }
        let quoted: Vec<String> = names().map(|name| format!("\"{name}\"")).collect();
        let expected = quoted.join(" or ");
        let hint = if not_yet.contains(&name) {
            "this value is not supported yet".to_owned()
        } else if let Some(near) = keys::nearest(name, names()) {
            format!("did you mean \"{near}\"?")
        } else {
            "write one of these, in quotes".to_owned()
        };
        self.reject_node(key, node, &expected, &hint);
        None
    }

    fn duration(
        &self,
        key: &str,
        node: &Node,
        range: RangeInclusive<f64>,
        expected: &str,
    ) -> Option<Seconds> {
        let written = self.notes.written(node);
        let hint = match &node.value {
            Value::String(text) => match duration::parse(text) {
                Some(duration) if range.contains(&duration.0) => return Some(duration),
                Some(duration) if duration.0 < *range.start() => "write a longer one".to_owned(),
                Some(_) => "write a shorter one".to_owned(),
                None if text.parse::<f64>().is_ok() => format!("write \"{text}s\""),
                None => "write numbers with a unit: ms, s, m, h or d".to_owned(),
            },
            Value::Integer(_) | Value::Float(_) => format!("write \"{written}s\""),
            _ => "write numbers with a unit, in quotes".to_owned(),
        };
        self.notes
            .report(&node.span, self.path_of(key), &written, expected, &hint);
        None
    }
}
