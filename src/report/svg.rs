//! Charts as SVG: a frame with titled axes, and the few marks that charts are made of.
//!
//! Colours are classes that the page's style defines for light, dark and paper. Every mark says its
//! value in a `<title>`, which the page's script also shows at once.

use std::fmt::Write as _;

use super::escape::html;

/// A linear axis.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What is along it, with its unit.
    pub title: String,
    /// The smallest value shown.
    pub from: f64,
    /// The largest value shown.
    pub to: f64,
    /// Names instead of numbers: each takes up 1, the first at the left or at the top.
    pub names: Vec<String>,
}

impl Axis {
    /// An axis that holds all values and ends on round numbers.
    pub fn around(title: &str, values: impl Iterator<Item = f64> + Clone) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low.is_finite() && high > low {
            (low, high)
        } else if low.is_finite() {
            (low.min(0.0), high.max(1.0))
        } else {
            (0.0, 1.0)
        };
        let step = step(high - low);
        Self {
            title: title.to_owned(),
            from: (low / step).floor() * step,
            to: (high / step).ceil() * step,
            names: Vec::new(),
        }
    }

    /// An axis of names.
    pub fn of_names(title: &str, names: Vec<String>) -> Self {
        Self {
            title: title.to_owned(),
            from: 0.0,
            to: f64::from(u32::try_from(names.len()).unwrap_or(u32::MAX)).max(1.0),
            names,
        }
    }

    /// The same from zero.
    pub fn from_zero(title: &str, values: impl Iterator<Item = f64> + Clone) -> Self {
        Self::around(title, values.chain([0.0]))
    }

    fn ticks(&self) -> Vec<f64> {
        let step = step(self.to - self.from);
        let first = (self.from / step).ceil();
        std::iter::successors(Some(first), |tick| Some(tick + 1.0))
            .map(|tick| tick * step)
            .take_while(|tick| *tick <= self.to + step / 1e3)
            .collect()
    }
}

/// Where an axis is marked, and how.
fn marks(axis: &Axis) -> Vec<(f64, String)> {
    if axis.names.is_empty() {
        let ticks = axis.ticks().into_iter();
        return ticks.map(|tick| (tick, tick_text(tick))).collect();
    }
    let places = std::iter::successors(Some(0.5), |place| Some(place + 1.0));
    places.zip(axis.names.iter().cloned()).collect()
}

/// A round distance of ticks, about six of them \[unit of the axis\].
fn step(range: f64) -> f64 {
    let raw = (range / 6.0).max(1e-9);
    let power = 10.0_f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|times| times * power >= raw * 0.999);
    times.unwrap_or(10.0) * power
}

