//! CSV and TSV files, plain or gzip: quoted fields, any line ends, a byte-order mark.

use std::io::{self, Read};

use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use fireassay_spec::{Delimiter, TableSpec};

use super::encode::{Encoder, positions};
use super::place::Place;
use crate::DataError;
use crate::file::DataFile;
use crate::format::cell::Cell;

/// A row may be this long, so that a quote that nobody closes does not collect the rest of a file.
const MAX_ROW_LEN: usize = 1 << 20;

/// Gives the encoder every row of the file.
pub(super) fn read(
    file: &DataFile,
    spec: &TableSpec,
    encoder: &mut Encoder<'_>,
) -> Result<(), DataError> {
    let mut payload = file.payload();
    let mut reader = ReaderBuilder::new()
        .delimiter(match spec.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Pipe => b'|',
            Delimiter::Tab => b'\t',
        })
        .has_headers(false)
        .flexible(true) // this message is our own
        .from_reader(Bounded { inner: payload.reader(), left: MAX_ROW_LEN });
    let table = |problem| DataError::Table { path: file.path.clone(), problem };
    let mut record = ByteRecord::new();
    let wanted = encoder.columns();
    let names = if spec.names.is_empty() {
        if !next(&mut reader, &mut record, file)? {
            return Err(table("it is empty; the first line names the columns".to_owned()));
        }
        names(&record).map_err(table)?
    } else {
        spec.names.clone()
    };
    let places = positions(spec, &wanted, &names).map_err(table)?;
    while next(&mut reader, &mut record, file)? {
        let place = Place::Byte(file, record.position().map_or(0, csv::Position::byte));
        if record.len() != names.len() {
            let (expected, found) = (names.len(), record.len());
            return Err(table(format!("{place}: {found} columns, expected {expected}")));
        }
        let mut cells = Vec::with_capacity(places.len());
        for (&position, name) in places.iter().zip(&wanted) {
            let field = record.get(position).unwrap_or_default();
            let text = std::str::from_utf8(field)
                .map_err(|_| place.cell(name, "it is not UTF-8".to_owned()))?;
            cells.push(Cell::Text(text.trim()));
        }
        encoder.row(place, &cells)?;
    }
    Ok(())
}

fn names(record: &ByteRecord) -> Result<Vec<String>, String> {
    let name = |(field, number)| {
        let name = std::str::from_utf8(field);
        name.map(|name| name.trim().to_owned())
            .map_err(|_| format!("the name of column {number} is not UTF-8"))
    };
    record.iter().zip(1..).map(name).collect()
}

/// Whether there was another row.
fn next<R: Read>(
    reader: &mut csv::Reader<Bounded<R>>,
    record: &mut ByteRecord,
    file: &DataFile,
) -> Result<bool, DataError> {
    reader.get_mut().left = MAX_ROW_LEN;
    let place = Place::Byte(file, reader.position().byte());
    reader.read_byte_record(record).map_err(|error| {
        let path = file.path.clone();
        let problem = match error.into_kind() {
            ErrorKind::Io(source) if source.kind() != io::ErrorKind::FileTooLarge => {
                return DataError::Gzip { path, source };
            }
            ErrorKind::Io(_) => {
                format!("{place}: a row of more than {MAX_ROW_LEN} bytes; is a quote never closed?")
            }
            // With a flexible reader of bytes there are no others today.
            other => format!("{place}: {other:?}"),
        };
        DataError::Table { path, problem }
    })
}

/// Reads no more than `left`.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let end = buffer.len().min(self.left);
        let len = self.inner.read(&mut buffer[..end])?;
        self.left -= len;
        Ok(len)
    }
}
