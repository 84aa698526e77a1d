//! `Strengths`: the weights of decay that are tried.

use crate::FeatureError;

/// Positive, finite, all different, from the strongest to the weakest.
#[derive(Clone, Debug, PartialEq)]
pub struct Strengths(Vec<f64>);

impl Strengths {
    /// These, in whatever order.
    pub fn new(strengths: &[f64]) -> Result<Self, FeatureError> {
        let mut sorted = strengths.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let is_usable = |strength: &f64| strength.is_finite() && *strength > 0.0;
        let is_distinct = sorted.windows(2).all(|pair| pair[0] > pair[1]);
        if sorted.is_empty() || !is_distinct || !sorted.iter().all(is_usable) {
            return Err(FeatureError::Strengths { found: format!("{strengths:?}") });
        }
        Ok(Self(sorted))
    }

    /// `count` of them at equal ratios, both ends included. One alone is `strongest`.
    pub fn geometric(strongest: f64, weakest: f64, count: usize) -> Result<Self, FeatureError> {
        let gaps = count.saturating_sub(1).max(1) as f64;
        let between = |index: usize| {
            let part = index as f64 / gaps;
            libm::exp((1.0 - part) * libm::log(strongest) + part * libm::log(weakest))
        };
        let mut strengths: Vec<f64> = (0..count).map(between).collect();
        // The ends are what was asked for, to the bit.
        if let [first, .., last] = &mut strengths[..] {
            (*first, *last) = (strongest, weakest);
        } else if let [only] = &mut strengths[..] {
            *only = strongest;
        }
        Self::new(&strengths)
    }

    /// From the strongest to the weakest.
    pub fn values(&self) -> &[f64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_from_strong_to_weak_and_what_has_no_solution_is_refused() {
        assert_eq!(Strengths::new(&[0.1, 10.0, 1.0]).unwrap().values(), [10.0, 1.0, 0.1]);
        let path = Strengths::geometric(1.0, 1e-4, 5).unwrap();
        let expected = [1.0, 0.1, 1e-2, 1e-3, 1e-4];
        assert!(path.values().iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-14));
        assert_eq!(Strengths::geometric(0.5, 0.1, 1).unwrap().values(), [0.5]);
        for bad in [&[][..], &[0.0], &[-1.0], &[f64::NAN], &[f64::INFINITY], &[1.0, 1.0]] {
            assert!(Strengths::new(bad).is_err(), "{bad:?}");
        }
        assert!(Strengths::geometric(1.0, 0.0, 3).is_err());
        assert!(Strengths::geometric(1.0, 0.1, 0).is_err());
    }
}
