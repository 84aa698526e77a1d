//! Pairs of texts: accepted means as many as there are lines, made of the characters that occur.

use fireassay_spec::SequenceFormat;

use crate::sequences::{Claimed, FILE, characters, check as check_sequences, lines, spread};

pub(crate) fn check(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = lines(&text).filter(|line| !line.is_empty()).collect();
    let column = |place| lines.iter().map(move |line| line.split('\t').nth(place).unwrap_or(""));
    let (source, target) = (characters(column(0)), characters(column(1)));
    let claimed = Claimed {
        shape: source.size,
        steps: spread(column(0).map(|text| text.chars().count())),
        examples: lines.len().max(1),
        has_classes: false,
        format: SequenceFormat::TextPairs {
            train: FILE.to_owned(),
            test: None,
            columns: 2,
            source_column: 1,
            target_column: 2,
            source,
            target,
        },
    };
    check_sequences(bytes, &claimed)
}
