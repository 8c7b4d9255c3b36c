//! Where tasks are placed: hosts with what they have free at the moment, one task after another.
//!
//! Spread puts new tasks on added hosts first, as these are empty; else, and among them, on the host
//! with the fewest tasks of the service. Binpack puts them on the host with the most, an added one
//! only where no other has as many. Hosts with room stand on shelves by their number of tasks, so
//! that this host is found without looking at all of them.

use super::setup::{Origin, Resources, Setup};
use crate::scenario::Placement;

/// The hosts of one run.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    need: Resources,
    /// Whether the fullest host is taken, else the emptiest.
    packs: bool,
    hosts: Vec<State>,
    /// Hosts with room by number of tasks: the added ones, then the others.
    shelves: [Vec<Vec<u32>>; 2],
    /// No shelf below has a host.
    lowest: [usize; 2],
}

#[derive(Debug, Clone, Copy)]
struct State {
    free: Resources,
    tasks: u32,
    open: bool,
    /// It has not got the image.
    cold: bool,
    added: bool,
    /// Where it stands on its shelf, if it does.
    at: Option<u32>,
}

impl Floor {
    /// All hosts of a setup, empty; added ones closed until they are opened.
    #[must_use]
    pub fn empty(setup: &Setup) -> Self {
        // From the last to the first: the first is then the next to be taken.
        Self::opened(setup, (0..setup.hosts.len()).rev())
    }

    /// The same, of equal hosts the one that comes last in an order being the next to be taken.
    #[must_use]
    pub fn opened(setup: &Setup, order: impl Iterator<Item = usize>) -> Self {
        let hosts = setup.hosts.iter().map(|host| {
            let added = matches!(host.origin, Origin::Added | Origin::OnDemand);
            State {
                free: host.free,
                tasks: 0,
                open: false,
                cold: added,
                added,
                at: None,
            }
        });
        let mut floor = Self {
            need: setup.need,
            packs: setup.placement == Placement::Binpack,
            hosts: hosts.collect(),
            shelves: [Vec::new(), Vec::new()],
            lowest: [0, 0],
        };
        for host in order {
            if !floor.hosts[host].added {
                floor.open(host);
            }
        }
        floor
    }

    /// Becomes like another, in the same memory.
    pub fn copy(&mut self, other: &Self) {
        self.need = other.need;
        self.packs = other.packs;
        self.hosts.clone_from(&other.hosts);
        for (shelves, others) in self.shelves.iter_mut().zip(&other.shelves) {
            shelves.iter_mut().for_each(Vec::clear);
            if shelves.len() < others.len() {
                shelves.resize_with(others.len(), Vec::new);
            }
            for (shelf, other) in shelves.iter_mut().zip(others) {
                shelf.extend_from_slice(other);
            }
        }
        self.lowest = other.lowest;
    }

    /// Lets tasks be placed on a host.
    pub fn open(&mut self, host: usize) {
        self.hosts[host].open = true;
        self.put_up(host);
    }

    /// Keeps tasks from being placed on a host.
    pub fn close(&mut self, host: usize) {
        self.take_down(host);
        self.hosts[host].open = false;
    }

    /// Puts another host in the place of one that is gone: empty and without the image.
    pub fn replace(&mut self, host: usize, free: Resources, cold: bool) {
        self.take_down(host);
        let state = &mut self.hosts[host];
        state.free = free;
        state.tasks = 0;
        state.cold = state.cold || cold;
        self.open(host);
    }

    /// Gives a task a place, if any host has one.
    pub fn place(&mut self) -> Option<usize> {
        let host = self.next()?;
        self.take_down(host);
        let state = &mut self.hosts[host];
        state.free = state.free.less(&self.need);
        state.tasks += 1;
        self.put_up(host);
        Some(host)
    }

    /// Gives a place to a task of another service, if any host has one.
    pub fn place_other(&mut self) -> Option<usize> {
        let host = self.next()?;
        self.take_down(host);
        let state = &mut self.hosts[host];
        state.free = state.free.less(&self.need);
        self.put_up(host);
        Some(host)
    }

    /// The host that the next task goes to.
    fn next(&mut self) -> Option<usize> {
        if self.packs {
            return self.fullest();
        }
        for class in 0..2 {
            let shelves = &self.shelves[class];
            let mut level = self.lowest[class];
            while level < shelves.len() && shelves[level].is_empty() {
                level += 1;
            }
            self.lowest[class] = level;
            if let Some(&host) = shelves.get(level).and_then(|shelf| shelf.last()) {
                return Some(host as usize);
            }
        }
        None
    }

    /// Of the hosts with room one with the most tasks, an added one last.
    fn fullest(&self) -> Option<usize> {
        let [added, others] = &self.shelves;
        let levels = added.len().max(others.len());
        let on = |shelves: &[Vec<u32>], level: usize| shelves.get(level)?.last().copied();
        let found = (0..levels)
            .rev()
            .find_map(|level| on(others, level).or_else(|| on(added, level)));
        found.map(|host| host as usize)
    }

    /// Takes a task off its host.
    pub fn free(&mut self, host: usize) {
        self.take_down(host);
        let state = &mut self.hosts[host];
        state.free = state.free.plus(&self.need);
        state.tasks = state.tasks.saturating_sub(1);
        if state.open {
            self.put_up(host);
        }
    }

    /// Whether a start on the host has still to pull the image.
    #[must_use]
    pub fn is_cold(&self, host: usize) -> bool {
        self.hosts[host].cold
    }

    /// Starts on the host need not pull the image any more.
    pub fn has_image(&mut self, host: usize) {
        self.hosts[host].cold = false;
    }

    /// Added hosts have not got the image of another version.
    pub fn forget_images(&mut self) {
        for host in &mut self.hosts {
            host.cold = host.added;
        }
    }

    /// Whether the host is there and takes tasks.
    #[must_use]
    pub fn is_open(&self, host: usize) -> bool {
        self.hosts[host].open
    }

    /// Tasks of the service on a host.
    #[must_use]
    pub fn tasks_on(&self, host: usize) -> u32 {
        self.hosts[host].tasks
    }

    fn put_up(&mut self, host: usize) {
        let state = &mut self.hosts[host];
        if !state.open || state.at.is_some() || !state.free.holds(&self.need) {
            return;
        }
        let class = usize::from(!state.added);
        let level = state.tasks as usize;
        let shelves = &mut self.shelves[class];
        if shelves.len() <= level {
            shelves.resize_with(level + 1, Vec::new);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "hosts are counted in 32 bits"
        )]
        {
            state.at = Some(shelves[level].len() as u32);
            shelves[level].push(host as u32);
        }
        self.lowest[class] = self.lowest[class].min(level);
    }

    fn take_down(&mut self, host: usize) {
        let Some(at) = self.hosts[host].at.take() else {
            return;
        };
        let class = usize::from(!self.hosts[host].added);
        let row = &mut self.shelves[class][self.hosts[host].tasks as usize];
        row.swap_remove(at as usize);
        if let Some(&moved) = row.get(at as usize) {
            self.hosts[moved as usize].at = Some(at);
        }
    }
}
