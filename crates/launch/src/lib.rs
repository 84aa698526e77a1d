//! Runs trials somewhere, one process each, and says what became of them.
//!
//! * [`run`] works through a list of [`Pending`] trials: what waits for what, retries, time limits,
//!   Ctrl-C.
//! * [`Launcher`] is where processes are started: [`Local`] on this machine, [`Mock`] in tests.
//! * [`Progress`] is what happens meanwhile, [`Outcome`] what came of it.
//! * [`Eta`] guesses how long the rest takes.
//! * [`Frozen`] keeps the program that is started from being replaced meanwhile.
//!
//! A trial's fate is read from its run directory: `summary.json` means finished, whatever the
//! process said. A process that ends without one leaves its reason in `status.json`, and at length
//! in `error.txt`; for one that could not (a signal, an abort, a time limit), [`run`] does.
//!
//! Not here: which trials to run, building the `trial` program, drawing progress.

mod environment;
pub mod error;
pub mod eta;
mod fate;
mod frozen;
mod last_words;
pub mod launcher;
pub mod local;
pub mod mock;
pub mod progress;
mod run;
pub mod signals;
mod size;
mod waiting;

pub use environment::trial_environment;
pub use error::LaunchError;
pub use eta::Eta;
pub use frozen::{Frozen, program_hash};
pub use launcher::{EXIT_RESUMABLE, EXIT_USAGE, Ended, Exit, Launcher, Nudge, ProcessId};
pub use local::{Local, TrialCommand};
pub use mock::{Mock, Script, Scripted};
pub use progress::{Outcome, Progress};
pub use run::{Options, Pending, run};
pub use signals::{Signals, Stop};
