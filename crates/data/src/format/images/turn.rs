//! EXIF orientation: reading it, and turning an image back.

use std::ops::Range;

use super::picture::Picture;

/// The orientation, 1 to 8, of EXIF data as it stands after `Exif\0\0`; 1 where it says none.
pub(crate) fn orientation(exif: &[u8]) -> u8 {
    read(exif).filter(|turned| (1..=8).contains(turned)).map_or(1, |turned| turned as u8)
}

/// Whether height and width change places.
pub(crate) fn is_swapped(turned: u8) -> bool {
    turned >= 5
}

/// Height and width of an image as it was seen.
pub(crate) fn size(picture: &Picture) -> [usize; 2] {
    let Picture { height, width, turned, .. } = *picture;
    if is_swapped(turned) { [width, height] } else { [height, width] }
}

/// Appends the pixels of a row of an image as it was seen.
pub(crate) fn row(picture: &Picture, y: usize, columns: Range<usize>, out: &mut Vec<u8>) {
    let Picture { height, width, channels, turned, .. } = *picture;
    let start = |row: usize, column: usize| (row * width + column) * channels;
    if turned == 1 {
        out.extend(&picture.pixels[start(y, columns.start)..start(y, columns.end)]);
        return;
    }
    for x in columns {
        // Where the pixel seen at (x, y) is stored; the numbers are those of EXIF.
        let (row, column) = match turned {
            2 => (y, width - 1 - x),
            3 => (height - 1 - y, width - 1 - x),
            4 => (height - 1 - y, x),
            5 => (x, y),
            6 => (height - 1 - x, y),
            7 => (height - 1 - x, width - 1 - y),
            8 => (x, width - 1 - y),
            _ => (y, x),
        };
        let start = start(row, column);
        out.extend(&picture.pixels[start..start + channels]);
    }
}

/// The first directory of the TIFF structure that EXIF data is.
fn read(exif: &[u8]) -> Option<u16> {
    const ORIENTATION: u16 = 0x0112;
    const ENTRY_LEN: usize = 12;
    const VALUE_AT: usize = 8;
    let is_big = match exif.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = exif.get(at..)?.first_chunk()?;
        Some(if is_big { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
    };
    let long = |at: usize| {
        let bytes = exif.get(at..)?.first_chunk()?;
        Some(if is_big { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    };
    let directory = long(4)? as usize;
    let num_entries = usize::from(short(directory)?);
    let entries = directory.checked_add(2)?;
    let mut starts = (0..num_entries).map(|index| entries.checked_add(index * ENTRY_LEN));
    let start = starts.find_map(|start| start.filter(|&at| short(at) == Some(ORIENTATION)))?;
    short(start.checked_add(VALUE_AT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each stored so that it is seen as `abc` over `def`.
    #[test]
    fn every_orientation_is_seen_the_same() {
        for (turned, width, stored) in [
            (1, 3, "abcdef"),
            (2, 3, "cbafed"),
            (3, 3, "fedcba"),
            (4, 3, "defabc"),
            (5, 2, "adbecf"),
            (6, 2, "cfbead"),
            (7, 2, "fcebda"),
            (8, 2, "daebfc"),
        ] {
            let pixels = stored.bytes().flat_map(|byte| [byte, 0]).collect();
            let picture = Picture { height: 6 / width, width, channels: 2, pixels, turned };
            let seen = |columns: Range<usize>| {
                let mut pixels = Vec::new();
                (0..2).for_each(|y| row(&picture, y, columns.clone(), &mut pixels));
                let letters: Vec<u8> = pixels.into_iter().step_by(2).collect();
                String::from_utf8_lossy(&letters).into_owned()
            };
            assert_eq!(size(&picture), [2, 3], "{turned}");
            assert_eq!((seen(0..3).as_str(), seen(1..2).as_str()), ("abcdef", "be"), "{turned}");
        }
    }

    #[test]
    fn both_byte_orders_are_read_and_nonsense_is_upright() {
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\0\0\0\0\0\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0";
        assert_eq!((orientation(little), orientation(big)), (6, 3));
        for end in 0..little.len() - 3 {
            assert_eq!(orientation(&little[..end]), 1, "cut at {end}");
        }
        let mut beyond = *big;
        beyond[19] = 9;
        assert_eq!(orientation(&beyond), 1);
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), 1);
    }
}
