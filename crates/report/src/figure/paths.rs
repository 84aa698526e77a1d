//! Paths: a few lines with bands over steps or levels, and the places that matter along x.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::curves::CurvePoint;
use super::ends::{End, Series, room_for};
use super::label;
use super::measure::{Measure, number, plain, usable};
use super::page::{Align, NOTE, Page, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;

/// More lines hide each other.
const MOST_LINES: usize = 6;

/// Levels that span this ratio stand on a logarithmic axis.
const LOG_FROM: f64 = 20.0;

const HEIGHT: i32 = 4200;

/// Lines over one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Paths {
    /// What is measured.
    pub measure: Measure,
    /// What runs along x.
    pub along: String,
    /// How to read it; becomes the caption.
    pub reading: String,
    /// Whether a line keeps its value until the next point.
    pub stepped: bool,
    /// The axis of x becomes logarithmic where values above 0 span a factor of 20 or more.
    pub by_ratio: bool,
    /// In the order of the legend, six at most.
    pub lines: Vec<PathLine>,
    /// Places along x.
    pub marks: Vec<PathMark>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct PathLine {
    /// As told.
    pub name: String,
    /// In any order.
    pub points: Vec<CurvePoint>,
}

/// A place along x with its interval, in the range of the axis or beyond it.
#[derive(Clone, Debug, PartialEq)]
pub struct PathMark {
    /// What it is.
    pub name: String,
    /// Where; infinite: beyond the axis, and only told.
    pub at: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}

/// Draws at most six lines.
pub fn paths(paths: &Paths) -> Figure {
    let lines: Vec<Vec<CurvePoint>> =
        paths.lines.iter().take(MOST_LINES).map(usable_points).collect();
    let title = format!("{} over {}", paths.measure.name, paths.along);
    let alt = describe(paths, &lines);
    let words = Words { title, alt, caption: paths.reading.clone() };
    figure("paths", words, (WIDTH, HEIGHT), |page| draw(page, paths, &lines))
}

fn usable_points(line: &PathLine) -> Vec<CurvePoint> {
    let is_usable = |p: &CurvePoint| [p.at, p.mean, p.low, p.high].into_iter().all(usable);
    let mut points: Vec<CurvePoint> = line.points.iter().copied().filter(is_usable).collect();
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    points
}

fn draw(page: &Page<'_>, paths: &Paths, lines: &[Vec<CurvePoint>]) {
    let names = || paths.lines.iter().take(MOST_LINES).map(|line| line.name.as_str());
    let right = WIDTH - room_for(names());
    let outer = Frame { left: 20, top: 20, right, bottom: HEIGHT - 20 };
    let points = || lines.iter().flatten();
    let xs: Vec<f64> = points().map(|p| p.at).collect();
    let x = match paths.by_ratio {
        true => Scale::by_ratio(&xs, LOG_FROM, 6),
        false => Scale::linear(xs.iter().copied(), 6),
    };
    let logarithmic = if x.is_logarithmic() { " (log scale)" } else { "" };
    let plot = page.axes(
        outer,
        Axes {
            x,
            y: Scale::linear(points().flat_map(|p| [p.low, p.mean, p.high]), 6),
            x_title: format!("{}{logarithmic}", label::clean(&paths.along)),
            y_title: paths.measure.axis(),
            grid: Grid::Level,
        },
    );
    let ends = (
        xs.iter().copied().fold(f64::INFINITY, f64::min),
        xs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    for mark in &paths.marks {
        draw_mark(page, &plot, mark, ends);
    }
    let mut names = Vec::new();
    for (place, (line, of)) in lines.iter().zip(&paths.lines).enumerate() {
        let series = Series::at(place);
        let outline = |of: fn(&CurvePoint) -> f64| stepped(paths, &plot, line, of);
        let band = outline(|p| p.low).into_iter().chain(outline(|p| p.high).into_iter().rev());
        if line.iter().any(|p| p.low < p.high) {
            page.polygon(band.collect(), series.paint, 0.12);
        }
        page.path(outline(|p| p.mean), series.pen(18));
        if !paths.stepped {
            for p in line {
                page.marker(plot.at(p.at, p.mean), series.marker, 40, (series.paint, series.look));
            }
        }
        if let Some(last) = line.last() {
            names.push(End { from: plot.at(last.at, last.mean), name: of.name.clone(), series });
        }
    }
    page.ends(plot.inner, &names);
    if names.is_empty() {
        page.empty(plot.inner, "nothing measured");
    }
}

/// Corners of a line; a stepped one turns at each point.
fn stepped(
    paths: &Paths,
    plot: &Plot<'_>,
    line: &[CurvePoint],
    of: fn(&CurvePoint) -> f64,
) -> Vec<(i32, i32)> {
    let mut corners = Vec::new();
    let mut before = None;
    for point in line {
        if let Some(value) = before.filter(|_| paths.stepped) {
            corners.push(plot.at(point.at, value));
        }
        corners.push(plot.at(point.at, of(point)));
        before = Some(of(point));
    }
    corners
}

/// An upright line with its interval behind it, as far as they lie on the axis.
fn draw_mark(page: &Page<'_>, plot: &Plot<'_>, mark: &PathMark, (low, high): (f64, f64)) {
    if let Some((from, to)) = mark.interval.filter(|(from, to)| from <= to && low < high) {
        let ends = [from, to].map(|end| plot.x(end.clamp(low, high)));
        page.rect((ends[0], plot.inner.top), (ends[1], plot.inner.bottom), Paint::Muted, 0.14);
    }
    if usable(mark.at) && (low..=high).contains(&mark.at) {
        let x = plot.x(mark.at);
        let pen = Pen::solid(Paint::Muted, 12);
        page.line((x, plot.inner.top), (x, plot.inner.bottom), pen);
        let half = label::width(&mark.name, NOTE.size) / 2;
        let middle = x.clamp(plot.inner.left + half, plot.inner.right - half);
        page.text(&mark.name, (middle, plot.inner.bottom - 60), Align::Middle, NOTE);
    }
}

fn describe(paths: &Paths, lines: &[Vec<CurvePoint>]) -> String {
    let along = label::clean(&paths.along);
    let mut text = format!("{} over {along}.", paths.measure.axis());
    for (of, line) in paths.lines.iter().zip(lines) {
        let name = label::clean(&of.name);
        let (Some(first), Some(last)) = (line.first(), line.last()) else {
            text = format!("{text} {name}: nothing measured.");
            continue;
        };
        let spread = (last.mean - first.mean).abs().max(last.high - last.low);
        text = format!(
            "{text} {name}: {} at {along} {}, {} at {along} {}.",
            number(first.mean, spread),
            plain(first.at),
            number(last.mean, spread),
            plain(last.at),
        );
    }
    for mark in &paths.marks {
        text = format!("{text} {}.", label::clean(&mark.name));
    }
    text
}
