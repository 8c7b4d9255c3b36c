//! Starts that fail and are made again in another place: the time that this saves.
//!
//! A start that has failed may be made again by any place that comes free, not only by the one in
//! which it failed. While starts are left for all places that makes no difference. At the end of a
//! rollout places come free that find nothing to start: one of them takes over what has failed.

use super::law::Law;

/// Points of the grid in an attempt and what comes after it.
const POINTS: f64 = 20.0;

/// Steps that a rollout is followed for.
const MOST_STEPS: usize = 8192;

/// Fewer tasks that are expected to be missing than this are none.
const NEGLIGIBLE: f64 = 1e-4;

/// Places that start tasks of which some fail.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// Tasks to start.
    pub tasks: u32,
    /// Places that start at once.
    pub at_once: u32,
    /// Places that are free after `freed`.
    pub later: u32,
    /// See `later`.
    pub freed: &'a Law,
    /// Probability that a start fails.
    pub failed: f64,
    /// From a start to healthy.
    pub healthy: &'a Law,
    /// From a start to its failure.
    pub fails: &'a Law,
    /// From the failure until the place is free.
    pub own: &'a Law,
    /// From healthy until the place is free; None where it stays taken.
    pub turn: Option<&'a Law>,
}

/// How much sooner the last task is healthy where places take over than where each makes its own
/// failed starts again: mean \[s\].
///
/// # Formula
/// Starts are followed as expected numbers a(t) on a grid: a(t) (1 − p) of them are healthy after
/// H, a(t) p fail after A and leave their place free after G. With N(t) tasks expected to be missing,
/// the last is healthy by t with probability e^(−N(t)). While more starts are left than places, each
/// place that comes free makes one; later, of W that wait one is taken over with probability
/// 1 − e^(−W) by each other place that comes free, and made again in its own place if none does so
/// before.
#[must_use]
pub fn saved(places: &Places) -> f64 {
    let number = places.at_once.saturating_add(places.later);
    if number < 2 || places.failed <= 0.0 {
        return 0.0;
    }
    let followed = Followed::of(places);
    let alone = followed.clone().in_own_places(places);
    let together = followed.taken_over(places);
    (alone - together).max(0.0)
}

/// Expected numbers on a grid.
#[derive(Clone)]
struct Followed {
    step: f64,
    healthy: Vec<(usize, f64)>,
    fails: Vec<(usize, f64)>,
    own: Vec<(usize, f64)>,
    /// From a start to its place free after it was healthy.
    again: Vec<(usize, f64)>,
    /// Places that come free at each moment, starts that fail, and tasks that get healthy.
    free: Moments,
    failing: Moments,
    through: Moments,
}

/// A number for each moment, as many as are asked for.
#[derive(Clone, Default)]
struct Moments(Vec<f64>);

impl Moments {
    fn at(&self, moment: usize) -> f64 {
        self.0.get(moment).copied().unwrap_or(0.0)
    }

    /// Adds so many, spread over later moments.
    fn add(&mut self, moment: usize, later: &[(usize, f64)], number: f64) {
        let last = later.last().map_or(0, |&(after, _)| moment + after);
        if self.0.len() <= last {
            self.0.resize(last + 1, 0.0);
        }
        for &(after, mass) in later {
            self.0[moment + after] += mass * number;
        }
    }
}

/// Starts that failed at one moment: those that wait, those that others took over, and the share of
/// the places that are not free yet.
struct Waiting {
    since: usize,
    wait: f64,
    taken: f64,
    not_free: f64,
}

impl Followed {
    fn of(places: &Places) -> Self {
        let turn = places.turn.map_or(0.0, Law::mean);
        let step = ((places.healthy.mean() + turn.max(places.own.mean())) / POINTS).max(1e-3);
        let grid = |law: &Law| on_grid(law, step, 0.0);
        // What follows from a start is later than the start.
        let after = |law: &Law| on_grid(law, step, 1.0);
        let mut free = Moments::default();
        let now = f64::from(places.at_once.min(places.tasks));
        free.add(0, &[(0, 1.0)], now);
        free.add(0, &grid(places.freed), f64::from(places.later));
        Self {
            step,
            healthy: grid(places.healthy),
            fails: after(places.fails),
            own: grid(places.own),
            again: places
                .turn
                .map_or(Vec::new(), |turn| after(&places.healthy.roughly_plus(turn))),
            free,
            failing: Moments::default(),
            through: Moments::default(),
        }
    }

    /// So many starts at a moment, and what follows from them.
    fn start(&mut self, moment: usize, starts: f64, failed: f64) {
        if starts > 0.0 {
            let good = starts * (1.0 - failed);
            self.through.add(moment, &self.healthy, good);
            self.free.add(moment, &self.again, good);
            self.failing.add(moment, &self.fails, starts * failed);
        }
    }

    /// The mean of the end where each place makes its own failed starts again \[s\].
    fn in_own_places(mut self, places: &Places) -> f64 {
        let mut left = f64::from(places.tasks);
        let mut again = Moments::default();
        let own = self.own.clone();
        self.until_through(places, |followed, moment| {
            again.add(moment, &own, followed.failing.at(moment));
            let first = left.min(followed.free.at(moment));
            left -= first;
            first + again.at(moment)
        })
    }

