//! `Workspace`: where experiments, datasets and runs lie.

use std::path::{Path, PathBuf};

use crate::cli::Places;

/// The folders of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// One folder per experiment, each with an `experiment.toml`.
    pub(crate) experiments: PathBuf,
    /// One folder per dataset, each with a `dataset.toml`.
    pub(crate) datasets: PathBuf,
    /// Output, one folder per experiment.
    pub(crate) runs: PathBuf,
    /// The `trial` program to use instead of building one.
    pub(crate) trial_binary: Option<PathBuf>,
}

impl Workspace {
    /// The workspace that the command line names, or the one that this program belongs to.
    pub(crate) fn find(places: &Places) -> Self {
        let root = places.root.clone().unwrap_or_else(own_root);
        let runs = places.runs.clone().unwrap_or_else(|| root.join("runs"));
        let (experiments, datasets) = (root.join("experiments"), root.join("datasets"));
        Self { root, experiments, datasets, runs, trial_binary: places.trial_binary.clone() }
    }

    /// Where the runs and the report of an experiment go.
    pub(crate) fn runs_of(&self, experiment: &str) -> PathBuf {
        self.runs.join(experiment)
    }

    /// Cargo's output folder.
    pub(crate) fn target(&self) -> PathBuf {
        let from_environment = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        from_environment.unwrap_or_else(|| self.root.join("target"))
    }

    /// The path as a person types it from the workspace's root.
    pub(crate) fn short<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// `cargo run` says where the package lies; a program started by hand was built there.
fn own_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
