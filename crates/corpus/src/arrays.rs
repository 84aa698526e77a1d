//! What holds for every dataset that was decoded, whatever its format.

use std::io::{self, Write};
use std::path::Path;

use fireassay_data::{DataError, Dataset, open_with};
use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Every label is below it.
const NUM_CLASSES: usize = 3;

/// Files by name.
pub(crate) type Files<'a> = [(&'a str, &'a [u8])];

/// A card that claims these examples of these files.
pub(crate) fn card(
    files: &Files<'_>,
    shape: Vec<usize>,
    train: usize,
    format: DataFormat,
) -> DatasetCard {
    let file = |(name, bytes): &(&str, &[u8])| FileCard {
        path: (*name).to_owned(),
        sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        ..FileCard::default()
    };
    DatasetCard {
        files: files.iter().map(file).collect(),
        ..DatasetCard::new(
            "made",
            shape,
            (0..NUM_CLASSES).map(|class| class.to_string()).collect(),
            ExampleCounts { train, test: 0 },
            format,
        )
    }
}

/// Opens the files, and the same files compressed: both have to come to the same.
pub(crate) fn open(card: &DatasetCard, files: &Files<'_>) -> Result<Dataset, DataError> {
    let plain = open_files(card, files);
    // What is compressed already would be unpacked once only.
    if !files.iter().any(|(_, bytes)| is_compressed(bytes)) {
        let packed = packed(files);
        let packed = borrowed(&packed);
        let hashes =
            self::card(&packed, card.shape.clone(), card.examples.train, card.format.clone());
        let unpacked = open_files(&hashes, &packed);
        assert_eq!(unpacked.as_ref().ok().map(contents), plain.as_ref().ok().map(contents));
    }
    check_whole(card, &plain);
    plain
}

/// As [`open`], for files that cannot be compressed once more.
pub(crate) fn open_as_it_is(card: &DatasetCard, files: &Files<'_>) -> Result<Dataset, DataError> {
    let opened = open_files(card, files);
    check_whole(card, &opened);
    opened
}

fn check_whole(card: &DatasetCard, opened: &Result<Dataset, DataError>) {
    if let Ok(dataset) = opened {
        assert_eq!(dataset.len(), card.examples.train);
        assert_eq!(dataset.shape(), card.shape);
        let (values, labels) = contents(dataset);
        assert_eq!(values.len(), dataset.len() * dataset.item_len());
        assert_eq!(labels.len(), dataset.len());
        assert!(labels.iter().all(|&label| (label as usize) < NUM_CLASSES));
        assert!(values.iter().all(|&bits| f32::from_bits(bits).is_finite()));
    }
}

/// Whether a file says of itself that it is gzip.
pub(crate) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

fn open_files(card: &DatasetCard, files: &Files<'_>) -> Result<Dataset, DataError> {
    open_with(card, Path::new(""), &|path| bytes_of(files, path))
}

/// What lies at a path.
pub(crate) fn bytes_of(files: &Files<'_>, path: &Path) -> io::Result<Vec<u8>> {
    let file = files.iter().find(|(name, _)| Path::new(name) == path);
    file.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The same files, each compressed.
pub(crate) fn packed<'a>(files: &Files<'a>) -> Vec<(&'a str, Vec<u8>)> {
    files.iter().map(|(name, bytes)| (*name, gzip(bytes))).collect()
}

pub(crate) fn borrowed<'a>(files: &'a [(&str, Vec<u8>)]) -> Vec<(&'a str, &'a [u8])> {
    files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect()
}

/// Bits of every value, and every label.
fn contents(dataset: &Dataset) -> (Vec<u32>, Vec<u32>) {
    let rows: Vec<u32> = (0..).take(dataset.len()).collect();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    dataset.gather(&rows, &mut values, &mut labels);
    (values.into_iter().map(f32::to_bits).collect(), labels)
}

/// As a compressed file, at no cost of time.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(bytes).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}
