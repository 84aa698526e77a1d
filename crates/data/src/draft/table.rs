//! Tables of typed columns: what each column holds, and which one is the class.

use std::collections::BTreeSet;

use fireassay_spec::{
    ColumnKind, DataFormat, ExampleCounts, Missing, TableColumn, TableSpec, nearest,
};

use super::columns::{Column, MAX_CLASSES};
use super::listing::{Listing, train_and_test};
use super::roles::is_of_groups;
use super::rows::{Rows, Stored};
use super::{DraftError, Outline};

/// What the column of the class is called, the surest name first.
pub(super) const TARGETS: [&str; 9] =
    ["target", "class", "label", "y", "species", "category", "outcome", "diagnosis", "survived"];

/// What pandas calls an index that it stores.
const INDEX: &str = "__index_level_0__";

/// The rows of a part, and the files that they are from.
pub(super) struct Part<'a> {
    pub(super) names: Vec<&'a str>,
    pub(super) rows: Rows,
}

/// A text table, and maybe one to test on.
pub(super) fn outline(listing: &Listing, target: Option<&str>) -> Result<Outline, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    let Some((train, test)) = train_and_test(&names) else {
        let problem = "several tables; one with `test` in its name goes with one without";
        return Err(listing.unrecognised(problem));
    };
    let part =
        |name| Ok::<_, DraftError>(Part { names: vec![name], rows: Rows::of(listing, name)? });
    let (train, test) = (part(train)?, test.map(part).transpose()?);
    if let Some(Part { names, rows }) = &test
        && !rows.goes_with(&train.rows)
    {
        let problem = "its columns, or what separates them, are not those of the train table";
        return Err(DraftError::Unusable { path: listing.path(names[0]), problem: problem.into() });
    }
    of_parts(listing, target, &train, test.as_ref())
}

/// The class is in the column `target`; without, in the one that looks most like it.
pub(super) fn of_parts(
    listing: &Listing,
    target: Option<&str>,
    train: &Part<'_>,
    test: Option<&Part<'_>>,
) -> Result<Outline, DraftError> {
    let parts: Vec<&Rows> = [train].into_iter().chain(test).map(|part| &part.rows).collect();
    let Rows { delimiter, has_header, names, .. } = &train.rows;
    let columns: Vec<Column<'_>> =
        (0..names.len()).map(|index| Column::of(&parts, index)).collect();
    let unusable = |problem| DraftError::Unusable { path: listing.path(train.names[0]), problem };
    let target = match target {
        Some(name) => named(&columns, name),
        None => guessed(&columns),
    };
    let target = target.map_err(unusable)?;
    let classes = columns[target].classes().map_err(unusable)?;
    let mut notes = Vec::new();
    notes.push(format!("the class is column `{}`", columns[target].name));
    if !has_header {
        notes.push("no line names the columns; write better `names`".to_owned());
    }
    let others = columns.iter().enumerate().filter(|(index, _)| *index != target);
    let typed = others.map(|(index, column)| typed(column, index, &mut notes)).collect();
    let missing: BTreeSet<&str> = columns.iter().flat_map(|c| c.tokens.iter().copied()).collect();
    let owned = |part: &Part<'_>| part.names.iter().map(|&name| name.to_owned()).collect();
    let spec = TableSpec {
        train: owned(train),
        test: test.map(owned).unwrap_or_default(),
        target: columns[target].name.to_owned(),
        target_values: Vec::new(),
        group: None,
        columns: typed,
        missing: missing.into_iter().map(str::to_owned).collect(),
        delimiter: *delimiter,
        names: if *has_header { Vec::new() } else { names.clone() },
    };
    if spec.num_features() == 0 {
        return Err(unusable(format!("no column can be a feature: {}", notes.join("; "))));
    }
    Ok(Outline {
        folder: listing.folder.clone(),
        shape: vec![spec.num_features()],
        steps: None,
        classes,
        examples: ExampleCounts {
            train: train.rows.rows.len(),
            test: test.map_or(0, |part| part.rows.rows.len()),
        },
        notes,
        format: DataFormat::Table(spec),
    })
}

pub(super) fn named(columns: &[Column<'_>], name: &str) -> Result<usize, String> {
    columns.iter().position(|column| column.name == name).ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        match nearest(name, &names) {
            Some(near) => format!("it has no column `{name}`; did you mean `{near}`?"),
            None => format!("it has no column `{name}`; its columns are {}", listed(columns)),
        }
    })
}

pub(super) fn guessed(columns: &[Column<'_>]) -> Result<usize, String> {
    let called =
        |target: &&str| columns.iter().position(|column| column.name.eq_ignore_ascii_case(target));
    // Beside an `x`, `y` is a coordinate.
    let is_axis = |target: &&str| *target == "y" && called(&"x").is_some();
    if let Some(index) = TARGETS.iter().filter(|target| !is_axis(target)).find_map(called) {
        return Ok(index);
    }
    match columns.iter().rposition(|column| column.name != INDEX) {
        Some(last) if columns[last].is_like_classes() => Ok(last),
        _ => Err(format!(
            "which column is the class (`--target COLUMN` says so)? None is called {} or the like, \
             and the last one does not repeat at most {MAX_CLASSES} texts or whole numbers; its \
             columns are {}",
            TARGETS[..3].join(", "),
            listed(columns)
        )),
    }
}

fn listed(columns: &[Column<'_>]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
    names.join(", ")
}

/// What becomes of a column; a note where a person may want something else.
fn typed(column: &Column<'_>, index: usize, notes: &mut Vec<String>) -> TableColumn {
    let name = column.name;
    let has_missing = !column.tokens.is_empty();
    let is_number = column.is_numbers || column.stored == Stored::Flags;
    if is_of_groups(name) {
        notes.push(format!(
            "column `{name}` may say whose each row is: write `group = \"{name}\"` then, and take \
             it out of `columns`"
        ));
    }
    let (kind, missing) = if let Stored::Unread(problem) = &column.stored {
        notes.push(format!("column `{name}` is skipped: {problem}"));
        (ColumnKind::Skip, Missing::Refuse)
    } else if column.values.is_empty() {
        notes.push(format!("column `{name}` is skipped: it is empty"));
        (ColumnKind::Skip, Missing::Refuse)
    } else if (index == 0 || name == INDEX) && column.counts_rows {
        notes.push(format!("column `{name}` is skipped: it counts the rows"));
        (ColumnKind::Skip, Missing::Refuse)
    } else if column.stored == Stored::Floats && !column.is_numbers {
        notes.push(format!("column `{name}` is skipped: it holds what is not finite"));
        (ColumnKind::Skip, Missing::Refuse)
    } else if is_number && has_missing {
        notes.push(format!(
            "column `{name}` lacks values: it is 0 there, and one more feature says so"
        ));
        (ColumnKind::Number, Missing::Indicator(0.0))
    } else if is_number {
        (ColumnKind::Number, Missing::Refuse)
    } else if !column.is_category() {
        notes.push(format!(
            "column `{name}` is skipped: {} different texts in {} rows",
            column.values.len(),
            column.present
        ));
        (ColumnKind::Skip, Missing::Refuse)
    } else if has_missing {
        notes.push(format!("column `{name}` lacks values: that is one more category"));
        (ColumnKind::Category, Missing::Category)
    } else {
        (ColumnKind::Category, Missing::Refuse)
    };
    let values = match kind {
        ColumnKind::Category => column.values.iter().map(|&value| value.to_owned()).collect(),
        ColumnKind::Number | ColumnKind::Skip => Vec::new(),
    };
    TableColumn { name: name.to_owned(), kind, values, missing }
}
