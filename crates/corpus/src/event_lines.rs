//! `events.jsonl`: accepted means that the events read back, and that a torn log holds the first
//! of them.

use std::path::Path;

use fireassay_tracking::{Event, parse_events};

use crate::told;

const SEAL: &[u8] = b",\"seal\":\"";

pub(crate) fn check(bytes: &[u8]) -> String {
    let jsons: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(without_seal).collect();
    let mended = resealed(jsons.iter().map(Vec::as_slice));
    format!("{}; mended: {}", read(bytes), read(&mended))
}

fn read(bytes: &[u8]) -> String {
    let events = match parse_events(Path::new("events.jsonl"), bytes) {
        Err(error) => return told(&error),
        Ok(events) => events,
    };
    let jsons = written(&events);
    let again = parse_events(Path::new("events.jsonl"), &resealed(jsons.iter().map(Vec::as_slice)));
    assert_eq!(written(&again.expect("what is written can be read")), jsons);
    let torn = bytes.get(..bytes.len() / 2).unwrap_or_default();
    let torn = parse_events(Path::new("events.jsonl"), torn).expect("a torn log can be read");
    assert!(jsons.starts_with(&written(&torn)));
    format!("accepted, {} events", events.len())
}

/// As JSON, where even NaN equals itself.
fn written(events: &[Event]) -> Vec<Vec<u8>> {
    let json = |event: &Event| serde_json::to_vec(event).expect("an event can be written");
    events.iter().map(json).collect()
}

/// What a line says, with or without its seal.
fn without_seal(line: &[u8]) -> Vec<u8> {
    match line.windows(SEAL.len()).rposition(|window| window == SEAL) {
        Some(at) => [line.get(..at).unwrap_or_default(), b"}"].concat(),
        None => line.to_vec(),
    }
}

/// A log of these events: each line ends with the hash of its event and of the seal before.
fn resealed<'a>(jsons: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut log, mut seal) = (Vec::new(), String::new());
    for json in jsons.filter(|json| !json.is_empty()) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(seal.as_bytes()).update(json);
        seal = hasher.finalize().to_hex().chars().take(16).collect();
        let body = json.strip_suffix(b"}").unwrap_or(json);
        log.extend([body, SEAL, seal.as_bytes(), b"\"}\n"].concat());
    }
    log
}
