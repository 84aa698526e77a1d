//! How much two runs of a trial are alike, before any statistics.

use fireassay_spec::MetricName;

use super::divergence::trail;
use super::ending::Ending;

/// How far a metric may be off and still count as the same: |a - b| ≤ tolerance · max(1, |a|, |b|).
///
/// A 32-bit float carries 1.2e-7 of its value, and an evaluation sums thousands of them: what
/// another order of these sums does stays below. One example of 100,000 that changes sides does
/// not, and nor does rounding that grows through training.
pub const TOLERANCE: f64 = 1e-5;

/// The upper rungs, or none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Outcome, steps, weights, shared metrics and shared events, to the last bit.
    Identical,
    /// The same outcome after the same steps, and no shared metric off by more than the tolerance.
    Near,
    /// Both have an outcome of one kind, and metrics or steps are further apart.
    Apart,
    /// One diverged and the other did not.
    OtherOutcome,
}

/// The metric that differs most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Which.
    pub metric: MetricName,
    /// Of the original.
    pub original: f64,
    /// Of the rerun.
    pub rerun: f64,
    /// What the tolerance is compared with.
    pub size: f64,
}

/// Compares two runs.
pub(super) fn likeness(original: &Ending<'_>, rerun: &Ending<'_>, tolerance: f64) -> Likeness {
    if original.is_done() != rerun.is_done() {
        return Likeness::OtherOutcome;
    }
    let steps = |ending: &Ending<'_>| (ending.steps, ending.selected_step);
    if original.outcome != rerun.outcome || steps(original) != steps(rerun) {
        return Likeness::Apart;
    }
    let gap = largest_gap(original, rerun);
    let parts = trail(original, rerun).is_some_and(|trail| trail.parting.is_some());
    if original.state_digest == rerun.state_digest && gap.is_none() && !parts {
        return Likeness::Identical;
    }
    match gap {
        Some(gap) if gap.size > tolerance => Likeness::Apart,
        Some(_) | None => Likeness::Near,
    }
}

/// The largest gap between metrics that both have; none if they have the same bits.
pub(super) fn largest_gap(original: &Ending<'_>, rerun: &Ending<'_>) -> Option<Gap> {
    let shared = original.metrics.iter();
    let shared = shared.filter_map(|(name, a)| Some((*name, *a, *rerun.metrics.get(name)?)));
    let gaps = shared.filter(|(_, a, b)| a.to_bits() != b.to_bits()).map(|(metric, a, b)| Gap {
        metric,
        original: a,
        rerun: b,
        size: size(a, b),
    });
    gaps.max_by(|a, b| a.size.total_cmp(&b.size))
}

/// Infinite where a value is not finite: those are equal or not.
fn size(a: f64, b: f64) -> f64 {
    let size = (a - b).abs() / a.abs().max(b.abs()).max(1.0);
    if size.is_finite() { size } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_absolute_below_one_and_relative_above() {
        assert_eq!(size(0.5, 0.5625), 0.0625);
        assert_eq!(size(-0.25, 0.25), 0.5);
        assert_eq!(size(4.0, 5.0), 0.2);
        assert_eq!(size(0.0, -0.0), 0.0);
        for odd in [f64::NAN, f64::INFINITY] {
            assert_eq!(size(odd, 1.0), f64::INFINITY);
        }
    }
}
