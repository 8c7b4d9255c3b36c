//! One deployment followed change by change, with and without a strike on the hosts of its tasks.
//!
//! Which tasks a strike takes, which are on their way, and what room and bounds let start in their
//! place depends on how far the deployment is, host by host. A course knows that at any moment, and
//! goes on from there as the rules say, struck or not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::durations::{Durations, Phase};
use crate::model::interruption::{NOTICE, TRIED_AT_MOST_EVERY, TRIED_EVERY, TRIED_OFTEN_FOR};
use crate::scenario::{Placement, ReleaseHosts};

/// The rank of a host that no task goes to.
const FULL: i64 = i64::MIN;
/// Hosts with more tasks are ranked as if they had so many.
const MOST_RANKED: u32 = (1 << RANKED_BITS) - 1;
const RANKED_BITS: u32 = 14;

/// What a course does not change.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) desired: u32,
    /// Lower and upper bound.
    pub(super) lower: u32,
    pub(super) upper: u32,
    pub(super) required: u32,
    pub(super) stopping_counts: bool,
    pub(super) placement: Placement,
    /// Listed and standing hosts, then added ones.
    pub(super) hosts: Vec<Host>,
    /// Places that others take.
    pub(super) others: u32,
    /// Whether tasks without a place wait in PROVISIONING.
    pub(super) provisioning: bool,
    /// Which hosts go after the deployment, if as many are added.
    pub(super) release: ReleaseHosts,
    /// From the last change to "completed", beside a reaction \[s\].
    pub(super) lag: f64,
    /// A course that is not through by then does not end \[s\].
    pub(super) given_up_at: f64,
}

/// A host as the deployment finds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host {
    /// Tasks of the service that it holds.
    pub(super) places: u32,
    /// Whether it comes for the deployment: empty, without the image, and first to be used.
    pub(super) is_added: bool,
    /// When it joins, where that is after the request \[s\].
    pub(super) joins_after: Option<f64>,
    /// Whether it may be taken back: its successor has not got the image.
    pub(super) is_spot: bool,
    /// Whether others use it too.
    pub(super) is_shared: bool,
}

impl Host {
    /// Whether it was added before the request.
    fn goes_again(&self) -> bool {
        self.is_added && self.joins_after.is_none()
    }
}

#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is so of a host does not exclude each other"
)]
struct OnHost {
    free: u32,
    /// Tasks of the service, and those of them that are healthy.
    tasks: u32,
    healthy: u32,
    is_open: bool,
    is_cold: bool,
    goes: bool,
    is_struck: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Healthy,
    Stopping,
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct Task {
    host: u32,
    state: State,
    is_new: bool,
    /// It is gone, and nobody gets its place before that is seen.
    keeps_place: bool,
    /// Its host was struck, and the reaction to that is not refused: that it is gone is no other
    /// change.
    is_seen_to: bool,
}

/// What happens, with the number of a task or a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Look,
    Running(u32),
    Healthy(u32),
    HealthySeen,
    Stopped(u32),
    GoneSeen(u32),
    Retry,
    Joined(u32),
    Provided,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Deploying,
    Releasing,
    Over,
}

/// A deployment under way.
#[derive(Debug)]
pub(super) struct Course {
    stage: Stage,
    now: f64,
    /// Time with fewer healthy tasks than required so far \[s\].
    short: f64,
    hosts: Vec<OnHost>,
    /// The host with the highest is the next to be taken; those without room have `FULL`.
    ranks: Vec<i64>,
    changes: u32,
    tasks: Vec<Task>,
    next_old: usize,
    old: u32,
    new: u32,
    starting: u32,
    stopping: u32,
    to_start: u32,
    owed_stops: u32,
    waiting: u32,
    waiting_since: f64,
    /// Tasks in PROVISIONING, and those of them that have a place on a host that has joined.
    in_provisioning: u32,
    provided: u32,
    joining: u32,
    short_of_room: bool,
    looked: bool,
    /// When it is seen to be completed, once all is as desired \[s\].
    ends_at: Option<f64>,
    /// By the bits of their moments, which are not negative and so in the same order, and number.
    ahead: BinaryHeap<Reverse<(u64, u32, Change)>>,
    expected: u32,
    /// How many durations of each phase were taken.
    taken: [u32; Phase::COUNT],
    /// Changes that have happened.
    pub(super) happened: u64,
}

