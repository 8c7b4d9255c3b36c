//! What every page is made of: the frame that asks no other host for anything, and its parts.

use super::charts::Figure;
use super::escape::html as escaped;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// SHA-256 of the script, which alone may run: whatever else got into the page could not.
const SCRIPT_HASH: &str = include_str!("page/script.sha256");

/// A page up to what it says.
pub fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        SCRIPT_HASH.trim(),
        escaped(title)
    )
}

/// A page after what it says.
pub fn foot() -> String {
    format!(
        "</main>\n<div id=\"tip\" role=\"tooltip\" hidden></div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// A part with its title.
pub fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title))
}

/// Running text.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// Small text beside a table or a chart.
pub fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escaped(text))
}

/// A chart, or why there is none.
pub fn figure(figure: Figure) -> String {
    match figure {
        Figure::Drawn(svg) => format!("<div class=\"figure\">{svg}</div>\n"),
        Figure::Nothing(why) => paragraph(&why),
    }
}

/// Points, one to a line.
pub fn points(lines: impl IntoIterator<Item = String>) -> String {
    let items: String = lines
        .into_iter()
        .map(|line| format!("<li>{}</li>\n", escaped(&line)))
        .collect();
    if items.is_empty() {
        return items;
    }
    format!("<ul>\n{items}</ul>\n")
}
