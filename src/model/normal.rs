//! The standard normal law, fast: laws are interpolated by its quantiles, which are asked for
//! hundreds of times for one option.

use std::sync::LazyLock;

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::law::as_f64;

/// Beyond this quantile a probability is none.
const END: f64 = 8.0;

/// Knots of the table in a unit.
const KNOTS: f64 = 32.0;

/// The distribution function and the density at each knot, from −END on.
static TABLE: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| {
    let law = Normal::standard();
    let mut at = -END;
    let mut table = Vec::new();
    while at <= END {
        table.push([law.cdf(at), law.pdf(at)]);
        at += 1.0 / KNOTS;
    }
    table
});

/// Probability of at most a standard normal quantile, to 1e-8.
///
/// # Formula
/// Cubic pieces through the table with its slopes.
#[inline]
pub(super) fn below(normal: f64) -> f64 {
    if normal <= -END {
        return 0.0;
    }
    let place = (normal + END) * KNOTS;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index that is not negative"
    )]
    let i = place as usize;
    let table = &**TABLE;
    let (Some([from, slope]), Some([to, next])) = (table.get(i), table.get(i + 1)) else {
        return 1.0;
    };
    let t = place - as_f64(i);
    let u = 1.0 - t;
    u * u * ((1.0 + 2.0 * t) * from + t / KNOTS * slope)
        + t * t * ((3.0 - 2.0 * t) * to - u / KNOTS * next)
}

/// Density of the standard normal law.
pub(super) fn density(at: f64) -> f64 {
    (-at * at / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

/// Mean of a normal quantity where it is above nothing, and of nothing elsewhere.
///
/// # Formula
/// E X⁺ = μ Φ(μ / σ) + σ φ(μ / σ).
pub(super) fn mean_above_zero(mean: f64, deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return mean.max(0.0);
    }
    let at = mean / deviation;
    mean * below(at) + deviation * density(at)
}

/// Standard normal quantile of a probability, to 1e-8; infinite for none or all, but for what is
/// lost in rounding.
///
/// # Formula
/// Acklam's rational approximations.
pub(super) fn quantile(chance: f64) -> f64 {
    const CENTRE: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const BELOW: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const TAIL: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const BELOW_TAIL: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    const TAILS_BEGIN: f64 = 0.024_25;
    if chance <= 1e-12 {
        return f64::NEG_INFINITY;
    }
    if chance >= 1.0 - 1e-12 {
        return f64::INFINITY;
    }
    let tail = chance.min(1.0 - chance);
    if tail < TAILS_BEGIN {
        let q = (-2.0 * tail.ln()).sqrt();
        let low = polynomial(&TAIL, q) / polynomial(&BELOW_TAIL, q);
        return if chance < 0.5 { low } else { -low };
    }
    let q = chance - 0.5;
    let r = q * q;
    q * polynomial(&CENTRE, r) / polynomial(&BELOW, r)
}

/// A polynomial from its coefficients, the highest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_nothing() {
        // Of a standard normal one 1 / √(2π); far above it all, far below nothing.
        assert!((mean_above_zero(0.0, 1.0) - 0.398_942_28).abs() < 1e-8);
        assert!((mean_above_zero(20.0, 2.0) - 20.0).abs() < 1e-6);
        assert!(mean_above_zero(-20.0, 2.0).abs() < 1e-6);
        assert!((mean_above_zero(3.0, 0.0) - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_table_is_the_normal_law() {
        let law = Normal::standard();
        for i in -1_000..=1_000 {
            let at = f64::from(i) * 0.0071;
            let found = below(at);
            assert!((found - law.cdf(at)).abs() < 1e-8, "{at}: {found}");
            let chance = law.cdf(at);
            if (1e-11..1.0 - 1e-11).contains(&chance) {
                let found = quantile(chance);
                assert!(
                    (found - law.inverse_cdf(chance)).abs() < 1e-7,
                    "{at}: {found}"
                );
            }
        }
        assert!(below(-40.0).abs() < f64::EPSILON && (below(40.0) - 1.0).abs() < f64::EPSILON);
        assert!(quantile(0.0).is_infinite() && quantile(1.0).is_infinite());
    }
}
