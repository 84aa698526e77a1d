//! The pages of a column, checked before they are inflated.

use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

use super::Limits;
use super::thrift::{Met, walk};

/// A column of few rows may take this much beside what its rows account for.
const SLACK: u64 = 1 << 20;

/// Fields of the header of a page.
const UNCOMPRESSED: &[i16] = &[2];
const COMPRESSED: &[i16] = &[3];
const DATA_VALUES: &[i16] = &[5, 1];
const DATA_ENCODING: &[i16] = &[5, 2];
const DICTIONARY_VALUES: &[i16] = &[7, 1];
const DATA_2_VALUES: &[i16] = &[8, 1];
const DATA_2_ENCODING: &[i16] = &[8, 4];

/// By number: plain, dictionaries (old and new), runs, differences of integers, split bytes. Not
/// those that store texts as differences, 6 and 7: they make room for as many as they claim.
const ENCODINGS: [i64; 6] = [0, 2, 8, 3, 5, 9];

/// What a page says of itself; what it does not say is 0.
#[derive(Default)]
struct Header {
    uncompressed: i64,
    compressed: i64,
    data_values: i64,
    /// One that is not read.
    bad_encoding: Option<i64>,
    dictionary_values: i64,
}

/// Refuses a column that lies outside the file, that would take more memory than `limits` give it,
/// or whose pages hold more or fewer values than the row group has rows.
pub(super) fn check(
    bytes: &[u8],
    chunk: &ColumnChunkMetaData,
    rows: u64,
    limits: Limits,
) -> Result<(), String> {
    let odd = |what: &str| Err(format!("no sound Parquet file: {what}"));
    let compression = chunk.compression();
    if !matches!(
        compression,
        Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::GZIP(_)
            | Compression::ZSTD(_)
    ) {
        let name = compression.to_string();
        let name = name.split('(').next().unwrap_or_default(); // without its level
        return Err(format!("compressed with {name}; snappy, gzip and zstd are read"));
    }
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let range = usize::try_from(start).ok().zip(usize::try_from(chunk.compressed_size()).ok());
    let pages = range.and_then(|(start, len)| bytes.get(start..)?.get(..len));
    let Some(mut pages) = pages else {
        return odd("its pages lie outside of it");
    };
    let most = limits.row.saturating_mul(rows).saturating_add(SLACK);
    let (mut uncompressed, mut values) = (0_u64, 0_u64);
    while !pages.is_empty() {
        let (header, len) = Header::read(pages)?;
        let Some(rest) =
            usize::try_from(header.compressed).ok().and_then(|n| pages[len..].get(n..))
        else {
            return odd("a page ends after its column");
        };
        pages = rest;
        let size = u64::try_from(header.uncompressed).unwrap_or(u64::MAX);
        uncompressed = uncompressed.saturating_add(size);
        if size > limits.page || uncompressed > most {
            let most = most.min(limits.page);
            return Err(format!(
                "inflates to {} bytes, at most {most} expected",
                uncompressed.max(size)
            ));
        }
        // Each value of a dictionary takes a byte or more.
        if u64::try_from(header.dictionary_values).is_ok_and(|n| n > size) {
            return odd("a dictionary with more values than bytes");
        }
        if let Some(encoding) = header.bad_encoding {
            return Err(format!(
                "encoding {encoding} is not read; have it written plain or with a dictionary"
            ));
        }
        values = values.saturating_add(u64::try_from(header.data_values).unwrap_or(u64::MAX));
    }
    if values != rows {
        return odd(&format!("{values} values in {rows} rows"));
    }
    Ok(())
}

impl Header {
    /// With its length.
    fn read(pages: &[u8]) -> Result<(Self, usize), String> {
        let mut header = Self::default();
        let len = walk(pages, &mut |path, met| {
            if let Met::Integer(integer) = met {
                // Whoever repeats a field does not hide what it said before.
                match path {
                    UNCOMPRESSED => header.uncompressed = header.uncompressed.max(integer),
                    COMPRESSED => header.compressed = integer,
                    DATA_VALUES | DATA_2_VALUES => header.data_values = integer,
                    DICTIONARY_VALUES => {
                        header.dictionary_values = header.dictionary_values.max(integer);
                    }
                    DATA_ENCODING | DATA_2_ENCODING if !ENCODINGS.contains(&integer) => {
                        header.bad_encoding = Some(integer);
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok((header, len))
    }
}
