//! What can stop a trial without a result. A non-finite loss is not here: it is a result.

use std::path::PathBuf;

use fireassay_data::DataError;
use fireassay_tracking::TrackingError;

/// What can stop a trial without a result.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The dataset cannot be split as the spec asks, or did not stay as it was.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file of the run directory cannot be read or written.
    #[error(transparent)]
    Tracking(#[from] TrackingError),
    /// A checkpoint cannot be written.
    #[error("cannot write checkpoint {path}")]
    WriteCheckpoint {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The weights that the trial is to start from are not those of its model.
    #[error("the source does not fit: {0}")]
    Source(String),
    /// A head cannot be solved for.
    #[error("no head can be solved for: {0}")]
    Solver(String),
    /// Features that a head is solved for are not what they have to be.
    #[error(transparent)]
    Features(#[from] fireassay_features::FeatureError),
    /// Model or optimizer state does not fit the model that the spec builds.
    #[error("{0}")]
    State(String),
}
