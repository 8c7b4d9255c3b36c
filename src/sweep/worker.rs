//! Works out rows: each worker keeps the models of recent timings.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::row::{self, Layout, Row};
use crate::model::rolling::{Families, Wanted};
use crate::model::{Model, Plan};
use crate::rollout::Room;
use crate::scenario::Scenario;

/// Models that a worker keeps.
const MODELS: usize = 4;

/// A model remembers what it worked out; after so many questions it is made anew.
const QUESTIONS: u32 = 8_192;

/// A scenario that many rows share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Which it is.
    pub(super) id: u64,
    /// Without its assumptions, which no row tells.
    pub(super) scenario: Scenario,
    /// Further tasks that its hosts can place.
    pub(super) room: Room,
    /// Scenarios of the same timing have the same number.
    pub(super) timing: u64,
}

/// The rollouts of one timing that will be asked for, worked out together by all workers.
#[derive(Debug)]
pub(super) struct Together {
    wanted: Wanted,
    families: OnceLock<Option<Families>>,
}

impl Together {
    pub(super) fn of(wanted: Wanted) -> Self {
        Self {
            wanted,
            families: OnceLock::new(),
        }
    }

    fn families(&self, model: &Model) -> Option<&Families> {
        let made = || model.families(self.wanted.clone());
        self.families.get_or_init(made).as_ref()
    }
}

/// A row to be worked out.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) shared: Arc<Shared>,
    /// What is worked out together for its timing.
    pub(super) together: Option<Arc<Together>>,
    pub(super) minimum_healthy_percent: u32,
    pub(super) maximum_percent: u32,
}

/// Some rows of a block.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) block: u64,
    /// Which of the block's.
    pub(super) number: usize,
    pub(super) questions: Vec<Question>,
}

/// The ends of these rows.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) block: u64,
    pub(super) number: usize,
    pub(super) tails: Tails,
}

/// Ends of rows, one after another.
#[derive(Debug, Default)]
pub(super) struct Tails {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Tails {
    /// One more, from all that `write` adds.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// One of them, the first is 0.
    pub(super) fn get(&self, index: usize) -> &[u8] {
        let from = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[from..self.ends[index]]
    }
}

/// Bytes that the end of a row is expected to have at most.
const TAIL: usize = 320;

/// Works until no job is left.
pub(super) fn work(jobs: &Mutex<Receiver<Job>>, done: &Sender<Done>, layout: Layout) {
    let mut worker = Worker {
        models: VecDeque::new(),
        layout,
    };
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let mut tails = Tails {
            bytes: Vec::with_capacity(TAIL * job.questions.len()),
            ends: Vec::with_capacity(job.questions.len()),
        };
        for question in &job.questions {
            tails.push(|bytes| worker.tail(question, bytes));
        }
        let answer = Done {
            block: job.block,
            number: job.number,
            tails,
        };
        if done.send(answer).is_err() {
            return;
        }
    }
}

struct Worker {
    models: VecDeque<Kept>,
    layout: Layout,
}

struct Kept {
    timing: u64,
    model: Model,
    asked: u32,
}

impl Worker {
    fn tail(&mut self, question: &Question, bytes: &mut Vec<u8>) {
        let Shared {
            scenario,
            room,
            timing,
            ..
        } = &*question.shared;
        let plan = Plan {
            minimum_healthy_percent: question.minimum_healthy_percent,
            maximum_percent: question.maximum_percent,
            ..Plan::of(scenario)
        };
        let layout = self.layout;
        let model = self.model(*timing, scenario);
        let families = question
            .together
            .as_ref()
            .and_then(|all| all.families(model));
        let brief = families
            .and_then(|families| model.brief_of_family(scenario, &plan, *room, families))
            .unwrap_or_else(|| model.brief(scenario, &plan, *room));
        if brief.clocks.is_some() {
            return row::answered(layout, &Row::of_brief(&brief, None), bytes);
        }
        let mut own = scenario.clone();
        own.deployment.minimum_healthy_percent = plan.minimum_healthy_percent;
        own.deployment.maximum_percent = plan.maximum_percent;
        match model.stuck_by(&own) {
            Ok(stuck) => {
                let row = Row::of_brief(&brief, Some(&stuck.reason));
                row::answered(layout, &row, bytes);
            }
            Err(few) => bytes.extend(row::invalid(layout, &few.to_string())),
        }
    }

    fn model(&mut self, timing: u64, scenario: &Scenario) -> &Model {
        let found = self.models.iter().position(|kept| kept.timing == timing);
        let kept = found.and_then(|at| self.models.remove(at));
        let kept = match kept {
            Some(kept) if kept.asked < QUESTIONS => Kept {
                asked: kept.asked + 1,
                ..kept
            },
            _ => Kept {
                timing,
                model: Model::of(scenario),
                asked: 0,
            },
        };
        self.models.truncate(MODELS - 1);
        self.models.push_front(kept);
        &self.models[0].model
    }
}
