//! A load balancer's slow start: new targets are healthy at once, but take their full share of
//! load only later.

use super::law::{Law, as_f64};
use super::phases::Phases;
use super::walk::{Act, Join, walk};
use crate::rollout::Moves;

/// Moments at which the tasks' worth is looked at.
const MOMENTS: u32 = 160;

/// Parts that a task's worth is divided into, by the most units that are followed so finely.
const PARTS: [(u32, u32); 4] = [(8, 8), (24, 6), (100, 3), (u32::MAX, 1)];

/// Cells that the law of a verdict is kept on.
const CELLS: usize = 384;

/// Boots of one host that are told apart, about.
const BOOTS: usize = 8;

/// Tails that are less likely than this are left out.
const NEGLIGIBLE: f64 = 1e-12;

/// How long less than the required tasks' worth serves because of the slow start \[s\], beyond what
/// is short without it.
///
/// # Formula
/// A new task is worth t / slow start, at most 1, at t after its verdict; an old one 1 until it is
/// told to stop. Where nothing varies the sum is piecewise linear between the acts and verdicts, so
/// that the time below the required tasks is exact. Else each unit of room is followed on its own, as
/// in [`super::rolling`]: its last verdict by t, whether the reaction to it has come, and what is
/// lacking of the worth of those before. The time short is the integral of the probability that all
/// units together are worth too little. Of d tasks each of u units replaces ⌊d / u⌋, and those that
/// are the soonest one more.
#[must_use]
pub fn short_seconds(
    moves: &Moves,
    phases: &Phases,
    joining: &Joins,
    ramp: f64,
    required: u32,
) -> f64 {
    if ramp <= 0.0 {
        return 0.0;
    }
    let parts = [
        &phases.start,
        &phases.cold_start,
        &phases.drain,
        &phases.reaction,
    ];
    let alike = parts.into_iter().all(Law::is_fixed) && joining.boot.is_fixed();
    let short: [f64; 2] = if alike {
        let acts = walk(moves, phases, &[], &joining.steps);
        [ramp, 0.0].map(|ramp| below(moves, phases, &acts, ramp, required))
    } else {
        let by_boot = joining.by_boot();
        let units: Vec<(Units, f64)> = by_boot
            .iter()
            .map(|(joining, chance)| (Units::of(moves, phases, joining), *chance))
            .collect();
        [ramp, 0.0].map(|ramp| {
            let short = units
                .iter()
                .map(|(units, chance)| chance * units.short_seconds(ramp, f64::from(required)));
            short.sum()
        })
    };
    (short[0] - short[1]).max(0.0)
}

/// Hosts that join while it runs.
pub struct Joins {
    /// Those of each step of managed scaling.
    pub steps: Vec<Join>,
    /// From the launch of a host until it has joined.
    pub boot: Law,
}

impl Joins {
    /// None does.
    #[must_use]
    pub fn none() -> Self {
        Self {
            steps: Vec::new(),
            boot: Law::fixed(0.0, 1.0),
        }
    }

    /// The same with each boot that one host may take, and its probability: all that start on it
    /// wait for the same. Of several each has its own.
    fn by_boot(&self) -> Vec<(Self, f64)> {
        let hosts: u32 = self.steps.iter().map(|step| step.hosts).sum();
        let boots = if hosts == 1 {
            let few = self.boot.coarsened(BOOTS);
            few.points()
                .map(|(boot, chance)| (Law::fixed(boot, few.step()), chance))
                .collect()
        } else {
            vec![(self.boot.clone(), 1.0)]
        };
        let with = |(boot, chance)| {
            let steps = self.steps.clone();
            (Self { steps, boot }, chance)
        };
        boots.into_iter().map(with).collect()
    }
}

/// The units of room of a rollout.
struct Units<'a> {
    desired: f64,
    kinds: Vec<Kind>,
    reaction: &'a Law,
    /// From a verdict to the next in the same unit.
    apart: Law,
}

/// Units that go alike.
struct Kind {
    units: u32,
    /// Whether it begins with the stop of an old task.
    stops_first: bool,
    /// From the first moves to the verdict on its first, second, … new task.
    healthy: Vec<Law>,
    /// Whether the reaction to the last of them finds an old task to stop.
    last_is_seen: bool,
}

