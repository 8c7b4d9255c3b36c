//! How many hosts a shared pool needs where deployments begin at any time: few overlap, so the pool
//! holds the p99 of what is needed at once and not the sum.
//!
//! Deployments of a service are a Poisson process and hold their hosts for a while. The number under
//! way at a random moment is then Poisson with the mean ρ = rate × holding time, whatever the law of
//! the holding time (M/G/∞), and the hosts needed at once are a compound Poisson sum.

/// Probability with which the pool may be too small at a random moment.
pub const OVERFLOW: f64 = 0.01;

/// One service's claim on a shared pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Mean number of its deployments under way: deployments per hour × hours each holds its hosts.
    pub load: f64,
    /// Hosts that each of them needs.
    pub hosts: u32,
}

/// A bound on the p99 of the hosts needed at once that is a sum over services.
///
/// # Formula
/// Chernoff's bound: P(N > H) ≤ exp(Λ(θ) − θH) with Λ(θ) = Σ ρ (e^{θh} − 1), for any θ > 0. So
/// H = Σ ρ (e^{θh} − 1)/θ + ln(1/ε)/θ is enough: the first terms are the *effective bandwidths* of the
/// services, the last one is a reserve that all share (F. P. Kelly, Notes on effective bandwidths,
/// 1996).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveHosts {
    /// θ, per host.
    tilt: f64,
}

impl EffectiveHosts {
    /// The bound that is tightest for a mix of claims.
    #[must_use]
    pub fn tightest(claims: &[Claim]) -> Self {
        let mut best = (f64::INFINITY, Self { tilt: 1.0 });
        // The bound is convex in 1/θ; a fine geometric grid finds it to a fraction of a percent.
        for step in 0..160 {
            let bound = Self {
                tilt: 1e-3 * 1.08_f64.powi(step),
            };
            let hosts = bound.reserve() + claims.iter().map(|claim| bound.of(*claim)).sum::<f64>();
            if hosts < best.0 {
                best = (hosts, bound);
            }
        }
        best.1
    }

    /// What one claim adds to the bound \[hosts\].
    #[must_use]
    pub fn of(self, claim: Claim) -> f64 {
        claim.load * (self.tilt * f64::from(claim.hosts)).exp_m1() / self.tilt
    }

    /// What all claims share \[hosts\].
    #[must_use]
    pub fn reserve(self) -> f64 {
        -OVERFLOW.ln() / self.tilt
    }
}

/// The p99 of the hosts needed at once: the smallest pool that is too small with at most
/// [`OVERFLOW`].
///
/// # Formula
/// Panjer's recursion for a compound Poisson sum: n·p(n) = Σ ρ h p(n − h), from p(0) = exp(−Σ ρ),
/// scaled where that underflows.
#[must_use]
pub fn pool_hosts(claims: &[Claim]) -> u32 {
    let mut rate_of: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
    for claim in claims
        .iter()
        .filter(|claim| claim.hosts > 0 && claim.load > 0.0)
    {
        *rate_of.entry(claim.hosts).or_default() += claim.load;
    }
    let load: f64 = rate_of.values().sum();
    if load <= 0.0 {
        return 0;
    }
    // p(n) is kept as mass · e^scale, so that the first term may be as small as e^−load.
    let mut scale = -load;
    let mut mass: Vec<f64> = vec![1.0];
    let mut below = scale.exp();
    let mut n = 0_u32;
    while below < 1.0 - OVERFLOW {
        n += 1;
        let sum: f64 = rate_of
            .iter()
            .take_while(|(hosts, _)| **hosts <= n)
            .map(|(hosts, rate)| rate * f64::from(*hosts) * mass[(n - hosts) as usize])
            .sum();
        let next = sum / f64::from(n);
        mass.push(next);
        if next > 1e200 {
            for value in &mut mass {
                *value *= 1e-200;
            }
            scale += 200.0 * std::f64::consts::LN_10;
        }
        below += mass[n as usize] * scale.exp();
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{DiscreteCDF, Poisson};

    #[test]
    fn without_claims_no_host_is_needed() {
        assert_eq!(pool_hosts(&[]), 0);
        let idle = Claim {
            load: 0.0,
            hosts: 4,
        };
        assert_eq!(pool_hosts(&[idle]), 0);
    }

    #[test]
    fn a_rare_deployment_needs_no_pool_at_99_percent() {
        // Under way for 0.5 % of the time: P(N > 0) = 0.005.
        let rare = Claim {
            load: 0.005,
            hosts: 4,
        };
        assert_eq!(pool_hosts(&[rare]), 0);
        let often = Claim {
            load: 0.02,
            hosts: 4,
        };
        assert_eq!(pool_hosts(&[often]), 4);
    }

    #[test]
    fn single_hosts_are_a_poisson_number() {
        for load in [0.3, 4.0, 60.0, 900.0, 3000.0] {
            let expected = Poisson::new(load).unwrap().inverse_cdf(0.99);
            assert_eq!(u64::from(pool_hosts(&[Claim { load, hosts: 1 }])), expected);
        }
    }

    #[test]
    fn two_services_by_hand() {
        // ρ = 0.1 each with 1 and 2 hosts: p(0) = e^−0.2 = 0.8187, p(1) = 0.0819,
        // p(2) = (0.1·0.0819 + 0.2·0.8187)/2 = 0.0860, p(3) = (0.1·0.0860 + 0.2·0.0819)/3 = 0.0083;
        // up to 2: 0.9866, up to 3: 0.9949.
        let claims = [1, 2].map(|hosts| Claim { load: 0.1, hosts });
        assert_eq!(pool_hosts(&claims), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_bound_is_above_the_p99(
            claims in prop::collection::vec((0.001..3.0_f64, 1_u32..20), 1..12)
        ) {
            let claims: Vec<Claim> = claims
                .into_iter()
                .map(|(load, hosts)| Claim { load, hosts })
                .collect();
            let bound = EffectiveHosts::tightest(&claims);
            let enough = bound.reserve() + claims.iter().map(|c| bound.of(*c)).sum::<f64>();
            prop_assert!(f64::from(pool_hosts(&claims)) <= enough.ceil());
        }

        #[test]
        fn one_more_claim_never_needs_fewer_hosts(
            claims in prop::collection::vec((0.001..3.0_f64, 1_u32..20), 1..8)
        ) {
            let claims: Vec<Claim> = claims
                .into_iter()
                .map(|(load, hosts)| Claim { load, hosts })
                .collect();
            prop_assert!(pool_hosts(&claims[1..]) <= pool_hosts(&claims));
        }
    }
}
