//! `Survey`: the runs of an experiment that can be read, and what is wrong with the others.

use std::io::ErrorKind;
use std::path::Path;

use fireassay_spec::TrialId;

use crate::{RunDir, RunRecord, Store, TrackingError};

/// What a folder of runs holds. A run is in one of the two lists, never in both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Sound runs, by condition, seed and id.
    pub records: Vec<RunRecord>,
    /// Damaged ones, by folder.
    pub problems: Vec<RunProblem>,
}

/// A run that is not to be trusted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProblem {
    /// Name of its folder.
    pub dir: String,
    /// Whose folder it is, where `trial.json` is sound.
    pub trial: Option<TrialId>,
    /// In one word.
    pub kind: ProblemKind,
    /// Which file, and what about it. Holds no path, so it is the same on every machine.
    pub detail: String,
}

/// Ways in which a run directory can be damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A file is cut short, or `trial.json` is missing beside others.
    HalfWritten,
    /// Another version of this program wrote it.
    ForeignSchema,
    /// It was changed after it was written.
    Edited,
    /// What is in the folder belongs to another trial.
    OtherTrial,
    /// It cannot be read, or holds something else.
    Unreadable,
}

impl ProblemKind {
    /// For a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::HalfWritten => "half-written",
            Self::ForeignSchema => "foreign schema",
            Self::Edited => "edited",
            Self::OtherTrial => "other trial",
            Self::Unreadable => "unreadable",
        }
    }
}

impl RunProblem {
    /// What an error says about a file of this folder.
    pub fn new(dir: &str, trial: Option<TrialId>, error: &TrackingError) -> Self {
        let (kind, detail) = diagnose(error);
        Self { dir: dir.to_owned(), trial, kind, detail }
    }
}

impl Store {
    /// All of `experiment_dir` that is or was a run: as [`Store::scan`], but a damaged run is a
    /// problem and hides no other. An error only if the folder itself cannot be read.
    pub fn survey(experiment_dir: &Path) -> Result<Survey, TrackingError> {
        let mut survey = Survey::default();
        for (name, path) in Self::folders(experiment_dir)? {
            match examine(&name, &path) {
                Ok(record) => survey.records.extend(record),
                Err(problem) => survey.problems.push(*problem),
            }
        }
        survey.records.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        survey.problems.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(survey)
    }
}

/// The record of a folder, or none if it is somebody else's.
pub(crate) fn examine(name: &str, path: &Path) -> Result<Option<RunRecord>, Box<RunProblem>> {
    let problem = |trial: Option<&TrialId>, (kind, detail): (ProblemKind, String)| {
        Box::new(RunProblem { dir: name.to_owned(), trial: trial.cloned(), kind, detail })
    };
    let Ok(run) = RunDir::open(path) else {
        return match without_trial(path) {
            None => Ok(None),
            Some(found) => Err(problem(None, found)),
        };
    };
    let trial = run.trial().map_err(|error| problem(None, diagnose(&error)))?;
    let id = trial.id.clone();
    let other = |detail: String| problem(Some(&id), (ProblemKind::OtherTrial, detail));
    if let Some(detail) = in_another_folder(name, &id) {
        return Err(other(detail));
    }
    let record = RunRecord::of(&run, trial);
    let record = record.map_err(|error| problem(Some(&id), diagnose(&error)))?;
    match of_other_data(&record) {
        None => Ok(Some(record)),
        Some(detail) => Err(other(detail)),
    }
}

/// What is wrong with a folder that has no `trial.json`; nothing if it never was a run.
fn without_trial(path: &Path) -> Option<(ProblemKind, String)> {
    let unreadable = |why: String| Some((ProblemKind::Unreadable, format!("trial.json {why}")));
    match path.join("trial.json").metadata() {
        Ok(_) => return unreadable("is not a file".into()),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {}
            _ => return unreadable(format!("cannot be read: {error}")),
        },
    }
    let left = RunDir::remains(path);
    let detail = format!("there is {}, but no trial.json", left.join(" and "));
    (!left.is_empty()).then_some((ProblemKind::HalfWritten, detail))
}

/// A sound `trial.json` in the folder of another trial. A condition may be renamed, so of the
/// folder's name only the hash counts.
fn in_another_folder(name: &str, id: &TrialId) -> Option<String> {
    let short = id.short();
    let hash = name.rsplit_once('.').map(|(_, hash)| hash);
    let is_hash =
        |text: &&str| text.len() == short.len() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let other = hash.filter(is_hash).is_some_and(|hash| hash != short);
    other.then(|| format!("trial.json is that of trial {short}"))
}

/// A session that saw other data than the trial names.
fn of_other_data(record: &RunRecord) -> Option<String> {
    let seen = record.provenance.as_ref().map(|provenance| &provenance.dataset_hash);
    let other = seen.is_some_and(|hash| *hash != record.trial.dataset_hash);
    other.then(|| "provenance.json names another dataset than trial.json".into())
}

/// The kind of an error, and its text with the file's name in place of its path.
fn diagnose(error: &TrackingError) -> (ProblemKind, String) {
    match error {
        TrackingError::Corrupt { path, source } if source.is_eof() => {
            (ProblemKind::HalfWritten, format!("{} is cut short: {source}", file(path)))
        }
        TrackingError::Corrupt { path, source } => {
            (ProblemKind::Unreadable, format!("{} is damaged: {source}", file(path)))
        }
        TrackingError::Schema { path, found, expected } => (
            ProblemKind::ForeignSchema,
            format!("{} has schema {found}, this version reads schema {expected}", file(path)),
        ),
        TrackingError::Edited { path } => {
            (ProblemKind::Edited, format!("{} was changed after it was written", file(path)))
        }
        TrackingError::Unsealed { path } => {
            (ProblemKind::Edited, format!("{} has no seal", file(path)))
        }
        TrackingError::OtherTrial { path, found, .. } => {
            (ProblemKind::OtherTrial, format!("{} is that of trial {}", file(path), found.short()))
        }
        TrackingError::EditedLine { path, line } => {
            (ProblemKind::Edited, format!("line {line} of {} was changed or moved", file(path)))
        }
        TrackingError::OtherEvents { path } => (
            ProblemKind::Edited,
            format!("{} does not hold the events of summary.json", file(path)),
        ),
        TrackingError::CorruptLine { path, line, .. } => {
            (ProblemKind::Unreadable, format!("line {line} of {} is damaged", file(path)))
        }
        TrackingError::Identity { found, expected, .. } => {
            let (found, expected) = (found.short(), expected.short());
            let detail = format!("trial.json says trial {found}, its content is trial {expected}");
            (ProblemKind::OtherTrial, detail)
        }
        TrackingError::Weights { path, problem } => (
            ProblemKind::Unreadable,
            format!("{} is no sound file of weights: {problem}", file(path)),
        ),
        TrackingError::Io { action, path, source } => {
            (ProblemKind::Unreadable, format!("cannot {action} {}: {source}", file(path)))
        }
        // Errors of writers and of event logs, and a trial.json that has just been removed.
        TrackingError::Alive { .. }
        | TrackingError::Busy { .. }
        | TrackingError::Foreign { .. }
        | TrackingError::Link { .. }
        | TrackingError::Locked { .. }
        | TrackingError::MidLine { .. }
        | TrackingError::Name { .. }
        | TrackingError::NotARun { .. }
        | TrackingError::NotFinite { .. }
        | TrackingError::ShortLog { .. } => {
            (ProblemKind::Unreadable, "trial.json cannot be read".into())
        }
    }
}

fn file(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.display().to_string())
}

#[cfg(test)]
mod tests;
