//! Runs a sweep: one thread numbers the rows, asks for what is not known yet and writes in order;
//! workers answer.

use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::grid::{Axis, Grid, Rows};
use super::known::Known;
use super::row::{self, Layout};
use super::worker::{Done, Job, Question, Shared, Tails, Together, work};
use crate::model::rolling::Wanted;
use crate::rollout::{Bounds, bounds, moves, room, scenario_added};
use crate::scenario::read::{Key, Problem, Setting, Template};
use crate::scenario::{Capacity, Scenario};

/// Rows that are written at once, at most.
const BLOCK: usize = 16_384;

/// Rows of a block that are worked out, at most.
const FRESH: usize = 2_048;

/// Blocks that are worked on at once.
const IN_FLIGHT: usize = 4;

/// Rows that a worker takes at once; their ends are kept as long as one of them is.
const BATCH: usize = 64;

/// Ends of rows that are kept for rows with the same answer.
const TAILS: usize = 32_768;

/// Scenarios that are kept for rows that differ only in percents.
const SCENARIOS: usize = 16_384;

/// Timings that are compared with a new scenario's.
const TIMINGS: usize = 8;

/// Timings of which what is worked out together is kept.
const TOGETHER: usize = 2;

/// With fewer rollouts of one timing, each is worked out alone.
const MANY: usize = 4_096;

/// Keys that a timing does not depend on.
const DESIRED: &str = "service.desired_count";
const MINIMUM: &str = "deployment.minimum_healthy_percent";
const MAXIMUM: &str = "deployment.maximum_percent";

/// What is varied, and how the rows are written.
#[derive(Debug)]
pub struct Sweep<'a> {
    /// The scenario.
    pub template: &'a Template,
    /// Its variations.
    pub rows: Rows<'a>,
    /// How rows are written.
    pub layout: Layout,
    /// How many work at once.
    pub threads: NonZeroUsize,
}

/// What has been worked out since the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Whole rows in their order.
    pub bytes: &'a [u8],
    /// How many.
    pub rows: u64,
}

/// Works out every row and hands them on in their order.
///
/// # Errors
/// The first error of the receiver; nothing is handed on after it.
pub fn run<E>(
    sweep: Sweep<'_>,
    mut give: impl FnMut(Progress<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let (ask, jobs) = channel();
    let (answer, done) = channel();
    let jobs = Mutex::new(jobs);
    let layout = sweep.layout;
    thread::scope(|scope| {
        for _ in 0..sweep.threads.get() {
            let (jobs, answer) = (&jobs, answer.clone());
            scope.spawn(move || work(jobs, &answer, layout));
        }
        drop(answer);
        // Dropped at the end of this closure, which ends the workers.
        let leader = Leader::new(sweep, ask);
        leader.lead(&done, &mut give)
    })
}

/// Minimum healthy and maximum percent of a row where they are varied apart from its scenario.
type Apart = (Option<u32>, Option<u32>);

/// The end of a row: one of those that are worked out together, once they are.
#[derive(Debug, Clone)]
struct Tail {
    batch: Rc<OnceCell<Tails>>,
    index: usize,
}

/// Which rows have the same end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Same {
    scenario: u64,
    low: u32,
    high: u32,
    /// The reason of a stuck row names the percents.
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum By {
    Bounds,
    Percents,
}

/// Rows that are written together.
struct Block {
    number: u64,
    prefixes: Prefixes,
    tails: Vec<Tail>,
    batches: Vec<Rc<OnceCell<Tails>>>,
    /// Rows that are worked out for it.
    fresh: usize,
    /// Batches that have not come back.
    missing: usize,
}

enum Prefixes {
    /// Those of a grid, from the first row on.
    Grid(Vec<usize>),
    Table(Vec<Vec<u8>>),
}

/// A scenario with its room, or the end of its rows.
#[derive(Debug)]
enum Base {
    Good(Arc<Shared>),
    Bad(Tail),
}

struct Leader<'a> {
    template: &'a Template,
    layout: Layout,
    source: Source<'a>,
    ask: Sender<Job>,
    blocks: u64,
    tails: Known<Same, Tail>,
    scenarios: Known<u64, Rc<Base>>,
    timings: VecDeque<Timing>,
    timings_made: u64,
    /// What is worked out together, by the number of a timing.
    together: VecDeque<(u64, Option<Arc<Together>>)>,
}

/// A timing that many scenarios share.
struct Timing {
    number: u64,
    of: Scenario,
}

