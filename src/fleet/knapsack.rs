//! Fleets that share nothing but a budget: the multiple-choice knapsack, for millions of services.
//!
//! Of each service only the options on the lower convex hull of cost and minutes matter to the
//! linear relaxation: steps from the cheapest option on, each with what a dollar in it wins. The
//! relaxation takes the best steps until the budget is spent (Sinha and Zoltners 1979); the step
//! where that happens is found by halving, without sorting them all (Dyer 1984, Zemel 1984). What
//! is left is filled with the next best steps that fit. The bound is that of the relaxation.

use super::check::TOLERANCE;
use super::compact::index;
use super::problem::{Problem, Service};

/// What the relaxation and its filling give.
#[derive(Debug)]
pub(super) enum Filled {
    /// Choices, a bound of all plans, and what one more dollar wins.
    Plan {
        choices: Vec<u32>,
        bound: f64,
        price: f64,
    },
    /// Even the cheapest options cost more than the budget.
    Infeasible,
}

/// From one option of a service to the next on its hull.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Minutes that a dollar wins.
    wins: f64,
    usd: f64,
    service: u32,
    /// Place on the hull, from 1, and the option that stands there.
    place: u16,
    option: u16,
}

/// So many steps after the budget is spent are tried for what is left of it.
const TRIED: usize = 50_000;

/// Whether services share nothing but the budget.
pub(super) fn applies(problem: &Problem) -> bool {
    let mut clusters = problem.clusters.iter();
    problem.limits.budget_usd.is_some()
        && problem.limits.shortfall_minutes.is_none()
        && problem
            .pools
            .iter()
            .all(|pool| pool.spot_hosts_max.is_none())
        && clusters.all(|of| of.extra_hosts_max.is_none() && of.usd_per_extra_host == 0.0)
        && problem
            .services
            .iter()
            .all(|service| u16::try_from(service.options.len()).is_ok())
}

/// A plan within the budget and a bound; none where there is no budget.
pub(super) fn fill(problem: &Problem, threads: usize) -> Option<Filled> {
    let budget = problem.limits.budget_usd?;
    let parts = hulls(&problem.services, threads.max(1));
    let mut choices = Vec::with_capacity(problem.services.len());
    let mut steps = Vec::with_capacity(parts.iter().map(|part| part.steps.len()).sum());
    let (mut usd, mut minutes) = (0.0, 0.0);
    for part in parts {
        usd += part.usd;
        minutes += part.minutes;
        choices.extend_from_slice(&part.cheapest);
        steps.extend_from_slice(&part.steps);
    }
    let mut left = budget - usd;
    if left < -TOLERANCE * budget.abs().max(1.0) {
        return Some(Filled::Infeasible);
    }
    let mut places = vec![0_u16; choices.len()];
    let mut take = |step: &Step| {
        let place = &mut places[step.service as usize];
        if step.place > *place {
            *place = step.place;
            choices[step.service as usize] = u32::from(step.option);
        }
    };
    // The steps before `first` are taken, those from `last` on are not; the rest is halved.
    let best_first = |a: &Step, b: &Step| b.wins.total_cmp(&a.wins);
    let (mut first, mut last) = (0, steps.len());
    while last - first > 1 {
        let middle = (last - first) / 2;
        steps[first..last].select_nth_unstable_by(middle, best_first);
        let half = &steps[first..first + middle];
        let cost: f64 = half.iter().map(|step| step.usd).sum();
        if cost <= left {
            left -= cost;
            minutes -= half.iter().map(|step| step.usd * step.wins).sum::<f64>();
            first += middle;
        } else {
            last = first + middle;
        }
    }
    steps[..first].iter().for_each(&mut take);
    // The last one may fit as a whole: then all do.
    let rest = &mut steps[first..];
    let end = rest.len().min(TRIED);
    if end < rest.len() {
        rest.select_nth_unstable_by(end, best_first);
    }
    rest[..end].sort_by(best_first);
    let price = rest.first().map_or(0.0, |step| step.wins);
    let bound = minutes
        - rest
            .first()
            .map_or(0.0, |step| step.wins * left.min(step.usd).max(0.0));
    for step in &rest[..end] {
        if step.usd <= left && places[step.service as usize] + 1 == step.place {
            left -= step.usd;
            places[step.service as usize] = step.place;
            choices[step.service as usize] = u32::from(step.option);
        }
    }
    // Rounding errors of the sums must not lift the bound over the truth.
    let bound = bound - 1e-11 * minutes.abs().max(bound.abs());
    Some(Filled::Plan {
        choices,
        bound,
        price,
    })
}

/// The hulls of some services.
#[derive(Debug, Default)]
struct Hulls {
    cheapest: Vec<u32>,
    usd: f64,
    minutes: f64,
    steps: Vec<Step>,
}

