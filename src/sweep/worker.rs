//! Works out rows: each worker keeps the models of recent timings.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use super::known::Known;
use super::row::{self, Layout};
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

/// A row to be worked out.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) shared: Arc<Shared>,
    pub(super) minimum_healthy_percent: u32,
    pub(super) maximum_percent: u32,
}

/// Some rows of a block.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) block: u64,
    pub(super) first: usize,
    pub(super) questions: Vec<Question>,
}

/// The ends of these rows, in their order.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) block: u64,
    pub(super) first: usize,
    pub(super) tails: Vec<Box<[u8]>>,
}

/// Works until no job is left.
pub(super) fn work(jobs: &Mutex<Receiver<Job>>, done: &Sender<Done>, layout: Layout) {
    let mut worker = Worker {
        models: VecDeque::new(),
        scenarios: Known::new(1024),
        layout,
    };
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let tails = job.questions.iter().map(|question| worker.tail(question));
        let answer = Done {
            block: job.block,
            first: job.first,
            tails: tails.collect(),
        };
        if done.send(answer).is_err() {
            return;
        }
    }
}

struct Worker {
    models: VecDeque<Kept>,
    scenarios: Known<u64, std::rc::Rc<std::cell::RefCell<Scenario>>>,
    layout: Layout,
}

struct Kept {
    timing: u64,
    model: Model,
    asked: u32,
}

impl Worker {
    fn tail(&mut self, question: &Question) -> Box<[u8]> {
        let shared = &question.shared;
        let own = self.scenarios.get(shared.id).unwrap_or_else(|| {
            let own = std::rc::Rc::new(std::cell::RefCell::new(shared.scenario.clone()));
            self.scenarios.insert(shared.id, std::rc::Rc::clone(&own));
            own
        });
        let mut scenario = own.borrow_mut();
        scenario.deployment.minimum_healthy_percent = question.minimum_healthy_percent;
        scenario.deployment.maximum_percent = question.maximum_percent;
        let layout = self.layout;
        let model = self.model(shared.timing, &scenario);
        let outcome = model.outcome_with_room(&scenario, &Plan::of(&scenario), shared.room);
        match model.estimate(&scenario, &outcome) {
            Ok(estimate) => row::answered(layout, &estimate),
            Err(few) => row::invalid(layout, &few.to_string()),
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
