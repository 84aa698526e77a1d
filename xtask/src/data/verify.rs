//! `data verify`: whether the files are what their cards say.

use fireassay_data::Whereabouts;
use fireassay_spec::{Cards, DatasetCard};

use super::{fetch_help, named};
use crate::ui::{self, Answer, Exit, Ui, bytes, plural, with_causes};
use crate::workspace::Workspace;

/// Checks the named datasets, or all that are here; every problem is told, not only the first.
pub(super) fn run(workspace: &Workspace, cards: &Cards, names: &[String]) -> Answer {
    let ui = Ui::new(false, false);
    let mut exit = Exit::Ok;
    for card in named(cards, names)? {
        let name = &card.name;
        let is_missing = matches!(workspace.roots().find(card), Whereabouts::Missing { .. });
        if is_missing && card.comes_by_fetch() && names.is_empty() {
            ui.verb("Missing", format!("{name}: {}", fetch_help(card)));
            continue;
        }
        match verify_one(workspace, card) {
            Ok(line) => {
                ui::answer(&line)?;
                let open = card.not_stated();
                if !open.is_empty() {
                    let place = format!("datasets/{name}/dataset.toml");
                    ui.verb("Not stated", format!("{name}: {} in {place}", open.join(", ")));
                }
            }
            Err(problem) => {
                exit = Exit::CheckFailed;
                ui.verb("FAILED", format!("{name}: {problem}"));
            }
        }
    }
    Ok(exit)
}

fn verify_one(workspace: &Workspace, card: &DatasetCard) -> Result<String, String> {
    let found = workspace
        .roots()
        .folder_of(card)
        .and_then(|folder| fireassay_data::verify(card, &folder))
        .map_err(|error| with_causes(&error))?;
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
