//! One long text in windows: accepted means as many as its length allows.

use fireassay_spec::{SequenceFormat, Steps, Windows};

use crate::arrays;
use crate::sequences::{Claimed, FILE, characters, check as check_sequences};

/// Overlapping.
const WINDOWS: Windows = Windows { length: 3, stride: 2 };

pub(crate) fn check(bytes: &[u8]) -> String {
    // What is compressed cannot be seen through, and is taken to be empty.
    let text = match arrays::is_compressed(bytes) {
        true => String::new(),
        false => String::from_utf8_lossy(bytes).into_owned(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let vocabulary = characters([text].into_iter());
    // The last character is nothing but a target.
    let starts = text.chars().count().saturating_sub(WINDOWS.length);
    let claimed = Claimed {
        shape: vocabulary.size,
        steps: Steps { min: WINDOWS.length, max: WINDOWS.length },
        examples: starts.div_ceil(WINDOWS.stride).max(1),
        has_classes: false,
        format: SequenceFormat::TextWindows {
            train: FILE.to_owned(),
            test: None,
            windows: WINDOWS,
            vocabulary,
        },
    };
    check_sequences(bytes, &claimed)
}
