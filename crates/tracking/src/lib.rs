//! What happened, on disk: the run directory and its files.
//!
//! ```text
//! runs/<experiment>/                                     (Store, ExperimentLock)
//! runs/<experiment>/experiment.lock.json                 (Registration)
//! runs/<experiment>/<condition>.seed-<n>.<hash8>/        (RunDir, RunLock)
//!   trial.json       what is run, written first          (RunDir::create)
//!   provenance.json  code, data and machine              (Provenance)
//!   events.jsonl     losses and metrics, append-only     (Event, RunLog)
//!   status.json      where it stands, replaced by rename (Status)
//!   summary.json     written last, by rename: finished   (Summary)
//!   tb/              the events again, for TensorBoard   (RunLog, rebuild_tensorboard)
//!   checkpoints/     sets of weights, and a manifest     (CheckpointManifest)
//!   corrupted.json   labels and inputs that were spoiled (Spoiled)
//!   regime.json      what was trained when, of a fine-tuned trial (RegimeRecord)
//!   log.txt          what happened, for people
//!   error.txt        why the last session failed, at length
//!   .lock, .heartbeat  who works on it now; an experiment's folder has them too
//! ```
//!
//! [`archive`] packs the runs of an experiment into one file, and unpacks one that anybody may have
//! made.
//!
//! `events.jsonl` and `summary.json` hold nothing of the machine and no time, so the same trial
//! writes the same bytes. Times and memory are in `status.json`.
//!
//! Every JSON file carries a `seal`, the first 16 hex digits of the blake3 of the rest of it
//! (compact, keys sorted), and each line of `events.jsonl` one that hangs on the line before. What
//! was edited by hand is refused. It is no protection against forgery: who can edit a file can seal
//! it.

pub mod archive;
pub mod atomic;
pub mod checkpoint_manifest;
pub mod error;
pub mod event;
pub mod event_log;
pub mod experiment_lock;
pub mod provenance;
pub mod rebuild;
pub mod regime_record;
pub mod registration;
pub mod run_dir;
pub mod run_lock;
pub mod run_log;
pub mod spoiled;
pub mod state_digest;
pub mod status;
pub mod store;
pub mod summary;
pub mod survey;
pub mod tensorboard;
pub mod verify;
pub mod weights;

mod append_file;
mod claim;
mod clear;
mod curves;
mod half_done;
mod heartbeat;
mod holder;
mod hparams;
mod json;
mod number;
#[cfg(test)]
mod sample;
mod seal;
mod sealed;

pub use atomic::write_atomic;
pub use checkpoint_manifest::{CheckpointManifest, CheckpointSet};
pub use error::TrackingError;
pub use event::Event;
pub use event_log::{EventLog, EventMark, parse_events, read_events};
pub use experiment_lock::ExperimentLock;
pub use half_done::HalfDone;
pub use provenance::{Build, CodeFacts, Provenance, SourceFacts};
pub use rebuild::rebuild_tensorboard;
pub use regime_record::{RegimeRecord, SolvedHead, TensorRecord};
pub use registration::{Registration, Stopping};
pub use run_dir::{RunDir, parse_trial};
pub use run_lock::RunLock;
pub use run_log::RunLog;
pub use sealed::{open_sealed, sealed};
pub use spoiled::Spoiled;
pub use state_digest::{TensorBytes, state_digest};
pub use status::{Attempt, FailureKind, State, Status, Timing};
pub use store::{RunRecord, RunState, Store};
pub use summary::{Examples, Outcome, Summary};
pub use survey::{ProblemKind, RunProblem, Survey};
pub use tensorboard::{HParam, TbWriter, read_scalars};
pub use verify::Verification;
pub use weights::open_weights;

/// Version of the JSON files of this crate. `trial.json` has that of `fireassay_spec`: it is part
/// of a trial's identity, and what a result file holds is not.
pub const SCHEMA: u32 = 3;
