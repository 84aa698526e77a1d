//! Parquet files: the same columns, with values that have a type already.

use fireassay_spec::TableSpec;

use super::encode::{Encoder, positions};
use super::place::Place;
use crate::DataError;
use crate::file::DataFile;
use crate::format::cell::Cell;
use crate::format::parquet::{ParquetFile, Wanted};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 1024;

/// Gives the encoder every row of the file.
pub(super) fn read(
    file: &DataFile,
    spec: &TableSpec,
    encoder: &mut Encoder<'_>,
) -> Result<(), DataError> {
    let file = ParquetFile::open(file)?;
    let table = |problem| DataError::Table { path: file.path.clone(), problem };
    if !spec.names.is_empty() {
        return Err(table("a Parquet file names its columns, leave `names` out".to_owned()));
    }
    let names = encoder.columns();
    positions(spec, &names, &file.names()).map_err(table)?;
    let wanted = names.iter().map(|name| file.wanted(&[name], Wanted::CELLS));
    let wanted: Vec<Wanted> = wanted.collect::<Result<_, _>>().map_err(table)?;
    encoder.check_most(&file.path, file.num_rows())?;
    file.each_batch(&wanted, BATCH_ROWS, &mut |first, len, columns| {
        let mut cells = Vec::with_capacity(columns.len());
        for row in 0..len {
            let place = Place::Row(&file.path, first + row as u64);
            cells.clear();
            for (column, name) in columns.iter().zip(&names) {
                let cell = column.cell(row).map_err(|problem| place.cell(name, problem))?;
                // As in a CSV file, white space around a text does not count.
                cells.push(if let Cell::Text(text) = cell {
                    Cell::Text(text.trim())
                } else {
                    cell
                });
            }
            encoder.row(place, &cells)?;
        }
        Ok(())
    })
}
