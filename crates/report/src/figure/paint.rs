//! What things are drawn with: paints by meaning, dashes, and pens of both.

use plotters::style::{Color, RGBAColor, RGBColor, ShapeStyle};

/// Data colours: each has at least 3:1 contrast with a white and with a near-black page, and any
/// two stay 0.11 apart in OKLab under full protanopia, deuteranopia and tritanopia (Machado,
/// Oliveira and Fernandes, 2009). Six is what fits into that range of lightness; from the seventh
/// series on, marker and dash tell them apart.
pub(super) const DATA: [&str; 6] =
    ["#0072b2", "#d55e00", "#00a3ad", "#8f1fff", "#9e5258", "#a979ff"];

/// Neutral paints: the CSS custom property that the page may set, and the fallback for paper.
const NEUTRAL: [(&str, &str); 5] = [
    ("--paper", "#ffffff"),
    ("--ink", "#1b1b1b"),
    ("--muted", "#5f6368"),
    ("--line", "#dadce0"),
    ("--band", "#e8eaed"),
];

/// The dark end of heat maps and the text on it, both the same on any page.
pub(super) const HEAT: &str = "#005a9c";
pub(super) const ON_HEAT: &str = "#ffffff";

const FIRST_DATA: u8 = 8;
const HEAT_CODE: u8 = 6;
const ON_HEAT_CODE: u8 = 7;

/// What a mark means; the canvas knows how that looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Paint {
    Paper,
    Ink,
    Muted,
    Line,
    Band,
    Heat,
    OnHeat,
    /// A data colour by index; indices beyond the last start over.
    Series(usize),
}

/// Pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dash {
    Solid,
    Dashed,
    Dotted,
    Mixed,
}

/// How a line is drawn. Widths are in tenths of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub paint: Paint,
    pub width: u32,
    pub opacity: f64,
    pub dash: Dash,
}

const DASHES: [(Dash, Option<&str>); 4] = [
    (Dash::Solid, None),
    (Dash::Dashed, Some("6 3.5")),
    (Dash::Dotted, Some("1.5 3")),
    (Dash::Mixed, Some("8 3 1.5 3")),
];

impl Pen {
    pub(super) fn solid(paint: Paint, width: u32) -> Self {
        Self { paint, width, opacity: 1.0, dash: Dash::Solid }
    }

    pub(super) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    pub(super) fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    /// For plotters: the colour carries codes that the canvas reads back.
    pub(super) fn style(self) -> ShapeStyle {
        ShapeStyle {
            color: self.paint.tinted(self.opacity, self.dash),
            filled: false,
            stroke_width: self.width,
        }
    }
}

impl Dash {
    pub(super) fn series(index: usize) -> Self {
        DASHES[index % DASHES.len()].0
    }

    /// Value of `stroke-dasharray`, by the code in a colour.
    pub(super) fn array(code: u8) -> Option<&'static str> {
        DASHES.get(usize::from(code)).and_then(|(_, array)| *array)
    }

    fn code(self) -> u8 {
        match self {
            Self::Solid => 0,
            Self::Dashed => 1,
            Self::Dotted => 2,
            Self::Mixed => 3,
        }
    }
}

impl Paint {
    /// For plotters: areas.
    pub(super) fn fill(self, opacity: f64) -> ShapeStyle {
        ShapeStyle { color: self.tinted(opacity, Dash::Solid), filled: true, stroke_width: 0 }
    }

    /// For plotters: text, with or without a halo of paper that sets it off what it covers.
    pub(super) fn text(self, halo: bool) -> RGBColor {
        RGBColor(self.index(), u8::from(halo), 0)
    }

    /// `name="colour"` for each name and code of a paint, and one style if the page may choose
    /// some of the colours. Programs that know no custom properties drop it and keep the colours.
    pub(super) fn attributes(paints: &[(&str, u8)]) -> String {
        let mut colours = Vec::new();
        let mut styles = Vec::new();
        for (name, code) in paints {
            let colour = match NEUTRAL.get(usize::from(*code)) {
                Some((property, light)) => {
                    styles.push(format!("{name}:var({property},{light})"));
                    light
                }
                None if *code == HEAT_CODE => HEAT,
                None if *code == ON_HEAT_CODE => ON_HEAT,
                None => DATA[usize::from(code.saturating_sub(FIRST_DATA)) % DATA.len()],
            };
            colours.push(format!("{name}=\"{colour}\""));
        }
        if !styles.is_empty() {
            colours.push(format!("style=\"{}\"", styles.join(";")));
        }
        colours.join(" ")
    }

    fn tinted(self, opacity: f64, dash: Dash) -> RGBAColor {
        RGBColor(self.index(), dash.code(), 0).mix(opacity)
    }

    fn index(self) -> u8 {
        match self {
            Self::Paper => 0,
            Self::Ink => 1,
            Self::Muted => 2,
            Self::Line => 3,
            Self::Band => 4,
            Self::Heat => HEAT_CODE,
            Self::OnHeat => ON_HEAT_CODE,
            Self::Series(index) => {
                FIRST_DATA + u8::try_from(index % DATA.len()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2) of `#rrggbb`.
    pub(in crate::figure) fn luminance(rgb: [f64; 3]) -> f64 {
        let linear =
            |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    pub(in crate::figure) fn rgb(hex: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
    }

    pub(in crate::figure) fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn data_colours_stand_out_on_light_and_dark_pages() {
        for hex in DATA {
            for page in ["#ffffff", "#1a1c20"] {
                let found = contrast(rgb(hex), rgb(page));
                assert!(found >= 3.0, "{hex} on {page}: {found:.2}");
            }
        }
    }

    #[test]
    fn a_page_may_set_neutral_colours_and_no_others() {
        let (ink, paper) = (Paint::Ink.index(), Paint::Paper.index());
        let both = "fill=\"#1b1b1b\" stroke=\"#ffffff\" \
                    style=\"fill:var(--ink,#1b1b1b);stroke:var(--paper,#ffffff)\"";
        assert_eq!(Paint::attributes(&[("fill", ink), ("stroke", paper)]), both);
        let data = Paint::attributes(&[("stroke", Paint::Series(7).index())]);
        assert_eq!(data, "stroke=\"#d55e00\"");
        assert_eq!(Paint::attributes(&[("fill", Paint::Heat.index())]), "fill=\"#005a9c\"");
    }

    #[test]
    fn the_first_four_series_differ_by_dash() {
        let arrays: Vec<_> = (0..4).map(|i| Dash::array(Dash::series(i).code())).collect();
        assert_eq!(arrays, [None, Some("6 3.5"), Some("1.5 3"), Some("8 3 1.5 3")]);
    }
}
