//! Series in the format of sktime (`.ts`): accepted means as many as there are lines of data.

use fireassay_spec::{SequenceFormat, Steps};

use crate::arrays;
use crate::sequences::{Claimed, FILE, check as check_sequences, spread};

/// What is asked of a compressed file, which cannot be seen through: dimensions and lengths.
const COMPRESSED: (usize, Steps) = (2, Steps { min: 1, max: 1 });

pub(crate) fn check(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split('\n').map(str::trim);
    let data = lines.skip_while(|line| !line.eq_ignore_ascii_case("@data")).skip(1);
    let data = data.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let length = |line: &str| line.split(':').next().unwrap_or_default().split(',').count();
    let (mut shape, mut steps) = COMPRESSED;
    if !arrays::is_compressed(bytes) {
        shape = data.clone().next().map_or(1, |line| line.matches(':').count().max(1));
        steps = spread(data.clone().map(length));
    }
    let claimed = Claimed {
        format: SequenceFormat::Ts { train: FILE.to_owned(), test: None },
        shape,
        steps,
        examples: data.count().max(1),
        has_classes: true,
    };
    check_sequences(bytes, &claimed)
}
