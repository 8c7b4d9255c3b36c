//! What most deployments and most months cost at most, from the bills of single runs.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use super::cost::cost;
use super::statistics::{Sampled, sampled};
use super::{Asked, Halt, NoPlace, Prepared, Setup, outcomes};
use crate::scenario::Scenario;

/// Months that are put together from the runs.
const MONTHS: u32 = 20_000;

/// How cost varies from deployment to deployment and from month to month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostSpread {
    /// What one deployment adds \[USD\].
    pub per_deployment: Sampled,
    /// What a month costs, of as many deployments as there are in one, drawn from the runs
    /// \[USD\]; absent without deployments per day.
    pub month: Option<Sampled>,
}

/// How cost varies; absent where the deployment is stuck. Each deployment pays for itself: the rest
/// of a paid hour that the next one uses is not taken off.
///
/// # Errors
/// The desired count does not fit on the hosts that stand.
pub fn cost_spread(scenario: &Scenario, asked: Asked) -> Result<Option<CostSpread>, NoPlace> {
    let setup = Setup::of(scenario);
    let prepared = Prepared::of(&setup)?;
    let played: Result<_, Halt> = outcomes(&prepared, asked);
    let Ok(played) = played else {
        return Ok(None);
    };
    let bills: Vec<_> = played
        .iter()
        .map(|run| cost(scenario, &setup, |of| of(run), None))
        .collect();
    let each: Vec<f64> = bills.iter().map(|bill| bill.per_deployment_usd.0).collect();
    let always = bills.first().map_or(0.0, |bill| {
        bill.serving_usd_per_month.0 + bill.headroom_usd_per_month.0
    });
    let month = scenario.deployment.per_month().map(|deployments| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(asked.seed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of deployments"
        )]
        let count = deployments.round() as u32;
        let months = (0..MONTHS).map(|_| {
            let drawn = (0..count).map(|_| each[rng.random_range(0..each.len())]);
            always + drawn.sum::<f64>()
        });
        sampled(months.collect())
    });
    Ok(Some(CostSpread {
        per_deployment: sampled(each),
        month,
    }))
}
