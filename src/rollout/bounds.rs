//! How many tasks must stay healthy and how many may exist, from the desired count and the two
//! percents; and which percents give a bound. Exact integer arithmetic.

/// What round percents are multiples of, the roundest first.
const ROUND: [u32; 5] = [50, 25, 10, 5, 1];

/// The two bounds that a rolling update keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The scheduler never by its own moves lets fewer tasks be healthy.
    pub lower: u32,
    /// The scheduler never starts a task beyond so many.
    pub upper: u32,
}

/// Both bounds of a rolling update on ECS.
///
/// # Formula
/// lower = ⌈desired · minimum / 100⌉, upper = ⌊desired · maximum / 100⌋
/// (Amazon ECS API reference, `DeploymentConfiguration`).
#[must_use]
pub fn bounds(desired: u32, minimum_healthy_percent: u32, maximum_percent: u32) -> Bounds {
    Bounds {
        lower: lower_bound(desired, minimum_healthy_percent),
        upper: upper_bound(desired, maximum_percent),
    }
}

/// Every lower bound that a whole percent from 0 to 100 gives, ascending.
#[must_use]
pub fn distinct_lower_bounds(desired: u32) -> Vec<u32> {
    let mut bounds: Vec<u32> = (0..=100)
        .map(|percent| lower_bound(desired, percent))
        .collect();
    bounds.dedup();
    bounds
}

/// Every upper bound that a whole percent from 100 to 200 gives, ascending.
#[must_use]
pub fn distinct_upper_bounds(desired: u32) -> Vec<u32> {
    let mut bounds: Vec<u32> = (100..=200)
        .map(|percent| upper_bound(desired, percent))
        .collect();
    bounds.dedup();
    bounds
}

/// The roundest minimum healthy percent, 0 to 100, that gives a lower bound; none if no whole
/// percent does.
///
/// Roundest: a multiple of 50, else of 25, 10, 5, 1; the lowest of them.
#[must_use]
pub fn roundest_minimum_healthy_percent(desired: u32, lower: u32) -> Option<u32> {
    roundest(0..=100, |percent| lower_bound(desired, percent) == lower)
}

/// The roundest maximum percent, 100 to 200, that gives an upper bound; none if no whole percent
/// does.
///
/// Roundest: a multiple of 50, else of 25, 10, 5, 1; the lowest of them.
#[must_use]
pub fn roundest_maximum_percent(desired: u32, upper: u32) -> Option<u32> {
    roundest(100..=200, |percent| upper_bound(desired, percent) == upper)
}

/// How round a percent is: 0 for a multiple of 50, then 25, 10, 5, 1.
#[must_use]
pub fn roundness(percent: u32) -> usize {
    ROUND
        .iter()
        .position(|&unit| percent.is_multiple_of(unit))
        .unwrap_or(ROUND.len())
}

fn roundest(
    percents: std::ops::RangeInclusive<u32>,
    gives_the_bound: impl Fn(u32) -> bool,
) -> Option<u32> {
    ROUND.into_iter().find_map(|unit| {
        percents
            .clone()
            .find(|&percent| percent % unit == 0 && gives_the_bound(percent))
    })
}

fn lower_bound(desired: u32, percent: u32) -> u32 {
    narrowed((u64::from(desired) * u64::from(percent)).div_ceil(100))
}

fn upper_bound(desired: u32, percent: u32) -> u32 {
    narrowed(u64::from(desired) * u64::from(percent) / 100)
}

fn narrowed(tasks: u64) -> u32 {
    u32::try_from(tasks).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lower_bound_rounds_up_and_the_upper_bound_down() {
        for (desired, minimum, maximum, lower, upper) in [
            (4, 50, 100, 2, 4),
            (4, 100, 200, 4, 8),
            (2, 75, 100, 2, 2),
            (3, 100, 125, 3, 3),
            (4, 75, 100, 3, 4),
            (5, 0, 100, 0, 5),
            (5, 50, 100, 3, 5),
            (3, 0, 200, 0, 6),
            (2, 100, 200, 2, 4),
            (1, 1, 199, 1, 1),
        ] {
            assert_eq!(
                bounds(desired, minimum, maximum),
                Bounds { lower, upper },
                "{desired} tasks, {minimum}/{maximum}"
            );
        }
    }

    #[test]
    fn the_largest_inputs_saturate() {
        assert_eq!(
            bounds(u32::MAX, u32::MAX, u32::MAX),
            Bounds {
                lower: u32::MAX,
                upper: u32::MAX
            }
        );
        assert_eq!(bounds(u32::MAX, 100, 100).lower, u32::MAX);
    }

    #[test]
    fn the_roundest_percent_is_a_multiple_of_50_if_any_is() {
        assert_eq!(roundest_maximum_percent(3, 4), Some(150));
        assert_eq!(roundest_maximum_percent(4, 5), Some(125));
        assert_eq!(roundest_maximum_percent(10, 11), Some(110));
        assert_eq!(roundest_maximum_percent(20, 21), Some(105));
        assert_eq!(roundest_maximum_percent(50, 51), Some(102));
        assert_eq!(roundest_maximum_percent(1, 2), Some(200));
        assert_eq!(roundest_minimum_healthy_percent(3, 2), Some(50));
        assert_eq!(roundest_minimum_healthy_percent(4, 3), Some(75));
        assert_eq!(roundest_minimum_healthy_percent(10, 9), Some(90));
        assert_eq!(roundest_minimum_healthy_percent(1, 1), Some(50));
        assert_eq!(roundest_minimum_healthy_percent(1, 0), Some(0));
    }

    #[test]
    fn a_bound_between_two_percents_has_none() {
        assert_eq!(roundest_maximum_percent(250, 251), None);
        assert_eq!(roundest_minimum_healthy_percent(250, 249), None);
        assert_eq!(roundest_minimum_healthy_percent(2, 3), None);
    }

    #[test]
    fn few_tasks_have_few_bounds() {
        assert_eq!(distinct_lower_bounds(3), [0, 1, 2, 3]);
        assert_eq!(distinct_upper_bounds(3), [3, 4, 5, 6]);
        assert_eq!(distinct_upper_bounds(1), [1, 2]);
        assert_eq!(distinct_lower_bounds(1000).len(), 101);
    }

    proptest! {
        #[test]
        fn every_pair_of_percents_gives_listed_bounds_and_gets_a_percent_back(
            desired in 0_u32..2000, minimum in 0_u32..=100, maximum in 100_u32..=200,
        ) {
            let given = bounds(desired, minimum, maximum);
            prop_assert!(distinct_lower_bounds(desired).contains(&given.lower));
            prop_assert!(distinct_upper_bounds(desired).contains(&given.upper));
            let rounded = roundest_minimum_healthy_percent(desired, given.lower)
                .zip(roundest_maximum_percent(desired, given.upper));
            prop_assert_eq!(rounded.map(|(low, high)| bounds(desired, low, high)), Some(given));
        }
    }
}
