//! `[origin]`: which of the values that are given were measured, imported or assumed.

use super::table::Table;
use super::template::check_key;
use crate::scenario::{Assumption, Grade, Origin};

const GRADES: [(&str, Grade); 3] = [
    ("measured", Grade::Measured),
    ("imported", Grade::Imported),
    ("assumed", Grade::Assumed),
];

/// Where values come from; those that were assumed are assumptions of the scenario too. A key
/// whose value is not there any longer says nothing.
pub(super) fn read(root: &Table<'_>) -> Vec<Origin> {
    let table = root.table("origin");
    let mut origins = Vec::new();
    for (name, grade) in GRADES {
        for (index, key) in (0_u32..).zip(table.strings(name).unwrap_or_default()) {
            if let Err(problem) = check_key(&key) {
                let hint = "write it as in the tables above, items of lists by their number from 0";
                let place = super::joined(name, &index);
                let found = format!("\"{key}\"");
                let expected = format!("a key of the scenario ({problem})");
                table.report_at(name, &place, &found, &expected, hint);
                continue;
            }
            if let Some(value) = root.written_at(&key) {
                origins.push(Origin { key, value, grade });
            }
        }
    }
    for origin in origins.iter().filter(|one| one.grade == Grade::Assumed) {
        root.add_assumption(Assumption {
            key: origin.key.clone(),
            value: origin.value.clone(),
            why: "assumed where the scenario was written, as [origin] says".to_owned(),
            effect: None,
        });
    }
    origins
}
