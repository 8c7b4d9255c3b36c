//! How long a rolling deployment takes, as laws: from the phases of one task and the units of room.
//!
//! A rollout replaces d tasks. It has s units of surge (room for a new task beside the old ones)
//! and k of slack (old tasks that may stop first). Each unit goes on its own through a renewal
//! process: a start phase H (start to healthy), one reaction, a drain D (told to stop to STOPPED),
//! one reaction, the next start. Surge units begin with a start, slack units with a drain, all at
//! the same moment. There are d starts and d stops in all; a unit that finds none left rests.
//!
//! With T the moment of the d-th start, the end is T plus the last of what is outstanding then: all
//! new tasks are healthy, and the old ones are gone that were told to stop in time (`told`). Given T
//! and the total of d starts, the units are independent. The law of T is found at a few points
//! (`last_start`, `points`), and at two of its quantiles the law of what is outstanding: the chance
//! that all is through so much later is a product over the units (`outstanding`), which are
//! multiplied out where they are few and tilted to the total where they are many. As that law
//! changes little with T, it is mixed of the two in between and summed with T. What the units do by
//! a moment, and what of it is through when (`front`), depends on the timing of the service only: it
//! is kept on one grid (`grid`) for all options of the service.
//!
//! This is exact with surge only and with slack only, where the units are machines in list
//! scheduling; with both, a unit whose start could overtake a start of an earlier stop makes it a
//! close estimate. Nothing is sampled.

mod block;
mod family;
mod fixed;
mod front;
mod grid;
mod joint;
mod last_start;
mod limits;
mod memory;
mod missing;
mod one_round;
mod outstanding;
mod parts;
mod points;
mod product;
mod several;
mod short;
mod tilt;
mod told;
mod totals;
mod units;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::law::Law;
use super::phases::Phases;
use super::start_limits::StartLimit;
use front::Lattice;
use grid::{Chain, Table};
use last_start::LastStart;
use memory::{Memory, remembered, remembered_few};
use told::Drain;
use units::{Begins, Host, Kind};

pub use family::{Families, Figures, Wanted};
pub(super) use points::law_between;
pub(super) use totals::power;

/// So many courses are remembered; what is asked of one is asked soon.
const MOST_COURSES: usize = 32;

/// So many laws of ends are remembered.
const MOST_LAWS: usize = 512;

/// What a rollout has to do and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rollout {
    /// Tasks to replace: d.
    pub replacements: u32,
    /// Units of surge: s.
    pub surge: u32,
    /// Units of slack: k.
    pub slack: u32,
    /// Places on hosts that have not got the image: the first so many starts go there.
    pub cold: u32,
    /// Of units that go on at the stop those whose first start waits for the place of a first stop,
    /// as the hosts have none at first.
    pub held: u32,
}

/// What must have happened for an end to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// All new tasks but so many are healthy.
    HealthyBut(u32),
    /// All new tasks are healthy, and all but so many units have finished the stop after it.
    StoppedBut(u32),
}

/// The rolling model of one service: its phases, and the sums of cycles that all its options share.
#[derive(Debug)]
pub struct Rolling {
    phases: Phases,
    reuse: Reuse,
    /// Rate limits on starts.
    limits: &'static [StartLimit],
    /// From a stop to the reaction to STOPPED, which gives the place away.
    freed: Law,
    /// From a start to healthy.
    healthy: [Law; 2],
    /// From a start to STOPPED of the old task that it replaces.
    replaced: [Law; 2],
    /// From a start to healthy and STOPPED of an old task that was told to stop at the start.
    healthy_and_gone: [Law; 2],
    /// From a stop to the healthy task that takes the place.
    swapped: [Law; 2],
    /// From a start to the reaction to healthy, which tells an old task to stop.
    told: [Law; 2],
    /// From a stop to the reaction to the healthy task that takes the place.
    swapped_and_told: [Law; 2],
    /// From a start to the next in the same unit.
    cycle: [Law; 2],
    /// One reaction, and two.
    reactions: [Law; 2],
    /// The same on coarser grids, by the bits of the distance of two points.
    coarse_reactions: Memory<(usize, u64), Law>,
    drains: OnceCell<Vec<Drain>>,
    /// From a start to healthy, to the reaction to that, and to STOPPED of an old task, on fewer points.
    coarse_starts: OnceCell<[[Law; 2]; 3]>,
    lattice: OnceCell<Lattice>,
    sums: Memory<(Host, u32), Law>,
    issues: Memory<(Kind, u32), Law>,
    courses: Memory<Rollout, Course>,
    ends: Memory<(Rollout, End), Law>,
    new_versions: Memory<Rollout, Law>,
    completions: Memory<Rollout, Law>,
    short: Memory<(Rollout, u32), f64>,
    tables: Memory<Kind, Table>,
    chains: RefCell<Vec<Option<Rc<Chain>>>>,
    /// What was asked last where all phases are fixed, and when its tasks turn healthy \[s\].
    last_fixed: RefCell<Option<(Rollout, Rc<[f64]>)>>,
}

/// When a unit of room may be used again after the stop of the old task in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// One reaction after the old task is STOPPED.
    AfterStopped,
    /// In the same act that tells the old task to stop.
    AtTheStop,
}

