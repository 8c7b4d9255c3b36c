//! Availability with hosts that are taken back, against a simulation of strike after strike.
//!
//! The simulation shares nothing with the model: hosts are struck by themselves or all at once,
//! each lost task is placed by itself, and a strike may fall into the recovery from another.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use prescale::model::estimate;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};

/// A service on equal spot hosts, without a load balancer.
#[derive(Debug, Clone, Copy)]
struct Case {
    hosts: usize,
    /// Tasks that a host holds.
    places: usize,
    desired: usize,
    required: usize,
    monthly: f64,
    correlation: f64,
}

/// Between deployments and in a deployment that is one long wait.
impl Case {
    fn scenario(&self, per_day: f64) -> String {
        format!(
            "[service]\nname = \"web\"\ndesired_count = {}\ncpu = 256\nmemory_mib = 512\n\
             [service.timing]\nstart = {{ mean = \"45s\", cv = 0.2 }}\nready = \"0s\"\n\
             stop = \"5s\"\ncold_start_extra = \"20s\"\n[service.load]\nrequired_tasks = {}\n\
             [deployment]\nminimum_healthy_percent = 100\nmaximum_percent = 200\n\
             per_day = {per_day}\nreaction = {{ mean = \"20s\", cv = 0.4 }}\n\
             [cluster]\nregion = \"ap-northeast-1\"\n[[cluster.hosts]]\n\
             instance_type = \"own\"\ncount = {}\npurchase = \"spot\"\nusd_per_hour = 0.01\n\
             registered_cpu = {}\nregistered_memory_mib = 100000\n\
             [prescale]\nboot = {{ mean = \"150s\", cv = 0.2 }}\n\
             [spot]\ninterruption_per_month = {}\ncorrelation = {}\nfulfilment_time = \"10s\"\n\
             [recommend]\nmay_change = [\"percents\"]\n",
            self.desired,
            self.required,
            self.hosts,
            self.places * 256,
            self.monthly,
            self.correlation,
        )
    }

    fn minutes_per_month(&self) -> f64 {
        let text = self.scenario(1e-6);
        let scenario = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures)
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        let availability = estimate(&scenario).expect("the tasks fit").availability;
        availability
            .parts
            .expect("deployments are given")
            .spot_between_deployments_minutes
    }

    /// Minutes per month and their standard error, from so many strikes on a service at rest.
    fn simulated(&self, strikes: u32, seed: u64) -> (f64, f64) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let hazard = -(1.0 - self.monthly).ln() / 730.0 / 3600.0;
        #[expect(clippy::cast_precision_loss, reason = "few hosts")]
        let all = hazard * ((1.0 - self.correlation) * self.hosts as f64 + self.correlation);
        let (mut short, mut squares, mut long) = (0.0, 0.0, 0.0);
        for _ in 0..strikes {
            let incident = Incident::new(*self, hazard).run(&mut rng);
            short += incident.0;
            squares += incident.0 * incident.0;
            long += incident.1;
        }
        let n = f64::from(strikes);
        let cycle = 1.0 / all + long / n;
        let error = ((squares / n - (short / n).powi(2)) / n).sqrt();
        (short / n / cycle * 43_800.0, error / cycle * 43_800.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A host by its number, or all of them.
    Strike(Option<usize>),
    Joins(usize),
    Tries(usize),
    Healthy(usize, u32),
}

/// What follows from a strike until all is as before.
struct Incident {
    case: Case,
    hazard: f64,
    /// Whether it is there, and whether it has the image.
    hosts: Vec<(bool, bool)>,
    /// The host of each task, whether it is healthy, and how often it was lost.
    tasks: Vec<(Option<usize>, bool, u32)>,
    first_failure: Vec<Option<f64>>,
    /// Time in milliseconds, so that it can be ordered.
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    inserted: u64,
}

impl Incident {
    fn new(case: Case, hazard: f64) -> Self {
        Self {
            case,
            hazard,
            hosts: vec![(true, true); case.hosts],
            tasks: (0..case.desired)
                .map(|task| (Some(task % case.hosts), true, 0))
                .collect(),
            first_failure: vec![None; case.desired],
            events: BinaryHeap::new(),
            inserted: 0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are small"
    )]
    fn at(&mut self, time: f64, event: Event) {
        self.inserted += 1;
        self.events
            .push(Reverse(((time * 1000.0) as u64, self.inserted, event)));
    }

    /// The next strikes, each kind by its own clock.
    fn next_strikes(&mut self, now: f64, rng: &mut SmallRng) {
        let alone = self.hazard * (1.0 - self.case.correlation);
        let together = self.hazard * self.case.correlation;
        let wait = |hazard: f64, rng: &mut SmallRng| -rng.random::<f64>().ln_1p_neg() / hazard;
        for host in 0..self.case.hosts {
            if alone > 0.0 {
                let time = now + wait(alone, rng);
                self.at(time, Event::Strike(Some(host)));
            }
        }
        if together > 0.0 {
            let time = now + wait(together, rng);
            self.at(time, Event::Strike(None));
        }
    }

