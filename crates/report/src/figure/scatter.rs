//! Score against cost: one named marker per condition with its spread over seeds.

use super::Figure;
use super::axes::{Axes, Frame, Grid, Plot};
use super::canvas::whole;
use super::ends::Series;
use super::label;
use super::measure::{Measure, number, usable};
use super::page::{Align, Dot, LABEL, NOTE, Page, SMALL, TEXT, Type, WIDTH, Words, figure};
use super::paint::{Paint, Pen};
use super::scale::Scale;
use super::ticks;

/// Costs that span this ratio stand on a logarithmic axis.
const LOG_FROM: f64 = 10.0;

/// With more conditions, markers carry numbers and the names stand below.
const MOST_NAMES: usize = 14;

/// More conditions are counted in the caption and shown in tables only.
const MOST_POINTS: usize = 60;

/// Conditions in the alternative text; the others are counted.
const MOST_TOLD: usize = 12;

const HEIGHT: i32 = 4200;
const RIGHT: i32 = 300;

/// Most columns of the names below, room above them, and height of a line, in dots.
const KEY_COLUMNS: i32 = 3;
const KEY_ABOVE: i32 = 340;
const KEY_LINE: i32 = 170;

/// Score against one kind of cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Scatter {
    /// What is measured.
    pub measure: Measure,
    /// What it costs.
    pub against: Against,
    /// The reference first.
    pub points: Vec<ScatterPoint>,
}

/// The cost along x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// Number of parameters.
    Parameters,
    /// Mean wall time of a trial in seconds.
    Time,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterPoint {
    /// Name of the condition.
    pub name: String,
    /// Place among the conditions of the report, which decides colour and marker; the reference is
    /// at 0 and drawn in the colour of text.
    pub place: usize,
    /// Its cost.
    pub cost: f64,
    /// Mean score over seeds.
    pub mean: f64,
    /// Standard deviation over seeds.
    pub sd: Option<f64>,
    /// Seeds behind the mean.
    pub n: usize,
}

/// Draws one marker per condition, at most 60.
pub fn scatter(scatter: &Scatter) -> Figure {
    let is_usable = |p: &&ScatterPoint| usable(p.cost) && usable(p.mean);
    let points: Vec<&ScatterPoint> =
        scatter.points.iter().filter(is_usable).take(MOST_POINTS).collect();
    let x = Scale::by_ratio(&points.iter().map(|p| p.cost).collect::<Vec<_>>(), LOG_FROM, 6);
    let alt = describe(scatter, &points);
    let (name, title) = match scatter.against {
        Against::Parameters => ("score-by-parameters", "parameters"),
        Against::Time => ("score-by-time", "time"),
    };
    let title = format!("{} against {title}", scatter.measure.name);
    let words = Words { title, alt, caption: caption(scatter, &points) };
    let numbered = points.len() > MOST_NAMES;
    let key = if numbered { KEY_ABOVE + KEY_LINE * key_lines(&points) } else { 0 };
    figure(name, words, (WIDTH, HEIGHT + key), |page| {
        let (plot, looks) = draw(page, scatter, &points, x);
        if numbered {
            number_them(page, &plot, &points, &looks);
        } else {
            name_them(page, &plot, &points);
        }
    })
}

