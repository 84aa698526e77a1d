//! `Place`: where a row is, for what is wrong with it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::DataError;
use crate::file::DataFile;

/// Where a row is.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// In a CSV file, behind this uncompressed byte and maybe line ends.
    Byte(&'a DataFile, u64),
    /// In a Parquet file, counted from 1.
    Row(&'a Path, u64),
}

impl<'a> Place<'a> {
    pub(super) fn path(self) -> &'a Path {
        match self {
            Self::Byte(file, _) => &file.path,
            Self::Row(path, _) => path,
        }
    }

    /// A problem with one of its cells.
    pub(super) fn cell(self, column: &str, problem: String) -> DataError {
        let at = format!("{self}, column `{column}`");
        DataError::Cell { path: self.path().to_owned(), at, problem }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // Counted only now: what reads rows does not tell line ends before one from those in it.
            Self::Byte(file, byte) => write!(f, "line {}", line(file, *byte)),
            Self::Row(_, row) => write!(f, "row {row}"),
        }
    }
}

/// Counted from 1.
fn line(file: &DataFile, byte: u64) -> u64 {
    let mut payload = file.payload();
    let mut reader = BufReader::new(payload.reader());
    let mut line = 1;
    for byte in reader.by_ref().take(byte).bytes() {
        line += u64::from(byte.is_ok_and(|byte| byte == b'\n'));
    }
    while let Ok([byte @ (b'\r' | b'\n'), ..]) = reader.fill_buf() {
        line += u64::from(*byte == b'\n');
        reader.consume(1);
    }
    line
}
