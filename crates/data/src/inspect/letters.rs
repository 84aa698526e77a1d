//! Texts as they are written, a line each, with what belongs to them.

use super::Part;
use super::canvas::{BLACK, Canvas, Colour, LETTER_HEIGHT, LETTER_WIDTH};
use super::sequences::bands;
use super::sheet::{GAP, fitting};
use crate::{SequenceBatch, Sequences, Vocabulary};

/// Texts of a class.
const PER_CLASS: usize = 4;
/// Texts, when they are of no class.
const TEXTS: usize = 24;
/// Longer lines are cut.
const MAX_LETTERS: usize = 96;
/// Of what belongs to a text.
const TARGET: Colour = [0, 114, 178];
/// Of marks that are no letters of the text.
const MARK: Colour = [160; 3];
/// Of tokens that the train part does not have.
const UNKNOWN: Colour = [213, 94, 0];
const LINE: usize = LETTER_HEIGHT + GAP;

/// A letter, and how it is drawn.
type Letter = (char, Colour);

/// Draws some texts of a part.
pub(super) fn draw(sequences: &Sequences, part: Part, vocabulary: &Vocabulary) -> Canvas {
    let mut bands = bands(sequences, part, PER_CLASS, TEXTS / PER_CLASS);
    bands.retain(|band| !band.rows.is_empty());
    // Next tokens are those of the text itself.
    let targets = sequences.target_vocabulary().filter(|_| !is_shifted(sequences));
    let mut batch = SequenceBatch::default();
    let mut blocks = Vec::new();
    for band in &bands {
        let mut lines = Vec::new();
        for &row in &band.rows {
            sequences.gather(&[row], &mut batch);
            lines.push(written(vocabulary, &batch.tokens, BLACK));
            if let Some(targets) = targets {
                let text: &[u32] =
                    batch.labels.strip_suffix(&[Vocabulary::END]).unwrap_or(&batch.labels);
                let mut line = vec![('-', MARK), ('>', MARK), (' ', MARK)];
                line.extend(written(targets, text, TARGET));
                lines.push(line);
            }
        }
        lines.iter_mut().for_each(cut);
        blocks.push((fitting(band.name), lines));
    }
    let names = blocks.iter().map(|(name, _)| name.chars().count());
    let left = GAP + names.max().map_or(0, |letters| (letters + 1) * LETTER_WIDTH);
    let longest = blocks.iter().flat_map(|(_, lines)| lines).map(Vec::len).max().unwrap_or(1);
    // Of no class, they are a single list.
    let space = if left > GAP + LETTER_WIDTH { GAP } else { 0 };
    let height: usize = blocks.iter().map(|(_, lines)| lines.len() * LINE + space).sum();
    let mut canvas = Canvas::new(left + longest * LETTER_WIDTH + GAP, GAP + height);
    let mut y = GAP;
    for (name, lines) in &blocks {
        canvas.text((GAP, y), name);
        for line in lines {
            for (&(letter, colour), index) in line.iter().zip(0..) {
                canvas.letter((left + index * LETTER_WIDTH, y), letter, colour);
            }
            y += LINE;
        }
        y += space;
    }
    canvas
}

/// Whether what belongs to a step is the next step.
fn is_shifted(sequences: &Sequences) -> bool {
    let mut batch = SequenceBatch::default();
    sequences.gather(&[0], &mut batch);
    batch.label_extent == batch.extent && batch.labels.starts_with(&batch.tokens[1..])
}

/// Line ends and tabs as in Rust, an unknown token as a question mark, words apart.
fn written(vocabulary: &Vocabulary, tokens: &[u32], colour: Colour) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for &id in tokens {
        let Some(token) = vocabulary.token(id) else {
            letters.push(('?', UNKNOWN));
            continue;
        };
        if !letters.is_empty() && vocabulary.is_of_words() {
            letters.push((' ', colour));
        }
        for letter in token.chars() {
            match letter {
                '\n' => letters.extend([('\\', MARK), ('n', MARK)]),
                '\r' => letters.extend([('\\', MARK), ('r', MARK)]),
                '\t' => letters.extend([('\\', MARK), ('t', MARK)]),
                letter => letters.push((letter, colour)),
            }
        }
    }
    letters
}

/// To a length that can be looked at.
fn cut(line: &mut Vec<Letter>) {
    if line.len() > MAX_LETTERS {
        line.truncate(MAX_LETTERS - 2);
        line.extend([('.', MARK), ('.', MARK)]);
    }
}

#[cfg(test)]
mod tests {
    use fireassay_spec::Unit;

    use super::*;

    fn text(vocabulary: &Vocabulary, tokens: &[u32]) -> String {
        let mut line = written(vocabulary, tokens, BLACK);
        cut(&mut line);
        line.into_iter().map(|(letter, _)| letter).collect()
    }

    #[test]
    fn tokens_are_written_as_they_are_read() {
        let letters = Vocabulary::of(Unit::Character, ["\n a"].into_iter());
        assert_eq!(text(&letters, &[6, 4, 5, 6, Vocabulary::UNKNOWN]), "a\\n a?");
        let words = Vocabulary::of(Unit::Word, ["AH0 K"].into_iter());
        assert_eq!(text(&words, &[5, 4, 5]), "K AH0 K");
        let long = text(&letters, &[6; MAX_LETTERS + 1]);
        assert_eq!((long.len(), long.ends_with("a..")), (MAX_LETTERS, true));
        assert_eq!(text(&letters, &[6; MAX_LETTERS]).len(), MAX_LETTERS);
    }
}
