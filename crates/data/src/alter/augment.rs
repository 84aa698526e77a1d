//! `Augment`: train batches that are varied each time they are seen.

use fireassay_spec::{AugmentSpec, Purpose, Stream, path_key};

use super::draw::{around_0, below, gamma, unit};
use super::image::{self, Size};
use crate::Dataset;

/// How the train batches of a trial are varied: a pure function of seed and step.
#[derive(Clone, Debug)]
pub struct Augment {
    spec: AugmentSpec,
    seed: u64,
    size: Option<Size>,
    fill: Vec<f32>,
}

/// Labels that a batch was mixed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// Share of the batch's own examples and labels, in [0, 1]; the rest is the others'.
    pub share: f64,
    /// `[batch]`.
    pub labels: Vec<u32>,
}

impl Augment {
    /// `seed` is that of the stream `augment`.
    pub fn new(spec: &AugmentSpec, dataset: &Dataset, seed: u64) -> Self {
        let (size, fill) = (Size::of(dataset.shape()), dataset.black().to_vec());
        Self { spec: spec.clone(), seed, size, fill }
    }

    /// Whether batches stay as they are.
    pub fn is_none(&self) -> bool {
        self.spec.is_none()
    }

    /// Varies the batch of a step: `inputs` is `[batch, shape..]`, `labels` `[batch]`.
    pub fn apply(&self, step: u64, inputs: &mut [f32], labels: &[u32]) -> Option<Mixed> {
        if self.spec.is_none() || labels.is_empty() {
            return None;
        }
        if let Some(size) = self.size {
            self.move_images(step, size, inputs, labels.len());
        }
        (self.spec.mixup > 0.0).then(|| self.mix(step, inputs, labels))
    }

    /// The words of one way to vary, `each` for every example.
    fn words(&self, way: &str, step: u64, examples: usize, each: usize) -> Vec<u32> {
        Stream::new(self.seed, Purpose::Augment, path_key(way), step).words(examples * each)
    }

    fn move_images(&self, step: u64, size: Size, inputs: &mut [f32], examples: usize) {
        let item = inputs.len() / examples;
        let AugmentSpec { flip, rotate, crop_padding, cutout, mixup: _ } = self.spec;
        if flip {
            let words = self.words("flip", step, examples, 1);
            for (image, word) in inputs.chunks_exact_mut(item).zip(words) {
                if unit(word) < 0.5 {
                    image::flip(image, size);
                }
            }
        }
        if rotate > 0.0 {
            let words = self.words("rotate", step, examples, 1);
            for (image, word) in inputs.chunks_exact_mut(item).zip(words) {
                image::rotate(image, size, &self.fill, around_0(word, rotate));
            }
        }
        if crop_padding > 0 {
            let words = self.words("crop", step, examples, 2);
            for (image, pair) in inputs.chunks_exact_mut(item).zip(words.chunks_exact(2)) {
                let offset = |word| below(word, 2 * crop_padding + 1) as isize;
                let by = [pair[0], pair[1]].map(|word| crop_padding as isize - offset(word));
                image::shift(image, size, &self.fill, by);
            }
        }
        if cutout > 0 {
            let words = self.words("cutout", step, examples, 2);
            for (image, pair) in inputs.chunks_exact_mut(item).zip(words.chunks_exact(2)) {
                let middle = [below(pair[0], size.height), below(pair[1], size.width)];
                image::blank(image, size, cutout, middle);
            }
        }
    }

    /// One weight for the whole batch, and each example's partner from a permutation of it.
    fn mix(&self, step: u64, inputs: &mut [f32], labels: &[u32]) -> Mixed {
        /// Far more than the rejections of any shape take.
        const WORDS: usize = 512;
        let mut words = self.words("mixup", step, WORDS, 1).into_iter();
        let [a, b] = [0; 2].map(|_| gamma(self.spec.mixup, &mut words));
        // Both can underflow for a tiny parameter, whose distribution is all at 0 and 1.
        let share = if a + b > 0.0 { a / (a + b) } else { 1.0 };
        let partners = Stream::new(self.seed, Purpose::Augment, path_key("mixup.partner"), step)
            .permutation(labels.len());
        let item = inputs.len() / labels.len();
        let old = inputs.to_vec();
        for (example, &partner) in inputs.chunks_exact_mut(item).zip(&partners) {
            let other = &old[partner as usize * item..][..item];
            for (value, &other) in example.iter_mut().zip(other) {
                *value = (share * f64::from(*value) + (1.0 - share) * f64::from(other)) as f32;
            }
        }
        Mixed { share, labels: partners.iter().map(|&at| labels[at as usize]).collect() }
    }
}
