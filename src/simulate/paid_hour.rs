//! Hours that are paid where a host stays until its paid hour is over: deployments that follow one
//! another, each with the hosts that it finds and those that it has to launch.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;

use super::{Outcome, Played};
use crate::scenario::{Granularity, PaidHour, Scenario};
use crate::units::{HOURS_PER_DAY, SECONDS_PER_HOUR};

/// Deployments that are played for one figure.
const PLAYED: u32 = 400_000;

/// Paid for added hosts in a deployment, on demand and spot: mean \[h\]; absent where the rest of a
/// paid hour is not used again.
#[must_use]
pub fn hours(scenario: &Scenario, played: &Played, seed: u64) -> Option<[f64; 2]> {
    let all = one_after_another(scenario, played, seed)?;
    let sum = all.iter().fold([0.0; 2], |[demand, spot], one| {
        [demand + one.hours[0], spot + one.hours[1]]
    });
    Some(sum.map(|hours| hours / f64::from(PLAYED)))
}

/// A deployment among others, each of which uses what those before have paid.
#[derive(Debug, Clone, Copy)]
pub struct Paid<'a> {
    /// How it went.
    pub run: &'a Outcome,
    /// What it pays for added hosts, on demand and spot \[h\].
    pub hours: [f64; 2],
}

/// Deployments in their order, with what each pays; absent where the rest of a paid hour is not used
/// again.
///
/// Deployments come at any moment of the working time of a day and go on one after another. Each uses
/// the hosts that are still paid for, those first that are so for longest, and launches the others.
/// It has each host as long as it was played, and pays the hours that it begins.
#[must_use]
pub fn one_after_another<'a>(
    scenario: &Scenario,
    played: &'a Played,
    seed: u64,
) -> Option<Vec<Paid<'a>>> {
    let billing = &scenario.billing;
    let reuses = billing.granularity == Granularity::Hour && billing.paid_hour == PaidHour::Reused;
    let per_day = scenario
        .deployment
        .per_day
        .filter(|&per_day| per_day > 0.0)?;
    if !reuses || played.good.is_empty() {
        return None;
    }
    let window = scenario.deployment.window_hours();
    let fails = scenario.deployment.failure.rate;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut hosts = [PaidHosts::default(), PaidHosts::default()];
    let mut worked = 0.0;
    let mut free_from: f64 = 0.0;
    let mut all = Vec::with_capacity(PLAYED as usize);
    for _ in 0..PLAYED {
        worked += -(1.0 - rng.random::<f64>()).ln() * window / per_day;
        let days: f64 = (worked / window).floor();
        let asked: f64 = days * HOURS_PER_DAY + (worked - days * window);
        let begins = asked.max(free_from);
        let bad = !played.bad.is_empty() && rng.random::<f64>() < fails;
        let of = if bad { &played.bad } else { &played.good };
        let run = &of[rng.random_range(0..of.len())];
        let mut paid = [0.0; 2];
        for (kind, hosts) in hosts.iter_mut().enumerate() {
            let count = run.added_hosts[kind];
            if count > 0 {
                let each = run.there_for[kind] / f64::from(count) / SECONDS_PER_HOUR;
                paid[kind] = hosts.used(begins, count, each);
                free_from = free_from.max(begins + each);
            }
        }
        all.push(Paid { run, hours: paid });
    }
    Some(all)
}

/// Hosts of one kind.
#[derive(Default)]
struct PaidHosts {
    /// Until when each that may still be there is paid \[h\].
    until: Vec<f64>,
}

impl PaidHosts {
    /// So many are needed from a moment on for as long: what is paid for them \[h\].
    fn used(&mut self, from: f64, count: u32, long: f64) -> f64 {
        self.until.retain(|&until| until > from);
        self.until.sort_by(|a, b| b.total_cmp(a));
        self.until
            .resize(self.until.len().max(count as usize), from);
        let mut paid = 0.0;
        for until in self.until.iter_mut().take(count as usize) {
            let more = (from + long - *until - 1e-9).ceil().max(0.0);
            *until += more;
            paid += more;
        }
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::PaidHosts;

    #[test]
    fn what_is_paid_is_used_before_more_is() {
        let mut hosts = PaidHosts::default();
        let mut paid_for = |from, count, long| hosts.used(from, count, long);
        // Two hosts for 20 min: two hours. One of them again after 30 min, until the end of its hour;
        // at 50 min both, of which one hour is over after 10 min and the other too.
        assert!((paid_for(0.0, 2, 1.0 / 3.0) - 2.0).abs() < 1e-9);
        assert!(paid_for(0.5, 1, 0.5).abs() < 1e-9);
        assert!((paid_for(50.0 / 60.0, 2, 0.5) - 2.0).abs() < 1e-9);
        // These are paid until 2 h; at 3 h nothing is left.
        assert!(paid_for(1.5, 2, 0.5).abs() < 1e-9);
        assert!((paid_for(3.0, 1, 1.5) - 2.0).abs() < 1e-9);
    }
}
