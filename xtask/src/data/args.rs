//! What can be typed after `cargo xtask data`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use fireassay_data::inspect::Part;

use crate::new::NewDatasetArgs;

/// Shown below the help.
pub(crate) const DATA_EXAMPLES: &str = "\
Examples:
  cargo xtask data list                              what there is, and what is not here yet
  cargo xtask data fetch mnist                       download what is missing of it
  cargo xtask data fetch --all --from-dir ~/offline  copy instead, from a folder on this machine
  cargo xtask data verify mnist                      check every file of it
  cargo xtask data show mnist                        figures, duplicates, a picture of it
  cargo xtask data add pets --from ~/pictures/pets   a dataset of your own
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
    /// Show what is in a dataset: classes, figures, duplicates, and a picture of its examples
    Show(ShowArgs),
    /// Make a dataset of files; the same as `cargo xtask new dataset`
    Add(NewDatasetArgs),
    /// Tell what is kept so that trials start sooner: decoded datasets and features
    Cache {
        /// Remove it; what is needed again is made again
        #[arg(long)]
        clear: bool,
    },
}

/// Arguments of `data show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Name of a folder in datasets/
    pub(crate) name: String,
    /// Where the picture goes, instead of target/data/NAME.png
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// Of which examples figures and picture are
    #[arg(long, value_name = "PART", default_value = "train")]
    pub(crate) split: ShownPart,
}

/// A part of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShownPart {
    /// The examples to learn from
    Train,
    /// The dataset's own test examples
    Test,
}

impl From<ShownPart> for Part {
    fn from(part: ShownPart) -> Self {
        match part {
            ShownPart::Train => Self::Train,
            ShownPart::Test => Self::Test,
        }
    }
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
