//! The files of one run, each held against what says how it was.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use fireassay_spec::TrialId;
use safetensors::tensor::Dtype;

use super::Verification;
use crate::event_log::read_log;
use crate::survey::ProblemKind;
use crate::{
    CheckpointManifest, CheckpointSet, RunDir, RunProblem, Summary, TensorBytes, TrackingError,
    curves, open_weights, state_digest, tensorboard,
};

/// The selected weights, in `checkpoints/`.
const SELECTED: &str = "selected.safetensors";

/// One run, and what is found.
pub(super) struct Files<'a> {
    pub name: &'a str,
    pub trial: Option<TrialId>,
    pub problems: Vec<RunProblem>,
    pub all: &'a mut Verification,
}

impl Files<'_> {
    pub(super) fn check(&mut self, run: &RunDir) {
        for file in run.sealed_files() {
            self.all.count(&file);
        }
        self.sound(run.trial());
        self.sound(run.status());
        self.sound(run.provenance());
        // Before the events: a process that ends now writes its summary after them.
        let summary = match self.trial.clone() {
            Some(trial) => self.sound(run.summary_of(&trial)).flatten(),
            None => {
                self.sound(run.sound_summary());
                None
            }
        };
        self.events(run, summary.as_ref());
        self.sets(run);
        if let Some(summary) = summary {
            self.selected(run, &summary);
        }
    }

    /// The value, unless there is something wrong with it.
    fn sound<T>(&mut self, read: Result<T, TrackingError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(RunProblem::new(self.name, self.trial.clone(), &error));
                None
            }
        }
    }

    fn edited(&mut self, detail: String) {
        let (dir, trial) = (self.name.to_owned(), self.trial.clone());
        self.problems.push(RunProblem { dir, trial, kind: ProblemKind::Edited, detail });
    }

    fn events(&mut self, run: &RunDir, summary: Option<&Summary>) {
        let path = run.events_path();
        self.all.count(&path);
        let Some(log) = self.sound(read_log(&path)) else { return };
        let Some(summary) = summary else { return };
        if log.mark != summary.events {
            let error = TrackingError::OtherEvents { path };
            self.sound::<()>(Err(error));
            return;
        }
        if log.torn_bytes > 0 {
            let bytes = log.torn_bytes;
            self.edited(format!("events.jsonl has {bytes} bytes behind its last event"));
        }
        let found = tensorboard::event_files(&run.tb()).unwrap_or_default();
        if found.is_empty() {
            return;
        }
        found.iter().for_each(|file| self.all.count(file));
        let Some((scalars, is_whole)) = self.sound(tensorboard::read(&run.tb())) else { return };
        if !curves::equal(&scalars, &curves::shown(&log.events)) {
            self.edited("tb/ does not show the events of events.jsonl".into());
        } else if !is_whole {
            self.edited("the last file of tb/ is damaged".into());
        }
    }

    /// A process that works on the run may replace the sets while they are read: what counts is
    /// said by a manifest that is still there afterwards.
    fn sets(&mut self, run: &RunDir) {
        let dir = run.checkpoints();
        let mut before = CheckpointManifest::read(&dir);
        loop {
            let mut damaged = Vec::new();
            for set in before.iter().flatten().flat_map(|manifest| &manifest.sets) {
                damaged.extend(damage_of(&dir, set));
            }
            let after = CheckpointManifest::read(&dir);
            if let (Ok(then), Ok(now)) = (&before, &after)
                && then != now
            {
                before = after;
                continue;
            }
            damaged.into_iter().for_each(|detail| self.edited(detail));
            break;
        }
        if let Some(Some(manifest)) = self.sound(before) {
            self.all.count(&dir.join(CheckpointManifest::FILE));
            manifest.sets.iter().for_each(|set| self.all.count(&dir.join(&set.file)));
        }
    }

    fn selected(&mut self, run: &RunDir, summary: &Summary) {
        let path = run.checkpoints().join(SELECTED);
        let bytes = match fs::read(&path) {
            // Stores are copied without their weights.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            bytes => bytes.map_err(TrackingError::io("read", &path)),
        };
        self.all.count(&path);
        let Some(bytes) = self.sound(bytes) else { return };
        if self.sound(digest_of(&path, &bytes)).is_some_and(|d| d != summary.state_digest) {
            self.edited(format!("{SELECTED} does not hold the weights of summary.json"));
        }
    }
}

/// What is wrong with a set that a manifest names.
fn damage_of(dir: &Path, set: &CheckpointSet) -> Option<String> {
    let name = &set.file;
    match fs::read(dir.join(name)) {
        Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == set.blake3 => None,
        Ok(_) => Some(format!("{name} is not the checkpoint that its manifest names")),
        Err(error) => Some(format!("{name}, which manifest.json names, cannot be read: {error}")),
    }
}

fn digest_of(path: &Path, bytes: &[u8]) -> Result<String, TrackingError> {
    let file = open_weights(path, bytes)?;
    let views: Vec<_> = file.iter().collect();
    if let Some((name, view)) = views.iter().find(|(_, view)| view.dtype() != Dtype::F32) {
        let problem = format!("`{name}` is {}, not F32", view.dtype());
        return Err(TrackingError::Weights { path: path.into(), problem });
    }
    let tensors = views.iter().map(|(name, view)| {
        let (shape, bytes) = (view.shape(), view.data());
        (*name, TensorBytes { shape, bytes })
    });
    Ok(state_digest(&tensors.collect()))
}
