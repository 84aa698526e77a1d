//! What to run, as plain data: experiment files, plans and trial identities.
//!
//! * [`TrialSpec`] is everything that decides a trial's result, besides seed, data and code.
//! * [`Experiment`] is an `experiment.toml`: a base, factors that vary it, and an analysis.
//!   [`Experiment::load`] reads one, or returns [`SpecErrors`]: every problem of the file, each
//!   with its place and the nearest right name.
//! * [`Plan`] is the list of trials that the experiment asks for ([`Experiment::plan`]). A
//!   [`Filter`] (`--only`) selects from it.
//! * [`Trial`] is one condition at one seed. Its [`TrialId`] hashes the resolved spec, the seed,
//!   the dataset's card and the schema: nothing of the machine, of names or of layout.
//! * [`DatasetCard`] is a `dataset.toml`; [`load_cards`] reads all of them. [`WeightsCard`] is the
//!   `weights.toml` of weights that somebody else has trained. Both are a [`FilesCard`].
//!
//! * [`Analysis`] says how the result is judged. What a claim rests on is frozen as
//!   [`Experiment::registered`].
//!
//! Designs ([`Design`]) say how conditions are made from factors. Where they allow it, an
//! experiment tells which components a condition has ([`Experiment::subset`]), which levels form
//! an ordered scale ([`Experiment::numeric_levels`]), which effects a fraction confounds
//! ([`aliases`]), and which seed each stream has when streams vary separately
//! ([`Experiment::stream_index`]).
//!
//! A value can be varied if `[base]` spells it out: a factor's key is a dotted path into `[base]`,
//! and a level is put there before the whole is read again. So a new field needs no registration.
//! What a type cannot say (ranges, values that must fit each other or the data) is in
//! [`TrialSpec::problems`].
//!
//! Nothing here does IO except the `load` functions, and nothing depends on Burn.

pub mod analysis;
pub mod augment;
pub mod card;
pub mod check;
pub mod classes;
mod component;
pub mod corrupt;
mod crossed;
pub mod data;
pub mod data_format;
mod design;
pub mod error;
pub mod experiment;
mod files_card;
pub mod filter;
pub mod finetune;
pub mod fraction;
pub mod id;
pub mod init;
pub mod kernels;
mod label;
mod link;
mod load;
mod load_card;
pub mod metric;
pub mod model;
mod numeric;
pub mod optim;
pub mod plan;
mod pretraining;
mod read;
mod registered;
pub mod sequence_format;
pub mod source;
pub mod split_rule;
pub mod stream;
pub mod stream_seeds;
mod suggest;
pub mod table;
pub mod train;
mod tree;
pub mod trial;
pub mod weights_card;

pub use analysis::{Analysis, FailedTrial, IntervalKind, Until};
pub use augment::AugmentSpec;
pub use card::{
    Cards, DatasetCard, ExampleCounts, FileCard, Modality, NOT_STATED, Normalise, Steps,
};
pub use check::Problem;
pub use classes::{ClassRef, SeenClasses};
pub use corrupt::{CorruptSpec, Corruption};
pub use data::{DataSpec, TrainSize};
pub use data_format::{
    Alpha, ArrayPlace, Channels, CifarLabel, Colour, DataFormat, Fit, ImagesPlace, Orientation,
};
pub use error::{SpecError, SpecErrors};
pub use experiment::{Claim, Design, Experiment, ExplicitCondition, Factor, Level};
pub use files_card::FilesCard;
pub use filter::{Filter, FilterError, TrialOutcome};
pub use finetune::{
    Anchor, BatchNormSpec, FinetuneSpec, FrozenBatchNorm, HeadInit, HeadSolver, LrScheme,
    RegimeSpec, TrainedBatchNorm,
};
pub use fraction::{Aliased, Aliases, Generator, aliases};
pub use id::TrialId;
pub use init::{InitSpec, PretrainSpec};
pub use kernels::{Kernels, KernelsError};
pub use load_card::load_cards;
pub use metric::{Direction, Metric, MetricName, Split};
pub use model::{
    Activation, CnnHead, CnnSpec, DropoutAt, EfficientnetLiteSpec, MlpSpec, ModelSpec, Norm,
    Padding, Pool, ResnetShortcut, ResnetSpec,
};
pub use optim::{Algorithm, ClipNorm, Decay, DecayExempt, OptimSpec, ScheduleShape, ScheduleSpec};
pub use plan::{Condition, Plan, Trial};
pub use sequence_format::{
    Pronunciations, SequenceArrays, SequenceFormat, TargetKind, Unit, VocabularyCard, Windows,
};
pub use source::SourceRef;
pub use split_rule::{Duplicates, SplitRule};
pub use stream::{Purpose, Stream, path_key};
pub use stream_seeds::StreamSeeds;
pub use suggest::nearest;
pub use table::{ColumnKind, Delimiter, Missing, TableColumn, TableProblem, TableSpec};
pub use train::{Budget, EarlyStopping, Loss, Select, TrainSpec};
pub use trial::TrialSpec;
pub use weights_card::{TensorNames, WeightsCard, WeightsCards};

/// Version of every file format of this crate: experiment, dataset and trial files.
pub const SCHEMA: u32 = 1;
