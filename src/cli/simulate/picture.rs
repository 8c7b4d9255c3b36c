//! One run as a picture: a line for each moment, a letter for each task.

use crate::simulate::Row;
use crate::simulate::timeline::moments;

/// The most lines.
const LINES: u32 = 24;
/// Columns for the letters.
const COLUMNS: u32 = 60;

/// The picture, with what its letters mean.
pub fn picture(rows: &[Row]) -> Vec<String> {
    let (every, moments) = moments(rows, LINES);
    let most = rows.iter().map(Row::tasks).max().unwrap_or(0);
    let each = most.div_ceil(COLUMNS).max(1);
    let per = match each {
        1 => "each a task".to_owned(),
        each => format!("each {each} tasks"),
    };
    let mut lines = vec![format!(
        "o old healthy, n new healthy, + starting, - draining or stopping; {per}, a line every {every:.0} s"
    )];
    lines.extend(moments.iter().map(|moment| {
        let row = moment.row;
        let mut drawn = 0;
        let mut counted = 0;
        let mut bar = String::new();
        for (letter, count) in [
            ('o', row.old),
            ('n', row.new),
            ('+', row.starting),
            ('-', row.stopping),
        ] {
            // Rounded by the running total, so that bars of equal totals are equally long.
            counted += count;
            let letters = counted.div_ceil(each) - drawn;
            drawn += letters;
            bar.extend(std::iter::repeat_n(letter, letters as usize));
        }
        let healthy = row.old + row.new;
        format!("{} {healthy:>5}  {bar}", clock(moment.time))
    }));
    lines
}

/// `  5:30`.
fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes:>5.0}:{:02.0}", seconds - minutes * 60.0)
}
