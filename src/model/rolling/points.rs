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

/// Points that there usually are, at most.
const USUAL: usize = 32;

/// Standard normal quantile beyond which a tail is cut.
const CUT: f64 = 4.2;

/// How far apart the normal quantiles of two neighbouring points may be.
const APART: f64 = 1.4;

/// Ratio of the slopes of two neighbouring intervals beyond which both are halved.
const LARGEST_BEND: f64 = 2.0;

/// How often it is done to find where a cliff is that the first points are on both sides of.
const CLIFFS: u32 = 4;

/// Rise of the normal quantile that is small.
const SMALL_RISE: f64 = 0.2;

/// How often that is done.
const BENDS: u32 = 1;

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
    let mut before = 0.0;
    let cells = (1..=points).map(|i| {
        let at = low + i * stride;
        let up_to = if i == points {
            1.0
        } else {
            chance(at).clamp(before, 1.0)
        };
        let mass = up_to - before;
        before = up_to;
        ((as_f64(at) - as_f64(stride) / 2.0) * cell, mass)
    });
    Law::from_points(cells, as_f64(stride) * cell)
}

/// The law on an interval of the grid from its distribution function: taken as 0 at the lower end
/// and as 1 at the upper one.
///
/// # Formula
/// Intervals are halved until the standard normal quantiles of the probabilities at their ends are
/// close; between, these are interpolated by cubic pieces that rise where the points do (Fritsch
/// and Carlson, Hyman). For a normal law they are on a line. The halves fall on the same points for all
/// options of a service, so that what is known of these points is used again.
pub(in crate::model) fn law_between(
    low: usize,
    high: usize,
    cell: f64,
    chance: impl Fn(usize) -> f64,
) -> Law {
    let node = |at: usize| Node::of(at, chance(at));
    let mut width = 16;
    let mut first = low;
    while first + width < high.max(low + 1) {
        width *= 2;
        first = low / (width / 8) * (width / 8);
    }
    let mut nodes = Vec::with_capacity(USUAL);
    nodes.push(Node {
        at: first,
        normal: -CUT,
    });
    let mut ahead = Vec::with_capacity(USUAL);
    ahead.push(Node {
        at: first + width,
        normal: CUT,
    });
    while let (Some(&from), Some(&to)) = (nodes.last(), ahead.last()) {
        if to.normal - from.normal > APART && to.at - from.at > 1 {
            let mut middle = node(usize::midpoint(from.at, to.at));
            middle.normal = middle.normal.clamp(from.normal, to.normal);
            ahead.push(middle);
        } else {
            nodes.push(to);
            ahead.pop();
        }
    }
    for _ in 0..BENDS {
        nodes = with_bends(&nodes, 1, node);
    }
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

/// The law on an interval of the grid from its distribution function, from its middle outwards;
/// points less than so far apart are not told apart.
pub(super) fn law_about(
    about: About,
    [low, high]: [usize; 2],
    apart: usize,
    cell: f64,
    chance: impl Fn(usize) -> f64,
) -> Law {
    let nodes = nodes_about(about, [low, high], apart, chance);
    law_through(within_the_cuts(&nodes), as_f64(apart) / 2.0, cell)
}

/// The same as the first of the points, and the probability of each interval from it on; the first
/// probability is that of the first point or less.
pub(super) fn masses_about(
    about: About,
    [low, high]: [usize; 2],
    chance: impl Fn(usize) -> f64,
) -> (usize, Vec<f64>) {
    let nodes = nodes_about(about, [low, high], 1, chance);
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

/// Points of a distribution function whose normal quantiles are close, from about its median on to
/// where it is none and all.
fn nodes_about(
    about: About,
    [low, high]: [usize; 2],
    apart: usize,
    chance: impl Fn(usize) -> f64,
) -> Vec<Node> {
    let node = |at: usize| Node::of(at, chance(at));
    let start = node(about.median.clamp(low, high));
    let mut nodes = Vec::with_capacity(USUAL);
    outwards(start, low, about.spread, apart, node, &mut nodes);
    nodes.reverse();
    nodes.push(start);
    outwards(start, high, about.spread, apart, node, &mut nodes);
    let mut highest = -CUT;
    for node in &mut nodes {
        highest = node.normal.max(highest);
        node.normal = highest;
    }
    for _ in 0..CLIFFS {
        let denser = with_bends(&nodes, apart, node);
        if denser.len() == nodes.len() {
            break;
        }
        nodes = denser;
    }
    nodes
}

/// Nodes from one on to a point, or to where the probability is none or all.
///
/// The next one is as far as the last two let expect for a step of `STRIDE` normal quantiles, no more
/// than twice as far as the last; where it turns out further than `FAR`, the middle is looked at first.
fn outwards(
    start: Node,
    limit: usize,
    spread: f64,
    apart: usize,
    node: impl Fn(usize) -> Node,
    nodes: &mut Vec<Node>,
) {
    const STRIDE: f64 = 1.1;
    const FAR: f64 = 1.7;
    let end = if limit < start.at { -CUT } else { CUT };
    let mut from = start;
    let mut step = spread * STRIDE;
    let mut ahead: Option<Node> = None;
    while from.at != limit && (from.normal - end).abs() > 1e-9 {
        let next = if let Some(next) = ahead.take() {
            next
        } else {
            let step = floor_index(step.max(as_f64(apart)) + 0.5).max(1);
            node(if limit < from.at {
                from.at.saturating_sub(step).max(limit)
            } else {
                (from.at + step).min(limit)
            })
        };
        let width = next.at.abs_diff(from.at);
        let rise = (next.normal - from.normal).abs();
        if rise > FAR && width > apart {
            let middle = node(usize::midpoint(from.at, next.at));
            if (middle.normal - from.normal).abs() <= FAR || middle.at.abs_diff(from.at) <= apart {
                nodes.push(middle);
                from = middle;
                ahead = Some(next);
            } else {
                ahead = Some(middle);
            }
            continue;
        }
        step = (as_f64(width) * (STRIDE / rise.max(1e-3))).min(2.0 * as_f64(width));
        nodes.push(next);
        from = next;
    }
}

/// The nodes and the middles of those intervals where the slope of the normal quantiles changes
/// much from one to the next.
fn with_bends(nodes: &[Node], apart: usize, node: impl Fn(usize) -> Node) -> Vec<Node> {
    let slope = |i: usize| {
        let (from, to) = (nodes[i], nodes[i + 1]);
        (to.normal - from.normal) / as_f64(to.at - from.at)
    };
    // An end that is cut has no slope to compare.
    let inside = |i: usize| nodes[i].normal.abs() < CUT;
    let bends = |i: usize| {
        let (one, other) = (slope(i), slope(i + 1));
        (i..=i + 2).all(inside) && one.max(other) > LARGEST_BEND * one.min(other)
    };
    let Some(intervals) = nodes.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut denser = Vec::with_capacity(2 * nodes.len());
    for (i, &from) in nodes.iter().enumerate() {
        denser.push(from);
        let beside = (i > 0 && i < intervals && bends(i - 1)) || (i + 1 < intervals && bends(i));
        if beside
            && nodes[i + 1].at - from.at > apart
            && nodes[i + 1].normal - from.normal > SMALL_RISE
        {
            let mut middle = node(usize::midpoint(from.at, nodes[i + 1].at));
            middle.normal = middle.normal.clamp(from.normal, nodes[i + 1].normal);
            denser.push(middle);
        }
    }
    denser
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
        let chance = |at: usize| {
            looked.set(looked.get() + 1);
            normal::below((as_f64(at) - 500.0) / 40.0)
        };
        // The middle and the spread are guessed wrong.
        let about = About {
            median: 450,
            spread: 25.0,
        };
        let law = law_about(about, [0, 2_000], 1, 0.5, chance);
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
