//! Why no plan meets the limits: which limit, how far off, and the nearest plan that meets all
//! limits but one.

use super::decision::Timing;
use super::search::{Candidate, Limit, Search};
use super::{Infeasible, Missed, Nearest, report};
use crate::rollout::TooFewPlaces;
use crate::scenario::{Limits, Scenario};

/// The limits without one of them.
pub fn without(limits: &Limits, limit: Limit) -> Limits {
    let mut limits = *limits;
    match limit {
        Limit::Budget => limits.budget_usd_per_month = None,
        Limit::Availability => limits.availability = None,
        Limit::MaxDuration => limits.max_duration = None,
    }
    limits
}

/// Why no plan meets the limits.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn infeasible(
    scenario: &Scenario,
    timing: &Timing,
    search: &Search,
    known: &[Candidate],
) -> Result<Infeasible, TooFewPlaces> {
    let limits = &scenario.limits;
    let set = |limit: &Limit| limit.wanted(limits).map(|wanted| (*limit, wanted));
    let mut missed = Vec::new();
    let mut nearest = Vec::new();
    for (limit, wanted) in Limit::ALL.iter().filter_map(set) {
        let best = known
            .iter()
            .min_by(|a, b| limit.excess(a, limits).total_cmp(&limit.excess(b, limits)));
        if let Some(best) = best {
            missed.push(Missed {
                key: limit.key().to_owned(),
                wanted,
                best: limit.reached(best),
            });
        }
        // Of what meets the others, the one that misses this one least.
        let others = without(limits, limit);
        let meets_others = known
            .iter()
            .filter(|candidate| super::meets_all(candidate, &others))
            .copied()
            .chain(search.best(|_| true, &others))
            .min_by(|a, b| limit.excess(a, limits).total_cmp(&limit.excess(b, limits)));
        if let Some(candidate) = meets_others {
            nearest.push(Nearest {
                misses: limit.key().to_owned(),
                wanted,
                reaches: limit.reached(&candidate),
                plan: report::report(scenario, timing, &candidate)?,
            });
        }
    }
    Ok(Infeasible {
        limits: missed,
        nearest,
    })
}
