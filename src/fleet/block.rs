//! The best plan of one block at given prices of the rows, exactly.
//!
//! In a cell a dynamic programme over hosts gives the least cost f(w, H) of its services within H
//! hosts, for all H at once. The pool of the cluster has the size H that minimises
//! price · H + Σ f(w, H) over its windows: by enumeration, up to the H from which on even the
//! least that any plan costs would be too much.

use super::compact::{Block, Choice, Fleet, HostPool, NONE, index};

/// Prices of the rows: what one unit of each costs \[weighted minutes\].
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RowPrices(pub Vec<f64>);

impl RowPrices {
    fn of(&self, row: Option<usize>) -> f64 {
        row.map_or(0.0, |row| self.0[row])
    }

    /// What an option costs with all that it uses but its hosts.
    pub(super) fn cost(&self, fleet: &Fleet, choice: &Choice) -> f64 {
        let mut cost = choice.minutes
            + self.of(fleet.budget_row) * choice.usd
            + self.of(fleet.shortfall_row) * choice.shortfall;
        if choice.pool_row != NONE {
            cost += self.0[choice.pool_row as usize] * f64::from(choice.spot);
        }
        cost
    }

    /// What one extra host of a cluster costs.
    pub(super) fn host(&self, fleet: &Fleet, pool: HostPool) -> f64 {
        self.of(fleet.budget_row) * pool.price
    }
}

/// A way to take the options of one entry within some hosts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub hosts: u32,
    pub cost: f64,
    /// Index into the fleet's options; [`NONE`]: none in this cell.
    pub option: u32,
}

/// The steps of an entry: each needs more hosts than the one before and costs less.
pub(super) fn steps(fleet: &Fleet, entry: usize, prices: &RowPrices, steps: &mut Vec<Step>) {
    steps.clear();
    let entry = &fleet.entries[entry];
    let mut link = 0.0;
    if entry.link != NONE {
        link = prices.0[entry.link as usize];
        steps.push(Step {
            hosts: 0,
            cost: 0.0,
            option: NONE,
        });
    }
    for (i, choice) in (index(entry.options.start)..).zip(&fleet.options[entry.options.clone()]) {
        if fleet.closed[i as usize] {
            continue;
        }
        let cost = prices.cost(fleet, choice) + link;
        let step = Step {
            hosts: choice.hosts,
            cost,
            option: i,
        };
        match steps.last_mut() {
            Some(last) if cost >= last.cost => {}
            Some(last) if last.hosts == choice.hosts => *last = step,
            _ => steps.push(step),
        }
    }
}

/// The least cost of a cell within each number of hosts, and which steps it takes.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// Least cost within 0, 1, 2, … hosts; infinite where it needs more.
    pub least: Vec<f64>,
    /// Least cost without a limit on hosts.
    pub floor: f64,
    /// Hosts that the floor needs.
    pub enough: u32,
    /// What entries with one step cost together.
    fixed: f64,
    /// Entries that have a choice, with their steps.
    open: Vec<(u32, usize, usize)>,
    steps: Vec<Step>,
    /// Which step each open entry takes within each number of hosts.
    taken: Vec<u16>,
    /// Of each entry of the cell, where it is not open, its only step.
    only: Vec<u32>,
}

impl Cell {
    /// Gathers the steps of a cell's entries.
    pub(super) fn gather(
        &mut self,
        fleet: &Fleet,
        cell: usize,
        prices: &RowPrices,
        buffer: &mut Vec<Step>,
    ) {
        self.fixed = 0.0;
        self.floor = 0.0;
        self.enough = 0;
        self.open.clear();
        self.steps.clear();
        self.only.clear();
        for entry in fleet.cells[cell].clone() {
            steps(fleet, entry, prices, buffer);
            if let [only] = buffer.as_slice()
                && only.hosts == 0
            {
                self.fixed += only.cost;
                self.only.push(only.option);
                continue;
            }
            self.only.push(NONE);
            let first = self.steps.len();
            self.steps.extend_from_slice(buffer);
            self.open.push((index(entry), first, self.steps.len()));
            // Without a step there is no plan.
            self.floor += buffer.last().map_or(f64::INFINITY, |last| last.cost);
            let hosts = buffer.last().map_or(0, |last| last.hosts);
            self.enough = self.enough.saturating_add(hosts);
        }
        self.floor += self.fixed;
    }

    /// The dynamic programme within up to `most` hosts.
    pub(super) fn fill(&mut self, most: u32, spare: &mut Vec<f64>) {
        let size = most.min(self.enough) as usize + 1;
        self.least.clear();
        self.least.resize(size, self.fixed);
        self.taken.clear();
        self.taken.resize(size * self.open.len(), 0);
        for (i, (_, first, last)) in self.open.iter().enumerate() {
            let steps = &self.steps[*first..*last];
            let taken = &mut self.taken[i * size..(i + 1) * size];
            spare.clear();
            spare.resize(size, f64::INFINITY);
            for (number, step) in (0_u16..).zip(steps) {
                let hosts = step.hosts as usize;
                if hosts >= size {
                    break;
                }
                let with = &mut spare[hosts..];
                for ((best, taken), before) in
                    with.iter_mut().zip(&mut taken[hosts..]).zip(&self.least)
                {
                    let cost = before + step.cost;
                    if cost < *best {
                        *best = cost;
                        *taken = number;
                    }
                }
            }
            std::mem::swap(&mut self.least, spare);
        }
    }

