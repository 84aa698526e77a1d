//! `provenance.json`: code, data and machine of a trial. An allowlist; no environment is dumped.

use fireassay_spec::SourceRef;
use serde::{Deserialize, Serialize};

/// Written at the start of each session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Provenance {
    /// Version of this format.
    pub schema: u32,
    /// Of the source.
    pub code: CodeFacts,
    /// blake3 of the `trial` executable. Trials of different binaries are never paired.
    pub binary_hash: String,
    /// Of the dataset's card.
    pub dataset_hash: String,
    /// Name of the backend, for example `flex`.
    pub backend: String,
    /// Version of Burn.
    pub burn: String,
    /// Instruction set of the fused operations, for example `avx512`; none where nothing was fused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Threads given to the trial.
    pub threads: usize,
    /// Model name of the processor.
    pub cpu: String,
    /// Operating system and architecture, for example `linux x86_64`.
    pub platform: String,
    /// Programs that the trial was begun with, oldest first: empty, unless the user let another one
    /// go on with it. Such a trial is a result of no single program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Build>,
    /// What its first weights came from; none where they were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceFacts>,
}

/// Weights that a trial started from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SourceFacts {
    /// Whose they are.
    pub of: SourceRef,
    /// Of the tensors, as that of a summary.
    pub state_digest: String,
    /// blake3 of the executable that made them; none for weights of somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_hash: Option<String>,
}

/// A program that worked on a trial before another one went on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Build {
    /// blake3 of the executable.
    pub binary_hash: String,
    /// Of the source.
    pub code: CodeFacts,
    /// Updates made when another one went on.
    pub until_step: u64,
}

/// What xtask knows of the source and passes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodeFacts {
    /// `git rev-parse HEAD`; none outside a repository.
    pub git_revision: Option<String>,
    /// Whether tracked files differ from it.
    pub git_dirty: bool,
    /// blake3 of `Cargo.lock`.
    pub lockfile_hash: String,
    /// `rustc --version`.
    pub toolchain: String,
}
