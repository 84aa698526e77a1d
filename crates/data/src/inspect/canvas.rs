//! A picture to draw on, and its PNG file.

use super::font;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

pub(super) const WHITE: Colour = [255; 3];
pub(super) const BLACK: Colour = [0; 3];
/// Pixels of the picture for one of the font.
const TEXT_SCALE: usize = 2;
/// How far letters are apart, from one to the next.
pub(super) const LETTER_WIDTH: usize = (font::WIDTH + 1) * TEXT_SCALE;
pub(super) const LETTER_HEIGHT: usize = font::HEIGHT * TEXT_SCALE;

/// White at first. What is drawn beyond its edges is lost.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: WHITE.repeat(width * height) }
    }

    pub(super) fn set(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * colour.len();
            self.pixels[at..at + colour.len()].copy_from_slice(&colour);
        }
    }

    /// `(x, y)` is the top left pixel, `(width, height)` the size.
    pub(super) fn fill(
        &mut self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
        colour: Colour,
    ) {
        for down in 0..height {
            (0..width).for_each(|right| self.set(x + right, y + down, colour));
        }
    }

    pub(super) fn text(&mut self, (x, y): (usize, usize), text: &str) {
        for (letter, index) in text.chars().zip(0..) {
            self.letter((x + index * LETTER_WIDTH, y), letter, BLACK);
        }
    }

    /// A letter that the font lacks is drawn as the number of its code point.
    pub(super) fn letter(&mut self, (x, y): (usize, usize), letter: char, colour: Colour) {
        if !font::has(letter) {
            return self.code_point((x, y), letter, colour);
        }
        for row in 0..font::HEIGHT {
            for column in (0..font::WIDTH).filter(|&column| font::is_set(letter, column, row)) {
                let at = (x + column * TEXT_SCALE, y + row * TEXT_SCALE);
                self.fill(at, (TEXT_SCALE, TEXT_SCALE), colour);
            }
        }
    }

    /// In two rows of small digits: four, or six beyond the first 65,536.
    fn code_point(&mut self, (x, y): (usize, usize), letter: char, colour: Colour) {
        let number = u32::from(letter);
        let per_row = if number > 0xffff { 3 } else { 2 };
        for index in 0..2 * per_row {
            let digit = number >> (4 * (2 * per_row - 1 - index)) & 0xf;
            let left = x + index % per_row * (font::DIGIT_WIDTH + 1);
            let top = y + index / per_row * (font::DIGIT_HEIGHT + 2);
            for row in 0..font::DIGIT_HEIGHT {
                for column in 0..font::DIGIT_WIDTH {
                    if font::is_digit_set(digit, column, row) {
                        self.set(left + column, top + row, colour);
                    }
                }
            }
        }
    }

    /// From one pixel to another, both included.
    pub(super) fn line(
        &mut self,
        (x, y): (usize, usize),
        (to_x, to_y): (usize, usize),
        colour: Colour,
    ) {
        let n = x.abs_diff(to_x).max(y.abs_diff(to_y)).max(1);
        // Rounded to the nearest pixel, in whole numbers.
        let between = |from: usize, to: usize, at: usize| (from * (n - at) + to * at + n / 2) / n;
        for at in 0..=n {
            self.set(between(x, to_x, at), between(y, to_y, at), colour);
        }
    }

    /// The same picture is the same bytes.
    pub(super) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let too_large = |_| png::EncodingError::LimitsExceeded;
        let width = u32::try_from(self.width).map_err(too_large)?;
        let height = u32::try_from(self.height).map_err(too_large)?;
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }
}
