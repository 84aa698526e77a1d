//! `cargo xtask data`: which datasets there are, and whether their files are what they were.

use fireassay_spec::{Cards, DatasetCard};

use crate::catalogue;
use crate::cli::{DataArgs, DataCommand};
use crate::ui::{self, Answer, Exit, Ui, bytes, plural, with_causes};
use crate::workspace::Workspace;

/// Runs the command.
pub(crate) fn run(args: &DataArgs, workspace: &Workspace) -> Answer {
    let cards = catalogue::cards(workspace)?;
    match &args.command {
        DataCommand::List => {
            ui::answer(&table(&cards))?;
            Ok(Exit::Ok)
        }
        DataCommand::Verify { names } => verify(workspace, &cards, names),
    }
}

fn table(cards: &Cards) -> String {
    let row = |(name, card): (&String, &DatasetCard)| {
        let shape: Vec<String> = card.shape.iter().map(ToString::to_string).collect();
        vec![
            name.clone(),
            card.examples.train.to_string(),
            card.examples.test.to_string(),
            shape.join("x"),
            card.classes.len().to_string(),
            card.licence.clone(),
            card.title.clone(),
        ]
    };
    let header = ["dataset", "train", "test", "shape", "classes", "licence", "title"];
    ui::table(&header, &[1, 2, 4], cards.iter().map(row).collect())
}

/// Checks the named datasets, or all; every problem is told, not only the first.
fn verify(workspace: &Workspace, cards: &Cards, names: &[String]) -> Answer {
    let known: Vec<String> = cards.keys().cloned().collect();
    if let Some(name) = names.iter().find(|name| !cards.contains_key(*name)) {
        return Err(catalogue::unknown("dataset", name, &known, "cargo xtask data list"));
    }
    let ui = Ui::new(false, false);
    let mut exit = Exit::Ok;
    for name in if names.is_empty() { &known } else { names } {
        let Some(card) = cards.get(name) else { continue };
        match verify_one(workspace, card) {
            Ok(line) => ui::answer(&line)?,
            Err(problem) => {
                exit = Exit::CheckFailed;
                ui.verb("FAILED", format!("{name}: {problem}"));
            }
        }
    }
    Ok(exit)
}

fn verify_one(workspace: &Workspace, card: &DatasetCard) -> Result<String, String> {
    let folder = workspace.datasets.join(&card.name);
    let found = fireassay_data::verify(card, &folder).map_err(|error| with_causes(&error))?;
    Ok(format!(
        "ok  {}: {}, {}, {} train and {} test examples, {} train examples of each class\n",
        found.name,
        plural(found.num_files, "file"),
        bytes(found.bytes_on_disk),
        found.train.examples,
        found.test.examples,
        spread(&found.train.per_class),
    ))
}

/// `10`, or `9 to 11`.
fn spread(counts: &[usize]) -> String {
    match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
        (least, _) => least.copied().unwrap_or(0).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_are_one_number() {
        assert_eq!(spread(&[10, 10]), "10");
        assert_eq!(spread(&[11, 9, 10]), "9 to 11");
        assert_eq!(spread(&[]), "0");
    }
}