/// A tick as it is written.
fn tick_text(tick: f64) -> String {
    let text = format!("{tick:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// Where a frame leaves place for its labels.
#[derive(Debug, Clone, Copy)]
pub struct Margins {
    /// For labels on the left.
    pub left: f64,
    /// For labels on the right.
    pub right: f64,
}

/// A chart in the making.
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    width: f64,
    height: f64,
    margins: Margins,
    x: Axis,
    y: Axis,
    body: String,
}

const WIDTH: f64 = 720.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

impl Chart {
    /// A frame with both axes.
    pub fn new(title: &str, height: f64, margins: Margins, x: Axis, y: Axis) -> Self {
        let mut chart = Self {
            title: title.to_owned(),
            width: WIDTH,
            height,
            margins,
            x,
            y,
            body: String::new(),
        };
        chart.frame();
        chart
    }

    /// Horizontal place of a value.
    pub fn at_x(&self, value: f64) -> f64 {
        let inner = self.width - self.margins.left - self.margins.right;
        self.margins.left + (value - self.x.from) / (self.x.to - self.x.from) * inner
    }

    /// Vertical place of a value.
    pub fn at_y(&self, value: f64) -> f64 {
        let inner = self.height - TOP - BOTTOM;
        TOP + (self.y.to - value) / (self.y.to - self.y.from) * inner
    }

    /// The largest value on the horizontal axis.
    pub fn last_x(&self) -> f64 {
        self.x.to
    }

    /// The largest value on the vertical axis.
    pub fn top_y(&self) -> f64 {
        self.y.to
    }

    /// The smallest value on the vertical axis.
    pub fn bottom_y(&self) -> f64 {
        self.y.from
    }

    fn frame(&mut self) {
        let (left, right) = (self.margins.left, self.width - self.margins.right);
        let bottom = self.height - BOTTOM;
        for (x, name) in marks(&self.x) {
            let at = self.at_x(x);
            if self.x.names.is_empty() {
                let _ = write!(
                    self.body,
                    "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"
                );
            }
            self.text(at, bottom + 17.0, "middle", "tick", &name);
        }
        for (y, name) in marks(&self.y) {
            let named = !self.y.names.is_empty();
            let at = self.at_y(if named { self.y.to - y } else { y });
            if !named {
                let _ = write!(
                    self.body,
                    "<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>"
                );
            }
            self.text(left - 7.0, at + 4.0, "end", "tick", &name);
        }
        let middle = f64::midpoint(left, right);
        let title = self.x.title.clone();
        self.text(middle, self.height - 8.0, "middle", "axis", &title);
        let middle = f64::midpoint(TOP, bottom);
        let _ = write!(
            self.body,
            "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 {middle:.1}) rotate(-90)\">{}</text>",
            html(&self.y.title)
        );
    }

    /// A text at a place of the drawing.
    pub fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            html(text)
        );
    }

    /// A rectangle between two places of the drawing, that says something.
    pub fn rectangle(
        &mut self,
        class: &str,
        (x1, y1): (f64, f64),
        (x2, y2): (f64, f64),
        tip: &str,
    ) {
        let (x, y) = (x1.min(x2), y1.min(y2));
        let (width, height) = ((x2 - x1).abs(), (y2 - y1).abs());
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"{}</rect>",
            tipped(tip)
        );
    }

    /// A line through values.
    pub fn line(&mut self, class: &str, points: &[(f64, f64)], tip: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|&(x, y)| format!("{:.1},{:.1}", self.at_x(x), self.at_y(y)))
            .collect();
        let tip = if tip.is_empty() {
            ">".to_owned()
        } else {
            tipped(tip)
        };
        let _ = write!(
            self.body,
            "<polyline class=\"line {class}\" points=\"{}\"{tip}</polyline>",
            points.join(" ")
        );
    }

    /// A dot at values.
    pub fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64, tip: &str) {
        let (x, y) = (self.at_x(x), self.at_y(y));
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"{}</circle>",
            tipped(tip)
        );
    }

    /// The whole drawing.
    pub fn into_svg(self) -> String {
        format!(
            "<div class=\"chart\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg></div>",
            self.width,
            self.height,
            html(&self.title),
            self.body
        )
    }
}

/// The rest of a tag whose element says something when it is pointed at or focused.
fn tipped(tip: &str) -> String {
    let tip = html(tip);
    format!(" tabindex=\"0\" data-tip=\"{tip}\"><title>{tip}</title>")
}

/// What the colours stand for.
pub fn legend(entries: &[(&str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(class, text)| {
            format!(
                "<span class=\"key\"><svg viewBox=\"0 0 14 14\" class=\"swatch\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"14\" height=\"14\"/></svg>{}</span>",
                html(text)
            )
        })
        .collect();
    format!("<p class=\"legend\">{entries}</p>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_on_round_numbers() {
        let axis = Axis::from_zero("t [min]", [3.2, 13.7].into_iter());
        assert_eq!((axis.from, axis.to), (0.0, 15.0));
        assert_eq!(axis.ticks(), [0.0, 5.0, 10.0, 15.0]);
        let axis = Axis::around("usd", [39.7, 66.2].into_iter());
        assert_eq!((axis.from, axis.to), (35.0, 70.0));
        assert_eq!(tick_text(-0.5), "−0.5");
        assert_eq!(tick_text(20.0), "20");
    }

    #[test]
    fn one_value_still_has_an_axis() {
        let axis = Axis::around("usd", [40.0].into_iter());
        assert!(axis.from < axis.to && axis.to >= 40.0);
        let none = Axis::around("usd", std::iter::empty());
        assert!(none.from < none.to);
    }
}
