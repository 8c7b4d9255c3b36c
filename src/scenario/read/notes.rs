//! What was noticed while a text was read: problems, and what was taken for granted.

use std::cell::RefCell;
use std::ops::Range;

use super::keys::KnownTable;
use super::problem::{Place, Problem};
use super::tree::{Node, Value};
use crate::scenario::Assumption;

/// What was noticed while a text was read.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    pub(super) text: &'a str,
    /// The tables that the document may have.
    pub(super) tables: &'static [KnownTable],
    pub(super) problems: RefCell<Vec<Problem>>,
    pub(super) assumptions: RefCell<Vec<Assumption>>,
}

impl Notes<'_> {
    /// Notes a problem once, whatever the hints, at the place of some bytes of the text.
    pub(super) fn report(
        &self,
        span: &Range<usize>,
        key: String,
        found: &str,
        expected: &str,
        hint: &str,
    ) {
        let problem = Problem {
            place: Some(Place::of_byte(self.text, span.start)),
            key,
            found: found.to_owned(),
            expected: expected.to_owned(),
            hint: hint.to_owned(),
        };
        let mut problems = self.problems.borrow_mut();
        let noted = |other: &Problem| {
            (&other.place, &other.key, &other.found, &other.expected)
                == (
                    &problem.place,
                    &problem.key,
                    &problem.found,
                    &problem.expected,
                )
        };
        if !problems.iter().any(noted) {
            problems.push(problem);
        }
    }

    /// What stands at a node, as it was written; long texts are cut.
    pub(super) fn written(&self, node: &Node) -> String {
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
