//! Markdown for a comment on a pull request: a sentence, a table, a list of changes.

use serde_json::Value;

use super::words;

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
    fn a_cell_cannot_end_its_row_or_mention_anybody() {
        assert_eq!(
            table(&["name"], &[vec!["a|b\n@c".to_owned()]]),
            "| name |\n| --- |\n| a\\|b \\@c |\n"
        );
    }
}
