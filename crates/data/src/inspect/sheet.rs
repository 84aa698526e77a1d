//! A contact sheet: a row for each class, with examples from all over its files.

use super::canvas::{Canvas, Colour, LETTER_HEIGHT, LETTER_WIDTH, WHITE};
use super::pictures::Pictures;
use super::{Contents, Part, histograms};
use crate::DataError;

/// Examples of each class.
const COLUMNS: usize = 12;
/// Of more classes, only the first are drawn.
pub(super) const MAX_CLASSES: usize = 100;
/// Longer names are cut.
const MAX_LETTERS: usize = 16;
/// Small images are enlarged until they are about as large; larger ones are reduced to it.
const SIDE: usize = 64;
const LARGEST_SIDE: usize = 2 * SIDE;
pub(super) const GAP: usize = 4;

/// A picture of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// A PNG file.
    pub png: Vec<u8>,
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// How many classes are drawn, from the first on.
    pub num_classes: usize,
}

impl Contents {
    /// A picture of a part. Of images, some of each class in their own colours: those of one channel
    /// grey, those of three red, green and blue; of others the first channel. Of tables, a histogram
    /// of each feature.
    pub fn sheet(&self, part: Part) -> Result<Sheet, DataError> {
        let canvas = match Pictures::of(self) {
            Some(pictures) => self.contact_sheet(part, &pictures),
            None => histograms::draw(self, part),
        };
        let png = canvas.png().map_err(|source| DataError::Sheet { source })?;
        let num_classes = self.classes.len().min(MAX_CLASSES);
        Ok(Sheet { png, size: (canvas.width, canvas.height), num_classes })
    }

    fn contact_sheet(&self, part: Part, pictures: &Pictures<'_>) -> Canvas {
        let tile = Tile::of(pictures);
        let num_classes = self.classes.len().min(MAX_CLASSES);
        let names: Vec<String> = self.classes[..num_classes].iter().map(|n| fitting(n)).collect();
        let most_letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let left = GAP + most_letters * LETTER_WIDTH + GAP;
        let line = tile.height.max(LETTER_HEIGHT) + GAP;
        let width = left + COLUMNS * (tile.width + GAP);
        let mut canvas = Canvas::new(width, GAP + num_classes * line);
        for (name, class) in names.iter().zip(0..) {
            let top = GAP + class * line;
            canvas.text((GAP, top + (line - GAP - LETTER_HEIGHT) / 2), name);
            for (row, column) in self.samples(part, class as u32).into_iter().zip(0..) {
                let at = (left + column * (tile.width + GAP), top);
                tile.draw(pictures, row, at, &mut canvas);
            }
        }
        canvas
    }

    /// Rows of a class, evenly over the part.
    fn samples(&self, part: Part, class: u32) -> Vec<usize> {
        let rows: Vec<usize> = self.rows(part).filter(|&row| self.labels[row] == class).collect();
        let n = rows.len().min(COLUMNS);
        (0..n).map(|index| rows[index * rows.len() / n]).collect()
    }
}

/// A name that is short enough.
pub(super) fn fitting(name: &str) -> String {
    match name.char_indices().nth(MAX_LETTERS) {
        Some(_) => name.chars().take(MAX_LETTERS - 1).chain(['~']).collect(),
        None => name.to_owned(),
    }
}

/// How large each image is drawn.
struct Tile {
    width: usize,
    height: usize,
    /// Pixels of the sheet for one of the image.
    enlarged: usize,
    /// Pixels of the image for one of the sheet.
    reduced: usize,
}

impl Tile {
    fn of(pictures: &Pictures<'_>) -> Self {
        let &Pictures { height, width, .. } = pictures;
        let longest = height.max(width);
        let enlarged = (SIDE / longest).max(1);
        let reduced = if longest > LARGEST_SIDE { longest.div_ceil(LARGEST_SIDE) } else { 1 };
        let size = |side: usize| (side * enlarged / reduced).max(1);
        Self { width: size(width), height: size(height), enlarged, reduced }
    }

    fn draw(
        &self,
        pictures: &Pictures<'_>,
        row: usize,
        (left, top): (usize, usize),
        canvas: &mut Canvas,
    ) {
        let picture = pictures.get(row);
        for y in 0..self.height {
            for x in 0..self.width {
                let colour = self.colour(pictures, picture, (x, y));
                canvas.set(left + x, top + y, colour);
            }
        }
    }

    /// The average of the pixels that fall on one of the sheet.
    fn colour(&self, pictures: &Pictures<'_>, picture: &[u8], (x, y): (usize, usize)) -> Colour {
        let &Pictures { channels, height, width, .. } = pictures;
        let span = |at: usize, size: usize| {
            let start = at * self.reduced / self.enlarged;
            start..(start + self.reduced).min(size)
        };
        let (columns, rows) = (span(x, width), span(y, height));
        let mut colour = WHITE;
        for (value, index) in colour.iter_mut().zip(0..) {
            let channel = if channels == 3 { index } else { 0 };
            let plane = &picture[channel * height * width..];
            let lines = rows.clone().map(|y| &plane[y * width..][columns.clone()]);
            let sum: usize = lines.flatten().map(|&v| usize::from(v)).sum();
            let n = columns.len() * rows.len();
            *value = ((sum + n / 2) / n) as u8; // a mean of bytes is one
        }
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut() {
        assert_eq!(fitting("automobile"), "automobile");
        assert_eq!(fitting("sixteen letters!"), "sixteen letters!");
        assert_eq!(fitting("seventeen letters"), "seventeen lette~");
        assert_eq!(fitting("écureuil à dix-sept"), "écureuil à dix-~");
    }
}
