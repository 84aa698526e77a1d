//! Whatever a Parquet file claims, it takes no more memory than it may, and gives rows or an error.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Limits, ParquetFile, Wanted};
use crate::DataError;
use crate::file::DataFile;

const NUM_ROWS: usize = 60;
const FILES: [&[u8]; 3] = [
    include_bytes!("../../../tests/tables/people-snappy.parquet"),
    include_bytes!("../../../tests/tables/people-zstd.parquet"),
    include_bytes!("../../../tests/tables/people-gzip.parquet"),
];
const COLUMNS: [&str; 9] =
    ["note", "age", "height", "city", "smoker", "size", "steps", "answer", "family"];

fn open(bytes: &[u8]) -> Result<ParquetFile, DataError> {
    ParquetFile::open(&DataFile::of_bytes(PathBuf::from("made"), bytes.to_vec()))
}

/// All cells of all columns, row by row.
fn read(bytes: &[u8], limits: Limits) -> Result<Vec<String>, DataError> {
    read_in_batches(bytes, limits, 7)
}

fn read_in_batches(bytes: &[u8], limits: Limits, most: usize) -> Result<Vec<String>, DataError> {
    const ENOUGH_ROWS: u64 = 10_000;
    let file = open(bytes)?;
    let table = |problem| DataError::Table { path: file.path.clone(), problem };
    if file.num_rows() > ENOUGH_ROWS {
        return Err(table("too long for this test".to_owned()));
    }
    let wanted = COLUMNS.map(|name| file.wanted(&[name], limits));
    let wanted: Vec<Wanted> = wanted.into_iter().collect::<Result<_, _>>().map_err(table)?;
    let mut cells = Vec::new();
    let mut num_rows = 0;
    file.each_batch(&wanted, most, &mut |first, len, columns| {
        assert_eq!(first, num_rows + 1);
        assert!((1..=most).contains(&len));
        num_rows += len as u64;
        for row in 0..len {
            for column in columns {
                cells.push(format!("{:?}", column.cell(row).map_err(table)?));
            }
        }
        Ok(())
    })?;
    assert_eq!((num_rows, cells.len() as u64), (file.num_rows(), num_rows * 9));
    Ok(cells)
}

fn message(result: Result<Vec<String>, DataError>) -> String {
    result.map(|cells| cells.len()).expect_err("this file is broken").to_string()
}

/// The footer with each of `from` in it replaced.
fn with_footer(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let end = bytes.len() - 8;
    let len = u32::from_le_bytes(*bytes[end..].first_chunk().unwrap()) as usize;
    let (data, mut rest) = bytes[..end].split_at(end - len);
    let mut footer = Vec::new();
    let mut times = 0;
    while let Some(&byte) = rest.first() {
        if let Some(behind) = rest.strip_prefix(from) {
            footer.extend_from_slice(to);
            rest = behind;
            times += 1;
        } else {
            footer.push(byte);
            rest = &rest[1..];
        }
    }
    assert!(times > 0, "nothing to replace");
    let len = (footer.len() as u32).to_le_bytes();
    [data, &footer, &len, b"PAR1"].concat()
}

#[test]
fn the_undamaged_files_are_fine() {
    let whole = FILES.map(|bytes| read(bytes, Wanted::CELLS).unwrap());
    assert!(whole.iter().all(|cells| cells.len() == NUM_ROWS * COLUMNS.len()));
    assert_eq!(whole[0][..3], whole[1][..3]);
    assert_eq!(whole[0], whole[1]);
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    for end in 0..FILES[2].len() {
        assert!(read(&FILES[2][..end], Wanted::CELLS).is_err(), "cut at {end}");
    }
}

/// Fields of 64 bits, by 1 more than the one before: 60, and 2^60.
const SIXTY: &[u8] = &[0x16, 120];
const BEYOND: &[u8] = &[0x16, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];

#[test]
fn rows_beyond_counting_are_told_and_never_made_room_for() {
    let claims = with_footer(FILES[1], SIXTY, BEYOND);
    let file = open(&claims).unwrap();
    assert_eq!(file.num_rows(), 1 << 60);
    let wanted = [file.wanted(&["age"], Wanted::CELLS).unwrap()];
    let error = file.each_batch(&wanted, 7, &mut |_, _, _| Ok(())).unwrap_err().to_string();
    let expected = "`made`: column `age`: no sound Parquet file: 60 values in 1152921504606846976 \
                    rows";
    assert_eq!(error, expected);
}

#[test]
fn a_column_that_inflates_too_far_is_not_inflated() {
    let little = Limits { row: 0, page: 20 };
    let expected = "`made`: column `note`: inflates to ";
    assert!(message(read(FILES[1], little)).starts_with(expected));
    assert!(message(read(FILES[1], little)).ends_with(" bytes, at most 20 expected"));
}

#[test]
fn a_dictionary_of_more_values_than_bytes_is_refused() {
    // Of `size`: three texts of a letter, 15 bytes; field 7, in it field 1, zigzag 3.
    let from = [0x15, 4, 0x15, 30];
    let start = FILES[2].windows(from.len()).position(|window| window == from).unwrap();
    let mut bytes = FILES[2].to_vec();
    let number = start + bytes[start..].windows(3).position(|w| w == [0x4c, 0x15, 6]).unwrap() + 2;
    bytes[number] = 32; // 16
    let expected =
        "`made`: column `size`: no sound Parquet file: a dictionary with more values than bytes";
    assert_eq!(message(read(&bytes, Wanted::CELLS)), expected);
}

#[test]
fn a_schema_that_takes_more_than_its_length_is_refused() {
    // Nine columns below the root: field 5 behind field 4, zigzag.
    let refused = |to: &[u8]| message(read(&with_footer(FILES[1], &[0x15, 18], to), Wanted::CELLS));
    let beyond = refused(&[0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    let expected = "no sound Parquet file: a schema with more children than elements";
    assert_eq!(beyond, format!("`made`: {expected}"));
    assert_eq!(refused(&[0x15, 17]), format!("`made`: {expected}"));
}

#[test]
fn wrong_ends_are_told() {
    let whole = FILES[0];
    let expected = "`made`: no complete Parquet file: it ends early";
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", &[&whole[..whole.len() - 1], b"E"].concat()] {
        assert_eq!(message(read(bytes, Wanted::CELLS)), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Each edit cuts, inserts or overwrites.
    #[test]
    fn damaged_files(
        file in 0..3_usize,
        edits in prop::collection::vec((0..9_u8, any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = FILES[file].to_vec();
        for (kind, at, byte) in edits {
            let at = at.index(bytes.len() + 1);
            match kind {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            }
        }
        let _ = read(&bytes, Wanted::CELLS);
    }

    #[test]
    fn the_size_of_batches_changes_nothing(file in 0..3_usize, most in 1..2 * NUM_ROWS) {
        let found = read_in_batches(FILES[file], Wanted::CELLS, most).unwrap();
        prop_assert_eq!(found, read(FILES[file], Wanted::CELLS).unwrap());
    }
}