/// The rows that are still to come.
enum Source<'a> {
    Grid(GridSource<'a>),
    Table(TableSource<'a>),
}

struct GridSource<'a> {
    grid: &'a Grid,
    row: u64,
    end: u64,
    position: Vec<usize>,
    /// The text of each value of each key.
    pieces: Vec<Vec<Vec<u8>>>,
    /// How far the number of the scenario moves with each key; 0 for percents.
    strides: Vec<u64>,
    minimum: Option<Percents>,
    maximum: Option<Percents>,
    /// What each timing is asked for; absent where one timing is not asked for all of it.
    asked: Option<AskedOfEach>,
}

/// Values of the keys that a timing does not depend on: the same for each part of a grid.
struct AskedOfEach {
    desired: Vec<u32>,
    /// Absent where only the scenario's own is asked for.
    minimum: Option<Vec<u32>>,
    maximum: Option<Vec<u32>>,
}

impl AskedOfEach {
    fn of(grid: &Grid) -> Option<Self> {
        let whole = |setting: &Setting| setting.integer().and_then(|n| u32::try_from(n).ok());
        let values = |path: &str| {
            let axis = grid.axes().iter().find(|axis| axis.key.path() == path)?;
            Some(axis.values.iter().filter_map(whole).collect())
        };
        let asked = Self {
            desired: values(DESIRED)?,
            minimum: values(MINIMUM),
            maximum: values(MAXIMUM),
        };
        are_innermost(grid).then_some(asked)
    }

    /// The rollouts of all combinations where room is plenty, for a scenario of a timing; None if they
    /// are few.
    fn wanted(&self, scenario: &Scenario) -> Option<Wanted> {
        let deployment = &scenario.deployment;
        let or_own = |values: &Option<Vec<u32>>, own| match values {
            Some(values) => values.clone(),
            None => vec![own],
        };
        wanted(
            &self.desired,
            &or_own(&self.minimum, deployment.minimum_healthy_percent),
            &or_own(&self.maximum, deployment.maximum_percent),
        )
    }
}

/// An axis of percents.
struct Percents {
    axis: usize,
    /// Absent where the scenario does not take the value.
    values: Vec<Option<u32>>,
}

struct TableSource<'a> {
    keys: &'a [Key],
    rows: &'a mut dyn Iterator<Item = Vec<Option<Setting>>>,
    /// Numbers of recent combinations of all cells.
    numbers: HashMap<Vec<Option<String>>, u64>,
    numbered: u64,
}

impl<'a> Leader<'a> {
    fn new(sweep: Sweep<'a>, ask: Sender<Job>) -> Self {
        let Sweep {
            template,
            rows,
            layout,
            ..
        } = sweep;
        Self {
            template,
            layout,
            source: match rows {
                Rows::Grid(grid, rows) => Source::Grid(GridSource::new(
                    template, layout, grid, rows.start, rows.end,
                )),
                Rows::Table(keys, rows) => Source::Table(TableSource {
                    keys,
                    rows,
                    numbers: HashMap::new(),
                    numbered: 0,
                }),
            },
            ask,
            blocks: 0,
            tails: Known::new(TAILS),
            scenarios: Known::new(SCENARIOS),
            timings: VecDeque::new(),
            timings_made: 0,
            together: VecDeque::new(),
        }
    }