fn draw<'a>(
    page: &Page<'a>,
    scatter: &Scatter,
    points: &[&ScatterPoint],
    x: Scale,
) -> (Plot<'a>, Vec<Series>) {
    let outer = Frame { left: 20, top: 20, right: WIDTH - RIGHT, bottom: HEIGHT - 20 };
    let logarithmic = if x.is_logarithmic() { " (log scale)" } else { "" };
    let x = short_labels(x);
    let ys = points.iter().flat_map(|p| {
        let sd = usable_sd(p).unwrap_or(0.0);
        [p.mean - sd, p.mean + sd]
    });
    let plot = page.axes(
        outer,
        Axes {
            x,
            y: Scale::linear(ys, 6),
            x_title: format!("{}{logarithmic}", cost_name(scatter.against)),
            y_title: scatter.measure.axis(),
            grid: Grid::Level,
        },
    );
    let looks: Vec<Series> = points.iter().map(|p| Series::at(p.place)).collect();
    for (p, series) in points.iter().zip(&looks) {
        let at = plot.at(p.cost, p.mean);
        if let Some(sd) = usable_sd(p) {
            let bounds = (plot.y(p.mean - sd), plot.y(p.mean + sd));
            page.upright_bar(at.0, bounds, Pen::solid(series.paint, 12));
        }
    }
    for (p, series) in points.iter().zip(&looks) {
        let at = plot.at(p.cost, p.mean);
        page.marker(at, series.marker, 50, (series.paint, series.look));
    }
    if points.is_empty() {
        page.empty(plot.inner, "no score");
    }
    (plot, looks)
}

fn usable_sd(p: &ScatterPoint) -> Option<f64> {
    p.sd.filter(|sd| usable(*sd) && *sd >= 0.0)
}

fn cost_name(against: Against) -> &'static str {
    match against {
        Against::Parameters => "parameters",
        Against::Time => "mean wall time of a trial, s",
    }
}

/// Large costs in thousands and millions.
fn short_labels(x: Scale) -> Scale {
    let mut ticks = x.ticks.clone();
    for tick in ticks.iter_mut().filter(|tick| tick.at.abs() >= 1e3) {
        tick.label = ticks::short(tick.at);
    }
    x.with_ticks(ticks)
}

/// A rectangle that is taken: left, top, right, bottom.
type Area = (i32, i32, i32, i32);

/// Names beside their markers, where they cover neither a marker nor another name.
fn name_them(page: &Page<'_>, plot: &Plot<'_>, points: &[&ScatterPoint]) {
    const ROOM: i32 = 60;
    let places: Vec<Dot> = points.iter().map(|p| plot.at(p.cost, p.mean)).collect();
    let taken_by = |p: &ScatterPoint, (x, y): Dot| {
        let sd = usable_sd(p).unwrap_or(0.0);
        let (top, bottom) = (plot.y(p.mean + sd), plot.y(p.mean - sd));
        (x - ROOM, top.min(y - ROOM), x + ROOM, bottom.max(y + ROOM))
    };
    let mut taken: Vec<Area> = points.iter().zip(&places).map(|(p, at)| taken_by(p, *at)).collect();
    for (p, at) in points.iter().zip(&places) {
        let name = label::fit(&p.name, TEXT, WIDTH / 3);
        let own = taken_by(p, *at);
        let area = free_area(*at, label::width(&name, TEXT), &taken);
        taken.push(area);
        let middle = (area.1 + area.3) / 2;
        // Beyond the next line of text, it takes a thread to see whose name this is.
        let edges = if middle < at.1 { (own.1, area.3) } else { (own.3, area.1) };
        if middle != at.1 && (edges.0 - edges.1).abs() > TEXT {
            let from = (at.0, edges.0);
            let to = (at.0.clamp(area.0, area.2), edges.1);
            page.line(from, to, Pen::solid(Paint::Muted, 8));
        }
        page.text(&name, (area.0, middle), Align::Start, Type { halo: true, ..LABEL });
    }
}

