//! Tables with the rules of `booktabs`.

use super::escape::inline;
use super::fit::{Layout, Place, layout};
use super::width::{Size, width};
use crate::table::{Align, Table};

/// A table of more lines than this goes on over the next page.
const MOST_TOGETHER: usize = 40;

/// A table that fits the page. `label` is for `\ref`.
pub(super) fn booktabs(table: &Table, title: &str, label: &str) -> String {
    let layout = layout(table);
    let parts = layout.parts.len();
    let name = |part: usize| match part {
        0 => label.to_owned(),
        part => format!("{label}-part-{}", part + 1),
    };
    let title_of = |part: usize| match parts {
        1 => inline(title),
        parts => format!("{} (part {} of {parts})", inline(title), part + 1),
    };
    let shown = layout.parts.iter().enumerate().map(|(part, places)| {
        let written = Written::new(table, places, layout.size);
        if lines(table, &layout, places) > MOST_TOGETHER {
            written.over_pages(&title_of(part), &name(part))
        } else {
            written.together(&title_of(part), &name(part))
        }
    });
    // Both lengths are local to the group.
    let (size, gap) = (layout.size.command, 0.5 * layout.size.gap);
    let shown = shown.collect::<Vec<_>>().join("\n");
    format!("{{\\{size}\\setlength{{\\tabcolsep}}{{{gap:.1}pt}}\n{shown}}}\n")
}

/// Lines of text, with those of wrapped cells.
fn lines(table: &Table, layout: &Layout, places: &[Place]) -> usize {
    let of_cell = |cell: &str, place: &Place| {
        if place.wraps {
            (1.2 * width(cell, layout.size) / place.width).ceil().max(1.0)
        } else {
            1.0
        }
    };
    let of_row = |row: &Vec<String>| {
        places.iter().map(|place| of_cell(&row[place.column], place)).fold(1.0, f64::max) as usize
    };
    table.rows.iter().map(of_row).sum()
}

/// A part of a table as LaTeX.
struct Written {
    columns: String,
    head: String,
    rows: String,
}

impl Written {
    fn new(table: &Table, places: &[Place], size: Size) -> Self {
        let head = line(places.iter().map(|place| {
            let column = &table.columns[place.column];
            heading(&column.title, column.align, place.width, size)
        }));
        let row = |row: &Vec<String>| line(places.iter().map(|place| inline(&row[place.column])));
        // Rows of several lines need to be told apart.
        let between =
            if places.iter().any(|place| place.wraps) { "\\addlinespace[2pt]\n" } else { "" };
        Self {
            columns: places.iter().map(|place| column(table, place)).collect(),
            head,
            rows: table.rows.iter().map(row).collect::<Vec<_>>().join(between),
        }
    }

    /// One block, to stay on a page and to be copied into a `table`.
    fn together(&self, title: &str, label: &str) -> String {
        let Self { columns, head, rows } = self;
        format!(
            "\\begin{{minipage}}{{\\linewidth}}\n\
             \\captionof{{table}}{{{title}}}\\label{{tab:{label}}}\n\
             \\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n\
             \\toprule\n{head}\\midrule\n{rows}\\bottomrule\n\
             \\end{{tabular}}\n\
             \\end{{minipage}}\\par\\medskip\n"
        )
    }

    fn over_pages(&self, title: &str, label: &str) -> String {
        let Self { columns, head, rows } = self;
        format!(
            "\\begin{{longtable}}{{@{{}}{columns}@{{}}}}\n\
             \\caption{{{title}}}\\label{{tab:{label}}}\\\\\n\
             \\toprule\n{head}\\midrule\n\\endfirsthead\n\
             \\caption[]{{{title}, continued}}\\\\\n\
             \\toprule\n{head}\\midrule\n\\endhead\n\
             \\bottomrule\n\\endfoot\n\
             {rows}\\end{{longtable}}\n"
        )
    }
}

fn column(table: &Table, place: &Place) -> String {
    let align = table.columns[place.column].align;
    match (place.wraps, align) {
        (false, Align::Left) => "l".into(),
        (false, Align::Right) => "r".into(),
        (true, Align::Left) => {
            format!(">{{\\raggedright\\arraybackslash}}p{{{:.1}pt}}", place.width)
        }
        (true, Align::Right) => {
            format!(">{{\\raggedleft\\arraybackslash}}p{{{:.1}pt}}", place.width)
        }
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("{} \\\\\n", cells.collect::<Vec<_>>().join(" & "))
}

/// A title in as many lines as its column is narrow, the last one on the line of the others.
fn heading(title: &str, align: Align, available: f64, size: Size) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split(' ') {
        match lines.last_mut() {
            Some(last) if width(&format!("{last} {word}"), size) <= available => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| inline(line)).collect();
    if let [only] = lines.as_slice() {
        return only.clone();
    }
    let align = match align {
        Align::Left => 'l',
        Align::Right => 'r',
    };
    let lines = lines.join("\\\\");
    format!("\\begin{{tabular}}[b]{{@{{}}{align}@{{}}}}{lines}\\end{{tabular}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_three_rules_and_escaped_cells() {
        let mut table = Table::new(&[("name", Align::Left), ("p (Holm)", Align::Right)]);
        table.rows.push(vec!["a&b".into(), "0.1".into()]);
        let expected = "{\\small\\setlength{\\tabcolsep}{5.0pt}\n\
            \\begin{minipage}{\\linewidth}\n\
            \\captionof{table}{Effects}\\label{tab:effects}\n\
            \\begin{tabular}{@{}lr@{}}\n\\toprule\n\
            name & \\begin{tabular}[b]{@{}r@{}}p\\\\(Holm)\\end{tabular} \\\\\n\
            \\midrule\na\\&b & 0.1 \\\\\n\\bottomrule\n\
            \\end{tabular}\n\\end{minipage}\\par\\medskip\n}\n";
        assert_eq!(booktabs(&table, "Effects", "effects"), expected);
    }

    #[test]
    fn a_long_table_goes_on_over_the_page_and_a_wide_one_comes_in_parts() {
        let mut table = Table::new(&vec![("loss", Align::Right); 12]);
        table.rows = vec![vec!["0.3100 (0.0000)".into(); 12]; MOST_TOGETHER + 1];
        let text = booktabs(&table, "Cost", "cost");
        assert_eq!(text.matches("\\begin{longtable}").count(), 2);
        assert_eq!(text.matches("0.3100 (0.0000) & ").count(), 11 * (MOST_TOGETHER + 1));
        for part in ["{Cost (part 1 of 2)}\\label{tab:cost}", "2 of 2)}\\label{tab:cost-part-2}"] {
            assert!(text.contains(part), "{part}");
        }
    }
}
