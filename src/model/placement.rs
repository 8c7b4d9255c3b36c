//! Which hosts carry how many tasks of the service: spread evenly or packed, host by host.

use std::collections::BTreeMap;

use super::estimate::Plan;
use crate::rollout::{places_on, places_on_added};
use crate::scenario::{self, AddedHost, Capacity, ReleaseHosts, Scenario, Used};
use crate::units::PerHour;

/// Equal hosts that may carry tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct HostKind {
    /// How many.
    pub count: u32,
    /// How many tasks of the service one of them holds.
    pub places: u32,
    /// Instance type and zone: those that share them are one pool.
    pub pool: (String, Option<String>),
    /// How often one is taken back.
    pub hazard: PerHour,
    /// How tasks are placed on hosts.
    pub filled: scenario::Placement,
}

/// Tasks on hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    layers: Vec<Layer>,
    tasks: u32,
}

/// Hosts that some of the tasks are on, on each as many as on the others as far as it holds them.
#[derive(Debug, Clone, PartialEq)]
struct Layer {
    kinds: Vec<HostKind>,
    /// What every host carries that holds as many.
    level: u32,
    /// How many of the hosts that hold more carry one more.
    one_more: u32,
    /// How many these hosts are.
    open: u32,
}

impl Layer {
    /// As many tasks as the hosts hold, and how many are left.
    fn spread(tasks: u32, kinds: Vec<HostKind>) -> (Self, u32) {
        let kinds: Vec<HostKind> = kinds
            .into_iter()
            .filter(|kind| kind.count > 0 && kind.places > 0)
            .collect();
        let open = |level: u32| -> u32 {
            let open = kinds.iter().filter(|kind| kind.places > level);
            open.fold(0, |sum, kind| sum.saturating_add(kind.count))
        };
        let (mut level, mut left) = (0, tasks);
        while open(level) > 0 && left >= open(level) {
            left -= open(level);
            level += 1;
        }
        let one_more = left.min(open(level));
        let layer = Self {
            open: open(level),
            kinds,
            level,
            one_more,
        };
        (layer, left - one_more)
    }

    /// Hosts that carry so many tasks each.
    fn alike(kind: &HostKind, count: u32, level: u32) -> Self {
        Self {
            kinds: vec![HostKind {
                count,
                ..kind.clone()
            }],
            level,
            one_more: 0,
            open: if kind.places > level { count } else { 0 },
        }
    }

    /// As many tasks as the hosts hold, one host filled after another.
    fn packed(tasks: u32, kinds: &[HostKind]) -> Vec<Self> {
        let (mut left, mut layers) = (tasks, Vec::new());
        for kind in kinds.iter().filter(|kind| kind.places > 0) {
            let full = kind.count.min(left / kind.places);
            left -= full * kind.places;
            let partly = u32::from(full < kind.count);
            let there = if partly > 0 { left.min(kind.places) } else { 0 };
            left -= there;
            layers.extend([
                Self::alike(kind, full, kind.places),
                Self::alike(kind, partly, there),
                Self::alike(kind, kind.count - full - partly, 0),
            ]);
        }
        layers.retain(|layer| layer.kinds.iter().any(|kind| kind.count > 0));
        layers
    }

    /// How many tasks so many of its hosts of each kind carry, with probabilities.
    fn tasks_on<'a>(&'a self, hosts: impl Fn(&'a HostKind) -> u32) -> Vec<(u32, f64)> {
        let (mut sure, mut open) = (0, 0);
        for kind in &self.kinds {
            sure += hosts(kind) * kind.places.min(self.level);
            if kind.places > self.level {
                open += hosts(kind);
            }
        }
        hypergeometric(self.open, open, self.one_more)
            .into_iter()
            .map(|(more, chance)| (sure + more, chance))
            .collect()
    }
}

impl Placement {
    /// Tasks spread over the first hosts as far as they hold them, the others over the rest; or
    /// packed onto the rest, host by host, and onto the first hosts only if it does not hold them.
    #[must_use]
    pub fn spread(tasks: u32, first: Vec<HostKind>, then: Vec<HostKind>) -> Self {
        let is_packed = |kind: &HostKind| kind.filled == scenario::Placement::Binpack;
        if first.iter().chain(&then).any(is_packed) {
            let layers = Layer::packed(tasks, &[then, first].concat());
            return Self { layers, tasks };
        }
        let (first, left) = Layer::spread(tasks, first);
        let (then, _) = Layer::spread(left, then);
        Self {
            layers: vec![first, then],
            tasks,
        }
    }

    /// All tasks.
    #[must_use]
    pub fn tasks(&self) -> u32 {
        self.tasks
    }

    /// All kinds of hosts.
    pub fn kinds(&self) -> impl Iterator<Item = &HostKind> {
        self.layers.iter().flat_map(|layer| &layer.kinds)
    }

