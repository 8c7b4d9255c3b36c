//! What the release of pre-scaled hosts takes: a second rollout, where tasks still run on the hosts
//! that go.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::floor::Host;
use super::followed::{PhaseQuantiles, left_on};
use super::phases::Phases;
use super::rolling::Rollout;
use super::walk::{Act, SAME_MOMENT, joins, walk};
use crate::rollout::{Moves, others, places_on, places_on_added};
use crate::scenario::{Capacity, Cluster, Placement, ReleaseHosts, Scenario, Used};

/// The rollouts that the tasks on the hosts that go may make, each with its probability; none
/// where these are empty for sure.
///
/// "Newest" drains the added hosts. "Emptiest" takes as many hosts as were added, those with the
/// fewest tasks, never one that others use. The tasks move under the bounds of the deployment, to
/// the places that are left.
#[must_use]
pub fn evacuations(
    scenario: &Scenario,
    moves: &Moves,
    phases: &Phases,
    followed: &Followed,
    before: u32,
    standing: u32,
) -> Vec<(f64, Rollout)> {
    let site = match &scenario.capacity {
        Capacity::Hosts(cluster) if before > 0 && moves.joining.hosts == 0 => {
            let site = Site::of(scenario, cluster, moves, [before, standing]);
            (!site.is_one_each()).then_some(site)
        }
        _ => None,
    };
    let moving = match site {
        Some(site) => followed.moving(scenario, moves, phases, site),
        None => Rc::from([(
            moving_by_means(scenario, moves, phases, before, standing),
            1.0,
        )]),
    };
    let rollout = |moving: u32| Rollout {
        replacements: moving,
        // All places but those that go; the desired count fits, so what moves has a place.
        surge: moves.bounds.upper.saturating_sub(moves.desired).min(moving),
        slack: moves.slack.min(moving),
        cold: 0,
        held: 0,
    };
    moving
        .iter()
        .filter(|&&(moving, _)| moving > 0)
        .map(|&(moving, chance)| (chance, rollout(moving)))
        .collect()
}

/// Courses of deployments that were followed.
#[derive(Debug, Default)]
pub struct Followed {
    durations: OnceCell<PhaseQuantiles>,
    moving: RefCell<HashMap<Site, Moving>>,
}

/// How many tasks move, with probabilities.
type Moving = Rc<[(u32, f64)]>;

/// The hosts of a deployment and what it may do there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Site {
    /// Places on each host that was there before, and whether it may go.
    old: Vec<(u32, bool)>,
    added: u32,
    places_on_added: u32,
    desired: u32,
    bounds: (u32, u32),
    taken_by_others: u32,
    packs: bool,
    newest_go: bool,
}

impl Site {
    fn of(
        scenario: &Scenario,
        cluster: &Cluster,
        moves: &Moves,
        [added, standing]: [u32; 2],
    ) -> Self {
        Self {
            old: standing_hosts(scenario, cluster, standing),
            added,
            places_on_added: places_on_added(scenario).map_or(0, |each| each.count),
            desired: moves.desired,
            bounds: (moves.bounds.lower, moves.bounds.upper),
            taken_by_others: others(scenario).map_or(0, |others| others.tasks),
            packs: scenario.service.placement == Placement::Binpack,
            newest_go: scenario.prescale.release_hosts == ReleaseHosts::Newest,
        }
    }

    /// Whether each host has one task or none, and whichever is empty may go: then nothing depends
    /// on the order of changes.
    fn is_one_each(&self) -> bool {
        let mut old = self.old.iter();
        !self.newest_go
            && self.places_on_added <= 1
            && old.all(|&(places, may_go)| places <= 1 && may_go)
    }

    fn hosts(&self) -> Vec<Host> {
        let host = |places, is_added| Host { places, is_added };
        let old = self.old.iter().map(|&(places, _)| host(places, false));
        let added = (0..self.added).map(|_| host(self.places_on_added, true));
        old.chain(added).collect()
    }

    /// Tasks on the hosts that go.
    fn moving(&self, on: &[u32]) -> u32 {
        let (on_old, on_added) = on.split_at(self.old.len());
        if self.newest_go {
            return on_added.iter().sum();
        }
        let may_go = self.old.iter().zip(on_old).filter(|((_, may), _)| *may);
        fewest(may_go.map(|(_, &tasks)| tasks), on_added)
    }
}

impl Followed {
    /// The durations of a scenario's service.
    pub fn durations(&self, scenario: &Scenario, phases: &Phases) -> &PhaseQuantiles {
        let computed = || PhaseQuantiles::of(scenario, phases);
        self.durations.get_or_init(computed)
    }

    /// How many tasks are on the hosts that go, as courses of the deployment leave them.
    fn moving(&self, scenario: &Scenario, moves: &Moves, phases: &Phases, site: Site) -> Moving {
        if let Some(known) = self.moving.borrow().get(&site) {
            return Rc::clone(known);
        }
        let durations = self.durations(scenario, phases);
        let courses = left_on(scenario, moves, durations, &site.hosts());
        let mut counts = BTreeMap::new();
        for on in &courses {
            *counts.entry(site.moving(on)).or_insert(0_u32) += 1;
        }
        let all = super::law::as_f64(courses.len());
        let moving: Moving = counts
            .into_iter()
            .map(|(tasks, count)| (tasks, f64::from(count) / all))
            .collect();
        self.moving.borrow_mut().insert(site, Rc::clone(&moving));
        moving
    }
}

