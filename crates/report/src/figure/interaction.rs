//! Interaction of two factors: means over seeds of one by levels of the other.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::ends::{End, Series, room_for};
use super::label;
use super::measure::{Measure, Score, extent, mean_score, number, usable_scores};
use super::page::{Page, SMALL, WIDTH, Words, figure};
use super::paint::Pen;
use super::scale::Scale;
use super::ticks::Tick;

/// Lines and levels in one figure; more are left to the tables.
const MOST_LINES: usize = 8;
const MOST_LEVELS: usize = 12;

const HEIGHT: i32 = 4000;

/// Lines step aside by this share of the room between levels, so that points do not hide.
const ASIDE: f64 = 0.035;

/// Two factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// What is measured.
    pub measure: Measure,
    /// The factor along x, and its levels in order.
    pub along: (String, Vec<String>),
    /// The factor whose levels are lines.
    pub across: String,
    /// One per level of that factor.
    pub lines: Vec<InteractionLine>,
}

/// One level of the second factor.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionLine {
    /// How the experiment spells the level.
    pub label: String,
    /// Drawn in the colour of text.
    pub is_reference: bool,
    /// Every seed, per level of the factor along x; none where there is no such condition.
    pub cells: Vec<Vec<Score>>,
}

/// What is drawn of a line: per level of x, seeds and their mean.
struct Line<'a> {
    line: &'a InteractionLine,
    cells: Vec<(Vec<Score>, Option<f64>)>,
}

/// Draws at most 8 lines over at most 12 levels.
pub fn interaction(interaction: &Interaction) -> Figure {
    let levels = interaction.along.1.len().min(MOST_LEVELS);
    let lines: Vec<Line<'_>> =
        interaction.lines.iter().take(MOST_LINES).map(|line| Line::of(line, levels)).collect();
    let alt = describe(interaction, &lines);
    let (along, across) = (&interaction.along.0, &interaction.across);
    let title = format!("{} by {along} and {across}", interaction.measure.name);
    let words = Words { title, alt, caption: caption(interaction) };
    figure("interaction", words, (WIDTH, HEIGHT), |page| draw(page, interaction, &lines))
}

impl<'a> Line<'a> {
    fn of(line: &'a InteractionLine, levels: usize) -> Self {
        let cell = |scores: &Vec<Score>| {
            let scores = usable_scores(scores);
            let mean = mean_score(&scores);
            (scores, mean)
        };
        Self { line, cells: line.cells.iter().take(levels).map(cell).collect() }
    }
}

fn draw(page: &Page<'_>, interaction: &Interaction, lines: &[Line<'_>]) {
    let names: Vec<String> = lines.iter().map(|line| name(interaction, line)).collect();
    let outer = Frame {
        left: 20,
        top: 20,
        right: WIDTH - room_for(names.iter().map(String::as_str)),
        bottom: HEIGHT - 20,
    };
    let (along, levels) = &interaction.along;
    let levels: Vec<String> = levels.iter().take(MOST_LEVELS).cloned().collect();
    let scores = lines.iter().flat_map(|line| &line.cells).flat_map(|(scores, _)| scores);
    let plot = page.axes(
        outer,
        Axes {
            x: places(&levels, outer.right - outer.left - 600),
            y: Scale::linear(scores.map(|score| score.value), 6),
            x_title: label::clean(along),
            y_title: interaction.measure.axis(),
            grid: Grid::Level,
        },
    );
    let looks = Series::all(lines.iter().map(|line| line.line.is_reference));
    for (i, (line, series)) in lines.iter().zip(&looks).enumerate() {
        threads(page, &plot, line, (aside(i, lines.len()), *series));
    }
    let mut ends = Vec::new();
    for (i, ((line, series), name)) in lines.iter().zip(&looks).zip(names).enumerate() {
        let shift = aside(i, lines.len());
        let mean = |(x, cell): (f64, &(Vec<Score>, Option<f64>))| Some(plot.at(x + shift, cell.1?));
        let means: Vec<_> = count_from_0().zip(&line.cells).filter_map(mean).collect();
        page.path(means.clone(), series.pen(20));
        for at in &means {
            page.marker(*at, series.marker, 46, (series.paint, series.look));
        }
        if let Some(from) = means.last() {
            ends.push(End { from: *from, name, series: *series });
        }
    }
    page.ends(plot.inner, &ends);
    if ends.is_empty() {
        page.empty(plot.inner, "no score");
    }
}

