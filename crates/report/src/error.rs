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
    /// Not the JSON that belongs into a `results.json`.
    #[error("results.json cannot be read")]
    NoResults(#[source] serde_json::Error),
    /// A value of a `results.json` is missing or of another kind.
    #[error("results.json has no usable `{key}`")]
    ResultsKey {
        /// Its key.
        key: String,
    },
    /// Another version of this program wrote it.
    #[error(
        "results.json has {}",
        .found.map_or_else(
            || "no schema".to_owned(),
            |found| format!("schema {found}, this version reads schema {expected}"),
        )
    )]
    ResultsSchema {
        /// What it says.
        found: Option<u64>,
        /// What this version reads.
        expected: u32,
    },
}
