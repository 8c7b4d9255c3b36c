//! What the release of pre-scaled hosts takes: a second rollout, where tasks still run on the hosts
//! that go.

use super::rolling::Rollout;
use crate::rollout::{Moves, places_on, places_on_added};
use crate::scenario::{Capacity, Cluster, Placement, ReleaseHosts, Scenario, Used};

/// The tasks that have to move before as many hosts can go as were added; None if the hosts that
/// go are empty.
///
/// New tasks land on the added hosts first, with binpack last; the rest is on the old ones, which
/// are the listed and so many standing hosts. "Newest" drains the added hosts. "Emptiest" takes the
/// hosts with the fewest tasks, never one that others use. The tasks move under the bounds of the
/// deployment, to the places that are left.
#[must_use]
pub fn evacuation(
    scenario: &Scenario,
    moves: &Moves,
    added: u32,
    standing: u32,
) -> Option<Rollout> {
    if added == 0 {
        return None;
    }
    let desired = moves.desired;
    let on_added = moves.on_added.min(desired);
    let moving = match (&scenario.capacity, scenario.prescale.release_hosts) {
        (Capacity::Hosts(cluster), ReleaseHosts::Emptiest) => {
            let on_old = desired - on_added;
            fewest_tasks(scenario, cluster, [on_old, on_added], added, standing)
        }
        _ => on_added,
    };
    if moving == 0 {
        return None;
    }
    // All places but those that go; the desired count fits, so what moves has a place.
    let beside = moves.bounds.upper.saturating_sub(desired).min(moving);
    Some(Rollout {
        replacements: moving,
        surge: beside,
        slack: moves.slack.min(moving),
        cold: 0,
    })
}

/// Tasks on the emptiest hosts, as many hosts as were added.
fn fewest_tasks(
    scenario: &Scenario,
    cluster: &Cluster,
    [on_old, on_added]: [u32; 2],
    added: u32,
    standing: u32,
) -> u32 {
    let mut places: Vec<(u32, bool)> = Vec::new();
    for group in cluster.hosts.iter().filter(|group| group.accepts_tasks) {
        let count = places_on(
            &group.shape,
            group.used,
            &cluster.daemons,
            &scenario.service,
        )
        .count;
        let free_of_others = group.used == Used::default();
        places.extend((0..group.count).map(|_| (count, free_of_others)));
    }
    if let Some(each) = places_on_added(scenario) {
        places.extend((0..standing).map(|_| (each.count, true)));
    }
    let free: Vec<u32> = places.iter().map(|host| host.0).collect();
    let old = match scenario.service.placement {
        Placement::Spread => spread(on_old, &free),
        Placement::Binpack => packed(on_old, &free),
    };
    let new = spread(on_added, &vec![u32::MAX; added as usize]);
    let mut tasks: Vec<u32> = old
        .into_iter()
        .zip(&places)
        .filter(|(_, host)| host.1)
        .map(|(tasks, _)| tasks)
        .chain(new)
        .collect();
    tasks.sort_unstable();
    tasks.iter().take(added as usize).sum()
}

/// Tasks spread evenly over hosts with so many places each, on as many hosts as there are tasks.
fn spread(tasks: u32, places: &[u32]) -> Vec<u32> {
    let mut on = vec![0; places.len()];
    let mut left = tasks;
    let mut level = 0;
    while left > 0 && places.iter().any(|&p| p > level) {
        for (host, &p) in on.iter_mut().zip(places) {
            if left > 0 && p > level {
                *host += 1;
                left -= 1;
            }
        }
        level += 1;
    }
    on
}

/// Tasks on as few hosts with so many places each as hold them.
fn packed(tasks: u32, places: &[u32]) -> Vec<u32> {
    let mut left = tasks;
    places
        .iter()
        .map(|&places| {
            let here = left.min(places);
            left -= here;
            here
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{packed, spread};

    #[test]
    fn tasks_are_packed_host_by_host() {
        assert_eq!(packed(5, &[3, 1, 3]), [3, 1, 1]);
        assert_eq!(packed(2, &[4, 4, 4]), [2, 0, 0]);
    }

    #[test]
    fn tasks_spread_over_hosts_level_by_level() {
        assert_eq!(spread(5, &[3, 1, 3]), [2, 1, 2]);
        assert_eq!(spread(2, &[4, 4, 4]), [1, 1, 0]);
        assert_eq!(spread(9, &[1, 1]), [1, 1]);
    }
}
