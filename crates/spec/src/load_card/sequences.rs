//! What a card of sequences must say, and what no other card may.

use std::collections::BTreeMap;

use super::Found;
use super::files::is_sha256;
use crate::{DatasetCard, SequenceFormat, TargetKind, VocabularyCard};

pub(super) fn check(card: &DatasetCard, found: &mut Found<'_>) {
    let Some(format) = card.sequence_format() else {
        let message = "`steps` is about sequences";
        let help = "leave it out, or say [format.sequence.ts] or another of that kind";
        return found.check("steps", card.steps.is_none(), message, help);
    };
    let message = "sequences without their lengths";
    let help = "steps = { min = .., max = .. }: of the shortest and the longest";
    found.check("format.sequence", card.steps.is_some(), message, help);
    check_steps(card, format, found);
    check_vocabularies(card, format, found);
    match format {
        SequenceFormat::Arrays { .. }
        | SequenceFormat::Lexicon { .. }
        | SequenceFormat::Ts { .. }
        | SequenceFormat::TextWindows { .. } => {}
        SequenceFormat::StepTable { .. } => check_step_table(card, format, found),
        SequenceFormat::TextClasses { train, test, .. } => {
            check_class_files(card, [("train", train), ("test", test)], found);
        }
        SequenceFormat::TextPairs { columns, source_column, target_column, .. } => {
            let path = "format.sequence.text-pairs";
            for (key, column) in
                [("source-column", source_column), ("target-column", target_column)]
            {
                let help = format!("1 to {columns}, as `columns` says");
                let is_right = (1..=*columns).contains(column);
                found.check(&format!("{path}.{key}"), is_right, "there is no such column", &help);
            }
            let message = "source and target in one column";
            let is_right = source_column != target_column;
            found.check(&format!("{path}.target-column"), is_right, message, "name two columns");
        }
    }
}

fn check_steps(card: &DatasetCard, format: &SequenceFormat, found: &mut Found<'_>) {
    let Some(steps) = card.steps else { return };
    found.check("steps.min", steps.min >= 1, "a sequence without a step", "1 or more");
    let help = "as long as the shortest, or longer";
    found.check("steps.max", steps.max >= steps.min, "`max` is below `min`", help);
    let (path, windows) = match format {
        SequenceFormat::StepTable { windows, .. } => ("format.sequence.step-table", windows),
        SequenceFormat::TextWindows { windows, .. } => ("format.sequence.text-windows", windows),
        SequenceFormat::Arrays { .. }
        | SequenceFormat::Lexicon { .. }
        | SequenceFormat::TextClasses { .. }
        | SequenceFormat::TextPairs { .. }
        | SequenceFormat::Ts { .. } => return,
    };
    for (key, value) in [("length", windows.length), ("stride", windows.stride)] {
        let message = format!("`{key}` must be 1 or more");
        found.check(&format!("{path}.windows.{key}"), value >= 1, &message, "a number of steps");
    }
    let length = windows.length;
    let help = format!("steps = {{ min = {length}, max = {length} }}");
    let fits = steps.min == length && steps.max == length;
    found.check("steps", fits, "windows have other lengths than `steps`", &help);
}

