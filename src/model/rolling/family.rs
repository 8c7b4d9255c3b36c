//! All rollouts of a service that have the same units of room, worked out together: a grid of
//! options asks for many numbers of replacements with the same surge and slack.
//!
//! What holds of one rollout (`last_start`, `outstanding`) is kept, and what is shared is shared.
//! The law of the total of starts at one moment tells for every number of replacements d at once
//! whether the last start has come: P(T ≤ t) = P(N(t) ≥ d). It is the product of two powers, of
//! the counts of one unit of surge and of one unit of slack, which belong to the service and are
//! multiplied up once (`counts`). Given T, the units are tilted to the total as elsewhere, and what
//! is outstanding is a product over them for many moments side by side (`ends`), in single
//! precision. All laws stand on one grid of moments, so that they are added by plain sums of
//! products (`cells`).
//!
//! Only what many options have is done in this way: phases that vary, rooms that come back after
//! the stop, warm hosts, drains alike, starts within the rate limits, at least four units, two numbers
//! of replacements with the same room. An answer depends on the service, the rollout and what the
//! whole grid wants, not on what was asked before or by which thread.

mod cells;
mod counts;
mod ends;
mod last;
mod two_goes;

use std::sync::OnceLock;

use super::grid::{Through, floor_index};
use super::joint::Number;
use super::outstanding::{ALIKE, ALIKE_LATE, LATE};
use super::tilt;
use super::totals::chance_of_at_most;
use super::units::{Begins, Burst, Host, Kind};
use super::{Reuse, Rolling, Rollout};
use crate::model::law::as_f64;
use cells::{Law, Reactions, add_convolved};
use counts::Unit;
use ends::{Ends, LANES, Member, guessed_tilt, tilted};
use last::{LastStarts, Moments, first, quantiles};
use two_goes::{Group, Later, TwoGoes};

/// Fewer units are multiplied out one rollout at a time, which is exact.
const FEWEST_UNITS: u32 = 4;

/// Points of the grid of moments from one at which ends are looked at to the next.
const APART: usize = 2;

/// The most replacements that are worked out together.
const MOST: u32 = 200;

/// Where so few old tasks stop first in one round, the time short is worked out alone: whether as many
/// new tasks wait depends much on how many are left.
const FEW_WAITING: u32 = 4;

/// With fewer numbers of replacements, each is worked out alone.
const FEWEST_ALIKE: usize = 2;

/// What comes of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// From the request to the last new task healthy: mean, p50, p95, p99 \[s\].
    pub new_version: [f64; 4],
    /// From the request to the last change, and the reaction to it: the same \[s\].
    pub completed: [f64; 4],
    /// How long fewer tasks than the desired count are healthy: mean \[s\].
    pub short: f64,
}

/// Which rollouts will be asked for: numbers of replacements by their units of room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    most: u32,
    /// By surge, then slack; ascending.
    replacements: Vec<Vec<u32>>,
}

impl Wanted {
    /// Those with so many replacements and each of these numbers of units of surge and of slack;
    /// the numbers of replacements ascend.
    #[must_use]
    pub fn of(rollouts: &[(u32, Vec<u32>, Vec<u32>)]) -> Self {
        let most = rollouts.iter().map(|of| of.0).max().unwrap_or(0).min(MOST);
        let mut all = Self {
            most,
            replacements: vec![Vec::new(); as_index(most + 1) * as_index(most + 1)],
        };
        for (replacements, surges, slacks) in rollouts.iter().filter(|of| of.0 <= most) {
            for &surge in surges {
                for &slack in slacks {
                    let goes_on = surge + slack >= FEWEST_UNITS
                        && surge.max(slack) <= *replacements
                        && (surge > 0 || *replacements > slack);
                    if goes_on {
                        let pair = all.pair(surge, slack);
                        all.replacements[pair].push(*replacements);
                    }
                }
            }
        }
        for wanted in &mut all.replacements {
            wanted.dedup();
            if wanted.len() < FEWEST_ALIKE {
                wanted.clear();
            }
        }
        all
    }

    /// How many are worked out together with others.
    #[must_use]
    pub fn number(&self) -> usize {
        self.replacements.iter().map(Vec::len).sum()
    }

    fn pair(&self, surge: u32, slack: u32) -> usize {
        as_index(surge) * as_index(self.most + 1) + as_index(slack)
    }
}

