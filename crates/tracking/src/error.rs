//! What can go wrong with a run directory, with the path and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use fireassay_spec::TrialId;
use miette::Diagnostic;

/// A file or folder of a run is not as it has to be.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum TrackingError {
    /// The system refused.
    #[error("cannot {action} `{path}`")]
    #[diagnostic(help("check the free space and the permissions of that place"))]
    Io {
        /// For example `write`.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the JSON that belongs there.
    #[error("`{path}` is cut short or was edited")]
    #[diagnostic(help("move its folder away and run the command again: the trial is run anew"))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// Its content is not what was sealed.
    #[error("`{path}` was changed after it was written")]
    #[diagnostic(help(
        "restore the file as it was; or move the run's folder away, and the trial is run anew"
    ))]
    Edited {
        /// The file.
        path: PathBuf,
    },
    /// Nothing tells whether it was changed.
    #[error("`{path}` has no seal: it was edited, or an earlier version wrote it")]
    #[diagnostic(help(
        "restore the file as it was; or move the run's folder away, and the trial is run anew"
    ))]
    Unsealed {
        /// The file.
        path: PathBuf,
    },
    /// The seal of a line of an event log is not that of its content and of the lines before.
    #[error("line {line} of `{path}` is not as it was written, or not where it was")]
    #[diagnostic(help(
        "restore the file as it was; or move the run's folder away, and the trial is run anew"
    ))]
    EditedLine {
        /// The event log.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A finished trial whose event log is not the one that it wrote.
    #[error("`{path}` does not hold the events of the summary beside it")]
    #[diagnostic(help(
        "restore the file as it was; or move the run's folder away, and the trial is run anew"
    ))]
    OtherEvents {
        /// The event log.
        path: PathBuf,
    },
    /// A whole line of an event log is not an event.
    #[error("line {line} of `{path}` is not an event")]
    #[diagnostic(help("run this trial again with --fresh: its events were edited or damaged"))]
    CorruptLine {
        /// The event log.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// Written by another version.
    #[error("`{path}` has schema {found}, this version reads schema {expected}")]
    #[diagnostic(help(
        "read it with the version that wrote it, or move its folder away and run the command again"
    ))]
    Schema {
        /// The file.
        path: PathBuf,
        /// In the file.
        found: u64,
        /// Ours.
        expected: u32,
    },
    /// No `trial.json` there.
    #[error("`{path}` is not a run directory: it has no trial.json")]
    #[diagnostic(help("`cargo xtask ablation <experiment>` makes the run directories"))]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A trial whose content does not hash to its id.
    #[error(
        "the trial of `{path}` says that its id is {found}, but its content hashes to {expected}"
    )]
    #[diagnostic(help("trial.json was edited: move its folder away and run the command again"))]
    Identity {
        /// The run directory.
        path: PathBuf,
        /// As written.
        found: TrialId,
        /// As computed.
        expected: TrialId,
    },
    /// Another trial has the folder.
    #[error("`{path}` belongs to trial {found}, not to {expected}")]
    #[diagnostic(help("move that folder away and run the command again"))]
    OtherTrial {
        /// The run directory.
        path: PathBuf,
        /// In its `trial.json`.
        found: TrialId,
        /// Of the trial that wanted it.
        expected: TrialId,
    },
    /// A condition's name that cannot be part of a folder's name.
    #[error("`{name}` cannot be the name of a run directory or of a file in one")]
    #[diagnostic(help("give the condition a name without slashes, not starting with a dot"))]
    Name {
        /// Of the folder.
        name: String,
    },
    /// Not the tensors that belong there.
    #[error("`{path}` is no sound file of weights: {problem}")]
    #[diagnostic(help("move its folder away and run the command again: the trial is run anew"))]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// JSON has no NaN and no infinity.
    #[error("nothing was written to `{path}`: a number for it is not finite")]
    NotFinite {
        /// The file.
        path: PathBuf,
    },
    /// A checkpoint counts on events that are not there.
    #[error("`{path}` has {found} bytes, but a checkpoint counts on its first {keep}")]
    #[diagnostic(help("events are lost: run this trial again with --fresh"))]
    ShortLog {
        /// The event log.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// What the checkpoint says.
        keep: u64,
    },
    /// A checkpoint's position is not the end of an event.
    #[error("byte {keep} of `{path}` is not the end of an event")]
    #[diagnostic(help(
        "the events are not those of the checkpoint: run this trial again with --fresh"
    ))]
    MidLine {
        /// The event log.
        path: PathBuf,
        /// What the checkpoint says.
        keep: u64,
    },
    /// Another process works on the run.
    #[error("another process works on `{path}`")]
    #[diagnostic(help("wait until it ends, or stop it"))]
    Busy {
        /// The run directory.
        path: PathBuf,
    },
    /// Another command works on the experiment.
    #[error("`{dir}` is in use by {holder}")]
    #[diagnostic(help("wait until it ends, or stop it: two commands never share an experiment"))]
    Locked {
        /// The experiment's folder.
        dir: PathBuf,
        /// As it describes itself.
        holder: String,
    },
    /// A process of another machine has it, or had it and died: no lock of the system tells.
    #[error("`{dir}` is in use by {holder}")]
    #[diagnostic(help(
        "if that process lives, wait until it ends, or stop it; if it is dead: `cargo xtask \
         ablation <experiment> --take-over`, or remove `{}`", heartbeat.display()
    ))]
    Foreign {
        /// The folder of the experiment or of the run.
        dir: PathBuf,
        /// As it describes itself.
        holder: String,
        /// The file that says so.
        heartbeat: PathBuf,
    },
    /// What was to be taken over is in use.
    #[error("{holder} is alive: its heartbeat in `{dir}` moved while we looked")]
    #[diagnostic(help("nothing was taken over: wait until it ends, or stop it there"))]
    Alive {
        /// The folder of the experiment or of the run.
        dir: PathBuf,
        /// As it describes itself.
        holder: String,
    },
    /// A run directory that is a symbolic link is not cleared: the files are somebody else's.
    #[error("`{path}` is a symbolic link: its files are left alone")]
    #[diagnostic(help("remove the link by hand and run the command again"))]
    Link {
        /// The run directory.
        path: PathBuf,
    },
}

impl TrackingError {
    /// For `map_err` on a call of the system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.into(), source }
    }
}
