//! One table of the tree: which keys it has, whether they are known, and the tables below it.

use std::ops::Range;

use super::keys::{self, KnownTable};
use super::notes::Notes;
use super::tree::{Entry, Node, Value};

/// A table of the scenario, given or not.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(super) notes: &'a Notes<'a>,
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

impl<'a> Table<'a> {
    /// The whole scenario.
    pub(super) fn root(notes: &'a Notes<'a>, node: &'a Node) -> Self {
        Self::open(notes, String::new(), node, keys::table_at(notes.tables, ""))
    }

    /// Whether the table stands in the text.
    pub(crate) fn is_given(&self) -> bool {
        self.presence != Presence::Absent
    }

    /// Whether a key stands in the table, right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// The path of a key of this table.
    pub(crate) fn path_of(&self, key: &str) -> String {
        super::joined(&self.path, &key)
    }

    /// Notes a problem with the value of a key, or with the table where the key is not given.
    pub(crate) fn reject(&self, key: &str, expected: &str, hint: &str) {
        match self.entry(key) {
            Some(entry) => self.reject_node(key, &entry.node, expected, hint),
            None => self.report(key, "nothing", expected, hint),
        }
    }

    /// Notes a problem at a key, or at the table where the key is not given.
    pub(crate) fn report(&self, key: &str, found: &str, expected: &str, hint: &str) {
        let span = self.entry(key).map_or(&self.span, |entry| &entry.node.span);
        self.notes
            .report(span, self.path_of(key), found, expected, hint);
    }

    /// Notes a problem with a part of a key's value, at the value.
    pub(super) fn report_at(&self, key: &str, part: &str, found: &str, expected: &str, hint: &str) {
        let span = self.entry(key).map_or(&self.span, |entry| &entry.node.span);
        self.notes
            .report(span, self.path_of(part), found, expected, hint);
    }

    /// What stands at a dotted path below this table, as it was written on one line; items of lists
    /// by their number from 0.
    pub(super) fn written_at(&self, path: &str) -> Option<String> {
        let mut parts = path.split('.');
        let mut node = &self.entry(parts.next()?)?.node;
        for part in parts {
            node = match &node.value {
                Value::Table(entries) => &entries.iter().find(|entry| entry.key == part)?.node,
                Value::List(items) => items.get(part.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        let text = self.notes.text.get(node.span.clone())?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Notes a problem with a key itself.
    pub(crate) fn report_key(&self, key: &str, found: &str, expected: &str, hint: &str) {
        let span = self.entry(key).map_or(&self.span, |entry| &entry.key_span);
        self.notes
            .report(span, self.path_of(key), found, expected, hint);
    }

    /// Passes a value on; where it is absent because its key is, that is a problem.
    pub(crate) fn need<T>(
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

    /// The names and numbers of a table whose keys are free.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// A table below this one; empty where it is absent.
    pub(crate) fn table(&self, key: &str) -> Table<'a> {
        let path = self.path_of(key);
        let Some(entry) = self.entry(key) else {
            return self.without_entries(path, self.span.clone(), Presence::Absent);
        };
        if !matches!(entry.node.value, Value::Table(_)) {
            let hint = format!("begin the table with [{path}]");
            self.reject_node(key, &entry.node, "a table", &hint);
            return self.without_entries(path, entry.node.span.clone(), Presence::Unreadable);
        }
        let known = keys::table_at(self.notes.tables, &path);
        Table::open(self.notes, path, &entry.node, known)
    }

    /// The tables of a list; none where it is absent.
    pub(crate) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let path = self.path_of(key);
        let known = keys::table_at(self.notes.tables, &path);
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let hint = format!("begin each of them with [[{path}]]");
        let Value::List(items) = &entry.node.value else {
            self.reject_node(key, &entry.node, "a list of tables", &hint);
            return Vec::new();
        };
        let open = |(index, item): (u32, &'a Node)| {
            if let Value::Table(_) = item.value {
                let path = super::joined(&path, &index);
                return Some(Table::open(self.notes, path, item, known));
            }
            self.reject_node(&super::joined(key, &index), item, "a table", &hint);
            None
        };
        (0..).zip(items).filter_map(open).collect()
    }

    /// Whether a table stands at a key.
    pub(crate) fn has_table(&self, key: &str) -> bool {
        self.entry(key)
            .is_some_and(|entry| matches!(entry.node.value, Value::Table(_)))
    }

    /// Whether a list stands at a key.
    pub(crate) fn has_list(&self, key: &str) -> bool {
        self.entry(key)
            .is_some_and(|entry| matches!(entry.node.value, Value::List(_)))
    }

    /// A table of the text, with its keys checked where they are known.
    pub(super) fn open(
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
                    keys::hint_for_unknown(self.notes.tables, key, known),
                )
            };
            self.report_key(key, found, &expected, &hint);
        }
    }

    /// A key with its value.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Notes a problem with a value.
    pub(super) fn reject_node(&self, key: &str, node: &Node, expected: &str, hint: &str) {
        self.notes.report(
            &node.span,
            self.path_of(key),
            &self.notes.written(node),
            expected,
            hint,
        );
    }
}
