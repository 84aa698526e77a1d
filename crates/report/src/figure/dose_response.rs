//! Dose and response: an ordered factor along x, every seed's scores joined, their mean.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::label;
use super::mark::{Look, Marker};
use super::measure::{Measure, Score, extent, mean_score, number, usable, usable_scores};
use super::page::{Align, NOTE, Page, SMALL, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;
use super::ticks::Tick;

/// Levels that span this ratio stand on a logarithmic axis.
const LOG_FROM: f64 = 20.0;

/// With more levels, seeds are lines without points and means have no bars: they would be one blot.
const MOST_MARKED: usize = 60;

/// Levels in the alternative text; the others are counted.
const MOST_TOLD: usize = 12;

const HEIGHT: i32 = 4000;
const RIGHT: i32 = 300;

/// An ordered factor.
#[derive(Clone, Debug, PartialEq)]
pub struct DoseResponse {
    /// What is measured.
    pub measure: Measure,
    /// Name of the factor.
    pub factor: String,
    /// In any order.
    pub doses: Vec<Dose>,
}

/// One level of the factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Dose {
    /// Where it stands on the axis.
    pub value: f64,
    /// How the experiment spells it.
    pub label: String,
    /// Marked, and what the intervals refer to.
    pub is_reference: bool,
    /// Every seed.
    pub scores: Vec<Score>,
    /// Half the 95 % interval of the paired difference to the reference, if there is one.
    pub half_width: Option<f64>,
}

/// What is drawn of a level.
struct Level<'a> {
    dose: &'a Dose,
    scores: Vec<Score>,
    mean: Option<f64>,
    half: Option<f64>,
}

/// Draws all levels. The axis is logarithmic if the levels above 0 span a factor of 20 or more and
/// none is negative; 0 then stands left of a break.
pub fn dose_response(response: &DoseResponse) -> Figure {
    let mut levels: Vec<Level<'_>> =
        response.doses.iter().filter(|dose| usable(dose.value)).map(Level::of).collect();
    levels.sort_by(|a, b| a.dose.value.total_cmp(&b.dose.value));
    let values: Vec<f64> = levels.iter().map(|level| level.dose.value).collect();
    let x = Scale::by_ratio(&values, LOG_FROM, 6);
    let alt = describe(response, &levels, &x);
    let title = format!("{} by {}", response.measure.name, response.factor);
    let words = Words { title, alt, caption: caption(&levels, &x) };
    figure("dose-response", words, (WIDTH, HEIGHT), |page| draw(page, response, &levels, x))
}

impl<'a> Level<'a> {
    fn of(dose: &'a Dose) -> Self {
        let scores = usable_scores(&dose.scores);
        let mean = mean_score(&scores);
        Self { dose, mean, scores, half: dose.half_width.filter(|half| usable(*half)) }
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let bounds =
            self.mean.zip(self.half).into_iter().flat_map(|(mean, h)| [mean - h, mean + h]);
        self.scores.iter().map(|score| score.value).chain(bounds)
    }
}

fn draw(page: &Page<'_>, response: &DoseResponse, levels: &[Level<'_>], x: Scale) {
    let outer = Frame { left: 20, top: 20, right: WIDTH - RIGHT, bottom: HEIGHT - 20 };
    let ticks = level_ticks(levels, &x);
    let logarithmic = if x.is_logarithmic() { " (log scale)" } else { "" };
    let plot = page.axes(
        outer,
        Axes {
            x: x.with_ticks(ticks),
            y: Scale::linear(levels.iter().flat_map(Level::values), 6),
            x_title: format!("{}{logarithmic}", label::clean(&response.factor)),
            y_title: response.measure.axis(),
            grid: Grid::Level,
        },
    );
    let marked = levels.len() <= MOST_MARKED;
    threads(page, &plot, levels);
    if marked {
        points(page, &plot, levels);
    }
    let means: Vec<_> =
        levels.iter().filter_map(|l| Some(plot.at(l.dose.value, l.mean?))).collect();
    page.path(means, Pen::solid(Paint::Series(0), 20));
    for level in levels {
        let Some(mean) = level.mean else { continue };
        let at = plot.at(level.dose.value, mean);
        if let Some(half) = level.half.filter(|_| marked) {
            let bounds = (plot.y(mean - half), plot.y(mean + half));
            page.upright_bar(at.0, bounds, Pen::solid(Paint::Series(0), 20));
        }
        if level.dose.is_reference {
            page.marker(at, Marker::Diamond, 60, (Paint::Ink, Look::Hollow));
            // Below the label of the level.
            let half = label::width("reference", SMALL) / 2;
            let x = at.0.clamp(half, WIDTH - half);
            page.text("reference", (x, plot.inner.bottom + 205), Align::Below, NOTE);
            let guide = Pen::solid(Paint::Muted, 8).faint(0.5);
            page.line((at.0, plot.inner.top), (at.0, plot.inner.bottom), guide);
        } else if marked {
            page.marker(at, Marker::Circle, 46, (Paint::Series(0), Look::Solid));
        }
    }
    if means_are_absent(levels) {
        page.empty(plot.inner, "no score");
    }
}

