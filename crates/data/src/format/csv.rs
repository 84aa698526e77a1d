//! Tables: a row of numbers per line, comma separated, the class index last.
//!
//! Fields are never quoted, so a line is a line and messages can name it exactly.

use crate::DataError;
use crate::error::shorten;
use crate::file::DataFile;

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
        let text = self.text(file, count)?;
        let byte_order_mark = "\u{feff}".as_bytes();
        let text = text.strip_prefix(byte_order_mark).unwrap_or(&text);
        let mut found = 0;
        for (line, number) in text.split(|&byte| byte == b'\n').zip(1..).skip(self.skip_lines) {
            let line = line.trim_ascii(); // a carriage return is white space
            if line.is_empty() {
                continue;
            }
            found += 1;
            if found <= count {
                self.read_line(file, (line, number), values, labels)?;
            }
        }
        if found != count {
            return Err(DataError::Rows { path: file.path.clone(), expected: count, found });
        }
        Ok(())
    }

    /// The whole file, unless it is far longer than such a table can be: a small compressed file
    /// may hide a huge one.
    fn text(&self, file: &DataFile, count: usize) -> Result<Vec<u8>, DataError> {
        const LONGEST_FIELD: usize = 64;
        let lines = count.saturating_add(self.skip_lines).saturating_add(1);
        let fields = lines.saturating_mul(self.num_features.saturating_add(1));
        let limit = fields.saturating_mul(LONGEST_FIELD) as u64;
        let mut payload = file.payload();
        let mut text = Vec::new();
        payload.append(limit, &mut text)?;
        if !payload.at_end()? {
            return Err(DataError::Excess { path: file.path.clone(), expected: limit });
        }
        Ok(text)
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
