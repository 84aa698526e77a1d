//! Archives of images with their checksums put right, so that names, kinds and sizes can be anything.
//! Each file is named after whom it shows. A tar comes to the same when it is compressed.

use crate::{arrays, images, tarred, zipped};

/// How a zip archive begins.
const ZIP: &[u8] = b"PK";
/// Stands behind the name of whom an image shows.
const GROUP_BEFORE: Option<&str> = Some("-");

pub(crate) fn check(bytes: &[u8]) -> String {
    if bytes.starts_with(ZIP) {
        return images::open(&zipped::mended(bytes), GROUP_BEFORE);
    }
    if arrays::is_compressed(bytes) {
        return images::open(bytes, GROUP_BEFORE);
    }
    let tar = tarred::mended(bytes);
    let outcome = images::open(&tar, GROUP_BEFORE);
    // A tar that begins as another kind of file is read as that.
    if !tar.starts_with(ZIP) && !arrays::is_compressed(&tar) {
        assert_eq!(images::open(&arrays::gzip(&tar), GROUP_BEFORE), outcome);
    }
    outcome
}
