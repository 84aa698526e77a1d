//! What `torch.save` writes: a pickle that names storages, and the storages.

pub(crate) mod legacy;
pub(crate) mod state_dict;
pub(crate) mod storage;
pub(crate) mod zipped;

use std::path::Path;

use crate::WeightsError;
use crate::pickle::PickleError;

/// The error of a pickle, with its file.
fn of_pickle(path: &Path, error: PickleError) -> WeightsError {
    let path = path.to_owned();
    match error {
        PickleError::Damaged(problem) => WeightsError::Damaged { path, problem },
        PickleError::Foreign(global) => WeightsError::Foreign { path, global },
    }
}

fn damaged(path: &Path, problem: impl Into<String>) -> WeightsError {
    WeightsError::Damaged { path: path.to_owned(), problem: problem.into() }
}
