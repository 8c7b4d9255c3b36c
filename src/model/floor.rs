//! The hosts of a deployment that is followed: which of them the next task goes to.

use crate::rollout::others;
use crate::scenario::{Placement, Scenario};

/// A host as the deployment finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Host {
    /// Tasks of the service that it holds.
    pub places: u32,
    /// Whether it is added for the deployment: empty, and without the image.
    pub is_added: bool,
}

/// The hosts, and what is on them.
#[derive(Debug, Clone)]
pub struct Floor {
    placement: Placement,
    pub(super) hosts: Vec<OnHost>,
    /// Hosts of the old tasks, in the order in which they are told to stop.
    pub(super) old: Vec<usize>,
    changes: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct OnHost {
    free: u32,
    pub(super) tasks: u32,
    is_added: bool,
    /// Of hosts alike the one that changed last is next; at first those that are listed first.
    changed: i64,
    /// When it has the image \[s\].
    image_from: f64,
}

impl Floor {
    /// The old tasks and what others take, placed one by one before hosts are added.
    #[must_use]
    pub fn filled(scenario: &Scenario, hosts: &[Host]) -> Self {
        let on_host = |(number, host): (i64, &Host)| OnHost {
            free: if host.is_added { 0 } else { host.places },
            tasks: 0,
            is_added: host.is_added,
            changed: -number,
            image_from: if host.is_added { f64::INFINITY } else { 0.0 },
        };
        let mut floor = Self {
            placement: scenario.service.placement,
            hosts: (0..).zip(hosts).map(on_host).collect(),
            old: Vec::new(),
            changes: 0,
        };
        floor.old = (0..scenario.service.desired_count)
            .map_while(|_| floor.place())
            .collect();
        let mut others = others(scenario).map_or(0, |others| others.tasks);
        others -= floor.given_to_others(others);
        for (on_host, host) in floor.hosts.iter_mut().zip(hosts) {
            if host.is_added {
                on_host.free = host.places;
            }
        }
        floor.given_to_others(others);
        floor
    }

    /// Gives a task a place.
    pub fn place(&mut self) -> Option<usize> {
        let next = self.next()?;
        self.hosts[next].free -= 1;
        self.hosts[next].tasks += 1;
        self.changed(next);
        Some(next)
    }

    /// Gives so many places away, as far as there are; how many it gave.
    fn given_to_others(&mut self, places: u32) -> u32 {
        let mut given = 0;
        while given < places
            && let Some(next) = self.next()
        {
            self.hosts[next].free -= 1;
            self.changed(next);
            given += 1;
        }
        given
    }

    /// Takes a task off its host.
    pub fn free(&mut self, host: usize) {
        self.hosts[host].free += 1;
        self.hosts[host].tasks -= 1;
        self.changed(host);
    }

    /// Becomes like another of the same hosts and old tasks, in the same memory.
    pub fn copy(&mut self, other: &Self) {
        self.hosts.clone_from(&other.hosts);
        self.changes = other.changes;
    }

    /// The image is on the host from a moment on, if not before.
    pub fn has_image_from(&mut self, host: usize, moment: f64) {
        let host = &mut self.hosts[host];
        host.image_from = host.image_from.min(moment);
    }

    /// Whether a start on the host has still to pull the image.
    #[must_use]
    pub fn is_cold(&self, host: usize, now: f64) -> bool {
        now < self.hosts[host].image_from
    }

    fn changed(&mut self, host: usize) {
        self.changes += 1;
        self.hosts[host].changed = self.changes;
    }

    /// The host that the next task goes to.
    fn next(&self) -> Option<usize> {
        let open = (0..self.hosts.len()).filter(|&host| self.hosts[host].free > 0);
        open.max_by_key(|&host| {
            let OnHost {
                tasks,
                is_added,
                changed,
                ..
            } = self.hosts[host];
            match self.placement {
                Placement::Binpack => (i64::from(tasks), i64::from(!is_added), changed),
                Placement::Spread => (i64::from(is_added), -i64::from(tasks), changed),
            }
        })
    }
}
