//! The values of a table in the types of the model. A wrong one is noted and absent, and reading
//! goes on, so that all problems of a text are found at once.

use std::ops::RangeInclusive;

use super::keys;
use super::table::Table;
use super::tree::{Node, Value};
use crate::units::UsdPerHour;

impl<'a> Table<'a> {
    /// A text that is not empty.
    pub(crate) fn string(&self, key: &str) -> Option<&'a str> {
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
    pub(crate) fn moment(&self, key: &str) -> Option<String> {
        match &self.entry(key)?.node.value {
            Value::Datetime(text) => Some(text.clone()),
            _ => self.string(key).map(str::to_owned),
        }
    }

    /// True or false.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let entry = self.entry(key)?;
        if let Value::Boolean(flag) = entry.node.value {
            return Some(flag);
        }
        self.reject_node(key, &entry.node, "true or false", "write it without quotes");
        None
    }

    /// A whole number.
    pub(crate) fn integer(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
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
    pub(crate) fn number(
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
    pub(crate) fn amount(&self, key: &str) -> Option<f64> {
        self.number(key, 0.0..=1e9, "a number from 0 to 1000000000")
    }

    /// A number above 0.
    pub(crate) fn positive(&self, key: &str) -> Option<f64> {
        let expected = "a number above 0, at most 1000000000";
        self.number(key, 1e-12..=1e9, expected)
    }

    /// A price above 0.
    pub(crate) fn price(&self, key: &str) -> Option<UsdPerHour> {
        self.positive(key).map(UsdPerHour)
    }

    /// A share of 1; a percentage is told from it.
    pub(crate) fn share(
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
    pub(crate) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.choice_with(key, choices, &[])
    }

    /// One of several names, of which some are known but not supported yet.
    pub(crate) fn choice_with<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        not_yet: &[&str],
    ) -> Option<T> {
        let entry = self.entry(key)?;
        self.chosen(key, &entry.node, choices, not_yet)
    }

    /// A list of texts that are not empty.
    pub(crate) fn strings(&self, key: &str) -> Option<Vec<String>> {
        let entry = self.entry(key)?;
        let Value::List(items) = &entry.node.value else {
            let hint = r#"write them in brackets: ["…", "…"]"#;
            self.reject_node(key, &entry.node, "a list of names", hint);
            return None;
        };
        let text = |(index, item): (u32, &Node)| match &item.value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => {
                let key = super::joined(key, &index);
                self.reject_node(&key, item, "a text in quotes", "write a name in quotes");
                None
            }
        };
        let texts: Vec<Option<String>> = (0..).zip(items).map(text).collect();
        texts.into_iter().collect()
    }

    /// Several names out of a list.
    pub(crate) fn choices<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
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
}