impl<'a> Units<'a> {
    fn of(moves: &Moves, phases: &'a Phases, joining: &Joins) -> Self {
        let Phases {
            start,
            cold_start,
            drain,
            reaction,
            ..
        } = phases;
        let freed = drain.plus(reaction);
        let (starting, stopping, turn) = if moves.stopping_counts {
            (moves.surge, moves.slack, reaction.plus(&freed))
        } else {
            // What a stop makes room for starts in the same act.
            let at_once = moves.surge.saturating_add(moves.slack);
            (at_once.min(moves.desired), 0, reaction.clone())
        };
        let apart = turn.plus(start);
        // What joins when all others have begun the last task finds none.
        let mut left = moves.desired.saturating_sub(starting + stopping);
        let joined: Vec<(u32, Law)> = joining
            .steps
            .iter()
            .map(|step| {
                let places = step.places.min(left);
                left -= places;
                let boot = joining.boot.shifted(step.launched);
                (places, boot.plus(reaction))
            })
            .collect();
        let places: u32 = joined.iter().map(|(places, _)| places).sum();
        let units = starting + stopping + places;
        let mut kinds = Vec::new();
        let cold = moves.cold.min(starting);
        let at_once = Law::fixed(0.0, start.step());
        let there = [
            (cold, &at_once, cold_start, false),
            (starting - cold, &at_once, start, false),
            (stopping, &freed, start, true),
        ];
        let joined = joined
            .iter()
            .map(|(places, joined)| (*places, joined, cold_start, false));
        for (units, begins, first, stops_first) in there.into_iter().chain(joined) {
            if units > 0 {
                kinds.push(Kind {
                    units,
                    stops_first,
                    healthy: vec![begins.plus(first)],
                    last_is_seen: true,
                });
            }
        }
        if let Some(rounds) = moves.desired.checked_div(units) {
            for kind in &mut kinds {
                while kind.healthy.len() < rounds as usize {
                    let last = &kind.healthy[kind.healthy.len() - 1];
                    kind.healthy.push(last.plus(&apart).coarsened(CELLS));
                }
            }
            let more = moves.desired % units;
            kinds = with_one_more(kinds, more, &apart);
        }
        Self {
            desired: f64::from(moves.desired),
            kinds: with_rest(kinds, moves),
            reaction,
            apart,
        }
    }

    /// How long less than so many tasks' worth serves \[s\].
    fn short_seconds(&self, ramp: f64, required: f64) -> f64 {
        let units: u32 = self.kinds.iter().map(|kind| kind.units).sum();
        let lasts = self.kinds.iter().filter_map(|kind| kind.healthy.last());
        let last = lasts.fold(0.0, |last: f64, law| last.max(law.support().1));
        let step = (last + ramp) / f64::from(MOMENTS);
        let parts = PARTS.iter().find(|(most, _)| units <= *most);
        let parts = parts.map_or(1, |(_, parts)| *parts);
        let at_rest = self.kinds.iter().filter(|kind| kind.stops_first);
        let stopped: u32 = at_rest.map(|kind| kind.units).sum();
        if ramp <= 0.0 && required <= self.desired - f64::from(stopped) {
            return 0.0;
        }
        (0..MOMENTS)
            .map(|i| {
                let at = (f64::from(i) + 0.5) * step;
                let worths = self.kinds.iter().map(|kind| {
                    let worth = kind.worth(at, ramp, parts, self.reaction, &self.apart);
                    (kind.units, worth)
                });
                let all = worths.fold(Worth::nothing(parts), |all, (units, worth)| {
                    all.plus(&worth.of_all(units))
                });
                step * all.chance_of_less(required - self.desired)
            })
            .sum()
    }
}

/// One more task for so many units, the soonest ones, of all kinds alike.
fn with_one_more(kinds: Vec<Kind>, more: u32, apart: &Law) -> Vec<Kind> {
    let units: u32 = kinds.iter().map(|kind| kind.units).sum();
    let mut left = more;
    let mut split = Vec::new();
    for kind in kinds {
        // The first kinds are the soonest.
        let here = left.min(kind.units);
        left -= here;
        if here > 0 {
            let last = &kind.healthy[kind.healthy.len() - 1];
            let share = f64::from(here) / f64::from(kind.units);
            let next = last.shortest(share).plus(apart).coarsened(CELLS);
            let mut healthy = kind.healthy.clone();
            healthy.push(next);
            split.push(Kind {
                units: here,
                healthy,
                ..kind
            });
        }
        if here < kind.units {
            split.push(Kind {
                units: kind.units - here,
                ..kind
            });
        }
    }
    debug_assert!(left == 0 || units == 0);
    split
}

/// The last verdicts, as many as old tasks were stopped before any, find none to stop.
fn with_rest(mut kinds: Vec<Kind>, moves: &Moves) -> Vec<Kind> {
    let last = |kind: &Kind| kind.healthy.last().map_or(0.0, Law::mean);
    kinds.sort_by(|a, b| last(b).total_cmp(&last(a)));
    let mut left = moves.slack.min(moves.desired);
    let mut split = Vec::new();
    for kind in kinds {
        let here = left.min(kind.units);
        left -= here;
        for (units, last_is_seen) in [(here, false), (kind.units - here, true)] {
            if units > 0 {
                split.push(Kind {
                    units,
                    last_is_seen,
                    healthy: kind.healthy.clone(),
                    ..kind
                });
            }
        }
    }
    split
}

