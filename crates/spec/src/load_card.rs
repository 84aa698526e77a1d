//! `DatasetCard::load` and `load_cards`: every `datasets/<name>/dataset.toml`, checked.

mod files;
mod sequences;
mod sources;
mod table;
mod weights;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::card::Cards;
use crate::error::{Flaw, SpecErrors};
use crate::load::{read_text, tree};
use crate::read::{Read, read};
use crate::tree::Node;
use crate::{
    Channels, Colour, DataFormat, DatasetCard, ImagesPlace, Normalise, SCHEMA, TargetKind, label,
    suggest,
};

use weights::load_weights_cards;

/// What a dataset's registration is called.
const FILE_NAME: &str = "dataset.toml";

impl DatasetCard {
    /// Reads a `dataset.toml`, or reports all that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, SpecErrors> {
        load(path, FILE_NAME, parse)
    }

    /// As [`DatasetCard::load`], from text. `file_name` is for messages.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, SpecErrors> {
        parse(text, None).map_err(|flaws| SpecErrors::of(file_name, text, flaws))
    }
}

/// The cards of all folders below `datasets_root` that have one, of datasets and of weights; or the
/// problems of all of them.
pub fn load_cards(datasets_root: &Path) -> Result<Cards, SpecErrors> {
    let datasets = load_all(datasets_root, FILE_NAME, DatasetCard::load);
    match (datasets, load_weights_cards(datasets_root)) {
        (Ok(datasets), Ok(weights)) => {
            let datasets = datasets.into_iter().map(|card| (card.name.clone(), card));
            Ok(Cards { datasets: datasets.collect(), weights })
        }
        (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
        (Err(mut errors), Err(more)) => {
            errors.errors.extend(more.errors);
            Err(errors)
        }
    }
}

/// One file; in a folder of cards, its name must be that of the folder.
fn load<T>(
    path: &Path,
    file_name: &str,
    parse: fn(&str, Option<&str>) -> Result<T, Vec<Flaw>>,
) -> Result<T, SpecErrors> {
    let text = read_text(path)?;
    let is_registered = path.file_name().is_some_and(|name| name == file_name);
    let folder = path.parent().and_then(Path::file_name).filter(|_| is_registered);
    let folder = folder.map(|name| name.to_string_lossy().into_owned());
    parse(&text, folder.as_deref())
        .map_err(|flaws| SpecErrors::of(&path.display().to_string(), &text, flaws))
}

/// One file of every folder that has it.
fn load_all<T>(
    root: &Path,
    file_name: &str,
    load: fn(&Path) -> Result<T, SpecErrors>,
) -> Result<Vec<T>, SpecErrors> {
    let unreadable = |error| SpecErrors::unreadable(root, &error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path().join(file_name);
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut cards = Vec::new();
    let mut errors = Vec::new();
    for path in &paths {
        match load(path) {
            Ok(card) => cards.push(card),
            Err(more) => errors.extend(more.errors),
        }
    }
    if errors.is_empty() { Ok(cards) } else { Err(SpecErrors { errors }) }
}

fn parse(text: &str, folder: Option<&str>) -> Result<DatasetCard, Vec<Flaw>> {
    let root = tree(text)?;
    let mut read: Read<DatasetCard> = read(&root, "");
    let mut flaws = std::mem::take(&mut read.flaws);
    let Some(card) = read.value.take() else {
        return Err(flaws);
    };
    let mut found = Found { root: &root, read: &read, flaws: &mut flaws };
    check_name(card.schema, &card.name, folder, &mut found);
    check_shape(&card, &mut found);
    check_numbers(&card.normalise, &card.shape, &mut found);
    files::check(&card.files, &mut found);
    if found.read.is_sound("format") {
        check_named(&card, &mut found);
        check_format(&card, &mut found);
        sequences::check(&card, &mut found);
    }
    let texts =
        [("source", &card.source), ("selection", &card.selection), ("citation", &card.citation)];
    sources::check(&texts, &card.files, &mut found);
    if flaws.is_empty() { Ok(card) } else { Err(flaws) }
}

/// Collects flaws of a card.
struct Found<'a, T = DatasetCard> {
    root: &'a Node,
    read: &'a Read<T>,
    flaws: &'a mut Vec<Flaw>,
}

impl<T> Found<'_, T> {
    /// Tells a problem at a path, unless what stands there was refused already.
    fn check(&mut self, path: &str, is_right: bool, message: &str, help: &str) {
        if !is_right && self.read.is_sound(path) {
            let node = self.root.nearest(path);
            let flaw = Flaw::new(&node.span, message, format!("found {}", node.words()));
            self.flaws.push(flaw.help(help));
        }
    }
}

