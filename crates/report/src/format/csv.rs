//! `tables/*.csv`: the numbers behind the report, tidy and at full precision.

use std::borrow::Cow;
use std::io;

use serde_json::Value;

use crate::ReportError;
use crate::results::Results;

mod across;
mod claim;
mod conditions;
mod confusions;
mod contrasts;
mod curves;
mod datasets;
mod derived;
mod differences;
mod effect;
mod hypotheses;
mod interactions;
mod metrics;
mod trends;
mod trials;
mod variance;

/// The tables as pairs of file name and content, in the order of their names; none without rows.
///
/// As RFC 4180 has it, but lines end in a line feed alone, as in every other file of a report.
/// Columns are named as in `results.json` and numbers have the same digits; what does not exist is
/// empty. A text that a spreadsheet would take for a formula, because it begins with one of
/// `= + - @` or a tab, stands behind an apostrophe; no other text is changed, and no number.
pub fn tables(results: &Results) -> Result<Vec<(String, String)>, ReportError> {
    let sheets = TABLES.iter().map(|table| (table.name, (table.rows)(results)));
    let written = sheets.filter(|(_, sheet)| !sheet.rows.is_empty()).map(|(name, sheet)| {
        let name = format!("{name}.csv");
        match text(&sheet) {
            Ok(text) => Ok((name, text)),
            Err(source) => Err(ReportError::Csv { table: name, source }),
        }
    });
    written.collect()
}

/// One file.
struct Tidy {
    name: &'static str,
    rows: fn(&Results) -> Sheet,
}

/// Alphabetical. Adding one: a file here, a line there.
const TABLES: &[Tidy] = &[
    Tidy { name: "across", rows: across::rows },
    Tidy { name: "checks", rows: hypotheses::checks },
    Tidy { name: "conditions", rows: conditions::rows },
    Tidy { name: "confusions", rows: confusions::rows },
    Tidy { name: "contrasts", rows: contrasts::rows },
    Tidy { name: "curves", rows: curves::rows },
    Tidy { name: "datasets", rows: datasets::rows },
    Tidy { name: "derived", rows: derived::rows },
    Tidy { name: "differences", rows: differences::rows },
    Tidy { name: "hypotheses", rows: hypotheses::rows },
    Tidy { name: "interactions", rows: interactions::rows },
    Tidy { name: "metrics", rows: metrics::rows },
    Tidy { name: "trends", rows: trends::rows },
    Tidy { name: "trials", rows: trials::rows },
    Tidy { name: "variance", rows: variance::rows },
];

/// Rows of as many cells as there are names; cells are plain values.
struct Sheet {
    header: Vec<Cow<'static, str>>,
    rows: Vec<Vec<Value>>,
}

fn text(sheet: &Sheet) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(sheet.header.iter().map(|name| inert(name).into_owned()))?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(cell))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text).into_owned(),
        // Numbers as in `results.json`.
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text that no spreadsheet runs.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let sheet = Sheet {
            header: vec!["name".into(), "value".into()],
            rows: vec![
                vec![json!("a,b"), json!(0.1)],
                vec![json!("say \"x\"\nand y"), Value::Null],
                vec![json!("–"), json!(-1.0)],
            ],
        };
        let expected = "name,value\n\"a,b\",0.1\n\"say \"\"x\"\"\nand y\",\n–,-1.0\n";
        assert_eq!(text(&sheet).unwrap(), expected);
    }

    #[test]
    fn a_formula_is_a_text_and_a_negative_number_is_a_number() {
        let check = |value: Value, expected: &str| assert_eq!(cell(&value), expected);
        check(json!("=1+1"), "'=1+1");
        check(json!("-2"), "'-2");
        check(json!("@x"), "'@x");
        check(json!("norm=none"), "norm=none");
        check(json!(-2), "-2");
        check(json!(true), "true");
    }

    #[test]
    fn a_short_row_is_an_error() {
        let sheet = Sheet { header: vec!["a".into(), "b".into()], rows: vec![vec![json!(1)]] };
        assert!(text(&sheet).is_err());
    }
}
