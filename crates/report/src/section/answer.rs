//! The answer: one sentence per contrast, then what stands in its way.

use crate::results::Results;
use crate::section::Block;
use crate::sentence::sentence;
use crate::warning::{notes, warnings};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let sentences = results.contrasts.iter().map(|c| format!("{}.", sentence(results, c)));
    let run_dir = format!("runs/{}", results.experiment);
    let warned = warnings(results, &run_dir);
    let warned = warned.iter().map(|warning| {
        let commands: Vec<String> = warning.commands.iter().map(|c| format!("`{c}`")).collect();
        format!("{}. To do: {} ({}).", warning.what, commands.join(", then "), warning.hint)
    });
    let noted = notes(results).into_iter().map(|note| format!("{note}."));
    let mut blocks = vec![Block::List(sentences.collect())];
    for (title, items) in [("Warnings:", warned.collect::<Vec<_>>()), ("Notes:", noted.collect())] {
        if !items.is_empty() {
            blocks.push(Block::Text(title.into()));
            blocks.push(Block::List(items));
        }
    }
    blocks
}
