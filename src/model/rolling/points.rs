//! A law from its distribution function at a few points of the grid.

use super::grid::floor_index;
use crate::model::law::{Law, as_f64};
use crate::model::normal;

/// Cells of the law, at most; by the width of a cell up to a sixth fewer.
const CELLS: usize = 56;

/// Widths of cells in an octave: few, so that laws of one service have them in common.
const WIDTHS: f64 = 4.0;

/// Points where they cost little.
const MANY: usize = 256;

/// Probability below which nothing is looked at, where points cost little.
const NOTHING: f64 = 1e-9;

/// Points that there usually are, at most.
const USUAL: usize = 32;

/// Standard normal quantile beyond which a tail is cut.
const CUT: f64 = 3.4;

/// Normal quantiles that the points looked at first are thought to have.
const FIRST: [f64; 8] = [-3.7, -2.4, -1.4, -0.5, 0.5, 1.4, 2.4, 3.7];

/// How far apart the normal quantiles of two neighbouring points may be.
const FAR: f64 = 1.7;

/// Ratio of the slopes of two neighbouring intervals beyond which both are halved.
const LARGEST_BEND: f64 = 2.0;

/// The same of the steepest slope of all and one that is flat.
const FLAT: f64 = 3.0;

/// How far the mean may be off by a flat part, in standard deviations where it is steepest.
const MOVED: f64 = 0.03;

/// How often it is done to find where a cliff is that the first points are on both sides of.
const CLIFFS: u32 = 6;

/// Rise of the normal quantile that is small.
const SMALL_RISE: f64 = 0.2;

/// The distribution function at a point of the grid.
#[derive(Debug, Clone, Copy)]
struct Node {
    at: usize,
    /// Standard normal quantile of the probability, cut at both ends.
    normal: f64,
}

impl Node {
    fn of(at: usize, chance: f64) -> Self {
        Self {
            at,
            normal: normal::quantile(chance).clamp(-CUT, CUT),
        }
    }
}

/// The law on an interval of the grid from its distribution function at many points, where that
/// costs little: steps are kept.
pub(super) fn law_at_many_points(
    low: usize,
    high: usize,
    cell: f64,
    chance: impl Fn(usize) -> f64,
) -> Law {
    let stride = (high - low).div_ceil(MANY).max(1);
    let points = (high - low).div_ceil(stride);
    let at = |i: usize| low + i * stride;
    // The first of the points at which there is anything; the last one is 1.
    let (mut none, mut first) = (0, points);
    while none + 1 < first {
        let middle = usize::midpoint(none, first);
        if chance(at(middle)) < NOTHING {
            none = middle;
        } else {
            first = middle;
        }
    }
    let mut before = 0.0;
    let cells = (none + 1..=points).map(|i| {
        let up_to = if i == points || before > 1.0 - NOTHING {
            1.0
        } else {
            chance(at(i)).clamp(before, 1.0)
        };
        let mass = up_to - before;
        before = up_to;
        ((as_f64(at(i)) - as_f64(stride) / 2.0) * cell, mass)
    });
    Law::from_points(cells, as_f64(stride) * cell)
}

/// The law on an interval of the grid from its distribution function: taken as 0 at the lower end
/// and as 1 at the upper one.
///
/// # Formula
/// Between a few points the standard normal quantiles of the probabilities are interpolated by
/// cubic pieces that rise where the points do (Fritsch and Carlson, Hyman). For a normal law they
/// are on a line. The first points are the same for all options of a service, so that what is known of
/// them is used again.
pub(in crate::model) fn law_between(
    low: usize,
    high: usize,
    cell: f64,
    chance: impl Fn(usize) -> f64,
) -> Law {
    let mut width = 16;
    let mut first = low;
    while first + width < high.max(low + 1) {
        width *= 2;
        first = low / (width / 8) * (width / 8);
    }
    let ends = [(first, -CUT), (first + width, CUT)].map(|(at, normal)| Node { at, normal });
    let chances = |at: &[usize]| at.iter().map(|&at| chance(at)).collect();
    let inside = (1..8).map(|part| first + part * width / 8).collect();
    let nodes = refined(ends.to_vec(), inside, [first, first + width], 1, chances);
    law_through(within_the_cuts(&nodes), 0.0, cell)
}

