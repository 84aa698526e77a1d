//! `cargo xtask data`: which datasets there are, bringing them here, checking and showing them.

mod args;
mod cache;
mod duplicates;
mod fetch;
mod list;
mod screen;
mod show;
mod show_sequences;
mod show_weights;
mod verify;

use fireassay_spec::{DatasetCard, FilesCard, WeightsCard};

use crate::catalogue;
use crate::new;
use crate::ui::Answer;
use crate::workspace::Workspace;

pub(crate) use args::{DATA_EXAMPLES, DataArgs, DataCommand};

/// Runs the command.
pub(crate) fn run(args: &DataArgs, workspace: &Workspace) -> Answer {
    let known = catalogue::cards(workspace)?;
    let datasets = known.datasets.values().map(Card::Dataset);
    let cards: Vec<Card<'_>> = datasets.chain(known.weights.values().map(Card::Weights)).collect();
    match &args.command {
        DataCommand::List => list::run(workspace, &cards),
        DataCommand::Fetch(args) => fetch::run(args, workspace, &cards),
        DataCommand::Verify { names } => verify::run(workspace, &cards, names),
        DataCommand::Show(args) => show::run(args, workspace, &cards),
        DataCommand::Add(args) => new::dataset(args, workspace),
        DataCommand::Cache { clear } => cache::run(workspace, *clear),
    }
}

/// What has a card: a dataset, or weights that somebody else has trained.
#[derive(Clone, Copy)]
enum Card<'a> {
    Dataset(&'a DatasetCard),
    Weights(&'a WeightsCard),
}

impl<'a> Card<'a> {
    fn files_card(self) -> &'a dyn FilesCard {
        match self {
            Self::Dataset(card) => card,
            Self::Weights(card) => card,
        }
    }
}

/// What to type when a dataset is not here.
pub(crate) fn fetch_help(card: &dyn FilesCard) -> String {
    let name = card.name();
    if has_addresses(card) {
        format!("cargo xtask data fetch {name}")
    } else {
        format!(
            "get its files ({}), then: cargo xtask data fetch {name} --from-dir DIR",
            card.source()
        )
    }
}

/// Whether every file can be downloaded.
fn has_addresses(card: &dyn FilesCard) -> bool {
    card.files().iter().all(|file| !file.urls.is_empty())
}

/// The cards of these names, in this order; of none, all.
fn named<'a>(cards: &[Card<'a>], names: &[String]) -> Answer<Vec<Card<'a>>> {
    if names.is_empty() {
        return Ok(cards.to_vec());
    }
    let card = |name: &String| {
        cards.iter().find(|card| card.files_card().name() == name).copied().ok_or_else(|| {
            let known: Vec<String> =
                cards.iter().map(|card| card.files_card().name().to_owned()).collect();
            catalogue::unknown("dataset", name, &known, "cargo xtask data list")
        })
    };
    names.iter().map(card).collect()
}
