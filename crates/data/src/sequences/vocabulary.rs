//! `Vocabulary`: the tokens of a text, numbered.

use std::collections::BTreeSet;

use fireassay_spec::{Unit, VocabularyCard};
use sha2::{Digest, Sha256};

use crate::file::hex;

/// The tokens of the train part, in the order of their UTF-8 bytes, behind four ids that are no
/// text. Code points stay as they are: composed and decomposed Hangul or accents are different
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    unit: Unit,
    tokens: Vec<String>,
}

impl Vocabulary {
    /// What stands where a sequence has no step left; its mask says so too.
    pub const PADDING: u32 = 0;
    /// A token that the train part does not have.
    pub const UNKNOWN: u32 = 1;
    /// For models that write: what comes before the first token. No data has it.
    pub const START: u32 = 2;
    /// Ends every target sequence.
    pub const END: u32 = 3;

    /// Of these texts.
    pub(crate) fn of<'a>(unit: Unit, texts: impl Iterator<Item = &'a str>) -> Self {
        let tokens: BTreeSet<&str> = texts.flat_map(|text| cut(unit, text)).collect();
        Self { unit, tokens: tokens.into_iter().map(str::to_owned).collect() }
    }

    /// How many ids there are, the four of no text included.
    pub fn size(&self) -> usize {
        VocabularyCard::NUM_SPECIAL + self.tokens.len()
    }

    /// The token of an id; `None` for padding, unknown, start, end and beyond.
    pub fn token(&self, id: u32) -> Option<&str> {
        let index = (id as usize).checked_sub(VocabularyCard::NUM_SPECIAL)?;
        self.tokens.get(index).map(String::as_str)
    }

    /// Whether tokens are words, and not single characters.
    pub(crate) fn is_of_words(&self) -> bool {
        self.unit == Unit::Word
    }

    /// As ids, appended to `out`.
    pub fn encode(&self, text: &str, out: &mut Vec<u32>) {
        out.extend(cut(self.unit, text).map(|token| {
            let found = self.tokens.binary_search_by(|known| known.as_str().cmp(token));
            found.map_or(Self::UNKNOWN, |index| (VocabularyCard::NUM_SPECIAL + index) as u32)
        }));
    }

    /// As text: ids without a token are left out, words stand one blank apart.
    pub fn decode(&self, ids: &[u32]) -> String {
        let tokens: Vec<&str> = ids.iter().filter_map(|&id| self.token(id)).collect();
        match self.unit {
            Unit::Character => tokens.concat(),
            Unit::Word => tokens.join(" "),
        }
    }

    /// As [`VocabularyCard::sha256`] has it.
    pub(crate) fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        for token in &self.tokens {
            hasher.update(token);
            hasher.update([0]);
        }
        hex(&hasher.finalize())
    }
}

/// The tokens of a text, in its order.
fn cut(unit: Unit, text: &str) -> impl Iterator<Item = &str> {
    let (characters, words) = match unit {
        Unit::Character => (text, ""),
        Unit::Word => ("", text),
    };
    let characters = characters.char_indices();
    let characters = characters.map(move |(start, c)| &text[start..start + c.len_utf8()]);
    characters.chain(words.split_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(vocabulary: &Vocabulary, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        vocabulary.encode(text, &mut ids);
        ids
    }

    #[test]
    fn ids_follow_bytes_behind_four_that_are_no_text() {
        let vocabulary = Vocabulary::of(Unit::Character, ["한a", "bé "].into_iter());
        assert_eq!(vocabulary.size(), 9);
        assert_eq!(encoded(&vocabulary, "ab한é x"), [5, 6, 8, 7, 4, Vocabulary::UNKNOWN]);
        assert_eq!(
            [3, 4, 8, 9].map(|id| vocabulary.token(id)),
            [None, Some(" "), Some("한"), None]
        );
        // Decomposed, `é` is an `e` and an accent, and neither was seen.
        assert_eq!(encoded(&vocabulary, "e\u{301}"), [1, 1]);
        let words = Vocabulary::of(Unit::Word, ["K AO1  R\tS", " K"].into_iter());
        assert_eq!(encoded(&words, "S K\u{a0}Z"), [7, 5, 1]);
        assert_eq!(words.decode(&[2, 7, 5, 1, 3]), "S K");
    }

    #[test]
    fn the_hash_is_that_of_the_tokens_with_a_zero_byte_after_each() {
        let vocabulary = Vocabulary::of(Unit::Character, ["ba\n"].into_iter());
        assert_eq!(vocabulary.sha256(), hex(&Sha256::digest(b"\n\0a\0b\0")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_was_seen_comes_back(text in any::<String>()) {
            let vocabulary = Vocabulary::of(Unit::Character, [text.as_str()].into_iter());
            let ids = encoded(&vocabulary, &text);
            prop_assert!(ids.iter().all(|&id| id > Vocabulary::END && (id as usize) < vocabulary.size()));
            prop_assert_eq!(vocabulary.decode(&ids), text.clone());
            let words = Vocabulary::of(Unit::Word, [text.as_str()].into_iter());
            let spaced: Vec<&str> = text.split_whitespace().collect();
            prop_assert_eq!(words.decode(&encoded(&words, &text)), spaced.join(" "));
        }
    }
}