/// What tasks are worth beyond those at the begin.
struct Worth {
    /// Of all.
    any: Chances,
    /// Where each is worth all or nothing.
    whole: Chances,
}

/// Probabilities of values in parts of one task.
struct Chances {
    /// Parts of one task.
    parts: u32,
    /// Number of the lowest value.
    lowest: i32,
    mass: Vec<f64>,
}

impl Worth {
    fn nothing(parts: u32) -> Self {
        Self {
            any: Chances::nothing(2 * parts),
            whole: Chances::nothing(2 * parts),
        }
    }

    /// Of two that are independent.
    fn plus(&self, other: &Self) -> Self {
        Self {
            any: self.any.plus(&other.any),
            whole: self.whole.plus(&other.whole),
        }
    }

    /// Of so many that are alike and independent.
    fn of_all(self, units: u32) -> Self {
        Self {
            any: self.any.of_all(units),
            whole: self.whole.of_all(units),
        }
    }

    /// A sum of values that lie anywhere in their parts is as likely above as below the value that
    /// it is taken for; one of whole ones is that value.
    fn chance_of_less(&self, worth: f64) -> f64 {
        let about = self.any.chance_of(worth) - self.whole.chance_of(worth);
        self.any.chance_of_less(worth) + about.max(0.0) / 2.0
    }
}

impl Chances {
    fn nothing(parts: u32) -> Self {
        Self {
            parts,
            lowest: 0,
            mass: vec![1.0],
        }
    }

    fn add(&mut self, value: i32, chance: f64) {
        if value < self.lowest {
            let more = usize::try_from(self.lowest - value).unwrap_or(0);
            self.mass.splice(0..0, std::iter::repeat_n(0.0, more));
            self.lowest = value;
        }
        let at = usize::try_from(value - self.lowest).unwrap_or(0);
        if self.mass.len() <= at {
            self.mass.resize(at + 1, 0.0);
        }
        self.mass[at] += chance;
    }

    /// Of two that are independent.
    fn plus(&self, other: &Self) -> Self {
        let mut chances = vec![0.0; self.mass.len() + other.mass.len() - 1];
        for (i, a) in self.mass.iter().enumerate().filter(|(_, a)| **a > 0.0) {
            for (to, b) in chances[i..].iter_mut().zip(&other.mass) {
                *to += a * b;
            }
        }
        let is_some = |chance: &f64| *chance > NEGLIGIBLE;
        let first = chances.iter().position(is_some).unwrap_or(0);
        let last = chances.iter().rposition(is_some).unwrap_or(0);
        chances.truncate(last + 1);
        chances.drain(..first);
        Self {
            parts: self.parts,
            lowest: self.lowest + other.lowest + i32::try_from(first).unwrap_or(0),
            mass: chances,
        }
    }

    /// Of so many that are alike and independent, by squaring.
    fn of_all(self, units: u32) -> Self {
        let mut all = Self::nothing(self.parts);
        let (mut power, mut left) = (self, units);
        while left > 0 {
            if left % 2 == 1 {
                all = all.plus(&power);
            }
            left /= 2;
            if left > 0 {
                power = power.plus(&power);
            }
        }
        all
    }

    fn values(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let values = (self.lowest..).map(|value| f64::from(value) / f64::from(self.parts));
        values.zip(self.mass.iter().copied())
    }

    fn chance_of_less(&self, worth: f64) -> f64 {
        let less = self.values().take_while(|(value, _)| *value < worth - 1e-9);
        less.map(|(_, chance)| chance).sum()
    }

    fn chance_of(&self, worth: f64) -> f64 {
        let is_it = |(value, _): &(f64, f64)| (value - worth).abs() < 1e-9;
        self.values().find(is_it).map_or(0.0, |(_, chance)| chance)
    }
}

