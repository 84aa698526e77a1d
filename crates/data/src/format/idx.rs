//! IDX, the format of MNIST: a magic number, big-endian dimensions, unsigned bytes.
//!
//! The card says what the header must hold, so no length out of a file is ever used.

use crate::DataError;
use crate::file::DataFile;

/// Two zero bytes, the type (8: unsigned byte), the number of dimensions.
const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;

/// Appends `count` images of `shape`, which is [height, width].
pub(crate) fn read_images(
    file: &DataFile,
    count: usize,
    shape: &[usize],
    values: &mut Vec<u8>,
) -> Result<(), DataError> {
    let dimensions: Vec<usize> = [count].iter().chain(shape).copied().collect();
    read_array(file, IMAGES_MAGIC, &dimensions, values).map(|_| ())
}

/// Appends `count` labels, each below `num_classes`.
pub(crate) fn read_labels(
    file: &DataFile,
    count: usize,
    num_classes: usize,
    labels: &mut Vec<u32>,
) -> Result<(), DataError> {
    let mut bytes = Vec::new();
    let header = read_array(file, LABELS_MAGIC, &[count], &mut bytes)?;
    if let Some(item) = bytes.iter().position(|&label| usize::from(label) >= num_classes) {
        return Err(DataError::Label {
            path: file.path.clone(),
            at: format!("example {item} at byte {}", header + item as u64),
            found: bytes[item].to_string(),
            num_classes,
        });
    }
    labels.extend(bytes.into_iter().map(u32::from));
    Ok(())
}

/// Appends the values of an array with exactly these dimensions; gives the length of its header.
fn read_array(
    file: &DataFile,
    magic: u32,
    dimensions: &[usize],
    out: &mut Vec<u8>,
) -> Result<u64, DataError> {
    let path = || file.path.clone();
    let header_len = 4 + 4 * dimensions.len() as u64;
    let body_len = dimensions.iter().product::<usize>() as u64; // checked with the card
    let expected = header_len + body_len;
    let mut payload = file.payload();
    let mut header = Vec::new();
    let found = payload.append(header_len, &mut header)?;
    let mut words = header.as_chunks().0.iter().map(|&word| u32::from_be_bytes(word));
    let found_magic = words.next().ok_or(DataError::Truncated { path: path(), expected, found })?;
    if found_magic != magic {
        let meaning = meaning(found_magic);
        return Err(DataError::Magic {
            path: path(),
            expected: magic,
            found: found_magic,
            meaning,
        });
    }
    if found < header_len {
        return Err(DataError::Truncated { path: path(), expected, found });
    }
    let found_dimensions: Vec<usize> = words.map(|n| n as usize).collect();
    if found_dimensions != dimensions {
        return Err(DataError::Dimensions {
            path: path(),
            expected: dimensions.to_vec(),
            found: found_dimensions,
        });
    }
    let found = payload.append(body_len, out)?;
    if found < body_len {
        return Err(DataError::Truncated { path: path(), expected, found: header_len + found });
    }
    if !payload.at_end()? {
        return Err(DataError::Excess { path: path(), expected });
    }
    Ok(header_len)
}

/// What a magic number that is not the expected one says of the file.
fn meaning(magic: u32) -> String {
    const UNSIGNED_BYTE: u8 = 8;
    match magic.to_be_bytes() {
        [0, 0, UNSIGNED_BYTE, rank] => format!("unsigned bytes, but {rank} dimensions"),
        [0, 0, kind, rank] => format!("values of type {kind:#04x} in {rank} dimensions"),
        _ => "this is not an idx file".to_owned(),
    }
}
