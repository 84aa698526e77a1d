//! A first card for files that have none: what they are is read off them.
//!
//! What cannot be read off them (licence, source) is left for a person to state.

mod arrays;
mod cifar;
mod columns;
mod csv;
mod error;
mod idx;
mod image_table;
mod images;
mod layout;
mod listing;
mod parquet;
mod roles;
mod rows;
mod series;
mod sniff;
mod steps;
mod table;
mod texts;

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard, Normalise, Steps};
use sha2::{Digest, Sha256};

use crate::file::hex;
use crate::inspect::{Contents, Part};
use crate::{DataError, sequences};

use self::listing::Listing;
use self::sniff::Kind;

pub use error::DraftError;

/// A card that agrees with its files, and what was found on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The card. Title, licence and source are not stated.
    pub card: DatasetCard,
    /// The folder that its files lie in now.
    pub folder: PathBuf,
    /// What a person should know, and may want to decide in another way.
    pub notes: Vec<String>,
}

/// Looks at a file or a folder, finds out how it is to be read, and reads all of it. `target` is
/// the column of the class, for a table in which it would be guessed wrong.
pub fn draft(name: &str, from: &Path, target: Option<&str>) -> Result<Draft, DraftError> {
    let from = fs::canonicalize(from)
        .map_err(|source| DraftError::Read { path: from.to_owned(), source })?;
    let listing = Listing::of(&from)?;
    let outline = recognise(&listing, target)?;
    outline.draft(name)
}

/// What the files say before they are read as a whole.
#[derive(Debug)]
struct Outline {
    folder: PathBuf,
    format: DataFormat,
    shape: Vec<usize>,
    /// Of sequences.
    steps: Option<Steps>,
    /// Empty when targets are tokens.
    classes: Vec<String>,
    examples: ExampleCounts,
    notes: Vec<String>,
}

/// One arm for each format that can be told.
fn recognise(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    let kinds = listing.kinds();
    if target.is_some() && kinds != [Kind::Text] && kinds != [Kind::Parquet] {
        return Err(listing.unrecognised("a target column was named, and it is no table"));
    }
    match kinds[..] {
        [] => Err(listing.unrecognised("there is nothing in it that could be read")),
        [Kind::Archive] if cifar::is_archive(listing) => cifar::outline(listing),
        [Kind::Archive | Kind::Image] => images::outline(listing),
        [Kind::Arrays] => arrays::outline(listing),
        [Kind::Cifar] => cifar::outline(listing),
        [Kind::Idx] => idx::outline(listing),
        [Kind::Lexicon] => texts::lexicon(listing),
        [Kind::Parquet] => parquet::outline(listing, target),
        [Kind::Prose] => texts::outline(listing),
        [Kind::Series] => series::outline(listing),
        [Kind::Text] => text(listing, target),
        _ => {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
            let problem = format!(
                "it holds {}; a dataset is of one kind, so name the file or the folder that is it",
                names.join(" and ")
            );
            Err(listing.unrecognised(&problem))
        }
    }
}

/// The plainest format that fits: numbers with a class index behind them need no more than that.
/// Rows with a time are steps, and tab separated sentences are pairs.
fn text(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    if let Some(outline) = steps::outline(listing, target)? {
        return Ok(outline);
    }
    if target.is_none() && texts::are_pairs(listing) {
        return texts::outline(listing);
    }
    match (target, csv::outline(listing)) {
        (None, Ok(outline)) => Ok(outline),
        (Some(_), _) | (None, Err(DraftError::Unusable { .. })) => table::outline(listing, target),
        (None, Err(error)) => Err(error),
    }
}

impl Outline {
    /// Reads everything with the reader that experiments use, and takes the figures.
    fn draft(self, name: &str) -> Result<Draft, DraftError> {
        let Self { folder, format, shape, steps, classes, examples, mut notes } = self;
        let mut files: Vec<FileCard> = Vec::new();
        for (_, path) in format.files() {
            if files.iter().all(|file| file.path != path) {
                files.push(listing::file_card(&folder, path)?);
            }
        }
        let mut card = DatasetCard {
            files,
            steps,
            ..DatasetCard::new(name, shape, classes, examples, format)
        };
        let per_class = if card.steps.is_some() {
            normalise_steps(&mut card, &folder)?
        } else {
            let contents = Contents::open(&card, &folder)?;
            card.normalise = normalise(&contents, &card.shape);
            contents.counts(Part::Train).per_class
        };
        for (class, count) in card.classes.iter().zip(per_class) {
            if count == 0 {
                notes.push(format!("class `{class}` has no train example"));
            }
        }
        Ok(Draft { card, folder, notes })
    }
}

/// Over all steps of the train examples, per channel; of text, nothing. Gives how many of each class
/// there are.
fn normalise_steps(card: &mut DatasetCard, folder: &Path) -> Result<Vec<usize>, DataError> {
    if card.sequence_format().is_some_and(|format| format.vocabulary().is_none()) {
        let channels = card.shape.iter().product();
        // How many of each are to be computed.
        (card.normalise.mean, card.normalise.std) = (vec![0.0; channels], vec![1.0; channels]);
    }
    let found = sequences::measure(card, folder)?;
    let rounded = found.mean.iter().zip(&found.std).map(|(&mean, &std)| {
        let std = if std == 0.0 { 1.0 } else { std };
        (round(mean, std), round(std, std))
    });
    (card.normalise.mean, card.normalise.std) = rounded.unzip();
    Ok(found.train.per_class)
}

/// Over the train examples, per channel or feature.
fn normalise(contents: &Contents, shape: &[usize]) -> Normalise {
    let figures = contents.figures(Part::Train);
    let min = figures.iter().map(|channel| channel.min).fold(f64::INFINITY, f64::min);
    let max = figures.iter().map(|channel| channel.max).fold(f64::NEG_INFINITY, f64::max);
    let is_image = shape.len() == 3;
    let divisor = if contents.is_bytes() {
        f64::from(u8::MAX)
    } else if is_image && min >= 0.0 && max > 1.0 {
        max
    } else {
        1.0
    };
    // A value that never varies cannot be scaled.
    let std = |std: f64| if std == 0.0 { 1.0 } else { std / divisor };
    let rounded = figures.iter().map(|channel| {
        let std = std(channel.std);
        (round(channel.mean / divisor, std), round(std, std))
    });
    let (mean, std) = rounded.unzip();
    Normalise { divisor, mean, std }
}

/// To six digits of the standard deviation, so that the card can be read and still agrees.
fn round(value: f64, std: f64) -> f64 {
    const DIGITS: i32 = 6;
    let decimals = DIGITS - 1 - std.log10().floor() as i32;
    match usize::try_from(decimals) {
        // The text is what will stand in the card; it is a number.
        Ok(decimals) => format!("{value:.decimals$}").parse().unwrap_or(value),
        Err(_) => value.round(),
    }
}

/// `0`, `1`, .. for labels without names.
fn numbered(num_classes: usize) -> Vec<String> {
    (0..num_classes).map(|class| class.to_string()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_by_their_spread() {
        assert_eq!(round(0.130_660_47, 0.308_107), 0.13066);
        assert_eq!(round(0.308_107_81, 0.308_107), 0.308108);
        assert_eq!(round(1_234_567.891, 54_321.0), 1_234_567.9);
        assert_eq!(round(1_000_000.000_123_4, 1e-4), 1_000_000.000_123_4);
        assert_eq!(round(123_456_789.4, 1e7), 123_456_789.0);
        assert_eq!(round(-5.0, 1.0), -5.0);
    }
}