    /// Kinds that share instance type and zone and may be taken back, all their hosts.
    #[must_use]
    pub fn pools(&self) -> Vec<Vec<(u32, &HostKind)>> {
        self.grouped(|kind| (kind.hazard > PerHour::ZERO).then_some(&kind.pool))
    }

    /// Kinds in one zone, all their hosts.
    #[must_use]
    pub fn zones(&self) -> Vec<Vec<(u32, &HostKind)>> {
        self.grouped(|kind| kind.pool.1.as_ref())
    }

    fn grouped<'a, K: PartialEq>(
        &'a self,
        key: impl Fn(&'a HostKind) -> Option<K>,
    ) -> Vec<Vec<(u32, &'a HostKind)>> {
        let mut groups: Vec<(K, Vec<(u32, &HostKind)>)> = Vec::new();
        for kind in self.kinds() {
            let Some(key) = key(kind) else { continue };
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push((kind.count, kind)),
                None => groups.push((key, vec![(kind.count, kind)])),
            }
        }
        groups.into_iter().map(|(_, members)| members).collect()
    }

    /// How many tasks so many hosts of each kind carry, with probabilities.
    ///
    /// # Formula
    /// Σ min(places, level), and of the hosts that hold more, one more on a random choice of them:
    /// a hypergeometric number.
    #[must_use]
    pub fn tasks_on(&self, hosts: &[(u32, &HostKind)]) -> Vec<(u32, f64)> {
        let struck = |kind: &HostKind| {
            let found = hosts.iter().find(|(_, known)| std::ptr::eq(*known, kind));
            found.map_or(0, |&(count, _)| count)
        };
        self.layers.iter().fold(vec![(0, 1.0)], |sums, layer| {
            let mut both: BTreeMap<u32, f64> = BTreeMap::new();
            for (more, chance) in layer.tasks_on(struck) {
                for &(tasks, p) in &sums {
                    *both.entry(tasks + more).or_default() += p * chance;
                }
            }
            both.into_iter().collect()
        })
    }

    /// Places on the other hosts, where so many tasks are on these ones.
    #[must_use]
    pub fn free_beside(&self, hosts: &[(u32, &HostKind)], tasks: u32) -> u32 {
        let places = |count: u32, kind: &HostKind| count.saturating_mul(kind.places);
        let all = self.kinds().fold(0_u32, |sum, kind| {
            sum.saturating_add(places(kind.count, kind))
        });
        let gone = hosts.iter().fold(0_u32, |sum, &(count, kind)| {
            sum.saturating_add(places(count, kind))
        });
        all.saturating_sub(gone)
            .saturating_sub(self.tasks.saturating_sub(tasks))
    }
}

/// How many of `drawn` out of `all` are among `marked` ones, with probabilities.
#[must_use]
pub fn hypergeometric(all: u32, marked: u32, drawn: u32) -> Vec<(u32, f64)> {
    let (least, most) = ((drawn + marked).saturating_sub(all), drawn.min(marked));
    let mut weight = 0.0_f64;
    let mut largest = f64::NEG_INFINITY;
    let mut weights = Vec::new();
    for k in least..=most {
        weights.push((k, weight));
        largest = largest.max(weight);
        let [up, ways, down, others] = [
            marked - k,
            drawn - k,
            k + 1,
            (all + k + 1).saturating_sub(marked + drawn),
        ]
        .map(f64::from);
        weight += (up * ways / (down * others)).ln();
    }
    let total: f64 = weights.iter().map(|(_, w)| (w - largest).exp()).sum();
    weights
        .into_iter()
        .map(|(k, w)| (k, (w - largest).exp() / total))
        .collect()
}

/// The hosts that carry the service between deployments.
///
/// Listed and standing ones; where the emptiest hosts go after a deployment, the added ones stay,
/// and in the long run stand in place of all the listed ones that may go.
#[must_use]
pub fn between_deployments(scenario: &Scenario, plan: &Plan) -> Vec<HostKind> {
    let mut kinds = listed(scenario);
    if plan.headroom_hosts > 0 {
        kinds.extend(added(scenario, plan.headroom_hosts, plan.spot_hosts));
    }
    if plan.prescale_hosts > 0
        && plan.spot_hosts > 0
        && scenario.prescale.release_hosts == ReleaseHosts::Emptiest
        && let Capacity::Hosts(cluster) = &scenario.capacity
    {
        let stays = |index: usize| cluster.hosts[index].used != Used::default();
        let taking: Vec<usize> = (0..cluster.hosts.len())
            .filter(|&index| cluster.hosts[index].accepts_tasks)
            .collect();
        let gone: u32 = taking
            .iter()
            .filter(|&&index| !stays(index))
            .map(|&index| cluster.hosts[index].count)
            .sum();
        kinds = taking
            .iter()
            .zip(kinds)
            .filter(|&(&index, _)| stays(index))
            .map(|(_, kind)| kind)
            .collect();
        let share = f64::from(plan.spot_hosts) / f64::from(plan.prescale_hosts);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count"
        )]
        let spot = (f64::from(gone) * share).round() as u32;
        kinds.extend(added(scenario, gone, spot));
    }
    kinds
}

