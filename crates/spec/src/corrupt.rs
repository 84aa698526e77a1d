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
    #[serde(skip_serializing_if = "Corruption::is_none")]
    pub train: Corruption,
    /// Of test.
    #[serde(skip_serializing_if = "Corruption::is_none")]
    pub test: Corruption,
}

/// Strengths; left out is none. Inputs are spoiled after `normalise`, where a typical value is 1,
/// in the order of these fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Corruption {
    /// Share of labels that become another class, each other one as likely (symmetric noise).
    #[serde(skip_serializing_if = "is_0")]
    pub label_noise: f64,
    /// Factor on the distance of each value from the mean of its example; 1 is none.
    #[serde(skip_serializing_if = "is_1")]
    pub contrast: f64,
    /// Added to every value.
    #[serde(skip_serializing_if = "is_0")]
    pub brightness: f64,
    /// Largest turn of an image, degrees; each is turned by its own angle, either way.
    #[serde(skip_serializing_if = "is_0")]
    pub rotate: f64,
    /// Largest shift of an image, whole pixels; each is shifted by its own, in both directions.
    #[serde(skip_serializing_if = "is_none_of")]
    pub translate: usize,
    /// Side of a square of an image that becomes 0, the mean over the data; each has its own place.
    #[serde(skip_serializing_if = "is_none_of")]
    pub occlude: usize,
    /// Standard deviation of Gaussian noise on every value.
    #[serde(skip_serializing_if = "is_0")]
    pub noise: f64,
    /// Whether all values of an example trade places, in all examples alike.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub permute: bool,
    /// Share of examples whose values are replaced by values uniform in [-3, 3].
    #[serde(skip_serializing_if = "is_0")]
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_0(value: &f64) -> bool {
    *value == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_1(value: &f64) -> bool {
    *value == 1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none_of(pixels: &usize) -> bool {
    *pixels == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_spoiled_is_not_written() {
        let text = |spec: &CorruptSpec| serde_json::to_string(spec).unwrap();
        let mut spec = CorruptSpec::default();
        assert!(spec.is_none() && text(&spec) == "{}");
        spec.test.label_noise = 0.25;
        assert!(!spec.is_none() && !spec.test.moves_inputs());
        assert_eq!(text(&spec), r#"{"test":{"label-noise":0.25}}"#);
        spec.train = Corruption { contrast: 0.5, permute: true, occlude: 3, ..spec.train };
        assert!(spec.train.moves_inputs() && spec.train.needs_images());
        let written = text(&spec);
        assert!(written.contains(r#""train":{"contrast":0.5,"occlude":3,"permute":true}"#));
        assert_eq!(serde_json::from_str::<CorruptSpec>(&written).unwrap(), spec);
    }
}
