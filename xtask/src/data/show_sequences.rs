//! `data show` of sequences: how long they are, what belongs to them, and the first of them.

use fireassay_data::inspect::Part;
use fireassay_data::{SequenceBatch, Sequences, Verified, open_sequences, verify};
use fireassay_spec::{DatasetCard, SequenceFormat, Steps, TargetKind};

use super::args::ShowArgs;
use super::show::{about, classes, figure, finish};
use crate::ui::{self, Answer, Exit, OrRefuse, Ui, plural};
use crate::workspace::Workspace;

/// Shows the sequences.
pub(super) fn run(args: &ShowArgs, workspace: &Workspace, card: &DatasetCard) -> Answer {
    let folder = workspace.roots().folder_of(card).or_refuse(Exit::CheckFailed)?;
    let found = verify(card, &folder).or_refuse(Exit::CheckFailed)?;
    let sequences = open_sequences(card, &folder).or_refuse(Exit::CheckFailed)?;
    let copies = Copies::of(&sequences);
    copies.warn(card, Ui::new(false, false));
    let mut text = about(card, found.bytes_on_disk, workspace);
    let kind = card.sequence_format().map(SequenceFormat::target_kind);
    if matches!(kind, Some(TargetKind::Class | TargetKind::ClassPerStep)) {
        text += &classes(card, &found.train, &found.test);
    }
    text += &lengths(&sequences);
    text += &channels(card, &found, &sequences);
    text += &first(&sequences);
    text += &copies.lines(card);
    let sheet = sequences.sheet(Part::from(args.split)).or_refuse(Exit::CheckFailed)?;
    finish(args, workspace, card, &sheet, &text)
}

/// What one example is.
pub(super) fn each(card: &DatasetCard, steps: Steps) -> String {
    let size = card.shape.first().copied().unwrap_or(0);
    let is_text = card.sequence_format().is_some_and(|format| format.vocabulary().is_some());
    let range = if steps.min == steps.max {
        steps.max.to_string()
    } else {
        format!("{} to {}", steps.min, steps.max)
    };
    let what = match card.sequence_format().map(SequenceFormat::target_kind) {
        None | Some(TargetKind::Class) => "one class",
        Some(TargetKind::ClassPerStep) => "a class at every step",
        Some(TargetKind::NextToken) => "the next token at every step",
        Some(TargetKind::Tokens) => "another text",
    };
    if is_text {
        format!("{range} tokens of a vocabulary of {size}, and {what}")
    } else {
        format!("{range} steps of {}, and {what}", plural(size, "channel"))
    }
}

/// A histogram, the train part and the test part side by side.
fn lengths(sequences: &Sequences) -> String {
    const BINS: usize = 12;
    const BAR: usize = 30;
    let lengths: Vec<usize> = rows(sequences).map(|row| sequences.steps(row)).collect();
    let (train, test) = lengths.split_at(sequences.num_train());
    let min = lengths.iter().min().copied().unwrap_or(0);
    let max = lengths.iter().max().copied().unwrap_or(0);
    let width = (max - min + 1).div_ceil(BINS).max(1);
    let count = |part: &[usize], start: usize| {
        part.iter().filter(|&&length| length >= start && length < start + width).count()
    };
    let starts: Vec<usize> = (min..=max).step_by(width).collect();
    let counts: Vec<[usize; 2]> =
        starts.iter().map(|&start| [count(train, start), count(test, start)]).collect();
    let most = counts.as_flattened().iter().max().copied().unwrap_or(0).max(1);
    let table = starts.iter().zip(&counts).map(|(&start, [train, test])| {
        let end = (start + width - 1).min(max);
        let name = if start == end { start.to_string() } else { format!("{start} to {end}") };
        let bar = "#".repeat((train * BAR).div_ceil(most));
        vec![name, train.to_string(), test.to_string(), bar]
    });
    format!("\n{}", ui::table(&["steps", "train", "test", ""], &[1, 2], table.collect()))
}

