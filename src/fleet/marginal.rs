//! What each option costs at least where it is taken, the rest chosen as well as possible.
//!
//! At the prices of the best bound: an option whose least is above a plan that is known is in no
//! better plan, and is taken out (reduced-cost fixing, here with the exact cost of the hosts).

use super::block::{self, RowPrices, Scratch, Step, steps};
use super::compact::{Block, Fleet, HostPool, NONE, index};

/// By how much the bound rises where an option has to be taken, for each of the fleet's options.
pub(super) fn marginals(fleet: &Fleet, prices: &RowPrices) -> Vec<f64> {
    let mut marginals = vec![f64::INFINITY; fleet.options.len()];
    let mut scratch = Scratch::default();
    for block in &fleet.blocks {
        if let Some((_, least)) = block::fill(fleet, block, prices, &mut scratch, 0) {
            match block.pool {
                Some(pool) => {
                    with_hosts(fleet, block, pool, prices, &scratch, least, &mut marginals);
                }
                None => without_hosts(fleet, block, prices, &mut marginals),
            }
        }
    }
    marginals
}

fn without_hosts(fleet: &Fleet, block: &Block, prices: &RowPrices, marginals: &mut [f64]) {
    let mut buffer = Vec::new();
    for entry in block
        .cells
        .clone()
        .flat_map(|cell| fleet.cells[cell].clone())
    {
        steps(fleet, entry, prices, &mut buffer);
        let least = buffer.last().map_or(0.0, |step| step.cost);
        for_options(fleet, entry, prices, |at, _, cost| {
            marginals[at] = cost - least;
        });
    }
}

/// The options of an entry that may be chosen: where, hosts, cost.
fn for_options(
    fleet: &Fleet,
    entry: usize,
    prices: &RowPrices,
    mut take: impl FnMut(usize, usize, f64),
) {
    let entry = &fleet.entries[entry];
    let link = if entry.link == NONE {
        0.0
    } else {
        prices.0[entry.link as usize]
    };
    for at in entry.options.clone() {
        if !fleet.closed[at] {
            let choice = &fleet.options[at];
            take(at, choice.hosts as usize, prices.cost(fleet, choice) + link);
        }
    }
}

fn with_hosts(
    fleet: &Fleet,
    block: &Block,
    pool: HostPool,
    prices: &RowPrices,
    scratch: &Scratch,
    least: f64,
    marginals: &mut [f64],
) {
    let price = prices.host(fleet, pool);
    let cells = &scratch.cells[..block.cells.len()];
    let size = cells.iter().map(|cell| cell.least.len()).max().unwrap_or(1);
    let size = size.max(pool.least as usize + 1);
    let floor: f64 = cells.iter().map(|cell| cell.floor).sum();
    for (cell, filled) in block.cells.clone().zip(cells) {
        // What all but this cell costs, by the size of the pool.
        let rest: Vec<f64> = (0..size)
            .map(|hosts| {
                let hosts = index(hosts);
                let others = cells.iter().map(|cell| cell.within(hosts)).sum::<f64>();
                if hosts < pool.least {
                    f64::INFINITY
                } else {
                    others - filled.within(hosts) + price * f64::from(hosts)
                }
            })
            .collect();
        let entries = fleet.cells[cell].clone();
        let all: Vec<Vec<Step>> = entries
            .clone()
            .map(|entry| {
                let mut own = Vec::new();
                steps(fleet, entry, prices, &mut own);
                own
            })
            .collect();
        let after = suffixes(&all, size);
        let mut before = vec![0.0; size];
        for (i, entry) in entries.enumerate() {
            let without = joined(&before, &after[i + 1]);
            let own = all[i].last().map_or(0.0, |step| step.cost);
            // A pool larger than any that was looked at costs at least this.
            let larger = floor - own + price * f64::from(index(size));
            for_options(fleet, entry, prices, |at, hosts, cost| {
                let within = (hosts..size).map(|pool| without[pool - hosts] + rest[pool] + cost);
                let beyond = if size > pool.most as usize {
                    f64::INFINITY
                } else {
                    larger + cost
                };
                marginals[at] = within.fold(beyond, f64::min) - least;
            });
            before = with_entry(&before, &all[i]);
        }
    }
}

/// The least cost within each number of hosts with one more entry.
fn with_entry(least: &[f64], steps: &[Step]) -> Vec<f64> {
    let mut with = vec![f64::INFINITY; least.len()];
    for step in steps {
        for (best, before) in with.iter_mut().skip(step.hosts as usize).zip(least) {
            *best = best.min(before + step.cost);
        }
    }
    with
}

/// Least costs of the entries from each on.
fn suffixes(all: &[Vec<Step>], size: usize) -> Vec<Vec<f64>> {
    let mut after = vec![vec![0.0; size]];
    for steps in all.iter().rev() {
        let last = &after[after.len() - 1];
        after.push(with_entry(last, steps));
    }
    after.reverse();
    after
}

/// The least cost of two groups of entries within each number of hosts.
fn joined(one: &[f64], other: &[f64]) -> Vec<f64> {
    let split = |hosts: usize| {
        let parts = (0..=hosts).map(|own| one[own] + other[hosts - own]);
        parts.fold(f64::INFINITY, f64::min)
    };
    (0..one.len()).map(split).collect()
}
