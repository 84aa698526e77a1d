//! `Table`: rows and columns, as plain text and as Markdown.

use comfy_table::{CellAlignment, Row, presets};

use crate::format::markdown::inline;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub title: String,
    pub align: Align,
}

/// A header and rows of as many cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        let column = |&(title, align): &(&str, Align)| Column { title: title.into(), align };
        Self { columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Takes a column away.
    pub(crate) fn remove(&mut self, title: &str) {
        let Some(at) = self.columns.iter().position(|column| column.title == title) else { return };
        self.columns.remove(at);
        for row in &mut self.rows {
            row.remove(at);
        }
    }

    /// Columns two spaces apart, indented by two.
    pub(crate) fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(self.columns.iter().map(|c| c.title.as_str()).collect::<Vec<_>>());
        table.add_rows(self.rows.iter().map(Row::from));
        for (i, column) in self.columns.iter().enumerate() {
            let Some(shown) = table.column_mut(i) else { continue };
            shown.set_padding((2, 0));
            shown.set_cell_alignment(match column.align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        table.trim_fmt()
    }

    /// A table of GitHub's Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.columns.iter().map(|c| escaped(&c.title)).collect());
        let rule = |column: &Column| match column.align {
            Align::Left => "---".to_owned(),
            Align::Right => "---:".to_owned(),
        };
        text.push_str(&line(self.columns.iter().map(rule).collect()));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| escaped(cell)).collect()));
        }
        text
    }
}

/// A bar would end the cell, a line break the row.
fn escaped(cell: &str) -> String {
    inline(cell).replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.rows.push(vec!["a|b".into(), "7".into()]);
        table.rows.push(vec!["long\nname".into(), "–".into()]);
        table
    }

    #[test]
    fn text_is_aligned_and_markdown_escaped() {
        let mut table = table();
        let expected = "| name | n |\n| --- | ---: |\n| a\\|b | 7 |\n| long name | – |\n";
        assert_eq!(table.markdown(), expected);
        table.rows[1][0] = "longer".into();
        assert_eq!(table.text(), "  name    n\n  a|b     7\n  longer  –");
    }

    #[test]
    fn a_removed_column_takes_its_cells_along() {
        let mut table = table();
        table.remove("n");
        table.remove("nothing of this name");
        assert_eq!(table.rows, [["a|b"], ["long\nname"]]);
    }
}
