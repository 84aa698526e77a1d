//! What happened, on disk: the run directory and its files.
//!
//! ```text
//! runs/<experiment>/<condition>.seed-<n>.<hash8>/
//!   trial.json       what is run, written first          (RunDir::create)
//!   provenance.json  code, data and machine              (Provenance)
//!   events.jsonl     losses and metrics, append-only     (Event, EventLog)
//!   status.json      where it stands, replaced by rename (Status)
//!   summary.json     written last, by rename: finished   (Summary)
//!   log.txt  checkpoints/  tb/
//! ```
//!
//! `events.jsonl` and `summary.json` hold nothing of the machine and no time, so the same trial
//! writes the same bytes. Times and memory are in `status.json`.

pub mod event;
pub mod provenance;
pub mod status;
pub mod summary;

pub use event::Event;
pub use provenance::{CodeFacts, Provenance};
pub use status::{FailureKind, State, Status, Timing};
pub use summary::{Examples, Outcome, Summary};
