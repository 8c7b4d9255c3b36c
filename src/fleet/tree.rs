//! Plans in smaller and smaller groups, until no group can hold a better one (branch and price).
//!
//! Where the master program mixes plans of a cluster, either the size of its pool or the option of
//! a service is mixed. The group is split there in two: at most or at least so many hosts; options
//! with at most or more than so many minutes. Each half has its own bound by column generation, and
//! halves that hold nothing better than what is known are dropped. Always the more promising half
//! is followed to the end, which gives plans; the other waits, the least bound first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::block::{Column, RowPrices};
use super::compact::{Fleet, NONE, index};
use super::dual::{DualSearch, Round};
use super::relax::Relaxation;

/// A half of a group.
#[derive(Debug, Clone)]
enum Half {
    /// Extra hosts of a block, least and most.
    Pool { block: u32, least: u32, most: u32 },
    /// Options of a service by their ranks: from, and below.
    Options { service: u32, from: u32, below: u32 },
}

/// A group of plans.
#[derive(Debug)]
struct Node {
    bound: f64,
    number: u32,
    halves: Vec<Half>,
    prices: Rc<RowPrices>,
    columns: Rc<Vec<Rc<Column>>>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest is the one with the least bound, of equal ones the first.
impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        let bounds = other.bound.total_cmp(&self.bound);
        bounds.then(other.number.cmp(&self.number))
    }
}

/// What the search of the tree needs from around it.
pub(super) trait Around {
    /// Groups with a bound from here on hold nothing better.
    fn cutoff(&self) -> f64;
    /// Whether to stop.
    fn over(&self) -> bool;
    /// A bound of all plans.
    fn bound(&mut self, bound: f64);
    /// A mixture of plans of each block, which may be one plan.
    fn mixture(&mut self, fleet: &Fleet, dual: &DualSearch);
}

/// Mixtures that are rounded besides those at the ends of dives.
const ROUNDED: u32 = 40;
/// Plans that a half is given from its group, for each block and row.
const HANDED_DOWN: usize = 4;

/// Searches all plans of a fleet. `root` is the search for its bound, at its end.
/// The tree's bound is proven only together with what the caller took out before.
pub(super) fn search(
    fleet: &mut Fleet,
    relaxation: &mut Relaxation,
    root: &DualSearch,
    close: f64,
    around: &mut impl Around,
) {
    let penalties = root.master.penalties.clone();
    let pools: Vec<_> = fleet.blocks.iter().map(|block| block.pool).collect();
    let closed = fleet.closed.clone();
    let mut heap = BinaryHeap::new();
    let mut numbers = 0;
    let mut next = Some(Node {
        bound: root.bound,
        number: 0,
        halves: Vec::new(),
        prices: Rc::new(root.prices.clone()),
        columns: Rc::new(root.master.columns.clone()),
    });
    let mut solved = 0_u32;
    // The least bound of what was dropped.
    let mut dropped = f64::INFINITY;
    loop {
        let Some(node) = next.take().or_else(|| heap.pop()) else {
            around.bound(dropped);
            break;
        };
        let waiting = heap.peek().map_or(f64::INFINITY, |node: &Node| node.bound);
        around.bound(waiting.min(node.bound).min(dropped));
        if around.over() {
            break;
        }
        if node.bound >= around.cutoff() {
            dropped = dropped.min(node.bound);
            continue;
        }
        restrict(fleet, &node.halves, &closed, &pools);
        let Some((dual, bound)) = solve(fleet, relaxation, &node, &penalties, close, around) else {
            continue;
        };
        solved += 1;
        let bound = bound.max(node.bound);
        if bound >= around.cutoff() {
            dropped = dropped.min(bound);
            continue;
        }
        let Some(split) = split(fleet, &dual) else {
            restrict(fleet, &[], &closed, &pools);
            around.mixture(fleet, &dual);
            // A whole mixture is a plan; where its cost is not yet the bound, that is rounding.
            dropped = dropped.min(bound);
            continue;
        };
        let prices = Rc::new(dual.prices.clone());
        let columns = Rc::new(handed_down(fleet, &dual));
        if solved % ROUNDED == 1 {
            restrict(fleet, &[], &closed, &pools);
            around.mixture(fleet, &dual);
        }
        let (first, second) = split;
        for (half, follow) in [(first, true), (second, false)] {
            numbers += 1;
            let mut halves = node.halves.clone();
            halves.push(half);
            let child = Node {
                bound,
                number: numbers,
                halves,
                prices: prices.clone(),
                columns: columns.clone(),
            };
            if follow {
                next = Some(child);
            } else {
                heap.push(child);
            }
        }
    }
    restrict(fleet, &[], &closed, &pools);
}