/// What is known of the rollouts of a service, by their units of room.
#[derive(Debug)]
pub struct Families {
    wanted: Wanted,
    grid: Grid,
    /// Beginning with a start, with a stop beside surge, and with a stop where all do.
    units: [Unit; 3],
    /// One, and two.
    reactions: [Reactions; 2],
    /// The moment by which a first stop has made room for sure.
    freed: usize,
    /// The chance that a drain is over at each point, and whether all end together.
    drain: (Vec<f32>, bool),
    /// Starts that wait for the first stops, by how many they are and by the slack.
    later: Vec<OnceLock<Option<Box<Later>>>>,
    pairs: Vec<OnceLock<Box<[Figures]>>>,
}

/// The moments on which the laws stand.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// Points of the grid of the service from one moment to the next.
    stride: usize,
    /// From one moment to the next \[s\].
    step: f64,
    /// The first one after a start at which ends are looked at, counted in steps of `APART`.
    from: usize,
    /// How many they are, whole blocks.
    points: usize,
}

impl Grid {
    fn of(rolling: &Rolling) -> Self {
        let lattice = rolling.lattice();
        let stride = lattice.stride;
        let last = [Begins::Start, Begins::StopFirst].map(|begins| {
            let kind = Kind::of(begins, 0);
            let chain = |through| rolling.chain_on_grid(kind, 2, Host::Warm, through);
            chain(Through::Healthy)
                .last()
                .max(chain(Through::Replaced).last())
        });
        let last = last.into_iter().max().unwrap_or(0);
        let from = lattice.healthy / APART;
        Self {
            stride,
            step: as_f64(stride) * rolling.step(),
            from,
            points: (last / (stride * APART) + 2 - from).next_multiple_of(LANES),
        }
    }
}

impl Families {
    /// Those of a service that will be asked for; None where they have to be worked out one by one.
    #[must_use]
    pub fn of(rolling: &Rolling, wanted: Wanted) -> Option<Self> {
        let all = Burst {
            starts: wanted.most,
            before: 0,
        };
        let is_plain = !rolling.is_fixed()
            && rolling.reuse == Reuse::AfterStopped
            && rolling.drains().len() == 1
            && rolling.at_once(all) == wanted.most;
        if !is_plain || wanted.number() == 0 {
            return None;
        }
        let grid = Grid::of(rolling);
        let kinds = [Begins::Start, Begins::Stop, Begins::StopFirst];
        // Beside units of a quick kind there are those of a slow one.
        let moments = kinds.map(|begins| counts::moments(rolling, begins, wanted.most, grid));
        let moments = moments.into_iter().max().unwrap_or(1);
        let unit = |begins| Unit::of(rolling, begins, wanted.most, moments, grid);
        Some(Self {
            units: kinds.map(unit),
            reactions: rolling
                .reactions
                .each_ref()
                .map(|law| Reactions::of(law, grid.step)),
            freed: floor_index(rolling.freed.support().1 / grid.step) + 1,
            drain: (
                (grid.from..)
                    .take(grid.points)
                    .map(|i| as_f64(i * APART) * grid.step)
                    .map(|seconds| single(rolling.phases.drain.smooth_cdf(seconds)))
                    .collect(),
                rolling.phases.drain.is_fixed(),
            ),
            later: wanted
                .replacements
                .iter()
                .map(|_| OnceLock::new())
                .collect(),
            pairs: wanted
                .replacements
                .iter()
                .map(|_| OnceLock::new())
                .collect(),
            wanted,
            grid,
        })
    }

    /// What comes of a rollout of the same service; None if it was not said to be wanted.
    #[must_use]
    pub fn figures(&self, rolling: &Rolling, rollout: Rollout) -> Option<Figures> {
        let Rollout {
            replacements,
            surge,
            slack,
            cold,
            held,
        } = super::normal(rollout);
        if cold > 0 || held > 0 || replacements > self.wanted.most {
            return None;
        }
        let pair = self.wanted.pair(surge, slack);
        let place = self.wanted.replacements[pair].binary_search(&replacements);
        let place = place.ok()?;
        let all = self.pairs[pair].get_or_init(|| {
            let family = Family::of(self, rolling, surge, slack);
            family.figures(&self.wanted.replacements[pair])
        });
        Some(all[place])
    }
}

