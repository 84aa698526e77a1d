//! Pairs of texts: accepted means as many as there are lines, made of the characters that occur.

use std::collections::BTreeSet;

use fireassay_spec::{SequenceFormat, Unit, VocabularyCard};
use sha2::{Digest, Sha256};

use crate::sequences::{Claimed, FILE, check as check_sequences, spread};

pub(crate) fn check(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let column = |place| lines.iter().map(move |line| line.split('\t').nth(place).unwrap_or(""));
    let (source, target) = (vocabulary(column(0)), vocabulary(column(1)));
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
    check_sequences(bytes, claimed)
}

fn vocabulary<'a>(texts: impl Iterator<Item = &'a str>) -> VocabularyCard {
    let characters: BTreeSet<char> = texts.flat_map(str::chars).collect();
    let listed: String = characters.iter().flat_map(|&c| [c, '\0']).collect();
    let sha256 = Sha256::digest(&listed).iter().map(|byte| format!("{byte:02x}")).collect();
    let size = VocabularyCard::NUM_SPECIAL + characters.len();
    VocabularyCard { unit: Unit::Character, size, sha256 }
}
