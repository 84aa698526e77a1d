//! Whether `[base.data.corrupt]` and `[base.data.augment]` can be done to the data.

use super::{ABOVE_0, FROM_0_TO_1, NOT_NEGATIVE, Problems, Rule};
use crate::{AugmentSpec, CorruptSpec, Corruption, DatasetCard};

const ANGLE: Rule = ("0 to 180 degrees", |v| (0.0..=180.0).contains(&v));
const FINITE: Rule = ("a finite number", |_| true);

impl CorruptSpec {
    pub(super) fn check(&self, card: &DatasetCard, found: &mut Problems) {
        self.train.check("data.corrupt.train", card, found);
        self.test.check("data.corrupt.test", card, found);
    }
}

impl Corruption {
    fn check(&self, at: &str, card: &DatasetCard, found: &mut Problems) {
        let key = |name: &str| format!("{at}.{name}");
        found.number(&key("label-noise"), self.label_noise, FROM_0_TO_1);
        found.number(&key("contrast"), self.contrast, ABOVE_0);
        found.number(&key("brightness"), self.brightness, FINITE);
        found.number(&key("rotate"), self.rotate, ANGLE);
        found.number(&key("noise"), self.noise, NOT_NEGATIVE);
        found.number(&key("outliers"), self.outliers, FROM_0_TO_1);
        if self.label_noise > 0.0 && card.classes.len() < 2 {
            found.add(&key("label-noise"), "there is no other class to change to".to_owned());
        }
        if self.needs_images() {
            let pixels = [("translate", self.translate), ("occlude", self.occlude)];
            check_images(at, "rotate, translate and occlude", &pixels, card, found);
        }
    }
}

impl AugmentSpec {
    pub(super) fn check(&self, card: &DatasetCard, found: &mut Problems) {
        const AT: &str = "data.augment";
        found.number("data.augment.rotate", self.rotate, ANGLE);
        found.number("data.augment.mixup", self.mixup, NOT_NEGATIVE);
        if self.needs_images() {
            let pixels = [("crop-padding", self.crop_padding), ("cutout", self.cutout)];
            check_images(AT, "flip, rotate, crop-padding and cutout", &pixels, card, found);
        }
    }
}

fn check_images(
    at: &str,
    what: &str,
    pixels: &[(&str, usize)],
    card: &DatasetCard,
    found: &mut Problems,
) {
    let [_, height, width] = *card.shape else {
        let message = format!("{what} need images, this dataset has shape {:?}", card.shape);
        return found.add_with_help(at, message, "delete these lines, or take a dataset of images");
    };
    for (name, count) in pixels {
        if *count > height.max(width) {
            let key = format!("{at}.{name}");
            found.add(&key, format!("`{key}` is more than the image has: {height}x{width}"));
        }
    }
}
