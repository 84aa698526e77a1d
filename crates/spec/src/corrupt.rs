//! `[base.data.corrupt]`: what is spoiled in the data before anything is learned.

use serde::{Deserialize, Serialize};

/// Spoils the examples to learn and select from, and those to test on, apart from each other.
///
/// What is spoiled, and how, follows the stream `corrupt` and the example: it is the same in every
/// condition, and a larger fraction spoils what a smaller one does, and more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CorruptSpec {
    /// Of train and of val, each by itself.
    pub train: Corruption,
    /// Of test.
    pub test: Corruption,
}

/// Strengths; left out is none. Inputs are spoiled after `normalise`, where a typical value is 1,
/// in the order of these fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Corruption {
    /// Share of labels that become another class, each other one as likely (symmetric noise).
    pub label_noise: f64,
    /// Factor on the distance of each value from the mean of its example; 1 is none.
    pub contrast: f64,
    /// Added to every value.
    pub brightness: f64,
    /// Largest turn of an image, degrees; each is turned by its own angle, either way.
    pub rotate: f64,
    /// Largest shift of an image, whole pixels; each is shifted by its own, in both directions.
    pub translate: usize,
    /// Side of a square of an image that becomes 0, the mean over the data; each has its own place.
    pub occlude: usize,
    /// Standard deviation of Gaussian noise on every value.
    pub noise: f64,
    /// Whether all values of an example trade places, in all examples alike.
    pub permute: bool,
    /// Share of examples whose values are replaced by values uniform in [-3, 3].
    pub outliers: f64,
}

impl Default for Corruption {
    fn default() -> Self {
        Self {
            label_noise: 0.0,
            contrast: 1.0,
            brightness: 0.0,
            rotate: 0.0,
            translate: 0,
            occlude: 0,
            noise: 0.0,
            permute: false,
            outliers: 0.0,
        }
    }
}

impl CorruptSpec {
    /// Whether nothing is spoiled.
    pub fn is_none(&self) -> bool {
        self.train.is_none() && self.test.is_none()
    }
}

impl Corruption {
    /// Whether nothing is spoiled.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether inputs are spoiled, and not labels alone.
    pub fn moves_inputs(&self) -> bool {
        !Self { label_noise: 0.0, ..self.clone() }.is_none()
    }

    /// Whether it is about pixels and their neighbours.
    pub fn needs_images(&self) -> bool {
        self.rotate != 0.0 || self.translate != 0 || self.occlude != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_none() {
        let mut spec = CorruptSpec::default();
        assert!(spec.is_none());
        assert_eq!(serde_json::from_str::<CorruptSpec>("{}").unwrap(), spec);
        spec.test.label_noise = 0.25;
        assert!(!spec.is_none() && !spec.test.moves_inputs());
        let text = r#"{"test":{"label-noise":0.25}}"#;
        assert_eq!(serde_json::from_str::<CorruptSpec>(text).unwrap(), spec);
        spec.train = Corruption { contrast: 0.5, permute: true, occlude: 3, ..spec.train };
        assert!(spec.train.moves_inputs() && spec.train.needs_images());
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<CorruptSpec>(&text).unwrap(), spec);
    }
}