/// The same by means: new tasks land on the added hosts first, with binpack last; the rest is on the
/// old ones, which are the listed and so many standing hosts.
fn moving_by_means(
    scenario: &Scenario,
    moves: &Moves,
    phases: &Phases,
    before: u32,
    standing: u32,
) -> u32 {
    let new = on_added_hosts(scenario, moves, phases, before);
    let on_added: u32 = new.iter().sum();
    match (&scenario.capacity, scenario.prescale.release_hosts) {
        (Capacity::Hosts(cluster), ReleaseHosts::Emptiest) => {
            let on_old = moves.desired.saturating_sub(on_added);
            fewest_tasks(scenario, cluster, on_old, &new, standing)
        }
        _ => on_added,
    }
}

/// New tasks on each added host: so many that were there before, and those that joined.
///
/// With hosts that join while tasks start elsewhere, as if every phase took its mean.
fn on_added_hosts(scenario: &Scenario, moves: &Moves, phases: &Phases, before: u32) -> Vec<u32> {
    let joining = moves.joining;
    let added = before + joining.hosts;
    let reaction = phases.reaction.mean();
    let spreads = scenario.service.placement == Placement::Spread;
    if joining.hosts == 0 || !spreads {
        let on_added = moves.on_added.saturating_add(joining.places);
        return spread(on_added.min(moves.desired), &vec![u32::MAX; added as usize]);
    }
    let joins = joins(scenario, moves);
    let acts = walk(moves, phases, &[], &joins);
    let mut seen_from = vec![0.0; before as usize];
    let last_start = acts
        .iter()
        .filter(|act| act.started() > 0)
        .map(|act| act.at);
    let last_start = last_start.fold(0.0, f64::max);
    // No host is launched where no task waits any more.
    for join in joins
        .iter()
        .filter(|join| join.launched + reaction < last_start)
    {
        // Seen as the walk sees it, one reaction after it has joined.
        let from = join.after + 2.0 * reaction;
        seen_from.extend((0..join.hosts).map(|_| from));
    }
    placed(&acts, &seen_from, joining.each)
}

/// The starts of the acts on hosts with so many places that are seen from a moment on: each on the
/// emptiest of them, and elsewhere where they are full.
fn placed(acts: &[Act], seen_from: &[f64], each: u32) -> Vec<u32> {
    let mut on = vec![0; seen_from.len()];
    for act in acts {
        for _ in 0..act.started() {
            let open = (0..on.len())
                .filter(|&host| seen_from[host] <= act.at + SAME_MOMENT && on[host] < each);
            match open.min_by_key(|&host| on[host]) {
                Some(host) => on[host] += 1,
                None => break,
            }
        }
    }
    on
}

/// Tasks on the emptiest hosts, as many hosts as were added, from the tasks on the old hosts in all
/// and on each added one.
fn fewest_tasks(
    scenario: &Scenario,
    cluster: &Cluster,
    on_old: u32,
    new: &[u32],
    standing: u32,
) -> u32 {
    let places = standing_hosts(scenario, cluster, standing);
    let free: Vec<u32> = places.iter().map(|host| host.0).collect();
    let old = match scenario.service.placement {
        Placement::Spread => spread(on_old, &free),
        Placement::Binpack => packed(on_old, &free),
    };
    let may_go = old.into_iter().zip(&places).filter(|(_, host)| host.1);
    fewest(may_go.map(|(tasks, _)| tasks), new)
}

/// Places on each host that was there before, and whether it may go: not where others use it.
fn standing_hosts(scenario: &Scenario, cluster: &Cluster, standing: u32) -> Vec<(u32, bool)> {
    let mut places = Vec::new();
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
    places
}

/// Tasks on the emptiest of hosts and added ones, as many as were added.
fn fewest(on_old: impl Iterator<Item = u32>, on_added: &[u32]) -> u32 {
    let mut tasks: Vec<u32> = on_old.chain(on_added.iter().copied()).collect();
    tasks.sort_unstable();
    tasks.iter().take(on_added.len()).sum()
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
    use super::{Act, packed, placed, spread};

    #[test]
    fn tasks_go_to_added_hosts_that_are_seen_by_then() {
        let act = |at, starts| Act {
            at,
            stopped: 0,
            cold: 0,
            warm: starts,
        };
        // Two hosts of two places, one seen from 100 s on, one from 300 s on. Two starts are too
        // early, two fill the first, two more go elsewhere, and the last three have two places.
        let acts = [act(50.0, 2), act(100.0, 2), act(200.0, 2), act(300.0, 3)];
        assert_eq!(placed(&acts, &[100.0, 300.0], 2), [2, 2]);
        assert_eq!(placed(&acts[..3], &[100.0, 300.0], 2), [2, 0]);
        // The emptiest first.
        assert_eq!(placed(&acts[..2], &[0.0, 0.0], 4), [2, 2]);
    }

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
