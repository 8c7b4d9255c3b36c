//! Strikes at moments of a few followed courses of a deployment.

use std::rc::Rc;

use super::course::{Blow, Course, Followed, Host, Setting};
use super::durations::Durations;
use super::{Cause, Struck};
use crate::model::estimate::Plan;
use crate::model::placement::{HostKind, added, listed};
use crate::model::quantiles::Chances;
use crate::rollout::{Moves, others};
use crate::scenario::{Capacity, Placement, Scenario, Used};

/// Strikes are followed from so many moments of a course: to its end, and only until enough are
/// healthy.
const MOMENTS: [u32; 2] = [4, 16];
/// The fewest and the most courses.
const COURSES: [u32; 2] = [2, 64];
/// No further course is followed after so many steps.
const STEPS: u64 = 2000;
/// Hosts, tasks and changes that are looked through or copied in the time of a step.
const LOOKED_THROUGH: usize = 24;
/// A course that takes so many times longer than it should does not end.
const NO_END: f64 = 50.0;
/// The fractional part of the golden ratio: its multiples lie evenly in (0, 1).
const EVENLY: f64 = 0.618_033_988_749_894_9;

/// Instance type and zone.
type Pool = (String, Option<String>);

/// What may come of itself over some hosts.
#[derive(Debug, Clone, PartialEq)]
struct Strike {
    hazard: f64,
    hosts: Vec<u32>,
}

/// Strikes of one kind: on single hosts, on pools, on zones.
#[derive(Debug, Clone, PartialEq)]
struct Kind {
    cause: Cause,
    strikes: Vec<Strike>,
}

/// Deployments on the hosts of a plan.
#[derive(Debug, Clone)]
pub struct Courses {
    setting: Setting,
    kinds: Vec<Kind>,
    durations: Rc<Durations>,
}

impl Courses {
    /// On the hosts that stand, and those that are added.
    pub(super) fn of(
        scenario: &Scenario,
        plan: &Plan,
        required: u32,
        durations: &Rc<Durations>,
    ) -> Self {
        let mut hosts = Vec::new();
        let mut kinds = Vec::new();
        let mut put = |kind: HostKind, is_added: bool, is_shared: bool| {
            let host = Host {
                places: kind.places,
                is_added,
                joins_after: None,
                is_spot: kind.hazard.per_second() > 0.0,
                is_shared,
            };
            let from = hosts.len();
            hosts.extend(std::iter::repeat_n(host, kind.count as usize));
            kinds.push((from..hosts.len(), kind));
        };
        let shared: Vec<bool> = match &scenario.capacity {
            Capacity::Hosts(cluster) => {
                let taking = cluster.hosts.iter().filter(|group| group.accepts_tasks);
                taking.map(|group| group.used != Used::default()).collect()
            }
            Capacity::FreeTasks(_) | Capacity::Unlimited => Vec::new(),
        };
        if shared.is_empty() {
            put(anonymous(scenario), false, true);
        }
        for (kind, is_shared) in listed(scenario).into_iter().zip(shared) {
            put(kind, false, is_shared);
        }
        for kind in added(scenario, plan.headroom_hosts, plan.spot_hosts) {
            put(kind, false, false);
        }
        for kind in added(scenario, plan.prescale_hosts, plan.spot_hosts) {
            put(kind, true, false);
        }
        Self {
            kinds: strikes(scenario, &kinds),
            setting: Setting {
                desired: scenario.service.desired_count,
                lower: 0,
                upper: 0,
                required,
                stopping_counts: scenario.deployment.stopping_counts,
                placement: scenario.service.placement,
                hosts,
                others: others(scenario).map_or(0, |others| others.tasks),
                provisioning: scenario.capacity_provider.is_some(),
                release: scenario.prescale.release_hosts,
                lag: scenario.deployment.completion_lag.0,
                given_up_at: 0.0,
            },
            durations: Rc::clone(durations),
        }
    }

