//! From a choice that is nearly right to a plan that keeps all limits, and to better ones.
//!
//! All judged by the prices of the rows: what a choice costs above the bound is what its options
//! cost above the least, plus the worth of what the limits leave unused. Repair takes the changes
//! that free most for least; improvement takes single changes and pairs of changes, of services
//! and of whole blocks, as long as they bring minutes and keep the limits.

use std::rc::Rc;

use super::block::{Column, RowPrices};
use super::compact::{Fleet, NONE, index};
use super::state::{Delta, State, priced};

/// Changes that are paired with each other.
const MOST_CHANGES: usize = 3_000;
/// Minutes that are worth a change \[share of all\].
const WORTH: f64 = 1e-12;

/// A change of a state.
#[derive(Debug, Clone)]
struct Change<'a> {
    /// What it costs at the prices.
    cost: f64,
    minutes: f64,
    rows: Rows<'a>,
    block: u32,
    kind: Kind<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Service {
        service: u32,
        entry: u32,
        option: u32,
    },
    Block(&'a Column),
}

#[derive(Debug, Clone)]
enum Rows<'a> {
    Few(Delta),
    Many(Vec<(u32, f64)>, std::marker::PhantomData<&'a ()>),
}

impl Change<'_> {
    fn rows(&self) -> &[(u32, f64)] {
        match &self.rows {
            Rows::Few(delta) => delta.rows(),
            Rows::Many(rows, _) => rows,
        }
    }

    fn apply(&self, fleet: &Fleet, state: &mut State) {
        match self.kind {
            Kind::Service {
                service,
                entry,
                option,
            } => {
                state.take(fleet, service as usize, entry, option);
            }
            Kind::Block(plan) => state.take_plan(fleet, plan),
        }
    }
}

/// Changes services until the limits are kept; whether that was reached.
pub(super) fn repair(fleet: &Fleet, state: &mut State, prices: &RowPrices) -> bool {
    // What a unit over a limit counts: at least its price, and something where it has none.
    let weight: Vec<f64> = (0..fleet.rows.len())
        .map(|row| {
            let size = fleet.rows[row].limit.abs().max(1.0);
            prices.0[row]
                .abs()
                .max(1e-3 * state.minutes.abs().max(1.0) / size)
        })
        .collect();
    let over = |state: &State, rows: &[(u32, f64)]| {
        let mut change = 0.0;
        for (row, by) in rows {
            let left = state.left(fleet, *row as usize);
            let before = (-left).max(0.0);
            let after = (by - left).max(0.0);
            change += (after - before) * weight[*row as usize];
        }
        change
    };
    for _ in 0..60 {
        if state.keeps_limits(fleet) {
            return true;
        }
        let mut changes: Vec<(f64, u32, u32, u32)> = Vec::new();
        for service in 0..fleet.entries_of.len() {
            each_change(fleet, state, service, |entry, option, delta| {
                let freed = -over(state, delta.rows());
                if freed > 1e-12 {
                    let cost = delta.cost(prices).max(0.0);
                    changes.push(((cost + 1e-9) / freed, index(service), entry, option));
                }
            });
        }
        changes.sort_by(|a, b| {
            a.0.total_cmp(&b.0)
                .then_with(|| (a.1, a.2, a.3).cmp(&(b.1, b.2, b.3)))
        });
        let mut progress = false;
        let mut touched = vec![false; fleet.entries_of.len()];
        let most = changes
            .first()
            .map_or(0.0, |(ratio, ..)| ratio * 3.0 + 1e-6);
        for (at, (ratio, service, entry, option)) in changes.into_iter().enumerate() {
            if touched[service as usize] || (at > 0 && ratio > most) {
                continue;
            }
            let Some(delta) = state.delta(fleet, service as usize, entry, option) else {
                continue;
            };
            let freed = -over(state, delta.rows());
            if freed > 1e-12 && delta.cost(prices).max(0.0) <= 1.5 * ratio * freed + 1e-9 {
                state.take(fleet, service as usize, entry, option);
                touched[service as usize] = true;
                progress = true;
                if state.keeps_limits(fleet) {
                    return true;
                }
            }
        }
        if !progress {
            return false;
        }
    }
    false
}

