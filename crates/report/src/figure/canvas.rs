//! The canvas that plotters draws on: one SVG element per mark, in tenths of a pixel.

use std::fmt::{self, Write};

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};

use super::label;
use super::paint::{Dash, Paint};

/// Dots in a pixel: plotters counts in whole numbers, and a whole pixel is too coarse.
pub(super) const DOTS: i32 = 10;

/// In text for the canvas: what follows is the full text of a label that had to be shortened.
pub(super) const FULL_TEXT: char = '\u{1f}';

/// Code of the paint around text that covers something.
const PAPER: u8 = 0;

type Drawn = Result<(), DrawingErrorKind<fmt::Error>>;

/// Writes SVG elements to the end of a string.
pub(super) struct Canvas<'a> {
    pub svg: &'a mut String,
    /// In dots.
    pub size: (u32, u32),
}

impl Canvas<'_> {
    fn write(&mut self, element: fmt::Arguments<'_>) -> Drawn {
        self.svg.write_fmt(element).map_err(DrawingErrorKind::DrawingError)?;
        self.svg.write_char('\n').map_err(DrawingErrorKind::DrawingError)
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = fmt::Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        if is_invisible(style.color()) {
            return Ok(());
        }
        let (x1, y1, x2, y2) = (px(from.0), px(from.1), px(to.0), px(to.1));
        let stroke = stroke(style);
        self.write(format_args!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {stroke}/>"#))
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if is_invisible(style.color()) {
            return Ok(());
        }
        let (x, y) = (px(upper_left.0), px(upper_left.1));
        let width = px(bottom_right.0 - upper_left.0);
        let height = px(bottom_right.1 - upper_left.1);
        let look = if fill { filled(style.color()) } else { stroke(style) };
        self.write(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" {look}/>"#
        ))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let path: Vec<BackendCoord> = path.into_iter().collect();
        match path.as_slice() {
            [] | [_] => Ok(()),
            [from, to] => self.draw_line(*from, *to, style),
            _ if is_invisible(style.color()) => Ok(()),
            points => {
                let (points, stroke) = (list(points), stroke(style));
                self.write(format_args!(r#"<polyline points="{points}" {stroke}/>"#))
            }
        }
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if is_invisible(style.color()) {
            return Ok(());
        }
        let (x, y, r) = (px(center.0), px(center.1), px(i32::try_from(radius).unwrap_or(DOTS)));
        let look = if fill { filled(style.color()) } else { stroke(style) };
        self.write(format_args!(r#"<circle cx="{x}" cy="{y}" r="{r}" {look}/>"#))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        if is_invisible(style.color()) {
            return Ok(());
        }
        let corners: Vec<BackendCoord> = corners.into_iter().collect();
        let (points, fill) = (list(&corners), filled(style.color()));
        self.write(format_args!(r#"<polygon points="{points}" {fill}/>"#))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => r#" text-anchor="middle""#,
            HPos::Right => r#" text-anchor="end""#,
        };
        // Shares of the font size from the middle, top or bottom of a line to its baseline.
        let down = match style.anchor().v_pos {
            VPos::Top => 0.76,
            VPos::Center => 0.35,
            VPos::Bottom => -0.22,
        };
        let (x, y) = (px(at.0), px(at.1));
        let down = px(whole(style.size() * down));
        let turn = match style.transform() {
            FontTransform::None => String::new(),
            FontTransform::Rotate90 => format!(r#" transform="rotate(90 {x} {y})""#),
            FontTransform::Rotate180 => format!(r#" transform="rotate(180 {x} {y})""#),
            FontTransform::Rotate270 => format!(r#" transform="rotate(-90 {x} {y})""#),
        };
        let weight = match style.style() {
            FontStyle::Bold => r#" font-weight="600""#,
            FontStyle::Normal | FontStyle::Italic | FontStyle::Oblique => "",
        };
        let size = px(whole(style.size()));
        let fill = match style.color().rgb {
            (code, 0, _) => Paint::attributes(&[("fill", code)]),
            (code, ..) => format!(
                r#"paint-order="stroke" stroke-width="3" {}"#,
                Paint::attributes(&[("fill", code), ("stroke", PAPER)]),
            ),
        };
        let (shown, full) = text.split_once(FULL_TEXT).unwrap_or((text, ""));
        let shown = label::escape(shown);
        let full = match full {
            "" => String::new(),
            full => format!("<title>{}</title>", label::escape(full)),
        };
        self.write(format_args!(
            r#"<text x="{x}" y="{y}" dy="{down}" font-size="{size}"{anchor}{weight}{turn} {fill}>{full}{shown}</text>"#
        ))
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<fmt::Error>> {
        let size = whole(style.size());
        let positive = |dots: i32| u32::try_from(dots).unwrap_or_default();
        Ok((positive(label::width(text, size)), positive(size)))
    }
}

fn is_invisible(color: BackendColor) -> bool {
    color.alpha <= 0.0
}

fn stroke<S: BackendStyle>(style: &S) -> String {
    let color = style.color();
    let paint = Paint::attributes(&[("stroke", color.rgb.0)]);
    let width = px(i32::try_from(style.stroke_width()).unwrap_or(DOTS));
    let dash = match Dash::array(color.rgb.1) {
        Some(array) => format!(r#" stroke-dasharray="{array}""#),
        None => String::new(),
    };
    let faint = faint("stroke-opacity", color);
    format!(r#"fill="none" {paint} stroke-width="{width}"{dash}{faint}"#)
}

fn filled(color: BackendColor) -> String {
    format!("{}{}", Paint::attributes(&[("fill", color.rgb.0)]), faint("fill-opacity", color))
}

fn faint(name: &str, color: BackendColor) -> String {
    if color.alpha >= 1.0 { String::new() } else { format!(r#" {name}="{:.2}""#, color.alpha) }
}

fn list(points: &[BackendCoord]) -> String {
    let points: Vec<String> =
        points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
    points.join(" ")
}

/// Dots as pixels, without floating point: `1234` is `123.4`.
pub(super) fn px(dots: i32) -> String {
    let (sign, dots) = (if dots < 0 { "-" } else { "" }, dots.unsigned_abs());
    let (whole, tenth) = (dots / DOTS.unsigned_abs(), dots % DOTS.unsigned_abs());
    if tenth == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{tenth}") }
}

/// The nearest whole number of dots.
#[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and NaN becomes 0")]
pub(super) fn whole(dots: f64) -> i32 {
    dots.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_become_pixels_with_one_decimal() {
        for (dots, expected) in
            [(0, "0"), (7, "0.7"), (10, "1"), (-3, "-0.3"), (-1234, "-123.4"), (7200, "720")]
        {
            assert_eq!(px(dots), expected);
        }
    }

    #[test]
    fn a_colour_is_opaque_unless_said_otherwise() {
        let color = |alpha| BackendColor { alpha, rgb: (8, 0, 0) };
        assert_eq!(filled(color(1.0)), r##"fill="#0072b2""##);
        assert_eq!(filled(color(0.25)), r##"fill="#0072b2" fill-opacity="0.25""##);
        assert!(is_invisible(color(0.0)));
    }
}
