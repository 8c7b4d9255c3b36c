//! TOML as a tree; every syntax error of the text at once.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problem::{Place, Problem};
use super::tree::{Entry, Node, Value};

/// The tree of a text; absent where the text is not TOML.
pub(super) fn tree(text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let (document, errors) = DeTable::parse_recoverable(text);
    problems.extend(errors.iter().map(|error| problem(text, error)));
    errors.is_empty().then(|| Node {
        span: 0..0,
        value: table(document.get_ref()),
    })
}

fn table(table: &DeTable<'_>) -> Value {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        key_span: key.span(),
        node: node(value),
    });
    Value::Table(entries.collect())
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    Node {
        span: value.span(),
        value: match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(integer) => Value::number(integer.as_str(), integer.radix()),
            DeValue::Float(float) => Value::number(float.as_str(), 10),
            DeValue::Boolean(flag) => Value::Boolean(*flag),
            DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
            DeValue::Array(items) => Value::List(items.iter().map(node).collect()),
            DeValue::Table(entries) => table(entries),
        },
    }
}

fn problem(text: &str, error: &Error) -> Problem {
    let (found, expected) = match error.message().split_once(", expected ") {
        Some((found, expected)) if expected != "nothing" => (found, expected),
        Some((found, _)) => (found, "valid TOML"),
        None => (error.message(), "valid TOML"),
    };
    Problem {
        place: error.span().map(|span| Place::of_byte(text, span.start)),
        key: String::new(),
        found: found.to_owned(),
        expected: expected.to_owned(),
        hint: "correct the syntax: the values are read after that".to_owned(),
    }
}
