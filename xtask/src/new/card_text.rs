//! The text of a first card, with comments for whoever goes on writing it.

use fireassay_data::Draft;
use fireassay_spec::{DataFormat, DatasetCard, FileCard, SequenceFormat};
use serde::Serialize;
use textwrap::{Options, WordSplitter};

/// A longer list has a line for each item.
const MAX_LINE: usize = 100;

/// The tables at the end, as the card has them.
#[derive(Serialize)]
struct Tables<'a> {
    format: &'a DataFormat,
    files: &'a [FileCard],
}

/// The text of `dataset.toml`.
pub(super) fn write(draft: &Draft) -> String {
    let card = &draft.card;
    let numbers = |values: &[f64]| values.iter().map(|v| number(*v)).collect::<Vec<_>>();
    let classes: Vec<String> = card.classes.iter().map(|class| quoted(class)).collect();
    let shape: Vec<String> = card.shape.iter().map(ToString::to_string).collect();
    // What is to be copied into an experiment stays whole.
    let width = Options::new(MAX_LINE - 2).word_splitter(WordSplitter::NoHyphenation);
    let notes = draft.notes.iter().flat_map(|note| textwrap::wrap(note, &width));
    let notes: String = notes.map(|line| format!("# {line}\n")).collect();
    let tables = Tables { format: &card.format, files: &card.files };
    // Every value of a card is one that TOML has.
    let tables = toml::to_string(&tables).unwrap_or_default();
    let steps =
        card.steps.map(|steps| format!("steps = {{ min = {}, max = {} }}\n", steps.min, steps.max));
    format!(
        "schema = {schema}\n\
         name = {name}\n\
         # Files do not say whose they are: what is not stated here, `cargo xtask data verify {plain}`\n\
         # names. `licence` is an SPDX name or short words, `source` says where the data came from;\n\
         # `citation = \"..\"`, what to cite, may follow.\n\
         title = {title}\n\
         licence = {licence}\n\
         source = {source}\n\
         {shape}{steps}{classes}\n\
         [examples]\n\
         train = {train}\n\
         test = {test}\n\n\
         # {figures}\n\
         [normalise]\n\
         divisor = {divisor}\n\
         {mean}{std}\n\
         {notes}{tables}",
        schema = card.schema,
        name = quoted(&card.name),
        plain = card.name,
        title = quoted(&card.title),
        licence = quoted(&card.licence),
        source = quoted(&card.source),
        shape = list("shape", &shape),
        steps = steps.unwrap_or_default(),
        classes = list("classes", &classes),
        figures = figures(card),
        train = card.examples.train,
        test = card.examples.test,
        divisor = number(card.normalise.divisor),
        mean = list("mean", &numbers(&card.normalise.mean)),
        std = list("std", &numbers(&card.normalise.std)),
    )
}

/// What mean and standard deviation are of.
fn figures(card: &DatasetCard) -> &'static str {
    match (card.sequence_format().map(SequenceFormat::vocabulary), card.shape.len()) {
        (Some(Some(_)), _) => "Tokens are not normalised.",
        (Some(None), _) => {
            "Over all steps of the train examples, per channel; population standard deviation."
        }
        (None, 3) => "Over the train examples, per channel; population standard deviation.",
        (None, _) => "Over the train examples, per feature; population standard deviation.",
    }
}

fn list(key: &str, items: &[String]) -> String {
    let line = format!("{key} = [{}]\n", items.join(", "));
    if line.len() <= MAX_LINE {
        return line;
    }
    let items: String = items.iter().map(|item| format!("    {item},\n")).collect();
    format!("{key} = [\n{items}]\n")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn number(value: f64) -> String {
    toml::Value::from(value).to_string()
}
