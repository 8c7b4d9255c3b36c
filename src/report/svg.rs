//! Charts as SVG: a frame with titled axes, and the few marks that charts are made of, drawn by
//! plotters, once for wide and once for narrow screens.
//!
//! Every mark is placed by values; what it says is in a `<title>`, which the page's script also
//! shows at once.

mod backend;

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{
    Circle, Drawable, EmptyElement, PathElement, PointCollection, Rectangle, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, TextStyle};

use super::charts::coordinate;
use super::escape::html;
use backend::{Class, FINE, NOTHING, Svg, fine};

/// Ticks of an axis with place for them, at most.
const TICKS: usize = 10;

/// What a chart is drawn for. The page shows the drawing that fits, at a scale that leaves no text
/// under 11 px.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A desk's, and paper.
    Wide,
    /// A phone's: names stand above their bars, and axes along it have fewer ticks.
    Narrow,
}

impl Screen {
    /// Units of the drawing from side to side.
    fn width(self) -> f64 {
        match self {
            Self::Wide => 720.0,
            Self::Narrow => 360.0,
        }
    }

    /// Ticks from side to side, at most.
    fn ticks(self) -> usize {
        match self {
            Self::Wide => TICKS,
            Self::Narrow => TICKS / 2,
        }
    }

    /// The class of the page's style that shows it where it fits.
    fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// A chart for every screen.
pub fn for_screens(draw: impl Fn(Screen) -> Chart) -> String {
    let drawn = [Screen::Wide, Screen::Narrow].map(|screen| draw(screen).into_svg());
    format!("<div class=\"chart\">{}</div>", drawn.concat())
}

/// A linear axis.
#[derive(Debug, Clone)]
pub struct Axis {
    title: String,
    /// The smallest and the largest value shown.
    range: Range<f64>,
    /// Ticks at most, however much place there is.
    ticks: usize,
    /// Names instead of numbers: each takes up 1, the first at the left or at the top.
    names: Vec<String>,
}

impl Axis {
    /// An axis that holds all values; a chart lets it end on ticks.
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
        Self {
            title: title.to_owned(),
            range: low..high,
            ticks: TICKS,
            names: Vec::new(),
        }
    }

    /// An axis of what is counted, from zero, with no tick between two whole numbers.
    pub fn of_counts(title: &str, most: u32) -> Self {
        let most = most.max(1);
        Self {
            ticks: TICKS.min(most as usize + 1),
            ..Self::from_zero(title, [f64::from(most)].into_iter())
        }
    }

    /// An axis of names.
    pub fn of_names(title: &str, names: Vec<String>) -> Self {
        Self {
            title: title.to_owned(),
            range: 0.0..coordinate(names.len()).max(1.0),
            ticks: TICKS,
            names,
        }
    }

    /// The same from zero.
    pub fn from_zero(title: &str, values: impl Iterator<Item = f64> + Clone) -> Self {
        Self::around(title, values.chain([0.0]))
    }

    /// The same up to ticks, so many at most; names are as they are.
    fn on_ticks(self, most: usize) -> Self {
        if !self.names.is_empty() {
            return self;
        }
        // More that is shown may have fewer ticks, which end elsewhere again.
        let ticks = most.min(self.ticks);
        let range = (0..3).fold(self.range, |range, _| out_to_ticks(&range, ticks));
        Self {
            range,
            ticks,
            ..self
        }
    }
}

/// The least range on ticks, so many at most, that holds another.
fn out_to_ticks(range: &Range<f64>, most: usize) -> Range<f64> {
    let ticks = RangedCoordf64::from(range.clone()).key_points(most);
    let step = match ticks.as_slice() {
        [first, second, ..] => second - first,
        _ => range.end - range.start,
    };
    // What stands on a tick but for rounding does not need another.
    let least = 1e-9;
    (range.start / step + least).floor() * step..(range.end / step - least).ceil() * step
}

/// Along an axis from its first name to its last, or from its least to its largest number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// An axis as plotters knows it: its own of numbers, with names put at the middle of each.
struct Along {
    numbers: RangedCoordf64,
    names: Vec<String>,
}

impl Along {
    fn new(axis: &Axis, way: Way) -> Self {
        let mut names = axis.names.clone();
        if way == Way::Down {
            names.reverse();
        }
        Self {
            numbers: axis.range.clone().into(),
            names,
        }
    }
}

impl Ranged for Along {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.numbers.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if self.names.is_empty() {
            return self.numbers.key_points(hint);
        }
        let middles = std::iter::successors(Some(0.5), |middle| Some(middle + 1.0));
        middles.take(self.names.len()).collect()
    }

    fn range(&self) -> Range<f64> {
        self.numbers.range()
    }
}

