//! The starts on one host whose tasks share its line and its processors, followed from the first
//! moves until all are healthy, at evenly chosen points of their chances.

use super::lattice::{Lattice, POINTS, Quantiles, chance};
use crate::model::law::Law;
use crate::model::phases::Phases;
use crate::model::verdict::{Checks, Fate};
use crate::scenario::{Scenario, Service};

/// Chances that one attempt of a start depends on.
const CHANCES: usize = 8;

/// A start is tried so often at most.
const MOST_ATTEMPTS: u32 = 200;

/// Moments that are no farther apart are the same \[s\].
const SAME: f64 = 1e-9;

/// What a start depends on.
pub struct Chances<'a> {
    lattice: Lattice,
    start: Quantiles,
    ready: Quantiles,
    registration: Option<Quantiles>,
    reaction: Quantiles,
    drain: Quantiles,
    service: &'a Service,
    /// Whether the place of an old task is free as soon as it is told to stop.
    reused_at_the_stop: bool,
}

impl<'a> Chances<'a> {
    /// Those of a scenario's service.
    #[must_use]
    pub fn of(scenario: &'a Scenario, phases: &Phases) -> Self {
        let service = &scenario.service;
        let timing = &service.timing;
        let step = phases.start.step();
        Self {
            lattice: Lattice::new(),
            start: Quantiles::of(&Law::of(timing.start, step)),
            ready: Quantiles::of(&Law::of(timing.ready, step)),
            registration: crate::model::verdict::registration_of(service, step)
                .map(|law| Quantiles::of(&law)),
            reaction: Quantiles::of(&phases.reaction),
            drain: Quantiles::of(&phases.drain),
            service,
            reused_at_the_stop: !scenario.deployment.stopping_counts,
        }
    }
}

/// What of a host the starts on it share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Width {
    /// How many pull at full speed side by side.
    pub line: f64,
    /// How many work at full speed side by side.
    pub processors: f64,
}

impl Width {
    /// Nothing is shared.
    pub const UNLIMITED: Self = Self {
        line: f64::INFINITY,
        processors: f64::INFINITY,
    };
}

/// Places on a host: those that start at once, those free after a stop, and the starts of each, all
/// of which any place may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Starts {
    /// Places that start with the first moves.
    pub at_once: u32,
    /// Places of old tasks that stop with the first moves.
    pub later: u32,
    /// Starts for each place: who is through sooner makes more.
    pub of_each: u32,
}

/// What became of the starts at all points.
#[derive(Debug, Default)]
pub struct Followed {
    /// For the first, second, … start of a place, from its first attempt to healthy \[s\]; all from
    /// the last on together.
    pub until_healthy: Vec<Vec<f64>>,
    /// From the attempt that got healthy to healthy \[s\].
    pub attempt: Vec<f64>,
    /// From RUNNING to healthy of the same \[s\].
    pub verdict: Vec<f64>,
    /// From an attempt to its end as killed, and until the next \[s\].
    pub killed: Vec<[f64; 2]>,
    /// The same of those that failed \[s\].
    pub failed: Vec<[f64; 2]>,
    /// At each point, when the first start of all places is healthy \[s\].
    pub first: Vec<f64>,
    /// At each point, the longest of the times until the first start of a place is healthy \[s\].
    pub longest: Vec<f64>,
}

/// Follows the starts on a host under a grace period.
#[must_use]
pub fn follow(chances: &Chances, starts: Starts, width: Width, grace: Option<f64>) -> Followed {
    let mut followed = Followed {
        until_healthy: vec![Vec::new(); starts.of_each as usize],
        ..Followed::default()
    };
    for point in 0..POINTS {
        Host::of(chances, starts, width, grace, point).run(&mut followed);
    }
    followed
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Begins another attempt then.
    Waiting(f64),
    /// Has so much left to pull.
    Pulling(f64),
    /// Is RUNNING then.
    Starting(f64),
    /// Has so much work left, and is killed then if any is.
    Working { left: f64, until: f64 },
    /// Its verdict comes then.
    Judged { at: f64, killed: bool },
    /// Has made all its starts.
    Done,
}