fn means_are_absent(levels: &[Level<'_>]) -> bool {
    levels.iter().all(|level| level.mean.is_none())
}

/// One thin line per seed through the levels at which it has a score.
fn threads(page: &Page<'_>, plot: &Plot<'_>, levels: &[Level<'_>]) {
    let mut seeds: Vec<u64> = levels.iter().flat_map(|l| &l.scores).map(|s| s.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    for seed in seeds {
        let score = |level: &Level<'_>| {
            let score = level.scores.iter().find(|score| score.seed == seed)?;
            Some(plot.at(level.dose.value, score.value))
        };
        let places: Vec<_> = levels.iter().filter_map(score).collect();
        page.path(places, Pen::solid(Paint::Muted, 8).faint(0.55));
    }
}

/// Every seed's score at every level.
fn points(page: &Page<'_>, plot: &Plot<'_>, levels: &[Level<'_>]) {
    let all = levels.iter().flat_map(|level| level.scores.iter().map(move |s| (level, s)));
    for (level, score) in all {
        page.point(plot.at(level.dose.value, score.value), Paint::Muted);
    }
}

/// The levels themselves, as far as their labels have room beside each other.
fn level_ticks(levels: &[Level<'_>], x: &Scale) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    let mut free_from = i32::MIN;
    for level in levels {
        let label = label::clean(&level.dose.label);
        let half = label::width(&label, SMALL) / 2;
        let at = x.place(level.dose.value, WIDTH - RIGHT - 600);
        if at - half >= free_from {
            free_from = at + half + SMALL / 2;
            ticks.push(Tick { at: level.dose.value, label: label::fit(&label, SMALL, 900) });
        }
    }
    ticks
}

fn describe(response: &DoseResponse, levels: &[Level<'_>], x: &Scale) -> String {
    let factor = label::clean(&response.factor);
    let axis = if x.is_logarithmic() { " on a logarithmic axis" } else { "" };
    let spread = extent(levels.iter().filter_map(|level| level.mean));
    let spread = spread.map_or(0.0, |(low, high)| high - low);
    let told = |level: &Level<'_>| {
        let name = label::clean(&level.dose.label);
        let note = if level.dose.is_reference { " (reference)" } else { "" };
        match (level.mean, level.half) {
            (None, _) => format!("{name}{note}: no score"),
            (Some(mean), None) => {
                let n = level.scores.len();
                format!("{name}{note}: mean {}, n = {n}", number(mean, spread / 10.0))
            }
            (Some(mean), Some(half)) => {
                let (mean, n) = (number(mean, half), level.scores.len());
                let half = number(half, half);
                format!(
                    "{name}{note}: mean {mean}, n = {n}, 95 % interval of its difference ±{half}"
                )
            }
        }
    };
    let told: Vec<String> = levels.iter().take(MOST_TOLD).map(told).collect();
    let rest = levels.len() - told.len();
    let mut text = format!(
        "{} at {} of {factor}{axis}.",
        response.measure.axis(),
        label::count(levels.len(), "level"),
    );
    for sentence in told {
        text = format!("{text} {sentence}.");
    }
    if rest > 0 {
        text = format!("{text} {} in the tables.", label::count(rest, "further level"));
    }
    text
}

fn caption(levels: &[Level<'_>], x: &Scale) -> String {
    let mut text = String::from("Thin lines: one seed each. Thick line: mean over seeds.");
    if levels.len() > MOST_MARKED {
        text.push_str(" Too many levels for a point at each seed and an interval at each level.");
    } else if levels.iter().any(|level| level.half.is_some()) {
        text.push_str(
            " Bars: 95 % interval of the paired difference to the reference, drawn around the mean.",
        );
    }
    if x.break_at().is_some() {
        text.push_str(" The axis is logarithmic right of the break; 0 stands left of it.");
    }
    text
}
