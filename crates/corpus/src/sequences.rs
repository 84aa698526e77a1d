//! What holds for every dataset of sequences that was decoded, whatever its format.

use std::collections::BTreeSet;
use std::path::Path;

use fireassay_data::{DataError, SequenceBatch, Sequences, open_sequences_with};
use fireassay_spec::{DataFormat, DatasetCard, SequenceFormat, Steps, Unit, VocabularyCard};
use sha2::{Digest, Sha256};

use crate::arrays::{self, Files};
use crate::told;

/// Of the one file that they read.
pub(crate) const FILE: &str = "file";

/// Opens the bytes as `claimed` says of them, plain and compressed: both have to come to the same.
pub(crate) fn check(bytes: &[u8], claimed: &Claimed) -> String {
    check_files(&[(FILE, bytes)], claimed)
}

/// As [`check`], for several files.
pub(crate) fn check_files(files: &Files<'_>, claimed: &Claimed) -> String {
    let plain = open(files, claimed);
    // What is compressed already would be unpacked once only.
    if !files.iter().any(|(_, bytes)| arrays::is_compressed(bytes)) {
        let packed = arrays::packed(files);
        let unpacked = open(&arrays::borrowed(&packed), claimed);
        assert_eq!(unpacked.as_ref().ok().map(contents), plain.as_ref().ok().map(contents));
    }
    if plain.is_ok() {
        let more = open(files, &Claimed { examples: claimed.examples + 1, ..claimed.clone() });
        assert!(matches!(more, Err(DataError::Examples { .. })));
    }
    outcome(plain, claimed)
}

/// Says what became of files; what was accepted is as it was claimed to be.
pub(crate) fn outcome(opened: Result<Sequences, DataError>, claimed: &Claimed) -> String {
    let sequences = match opened {
        Err(error) => return told(&error),
        Ok(sequences) => sequences,
    };
    let batch = contents(&sequences);
    let lengths = &batch.extent.lengths;
    let (least, most) = (lengths.iter().min(), lengths.iter().max());
    assert_eq!((least, most), (Some(&claimed.steps.min), Some(&claimed.steps.max)));
    assert_eq!(lengths.len(), claimed.examples);
    assert!(batch.values.iter().all(|value| value.is_finite()));
    assert!(batch.tokens.iter().all(|&token| (token as usize) < claimed.shape));
    let there = batch.extent.mask.iter().filter(|&&there| there).count();
    assert_eq!(there, lengths.iter().sum::<usize>());
    assert!(sequences.groups().is_none_or(|groups| groups.len() == sequences.len()));
    format!("accepted, {} sequences, {there} steps", sequences.len())
}

/// What a card says of the bytes.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) format: SequenceFormat,
    /// Of a step.
    pub(crate) shape: usize,
    pub(crate) steps: Steps,
    pub(crate) examples: usize,
    pub(crate) has_classes: bool,
}

pub(crate) fn open(files: &Files<'_>, claimed: &Claimed) -> Result<Sequences, DataError> {
    let format = DataFormat::Sequence(claimed.format.clone());
    let card = arrays::card(files, vec![claimed.shape], claimed.examples, format);
    let classes = if claimed.has_classes { card.classes.clone() } else { Vec::new() };
    let card = DatasetCard { steps: Some(claimed.steps), classes, ..card };
    open_sequences_with(&card, Path::new(""), &|path| arrays::bytes_of(files, path))
}

fn contents(sequences: &Sequences) -> SequenceBatch {
    let rows: Vec<u32> = (0..).take(sequences.len()).collect();
    let mut batch = SequenceBatch::default();
    sequences.gather(&rows, &mut batch);
    batch
}

/// The least and the most of some lengths; what a card may say, if there is none.
pub(crate) fn spread(lengths: impl Iterator<Item = usize>) -> Steps {
    let lengths: Vec<usize> = lengths.collect();
    let min = lengths.iter().copied().min().unwrap_or(1).max(1);
    Steps { min, max: lengths.into_iter().max().unwrap_or(1).max(min) }
}

/// Lines without their ends and without a byte order mark.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// What the characters of some texts are.
pub(crate) fn characters<'a>(texts: impl Iterator<Item = &'a str>) -> VocabularyCard {
    let characters: BTreeSet<char> = texts.flat_map(str::chars).collect();
    vocabulary(Unit::Character, characters.into_iter().map(String::from))
}

/// What the words of some texts are.
pub(crate) fn words<'a>(texts: impl Iterator<Item = &'a str>) -> VocabularyCard {
    let words: BTreeSet<&str> = texts.flat_map(str::split_whitespace).collect();
    vocabulary(Unit::Word, words.into_iter().map(str::to_owned))
}

/// Of sorted tokens.
fn vocabulary(unit: Unit, tokens: impl ExactSizeIterator<Item = String>) -> VocabularyCard {
    let size = VocabularyCard::NUM_SPECIAL + tokens.len();
    let listed: String = tokens.flat_map(|token| [token, "\0".to_owned()]).collect();
    let sha256 = Sha256::digest(&listed).iter().map(|byte| format!("{byte:02x}")).collect();
    VocabularyCard { unit, size, sha256 }
}
