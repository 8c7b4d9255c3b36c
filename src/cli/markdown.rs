//! Markdown for a comment on a pull request: a sentence, a table, a list of changes.

use serde_json::Value;

use super::words;
use crate::rollout::Fix;

/// The answer in a sentence.
pub fn headline(text: &str) -> String {
    format!("**{}**\n\n", plain(text))
}

/// Running text.
pub fn paragraph(text: &str) -> String {
    format!("{}\n\n", plain(text))
}

/// A setting that changes, as a line of a list.
pub fn change(key: &str, from: &Value, to: &Value) -> String {
    let (from, to) = (words::value(from), words::value(to));
    format!("- `{key}`: {} → {}\n", plain(&from), plain(&to))
}

/// What frees a deployment, as a line of a list.
pub fn fix(fix: &Fix) -> String {
    format!("- `{}`: {}\n", fix.key, plain(&words::from_to_of_fix(fix)))
}

/// A table; cells are shown as they are.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(header.iter().map(|cell| plain(cell)).collect());
    text += &line(header.iter().map(|_| "---".to_owned()).collect());
    for row in rows {
        text += &line(row.iter().map(|cell| plain(cell)).collect());
    }
    text
}

/// The same for reading as it is too: columns of words stand left, all others right.
pub fn aligned(header: &[&str], words: &[bool], rows: &[Vec<String>]) -> Vec<String> {
    let of = |cells: Vec<&str>| cells.into_iter().map(plain).collect::<Vec<String>>();
    let header = of(header.to_vec());
    let rows = rows
        .iter()
        .map(|row| of(row.iter().map(String::as_str).collect()));
    let rows: Vec<Vec<String>> = rows.collect();
    let width = |column: usize| {
        let cells = std::iter::once(&header).chain(&rows);
        let cells = cells.filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let columns = || widths.iter().zip(words);
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(columns());
        let cells = cells.map(|(cell, (width, words))| match words {
            true => format!("{cell:width$}"),
            false => format!("{cell:>width$}"),
        });
        format!("| {} |", cells.collect::<Vec<String>>().join(" | "))
    };
    let rule = columns().map(|(width, words)| match words {
        true => format!("|{}", "-".repeat(width + 2)),
        false => format!("|{}:", "-".repeat(width + 1)),
    });
    let rule = rule.collect::<String>() + "|";
    let mut lines = vec![line(&header), rule];
    lines.extend(rows.iter().map(|row| line(row)));
    lines
}

/// A text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '@' => {
                plain.push('\\');
                plain.push(character);
            }
            _ if character.is_control() => plain.push(' '),
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let row = |name: &str, number: &str| vec![name.to_owned(), number.to_owned()];
        let rows = [row("one", "1.5"), row("three", "10.5")];
        let lines = aligned(&["", "min"], &[true, false], &rows);
        assert_eq!(
            lines,
            [
                "|       |  min |",
                "|-------|-----:|",
                "| one   |  1.5 |",
                "| three | 10.5 |"
            ]
        );
    }

    #[test]
    fn a_cell_cannot_end_its_row_or_mention_anybody() {
        assert_eq!(
            table(&["name"], &[vec!["a|b\n@c".to_owned()]]),
            "| name |\n| --- |\n| a\\|b \\@c |\n"
        );
    }
}
