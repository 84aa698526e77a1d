//! Learning curves: the mean over seeds with a band, one line per condition.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::ends::{End, Series, room_for};
use super::label;
use super::measure::{Measure, number, plain, usable};
use super::page::{Page, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;

/// So many lines can be told apart; more are drawn in grey without a name.
const MOST_NAMED: usize = 8;

/// More lines than this are a grey area, and a large file.
const MOST_LINES: usize = 100;

/// Bands of more lines than this would hide each other.
const MOST_BANDS: usize = 5;

/// Markers on a line; with more points, every so many gets one.
const MOST_MARKERS: usize = 12;

const HEIGHT: i32 = 4200;

/// A metric over the course of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// What is measured.
    pub measure: Measure,
    /// What runs along x: `step`.
    pub along: String,
    /// What the bands show.
    pub spread: Spread,
    /// The reference first.
    pub lines: Vec<Curve>,
}

/// What a band shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// From the smallest to the largest seed.
    Range,
    /// One standard deviation over seeds to either side.
    Sd,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of the condition.
    pub name: String,
    /// Place among the conditions of the report, which decides colour and marker; the reference is
    /// at 0 and drawn in the colour of text.
    pub place: usize,
    /// Seeds behind the mean.
    pub seeds: usize,
    /// In any order.
    pub points: Vec<CurvePoint>,
}

/// All seeds of a condition at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Where it stands along x.
    pub at: f64,
    /// Mean over seeds.
    pub mean: f64,
    /// Lower edge of the band.
    pub low: f64,
    /// Upper edge of the band.
    pub high: f64,
}

/// Draws one line per condition: 8 with names, the others in grey, 100 in all.
pub fn curves(curves: &Curves) -> Figure {
    let lines: Vec<Vec<CurvePoint>> = curves.lines.iter().map(usable_points).collect();
    let alt = describe(curves, &lines);
    let title = format!("{} over {}", curves.measure.name, curves.along);
    let words = Words { title, alt, caption: caption(curves) };
    figure("curves", words, (WIDTH, HEIGHT), |page| draw(page, curves, &lines))
}

fn usable_points(curve: &Curve) -> Vec<CurvePoint> {
    let is_usable = |p: &CurvePoint| [p.at, p.mean, p.low, p.high].into_iter().all(usable);
    let mut points: Vec<CurvePoint> = curve.points.iter().copied().filter(is_usable).collect();
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    points
}

fn draw(page: &Page<'_>, curves: &Curves, lines: &[Vec<CurvePoint>]) {
    let named: Vec<&Curve> = curves.lines.iter().take(MOST_NAMED).collect();
    let outer = Frame {
        left: 20,
        top: 20,
        right: WIDTH - room_for(named.iter().map(|curve| curve.name.as_str())),
        bottom: HEIGHT - 20,
    };
    let points = || lines.iter().take(MOST_LINES).flatten();
    let banded = named.len() <= MOST_BANDS;
    let ys = points().flat_map(|p| if banded { [p.low, p.mean, p.high] } else { [p.mean; 3] });
    let plot = page.axes(
        outer,
        Axes {
            x: Scale::linear(points().map(|p| p.at), 6),
            y: Scale::linear(ys, 6),
            x_title: label::clean(&curves.along),
            y_title: curves.measure.axis(),
            grid: Grid::Level,
        },
    );
    for line in lines.iter().take(MOST_LINES).skip(MOST_NAMED) {
        let means = line.iter().map(|p| plot.at(p.at, p.mean)).collect();
        page.path(means, Pen::solid(Paint::Muted, 10).faint(0.5));
    }
    let looks: Vec<Series> = named.iter().map(|curve| Series::at(curve.place)).collect();
    if banded {
        for (line, series) in lines.iter().zip(&looks) {
            band(page, &plot, line, series.paint);
        }
    }
    let mut ends = Vec::new();
    for ((line, series), curve) in lines.iter().zip(&looks).zip(&named).rev() {
        draw_line(page, &plot, line, *series);
        if let Some(last) = line.last() {
            let from = plot.at(last.at, last.mean);
            ends.push(End { from, name: curve.name.clone(), series: *series });
        }
    }
    page.ends(plot.inner, &ends);
    if ends.is_empty() {
        page.empty(plot.inner, "no evaluation");
    }
}

fn band(page: &Page<'_>, plot: &Plot<'_>, line: &[CurvePoint], paint: Paint) {
    let lower = line.iter().map(|p| plot.at(p.at, p.low));
    let upper = line.iter().rev().map(|p| plot.at(p.at, p.high));
    page.polygon(lower.chain(upper).collect(), paint, 0.16);
}

fn draw_line(page: &Page<'_>, plot: &Plot<'_>, line: &[CurvePoint], series: Series) {
    page.path(line.iter().map(|p| plot.at(p.at, p.mean)).collect(), series.pen(18));
    let every = line.len().div_ceil(MOST_MARKERS).max(1);
    // From the end, where the line has its name.
    for p in line.iter().rev().step_by(every) {
        page.marker(plot.at(p.at, p.mean), series.marker, 34, (series.paint, series.look));
    }
}

fn describe(curves: &Curves, lines: &[Vec<CurvePoint>]) -> String {
    let along = label::clean(&curves.along);
    let band = match curves.spread {
        Spread::Range => "smallest to largest seed",
        Spread::Sd => "mean minus and plus one SD",
    };
    let mut text = format!(
        "Learning curves of {} over {along}, mean over seeds, {}.",
        curves.measure.axis(),
        label::count(curves.lines.len(), "condition"),
    );
    for (curve, line) in curves.lines.iter().zip(lines).take(MOST_NAMED) {
        let name = label::clean(&curve.name);
        let (Some(first), Some(last)) = (line.first(), line.last()) else {
            text = format!("{text} {name}: no evaluation.");
            continue;
        };
        let spread = last.high - last.low;
        let (from, to) = (number(first.mean, spread), number(last.mean, spread));
        let (low, high) = (number(last.low, spread), number(last.high, spread));
        let seeds = label::count(curve.seeds, "seed");
        text = format!(
            "{text} {name}: {from} at {along} {}, {to} at {along} {} ({band} there: {low} to \
             {high}; {seeds}).",
            plain(first.at),
            plain(last.at),
        );
    }
    let rest = curves.lines.len().min(MOST_LINES).saturating_sub(MOST_NAMED);
    if rest > 0 {
        text = format!("{text} {} in grey.", label::count(rest, "further condition"));
    }
    text
}

fn caption(curves: &Curves) -> String {
    let named = curves.lines.len().min(MOST_NAMED);
    let mut text = String::from("Lines: mean over seeds.");
    if named <= MOST_BANDS {
        text.push_str(match curves.spread {
            Spread::Range => " Bands: from the smallest to the largest seed.",
            Spread::Sd => " Bands: one standard deviation over seeds to either side.",
        });
    } else {
        text.push_str(" Bands are left out, they would hide each other.");
    }
    let rest = curves.lines.len().min(MOST_LINES) - named;
    if rest > 0 {
        text = format!("{text} Grey: {}, not named.", label::count(rest, "further condition"));
    }
    let hidden = curves.lines.len().saturating_sub(MOST_LINES);
    if hidden > 0 {
        text = format!("{text} {} not drawn.", label::count(hidden, "condition"));
    }
    text
}
