//! What other limits would bring, in words.

use serde::Serialize;

use super::Found;
use crate::cli::arguments::OfFleet;
use crate::cli::page::Page;
use crate::fleet::gate::RelaxedLimit;
use crate::fleet::what_if::{Limit, smallest_changes, steps};
use crate::fleet::{Hooks, Problem, Settings, Solution, Status};

/// A table with more options is asked again only on request.
const MOST_OPTIONS: usize = 20_000;

/// What was found by solving again.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct WhatIf {
    /// What a little more of each limit that binds would win, the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepTold>,
    /// Where nothing meets the limits: the least that each alone would have to give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relaxed: Vec<RelaxedLimit>,
    /// Where none alone is enough: what to change together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relaxed_together: Vec<RelaxedLimit>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct StepTold {
    limit: String,
    unit: &'static str,
    now: f64,
    used: f64,
    more: f64,
    wins_weighted_minutes: f64,
    by_dual_price: f64,
}

impl WhatIf {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.relaxed.is_empty() && self.relaxed_together.is_empty()
    }
}

/// What was asked, or is quick to find.
pub(super) fn asked(
    asked: &OfFleet,
    problem: &Problem,
    solution: &Solution,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> WhatIf {
    let options: usize = problem.services.iter().map(|s| s.options.len()).sum();
    let mut found = WhatIf::default();
    if asked.what_if {
        let more = |limit: Limit| limit.parts_of_a_host(problem);
        for step in steps(problem, solution, more, settings, hooks) {
            let whole = step.limit.parts_of_a_host(problem);
            found.steps.push(StepTold {
                limit: step.limit.key(problem),
                unit: step.limit.unit(),
                now: step.now / whole,
                used: step.used / whole,
                more: step.more / whole,
                wins_weighted_minutes: step.wins,
                by_dual_price: step.dual,
            });
        }
    }
    if solution.status == Status::Infeasible && (asked.what_if || options <= MOST_OPTIONS) {
        let told = |relaxed| RelaxedLimit::of(problem, relaxed);
        let changes = smallest_changes(problem, settings, hooks);
        found.relaxed = changes.each.iter().map(told).collect();
        found.relaxed_together = changes.together.iter().map(told).collect();
    }
    found
}

/// The same for a reader.
pub(super) fn show(page: &mut Page, found: &Found<'_>) {
    let WhatIf {
        steps,
        relaxed,
        relaxed_together,
    } = found.what_if;
    if !steps.is_empty() {
        page.title("What a little more would win, by solving again");
        let told: Vec<String> = steps
            .iter()
            .map(|step| {
                format!(
                    "{}: {:.2} instead of {:.2} {}: {:.2} weighted minutes a month (by its dual price {:.2})",
                    step.limit,
                    step.now + step.more,
                    step.now,
                    step.unit,
                    step.wins_weighted_minutes,
                    step.by_dual_price,
                )
            })
            .collect();
        page.points(told.iter().map(String::as_str));
    }
    let alone = "Each of these changes alone makes a plan possible, the smallest first";
    let together = "No change of one limit is enough; together these make a plan possible";
    for (title, relaxed) in [(alone, relaxed), (together, relaxed_together)] {
        if relaxed.is_empty() {
            continue;
        }
        page.title(title);
        let told: Vec<String> = relaxed
            .iter()
            .map(|relaxed| {
                format!(
                    "{}: {:.2} instead of {:.2} {}",
                    relaxed.limit, relaxed.to, relaxed.from, relaxed.unit
                )
            })
            .collect();
        page.points(told.iter().map(String::as_str));
    }
}
