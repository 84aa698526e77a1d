//! `data show`: what is in a dataset, in words, figures and pictures.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_data::inspect::{Contents, Copies, Part, Sheet};
use fireassay_data::{PartFigures, Whereabouts};
use fireassay_spec::DatasetCard;

use super::args::ShowArgs;
use super::{Card, duplicates, named, show_sequences, show_weights};
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui, bytes, plural};
use crate::workspace::Workspace;

/// Shows the dataset.
pub(super) fn run(args: &ShowArgs, workspace: &Workspace, cards: &[Card<'_>]) -> Answer {
    let [card] = named(cards, std::slice::from_ref(&args.name))?[..] else {
        return Ok(Exit::NothingSelected);
    };
    let card = match card {
        Card::Dataset(card) => card,
        Card::Weights(card) => return show_weights::run(workspace, card),
    };
    let part = Part::from(args.split);
    if part == Part::Test && card.examples.test == 0 {
        let message = format!("`{}` has no test examples of its own", card.name);
        let help = "without --split, its train examples are shown";
        return Err(Refusal::new(Exit::Usage, message, help));
    }
    if card.sequence_format().is_some() {
        return show_sequences::run(args, workspace, card);
    }
    let folder = workspace.roots().folder_of(card).or_refuse(Exit::CheckFailed)?;
    let contents = Contents::open(card, &folder).or_refuse(Exit::CheckFailed)?;
    let copies = contents.copies();
    let lookalikes = contents.lookalikes(&copies);
    let ui = Ui::new(false, false);
    duplicates::warn(card, &contents, &copies, &lookalikes, ui);
    let mut text = about(card, contents.bytes_on_disk(), workspace);
    text += &classes(card, &contents.counts(Part::Train), &contents.counts(Part::Test));
    text += &figures(card, &contents, part);
    text += &duplicates::lines(card, &contents, &copies, &lookalikes);
    let sheet = contents.sheet(part).or_refuse(Exit::CheckFailed)?;
    finish(args, workspace, card, &sheet, &text)
}

/// Writes the picture, and says all; the picture's path comes last.
pub(super) fn finish(
    args: &ShowArgs,
    workspace: &Workspace,
    card: &DatasetCard,
    sheet: &Sheet,
    text: &str,
) -> Answer {
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| workspace.target().join("data").join(format!("{}.png", card.name)));
    write(sheet, &path)?;
    let picture = picture(card, sheet, Part::from(args.split));
    ui::answer(&format!("{text}{picture}{}\n", workspace.short(&path).display()))?;
    Ok(Exit::Ok)
}

fn write(sheet: &Sheet, path: &Path) -> Answer<()> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let made = if folder.as_os_str().is_empty() { Ok(()) } else { fs::create_dir_all(&folder) };
    made.and_then(|()| fs::write(path, &sheet.png)).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Refusal::new(Exit::Usage, message, "name another place with --out FILE.png")
    })
}

pub(super) fn about(card: &DatasetCard, bytes_on_disk: u64, workspace: &Workspace) -> String {
    let (place, folder) = match workspace.roots().find(card) {
        Whereabouts::BesideCard(folder) => ("committed", folder),
        Whereabouts::Fetched(folder) => ("fetched", folder),
        Whereabouts::Missing { .. } => ("incomplete", workspace.roots().beside(card)),
    };
    let files = format!(
        "{} ({place}): {}, {}",
        workspace.short(&folder).display(),
        plural(card.files.len(), "file"),
        bytes(bytes_on_disk)
    );
    let lines = [
        ("examples", format!("{} train, {} test", card.examples.train, card.examples.test)),
        ("each", each(card)),
        ("licence", card.licence.clone()),
        ("source", card.source.clone()),
        ("citation", card.citation.clone()),
        ("files", files),
    ];
    let lines = lines.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| {
        format!("  {key:<8}  {}\n", value.trim_end().replace('\n', "\n            "))
    });
    [format!("{}: {}\n", card.name, card.title)].into_iter().chain(lines).collect()
}

/// What one example is.
fn each(card: &DatasetCard) -> String {
    if let Some(steps) = card.steps {
        return show_sequences::each(card, steps);
    }
    match card.shape[..] {
        [features] => plural(features, "feature"),
        [1, height, width] => format!("a grey image of {width}x{height}"),
        [3, height, width] => format!("a colour image of {width}x{height}"),
        [channels, height, width] => {
            format!("an image of {width}x{height} with {}", plural(channels, "channel"))
        }
        _ => format!("values of shape {:?}", card.shape),
    }
}