    /// What strikes do to a deployment of so many seconds.
    ///
    /// # Formula
    /// Σ μ ∫ E[longer short by a strike at u] du over what may be struck, each with its hazard μ. Of
    /// some courses each is struck at moments u an even time apart, from a beginning of its own; of
    /// those strikes of a kind that leave too few healthy one is followed, with the hazard of all of
    /// them. With the expected number M of these the probability is 1 − exp(−M).
    pub(super) fn struck(&self, moves: &Moves, joins_after: f64, seconds: f64) -> Struck {
        let mut setting = self.setting.clone();
        (setting.lower, setting.upper) = (moves.bounds.lower, moves.bounds.upper);
        setting.given_up_at = NO_END * seconds + self.durations.longest();
        let joining = Host {
            places: moves.joining.each,
            is_added: true,
            joins_after: Some(joins_after),
            is_spot: false,
            is_shared: false,
        };
        let hosts = moves.joining.hosts as usize;
        setting.hosts.extend(std::iter::repeat_n(joining, hosts));
        let is_safe = setting.lower >= setting.required;
        if is_safe && self.largest_loss() <= setting.lower - setting.required {
            return Struck::default();
        }
        let mut sampling = Sampling {
            is_safe,
            kinds: &self.kinds,
            setting: &setting,
            durations: &self.durations,
            chances: Chances::default(),
            before: None,
            other: None,
            apart: seconds / f64::from(MOMENTS[usize::from(is_safe)]),
            steps: 0,
            turn: 0,
            length: 0.0,
            strikes: 0.0,
            struck: Struck::default(),
        };
        let mut courses = 0;
        while courses < COURSES[0] || (courses < COURSES[1] && sampling.steps < STEPS) {
            sampling.follow(courses);
            courses += 1;
        }
        // All of them together take as long as so many deployments.
        let share = seconds / sampling.length.max(1e-9);
        let struck = sampling.struck;
        Struck {
            chance: -(-sampling.strikes * share).exp_m1(),
            // Where a strike changes little, chance may make courses shorter.
            seconds_by_spot: (struck.seconds_by_spot * share).max(0.0),
            seconds_by_zone: (struck.seconds_by_zone * share).max(0.0),
        }
    }
}

impl Courses {
    /// The most tasks that one strike takes.
    fn largest_loss(&self) -> u32 {
        let places = |strike: &Strike| {
            let places = strike
                .hosts
                .iter()
                .map(|&host| self.setting.hosts[host as usize].places);
            places.fold(0, u32::saturating_add)
        };
        let strikes = self.kinds.iter().flat_map(|kind| &kind.strikes);
        strikes.map(places).max().unwrap_or(0)
    }
}

/// Hosts of which only the places are known.
fn anonymous(scenario: &Scenario) -> HostKind {
    let desired = scenario.service.desired_count;
    HostKind {
        count: 1,
        places: match &scenario.capacity {
            Capacity::FreeTasks(free) => desired.saturating_add(*free),
            Capacity::Hosts(_) | Capacity::Unlimited => u32::MAX,
        },
        pool: (String::new(), None),
        hazard: crate::units::PerHour::ZERO,
        filled: scenario.service.placement,
    }
}

/// What may strike the hosts of these kinds.
fn strikes(scenario: &Scenario, kinds: &[(std::ops::Range<usize>, HostKind)]) -> Vec<Kind> {
    let rho = scenario.spot.correlation;
    let numbers = |range: &std::ops::Range<usize>| {
        let numbers = range.clone();
        numbers.filter_map(|host| u32::try_from(host).ok())
    };
    let grouped = |of: &dyn Fn(&HostKind) -> Option<Pool>, hazard: &dyn Fn(&HostKind) -> f64| {
        let mut groups: Vec<(Pool, Strike)> = Vec::new();
        for (range, kind) in kinds {
            let Some(key) = of(kind).filter(|_| !range.is_empty()) else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, strike)) => strike.hosts.extend(numbers(range)),
                None => groups.push((
                    key,
                    Strike {
                        hazard: hazard(kind),
                        hosts: numbers(range).collect(),
                    },
                )),
            }
        }
        groups.into_iter().map(|(_, strike)| strike).collect()
    };
    let alone = kinds.iter().flat_map(|(range, kind)| {
        numbers(range).map(|host| Strike {
            hazard: (1.0 - rho) * kind.hazard.per_second(),
            hosts: vec![host],
        })
    });
    let is_spot = |kind: &HostKind| kind.hazard.per_second() > 0.0;
    let pools = grouped(&|kind| is_spot(kind).then(|| kind.pool.clone()), &|kind| {
        rho * kind.hazard.per_second()
    });
    let zone_loss = match &scenario.capacity {
        Capacity::Hosts(cluster) => cluster.zone_loss.hazard.per_second(),
        Capacity::FreeTasks(_) | Capacity::Unlimited => 0.0,
    };
    let zone = |kind: &HostKind| Some((String::new(), Some(kind.pool.1.clone()?)));
    let zones = grouped(&zone, &|_| zone_loss);
    let mut kinds = vec![
        Kind {
            cause: Cause::Spot,
            strikes: alone.collect(),
        },
        Kind {
            cause: Cause::Spot,
            strikes: pools,
        },
        Kind {
            cause: Cause::Zone,
            strikes: zones,
        },
    ];
    for kind in &mut kinds {
        kind.strikes.retain(|strike| strike.hazard > 0.0);
    }
    kinds.retain(|kind| !kind.strikes.is_empty());
    kinds
}

