//! Metrics: pure functions of one example's logits and label, averaged over a split.

use fireassay_spec::Metric;

/// A metric: logits of one example and its class to a value; a split's value is the mean.
pub type PerExample = fn(&[f32], usize) -> f64;

/// Every metric, alphabetical.
pub const METRICS: &[(Metric, PerExample)] =
    &[(Metric::Accuracy, accuracy), (Metric::Loss, cross_entropy)];

/// The class of the largest logit; of equal logits the first counts.
pub fn predicted(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}

/// 1 if the predicted class is the right one.
fn accuracy(logits: &[f32], label: usize) -> f64 {
    if logits.iter().any(|logit| logit.is_nan()) {
        return f64::NAN;
    }
    f64::from(u8::from(predicted(logits) == label))
}

/// -ln softmax(logits)[label] in nats, in f64 with the largest logit subtracted.
fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - f64::from(top)).exp()).sum();
    sum.ln() + f64::from(top) - f64::from(logits[label])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_has_its_closed_form() {
        let check = |logits: &[f32], label, expected: f64| {
            let value = cross_entropy(logits, label);
            assert!((value - expected).abs() < 1e-12, "{logits:?}: {value} not {expected}");
        };
        check(&[0.0; 10], 3, 10f64.ln());
        check(&[2.0, 0.0], 0, (1.0 + (-2f64).exp()).ln());
        check(&[1e4, -1e4], 0, 0.0);
        check(&[1e4, -1e4], 1, 2e4);
        assert!(cross_entropy(&[f32::NAN, 0.0], 1).is_nan());
        assert!(!cross_entropy(&[f32::INFINITY, 0.0], 1).is_finite());
    }

    #[test]
    fn accuracy_takes_the_largest_logit() {
        assert_eq!(accuracy(&[0.1, 0.9, 0.3], 1), 1.0);
        assert_eq!(accuracy(&[0.1, 0.9, 0.3], 2), 0.0);
        assert_eq!(accuracy(&[0.5, 0.5], 0), 1.0);
        assert!(accuracy(&[f32::NAN, 0.5], 0).is_nan());
        assert_eq!(predicted(&[0.5, 0.7, 0.7]), 1);
    }

    #[test]
    fn every_metric_is_in_the_table() {
        let table: Vec<Metric> = METRICS.iter().map(|(metric, _)| *metric).collect();
        assert_eq!(table, Metric::ALL);
    }
}
