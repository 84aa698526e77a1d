//! Figures as SVG: each takes plain numbers in display units and gives drawing, words and caption.
//!
//! plotters lays out axes, maps coordinates and draws elements; the canvas that it draws on is our
//! own. plotters' SVG canvas knows whole pixels and fixed colours only and measures text in bytes;
//! ours writes tenths of a pixel, colours that follow the page's CSS custom properties (`--ink`,
//! `--muted`, `--line`, `--band`, `--paper`, each with a fallback), dashes, and the full text of a
//! shortened label. A figure has no script, no font, no id and no reference to anything outside.
//! The same input gives the same bytes.
//!
//! Values that are not finite, or beyond 1e100, are left out. Text of any kind is allowed.

mod axes;
mod canvas;
mod confusion;
mod curves;
mod dose_response;
mod effects;
mod ends;
mod interaction;
mod label;
mod mark;
mod measure;
mod page;
mod paint;
mod paths;
mod profile;
mod scale;
mod scatter;
mod slopes;
mod ticks;

pub use confusion::{Confusion, ConfusionMatrix, confusion};
pub use curves::{Curve, CurvePoint, Curves, Spread, curves};
pub use dose_response::{Dose, DoseResponse, dose_response};
pub use effects::{EffectRow, Effects, effects};
pub use interaction::{Interaction, InteractionLine, interaction};
pub use measure::{Measure, Score};
pub use paths::{PathLine, PathMark, Paths, paths};
pub use profile::{Profile, Profiles, profile};
pub use scatter::{Against, Scatter, ScatterPoint, scatter};
pub use slopes::{SlopePanel, Slopes, slopes};

/// A drawing with the words that stand in for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Stem of its file name, unique in a report: `[a-z0-9-]`.
    pub name: String,
    /// A whole SVG document without an XML declaration, so that it can stand inside HTML.
    pub svg: String,
    /// What the drawing shows, with its numbers, in one paragraph.
    pub alt: String,
    /// How to read it.
    pub caption: String,
}
