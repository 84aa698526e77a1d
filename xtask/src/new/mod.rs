//! `cargo xtask new dataset`, which is `cargo xtask data add` too: a dataset out of a person's files.

mod args;
mod card_text;
mod place;

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::{Draft, DraftError, draft};
use fireassay_spec::DatasetCard;

use crate::ui::{Answer, Exit, Refusal, Ui, answer, bytes, plural, with_causes};
use crate::workspace::Workspace;

pub(crate) use args::{NewArgs, NewCommand, NewDatasetArgs};

/// Runs the command.
pub(crate) fn run(args: &NewArgs, workspace: &Workspace) -> Answer {
    match &args.command {
        NewCommand::Dataset(args) => dataset(args, workspace),
    }
}

/// Looks at the files, brings them to their place, and writes their card. Nothing is overwritten.
pub(crate) fn dataset(args: &NewDatasetArgs, workspace: &Workspace) -> Answer {
    let ui = Ui::new(false, false);
    let name = &args.name;
    check_name(name)?;
    let beside = workspace.datasets.join(name);
    let target = if args.commit { Some(beside.clone()) } else { data_place(workspace, name) };
    let Some(target) = target else {
        let help = "name a place with --data-dir DIR, or keep the files beside the card: --commit";
        return Err(Refusal::new(Exit::Usage, "there is no data directory: HOME is not set", help));
    };
    for taken in [&beside, &target] {
        if taken.exists() {
            let message = format!("`{}` is there already", workspace.short(taken).display());
            let help = "choose another name, or move it away; nothing is overwritten";
            return Err(Refusal::new(Exit::Usage, message, help));
        }
    }
    ui.verb("Reading", args.from.display());
    let mut draft =
        draft(name, &args.from, args.target.as_deref()).map_err(|error| refuse(&error))?;
    if args.commit {
        // What lies beside its card is there or broken, never fetched.
        draft.card.files.iter_mut().for_each(|file| file.bytes = None);
    }
    let text = card_text::write(&draft);
    check_text(&text, &draft.card)?;
    let way = if args.commit { place::Way::Copy } else { place::Way::Link };
    let placed = place::bring(&draft, &target, way, ui).map_err(|error| place_refusal(&error))?;
    let card = beside.join("dataset.toml");
    write_card(&beside, &card, &text).map_err(|error| place_refusal(&error))?;
    tell(&draft, &target, placed, ui);
    answer(&format!("{}\n", workspace.short(&card).display()))?;
    Ok(Exit::Ok)
}

/// The files are a person's, perhaps large and private: outside of the repository, unless asked for.
fn data_place(workspace: &Workspace, name: &str) -> Option<PathBuf> {
    Some(workspace.data_dir.as_ref()?.join(name))
}

fn check_name(name: &str) -> Answer<()> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(is_fine) && !name.starts_with(['.', '-']) {
        return Ok(());
    }
    let safe: String = name.chars().map(|c| if is_fine(c) { c } else { '-' }).collect();
    let safe = safe.trim_start_matches(['.', '-']).trim_end_matches('-').to_lowercase();
    let example = if safe.is_empty() { String::new() } else { format!(", for example `{safe}`") };
    let help = format!("letters, digits, `-`, `_` and `.`{example}");
    Err(Refusal::new(Exit::Usage, format!("`{name}` is not fit for the name of a dataset"), &help))
}

fn refuse(error: &DraftError) -> Refusal {
    let help = match error {
        DraftError::Unrecognised { .. } => {
            "what is read: images in a folder for each class (also in train/ and test/, or in a \
             tar, tar.gz or zip archive, or as a column of Parquet files), idx files as of MNIST, \
             cifar binary files, .npy and .npz arrays, tables as .csv, .tsv or .parquet, series as \
             .ts, .npz or .csv with a column of time, texts as .txt (a file for each class, pairs \
             with a tab between them, or one long text) and .dict; datasets/README.md says more"
        }
        _ => "",
    };
    Refusal::new(Exit::Usage, with_causes(error), help)
}

/// What is written must be read again as it was meant.
fn check_text(text: &str, card: &DatasetCard) -> Answer<()> {
    match DatasetCard::parse("dataset.toml", text) {
        Ok(read) if read == *card => Ok(()),
        Ok(_) => {
            let message = format!("a card was written that says something else:\n{text}");
            Err(Refusal::new(Exit::Bug, message, ""))
        }
        Err(errors) => Err(Refusal::from_diagnostic(Exit::Usage, errors)),
    }
}

/// The card comes last: a dataset is there when its card is.
fn write_card(folder: &Path, card: &Path, text: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = card.with_extension("toml.part");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, card)
}

fn place_refusal(error: &std::io::Error) -> Refusal {
    let help = "make room, or name another place with --data-dir DIR; the files are as they were";
    Refusal::new(
        Exit::Usage,
        format!("the files could not be brought to their place: {error}"),
        help,
    )
}

fn tell(draft: &Draft, target: &Path, placed: place::Placed, ui: Ui) {
    let card = &draft.card;
    let shape: Vec<String> = card.shape.iter().map(ToString::to_string).collect();
    let shape = shape.join("x");
    let classes = match card.classes.len() {
        0 => String::new(),
        n => format!(", {n} classes"),
    };
    let is_text = card.sequence_format().is_some_and(|format| format.vocabulary().is_some());
    let unit = if is_text { "tokens out of" } else { "steps of" };
    let of = match card.steps {
        Some(steps) if steps.min == steps.max => format!("{} {unit} {shape}{classes}", steps.max),
        Some(steps) => format!("{} to {} {unit} {shape}{classes}", steps.min, steps.max),
        None => format!("shape {shape}{classes}"),
    };
    let deed = if placed.is_copied { "copied" } else { "linked, not copied" };
    ui.verb(
        "Files",
        format!(
            "{}, {}, {deed} to {}",
            plural(placed.num_files, "file"),
            bytes(placed.num_bytes),
            target.display()
        ),
    );
    for note in &draft.notes {
        ui.verb("Note", note);
    }
    ui.verb(
        "DONE",
        format!(
            "{}: {} train and {} test examples of {}",
            card.name, card.examples.train, card.examples.test, of
        ),
    );
    let name = &card.name;
    let test = if card.examples.test == 0 { "\ntest-fraction = 0.2" } else { "" };
    ui.verb(
        "Next",
        format!(
            "cargo xtask data verify {name}\ncargo xtask data show {name}\nand in an experiment:\n\
             [base.data]\ndataset = \"{name}\"{test}"
        ),
    );
}
