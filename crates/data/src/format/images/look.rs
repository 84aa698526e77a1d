//! What an image is, without a card that says what it should be.

use fireassay_spec::{Alpha, Colour, Fit, Orientation};

use super::picture::{self, Picture, Rules};
use super::turn;

/// What is seen of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    height: usize,
    width: usize,
    /// As EXIF counts them: 1 is upright.
    pub(crate) turned: u8,
    /// Whether it has one channel of colour.
    pub(crate) is_grey: bool,
    /// Whether a pixel is not opaque.
    pub(crate) shows_through: bool,
}

impl Sight {
    /// Height and width, as it was seen.
    pub(crate) fn size(&self) -> (usize, usize) {
        if turn::is_swapped(self.turned) {
            (self.width, self.height)
        } else {
            (self.height, self.width)
        }
    }
}

/// Decodes an image as it is, or says what is wrong with it.
pub(crate) fn look(bytes: &[u8]) -> Result<Sight, String> {
    // Nothing is asked of it: these decide only what becomes of the pixels afterwards.
    let rules = Rules {
        height: 1,
        width: 1,
        colour: Colour::Rgb,
        fit: Fit::Resize,
        alpha: Alpha::Drop,
        orientation: Orientation::Stored,
    };
    let picture = picture::decode(bytes, &rules, &mut Vec::new())?;
    let Picture { height, width, channels, pixels, turned } = picture;
    let has_alpha = channels % 2 == 0;
    let mut alphas = pixels.iter().skip(channels - 1).step_by(channels);
    let shows_through = has_alpha && alphas.any(|&alpha| alpha != u8::MAX);
    Ok(Sight { height, width, turned, is_grey: channels < 3, shows_through })
}
