//! Tables of a page; a reader sorts them by any column.

use super::escape::html;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    text: String,
    /// What it is sorted by, where it is a number.
    value: Option<f64>,
}

/// A cell of words.
pub fn words(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        value: None,
    }
}

/// A cell of a number, as it is written and as it is sorted; none: sorted last.
pub fn number(text: impl Into<String>, value: Option<f64>) -> Cell {
    Cell {
        text: text.into(),
        value: Some(value.unwrap_or(f64::MAX)),
    }
}

/// What a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order of its rows is part of what it says.
    Fixed,
    /// Sorted by any column.
    Sortable,
}

/// A word may be broken after a sign when it is so long, and anywhere when it is twice as long.
const LONG: usize = 10;

/// A text whose long words, such as keys, may be broken so that a table fits on its page.
fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut length = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        broken += &html(character.encode_utf8(&mut [0; 4]));
        length = if character.is_whitespace() {
            0
        } else {
            length + 1
        };
        let after_sign = length >= LONG && !character.is_alphanumeric();
        let inside = characters.peek().is_some_and(|next| !next.is_whitespace());
        if inside && (after_sign || length >= 2 * LONG) {
            broken += "<wbr>";
            length = 0;
        }
    }
    broken
}

/// A table of at most so many rows is kept on one page of paper.
const SHORT: usize = 12;

/// A table; the row of a chosen index stands out.
pub fn table(order: Order, header: &[&str], rows: &[Vec<Cell>], chosen: Option<usize>) -> String {
    let numeric = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .any(|cell| cell.value.is_some())
    };
    let class = |column: usize| if numeric(column) { " class=\"n\"" } else { "" };
    let head: String = header
        .iter()
        .enumerate()
        .map(|(column, name)| format!("<th scope=\"col\"{}>{}</th>", class(column), html(name)))
        .collect();
    let body: String = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let cells: String = row
                .iter()
                .enumerate()
                .map(|(column, cell)| {
                    let value = cell
                        .value
                        .map_or_else(String::new, |value| format!(" data-value=\"{value}\""));
                    format!("<td{}{value}>{}</td>", class(column), breakable(&cell.text))
                })
                .collect();
            let class = if chosen == Some(index) {
                " class=\"chosen\""
            } else {
                ""
            };
            format!("<tr{class}>{cells}</tr>\n")
        })
        .collect();
    let class = match (order, rows.len() <= SHORT) {
        (Order::Fixed, false) => "",
        (Order::Fixed, true) => " class=\"short\"",
        (Order::Sortable, false) => " class=\"sortable\"",
        (Order::Sortable, true) => " class=\"sortable short\"",
    };
    format!(
        "<div class=\"scroll\"><table{class}><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_may_be_broken_after_a_sign() {
        assert_eq!(breakable("web and search"), "web and search");
        assert_eq!(
            breakable("service.load_balancer.type x"),
            "service.load_<wbr>balancer.type x"
        );
        assert_eq!(breakable("100 % & <b>"), "100 % &amp; &lt;b&gt;");
        let long = breakable(&"a".repeat(45));
        assert_eq!(long.replace("<wbr>", "").len(), 45);
        assert_eq!(long.matches("<wbr>").count(), 2);
    }
}
