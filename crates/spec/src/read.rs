//! `read`: a tree into a type, with every mismatch told instead of the first.
//!
//! serde stops at the first error. So each error is noted, its place is marked to be passed over
//! (an unknown key) or filled with a stand-in (anything else), and the tree is read again, until
//! nothing is left to complain about. The types stay the only description of the format.

mod de;
mod fault;
mod stand_in;
mod tell;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::error::Flaw;
use crate::tree::Node;
use de::De;
use fault::{Fault, Kind, Wanted};
use stand_in::StandIn;
use tell::Teller;

/// What was read, and all that did not fit.
pub(crate) struct Read<T> {
    /// With stand-ins at the marked places; none if no stand-in fits.
    pub(crate) value: Option<T>,
    /// One per mismatch.
    pub(crate) flaws: Vec<Flaw>,
    marks: Marks,
}

impl<T> Read<T> {
    /// Whether the value at a dotted path is what the file says, through and through.
    pub(crate) fn is_sound(&self, path: &str) -> bool {
        let mut marks = &self.marks;
        for step in path.split('.') {
            match marks.below.get(step) {
                Some(below) if below.mark.is_none() => marks = below,
                Some(_) => return false,
                None => return true,
            }
        }
        marks.is_clean()
    }

    /// Whether a type asks for the key at a dotted path, whatever it thinks of the value.
    pub(crate) fn is_known(&self, path: &str) -> bool {
        let mut marks = &self.marks;
        for step in path.split('.') {
            if marks.mark.is_some() {
                return false;
            }
            match marks.below.get(step) {
                Some(below) => marks = below,
                None => return true,
            }
        }
        marks.mark != Some(Mark::Skip)
    }
}

/// Reads a tree. `prefix` is the dotted path of `root` in the file, for messages.
pub(crate) fn read<T: DeserializeOwned>(root: &Node, prefix: &str) -> Read<T> {
    /// A file with more mismatches than this is of another kind altogether.
    const MOST: usize = 100;
    let mut marks = Marks::default();
    let mut faults = Vec::new();
    let value = loop {
        let result = match marks.mark {
            Some(_) => T::deserialize(StandIn::new(None)),
            None => T::deserialize(De { node: root, marks: Some(&marks) }),
        };
        match result {
            Ok(value) => break Some(value),
            Err(fault) => {
                let marked = marks.put(&fault);
                faults.push(fault);
                if !marked || faults.len() == MOST {
                    break None;
                }
            }
        }
    };
    let prefix: Vec<&str> = prefix.split('.').filter(|step| !step.is_empty()).collect();
    let flaws = Teller { root, prefix: &prefix, marks: &marks, faults: &faults }.flaws();
    Read { value, flaws, marks }
}

/// What to do at a place in the next reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Pass over this key.
    Skip,
    /// Read a stand-in.
    StandIn,
}

/// Marks, as a tree beside the file's.
#[derive(Debug, Default)]
struct Marks {
    mark: Option<Mark>,
    /// What a stand-in was asked to be.
    wanted: RefCell<Option<Wanted>>,
    below: BTreeMap<String, Marks>,
}

impl Marks {
    /// Marks the place of a fault; false if it was marked before, so that marking cannot help.
    fn put(&mut self, fault: &Fault) -> bool {
        let mut marks = self;
        for step in fault.path() {
            marks = marks.below.entry(step.to_owned()).or_default();
        }
        let is_unknown = matches!(fault.kind, Kind::UnknownField { .. });
        let mark = if is_unknown { Mark::Skip } else { Mark::StandIn };
        marks.mark.replace(mark).is_none()
    }

    fn is_clean(&self) -> bool {
        self.mark.is_none() && self.below.values().all(Self::is_clean)
    }

    fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |marks, step| marks.below.get(*step))
    }
}

#[cfg(test)]
mod tests;