struct Place {
    state: State,
    attempts: u32,
    made: u32,
    /// When the first attempt of the present start began, and the present one.
    first: f64,
    begun: f64,
    running: f64,
}

/// What is known of the first starts of all places.
#[derive(Default)]
struct First {
    last: f64,
    longest: f64,
}

struct Host<'a> {
    chances: &'a Chances<'a>,
    of_each: u32,
    width: Width,
    checks: Checks<'a>,
    point: usize,
    now: f64,
    places: Vec<Place>,
    /// Starts that no place has begun.
    left: u32,
}

/// What a chance decides.
#[derive(Debug, Clone, Copy)]
enum Of {
    Start,
    Ready,
    Phase,
    Registration,
    Reaction,
    Drain,
    Turn,
    Failure,
}

impl<'a> Host<'a> {
    fn of(
        chances: &'a Chances,
        starts: Starts,
        width: Width,
        grace: Option<f64>,
        point: usize,
    ) -> Self {
        let mut host = Self {
            chances,
            of_each: starts.of_each,
            width,
            checks: Checks::of(chances.service, grace),
            point,
            now: 0.0,
            places: Vec::new(),
            left: 0,
        };
        let all = starts.at_once + starts.later;
        host.left = all * (starts.of_each - 1);
        let place = |_| Place {
            state: State::Done,
            attempts: 0,
            made: 0,
            first: 0.0,
            begun: 0.0,
            running: 0.0,
        };
        host.places.extend((0..all).map(place));
        for i in 0..host.places.len() {
            let freed = if i < starts.at_once as usize {
                0.0
            } else {
                host.drawn(i, Of::Drain, &chances.drain)
                    + host.drawn(i, Of::Reaction, &chances.reaction)
            };
            host.places[i].first = freed;
            host.places[i].state = State::Waiting(freed);
        }
        host
    }

    /// The value of a chance at the point, of a place's present attempt.
    fn value(&self, place: usize, of: Of) -> usize {
        let attempt = self.places[place].attempts as usize;
        let coordinate = (attempt * self.places.len() + place) * CHANCES + of as usize;
        self.chances.lattice.value(self.point, coordinate)
    }

    fn drawn(&self, place: usize, of: Of, law: &Quantiles) -> f64 {
        law.at(self.value(place, of))
    }

    fn run(&mut self, followed: &mut Followed) {
        let mut first = First::default();
        while let Some(next) = self.next() {
            self.go_on(next);
            for i in 0..self.places.len() {
                if self.is_due(i) {
                    self.step(i, followed, &mut first);
                }
            }
        }
        followed.first.push(first.last);
        followed.longest.push(first.longest);
    }

    /// How fast each pulls, and each works.
    fn speeds(&self) -> [f64; 2] {
        let (mut pulling, mut working) = (0.0, 0.0);
        for place in &self.places {
            match place.state {
                State::Pulling(_) => pulling += 1.0,
                State::Working { .. } => working += 1.0,
                _ => {}
            }
        }
        [
            (self.width.line / pulling).min(1.0),
            (self.width.processors / working).min(1.0),
        ]
    }

    /// When something happens next \[s\].
    fn next(&self) -> Option<f64> {
        let [pulls, works] = self.speeds();
        let moments = self.places.iter().filter_map(|place| match place.state {
            State::Waiting(at) | State::Starting(at) | State::Judged { at, .. } => Some(at),
            State::Pulling(left) => Some(self.now + left / pulls),
            State::Working { left, until } => Some((self.now + left / works).min(until)),
            State::Done => None,
        });
        moments.reduce(f64::min)
    }

    fn go_on(&mut self, to: f64) {
        let [pulls, works] = self.speeds();
        let passed = to - self.now;
        for place in &mut self.places {
            match &mut place.state {
                State::Pulling(left) => *left -= passed * pulls,
                State::Working { left, .. } => *left -= passed * works,
                _ => {}
            }
        }
        self.now = to;
    }

