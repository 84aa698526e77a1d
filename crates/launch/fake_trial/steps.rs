//! A fake trial that makes steps: events, checkpoints and weights, as a real one leaves them.

use std::fs;

use fireassay_tracking::{CheckpointManifest, CheckpointSet, Event, RunDir, RunLog, write_atomic};
use serde_json::json;

use crate::identity;

/// Steps of a whole trial, and between two events and two checkpoints.
const STEPS: u64 = 100;
const EVERY: u64 = 10;

/// What a session does after its first checkpoint.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    /// Goes on to the end.
    GoOn,
    /// Nothing, until it is killed.
    Wait,
}

/// Whether a kill changes what comes out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Resume {
    /// It does not.
    Exact,
    /// Numbers of step 30 and later drift.
    Drifting,
}

/// Makes steps from the last checkpoint on. True if it got to the end.
pub(crate) fn make(dir: &RunDir, then: Then, resume: Resume) -> bool {
    let _lock = dir.lock().expect("lock");
    fs::create_dir_all(dir.checkpoints()).expect("checkpoints");
    let (start, keep_bytes) = last_checkpoint(dir);
    remove_all_but(dir, &[MANIFEST, &set(start)]);
    let mut log = RunLog::open(dir, keep_bytes, start).expect("logs");
    let binary_hash = identity::own_hash();
    if start == 0 {
        log.log(&state(0, resume)).expect("event");
    }
    for step in (start + EVERY..=STEPS).step_by(EVERY as usize) {
        let loss = value(step, resume);
        log.log(&Event::Train { step, loss, lr: 0.1 }).expect("event");
        log.log(&state(step, resume)).expect("event");
        log.sync().expect("events on disk");
        save(dir, step, resume, &binary_hash);
        if then == Then::Wait {
            return false;
        }
    }
    log.end(true).expect("end of the logs");
    write_atomic(&dir.checkpoints().join(SELECTED), &weights(STEPS, resume))
        .expect("selected weights");
    remove_all_but(dir, &[SELECTED]);
    true
}

const MANIFEST: &str = CheckpointManifest::FILE;
const SELECTED: &str = "selected.safetensors";

fn set(step: u64) -> String {
    format!("step-{step:08}.safetensors")
}

/// Its step, and the bytes of the event log that it counts on: a line for the state at the start,
/// and two for each step.
fn last_checkpoint(dir: &RunDir) -> (u64, u64) {
    let manifest = CheckpointManifest::read(&dir.checkpoints()).expect("manifest");
    let step = manifest.map_or(0, |manifest| manifest.sets[0].step);
    let events = fs::read(dir.events_path()).unwrap_or_default();
    let count = if step == 0 { 0 } else { 1 + 2 * step / EVERY };
    let lines = events.split_inclusive(|&byte| byte == b'\n').take(count as usize);
    (step, lines.map(|line| line.len() as u64).sum())
}

fn save(dir: &RunDir, step: u64, resume: Resume, binary_hash: &str) {
    let file = set(step);
    let bytes = weights(step, resume);
    write_atomic(&dir.checkpoints().join(&file), &bytes).expect("set");
    let set_of_step = CheckpointSet { step, file, blake3: String::new() };
    let manifest = CheckpointManifest {
        schema: CheckpointManifest::SCHEMA,
        binary_hash: binary_hash.to_owned(),
        sets: vec![set_of_step],
    };
    manifest.write(&dir.checkpoints()).expect("manifest");
    remove_all_but(dir, &[MANIFEST, &set(step)]);
}

/// What killed sessions left.
fn remove_all_but(dir: &RunDir, keep: &[&str]) {
    for entry in fs::read_dir(dir.checkpoints()).expect("checkpoints") {
        let entry = entry.expect("checkpoints");
        if !keep.iter().any(|name| entry.file_name() == *name) {
            fs::remove_file(entry.path()).expect("a file that a killed session left");
        }
    }
}

fn value(step: u64, resume: Resume) -> f64 {
    let drift = if resume == Resume::Drifting && step >= 30 { 1e-6 } else { 0.0 };
    1.0 / step as f64 + drift
}

/// The bits of a value stand for their digest.
fn state(step: u64, resume: Resume) -> Event {
    let digest = |value: f64| format!("{:016x}", value.to_bits());
    let weight = digest(value(step.max(1), resume));
    let tensors = [
        ("head.bias", digest(0.5)),
        ("head.weight", weight.clone()),
        ("head.weight/optim", weight),
    ];
    let tensors = tensors.into_iter().map(|(name, digest)| (name.to_owned(), digest));
    Event::State { step, tensors: tensors.collect() }
}

/// A safetensors file: length of the header, header, data.
fn weights(step: u64, resume: Resume) -> Vec<u8> {
    let weight = [1.0, 2.0, value(step, resume) as f32, 4.0];
    let bias = [0.5_f32, 0.25];
    let header = json!({
        "head.bias": { "dtype": "F32", "shape": [2], "data_offsets": [0, 8] },
        "head.weight": { "dtype": "F32", "shape": [2, 2], "data_offsets": [8, 24] },
    });
    let mut header = header.to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(bias.iter().chain(&weight).flat_map(|x: &f32| x.to_le_bytes()));
    bytes
}