fn check_name<T>(schema: u32, name: &str, folder: Option<&str>, found: &mut Found<'_, T>) {
    let message = format!("schema {schema} cannot be read by this version");
    found.check("schema", schema == SCHEMA, &message, &format!("schema = {SCHEMA}"));
    let is_safe = !name.is_empty() && label::safe_name(name) == name;
    let message = "the name is not fit for a folder";
    found.check("name", is_safe, message, "letters, digits, `-`, `_` and `.`");
    if let Some(folder) = folder.filter(|_| is_safe) {
        let message = format!("the name differs from its folder `{folder}`");
        let help = format!("name = \"{folder}\", or rename the folder");
        found.check("name", name == folder, &message, &help);
    }
}

fn check_shape(card: &DatasetCard, found: &mut Found<'_>) {
    let is_image = matches!(card.shape.as_slice(), [_, _, _]);
    let is_flat = matches!(card.shape.as_slice(), [_]);
    let help = "[channels, height, width] of images, [features] of tables; each 1 or more";
    let is_shape = (is_image || is_flat) && !card.shape.contains(&0);
    found.check("shape", is_shape, "no shape of an example", help);
    let help = "a label is an index into this list";
    // Not of tokens: `sequences` tells about them.
    let has_classes = card.sequence_format().is_none_or(|format| match format.target_kind() {
        TargetKind::Class | TargetKind::ClassPerStep => true,
        TargetKind::NextToken | TargetKind::Tokens => false,
    });
    let is_right = !has_classes || card.classes.len() >= 2;
    found.check("classes", is_right, "fewer than two classes", help);
    let mut first_seen = BTreeMap::new();
    for (index, class) in card.classes.iter().enumerate() {
        let is_new = first_seen.insert(class, index).is_none();
        let message = format!("two classes are called `{class}`");
        found.check(&format!("classes.{index}"), is_new, &message, "give each its own name");
    }
    found.check("examples.train", card.examples.train >= 1, "nothing to learn from", "1 or more");
}

fn check_numbers<T>(normalise: &Normalise, shape: &[usize], found: &mut Found<'_, T>) {
    let above_0 = |value: f64| value.is_finite() && value > 0.0;
    let rule = "a finite number above 0";
    let message = "`divisor` must be above 0";
    found.check("normalise.divisor", above_0(normalise.divisor), message, rule);
    for (key, values) in [("mean", &normalise.mean), ("std", &normalise.std)] {
        let path = format!("normalise.{key}");
        let channels = shape.first().copied().unwrap_or(0);
        let fits = values.len() == 1 || values.len() == channels;
        let message = format!("`{key}` has {} values for {channels} channels", values.len());
        if found.read.is_sound("shape") {
            found.check(&path, fits, &message, "one value for all, or one per channel or feature");
        }
        for (index, value) in values.iter().enumerate() {
            let is_right = if key == "std" { above_0(*value) } else { value.is_finite() };
            let rule = if key == "std" { rule } else { "a finite number" };
            let message = format!("`{key}` must be {rule}");
            found.check(&format!("{path}.{index}"), is_right, &message, rule);
        }
    }
}