    fn lead<E>(
        mut self,
        done: &Receiver<Done>,
        give: &mut impl FnMut(Progress<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut in_flight: VecDeque<Block> = VecDeque::new();
        let mut bytes = Vec::new();
        loop {
            while in_flight.len() < IN_FLIGHT
                && let Some(block) = self.next_block()
            {
                in_flight.push_back(block);
            }
            let Some(mut block) = in_flight.pop_front() else {
                return Ok(());
            };
            while block.missing > 0 {
                let Ok(done) = done.recv() else {
                    return Ok(());
                };
                if done.block == block.number {
                    block.take(done);
                } else if let Some(other) = in_flight
                    .iter_mut()
                    .find(|other| other.number == done.block)
                {
                    other.take(done);
                }
            }
            bytes.clear();
            self.write(&block, &mut bytes);
            give(Progress {
                bytes: &bytes,
                rows: block.tails.len() as u64,
            })?;
        }
    }

    /// Numbers the rows of a block and asks for what is not known.
    fn next_block(&mut self) -> Option<Block> {
        let mut block = Block {
            number: self.blocks,
            prefixes: match &self.source {
                Source::Grid(source) => Prefixes::Grid(source.position.clone()),
                Source::Table(_) => Prefixes::Table(Vec::new()),
            },
            tails: Vec::with_capacity(BLOCK),
            batches: Vec::new(),
            fresh: 0,
            missing: 0,
        };
        let mut questions = Vec::with_capacity(BATCH);
        while block.tails.len() < BLOCK && block.fresh < FRESH {
            let Some((base, percents)) = self.next_row(&mut block.prefixes) else {
                break;
            };
            let tail = match &*base {
                Base::Bad(tail) => tail.clone(),
                Base::Good(shared) => self.tail(shared, percents, &mut block, &mut questions),
            };
            block.tails.push(tail);
        }
        self.send(&mut block, &mut questions);
        self.blocks += 1;
        (!block.tails.is_empty()).then_some(block)
    }

    fn tail(
        &mut self,
        shared: &Arc<Shared>,
        percents: Apart,
        block: &mut Block,
        questions: &mut Vec<Question>,
    ) -> Tail {
        let scenario = &shared.scenario;
        let deployment = &scenario.deployment;
        let minimum = percents.0.unwrap_or(deployment.minimum_healthy_percent);
        let maximum = percents.1.unwrap_or(deployment.maximum_percent);
        let Bounds { lower, upper } = bounds(scenario.service.desired_count, minimum, maximum);
        let stuck = moves(scenario, Bounds { lower, upper }, shared.room).is_stuck();
        let (low, high, by) = if stuck {
            (minimum, maximum, By::Percents)
        } else {
            (lower, upper, By::Bounds)
        };
        let same = Same {
            scenario: shared.id,
            low,
            high,
            by,
        };
        if let Some(tail) = self.tails.get(same) {
            return tail;
        }
        if questions.is_empty() {
            block.batches.push(Rc::default());
        }
        let tail = Tail {
            batch: block.batches.last().map(Rc::clone).unwrap_or_default(),
            index: questions.len(),
        };
        self.tails.insert(same, tail.clone());
        block.fresh += 1;
        questions.push(Question {
            shared: Arc::clone(shared),
            together: self.together(shared),
            minimum_healthy_percent: minimum,
            maximum_percent: maximum,
        });
        if questions.len() == BATCH {
            self.send(block, questions);
        }
        tail
    }

    fn send(&self, block: &mut Block, questions: &mut Vec<Question>) {
        if questions.is_empty() {
            return;
        }
        block.missing += 1;
        // The workers live as long as this end of the channel.
        let _ = self.ask.send(Job {
            block: block.number,
            number: block.batches.len() - 1,
            questions: std::mem::replace(questions, Vec::with_capacity(BATCH)),
        });
    }

    /// The scenario of the next row, and its percents where they are varied apart from it.
    fn next_row(&mut self, prefixes: &mut Prefixes) -> Option<(Rc<Base>, Apart)> {
        match &mut self.source {
            Source::Grid(source) => {
                let (number, percents) = source.current()?;
                let known = self.scenarios.get(number);
                let read = match known {
                    Some(base) => Ok(base),
                    None => Err(self
                        .template
                        .scenario(source.grid.settings(&source.position))),
                };
                source.advance();
                let base = read.unwrap_or_else(|read| self.base(number, read));
                Some((base, percents))
            }
            Source::Table(source) => {
                let cells = source.rows.next()?;
                if let Prefixes::Table(prefixes) = prefixes {
                    prefixes.push(source.prefix(self.layout, &cells));
                }
                let number = source.number(&cells);
                if let Some(base) = self.scenarios.get(number) {
                    return Some((base, (None, None)));
                }
                let settings = source.keys.iter().zip(&cells);
                let given = settings.filter_map(|(key, cell)| Some((key, cell.as_ref()?)));
                let read = self.template.scenario(given);
                Some((self.base(number, read), (None, None)))
            }
        }
    }

    /// What the rows of a scenario need to know of it.
    fn base(&mut self, number: u64, read: Result<Scenario, Vec<Problem>>) -> Rc<Base> {
        let bad = |reason: &str| {
            let mut tails = Tails::default();
            tails.push(|bytes| bytes.extend(row::invalid(self.layout, reason)));
            Base::Bad(Tail {
                batch: Rc::new(OnceCell::from(tails)),
                index: 0,
            })
        };
        let base = match read {
            Err(problems) => bad(&in_a_cell(&problems)),
            Ok(mut scenario) => match room(&scenario, scenario_added(&scenario)) {
                Err(few) => bad(&few.to_string()),
                Ok(room) => {
                    scenario.assumptions = Vec::new();
                    scenario.origins = Vec::new();
                    Base::Good(Arc::new(Shared {
                        id: number,
                        timing: self.timing(&scenario),
                        scenario,
                        room,
                    }))
                }
            },
        };
        let base = Rc::new(base);
        self.scenarios.insert(number, Rc::clone(&base));
        base
    }

    /// The number of a scenario's timing; that of an earlier one where the two are equal.
    fn timing(&mut self, scenario: &Scenario) -> u64 {
        let timing = timing_of(scenario);
        let known = self.timings.iter().find(|known| known.of == timing);
        if let Some(known) = known {
            return known.number;
        }
        self.timings_made += 1;
        self.timings.truncate(TIMINGS - 1);
        self.timings.push_front(Timing {
            number: self.timings_made,
            of: timing,
        });
        self.timings_made
    }

    /// What is worked out together for a scenario's timing, by all who ask for one of the last timings;
    /// made again where it was forgotten.
    fn together(&mut self, shared: &Shared) -> Option<Arc<Together>> {
        let Source::Grid(source) = &self.source else {
            return None;
        };
        let known = self.together.iter().find(|known| known.0 == shared.timing);
        if let Some((_, together)) = known {
            return together.clone();
        }
        let asked = source.asked.as_ref();
        let wanted = asked.and_then(|asked| asked.wanted(&shared.scenario));
        let together = wanted.map(|wanted| Arc::new(Together::of(wanted)));
        self.together.truncate(TOGETHER - 1);
        self.together.push_front((shared.timing, together.clone()));
        together
    }

    fn write(&self, block: &Block, bytes: &mut Vec<u8>) {
        let end = |bytes: &mut Vec<u8>, tail: &Tail| {
            if let Some(tails) = tail.batch.get() {
                bytes.extend_from_slice(tails.get(tail.index));
            }
        };
        match (&block.prefixes, &self.source) {
            (Prefixes::Grid(position), Source::Grid(source)) => {
                let mut position = position.clone();
                for tail in &block.tails {
                    for (pieces, &at) in source.pieces.iter().zip(&position) {
                        bytes.extend_from_slice(&pieces[at]);
                    }
                    end(bytes, tail);
                    source.grid.advance(&mut position);
                }
            }
            (Prefixes::Table(prefixes), _) => {
                for (prefix, tail) in prefixes.iter().zip(&block.tails) {
                    bytes.extend_from_slice(prefix);
                    end(bytes, tail);
                }
            }
            (Prefixes::Grid(_), Source::Table(_)) => {}
        }
    }
}

impl Block {
    fn take(&mut self, done: Done) {
        self.missing -= 1;
        // Asked for once, so empty before.
        let _ = self.batches[done.number].set(done.tails);
    }
}

impl<'a> GridSource<'a> {
    fn new(template: &Template, layout: Layout, grid: &'a Grid, row: u64, end: u64) -> Self {
        let axes = grid.axes();
        let pieces = axes
            .iter()
            .enumerate()
            .map(|(index, axis)| {
                let piece = |value| row::varied(layout, index, &axis.key, Some(value));
                axis.values.iter().map(piece).collect()
            })
            .collect();
        let position = grid.position(row);
        let percents = |path: &str, of: fn(&Scenario) -> u32| {
            let at = axes.iter().position(|axis| axis.key.path() == path)?;
            let mut position = position.clone();
            let values = (0..axes[at].values.len()).map(|value| {
                position[at] = value;
                let read = template.scenario(grid.settings(&position));
                read.ok().as_ref().map(of)
            });
            Some(Percents {
                axis: at,
                values: values.collect(),
            })
        };
        let minimum = percents(MINIMUM, |scenario| {
            scenario.deployment.minimum_healthy_percent
        });
        let maximum = percents(MAXIMUM, |scenario| scenario.deployment.maximum_percent);
        let mut stride = 1;
        let mut strides: Vec<u64> = axes
            .iter()
            .rev()
            .map(|axis| {
                if [MINIMUM, MAXIMUM].contains(&axis.key.path()) {
                    return 0;
                }
                let own = stride;
                stride *= axis.values.len() as u64;
                own
            })
            .collect();
        strides.reverse();
        Self {
            grid,
            row,
            end,
            position,
            pieces,
            strides,
            minimum,
            maximum,
            asked: AskedOfEach::of(grid),
        }
    }

