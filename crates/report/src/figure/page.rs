//! The sheet that a figure is drawn on: lines, areas, text and the frame of the document.

use std::fmt;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, TextStyle};

use super::Figure;
use super::canvas::{Canvas, px};
use super::label;
use super::paint::{Paint, Pen};

/// Width of most figures, in dots, and the most of any. At 720 pixels the text of a figure has the size of small print.
pub(super) const WIDTH: i32 = 7200;

/// Font sizes in dots: labels, and what is said beside.
pub(super) const TEXT: i32 = 125;
pub(super) const SMALL: i32 = 110;

/// Room for a line of small text, in dots.
pub(super) const LINE: i32 = 150;

/// A place in dots from the upper left.
pub(super) type Dot = (i32, i32);

pub(super) struct Page<'a> {
    pub area: DrawingArea<Canvas<'a>, Shift>,
}

/// Where a text stands relative to its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Align {
    /// Begins here, vertically centred.
    Start,
    /// Ends here, vertically centred.
    End,
    /// Centred both ways.
    Middle,
    /// Centred below.
    Below,
    /// Centred above.
    Above,
    /// Reads upwards and ends here.
    UpEnd,
    /// Reads upwards, centred.
    UpMiddle,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub size: i32,
    pub paint: Paint,
    pub bold: bool,
    /// Set off from what it covers.
    pub halo: bool,
}

pub(super) const LABEL: Type = Type { size: TEXT, paint: Paint::Ink, bold: false, halo: false };
pub(super) const STRONG: Type = Type { size: TEXT, paint: Paint::Ink, bold: true, halo: false };
pub(super) const NOTE: Type = Type { size: SMALL, paint: Paint::Muted, bold: false, halo: false };

/// The words of a figure.
pub(super) struct Words {
    /// A few words, for the document's title.
    pub title: String,
    pub alt: String,
    pub caption: String,
}

/// Draws a figure of a width and height in dots.
pub(super) fn figure(
    name: &str,
    words: Words,
    (width, height): (i32, i32),
    draw: impl FnOnce(&Page<'_>),
) -> Figure {
    // Names are user text, and may be empty: what was put together from them is tidied once more.
    let (title, alt) = (label::clean(&words.title), label::clean(&words.alt));
    let (w, h) = (px(width), px(height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:lang=\"en\" role=\"img\" \
         viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"system-ui, sans-serif\" stroke-linejoin=\"round\" \
         style=\"max-width:100%;height:auto\">\n<title>{}</title>\n<desc>{}</desc>\n",
        label::escape(&title),
        label::escape(&alt),
    );
    let dots = |dots: i32| u32::try_from(dots).unwrap_or_default();
    let canvas = Canvas { svg: &mut svg, size: (dots(width), dots(height)) };
    let page = Page { area: canvas.into_drawing_area() };
    page.rect((0, 0), (width, height), Paint::Paper, 1.0);
    draw(&page);
    drop(page);
    svg.push_str("</svg>\n");
    Figure { name: name.into(), svg, alt, caption: words.caption }
}

impl Page<'_> {
    pub(super) fn line(&self, from: Dot, to: Dot, pen: Pen) {
        self.path(vec![from, to], pen);
    }

    pub(super) fn path(&self, points: Vec<Dot>, pen: Pen) {
        drawn(self.area.draw(&PathElement::new(points, pen.style())));
    }

    pub(super) fn polygon(&self, corners: Vec<Dot>, paint: Paint, opacity: f64) {
        drawn(self.area.draw(&Polygon::new(corners, paint.fill(opacity))));
    }

    pub(super) fn rect(&self, from: Dot, to: Dot, paint: Paint, opacity: f64) {
        drawn(self.area.draw(&Rectangle::new([from, to], paint.fill(opacity))));
    }

    pub(super) fn text(&self, text: &str, at: Dot, align: Align, face: Type) {
        let (h, v, turn) = match align {
            Align::Start => (HPos::Left, VPos::Center, FontTransform::None),
            Align::End => (HPos::Right, VPos::Center, FontTransform::None),
            Align::Middle => (HPos::Center, VPos::Center, FontTransform::None),
            Align::Below => (HPos::Center, VPos::Top, FontTransform::None),
            Align::Above => (HPos::Center, VPos::Bottom, FontTransform::None),
            Align::UpEnd => (HPos::Right, VPos::Center, FontTransform::Rotate270),
            Align::UpMiddle => (HPos::Center, VPos::Center, FontTransform::Rotate270),
        };
        let style = face.style().pos(Pos::new(h, v)).transform(turn);
        drawn(self.area.draw_text(text, &style, at));
    }
}

impl Type {
    /// For plotters. The family is that of the document, so the name here is never written.
    pub(super) fn style(self) -> TextStyle<'static> {
        let weight = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::SansSerif, f64::from(self.size), weight);
        font.color(&self.paint.text(self.halo))
    }
}

/// What plotters gives back. Drawing fails only if the canvas does, and a string takes everything.
pub(super) fn drawn<T>(result: Result<T, DrawingAreaErrorKind<fmt::Error>>) -> T {
    result.expect("invariant: a string takes every mark")
}