impl Clone for Course {
    fn clone(&self) -> Self {
        Self {
            hosts: self.hosts.clone(),
            ranks: self.ranks.clone(),
            tasks: self.tasks.clone(),
            ahead: self.ahead.clone(),
            ..*self
        }
    }

    fn clone_from(&mut self, other: &Self) {
        let mut hosts = std::mem::take(&mut self.hosts);
        let mut ranks = std::mem::take(&mut self.ranks);
        let mut tasks = std::mem::take(&mut self.tasks);
        let mut ahead = std::mem::take(&mut self.ahead);
        hosts.clone_from(&other.hosts);
        ranks.clone_from(&other.ranks);
        tasks.clone_from(&other.tasks);
        ahead.clone_from(&other.ahead);
        *self = Self {
            hosts,
            ranks,
            tasks,
            ahead,
            ..*other
        };
    }
}

/// What takes hosts away, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// Spot hosts are given notice, and replaced.
    Notice,
    /// A zone is lost, and comes back whole.
    Outage,
}

/// A course with what it goes by.
pub(super) struct Followed<'a> {
    pub(super) setting: &'a Setting,
    pub(super) durations: &'a Durations,
}

impl Course {
    /// At the request: old tasks placed one by one on the hosts that stand, in this order of them.
    pub(super) fn begun(setting: &Setting, order: &[u32]) -> Self {
        let on_host = |host: &Host| OnHost {
            free: if host.is_added { 0 } else { host.places },
            tasks: 0,
            healthy: 0,
            is_open: host.joins_after.is_none(),
            is_cold: host.is_added,
            goes: false,
            is_struck: false,
        };
        let mut course = Self {
            stage: Stage::Deploying,
            now: 0.0,
            short: 0.0,
            hosts: setting.hosts.iter().map(on_host).collect(),
            ranks: vec![FULL; setting.hosts.len()],
            changes: 0,
            tasks: Vec::with_capacity(2 * setting.desired as usize),
            next_old: 0,
            old: 0,
            new: 0,
            starting: 0,
            stopping: 0,
            to_start: setting.desired,
            owed_stops: 0,
            waiting: 0,
            waiting_since: 0.0,
            in_provisioning: 0,
            provided: 0,
            joining: 0,
            short_of_room: false,
            looked: false,
            ends_at: None,
            ahead: BinaryHeap::new(),
            expected: 0,
            taken: [0; Phase::COUNT],
            happened: 0,
        };
        for &host in order.iter().rev() {
            course.changed(setting, host);
        }
        for _ in 0..setting.desired {
            let Some(host) = course.place(setting) else {
                break;
            };
            course.hosts[host as usize].healthy += 1;
            course.tasks.push(Task {
                host,
                state: State::Healthy,
                is_new: false,
                keeps_place: false,
                is_seen_to: false,
            });
            course.old += 1;
        }
        let left = course.given_to_others(setting, setting.others);
        for (on_host, host) in course.hosts.iter_mut().zip(&setting.hosts) {
            if host.goes_again() {
                on_host.free = host.places;
            }
        }
        for &host in order.iter().rev() {
            if setting.hosts[host as usize].goes_again() {
                course.changed(setting, host);
            }
        }
        course.given_to_others(setting, left);
        course
    }

    /// Gives places away as far as there are; how many are not.
    fn given_to_others(&mut self, setting: &Setting, mut places: u32) -> u32 {
        while places > 0
            && let Some(host) = self.next()
        {
            self.hosts[host as usize].free -= 1;
            self.changed(setting, host);
            places -= 1;
        }
        places
    }

    /// Ranks a host anew: of hosts alike the one that changed last is next.
    fn changed(&mut self, setting: &Setting, host: u32) {
        self.changes += 1;
        let OnHost {
            free,
            tasks,
            is_open,
            ..
        } = self.hosts[host as usize];
        let is_added = setting.hosts[host as usize].is_added;
        let tasks = i64::from(tasks.min(MOST_RANKED));
        let (class, level) = match setting.placement {
            Placement::Binpack => (2 * tasks + i64::from(!is_added), 0),
            Placement::Spread => (i64::from(is_added), i64::from(MOST_RANKED) - tasks),
        };
        self.ranks[host as usize] = if free > 0 && is_open {
            (class << RANKED_BITS | level) << 32 | i64::from(self.changes)
        } else {
            FULL
        };
    }

