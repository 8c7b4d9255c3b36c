//! A problem with everything taken out that no best plan needs, laid out as the search walks it.
//!
//! Options that another option of the same service beats in every respect are left out. What is
//! not limited is forgotten. Services are grouped by the cluster whose hosts they share, and in it
//! by window: a **block** is a cluster, or some services that share no hosts; a **cell** is a window
//! of a cluster. All that blocks have in common are the **rows**: budget, shortfall, pools, and for
//! a service that may choose its cell the demand that it takes exactly one option in all.

use std::collections::BTreeMap;
use std::ops::Range;

use super::problem::Problem;

/// No row, no option.
pub(super) const NONE: u32 = u32::MAX;
/// Services without shared hosts in one block.
const SERVICES_OF_A_BLOCK: usize = 128;

/// The problem as the search walks it.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    /// By entry.
    pub options: Vec<Choice>,
    /// Of each option, whether it may not be chosen for now.
    pub closed: Vec<bool>,
    /// Of each option, its place among those of its service by minutes.
    pub rank: Vec<u32>,
    /// By cell.
    pub entries: Vec<Entry>,
    /// Cells of entries.
    pub cells: Vec<Range<usize>>,
    /// What is searched independently once the rows have prices.
    pub blocks: Vec<Block>,
    /// What blocks share.
    pub rows: Vec<Row>,
    pub budget_row: Option<usize>,
    pub shortfall_row: Option<usize>,
    /// Of each pool.
    pub pool_rows: Vec<Option<usize>>,
    /// Of each service, its entries.
    pub entries_of: Vec<Vec<u32>>,
}

/// An option that may be worth taking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub minutes: f64,
    pub usd: f64,
    pub shortfall: f64,
    /// Hosts that count in its cell.
    pub hosts: u32,
    /// Spot hosts that count in its pool.
    pub spot: u32,
    /// Row of its pool.
    pub pool_row: u32,
    /// Which option of its service it is.
    pub option: u32,
}

/// The options of a service in one cell, by hosts ascending.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub options: Range<usize>,
    /// Row that demands one option of all entries of the service, where it has several.
    pub link: u32,
    pub block: u32,
    pub cell: u32,
}

/// A cluster, or services that share no hosts.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub cells: Range<usize>,
    /// Where hosts are shared.
    pub pool: Option<HostPool>,
}

/// Extra hosts of a cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostPool {
    pub cluster: u32,
    /// So many are paid at least.
    pub least: u32,
    pub most: u32,
    /// \[USD/month\].
    pub price: f64,
}

/// A limit on a sum over all blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub limit: f64,
    pub kind: RowKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    AtMost,
    Exactly,
}

/// Where the hosts of an option count: cluster and window.
type Place = Option<(u32, u32)>;

impl Fleet {
    /// Lays a problem out. `kept` tells which options may be chosen at all.
    pub(super) fn new(problem: &Problem, kept: impl Fn(usize, usize) -> bool) -> Self {
        let mut fleet = Self::default();
        let mut limits: Vec<Row> = Vec::new();
        let mut limit = |limit: Option<f64>| {
            limit.map(|limit| {
                limits.push(Row {
                    limit,
                    kind: RowKind::AtMost,
                });
                limits.len() - 1
            })
        };
        fleet.budget_row = limit(problem.limits.budget_usd);
        fleet.shortfall_row = limit(problem.limits.shortfall_minutes);
        let pools = problem.pools.iter();
        fleet.pool_rows = pools
            .map(|pool| limit(pool.spot_hosts_max.map(f64::from)))
            .collect();
        fleet.rows = limits;
        let mut places: BTreeMap<(Place, usize), Vec<u32>> = BTreeMap::new();
        let mut kept_options: Vec<Vec<(Place, Choice)>> = Vec::new();
        for (s, service) in problem.services.iter().enumerate() {
            let all = (0_u32..).zip(&service.options);
            let options: Vec<(Place, Choice)> = all
                .filter(|(o, _)| kept(s, *o as usize))
                .filter_map(|(o, option)| fleet.choice(problem, option, o))
                .collect();
            let options = undominated(options);
            let mut of_service: Vec<Place> = options.iter().map(|(place, _)| *place).collect();
            of_service.sort_unstable();
            of_service.dedup();
            if of_service.len() > 1 {
                // An option without hosts may stand in any cell.
                of_service.retain(Option::is_some);
            }
            for place in of_service {
                let group = if place.is_none() {
                    s / SERVICES_OF_A_BLOCK
                } else {
                    0
                };
                places.entry((place, group)).or_default().push(index(s));
            }
            kept_options.push(options);
        }
        fleet.lay_out(problem, &places, &kept_options);
        fleet.closed = vec![false; fleet.options.len()];
        fleet.rank = fleet.ranks();
        fleet
    }