impl ValueFormatter<f64> for Along {
    fn format_ext(&self, value: &f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number of a name"
        )]
        let name = self.names.get(*value as usize);
        name.cloned().unwrap_or_else(|| tick_text(*value))
    }
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

/// Rows of bars, each with a name: beside its bar, or above it where the screen is narrow.
#[derive(Debug, Clone)]
pub struct Rows {
    /// What the names name.
    pub title: &'static str,
    /// From the top down.
    pub names: Vec<String>,
    /// Of each row, without a name above its bar.
    pub height: f64,
    /// For the names, and for labels right of the bars.
    pub margins: Margins,
}

/// Where the bar of a row is, in values of the vertical axis.
#[derive(Debug, Clone, Copy)]
struct Bar {
    middle: f64,
    half: f64,
}

/// Where a text stands from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In the middle of it.
    Middle,
    /// Right of it.
    Right,
}

/// A frame of plotters, both of whose axes are known here.
type Plot = ChartContext<'static, Svg, Cartesian2d<Along, Along>>;

/// A chart in the making.
pub struct Chart {
    screen: Screen,
    title: String,
    height: f64,
    x: Axis,
    y: Axis,
    /// Those of the rows from the top down.
    bars: Vec<Bar>,
    svg: Svg,
    /// Absent where plotters finds no place for it; nothing in memory can fail.
    plot: Option<Plot>,
}

const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

/// Left of a vertical axis with nothing but its title.
const TITLE: f64 = 24.0;

/// A line of text, with space.
const LINE: f64 = 16.0;

/// What a bar fills of its row, the line of its name not counted.
const FILLED: f64 = 0.72;

/// Space between a label and what it belongs to.
const GAP: f64 = 6.0;

impl Chart {
    /// A frame with both axes.
    pub fn new(
        screen: Screen,
        title: &str,
        height: f64,
        margins: Margins,
        (x, y): (Axis, Axis),
    ) -> Self {
        let svg = Svg::new(screen.width(), height);
        let (x, y) = (x.on_ticks(screen.ticks()), y.on_ticks(TICKS));
        Self {
            screen,
            title: title.to_owned(),
            height,
            plot: framed(&svg, margins, (&x, &y)),
            x,
            y,
            bars: Vec::new(),
            svg,
        }
    }

    /// A frame for rows of bars.
    pub fn of_rows(screen: Screen, title: &str, x: Axis, rows: &Rows) -> Self {
        let count = rows.names.len();
        let (left, above, beside) = match screen {
            Screen::Wide => (rows.margins.left, 0.0, rows.names.clone()),
            Screen::Narrow => (TITLE, LINE, vec![String::new(); count]),
        };
        let row_height = rows.height + above;
        let height = TOP + BOTTOM + row_height * coordinate(count);
        let margins = Margins {
            left,
            ..rows.margins
        };
        let y = Axis::of_names(rows.title, beside);
        let mut chart = Self::new(screen, title, height, margins, (x, y));
        for (row, name) in rows.names.iter().enumerate() {
            let top = coordinate(count) - coordinate(row);
            chart.bars.push(Bar {
                middle: top - (above + rows.height / 2.0) / row_height,
                half: FILLED * rows.height / 2.0 / row_height,
            });
            if screen == Screen::Narrow {
                let at = (chart.x.range.start, top - (LINE / 2.0 + 2.0) / row_height);
                chart.text(Side::Right, "tick", at, name);
            }
        }
        chart
    }

    /// The bar of a row between two values, that says something.
    pub fn bar(&mut self, row: usize, class: &str, [from, to]: [f64; 2], tip: &str) {
        let Bar { middle, half } = self.bars[row];
        self.rectangle(class, [(from, middle + half), (to, middle - half)], tip);
    }

    /// A line across the bar of a row, that says something.
    pub fn across(&mut self, row: usize, class: &str, at: f64, tip: &str) {
        let Bar { middle, half } = self.bars[row];
        // It stands out above and below.
        let half = 1.3 * half;
        self.line(class, &[(at, middle - half), (at, middle + half)], tip);
    }

    /// A label right of a value, at the height of a row's bar.
    pub fn label(&mut self, row: usize, at: f64, text: &str) {
        let middle = self.bars[row].middle;
        self.text(Side::Right, "value", (at, middle), text);
    }

    /// The largest value on the horizontal axis.
    pub fn last_x(&self) -> f64 {
        self.x.range.end
    }

    /// The largest value on the vertical axis.
    pub fn top_y(&self) -> f64 {
        self.y.range.end
    }

    /// The smallest value on the vertical axis.
    pub fn bottom_y(&self) -> f64 {
        self.y.range.start
    }

