//! Tables: a row of numbers per line, comma separated, the class index last.
//!
//! Fields are never quoted, so a line is a line and messages can name it exactly.

use std::io::{BufRead, BufReader, Read};

use crate::DataError;
use crate::error::shorten;
use crate::file::{DataFile, damaged};

/// What every line must look like.
pub(crate) struct Table {
    pub(crate) num_features: usize,
    pub(crate) num_classes: usize,
    pub(crate) skip_lines: usize,
}

impl Table {
    /// Appends `count` rows.
    pub(crate) fn read(
        &self,
        file: &DataFile,
        count: usize,
        values: &mut Vec<f32>,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        // A small compressed file may hide a huge one.
        let limit = self.limit(count);
        let mut payload = file.payload();
        let mut lines = BufReader::new(payload.reader().take(limit));
        let (mut line, mut found) = (Vec::new(), 0);
        for number in 1.. {
            line.clear();
            let read = lines.read_until(b'\n', &mut line);
            if read.map_err(|source| damaged(&file.path, source))? == 0 {
                break;
            }
            let byte_order_mark = "\u{feff}".as_bytes();
            let text = line.strip_prefix(byte_order_mark).filter(|_| number == 1);
            let text = text.unwrap_or(&line).trim_ascii(); // a carriage return is white space
            if number <= self.skip_lines as u64 || text.is_empty() {
                continue;
            }
            found += 1;
            if found <= count {
                self.read_line(file, (text, number), values, labels)?;
            }
        }
        drop(lines);
        if !payload.at_end()? {
            return Err(DataError::Excess { path: file.path.clone(), expected: limit });
        }
        if found != count {
            return Err(DataError::Rows { path: file.path.clone(), expected: count, found });
        }
        Ok(())
    }

    /// More bytes than such a table can have.
    fn limit(&self, count: usize) -> u64 {
        const LONGEST_FIELD: usize = 64;
        let lines = count.saturating_add(self.skip_lines).saturating_add(1);
        let fields = lines.saturating_mul(self.num_features.saturating_add(1));
        fields.saturating_mul(LONGEST_FIELD) as u64
    }

    fn read_line(
        &self,
        file: &DataFile,
        (text, line): (&[u8], u64),
        values: &mut Vec<f32>,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        let path = || file.path.clone();
        let expected = self.num_features + 1;
        let found = text.split(|&byte| byte == b',').count();
        if found != expected {
            return Err(DataError::Columns { path: path(), line, expected, found });
        }
        let fields = text.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        for (field, column) in fields.zip(1..) {
            if column < expected {
                let value = parse::<f32>(field).filter(|value| value.is_finite());
                values.push(value.ok_or_else(|| DataError::Number {
                    path: path(),
                    line,
                    column,
                    found: shorten(field),
                })?);
            } else {
                let label = parse::<u32>(field).filter(|&n| (n as usize) < self.num_classes);
                labels.push(label.ok_or_else(|| DataError::Label {
                    path: path(),
                    at: format!("line {line}, column {column}"),
                    found: shorten(field),
                    num_classes: self.num_classes,
                })?);
            }
        }
        Ok(())
    }
}

fn parse<T: std::str::FromStr>(field: &[u8]) -> Option<T> {
    std::str::from_utf8(field).ok()?.parse().ok()
}
