//! `LaunchError`: trouble with processes. A trial that fails is an outcome, not an error.

use std::io;
use std::path::PathBuf;

use fireassay_tracking::TrackingError;

/// Trouble with processes or run directories.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program could not be started.
    #[error("cannot start `{}` for `{}`", program.display(), dir.display())]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// For which run directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program is not there or cannot be read.
    #[error("cannot read the program `{}`", program.display())]
    Program {
        /// What was to be started.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The copy that is to be started could not be made.
    #[error("cannot copy `{}` to `{}`", program.display(), store.display())]
    Freeze {
        /// What was to be copied.
        program: PathBuf,
        /// To where.
        store: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file that takes a process's stderr.
    #[error("cannot write `{}`", path.display())]
    Stderr {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system call failed.
    #[error("cannot {action} process {pid}")]
    Process {
        /// What was tried.
        action: &'static str,
        /// The process.
        pid: u32,
        /// Why.
        source: io::Error,
    },
    /// Facts about the code have no JSON form.
    #[error("cannot write the code facts as JSON")]
    Code(#[source] serde_json::Error),
    /// Signal handlers could not be installed.
    #[error("cannot listen for Ctrl-C")]
    Signals(#[source] io::Error),
    /// A run directory could not be read or written.
    #[error(transparent)]
    Tracking(#[from] TrackingError),
}

/// The error and its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