    /// The host that the next task goes to.
    fn next(&self) -> Option<u32> {
        let (mut best, mut found) = (FULL, None);
        for (host, &rank) in (0..).zip(&self.ranks) {
            if rank > best {
                (best, found) = (rank, Some(host));
            }
        }
        found
    }

    fn place(&mut self, setting: &Setting) -> Option<u32> {
        let host = self.next()?;
        let on_host = &mut self.hosts[host as usize];
        on_host.free -= 1;
        on_host.tasks += 1;
        self.changed(setting, host);
        Some(host)
    }

    fn free(&mut self, setting: &Setting, host: u32) {
        let on_host = &mut self.hosts[host as usize];
        on_host.free += 1;
        on_host.tasks = on_host.tasks.saturating_sub(1);
        self.changed(setting, host);
    }

    pub(super) fn now(&self) -> f64 {
        self.now
    }

    pub(super) fn short(&self) -> f64 {
        self.short
    }

    pub(super) fn healthy(&self) -> u32 {
        self.old + self.new
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Healthy tasks on a host, if it is there.
    pub(super) fn healthy_on(&self, host: u32) -> u32 {
        let on_host = &self.hosts[host as usize];
        if on_host.is_open { on_host.healthy } else { 0 }
    }

    /// Tasks on a host, if it is there.
    pub(super) fn tasks_on(&self, host: u32) -> u32 {
        let on_host = &self.hosts[host as usize];
        if on_host.is_open { on_host.tasks } else { 0 }
    }

    /// What it takes to follow it a step, and to copy it.
    pub(super) fn size(&self) -> usize {
        self.hosts.len() + self.tasks.len() + self.ahead.len()
    }

    /// Takes other durations than another course from here: of hosts, and of tasks too.
    pub(super) fn take_others(&mut self, by: u32, of_tasks: bool) {
        let of_hosts = [Phase::ColdStart, Phase::Successor, Phase::Outage];
        for (phase, taken) in self.taken.iter_mut().enumerate() {
            if of_tasks || of_hosts.iter().any(|&host| host as usize == phase) {
                *taken = taken.wrapping_add(by);
            }
        }
    }

    /// Goes on taking durations where another course ended.
    pub(super) fn take_after(&mut self, other: &Self) {
        self.taken = other.taken;
    }

    fn counted(&self, setting: &Setting) -> u32 {
        let stopping = if setting.stopping_counts {
            self.stopping
        } else {
            0
        };
        self.old + self.new + self.starting + stopping
    }

    fn expect(&mut self, after: f64, change: Change) {
        self.expected += 1;
        let at = (self.now + after).max(0.0);
        self.ahead
            .push(Reverse((at.to_bits(), self.expected, change)));
    }
}

impl Followed<'_> {
    fn draw(&self, course: &mut Course, phase: Phase) -> f64 {
        let taken = &mut course.taken[phase as usize];
        *taken = taken.wrapping_add(1);
        self.durations.at(phase, *taken)
    }

    fn react(&self, course: &mut Course, change: Change) {
        let reaction = self.draw(course, Phase::Reaction);
        course.expect(reaction, change);
    }

    /// The request is made.
    pub(super) fn request(&self, course: &mut Course) {
        for (host, at) in (0..).zip(self.setting.hosts.iter().map(|host| host.joins_after)) {
            if let Some(at) = at {
                course.joining += 1;
                course.expect(at, Change::Joined(host));
            }
        }
        self.react(course, Change::Look);
    }

    fn pass_until(&self, course: &mut Course, at: f64) {
        if course.healthy() < self.setting.required {
            course.short += (at - course.now).max(0.0);
        }
        course.now = course.now.max(at);
    }

    /// Follows a course up to a moment, or to its end.
    pub(super) fn until(&self, course: &mut Course, moment: f64) {
        while course.stage != Stage::Over {
            if self.is_as_desired(course) {
                let end = self.end(course);
                if end > moment {
                    break;
                }
                self.complete(course);
            } else if self.next_at(course).is_none_or(|at| at > moment) {
                break;
            } else {
                self.step(course);
            }
        }
        if course.stage != Stage::Over {
            self.pass_until(course, moment);
        }
    }