/// The nodes from the last one before which there is no probability to the first one after which
/// there is none.
fn within_the_cuts(nodes: &[Node]) -> &[Node] {
    let begin = nodes.iter().rposition(|node| node.normal <= -CUT);
    let end = nodes.iter().position(|node| node.normal >= CUT);
    &nodes[begin.unwrap_or(0)..=end.unwrap_or(nodes.len() - 1)]
}

/// Where a distribution function is looked at first: near its median, and about how many points
/// its standard deviation has.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) median: usize,
    pub(super) spread: f64,
}

/// The law from its distribution function at points of the grid, which is found for several of them
/// at once, about where it is thought to be; points less than so far apart are not told apart.
pub(super) fn law_about(
    about: About,
    apart: usize,
    cell: f64,
    chances: impl Fn(&[usize]) -> Vec<f64>,
) -> Law {
    let nodes = nodes_about(about, [0, usize::MAX], apart, chances);
    law_through(within_the_cuts(&nodes), as_f64(apart) / 2.0, cell)
}

/// The same as the first of the points, and the probability of each interval from it on; the first
/// probability is that of the first point or less.
pub(super) fn masses_about(
    about: About,
    [low, high]: [usize; 2],
    chance: impl Fn(usize) -> f64,
) -> (usize, Vec<f64>) {
    let chances = |at: &[usize]| at.iter().map(|&at| chance(at)).collect();
    let nodes = nodes_about(about, [low, high], 1, chances);
    let nodes = within_the_cuts(&nodes);
    let (first, last) = (nodes[0].at, nodes[nodes.len() - 1].at);
    if first == last {
        return (first, vec![1.0]);
    }
    let mut masses = Vec::with_capacity(last - first + 1);
    let mut before = if nodes[0].normal > -CUT {
        normal::below(nodes[0].normal)
    } else {
        0.0
    };
    masses.push(before);
    let mut at = first + 1;
    for (piece, end) in pieces(nodes) {
        while at <= end && at < last {
            let up_to = normal::below(piece.at(as_f64(at))).max(before);
            masses.push(up_to - before);
            before = up_to;
            at += 1;
        }
    }
    masses.push(1.0 - before);
    (first, masses)
}

/// Points of a distribution function whose normal quantiles are close, about where it is thought to
/// be and on to where it is none and all.
fn nodes_about(
    about: About,
    [low, high]: [usize; 2],
    apart: usize,
    chances: impl Fn(&[usize]) -> Vec<f64>,
) -> Vec<Node> {
    let mut first: Vec<usize> = Vec::with_capacity(FIRST.len());
    for normal in FIRST {
        let off = floor_index(about.spread * normal.abs() + 0.5);
        let at = if normal < 0.0 {
            about.median.saturating_sub(off)
        } else {
            about.median + off
        };
        let at = at.clamp(low, high);
        if first.last().is_none_or(|&before| before < at) {
            first.push(at);
        }
    }
    refined(
        Vec::with_capacity(USUAL),
        first,
        [low, high],
        apart,
        chances,
    )
}

