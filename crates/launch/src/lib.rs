//! Runs trials somewhere, one process each, and says what became of them.
//!
//! * [`run`] works through a list of [`Pending`] trials: retries, time limits, Ctrl-C.
//! * [`Launcher`] is where processes are started: [`Local`] on this machine, [`Mock`] in tests.
//! * [`Progress`] is what happens meanwhile, [`Outcome`] what came of it.
//! * [`Eta`] guesses how long the rest takes.
//!
//! A trial's fate is read from its run directory: `summary.json` means finished, whatever the
//! process said. A process that ends without one leaves its reason in `status.json`.
//!
//! Not here: which trials to run, building the `trial` program, drawing progress.

pub mod error;
pub mod eta;
mod fate;
pub mod launcher;
pub mod local;
pub mod mock;
pub mod progress;
mod run;
pub mod signals;

pub use error::LaunchError;
pub use eta::Eta;
pub use launcher::{EXIT_RESUMABLE, EXIT_USAGE, Ended, Exit, Launcher, Nudge, ProcessId};
pub use local::{Local, TrialCommand, trial_environment};
pub use mock::{Mock, Script, Scripted};
pub use progress::{Outcome, Progress};
pub use run::{Options, Pending, run};
pub use signals::{Signals, Stop};
