//! A check for a terminal.

use super::super::output::Terminal;
use super::super::page::{Align, Page};
use super::super::words;
use super::{Report, words_of_key};
use Align::{Left, Right};

/// Headline, limits, mend, and the change.
pub fn text(report: &Report, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    page.headline(&report.headline());
    page.title("Limits");
    let rows: Vec<Vec<String>> = report
        .limit_rows()
        .into_iter()
        .map(|row| {
            let mut cells = row.into_iter();
            let key = cells.next().map(|key| words_of_key(&key).to_owned());
            key.into_iter().chain(cells).collect()
        })
        .collect();
    page.table(&[Left, Left, Left, Left], &rows);
    if let Some(heading) = report.mend_heading() {
        page.title(&heading);
        if let Some(plan) = &report.check.mend {
            let rows: Vec<Vec<String>> = plan
                .changed
                .iter()
                .map(|change| {
                    let (from, to) = (words::value(&change.from), words::value(&change.to));
                    vec![format!("{}:", change.key), format!("{from} → {to}")]
                })
                .collect();
            page.table(&[Left, Left], &rows);
            page.paragraph(&format!("Then: {}.", words::clocks(&plan.estimate)));
        }
        let nearest = report.nearest();
        page.points(nearest.iter().map(String::as_str));
    }
    if let Some(before) = report.before {
        page.title(&format!("Changed since {}", before.file));
        let rows: Vec<Vec<String>> = before
            .changed
            .iter()
            .map(|change| {
                let (from, to) = (words::value(&change.from), words::value(&change.to));
                vec![format!("{}:", change.key), format!("{from} → {to}")]
            })
            .collect();
        if rows.is_empty() {
            page.points(["nothing"]);
        }
        page.table(&[Left, Left], &rows);
        page.title("What that does");
        let header = ["", "before", "after"].map(str::to_owned).to_vec();
        let mut rows = report.before_rows(before);
        rows.insert(0, header);
        page.table(&[Left, Right, Right], &rows);
    }
    page.into_text()
}
