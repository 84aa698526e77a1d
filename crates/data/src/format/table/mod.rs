//! Tables of typed columns: CSV, TSV and Parquet files to rows of features.

mod encode;
mod parquet;
mod place;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use std::path::Path;

use fireassay_spec::{DatasetCard, TableSpec};

use self::encode::Encoder;
use super::{Decoded, RawValues, Reader};
use crate::DataError;
use crate::file::{DataFile, PARQUET_MAGIC};

/// Reads the tables of a checked card.
pub(super) fn read(
    card: &DatasetCard,
    spec: &TableSpec,
    folder: &Path,
    read: Reader<'_>,
) -> Result<Decoded, DataError> {
    let mut encoder = Encoder::new(spec, &card.classes);
    let room = encoder.reserve(card.examples.train + card.examples.test);
    room.map_err(|_| DataError::Card {
        dataset: card.name.clone(),
        problem: "shape and examples are beyond what memory can hold".to_owned(),
    })?;
    let mut bytes_on_disk = 0;
    for (names, examples) in [(&spec.train, card.examples.train), (&spec.test, card.examples.test)]
    {
        encoder.expect(examples);
        for name in names {
            let file = DataFile::read(card, folder.join(name), name, read)?;
            bytes_on_disk += file.len;
            if file.starts_with(&PARQUET_MAGIC) {
                parquet::read(&file, spec, &mut encoder)?;
            } else {
                text::read(&file, spec, &mut encoder)?;
            }
        }
        if let Some(name) = names.last() {
            encoder.check_count(&folder.join(name))?;
        }
    }
    let Encoder { values, labels, groups, .. } = encoder;
    Ok(Decoded { values: RawValues::Floats(values), labels, groups, bytes_on_disk })
}
