//! `data list`: every dataset, and whether it is here.

use fireassay_data::{Roots, Whereabouts};
use fireassay_spec::{Cards, DatasetCard};

use super::has_addresses;
use crate::ui::{self, Answer, Exit, bytes};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, cards: &Cards) -> Answer {
    let roots = workspace.roots();
    let header = ["dataset", "train", "test", "shape", "classes", "licence", "here", "title"];
    let rows = cards.values().map(|card| row(card, &roots)).collect();
    ui::answer(&ui::table(&header, &[1, 2, 4], rows))?;
    Ok(Exit::Ok)
}

fn row(card: &DatasetCard, roots: &Roots) -> Vec<String> {
    let shape: Vec<String> = card.shape.iter().map(ToString::to_string).collect();
    vec![
        card.name.clone(),
        card.examples.train.to_string(),
        card.examples.test.to_string(),
        shape.join("x"),
        card.classes.len().to_string(),
        card.licence.clone(),
        whereabouts(card, roots),
        card.title.clone(),
    ]
}

/// `committed`, `fetched`, `fetched, decoded`, `missing (11.1 MiB)`, `missing (--from-dir)`.
fn whereabouts(card: &DatasetCard, roots: &Roots) -> String {
    let is_kept = roots.cache().is_some_and(|cache| cache.kept(card).is_some());
    let decoded = if is_kept { ", decoded" } else { "" };
    match roots.find(card) {
        Whereabouts::BesideCard(_) => format!("committed{decoded}"),
        Whereabouts::Fetched(_) => format!("fetched{decoded}"),
        Whereabouts::Missing { .. } if !card.comes_by_fetch() => "incomplete".to_owned(),
        Whereabouts::Missing { files } if has_addresses(card) => {
            let missing = card.files.iter().filter(|file| files.contains(&file.path));
            format!("missing ({})", bytes(missing.filter_map(|file| file.bytes).sum()))
        }
        Whereabouts::Missing { .. } => "missing (--from-dir)".to_owned(),
    }
}