/// Nodes with those of some further points, and with as many more as make their normal quantiles
/// close and reach to both ends.
///
/// More points are looked at beyond the outermost that are not cut, in the middle of what is far apart,
/// and a few times in the middle where the slope changes much.
fn refined(
    mut nodes: Vec<Node>,
    mut wanted: Vec<usize>,
    [low, high]: [usize; 2],
    apart: usize,
    chances: impl Fn(&[usize]) -> Vec<f64>,
) -> Vec<Node> {
    let mut bends = CLIFFS;
    while !wanted.is_empty() {
        let found = wanted.iter().zip(chances(&wanted));
        nodes.extend(found.map(|(&at, chance)| Node::of(at, chance)));
        nodes.sort_unstable_by_key(|node| node.at);
        let mut highest = -CUT;
        for node in &mut nodes {
            highest = node.normal.max(highest);
            node.normal = highest;
        }
        wanted.clear();
        let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
        let width = (last.at - first.at).max(apart);
        if first.normal > -CUT && first.at > low {
            wanted.push(
                first
                    .at
                    .saturating_sub(beyond(first.normal + CUT, width))
                    .max(low),
            );
        }
        let far = |pair: &[Node]| {
            pair[1].normal - pair[0].normal > FAR && pair[1].at - pair[0].at > apart
        };
        let middle = |pair: &[Node]| usize::midpoint(pair[0].at, pair[1].at);
        wanted.extend(nodes.windows(2).filter(|pair| far(pair)).map(middle));
        if last.normal < CUT && last.at < high {
            wanted.push(
                last.at
                    .saturating_add(beyond(CUT - last.normal, width))
                    .min(high),
            );
        }
        if wanted.is_empty() && bends > 0 {
            bends -= 1;
            bent(&nodes, apart, &mut wanted);
        }
    }
    nodes
}

/// How far beyond the outermost of some points, so far across, is looked next where so much of the
/// normal quantile is left to the cut.
fn beyond(left: f64, width: usize) -> usize {
    floor_index(as_f64(width) * (left / (2.0 * CUT)).clamp(0.1, 1.0)) + 1
}

/// The middles of those intervals where the slope of the normal quantiles changes much from one to
/// the next, or is much less than elsewhere: there may be a cliff and a flat part.
fn bent(nodes: &[Node], apart: usize, middles: &mut Vec<usize>) {
    let slope = |i: usize| {
        let (from, to) = (nodes[i], nodes[i + 1]);
        (to.normal - from.normal) / as_f64(to.at - from.at)
    };
    // An end that is cut has no slope to compare.
    let inside = |i: usize| nodes[i].normal.abs() < CUT && nodes[i + 1].normal.abs() < CUT;
    let intervals = nodes.len() - 1;
    let slopes = (0..intervals).filter(|&i| inside(i)).map(slope);
    let steepest = slopes.fold(0.0, f64::max);
    let bends = |i: usize| {
        let (one, other) = (slope(i), slope(i + 1));
        inside(i) && inside(i + 1) && one.max(other) > LARGEST_BEND * one.min(other)
    };
    let mut before = false;
    for i in 0..intervals {
        let after = i + 1 < intervals && bends(i);
        let (from, to) = (nodes[i], nodes[i + 1]);
        let width = to.at - from.at;
        let is_bent = (before || after) && to.normal - from.normal > SMALL_RISE;
        // What comes in it may come at either end.
        let moved = (normal::below(to.normal) - normal::below(from.normal)) * as_f64(width);
        let is_flat = inside(i) && slope(i) * FLAT < steepest && moved * steepest > MOVED;
        if (is_bent || is_flat) && width > apart {
            middles.push(usize::midpoint(from.at, to.at));
        }
        before = after;
    }
}

/// The next larger one of the widths in common.
fn common_width(least: f64) -> f64 {
    ((least.log2() * WIDTHS).ceil() / WIDTHS).exp2()
}

/// The slope of the normal quantiles at a node.
///
/// # Formula
/// That of the parabola through it and its neighbours, but no steeper than keeps the cubic pieces
/// rising (Hyman).
fn slope_at(nodes: &[Node], chord: &impl Fn(usize) -> f64, i: usize) -> f64 {
    const RISING: f64 = 3.0;
    let width = |i: usize| as_f64(nodes[i + 1].at - nodes[i].at);
    let last = nodes.len() - 2;
    let (slope, flattest) = if last == 0 {
        (chord(0), chord(0))
    } else if i == 0 {
        let bend = (chord(0) - chord(1)) / (width(0) + width(1));
        (chord(0) + bend * width(0), chord(0))
    } else if i > last {
        let bend = (chord(last) - chord(last - 1)) / (width(last) + width(last - 1));
        (chord(last) + bend * width(last), chord(last))
    } else {
        let (left, right) = (width(i - 1), width(i));
        let parabola = (right * chord(i - 1) + left * chord(i)) / (left + right);
        (parabola, chord(i - 1).min(chord(i)))
    };
    slope.clamp(0.0, RISING * flattest.max(0.0))
}

