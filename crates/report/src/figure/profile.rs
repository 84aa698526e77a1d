//! Performance profiles: the share of scores above each threshold, one line per method.

use fireassay_spec::Direction;

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::ends::{End, Series, room_for};
use super::label;
use super::measure::{Measure, plain, usable};
use super::page::{Page, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;

/// So many lines can be told apart; more are drawn in grey without a name, up to a limit.
const MOST_NAMED: usize = 8;
const MOST_LINES: usize = 100;

/// Markers on a line; with more points, every so many gets one.
const MOST_MARKERS: usize = 8;

const HEIGHT: i32 = 4000;

/// Scores of several methods, each over several datasets.
#[derive(Clone, Debug, PartialEq)]
pub struct Profiles {
    /// What is measured.
    pub measure: Measure,
    /// On how many datasets.
    pub datasets: usize,
    /// Ascending, in the unit of the measure.
    pub thresholds: Vec<f64>,
    /// The reference first.
    pub lines: Vec<Profile>,
}

/// One method.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Name of the method.
    pub name: String,
    /// Place among the methods, which decides colour and marker; the reference is at 0.
    pub place: usize,
    /// Scores behind the shares.
    pub n: usize,
    /// Of the scores, in [0, 1]: how many are above each threshold.
    pub shares: Vec<f64>,
}

/// A threshold and the share above it in per cent.
type Point = (f64, f64);

/// Draws one line per method: 8 with names, up to 100 in all. The axis holds the thresholds that
/// some scores are above and others are not.
pub fn profile(profiles: &Profiles) -> Figure {
    let lines: Vec<Vec<Point>> = profiles.lines.iter().map(|of| points(profiles, of)).collect();
    let shown = informative(&lines);
    let lines: Vec<Vec<Point>> = lines.iter().map(|line| within(line, shown)).collect();
    let words = Words {
        title: format!("Performance profiles of {}", profiles.measure.name),
        alt: describe(profiles),
        caption: caption(profiles),
    };
    figure("performance-profile", words, (WIDTH, HEIGHT), |page| draw(page, profiles, &lines))
}

fn points(profiles: &Profiles, of: &Profile) -> Vec<Point> {
    let points = profiles.thresholds.iter().zip(&of.shares).map(|(at, share)| (*at, 100.0 * share));
    points.filter(|(at, share)| usable(*at) && usable(*share)).collect()
}

/// From the last threshold that every score is above to the first that none is above.
fn informative(lines: &[Vec<Point>]) -> (f64, f64) {
    let is_full = |(_, share): &&Point| *share >= 100.0;
    let is_empty = |(_, share): &&Point| *share <= 0.0;
    let last_full = |line: &Vec<Point>| line.iter().rfind(is_full).map(|(at, _)| *at);
    let first_empty = |line: &Vec<Point>| line.iter().find(is_empty).map(|(at, _)| *at);
    let from = lines.iter().map(|line| last_full(line).unwrap_or(f64::MIN));
    let to = lines.iter().map(|line| first_empty(line).unwrap_or(f64::MAX));
    (from.fold(f64::MAX, f64::min), to.fold(f64::MIN, f64::max))
}

fn within(line: &[Point], (from, to): (f64, f64)) -> Vec<Point> {
    line.iter().copied().filter(|(at, _)| (from..=to).contains(at)).collect()
}

fn draw(page: &Page<'_>, profiles: &Profiles, lines: &[Vec<Point>]) {
    let named: Vec<&Profile> = profiles.lines.iter().take(MOST_NAMED).collect();
    let outer = Frame {
        left: 20,
        top: 20,
        right: WIDTH - room_for(named.iter().map(|of| of.name.as_str())),
        bottom: HEIGHT - 20,
    };
    let plot = page.axes(
        outer,
        Axes {
            x: Scale::linear(lines.iter().flatten().map(|(at, _)| *at), 6),
            y: Scale::linear([0.0, 100.0], 6),
            x_title: profiles.measure.in_unit(),
            y_title: "share of trials above, %".into(),
            grid: Grid::Level,
        },
    );
    for line in lines.iter().take(MOST_LINES).skip(MOST_NAMED) {
        let places = line.iter().map(|(x, y)| plot.at(*x, *y)).collect();
        page.path(places, Pen::solid(Paint::Muted, 10).faint(0.5));
    }
    let mut ends = Vec::new();
    for (line, of) in lines.iter().zip(&named).rev() {
        let series = Series::at(of.place);
        draw_line(page, &plot, line, series);
        if let Some((x, y)) = line.last() {
            ends.push(End { from: plot.at(*x, *y), name: of.name.clone(), series });
        }
    }
    ends.reverse();
    page.ends(plot.inner, &ends);
    if ends.is_empty() {
        page.empty(plot.inner, "no score");
    }
}

fn draw_line(page: &Page<'_>, plot: &Plot<'_>, line: &[Point], series: Series) {
    page.path(line.iter().map(|(x, y)| plot.at(*x, *y)).collect(), series.pen(18));
    let sloping = |(_, share): &&Point| *share > 0.0 && *share < 100.0;
    let on_slope: Vec<&Point> = line.iter().filter(sloping).collect();
    let every = on_slope.len().div_ceil(MOST_MARKERS).max(1);
    for (x, y) in on_slope.into_iter().step_by(every) {
        page.marker(plot.at(*x, *y), series.marker, 34, (series.paint, series.look));
    }
}

fn describe(profiles: &Profiles) -> String {
    let mut text = format!(
        "Performance profiles of {} over {}: share of trials above each threshold.",
        profiles.measure.axis(),
        label::count(profiles.datasets, "dataset"),
    );
    for of in profiles.lines.iter().take(MOST_NAMED) {
        let line = points(profiles, of);
        let above = |share: f64| line.iter().rfind(|(_, above)| *above >= share).map(|(at, _)| *at);
        let told = [(100.0, "all"), (50.0, "half")].map(|(share, who)| {
            above(share).map(|at| format!("{who} of {} above {}", of.n, plain(at)))
        });
        let told: Vec<String> = told.into_iter().flatten().collect();
        let told = if told.is_empty() { "no score".into() } else { label::list(&told, 2) };
        text = format!("{text} {}: {told}.", label::clean(&of.name));
    }
    let rest = profiles.lines.len().saturating_sub(MOST_NAMED);
    if rest > 0 {
        text = format!("{text} {} without a name.", label::count(rest, "further line"));
    }
    text
}

fn caption(profiles: &Profiles) -> String {
    let step = profiles.thresholds.first_chunk::<2>().map_or(0.0, |[a, b]| b - a);
    let mut text = format!(
        "How many of a method's trials, on all datasets together, score above the value below; \
         read on a grid of {} {}. Further {} is better.",
        plain(step),
        label::clean(&profiles.measure.unit),
        match profiles.measure.better {
            Direction::Higher => "right",
            Direction::Lower => "left",
        },
    );
    let rest = profiles.lines.len().min(MOST_LINES).saturating_sub(MOST_NAMED);
    if rest > 0 {
        text = format!("{text} Grey: {}, not named.", label::count(rest, "further method"));
    }
    let hidden = profiles.lines.len().saturating_sub(MOST_LINES);
    if hidden > 0 {
        text = format!("{text} {} not drawn.", label::count(hidden, "method"));
    }
    text
}
