//! `Bits`: whether two trials ended alike to the last bit.

use fireassay_tracking::Summary;

/// How the results of two trials compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Equal outcome, steps, weights, and every metric that both report.
    Identical,
    /// Not that.
    Different,
    /// One of them has no result.
    Unknown,
}

impl Bits {
    /// Of two results. A metric that only one reports was not compared, and so is no difference.
    pub(super) fn of(a: Option<&Summary>, b: Option<&Summary>) -> Self {
        let Some((a, b)) = a.zip(b) else { return Self::Unknown };
        let shared = a.metrics.iter().filter_map(|(name, x)| Some((x, b.metrics.get(name)?)));
        let same = a.outcome == b.outcome
            && (a.steps, a.selected_step) == (b.steps, b.selected_step)
            && a.state_digest == b.state_digest
            && shared.into_iter().all(|(x, y)| x.to_bits() == y.to_bits());
        if same { Self::Identical } else { Self::Different }
    }
}