    fn is_due(&self, i: usize) -> bool {
        match self.places[i].state {
            State::Waiting(at) | State::Starting(at) | State::Judged { at, .. } => {
                at <= self.now + SAME
            }
            State::Pulling(left) => left <= SAME,
            State::Working { left, until } => left <= SAME || until <= self.now + SAME,
            State::Done => false,
        }
    }

    fn step(&mut self, i: usize, followed: &mut Followed, first: &mut First) {
        let now = self.now;
        let timing = &self.chances.service.timing;
        let ready = self.drawn(i, Of::Ready, &self.chances.ready);
        let work = if self.checks.are_made() {
            timing.together.start_cpu.0.min(ready)
        } else {
            0.0
        };
        match self.places[i].state {
            State::Waiting(_) => {
                self.places[i].begun = now;
                let pull = self.start(i) * timing.together.pull_share;
                self.places[i].state = State::Pulling(pull);
            }
            State::Pulling(_) => {
                let rest = self.start(i) * (1.0 - timing.together.pull_share);
                self.places[i].state = State::Starting(now + rest);
            }
            State::Starting(_) => {
                self.places[i].running = now;
                let until = self.checks.killed_unless_ready(self.first_check(i));
                self.places[i].state = State::Working {
                    left: work,
                    until: now + until.unwrap_or(f64::INFINITY),
                };
            }
            State::Working { left, .. } if left > SAME => self.ends(i, followed, true),
            State::Working { .. } => {
                let took = now - self.places[i].running;
                let fate = self.checks.fate(ready - work + took, self.first_check(i));
                let (after, killed) = match fate {
                    Fate::Healthy(after) => (after, false),
                    Fate::Killed(after) => (after, true),
                };
                let at = self.places[i].running + after;
                self.places[i].state = State::Judged { at, killed };
            }
            State::Judged { killed: true, .. } => self.ends(i, followed, true),
            State::Judged { .. } => {
                let failed = self.chances.service.failed_start_probability;
                if chance(self.value(i, Of::Failure)) < failed
                    && self.places[i].attempts < MOST_ATTEMPTS
                {
                    self.ends(i, followed, false);
                } else {
                    self.healthy(i, followed, first);
                }
            }
            State::Done => {}
        }
    }

    fn start(&self, i: usize) -> f64 {
        self.drawn(i, Of::Start, &self.chances.start).max(0.0)
    }

    /// From RUNNING to the first check at the load balancer \[s\].
    fn first_check(&self, i: usize) -> f64 {
        let registration = self.chances.registration.as_ref();
        let clock = registration.map_or(0.0, |law| self.drawn(i, Of::Registration, law));
        clock + self.checks.interval() * chance(self.value(i, Of::Phase))
    }

    /// An attempt ends, as killed or as failed, and another begins.
    fn ends(&mut self, i: usize, followed: &mut Followed, killed: bool) {
        let reaction = self.drawn(i, Of::Reaction, &self.chances.reaction);
        let drain = self.drawn(i, Of::Drain, &self.chances.drain);
        let after = if killed { drain + reaction } else { reaction };
        let place = &mut self.places[i];
        let ended = [self.now - place.begun, after];
        if killed {
            followed.killed.push(ended);
        } else {
            followed.failed.push(ended);
        }
        place.attempts += 1;
        place.state = if place.attempts < MOST_ATTEMPTS {
            State::Waiting(self.now + after)
        } else {
            State::Done
        };
    }

