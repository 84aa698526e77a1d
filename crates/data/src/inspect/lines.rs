//! Sequences of numbers: a tile for each, in it a line for each channel.

use std::ops::RangeInclusive;

use super::Part;
use super::canvas::{BLACK, Canvas, Colour, LETTER_HEIGHT, LETTER_WIDTH};
use super::histograms::colour;
use super::sequences::{Band, bands};
use super::sheet::{GAP, fitting};
use crate::{SequenceBatch, Sequences};

/// Tiles of a band.
const COLUMNS: usize = 6;
/// Bands of sequences that are not of one class each.
const BANDS: usize = 6;
/// Of more channels, only the first are drawn.
const MAX_CHANNELS: usize = 16;
/// As many pixels as the longest sequence.
const TILE_WIDTH: usize = 192;
/// Of all channels of a tile together.
const LANES_HEIGHT: usize = 96;
/// Pixels from one line to the next.
const LANE: RangeInclusive<usize> = 12..=32;
/// Half of a line's height, in standard deviations; what lies beyond is drawn at the edge.
const REACH: f32 = 3.0;
/// Behind the steps that there are, so that lengths are seen.
const PAPER: Colour = [240; 3];
/// Below a tile: the class of each step.
const STRIP: usize = 6;

/// Draws some sequences of a part.
pub(super) fn draw(sequences: &Sequences, part: Part) -> Canvas {
    let bands = bands(sequences, part, COLUMNS, BANDS);
    let tile = Tile::of(sequences, &bands);
    let has_strip =
        !sequences.classes().is_empty() && bands.iter().all(|band| band.name.is_empty());
    let strip = if has_strip { STRIP + 2 } else { 0 };
    let legend: &[String] = if has_strip { sequences.classes() } else { &[] };
    let names: Vec<String> = bands.iter().map(|band| fitting(band.name)).collect();
    let letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let left = GAP + letters * LETTER_WIDTH + GAP;
    let caption = tile.caption();
    let line = LETTER_HEIGHT + GAP;
    let top = GAP + (1 + legend.len()) * line + GAP;
    let pitch = tile.height() + strip + 2 * GAP;
    let width = left + COLUMNS * (TILE_WIDTH + 2 * GAP);
    let width = width.max(2 * GAP + caption.chars().count() * LETTER_WIDTH);
    let mut canvas = Canvas::new(width, top + bands.len() * pitch);
    canvas.text((GAP, GAP), &caption);
    for (name, class) in legend.iter().zip(0..) {
        let y = GAP + (1 + class) * line;
        canvas.fill((GAP, y), (LETTER_HEIGHT, LETTER_HEIGHT), colour(class));
        canvas.text((2 * GAP + LETTER_HEIGHT, y), &fitting(name));
    }
    let mut batch = SequenceBatch::default();
    for ((band, name), index) in bands.iter().zip(&names).zip(0..) {
        let y = top + index * pitch;
        canvas.text((GAP, y + (tile.height() - LETTER_HEIGHT) / 2), name);
        for (&row, column) in band.rows.iter().zip(0..) {
            sequences.gather(&[row], &mut batch);
            let x = left + column * (TILE_WIDTH + 2 * GAP);
            tile.draw(&batch, (x, y), &mut canvas);
            if has_strip {
                tile.strip(&batch, (x, y + tile.height() + 2), &mut canvas);
            }
        }
    }
    canvas
}

/// How sequences are drawn.
struct Tile {
    channels: usize,
    /// How far lines are apart.
    lane: usize,
    /// Of the longest.
    steps: usize,
}

impl Tile {
    fn of(sequences: &Sequences, bands: &[Band<'_>]) -> Self {
        let channels: usize = sequences.shape().iter().product();
        let rows = bands.iter().flat_map(|band| &band.rows);
        let steps = rows.map(|&row| sequences.steps(row)).max().unwrap_or(1);
        let lane = (LANES_HEIGHT / channels).clamp(*LANE.start(), *LANE.end());
        Self { channels, lane, steps }
    }

    fn shown(&self) -> usize {
        self.channels.min(MAX_CHANNELS)
    }

    /// A line reaches half a lane into the next ones.
    fn height(&self) -> usize {
        (self.shown() + 1) * self.lane
    }

    fn caption(&self) -> String {
        let more = if self.channels > MAX_CHANNELS {
            format!(" the first {MAX_CHANNELS} of")
        } else {
            String::new()
        };
        let noun = if self.channels == 1 { "channel" } else { "channels" };
        format!("width: {} steps; lines:{more} {} {noun}, +-3 std each", self.steps, self.channels)
    }

    /// The pixel of a step.
    fn x(&self, step: usize) -> usize {
        step * (TILE_WIDTH - 1) / (self.steps - 1).max(1)
    }

    fn draw(&self, batch: &SequenceBatch, (left, top): (usize, usize), canvas: &mut Canvas) {
        let steps = batch.extent.steps;
        let width = self.x(steps.saturating_sub(1)) + 1;
        canvas.fill((left, top), (width, self.height()), PAPER);
        for channel in 0..self.shown() {
            let middle = top + (channel + 1) * self.lane;
            let point = |step: usize| {
                let value = batch.values[step * self.channels + channel];
                (left + self.x(step), middle - self.lane, self.down(value))
            };
            let mut last = None;
            for step in 0..steps {
                let (x, above, down) = point(step);
                let at = (x, above + down);
                canvas.line(last.unwrap_or(at), at, colour(channel));
                last = Some(at);
            }
        }
    }

    /// Pixels from the upper edge of two lanes to a value.
    fn down(&self, value: f32) -> usize {
        let share = (REACH - value.clamp(-REACH, REACH)) / (2.0 * REACH);
        (share * (2 * self.lane - 1) as f32).round() as usize // between 0 and that
    }

    fn strip(&self, batch: &SequenceBatch, (left, top): (usize, usize), canvas: &mut Canvas) {
        for (&class, step) in batch.labels.iter().zip(0..) {
            let x = self.x(step);
            let width = (self.x(step + 1) - x).max(1);
            canvas.fill((left + x, top), (width, STRIP), colour(class as usize));
        }
        canvas.fill((left, top + STRIP), (self.x(batch.labels.len()), 1), BLACK);
    }
}
