//! Axes with grid, ticks and titles, and from values to places between them.

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::style::{Color, TRANSPARENT};

use super::canvas::{Canvas, whole};
use super::label;
use super::page::{Align, Dot, LABEL, NOTE, Page, SMALL, TEXT, drawn};
use super::paint::{Paint, Pen};
use super::scale::Scale;

/// Length of a tick, and of a gap between tick and label, in dots.
const TICK: i32 = 40;

/// Room below the plot for labels, and for labels and a title.
const LABELS_BELOW: i32 = 240;
const LABELS_AND_TITLE_BELOW: i32 = 440;

/// A rectangle in dots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// Which lines cross the plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grid {
    /// Upright ones, at the ticks of x; no y axis.
    Upright,
    /// Level ones, at the ticks of y.
    Level,
}

/// Both axes.
pub(super) struct Axes {
    pub x: Scale,
    pub y: Scale,
    /// Empty for none.
    pub x_title: String,
    /// Empty for none; stands above the plot, where it reads without turning the head.
    pub y_title: String,
    pub grid: Grid,
}

type Chart<'a> = ChartContext<'a, Canvas<'a>, Cartesian2d<Scale, Scale>>;

/// The inside of the axes.
pub(super) struct Plot<'a> {
    chart: Chart<'a>,
    pub inner: Frame,
}

impl<'a> Page<'a> {
    /// Draws axes into a frame that holds labels and titles too.
    pub(super) fn axes(&self, outer: Frame, axes: Axes) -> Plot<'a> {
        let left = match axes.grid {
            Grid::Upright => 0,
            Grid::Level => room_for(&axes.y),
        };
        let below = if axes.x_title.is_empty() { LABELS_BELOW } else { LABELS_AND_TITLE_BELOW };
        let above = if axes.y_title.is_empty() { 0 } else { 2 * TEXT };
        if !axes.y_title.is_empty() {
            let room = outer.right - outer.left;
            let title = label::fit(&axes.y_title, TEXT, room);
            self.text(&title, (outer.left, outer.top + TEXT / 2), Align::Start, LABEL);
        }
        let size = (outer.right - outer.left, outer.bottom - outer.top - above);
        let panel = self.area.clone().shrink((outer.left, outer.top + above), size);
        let mut builder = ChartBuilder::on(&panel);
        builder.set_label_area_size(LabelAreaPosition::Left, left);
        builder.set_label_area_size(LabelAreaPosition::Bottom, below);
        let broken = axes.x.break_at();
        let (x_labels, y_labels) = (axes.x.clone(), axes.y.clone());
        let mut chart = drawn(builder.build_cartesian_2d(axes.x, axes.y));
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(Pen::solid(Paint::Line, 8).style())
            .light_line_style(TRANSPARENT.stroke_width(0))
            .axis_style(Pen::solid(Paint::Muted, 10).style())
            .label_style(NOTE.style())
            .axis_desc_style(LABEL.style())
            .set_all_tick_mark_size(TICK);
        let (x_format, y_format) = (|x: &f64| x_labels.label(*x), |y: &f64| y_labels.label(*y));
        mesh.x_label_formatter(&x_format).y_label_formatter(&y_format).x_desc(axes.x_title);
        match axes.grid {
            Grid::Upright => mesh.disable_y_mesh().disable_y_axis(),
            Grid::Level => mesh.disable_x_mesh(),
        };
        drawn(mesh.draw());
        let (xs, ys) = chart.plotting_area().get_pixel_range();
        let inner = Frame { left: xs.start, top: ys.start, right: xs.end, bottom: ys.end };
        if let Some(share) = broken {
            self.break_axis(inner, share);
        }
        Plot { chart, inner }
    }

    /// In place of what there is nothing of.
    pub(super) fn empty(&self, inner: Frame, why: &str) {
        let middle = (inner.left.midpoint(inner.right), inner.top.midpoint(inner.bottom));
        self.text(why, middle, Align::Middle, NOTE);
    }

    /// Two strokes across the x axis: it does not go on here as it began.
    fn break_axis(&self, inner: Frame, share: f64) {
        let x = inner.left + whole(share * f64::from(inner.right - inner.left));
        let y = inner.bottom;
        self.rect((x - 20, y - 15), (x + 20, y + 15), Paint::Paper, 1.0);
        for x in [x - 20, x + 20] {
            self.line((x - 20, y + 45), (x + 20, y - 45), Pen::solid(Paint::Muted, 10));
        }
    }
}

impl Plot<'_> {
    /// Where a pair of values stands.
    pub(super) fn at(&self, x: f64, y: f64) -> Dot {
        self.chart.backend_coord(&(x, y))
    }

    pub(super) fn x(&self, x: f64) -> i32 {
        self.at(x, 0.0).0
    }

    pub(super) fn y(&self, y: f64) -> i32 {
        self.at(0.0, y).1
    }
}

/// Room left of the plot for the labels of y.
pub(super) fn room_for(y: &Scale) -> i32 {
    let widest = y.ticks.iter().map(|tick| label::width(&tick.label, SMALL)).max();
    widest.unwrap_or(0) + 3 * TICK
}
