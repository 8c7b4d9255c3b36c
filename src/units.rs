//! Which quantities there are: durations, money, shares. Each is its own type, so that a percent,
//! a count, a duration and a sum of money cannot be mixed up; only products with a meaning exist.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::Serialize;

/// Hours in a month, by the convention of cloud price lists \[h\].
pub const HOURS_PER_MONTH: f64 = 730.0;

/// Hours in a day \[h\].
pub const HOURS_PER_DAY: f64 = 24.0;

/// Seconds in an hour \[s\].
pub const SECONDS_PER_HOUR: f64 = 3600.0;

/// Minutes in a month \[min\].
pub const MINUTES_PER_MONTH: f64 = HOURS_PER_MONTH * 60.0;

/// Days in a month of [`HOURS_PER_MONTH`] hours \[d\].
pub const DAYS_PER_MONTH: f64 = HOURS_PER_MONTH / 24.0;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(0.0);

            /// The larger of two.
            #[must_use]
            pub fn max(self, other: Self) -> Self {
                Self(self.0.max(other.0))
            }

            /// The smaller of two.
            #[must_use]
            pub fn min(self, other: Self) -> Self {
                Self(self.0.min(other.0))
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                Self(items.map(|item| item.0).sum())
            }
        }
    };
}

quantity! {
    /// A duration \[s\].
    Seconds
}
quantity! {
    /// A sum of money \[USD\].
    Usd
}
quantity! {
    /// A price for an hour of something \[USD/h\].
    UsdPerHour
}

quantity! {
    /// A hazard: expected events for an hour of exposure \[1/h\].
    PerHour
}

quantity! {
    /// A share of a whole, from 0 to 1.
    Share
}

impl PerHour {
    /// The constant hazard of what strikes a share f of those exposed in a month, 0 ≤ f < 1.
    ///
    /// # Formula
    /// λ = −ln(1 − f) / 730
    #[must_use]
    pub fn of_monthly_share(share: f64) -> Self {
        Self(-(-share).ln_1p() / HOURS_PER_MONTH)
    }

    /// The hazard for a second of exposure \[1/s\].
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.0 / 3600.0
    }

    /// The probability that it strikes within a duration, exact also where it is small.
    ///
    /// # Formula
    /// 1 − exp(−λt)
    #[must_use]
    pub fn strikes_within(self, duration: Seconds) -> f64 {
        -(-self.0 * duration.hours()).exp_m1()
    }
}

impl Seconds {
    /// The same duration in minutes \[min\].
    #[must_use]
    pub fn minutes(self) -> f64 {
        self.0 / 60.0
    }

    /// The same duration in hours \[h\].
    #[must_use]
    pub fn hours(self) -> f64 {
        self.0 / 3600.0
    }
}

impl UsdPerHour {
    /// What a number of hours costs.
    #[must_use]
    pub fn for_hours(self, hours: f64) -> Usd {
        Usd(self.0 * hours)
    }

    /// What a whole month costs.
    #[must_use]
    pub fn for_month(self) -> Usd {
        self.for_hours(HOURS_PER_MONTH)
    }
}

/// Seconds below two minutes, minutes with one decimal above: `45 s`, `19.9 min`.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = Self(self.0.abs());
        if length.0 < 119.5 {
            // What rounds to nothing has no sign.
            let sign = if length.0 < 0.5 { 0.0 } else { self.0 };
            signed(f, sign, format_args!("{:.0} s", length.0))
        } else {
            signed(f, self.0, format_args!("{:.1} min", length.minutes()))
        }
    }
}

/// What is below zero has a minus sign, not a hyphen.
fn signed(f: &mut fmt::Formatter<'_>, number: f64, size: fmt::Arguments<'_>) -> fmt::Result {
    let sign = if number < 0.0 { "−" } else { "" };
    write!(f, "{sign}{size}")
}

/// Cents, and four decimals where cents would hide it: `12.30 USD`, `0.0042 USD`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = self.0.abs();
        if sum > 0.0 && sum < 0.1 {
            signed(f, self.0, format_args!("{sum:.4} USD"))
        } else {
            signed(f, self.0, format_args!("{sum:.2} USD"))
        }
    }
}

/// Percent with the decimals that tell it from all of it, four at most, as no model of a deployment
/// knows more: `97.1 %`, `99.9996 %`, `> 99.9999 %`. The alternate form has as many as it takes, for
/// what is held against a limit.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        if percent >= 100.0 {
            return f.write_str("100 %");
        }
        let most = if f.alternate() { 9 } else { 4 };
        let mut texts = (2..=most).map(|decimals| format!("{percent:.decimals$}"));
        match texts.find(|text| !text.starts_with("100")) {
            Some(text) => write!(f, "{} %", text.trim_end_matches('0').trim_end_matches('.')),
            None => f.write_str("> 99.9999 %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_zero_has_a_minus_sign() {
        assert_eq!(Usd(-22.517).to_string(), "−22.52 USD");
        assert_eq!(Usd(-0.0042).to_string(), "−0.0042 USD");
        assert_eq!(Seconds(-114.2).to_string(), "−114 s");
        assert_eq!(Seconds(-0.3).to_string(), "0 s");
        assert_eq!(Seconds(-240.0).to_string(), "−4.0 min");
        assert_eq!(Usd(-0.0).to_string(), "0.00 USD");
    }

    #[test]
    fn nearly_all_is_not_all() {
        let texts =
            [1.0, 0.9987, 0.999, 0.0, 0.999_996, 0.999_999_4].map(|share| Share(share).to_string());
        let expected = [
            "100 %",
            "99.87 %",
            "99.9 %",
            "0 %",
            "99.9996 %",
            "99.9999 %",
        ];
        assert_eq!(texts, expected);
        // What no model can tell is told only where a limit asks for it.
        let close = Share(0.999_999_999_99);
        assert_eq!(close.to_string(), "> 99.9999 %");
        assert_eq!(format!("{close:#}"), "99.999999999 %");
        assert_eq!(Share(0.999_999_6).to_string(), "> 99.9999 %");
    }
}
