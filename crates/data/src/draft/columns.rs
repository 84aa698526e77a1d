//! `Column`: what stands in a column of a table.

use std::collections::BTreeSet;

use super::rows::{Rows, Stored, is_number};

/// A class out of more values than this is a measurement.
pub(super) const MAX_CLASSES: usize = 100;
/// More texts than this are no categories.
const MAX_VALUES: usize = 64;
/// What people write for a value that is not there. `None` is not among them: it is often a value.
const TOKENS: [&str; 8] = ["", "?", "N/A", "NA", "NULL", "NaN", "nan", "null"];

/// A column of all parts together.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) stored: Stored,
    /// Each once.
    pub(super) values: BTreeSet<&'a str>,
    /// Those that stand for a missing value.
    pub(super) tokens: BTreeSet<&'a str>,
    /// Rows in which it is not missing.
    pub(super) present: usize,
    /// All that is there can be read as a number.
    pub(super) is_numbers: bool,
    /// Each is a whole number, one more than that before.
    pub(super) counts_rows: bool,
}

impl<'a> Column<'a> {
    pub(super) fn of(parts: &[&'a Rows], index: usize) -> Self {
        let fields = || parts.iter().flat_map(|part| &part.rows).map(|row| row[index].as_str());
        let (tokens, values): (BTreeSet<&str>, BTreeSet<&str>) =
            fields().collect::<BTreeSet<_>>().into_iter().partition(|field| is_missing(field));
        let in_turn = parts.iter().all(|part| {
            let numbers = part.rows.iter().map(|row| row[index].parse::<i64>().ok());
            let numbers: Option<Vec<i64>> = numbers.collect();
            numbers.is_some_and(|n| {
                n.len() > 2 && n.windows(2).all(|w| w[0].checked_add(1) == Some(w[1]))
            })
        });
        let stored = parts.iter().map(|part| part.stored[index].clone());
        Self {
            name: &parts[0].names[index],
            stored: stored.fold(None, Stored::both).unwrap_or(Stored::Text),
            present: fields().filter(|field| !is_missing(field)).count(),
            is_numbers: values.iter().all(|value| is_number(value)),
            counts_rows: in_turn,
            values,
            tokens,
        }
    }

    /// Texts that repeat.
    pub(super) fn is_category(&self) -> bool {
        self.values.len() <= MAX_VALUES && self.values.len() * 2 <= self.present
    }

    /// Whether it may well be the class: texts or whole numbers that repeat.
    pub(super) fn is_like_classes(&self) -> bool {
        let is_whole = self.values.iter().all(|value| value.parse::<i64>().is_ok());
        let is_named = match self.stored {
            Stored::Text | Stored::Flags | Stored::Integers => true,
            Stored::Floats | Stored::Unread(_) => false,
        };
        is_named
            && (is_whole || !self.is_numbers)
            && self.values.len() <= MAX_CLASSES
            && self.values.len() * 2 <= self.present
    }

    /// What stands in every row.
    pub(super) fn only(&self) -> Option<&'a str> {
        if self.tokens.is_empty() && self.values.len() == 1 {
            self.values.first().copied()
        } else {
            None
        }
    }

    /// As they are written: numbers in their order, texts in that of their bytes.
    pub(super) fn classes(&self) -> Result<Vec<String>, String> {
        let name = self.name;
        match &self.stored {
            Stored::Text | Stored::Flags | Stored::Integers => {}
            Stored::Floats => {
                return Err(format!(
                    "column `{name}`, the class, is stored as floating-point numbers, which have \
                     many spellings; store it as whole numbers or texts"
                ));
            }
            Stored::Unread(problem) => {
                return Err(format!("column `{name}`, the class, cannot be read: {problem}"));
            }
        }
        if let Some(token) = self.tokens.first() {
            return Err(format!("column `{name}`, the class, is `{token}` in some row"));
        }
        match self.values.len() {
            0 | 1 => return Err(format!("column `{name}`, the class, is the same in every row")),
            n if n > MAX_CLASSES => {
                return Err(format!(
                    "column `{name}`, the class, has {n} different values, more than {MAX_CLASSES}"
                ));
            }
            _ => {}
        }
        let mut classes: Vec<String> = self.values.iter().map(|&value| value.to_owned()).collect();
        if self.is_numbers {
            let number = |class: &String| class.parse().unwrap_or(f64::NAN);
            classes.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        Ok(classes)
    }
}

pub(super) fn is_missing(field: &str) -> bool {
    TOKENS.contains(&field)
}
