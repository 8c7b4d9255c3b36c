//! Products of a few generating polynomials: coefficients of the total of starts, and of the
//! number of units that are marked.

/// A polynomial in the total count, and in the number of units that are marked.
#[derive(Debug, Clone, Default)]
pub(super) struct Product {
    /// Totals from 0 on.
    rows: usize,
    /// 0 to so many marked units.
    columns: usize,
    coefficients: Vec<f64>,
}

impl Product {
    /// Back to the empty product, for totals and marks up to these.
    pub(super) fn reset(&mut self, highest: u32, marks: u32) {
        self.rows = highest as usize + 1;
        self.columns = marks as usize + 1;
        self.coefficients.clear();
        self.coefficients.resize(self.rows * self.columns, 0.0);
        self.coefficients[0] = 1.0;
    }

    /// Times the polynomial of one unit: its counts unmarked, and marked.
    pub(super) fn multiply(&mut self, plain: &[f64], marked: &[f64]) {
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
    pub(super) fn at(&self, total: u32, marks: u32) -> f64 {
        let row = total as usize;
        if row >= self.rows {
            return 0.0;
        }
        let from = row * self.columns;
        let to = from + (marks as usize + 1).min(self.columns);
        self.coefficients[from..to].iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_coins_is_binomial() {
        let mut product = Product::default();
        product.reset(3, 0);
        for _ in 0..3 {
            product.multiply(&[0.5, 0.5], &[]);
        }
        let chances: Vec<f64> = (0..=3).map(|total| product.at(total, 0)).collect();
        assert_eq!(chances, [0.125, 0.375, 0.375, 0.125]);
        assert!(product.at(4, 0).abs() < f64::EPSILON);
    }

    #[test]
    fn marks_are_counted() {
        let mut product = Product::default();
        product.reset(2, 1);
        for _ in 0..2 {
            product.multiply(&[0.0, 0.75], &[0.0, 0.25]);
        }
        assert!((product.at(2, 0) - 0.5625).abs() < 1e-15);
        assert!((product.at(2, 1) - 0.9375).abs() < 1e-15);
    }
}
