//! The values of a table that have a default; where it is taken, that is an assumption.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::duration;
use super::table::Table;
use crate::scenario::{Assumption, DurationLaw};
use crate::units::Seconds;

impl Table<'_> {
    /// Notes that an input was not given, and what was taken.
    pub(crate) fn add_assumption(&self, assumption: Assumption) {
        self.notes.assumptions.borrow_mut().push(assumption);
    }

    /// Notes what is taken for a key that is not given.
    pub(crate) fn assume(&self, key: &str, value: impl Display, why: &str) {
        self.notes.assumptions.borrow_mut().push(Assumption {
            key: self.path_of(key),
            value: value.to_string(),
            why: why.to_owned(),
            effect: None,
        });
    }

    /// A whole number; absent: the default, as an assumption.
    pub(super) fn integer_or(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        default: u32,
        why: &str,
    ) -> u32 {
        self.integer(key, range)
            .unwrap_or_else(|| self.assumed(key, default, &default, why))
    }

    /// A number that is 0 or more; absent: 0, as an assumption.
    pub(super) fn amount_or_zero(&self, key: &str, why: &str) -> f64 {
        self.amount(key)
            .unwrap_or_else(|| self.assumed(key, 0.0, &0, why))
    }

    /// One of several names; absent: the first, as an assumption.
    pub(super) fn choice_or_first<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        why: &str,
    ) -> Option<T> {
        if self.has(key) {
            return self.choice(key, choices);
        }
        choices
            .first()
            .map(|(name, first)| self.assumed(key, *first, name, why))
    }

    /// A fixed duration; absent: the default, as an assumption.
    pub(super) fn seconds_or(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        default: f64,
        why: &str,
    ) -> Seconds {
        let default = Seconds(default);
        self.seconds(key, range)
            .unwrap_or_else(|| self.assumed(key, default, &duration::written(default), why))
    }

    /// A duration that may vary; absent: the default, as an assumption.
    pub(super) fn law_or(&self, key: &str, default: DurationLaw, why: &str) -> DurationLaw {
        self.law(key)
            .unwrap_or_else(|| self.assumed(key, default, &duration::written_law(default), why))
    }

    fn assumed<T>(&self, key: &str, default: T, written: &dyn Display, why: &str) -> T {
        self.assume(key, written, why);
        default
    }
}