    /// Follows it until the required tasks are healthy, where none is stopped below them.
    pub(super) fn until_enough(&self, course: &mut Course) {
        while course.healthy() < self.setting.required
            && course.stage != Stage::Over
            && self.goes_on(course)
        {
            self.step(course);
        }
    }

    /// Follows it to its end.
    pub(super) fn to_the_end(&self, course: &mut Course) {
        while course.stage != Stage::Over {
            if self.is_as_desired(course) {
                self.complete(course);
            } else if !self.goes_on(course) {
                course.stage = Stage::Over;
            } else {
                self.step(course);
            }
        }
    }

    /// Whether anything comes of it yet.
    fn goes_on(&self, course: &mut Course) -> bool {
        let next = self.next_at(course);
        next.is_some_and(|at| at < self.setting.given_up_at)
    }

    /// When the next change comes; what failures left undone is looked for when nothing is under way.
    fn next_at(&self, course: &mut Course) -> Option<f64> {
        if course.ahead.is_empty() && !course.looked {
            course.looked = true;
            self.react(course, Change::Look);
        }
        let Reverse((at, ..)) = course.ahead.peek()?;
        Some(f64::from_bits(*at))
    }

    fn step(&self, course: &mut Course) {
        let Some(Reverse((at, _, change))) = course.ahead.pop() else {
            return;
        };
        self.pass_until(course, f64::from_bits(at));
        course.happened += 1;
        let moves = course.starting + course.stopping;
        self.happen(course, change);
        course.looked &= course.starting + course.stopping <= moves;
    }

    fn is_as_desired(&self, course: &Course) -> bool {
        course.new >= self.setting.desired && course.old + course.stopping == 0
    }

    /// When it is seen to be completed \[s\].
    fn end(&self, course: &mut Course) -> f64 {
        if let Some(end) = course.ends_at {
            return end;
        }
        let lag = if course.stage == Stage::Deploying {
            self.setting.lag
        } else {
            0.0
        };
        let end = course.now + self.draw(course, Phase::Reaction) + lag;
        course.ends_at = Some(end);
        end
    }

    fn complete(&self, course: &mut Course) {
        course.now = self.end(course);
        course.ends_at = None;
        if course.stage == Stage::Deploying && self.setting.hosts.iter().any(Host::goes_again) {
            self.release(course);
        } else {
            course.stage = Stage::Over;
        }
    }

    /// As many hosts as were added are emptied.
    fn release(&self, course: &mut Course) {
        course.stage = Stage::Releasing;
        course
            .ahead
            .retain(|Reverse((_, _, change))| matches!(change, Change::Joined(_)));
        (course.waiting, course.owed_stops) = (0, 0);
        (course.in_provisioning, course.provided) = (0, 0);
        for task in 0..course.tasks.len() {
            self.give_place(course, task);
        }
        for host in self.that_go(course) {
            course.hosts[host].is_open = false;
            course.hosts[host].goes = true;
            course.changed(self.setting, number(host));
        }
        let mut moving = 0;
        for task in &mut course.tasks {
            if task.state == State::Healthy && course.hosts[task.host as usize].goes {
                task.is_new = false;
                moving += 1;
            }
        }
        if moving == 0 {
            course.stage = Stage::Over;
            return;
        }
        course.old = moving;
        course.new -= moving;
        course.to_start = moving;
        course.next_old = 0;
        self.react(course, Change::Look);
    }

    /// The added hosts, or as many of those with the fewest tasks that no other service uses.
    fn that_go(&self, course: &Course) -> Vec<usize> {
        let hosts = &self.setting.hosts;
        let added = (0..hosts.len()).filter(|&host| hosts[host].goes_again());
        match self.setting.release {
            ReleaseHosts::Newest => added.collect(),
            ReleaseHosts::Emptiest => {
                let count = added.count();
                let mut all: Vec<usize> = (0..hosts.len())
                    .filter(|&host| !hosts[host].is_shared)
                    .collect();
                all.sort_by_key(|&host| (course.hosts[host].tasks, !hosts[host].is_added, host));
                all.truncate(count);
                all
            }
        }
    }

