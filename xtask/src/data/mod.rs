//! `cargo xtask data`: which datasets there are, bringing them here, checking and showing them.

mod args;
mod duplicates;
mod fetch;
mod list;
mod screen;
mod show;
mod verify;

use fireassay_spec::{Cards, DatasetCard};

use crate::catalogue;
use crate::new;
use crate::ui::Answer;
use crate::workspace::Workspace;

pub(crate) use args::{DATA_EXAMPLES, DataArgs, DataCommand};

/// Runs the command.
pub(crate) fn run(args: &DataArgs, workspace: &Workspace) -> Answer {
    let cards = catalogue::cards(workspace)?;
    match &args.command {
        DataCommand::List => list::run(workspace, &cards),
        DataCommand::Fetch(args) => fetch::run(args, workspace, &cards),
        DataCommand::Verify { names } => verify::run(workspace, &cards, names),
        DataCommand::Show(args) => show::run(args, workspace, &cards),
        DataCommand::Add(args) => new::dataset(args, workspace),
    }
}

/// What to type when a dataset is not here.
pub(crate) fn fetch_help(card: &DatasetCard) -> String {
    let name = &card.name;
    if has_addresses(card) {
        format!("cargo xtask data fetch {name}")
    } else {
        format!(
            "get its files ({}), then: cargo xtask data fetch {name} --from-dir DIR",
            card.source
        )
    }
}

/// Whether every file can be downloaded.
fn has_addresses(card: &DatasetCard) -> bool {
    card.files.iter().all(|file| !file.urls.is_empty())
}

/// The cards of these names, in this order; of none, all.
fn named<'a>(cards: &'a Cards, names: &[String]) -> Answer<Vec<&'a DatasetCard>> {
    if names.is_empty() {
        return Ok(cards.values().collect());
    }
    let card = |name: &String| {
        cards.get(name).ok_or_else(|| {
            let known: Vec<String> = cards.keys().cloned().collect();
            catalogue::unknown("dataset", name, &known, "cargo xtask data list")
        })
    };
    names.iter().map(card).collect()
}