/// The first place around a marker at which a name covers nothing and stays on the sheet; below
/// and above it goes as far as needed.
fn free_area(at: Dot, width: i32, taken: &[Area]) -> Area {
    const ASIDE: i32 = 95;
    let half = TEXT / 2 + 8;
    let place = |x: i32, y: i32| (x, y - half, x + width, y + half);
    let mut candidates = vec![place(at.0 + ASIDE, at.1), place(at.0 - ASIDE - width, at.1)];
    for step in 1..=8 {
        let far = 60 + 90 * step;
        for y in [at.1 - far, at.1 + far] {
            candidates.extend([
                place(at.0 - width / 2, y),
                place(at.0 + 40, y),
                place(at.0 - width - 40, y),
            ]);
        }
    }
    let is_on_sheet = |a: &Area| a.0 >= 0 && a.2 <= WIDTH && a.1 >= 250 && a.3 <= HEIGHT - 500;
    let overlaps = |a: &Area, b: &Area| a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3;
    let is_free = |a: &Area| is_on_sheet(a) && taken.iter().all(|b| !overlaps(a, b));
    let fallback = place((at.0 - width / 2).clamp(0, (WIDTH - width).max(0)), at.1);
    candidates.into_iter().find(is_free).unwrap_or(fallback)
}

/// A number at every marker, and below what the numbers stand for.
fn number_them(page: &Page<'_>, plot: &Plot<'_>, points: &[&ScatterPoint], looks: &[Series]) {
    let lines = key_lines(points);
    let column = key_column(points);
    for (i, (p, series)) in (0..).zip(points.iter().zip(looks)) {
        let at = plot.at(p.cost, p.mean);
        let number = (i + 1).to_string();
        page.text(&number, (at.0 + 75, at.1 - 75), Align::Start, Type { halo: true, ..NOTE });
        let x = 40 + column * (i / lines);
        let y = HEIGHT + KEY_ABOVE / 2 + KEY_LINE * (i % lines);
        page.text(&number, (x + 160, y), Align::End, NOTE);
        page.marker((x + 260, y), series.marker, 40, (series.paint, series.look));
        let name = label::fit(&p.name, SMALL, column - 400);
        page.text(&name, (x + 350, y), Align::Start, NOTE);
    }
}

/// Width of a column of names: narrow if all names are short.
fn key_column(points: &[&ScatterPoint]) -> i32 {
    let widest = points.iter().map(|p| label::width(&label::clean(&p.name), SMALL)).max();
    let room = widest.unwrap_or(0) + 400;
    let columns = (1..=KEY_COLUMNS).rev().find(|columns| (WIDTH - 40) / columns >= room);
    (WIDTH - 40) / columns.unwrap_or(1)
}

fn key_lines(points: &[&ScatterPoint]) -> i32 {
    let count = i32::try_from(points.len()).unwrap_or(0);
    let columns = (WIDTH - 40) / key_column(points);
    (count + columns - 1) / columns
}

fn describe(scatter: &Scatter, points: &[&ScatterPoint]) -> String {
    let cost = |p: &ScatterPoint| match scatter.against {
        Against::Parameters => format!("{} parameters", whole(p.cost.min(2e9))),
        Against::Time => format!("{} s", number(p.cost, p.cost / 10.0)),
    };
    let mut text = format!(
        "{} against {} of {}.",
        scatter.measure.axis(),
        cost_name(scatter.against),
        label::count(points.len(), "condition"),
    );
    for p in points.iter().take(MOST_TOLD) {
        let name = label::clean(&p.name);
        let (mean, n) = (number(p.mean, usable_sd(p).unwrap_or(0.0)), p.n);
        let sd = usable_sd(p);
        let sd = sd.map_or(String::new(), |sd| format!(", SD {}", number(sd, sd)));
        text = format!("{text} {name}: {mean} at {}{sd}, n = {n}.", cost(p));
    }
    let rest = points.len().saturating_sub(MOST_TOLD);
    if rest > 0 {
        text = format!("{text} {} in the tables.", label::count(rest, "further condition"));
    }
    text
}

fn caption(scatter: &Scatter, points: &[&ScatterPoint]) -> String {
    let mut text =
        String::from("Markers: mean over seeds. Bars: one standard deviation over seeds.");
    if scatter.against == Against::Time {
        text.push_str(" Times depend on the machine and on what else it does.");
    }
    let hidden = scatter.points.len() - points.len();
    if hidden > 0 {
        text = format!("{text} {} not drawn.", label::count(hidden, "condition"));
    }
    text
}
