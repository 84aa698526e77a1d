//! Pronouncing dictionaries: accepted means as many as there are entries, or as many as there are
//! words when one pronunciation of each is taken.

use std::collections::BTreeSet;

use fireassay_spec::{Pronunciations, SequenceFormat};

use crate::sequences::{Claimed, FILE, characters, check as check_sequences, lines, spread, words};

pub(crate) fn check(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let entries: Vec<(&str, &str)> = lines(&text).filter_map(entry).collect();
    let all = outcome(bytes, Pronunciations::All, &entries);
    let mut known = BTreeSet::new();
    let firsts: Vec<(&str, &str)> =
        entries.iter().filter(|entry| known.insert(entry.0)).copied().collect();
    let first = outcome(bytes, Pronunciations::First, &firsts);
    format!("{all}; of the first of each word {first}")
}

fn outcome(bytes: &[u8], pronunciations: Pronunciations, entries: &[(&str, &str)]) -> String {
    let source = characters(entries.iter().map(|(word, _)| *word));
    let claimed = Claimed {
        shape: source.size,
        steps: spread(entries.iter().map(|(word, _)| word.chars().count())),
        examples: entries.len().max(1),
        has_classes: false,
        format: SequenceFormat::Lexicon {
            train: FILE.to_owned(),
            test: None,
            pronunciations,
            source,
            target: words(entries.iter().map(|(_, phonemes)| *phonemes)),
        },
    };
    check_sequences(bytes, &claimed)
}

/// Word and phonemes of a line that has some.
fn entry(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (word, phonemes) = line.split_at(end);
    (!line.is_empty()).then(|| (without_number(word), phonemes))
}

/// `word` of `word(2)`.
fn without_number(entry: &str) -> &str {
    let Some(inside) = entry.strip_suffix(')') else { return entry };
    let word = inside.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_numbered = word.len() < inside.len() && word.ends_with('(') && word.len() > 1;
    if is_numbered { &word[..word.len() - 1] } else { entry }
}
