//! `Criteria`: by what two sides are judged.

use fireassay_spec::{Analysis, Direction, FailedTrial, IntervalKind, Metric, MetricName};

use crate::standing::Standing;

/// What is compared, and what counts as a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Criteria {
    /// What is compared.
    pub metric: MetricName,
    /// Which way is better.
    pub direction: Direction,
    /// Half-width of the region of practical equivalence, in the metric's unit. Without it,
    /// `equivalent` cannot be reached.
    pub rope: Option<f64>,
    /// Family-wise error.
    pub alpha: f64,
    /// What a failed trial means for its pair.
    pub failed_trial: FailedTrial,
    /// How effects get their interval.
    pub interval: IntervalKind,
    /// Whether verdicts may be given. Two stores have a family of their own: what was registered
    /// is the contrasts within each of them, and makes no difference here.
    pub standing: Standing,
    /// How many comparisons this one was picked from: the family is never smaller. More than 1 for
    /// two conditions of one experiment, where anybody may try pair after pair.
    pub picked_from: usize,
    /// Where these values stand, for people.
    pub origin: String,
}

impl Criteria {
    /// Usual level of the family-wise error.
    pub const ALPHA: f64 = 0.05;

    /// What is usual where no experiment says otherwise: more accuracy is better, less loss and
    /// less of a gap are.
    pub fn usual(metric: MetricName) -> Self {
        let direction = match (metric, metric.metric()) {
            (MetricName::Of(..) | MetricName::Source(_), Metric::Accuracy) => Direction::Higher,
            (MetricName::Of(..) | MetricName::Source(_), Metric::Loss)
            | (MetricName::Gap(_) | MetricName::Forgotten(_), _) => Direction::Lower,
        };
        Self {
            metric,
            direction,
            rope: None,
            alpha: Self::ALPHA,
            failed_trial: FailedTrial::ExcludePair,
            interval: IntervalKind::T,
            standing: Standing::Confirmatory,
            picked_from: 1,
            origin: "usual values".into(),
        }
    }

    /// As an experiment judges its own contrasts.
    pub fn of_analysis(analysis: &Analysis, origin: &str) -> Self {
        Self {
            metric: analysis.primary_metric,
            direction: analysis.direction,
            rope: analysis.rope,
            alpha: analysis.alpha,
            failed_trial: analysis.failed_trial,
            interval: analysis.interval,
            standing: Standing::Confirmatory,
            picked_from: 1,
            origin: origin.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_says_which_way_is_better() {
        let check = |metric: &str, expected| {
            assert_eq!(Criteria::usual(metric.parse().unwrap()).direction, expected, "{metric}");
        };
        check("test.accuracy", Direction::Higher);
        check("val.loss", Direction::Lower);
        check("gap.accuracy", Direction::Lower);
        check("gap.loss", Direction::Lower);
    }
}
