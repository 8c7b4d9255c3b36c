//! What plotters draws on: SVG whose colours are classes, so that the page's style sets them for
//! light, dark and paper. A mark can say its value, which the page's script shows.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters::style::{Color, RGBAColor};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use super::super::escape::html;

/// plotters places in whole numbers: so many of them make one unit of the drawing.
pub(super) const FINE: i32 = 10;

/// What is drawn, shared with the charts of plotters.
#[derive(Debug, Clone, Default)]
pub(super) struct Svg {
    size: (u32, u32),
    page: Rc<RefCell<Page>>,
}

#[derive(Debug, Default)]
struct Page {
    body: String,
    classes: Vec<String>,
    /// What the mark that is drawn says.
    tip: Option<String>,
}

/// A class of the page's style in the place of a colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class(u8);

impl Color for Class {
    fn to_backend_color(&self) -> BackendColor {
        BackendColor {
            alpha: 1.0,
            rgb: (self.0, 0, 0),
        }
    }
}

/// What is not drawn.
pub(super) const NOTHING: RGBAColor = RGBAColor(0, 0, 0, 0.0);

impl Svg {
    /// An empty drawing of a size in its own units.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            size: (fine(width).unsigned_abs(), fine(height).unsigned_abs()),
            page: Rc::default(),
        }
    }

    /// What stands for a class, or for several with spaces between them.
    pub(super) fn class(&self, name: &str) -> Class {
        let classes = &mut self.page.borrow_mut().classes;
        let known = classes.iter().position(|class| class == name);
        let index = known.unwrap_or_else(|| {
            classes.push(name.to_owned());
            classes.len() - 1
        });
        Class(u8::try_from(index).unwrap_or(u8::MAX))
    }

    /// What is drawn says something where it is pointed at or focused.
    pub(super) fn saying<T>(&self, tip: &str, draw: impl FnOnce() -> T) -> T {
        self.page.borrow_mut().tip = (!tip.is_empty()).then(|| html(tip));
        let drawn = draw();
        self.page.borrow_mut().tip = None;
        drawn
    }

    /// All elements so far.
    pub(super) fn body(&self) -> String {
        self.page.borrow().body.clone()
    }

    /// An element with a class, its other attributes as given.
    fn element(&self, name: &str, class: &str, color: BackendColor, attributes: &str) {
        if color.alpha <= 0.0 {
            return;
        }
        let Page { body, classes, tip } = &mut *self.page.borrow_mut();
        let own = classes
            .get(usize::from(color.rgb.0))
            .map_or("", String::as_str);
        let _ = write!(body, "<{name} class=\"{class}{own}\"{attributes}");
        match tip {
            Some(tip) => {
                let _ = write!(
                    body,
                    " tabindex=\"0\" data-tip=\"{tip}\"><title>{tip}</title></{name}>"
                );
            }
            None => body.push_str("/>"),
        }
    }
}

/// Units of the drawing as plotters counts.
pub(super) fn fine(units: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a drawing is far smaller than what saturates"
    )]
    let places = (units * f64::from(FINE)).round() as i32;
    places
}

/// A place in units of the drawing.
fn unit(place: i32) -> f64 {
    f64::from(place) / f64::from(FINE)
}

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        at: BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let ends = [from.0, to.0, from.1, to.1].map(unit);
        let [x1, x2, y1, y2] = ends;
        let attributes = format!(" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\"");
        self.element("line", "", style.color(), &attributes);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (left, top) = (upper_left.0, upper_left.1);
        let sides = [left, top, bottom_right.0 - left, bottom_right.1 - top].map(unit);
        let [x, y, width, height] = sides;
        let attributes = format!(" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        self.element("rect", "", style.color(), &attributes);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let points: Vec<String> = path
            .into_iter()
            .map(|(x, y)| format!("{},{}", unit(x), unit(y)))
            .collect();
        let attributes = format!(" points=\"{}\"", points.join(" "));
        self.element("polyline", "line ", style.color(), &attributes);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let radius = f64::from(radius) / f64::from(FINE);
        let attributes = format!(" cx=\"{}\" cy=\"{}\" r=\"{radius}\"", unit(x), unit(y));
        self.element("circle", "", style.color(), &attributes);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let down = match style.anchor().v_pos {
            VPos::Top => "0.9em",
            VPos::Center => "0.35em",
            VPos::Bottom => "-0.25em",
        };
        let turned = match style.transform() {
            FontTransform::None => 0,
            FontTransform::Rotate90 => 90,
            FontTransform::Rotate180 => 180,
            FontTransform::Rotate270 => -90,
        };
        let (x, y) = (unit(x), unit(y));
        let place = match turned {
            0 => format!("x=\"{x}\" y=\"{y}\""),
            angle => format!("transform=\"translate({x} {y}) rotate({angle})\""),
        };
        let Page { body, classes, .. } = &mut *self.page.borrow_mut();
        let class = classes.get(usize::from(style.color().rgb.0));
        let _ = write!(
            body,
            "<text class=\"{}\" {place} dy=\"{down}\" text-anchor=\"{anchor}\">{}</text>",
            class.map_or("", String::as_str),
            html(text)
        );
        Ok(())
    }
}