/// The rollouts with the same units of room.
struct Family<'a> {
    all: &'a Families,
    rolling: &'a Rolling,
    surge: u32,
    slack: u32,
    /// The kinds of units and how many there are of each.
    kinds: Vec<(&'a Unit, u32)>,
}

impl<'a> Family<'a> {
    fn of(all: &'a Families, rolling: &'a Rolling, surge: u32, slack: u32) -> Self {
        let [starting, stopping, stopping_first] = &all.units;
        let slack_unit = if surge == 0 { stopping_first } else { stopping };
        let mut kinds = vec![(starting, surge), (slack_unit, slack)];
        kinds.retain(|kind| kind.1 > 0);
        Self {
            all,
            rolling,
            surge,
            slack,
            kinds,
        }
    }

    fn rollout(&self, replacements: u32) -> Rollout {
        Rollout {
            replacements,
            surge: self.surge,
            slack: self.slack,
            cold: 0,
            held: 0,
        }
    }

    fn figures(&self, wanted: &[u32]) -> Box<[Figures]> {
        let (Some(&fewest), Some(&most)) = (wanted.first(), wanted.last()) else {
            return Box::default();
        };
        let last = LastStarts::of(&self.kinds, fewest, most);
        // Beyond the last start it depends on when that comes.
        let waiting = self.waiting_until(last.latest().max(self.all.freed) + 1);
        let mut work = Work::default();
        wanted
            .iter()
            .map(|&replacements| self.of_one(replacements, &last, &waiting, &mut work))
            .collect()
    }

    /// Mean time up to each moment, less half a step, in which as many units as there is slack hold a
    /// healthy new task and have not yet told an old one to stop \[s\].
    fn waiting_until(&self, latest: usize) -> Vec<f64> {
        if self.slack == 0 {
            return Vec::new();
        }
        let known = self.kinds.iter().map(|kind| kind.0.waiting.len()).min();
        let mut sum = 0.0;
        let mut chance = 0.0;
        let mut until = Vec::with_capacity(latest);
        for at in 0..latest.min(known.unwrap_or(0)) {
            until.push(sum);
            if at % 2 == 0 {
                let mut waiting = [(0, 0.0); 2];
                for (waiting, (unit, size)) in waiting.iter_mut().zip(&self.kinds) {
                    *waiting = (*size, unit.waiting[at]);
                }
                chance = 1.0 - chance_of_at_most(self.slack - 1, &waiting[..self.kinds.len()]);
            }
            sum += chance * self.all.grid.step;
        }
        until
    }

    /// What comes of one of the rollouts.
    fn of_one(
        &self,
        replacements: u32,
        last: &LastStarts,
        waiting: &[f64],
        work: &mut Work,
    ) -> Figures {
        let (moments, last_start) = match self.two_goes(replacements) {
            Some(goes) if self.surge == replacements => (self.look_at_two_goes(&goes, work), 0),
            Some(goes) => (self.look_at_two_goes(&goes, work), self.all.freed),
            None => {
                let moments = self.look_at_rounds(replacements, last, work);
                (moments, floor_index(work.start.mean_place().max(0.0)))
            }
        };
        let [one, two] = &self.all.reactions;
        let mean = self.add_ends(0, &moments, work);
        let mut figures = Figures {
            new_version: self.clock(mean, one, work),
            ..Figures::default()
        };
        if self.slack > 0 && self.slack <= FEW_WAITING && self.surge + self.slack >= replacements {
            let rollout = self.rollout(replacements);
            figures.short = self.rolling.mean_short(rollout, self.slack);
        } else if self.slack > 0 {
            let waited = if self.slack == replacements {
                0.0
            } else {
                self.waited(last_start, waiting, work)
            };
            figures.short = (mean - waited).max(0.0);
        }
        let mean = if self.surge == 0 {
            mean
        } else {
            self.add_ends(1, &moments, work)
        };
        figures.completed = self.clock(mean, two, work);
        figures
    }