/// Mean and deviation of each channel, raw, over the steps of the train part.
fn channels(card: &DatasetCard, found: &Verified, sequences: &Sequences) -> String {
    const SHOWN: usize = 40;
    if sequences.vocabulary().is_some() {
        return String::new();
    }
    let divisor = card.normalise.divisor;
    let rows = found.mean.iter().zip(&found.std).enumerate().take(SHOWN);
    let rows = rows.map(|(channel, (mean, std))| {
        let name = if found.mean.len() == 1 { "all".to_owned() } else { channel.to_string() };
        vec![name, figure(mean * divisor), figure(std * divisor)]
    });
    let more = match found.mean.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("  and {n} more\n"),
    };
    format!("\n{}{more}", ui::table(&["channel", "mean", "std"], &[1, 2], rows.collect()))
}

/// The first texts, with what belongs to them.
fn first(sequences: &Sequences) -> String {
    const SHOWN: u32 = 3;
    const WIDTH: usize = 60;
    let Some(vocabulary) = sequences.vocabulary() else { return String::new() };
    let mut text = "\n  the first of train\n".to_owned();
    let mut batch = SequenceBatch::default();
    for row in rows(sequences).take(SHOWN as usize) {
        sequences.gather(&[row], &mut batch);
        let input = shortened(&vocabulary.decode(&batch.tokens), WIDTH);
        let target = match (sequences.target_vocabulary(), batch.labels.first()) {
            (Some(targets), _) => shortened(&targets.decode(&batch.labels), WIDTH),
            (None, Some(&label)) => sequences.classes()[label as usize].clone(),
            (None, None) => String::new(),
        };
        text.extend([format!("    {input}  ->  {target}\n")]);
    }
    text
}

/// On one line, and no longer than that.
fn shortened(text: &str, width: usize) -> String {
    let line: String = text.chars().flat_map(char::escape_debug).collect();
    let line = line.replace("\\\"", "\"").replace("\\'", "'");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width - 2).chain("..".chars()).collect()
}

fn rows(sequences: &Sequences) -> impl Iterator<Item = u32> {
    (0..).take(sequences.len())
}

/// Sequences that are there more than once.
struct Copies {
    /// Those of train that are there before.
    train: usize,
    /// Those of test that are in train too.
    test: usize,
    /// How many have several classes.
    disagreeing: usize,
}

impl Copies {
    fn of(sequences: &Sequences) -> Self {
        let (mut train, mut test, mut disagreeing) = (0, 0, 0);
        for set in sequences.duplicates() {
            let of_train =
                set.iter().filter(|&&row| (row as usize) < sequences.num_train()).count();
            train += of_train.saturating_sub(1);
            test += if of_train > 0 { set.len() - of_train } else { 0 };
            let label = |row: u32| sequences.labels()[row as usize];
            disagreeing += usize::from(set.iter().any(|&row| label(row) != label(set[0])));
        }
        Self { train, test, disagreeing }
    }

    fn lines(&self, card: &DatasetCard) -> String {
        let mut text = "\n  duplicates\n".to_owned();
        let mut line = |what: &str, n: usize| text.extend([format!("    {what:<41}  {n}\n")]);
        line("train inputs that are there before", self.train);
        if card.examples.test > 0 {
            line("test inputs that are train inputs too", self.test);
        }
        line("inputs with several labels", self.disagreeing);
        text
    }

    fn warn(&self, card: &DatasetCard, ui: Ui) {
        if self.test > 0 {
            let message = format!(
                "{} of {} found in train too; there, memory passes for skill",
                self.test,
                plural(card.examples.test, "test input")
            );
            ui.warning(&message, "take one of each out of the files");
        }
        if self.disagreeing > 0 {
            let message = format!("{} with several labels", plural(self.disagreeing, "input"));
            ui.warning(&message, "no model can be right on all of them");
        }
    }
}
