//! Text that is laid out for a terminal: paragraphs and tables that keep to its width.

use super::output::{Emphasis, Terminal};

/// The least that the last column of a table is given.
const NARROWEST_COLUMN: usize = 16;
const INDENT: &str = "  ";

/// Text so far, every line of it within the width.
#[derive(Debug, Clone)]
pub struct Page {
    terminal: Terminal,
    text: String,
}

/// On which side the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Page {
    /// An empty one.
    pub fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            text: String::new(),
        }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The answer in a sentence.
    pub fn headline(&mut self, text: &str) {
        let (on, off) = match self.terminal.emphasis {
            Emphasis::None => ("", ""),
            Emphasis::Bold => ("\x1b[1m", "\x1b[0m"),
        };
        for line in wrapped(text, self.terminal.width) {
            self.text.extend([on, &line, off, "\n"]);
        }
    }

    /// Running text.
    pub fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, self.terminal.width) {
            self.text += &line;
            self.text.push('\n');
        }
    }

    /// A title after an empty line.
    pub fn title(&mut self, text: &str) {
        self.text.push('\n');
        self.paragraph(text);
    }

    /// Lines as they are, for a picture; they keep to 80 columns by themselves.
    pub fn verbatim(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }

    /// Points, one to a line.
    pub fn points<'a>(&mut self, points: impl IntoIterator<Item = &'a str>) {
        let rows: Vec<Vec<String>> = points
            .into_iter()
            .map(|point| vec!["-".to_owned(), point.to_owned()])
            .collect();
        self.columns(&[Align::Left, Align::Left], " ", &rows);
    }

    /// Rows of cells, of which the last of each row wraps.
    pub fn table(&mut self, alignment: &[Align], rows: &[Vec<String>]) {
        self.columns(alignment, INDENT, rows);
    }

    fn columns(&mut self, alignment: &[Align], gap: &str, rows: &[Vec<String>]) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| printable(cell)).collect())
            .collect();
        let last = alignment.len().saturating_sub(1);
        let widths: Vec<usize> = (0..last)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        let before = INDENT.len() + widths.iter().sum::<usize>() + last * gap.len();
        let left = self.terminal.width.saturating_sub(before);
        let widest = rows.iter().filter_map(|row| row.get(last));
        let widest = widest.map(|cell| width(cell)).max().unwrap_or(0);
        let left = left.max(NARROWEST_COLUMN).min(widest);
        for row in &rows {
            let mut line = INDENT.to_owned();
            for (index, cell) in row.iter().take(last).enumerate() {
                line += &padded(cell, widths[index], alignment[index]);
                line += gap;
            }
            let wrapping = row.get(last).map_or("", String::as_str);
            for (index, part) in wrapped(wrapping, left).into_iter().enumerate() {
                if index > 0 {
                    line = " ".repeat(before);
                }
                if let Some(&alignment) = alignment.last() {
                    line += &padded(&part, left, alignment);
                }
                self.text += line.trim_end();
                self.text.push('\n');
            }
        }
    }
}

/// A text in lines of at most so many columns; a longer word is cut. At least one line.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(&printable(text)) {
        if !line.is_empty() && width(&line) + 1 + width(&word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let mut word = word.as_str();
        while let Some((cut, _)) = word.char_indices().nth(columns) {
            lines.push(word[..cut].to_owned());
            word = &word[cut..];
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// The words of a text, a number and its unit as one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let unit = word.trim_end_matches([',', '.', ';', ':', ')']);
        match words.last_mut() {
            Some(number)
                if ["%", "s", "min", "USD"].contains(&unit)
                    && number.ends_with(|last: char| last.is_ascii_digit()) =>
            {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A text whose control characters cannot steer a terminal.
fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let plain = (!character.is_control()).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

fn padded(cell: &str, columns: usize, alignment: Align) -> String {
    let space = " ".repeat(columns.saturating_sub(width(cell)));
    match alignment {
        Align::Left => format!("{cell}{space}"),
        Align::Right => format!("{space}{cell}"),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize) -> Page {
        Page::new(Terminal {
            width,
            emphasis: Emphasis::None,
        })
    }

    #[test]
    fn lines_keep_to_the_width_and_a_longer_word_is_cut() {
        assert_eq!(
            wrapped("one two three fourteen", 8),
            ["one two", "three", "fourteen"]
        );
        assert_eq!(
            wrapped("a extraordinary b", 5),
            ["a", "extra", "ordin", "ary b"]
        );
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(
            wrapped("a lead of 2.8 min, no less", 13),
            ["a lead of", "2.8 min, no", "less"]
        );
    }

    #[test]
    fn the_last_column_wraps_under_itself() {
        let mut page = page(30);
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        page.table(
            &[Align::Left, Align::Right, Align::Left],
            &[
                row(["a", "1", "short"]),
                row(["bcd", "10", "a rather long remark here"]),
            ],
        );
        assert_eq!(
            page.into_text(),
            "  a     1  short\n  bcd  10  a rather long\n           remark here\n"
        );
    }

    #[test]
    fn control_characters_are_shown_not_sent() {
        let mut page = page(80);
        page.paragraph("web\u{1b}[2J\tx");
        assert_eq!(page.into_text(), "web\\u{1b}[2J\\tx\n");
    }

    #[test]
    fn a_headline_is_bold_line_by_line() {
        let mut page = Page::new(Terminal {
            width: 5,
            emphasis: Emphasis::Bold,
        });
        page.headline("one two");
        assert_eq!(page.into_text(), "\x1b[1mone\x1b[0m\n\x1b[1mtwo\x1b[0m\n");
    }
}
