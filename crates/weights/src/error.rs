//! `WeightsError`: what can be wrong with a file of weights.

use std::io;
use std::path::PathBuf;

/// Every message names the file and the culprit in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is of no format that is read here.
    #[error(
        "`{}` is {found}; weights are read from safetensors and from what `torch.save` writes",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// It is cut short, damaged, or contradicts itself.
    #[error("`{}`: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// Its pickle asks for something else than tensors.
    #[error(
        "`{}` asks for `{global}`, which is no part of a state dict; nothing in the file was run. \
         If you trust it, load it with PyTorch and save `model.state_dict()`",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Module and name of what it asks for.
        global: String,
    },
    /// One of its tensors cannot be had.
    #[error("`{}`, tensor `{tensor}`: {problem}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Its name in the file.
        tensor: String,
        /// What is wrong.
        problem: String,
    },
    /// It holds no tensors by name, or not where they were looked for.
    #[error("`{}`: {problem}", path.display())]
    NoStateDict {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        problem: String,
    },
}