    fn happen(&self, course: &mut Course, change: Change) {
        match change {
            Change::Look => self.look(course),
            Change::Running(task) => {
                let Task { host, state, .. } = course.tasks[task as usize];
                if state == State::Starting {
                    course.hosts[host as usize].is_cold = false;
                }
            }
            Change::Healthy(task) => self.is_healthy(course, task),
            Change::HealthySeen => self.healthy_seen(course),
            Change::Stopped(task) => self.stopped(course, task),
            Change::GoneSeen(task) => {
                self.give_place(course, task as usize);
                self.start_or_wait(course);
                let is_refused =
                    course.to_start > 0 && course.counted(self.setting) >= self.setting.upper;
                course.tasks[task as usize].is_seen_to &= !is_refused;
            }
            Change::Retry => self.retry(course),
            Change::Joined(host) => self.joined(course, host),
            Change::Provided => {
                course.provided = course.provided.saturating_sub(1);
                self.start_or_wait(course);
            }
        }
    }

    /// Everything the bounds and the hosts allow, stops before starts.
    fn look(&self, course: &mut Course) {
        course.owed_stops = 0;
        while self.stop_one(course) {}
        while self.start_one(course) {}
        if course.short_of_room {
            self.wait_for_room(course, course.to_start);
        }
    }

    fn is_healthy(&self, course: &mut Course, task: u32) {
        let Task { host, state, .. } = course.tasks[task as usize];
        if state != State::Starting {
            return;
        }
        course.tasks[task as usize].state = State::Healthy;
        course.hosts[host as usize].healthy += 1;
        course.starting -= 1;
        course.new += 1;
        self.react(course, Change::HealthySeen);
    }

    fn healthy_seen(&self, course: &mut Course) {
        if self.stop_one(course) {
            if course.owed_stops > 0 && self.stop_one(course) {
                course.owed_stops -= 1;
            }
            if !self.setting.stopping_counts {
                self.start_one(course);
            }
        } else if course.old > 0 {
            course.owed_stops += 1;
        }
    }

    fn stop_one(&self, course: &mut Course) -> bool {
        if course.old == 0 || course.healthy() <= self.setting.lower {
            return false;
        }
        while let Some(task) = course.tasks.get(course.next_old) {
            let at = course.next_old;
            course.next_old += 1;
            if task.state == State::Healthy && !task.is_new {
                self.tell_to_stop(course, at, f64::INFINITY);
                return true;
            }
        }
        false
    }

    fn tell_to_stop(&self, course: &mut Course, task: usize, at_most: f64) {
        let Task {
            host,
            state,
            is_new,
            ..
        } = course.tasks[task];
        match (state, is_new) {
            (State::Healthy, false) => course.old -= 1,
            (State::Healthy, true) => {
                course.new -= 1;
                course.to_start += 1;
            }
            (State::Starting, _) => {
                course.starting -= 1;
                course.to_start += 1;
            }
            (State::Stopping | State::Gone, _) => return,
        }
        if state == State::Healthy {
            course.hosts[host as usize].healthy -= 1;
        }
        course.tasks[task].state = State::Stopping;
        course.stopping += 1;
        let drain = self.draw(course, Phase::Drain);
        course.expect(drain.min(at_most), Change::Stopped(number(task)));
    }

    fn stopped(&self, course: &mut Course, task: u32) {
        let Task {
            host,
            state,
            is_seen_to,
            ..
        } = course.tasks[task as usize];
        if state != State::Stopping {
            return;
        }
        course.stopping -= 1;
        course.tasks[task as usize].state = State::Gone;
        // Where stopping tasks do not count, others' changes start tasks too: not in this place.
        if !self.setting.stopping_counts && course.hosts[host as usize].is_open {
            course.tasks[task as usize].keeps_place = true;
        } else {
            course.free(self.setting, host);
        }
        if !is_seen_to {
            self.react(course, Change::GoneSeen(task));
        }
    }

    fn give_place(&self, course: &mut Course, task: usize) {
        let Task { host, .. } = course.tasks[task];
        if std::mem::take(&mut course.tasks[task].keeps_place) {
            course.free(self.setting, host);
        }
    }