/// The listed hosts that take tasks.
#[must_use]
pub fn listed(scenario: &Scenario) -> Vec<HostKind> {
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return Vec::new();
    };
    cluster
        .hosts
        .iter()
        .filter(|group| group.accepts_tasks)
        .map(|group| HostKind {
            count: group.count,
            places: places_on(
                &group.shape,
                group.used,
                &cluster.daemons,
                &scenario.service,
            )
            .count,
            pool: (group.shape.instance_type.clone(), group.zone.clone()),
            hazard: group.interruption,
            filled: scenario.service.placement,
        })
        .collect()
}

/// Hosts that are added, so many of them spot.
#[must_use]
pub fn added(scenario: &Scenario, hosts: u32, spot: u32) -> Vec<HostKind> {
    let (Some(host), Some(places)) = (&scenario.prescale.host, places_on_added(scenario)) else {
        return Vec::new();
    };
    let kind = |count, host: &AddedHost, hazard| HostKind {
        count,
        places: places.count,
        pool: (host.shape.instance_type.clone(), None),
        hazard,
        filled: scenario.service.placement,
    };
    let spot = spot.min(hosts);
    vec![
        kind(hosts - spot, host, PerHour::ZERO),
        kind(spot, host, host.interruption),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(count: u32, places: u32, zone: &str) -> HostKind {
        HostKind {
            count,
            places,
            pool: ("m5.large".to_owned(), Some(zone.to_owned())),
            hazard: PerHour(1.0),
            filled: scenario::Placement::Spread,
        }
    }

    #[test]
    fn packed_tasks_fill_one_host_after_another() {
        let packed = |count, places, zone| HostKind {
            filled: scenario::Placement::Binpack,
            ..kind(count, places, zone)
        };
        // Five tasks on hosts of two places: two full ones and one of "b" with one.
        let placement =
            Placement::spread(5, Vec::new(), vec![packed(2, 2, "a"), packed(2, 2, "b")]);
        let zones = placement.zones();
        assert_eq!(placement.tasks_on(&zones[0]), [(4, 1.0)]);
        assert_eq!(placement.tasks_on(&zones[1]), [(1, 1.0)]);
        // Three places are left, all of them in "b".
        assert_eq!(placement.free_beside(&zones[0], 4), 3);
        assert_eq!(placement.free_beside(&zones[1], 1), 0);
        // Added hosts come last.
        let placement = Placement::spread(5, vec![packed(2, 2, "new")], vec![packed(2, 2, "old")]);
        let zones = placement.zones();
        let on: Vec<_> = zones.iter().map(|zone| placement.tasks_on(zone)).collect();
        assert_eq!(on, [[(4, 1.0)], [(1, 1.0)]]);
    }

    #[test]
    fn one_of_three_drawn_is_the_marked_one_in_a_third() {
        let law = hypergeometric(3, 1, 1);
        assert_eq!(law.iter().map(|&(k, _)| k).collect::<Vec<_>>(), [0, 1]);
        assert!((law[1].1 - 1.0 / 3.0).abs() < 1e-12);
        // All are drawn.
        assert_eq!(hypergeometric(4, 2, 4), [(2, 1.0)]);
    }

    #[test]
    fn what_does_not_divide_is_on_a_random_choice_of_hosts() {
        // Five tasks on four hosts of two places: one each, and one more on one of them.
        let placement = Placement::spread(5, vec![kind(2, 2, "a"), kind(2, 2, "b")], Vec::new());
        let zones = placement.zones();
        let on = placement.tasks_on(&zones[0]);
        assert_eq!(on.iter().map(|&(n, _)| n).collect::<Vec<_>>(), [2, 3]);
        assert!((on[0].1 - 0.5).abs() < 1e-12);
        // Eight places, four of them on the others, which carry two.
        assert_eq!(placement.free_beside(&zones[0], 3), 2);
    }

    #[test]
    fn the_first_hosts_are_filled_before_the_others() {
        let placement = Placement::spread(3, vec![kind(2, 1, "a")], vec![kind(4, 1, "b")]);
        let zones = placement.zones();
        assert_eq!(placement.tasks_on(&zones[0]), [(2, 1.0)]);
        assert_eq!(placement.tasks_on(&zones[1]), [(1, 1.0)]);
    }
}
