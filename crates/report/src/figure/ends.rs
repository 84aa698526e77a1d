//! Names at the right ends of lines, moved apart where lines end close together.

use super::axes::Frame;
use super::label;
use super::mark::{Look, Marker};
use super::page::{Align, Dot, LABEL, Page, TEXT};
use super::paint::{Dash, Paint, Pen};

/// Room for names, in dots.
pub(super) const NAMES: (i32, i32) = (500, 1900);

/// From the plot to a marker, and from a marker to its name.
const TO_MARKER: i32 = 230;
const TO_NAME: i32 = 110;

/// How a series looks: the reference in ink, the others by index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Series {
    pub paint: Paint,
    pub marker: Marker,
    pub look: Look,
    pub dash: Dash,
}

/// The end of a line.
pub(super) struct End {
    pub from: Dot,
    pub name: String,
    pub series: Series,
}

impl Series {
    /// Solid, with hollow circles.
    pub(super) const REFERENCE: Self =
        Self { paint: Paint::Ink, marker: Marker::Circle, look: Look::Hollow, dash: Dash::Solid };

    /// Of what stands at a place among its like; the reference is at 0. The same place has the same
    /// look in every figure, whatever else is drawn there.
    pub(super) fn at(place: usize) -> Self {
        let Some(index) = place.checked_sub(1) else { return Self::REFERENCE };
        Self {
            paint: Paint::Series(index),
            marker: Marker::series(index),
            look: Look::Solid,
            dash: Dash::series(place),
        }
    }

    /// One look per line, given which of them are the reference, wherever that stands.
    pub(super) fn all(references: impl IntoIterator<Item = bool>) -> Vec<Self> {
        let mut others = 0;
        let look = |is_reference| {
            if is_reference {
                return Self::REFERENCE;
            }
            others += 1;
            Self::at(others)
        };
        references.into_iter().map(look).collect()
    }

    pub(super) fn pen(self, width: u32) -> Pen {
        Pen::solid(self.paint, width).dashed(self.dash)
    }
}

/// Room right of a plot for the names at its lines' ends.
pub(super) fn room_for<'n>(names: impl IntoIterator<Item = &'n str>) -> i32 {
    let widest = names.into_iter().map(|name| label::width(&label::clean(name), TEXT)).max();
    TO_MARKER + TO_NAME + widest.unwrap_or(0).clamp(NAMES.0, NAMES.1)
}

impl Page<'_> {
    /// Names right of a plot, each with the marker of its line and a thread to its end.
    pub(super) fn ends(&self, plot: Frame, ends: &[End]) {
        let places: Vec<i32> = ends.iter().map(|end| end.from.1).collect();
        let gap = TEXT + 45;
        for (end, y) in ends.iter().zip(label::spread(&places, gap, plot.top, plot.bottom)) {
            let x = plot.right + TO_MARKER;
            let thread = Pen::solid(end.series.paint, 8).faint(0.6);
            self.path(vec![end.from, (plot.right + 20, end.from.1), (x - 70, y)], thread);
            self.marker((x, y), end.series.marker, 42, (end.series.paint, end.series.look));
            let name = label::fit(&end.name, TEXT, NAMES.1);
            self.text(&name, (x + TO_NAME, y), Align::Start, LABEL);
        }
    }
}
