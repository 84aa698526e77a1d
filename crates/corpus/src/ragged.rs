//! Arrays of sequences: four bytes claim examples, channels, and the steps of the shortest and of the
//! longest; then an archive of numpy, with its checksums put right, or a file of safetensors, that
//! holds `x`, `n` (lengths), `y` and `g` (groups). With the top bit of the first byte, no lengths.

use fireassay_data::DataError;
use fireassay_spec::{ArrayPlace, SequenceArrays, SequenceFormat, Steps};

use crate::sequences::{Claimed, open, outcome};
use crate::zipped;

/// How a zip archive begins.
const ZIP: &[u8] = b"PK";
const WITHOUT_LENGTHS: u8 = 0x80;

pub(crate) fn check(bytes: &[u8]) -> String {
    let Some((&[examples, channels, min, max], rest)) = bytes.split_first_chunk() else {
        return "refused: no claim".to_owned();
    };
    let (name, file) = match rest.starts_with(ZIP) {
        true => ("set.npz", zipped::mended(rest)),
        false => ("set.safetensors", rest.to_vec()),
    };
    let files = [(name, file.as_slice())];
    let place = |key: &str| ArrayPlace { file: name.to_owned(), key: Some(key.to_owned()) };
    let train = SequenceArrays {
        values: place("x"),
        lengths: (examples & WITHOUT_LENGTHS == 0).then(|| place("n")),
        labels: place("y"),
        groups: Some(place("g")),
    };
    let claimed = Claimed {
        format: SequenceFormat::Arrays { train: Box::new(train), test: None },
        shape: usize::from(channels),
        steps: Steps { min: usize::from(min), max: usize::from(max) },
        examples: usize::from(examples & !WITHOUT_LENGTHS),
        has_classes: true,
    };
    let opened = open(&files, &claimed);
    if let Ok(sequences) = &opened {
        assert!(sequences.groups().is_some());
        // One more is always told, and never as something else than too few.
        let more = open(&files, &Claimed { examples: claimed.examples + 1, ..claimed.clone() });
        assert!(!matches!(more, Ok(_) | Err(DataError::Card { .. })));
    }
    outcome(opened, &claimed)
}
