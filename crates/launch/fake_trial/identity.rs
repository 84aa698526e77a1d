//! Which program this is, and which one began a trial, as a real one records it.

use std::env;

use fireassay_launch::program_hash;
use fireassay_tracking::{Build, CheckpointManifest, CodeFacts, Provenance, RunDir, SCHEMA};

/// blake3 of this program.
pub(crate) fn own_hash() -> String {
    program_hash(&env::current_exe().expect("a path")).expect("a program that can be read")
}

/// Writes `provenance.json`. False if another program wrote the checkpoints and that is not
/// allowed.
pub(crate) fn record(dir: &RunDir, args: &[String]) -> bool {
    let code = crate::flag(args, "--code").expect("--code");
    let code: CodeFacts = serde_json::from_str(code).expect("--code is JSON");
    let binary_hash = own_hash();
    let manifest = CheckpointManifest::read(&dir.checkpoints()).expect("manifest");
    let other = manifest.filter(|manifest| manifest.binary_hash != binary_hash);
    let is_allowed = args.iter().any(|arg| arg == "--allow-binary-change");
    if other.is_some() && !is_allowed {
        return false;
    }
    let earlier = other.map(|manifest| Build {
        binary_hash: manifest.binary_hash,
        code: code.clone(),
        until_step: manifest.sets[0].step,
    });
    let provenance = Provenance {
        schema: SCHEMA,
        code,
        binary_hash,
        dataset_hash: dir.trial().expect("trial.json").dataset_hash,
        backend: "flex".into(),
        burn: "0.22.1".into(),
        instructions: None,
        threads: 1,
        cpu: "an example processor".into(),
        platform: "linux x86_64".into(),
        earlier: earlier.into_iter().collect(),
        source: None,
    };
    dir.write_provenance(&provenance).expect("provenance.json");
    true
}
