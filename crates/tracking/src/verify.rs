//! `Store::verify`: whether the files of runs still are what was written.

mod files;

use std::path::Path;

use crate::survey::examine;
use crate::{Registration, RunDir, RunProblem, Store, TrackingError};

use files::Files;

/// What is sound in a folder of runs, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Folders that are or were runs.
    pub runs: usize,
    /// Files that were held against what is known of them.
    pub files: usize,
    /// How much that is.
    pub bytes: u64,
    /// All that is wrong, by folder; a damaged registration goes by its own name.
    pub problems: Vec<RunProblem>,
}

impl Store {
    /// Reads everything that something can be held against: more than [`Store::survey`], which a
    /// report waits for. JSON files against their seals; events against theirs and against the
    /// summary; checkpoints against their manifest; and, of a finished run, the selected weights
    /// and what TensorBoard shows, where they are there. Changes nothing.
    pub fn verify(experiment_dir: &Path) -> Result<Verification, TrackingError> {
        let mut all = Verification::default();
        let registration = experiment_dir.join(Registration::FILE);
        if registration.exists() {
            all.count(&registration);
            if let Err(error) = Registration::read(experiment_dir) {
                all.problems.push(RunProblem::new(Registration::FILE, None, &error));
            }
        }
        for (name, path) in Self::folders(experiment_dir)? {
            all.add(&name, &path);
        }
        all.problems.sort_by(|a, b| (&a.dir, &a.detail).cmp(&(&b.dir, &b.detail)));
        Ok(all)
    }
}

impl Verification {
    /// Adds a folder, unless it is somebody else's.
    fn add(&mut self, name: &str, path: &Path) {
        let (trial, first) = match examine(name, path) {
            Ok(None) => return,
            Ok(Some(record)) => (Some(record.trial.id), None),
            Err(problem) => (problem.trial.clone(), Some(*problem)),
        };
        self.runs += 1;
        let mut files = Files { name, trial, problems: Vec::new(), all: self };
        if let Ok(run) = RunDir::open(path) {
            files.check(&run);
        }
        let mut problems = files.problems;
        // What is wrong with the folder rather than with a file of it.
        problems.extend(first.filter(|first| !problems.contains(first)));
        self.problems.extend(problems);
    }

    fn count(&mut self, path: &Path) {
        if let Ok(metadata) = path.metadata() {
            self.files += 1;
            self.bytes += metadata.len();
        }
    }
}

#[cfg(test)]
mod tests;