/// Leaves open what a group holds.
fn restrict(
    fleet: &mut Fleet,
    halves: &[Half],
    closed: &[bool],
    pools: &[Option<super::compact::HostPool>],
) {
    fleet.closed.copy_from_slice(closed);
    for (block, pool) in fleet.blocks.iter_mut().zip(pools) {
        block.pool = *pool;
    }
    for half in halves {
        match half {
            Half::Pool { block, least, most } => {
                if let Some(pool) = &mut fleet.blocks[*block as usize].pool {
                    pool.least = pool.least.max(*least);
                    pool.most = pool.most.min(*most);
                }
            }
            Half::Options {
                service,
                from,
                below,
            } => {
                for entry in &fleet.entries_of[*service as usize] {
                    for at in fleet.entries[*entry as usize].options.clone() {
                        fleet.closed[at] |= !(*from..*below).contains(&fleet.rank[at]);
                    }
                }
            }
        }
    }
}

/// Whether a group holds a plan of a block.
fn holds(fleet: &Fleet, column: &Column) -> bool {
    let block = &fleet.blocks[column.block as usize];
    let chosen = column.choices.iter().filter(|option| **option != NONE);
    let open = chosen
        .into_iter()
        .all(|option| !fleet.closed[*option as usize]);
    open && block
        .pool
        .is_none_or(|pool| (pool.least..=pool.most).contains(&hosts(fleet, column)))
}

/// Hosts that a plan of a block needs.
fn hosts(fleet: &Fleet, column: &Column) -> u32 {
    let block = &fleet.blocks[column.block as usize];
    let first = fleet.entries_of_block(column.block as usize).start;
    let of = |entry: usize| match column.choices[entry - first] {
        NONE => 0,
        option => fleet.options[option as usize].hosts,
    };
    let needs = block
        .cells
        .clone()
        .map(|cell| fleet.cells[cell].clone().map(of).sum());
    needs.max().unwrap_or(0)
}

/// The bound of a group; none where it holds no plan.
fn solve(
    fleet: &Fleet,
    relaxation: &mut Relaxation,
    node: &Node,
    penalties: &[f64],
    close: f64,
    around: &impl Around,
) -> Option<(DualSearch, f64)> {
    let known = node
        .columns
        .iter()
        .filter(|column| holds(fleet, column))
        .cloned();
    let prices = (*node.prices).clone();
    let mut dual = DualSearch::resume(fleet, relaxation, prices, penalties.to_vec(), close, known)?;
    let mut raised = 0;
    for _ in 0..200 {
        if dual.bound >= around.cutoff() || around.over() {
            break;
        }
        match dual.round(fleet, relaxation)? {
            Round::Better => {}
            Round::Converged if dual.master.raise_penalties(100.0) && raised < 4 => raised += 1,
            Round::Converged => break,
        }
    }
    let bound = dual.bound;
    Some((dual, bound))
}

/// The plans that are most likely to be mixed in the halves.
fn handed_down(fleet: &Fleet, dual: &DualSearch) -> Vec<Rc<Column>> {
    let mut columns: Vec<(f64, &Rc<Column>)> = dual
        .master
        .columns
        .iter()
        .map(|column| (dual.master.reduced_cost(column), column))
        .collect();
    columns.sort_by(|a, b| a.0.total_cmp(&b.0));
    columns.truncate(HANDED_DOWN * (fleet.blocks.len() + fleet.rows.len()));
    columns
        .into_iter()
        .map(|(_, column)| column.clone())
        .collect()
}

