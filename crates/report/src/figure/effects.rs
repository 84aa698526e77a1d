//! Forest plot: every contrast's mean difference, its interval, and every seed.

use fireassay_spec::Direction;

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::label;
use super::mark::{Look, Marker, swarm};
use super::measure::{
    Measure, Score, mean_score, number, plain, signed, typeset, usable, usable_scores,
};
use super::page::{Align, LABEL, LINE, NOTE, Page, SMALL, STRONG, TEXT, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;

/// More contrasts are counted in the caption and shown in tables only.
const MOST_ROWS: usize = 60;

/// Contrasts in the alternative text; the others are counted.
const MOST_TOLD: usize = 12;

/// Height of a row, and of the space above the first row for the names of band and line.
const ROW: i32 = 460;
const HEAD: i32 = 260;
const BELOW: i32 = 460;

/// Room for names at the left and for verdicts at the right.
const NAMES: (i32, i32) = (700, 2000);
const VERDICTS: i32 = 1700;
const GAP: i32 = 150;

/// Between the points of seeds that stand at the same place.
const STEP: i32 = 42;

/// Bold text is about this much wider, in per cent.
const BOLD: i32 = 112;

/// Contrasts with one reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// What is compared, in the unit of a difference.
    pub measure: Measure,
    /// Name of the reference.
    pub reference: String,
    /// What the intervals are called: `95 % interval`.
    pub interval: String,
    /// Half-width of the region of practical equivalence.
    pub rope: Option<f64>,
    /// From top to bottom.
    pub rows: Vec<EffectRow>,
}

/// One contrast. Differences are condition minus reference, whichever way is better.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRow {
    /// Name of the condition.
    pub name: String,
    /// `better`, `worse`, `equivalent`, `inconclusive`, `exploratory`.
    pub verdict: String,
    /// Paired difference of every seed.
    pub differences: Vec<Score>,
    /// 95 % interval of the mean difference, if there are enough pairs.
    pub interval: Option<(f64, f64)>,
}

/// What is drawn of a row.
struct Row<'a> {
    row: &'a EffectRow,
    differences: Vec<Score>,
    mean: Option<f64>,
    interval: Option<(f64, f64)>,
}

/// Draws one row per contrast, at most 60.
pub fn effects(effects: &Effects) -> Figure {
    let rows: Vec<Row<'_>> = effects.rows.iter().take(MOST_ROWS).map(Row::of).collect();
    let alt = describe(effects, &rows);
    let height = HEAD + ROW * i32::try_from(rows.len().max(1)).unwrap_or(1) + BELOW;
    let title = format!("Differences to {} in {}", effects.reference, effects.measure.name);
    let words = Words { title, alt, caption: caption(effects) };
    figure("effects", words, (WIDTH, height), |page| draw(page, effects, &rows, height))
}

impl<'a> Row<'a> {
    fn of(row: &'a EffectRow) -> Self {
        let differences = usable_scores(&row.differences);
        let mean = mean_score(&differences);
        let interval = row.interval.filter(|(low, high)| usable(*low) && usable(*high));
        Self { row, differences, mean, interval }
    }

    /// `+0.93 [0.61, 1.25]`, to two digits of the interval's half-width.
    fn estimate(&self) -> String {
        let Some(mean) = self.mean else { return String::from("no pairs") };
        let Some((low, high)) = self.interval else { return typeset(&signed(mean, 0.0)) };
        let half = 0.5 * (high - low);
        let bounds = format!("[{}, {}]", number(low, half), number(high, half));
        typeset(&format!("{} {bounds}", signed(mean, half)))
    }

    /// Everything that the axis has to hold.
    fn values(&self) -> impl Iterator<Item = f64> {
        let bounds = self.interval.into_iter().flat_map(|(low, high)| [low, high]);
        self.differences.iter().map(|score| score.value).chain(bounds)
    }
}

fn draw(page: &Page<'_>, effects: &Effects, rows: &[Row<'_>], height: i32) {
    let rope = effects.rope.filter(|rope| usable(*rope) && *rope > 0.0);
    let widest = rows.iter().map(|row| label::width(&label::clean(&row.row.name), TEXT)).max();
    let names = widest.unwrap_or(0).clamp(NAMES.0, NAMES.1);
    let outer =
        Frame { left: names + GAP, top: HEAD, right: WIDTH - VERDICTS - GAP, bottom: height - 20 };
    let values = rows.iter().flat_map(Row::values);
    let around = rope.into_iter().flat_map(|rope| [-rope, rope]).chain([0.0]);
    let plot = page.axes(
        outer,
        Axes {
            x: Scale::linear(values.chain(around), 6),
            y: Scale::places(vec![String::new(); rows.len()]).with_ticks(Vec::new()),
            x_title: x_title(&effects.measure),
            y_title: String::new(),
            grid: Grid::Upright,
        },
    );
    let tops: Vec<i32> = rows
        .iter()
        .scan(plot.inner.top, |top, _| {
            *top += ROW;
            Some(*top - ROW)
        })
        .collect();
    for top in tops.iter().skip(1) {
        page.line((0, *top), (WIDTH, *top), Pen::solid(Paint::Line, 8));
    }
    head(page, &plot, effects, rope);
    for (row, top) in rows.iter().zip(tops) {
        draw_row(page, &plot, row, top + ROW / 2);
    }
    if rows.is_empty() {
        page.empty(plot.inner, "no contrast");
    }
}