    /// So many units of the drawing as values of the horizontal axis.
    pub fn units_x(&self, units: f64) -> f64 {
        self.units(units, &self.x, |plot| {
            plot.plotting_area().get_x_axis_pixel_range()
        })
    }

    /// So many units of the drawing as values of the vertical axis.
    pub fn units_y(&self, units: f64) -> f64 {
        self.units(units, &self.y, |plot| {
            plot.plotting_area().get_y_axis_pixel_range()
        })
    }

    fn units(&self, units: f64, axis: &Axis, places: fn(&Plot) -> Range<i32>) -> f64 {
        let places = self.plot.as_ref().map_or(0..1, places);
        let all = f64::from((places.end - places.start).abs());
        (axis.range.end - axis.range.start) * units * f64::from(FINE) / all
    }

    /// A text at values.
    pub fn text(&mut self, side: Side, class: &str, at: (f64, f64), text: &str) {
        let (h_pos, gap) = match side {
            Side::Middle => (HPos::Center, 0),
            Side::Right => (HPos::Left, fine(GAP)),
        };
        let style = styled(self.svg.class(class), Pos::new(h_pos, VPos::Center));
        self.draw(&(EmptyElement::at(at) + Text::new(text.to_owned(), (gap, 0), style)));
    }

    /// A rectangle between values, that says something.
    pub fn rectangle(&mut self, class: &str, corners: [(f64, f64); 2], tip: &str) {
        let style = self.svg.class(class).filled();
        self.svg
            .saying(tip, || self.draw(&Rectangle::new(corners, style)));
    }

    /// A line through values.
    pub fn line(&mut self, class: &str, points: &[(f64, f64)], tip: &str) {
        let style = self.svg.class(class).stroke_width(1);
        self.svg
            .saying(tip, || self.draw(&PathElement::new(points, style)));
    }

    /// A dot at values.
    pub fn dot(&mut self, class: &str, at: (f64, f64), radius: f64, tip: &str) {
        let style = self.svg.class(class).filled();
        self.svg
            .saying(tip, || self.draw(&Circle::new(at, fine(radius), style)));
    }

    fn draw<'a, E>(&self, mark: &'a E)
    where
        &'a E: PointCollection<'a, (f64, f64)>,
        E: Drawable<Svg>,
    {
        let drawn = self
            .plot
            .as_ref()
            .map(|plot| plot.plotting_area().draw(mark));
        debug_assert!(matches!(drawn, Some(Ok(()))), "nothing in memory can fail");
    }

    /// The whole drawing.
    fn into_svg(self) -> String {
        format!(
            "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.screen.class(),
            self.screen.width(),
            self.height,
            html(&self.title),
            self.svg.body()
        )
    }
}

/// Both axes with their ticks, names and titles.
fn framed(svg: &Svg, margins: Margins, (x, y): (&Axis, &Axis)) -> Option<Plot> {
    let area = svg.clone().into_drawing_area();
    let mut plot = ChartBuilder::on(&area)
        .margin_top(fine(TOP))
        .margin_right(fine(margins.right))
        .x_label_area_size(fine(BOTTOM))
        .y_label_area_size(fine(margins.left))
        .build_cartesian_2d(Along::new(x, Way::Up), Along::new(y, Way::Down))
        .ok()?;
    let mut mesh = plot.configure_mesh();
    if !x.names.is_empty() {
        mesh.disable_x_mesh();
    }
    if !y.names.is_empty() {
        mesh.disable_y_mesh();
    }
    let style = |class: &str| styled(svg.class(class), Pos::default());
    mesh.axis_style(NOTHING)
        .set_all_tick_mark_size(fine(GAP) / 2)
        .bold_line_style(svg.class("grid"))
        .light_line_style(NOTHING)
        .x_labels(x.ticks)
        .y_labels(y.ticks)
        .label_style(style("tick"))
        .axis_desc_style(style("axis"))
        .x_desc(&x.title)
        .y_desc(&y.title)
        .draw()
        .ok()?;
    Some(plot)
}