/// The levels side by side, each with as much of its label as there is room for.
fn places(levels: &[String], width: i32) -> Scale {
    let count = i32::try_from(levels.len().max(1)).unwrap_or(1);
    let scale = Scale::places(levels.to_vec());
    let fit = |tick: &Tick| Tick {
        at: tick.at,
        label: label::fit(&tick.label, SMALL, width / count - SMALL),
    };
    let ticks = scale.ticks.iter().map(fit).collect();
    scale.with_ticks(ticks)
}

fn count_from_0() -> impl Iterator<Item = f64> {
    (0_u32..).map(f64::from)
}

/// Sideways shift of a line, symmetric around the level.
fn aside(index: usize, lines: usize) -> f64 {
    let index = count_from_0().nth(index).unwrap_or(0.0);
    let last = count_from_0().nth(lines.saturating_sub(1)).unwrap_or(0.0);
    ASIDE * (index - 0.5 * last)
}

/// One thin line per seed.
fn threads(page: &Page<'_>, plot: &Plot<'_>, line: &Line<'_>, (shift, series): (f64, Series)) {
    let mut seeds: Vec<u64> =
        line.cells.iter().flat_map(|(scores, _)| scores).map(|score| score.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    for seed in seeds {
        let place = |(x, (scores, _)): (f64, &(Vec<Score>, Option<f64>))| {
            let score = scores.iter().find(|score| score.seed == seed)?;
            Some(plot.at(x + shift, score.value))
        };
        let places: Vec<_> = count_from_0().zip(&line.cells).filter_map(place).collect();
        page.path(places, Pen::solid(series.paint, 8).faint(0.4));
    }
}

fn name(interaction: &Interaction, line: &Line<'_>) -> String {
    format!("{}={}", label::clean(&interaction.across), label::clean(&line.line.label))
}

fn describe(interaction: &Interaction, lines: &[Line<'_>]) -> String {
    let (along, levels) = &interaction.along;
    let means = || lines.iter().flat_map(|line| &line.cells).filter_map(|(_, mean)| *mean);
    let spread = extent(means()).map_or(0.0, |(low, high)| (high - low) / 10.0);
    let mut text = format!(
        "Interaction plot of {}, mean over seeds, by {} and {}.",
        interaction.measure.axis(),
        label::clean(along),
        label::clean(&interaction.across),
    );
    for line in lines {
        let told = |(level, (scores, mean)): (&String, &(Vec<Score>, Option<f64>))| {
            let level = label::clean(level);
            mean.map(|mean| format!("{} at {level} (n = {})", number(mean, spread), scores.len()))
        };
        let told: Vec<String> = levels.iter().zip(&line.cells).filter_map(told).collect();
        let told =
            if told.is_empty() { "no score".into() } else { label::list(&told, MOST_LEVELS) };
        text = format!("{text} {}: {told}.", name(interaction, line));
    }
    text
}

fn caption(interaction: &Interaction) -> String {
    let mut text = String::from(
        "Thick lines: mean over seeds. Thin lines: one seed each. Lines that are not parallel are \
         what an interaction looks like.",
    );
    let lines = interaction.lines.len().saturating_sub(MOST_LINES);
    let levels = interaction.along.1.len().saturating_sub(MOST_LEVELS);
    if lines + levels > 0 {
        text = format!("{text} {} not drawn.", label::count(lines + levels, "further level"));
    }
    text
}
