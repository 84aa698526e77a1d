//! `report.tex`: a complete article; its tables are ready to be copied into a paper.

use crate::document::{Document, Section, document};
use crate::figure::Figure;
use crate::results::Results;
use crate::section::Block;
use crate::warning::Warning;
use crate::wrap::wrap;

mod escape;
mod fit;
mod table;
mod width;

use escape::{code, inline};

/// The whole report for pdfLaTeX with the packages of Debian's `texlive-latex-recommended` and
/// `lmodern`. Figures are files beside it.
pub fn latex(results: &Results) -> String {
    latex_of(&document(results))
}

pub(crate) fn latex_of(document: &Document) -> String {
    let mut out = String::from(PREAMBLE);
    out.push_str(&answer(document));
    out.extend(document.sections.iter().map(section));
    out.push_str("\n\\end{document}\n");
    out
}

/// Of the source, for those who edit it; TeX itself reads no more than 200,000 bytes a line.
const WIDTH: usize = 100;

const PREAMBLE: &str = r"\documentclass[10pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{lmodern}
\usepackage{microtype}
\usepackage[a4paper,margin=20mm]{geometry}
\usepackage{array}
\usepackage{booktabs}
\usepackage{longtable}
\usepackage[font=small,labelfont=bf,justification=raggedright,singlelinecheck=false]{caption}
\setcounter{secnumdepth}{0}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\sloppy
\setlength{\LTleft}{0pt}
\setlength{\LTright}{\fill}
\setlength{\LTcapwidth}{\textwidth}
\raggedbottom

\begin{document}
";

/// Title, question, verdicts, and what stands in the way.
fn answer(document: &Document) -> String {
    let (title, question) = (inline(&document.title), inline(&document.question));
    let question = wrap(&question, "", WIDTH);
    let mut out = format!("\n{{\\LARGE\\bfseries {title}\\par}}\n{{\\large\n{question}\\par}}\n");
    out.push_str("\n\\section{Answer}\n");
    if document.headline.is_empty() {
        out.push_str("\nNothing is compared: the reference is the only condition.\n");
    } else {
        let items = document
            .headline
            .iter()
            .map(|line| format!("[{}] {}", line.word, inline(&line.sentence)));
        out.push_str(&environment("description", items));
    }
    if !document.warnings.is_empty() {
        out.push_str("\n\\subsection{Warnings}\n");
        out.push_str(&environment("itemize", document.warnings.iter().map(warning)));
    }
    if !document.notes.is_empty() {
        out.push_str("\n\\subsection{Notes}\n");
        out.push_str(&environment("itemize", document.notes.iter().map(|note| inline(note))));
    }
    out
}

fn warning(warning: &Warning) -> String {
    let commands: Vec<String> = warning.commands.iter().map(|command| code(command)).collect();
    let commands = commands.join(", then ");
    format!("{}. To do: {commands} ({}).", inline(&warning.what), inline(&warning.hint))
}

fn section(section: &Section) -> String {
    let mut out = format!("\n\\section{{{}}}\n", inline(section.title));
    let mut tables = 0;
    let followers = section.blocks.iter().skip(1).map(Some).chain([None]);
    for (block, follower) in section.blocks.iter().zip(followers) {
        out.push('\n');
        match block {
            Block::Text(text) => {
                out.push_str(&wrap(&inline(text), "", WIDTH));
                // A table stays on the page of what introduces it.
                if matches!(follower, Some(Block::Table(_))) {
                    out.push_str("\\par\\nopagebreak\n");
                }
            }
            Block::List(items) => {
                out.push_str(&environment("itemize", items.iter().map(|item| inline(item))));
            }
            Block::Table(table) => {
                tables += 1;
                let number = if tables == 1 { String::new() } else { format!("-{tables}") };
                let label = format!("{}{number}", section.id);
                out.push_str(&table::booktabs(table, section.title, &label));
            }
            Block::Figure(figure) => out.push_str(&drawing(figure)),
        }
    }
    out
}

fn environment(name: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| wrap(&format!("\\item {item}"), "", WIDTH)).collect();
    // An environment without items is an error.
    if items.is_empty() {
        return items;
    }
    format!("\n\\begin{{{name}}}\n{items}\\end{{{name}}}\n")
}

/// pdfLaTeX reads no SVG; the file is named, with what it shows.
fn drawing(figure: &Figure) -> String {
    let file = code(&format!("figures/{}.svg", figure.name));
    wrap(&format!("Figure in {file}: {}", inline(&figure.caption)), "", WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_items_is_left_out() {
        assert_eq!(environment("itemize", std::iter::empty()), "");
    }

    #[test]
    fn a_figure_is_named() {
        let figure = Figure {
            name: "effects".into(),
            svg: "<svg/>".into(),
            alt: "a".into(),
            caption: "50 % of the seeds.".into(),
        };
        let expected = "Figure in \\texttt{figures/effects.svg}: 50 \\% of the seeds.\n";
        assert_eq!(drawing(&figure), expected);
    }
}
