//! Recordings with a class at every step: accepted means as many windows as their lengths allow.

use fireassay_spec::{SequenceFormat, Steps, Windows};

use crate::arrays;
use crate::sequences::{Claimed, FILE, check as check_sequences};

/// Overlapping.
const WINDOWS: Windows = Windows { length: 2, stride: 1 };

/// Lines that a compressed file, which cannot be seen through, is taken to have.
const COMPRESSED: usize = 4;

pub(crate) fn check(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = match arrays::is_compressed(bytes) {
        true => COMPRESSED,
        false => text.lines().filter(|line| !line.trim().is_empty()).count(),
    };
    let claimed = Claimed {
        format: SequenceFormat::StepTable {
            train: vec![FILE.to_owned()],
            test: Vec::new(),
            channels: vec!["x".to_owned(), "y".to_owned()],
            label: "class".to_owned(),
            labels: Vec::new(),
            recording: None,
            windows: WINDOWS,
        },
        shape: 2,
        steps: Steps { min: WINDOWS.length, max: WINDOWS.length },
        // The header is no step, and the last step starts no window.
        examples: lines.saturating_sub(2).max(1),
        has_classes: true,
    };
    check_sequences(bytes, &claimed)
}
