//! How many starts a set of independent units of room has had: sums of small counts, by their
//! generating polynomials.
//!
//! A [`Counts`] holds, for one kind of unit, the probability of each count at one moment. What is
//! asked is always a coefficient of a product of powers of such polynomials: exactly for a few
//! units, by exponential tilting (the saddle point of the product) for many.

/// Probabilities of the counts `first`, `first + 1`, … of one unit; they may sum to less than
/// one where further conditions cut some of the mass.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// The smallest count.
    pub first: u32,
    /// Probability of each count from there.
    pub mass: Vec<f64>,
}

/// The tilt that moves the expected total of all units to `target`.
///
/// # Formula
/// The root u of Σ m · (ln P)'(u) = target, P(u) = Σ pₙ eⁿᵘ; limited to ±60, beyond which the
/// total is certain.
pub fn tilt(units: &[(u32, &Counts)], target: f64) -> f64 {
    let expected = |u: f64| -> (f64, f64) {
        units
            .iter()
            .fold((0.0, 0.0), |(mean, slope), (size, counts)| {
                let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
                for (i, m) in (0u32..).zip(&counts.mass) {
                    let n = f64::from(i);
                    let w = m * (u * n).exp();
                    s0 += w;
                    s1 += w * n;
                    s2 += w * n * n;
                }
                let size = f64::from(*size);
                let unit_mean = s1 / s0;
                (
                    mean + size * (f64::from(counts.first) + unit_mean),
                    slope + size * (s2 / s0 - unit_mean * unit_mean),
                )
            })
    };
    let (mut low, mut high, mut u) = (-60.0, 60.0, 0.0);
    for _ in 0..60 {
        let (mean, slope) = expected(u);
        let off = mean - target;
        if off.abs() < 1e-7 {
            break;
        }
        if off > 0.0 {
            high = u;
        } else {
            low = u;
        }
        let newton = u - off / slope;
        u = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if high - low < 1e-9 {
            break;
        }
    }
    u
}

/// Σ mₙ eᵘⁿ, n from 0 on.
fn transform(mass: impl IntoIterator<Item = f64>, u: f64) -> f64 {
    let base = u.exp();
    let mut power = 1.0;
    let mut sum = 0.0;
    for m in mass {
        sum += m * power;
        power *= base;
    }
    sum
}

/// ln Σ pₙ eᵘⁿ, the count taken from `first` on.
pub fn log_transform(counts: &Counts, u: f64) -> f64 {
    transform(counts.mass.iter().copied(), u).ln()
}

/// Mean and variance of a tilted count, from `first` on.
pub fn tilted_moments(counts: &Counts, u: f64) -> (f64, f64) {
    let base = u.exp();
    let (mut power, mut n) = (1.0, 0.0);
    let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
    for m in &counts.mass {
        let w = m * power;
        s0 += w;
        s1 += w * n;
        s2 += w * n * n;
        power *= base;
        n += 1.0;
    }
    let mean = s1 / s0;
    (mean, s2 / s0 - mean * mean)
}

/// Upper bound on the logarithm of the probability that the total reaches `target` from below
/// its mean, or stays at it from above (Chernoff).
pub fn log_chance_bound(units: &[(u32, &Counts)], target: f64) -> f64 {
    let (mut least, mut most) = (0.0, 0.0);
    for (size, counts) in units {
        let width = f64::from(u32::try_from(counts.mass.len()).unwrap_or(u32::MAX)) - 1.0;
        least += f64::from(*size) * f64::from(counts.first);
        most += f64::from(*size) * (f64::from(counts.first) + width);
    }
    if target < least || target > most {
        return f64::NEG_INFINITY;
    }
    let u = tilt(units, target);
    units
        .iter()
        .map(|(size, counts)| {
            f64::from(*size) * (log_transform(counts, u) + u * f64::from(counts.first))
        })
        .sum::<f64>()
        - u * target
}

