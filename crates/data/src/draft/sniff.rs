//! What a file is, from its first bytes; its name decides only where the bytes cannot.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::file::PARQUET_MAGIC;

/// What can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A tar, tar.gz or zip archive.
    Archive,
    /// `.npy` or `.npz`.
    Arrays,
    /// Records of the binary version of CIFAR.
    Cifar,
    /// The layout of MNIST.
    Idx,
    /// JPEG or PNG.
    Image,
    /// Columns with types: numbers, texts, or images.
    Parquet,
    /// `.ts`, the text format of sktime and aeon.
    Series,
    /// Lines of text that may be a table.
    Text,
    /// `.dict`: words and how they are pronounced.
    Lexicon,
    /// `.txt`: text by itself.
    Prose,
}

impl Kind {
    /// Whether such files are data only where nothing else is: a `.txt` beside images explains them.
    pub(super) fn yields_to(self, others: &[Self]) -> bool {
        match self {
            Self::Prose => others.iter().any(|other| *other != Self::Prose),
            Self::Lexicon => others.iter().any(|other| *other < Self::Lexicon),
            Self::Archive | Self::Arrays | Self::Cifar | Self::Idx | Self::Image => false,
            Self::Parquet | Self::Series | Self::Text => false,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Archive => "archives",
            Self::Arrays => "arrays of numpy",
            Self::Cifar => "cifar binary files",
            Self::Idx => "idx files",
            Self::Image => "images",
            Self::Parquet => "Parquet files",
            Self::Series => "series (.ts)",
            Self::Text => "text tables",
            Self::Lexicon => "dictionaries",
            Self::Prose => "texts",
        }
    }
}

/// What tar writes into its header, and where.
const TAR_MAGIC: &[u8] = b"ustar";
const TAR_MAGIC_AT: usize = 257;
/// Enough for a header of every kind.
const HEAD_LEN: u64 = 512;
/// Of CIFAR-10 and CIFAR-100.
const RECORDS: [u64; 2] = [3073, 3074];

/// The kind of a file; none for what is read by no format.
pub(super) fn sniff(path: &Path) -> io::Result<Option<Kind>> {
    let head = head(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = name.unwrap_or_default();
    let inner = name.strip_suffix(".gz").unwrap_or(&name);
    let has_ending = |endings: &[&str]| endings.iter().any(|ending| inner.ends_with(ending));
    Ok(match head.as_slice() {
        [b'P', b'K', 3..=6, ..] if has_ending(&[".npz"]) => Some(Kind::Arrays),
        [b'P', b'K', 3..=6, ..] => Some(Kind::Archive),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Kind::Arrays),
        [0, 0, 8, 1 | 3, ..] => Some(Kind::Idx),
        head if head.starts_with(&PARQUET_MAGIC) => Some(Kind::Parquet),
        [0xff, 0xd8, 0xff, ..] | [0x89, b'P', b'N', b'G', ..] => Some(Kind::Image),
        head if head.get(TAR_MAGIC_AT..).is_some_and(|at| at.starts_with(TAR_MAGIC)) => {
            Some(Kind::Archive)
        }
        _ if has_ending(&[".bin"]) && is_records(path)? => Some(Kind::Cifar),
        // An empty image is a broken one; it must not go unnoticed.
        _ if has_ending(&[".jpg", ".jpeg", ".png"]) => Some(Kind::Image),
        _ if has_ending(&[".csv", ".tsv", ".data"]) => Some(Kind::Text),
        _ if has_ending(&[".ts"]) => Some(Kind::Series),
        _ if has_ending(&[".dict"]) => Some(Kind::Lexicon),
        _ if has_ending(&[".txt"]) => Some(Kind::Prose),
        // One that is cut short at its start is a broken one.
        _ if has_ending(&[".parquet"]) => Some(Kind::Parquet),
        _ => None,
    })
}

fn is_records(path: &Path) -> io::Result<bool> {
    let len = path.metadata()?.len();
    Ok(len > 0 && RECORDS.iter().any(|record| len.is_multiple_of(*record)))
}

/// The first bytes, decompressed. What is damaged is told by whoever reads all of it.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_LEN).read_to_end(&mut head)?;
    if head.starts_with(&GZIP_MAGIC) {
        let mut inflated = Vec::new();
        let decoder = MultiGzDecoder::new(File::open(path)?);
        drop(decoder.take(HEAD_LEN).read_to_end(&mut inflated));
        return Ok(inflated);
    }
    Ok(head)
}