/// A vocabulary stands for shape and normalisation, and tokens for classes.
fn check_vocabularies(card: &DatasetCard, format: &SequenceFormat, found: &mut Found<'_>) {
    let path = match format {
        SequenceFormat::Arrays { .. }
        | SequenceFormat::StepTable { .. }
        | SequenceFormat::Ts { .. } => {
            let is_flat = matches!(card.shape.as_slice(), [_]);
            let help = "[channels], of one step";
            return found.check("shape", is_flat, "no shape of a step", help);
        }
        SequenceFormat::Lexicon { .. } => ["lexicon.source", "lexicon.target"],
        SequenceFormat::TextClasses { .. } => ["text-classes.vocabulary", ""],
        SequenceFormat::TextPairs { .. } => ["text-pairs.source", "text-pairs.target"],
        SequenceFormat::TextWindows { .. } => ["text-windows.vocabulary", ""],
    };
    if let Some(vocabulary) = format.vocabulary() {
        let size = vocabulary.size;
        let help = format!("shape = [{size}]: a step is one token of so many");
        let message = "no shape of a step of this text";
        found.check("shape", card.shape == [size], message, &help);
    }
    let target = format.target_vocabulary().filter(|_| !path[1].is_empty());
    for (path, vocabulary) in path.into_iter().zip([format.vocabulary(), target]) {
        if let Some(vocabulary) = vocabulary {
            check_vocabulary(&format!("format.sequence.{path}"), vocabulary, found);
        }
    }
    let normalise = &card.normalise;
    let is_identity = normalise.divisor == 1.0 && normalise.mean == [0.0] && normalise.std == [1.0];
    let help = "normalise = { divisor = 1, mean = [0], std = [1] }";
    found.check("normalise", is_identity, "tokens are not normalised", help);
    match format.target_kind() {
        TargetKind::NextToken | TargetKind::Tokens => {
            let message = "targets are tokens, not classes";
            found.check("classes", card.classes.is_empty(), message, "classes = []");
        }
        TargetKind::Class | TargetKind::ClassPerStep => {}
    }
}

fn check_vocabulary(path: &str, vocabulary: &VocabularyCard, found: &mut Found<'_>) {
    let is_right = vocabulary.size > VocabularyCard::NUM_SPECIAL;
    let help = "more than 4: padding, unknown, start and end come first";
    found.check(&format!("{path}.size"), is_right, "a vocabulary without tokens", help);
    let is_hash = is_sha256(&vocabulary.sha256);
    let help = "64 lower-case hex digits: `cargo xtask data verify` tells the right ones";
    found.check(&format!("{path}.sha256"), is_hash, "not a sha256", help);
}

fn check_step_table(card: &DatasetCard, format: &SequenceFormat, found: &mut Found<'_>) {
    let SequenceFormat::StepTable { train, channels, labels, .. } = format else { return };
    let path = "format.sequence.step-table";
    let help = "train = [\"recording.csv\"]";
    found.check(&format!("{path}.train"), !train.is_empty(), "no file to learn from", help);
    let help = format!("{} names, or another `shape`", card.shape.first().unwrap_or(&0));
    let message = format!("{} columns for shape {:?}", channels.len(), card.shape);
    let fits = card.shape == [channels.len()];
    found.check(&format!("{path}.channels"), fits, &message, &help);
    let classes = card.classes.len();
    let message = format!("`labels` has {} of {classes} classes", labels.len());
    let fits = labels.is_empty() || labels.len() == classes;
    found.check(&format!("{path}.labels"), fits, &message, "one for each, in their order");
    for (key, names) in [("channels", channels), ("labels", labels)] {
        for (index, name) in names.iter().enumerate() {
            let is_new = !names[..index].contains(name);
            let message = format!("`{name}` is listed twice");
            found.check(&format!("{path}.{key}.{index}"), is_new, &message, "list it once");
        }
    }
}

fn check_class_files(
    card: &DatasetCard,
    parts: [(&str, &BTreeMap<String, String>); 2],
    found: &mut Found<'_>,
) {
    for (part, files) in parts {
        if files.is_empty() && part == "test" {
            continue;
        }
        let path = format!("format.sequence.text-classes.{part}");
        let missing = card.classes.iter().find(|class| !files.contains_key(*class));
        let message = format!("class `{}` has no file", missing.map_or("", String::as_str));
        found.check(&path, missing.is_none(), &message, "a file for each of `classes`");
        let extra = files.keys().find(|class| !card.classes.contains(class));
        let message = format!("`{}` is no class", extra.map_or("", String::as_str));
        found.check(&path, extra.is_none(), &message, "name it in `classes`, or leave it out");
    }
}
