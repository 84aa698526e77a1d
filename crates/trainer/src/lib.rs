//! One training loop, and what it stands on: optimizer, schedule, evaluation, checkpoints.
//!
//! [`fit()`] is the whole of training, top to bottom. Everything that can influence step `s` is in
//! the checkpoint or a pure function of (spec, seed, s), so a killed trial resumes to the same
//! bits. [`fingerprint()`] says what a condition would do, without training it.
//!
//! Not here: files of the run directory (`tracking`), networks (`models`), devices (`backend`).

mod anchor;
pub mod batch;
pub mod checkpoint;
pub mod digest;
pub mod error;
pub mod eval;
pub mod feed;
pub mod fingerprint;
pub mod finish;
pub mod first_batch;
pub mod fit;
pub mod forgetting;
pub mod meter;
pub mod metric;
pub mod optim;
pub mod optim_state;
mod probe;
pub mod progress;
pub mod re_estimate;
pub mod schedule;
pub mod setup;
pub mod start;
pub mod state;
pub mod state_event;

pub use error::TrainError;
pub use fingerprint::{Fingerprint, fingerprint};
pub use fit::{Cadence, Ending, Session, fit};
pub use forgetting::SourceTask;
pub use start::Source;
