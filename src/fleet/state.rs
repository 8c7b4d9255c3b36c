//! A choice for every service, with what it adds up to kept at hand, and what a change would do.

use super::block::{Column, RowPrices};
use super::compact::{Choice, Fleet, NONE, RowKind};

/// A choice for every service.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Of each entry, an index into the fleet's options; [`NONE`]: none in this cell.
    pub chosen: Vec<u32>,
    /// Of each service, the entry whose option it takes.
    pub at: Vec<u32>,
    /// Hosts that each cell needs.
    need: Vec<u32>,
    /// Extra hosts of each block: its largest cell.
    pool: Vec<u32>,
    /// What is used of each row.
    pub used: Vec<f64>,
    pub minutes: f64,
}

/// What changes where a service takes another option, or a block another plan.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Delta {
    pub minutes: f64,
    rows: [(u32, f64); 4],
    len: usize,
}

impl Delta {
    fn add(&mut self, row: Option<usize>, by: f64) {
        let Some(row) = row.map(super::compact::index) else {
            return;
        };
        if by == 0.0 {
            return;
        }
        let rows = &mut self.rows[..self.len];
        if let Some((_, sum)) = rows.iter_mut().find(|(of, _)| *of == row) {
            *sum += by;
        } else {
            self.rows[self.len] = (row, by);
            self.len += 1;
        }
    }

    /// By how much each row is used more.
    pub(super) fn rows(&self) -> &[(u32, f64)] {
        &self.rows[..self.len]
    }

    /// The change of minutes and of what is used at the prices.
    pub(super) fn cost(&self, prices: &RowPrices) -> f64 {
        self.minutes + priced(self.rows(), prices)
    }
}

/// What uses of rows cost.
pub(super) fn priced(uses: &[(u32, f64)], prices: &RowPrices) -> f64 {
    uses.iter()
        .map(|(row, used)| prices.0[*row as usize] * used)
        .sum()
}

/// Sums of decimals are over a limit when they exceed it by more than this share of it.
const SLACK: f64 = 1e-10;

impl State {
    /// From a plan of each block, in the order of the blocks. A service that takes several options
    /// or none because it may choose its cell takes the cheapest one.
    pub(super) fn new(fleet: &Fleet, plans: &[&Column], prices: &RowPrices) -> Self {
        let mut chosen = vec![NONE; fleet.entries.len()];
        for plan in plans {
            let entries = fleet.entries_of_block(plan.block as usize);
            chosen[entries].copy_from_slice(&plan.choices);
        }
        let mut at = vec![NONE; fleet.entries_of.len()];
        for (entries, at) in fleet.entries_of.iter().zip(&mut at) {
            let taken = entries
                .iter()
                .filter(|entry| chosen[**entry as usize] != NONE);
            let mut options: Vec<(u32, u32)> = taken
                .map(|entry| (*entry, chosen[*entry as usize]))
                .collect();
            if options.is_empty() {
                let all = entries.iter().flat_map(|entry| {
                    let options = fleet.entries[*entry as usize].options.clone();
                    options.map(|option| (*entry, super::compact::index(option)))
                });
                options.extend(all);
            }
            let cost = |option: u32| prices.cost(fleet, &fleet.options[option as usize]);
            let best = options
                .iter()
                .min_by(|a, b| cost(a.1).total_cmp(&cost(b.1)));
            for entry in entries {
                chosen[*entry as usize] = NONE;
            }
            if let Some((entry, option)) = best {
                chosen[*entry as usize] = *option;
                *at = *entry;
            }
        }
        let mut state = Self {
            chosen,
            at,
            need: vec![0; fleet.cells.len()],
            pool: vec![0; fleet.blocks.len()],
            used: vec![0.0; fleet.rows.len()],
            minutes: 0.0,
        };
        state.sum(fleet);
        state
    }

    /// Adds everything up again.
    fn sum(&mut self, fleet: &Fleet) {
        self.need.fill(0);
        self.used.fill(0.0);
        self.minutes = 0.0;
        for entry in &self.at {
            let of = &fleet.entries[*entry as usize];
            let choice = &fleet.options[self.chosen[*entry as usize] as usize];
            self.need[of.cell as usize] += choice.hosts;
            self.minutes += choice.minutes;
            let mut add = |row: Option<usize>, by| {
                if let Some(row) = row {
                    self.used[row] += by;
                }
            };
            add(fleet.budget_row, choice.usd);
            add(fleet.shortfall_row, choice.shortfall);
            add(pool_row(choice), f64::from(choice.spot));
            if of.link != NONE {
                add(Some(of.link as usize), 1.0);
            }
        }
        for (block, pool) in fleet.blocks.iter().zip(&mut self.pool) {
            let needs = &self.need[block.cells.clone()];
            *pool = needs.iter().copied().max().unwrap_or(0);
            if let (Some(hosts), Some(row)) = (block.pool, fleet.budget_row) {
                self.used[row] += hosts.price * f64::from(*pool);
            }
        }
    }

    /// The option that a service takes.
    pub(super) fn option_of(&self, service: usize) -> u32 {
        self.chosen[self.at[service] as usize]
    }

