//! `Workspace`: where experiments, datasets and runs lie.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fireassay_data::Roots;

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
    /// Fetched datasets, one folder each; none on a machine that names no such place.
    pub(crate) data_dir: Option<PathBuf>,
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
        let data_dir =
            places.data_dir.clone().or_else(|| own_data_dir(&|key| std::env::var_os(key)));
        let trial_binary = places.trial_binary.clone();
        Self { root, experiments, datasets, data_dir, runs, trial_binary }
    }

    /// Where the files of datasets lie.
    pub(crate) fn roots(&self) -> Roots {
        Roots { datasets: self.datasets.clone(), fetched: self.data_dir.clone() }
    }

    /// The same, as arguments of the trial program.
    pub(crate) fn roots_args(&self) -> Vec<OsString> {
        let mut args = vec!["--datasets".into(), self.datasets.clone().into()];
        if let Some(data_dir) = &self.data_dir {
            args.extend(["--data-dir".into(), data_dir.clone().into()]);
        }
        args
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

/// The folder for data of programs of this user, as the platform has it.
fn own_data_dir(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path would be another folder in every folder; the standard says to ignore it.
    let absolute = |key| variable(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let of_home =
        if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    let base = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(of_home)))?;
    Some(base.join("fireassay"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_is_that_of_the_user() {
        let check = |variables: &[(&str, &str)], expected: Option<&str>| {
            let variable = |key: &str| {
                variables.iter().find(|(name, _)| *name == key).map(|(_, value)| value.into())
            };
            assert_eq!(own_data_dir(&variable).as_deref(), expected.map(Path::new));
        };
        let home = ("HOME", "/home/me");
        check(&[home, ("XDG_DATA_HOME", "/data/me")], Some("/data/me/fireassay"));
        check(&[], None);
        check(&[("HOME", "")], None);
        if !cfg!(target_os = "macos") {
            let usual = Some("/home/me/.local/share/fireassay");
            check(&[home], usual);
            check(&[home, ("XDG_DATA_HOME", "relative")], usual);
            check(&[home, ("XDG_DATA_HOME", "")], usual);
        }
    }
}
