//! Cells as they are in memory, one after another, for what wants columns and not text.

use std::fmt;

use crate::scenario::read::Setting;

/// What a column holds; any cell may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// True or false.
    Flag,
    /// Anything else.
    Text,
}

impl Kind {
    /// What a setting is.
    #[must_use]
    pub fn of(setting: &Setting) -> Self {
        match Cell::of(setting) {
            Cell::Integer(_) => Self::Integer,
            Cell::Number(_) => Self::Number,
            Cell::Flag(_) => Self::Flag,
            Cell::Text(_) | Cell::Empty => Self::Text,
        }
    }

    /// What a column with both kinds of cells holds.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, same) if one == same => one,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Integer(i64),
    Number(f64),
    Flag(bool),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// A setting, which has the same text in every layout.
    pub(super) fn of(setting: &'a Setting) -> Self {
        match (setting.integer(), setting.number(), setting.flag()) {
            (Some(integer), ..) => Self::Integer(integer),
            (_, Some(number), _) => Self::Number(number),
            (.., Some(flag)) => Self::Flag(flag),
            _ => Self::Text(setting.text()),
        }
    }

    /// Puts the cell behind others.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Empty => bytes.push(0),
            Self::Integer(integer) => {
                bytes.push(1);
                bytes.extend_from_slice(&integer.to_le_bytes());
            }
            Self::Number(number) => {
                bytes.push(2);
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            Self::Flag(flag) => bytes.extend_from_slice(&[3, u8::from(flag)]),
            Self::Text(text) => {
                bytes.push(4);
                bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// Takes the first of several cells; none where the bytes are no whole cell.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (tag, rest) = bytes.split_first()?;
        match tag {
            0 => Some((Self::Empty, rest)),
            1 => {
                let (number, rest) = rest.split_first_chunk()?;
                Some((Self::Integer(i64::from_le_bytes(*number)), rest))
            }
            2 => {
                let (number, rest) = rest.split_first_chunk()?;
                Some((Self::Number(f64::from_le_bytes(*number)), rest))
            }
            3 => {
                let (flag, rest) = rest.split_first()?;
                Some((Self::Flag(*flag != 0), rest))
            }
            4 => {
                let (length, rest) = rest.split_first_chunk()?;
                let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
                let (text, rest) = rest.split_at_checked(length)?;
                Some((Self::Text(std::str::from_utf8(text).ok()?), rest))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Integer(integer) => integer.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were() {
        let cells = [
            Cell::Text("a,\"b\"\n"),
            Cell::Empty,
            Cell::Integer(-3),
            Cell::Number(0.1),
            Cell::Flag(true),
            Cell::Text(""),
        ];
        let mut bytes = Vec::new();
        for cell in cells {
            cell.write(&mut bytes);
        }
        let mut rest = bytes.as_slice();
        for cell in cells {
            let (read, after) = Cell::read(rest).expect("a whole cell");
            assert_eq!(read, cell);
            rest = after;
        }
        assert!(rest.is_empty());
        assert_eq!(Cell::read(&bytes[..5]), None);
    }

    #[test]
    fn a_column_holds_what_all_its_cells_are() {
        let kind = |text: &str| Kind::of(&Setting::of(text));
        assert_eq!(kind("5"), Kind::Integer);
        assert_eq!(kind("0.5"), Kind::Number);
        assert_eq!(kind("true"), Kind::Flag);
        assert_eq!(kind("30s"), Kind::Text);
        assert_eq!(kind("5").and(kind("0.5")), Kind::Number);
        assert_eq!(kind("5").and(kind("true")), Kind::Text);
    }
}
