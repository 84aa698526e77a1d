//! `data list`: every dataset and all weights, and whether they are here.

use fireassay_data::{Roots, Whereabouts};
use fireassay_spec::{DatasetCard, FilesCard, WeightsCard};

use super::{Card, has_addresses};
use crate::ui::{self, Answer, Exit, bytes};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, cards: &[Card<'_>]) -> Answer {
    let roots = workspace.roots();
    let (mut datasets, mut weights) = (Vec::new(), Vec::new());
    for card in cards {
        match card {
            Card::Dataset(card) => datasets.push(dataset_row(card, &roots)),
            Card::Weights(card) => weights.push(weights_row(card, &roots)),
        }
    }
    let header = ["dataset", "train", "test", "shape", "classes", "licence", "here", "title"];
    ui::answer(&ui::table(&header, &[1, 2, 4], datasets))?;
    if !weights.is_empty() {
        let header = ["weights", "trained on", "shape", "classes", "licence", "here", "title"];
        ui::answer(&format!("\n{}", ui::table(&header, &[3], weights)))?;
    }
    Ok(Exit::Ok)
}

fn dataset_row(card: &DatasetCard, roots: &Roots) -> Vec<String> {
    let is_kept = roots.cache().is_some_and(|cache| cache.kept(card).is_some());
    vec![
        card.name.clone(),
        card.examples.train.to_string(),
        card.examples.test.to_string(),
        shape(&card.shape),
        card.classes.len().to_string(),
        card.licence.clone(),
        whereabouts(card, is_kept, roots),
        card.title.clone(),
    ]
}

fn weights_row(card: &WeightsCard, roots: &Roots) -> Vec<String> {
    vec![
        card.name.clone(),
        card.trained_on.clone(),
        shape(&card.shape),
        card.num_classes.to_string(),
        card.licence.clone(),
        whereabouts(card, false, roots),
        card.title.clone(),
    ]
}

/// `3x32x32`
fn shape(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    sizes.join("x")
}

/// `committed`, `fetched`, `fetched, decoded`, `missing (11.1 MiB)`, `missing (--from-dir)`.
fn whereabouts(card: &dyn FilesCard, is_kept: bool, roots: &Roots) -> String {
    let decoded = if is_kept { ", decoded" } else { "" };
    match roots.find(card) {
        Whereabouts::BesideCard(_) => format!("committed{decoded}"),
        Whereabouts::Fetched(_) => format!("fetched{decoded}"),
        Whereabouts::Missing { .. } if !card.comes_by_fetch() => "incomplete".to_owned(),
        Whereabouts::Missing { files } if has_addresses(card) => {
            let missing = card.files().iter().filter(|file| files.contains(&file.path));
            format!("missing ({})", bytes(missing.filter_map(|file| file.bytes).sum()))
        }
        Whereabouts::Missing { .. } => "missing (--from-dir)".to_owned(),
    }
}
