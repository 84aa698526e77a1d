//! `weights.toml`: accepted means that the card reads back as it is.

use fireassay_spec::WeightsCard;

use crate::places;

pub(crate) fn check(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return "refused: not UTF-8".to_owned() };
    let card = match WeightsCard::parse("weights.toml", text) {
        Err(errors) => return places::told(text, &errors),
        Ok(card) => card,
    };
    let written = toml::to_string(&card).expect("a card can be written");
    let again = WeightsCard::parse("weights.toml", &written).expect("what is written can be read");
    assert_eq!(again, card);
    format!("accepted, {} files", card.files.len())
}
