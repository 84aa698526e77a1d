//! `report.md`: the answer and the sections, one after the other.

use crate::document::{Document, document};
use crate::figure::Figure;
use crate::results::Results;
use crate::section::Block;
use crate::text::{Span, spans};
use crate::warning::Warning;
use crate::wrap::unglued;

/// The whole report as GitHub's Markdown.
pub fn markdown(results: &Results) -> String {
    markdown_of(&document(results))
}

pub(crate) fn markdown_of(document: &Document) -> String {
    let mut out =
        format!("# {}\n\n{}\n", block_start(&document.title), paragraph(&document.question));
    out.push_str("\n## Answer\n");
    push_blocks(&mut out, &answer(document));
    for section in &document.sections {
        out.extend(["\n## ", section.title, "\n"]);
        push_blocks(&mut out, &section.blocks);
    }
    out
}

/// The first screen as blocks.
fn answer(document: &Document) -> Vec<Block> {
    let sentences = document.headline.iter().map(|headline| headline.sentence.clone()).collect();
    let warned: Vec<String> = document.warnings.iter().map(warning).collect();
    let mut blocks = vec![Block::List(sentences)];
    for (title, items) in [("Warnings:", &warned), ("Notes:", &document.notes)] {
        if !items.is_empty() {
            blocks.push(Block::Text(title.into()));
            blocks.push(Block::List(items.clone()));
        }
    }
    blocks
}

fn warning(warning: &Warning) -> String {
    let commands: Vec<String> = warning.commands.iter().map(|c| format!("`{c}`")).collect();
    format!("{}. To do: {} ({}).", warning.what, commands.join(", then "), warning.hint)
}

fn push_blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        out.push('\n');
        match block {
            Block::Text(text) => out.extend([&paragraph(text), "\n"]),
            Block::List(items) => {
                out.extend(items.iter().map(|item| format!("- {}\n", paragraph(item))));
            }
            Block::Table(table) => out.push_str(&table.markdown()),
            Block::Figure(figure) => out.push_str(&drawing(figure)),
        }
    }
}

/// The drawing is a file beside the report.
fn drawing(figure: &Figure) -> String {
    // Brackets would end the text early.
    let alt = inline(&figure.alt).replace('[', "\\[").replace(']', "\\]");
    format!("![{alt}](figures/{}.svg)\n\n{}\n", figure.name, paragraph(&figure.caption))
}

fn paragraph(text: &str) -> String {
    block_start(&inline(&unglued(text)))
}

/// Text within a line, so that nothing in it becomes HTML or a link. Code stays code.
pub(crate) fn inline(text: &str) -> String {
    let spans = spans(text);
    let shown = spans.iter().map(|span| match span {
        Span::Code(code) => format!("`{code}`"),
        Span::Words(words) => escaped(words),
    });
    shown.collect()
}

/// Escapes as little as possible: a report is read as plain text too.
fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let active = match c {
            '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => next.is_ascii_alphabetic() || next == '#',
            '\\' => next.is_ascii_punctuation(),
            '(' | '[' => before == ']',
            '`' => true,
            _ => false,
        };
        if active {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// What would begin a heading, a quotation, a list, a fence or a rule begins text.
fn block_start(text: &str) -> String {
    let text = text.trim_start();
    let marks = ['#', '>', '~', '=', '+', '*', '-', '|', '['];
    if text.starts_with(marks) { format!("\\{text}") } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let check = |text, expected: &str| assert_eq!(inline(text), expected);
        check("p < 0.0001, [-2.99, -1.64], g_z (n = 7)", "p < 0.0001, [-2.99, -1.64], g_z (n = 7)");
        check("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>");
        check("\\<b>", "\\\\\\<b>");
        check("</p> <!-- &lt; R&D a & b", "\\</p> \\<!-- \\&lt; R\\&D a & b");
        check("![x](javascript:0) [a][b]", "![x]\\(javascript:0) [a]\\[b]");
        check("`a < b` and `", "`a < b` and \\`");
        check("\\input{x}", "\\input{x}");
    }

    #[test]
    fn a_paragraph_is_never_another_kind_of_block() {
        for text in ["# a", "> a", "- a", "~~~", "[a]: b", "  * a"] {
            assert!(paragraph(text).starts_with('\\'), "{text}");
        }
        assert_eq!(paragraph("````"), "\\`\\`\\`\\`");
        assert_eq!(paragraph("Policy: worst."), "Policy: worst.");
    }

    #[test]
    fn a_figure_is_a_link_with_its_words() {
        let figure = Figure {
            name: "effects".into(),
            svg: "<svg/>".into(),
            alt: "norm=none: -2 pp [-3, -1]".into(),
            caption: "Every seed is a point.".into(),
        };
        let expected =
            "![norm=none: -2 pp \\[-3, -1\\]](figures/effects.svg)\n\nEvery seed is a point.\n";
        assert_eq!(drawing(&figure), expected);
    }
}
