//! An interpreter of pickles that builds dictionaries of tensors and nothing else.
//!
//! A pickle is a program for a stack machine that may call any function of Python. This machine
//! knows the opcodes that `torch.save` writes (protocol 2) and the few functions of [`allowed`]; it
//! looks up no other and runs none. Opcodes: `Lib/pickletools.py` of Python.

mod allowed;
mod calls;
mod machine;
mod opcodes;
mod value;

use crate::words::visible;
use machine::Machine;

pub(crate) use value::{Pickle, StorageRef, TensorRef, Value};

/// Why a pickle is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PickleError {
    /// It is cut short, or does what `torch.save` never does.
    Damaged(String),
    /// It names a function or a type that is not allowed.
    Foreign(String),
}

impl<'a> Pickle<'a> {
    /// Reads one pickle from `at` on and moves `at` behind it. `what` is what errors call it.
    pub(crate) fn read(bytes: &'a [u8], at: &mut usize, what: &str) -> Result<Self, PickleError> {
        let mut machine = Machine::new(bytes, *at);
        match machine.run() {
            Ok(root) => {
                *at = machine.at();
                Ok(Self { heap: machine.into_heap(), root })
            }
            Err(PickleError::Damaged(problem)) => Err(PickleError::Damaged(format!(
                "{}, byte {}: {problem}",
                visible(what),
                machine.at()
            ))),
            Err(foreign @ PickleError::Foreign(_)) => Err(foreign),
        }
    }
}

fn damaged<T>(problem: impl Into<String>) -> Result<T, PickleError> {
    Err(PickleError::Damaged(problem.into()))
}

#[cfg(test)]
mod tests;
