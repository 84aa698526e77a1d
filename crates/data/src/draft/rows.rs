//! `Rows`: the fields of a text table, whatever separates them.

use std::collections::BTreeSet;
use std::io::Read;

use csv::ReaderBuilder;
use fireassay_spec::Delimiter;

use super::DraftError;
use super::columns::is_missing;
use super::listing::Listing;
use crate::file::DataFile;

/// What may separate fields; of equals the first is taken.
const DELIMITERS: [(Delimiter, u8); 4] = [
    (Delimiter::Comma, b','),
    (Delimiter::Tab, b'\t'),
    (Delimiter::Semicolon, b';'),
    (Delimiter::Pipe, b'|'),
];
/// Rows that are looked at to find out what separates their fields.
const LOOKED_AT: usize = 100;
/// A text inflates to no more times its size than this: what goes beyond is a trap.
const MAX_RATIO: u64 = 200;
/// Nor to more bytes than this.
const MAX_INFLATED: u64 = 4 << 30;
/// Which is always allowed: a short file may say the same thing all over.
const MIN_INFLATED: u64 = 1 << 20;

/// A table, with all rows as long as the names.
pub(super) struct Rows {
    pub(super) delimiter: Delimiter,
    pub(super) has_header: bool,
    /// `column 1`, .. without a header.
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// What each column is stored as; none where no row has a value.
    pub(super) stored: Vec<Option<Stored>>,
}

/// What a column is stored as. In a text table all are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Text,
    Flags,
    Integers,
    Floats,
    /// In a way that is not read; this is why.
    Unread(String),
}

impl Stored {
    /// Of two parts of a column.
    pub(super) fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (&one, &other) else { return one.or(other) };
        Some(match (one, other) {
            (unread @ Self::Unread(_), _) | (_, unread @ Self::Unread(_)) => unread.clone(),
            (Self::Integers, Self::Floats) | (Self::Floats, Self::Integers) => Self::Floats,
            (one, other) if one == other => one.clone(),
            _ => Self::Unread("it is of several types".to_owned()),
        })
    }
}

impl Rows {
    pub(super) fn of(listing: &Listing, name: &str) -> Result<Self, DraftError> {
        let text = text(listing, name)?;
        let unusable = |problem| DraftError::Unusable { path: listing.path(name), problem };
        let (delimiter, byte) = delimiter(&text);
        let mut rows = Vec::new();
        for row in records(&text, byte) {
            rows.push(row.map_err(|error| unusable(error.to_string()))?);
        }
        let Some(width) = rows.first().map(Vec::len) else {
            return Err(unusable("it is empty".to_owned()));
        };
        if width < 2 {
            let problem = "one column; features and a class are expected";
            return Err(unusable(problem.to_owned()));
        }
        if let Some(index) = rows.iter().position(|row| row.len() != width) {
            let (found, row) = (rows[index].len(), index + 1);
            return Err(unusable(format!("row {row}: {found} columns, the first has {width}")));
        }
        let has_header = is_header(&rows);
        let names = if has_header {
            rows.remove(0)
        } else {
            (1..=width).map(|number| format!("column {number}")).collect()
        };
        if rows.is_empty() {
            return Err(unusable("it has a header, and no line of data".to_owned()));
        }
        let stored = vec![Some(Stored::Text); width];
        Ok(Self { delimiter, has_header, names, rows, stored })
    }

    /// Whether both can be read in the same way.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        let key = |rows: &Self| (rows.delimiter, rows.has_header, rows.names.clone());
        key(self) == key(other)
    }
}

/// The whole of a file, inflated, within bounds.
pub(super) fn text(listing: &Listing, name: &str) -> Result<String, DraftError> {
    let path = listing.path(name);
    let on_disk = listing.read(name)?;
    let most = most_inflated(on_disk.len());
    let file = DataFile::of_bytes(path.clone(), on_disk);
    let mut bytes = Vec::new();
    let mut payload = file.payload();
    let read = payload.reader().take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| DraftError::Read { path: path.clone(), source })?;
    if bytes.len() as u64 > most {
        let problem = format!("it inflates to more than {most} bytes");
        return Err(DraftError::Unusable { path, problem });
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        DraftError::Unusable { path, problem: format!("line {line}: this is not UTF-8") }
    })
}

/// How long a text may be that lies in so many bytes.
pub(super) fn most_inflated(on_disk: usize) -> u64 {
    (on_disk as u64).saturating_mul(MAX_RATIO).clamp(MIN_INFLATED, MAX_INFLATED)
}

/// Finite, as a feature is kept.
pub(super) fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok_and(|number| (number as f32).is_finite())
}

fn records(text: &str, delimiter: u8) -> impl Iterator<Item = Result<Vec<String>, csv::Error>> {
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true) // this message is our own
        .from_reader(text.as_bytes());
    let fields = |row: csv::StringRecord| row.iter().map(|f| f.trim().to_owned()).collect();
    reader.into_records().map(move |row| row.map(fields))
}

/// That which gives rows of one length; then that which gives longer rows.
fn delimiter(text: &str) -> (Delimiter, u8) {
    let mut best = (DELIMITERS[0], (false, 0));
    for candidate in DELIMITERS {
        let rows = records(text, candidate.1).take(LOOKED_AT).map_while(Result::ok);
        let widths: Vec<usize> = rows.map(|row| row.len()).collect();
        let width = widths.first().copied().unwrap_or_default();
        let rank = (width > 1 && widths.iter().all(|other| *other == width), width);
        if rank > best.1 {
            best = (candidate, rank);
        }
    }
    best.0
}

/// Whether the first row names columns: different texts, and unlike what stands below them.
fn is_header(rows: &[Vec<String>]) -> bool {
    let Some((first, below)) = rows.split_first() else { return false };
    let different: BTreeSet<&String> = first.iter().collect();
    if different.len() < first.len() || first.iter().any(|field| is_number(field)) {
        return false;
    }
    let column = |index: usize| below.iter().map(move |row: &Vec<String>| row[index].as_str());
    let above_numbers = (0..first.len()).any(|index| {
        let mut present = column(index).filter(|field| !is_missing(field)).peekable();
        present.peek().is_some() && present.all(is_number)
    });
    let is_new = (0..first.len()).all(|index| column(index).all(|field| field != first[index]));
    above_numbers || is_new
}
