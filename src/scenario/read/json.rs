//! Strict JSON as a tree: no comments, no trailing commas, no key twice.

use std::collections::BTreeSet;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseError;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::problem::{Place, Problem};
use super::tree::{Entry, Node, Value};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The tree of a text; absent where the text is no JSON object.
pub(super) fn tree(text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => {
            if let Some(root @ ast::Value::Object(_)) = parsed.value {
                return Some(node(text, "", &root, problems));
            }
            problems.push(no_object());
        }
        Err(error) => problems.push(syntax(text, &error)),
    }
    None
}

fn node(text: &str, path: &str, value: &ast::Value<'_>, problems: &mut Vec<Problem>) -> Node {
    let inner = |key: &dyn std::fmt::Display| super::joined(path, key);
    Node {
        span: value.start()..value.end(),
        value: match value {
            ast::Value::StringLit(string) => Value::String(string.value.to_string()),
            ast::Value::NumberLit(number) => Value::number(number.value, 10),
            ast::Value::BooleanLit(flag) => Value::Boolean(flag.value),
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::Array(list) => Value::List(
                (0..)
                    .zip(&list.elements)
                    .map(|(index, item): (u32, _)| node(text, &inner(&index), item, problems))
                    .collect(),
            ),
            ast::Value::Object(object) => {
                let mut seen = BTreeSet::new();
                let mut entries = Vec::new();
                for property in &object.properties {
                    let key = property.name.as_str();
                    let path = inner(&key);
                    if !seen.insert(key) {
                        problems.push(duplicate(text, &path, property.start()));
                    }
                    entries.push(Entry {
                        key: key.to_owned(),
                        key_span: property.name.start()..property.name.end(),
                        node: node(text, &path, &property.value, problems),
                    });
                }
                Value::Table(entries)
            }
        },
    }
}

fn syntax(text: &str, error: &ParseError) -> Problem {
    Problem {
        place: Some(Place::of_byte(text, error.range().start)),
        key: String::new(),
        found: format!("a syntax error ({})", error.kind()),
        expected: "valid JSON".to_owned(),
        hint: "correct the syntax: the values are read after that".to_owned(),
    }
}

fn no_object() -> Problem {
    Problem {
        place: Some(Place { line: 1, column: 1 }),
        key: String::new(),
        found: "no JSON object".to_owned(),
        expected: "an object with the tables of a scenario".to_owned(),
        hint: r#"begin with { "service": { … } }"#.to_owned(),
    }
}

fn duplicate(text: &str, path: &str, byte: usize) -> Problem {
    Problem {
        place: Some(Place::of_byte(text, byte)),
        key: path.to_owned(),
        found: "the same key a second time".to_owned(),
        expected: "every key once".to_owned(),
        hint: "remove one of the two".to_owned(),
    }
}
