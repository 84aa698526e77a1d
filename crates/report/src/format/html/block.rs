//! Blocks of a section as HTML.

use maud::{Markup, PreEscaped, html};

use super::LINE;
use crate::document::Section;
use crate::figure::Figure;
use crate::section::Block;
use crate::table::{Align, Column, Table};
use crate::text::{Span, spans, with_minus};

pub(super) fn blocks(section: &Section) -> Markup {
    let mut tables = 0;
    html! {
        @for block in &section.blocks {
            @match block {
                Block::Text(text) => { p { (inline(text)) } (LINE) }
                Block::List(items) => {
                    ul { (LINE) @for item in items { li { (inline(item)) } (LINE) } } (LINE)
                }
                Block::Table(table) => (table_of(table, &caption(section.title, &mut tables)))
                Block::Figure(figure) => (drawing(figure))
            }
        }
    }
}

/// Text with its code marked, hyphens before numbers as minus signs, everything escaped.
pub(super) fn inline(text: &str) -> Markup {
    html! {
        @for span in spans(text) {
            @match span {
                Span::Code(code) => code { (code) },
                Span::Words(words) => (with_minus(words)),
            }
        }
    }
}

/// The section's title names its table; a second one gets a number.
fn caption(title: &str, tables: &mut usize) -> String {
    *tables += 1;
    if *tables == 1 { title.into() } else { format!("{title} ({tables})") }
}

/// A table that scrolls within its own box, by keyboard too.
fn table_of(table: &Table, caption: &str) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" { (LINE)
            table { (LINE)
                caption { (caption) } (LINE)
                thead { (LINE)
                    tr {
                        @for column in &table.columns {
                            th scope="col" class=[class(column)] { (inline(&column.title)) }
                        }
                    } (LINE)
                } (LINE)
                tbody { (LINE)
                    @for row in &table.rows {
                        tr {
                            @for (i, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                                @if i == 0 {
                                    th scope="row" class=[class(column)] {
                                        span class=[short(cell)] { (inline(cell)) }
                                    }
                                } @else {
                                    td class=[class(column).or(long(cell))] { (inline(cell)) }
                                }
                            }
                        } (LINE)
                    }
                } (LINE)
            } (LINE)
        } (LINE)
    }
}

fn class(column: &Column) -> Option<&'static str> {
    match column.align {
        Align::Left => None,
        Align::Right => Some("number"),
    }
}

/// A name that fits a line is not broken at its hyphens.
fn short(cell: &str) -> Option<&'static str> {
    (cell.chars().count() <= LINE_FITS).then_some("whole")
}

/// A text of several lines gets room for more than a word in each.
fn long(cell: &str) -> Option<&'static str> {
    (cell.chars().count() > LINE_FITS).then_some("long")
}

/// Characters of a cell's line.
const LINE_FITS: usize = 32;

/// The drawing carries its own words for those who do not see it.
fn drawing(figure: &Figure) -> Markup {
    html! {
        figure id={ "figure-" (figure.name) } { (LINE)
            (PreEscaped(&figure.svg)) (LINE)
            figcaption { (inline(&figure.caption)) } (LINE)
        } (LINE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_code_marked() {
        let check = |text, expected: &str| assert_eq!(inline(text).into_string(), expected);
        check("<img src=\"x\">", "&lt;img src=&quot;x&quot;&gt;");
        check("in `<b>.json`, -2 pp", "in <code>&lt;b&gt;.json</code>, −2 pp");
    }

    #[test]
    fn two_tables_of_a_section_have_two_names() {
        let mut tables = 0;
        assert_eq!(caption("Cost", &mut tables), "Cost");
        assert_eq!(caption("Cost", &mut tables), "Cost (2)");
    }

    #[test]
    fn a_figure_stands_in_the_page_as_it_is() {
        let figure = Figure {
            name: "effects".into(),
            svg: "<svg role=\"img\"><title>a</title></svg>".into(),
            alt: "a".into(),
            caption: "R&D".into(),
        };
        let found = drawing(&figure).into_string();
        assert_eq!(
            found,
            "<figure id=\"figure-effects\">\n<svg role=\"img\"><title>a</title></svg>\n\
             <figcaption>R&amp;D</figcaption>\n</figure>\n"
        );
    }
}
