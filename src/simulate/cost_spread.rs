//! What most deployments and most months cost at most, from the bills of single runs.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use super::cost::cost;
use super::statistics::{Sampled, sampled};
use super::{Asked, Halt, NoPlace, Outcome, Played, Prepared, Setup, outcomes, paid_hour};
use crate::scenario::Scenario;

/// Months that are put together from the runs.
const MONTHS: usize = 20_000;

/// How cost varies from deployment to deployment and from month to month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostSpread {
    /// What one deployment adds \[USD\].
    pub per_deployment: Sampled,
    /// What a month costs, of as many deployments as there are in one, drawn from the runs
    /// \[USD\]; absent without deployments per day.
    pub month: Option<Sampled>,
}

/// How cost varies; absent where the deployment is stuck. Where a deployment uses what others have
/// paid, they are played one after another, and a month is some that follow each other.
///
/// # Errors
/// The desired count does not fit on the hosts that stand.
pub fn cost_spread(scenario: &Scenario, asked: Asked) -> Result<Option<CostSpread>, NoPlace> {
    let setup = Setup::of(scenario);
    let prepared = Prepared::of(&setup)?;
    let played: Result<_, Halt> = outcomes(&prepared, asked);
    let Ok(good) = played else {
        return Ok(None);
    };
    let played = Played {
        good,
        bad: Vec::new(),
    };
    let bill = |run: &Outcome, hours| cost(scenario, &setup, |of| of(run), hours);
    let always = played.good.first().map_or(0.0, |run| {
        let bill = bill(run, None);
        bill.serving_usd_per_month.0 + bill.headroom_usd_per_month.0
    });
    let one_after_another = paid_hour::one_after_another(scenario, &played, asked.seed);
    let each: Vec<f64> = if let Some(all) = &one_after_another {
        let paid = all.iter().map(|one| bill(one.run, Some(one.hours)));
        paid.map(|bill| bill.per_deployment_usd.0).collect()
    } else {
        let alone = played.good.iter().map(|run| bill(run, None));
        alone.map(|bill| bill.per_deployment_usd.0).collect()
    };
    let month = scenario.deployment.per_month().map(|deployments| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of deployments"
        )]
        let count = deployments.round() as usize;
        let months = match one_after_another {
            Some(_) => consecutive(&each, count),
            None => independent(&each, count, asked.seed),
        };
        sampled(months.into_iter().map(|month| always + month).collect())
    });
    Ok(Some(CostSpread {
        per_deployment: sampled(each),
        month,
    }))
}

/// Months of so many deployments that follow each other.
fn consecutive(each: &[f64], count: usize) -> Vec<f64> {
    let months = each.chunks(count.max(1)).take(MONTHS);
    months.map(|month| month.iter().sum()).collect()
}

/// Months of so many deployments, drawn from all.
fn independent(each: &[f64], count: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut month = || -> f64 {
        let drawn = (0..count).map(|_| each[rng.random_range(0..each.len())]);
        drawn.sum()
    };
    (0..MONTHS).map(|_| month()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::PaidHour;
    use crate::scenario::read::{Purpose, Syntax, scenario};
    use crate::simulate::simulate;

    #[test]
    fn a_month_with_paid_hours_that_are_used_again_costs_what_the_mean_says() {
        let text = include_str!("../../data/examples/billing-hourly.toml");
        let scenario = scenario(text, Syntax::Toml, Purpose::MonthlyFigures).unwrap();
        for paid_hour in [PaidHour::Reused, PaidHour::Lost] {
            let mut scenario = scenario.clone();
            scenario.prescale.hosts = 2;
            scenario.deployment.per_day = Some(12.0);
            scenario.billing.paid_hour = paid_hour;
            let asked = Asked {
                runs: 400,
                seed: 1,
                threads: 1,
            };
            let mean = simulate(&scenario, asked).unwrap().cost.per_deployment_usd;
            let spread = cost_spread(&scenario, asked).unwrap().unwrap();
            let found = spread.per_deployment.value.mean;
            assert!(
                (found / mean.0 - 1.0).abs() < 1e-9,
                "{found}, not {}",
                mean.0
            );
        }
    }
}
