//! A lower bound on every plan: the rows are priced instead of kept (Lagrangian relaxation), each
//! block keeps its hosts and whole options exactly.
//!
//! # Formula
//! L(λ) = Σ over blocks of min (minutes + λ · uses) − λ · limits, a bound for every λ with
//! λ ≥ 0 on the rows that are limits (Geoffrion 1974).

use super::block::{self, Column, RowPrices, Scratch};
use super::compact::Fleet;

/// So many options are worth a second thread.
const SHARED_WORK: usize = 4_000;

/// What the relaxation gives at some prices.
#[derive(Debug)]
pub(super) struct Relaxed {
    pub bound: f64,
    /// The best plan of each block, and its cost at the prices.
    pub columns: Vec<(f64, Column)>,
}

/// Evaluates the relaxation again and again.
#[derive(Debug)]
pub(super) struct Relaxation {
    guesses: Vec<u32>,
    scratch: Vec<Scratch>,
    /// Blocks of each thread: fixed, and with about the same work.
    shares: Vec<std::ops::Range<usize>>,
}

impl Relaxation {
    pub(super) fn new(fleet: &Fleet, threads: usize) -> Self {
        let work = |block: usize| {
            let options = |entry: usize| fleet.entries[entry].options.len();
            fleet.entries_of_block(block).map(options).sum::<usize>()
        };
        let total: usize = (0..fleet.blocks.len()).map(work).sum();
        let threads = if total < SHARED_WORK {
            1
        } else {
            threads.max(1)
        };
        let mut shares = Vec::new();
        let (mut first, mut done) = (0, 0);
        for block in 0..fleet.blocks.len() {
            done += work(block);
            if done * threads >= total * (shares.len() + 1) || block + 1 == fleet.blocks.len() {
                shares.push(first..block + 1);
                first = block + 1;
            }
        }
        Self {
            guesses: vec![0; fleet.blocks.len()],
            scratch: shares.iter().map(|_| Scratch::default()).collect(),
            shares,
        }
    }

    /// The bound at some prices; none where a block has no plan.
    pub(super) fn at(&mut self, fleet: &Fleet, prices: &RowPrices) -> Option<Relaxed> {
        let mut guesses = self.guesses.as_mut_slice();
        let mut work = Vec::new();
        for (share, scratch) in self.shares.iter().zip(&mut self.scratch) {
            let (own, rest) = guesses.split_at_mut(share.len());
            guesses = rest;
            work.push((share.clone(), own, scratch));
        }
        let evaluate = |(share, guesses, scratch): (_, &mut [u32], &mut Scratch)| {
            let share: std::ops::Range<usize> = share;
            let blocks = share.zip(guesses.iter_mut());
            let best =
                blocks.map(|(block, guess)| block::best(fleet, block, prices, scratch, guess));
            best.collect::<Option<Vec<_>>>()
        };
        let parts: Vec<Option<Vec<(f64, Column)>>> = if work.len() < 2 {
            work.into_iter().map(evaluate).collect()
        } else {
            std::thread::scope(|scope| {
                let last = work.pop();
                let threads: Vec<_> = work
                    .into_iter()
                    .map(|part| scope.spawn(move || evaluate(part)))
                    .collect();
                let last = last.map(evaluate);
                let mut parts: Vec<_> = threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap_or(None))
                    .collect();
                parts.extend(last);
                parts
            })
        };
        let mut columns = Vec::with_capacity(fleet.blocks.len());
        for part in parts {
            columns.extend(part?);
        }
        let (mut bound, mut size) = (0.0, 0.0);
        for (cost, _) in &columns {
            bound += cost;
            size += f64::abs(*cost);
        }
        for (row, price) in fleet.rows.iter().zip(&prices.0) {
            bound -= price * row.limit;
            size += f64::abs(price * row.limit);
        }
        // Rounding errors of the sums must not lift the bound over the truth.
        bound -= 1e-12 * size;
        Some(Relaxed { bound, columns })
    }
}