/// Every other option of a service with what it would change.
fn each_change(
    fleet: &Fleet,
    state: &State,
    service: usize,
    mut take: impl FnMut(u32, u32, Delta),
) {
    let now = state.option_of(service);
    for entry in &fleet.entries_of[service] {
        for option in fleet.entries[*entry as usize].options.clone() {
            let option = index(option);
            if option != now
                && let Some(delta) = state.delta(fleet, service, *entry, option)
            {
                take(*entry, option, delta);
            }
        }
    }
}

/// Makes a plan that keeps the limits better, until no change and no pair of changes helps or
/// the caller has enough.
pub(super) fn improve(
    fleet: &Fleet,
    state: &mut State,
    prices: &RowPrices,
    columns: &[Rc<Column>],
    mut stop: impl FnMut(&State) -> bool,
) {
    for _ in 0..1_000 {
        if stop(state) || !improve_once(fleet, state, prices, columns) {
            return;
        }
    }
}

fn improve_once(
    fleet: &Fleet,
    state: &mut State,
    prices: &RowPrices,
    columns: &[Rc<Column>],
) -> bool {
    let slack: Vec<f64> = (0..fleet.rows.len())
        .map(|row| state.left(fleet, row))
        .collect();
    // A change that keeps the limits can win no more than what they leave unused is worth.
    let unused: f64 = slack
        .iter()
        .zip(&prices.0)
        .map(|(left, price)| left * price)
        .sum();
    let changes = changes(fleet, state, prices, columns, unused);
    let least = WORTH * state.minutes.abs();
    let fits = |rows: &[(u32, f64)]| {
        rows.iter()
            .all(|(row, by)| *by <= slack[*row as usize].max(0.0))
    };
    let mut found: Vec<(f64, usize, Option<usize>)> = Vec::new();
    for (i, a) in changes.iter().enumerate() {
        let mut best: Option<(f64, Option<usize>)> = None;
        if a.minutes < -least && fits(a.rows()) {
            best = Some((a.minutes, None));
        }
        for (j, b) in changes.iter().enumerate().take(i) {
            if a.cost + b.cost >= unused {
                break;
            }
            let minutes = a.minutes + b.minutes;
            if minutes < best.map_or(-least, |(minutes, _)| minutes)
                && independent(fleet, a, b)
                && fit_together(a.rows(), b.rows(), &slack)
            {
                best = Some((minutes, Some(j)));
            }
        }
        found.extend(best.map(|(minutes, with)| (minutes, i, with)));
    }
    found.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let mut touched = vec![false; fleet.blocks.len()];
    let mut better = false;
    for (_, i, with) in found {
        let pair = [Some(i), with];
        let parts: Vec<&Change<'_>> = pair.into_iter().flatten().map(|at| &changes[at]).collect();
        if parts.iter().any(|change| touched[change.block as usize]) {
            continue;
        }
        let still = {
            let mut rows: Vec<(u32, f64)> = Vec::new();
            for change in &parts {
                rows.extend_from_slice(change.rows());
            }
            let left = |row: u32| state.left(fleet, row as usize).max(0.0);
            rows.iter().all(|(row, _)| {
                let sum: f64 = rows
                    .iter()
                    .filter(|(of, _)| of == row)
                    .map(|(_, by)| by)
                    .sum();
                sum <= left(*row)
            })
        };
        if still {
            for change in parts {
                change.apply(fleet, state);
                touched[change.block as usize] = true;
            }
            better = true;
        }
    }
    better
}

