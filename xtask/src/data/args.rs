//! What can be typed after `cargo xtask data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Shown below the help.
pub(crate) const DATA_EXAMPLES: &str = "\
Examples:
  cargo xtask data list                              what there is, and what is not here yet
  cargo xtask data fetch mnist                       download what is missing of it
  cargo xtask data fetch --all --from-dir ~/offline  copy instead, from a folder on this machine
  cargo xtask data verify mnist                      check every file of it
  cargo xtask data cache --clear                     make room on the disk";

/// Arguments of `data`.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the datasets and where they are
    List,
    /// Bring datasets that are not committed to this machine; what is here already stays
    Fetch(FetchArgs),
    /// Check hashes, counts, labels and normalisation of datasets
    Verify {
        /// Names of folders in datasets/; none means all that are here
        names: Vec<String>,
    },
    /// Tell what is kept decoded, so that trials start sooner
    Cache {
        /// Remove it; what is needed again is decoded again
        #[arg(long)]
        clear: bool,
    },
}

/// Arguments of `data fetch`.
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Names of folders in datasets/
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) names: Vec<String>,
    /// Every dataset that is not committed
    #[arg(long)]
    pub(crate) all: bool,
    /// Copy the files out of this folder, wherever they lie in it or one level down, instead of
    /// downloading them
    #[arg(long, value_name = "DIR")]
    pub(crate) from_dir: Option<PathBuf>,
}
