//! The availability of the model against the simulation's, in words and tables.

use super::super::page::Page;
use super::{percent, points, share, table};
use crate::simulate::statistics::CONFIDENCE;
use crate::validate::Validation;
use crate::validate::agreement::spread;
use crate::validate::strikes::{Both, Compared, MOST_TASKS, NEAR};

type FigureOf = fn(&Compared) -> Option<Both>;

const FIGURES: [(&str, FigureOf); 5] = [
    ("all minutes", |one| one.minutes),
    ("spot, at rest", |one| one.between),
    ("spot, deploying", |one| one.during),
    ("zones", |one| one.zone),
    ("chance", |one| one.chance),
];

/// How many scenarios are told of that are far off.
const SHOWN: usize = 10;

pub fn section(page: &mut Page, validation: &Validation) {
    let all = &validation.strikes;
    page.title("## Hosts that are taken back, zones that are lost");
    let minutes = all.iter().filter_map(|one| one.minutes);
    let own = spread(minutes.filter_map(|both| both.uncertainty()));
    page.title(&format!(
        "{} random scenarios of seed {}: 2 to {MOST_TASKS} tasks on one to four groups of hosts, \
         some or all of them spot, of one or two types in up to three zones; monthly interruption of \
         2.5 to 90 %, none to all of it shared by a pool, requests that are not met, zones that are \
         lost for hours, all or some tasks required, 0.5 to 12 deployments a day. The simulation \
         plays each with more strikes than come and counts every run by its likelihood. Within: the \
         model lies in the simulation's own 95 % confidence interval, of all minutes ± {} in the \
         median; near: it does, or is at most {} off. Minutes are those of a month, chance is that \
         of a deployment to go short that does not by its own moves.",
        all.len(),
        validation.seed,
        tenth(own.map_or(0.0, |own| own.p50)),
        percent(NEAR),
    ));
    let rows: Vec<Vec<String>> = FIGURES
        .iter()
        .filter_map(|&(name, figure)| row(name, all, figure))
        .collect();
    let header = ["figure", "count", "within", "near", "p50", "p90", "largest"];
    table(page, &header, &[0], &rows);
    points(
        page,
        &[
            "Between deployments most of what is out of the interval are shortfalls that need two \
             strikes at a time, seconds a month: the model lets causes add up as if each found the \
             room elsewhere that the other takes. A few are single strikes, 4 to 10 % off."
                .to_owned(),
            "During deployments the model follows a few courses and strikes them at even moments: \
             what is out of the interval is mostly that they are few. Of strikes it follows one \
             at a time, so that shortfalls which need two are missing."
                .to_owned(),
        ],
    );
    far(page, all);
}

fn row(name: &str, all: &[Compared], figure: FigureOf) -> Option<Vec<String>> {
    let figures: Vec<Both> = all.iter().filter_map(figure).collect();
    let within = figures.iter().filter(|both| both.is_within()).count();
    let near = figures.iter().filter(|both| both.is_near()).count();
    let sizes = spread(figures.iter().filter_map(Both::error))?;
    Some(vec![
        name.to_owned(),
        figures.len().to_string(),
        share(within, figures.len()),
        share(near, figures.len()),
        tenth(sizes.p50),
        tenth(sizes.p90),
        tenth(sizes.largest),
    ])
}

/// A share of 1 in percent, to the tenth.
fn tenth(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Those whose minutes a month are far off, the most minutes first.
fn far(page: &mut Page, all: &[Compared]) {
    let off = |both: &Both| (both.model - both.simulated).abs();
    let mut far: Vec<(&Compared, Both)> = all
        .iter()
        .filter_map(|one| Some((one, one.minutes?)))
        .filter(|(_, both)| !both.is_near())
        .collect();
    far.sort_by(|a, b| off(&b.1).total_cmp(&off(&a.1)));
    if far.is_empty() {
        return;
    }
    page.title(&format!(
        "Those whose minutes a month are not near, the most minutes first{}. `prescale validate \
         --seed N --emit-struck NUMBER` writes any of them.",
        if far.len() > SHOWN {
            format!(", {SHOWN} of {}", far.len())
        } else {
            String::new()
        }
    ));
    let rows: Vec<Vec<String>> = far
        .iter()
        .take(SHOWN)
        .map(|(one, both)| {
            vec![
                one.number.to_string(),
                one.desired.to_string(),
                one.required.to_string(),
                format!("{}–{}", one.bounds[0], one.bounds[1]),
                format!("{:.2e}", both.simulated),
                format!("{:.2e}", both.standard_error * CONFIDENCE),
                format!("{:.2e}", both.model),
            ]
        })
        .collect();
    let header = ["no.", "d", "required", "L–U", "simulated", "±", "model"];
    table(page, &header, &[], &rows);
}
