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
                    format!("<td{}{value}>{}</td>", class(column), html(&cell.text))
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
