//! `service.desired_range`: the counts between which service auto scaling moves.

use super::service::MOST_TASKS;
use super::table::Table;
use super::tree::Value;
use crate::scenario::DesiredRange;

const KEY: &str = "desired_range";

/// Two whole numbers in brackets; absent where none are given or a problem was noted.
pub(super) fn pair(table: &Table<'_>, key: &str, expected: &str) -> Option<(u32, u32)> {
    let entry = table.entry(key)?;
    let count = |value: &Value| match value {
        Value::Integer(count) => u32::try_from(*count)
            .ok()
            .filter(|count| (1..=MOST_TASKS).contains(count)),
        _ => None,
    };
    let ends: Vec<u32> = match &entry.node.value {
        Value::List(items) if items.len() == 2 => {
            items.iter().filter_map(|item| count(&item.value)).collect()
        }
        _ => Vec::new(),
    };
    let &[low, high] = ends.as_slice() else {
        table.reject(key, expected, "write two whole numbers in brackets");
        return None;
    };
    Some((low, high))
}

/// The range; absent where none is given or a problem was noted.
pub(super) fn read(table: &Table<'_>, desired_count: Option<u32>) -> Option<DesiredRange> {
    let expected = format!("the fewest and the most tasks, from 1 to {MOST_TASKS}: [2, 20]");
    let (low, high) = pair(table, KEY, &expected)?;
    if low > high {
        table.reject(KEY, &expected, "write the smaller one first");
    } else if let Some(desired_count) = desired_count.filter(|count| !(low..=high).contains(count))
    {
        let expected = format!("a range that holds service.desired_count = {desired_count}");
        table.reject(KEY, &expected, "correct the range or desired_count");
    }
    Some(DesiredRange { low, high })
}
