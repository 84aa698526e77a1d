//! Confusion matrices of the reference and the best condition.

use super::Figure;
use super::axes::Frame;
use super::canvas::whole;
use super::label;
use super::measure::number;
use super::page::{Align, Dot, LABEL, NOTE, Page, STRONG, TEXT, Type, WIDTH, Words, figure};
use super::paint::{Paint, Pen};

/// Up to here, two matrices with their numbers stand side by side; up to the second, below each
/// other; beyond that, cells have no numbers.
const MOST_BESIDE: usize = 10;
const MOST_NUMBERED: usize = 20;

/// Off-diagonal cells drawn of a matrix without numbers: the most frequent ones.
const MOST_CELLS: usize = 400;

/// Confusions in the alternative text.
const MOST_TOLD: usize = 5;

/// Shades leave out the middle, on which neither dark nor white text can be read: the lightest
/// shade with white text, and the darkest with dark text. See the test.
const DARKEST_LIGHT: f64 = 0.70;
const LIGHTEST_DARK: f64 = 0.82;

/// A few classes need no cells as large as a stamp.
const LARGEST_CELL: i32 = 1000;

const HEAD: i32 = 360;
const FOOT: i32 = 60;
const GAP: i32 = 260;

/// Two matrices over the same classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Names of the classes; those without a name are shown by index.
    pub classes: Vec<String>,
    /// What the others are compared with.
    pub reference: ConfusionMatrix,
    /// The best condition; none if that is the reference.
    pub best: Option<ConfusionMatrix>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    /// Name of the condition.
    pub name: String,
    /// Seeds that are summed.
    pub seeds: usize,
    /// Examples by true class and predicted class.
    pub counts: Vec<Vec<u64>>,
}

/// Where a matrix stands and how large its cells are.
#[derive(Clone, Copy)]
struct Place {
    frame: Frame,
    classes: usize,
}

/// Draws numbers for at most 20 classes, and shades only beyond that.
pub fn confusion(confusion: &Confusion) -> Figure {
    let matrices: Vec<&ConfusionMatrix> =
        std::iter::once(&confusion.reference).chain(&confusion.best).collect();
    let classes = matrices.iter().map(|m| m.classes()).max().unwrap_or(0);
    let classes = classes.max(confusion.classes.len());
    let names: Vec<String> = (0..classes).map(|i| class_name(confusion, i)).collect();
    let numbered = classes <= MOST_NUMBERED;
    let beside = matrices.len() > 1 && (classes <= MOST_BESIDE || !numbered);
    let (places, (width, height)) = layout(&names, matrices.len(), beside);
    let alt = describe(&matrices, &names);
    let words = Words { title: "Confusion matrices".into(), alt, caption: caption(classes) };
    figure("confusion", words, (width, height), |page| {
        for (i, (matrix, place)) in matrices.iter().zip(&places).enumerate() {
            // Matrices side by side share the names of the true classes.
            let named = i == 0 || !beside;
            head(page, matrix, *place, (&names, named));
            cells(page, matrix, *place, numbered);
        }
    })
}

impl ConfusionMatrix {
    fn classes(&self) -> usize {
        let widest = self.counts.iter().map(Vec::len).max().unwrap_or(0);
        self.counts.len().max(widest)
    }

