//! The tree that TOML and JSON have in common; every node knows where it stands in the text.

use std::ops::Range;

/// A value and its bytes in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What a scenario is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    /// Also an integer that has more than 64 bits.
    Float(f64),
    Boolean(bool),
    /// TOML only; the text as it was written.
    Datetime(String),
    /// JSON only.
    Null,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Value {
    /// An integer where it fits, else the nearest float; null if it is no number at all.
    pub(super) fn number(digits: &str, radix: u32) -> Self {
        if let Ok(integer) = i64::from_str_radix(digits, radix) {
            return Self::Integer(integer);
        }
        digits.parse().map_or(Self::Null, Self::Float)
    }

    /// An integer or a float as a float.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "numbers of a scenario are far below 2^53, and ranges are checked after"
            )]
            Self::Integer(integer) => Some(*integer as f64),
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }
}