fn x_title(measure: &Measure) -> String {
    let way = match measure.better {
        Direction::Higher => "right is better",
        Direction::Lower => "left is better",
    };
    format!("difference in {} ({way})", measure.in_unit())
}

/// The band of practical equivalence and the line of no difference, with their names above.
fn head(page: &Page<'_>, plot: &Plot<'_>, effects: &Effects, rope: Option<f64>) {
    let (top, bottom) = (plot.inner.top, plot.inner.bottom);
    let zero = plot.x(0.0);
    let reference = label::clean(&effects.reference);
    let mut name = format!("{reference} = 0");
    if let Some(rope) = rope {
        page.rect((plot.x(-rope), top), (plot.x(rope), bottom), Paint::Band, 1.0);
        let unit = label::clean(&effects.measure.unit);
        name = format!("{name}; band: practically equal, ±{} {unit}", typeset(&plain(rope)));
    }
    page.line((zero, top), (zero, bottom), Pen::solid(Paint::Ink, 12));
    page.line((zero, top - 60), (zero, top), Pen::solid(Paint::Ink, 12));
    let room = WIDTH - 2 * GAP;
    let half = label::width(&name, SMALL).min(room) / 2;
    let x = zero.clamp(half + GAP, WIDTH - half - GAP);
    page.text(&label::fit(&name, SMALL, room), (x, top - 80), Align::Above, NOTE);
}

fn draw_row(page: &Page<'_>, plot: &Plot<'_>, row: &Row<'_>, middle: i32) {
    let (first, second) = (middle - LINE / 2 - 5, middle + LINE / 2 + 5);
    let name = label::fit(&row.row.name, TEXT, plot.inner.left - GAP);
    page.text(&name, (0, first), Align::Start, LABEL);
    page.text(&format!("n = {}", row.differences.len()), (0, second), Align::Start, NOTE);

    let (marker, look, paint) = appearance(&row.row.verdict);
    let right = plot.inner.right + GAP;
    page.marker((right + 50, first), marker, 42, (paint, look));
    let verdict = label::fit(&row.row.verdict, TEXT * BOLD / 100, VERDICTS - 160);
    page.text(&verdict, (right + 160, first), Align::Start, STRONG);
    let estimate = label::fit(&row.estimate(), SMALL, VERDICTS - 10);
    page.text(&estimate, (right, second), Align::Start, NOTE);

    let (line, seeds) = (middle - 75, middle + 105);
    let places: Vec<i32> = row.differences.iter().map(|score| plot.x(score.value)).collect();
    for (x, shift) in places.iter().zip(swarm(&places, STEP, 2)) {
        page.point((*x, seeds + STEP * shift), paint);
    }
    if let Some((low, high)) = row.interval {
        page.level_bar((plot.x(low), plot.x(high)), line, Pen::solid(paint, 20));
    }
    if let Some(mean) = row.mean {
        page.marker((plot.x(mean), line), marker, 52, (paint, look));
    }
}

/// A verdict has a shape of its own beside its colour.
fn appearance(verdict: &str) -> (Marker, Look, Paint) {
    match verdict {
        "better" => (Marker::Up, Look::Solid, Paint::Series(0)),
        "worse" => (Marker::Down, Look::Solid, Paint::Series(1)),
        "equivalent" => (Marker::Square, Look::Solid, Paint::Series(2)),
        "exploratory" => (Marker::Diamond, Look::Hollow, Paint::Muted),
        _ => (Marker::Circle, Look::Hollow, Paint::Muted),
    }
}

fn describe(effects: &Effects, rows: &[Row<'_>]) -> String {
    let unit = label::clean(&effects.measure.unit);
    let kind = label::clean(&effects.interval);
    let told = |row: &Row<'_>| {
        let (name, verdict) = (label::clean(&row.row.name), label::clean(&row.row.verdict));
        let n = row.differences.len();
        let Some(mean) = row.mean else {
            return format!("{name} has no pair of scores ({verdict})");
        };
        match row.interval {
            None => format!("{name} is {verdict} at {} {unit}, n = {n}", signed(mean, 0.0)),
            Some((low, high)) => {
                let half = 0.5 * (high - low);
                let (low, high) = (number(low, half), number(high, half));
                let mean = signed(mean, half);
                format!("{name} is {verdict} at {mean} {unit}, {kind} {low} to {high}, n = {n}")
            }
        }
    };
    let told: Vec<String> = rows.iter().take(MOST_TOLD).map(told).collect();
    let untold = effects.rows.len().saturating_sub(told.len());
    let mut text = format!(
        "Forest plot of {} with {}: difference in {}.",
        label::count(effects.rows.len(), "contrast"),
        label::clean(&effects.reference),
        effects.measure.in_unit(),
    );
    for sentence in &told {
        text = format!("{text} {sentence}.");
    }
    if untold > 0 {
        text = format!("{text} {} more in the tables.", label::count(untold, "contrast"));
    }
    text
}

fn caption(effects: &Effects) -> String {
    let mut text = format!(
        "Marker and bar: mean paired difference and its {}, not adjusted for the number of \
         contrasts. Dots below: the difference at every seed.",
        label::clean(&effects.interval)
    );
    if effects.rope.is_some() {
        text.push_str(" Shaded: the region of practical equivalence.");
    }
    let hidden = effects.rows.len().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        let hidden = label::count(hidden, "further contrast");
        text = format!("{text} {hidden} in the tables only.");
    }
    text
}
