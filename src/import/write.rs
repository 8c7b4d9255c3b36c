//! A scenario as text, each line with the place its value comes from.
//!
//! What the reader of scenarios would take by itself is written as a comment, so that it is seen
//! and easily changed, and still counts as an assumption there.

use std::fmt::Write as _;

use crate::scenario::{Assumption, DurationLaw, Family, Grade};
use crate::units::Seconds;

/// Where the comments of short lines begin.
const COMMENT_COLUMN: usize = 40;

/// A part of a scenario under one header.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    header: String,
    /// What assumptions call it.
    path: String,
    /// Whether it is one of several.
    is_item: bool,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Read {
        key: String,
        value: String,
        from: String,
        grade: Grade,
    },
    Assumed {
        key: String,
        value: String,
        why: String,
    },
    Default {
        key: String,
        value: String,
        why: String,
    },
    Remark(String),
}

impl Section {
    /// A table.
    pub fn table(path: &str) -> Self {
        Self {
            header: format!("[{path}]"),
            path: path.to_owned(),
            is_item: false,
            entries: Vec::new(),
        }
    }

    /// One item of an array of tables.
    pub fn item(path: &str) -> Self {
        Self {
            header: format!("[[{path}]]"),
            path: path.to_owned(),
            is_item: true,
            entries: Vec::new(),
        }
    }

    /// A value that an input states, and where.
    pub fn read(&mut self, key: &str, value: impl Into<String>, from: impl Into<String>) {
        self.entries.push(Entry::Read {
            key: key.to_owned(),
            value: value.into(),
            from: from.into(),
            grade: Grade::Imported,
        });
    }

    /// A value that was fitted to what an input records, and where.
    pub fn measured(&mut self, key: &str, value: impl Into<String>, from: impl Into<String>) {
        self.entries.push(Entry::Read {
            key: key.to_owned(),
            value: value.into(),
            from: from.into(),
            grade: Grade::Measured,
        });
    }

    /// A value that no input states and that has no default.
    pub fn assumed(&mut self, key: &str, value: impl Into<String>, why: impl Into<String>) {
        self.entries.push(Entry::Assumed {
            key: key.to_owned(),
            value: value.into(),
            why: why.into(),
        });
    }

    /// A value that no input states and that is left to its default.
    pub fn default(&mut self, key: &str, value: impl Into<String>, why: impl Into<String>) {
        self.entries.push(Entry::Default {
            key: key.to_owned(),
            value: value.into(),
            why: why.into(),
        });
    }

    /// A line of comment.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Remark(text.into()));
    }
}

/// The sections as TOML.
pub fn toml(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&section.header);
        text.push('\n');
        for entry in &section.entries {
            let (start, comment) = match entry {
                Entry::Read {
                    key, value, from, ..
                } => (format!("{key} = {value}"), from.clone()),
                Entry::Assumed { key, value, why } => {
                    (format!("{key} = {value}"), format!("assumed: {why}"))
                }
                Entry::Default { key, value, why } => {
                    (format!("# {key} = {value}"), format!("assumed: {why}"))
                }
                Entry::Remark(remark) => (String::new(), remark.clone()),
            };
            let comment = printable(&comment);
            if start.is_empty() {
                let _ = writeln!(text, "# {comment}");
            } else {
                let _ = writeln!(text, "{start:COMMENT_COLUMN$} # {comment}");
            }
        }
    }
    text + &origin(sections)
}

/// The table that says how well each value is known; deployments that were recorded are facts by
/// themselves.
fn origin(sections: &[Section]) -> String {
    let keys = |wanted: Grade| -> Vec<String> {
        let mut keys = Vec::new();
        for (index, section) in sections.iter().enumerate() {
            if section.path == RECORDED {
                continue;
            }
            let before = sections[..index].iter();
            let number = before.filter(|other| other.path == section.path).count();
            let path = if section.is_item {
                format!("{}.{number}", section.path)
            } else {
                section.path.clone()
            };
            keys.extend(section.entries.iter().filter_map(|entry| {
                let (key, grade) = match entry {
                    Entry::Read { key, grade, .. } => (key, *grade),
                    Entry::Assumed { key, .. } => (key, Grade::Assumed),
                    Entry::Default { .. } | Entry::Remark(_) => return None,
                };
                (grade == wanted).then(|| format!("{path}.{key}"))
            }));
        }
        keys
    };
    let mut text = String::from(
        "\n[origin]\n# how well each value is known; take a key out where you set its value yourself\n",
    );
    for (name, grade) in [
        ("measured", Grade::Measured),
        ("imported", Grade::Imported),
        ("assumed", Grade::Assumed),
    ] {
        let keys = keys(grade);
        if keys.is_empty() {
            continue;
        }
        let lines: String = keys
            .iter()
            .map(|key| format!("    {},\n", string(key)))
            .collect();
        let _ = write!(text, "{name} = [\n{lines}]\n");
    }
    text
}

/// The path of past deployments.
const RECORDED: &str = "recorded";

/// What the sections assume.
pub fn assumptions(sections: &[Section]) -> Vec<Assumption> {
    let mut all = Vec::new();
    for section in sections {
        for entry in &section.entries {
            if let Entry::Assumed { key, value, why } | Entry::Default { key, value, why } = entry {
                all.push(Assumption {
                    key: format!("{}.{key}", section.path),
                    value: value.clone(),
                    why: why.clone(),
                    effect: None,
                });
            }
        }
    }
    all
}

/// A TOML string.
pub fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// A duration to the tenth of a second.
pub fn seconds(duration: Seconds) -> String {
    format!("\"{}s\"", (duration.0 * 10.0).round() / 10.0)
}

/// A duration and its spread.
pub fn law(law: DurationLaw) -> String {
    match law.family {
        Family::Fixed => seconds(law.mean),
        _ => format!("{{ mean = {}, cv = {:.2} }}", seconds(law.mean), law.cv),
    }
}

/// A comment must stay on its line.
fn printable(comment: &str) -> String {
    comment
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_where_it_comes_from() {
        let mut section = Section::table("service");
        section.read("name", string("we\"b\n"), "services.json\nserviceName");
        section.assumed("cpu", "256", "no task definition");
        section.default("stop_timeout", seconds(Seconds(30.0)), "the default");
        let sections = [section];
        assert_eq!(
            toml(&sections),
            "[service]\n\
             name = \"we\\\"b\\u000A\"                     # services.json serviceName\n\
             cpu = 256                                # assumed: no task definition\n\
             # stop_timeout = \"30s\"                   # assumed: the default\n\
             \n[origin]\n\
             # how well each value is known; take a key out where you set its value yourself\n\
             imported = [\n    \"service.name\",\n]\n\
             assumed = [\n    \"service.cpu\",\n]\n"
        );
        let keys: Vec<String> = assumptions(&sections)
            .into_iter()
            .map(|one| one.key)
            .collect();
        assert_eq!(keys, ["service.cpu", "service.stop_timeout"]);
    }

    #[test]
    fn durations_keep_a_tenth_of_a_second() {
        assert_eq!(seconds(Seconds(31.249)), "\"31.2s\"");
        assert_eq!(
            law(DurationLaw::lognormal(Seconds(45.0), 0.2)),
            "{ mean = \"45s\", cv = 0.20 }"
        );
    }
}