/// Courses that are followed.
struct Sampling<'a> {
    is_safe: bool,
    kinds: &'a [Kind],
    setting: &'a Setting,
    durations: &'a Durations,
    chances: Chances,
    /// The course before, and the struck one, course, in memory that is used again.
    before: Option<Course>,
    other: Option<Course>,
    /// Time from one moment to the next \[s\].
    apart: f64,
    steps: u64,
    /// How many choices were made.
    turn: u32,
    /// How long all courses take \[s\].
    length: f64,
    /// Expected strikes that leave too few, and what they do.
    strikes: f64,
    struck: Struck,
}

impl Sampling<'_> {
    /// A number in (0, 1); one after another they lie evenly.
    fn evenly(&mut self) -> f64 {
        self.turn += 1;
        (f64::from(self.turn) * EVENLY).fract()
    }

    fn follow(&mut self, number: u32) {
        let mut order: Vec<u32> = (0..).take(self.setting.hosts.len()).collect();
        if self.setting.placement == Placement::Spread {
            self.chances.shuffle(&mut order);
        }
        let mut course = Course::begun(self.setting, &order);
        if let Some(before) = &self.before {
            course.take_after(before);
        }
        let followed = Followed {
            setting: self.setting,
            durations: self.durations,
        };
        followed.request(&mut course);
        // What the course is short of itself is known at its end.
        let mut weights: Vec<(Cause, f64)> = Vec::new();
        let mut at = (f64::from(number) + 0.5) * EVENLY;
        at = at.fract() * self.apart;
        loop {
            followed.until(&mut course, at);
            if course.is_over() || at > self.setting.given_up_at {
                break;
            }
            for kind in self.kinds {
                let weight = self.strike(kind, &followed, &course);
                weights.extend(weight.map(|weight| (kind.cause, weight)));
            }
            at += self.apart;
        }
        self.length += course.now();
        self.steps += course.happened;
        if !self.is_safe {
            for (cause, weight) in weights {
                self.struck.add(cause, -weight * course.short());
            }
        }
        self.before = Some(course);
    }

    /// Follows one of the strikes of a kind that make the course longer short, with the expected
    /// number of all of these; that number, if there are any.
    fn strike(&mut self, kind: &Kind, followed: &Followed, course: &Course) -> Option<f64> {
        let is_safe = self.is_safe;
        let matters = |strike: &&Strike| {
            let of = |tasks: fn(&Course, u32) -> u32| -> u32 {
                strike.hosts.iter().map(|&host| tasks(course, host)).sum()
            };
            if is_safe {
                course.healthy() < self.setting.required + of(Course::healthy_on)
            } else {
                of(Course::tasks_on) > 0
            }
        };
        let hazard: f64 = kind.strikes.iter().filter(matters).map(|s| s.hazard).sum();
        if hazard <= 0.0 {
            return None;
        }
        let mut left = self.evenly() * hazard;
        let chosen = kind.strikes.iter().filter(matters).find(|strike| {
            left -= strike.hazard;
            left < 0.0
        });
        let chosen = chosen.or_else(|| kind.strikes.iter().rfind(|s| matters(s)))?;
        let weight = hazard * self.apart;
        let struck = self.other.get_or_insert_with(|| course.clone());
        struck.clone_from(course);
        let already = struck.short();
        let blow = match kind.cause {
            Cause::Spot => Blow::Notice,
            Cause::Zone => Blow::Outage,
        };
        // A course that is compared to its end goes on with the same durations of tasks.
        struck.take_others(self.turn.wrapping_mul(7), is_safe);
        followed.strike(struck, &chosen.hosts, blow);
        self.strikes += weight;
        let short = if is_safe {
            followed.until_enough(struck);
            struck.short() - already
        } else {
            followed.to_the_end(struck);
            struck.short()
        };
        let looked_through = u64::try_from(struck.size() / LOOKED_THROUGH).unwrap_or(0);
        self.steps += struck.happened - course.happened + looked_through;
        self.struck.add(kind.cause, weight * short);
        Some(weight)
    }
}
