//! What to run, as plain data: experiment files, plans and trial identities.
//!
//! * [`TrialSpec`] is everything that decides a trial's result, besides seed, data and code.
//! * [`Experiment`] is an `experiment.toml`: a base, factors that vary it, and an analysis.
//! * [`Plan`] is the list of trials that the experiment asks for.
//! * [`DatasetCard`] is a `dataset.toml`.
//!
//! Nothing here does IO except the `load` functions, and nothing depends on Burn.

pub mod card;
pub mod data;
pub mod experiment;
pub mod id;
pub mod metric;
pub mod model;
pub mod optim;
pub mod plan;
pub mod stream;
pub mod train;
pub mod trial;

pub use card::{DataFormat, DatasetCard, ExampleCounts, FileCard, Normalise};
pub use data::{DataSpec, TrainSize};
pub use experiment::{
    Analysis, Claim, Design, Experiment, ExplicitCondition, Factor, FailedTrial, Level,
};
pub use id::TrialId;
pub use metric::{Direction, Metric, MetricName, Split};
pub use model::{Activation, CnnHead, CnnSpec, DropoutAt, MlpSpec, ModelSpec, Norm, Padding, Pool};
pub use optim::{Algorithm, ClipNorm, Decay, DecayExempt, OptimSpec, ScheduleShape, ScheduleSpec};
pub use plan::{Condition, Plan, Trial};
pub use stream::{Purpose, Stream, path_key};
pub use train::{Budget, EarlyStopping, Loss, Select, TrainSpec};
pub use trial::TrialSpec;

/// Version of every file format of this crate: experiment, dataset and trial files.
pub const SCHEMA: u32 = 1;