    /// Time with fewer healthy tasks than required and time until all is as before [s].
    #[expect(clippy::cast_precision_loss, reason = "times are small")]
    fn run(mut self, rng: &mut SmallRng) -> (f64, f64) {
        // The first strike of all the clocks is the beginning.
        self.next_strikes(0.0, rng);
        let Some(Reverse((begin, _, first))) = self.events.pop() else {
            return (0.0, 0.0);
        };
        let begin = begin as f64 / 1000.0;
        self.handle(begin, first, rng);
        let (mut now, mut short) = (begin, 0.0);
        while !self.is_at_rest() {
            let Some(Reverse((time, _, event))) = self.events.pop() else {
                break;
            };
            let time = time as f64 / 1000.0;
            if self.healthy() < self.case.required {
                short += time - now;
            }
            now = time;
            self.handle(now, event, rng);
        }
        (short, now - begin)
    }

    fn healthy(&self) -> usize {
        self.tasks.iter().filter(|task| task.1).count()
    }

    fn is_at_rest(&self) -> bool {
        self.healthy() == self.case.desired && self.hosts.iter().all(|host| host.0)
    }

    fn handle(&mut self, now: f64, event: Event, rng: &mut SmallRng) {
        let law = |mean: f64, cv: f64| LogNormal::from_mean_cv(mean, cv).expect("valid");
        let (reaction, start, boot) = (law(20.0, 0.4), law(45.0, 0.2), law(150.0, 0.2));
        match event {
            Event::Strike(struck) => {
                for host in 0..self.case.hosts {
                    if struck.is_some_and(|struck| struck != host) || !self.hosts[host].0 {
                        continue;
                    }
                    self.hosts[host] = (false, false);
                    // Two minutes' notice, the request, the boot.
                    self.at(now + 120.0 + 10.0 + boot.sample(rng), Event::Joins(host));
                    for task in 0..self.tasks.len() {
                        if self.tasks[task].0 == Some(host) {
                            self.tasks[task] = (None, false, self.tasks[task].2 + 1);
                            self.first_failure[task] = None;
                            self.at(now + reaction.sample(rng), Event::Tries(task));
                        }
                    }
                }
                if let Some(host) = struck {
                    let alone = self.hazard * (1.0 - self.case.correlation);
                    let wait = -rng.random::<f64>().ln_1p_neg() / alone;
                    self.at(now + wait, Event::Strike(Some(host)));
                }
            }
            Event::Joins(host) => self.hosts[host].0 = true,
            Event::Tries(task) => {
                let on = |host: usize| {
                    let on = self.tasks.iter().filter(|task| task.0 == Some(host));
                    on.count()
                };
                let place = (0..self.case.hosts)
                    .filter(|&host| self.hosts[host].0 && on(host) < self.case.places)
                    .min_by_key(|&host| on(host));
                if let Some(host) = place {
                    let cold = if self.hosts[host].1 { 0.0 } else { 20.0 };
                    self.tasks[task].0 = Some(host);
                    let healthy = now + start.sample(rng) + cold + 40.0;
                    self.at(healthy, Event::Healthy(task, self.tasks[task].2));
                    return;
                }
                let first = *self.first_failure[task].get_or_insert(now);
                let next = if now + 0.01 < first + 50.0 {
                    (now + reaction.sample(rng)).min(first + 50.0)
                } else {
                    now + 300.0
                };
                self.at(next, Event::Tries(task));
            }
            Event::Healthy(task, lost) => {
                if self.tasks[task].2 == lost {
                    self.tasks[task].1 = true;
                }
            }
        }
    }
}

/// ln(1 − x) for a uniform x in [0, 1).
trait Complement {
    fn ln_1p_neg(self) -> f64;
}

impl Complement for f64 {
    fn ln_1p_neg(self) -> f64 {
        (-self).ln_1p()
    }
}

#[track_caller]
fn agrees(case: Case, strikes: u32) {
    let (simulated, error) = case.simulated(strikes, 7);
    let model = case.minutes_per_month();
    assert!(simulated > 0.0, "nothing happened in {case:?}");
    assert!(
        (model - simulated).abs() < 3.0 * error + 0.01 * simulated,
        "{case:?}: model {model}, simulated {simulated} ± {error}"
    );
}

const CASE: Case = Case {
    hosts: 4,
    places: 1,
    desired: 4,
    required: 4,
    monthly: 0.9,
    correlation: 0.5,
};

#[test]
fn every_task_is_required() {
    agrees(CASE, 20_000);
}

#[test]
fn some_tasks_are_to_spare() {
    agrees(
        Case {
            required: 2,
            ..CASE
        },
        20_000,
    );
}

#[test]
fn only_strikes_that_fall_together_matter() {
    let case = Case {
        required: 3,
        correlation: 0.0,
        monthly: 0.99,
        ..CASE
    };
    agrees(case, 300_000);
}

#[test]
fn lost_tasks_start_where_there_is_room() {
    let case = Case {
        hosts: 5,
        places: 2,
        desired: 7,
        required: 6,
        correlation: 0.3,
        ..CASE
    };
    agrees(case, 20_000);
}