    /// Least cost within so many hosts.
    pub(super) fn within(&self, hosts: u32) -> f64 {
        let last = self.least.len() - 1;
        self.least[(hosts as usize).min(last)]
    }

    /// The option of every entry of the cell for the least cost within so many hosts.
    fn choices(&self, first_entry: usize, hosts: u32, choices: &mut Vec<u32>) {
        let size = self.least.len();
        let start = choices.len();
        choices.extend_from_slice(&self.only);
        let mut left = (hosts as usize).min(size - 1);
        for (i, (entry, first, _)) in self.open.iter().enumerate().rev() {
            let step = &self.steps[first + usize::from(self.taken[i * size + left])];
            choices[start + *entry as usize - first_entry] = step.option;
            left -= step.hosts as usize;
        }
    }
}

/// Room to work in, kept from one evaluation to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub cells: Vec<Cell>,
    steps: Vec<Step>,
    spare: Vec<f64>,
}

/// A plan of one block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub block: u32,
    pub minutes: f64,
    /// What it uses of each row, ascending.
    pub uses: Vec<(u32, f64)>,
    /// Of each entry of the block, an index into the fleet's options; [`NONE`]: none in this cell.
    pub choices: Vec<u32>,
}

/// Fills the cells of a block; gives the pool size that costs least, and that cost.
/// None where the block has no plan.
pub(super) fn fill(
    fleet: &Fleet,
    block: &Block,
    prices: &RowPrices,
    scratch: &mut Scratch,
    guess: u32,
) -> Option<(u32, f64)> {
    let count = block.cells.len();
    if scratch.cells.len() < count {
        scratch.cells.resize_with(count, Cell::default);
    }
    let mut floor = 0.0;
    let mut enough = 0;
    for (cell, filled) in block.cells.clone().zip(&mut scratch.cells) {
        filled.gather(fleet, cell, prices, &mut scratch.steps);
        floor += filled.floor;
        enough = enough.max(filled.enough);
    }
    let cells = &mut scratch.cells[..count];
    let Some(pool) = block.pool else {
        for cell in cells {
            cell.fill(0, &mut scratch.spare);
        }
        return floor.is_finite().then_some((0, floor));
    };
    let price = prices.host(fleet, pool);
    if floor.is_infinite() {
        return None;
    }
    let top = enough.max(pool.least).min(pool.most);
    let mut most = pool.least.max(guess).saturating_mul(3) / 2 + 4;
    loop {
        most = most.min(top);
        for cell in cells.iter_mut() {
            cell.fill(most, &mut scratch.spare);
        }
        let mut best: Option<(u32, f64)> = None;
        for hosts in pool.least..=most {
            let cost = cells.iter().map(|cell| cell.within(hosts)).sum::<f64>();
            let cost = cost + price * f64::from(hosts);
            if cost < best.map_or(f64::INFINITY, |(_, cost)| cost) {
                best = Some((hosts, cost));
            }
        }
        let proven = best.is_some_and(|(_, cost)| floor + price * f64::from(most + 1) >= cost);
        if most == top || proven {
            return best;
        }
        most = most.saturating_mul(2).saturating_add(2);
    }
}

/// The best plan of a block and what it costs at the prices; none where it has no plan.
pub(super) fn best(
    fleet: &Fleet,
    block: usize,
    prices: &RowPrices,
    scratch: &mut Scratch,
    guess: &mut u32,
) -> Option<(f64, Column)> {
    let of = &fleet.blocks[block];
    let (hosts, cost) = fill(fleet, of, prices, scratch, *guess)?;
    *guess = hosts;
    let mut choices = Vec::with_capacity(fleet.entries_of_block(block).len());
    for (cell, filled) in of.cells.clone().zip(&scratch.cells) {
        filled.choices(fleet.cells[cell].start, hosts, &mut choices);
    }
    Some((cost, column(fleet, block, choices)))
}

/// What a plan of a block brings and uses.
pub(super) fn column(fleet: &Fleet, block: usize, choices: Vec<u32>) -> Column {
    let of = &fleet.blocks[block];
    let first = fleet.entries_of_block(block).start;
    let (mut minutes, mut usd, mut shortfall) = (0.0, 0.0, 0.0);
    let mut uses: Vec<(u32, f64)> = Vec::new();
    let mut largest = 0;
    for cell in of.cells.clone() {
        let mut hosts = 0;
        for entry in fleet.cells[cell].clone() {
            let chosen = choices[entry - first];
            if chosen == NONE {
                continue;
            }
            let choice = &fleet.options[chosen as usize];
            minutes += choice.minutes;
            usd += choice.usd;
            shortfall += choice.shortfall;
            hosts += choice.hosts;
            if choice.pool_row != NONE {
                uses.push((choice.pool_row, f64::from(choice.spot)));
            }
            if fleet.entries[entry].link != NONE {
                uses.push((fleet.entries[entry].link, 1.0));
            }
        }
        largest = largest.max(hosts);
    }
    if let Some(pool) = of.pool {
        usd += pool.price * f64::from(largest.max(pool.least));
    }
    let mut push = |row: Option<usize>, used| uses.extend(row.map(|row| (index(row), used)));
    push(fleet.budget_row, usd);
    push(fleet.shortfall_row, shortfall);
    uses.sort_by_key(|(row, _)| *row);
    uses.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    Column {
        block: index(block),
        minutes,
        uses,
        choices,
    }
}
