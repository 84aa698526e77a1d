//! `Signals`: Ctrl-C and SIGTERM, counted. Once asks for a checkpoint, twice kills.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Pending;

use crate::LaunchError;

/// What the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Start nothing new; let what runs write a checkpoint and end.
    Checkpoint,
    /// End at once.
    Kill,
}

/// Counts SIGINT and SIGTERM from the moment it is made.
#[derive(Debug)]
pub struct Signals {
    pending: Pending,
    first: Option<i32>,
    level: Stop,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM of this process.
    pub fn listen() -> Result<Self, LaunchError> {
        let pending = Pending::new([SIGINT, SIGTERM]).map_err(LaunchError::Signals)?;
        Ok(Self { pending, first: None, level: Stop::No })
    }

    /// What the user wants by now. Signals of one kind that arrive together count once, because
    /// the kernel merges them.
    pub fn poll(&mut self) -> Stop {
        // Two are enough; a flood of signals must not keep us here.
        for signal in self.pending.pending().take(2) {
            self.first.get_or_insert(signal);
            self.level = match self.level {
                Stop::No => Stop::Checkpoint,
                Stop::Checkpoint | Stop::Kill => Stop::Kill,
            };
        }
        self.level
    }

    /// The exit code that the first signal asks for: 130 for Ctrl-C, 143 for SIGTERM.
    pub fn exit_code(&self) -> Option<u8> {
        self.first.and_then(|signal| u8::try_from(128 + signal).ok())
    }
}
