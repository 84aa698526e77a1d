//! `report.md`: the sections, one after the other.

use crate::results::Results;
use crate::section::{Block, SECTIONS};
use crate::wrap::unglued;

/// The whole report as GitHub's Markdown.
pub fn markdown(results: &Results) -> String {
    let mut out = format!("# {}\n\n{}\n", results.experiment, results.question);
    for section in SECTIONS {
        let blocks = (section.render)(results);
        if blocks.is_empty() {
            continue;
        }
        out.extend(["\n## ", section.title, "\n"]);
        for block in blocks {
            out.push('\n');
            out.push_str(&block_text(&block));
        }
    }
    out
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Text(text) => format!("{}\n", unglued(text)),
        Block::List(items) => items.iter().map(|item| format!("- {}\n", unglued(item))).collect(),
        Block::Table(table) => table.markdown(),
    }
}
