//! `[format.table]`: what the columns of a CSV, TSV or Parquet file become.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::suggest;

/// Rows of typed columns. Features are in the order of `columns`, whatever the order in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TableSpec {
    /// Files of examples to learn from, in this order. CSV may be compressed with gzip; a Parquet
    /// file is known by its first bytes.
    pub train: Vec<String>,
    /// The dataset's own test examples, if it has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// The column of the class.
    pub target: String,
    /// How the classes are written in that column, in the order of `classes`; as they are called,
    /// when this is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_values: Vec<String>,
    /// The column that says who or what a row is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Every other column.
    pub columns: Vec<TableColumn>,
    /// Texts that stand for a value that is not there, as in `["", "NA", "?"]`. In a Parquet file a
    /// null always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What separates the fields of a CSV file.
    #[serde(default, skip_serializing_if = "Delimiter::is_default")]
    pub delimiter: Delimiter,
    /// What the columns of a CSV file are called, in its order, when its first line does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// A column that is neither target nor group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TableColumn {
    /// As the file calls it.
    pub name: String,
    /// What becomes of it.
    pub kind: ColumnKind,
    /// Of a category: all that may stand there; each becomes a feature that is 0 or 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What becomes of a row in which it is missing.
    #[serde(default, skip_serializing_if = "Missing::is_default")]
    pub missing: Missing,
}

/// What becomes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// A feature for each of its values.
    Category,
    /// One feature; booleans of a Parquet file are 0 and 1.
    Number,
    /// Nothing: it is not read.
    Skip,
}

/// What becomes of a row in which a value is missing. A mean of the column is not offered: it would
/// be computed over rows that an experiment tests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Missing {
    /// It is an error.
    #[default]
    Refuse,
    /// The row is left out; `examples` counts the others.
    DropRow,
    /// Of a category: one more feature, which is 1 then.
    Category,
    /// Of a number: this one, and one more feature, which is 1 then.
    Indicator(f64),
    /// Of a number: this one.
    Value(f64),
}

impl Missing {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What separates the fields of a CSV file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// `|`
    Pipe,
    /// A tab.
    Tab,
}

impl Delimiter {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl TableColumn {
    /// How many features it becomes.
    pub fn num_features(&self) -> usize {
        let extra = match self.missing {
            Missing::Category | Missing::Indicator(_) => 1,
            Missing::Refuse | Missing::DropRow | Missing::Value(_) => 0,
        };
        match self.kind {
            ColumnKind::Category => self.values.len() + extra,
            ColumnKind::Number => 1 + extra,
            ColumnKind::Skip => 0,
        }
    }
}

/// Something wrong with a [`TableSpec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableProblem {
    /// The field, as in `columns.2.name`.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl TableSpec {
    /// How many features a row becomes.
    pub fn num_features(&self) -> usize {
        self.columns.iter().map(TableColumn::num_features).sum()
    }

    /// How the classes are written in the target column.
    pub fn target_values<'a>(&'a self, classes: &'a [String]) -> &'a [String] {
        if self.target_values.is_empty() { classes } else { &self.target_values }
    }

