//! Slopes: every seed's score under the reference joined with its score under a condition.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::label;
use super::mark::{Look, Marker};
use super::measure::{Measure, mean, number, usable};
use super::page::{Align, LABEL, NOTE, Page, SMALL, STRONG, TEXT, WIDTH, Words, figure};
use super::paint::{Dash, Paint, Pen};
use super::scale::Scale;

/// Panels side by side, and panels in all; more conditions are counted in the caption.
const COLUMNS: usize = 4;
const FEWEST_COLUMNS: usize = 2;
const MOST_PANELS: usize = 24;

/// Conditions in the alternative text; the others are counted.
const MOST_TOLD: usize = 12;

/// Height of a row of panels, of the title above all and of the name above a panel, in dots.
const ROW: i32 = 2900;
const TITLE: i32 = 230;
const NAME: i32 = 380;
const GAP: i32 = 180;

/// About the room of a y axis and of the gap to the next panel.
const AXIS: i32 = 560;

/// Bold text is about as wide as text of this size.
const BOLD: i32 = TEXT * 112 / 100;

/// One panel per condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Slopes {
    /// What is measured.
    pub measure: Measure,
    /// Name of the reference.
    pub reference: String,
    /// In the order of the contrasts.
    pub panels: Vec<SlopePanel>,
}

/// One condition beside the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct SlopePanel {
    /// Name of the condition.
    pub name: String,
    /// Per shared seed: the seed, the reference's score, the condition's score.
    pub pairs: Vec<(u64, f64, f64)>,
}

/// Draws at most 24 panels, four in a row, all with the same y axis.
pub fn slopes(slopes: &Slopes) -> Figure {
    let panels: Vec<(&SlopePanel, Vec<(f64, f64)>)> =
        slopes.panels.iter().take(MOST_PANELS).map(|panel| (panel, usable_pairs(panel))).collect();
    let columns = columns(&panels);
    let rows = i32::try_from(panels.len().max(1).div_ceil(columns)).unwrap_or(1);
    let alt = describe(slopes, &panels);
    let title = format!("{} by seed", slopes.measure.name);
    let words = Words { title, alt, caption: caption(slopes) };
    figure("slopes", words, (sheet_width(columns), TITLE + rows * ROW), |page| {
        draw(page, slopes, &panels, columns)
    })
}

/// Four in a row, or as few as two if names are long.
fn columns(panels: &[(&SlopePanel, Vec<(f64, f64)>)]) -> usize {
    let name = |panel: &SlopePanel| label::width(&label::clean(&panel.name), BOLD);
    let widest = panels.iter().map(|(panel, _)| name(panel)).max().unwrap_or(0);
    let fits = |columns: &usize| widest <= panel_width(*columns) - AXIS;
    let most = (FEWEST_COLUMNS..=COLUMNS).rev().find(fits).unwrap_or(FEWEST_COLUMNS);
    panels.len().clamp(1, most)
}

/// A panel as wide as the page would show hardly any slope.
fn panel_width(columns: usize) -> i32 {
    ((WIDTH - 20) / i32::try_from(columns).unwrap_or(1)).min(WIDTH / 2)
}

/// A single panel needs half the width.
fn sheet_width(columns: usize) -> i32 {
    if columns == 1 { panel_width(columns) + 20 } else { WIDTH }
}

fn usable_pairs(panel: &SlopePanel) -> Vec<(f64, f64)> {
    let mut pairs: Vec<(u64, f64, f64)> =
        panel.pairs.iter().copied().filter(|(_, a, b)| usable(*a) && usable(*b)).collect();
    pairs.sort_by_key(|(seed, ..)| *seed);
    pairs.into_iter().map(|(_, reference, condition)| (reference, condition)).collect()
}

fn draw(
    page: &Page<'_>,
    slopes: &Slopes,
    panels: &[(&SlopePanel, Vec<(f64, f64)>)],
    columns: usize,
) {
    let y_title = label::fit(&slopes.measure.axis(), TEXT, sheet_width(columns) - 40);
    page.text(&y_title, (20, 20 + TEXT / 2), Align::Start, LABEL);
    let scores = panels.iter().flat_map(|(_, pairs)| pairs).flat_map(|(a, b)| [*a, *b]);
    let y = Scale::linear(scores, 6);
    let count = i32::try_from(columns).unwrap_or(1);
    let width = panel_width(columns);
    for (i, (panel, pairs)) in (0..).zip(panels) {
        let left = 20 + width * (i % count);
        let top = TITLE + ROW * (i / count) + NAME;
        let outer = Frame { left, top, right: left + width - GAP, bottom: top + ROW - NAME - 40 };
        let x = Scale::places(vec![String::new(); 2]).with_ticks(Vec::new());
        let plot = page.axes(
            outer,
            Axes {
                x,
                y: y.clone(),
                x_title: String::new(),
                y_title: String::new(),
                grid: Grid::Level,
            },
        );
        draw_panel(page, &plot, slopes, (panel, pairs));
    }
    if panels.is_empty() {
        page.text("no contrast", (sheet_width(columns) / 2, ROW / 2), Align::Middle, NOTE);
    }
}

