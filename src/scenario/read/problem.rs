//! What is wrong with a scenario: where, what was found, what is expected, what to do.

use std::fmt;

/// One thing that is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands; absent where no text is to blame.
    pub place: Option<Place>,
    /// Dotted path such as `cluster.hosts.0.count`; empty where the text could not be parsed.
    pub key: String,
    /// What stands there, as it was written.
    pub found: String,
    /// What is expected there.
    pub expected: String,
    /// What to do about it.
    pub hint: String,
}

/// A position in a text, counted in characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Place {
    /// The position of a byte of the text; the end of the text where it has fewer bytes.
    #[must_use]
    pub fn of_byte(text: &str, byte: usize) -> Self {
        let mut place = Self { line: 1, column: 1 };
        for (_, character) in text.char_indices().take_while(|(at, _)| *at < byte) {
            if character == '\n' {
                place.line += 1;
                place.column = 1;
            } else {
                place.column += 1;
            }
        }
        place
    }
}

/// `line 3, column 17: service.desired_count: found "two", expected a whole number; write 2`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { line, column }) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(
            f,
            "found {}, expected {}; {}",
            self.found, self.expected, self.hint
        )
    }
}

impl std::error::Error for Problem {}
