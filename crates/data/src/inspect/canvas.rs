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
        let size = (TEXT_SCALE, TEXT_SCALE);
        for (letter, index) in text.chars().zip(0..) {
            let left = x + index * LETTER_WIDTH;
            for row in 0..font::HEIGHT {
                for column in (0..font::WIDTH).filter(|&column| font::is_set(letter, column, row)) {
                    let at = (left + column * TEXT_SCALE, y + row * TEXT_SCALE);
                    self.fill(at, size, BLACK);
                }
            }
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