/// The format names files that are listed, and no others play a part.
fn check_named(card: &DatasetCard, found: &mut Found<'_>) {
    if !found.read.is_sound("files") {
        return;
    }
    let listed: Vec<&str> = card.files.iter().map(|file| file.path.as_str()).collect();
    for (field, name) in card.format.files() {
        let message = format!("file `{name}` has no hash");
        let help = suggest::help(name, "entries in [[files]]", &listed);
        found.check(&format!("format.{field}"), listed.contains(&name), &message, &help);
    }
    let help = "0 without test files, else what they hold";
    let message = "`examples.test` does not fit the files";
    let fits = card.has_test_files() == (card.examples.test > 0);
    found.check("examples.test", fits, message, help);
}

fn check_format(card: &DatasetCard, found: &mut Found<'_>) {
    let is_flat = matches!(card.shape.as_slice(), [_]);
    match &card.format {
        DataFormat::Arrays {
            test_values,
            test_labels,
            train_groups,
            test_groups,
            channels,
            ..
        } => {
            let is_told =
                test_groups.is_some() == (train_groups.is_some() && test_values.is_some());
            let message = "`train-groups` and `test-groups` go together";
            let help = "name both; only the first for a dataset without test examples of its own";
            found.check("format.arrays", is_told, message, help);
            let message = "`test-values` and `test-labels` go together";
            let is_pair = test_values.is_some() == test_labels.is_some();
            found.check("format.arrays", is_pair, message, "name both or none");
            let fits = *channels == Channels::First || !is_flat;
            let message = "`channels` is about images";
            found.check("format.arrays.channels", fits, message, "leave it out");
        }
        DataFormat::Cifar { train, .. } => {
            let message = "cifar files hold images of [3, 32, 32]";
            found.check("shape", card.shape == [3, 32, 32], message, "shape = [3, 32, 32]");
            let help = "train = [\"data_batch_1.bin\"]";
            found.check("format.cifar.train", !train.is_empty(), "no file to learn from", help);
        }
        DataFormat::Csv { .. } => {}
        DataFormat::Idx { test_images, test_labels, .. } => {
            let help = "[channels, height, width]";
            found.check("shape", !is_flat, "idx files hold images", help);
            let message = "`test-images` and `test-labels` go together";
            let is_pair = test_images.is_some() == test_labels.is_some();
            found.check("format.idx", is_pair, message, "name both or none");
        }
        DataFormat::Images { train, test, colour, group_before, .. } => {
            let is_text = group_before.as_ref().is_none_or(|text| !text.is_empty());
            let help = "the text behind the subject in a file's name: group-before = \"_\"";
            found.check("format.images.group-before", is_text, "an empty text", help);
            check_colour(card, *colour, found);
            check_places(train, test.as_ref(), found);
        }
        DataFormat::ImageTable { train, colour, image, label, group, .. } => {
            check_colour(card, *colour, found);
            table::check_image_table(train, (image, label, group.as_deref()), found);
        }
        DataFormat::Table(spec) => table::check(card, spec, found),
        DataFormat::Sequence(_) => {}
    }
}

fn check_colour(card: &DatasetCard, colour: Colour, found: &mut Found<'_>) {
    let channels = match colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    let fits = matches!(card.shape[..], [c, _, _] if c == channels);
    let message = format!("this `colour` has {channels} to a pixel");
    let help = format!("shape = [{channels}, height, width], or another `colour`");
    found.check("shape", fits, &message, &help);
}

/// Prefixes lie inside, and no image is of both parts.
fn check_places(train: &ImagesPlace, test: Option<&ImagesPlace>, found: &mut Found<'_>) {
    let places = [("train", Some(train)), ("test", test)];
    for (part, place) in places.into_iter().filter_map(|(part, place)| Some((part, place?))) {
        let plain = |part| matches!(part, std::path::Component::Normal(_));
        let is_inside = Path::new(&place.prefix).components().all(plain);
        let message = "a prefix that leads out of it";
        let path = format!("format.images.{part}.prefix");
        found.check(&path, is_inside, message, "folders, as in \"images/train\"");
    }
    let Some(test) = test else { return };
    let message = "train and test overlap";
    let help = "two files, or two prefixes of which neither is inside the other";
    found.check("format.images.test", !train.overlaps(test), message, help);
}
