//! Rows of cells to features, labels and groups, whatever the file they are from.

use std::collections::{BTreeMap, TryReserveError};
use std::path::Path;

use fireassay_spec::{ColumnKind, Missing, TableColumn, TableSpec, nearest};

use super::place::Place;
use super::tokens::Tokens;
use crate::DataError;
use crate::format::cell::Cell;

/// All that was read so far.
pub(super) struct Encoder<'a> {
    spec: &'a TableSpec,
    features: Vec<Feature<'a>>,
    targets: BTreeMap<&'a str, usize>,
    tokens: Tokens<'a>,
    group_numbers: BTreeMap<String, u32>,
    pub(super) values: Vec<f32>,
    pub(super) labels: Vec<u32>,
    pub(super) groups: Option<Vec<u32>>,
    /// Examples and left-out rows of the part that is being read.
    count: usize,
    dropped: usize,
    expected: usize,
}

/// A column that is read, and its values if it is a category.
struct Feature<'a> {
    column: &'a TableColumn,
    values: BTreeMap<&'a str, usize>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(spec: &'a TableSpec, classes: &'a [String]) -> Self {
        let read = spec.columns.iter().filter(|column| column.kind != ColumnKind::Skip);
        Self {
            spec,
            features: read
                .map(|column| Feature { column, values: numbered(&column.values) })
                .collect(),
            targets: numbered(spec.target_values(classes)),
            tokens: Tokens::new(&spec.missing),
            group_numbers: BTreeMap::new(),
            values: Vec::new(),
            labels: Vec::new(),
            groups: spec.group.as_ref().map(|_| Vec::new()),
            count: 0,
            dropped: 0,
            expected: 0,
        }
    }

    /// Makes room for so many examples, so that what grows is never copied; memory that is not
    /// written to costs nothing.
    pub(super) fn reserve(&mut self, examples: usize) -> Result<(), TryReserveError> {
        self.values.try_reserve_exact(examples.saturating_mul(self.spec.num_features()))?;
        self.labels.try_reserve_exact(examples)
    }

    /// Begins a part of so many examples.
    pub(super) fn expect(&mut self, examples: usize) {
        (self.count, self.dropped, self.expected) = (0, 0, examples);
    }

    /// The columns to read: the features, the target, then the group if there is one.
    pub(super) fn columns(&self) -> Vec<&'a str> {
        let features = self.features.iter().map(|feature| feature.column.name.as_str());
        let group = self.spec.group.as_deref();
        features.chain([self.spec.target.as_str()]).chain(group).collect()
    }

    /// Whether a file of so many rows can be right, before any is read.
    pub(super) fn check_most(&self, path: &Path, rows: u64) -> Result<(), DataError> {
        let drops = self.features.iter().any(|f| f.column.missing == Missing::DropRow);
        // More rows than can be numbered are not worth waiting for.
        let most = if drops { u64::from(u32::MAX) } else { (self.expected - self.count) as u64 };
        if rows <= most {
            return Ok(());
        }
        Err(self.miscount(path, rows.saturating_add(self.count as u64).to_string()))
    }

    /// Takes a row: cells in the order of [`Encoder::columns`].
    pub(super) fn row(&mut self, place: Place<'_>, cells: &[Cell<'_>]) -> Result<(), DataError> {
        let drops = |(feature, cell): (&Feature<'_>, &Cell<'_>)| {
            feature.column.missing == Missing::DropRow && self.tokens.are(*cell)
        };
        if self.features.iter().zip(cells).any(drops) {
            self.dropped += 1;
            return Ok(());
        }
        if self.count == self.expected {
            return Err(self.miscount(place.path(), format!("more than {}", self.expected)));
        }
        let (features, rest) = cells.split_at(self.features.len());
        for (feature, cell) in self.features.iter().zip(features) {
            let encoded = feature.encode(*cell, &self.tokens, &mut self.values);
            encoded.map_err(|problem| place.cell(&feature.column.name, problem))?;
        }
        let [target, group @ ..] = rest else {
            return Ok(()); // never: there are as many cells as columns
        };
        self.label(place, *target)?;
        if let Some(group) = group.first() {
            self.group(place, *group)?;
        }
        self.count += 1;
        Ok(())
    }

    fn label(&mut self, place: Place<'_>, cell: Cell<'_>) -> Result<(), DataError> {
        let fail = |problem| place.cell(&self.spec.target, problem);
        if self.tokens.are(cell) {
            return Err(fail("it is missing; each row needs a target".to_owned()));
        }
        let label = find(cell, &self.targets, "one of the card's classes").map_err(fail)?;
        self.labels.push(label as u32);
        Ok(())
    }

    fn group(&mut self, place: Place<'_>, cell: Cell<'_>) -> Result<(), DataError> {
        let fail = |problem| place.cell(self.spec.group.as_deref().unwrap_or("group"), problem);
        if self.tokens.are(cell) {
            return Err(fail("it is missing; each row needs a group".to_owned()));
        }
        let name = cell.name();
        let name = name.ok_or_else(|| fail(format!("`{}` is not a name", cell.shown())))?;
        let next = self.group_numbers.len() as u32;
        let number = *self.group_numbers.entry(name.into_owned()).or_insert(next);
        self.groups.get_or_insert_default().push(number);
        Ok(())
    }

    /// After the last row of a part, which `path` has.
    pub(super) fn check_count(&self, path: &Path) -> Result<(), DataError> {
        if self.count == self.expected {
            return Ok(());
        }
        Err(self.miscount(path, self.count.to_string()))
    }

    fn miscount(&self, path: &Path, found: String) -> DataError {
        let of = match self.dropped {
            0 => String::new(),
            1 => " beside 1 row that is left out".to_owned(),
            n => format!(" beside {n} rows that are left out"),
        };
        DataError::Examples { path: path.to_owned(), of, expected: self.expected, found }
    }
}

