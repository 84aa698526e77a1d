//! Log-rank test of two groups, stratified (Mantel 1966).

use crate::stats::kaplan_meier::Time;
use crate::stats::normal;

/// Two groups of one stratum.
pub type Stratum = [Vec<Time>; 2];

/// The test over all strata.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRank {
    /// Per stratum: events of the first group minus those expected; above 0 if it is faster.
    pub excess: Vec<f64>,
    /// (Σ excess)² / Σ variance, one degree of freedom.
    pub chi_squared: f64,
    /// Of the asymptotic test; the sign-flip test on `excess` is exact where strata are pairs.
    pub p: f64,
}

/// None if no stratum compares anything.
pub fn log_rank(strata: &[Stratum]) -> Option<LogRank> {
    let parts: Vec<(f64, f64)> = strata.iter().map(part).collect();
    let variance: f64 = parts.iter().map(|(_, variance)| variance).sum();
    let excess: Vec<f64> = parts.iter().map(|(excess, _)| *excess).collect();
    let sum: f64 = excess.iter().sum();
    (variance > 0.0).then(|| {
        let chi_squared = sum * sum / variance;
        LogRank { excess, chi_squared, p: 2.0 * normal::upper_tail(chi_squared.sqrt()) }
    })
}

/// Observed minus expected events of the first group, and the hypergeometric variance.
fn part([first, second]: &Stratum) -> (f64, f64) {
    let mut moments: Vec<f64> =
        first.iter().chain(second).filter(|time| time.reached).map(|time| time.at).collect();
    moments.sort_by(f64::total_cmp);
    moments.dedup();
    let (mut excess, mut variance) = (0.0, 0.0);
    for moment in moments {
        let at_risk = |group: &[Time]| group.iter().filter(|time| time.at >= moment).count() as f64;
        let events = |group: &[Time]| {
            group.iter().filter(|time| time.reached && time.at == moment).count() as f64
        };
        let (ours, theirs) = (at_risk(first), at_risk(second));
        let (risk, died) = (ours + theirs, events(first) + events(second));
        let share = ours / risk;
        excess += events(first) - died * share;
        if risk > 1.0 {
            variance += died * share * (1.0 - share) * (risk - died) / (risk - 1.0);
        }
    }
    (excess, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(ours: (f64, bool), theirs: (f64, bool)) -> Stratum {
        [ours, theirs].map(|(at, reached)| vec![Time { at, reached }])
    }

    #[test]
    fn pairs_are_a_sign_test() {
        // Each pair gives ± 1/2 with variance 1/4; ties and what nobody reaches give nothing.
        let strata = [
            pair((1.0, true), (2.0, true)),
            pair((1.0, true), (9.0, false)),
            pair((3.0, true), (2.0, true)),
            pair((2.0, true), (2.0, true)),
            pair((9.0, false), (9.0, false)),
        ];
        let found = log_rank(&strata).unwrap();
        assert_eq!(found.excess, [0.5, 0.5, -0.5, 0.0, 0.0]);
        assert!((found.chi_squared - 0.25 / 0.75).abs() < 1e-15, "{found:?}");
        assert_eq!(log_rank(&strata[3..]), None);
    }
}