    /// The mean of the end where any place does \[s\].
    fn taken_over(mut self, places: &Places) -> f64 {
        let mut left = f64::from(places.tasks);
        let number = f64::from(places.at_once) + f64::from(places.later);
        let others = (number - 1.0) / number;
        let own: Vec<(usize, f64)> = self.own.clone();
        let mut free_after = Moments::default();
        free_after.add(0, &own, 1.0);
        let mut waiting: Vec<Waiting> = Vec::new();
        self.until_through(places, |followed, moment| {
            let failing = followed.failing.at(moment);
            if left > 0.0 {
                followed.free.add(moment, &own, failing);
                left += failing;
                let starts = left.min(followed.free.at(moment));
                left -= starts;
                return starts;
            }
            let (mut starts, mut free) = (0.0, followed.free.at(moment));
            for one in &mut waiting {
                let share = one.share_free_now(moment, &free_after);
                starts += one.wait * share;
                free += one.taken * share;
                one.wait -= one.wait * share;
                one.taken -= one.taken * share;
            }
            let all: f64 = waiting.iter().map(|one| one.wait).sum();
            if all > 0.0 {
                let taken = (free * others * (1.0 - (-all).exp())).min(all);
                for one in &mut waiting {
                    let share = taken * one.wait / all;
                    one.wait -= share;
                    one.taken += share;
                }
                starts += taken;
            }
            if failing > 0.0 {
                waiting.push(Waiting {
                    since: moment,
                    wait: failing,
                    taken: 0.0,
                    not_free: 1.0,
                });
            }
            waiting.retain(|one| one.wait + one.taken > NEGLIGIBLE * NEGLIGIBLE);
            starts
        })
    }

    /// Goes on until no task is missing: the mean of the end \[s\].
    fn until_through(
        &mut self,
        places: &Places,
        mut starts: impl FnMut(&mut Self, usize) -> f64,
    ) -> f64 {
        let mut missing = f64::from(places.tasks);
        let mut mean = 0.0;
        for moment in 0..MOST_STEPS {
            let number = starts(self, moment);
            self.start(moment, number, places.failed);
            missing -= self.through.at(moment);
            if missing < NEGLIGIBLE {
                break;
            }
            mean += self.step * (1.0 - (-missing).exp());
        }
        mean
    }
}

impl Waiting {
    /// Of the places that are not free yet the share that is so now, from the probability of each
    /// time until one is.
    fn share_free_now(&mut self, moment: usize, free_after: &Moments) -> f64 {
        let after = moment - self.since;
        let now = free_after.at(after);
        let is_last = after + 1 >= free_after.0.len();
        let share = if is_last || now >= self.not_free {
            1.0
        } else {
            now / self.not_free
        };
        self.not_free -= now;
        share
    }
}

/// The law as numbers of steps, at least so many, each with its probability; means are kept.
fn on_grid(law: &Law, step: f64, least: f64) -> Vec<(usize, f64)> {
    let mut cells: Vec<(usize, f64)> = Vec::new();
    let mut put = |cell: usize, mass: f64| match cells.iter_mut().rev().find(|at| at.0 == cell) {
        Some((_, there)) => *there += mass,
        None => cells.push((cell, mass)),
    };
    for (value, mass) in law.points() {
        let at = (value / step).max(least);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count of steps"
        )]
        let cell = (at.floor() as usize).min(MOST_STEPS);
        let part = at - at.floor();
        if part < 1.0 {
            put(cell, mass * (1.0 - part));
        }
        if part > 0.0 {
            put(cell + 1, mass * part);
        }
    }
    cells.sort_by_key(|&(cell, _)| cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places<'a>(own: &'a Law, attempt: &'a Law, turn: &'a Law) -> Places<'a> {
        Places {
            tasks: 100,
            at_once: 20,
            later: 0,
            freed: own,
            failed: 0.2,
            healthy: attempt,
            fails: attempt,
            own,
            turn: Some(turn),
        }
    }

    #[test]
    fn nothing_is_saved_in_one_place_or_where_its_own_is_free_at_once() {
        let [nothing, attempt, turn] = [0.0, 100.0, 50.0].map(|at| Law::fixed(at, 1.0));
        assert!(saved(&places(&nothing, &attempt, &turn)) < 1.0);
        let one = Places {
            at_once: 1,
            ..places(&turn, &attempt, &turn)
        };
        assert!(saved(&one) <= 0.0);
    }

    #[test]
    fn a_place_that_is_free_takes_over_what_would_wait_long() {
        // Two tasks in two places and a third place that is free at 150 s; a start fails at 100 s with
        // 1/2, and its own place is free only 1000 s later. With one failure, of each second pair, the
        // third place makes it again at 150 s, if that succeeds 950 s sooner.
        let [long, attempt, soon] = [1000.0, 100.0, 150.0].map(|at| Law::fixed(at, 1.0));
        let two = Places {
            tasks: 2,
            at_once: 2,
            later: 1,
            freed: &soon,
            failed: 0.5,
            healthy: &attempt,
            fails: &attempt,
            own: &long,
            turn: None,
        };
        let found = saved(&two);
        assert!(found > 0.1 * 950.0 && found < 0.5 * 950.0, "{found}");
    }
}
