//! `[base.data.augment]`: how training examples are varied, each time they are seen.

use serde::{Deserialize, Serialize};

/// Strengths; left out is none. Of train batches only: evaluation sees the examples as they are.
/// Done after `normalise`, in the order of these fields, from the stream `augment` at the step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Whether every other image, by chance, is mirrored left to right.
    pub flip: bool,
    /// Largest turn, degrees; uniform, either way.
    pub rotate: f64,
    /// Pixels of padding on every side, out of which a crop of the old size is taken.
    pub crop_padding: usize,
    /// Side of a square that becomes 0, the mean over the data (`DeVries` & Taylor 2017).
    pub cutout: usize,
    /// Parameter of the Beta distribution of mixing weights (Zhang et al. 2018).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_none() {
        let spec: AugmentSpec = serde_json::from_str(r#"{"mixup":0.2}"#).unwrap();
        assert_eq!(spec, AugmentSpec { mixup: 0.2, ..AugmentSpec::default() });
        assert!(!spec.is_none() && !spec.needs_images());
        let spec = AugmentSpec { flip: true, crop_padding: 4, ..spec };
        assert!(spec.needs_images() && AugmentSpec::default().is_none());
    }
}