    fn healthy(&mut self, i: usize, followed: &mut Followed, first: &mut First) {
        let turn = if self.chances.reused_at_the_stop {
            0.0
        } else {
            self.drawn(i, Of::Drain, &self.chances.drain)
                + self.drawn(i, Of::Turn, &self.chances.reaction)
        };
        let free = self.now + self.drawn(i, Of::Reaction, &self.chances.reaction) + turn;
        let (now, last) = (self.now, self.of_each - 1);
        let place = &mut self.places[i];
        followed.until_healthy[place.made.min(last) as usize].push(now - place.first);
        followed.attempt.push(now - place.begun);
        followed.verdict.push(now - place.running);
        if place.made == 0 {
            first.last = first.last.max(now);
            first.longest = first.longest.max(now - place.first);
        }
        place.made += 1;
        place.attempts += 1;
        place.first = free;
        place.state = if self.left > 0 {
            self.left -= 1;
            State::Waiting(free)
        } else {
            State::Done
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    /// Behind checks every 10 s, of which two may fail.
    fn service(timing: &str) -> Scenario {
        let text = format!(
            "[service]\ndesired_count = 2\n\
             load_balancer = {{ type = \"alb\", health_check_interval = \"10s\", deregistration_delay = \"0s\" }}\n\
             timing = {{ {timing}, stop = \"5s\" }}\n\
             [deployment]\nreaction = \"20s\"\n[cluster]\nfree_tasks = 2\n"
        );
        scenario(&text, Syntax::Toml, Purpose::DurationsOnly).expect("the scenario is good")
    }

    fn followed(scenario: &Scenario, starts: Starts, width: Width, grace: Option<f64>) -> Followed {
        let phases = Phases::of(scenario);
        follow(&Chances::of(scenario, &phases), starts, width, grace)
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / crate::model::law::as_f64(values.len())
    }

    const TWO: Starts = Starts {
        at_once: 2,
        later: 0,
        of_each: 1,
    };

    #[test]
    fn two_share_the_line_and_one_processor() {
        let of = |timing: &str, line, processors| {
            let width = Width { line, processors };
            let found = followed(&service(timing), TWO, width, None);
            mean(&found.until_healthy[0])
        };
        // Start 40 s, ready 1 s, checked within 10 s: 46 s. With half of the start on a shared line
        // 20 s more.
        let pulls = "start = \"40s\", ready = \"1s\", pull_share = 0.5";
        assert!((of(pulls, f64::INFINITY, 1.0) - 46.0).abs() < 0.1);
        assert!((of(pulls, 1.0, 1.0) - 66.0).abs() < 0.1);
        // Work of 3 s each on one and a half processors: 6/1.5 s instead of 3 s.
        let works = "start = \"40s\", ready = \"4s\", start_cpu_seconds = 3";
        assert!((of(works, 1.0, 2.0) - 49.0).abs() < 0.1);
        assert!((of(works, 1.0, 1.5) - 50.0).abs() < 0.1);
    }

    #[test]
    fn who_is_killed_leaves_its_share_and_starts_again_after_drain_and_reaction() {
        // Works of 30 s for one processor, of which a task that comes in the place of an old one has
        // 5 + 20 s of waiting before its start. The first is alone for 25 of its 30 s, the other 5 s
        // share, then it is alone: ready after 35 s, and the other after 35 s.
        let scenario = service("start = \"40s\", ready = \"30s\", start_cpu_seconds = 30");
        let width = Width {
            line: 1.0,
            processors: 1.0,
        };
        let starts = Starts {
            at_once: 1,
            later: 1,
            of_each: 1,
        };
        let found = followed(&scenario, starts, width, None);
        // Checked within 10 s of 35 s, and judged by the threshold where that is the third check or
        // later: all are; four more passes.
        assert!((mean(&found.verdict) - (40.0 + 40.0)).abs() < 0.2);
        assert!(found.killed.is_empty());
        // With a grace of 34 s both are killed at 34 s, drained for 5 s and started 20 s later; the
        // first again is alone for 25 s, and so on: never.
        let found = followed(&scenario, starts, width, Some(34.0));
        let [ends, again] = found.killed[0];
        assert!((ends - 74.0).abs() < 1e-6 && (again - 25.0).abs() < 1e-6);
        assert!(found.attempt.len() < found.killed.len() / 10);
    }
}
