//! Points that fill the space of independent chances evenly, to average over them.
//!
//! # Formula
//! The rank-1 lattice rule of Korobov (1959): coordinate d of point k is k · gᵈ mod n over n, with g
//! such that any two of nearby coordinates fill their square evenly; each coordinate is shifted by
//! another number, as in point 0 all would be smallest (Cranley and Patterson, 1976). Each coordinate
//! takes each of n values once.

use crate::model::law::Law;

/// Points of the lattice, a prime.
pub const POINTS: usize = 509;

/// Of all primitive roots modulo the points the one with which the means of the product and of the
/// larger of two coordinates, up to 32 apart, are nearest to those of independent ones.
const GENERATOR: usize = 27;

/// After so many coordinates a point goes on as another one.
const COORDINATES: usize = POINTS - 1;

/// How far away that other one is, and how much farther each coordinate is shifted.
const SHIFT: usize = 197;

/// Powers of the generator.
pub struct Lattice([usize; COORDINATES]);

impl Lattice {
    /// The lattice.
    #[must_use]
    pub fn new() -> Self {
        let mut power = 1;
        Self(std::array::from_fn(|_| {
            let now = power;
            power = power * GENERATOR % POINTS;
            now
        }))
    }

    /// Which of the values a coordinate of a point takes.
    #[must_use]
    pub fn value(&self, point: usize, coordinate: usize) -> usize {
        let (again, coordinate) = (coordinate / COORDINATES, coordinate % COORDINATES);
        ((point + again * SHIFT) * self.0[coordinate] + coordinate * SHIFT) % POINTS
    }
}

/// The middles of as many equally likely parts of a law as there are points, from the smallest.
pub struct Quantiles(Vec<f64>);

impl Quantiles {
    /// Those of a law, with its mean.
    #[must_use]
    pub fn of(law: &Law) -> Self {
        let quantiles: Vec<f64> = (0..POINTS).map(|i| law.quantile(chance(i))).collect();
        let off = law.mean() - quantiles.iter().sum::<f64>() / chance_of_all();
        Self(quantiles.iter().map(|value| value + off).collect())
    }

    /// The value at a coordinate of a point.
    #[must_use]
    pub fn at(&self, value: usize) -> f64 {
        self.0[value]
    }
}

/// The middle of a part, as a chance.
#[must_use]
pub fn chance(value: usize) -> f64 {
    (as_f64(value) + 0.5) / chance_of_all()
}

fn chance_of_all() -> f64 {
    as_f64(POINTS)
}

fn as_f64(value: usize) -> f64 {
    f64::from(u16::try_from(value).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coordinate_takes_each_value_and_two_are_as_independent_ones() {
        let lattice = Lattice::new();
        for coordinate in [0, 1, 7, COORDINATES + 3] {
            let mut values: Vec<usize> =
                (0..POINTS).map(|k| lattice.value(k, coordinate)).collect();
            values.sort_unstable();
            assert!(values.iter().copied().eq(0..POINTS));
        }
        // E[max] of two independent uniform numbers is 2/3.
        for other in 1..=32 {
            let largest = |k| chance(lattice.value(k, 0).max(lattice.value(k, other)));
            let mean = (0..POINTS).map(largest).sum::<f64>() / chance_of_all();
            assert!((mean - 2.0 / 3.0).abs() < 0.02, "{other}: {mean}");
        }
    }

    #[test]
    fn quantiles_keep_the_mean() {
        let quantiles = Quantiles::of(&Law::uniform(30.0, 0.1));
        let mean = quantiles.0.iter().sum::<f64>() / chance_of_all();
        assert!((mean - 15.0).abs() < 1e-9);
        assert!((quantiles.at(254) - 15.0).abs() < 0.1);
    }
}