/// The hulls of all services in parts of fixed size, so that sums do not depend on the threads.
fn hulls(services: &[Service], threads: usize) -> Vec<Hulls> {
    const PART: usize = 1 << 14;
    let parts: Vec<(usize, &[Service])> = services.chunks(PART).enumerate().collect();
    let of = |share: &[(usize, &[Service])]| -> Vec<Hulls> {
        let each = share.iter();
        each.map(|(number, services)| hulls_of(number * PART, services))
            .collect()
    };
    if threads == 1 || parts.len() == 1 {
        return of(&parts);
    }
    let shares = parts.chunks(parts.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.map(|share| scope.spawn(move || of(share))).collect();
        let done = running.into_iter().map(|thread| match thread.join() {
            Ok(hulls) => hulls,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().collect()
    })
}

fn hulls_of(first: usize, services: &[Service]) -> Hulls {
    let mut hulls = Hulls {
        cheapest: Vec::with_capacity(services.len()),
        steps: Vec::with_capacity(services.len() * 6),
        ..Hulls::default()
    };
    let mut points: Vec<(u64, u16)> = Vec::new();
    let mut hull: Vec<(f64, f64, u16)> = Vec::new();
    for (service, of) in (index(first)..).zip(services) {
        points.clear();
        let options = (0_u16..).zip(&of.options);
        points.extend(options.map(|(o, option)| (in_order(option.usd), o)));
        points.sort_unstable();
        hull.clear();
        for (_, o) in &points {
            let option = &of.options[usize::from(*o)];
            let point = (option.usd, option.weighted_minutes, *o);
            match hull.last() {
                Some(last) if point.1 >= last.1 => continue,
                Some(last) if point.0 <= last.0 => drop(hull.pop()),
                _ => {}
            }
            while let [.., before, last] = hull.as_slice() {
                // The last stays only where it wins more per dollar than going past it.
                let to_last = (before.1 - last.1) * (point.0 - before.0);
                let past = (before.1 - point.1) * (last.0 - before.0);
                if to_last > past {
                    break;
                }
                hull.pop();
            }
            hull.push(point);
        }
        let Some(cheapest) = hull.first() else {
            continue;
        };
        hulls.cheapest.push(u32::from(cheapest.2));
        hulls.usd += cheapest.0;
        hulls.minutes += cheapest.1;
        for (place, ends) in (1_u16..).zip(hull.windows(2)) {
            let usd = ends[1].0 - ends[0].0;
            hulls.steps.push(Step {
                wins: (ends[0].1 - ends[1].1) / usd,
                usd,
                service,
                place,
                option: ends[1].2,
            });
        }
    }
    hulls
}

/// A number whose order is that of the decimals: comparing whole numbers is quicker.
fn in_order(decimal: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = decimal.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::problem::{Limits, ServiceOption};

    fn problem(budget: f64, services: &[&[(f64, f64)]]) -> Problem {
        let option = |(usd, weighted_minutes): &(f64, f64)| ServiceOption {
            name: "option".into(),
            cluster: None,
            window: 0,
            pool: None,
            weighted_minutes: *weighted_minutes,
            usd: *usd,
            hosts: 0,
            spot_hosts: 0,
            shortfall_minutes: 0.0,
        };
        let service = |options: &&[(f64, f64)]| Service {
            name: "service".into(),
            options: options.iter().map(option).collect(),
        };
        Problem {
            services: services.iter().map(service).collect(),
            limits: Limits {
                budget_usd: Some(budget),
                shortfall_minutes: None,
            },
            ..Problem::default()
        }
    }

    #[test]
    fn the_best_dollars_are_spent_first() {
        // Steps: 4 min for 1 USD, 1 min for 1 USD; 3 min for 1 USD. Option 1 of the first service
        // is above its hull.
        let first: &[(f64, f64)] = &[(0.0, 10.0), (0.5, 9.5), (1.0, 6.0), (2.0, 5.0)];
        let second: &[(f64, f64)] = &[(0.0, 8.0), (1.0, 5.0)];
        let problem = problem(2.5, &[first, second]);
        assert!(applies(&problem));
        let Some(Filled::Plan {
            choices,
            bound,
            price,
        }) = fill(&problem, 1)
        else {
            panic!("there is a plan");
        };
        assert_eq!(choices, [2, 1]);
        // 11 minutes, and half a dollar at 1 minute.
        assert!((bound - 10.5).abs() < 1e-9);
        assert!((price - 1.0).abs() < 1e-12);
    }

    #[test]
    fn of_options_that_cost_the_same_the_quickest_counts() {
        let first: &[(f64, f64)] = &[(0.0, 9.0), (-0.0, 8.0), (0.0, 7.0), (1.0, 5.0), (1.0, 3.0)];
        let Some(Filled::Plan { choices, bound, .. }) = fill(&problem(0.5, &[first]), 1) else {
            panic!("there is a plan");
        };
        assert_eq!(choices, [2]);
        assert!(
            (bound - 5.0).abs() < 1e-9,
            "half of the way to 3 minutes: {bound}"
        );
    }

    #[test]
    fn whole_numbers_are_in_the_order_of_their_decimals() {
        let decimals = [-1e12, -2.0, -1.5, -0.0, 0.0, 1e-9, 0.5, 3.0, 1e12];
        assert!(decimals.map(in_order).is_sorted());
    }

    #[test]
    fn a_budget_below_the_cheapest_options_is_infeasible() {
        let only: &[(f64, f64)] = &[(2.0, 1.0), (3.0, 0.5)];
        assert!(matches!(
            fill(&problem(1.9, &[only]), 1),
            Some(Filled::Infeasible)
        ));
        assert!(matches!(
            fill(&problem(2.0, &[only]), 1),
            Some(Filled::Plan { .. })
        ));
    }
}
