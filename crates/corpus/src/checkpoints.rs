//! `checkpoints/manifest.json`: accepted means that each set lies beside it.

use std::path::{Component, Path};

use fireassay_tracking::{CheckpointManifest, sealed};

use crate::resealed::{object, resealed};
use crate::told;

pub(crate) fn check(bytes: &[u8]) -> String {
    let name = Path::new(CheckpointManifest::FILE);
    let as_it_is = read(name, bytes);
    match object(bytes) {
        None => as_it_is,
        Some(fields) => format!("{as_it_is}; mended: {}", read(name, &resealed(name, &fields))),
    }
}

fn read(name: &Path, bytes: &[u8]) -> String {
    let manifest = match CheckpointManifest::parse(name, bytes) {
        Err(error) => return told(&error),
        Ok(manifest) => manifest,
    };
    for set in &manifest.sets {
        let parts: Vec<Component<'_>> = Path::new(&set.file).components().collect();
        assert!(matches!(parts[..], [Component::Normal(part)] if part == set.file.as_str()));
    }
    let written = sealed(name, &manifest).expect("a manifest can be written");
    let again = CheckpointManifest::parse(name, &written).expect("what is written can be read");
    assert_eq!(again, manifest);
    format!("accepted, {} sets", manifest.sets.len())
}
