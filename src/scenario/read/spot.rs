//! `[spot]`, and how often each kind of spot host is taken back.

use std::cell::RefCell;

use super::Sections;
use super::duration;
use super::prices::Prices;
use super::table::Table;
use crate::catalog;
use crate::scenario::{Assumption, Capacity, DurationLaw, Fallback, Prescale, Purchase, Spot};
use crate::units::{PerHour, Seconds};

const FALLBACKS: &[(&str, Fallback)] =
    &[("on-demand", Fallback::OnDemand), ("wait", Fallback::Wait)];

/// The share of hosts interrupted in a month where the catalog has no band: the middle of the
/// five.
const UNKNOWN_BAND: f64 = 0.125;

/// The interruption of spot hosts by type: as given for all of them, else by the catalog.
pub(super) struct Interruptions<'a> {
    table: &'a Table<'a>,
    given: Option<f64>,
    region: Option<&'a str>,
    /// Types that were asked for, and what was taken for them.
    assumed: RefCell<Vec<Assumption>>,
}

impl<'a> Interruptions<'a> {
    pub(super) fn read(sections: &'a Sections<'a>, prices: &Prices<'a>) -> Self {
        let table = &sections.spot;
        let expected = "a share of hosts from 0 to 0.99";
        Self {
            table,
            given: table.share("interruption_per_month", 0.0..=0.99, expected),
            region: prices.region(),
            assumed: RefCell::default(),
        }
    }

    /// The hazard of a spot host of a type.
    pub(super) fn hazard(&self, instance_type: &str) -> PerHour {
        let offer = self
            .region
            .and_then(|region| catalog::spot(region, instance_type));
        let share = self
            .given
            .or(offer.map(|offer| offer.monthly_interruption()))
            .unwrap_or(UNKNOWN_BAND);
        if !self.table.has("interruption_per_month") {
            let assumption = Assumption {
                key: self.table.path_of("interruption_per_month"),
                value: format!("{share} for {instance_type}"),
                why: offer.map_or_else(
                    || "not in the catalog: the middle of the Spot Advisor's bands".to_owned(),
                    |offer| {
                        format!(
                            "the middle of its band in the Spot Advisor, {}",
                            offer.label()
                        )
                    },
                ),
                effect: None,
            };
            let mut assumed = self.assumed.borrow_mut();
            if !assumed.contains(&assumption) {
                assumed.push(assumption);
            }
        }
        PerHour::of_monthly_share(share)
    }
}

/// How spot hosts come and go; absent where a problem was noted.
pub(super) fn read(
    interruptions: &Interruptions<'_>,
    capacity: Option<&Capacity>,
    prescale: &Prescale,
) -> Option<Spot> {
    let table = interruptions.table;
    let share = "a share from 0 to 1";
    let correlation = table.share("correlation", 0.0..=1.0, share);
    let fulfilment = table.share("fulfilment", 0.0..=1.0, share);
    let fulfilment_time = table.law("fulfilment_time");
    let fallback = table.choice("fallback", FALLBACKS);
    let wrong = [
        ("correlation", correlation.is_none()),
        ("fulfilment", fulfilment.is_none()),
        ("fulfilment_time", fulfilment_time.is_none()),
        ("fallback", fallback.is_none()),
    ];
    if wrong.iter().any(|(key, absent)| *absent && table.has(key)) {
        return None;
    }
    if fallback == Some(Fallback::Wait) && fulfilment.is_some_and(|met| met < 0.01) {
        let expected = "0.01 or more, where requests are repeated until they are met";
        table.reject("fulfilment", expected, "write fallback = \"on-demand\"");
        return None;
    }
    let mut assumed = interruptions.assumed.borrow().clone();
    let mut assume = |key: &str, value: String, why: &str| {
        if !table.has(key) {
            assumed.push(Assumption {
                key: table.path_of(key),
                value,
                why: why.to_owned(),
                effect: None,
            });
        }
    };
    let spot = Spot {
        correlation: correlation.unwrap_or(0.5),
        fulfilment: fulfilment.unwrap_or(1.0),
        fulfilment_time: fulfilment_time.unwrap_or(DurationLaw::fixed(Seconds::ZERO)),
        fallback: fallback.unwrap_or(Fallback::OnDemand),
        assumptions: Vec::new(),
    };
    let together = "half of the interruptions take all hosts of a type and zone at once";
    assume("correlation", spot.correlation.to_string(), together);
    let met = "not given: every request for a spot host is met";
    assume("fulfilment", spot.fulfilment.to_string(), met);
    let time = duration::written_law(spot.fulfilment_time);
    assume("fulfilment_time", time, "not given: within the boot");
    if spot.fulfilment < 1.0 {
        let why = "an on-demand host where a request is not met";
        assume("fallback", "on-demand".to_owned(), why);
    }
    let lists_spot = matches!(capacity, Some(Capacity::Hosts(cluster))
        if cluster.hosts.iter().any(|group| group.purchase == Purchase::Spot));
    if lists_spot || (prescale.hosts > 0 && prescale.spot_share > 0.0) {
        table.notes.assumptions.borrow_mut().extend(assumed);
        Some(spot)
    } else {
        Some(Spot {
            assumptions: assumed,
            ..spot
        })
    }
}
