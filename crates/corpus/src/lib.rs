//! What any bytes must come to in each reader of a file.
//!
//! A [`Target`] takes bytes, gives them to a reader, and asserts more than that it does not panic:
//! what is accepted has to be whole, and the same when it is written and read again. The fuzzer of
//! `fuzz/` calls the targets with bytes of its own, the test of this crate with those of
//! `fuzz/corpus`.
//!
//! Files that carry a hash of themselves are read twice: as they are, and with the hash put right.
//! Otherwise the fuzzer would only ever test the comparison of hashes.

mod archive;
mod arrays;
mod checkpoints;
mod cifar;
mod csv;
mod dataset;
mod event_lines;
mod experiment;
mod idx;
mod images;
mod lexicon;
mod lines;
mod members;
mod numpy;
mod parquet;
mod places;
mod pretrained;
mod ragged;
mod resealed;
mod sequences;
mod series;
mod steps;
mod table;
mod tarred;
mod tensors;
mod texts;
mod trial;
mod weights;
mod windows;
mod zipped;

/// A reader under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Of its folder in `fuzz/corpus` and its file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Says in a line what became of the bytes.
    ///
    /// # Panics
    ///
    /// If the reader breaks a promise.
    pub check: fn(&[u8]) -> String,
}

/// Alphabetical.
pub const TARGETS: &[Target] = &[
    Target { name: "archive", check: archive::check },
    Target { name: "checkpoints", check: checkpoints::check },
    Target { name: "cifar", check: cifar::check },
    Target { name: "csv", check: csv::check },
    Target { name: "dataset", check: dataset::check },
    Target { name: "events", check: event_lines::check },
    Target { name: "experiment", check: experiment::check },
    Target { name: "idx", check: idx::check },
    Target { name: "images", check: images::check },
    Target { name: "lexicon", check: lexicon::check },
    Target { name: "lines", check: lines::check },
    Target { name: "members", check: members::check },
    Target { name: "numpy", check: numpy::check },
    Target { name: "parquet", check: parquet::check },
    Target { name: "pretrained", check: pretrained::check },
    Target { name: "ragged", check: ragged::check },
    Target { name: "series", check: series::check },
    Target { name: "steps", check: steps::check },
    Target { name: "table", check: table::check },
    Target { name: "tensors", check: tensors::check },
    Target { name: "texts", check: texts::check },
    Target { name: "trial", check: trial::check },
    Target { name: "weights", check: weights::check },
    Target { name: "windows", check: windows::check },
];

/// Runs one target; the fuzzer's only call.
///
/// # Panics
///
/// If there is no such target, or its reader breaks a promise.
pub fn check(name: &str, bytes: &[u8]) -> String {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("invariant: each fuzz target has a line in TARGETS").check)(bytes)
}

/// The first line of an error and of what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = format!("refused: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.lines().next().unwrap_or_default().to_owned()
}
