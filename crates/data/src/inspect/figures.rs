//! Figures of each channel of images and of each feature of tables.

use super::{Contents, Part};
use crate::format::RawValues;

/// Of one channel or feature over a part of a dataset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Of the raw values.
    pub mean: f64,
    /// Of the population of raw values.
    pub std: f64,
    /// The smallest raw value.
    pub min: f64,
    /// The largest raw value.
    pub max: f64,
    /// `mean`, normalised as the card says.
    pub normalised_mean: f64,
    /// `std`, normalised as the card says.
    pub normalised_std: f64,
}

/// Raw values that a quarter, half and three quarters of the examples lie below, interpolated
/// linearly between neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter.
    pub lower: f64,
    /// The median.
    pub middle: f64,
    /// Three quarters.
    pub upper: f64,
}

impl Contents {
    /// One for each channel of images, or feature of tables. Empty for a part without examples.
    pub fn figures(&self, part: Part) -> Vec<Figures> {
        if self.rows(part).is_empty() {
            return Vec::new();
        }
        (0..self.shape[0]).map(|channel| self.figures_of(part, channel)).collect()
    }

    /// One for each feature of a table. Empty for images, and for a part without examples.
    pub fn quartiles(&self, part: Part) -> Vec<Quartiles> {
        if self.shape.len() != 1 || self.rows(part).is_empty() {
            return Vec::new();
        }
        let of = |feature| {
            let mut values: Vec<f64> = Vec::new();
            self.each(part, feature, &mut |value| values.push(value));
            values.sort_by(f64::total_cmp);
            let at = |share: f64| quantile(&values, share);
            Quartiles { lower: at(0.25), middle: at(0.5), upper: at(0.75) }
        };
        (0..self.shape[0]).map(of).collect()
    }

    /// Places in an example (pixels, features) that have the same value in every train example.
    pub fn constant(&self) -> Vec<usize> {
        let item = self.item_len();
        match &self.values {
            RawValues::Bytes(values) => constant(&values[..self.num_train * item], item),
            RawValues::Floats(values) => constant(&values[..self.num_train * item], item),
        }
    }

    fn figures_of(&self, part: Part, channel: usize) -> Figures {
        let (mut sum, mut n) = (0.0, 0.0);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        self.each(part, channel, &mut |value| {
            sum += value;
            n += 1.0;
            min = min.min(value);
            max = max.max(value);
        });
        // Rounding must not move the mean of equal values.
        let mean = (sum / n).clamp(min, max);
        let mut squares = 0.0;
        self.each(part, channel, &mut |value| squares += (value - mean) * (value - mean));
        let std = (squares / n).sqrt();
        let constants = &self.normalise;
        let index = channel % constants.mean.len();
        let scale = constants.std[index];
        Figures {
            mean,
            std,
            min,
            max,
            normalised_mean: (mean / constants.divisor - constants.mean[index]) / scale,
            normalised_std: std / constants.divisor / scale,
        }
    }

    /// Shows every raw value of a channel, in the order of the examples.
    pub(super) fn each(&self, part: Part, channel: usize, visit: &mut dyn FnMut(f64)) {
        let item = self.item_len();
        let plane = item / self.shape[0];
        let rows = self.rows(part);
        let values = rows.start * item..rows.end * item;
        match &self.values {
            RawValues::Bytes(all) => {
                let planes = all[values].chunks_exact(plane).skip(channel).step_by(self.shape[0]);
                planes.flatten().for_each(|&value| visit(f64::from(value)));
            }
            RawValues::Floats(all) => {
                let planes = all[values].chunks_exact(plane).skip(channel).step_by(self.shape[0]);
                planes.flatten().for_each(|&value| visit(f64::from(value)));
            }
        }
    }
}

fn constant<T: PartialEq>(values: &[T], item: usize) -> Vec<usize> {
    let mut examples = values.chunks_exact(item);
    let Some(first) = examples.next() else { return Vec::new() };
    let mut places: Vec<usize> = (0..item).collect();
    for example in examples {
        if places.is_empty() {
            break;
        }
        places.retain(|&place| example[place] == first[place]);
    }
    places
}

/// Of sorted values, of which there is one at least.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0.25, 0.5, 0.75])
        let found = [0.25, 0.5, 0.75].map(|share| quantile(&[1.0, 2.0, 4.0, 8.0], share));
        assert_eq!(found, [1.75, 3.0, 5.0]);
        assert_eq!(quantile(&[7.0], 0.75), 7.0);
    }

    #[test]
    fn places_that_never_vary_are_found() {
        assert_eq!(constant(&[1, 2, 3, 1, 0, 3, 1, 2, 3], 3), [0, 2]);
        assert_eq!(constant(&[0.5], 1), [0]);
    }
}