/// Where the mixture is mixed most: the half to follow, and the other.
fn split(fleet: &Fleet, dual: &DualSearch) -> Option<(Half, Half)> {
    let mut of_block: Vec<Vec<(f64, &Column)>> = vec![Vec::new(); fleet.blocks.len()];
    for (at, weight) in dual.master.mixture() {
        let column = &dual.master.columns[at];
        of_block[column.block as usize].push((weight, column));
    }
    let mut best: Option<(f64, Half, Half)> = None;
    let mut consider = |score: f64, first: Half, second: Half| {
        if best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, first, second));
        }
    };
    for (block, columns) in of_block.iter().enumerate() {
        if columns.len() < 2 {
            continue;
        }
        if let Some(pool) = fleet.blocks[block].pool {
            let values: Vec<(f64, f64)> = columns
                .iter()
                .map(|(weight, column)| (*weight, f64::from(hosts(fleet, column).max(pool.least))))
                .collect();
            let (mean, variance) = moments(&values);
            if variance > 1e-9 {
                let price = dual.prices.host(fleet, pool).max(1e-9);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a mean of counts"
                )]
                let below = mean.floor() as u32;
                let block = index(block);
                let few = Half::Pool {
                    block,
                    least: 0,
                    most: below,
                };
                let many = Half::Pool {
                    block,
                    least: below + 1,
                    most: NONE,
                };
                let score = variance * price * price;
                if mean - mean.floor() > 0.5 {
                    consider(score, many, few);
                } else {
                    consider(score, few, many);
                }
            }
        }
    }
    for (service, entries) in fleet.entries_of.iter().enumerate() {
        let mut values: Vec<(f64, f64)> = Vec::new();
        let mut ranks: Vec<(f64, u32)> = Vec::new();
        for entry in entries {
            let of = &fleet.entries[*entry as usize];
            let first = fleet.entries_of_block(of.block as usize).start;
            for (weight, column) in &of_block[of.block as usize] {
                let option = column.choices[*entry as usize - first];
                if option != NONE {
                    values.push((*weight, fleet.options[option as usize].minutes));
                    ranks.push((*weight, fleet.rank[option as usize]));
                }
            }
        }
        let lowest = ranks.iter().map(|(_, rank)| *rank).min().unwrap_or(0);
        let highest = ranks.iter().map(|(_, rank)| *rank).max().unwrap_or(0);
        if lowest == highest {
            continue;
        }
        let (mean, variance) = moments(&values);
        // The first rank above the mean, so that both halves hold something of the mixture.
        let of = values.iter().zip(&ranks);
        let above = of.filter(|((_, value), (_, rank))| *value > mean && *rank > lowest);
        let at = above.map(|(_, (_, rank))| *rank).min().unwrap_or(highest);
        let service = index(service);
        let low = Half::Options {
            service,
            from: 0,
            below: at,
        };
        let high = Half::Options {
            service,
            from: at,
            below: NONE,
        };
        let weight = |low: bool| {
            let side = ranks.iter().filter(|(_, rank)| (*rank < at) == low);
            side.map(|(weight, _)| weight).sum::<f64>()
        };
        if weight(true) > weight(false) {
            consider(variance, low, high);
        } else {
            consider(variance, high, low);
        }
    }
    best.map(|(_, first, second)| (first, second))
}

/// Mean and variance of weighted values.
fn moments(values: &[(f64, f64)]) -> (f64, f64) {
    let all: f64 = values.iter().map(|(weight, _)| weight).sum();
    let mean = values
        .iter()
        .map(|(weight, value)| weight * value)
        .sum::<f64>()
        / all;
    let square = |(weight, value): &(f64, f64)| weight * (value - mean) * (value - mean);
    (mean, values.iter().map(square).sum::<f64>() / all)
}