    fn count(&self, truth: usize, predicted: usize) -> u64 {
        let row = self.counts.get(truth);
        row.and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    fn total(&self, truth: usize) -> u64 {
        self.counts.get(truth).map_or(0, |row| sum(row.iter().copied()))
    }

    /// Share of a true class that was taken for another.
    fn share(&self, truth: usize, predicted: usize) -> f64 {
        ratio(self.count(truth, predicted), self.total(truth))
    }

    fn accuracy(&self) -> f64 {
        let right = sum((0..self.classes()).map(|class| self.count(class, class)));
        ratio(right, sum((0..self.counts.len()).map(|truth| self.total(truth))))
    }

    /// Confusions with counts, the most frequent first.
    fn confusions(&self) -> Vec<(usize, usize)> {
        let pairs = |(truth, row): (usize, &Vec<u64>)| {
            let wrong = row.iter().enumerate().filter(move |(class, n)| *class != truth && **n > 0);
            wrong.map(move |(class, _)| (truth, class)).collect::<Vec<_>>()
        };
        let mut pairs: Vec<(usize, usize)> =
            self.counts.iter().enumerate().flat_map(pairs).collect();
        pairs.sort_by_key(|(a, b)| (std::cmp::Reverse(self.count(*a, *b)), *a, *b));
        pairs
    }
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts is shown to three digits")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn class_name(confusion: &Confusion, index: usize) -> String {
    let name = confusion.classes.get(index).map(|name| label::clean(name)).unwrap_or_default();
    if name.is_empty() { index.to_string() } else { name }
}

/// Places of the matrices and the height of the sheet.
fn layout(names: &[String], matrices: usize, beside: bool) -> (Vec<Place>, Dot) {
    let widest = names.iter().map(|name| label::width(name, NOTE.size)).max().unwrap_or(0);
    let labels = if names.len() <= MOST_NUMBERED { widest.clamp(150, 900) + 80 } else { 60 };
    let left = labels + 200;
    let columns = if beside { i32::try_from(matrices).unwrap_or(1) } else { 1 };
    let room = (WIDTH - left - 40 - GAP * (columns - 1)) / columns;
    let classes = i32::try_from(names.len().max(1)).unwrap_or(i32::MAX);
    let side = (room / classes).min(LARGEST_CELL) * classes;
    let side = if side == 0 { room } else { side };
    let block = HEAD + side + labels + 200 + FOOT;
    let place = |i: i32| {
        let (column, row) = if beside { (i, 0) } else { (0, i) };
        let left = left + column * (side + GAP);
        let top = HEAD + row * block;
        let frame = Frame { left, top, right: left + side, bottom: top + side };
        Place { frame, classes: names.len() }
    };
    let rows = if beside { 1 } else { i32::try_from(matrices).unwrap_or(1) };
    let width = (left + columns * (side + GAP)).clamp(WIDTH / 2, WIDTH);
    ((0..).take(matrices).map(place).collect(), (width, rows * block))
}

impl Place {
    /// Edge before a class, along either axis from its start.
    fn edge(&self, class: usize) -> i32 {
        let side = self.frame.right - self.frame.left;
        whole(f64::from(side) * ratio(class as u64, self.classes.max(1) as u64))
    }

    fn column(&self, class: usize) -> (i32, i32) {
        (self.frame.left + self.edge(class), self.frame.left + self.edge(class + 1))
    }

    fn row(&self, class: usize) -> (i32, i32) {
        (self.frame.top + self.edge(class), self.frame.top + self.edge(class + 1))
    }
}

/// Name, accuracy, names of classes and titles of a matrix.
fn head(
    page: &Page<'_>,
    matrix: &ConfusionMatrix,
    place: Place,
    (names, named): (&[String], bool),
) {
    let Frame { left, top, right, bottom } = place.frame;
    let name = label::fit(&matrix.name, TEXT * 112 / 100, right - left);
    page.text(&name, (left, top - 250), Align::Start, STRONG);
    let accuracy = format!(
        "accuracy {} %, {}",
        number(100.0 * matrix.accuracy(), 1.0),
        label::count(matrix.seeds, "seed"),
    );
    page.text(
        &label::fit(&accuracy, NOTE.size, right - left),
        (left, top - 90),
        Align::Start,
        NOTE,
    );
    let numbered = names.len() <= MOST_NUMBERED;
    let mut labels = 60;
    if numbered {
        let room = 900;
        for (class, name) in names.iter().enumerate() {
            let name = label::fit(name, NOTE.size, room);
            labels = labels.max(label::width(&name, NOTE.size) + 80);
            let (x, y) = (middle(place.column(class)), middle(place.row(class)));
            if named {
                page.text(&name, (left - 50, y), Align::End, NOTE);
            }
            page.text(&name, (x, bottom + 50), Align::UpEnd, NOTE);
        }
    }
    let predicted = if numbered { "predicted class" } else { "predicted class, by index" };
    page.text(predicted, ((left + right) / 2, bottom + labels + 40), Align::Below, LABEL);
    if named {
        let x = left - labels - 70;
        page.text("true class", (x, (top + bottom) / 2), Align::UpMiddle, LABEL);
    }
}

fn middle((from, to): (i32, i32)) -> i32 {
    from.midpoint(to)
}

fn cells(page: &Page<'_>, matrix: &ConfusionMatrix, place: Place, numbered: bool) {
    let Frame { left, top, right, bottom } = place.frame;
    let mut shown: Vec<(usize, usize)> = (0..place.classes).map(|class| (class, class)).collect();
    let most = if numbered { usize::MAX } else { MOST_CELLS };
    shown.extend(matrix.confusions().into_iter().take(most));
    for (truth, predicted) in shown {
        let share = matrix.share(truth, predicted);
        // Without numbers on them, shades may run through, and rare confusions need help.
        let (opacity, paint) = if numbered { shade(share) } else { (share.sqrt(), Paint::Ink) };
        let fill = if numbered { Paint::Heat } else { Paint::Series(0) };
        let (x, y) = (place.column(predicted), place.row(truth));
        if opacity > 0.0 {
            page.rect((x.0, y.0), (x.1, y.1), fill, opacity);
        }
        let count = matrix.count(truth, predicted);
        if numbered && count > 0 {
            let text = count.to_string();
            let size = (NOTE.size..=NOTE.size).chain((60..NOTE.size).rev());
            let fitting = size.into_iter().find(|s| label::width(&text, *s) < x.1 - x.0);
            let face = Type { size: fitting.unwrap_or(60), paint, bold: false, halo: false };
            page.text(&text, (middle(x), middle(y)), Align::Middle, face);
        }
    }
    let pen = Pen::solid(Paint::Muted, 8);
    page.path(vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], pen);
}

