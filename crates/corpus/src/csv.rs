//! Tables: accepted means one example per line, and each value a finite number.

use fireassay_data::DataError;
use fireassay_spec::DataFormat;

use crate::{arrays, told};

const FILE: &str = "table.csv";
/// What is asked of a compressed table, which cannot be seen through: examples and columns.
const COMPRESSED: (usize, usize) = (3, 3);

pub(crate) fn check(bytes: &[u8]) -> String {
    let (examples, columns) = claimed(bytes);
    let open = |examples| {
        let format = DataFormat::Csv { train: FILE.to_owned(), test: None, skip_lines: 0 };
        let files = [(FILE, bytes)];
        let shape = vec![columns.saturating_sub(1)];
        arrays::open(&arrays::card(&files, shape, examples, format), &files)
    };
    match open(examples) {
        Err(error) => told(&error),
        Ok(dataset) => {
            let more = open(examples + 1);
            assert!(matches!(more, Err(DataError::Rows { .. })));
            format!("accepted, {} examples of {:?}", dataset.len(), dataset.shape())
        }
    }
}

/// Lines that say something, and the columns of the first.
fn claimed(bytes: &[u8]) -> (usize, usize) {
    if arrays::is_compressed(bytes) {
        return COMPRESSED;
    }
    let byte_order_mark = "\u{feff}".as_bytes();
    let text = bytes.strip_prefix(byte_order_mark).unwrap_or(bytes);
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.filter(|line| !line.is_empty()).peekable();
    let columns = lines.peek().map_or(0, |line| line.split(|&byte| byte == b',').count());
    (lines.count(), columns)
}