fn draw_panel(
    page: &Page<'_>,
    plot: &Plot<'_>,
    slopes: &Slopes,
    (panel, pairs): (&SlopePanel, &[(f64, f64)]),
) {
    let inner = plot.inner;
    let (from, to) = (plot.x(0.0), plot.x(1.0));
    let room = inner.right - inner.left;
    let middle = (inner.left + inner.right) / 2;
    let name = label::fit(&panel.name, BOLD, room);
    page.text(&name, (middle, inner.top - 290), Align::Middle, STRONG);
    page.text(&tally(pairs), (middle, inner.top - 130), Align::Middle, NOTE);
    for (reference, condition) in pairs {
        let pen = match condition.total_cmp(reference) {
            std::cmp::Ordering::Greater => Pen::solid(Paint::Series(0), 14),
            std::cmp::Ordering::Less => Pen::solid(Paint::Series(1), 14).dashed(Dash::Dashed),
            std::cmp::Ordering::Equal => Pen::solid(Paint::Muted, 14).dashed(Dash::Dotted),
        };
        let (a, b) = ((from, plot.y(*reference)), (to, plot.y(*condition)));
        page.line(a, b, pen.faint(0.8));
        for at in [a, b] {
            page.point(at, pen.paint);
        }
    }
    let means = mean_of(pairs, |pair| pair.0).zip(mean_of(pairs, |pair| pair.1));
    if let Some((reference, condition)) = means {
        let (a, b) = ((from, plot.y(reference)), (to, plot.y(condition)));
        page.line(a, b, Pen::solid(Paint::Ink, 26));
        for at in [a, b] {
            page.marker(at, Marker::Diamond, 46, (Paint::Ink, Look::Solid));
        }
    }
    let reference = label::fit(&slopes.reference, SMALL, room / 2 - 40);
    page.text(&reference, (from, inner.bottom + 50), Align::Below, NOTE);
    // Its name stands above in any case.
    let condition = label::fit(&panel.name, SMALL, room / 2 - 40);
    let condition = if condition.contains('…') { "condition" } else { &condition };
    page.text(condition, (to, inner.bottom + 50), Align::Below, NOTE);
}

/// `6 up, 1 down`.
fn tally(pairs: &[(f64, f64)]) -> String {
    let up = pairs.iter().filter(|(a, b)| b > a).count();
    let down = pairs.iter().filter(|(a, b)| b < a).count();
    let flat = pairs.len() - up - down;
    match (pairs.len(), flat) {
        (0, _) => String::from("no pairs"),
        (_, 0) => format!("{up} up, {down} down"),
        (_, flat) => format!("{up} up, {down} down, {flat} flat"),
    }
}

fn mean_of(pairs: &[(f64, f64)], side: impl Fn(&(f64, f64)) -> f64) -> Option<f64> {
    mean(&pairs.iter().map(side).collect::<Vec<_>>())
}

fn describe(slopes: &Slopes, panels: &[(&SlopePanel, Vec<(f64, f64)>)]) -> String {
    let mut text = format!(
        "Slopes of {} from {} to {}, one line per seed.",
        slopes.measure.axis(),
        label::clean(&slopes.reference),
        label::count(slopes.panels.len(), "condition"),
    );
    for (panel, pairs) in panels.iter().take(MOST_TOLD) {
        let name = label::clean(&panel.name);
        let means = mean_of(pairs, |pair| pair.0).zip(mean_of(pairs, |pair| pair.1));
        let sentence = match means {
            None => format!("{name}: no pairs"),
            Some((from, to)) => {
                let spread = (to - from).abs();
                let (from, to) = (number(from, spread), number(to, spread));
                let (n, tally) = (pairs.len(), tally(pairs));
                format!("{name}: {tally}, n = {n}; means {from} and {to}")
            }
        };
        text = format!("{text} {sentence}.");
    }
    let rest = slopes.panels.len().saturating_sub(MOST_TOLD);
    if rest > 0 {
        text = format!("{text} {} in the tables.", label::count(rest, "further condition"));
    }
    text
}

fn caption(slopes: &Slopes) -> String {
    let mut text = String::from(
        "Thin lines: one seed each, solid where the condition scores higher than the reference, \
         dashed where lower, dotted where equal. Thick line: means.",
    );
    let hidden = slopes.panels.len().saturating_sub(MOST_PANELS);
    if hidden > 0 {
        text = format!("{text} {} not drawn.", label::count(hidden, "further condition"));
    }
    text
}
