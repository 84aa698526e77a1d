//! `WeightsCard::load`: every `datasets/<name>/weights.toml`, checked.

use std::path::Path;

use super::{Found, check_name as check_head, check_numbers, files, load, load_all, sources};
use crate::error::{Flaw, SpecErrors};
use crate::load::tree;
use crate::read::{Read, read};
use crate::weights_card::WeightsCards;
use crate::{FilesCard, TensorNames, WeightsCard};

/// What the registration of weights is called.
const FILE_NAME: &str = "weights.toml";

impl WeightsCard {
    /// Reads a `weights.toml`, or reports all that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, SpecErrors> {
        load(path, FILE_NAME, parse)
    }

    /// As [`WeightsCard::load`], from text. `file_name` is for messages.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, SpecErrors> {
        parse(text, None).map_err(|flaws| SpecErrors::of(file_name, text, flaws))
    }
}

/// The cards of all folders below `datasets_root` that have one, or the problems of all of them.
pub(super) fn load_weights_cards(datasets_root: &Path) -> Result<WeightsCards, SpecErrors> {
    let cards = load_all(datasets_root, FILE_NAME, WeightsCard::load)?;
    Ok(cards.into_iter().map(|card| (card.name.clone(), card)).collect())
}

fn parse(text: &str, folder: Option<&str>) -> Result<WeightsCard, Vec<Flaw>> {
    let root = tree(text)?;
    let mut read: Read<WeightsCard> = read(&root, "");
    let mut flaws = std::mem::take(&mut read.flaws);
    let Some(card) = read.value.take() else {
        return Err(flaws);
    };
    let mut found = Found { root: &root, read: &read, flaws: &mut flaws };
    check_head(card.schema, &card.name, folder, &mut found);
    let is_shape = matches!(card.shape.as_slice(), [_, _, _]) && !card.shape.contains(&0);
    let help = "[channels, height, width]; each 1 or more";
    found.check("shape", is_shape, "no shape of an image", help);
    let is_classifier = card.num_classes >= 2;
    found.check(
        "num-classes",
        is_classifier,
        "fewer than two classes",
        "as many as it has outputs",
    );
    check_numbers(&card.normalise, &card.shape, &mut found);
    check_names(&card, &mut found);
    files::check(&card.files, &mut found);
    let message = "no file";
    found.check("files", !card.files.is_empty(), message, "[[files]], with `path` and `sha256`");
    let help = "bytes = ..: `wc -c <file>` prints it";
    let is_bounded = card.comes_by_fetch();
    found.check("files", is_bounded, "a file without its length: weights are fetched", help);
    sources::check(
        &[("source", &card.source), ("citation", &card.citation)],
        &card.files,
        &mut found,
    );
    if flaws.is_empty() { Ok(card) } else { Err(flaws) }
}

/// Rules have two sides, and perhaps the word `transposed`. What a pattern may hold is checked where it
/// is used.
fn check_names(card: &WeightsCard, found: &mut Found<'_, WeightsCard>) {
    let Some(TensorNames::Rules(rules)) = &card.names else { return };
    for (index, rule) in rules.iter().enumerate() {
        let is_rule = match rule.as_slice() {
            [_, _] => true,
            [_, _, layout] => layout == "transposed",
            _ => false,
        };
        let path = format!("names.rules.{index}");
        found.check(
            &path,
            is_rule,
            "no rule",
            "[\"there\", \"here\"] or [\"there\", \"here\", \"transposed\"]",
        );
    }
}
