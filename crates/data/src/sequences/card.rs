//! What a card of sequences must satisfy before a file is read for it.

use fireassay_spec::{DatasetCard, SequenceFormat, Steps, TargetKind};

use crate::DataError;
use crate::card::{self, Sizes};

/// A card that agrees with itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) card: &'a DatasetCard,
    pub(crate) format: &'a SequenceFormat,
    pub(crate) steps: Steps,
    /// Of one step; of a text 1.
    pub(crate) channels: usize,
}

/// Checks everything that can be checked without the files.
pub(crate) fn check(card: &DatasetCard) -> Result<Checked<'_>, DataError> {
    let fail = |problem: &str| {
        Err(DataError::Card { dataset: card.name.clone(), problem: problem.to_owned() })
    };
    let (Some(format), Some(steps)) = (card.sequence_format(), card.steps) else {
        return fail("it holds no sequences: these have `steps` and [format.sequence]");
    };
    let [channels] = card.shape[..] else {
        return fail("the shape of a step is [channels], or of text [size of its vocabulary]");
    };
    if steps.min == 0 || steps.min > steps.max {
        return fail("steps needs 1 <= min <= max");
    }
    let num_examples = card.examples.train.checked_add(card.examples.test);
    let beyond = num_examples.is_none_or(|n| u32::try_from(n).is_err());
    if channels == 0 || card.examples.train == 0 || beyond {
        return fail("shape and examples.train must be 1 or more, and a row number has 32 bits");
    }
    let has_classes = match format.target_kind() {
        TargetKind::Class | TargetKind::ClassPerStep => true,
        TargetKind::NextToken | TargetKind::Tokens => false,
    };
    if has_classes == card.classes.is_empty() {
        return fail("classes are for targets that are classes, and only for these");
    }
    if format.vocabulary().is_some_and(|vocabulary| vocabulary.size != channels) {
        return fail("the shape of a step of text is [size of its vocabulary]");
    }
    check_format(card, format)?;
    card::check_normalise(card)?;
    card::check_files(card)?;
    let channels = if format.vocabulary().is_some() { 1 } else { channels };
    Ok(Checked { card, format, steps, channels })
}

/// What a dataset of labels alone is built with.
pub(super) fn sizes(card: &DatasetCard) -> Sizes {
    let channels = card.normalise.mean.len();
    Sizes { item: card.shape.iter().product(), channels, plane: 1 }
}

fn check_format(card: &DatasetCard, format: &SequenceFormat) -> Result<(), DataError> {
    let has_test = card.examples.test > 0;
    let problem = match format {
        _ if card.has_test_files() != has_test => Some("examples.test and test files go together"),
        SequenceFormat::StepTable { channels, labels, windows, .. } => {
            let fits = card.shape == [channels.len()]
                && (labels.is_empty() || labels.len() == card.classes.len())
                && windows.length.min(windows.stride) > 0;
            (!fits).then_some("format.sequence.step-table does not fit shape or classes")
        }
        SequenceFormat::TextClasses { train, test, .. } => {
            let fits = |files: &std::collections::BTreeMap<String, String>| {
                files.len() == card.classes.len()
                    && card.classes.iter().all(|class| files.contains_key(class))
            };
            let fit = fits(train) && (test.is_empty() || fits(test));
            (!fit).then_some("format.sequence.text-classes names other classes")
        }
        SequenceFormat::TextPairs { columns, source_column, target_column, .. } => {
            let is_there = |column: &usize| (1..=*columns).contains(column);
            (!is_there(source_column) || !is_there(target_column))
                .then_some("format.sequence.text-pairs has no such column")
        }
        SequenceFormat::TextWindows { windows, .. } => (windows.length.min(windows.stride) == 0)
            .then_some("windows have a length and a stride above 0"),
        SequenceFormat::Arrays { .. }
        | SequenceFormat::Lexicon { .. }
        | SequenceFormat::Ts { .. } => None,
    };
    problem.map_or(Ok(()), |problem| {
        Err(DataError::Card { dataset: card.name.clone(), problem: problem.to_owned() })
    })
}
