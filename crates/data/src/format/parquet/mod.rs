//! Flat columns of Parquet files, in batches of rows.
//!
//! What a file says of itself is checked before the decoder believes it: lengths, counts and the
//! shape of its schema. So a small file takes little memory, whatever it claims.

mod column;
mod footer;
mod pages;
#[cfg(test)]
mod tests;
mod thrift;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{ConvertedType, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

pub(crate) use self::column::Column;
use self::column::Reading;
use crate::DataError;
use crate::file::DataFile;

/// A file whose description of itself makes sense.
pub(crate) struct ParquetFile {
    pub(crate) path: PathBuf,
    bytes: Arc<Bytes>,
    metadata: ParquetMetaData,
}

/// Gets rows: the number of the first, counted from 1, how many there are, and their columns.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(u64, usize, &[Column]) -> Result<(), DataError>;

/// A column to read.
pub(crate) struct Wanted {
    leaf: usize,
    reading: Reading,
    limits: Limits,
}

/// How long what a column says may be when it is uncompressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For each row, over a row group; a dictionary is in there, and beside it a little for all.
    pub(crate) row: u64,
    /// Of a page, which is in memory as a whole.
    pub(crate) page: u64,
}

impl ParquetFile {
    /// Reads what stands at the end of the file.
    pub(crate) fn open(file: &DataFile) -> Result<Self, DataError> {
        let (path, bytes) = (file.path.clone(), file.whole()?);
        let fail = |problem| DataError::Table { path: path.clone(), problem };
        footer::check(&bytes).map_err(fail)?;
        let bytes = Bytes::from(bytes);
        let metadata =
            guarded(|| ParquetMetaDataReader::new().parse_and_finish(&bytes)).map_err(fail)?;
        if metadata.row_groups().iter().any(|group| group.num_rows() < 0) {
            return Err(fail("no sound Parquet file: fewer than no rows".to_owned()));
        }
        Ok(Self { path, bytes: Arc::new(bytes), metadata })
    }

    /// Of all row groups.
    pub(crate) fn num_rows(&self) -> u64 {
        let rows = |group: &RowGroupMetaData| u64::try_from(group.num_rows()).unwrap_or(0);
        self.metadata.row_groups().iter().map(rows).fold(0, u64::saturating_add)
    }

    /// What the columns are called, nested ones by what they are in.
    pub(crate) fn names(&self) -> Vec<String> {
        let root = self.metadata.file_metadata().schema_descr().root_schema();
        root.get_fields().iter().map(|field| field.name().to_owned()).collect()
    }

    /// What a program wrote into the file under this key.
    pub(crate) fn remark(&self, key: &str) -> Option<&str> {
        let remarks = self.metadata.file_metadata().key_value_metadata()?;
        remarks.iter().find(|remark| remark.key == key)?.value.as_deref()
    }

    /// Whether a column holds bytes that nothing says are text.
    pub(crate) fn is_untyped(&self, name: &str) -> bool {
        self.leaf(&[name]).is_ok_and(|leaf| {
            let column = self.metadata.file_metadata().schema_descr().column(leaf);
            column.physical_type() == Type::BYTE_ARRAY
                && column.logical_type_ref().is_none()
                && column.converted_type() == ConvertedType::NONE
        })
    }

    /// Finds a column by its path, unless it is of a type that is not read.
    pub(crate) fn wanted(&self, path: &[&str], limits: Limits) -> Result<Wanted, String> {
        let leaf = self.leaf(path)?;
        let reading = Reading::of(&self.metadata.file_metadata().schema_descr().column(leaf));
        let named = |problem| format!("column `{}` is {problem}", path.join("."));
        let reading = reading.map_err(named)?;
        Ok(Wanted { leaf, reading, limits })
    }

    /// As [`ParquetFile::wanted`], of bytes that need not be text.
    pub(crate) fn wanted_bytes(&self, path: &[&str], limits: Limits) -> Result<Wanted, String> {
        let leaf = self.leaf(path)?;
        let column = self.metadata.file_metadata().schema_descr().column(leaf);
        if column.physical_type() != Type::BYTE_ARRAY || column.max_rep_level() > 0 {
            return Err(format!("column `{}` does not hold bytes", path.join(".")));
        }
        Ok(Wanted { leaf, reading: Reading::AsStored, limits })
    }

    fn leaf(&self, path: &[&str]) -> Result<usize, String> {
        let columns = self.metadata.file_metadata().schema_descr().columns();
        let is_it = |parts: &[String]| parts.iter().map(String::as_str).eq(path.iter().copied());
        let leaf = columns.iter().position(|column| is_it(column.path().parts()));
        leaf.ok_or_else(|| format!("column `{}` is a list or a struct", path.join(".")))
    }

    /// Visits all rows in order, up to `batch` at a time, with the columns as they were wanted.
    pub(crate) fn each_batch(
        &self,
        wanted: &[Wanted],
        batch: usize,
        visit: Visit<'_>,
    ) -> Result<(), DataError> {
        let fail = |problem| DataError::Table { path: self.path.clone(), problem };
        let mut first = 1;
        for group in self.metadata.row_groups() {
            let open = |wanted: &Wanted| self.column(group, wanted);
            let mut columns: Vec<Column> =
                wanted.iter().map(open).collect::<Result<_, _>>().map_err(fail)?;
            loop {
                let mut lens = Vec::with_capacity(columns.len());
                for column in &mut columns {
                    lens.push(guarded(|| column.fill(batch)).map_err(fail)?);
                }
                let len = lens.first().copied().unwrap_or(0);
                if lens.iter().any(|&other| other != len) {
                    return Err(fail(format!("row {first}: columns of different lengths")));
                }
                if len == 0 {
                    break;
                }
                visit(first, len, &columns)?;
                first += len as u64;
            }
        }
        if first - 1 != self.num_rows() {
            let (found, expected) = (first - 1, self.num_rows());
            return Err(fail(format!("{found} rows, it says that it has {expected}")));
        }
        Ok(())
    }

    fn column(&self, group: &RowGroupMetaData, wanted: &Wanted) -> Result<Column, String> {
        let chunk = group.columns().get(wanted.leaf);
        let chunk = chunk.ok_or("no sound Parquet file: a row group lacks a column")?;
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        pages::check(&self.bytes, chunk, rows, wanted.limits)
            .map_err(|problem| format!("column `{}`: {problem}", chunk.column_path().string()))?;
        guarded(|| {
            let rows = usize::try_from(rows).unwrap_or(usize::MAX);
            let pages = SerializedPageReader::new(Arc::clone(&self.bytes), chunk, rows, None)?;
            Column::new(chunk.column_descr_ptr(), wanted.reading, Box::new(pages))
        })
    }
}

impl Wanted {
    /// A table's column of numbers, or of names that are not longer than this on the whole.
    pub(crate) const CELLS: Limits = Limits { row: 256, page: u64::MAX };
}

/// Where the file is, for what its readers find wrong.
pub(crate) fn at_row(path: &Path, row: u64, column: &str, problem: String) -> DataError {
    DataError::Cell { path: path.to_owned(), at: format!("row {row}, column `{column}`"), problem }
}

/// Runs the decoder. It takes care to give errors, but also asserts: on a damaged file such a panic
/// is an error like the others. Nothing that it was in the midst of is used afterwards.
fn guarded<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    let problem = match result {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "its decoder gave up".to_owned(),
    };
    Err(format!("no sound Parquet file: {problem}"))
}