impl Rolling {
    /// The model of a service with these phases and rate limits on its starts.
    #[must_use]
    pub fn new(phases: Phases, reuse: Reuse, limits: &'static [StartLimit]) -> Self {
        let drained = phases.reaction.plus(&phases.drain);
        let turn = match reuse {
            Reuse::AfterStopped => drained.plus(&phases.reaction),
            Reuse::AtTheStop => phases.reaction.clone(),
        };
        let healthy = [phases.cold_start.clone(), phases.start.clone()];
        let freed = phases.drain.plus(&phases.reaction);
        let swapped = healthy.each_ref().map(|start| freed.plus(start));
        let replaced = healthy.each_ref().map(|start| start.plus(&drained));
        Self {
            healthy_and_gone: healthy
                .each_ref()
                .map(|start| start.later_of(&phases.drain)),
            told: healthy.each_ref().map(|start| start.plus(&phases.reaction)),
            swapped_and_told: swapped
                .each_ref()
                .map(|swapped| swapped.plus(&phases.reaction)),
            freed,
            swapped,
            cycle: healthy.each_ref().map(|start| start.plus(&turn)),
            healthy,
            reactions: [
                phases.reaction.clone(),
                phases.reaction.plus(&phases.reaction),
            ],
            coarse_reactions: RefCell::default(),
            drains: OnceCell::new(),
            coarse_starts: OnceCell::new(),
            lattice: OnceCell::new(),
            phases,
            reuse,
            limits,
            replaced,
            sums: RefCell::default(),
            issues: RefCell::default(),
            courses: RefCell::default(),
            ends: RefCell::default(),
            new_versions: RefCell::default(),
            completions: RefCell::default(),
            short: RefCell::default(),
            tables: RefCell::default(),
            chains: RefCell::default(),
            last_fixed: RefCell::default(),
        }
    }

    /// Distance of two points of the grid \[s\].
    fn step(&self) -> f64 {
        self.cycle[Host::Warm as usize].step()
    }

    /// The phases that the model was made from.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// From the request to the last new task healthy \[s\].
    ///
    /// The rollout must be able to move: some surge or some slack.
    #[must_use]
    pub fn new_version(&self, rollout: Rollout) -> Rc<Law> {
        let rollout = normal(rollout);
        let computed = || self.with_reactions(&self.end(rollout, End::HealthyBut(0)), 1);
        if self.is_fixed() {
            return Rc::new(computed());
        }
        remembered_few(&self.new_versions, MOST_LAWS, rollout, computed)
    }

    /// From the request to the last change, and the reaction to it \[s\].
    ///
    /// The rollout must be able to move: some surge or some slack.
    #[must_use]
    pub fn completed(&self, rollout: Rollout) -> Rc<Law> {
        let rollout = normal(rollout);
        if self.is_fixed() {
            return Rc::new(self.until_completed(rollout));
        }
        remembered_few(&self.completions, MOST_LAWS, rollout, || {
            self.until_completed(rollout)
        })
    }

    /// From the first moves until all new tasks but so many are healthy: mean \[s\].
    ///
    /// As many must be on their way once nothing is left to start.
    #[must_use]
    pub fn mean_healthy_but(&self, rollout: Rollout, left: u32) -> f64 {
        self.end(normal(rollout), End::HealthyBut(left)).mean()
    }

    fn until_completed(&self, rollout: Rollout) -> Law {
        // With slack only every stop comes before the start it allows.
        let end = if self.stops_first(rollout) {
            End::HealthyBut(0)
        } else {
            End::StoppedBut(rollout.slack)
        };
        self.with_reactions(&self.end(rollout, end), 2)
    }

    /// A duration and so many reactions beside it, one or two.
    fn with_reactions(&self, law: &Law, reactions: usize) -> Law {
        let all = &self.reactions[reactions - 1];
        if law.is_fixed() || all.is_fixed() || law.step() <= all.step() {
            return law.roughly_plus(all);
        }
        // Many laws of one service have their distance of points in common.
        let key = (reactions, law.step().to_bits());
        let coarse = remembered(&self.coarse_reactions, key, || {
            all.on_multiples(law.step(), all.support().0).into_owned()
        });
        law.roughly_plus(&coarse)
    }

    /// How a rollout goes on; remembered while its ends are asked for.
    fn course(&self, rollout: Rollout) -> Rc<Course> {
        remembered_few(&self.courses, MOST_COURSES, rollout, || {
            if self.is_one_round(rollout) {
                Course::OneRound
            } else if let [(kind, 1)] = *self.groups(rollout) {
                Course::OneUnit(kind)
            } else {
                Course::Rounds(Box::new(LastStart::of(self, rollout)))
            }
        })
    }

    /// From the first moves to an end; computed once where there is more to it than a formula.
    fn end(&self, rollout: Rollout, end: End) -> Rc<Law> {
        if self.is_fixed() {
            return Rc::new(self.fixed_end(rollout, end));
        }
        remembered_few(&self.ends, MOST_LAWS, (rollout, end), || {
            self.computed_end(rollout, end)
        })
    }

    fn computed_end(&self, rollout: Rollout, end: End) -> Law {
        match &*self.course(rollout) {
            Course::OneRound => self.end_of_one_round(rollout, end),
            Course::OneUnit(kind) => self.end_of_one_unit(*kind, rollout.replacements, end),
            Course::Rounds(last) => {
                let law = self.end_after(last, rollout.slack, end);
                self.within_the_limits(rollout, end, law)
            }
        }
    }
}

/// How a rollout goes on.
#[derive(Debug)]
enum Course {
    /// No replacement waits for another one.
    OneRound,
    /// One unit makes them all, one after another.
    OneUnit(Kind),
    /// The last one begins later.
    Rounds(Box<LastStart>),
}

/// The same rollout with no more units than can be used.
fn normal(rollout: Rollout) -> Rollout {
    let most = rollout.replacements;
    Rollout {
        replacements: most,
        surge: rollout.surge.min(most),
        slack: rollout.slack.min(most),
        cold: rollout.cold.min(most),
        held: rollout.held,
    }
}