/// How many examples each class has, with a bar.
pub(super) fn classes(card: &DatasetCard, train: &PartFigures, test: &PartFigures) -> String {
    const BAR: usize = 30;
    let most = train.per_class.iter().chain(&test.per_class).max().copied().unwrap_or(0).max(1);
    let has_test = test.examples > 0;
    let bar = |count: usize| "#".repeat((count * BAR).div_ceil(most));
    let rows = card.classes.iter().zip(train.per_class.iter().zip(&test.per_class));
    let rows = rows.map(|(class, (&train, &test))| {
        let mut row = vec![class.clone(), train.to_string()];
        row.extend(has_test.then(|| test.to_string()));
        row.push(bar(train));
        row
    });
    let header: &[&str] =
        if has_test { &["class", "train", "test", ""] } else { &["class", "train", ""] };
    let right: &[usize] = if has_test { &[1, 2] } else { &[1] };
    format!("\n{}", ui::table(header, right, rows.collect()))
}

/// Features beyond these are not listed.
const MAX_FEATURES: usize = 40;

fn figures(card: &DatasetCard, contents: &Contents, part: Part) -> String {
    let figures = contents.figures(part);
    let quartiles = contents.quartiles(part);
    let is_table = !quartiles.is_empty();
    let rows = figures.iter().enumerate().take(MAX_FEATURES).map(|(index, of)| {
        let spread = match quartiles.get(index) {
            Some(q) => vec![of.min, q.lower, q.middle, q.upper, of.max],
            None => vec![of.min, of.max],
        };
        let raw = spread.into_iter().chain([of.mean, of.std]).map(figure);
        // Near 0 and 1: their own digits say nothing.
        let normalised = [of.normalised_mean, of.normalised_std].map(thousandths);
        [channel(card, index)].into_iter().chain(raw).chain(normalised).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let normalised = ["mean", "std", "normalised", "std"];
    let header: Vec<&str> = if is_table {
        ["feature", "min", "lower", "median", "upper", "max"]
            .into_iter()
            .chain(normalised)
            .collect()
    } else {
        ["channel", "min", "max"].into_iter().chain(normalised).collect()
    };
    let right: Vec<usize> = (1..header.len()).collect();
    let table = ui::table(&header, &right, rows);
    let more = match figures.len().saturating_sub(MAX_FEATURES) {
        0 => String::new(),
        n => format!("  and {n} more\n"),
    };
    format!("\n{table}{more}{}", constant(card, contents))
}

fn channel(card: &DatasetCard, index: usize) -> String {
    const COLOURS: [&str; 3] = ["red", "green", "blue"];
    match card.shape[..] {
        [1, _, _] => "grey".to_owned(),
        [3, _, _] => COLOURS[index % COLOURS.len()].to_owned(),
        _ => index.to_string(),
    }
}

fn constant(card: &DatasetCard, contents: &Contents) -> String {
    const SHOWN: usize = 10;
    let places = contents.constant();
    let total: usize = card.shape.iter().product();
    let noun = if card.shape.len() == 1 { "feature" } else { "value" };
    if places.is_empty() {
        return String::new();
    }
    let which: Vec<String> = places.iter().take(SHOWN).map(ToString::to_string).collect();
    let which = match card.shape.len() {
        1 if places.len() > SHOWN => format!(": {}, ..", which.join(", ")),
        1 => format!(": {}", which.join(", ")),
        _ => String::new(),
    };
    let n = places.len();
    format!("  {n} of {} never vary in train{which}\n", plural(total, noun))
}

fn picture(card: &DatasetCard, sheet: &Sheet, part: Part) -> String {
    let part = match part {
        Part::Train => "train",
        Part::Test => "test",
    };
    let shown = match card.classes.len() {
        n if n == sheet.num_classes => String::new(),
        n => format!(", the first {} of {n} classes", sheet.num_classes),
    };
    let (width, height) = sheet.size;
    format!("\n  picture of {part} examples, {width}x{height}{shown}:\n")
}

/// Four digits, which is enough to see something.
pub(super) fn figure(value: f64) -> String {
    const DIGITS: i32 = 4;
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let decimals = (DIGITS - 1 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // What rounds to nothing has no sign.
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn thousandths(value: f64) -> String {
    let text = format!("{value:.3}");
    text.strip_prefix('-').filter(|text| text.parse() == Ok(0.0)).unwrap_or(&text).to_owned()
}

/// How many copies are of both parts.
pub(super) fn across<'a>(copies: &'a [Copies], contents: &Contents) -> Vec<&'a Copies> {
    let of = |copies: &&Copies, part| copies.count(part, contents) > 0;
    copies.iter().filter(|c| of(c, Part::Train) && of(c, Part::Test)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (5.843_333, "5.843"),
            (0.434_411, "0.4344"),
            (1e-20, "0"),
            (-1e-20, "0"),
            (16.0, "16"),
            (123_456.7, "123457"),
            (-0.012_345_6, "-0.01235"),
        ] {
            assert_eq!(figure(value), expected);
        }
        assert_eq!([-0.000_1, -0.002, 1.0].map(thousandths), ["0.000", "-0.002", "1.000"]);
    }
}
