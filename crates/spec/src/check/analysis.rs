//! Whether `[analysis]` can be carried out.

use super::{ABOVE_0, INSIDE_0_1, Problem, Problems};
use crate::{Analysis, Direction, FailedTrial, Metric, MetricName};

const HALFWIDTH: &str = "analysis.until.halfwidth";

impl Analysis {
    /// All that is wrong with it; keys begin with `analysis`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Problems::default();
        found.number("analysis.alpha", self.alpha, INSIDE_0_1);
        if let Some(rope) = self.rope {
            found.number("analysis.rope", rope, ABOVE_0);
            self.check_share("analysis.rope", rope, &mut found);
        }
        if let Some(until) = self.until {
            found.number(HALFWIDTH, until.halfwidth, ABOVE_0);
            self.check_share(HALFWIDTH, until.halfwidth, &mut found);
        }
        if self.contrasts.as_ref().is_some_and(Vec::is_empty) {
            let help = "name a condition, or delete the line: then every condition is one";
            let message = "no contrast is declared".to_owned();
            found.add_with_help("analysis.contrasts", message, help);
        }
        self.check_direction(&mut found);
        self.check_worst(&mut found);
        found.0
    }

    /// A width written in per cent would call everything equivalent, or precise at once.
    fn check_share(&self, key: &str, width: f64, found: &mut Problems) {
        /// Half of all predictions.
        const ABSURD: f64 = 0.5;
        let metric = self.primary_metric.metric();
        if metric == Metric::Accuracy && width.is_finite() && width >= ABSURD {
            let name = key.rsplit('.').next().unwrap_or(key);
            found.add_with_help(
                key,
                format!("`{key}` must be below {ABSURD} for an accuracy"),
                format!(
                    "an accuracy lies between 0 and 1: {name} = 0.005 is half a percentage point"
                ),
            );
        }
    }

    fn check_direction(&self, found: &mut Problems) {
        let (better, word) = match self.primary_metric {
            MetricName::Of(_, Metric::Accuracy) | MetricName::Source(Metric::Accuracy) => {
                (Direction::Higher, "higher")
            }
            MetricName::Of(_, Metric::Loss) | MetricName::Source(Metric::Loss) => {
                (Direction::Lower, "lower")
            }
            // Train minus test: an accuracy gap is what generalisation loses.
            MetricName::Gap(Metric::Accuracy) | MetricName::Forgotten(Metric::Accuracy) => {
                (Direction::Lower, "lower")
            }
            // These are negative as a rule; the file says what is better.
            MetricName::Gap(Metric::Loss) | MetricName::Forgotten(Metric::Loss) => return,
        };
        if self.direction != better {
            let message = format!("of `{}`, {word} is better", self.primary_metric);
            let help = format!("direction = \"{word}\"");
            found.add_with_help("analysis.direction", message, help);
        }
    }

    fn check_worst(&self, found: &mut Problems) {
        /// Whether a value exists does not depend on the number of classes.
        const ANY_CLASSES: usize = 2;
        let has_failure_value = match self.primary_metric {
            MetricName::Of(_, metric) => metric.failure_value(ANY_CLASSES).is_some(),
            MetricName::Gap(_) | MetricName::Source(_) | MetricName::Forgotten(_) => false,
        };
        match self.failed_trial {
            FailedTrial::Worst if !has_failure_value => found.add_with_help(
                "analysis.failed-trial",
                format!("`{}` has no value that stands for a failed trial", self.primary_metric),
                "\"exclude-pair\" drops the seed, \"abort\" gives no verdict",
            ),
            FailedTrial::Abort | FailedTrial::ExcludePair | FailedTrial::Worst => {}
        }
    }
}