/// A polynomial in the total count, and in the number of units that are marked.
#[derive(Debug, Clone)]
pub struct Product {
    /// The total count of the first row.
    base: u32,
    /// Rows: total counts beyond `base`.
    rows: usize,
    /// Columns: 0 to `marks` marked units.
    columns: usize,
    coefficients: Vec<f64>,
}

impl Product {
    /// The empty product, wide enough for totals up to `highest`.
    pub fn one(base: u32, highest: u32, marks: usize) -> Self {
        let rows = (highest.saturating_sub(base) + 1) as usize;
        let columns = marks + 1;
        let mut coefficients = vec![0.0; rows * columns];
        coefficients[0] = 1.0;
        Self {
            base,
            rows,
            columns,
            coefficients,
        }
    }

    /// Back to the empty product, for other totals.
    pub fn reset(&mut self, base: u32, highest: u32) {
        self.base = base;
        self.rows = (highest.saturating_sub(base) + 1) as usize;
        self.coefficients.clear();
        self.coefficients.resize(self.rows * self.columns, 0.0);
        self.coefficients[0] = 1.0;
    }

    /// Times the polynomial of one unit: its counts unmarked, and marked.
    pub fn multiply(&mut self, plain: &[f64], marked: &[f64]) {
        // From the last coefficient down, so that each is made from ones not yet replaced.
        for row in (0..self.rows).rev() {
            for column in (0..self.columns).rev() {
                let mut sum = 0.0;
                for (n, p) in plain.iter().enumerate().take(row + 1) {
                    sum += p * self.coefficients[(row - n) * self.columns + column];
                }
                if column > 0 {
                    for (n, p) in marked.iter().enumerate().take(row + 1) {
                        sum += p * self.coefficients[(row - n) * self.columns + column - 1];
                    }
                }
                self.coefficients[row * self.columns + column] = sum;
            }
        }
    }

    /// Probability of exactly `total`, with at most `marks` marked units.
    pub fn at(&self, total: u32, marks: usize) -> f64 {
        let Some(row) = total.checked_sub(self.base).map(|row| row as usize) else {
            return 0.0;
        };
        if row >= self.rows {
            return 0.0;
        }
        let from = row * self.columns;
        let to = from + (marks + 1).min(self.columns);
        self.coefficients[from..to].iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_coins_is_binomial() {
        let mut product = Product::one(3, 6, 0);
        for _ in 0..3 {
            product.multiply(&[0.5, 0.5], &[]);
        }
        let chances: Vec<f64> = (3..=6).map(|total| product.at(total, 0)).collect();
        assert_eq!(chances, [0.125, 0.375, 0.375, 0.125]);
        assert!(product.at(2, 0).abs() < f64::EPSILON);
        assert!(product.at(7, 0).abs() < f64::EPSILON);
    }

    #[test]
    fn marks_are_counted() {
        let mut product = Product::one(0, 2, 1);
        for _ in 0..2 {
            product.multiply(&[0.0, 0.75], &[0.0, 0.25]);
        }
        assert!((product.at(2, 0) - 0.5625).abs() < 1e-15);
        assert!((product.at(2, 1) - 0.9375).abs() < 1e-15);
    }

    #[test]
    fn tilt_moves_the_mean() {
        let coin = Counts {
            first: 1,
            mass: vec![0.5, 0.5],
        };
        // Ten coins tilted to a total of 18: e^u / (1 + e^u) = 0.8.
        let u = tilt(&[(10, &coin)], 18.0);
        assert!((u - 4.0_f64.ln()).abs() < 1e-6);
        // P(Bin(10, 1/2) ≥ 8) = 56/1024 lies below the bound.
        assert!(log_chance_bound(&[(10, &coin)], 18.0) > (56.0_f64 / 1024.0).ln());
        let beyond = log_chance_bound(&[(10, &coin)], 21.0);
        assert!(beyond.is_infinite() && beyond < 0.0);
    }
}
