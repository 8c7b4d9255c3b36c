//! A file that says what is varied: `[[vary]]` with `key` and `values`, in their order.

use std::path::Path;

use super::super::arguments::Vary;
use super::super::input::{self, problems_of};
use super::super::output::Complaint;
use crate::scenario::read::{KnownTable, Syntax, document};

const TABLES: &[KnownTable] = &[
    KnownTable {
        header: "",
        supported: &["vary"],
        not_yet: &[],
    },
    KnownTable {
        header: "[[vary]]",
        supported: &["key", "values"],
        not_yet: &[],
    },
];

/// Keys and values, each with the words that name its place.
pub fn read(path: &Path) -> Result<Vec<(Vary, String)>, Complaint> {
    let source = input::source(path)?;
    let syntax = Syntax::guess(&source.name, &source.text);
    let read = document(&source.text, syntax, TABLES, |root| {
        let items = root.tables("vary");
        if items.is_empty() {
            let hint = "give each as [[vary]] with key and values";
            root.reject("vary", "the keys that are varied", hint);
        }
        let varied: Vec<Option<Vary>> = items
            .iter()
            .map(|item| {
                let key = item.string("key");
                let key = item.need("key", key, "a scenario key", "give key");
                let values = item.string("values");
                let hint = "give values, such as \"0..100\" or \"50,75,100\"";
                let values = item.need("values", values, "its values", hint);
                Some(Vary {
                    key: key?.to_owned(),
                    values: values?.to_owned(),
                })
            })
            .collect();
        varied.into_iter().collect::<Option<Vec<Vary>>>()
    });
    match read {
        Ok((varied, _)) => Ok((0..)
            .zip(varied)
            .map(|(index, vary): (u32, Vary)| {
                let place = format!("{}: vary.{index} ({})", source.name, vary.key);
                (vary, place)
            })
            .collect()),
        Err(problems) => Err(Complaint(problems_of(&source.name, &problems))),
    }
}