/// A cubic piece of normal quantiles from one node to the next.
struct Piece {
    from: f64,
    /// Coefficients of the powers of the distance from there.
    coefficients: [f64; 4],
}

impl Piece {
    fn at(&self, at: f64) -> f64 {
        let off = at - self.from;
        let [constant, slope, bend, twist] = self.coefficients;
        constant + off * (slope + off * (bend + off * twist))
    }
}

/// The pieces between nodes, which rise where these do, each with the point it ends at.
fn pieces(nodes: &[Node]) -> impl Iterator<Item = (Piece, usize)> + '_ {
    let chord =
        |i: usize| (nodes[i + 1].normal - nodes[i].normal) / as_f64(nodes[i + 1].at - nodes[i].at);
    let last = nodes.len() - 2;
    let mut slope = slope_at(nodes, &chord, 0);
    (0..=last).map(move |i| {
        let next = slope_at(nodes, &chord, i + 1);
        let (from, to) = (&nodes[i], &nodes[i + 1]);
        let (width, chord) = (as_f64(to.at - from.at), chord(i));
        let piece = Piece {
            from: as_f64(from.at),
            coefficients: [
                from.normal,
                slope,
                (3.0 * chord - 2.0 * slope - next) / width,
                (slope + next - 2.0 * chord) / (width * width),
            ],
        };
        slope = next;
        (piece, to.at)
    })
}

/// The law whose normal quantiles go through the nodes, its points no less than so far apart.
fn law_through(nodes: &[Node], apart: f64, cell: f64) -> Law {
    let from = as_f64(nodes[0].at);
    let to = as_f64(nodes[nodes.len() - 1].at);
    if nodes.len() == 1 {
        return Law::fixed(from * cell, cell);
    }
    let width = common_width(((to - from) / as_f64(CELLS)).max(apart));
    let number = floor_index((to - from) / width) + 1;
    let mut masses = Vec::with_capacity(number);
    let mut before = 0.0;
    for (piece, end) in pieces(nodes) {
        while masses.len() + 1 < number {
            let at = from + as_f64(masses.len() + 1) * width;
            if at > as_f64(end) {
                break;
            }
            let up_to = normal::below(piece.at(at)).max(before);
            masses.push(up_to - before);
            before = up_to;
        }
    }
    masses.resize(number - 1, 0.0);
    masses.push(1.0 - before);
    Law::from_mass((from + width / 2.0) * cell, width * cell, masses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_normal_law_is_found_from_a_few_points() {
        let looked = Cell::new(0);
        let chances = |at: &[usize]| {
            looked.set(looked.get() + at.len());
            let normals = at.iter().map(|&at| (as_f64(at) - 500.0) / 40.0);
            normals.map(normal::below).collect()
        };
        // The middle and the spread are guessed wrong.
        let about = About {
            median: 450,
            spread: 25.0,
        };
        let law = law_about(about, 1, 0.5, chances);
        assert!((law.mean() - 250.0).abs() < 0.05, "{}", law.mean());
        assert!(
            (law.variance().sqrt() - 20.0).abs() < 0.1,
            "{}",
            law.variance().sqrt()
        );
        assert!(
            (law.quantile(0.95) - 282.9).abs() < 0.2,
            "{}",
            law.quantile(0.95)
        );
        assert!(looked.get() <= 12, "{}", looked.get());
    }

    #[test]
    fn cliffs_are_found_between_flat_parts() {
        // Three in ten at 100, the rest at 307.
        let chance = |at: usize| match at {
            0..100 => 0.0,
            100..307 => 0.3,
            _ => 1.0,
        };
        let about = About {
            median: 200,
            spread: 30.0,
        };
        let (first, masses) = masses_about(about, [0, 400], chance);
        let mean: f64 = (first..).zip(&masses).map(|(at, m)| as_f64(at) * m).sum();
        let expected = 0.3 * 100.0 + 0.7 * 307.0;
        assert!((masses.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(
            (mean - expected).abs() < 0.005 * expected,
            "{mean} for {expected}"
        );
    }
}
