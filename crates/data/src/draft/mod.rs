//! A first card for files that have none: what they are is read off them.
//!
//! What cannot be read off them (licence, source) is left for a person to state.

mod arrays;
mod cifar;
mod columns;
mod csv;
mod error;
mod idx;
mod images;
mod layout;
mod listing;
mod rows;
mod sniff;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard, Normalise};
use sha2::{Digest, Sha256};

use crate::file::hex;
use crate::inspect::{Contents, Part};

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
    classes: Vec<String>,
    examples: ExampleCounts,
    notes: Vec<String>,
}

/// One arm for each format that can be told.
fn recognise(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    let kinds = listing.kinds();
    if target.is_some() && kinds != [Kind::Text] {
        return Err(listing.unrecognised("a target column was named, and it is no table"));
    }
    match kinds[..] {
        [] => Err(listing.unrecognised("there is nothing in it that could be read")),
        [Kind::Archive] if cifar::is_archive(listing) => cifar::outline(listing),
        [Kind::Archive | Kind::Image] => images::outline(listing),
        [Kind::Arrays] => arrays::outline(listing),
        [Kind::Cifar] => cifar::outline(listing),
        [Kind::Idx] => idx::outline(listing),
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
fn text(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    match (target, csv::outline(listing)) {
        (None, Ok(outline)) => Ok(outline),
        (Some(_), _) | (None, Err(DraftError::Unusable { .. })) => table::outline(listing, target),
        (None, Err(error)) => Err(error),
    }
}

impl Outline {
    /// Reads everything with the reader that experiments use, and takes the figures.
    fn draft(self, name: &str) -> Result<Draft, DraftError> {
        let Self { folder, format, shape, classes, examples, mut notes } = self;
        let mut files: Vec<FileCard> = Vec::new();
        for (_, path) in format.files() {
            if files.iter().all(|file| file.path != path) {
                files.push(listing::file_card(&folder, path)?);
            }
        }
        let mut card =
            DatasetCard { files, ..DatasetCard::new(name, shape, classes, examples, format) };
        let contents = Contents::open(&card, &folder)?;
        card.normalise = normalise(&contents, &card.shape);
        for (class, count) in card.classes.iter().zip(contents.counts(Part::Train).per_class) {
            if count == 0 {
                notes.push(format!("class `{class}` has no train example"));
            }
        }
        Ok(Draft { card, folder, notes })
    }
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
