//! Tables of typed columns: accepted means that each row became an example, and no other number of
//! them would have done.

use fireassay_data::{DataError, Dataset};
use fireassay_spec::{ColumnKind, DataFormat, Delimiter, Missing, TableColumn, TableSpec};

use crate::{arrays, told};

const FILE: &str = "table";
/// Examples that are asked for.
const MOST: usize = 512;

pub(crate) fn check(bytes: &[u8]) -> String {
    let format = DataFormat::Table(spec());
    let open = |examples| {
        let files = [(FILE, bytes)];
        arrays::open(
            &arrays::card(&files, vec![spec().num_features()], examples, format.clone()),
            &files,
        )
    };
    outcome(&open)
}

/// Says what became of a file, whose examples are counted by asking for one.
pub(crate) fn outcome(open: &dyn Fn(usize) -> Result<Dataset, DataError>) -> String {
    let count = (1..=MOST).find_map(|examples| match open(examples) {
        // One more may do.
        Err(DataError::Examples { found, .. }) if more(&found, examples) => None,
        result => Some(result),
    });
    match count {
        None => format!("more than {MOST} examples"),
        Some(Err(error)) => told(&error),
        Some(Ok(dataset)) => {
            let more = open(dataset.len() + 1);
            assert!(matches!(more, Err(DataError::Examples { .. })));
            let groups = dataset.groups().map_or(0, |groups| {
                assert_eq!(groups.len(), dataset.len());
                groups.iter().max().map_or(0, |last| last + 1)
            });
            let (len, shape) = (dataset.len(), dataset.shape());
            format!("accepted, {len} examples of {shape:?} in {groups} groups")
        }
    }
}

fn more(found: &str, examples: usize) -> bool {
    found.starts_with("more than ")
        || found.parse::<u64>().is_ok_and(|found| found > examples as u64 && found <= MOST as u64)
}

/// With every rule once.
pub(crate) fn spec() -> TableSpec {
    let column = |name: &str, kind, values: &[&str], missing| TableColumn {
        name: name.to_owned(),
        kind,
        values: values.iter().map(|&value| value.to_owned()).collect(),
        missing,
    };
    TableSpec {
        train: vec![FILE.to_owned()],
        test: Vec::new(),
        target: "kind".to_owned(),
        target_values: Vec::new(),
        group: Some("who".to_owned()),
        columns: vec![
            column("x", ColumnKind::Number, &[], Missing::Indicator(0.0)),
            column("y", ColumnKind::Number, &[], Missing::DropRow),
            column("c", ColumnKind::Category, &["u", "v w"], Missing::Category),
            column("d", ColumnKind::Category, &["1", "2"], Missing::Refuse),
            column("s", ColumnKind::Skip, &[], Missing::Refuse),
        ],
        missing: ["", "?", "NaN", "-1"].map(str::to_owned).to_vec(),
        delimiter: Delimiter::Comma,
        names: Vec::new(),
    }
}