    /// Mean time in which as many units as there is slack wait, where no start comes after a moment, and
    /// up to there as it is without an end \[s\].
    fn waited(&self, last_start: usize, endless: &[f64], work: &mut Work) -> f64 {
        let Work { sum, waited, .. } = work;
        let grid = self.all.grid;
        let begin = last_start.min(endless.len().saturating_sub(1));
        waited.clear();
        waited.extend(endless[..begin].get(sum.first..).unwrap_or_default());
        let mut until = endless.get(begin).copied().unwrap_or(0.0);
        let waiting = self.kinds.iter().map(|(unit, size)| {
            let [all, later] = unit.waiting_from(self.rolling, grid, begin);
            (*size, all, later)
        });
        let waiting: Vec<(u32, &[f64], &[f64])> = waiting.collect();
        let longest = waiting.iter().map(|of| of.1.len().min(of.2.len())).max();
        let mut chance = 0.0;
        for further in 0..longest.unwrap_or(0).min(sum.end().saturating_sub(begin)) {
            if begin + further >= sum.first {
                waited.push(until);
            }
            if further.is_multiple_of(2) {
                let mut shares = [(0, 0.0); 2];
                for (share, (size, all, later)) in shares.iter_mut().zip(&waiting) {
                    let pair = all.get(further).zip(later.get(further));
                    *share = (
                        *size,
                        pair.map_or(0.0, |(all, later)| (all - later).max(0.0)),
                    );
                }
                // Both shares are far from certain: mean and variance tell enough.
                let number = Number::of(shares.into_iter());
                chance = 1.0 - number.at_most(f64::from(self.slack - 1));
            }
            until += chance * grid.step;
        }
        waited.push(until);
        sum.mean_of(waited)
    }

