//! Tables as text: a line for each example.

use std::collections::BTreeSet;

use fireassay_spec::{DataFormat, ExampleCounts};

use super::listing::{Listing, train_and_test};
use super::rows::text;
use super::{DraftError, Outline, numbered};

/// A label out of more values than this is a measurement.
const MAX_CLASSES: usize = 1000;
/// Labels named in a message.
const SHOWN: usize = 5;

/// What the lines of a file look like.
struct Table {
    /// Of the first line, when it is no data.
    header: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
}

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    let Some((train, test)) = train_and_test(&names) else {
        let problem = "several tables; one with `test` in its name goes with one without";
        return Err(listing.unrecognised(problem));
    };
    let train_table = Table::of(listing, train)?;
    let mut tables = vec![(train, &train_table)];
    let test_table = test.map(|test| Table::of(listing, test)).transpose()?;
    tables.extend(test.zip(test_table.as_ref()));
    let skip_lines = usize::from(train_table.header.is_some());
    let width = train_table.rows[0].len();
    let mut labels = BTreeSet::new();
    for (name, table) in &tables {
        let unusable = |problem| DraftError::Unusable { path: listing.path(name), problem };
        if usize::from(table.header.is_some()) != skip_lines {
            return Err(unusable("of train and test, only one has a header".to_owned()));
        }
        labels.extend(table.labels(width).map_err(unusable)?);
    }
    let num_classes = labels.last().map_or(0, |label| label + 1);
    if num_classes < 2 || !labels.contains(&0) {
        let problem = format!(
            "its last column is no class index: classes are 0, 1, .., it holds {:?}",
            labels.iter().take(SHOWN).collect::<Vec<_>>()
        );
        return Err(DraftError::Unusable { path: listing.path(train), problem });
    }
    let mut notes = Vec::new();
    let mut classes = numbered(num_classes);
    match train_table.class_names(num_classes) {
        Some(names) => classes = names,
        None => notes.push("the table holds no names of classes; write them into `classes`".into()),
    }
    Ok(Outline {
        folder: listing.folder.clone(),
        shape: vec![width - 1],
        steps: None,
        classes,
        examples: ExampleCounts {
            train: train_table.rows.len(),
            test: test_table.as_ref().map_or(0, |table| table.rows.len()),
        },
        notes,
        format: DataFormat::Csv {
            train: train.to_owned(),
            test: test.map(str::to_owned),
            skip_lines,
        },
    })
}

impl Table {
    fn of(listing: &Listing, name: &str) -> Result<Self, DraftError> {
        let path = listing.path(name);
        let unusable = |problem: &str| DraftError::Unusable { path, problem: problem.to_owned() };
        let text = text(listing, name)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let fields = |line: &str| line.split(',').map(|field| field.trim().to_owned()).collect();
        let mut rows: Vec<Vec<String>> = lines.map(fields).collect();
        let is_header = match rows.as_slice() {
            [] => return Err(unusable("it is empty")),
            [first, second, ..] if first.len() != second.len() => true,
            [first, ..] => !first.iter().all(|field| is_number(field)),
        };
        let header = is_header.then(|| rows.remove(0));
        if rows.is_empty() {
            return Err(unusable("it has a header, and no line of data"));
        }
        Ok(Self { header, rows })
    }

    /// The class of every row, or what is wrong.
    fn labels(&self, width: usize) -> Result<BTreeSet<usize>, String> {
        if width < 2 {
            return Err("one column; features and a label are expected, with commas between".into());
        }
        let last = self.rows.iter().map(|row| row.get(width - 1).map(String::as_str));
        let labels: Option<BTreeSet<usize>> = last
            .map(|field| field?.parse().ok().filter(|&label: &usize| label < MAX_CLASSES))
            .collect();
        let numeric = |column: usize| {
            self.rows.iter().all(|row| row.get(column).is_some_and(|field| is_number(field)))
        };
        let texts: Vec<String> = (0..width)
            .filter(|&column| !numeric(column))
            .map(|column| self.column_name(column))
            .collect();
        let found = match (labels, texts.as_slice()) {
            (Some(labels), []) => return Ok(labels),
            (None, []) => format!("{} holds no class index", self.column_name(width - 1)),
            (_, texts) => format!("{} hold texts", texts.join(", ")),
        };
        Err(format!(
            "{found}; a table is rows of numbers with the class, 0 or 1 or .., in the last column"
        ))
    }

    fn column_name(&self, column: usize) -> String {
        let name = self.header.as_ref().and_then(|header| header.get(column));
        name.map_or_else(|| format!("column {}", column + 1), |name| format!("column `{name}`"))
    }

    /// The tables of scikit-learn start with a line of their size and the names of their classes.
    fn class_names(&self, num_classes: usize) -> Option<Vec<String>> {
        let [rows, features, names @ ..] = self.header.as_deref()? else { return None };
        let is_size = rows.parse() == Ok(self.rows.len())
            && features.parse() == Ok(self.rows[0].len() - 1)
            && names.len() == num_classes;
        is_size.then(|| names.to_vec())
    }
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok_and(f64::is_finite)
}
