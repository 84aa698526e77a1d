//! Parquet files: shards of train and test, with images in a column or without.

use fireassay_spec::Delimiter;

use super::listing::{Listing, is_test};
use super::rows::{Rows, Stored};
use super::table::{self, Part};
use super::{DraftError, Outline, image_table};
use crate::DataError;
use crate::file::DataFile;
use crate::format::cell::Cell;
use crate::format::images::table::IMAGES;
use crate::format::parquet::{Column, ParquetFile, Wanted};

/// Values that are decoded at once.
const BATCH_ROWS: usize = 1024;
/// Words in the names of files of a part to choose by.
const VAL: [&str; 4] = ["dev", "val", "valid", "validation"];

/// The files of each part, in the order of their names.
pub(super) struct Shards<'a> {
    pub(super) train: Vec<&'a str>,
    pub(super) test: Vec<&'a str>,
    /// Of a part that is neither.
    pub(super) left_out: Vec<&'a str>,
}

pub(super) fn outline(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    let shards = Shards::of(listing)?;
    let first = open(listing, shards.train[0])?;
    let names = first.names();
    for name in shards.train.iter().chain(&shards.test).skip(1) {
        if open(listing, name)?.names() != names {
            let problem = format!("its columns are not those of `{}`", shards.train[0]);
            return Err(DraftError::Unusable { path: listing.path(name), problem });
        }
    }
    if let Some(image) = image_column(&first)? {
        return image_table::outline(listing, &shards, &image, target);
    }
    drop(first);
    let train = read(listing, &shards.train)?;
    let test = if shards.test.is_empty() { None } else { Some(read(listing, &shards.test)?) };
    let mut outline = table::of_parts(listing, target, &train, test.as_ref())?;
    outline.notes.extend(shards.note());
    Ok(outline)
}

impl<'a> Shards<'a> {
    fn of(listing: &'a Listing) -> Result<Self, DraftError> {
        let (mut train, mut test, mut val) = (Vec::new(), Vec::new(), Vec::new());
        for name in listing.names() {
            let lower = name.to_lowercase();
            let mut words = lower.split(|c: char| !c.is_alphanumeric());
            if is_test(name) {
                test.push(name);
            } else if words.any(|word| VAL.contains(&word)) {
                val.push(name);
            } else {
                train.push(name);
            }
        }
        if train.is_empty() {
            return Err(listing.unrecognised("none of its files is to learn from"));
        }
        // Without any other, it is what there is to test on.
        let (test, left_out) = if test.is_empty() { (val, test) } else { (test, val) };
        Ok(Self { train, test, left_out })
    }

    pub(super) fn note(&self) -> Option<String> {
        let names: Vec<String> = self.left_out.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty())
            .then(|| format!("left out: {}; experiments cut their own val split", names.join(", ")))
    }
}

pub(super) fn open(listing: &Listing, name: &str) -> Result<ParquetFile, DraftError> {
    let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
    Ok(ParquetFile::open(&file)?)
}

/// The first column of `{ bytes, path }`, or of bytes that begin as an image does.
fn image_column(file: &ParquetFile) -> Result<Option<String>, DraftError> {
    for name in file.names() {
        if file.wanted_bytes(&[&name, "bytes"], IMAGES).is_ok() {
            return Ok(Some(name));
        }
        if !file.is_untyped(&name) {
            continue;
        }
        let Ok(wanted) = file.wanted_bytes(&[&name], IMAGES) else { continue };
        let mut is_image = false;
        file.each_batch(&[wanted], 1, &mut |first, _, columns| {
            let bytes = columns.first().and_then(|column| column.bytes(0)).unwrap_or_default();
            let looks = bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"\x89PNG");
            is_image |= first == 1 && looks;
            Ok(())
        })?;
        if is_image {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// All files of a part, as if they were texts.
fn read<'a>(listing: &Listing, names: &[&'a str]) -> Result<Part<'a>, DraftError> {
    let mut part: Option<Rows> = None;
    for name in names {
        let file = open(listing, name)?;
        let columns = file.names();
        let (mut rows, mut stored) = (Vec::new(), Vec::new());
        for (column, width) in columns.iter().zip(0..) {
            stored.push(texts(&file, column, width, &mut rows)?);
        }
        match &mut part {
            None => {
                let (delimiter, has_header) = (Delimiter::Comma, true);
                part = Some(Rows { delimiter, has_header, names: columns, rows, stored });
            }
            Some(part) => {
                part.rows.append(&mut rows);
                for (one, other) in part.stored.iter_mut().zip(stored) {
                    *one = Stored::both(one.take(), other);
                }
            }
        }
    }
    match part.filter(|part| !part.rows.is_empty()) {
        Some(rows) => Ok(Part { names: names.to_vec(), rows }),
        None => {
            let problem = "no row, or no column that is numbers or texts".to_owned();
            Err(DraftError::Unusable { path: listing.path(names[0]), problem })
        }
    }
}

/// Puts a column behind `width` others; what cannot be read is empty. Tells what it is stored as,
/// unless no row has a value.
fn texts(
    file: &ParquetFile,
    name: &str,
    width: usize,
    rows: &mut Vec<Vec<String>>,
) -> Result<Option<Stored>, DraftError> {
    let (mut stored, mut problem) = (None, None);
    let mut put = |row: usize, text: String| {
        // How many there are is known only now.
        if row == rows.len() {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.get_mut(row) {
            row.resize(width, String::new());
            row.push(text);
        }
    };
    match file.wanted(&[name], Wanted::CELLS) {
        // Whoever tells it names the column.
        Err(text) => {
            let start = format!("column `{name}` is ");
            problem = Some(text.strip_prefix(&start).unwrap_or(&text).to_owned());
        }
        Ok(wanted) => {
            let read = file.each_batch(&[wanted], BATCH_ROWS, &mut |first, len, columns| {
                let [column] = columns else { return Ok(()) };
                for (index, row) in (0..len).zip(first as usize - 1..) {
                    match text(column, index) {
                        Ok((kind, text)) => {
                            stored = Stored::both(stored.take(), kind);
                            put(row, text);
                        }
                        Err(text) => {
                            problem.get_or_insert(format!("row {}: {text}", row + 1));
                            put(row, String::new());
                        }
                    }
                }
                Ok(())
            });
            match read {
                Ok(()) => {}
                // Longer than names are: texts that are no feature.
                Err(DataError::Table { problem: text, .. }) => problem = Some(text),
                Err(error) => return Err(error.into()),
            }
        }
    }
    rows.iter_mut().for_each(|row| row.resize(width + 1, String::new()));
    Ok(problem.map(Stored::Unread).or(stored))
}

fn text(column: &Column, row: usize) -> Result<(Option<Stored>, String), String> {
    Ok(match column.cell(row)? {
        Cell::Null => (None, String::new()),
        Cell::Text(text) => (Some(Stored::Text), text.trim().to_owned()),
        Cell::Flag(flag) => (Some(Stored::Flags), flag.to_string()),
        Cell::Integer(integer) => (Some(Stored::Integers), integer.to_string()),
        Cell::Float(float) => (Some(Stored::Floats), float.to_string()),
    })
}
