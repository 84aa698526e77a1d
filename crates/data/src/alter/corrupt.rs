//! `Corrupted`: a dataset that was spoiled as the spec asks, and what was done to it.

use fireassay_spec::{CorruptSpec, Corruption, Purpose, Stream, path_key};

use super::draw::{around_0, below, normal};
use super::image::{self, Size};
use crate::{Dataset, Splits};

/// A spoiled dataset.
#[derive(Clone, Debug)]
pub struct Corrupted {
    /// The rows of the splits are spoiled, the others are as they were.
    pub dataset: Dataset,
    /// Labels that are not those of their classes, by row.
    pub flipped: Vec<Flipped>,
    /// Rows whose values were replaced, sorted.
    pub outliers: Vec<u32>,
}

/// A label that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flipped {
    /// Of the dataset.
    pub row: u32,
    /// Of its class.
    pub from: u32,
    /// Now.
    pub to: u32,
}

/// In units of a normalised value: far outside of what most data look like, and bounded.
const OUTLIER_RANGE: f64 = 3.0;

impl Dataset {
    /// The dataset spoiled as `spec` asks; `seed` is that of the stream `corrupt`.
    pub fn corrupted(self, spec: &CorruptSpec, splits: &Splits, seed: u64) -> Corrupted {
        let mut spoiler =
            Spoiler { dataset: self, seed, flipped: Vec::new(), outliers: Vec::new() };
        for (rows, corruption) in
            [(&splits.train, &spec.train), (&splits.val, &spec.train), (&splits.test, &spec.test)]
        {
            spoiler.spoil(rows, corruption);
        }
        let Spoiler { dataset, mut flipped, mut outliers, .. } = spoiler;
        flipped.sort_unstable();
        outliers.sort_unstable();
        Corrupted { dataset, flipped, outliers }
    }
}

struct Spoiler {
    dataset: Dataset,
    seed: u64,
    flipped: Vec<Flipped>,
    outliers: Vec<u32>,
}

impl Spoiler {
    fn spoil(&mut self, rows: &[u32], corruption: &Corruption) {
        self.flip_labels(rows, corruption.label_noise);
        if !corruption.moves_inputs() {
            return;
        }
        let place = self.places(corruption.permute);
        for &row in rows {
            self.spoil_inputs(row, corruption, place.as_deref());
        }
        for row in self.chosen("outliers", rows, corruption.outliers) {
            self.replace(row);
            self.outliers.push(row);
        }
    }

    /// A share of the rows, to the nearest one: those with the smallest draws, so that more are a
    /// superset of fewer.
    fn chosen(&self, way: &str, rows: &[u32], share: f64) -> Vec<u32> {
        let count = (rows.len() as f64 * share).round() as usize;
        if count == 0 {
            return Vec::new();
        }
        let mut drawn: Vec<(u32, u32)> =
            rows.iter().map(|&row| (self.words(way, row, 1)[0], row)).collect();
        drawn.sort_unstable();
        drawn.into_iter().take(count).map(|(_, row)| row).collect()
    }

    fn words(&self, way: &str, row: u32, count: usize) -> Vec<u32> {
        Stream::new(self.seed, Purpose::Corrupt, path_key(way), u64::from(row)).words(count)
    }

    fn flip_labels(&mut self, rows: &[u32], share: f64) {
        let others = self.dataset.num_classes() - 1;
        for row in self.chosen("label-noise", rows, share) {
            let from = self.dataset.labels()[row as usize];
            let other = below(self.words("label", row, 1)[0], others) as u32;
            let to = if other < from { other } else { other + 1 };
            self.dataset.set_label(row, to);
            self.flipped.push(Flipped { row, from, to });
        }
    }

    /// Where each value of an example comes from; none if they stay.
    fn places(&self, permute: bool) -> Option<Vec<u32>> {
        let stream = Stream::new(self.seed, Purpose::Corrupt, path_key("permute"), 0);
        permute.then(|| stream.permutation(self.dataset.item_len()))
    }

    /// In the order of the fields of [`Corruption`].
    fn spoil_inputs(&mut self, row: u32, corruption: &Corruption, places: Option<&[u32]>) {
        let Corruption { contrast, brightness, rotate, translate, occlude, noise, .. } =
            *corruption;
        let (size, fill) = (Size::of(self.dataset.shape()), self.dataset.black().to_vec());
        let words = |way: &str, count: usize| self.words(way, row, count);
        let mut values = self.dataset.item(row);
        if contrast != 1.0 {
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            let spread = |v: f32| (mean + contrast * (f64::from(v) - mean)) as f32;
            values.iter_mut().for_each(|v| *v = spread(*v));
        }
        if brightness != 0.0 {
            values.iter_mut().for_each(|v| *v = (f64::from(*v) + brightness) as f32);
        }
        if let Some(size) = size {
            if rotate > 0.0 {
                let degrees = around_0(words("rotate", 1)[0], rotate);
                image::rotate(&mut values, size, &fill, degrees);
            }
            if translate > 0 {
                let by = |word| below(word, 2 * translate + 1) as isize - translate as isize;
                let drawn = words("translate", 2);
                image::shift(&mut values, size, &fill, [by(drawn[0]), by(drawn[1])]);
            }
            if occlude > 0 {
                let drawn = words("occlude", 2);
                let middle = [below(drawn[0], size.height), below(drawn[1], size.width)];
                image::blank(&mut values, size, occlude, middle);
            }
        }
        if noise > 0.0 {
            let drawn = words("noise", values.len().next_multiple_of(2));
            let drawn = drawn.chunks_exact(2).flat_map(|pair| normal([pair[0], pair[1]]));
            let add = |(value, x): (&mut f32, f64)| *value = (f64::from(*value) + noise * x) as f32;
            values.iter_mut().zip(drawn).for_each(add);
        }
        if let Some(places) = places {
            values = places.iter().map(|&from| values[from as usize]).collect();
        }
        self.dataset.set_item(row, &values);
    }

    fn replace(&mut self, row: u32) {
        let drawn = self.words("outlier", row, self.dataset.item_len());
        let values: Vec<f32> =
            drawn.into_iter().map(|word| around_0(word, OUTLIER_RANGE) as f32).collect();
        self.dataset.set_item(row, &values);
    }
}