    fn choice(
        &self,
        problem: &Problem,
        option: &super::problem::ServiceOption,
        o: u32,
    ) -> Option<(Place, Choice)> {
        let pool_row = option.pool.and_then(|pool| self.pool_rows[pool as usize]);
        let (spot, pool_row) = match pool_row {
            Some(row) if option.spot_hosts > 0 => (option.spot_hosts, index(row)),
            _ => (0, NONE),
        };
        if pool_row != NONE && f64::from(spot) > self.rows[pool_row as usize].limit {
            return None;
        }
        let mut place = None;
        if let (Some(c), 1..) = (option.cluster, option.hosts) {
            let cluster = &problem.clusters[c as usize];
            if cluster
                .extra_hosts_max
                .is_some_and(|most| option.hosts > most)
            {
                return None;
            }
            if cluster.extra_hosts_max.is_some() || cluster.usd_per_extra_host > 0.0 {
                place = Some((c, option.window));
            }
        }
        let choice = Choice {
            minutes: option.weighted_minutes,
            usd: if self.budget_row.is_some() {
                option.usd
            } else {
                0.0
            },
            shortfall: if self.shortfall_row.is_some() {
                option.shortfall_minutes
            } else {
                0.0
            },
            hosts: place.map_or(0, |_| option.hosts),
            spot,
            pool_row,
            option: o,
        };
        Some((place, choice))
    }

    fn lay_out(
        &mut self,
        problem: &Problem,
        places: &BTreeMap<(Place, usize), Vec<u32>>,
        options: &[Vec<(Place, Choice)>],
    ) {
        self.entries_of = vec![Vec::new(); options.len()];
        let mut links = vec![NONE; options.len()];
        let mut cells_of = vec![0_u32; options.len()];
        for service in places.values().flatten() {
            cells_of[*service as usize] += 1;
        }
        for (s, cells) in cells_of.iter().enumerate() {
            if *cells > 1 {
                links[s] = index(self.rows.len());
                self.rows.push(Row {
                    limit: 1.0,
                    kind: RowKind::Exactly,
                });
            }
        }
        let mut open: Option<u32> = None;
        for ((place, _), services) in places {
            let cluster = place.map(|(cluster, _)| cluster);
            if place.is_none() || open != cluster {
                let first = self.cells.len();
                self.blocks.push(Block {
                    cells: first..first,
                    pool: cluster.map(|c| HostPool {
                        cluster: c,
                        least: 0,
                        most: problem.clusters[c as usize].extra_hosts_max.unwrap_or(NONE),
                        price: problem.clusters[c as usize].usd_per_extra_host,
                    }),
                });
                open = cluster;
            }
            let first = self.entries.len();
            for service in services {
                let s = *service as usize;
                let start = self.options.len();
                let first_cell = self.entries_of[s].is_empty();
                self.options.extend(
                    options[s]
                        .iter()
                        .filter(|(of, _)| of == place || (of.is_none() && first_cell))
                        .map(|(_, choice)| *choice),
                );
                self.options[start..].sort_by_key(|choice| choice.hosts);
                self.entries_of[s].push(index(self.entries.len()));
                self.entries.push(Entry {
                    options: start..self.options.len(),
                    link: links[s],
                    block: index(self.blocks.len() - 1),
                    cell: index(self.cells.len()),
                });
            }
            self.cells.push(first..self.entries.len());
            let end = self.cells.len();
            if let Some(block) = self.blocks.last_mut() {
                block.cells.end = end;
            }
        }
    }

    fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.options.len()];
        for entries in &self.entries_of {
            let entries = entries.iter().map(|entry| &self.entries[*entry as usize]);
            let mut options: Vec<usize> = entries.flat_map(|entry| entry.options.clone()).collect();
            options.sort_by(|a, b| {
                self.options[*a]
                    .minutes
                    .total_cmp(&self.options[*b].minutes)
            });
            for (rank, option) in (0..).zip(options) {
                ranks[option] = rank;
            }
        }
        ranks
    }

    /// Entries of a block.
    pub(super) fn entries_of_block(&self, block: usize) -> Range<usize> {
        let cells = &self.cells[self.blocks[block].cells.clone()];
        match (cells.first(), cells.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// Whether some service has no option left: then there is no plan.
    pub(super) fn lacks_an_option(&self) -> bool {
        self.entries_of.iter().any(Vec::is_empty)
    }
}

/// An index as it is stored. No table has more than 2^32 − 1 rows of anything.
pub(super) fn index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

/// The options that no other is at least as good as in every respect. Spot hosts are only compared
/// within a pool, hosts only within a place. Of equal ones the first stays.
fn undominated(mut options: Vec<(Place, Choice)>) -> Vec<(Place, Choice)> {
    options.sort_by(|(_, a), (_, b)| {
        (a.minutes, a.usd, a.shortfall)
            .partial_cmp(&(b.minutes, b.usd, b.shortfall))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then((a.hosts, a.spot).cmp(&(b.hosts, b.spot)))
    });
    let mut kept: Vec<(Place, Choice)> = Vec::with_capacity(options.len());
    for (place, choice) in options {
        let beaten = kept.iter().any(|(other_place, other)| {
            other.usd <= choice.usd
                && other.shortfall <= choice.shortfall
                && other.hosts <= choice.hosts
                && (other.hosts == 0 || *other_place == place)
                && (other.spot == 0
                    || (other.pool_row == choice.pool_row && other.spot <= choice.spot))
        });
        if !beaten {
            kept.push((place, choice));
        }
    }
    kept
}
