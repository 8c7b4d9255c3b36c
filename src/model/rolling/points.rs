//! A law from its distribution function at a few points of the grid.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::erf::erfc;

use super::grid::floor_index;
use crate::model::law::{Law, as_f64};

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

/// How often that is done.
const BENDS: u32 = 1;

/// The distribution function at a point of the grid.
#[derive(Debug, Clone, Copy)]
struct Node {
    at: usize,
    /// Standard normal quantile of the probability, cut at both ends.
    normal: f64,
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

/// Standard normal quantile of a probability; infinite for none or all, but for what is lost in
/// rounding.
pub(super) fn normal_quantile(chance: f64) -> f64 {
    if chance <= 1e-12 {
        f64::NEG_INFINITY
    } else if chance >= 1.0 - 1e-12 {
        f64::INFINITY
    } else {
        Normal::standard().inverse_cdf(chance)
    }
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
    let node = |at: usize| Node {
        at,
        normal: normal_quantile(chance(at)).clamp(-CUT, CUT),
    };
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
        nodes = with_bends(&nodes, node);
    }
    let begin = nodes.iter().rposition(|node| node.normal <= -CUT);
    let begin = begin.unwrap_or(0);
    let end = nodes.iter().position(|node| node.normal >= CUT);
    let nodes = &nodes[begin..=end.unwrap_or(nodes.len() - 1)];
    law_through(nodes, cell)
}

/// The nodes and the middles of those intervals where the slope of the normal quantiles changes
/// much from one to the next.
fn with_bends(nodes: &[Node], node: impl Fn(usize) -> Node) -> Vec<Node> {
    let slope = |i: usize| {
        let (from, to) = (nodes[i], nodes[i + 1]);
        (to.normal - from.normal) / as_f64(to.at - from.at)
    };
    let bends = |i: usize| {
        let (one, other) = (slope(i), slope(i + 1));
        nodes[i + 1].normal.abs() < CUT && one.max(other) > LARGEST_BEND * one.min(other)
    };
    let intervals = nodes.len() - 1;
    let mut denser = Vec::with_capacity(2 * nodes.len());
    for (i, &from) in nodes.iter().enumerate() {
        denser.push(from);
        let beside = (i > 0 && i < intervals && bends(i - 1)) || (i + 1 < intervals && bends(i));
        if beside && nodes[i + 1].at - from.at > 1 && nodes[i + 1].normal - from.normal > 0.05 {
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
fn slope_at(nodes: &[Node], chords: &[f64], i: usize) -> f64 {
    const RISING: f64 = 3.0;
    let width = |i: usize| as_f64(nodes[i + 1].at - nodes[i].at);
    let last = chords.len() - 1;
    let (slope, flattest) = if last == 0 {
        (chords[0], chords[0])
    } else if i == 0 {
        let bend = (chords[0] - chords[1]) / (width(0) + width(1));
        (chords[0] + bend * width(0), chords[0])
    } else if i > last {
        let bend = (chords[last] - chords[last - 1]) / (width(last) + width(last - 1));
        (chords[last] + bend * width(last), chords[last])
    } else {
        let (left, right) = (width(i - 1), width(i));
        let parabola = (right * chords[i - 1] + left * chords[i]) / (left + right);
        (parabola, chords[i - 1].min(chords[i]))
    };
    slope.clamp(0.0, RISING * flattest.max(0.0))
}

/// The law whose normal quantiles go through the nodes.
fn law_through(nodes: &[Node], cell: f64) -> Law {
    let chords: Vec<f64> = nodes
        .windows(2)
        .map(|pair| (pair[1].normal - pair[0].normal) / as_f64(pair[1].at - pair[0].at))
        .collect();
    let slopes: Vec<f64> = (0..nodes.len())
        .map(|i| slope_at(nodes, &chords, i))
        .collect();
    let from = as_f64(nodes[0].at);
    let to = as_f64(nodes[nodes.len() - 1].at);
    let width = common_width((to - from) / as_f64(CELLS));
    let number = floor_index((to - from) / width) + 1;
    let mut piece = 0;
    let mut before = 0.0;
    let cells = (1..=number).map(|i| {
        let at = from + as_f64(i) * width;
        let up_to = if i == number {
            1.0
        } else {
            while piece + 2 < nodes.len() && as_f64(nodes[piece + 1].at) < at {
                piece += 1;
            }
            let length = as_f64(nodes[piece + 1].at - nodes[piece].at);
            let t = (at - as_f64(nodes[piece].at)) / length;
            let u = 1.0 - t;
            let normal = (1.0 + 2.0 * t) * u * u * nodes[piece].normal
                + t * u * u * length * slopes[piece]
                + t * t * (3.0 - 2.0 * t) * nodes[piece + 1].normal
                - t * t * u * length * slopes[piece + 1];
            0.5 * erfc(-normal / std::f64::consts::SQRT_2)
        };
        let mass = (up_to - before).max(0.0);
        before = up_to.max(before);
        ((at - width / 2.0) * cell, mass)
    });
    Law::from_points(cells, width * cell)
}