impl Feature<'_> {
    /// Appends as many values as the column becomes features.
    fn encode(
        &self,
        cell: Cell<'_>,
        tokens: &Tokens<'_>,
        out: &mut Vec<f32>,
    ) -> Result<(), String> {
        let missing = self.column.missing;
        let is_missing = tokens.are(cell);
        if is_missing && missing == Missing::Refuse {
            return Err("it is missing; `missing` of the column says what then".to_owned());
        }
        match self.column.kind {
            ColumnKind::Category => {
                let start = out.len();
                out.resize(start + self.column.num_features(), 0.0);
                let index = if is_missing {
                    self.values.len() // the feature of its own
                } else {
                    find(cell, &self.values, "one of the card's values")?
                };
                out[start + index] = 1.0;
            }
            ColumnKind::Number => {
                let number = match (is_missing, missing) {
                    (true, Missing::Value(number) | Missing::Indicator(number)) => number as f32,
                    (true, Missing::Refuse | Missing::DropRow | Missing::Category) | (false, _) => {
                        let problem = || format!("`{}` is not a finite number", cell.shown());
                        cell.number().ok_or_else(problem)?
                    }
                };
                out.push(number);
                if matches!(missing, Missing::Indicator(_)) {
                    out.push(f32::from(u8::from(is_missing)));
                }
            }
            ColumnKind::Skip => {}
        }
        Ok(())
    }
}

fn numbered(names: &[String]) -> BTreeMap<&str, usize> {
    names.iter().map(String::as_str).zip(0..).collect()
}

/// The number of a name; the problem says which was meant.
fn find(cell: Cell<'_>, names: &BTreeMap<&str, usize>, what: &str) -> Result<usize, String> {
    let name = cell.name().ok_or_else(|| format!("`{}` is not a name", cell.shown()))?;
    if let Some(&number) = names.get(name.as_ref()) {
        return Ok(number);
    }
    let known: Vec<&str> = names.keys().copied().collect();
    let meant = nearest(&cell.shown(), &known);
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    Err(format!("`{}` is not {what}{meant}", cell.shown()))
}

/// Where in the file each of the columns to read stands, or what is wrong with its names.
pub(super) fn positions(
    spec: &TableSpec,
    wanted: &[&str],
    found: &[String],
) -> Result<Vec<usize>, String> {
    for (index, name) in found.iter().enumerate() {
        if found[..index].contains(name) {
            return Err(format!("two columns are called `{name}`"));
        }
        let is_listed = spec.columns.iter().any(|column| column.name == *name);
        if !is_listed && !wanted.contains(&name.as_str()) {
            let meant = nearest(name, wanted).filter(|meant| !found.iter().any(|n| n == meant));
            let meant = meant.map_or(String::new(), |meant| format!(" (it has `{meant}`)"));
            return Err(format!(
                "column `{name}` is not in the card{meant}; `kind = \"skip\"` leaves one out"
            ));
        }
    }
    let skipped = spec.columns.iter().map(|column| column.name.as_str());
    for name in skipped.chain(wanted.iter().copied()) {
        if !found.iter().any(|other| other == name) {
            let shown = crate::error::shorten(found.join(", ").as_bytes());
            return Err(format!("there is no column `{name}`, only: {shown}"));
        }
    }
    let position = |name: &&str| found.iter().position(|other| other == name);
    Ok(wanted.iter().filter_map(position).collect())
}
