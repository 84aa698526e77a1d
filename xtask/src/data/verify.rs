//! `data verify`: whether the files are what their cards say.

use fireassay_data::{Verified, Whereabouts};
use fireassay_fetch::is_right;
use fireassay_spec::{DatasetCard, SequenceFormat, TargetKind, WeightsCard};

use super::{Card, fetch_help, named};
use crate::ui::{self, Answer, Exit, Ui, bytes, plural, with_causes};
use crate::workspace::Workspace;

/// Checks the named datasets and weights, or all that are here; every problem is told, not only the first.
pub(super) fn run(workspace: &Workspace, cards: &[Card<'_>], names: &[String]) -> Answer {
    let ui = Ui::new(false, false);
    let mut exit = Exit::Ok;
    for card in named(cards, names)? {
        let files = card.files_card();
        let name = files.name();
        let is_missing = matches!(workspace.roots().find(files), Whereabouts::Missing { .. });
        if is_missing && files.comes_by_fetch() && names.is_empty() {
            ui.verb("Missing", format!("{name}: {}", fetch_help(files)));
            continue;
        }
        let (found, open) = match card {
            Card::Dataset(card) => (verify_dataset(workspace, card), card.not_stated()),
            Card::Weights(card) => (verify_weights(workspace, card), Vec::new()),
        };
        match found {
            Ok(line) => {
                ui::answer(&line)?;
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

fn verify_dataset(workspace: &Workspace, card: &DatasetCard) -> Result<String, String> {
    let found = workspace
        .roots()
        .folder_of(card)
        .and_then(|folder| fireassay_data::verify(card, &folder))
        .map_err(|error| with_causes(&error))?;
    Ok(format!(
        "ok  {}: {}, {}, {} train and {} test examples{}\n",
        found.name,
        plural(found.num_files, "file"),
        bytes(found.bytes_on_disk),
        found.train.examples,
        found.test.examples,
        details(&found, card),
    ))
}

/// Whether the files are those of the card; what is in them is read by who uses them.
fn verify_weights(workspace: &Workspace, card: &WeightsCard) -> Result<String, String> {
    let folder = workspace.roots().folder_of(card).map_err(|error| with_causes(&error))?;
    for file in &card.files {
        let path = folder.join(&file.path);
        if !is_right(file, &path).map_err(|error| with_causes(&error))? {
            return Err(format!("`{}` is not the file of the card", path.display()));
        }
    }
    let size = card.files.iter().filter_map(|file| file.bytes).sum();
    let files = plural(card.files.len(), "file");
    Ok(format!("ok  {}: {files}, {}, {}\n", card.name, bytes(size), card.architecture))
}

/// What else there is to say, each with its comma.
fn details(found: &Verified, card: &DatasetCard) -> String {
    let mut details = String::new();
    let mut add = |detail: String| {
        details.push_str(", ");
        details.push_str(&detail);
    };
    let per_class = &found.train.per_class;
    match card.sequence_format().map(SequenceFormat::target_kind) {
        None | Some(TargetKind::Class) => {
            add(format!("{} train examples of each class", spread(per_class)));
        }
        Some(TargetKind::ClassPerStep) => {
            add(format!("{} train steps of each class", spread(per_class)));
        }
        Some(TargetKind::NextToken | TargetKind::Tokens) => {}
    }
    let Some(sequences) = &found.sequences else { return details };
    if let Some(steps) = card.steps {
        add(format!("{} steps", spread(&[steps.min, steps.max])));
    }
    if let Some(lengths) = sequences.target_steps {
        add(format!("targets of {} steps", spread(&[lengths.min, lengths.max])));
    }
    match (sequences.vocabulary, sequences.target_vocabulary) {
        (Some(inputs), Some(targets)) if sequences.target_steps.is_some() => {
            add(format!("vocabularies of {inputs} and {targets}"));
        }
        (Some(inputs), _) => add(format!("a vocabulary of {inputs}")),
        (None, _) => {}
    }
    if let Some(groups) = sequences.groups {
        add(plural(groups, "group"));
    }
    details
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