    /// Everything that is wrong with it, apart from files.
    pub fn problems(&self, classes: &[String]) -> Vec<TableProblem> {
        let mut problems = Problems(Vec::new());
        problems.check("train", !self.train.is_empty(), "no file to learn from", "name one");
        let values = self.target_values(classes);
        let message = format!("{} target values for {} classes", values.len(), classes.len());
        let help = "as many as `classes`, in their order; left out, they are called as in the file";
        problems.check("target-values", values.len() == classes.len(), &message, help);
        problems.check_texts("target-values", &self.target_values);
        problems.check_texts("missing", &self.missing);
        problems.check_texts("names", &self.names);
        for (index, value) in values.iter().enumerate() {
            let at = format!("target-values.{index}");
            problems.check_present(&at, value, &self.missing);
        }
        let mut seen = BTreeMap::from([(self.target.as_str(), "the target")]);
        if let Some(group) = &self.group {
            let is_new = seen.insert(group, "the group").is_none();
            problems.check("group", is_new, "the target cannot be the group", "another column");
        }
        for (index, column) in self.columns.iter().enumerate() {
            let at = format!("columns.{index}");
            let other = seen.insert(&column.name, "listed before");
            let message =
                format!("column `{}` is {} already", column.name, other.unwrap_or_default());
            let help = "`columns` lists each column but target and group, once";
            problems.check(&format!("{at}.name"), other.is_none(), &message, help);
            problems.check_column(&at, column, &self.missing);
        }
        problems.check("columns", self.num_features() >= 1, "no features", "name some columns");
        if !self.names.is_empty() {
            for (name, what) in &seen {
                let at = if *what == "listed before" { "columns" } else { "names" };
                let message = format!("`names` lacks column `{name}`");
                let help = suggest::help(name, "names", &self.names);
                let is_there = self.names.iter().any(|other| other == name);
                problems.check(at, is_there, &message, &help);
            }
            for (index, name) in self.names.iter().enumerate() {
                let message = format!("column `{name}` is not in the card");
                let is_listed = seen.contains_key(name.as_str());
                let help = "list it in `columns`, with kind = \"skip\" to leave it out";
                problems.check(&format!("names.{index}"), is_listed, &message, help);
            }
        }
        problems.0
    }
}

struct Problems(Vec<TableProblem>);

impl Problems {
    fn check(&mut self, at: &str, is_right: bool, message: &str, help: &str) {
        if !is_right {
            let [at, message, help] = [at, message, help].map(str::to_owned);
            self.0.push(TableProblem { at, message, help });
        }
    }

    /// White space around a field does not count, so a text with some would never be found.
    fn check_texts(&mut self, at: &str, texts: &[String]) {
        for (index, text) in texts.iter().enumerate() {
            let at = format!("{at}.{index}");
            let message = format!("white space around `{text}`");
            let help = "write it without; around a field it does not count";
            self.check(&at, text.trim() == text, &message, help);
            let is_new = !texts.iter().take(index).any(|other| other == text);
            self.check(&at, is_new, &format!("`{text}` is there twice"), "once");
        }
    }

    fn check_present(&mut self, at: &str, value: &String, missing: &[String]) {
        let message = format!("`{value}` is also one of `missing`");
        self.check(at, !missing.contains(value), &message, "take it out of one of them");
    }

    fn check_column(&mut self, at: &str, column: &TableColumn, missing: &[String]) {
        let values_at = format!("{at}.values");
        let is_category = column.kind == ColumnKind::Category;
        let message = "a category without values";
        let help = "values = [..]: all that may stand there; each becomes a feature";
        self.check(at, !is_category || !column.values.is_empty(), message, help);
        let message = "only a category has `values`";
        let is_right = is_category || column.values.is_empty();
        self.check(&values_at, is_right, message, "leave them out, or kind = \"category\"");
        self.check_texts(&values_at, &column.values);
        for (index, value) in column.values.iter().enumerate() {
            self.check_present(&format!("{values_at}.{index}"), value, missing);
        }
        let number = match column.missing {
            Missing::Indicator(number) | Missing::Value(number) => Some(number),
            Missing::Refuse | Missing::DropRow | Missing::Category => None,
        };
        let (fits, help) = match column.kind {
            ColumnKind::Category => {
                (number.is_none(), "\"refuse\", \"drop-row\" or \"category\", a feature of its own")
            }
            ColumnKind::Number => (
                column.missing != Missing::Category,
                "\"refuse\", \"drop-row\", { value = 0.0 } or { indicator = 0.0 }",
            ),
            ColumnKind::Skip => (column.missing.is_default(), "leave it out"),
        };
        let missing_at = format!("{at}.missing");
        self.check(&missing_at, fits, "this `missing` does not go with the kind", help);
        let is_finite = number.is_none_or(|number| (number as f32).is_finite());
        self.check(&missing_at, is_finite, "no finite number", "one of 32 bits");
    }
}
