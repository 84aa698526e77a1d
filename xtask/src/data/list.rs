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
    let header =
        ["dataset", "kind", "train", "test", "shape", "classes", "licence", "here", "title"];
    ui::answer(&ui::table(&header, &[2, 3, 5], datasets))?;
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
        card.modality().name().to_owned(),
        card.examples.train.to_string(),
        card.examples.test.to_string(),
        shape(card),
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
        sizes(&card.shape),
        card.num_classes.to_string(),
        card.licence.clone(),
        whereabouts(card, false, roots),
        card.title.clone(),
    ]
}

/// `1x28x28`; of sequences `7-29 x 12`, of texts `2-20 of 87`.
fn shape(card: &DatasetCard) -> String {
    let shape = sizes(&card.shape);
    let Some(steps) = card.steps else { return shape };
    let is_text = card.sequence_format().is_some_and(|format| format.vocabulary().is_some());
    let times = if is_text { "of" } else { "x" };
    if steps.min == steps.max {
        format!("{} {times} {shape}", steps.max)
    } else {
        format!("{}-{} {times} {shape}", steps.min, steps.max)
    }
}

/// `3x32x32`
fn sizes(shape: &[usize]) -> String {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fireassay_spec::load_cards;

    use super::*;

    #[test]
    fn the_shape_of_sequences_tells_their_lengths() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
        let cards = load_cards(&root).unwrap();
        for (name, kind, expected) in [
            ("iris", "table", "4"),
            ("digits", "image", "1x8x8"),
            ("japanese-vowels", "sequence", "7-29 x 12"),
            ("basic-motions", "sequence", "100 x 6"),
            ("names", "sequence", "2-20 of 87"),
            ("eng-kor", "text pair", "3-537 of 78"),
        ] {
            assert_eq!(
                (cards.datasets[name].modality().name(), shape(&cards.datasets[name])),
                (kind, expected.to_owned())
            );
        }
    }
}
