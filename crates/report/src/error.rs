//! `ReportError`: a store that cannot be read as one experiment.

use fireassay_spec::MetricName;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// `failed-trial = "worst"`, but nothing stands for a failed trial.
    #[error(
        "failed-trial = \"worst\" needs a value for the failed trials of `{condition}`, and \
         `{metric}` on dataset `{dataset}` has none"
    )]
    NoFailureValue {
        /// The condition with a failed trial.
        condition: String,
        /// The primary metric.
        metric: MetricName,
        /// What its trials run on.
        dataset: String,
    },
    /// Every effect is a difference to the reference.
    #[error("the plan of `{experiment}` has no reference condition")]
    NoReference {
        /// Name of the experiment.
        experiment: String,
    },
    /// Results could not be written as JSON.
    #[error("results of `{experiment}` cannot be written as JSON")]
    Json {
        /// Name of the experiment.
        experiment: String,
        /// What went wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A table could not be written as CSV.
    #[error("table `{table}` cannot be written as CSV")]
    Csv {
        /// Name of the file.
        table: String,
        /// What went wrong.
        #[source]
        source: csv::Error,
    },
}