    /// One of the rollouts if its starts come at once or in two goes.
    fn two_goes(&self, replacements: u32) -> Option<TwoGoes<'_>> {
        let (surge, slack) = (self.surge, self.slack);
        let rollout = self.rollout(replacements);
        let all = self.all;
        let [starting, ..] = &all.units;
        let at_once = Group {
            size: surge,
            healthy: &starting.healthy,
            replaced: &starting.replaced,
        };
        let later = if surge == replacements {
            Group { size: 0, ..at_once }
        } else if surge > 0 && self.rolling.starts_in_two_goes(rollout) {
            let pair = all.wanted.pair(replacements - surge, slack);
            let made = || Later::of(self.rolling, rollout, all.grid).map(Box::new);
            let later = all.later[pair].get_or_init(made).as_deref()?;
            Group::of(replacements - surge, later)
        } else {
            return None;
        };
        let (drain, together) = &all.drain;
        Some(TwoGoes {
            groups: [at_once, later],
            slack,
            stops: (if *together { 1 } else { slack }, drain),
        })
    }

    /// The ends of such a one, as if the last start came with the first moves.
    fn look_at_two_goes(&self, goes: &TwoGoes, work: &mut Work) -> Moments {
        work.start.first = 0;
        work.start.masses.clear();
        // Half a step to each side of them.
        work.start.masses.extend([0.5; 2]);
        if work.laws.is_empty() {
            work.laws.resize_with(1, Default::default);
        }
        let points = self.all.grid.points;
        let [healthy, stopped] = &mut work.laws[0];
        let [first, second] = &mut work.guesses_of_two_goes;
        healthy.find(first, points, |from, to| goes.healthy(from, to));
        stopped.find(second, points, |from, to| goes.stopped(from, to));
        let mut moments = Moments::default();
        moments.replace_from(0, &[0]);
        moments
    }

    /// The law of the last start, and what is outstanding at some moments of it.
    fn look_at_rounds(&self, replacements: u32, last: &LastStarts, work: &mut Work) -> Moments {
        last.masses(replacements, &mut work.start);
        let mut moments = Moments::default();
        for quantiles in quantiles(&work.start) {
            let begun = moments.points().len();
            let few = first(quantiles);
            moments.replace_from(begun, &few);
            self.look(
                replacements,
                last,
                (&moments.points()[begun..], &[]),
                begun,
                work,
            );
            if !self.are_alike(&moments.points()[begun..], &work.laws[begun..]) {
                moments.replace_from(begun, &quantiles);
                self.look(
                    replacements,
                    last,
                    (&moments.points()[begun..], &few),
                    begun,
                    work,
                );
            }
        }
        moments
    }

    /// Mean, p50, p95 and p99 of an end and the reactions to it \[s\].
    fn clock(&self, mean: f64, reactions: &Reactions, work: &mut Work) -> [f64; 4] {
        let Work { sum, total, .. } = work;
        let [p50, p95, p99] = reactions.quantiles_after(sum, total);
        let step = self.all.grid.step;
        [mean + reactions.mean, p50 * step, p95 * step, p99 * step]
    }

    /// What is outstanding at some moments of the last start, which come after so many others; some
    /// of them were looked at, one after another.
    fn look(
        &self,
        replacements: u32,
        last: &LastStarts,
        (moments, known): (&[usize], &[usize]),
        begun: usize,
        work: &mut Work,
    ) {
        let grid = self.all.grid;
        if work.laws.len() < begun + moments.len() {
            work.laws
                .resize_with(begun + moments.len(), Default::default);
        }
        let laws = &mut work.laws[begun..];
        // To their places among the others, which are not before those they had.
        for (from, at) in known.iter().enumerate().rev() {
            if let Some(to) = moments.iter().position(|moment| moment == at) {
                laws.swap(from, to);
            }
        }
        for (laws, &at) in laws.iter_mut().zip(moments) {
            if known.contains(&at) {
                continue;
            }
            let guess = last.odds(replacements, at).map(guessed_tilt);
            let mut members: [Option<Member>; 2] = [None, None];
            for (member, (unit, size)) in members.iter_mut().zip(&self.kinds) {
                *member = Some(Member::of(*size, unit, unit.at(self.rolling, at, grid)));
            }
            let others = tilted(&mut members, replacements, guess);
            let ends = Ends {
                members: &members,
                slack: self.slack,
                replacements,
                others,
                points: grid.points,
            };
            let [healthy, stopped] = laws;
            healthy.find(&mut work.guesses[0], grid.points, |from, to| {
                ends.healthy(from, to);
            });
            if self.surge > 0 {
                stopped.find(&mut work.guesses[1], grid.points, |from, to| {
                    ends.stopped(from, to);
                });
            }
        }
    }

    /// Whether what is outstanding differs little between the first and the last of some moments.
    fn are_alike(&self, points: &[usize], laws: &[[Law; 2]]) -> bool {
        let (Some(last), Some(&at)) = (points.len().checked_sub(1), points.last()) else {
            return true;
        };
        let (early, late) = (&laws[0], &laws[last]);
        let apart = as_f64(APART);
        let begun = as_f64(at) / apart + as_f64(self.all.grid.from);
        let ends = if self.surge == 0 { 1 } else { 2 };
        early.iter().zip(late).take(ends).all(|(early, late)| {
            let whole = begun + early.mean().max(late.mean());
            (early.mean() - late.mean()).abs() < ALIKE * whole
                && (early.quantile(single(LATE)) - late.quantile(single(LATE))).abs()
                    < ALIKE_LATE * whole
        })
    }

    /// The law of an end after the first moves, into `work.sum`, and its mean \[s\].
    fn add_ends(&self, which: usize, moments: &Moments, work: &mut Work) -> f64 {
        let number = moments.points().len();
        let laws = || work.laws[..number].iter().map(|laws| &laws[which]);
        let low = laws().map(|law| law.first).min().unwrap_or(0);
        let high = laws().map(Law::end).max().unwrap_or(0);
        let length = work.start.masses.len() + APART * (high - low);
        work.sum.masses.clear();
        work.sum.masses.resize(length, 0.0);
        // A start is half a step before the moment it has come by, an end half of its steps.
        work.sum.first = work.start.first + APART * (low + self.all.grid.from) - APART / 2;
        for (moment, law) in laws().enumerate() {
            moments.shares(moment, &work.start, &mut work.share);
            add_convolved(
                &work.share,
                &law.masses,
                APART * (law.first - low),
                &mut work.sum.masses,
            );
        }
        work.sum.mean_place() * self.all.grid.step
    }
}

/// Room for what is worked out.
#[derive(Debug, Default)]
struct Work {
    /// The law of the last start.
    start: Law,
    /// Its part that belongs to one moment.
    share: Vec<f32>,
    /// How long after the moments all are healthy, and all is stopped.
    laws: Vec<[Law; 2]>,
    /// Where those began that were found before.
    guesses: [usize; 2],
    /// The same where starts come in two goes.
    guesses_of_two_goes: [usize; 2],
    sum: Law,
    /// Time in which new tasks wait, up to each of its moments.
    waited: Vec<f64>,
    total: Vec<f32>,
}

/// An index of a count.
fn as_index(count: u32) -> usize {
    count as usize
}

/// A number in single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn single(number: f64) -> f32 {
    number as f32
}

/// A count in single precision, in which it is exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and indices are far below 2^24"
)]
fn single_of(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests;
