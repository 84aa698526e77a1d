//! What can be typed after `cargo xtask new`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Shown below the help.
pub(crate) const NEW_EXAMPLES: &str = "\
Examples:
  cargo xtask new dataset pets --from ~/pictures/pets   a folder for each class
  cargo xtask new dataset pets --from pets.tar.gz       the same, in an archive
  cargo xtask new dataset wells --from wells.csv --commit
  cargo xtask new dataset gait --from gait.csv --target activity
  cargo xtask new dataset names --from ~/names          a text file for each class";

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    pub(crate) command: NewCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Make a dataset of files: find out how they are read, and write their card
    #[command(after_help = NEW_EXAMPLES)]
    Dataset(NewDatasetArgs),
}

/// Arguments of `new dataset`, and of `data add`.
#[derive(Debug, Args)]
pub(crate) struct NewDatasetArgs {
    /// Name of the folder to make in datasets/
    pub(crate) name: String,
    /// The files: a folder, an archive, a table, series or texts
    #[arg(long, value_name = "PATH")]
    pub(crate) from: PathBuf,
    /// Of a table or of Parquet files: the column of the class, where another one would be taken
    /// for it
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// Copy the files beside the card, to be committed; without it they go to the data directory
    /// (as hard links where that works, so that they take no space twice) and only the card is
    /// part of the repository
    #[arg(long)]
    pub(crate) commit: bool,
}