/// Opacity of a cell and the paint of the number in it.
fn shade(share: f64) -> (f64, Paint) {
    if share <= DARKEST_LIGHT {
        (share, Paint::Ink)
    } else {
        let beyond = (share - DARKEST_LIGHT) / (1.0 - DARKEST_LIGHT);
        (LIGHTEST_DARK + (1.0 - LIGHTEST_DARK) * beyond, Paint::OnHeat)
    }
}

fn describe(matrices: &[&ConfusionMatrix], names: &[String]) -> String {
    let classes = if names.len() == 1 { "class" } else { "classes" };
    let mut text = format!("Confusion over {} {classes}.", names.len());
    for matrix in matrices {
        let told = |&(truth, predicted): &(usize, usize)| {
            let percent = number(100.0 * matrix.share(truth, predicted), 10.0);
            format!(
                "{} taken for {} {} of {} times ({percent} %)",
                names[truth],
                names[predicted],
                matrix.count(truth, predicted),
                matrix.total(truth),
            )
        };
        let most: Vec<String> = matrix.confusions().iter().take(MOST_TOLD).map(told).collect();
        let most = if most.is_empty() { "none".into() } else { label::list(&most, MOST_TOLD) };
        text = format!(
            "{text} {}: accuracy {} % over {}; most frequent confusions: {most}.",
            label::clean(&matrix.name),
            number(100.0 * matrix.accuracy(), 1.0),
            label::count(matrix.seeds, "seed"),
        );
    }
    text
}

fn caption(classes: usize) -> String {
    let mut text = String::from(
        "Rows: true classes; columns: predicted classes. Counts are summed over seeds; shade: \
         share of the row",
    );
    if classes <= MOST_NUMBERED {
        text.push_str("; empty cells are 0.");
    } else {
        text = format!(
            "{text}, as its square root; with more than {MOST_NUMBERED} classes, cells have no numbers and only the \
             {MOST_CELLS} most frequent confusions are drawn."
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::paint::tests::{contrast, rgb};
    use super::super::paint::{HEAT, ON_HEAT};
    use super::*;

    #[test]
    fn numbers_can_be_read_on_every_shade_of_light_and_dark_pages() {
        for (paper, ink) in [("#ffffff", "#1b1b1b"), ("#16181c", "#e8eaed")] {
            for percent in 0..=100 {
                let (opacity, paint) = shade(f64::from(percent) / 100.0);
                let (paper, heat) = (rgb(paper), rgb(HEAT));
                let cell = [0, 1, 2].map(|i| paper[i] + opacity * (heat[i] - paper[i]));
                let text = if paint == Paint::OnHeat { rgb(ON_HEAT) } else { rgb(ink) };
                let found = contrast(cell, text);
                assert!(found >= 4.5, "{percent} % on {paper:?}: {found:.2}");
            }
        }
    }
}