/// The page's style sets the font; plotters asks for one.
fn styled(class: Class, pos: Pos) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", fine(12.0)).into_font(),
        color: class.to_backend_color(),
        pos,
    }
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
    fn axes_end_on_ticks() {
        let axis = Axis::from_zero("t [min]", [3.2, 13.7].into_iter());
        assert_eq!(axis.clone().on_ticks(10).range, 0.0..14.0);
        assert_eq!(axis.on_ticks(5).range, 0.0..15.0);
        // Ten ticks from 0 to 9.5 would be eleven up to 10.
        let axis = Axis::from_zero("Tasks", [9.5].into_iter());
        assert_eq!(axis.on_ticks(10).range, 0.0..10.0);
        let axis = Axis::around("usd", [39.7, 66.2].into_iter());
        assert_eq!(axis.on_ticks(10).range, 35.0..70.0);
        for most in 1..40 {
            for ticks in [5, 10] {
                let axis = Axis::of_counts("Tasks", most).on_ticks(ticks);
                let points = RangedCoordf64::from(axis.range.clone()).key_points(axis.ticks);
                assert!(
                    points.len() > 1 && points.iter().all(|tick| tick.fract() == 0.0),
                    "{most}: {points:?}"
                );
                assert!(axis.range.end >= f64::from(most));
            }
        }
        assert_eq!(tick_text(-0.5), "−0.5");
        assert_eq!(tick_text(20.0), "20");
    }

    #[test]
    fn one_value_still_has_an_axis() {
        let axis = Axis::around("usd", [40.0].into_iter());
        assert!(axis.range.start < axis.range.end && axis.range.end >= 40.0);
        let none = Axis::around("usd", std::iter::empty());
        assert!(none.range.start < none.range.end);
    }

    #[test]
    fn marks_stand_at_their_values_and_say_them() {
        let margins = Margins {
            left: 100.0,
            right: 20.0,
        };
        let x = Axis::from_zero("Time [min]", [10.0].into_iter());
        let y = Axis::of_names("Plan", vec!["first".to_owned(), "<b>".to_owned()]);
        let mut chart = Chart::new(Screen::Wide, "A & B", 158.0, margins, (x, y));
        chart.rectangle("c-blue", [(0.0, 1.9), (5.0, 1.1)], "first: 5 < 6");
        let svg = chart.into_svg();
        let said =
            " tabindex=\"0\" data-tip=\"first: 5 &lt; 6\"><title>first: 5 &lt; 6</title></rect>";
        let (bar, _) = svg.split_once(said).expect("the bar says it");
        let (_, bar) = bar.rsplit_once("<rect class=\"c-blue\"").expect("a bar");
        let numbers: Vec<f64> = bar
            .split('"')
            .filter_map(|part| part.parse().ok())
            .collect();
        // 600 units for 10 min from 100 on; 100 units for two names from 12 on, the first above.
        for (number, expected) in numbers.iter().zip([100.0, 17.0, 300.0, 40.0]) {
            assert!((number - expected).abs() < 0.3, "{numbers:?}");
        }
        assert_eq!(numbers.len(), 4);
        let place = |text: &str| svg.find(&format!(">{text}<")).expect(text);
        assert!(place("&lt;b&gt;") < place("first"), "from the bottom up");
        assert!(svg.contains("aria-label=\"A &amp; B\""));
        place("Time [min]");
        place("Plan");
    }

    #[test]
    fn names_stand_above_their_bars_where_there_is_no_place_beside_them() {
        let drawn = for_screens(|screen| {
            let rows = Rows {
                title: "Plan",
                names: vec!["first".to_owned(), "second".to_owned()],
                height: 30.0,
                margins: Margins {
                    left: 100.0,
                    right: 20.0,
                },
            };
            let x = Axis::from_zero("Time [min]", [10.0].into_iter());
            let mut chart = Chart::of_rows(screen, "Plans", x, &rows);
            chart.bar(0, "c-blue", [0.0, 10.0], "all of it");
            chart.label(0, 10.0, "ten");
            chart
        });
        let (wide, narrow) = drawn.split_once("</svg>").expect("two drawings");
        let place = |svg: &str, text: &str| -> (f64, f64) {
            let (before, _) = svg.split_once(&format!(">{text}<")).expect(text);
            let (_, tag) = before.rsplit_once("<text").expect("it is a text");
            let value = |name: &str| {
                let (_, rest) = tag.split_once(name).expect(name);
                let digits = rest.split('"').next().expect("a value");
                digits.parse::<f64>().expect("a number")
            };
            (value(" x=\""), value(" y=\""))
        };
        assert!(wide.contains("class=\"wide\" viewBox=\"0 0 720 118\""));
        assert!(narrow.contains("class=\"narrow\" viewBox=\"0 0 360 150\""));
        // Beside: both at the height of the bar. Above: the label is half a row lower.
        let (name, label) = (place(wide, "first"), place(wide, "ten"));
        assert!(
            (name.1 - label.1).abs() < 1.0 && name.0 < 100.0,
            "{name:?} {label:?}"
        );
        let (name, label) = (place(narrow, "first"), place(narrow, "ten"));
        assert!(label.1 - name.1 > 12.0, "{name:?} {label:?}");
        assert!(place(narrow, "second").1 - label.1 > 12.0);
        assert_eq!(narrow.matches("all of it").count(), 2, "tip and title");
    }
}