/// The changes that may be part of a gain, the cheapest first.
fn changes<'a>(
    fleet: &Fleet,
    state: &State,
    prices: &RowPrices,
    columns: &'a [Rc<Column>],
    unused: f64,
) -> Vec<Change<'a>> {
    let mut changes: Vec<Change<'a>> = Vec::new();
    for service in 0..fleet.entries_of.len() {
        let now = &fleet.options[state.option_of(service) as usize];
        let own = &fleet.entries[state.at[service] as usize];
        let host = fleet.blocks[own.block as usize]
            .pool
            .map_or(0.0, |pool| prices.host(fleet, pool));
        // Even if all its hosts were saved it would cost too much.
        let most = prices.cost(fleet, now) + host * f64::from(now.hosts) + unused.max(0.0) * 2.0;
        for entry in &fleet.entries_of[service] {
            for at in fleet.entries[*entry as usize].options.clone() {
                let option = index(at);
                if option == state.option_of(service)
                    || prices.cost(fleet, &fleet.options[at]) > most
                {
                    continue;
                }
                if let Some(delta) = state.delta(fleet, service, *entry, option) {
                    changes.push(Change {
                        cost: delta.cost(prices),
                        minutes: delta.minutes,
                        rows: Rows::Few(delta),
                        block: own.block,
                        kind: Kind::Service {
                            service: index(service),
                            entry: *entry,
                            option,
                        },
                    });
                }
            }
        }
    }
    add_plans(fleet, state, prices, columns, &mut changes);
    let order = |a: &Change<'_>, b: &Change<'_>| a.cost.total_cmp(&b.cost);
    if changes.len() > MOST_CHANGES {
        changes.select_nth_unstable_by(MOST_CHANGES, order);
        changes.truncate(MOST_CHANGES);
    }
    changes.sort_by(order);
    changes
}

/// Whole plans of blocks that the search for the bound came across.
fn add_plans<'a>(
    fleet: &Fleet,
    state: &State,
    prices: &RowPrices,
    columns: &'a [Rc<Column>],
    changes: &mut Vec<Change<'a>>,
) {
    let linked: Vec<bool> = (0..fleet.blocks.len())
        .map(|block| {
            let entries = &fleet.entries[fleet.entries_of_block(block)];
            entries.iter().any(|entry| entry.link != NONE)
        })
        .collect();
    let now: Vec<Column> = (0..fleet.blocks.len())
        .map(|block| {
            let entries = fleet.entries_of_block(block);
            super::block::column(fleet, block, state.chosen[entries].to_vec())
        })
        .collect();
    for plan in columns {
        let now = &now[plan.block as usize];
        if linked[plan.block as usize] || plan.choices == now.choices {
            continue;
        }
        let mut rows: Vec<(u32, f64)> = plan.uses.clone();
        for (row, used) in &now.uses {
            match rows.iter_mut().find(|(of, _)| of == row) {
                Some((_, by)) => *by -= used,
                None => rows.push((*row, -used)),
            }
        }
        rows.retain(|(_, by)| *by != 0.0);
        let minutes = plan.minutes - now.minutes;
        changes.push(Change {
            cost: minutes + priced(&rows, prices),
            minutes,
            rows: Rows::Many(rows, std::marker::PhantomData),
            block: plan.block,
            kind: Kind::Block(plan),
        });
    }
}

/// Whether what two changes do adds up.
fn independent(fleet: &Fleet, a: &Change<'_>, b: &Change<'_>) -> bool {
    if let (
        Kind::Service {
            service: one,
            entry,
            ..
        },
        Kind::Service {
            service: other,
            entry: to,
            ..
        },
    ) = (a.kind, b.kind)
    {
        let blocks = (
            fleet.entries[entry as usize].block,
            fleet.entries[to as usize].block,
        );
        return one != other
            && a.block != b.block
            && a.block != blocks.1
            && b.block != blocks.0
            && blocks.0 != blocks.1
            || (one != other
                && a.block == b.block
                && fleet.blocks[a.block as usize].pool.is_none());
    }
    a.block != b.block
}

fn fit_together(a: &[(u32, f64)], b: &[(u32, f64)], slack: &[f64]) -> bool {
    let fits = |rows: &[(u32, f64)], others: &[(u32, f64)]| {
        rows.iter().all(|(row, by)| {
            let other = others
                .iter()
                .find(|(of, _)| of == row)
                .map_or(0.0, |(_, by)| *by);
            by + other <= slack[*row as usize].max(0.0)
        })
    };
    fits(a, b) && fits(b, a)
}
