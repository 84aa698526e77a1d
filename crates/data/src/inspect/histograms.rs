//! A sheet for tables: a histogram of each feature, its bars stacked by class.

use super::canvas::{BLACK, Canvas, Colour, LETTER_HEIGHT, LETTER_WIDTH};
use super::sheet::{GAP, MAX_CLASSES, fitting};
use super::{Contents, Part};

/// Panels side by side.
const COLUMNS: usize = 5;
/// Of more features, only the first are drawn.
const MAX_FEATURES: usize = 40;
const BINS: usize = 24;
/// Pixels of a bar.
const BAR_WIDTH: usize = 6;
const PANEL_WIDTH: usize = BINS * BAR_WIDTH;
const PANEL_HEIGHT: usize = 96;
/// Colours that people with any colour vision tell apart (Okabe and Ito 2008), then again.
const COLOURS: [Colour; 8] = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [213, 94, 0],
    [86, 180, 233],
    [204, 121, 167],
    [240, 228, 66],
    [120, 120, 120],
];

/// Draws the features of a part. Examples of a class are in its colour, the first class lowest.
pub(super) fn draw(contents: &Contents, part: Part) -> Canvas {
    let num_features = contents.shape[0].min(MAX_FEATURES);
    let columns = num_features.clamp(1, COLUMNS);
    let classes = &contents.classes[..contents.classes.len().min(MAX_CLASSES)];
    let panel = (PANEL_WIDTH + 4 * GAP, PANEL_HEIGHT + LETTER_HEIGHT + 4 * GAP);
    let width = GAP + columns * panel.0;
    let legend = classes.len() * (LETTER_HEIGHT + GAP);
    let top = 2 * GAP + legend;
    let height = top + num_features.div_ceil(columns) * panel.1;
    let letters = classes.iter().map(|name| fitting(name).chars().count()).max().unwrap_or(0);
    let legend_width = 3 * GAP + LETTER_HEIGHT + letters * LETTER_WIDTH;
    let mut canvas = Canvas::new(width.max(legend_width), height);
    for (name, class) in classes.iter().zip(0..) {
        let y = GAP + class * (LETTER_HEIGHT + GAP);
        canvas.fill((GAP, y), (LETTER_HEIGHT, LETTER_HEIGHT), colour(class));
        canvas.text((2 * GAP + LETTER_HEIGHT, y), &fitting(name));
    }
    for feature in 0..num_features {
        let x = GAP + feature % columns * panel.0;
        let y = top + feature / columns * panel.1;
        canvas.text((x, y), &feature.to_string());
        bars(contents, part, feature, (x, y + LETTER_HEIGHT + GAP), &mut canvas);
    }
    canvas
}

pub(super) fn colour(class: usize) -> Colour {
    COLOURS[class % COLOURS.len()]
}

/// The highest bar is as high as the panel.
fn bars(
    contents: &Contents,
    part: Part,
    feature: usize,
    (left, top): (usize, usize),
    canvas: &mut Canvas,
) {
    let mut values = Vec::new();
    contents.each(part, feature, &mut |value| values.push(value));
    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut counts = vec![[0usize; BINS]; contents.classes.len()];
    for (value, row) in values.iter().zip(contents.rows(part)) {
        counts[contents.labels[row] as usize][bin(*value, min, max)] += 1;
    }
    let total = |bin: usize| -> usize { counts.iter().map(|counts| counts[bin]).sum() };
    let highest = (0..BINS).map(total).max().unwrap_or(0).max(1);
    let bottom = top + PANEL_HEIGHT;
    for bin in 0..BINS {
        let mut below = 0;
        for (counts, class) in counts.iter().zip(0..) {
            let from = below * PANEL_HEIGHT / highest;
            below += counts[bin];
            let to = below * PANEL_HEIGHT / highest;
            let size = (BAR_WIDTH - 1, to - from);
            canvas.fill((left + bin * BAR_WIDTH, bottom - to), size, colour(class));
        }
    }
    canvas.fill((left, bottom), (PANEL_WIDTH, 1), BLACK);
}

/// The largest value is in the last bin; when all are the same, in the first.
fn bin(value: f64, min: f64, max: f64) -> usize {
    let share = (value - min) / (max - min);
    if share.is_finite() { ((share * BINS as f64) as usize).min(BINS - 1) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_bin() {
        assert_eq!(bin(2.0, 2.0, 4.0), 0);
        assert_eq!(bin(4.0, 2.0, 4.0), BINS - 1);
        assert_eq!(bin(3.0, 2.0, 4.0), BINS / 2);
        assert_eq!(bin(3.0, 3.0, 3.0), 0);
        assert_eq!(bin(f64::MAX, f64::MIN, f64::MAX), 0);
    }
}
