//! `[base.data.augment]`: how training examples are varied, each time they are seen.

use serde::{Deserialize, Serialize};

/// Strengths; left out is none. Of train batches only: evaluation sees the examples as they are.
/// Done after `normalise`, in the order of these fields, from the stream `augment` at the step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Whether every other image, by chance, is mirrored left to right.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub flip: bool,
    /// Largest turn, degrees; uniform, either way.
    #[serde(skip_serializing_if = "is_0")]
    pub rotate: f64,
    /// Pixels of padding on every side, out of which a crop of the old size is taken.
    #[serde(skip_serializing_if = "is_none_of")]
    pub crop_padding: usize,
    /// Side of a square that becomes 0, the mean over the data (`DeVries` & Taylor 2017).
    #[serde(skip_serializing_if = "is_none_of")]
    pub cutout: usize,
    /// Parameter of the Beta distribution of mixing weights (Zhang et al. 2018).
    #[serde(skip_serializing_if = "is_0")]
    pub mixup: f64,
}

impl AugmentSpec {
    /// Whether examples stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is about pixels and their neighbours.
    pub fn needs_images(&self) -> bool {
        !Self { mixup: 0.0, ..self.clone() }.is_none()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_0(value: &f64) -> bool {
    *value == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none_of(pixels: &usize) -> bool {
    *pixels == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_varied_is_not_written() {
        let text = |spec: &AugmentSpec| serde_json::to_string(spec).unwrap();
        assert_eq!(text(&AugmentSpec::default()), "{}");
        let spec = AugmentSpec { mixup: 0.2, ..AugmentSpec::default() };
        assert!(!spec.is_none() && !spec.needs_images());
        let spec = AugmentSpec { flip: true, crop_padding: 4, ..spec };
        assert!(spec.needs_images());
        assert_eq!(text(&spec), r#"{"flip":true,"crop-padding":4,"mixup":0.2}"#);
        assert_eq!(serde_json::from_str::<AugmentSpec>(&text(&spec)).unwrap(), spec);
    }
}