    /// What changes where a service takes an option of one of its entries; none where the cluster
    /// may not have so many hosts.
    pub(super) fn delta(
        &self,
        fleet: &Fleet,
        service: usize,
        entry: u32,
        option: u32,
    ) -> Option<Delta> {
        let from = self.at[service];
        let (old_entry, new_entry) = (
            &fleet.entries[from as usize],
            &fleet.entries[entry as usize],
        );
        let old = &fleet.options[self.chosen[from as usize] as usize];
        let new = &fleet.options[option as usize];
        let mut delta = Delta {
            minutes: new.minutes - old.minutes,
            ..Delta::default()
        };
        let mut usd = new.usd - old.usd;
        if new.hosts != old.hosts || (old_entry.cell != new_entry.cell) {
            if old_entry.block == new_entry.block {
                usd += self.hosts_delta(
                    fleet,
                    old_entry.block,
                    (old_entry.cell, old.hosts),
                    (new_entry.cell, new.hosts),
                )?;
            } else {
                usd += self.hosts_delta(
                    fleet,
                    old_entry.block,
                    (old_entry.cell, old.hosts),
                    (old_entry.cell, 0),
                )?;
                usd += self.hosts_delta(
                    fleet,
                    new_entry.block,
                    (new_entry.cell, 0),
                    (new_entry.cell, new.hosts),
                )?;
            }
        }
        delta.add(fleet.budget_row, usd);
        delta.add(fleet.shortfall_row, new.shortfall - old.shortfall);
        delta.add(pool_row(old), -f64::from(old.spot));
        delta.add(pool_row(new), f64::from(new.spot));
        Some(delta)
    }

    /// What it costs that hosts leave a cell and others come to one \[USD\].
    fn hosts_delta(
        &self,
        fleet: &Fleet,
        block: u32,
        (left, fewer): (u32, u32),
        (come, more): (u32, u32),
    ) -> Option<f64> {
        let of = &fleet.blocks[block as usize];
        let Some(hosts) = of.pool else {
            return Some(0.0);
        };
        let pool = self.pool[block as usize];
        let need = |cell: u32| {
            let mut need = self.need[cell as usize];
            if cell == left {
                need -= fewer;
            }
            if cell == come {
                need += more;
            }
            need
        };
        let largest = if need(left) < pool && self.need[left as usize] == pool {
            let cells = of.cells.clone().map(super::compact::index);
            cells.map(need).max().unwrap_or(0)
        } else {
            pool.max(need(come)).max(need(left))
        };
        if largest > hosts.most && largest > pool {
            return None;
        }
        Some(hosts.price * (f64::from(largest) - f64::from(pool)))
    }

    /// Lets a service take an option of one of its entries.
    pub(super) fn take(&mut self, fleet: &Fleet, service: usize, entry: u32, option: u32) {
        let Some(delta) = self.delta(fleet, service, entry, option) else {
            return;
        };
        self.minutes += delta.minutes;
        for (row, by) in delta.rows() {
            self.used[*row as usize] += by;
        }
        let from = self.at[service];
        let (old_entry, new_entry) = (
            &fleet.entries[from as usize],
            &fleet.entries[entry as usize],
        );
        let old = &fleet.options[self.chosen[from as usize] as usize];
        let new = &fleet.options[option as usize];
        self.need[old_entry.cell as usize] -= old.hosts;
        self.need[new_entry.cell as usize] += new.hosts;
        self.chosen[from as usize] = NONE;
        self.chosen[entry as usize] = option;
        self.at[service] = entry;
        for block in [old_entry.block, new_entry.block] {
            let needs = &self.need[fleet.blocks[block as usize].cells.clone()];
            self.pool[block as usize] = needs.iter().copied().max().unwrap_or(0);
        }
    }

    /// Lets a block take another plan. It may have no services that choose their cell.
    pub(super) fn take_plan(&mut self, fleet: &Fleet, plan: &Column) {
        let entries = fleet.entries_of_block(plan.block as usize);
        for (entry, option) in entries.clone().zip(&plan.choices) {
            self.chosen[entry] = *option;
        }
        self.sum(fleet);
    }

    /// What is left of a row; negative where it is exceeded.
    pub(super) fn left(&self, fleet: &Fleet, row: usize) -> f64 {
        let of = fleet.rows[row];
        let left = of.limit - self.used[row];
        match of.kind {
            RowKind::AtMost if left.abs() <= SLACK * of.limit.abs().max(1.0) => 0.0,
            RowKind::AtMost => left,
            RowKind::Exactly => 0.0,
        }
    }

    /// Whether all limits are kept.
    pub(super) fn keeps_limits(&self, fleet: &Fleet) -> bool {
        let hosts = fleet.blocks.iter().zip(&self.pool);
        let mut hosts = hosts.filter_map(|(block, pool)| block.pool.map(|of| (of.most, *pool)));
        (0..fleet.rows.len()).all(|row| self.left(fleet, row) >= 0.0)
            && hosts.all(|(most, pool)| pool <= most)
    }

    /// The option of every service, as the problem numbers them.
    pub(super) fn choices(&self, fleet: &Fleet) -> Vec<u32> {
        let of = |entry: &u32| fleet.options[self.chosen[*entry as usize] as usize].option;
        self.at.iter().map(of).collect()
    }
}

fn pool_row(choice: &Choice) -> Option<usize> {
    (choice.pool_row != NONE).then_some(choice.pool_row as usize)
}
