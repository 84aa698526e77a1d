//! `Tokens`: what stands for a value that is not there.

use crate::format::cell::Cell;

/// Texts of the card, to be found in fields.
pub(super) struct Tokens<'a> {
    texts: &'a [String],
    /// Those texts that are numbers, for files that hold numbers.
    numbers: Vec<f64>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(texts: &'a [String]) -> Self {
        Self { texts, numbers: texts.iter().filter_map(|text| text.parse().ok()).collect() }
    }

    pub(super) fn are(&self, cell: Cell<'_>) -> bool {
        let is_number =
            |n: f64| self.numbers.iter().any(|&token| token == n || (token.is_nan() && n.is_nan()));
        match cell {
            Cell::Null => true,
            Cell::Text(text) => self.texts.iter().any(|token| token == text),
            Cell::Flag(_) => false,
            Cell::Integer(integer) => is_number(integer as f64),
            Cell::Float(float) => is_number(float),
        }
    }
}