    fn start_one(&self, course: &mut Course) -> bool {
        course.short_of_room = false;
        if course.to_start == 0 || course.counted(self.setting) >= self.setting.upper {
            return false;
        }
        let Some(host) = course.place(self.setting) else {
            course.short_of_room = true;
            return false;
        };
        course.to_start -= 1;
        course.starting += 1;
        course.in_provisioning = course.in_provisioning.min(self.wanted(course));
        let task = number(course.tasks.len());
        course.tasks.push(Task {
            host,
            state: State::Starting,
            is_new: true,
            keeps_place: false,
            is_seen_to: false,
        });
        let phase = if course.hosts[host as usize].is_cold {
            course.expect(self.durations.cold_running(), Change::Running(task));
            Phase::ColdStart
        } else {
            Phase::Start
        };
        let start = self.draw(course, phase);
        course.expect(start, Change::Healthy(task));
        true
    }

    fn start_or_wait(&self, course: &mut Course) {
        if !self.start_one(course) && course.short_of_room {
            self.wait_for_room(course, 1);
        }
    }

    fn wanted(&self, course: &Course) -> u32 {
        let counted = course.counted(self.setting);
        course
            .to_start
            .min(self.setting.upper.saturating_sub(counted))
    }

    fn wait_for_room(&self, course: &mut Course, tasks: u32) {
        if self.setting.provisioning {
            let waiting = course.in_provisioning.saturating_add(tasks);
            course.in_provisioning = waiting.min(self.wanted(course));
        } else if course.joining > 0 && course.to_start > 0 {
            if course.waiting == 0 {
                course.waiting_since = course.now;
                self.react(course, Change::Retry);
            }
            course.waiting = (course.waiting + tasks).min(course.to_start);
        }
    }

    fn retry(&self, course: &mut Course) {
        while course.waiting > 0 && self.start_one(course) {
            course.waiting -= 1;
        }
        course.waiting = course.waiting.min(course.to_start);
        if course.waiting > 0 {
            let left = course.waiting_since + TRIED_OFTEN_FOR - course.now;
            let after = if left > 1e-9 {
                let reaction = self.draw(course, Phase::Reaction);
                reaction.max(TRIED_AT_MOST_EVERY).min(left)
            } else {
                TRIED_EVERY
            };
            course.expect(after, Change::Retry);
        }
    }

    /// Hosts are struck.
    pub(super) fn strike(&self, course: &mut Course, hosts: &[u32], blow: Blow) {
        course.ends_at = None;
        let outage = match blow {
            Blow::Outage => self.draw(course, Phase::Outage),
            Blow::Notice => 0.0,
        };
        let notice = match blow {
            Blow::Outage => 0.0,
            Blow::Notice => NOTICE,
        };
        for &host in hosts {
            if !course.hosts[host as usize].is_open {
                continue;
            }
            course.hosts[host as usize].is_open = false;
            course.hosts[host as usize].is_struck = true;
            course.changed(self.setting, host);
            let back = match blow {
                Blow::Outage => outage,
                Blow::Notice => self.draw(course, Phase::Successor),
            };
            course.joining += 1;
            course.expect(back, Change::Joined(host));
        }
        for task in 0..course.tasks.len() {
            let Task { host, state, .. } = course.tasks[task];
            if state == State::Gone && !course.tasks[task].keeps_place
                || !course.hosts[host as usize].is_struck
            {
                continue;
            }
            self.give_place(course, task);
            match state {
                State::Starting | State::Healthy => {
                    self.tell_to_stop(course, task, notice);
                    course.tasks[task].is_seen_to = true;
                    self.react(course, Change::GoneSeen(number(task)));
                }
                State::Stopping => course.expect(notice, Change::Stopped(number(task))),
                State::Gone => {}
            }
        }
        for &host in hosts {
            course.hosts[host as usize].is_struck = false;
        }
    }

    fn joined(&self, course: &mut Course, host: u32) {
        course.joining -= 1;
        let place = &self.setting.hosts[host as usize];
        let on_host = &mut course.hosts[host as usize];
        if !on_host.goes {
            on_host.is_open = true;
            on_host.free = place.places;
            (on_host.tasks, on_host.healthy) = (0, 0);
            on_host.is_cold |= place.is_spot;
            course.changed(self.setting, host);
            let waiting = course.in_provisioning.saturating_sub(course.provided);
            let provided = place.places.min(waiting);
            course.provided += provided;
            for _ in 0..provided {
                self.react(course, Change::Provided);
            }
        }
        if course.joining == 0 && course.waiting == 0 && course.to_start > 0 {
            self.react(course, Change::Look);
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
