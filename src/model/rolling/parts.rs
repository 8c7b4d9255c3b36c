//! Parts of a law that are apart from each other: the last start comes in one round or another.

use std::ops::Range;

/// Masses fall to this share of the lower one of two peaks between parts that are apart.
const VALLEY: f64 = 0.1;

/// The least probability of a part.
const LEAST: f64 = 0.002;

/// The intervals of a law, by their masses in order, that are apart: divided where the masses are
/// least between two peaks. What is next to nothing belongs to the part before it.
pub(super) fn parts(masses: impl Iterator<Item = f64>) -> Vec<Range<usize>> {
    let mut parts: Vec<(Range<usize>, f64)> = Vec::new();
    let mut begin = 0;
    // Since the part began: its probability and peak, and since the peak the least mass.
    let (mut sum, mut peak) = (0.0, 0.0_f64);
    let (mut least, mut valley, mut at_valley) = (f64::INFINITY, 0, 0.0);
    let mut end = 0;
    for (i, mass) in masses.enumerate() {
        end = i + 1;
        if mass < least {
            (least, valley, at_valley) = (mass, i, sum);
        }
        if at_valley >= LEAST && mass.min(peak) * VALLEY > least {
            parts.push((begin..valley, at_valley));
            (begin, sum, peak) = (valley, sum - at_valley, 0.0);
        }
        sum += mass;
        if mass > peak {
            (peak, least, at_valley) = (mass, f64::INFINITY, 0.0);
        }
    }
    match parts.last_mut() {
        Some((before, _)) if sum < LEAST => before.end = end,
        _ => parts.push((begin..end, sum)),
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(masses: &[f64]) -> Vec<[usize; 2]> {
        let parts = parts(masses.iter().copied()).into_iter();
        parts.map(|part| [part.start, part.end]).collect()
    }

    #[test]
    fn one_peak_is_one_part_and_a_dent_does_not_divide_it() {
        assert_eq!(parts_of(&[0.1, 0.4, 0.4, 0.1]), [[0, 4]]);
        assert_eq!(parts_of(&[0.2, 0.3, 0.1, 0.3, 0.1]), [[0, 5]]);
        assert_eq!(parts_of(&[1.0]), [[0, 1]]);
    }

    #[test]
    fn peaks_with_nothing_between_are_apart() {
        let masses = [0.1, 0.5, 0.1, 0.001, 0.0, 0.001, 0.2, 0.098];
        assert_eq!(parts_of(&masses), [[0, 4], [4, 8]]);
        assert_eq!(
            parts_of(&[0.3, 0.0, 0.3, 0.0, 0.4]),
            [[0, 1], [1, 3], [3, 5]]
        );
    }

    #[test]
    fn what_is_next_to_nothing_is_no_part() {
        assert_eq!(parts_of(&[0.0005, 0.0, 0.5, 0.4995]), [[0, 4]]);
        assert_eq!(parts_of(&[0.5, 0.499, 0.0, 0.001]), [[0, 4]]);
    }
}