impl Kind {
    /// What one unit is worth at a moment beyond the old task at the begin: the last verdict by then
    /// was on one of its tasks, so long ago.
    fn worth(&self, at: f64, ramp: f64, parts: u32, reaction: &Law, apart: &Law) -> Worth {
        let base = if self.stops_first { -1.0 } else { 0.0 };
        let mut worth = Worth::nothing(parts);
        worth.any.mass[0] = 0.0;
        worth.whole.mass[0] = 0.0;
        // A value between two whole parts is in the middle of them.
        let mut add = |value: f64, chance: f64| {
            let part = value * f64::from(parts);
            #[expect(clippy::cast_possible_truncation, reason = "a few tasks' worth")]
            let (whole, middle) = (2 * part.round() as i32, 2 * part.floor() as i32 + 1);
            if (value - value.round()).abs() < 1e-9 {
                worth.any.add(whole, chance);
                worth.whole.add(whole, chance);
            } else {
                worth.any.add(middle, chance);
            }
        };
        let mut begun = 0.0;
        let each = apart.mean();
        for (n, healthy) in self.healthy.iter().enumerate() {
            let is_last = n + 1 == self.healthy.len();
            for (verdict, chance) in healthy.points() {
                let age = at - verdict;
                if age < 0.0 {
                    break;
                }
                let still = if is_last { 1.0 } else { 1.0 - apart.cdf(age) };
                let chance = chance * still;
                if chance <= 1e-12 {
                    continue;
                }
                begun += chance;
                let lacks = |age: f64| {
                    if ramp > 0.0 {
                        (1.0 - age / ramp).max(0.0)
                    } else {
                        0.0
                    }
                };
                let before: f64 = (1..=n).map(|m| lacks(age + as_f64(m) * each)).sum();
                let value = base - lacks(age) - before;
                let seen = if is_last && !self.last_is_seen {
                    0.0
                } else {
                    reaction.cdf(age)
                };
                add(value, chance * seen);
                add(value + 1.0, chance * (1.0 - seen));
            }
        }
        add(base, (1.0 - begun).max(0.0));
        worth
    }
}

fn below(moves: &Moves, phases: &Phases, acts: &[Act], ramp: f64, required: u32) -> f64 {
    let healthy: Vec<(f64, f64)> = acts
        .iter()
        .flat_map(|act| {
            [
                (act.at + phases.cold_start.mean(), f64::from(act.cold)),
                (act.at + phases.start.mean(), f64::from(act.warm)),
            ]
        })
        .filter(|&(_, tasks)| tasks > 0.0)
        .collect();
    let mut moments: Vec<f64> = acts
        .iter()
        .map(|act| act.at)
        .chain(healthy.iter().flat_map(|&(at, _)| [at, at + ramp]))
        .collect();
    moments.sort_by(f64::total_cmp);
    let required = f64::from(required);
    // Just after a moment, and just before the next one, where it may jump.
    let worth = |at: f64, stopped_until: f64| {
        let old = f64::from(moves.desired)
            - acts
                .iter()
                .filter(|act| act.at <= stopped_until)
                .map(|act| f64::from(act.stopped))
                .sum::<f64>();
        let new: f64 = healthy
            .iter()
            .filter(|&&(from, _)| from <= stopped_until)
            .map(|&(from, tasks)| {
                tasks
                    * if ramp > 0.0 {
                        ((at - from) / ramp).clamp(0.0, 1.0)
                    } else {
                        1.0
                    }
            })
            .sum();
        old + new - required + 1e-9
    };
    moments
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let (begin, end) = (worth(from, from), worth(to, from));
            let share = match (begin < 0.0, end < 0.0) {
                (true, true) => 1.0,
                (false, false) => 0.0,
                _ => begin.min(end).abs() / (begin - end).abs(),
            };
            share * (to - from)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn short(percents: (u32, u32), free: u32, ramp: f64) -> f64 {
        let text = format!(
            "[service]\ndesired_count = 2\ntiming = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n\
             [deployment]\nminimum_healthy_percent = {}\nmaximum_percent = {}\nreaction = \"20s\"\n\
             [cluster]\nfree_tasks = {free}\n",
            percents.0, percents.1
        );
        let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly).expect("it is good");
        let moves = crate::rollout::scenario_moves(&read).expect("it fits");
        short_seconds(&moves, &Phases::of(&read), &Joins::none(), ramp, 2)
    }

    #[test]
    fn two_tasks_that_are_replaced_at_once_are_short_until_the_ramp_ends() {
        // Both are healthy at 100 s, the old ones are told to stop at 120 s; the ramp of 60 s ends
        // at 160 s: 40 s. A ramp as long as the reaction costs nothing.
        assert!((short((100, 200), 2, 60.0) - 40.0).abs() < 1e-6);
        assert!(short((100, 200), 2, 20.0) < 1e-6);
    }

    #[test]
    fn one_after_another_the_ramp_lengthens_each_gap() {
        // 50/100: healthy at 125 s, the second old one stops at 145 s; its successor is healthy at
        // 250 s and worth 1 at 310 s. Without a ramp short until 125 s and from 145 to 250 s. With
        // 60 s: 20 s more before 145 s, 60 s more after 250 s.
        assert!((short((50, 100), 0, 60.0) - 80.0).abs() < 1e-6);
    }

    #[test]
    fn no_ramp_changes_nothing() {
        assert!(short((100, 200), 2, 0.0) < 1e-12);
    }
}
