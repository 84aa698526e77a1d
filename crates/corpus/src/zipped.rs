//! `mended`: a zip archive whose checksums are right.

use flate2::Crc;

/// How the entries of its directory begin, and what stands where in them.
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const METHOD_AT: usize = 10;
const CHECKSUM_AT: usize = 16;
const SIZE_AT: usize = 20;
const OFFSET_AT: usize = 42;
/// The same of the header in front of a file.
const LOCAL_CHECKSUM_AT: usize = 14;
const LOCAL_NAME_AT: usize = 26;
const LOCAL_EXTRA_AT: usize = 28;
const LOCAL_LEN: usize = 30;

/// Files that are stored as they are get the checksum of what is there: the fuzzer would never
/// guess it. All else stays as it is.
pub(crate) fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut mended = bytes.to_vec();
    let entries = bytes.windows(ENTRY.len()).enumerate();
    for (entry, _) in entries.filter(|(_, window)| *window == ENTRY) {
        let checksum = checksum(bytes, entry);
        for (at, word) in checksum.into_iter().flatten() {
            mended.splice(at..at + word.len(), word);
        }
    }
    mended
}

/// What belongs where; nothing of what is compressed or not whole.
fn checksum(bytes: &[u8], entry: usize) -> Option<[(usize, [u8; 4]); 2]> {
    if short(bytes, entry + METHOD_AT)? != 0 {
        return None;
    }
    let local = long(bytes, entry + OFFSET_AT)?;
    let name = short(bytes, local + LOCAL_NAME_AT)?;
    let start = local + LOCAL_LEN + name + short(bytes, local + LOCAL_EXTRA_AT)?;
    let content = bytes.get(start..start + long(bytes, entry + SIZE_AT)?)?;
    let mut crc = Crc::new();
    crc.update(content);
    let sum = crc.sum().to_le_bytes();
    Some([(entry + CHECKSUM_AT, sum), (local + LOCAL_CHECKSUM_AT, sum)])
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}
