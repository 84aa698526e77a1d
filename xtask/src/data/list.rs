//! `data list`: every dataset, and whether it is here.

use fireassay_data::{Roots, Whereabouts};
use fireassay_spec::{Cards, DatasetCard};

use super::has_addresses;
use crate::ui::{self, Answer, Exit, bytes};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, cards: &Cards) -> Answer {
    let roots = workspace.roots();
    let header =
        ["dataset", "kind", "train", "test", "shape", "classes", "licence", "here", "title"];
    let rows = cards.values().map(|card| row(card, &roots)).collect();
    ui::answer(&ui::table(&header, &[2, 3, 5], rows))?;
    Ok(Exit::Ok)
}

fn row(card: &DatasetCard, roots: &Roots) -> Vec<String> {
    vec![
        card.name.clone(),
        card.modality().name().to_owned(),
        card.examples.train.to_string(),
        card.examples.test.to_string(),
        shape(card),
        card.classes.len().to_string(),
        card.licence.clone(),
        whereabouts(card, roots),
        card.title.clone(),
    ]
}

/// `1x28x28`; of sequences `7-29 x 12`, of texts `2-20 of 87`.
fn shape(card: &DatasetCard) -> String {
    let shape: Vec<String> = card.shape.iter().map(ToString::to_string).collect();
    let shape = shape.join("x");
    let Some(steps) = card.steps else { return shape };
    let is_text = card.sequence_format().is_some_and(|format| format.vocabulary().is_some());
    let times = if is_text { "of" } else { "x" };
    if steps.min == steps.max {
        format!("{} {times} {shape}", steps.max)
    } else {
        format!("{}-{} {times} {shape}", steps.min, steps.max)
    }
}

/// `committed`, `fetched`, `missing (11.1 MiB)`, `missing (--from-dir)`.
fn whereabouts(card: &DatasetCard, roots: &Roots) -> String {
    match roots.find(card) {
        Whereabouts::BesideCard(_) => "committed".to_owned(),
        Whereabouts::Fetched(_) => "fetched".to_owned(),
        Whereabouts::Missing { .. } if !card.comes_by_fetch() => "incomplete".to_owned(),
        Whereabouts::Missing { files } if has_addresses(card) => {
            let missing = card.files.iter().filter(|file| files.contains(&file.path));
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
                (cards[name].modality().name(), shape(&cards[name])),
                (kind, expected.to_owned())
            );
        }
    }
}