    /// The number of the row's scenario, and its percents where they are apart from it.
    fn current(&self) -> Option<(u64, Apart)> {
        if self.row >= self.end {
            return None;
        }
        let value = |percents: &Percents| percents.values[self.position[percents.axis]];
        let (minimum, maximum) = (self.minimum.as_ref(), self.maximum.as_ref());
        let odd = |percents: &Percents| value(percents).is_none();
        if minimum.is_some_and(odd) || maximum.is_some_and(odd) {
            // Never equal to the number of a scenario that rows share.
            return Some(((1 << 63) | self.row, (None, None)));
        }
        let number = self
            .position
            .iter()
            .zip(&self.strides)
            .map(|(&at, &stride)| at as u64 * stride)
            .sum();
        Some((number, (minimum.and_then(value), maximum.and_then(value))))
    }

    fn advance(&mut self) {
        self.row += 1;
        self.grid.advance(&mut self.position);
    }
}

/// Whether the desired count and the percents change faster than all other keys, so that one timing
/// is asked for all of them one after another.
fn are_innermost(grid: &Grid) -> bool {
    let of_rollout = |axis: &Axis| [DESIRED, MINIMUM, MAXIMUM].contains(&axis.key.path());
    grid.axes().iter().is_sorted_by_key(of_rollout)
}

/// The rollouts of all combinations where room is plenty; None if they are few.
fn wanted(desired: &[u32], minimum: &[u32], maximum: &[u32]) -> Option<Wanted> {
    let distinct = |mut numbers: Vec<u32>| {
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let rollouts: Vec<_> = distinct(desired.to_vec())
        .into_iter()
        .map(|desired| {
            let surge = |&percent: &u32| bounds(desired, 0, percent).upper.saturating_sub(desired);
            let slack =
                |&percent: &u32| desired.saturating_sub(bounds(desired, percent, 100).lower);
            let surges = distinct(maximum.iter().map(surge).collect());
            let slacks = distinct(minimum.iter().map(slack).collect());
            (desired, surges, slacks)
        })
        .collect();
    let wanted = Wanted::of(&rollouts);
    (wanted.number() >= MANY).then_some(wanted)
}

impl TableSource<'_> {
    /// More recent combinations are forgotten together.
    const MOST: usize = 4_096;

    fn number(&mut self, cells: &[Option<Setting>]) -> u64 {
        let texts: Vec<Option<String>> = cells
            .iter()
            .map(|cell| cell.as_ref().map(|cell| cell.text().to_owned()))
            .collect();
        if let Some(number) = self.numbers.get(&texts) {
            return *number;
        }
        if self.numbers.len() >= Self::MOST {
            self.numbers.clear();
        }
        self.numbered += 1;
        self.numbers.insert(texts, self.numbered);
        self.numbered
    }

    fn prefix(&self, layout: Layout, cells: &[Option<Setting>]) -> Vec<u8> {
        let pieces = self.keys.iter().zip(cells).enumerate();
        pieces
            .flat_map(|(index, (key, cell))| row::varied(layout, index, key, cell.as_ref()))
            .collect()
    }
}

/// What the timing model depends on, and more: all that is neither a count of tasks or hosts, nor
/// a percent, a price or a goal.
fn timing_of(scenario: &Scenario) -> Scenario {
    let mut timing = scenario.clone();
    timing.service.name = String::new();
    timing.service.desired_count = 0;
    timing.service.required_tasks = None;
    timing.service.required_range = None;
    timing.service.size = None;
    timing.deployment.minimum_healthy_percent = 0;
    timing.deployment.maximum_percent = 0;
    timing.deployment.per_day = None;
    timing.deployment.days_per_month = None;
    timing.capacity = Capacity::Unlimited;
    timing.prescale.hosts = 0;
    timing.prescale.spot_share = 0.0;
    timing.prescale.host = None;
    timing.fargate = None;
    timing.limits = crate::scenario::Limits::default();
    timing.recorded = Vec::new();
    timing
}

/// Problems in one line.
fn in_a_cell(problems: &[Problem]) -> String {
    let words: Vec<String> = problems
        .iter()
        .map(|problem| {
            let Problem {
                key,
                found,
                expected,
                ..
            } = problem;
            format!("{key}: found {found}, expected {expected}")
        })
        .collect();
    words.join("; ")
}
