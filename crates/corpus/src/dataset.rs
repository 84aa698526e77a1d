//! `dataset.toml`: accepted means that the card reads back with the same hash.

use fireassay_spec::{Cards, DatasetCard};

use crate::places;

pub(crate) fn check(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return "refused: not UTF-8".to_owned() };
    let card = match DatasetCard::parse("dataset.toml", text) {
        Err(errors) => return places::told(text, &errors),
        Ok(card) => card,
    };
    let written = toml::to_string(&card).expect("a card can be written");
    let again = DatasetCard::parse("dataset.toml", &written).expect("what is written can be read");
    assert_eq!(again, card);
    assert_eq!(again.hash(), card.hash());
    format!("accepted, {} classes", card.classes.len())
}

/// Images with test files of their own, and a table without.
pub(crate) fn cards() -> Cards {
    let texts = [
        include_str!("../../../datasets/mnist-subset/dataset.toml"),
        include_str!("../../../datasets/iris/dataset.toml"),
    ];
    let card = |text| DatasetCard::parse("dataset.toml", text).expect("a committed card is sound");
    texts.map(card).into_iter().map(|card| (card.name.clone(), card)).collect()
}
