//! Image files in folders or in archives: sizes, colours, classes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use fireassay_spec::{Alpha, Colour, DataFormat, ExampleCounts, Fit, ImagesPlace, Orientation};

use super::layout::{class, layout};
use super::listing::{Listing, train_and_test};
use super::sniff::Kind;
use super::{DraftError, Outline};
use crate::file::DataFile;
use crate::format::archive;
use crate::format::images::{Sight, look};

/// Images of the size that most have are resized when it is above this: nobody's first experiment
/// should take days.
const LARGEST_SIDE: usize = 256;
/// What they are resized to.
const USUAL_SIDE: usize = 128;
/// Images named in a note.
const SHOWN: usize = 3;

/// A folder or an archive of images, and what each of them is.
struct Source {
    /// As the card names it.
    name: String,
    images: Vec<(String, Sight)>,
}

pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let mut folder = listing.folder.clone();
    let sources = if listing.kinds() == [Kind::Archive] {
        let names: Vec<&str> = listing.names().collect();
        let Some((train, test)) = train_and_test(&names) else {
            let problem = "several archives; one with `test` in its name goes with one without";
            return Err(listing.unrecognised(problem));
        };
        let names = [Some(train), test].into_iter().flatten();
        names.map(|name| in_archive(listing, name)).collect::<Result<Vec<_>, _>>()?
    } else {
        let name = listing.folder.file_name().and_then(|name| name.to_str());
        let (Some(name), Some(parent), true) =
            (name, listing.folder.parent(), listing.from.is_dir())
        else {
            let problem = "one image; name the folder that holds a folder for each class";
            return Err(listing.unrecognised(problem));
        };
        folder = parent.to_owned();
        vec![in_folder(listing, name)?]
    };
    let (train, test, left_out) = places(&sources).ok_or_else(|| {
        listing.unrecognised(
            "its images are not in folders; each class needs a folder, named as the class",
        )
    })?;
    let of = |place: &ImagesPlace| -> Vec<(&str, &str, Sight)> {
        let source = sources.iter().filter(|source| source.name == place.from);
        let images = source.flat_map(|source| &source.images);
        images
            .filter_map(|(path, sight)| Some((class(path, &place.prefix)?, path.as_str(), *sight)))
            .collect()
    };
    let (train_images, test_images) = (of(&train), test.as_ref().map(of).unwrap_or_default());
    let all = || train_images.iter().chain(&test_images);
    let classes: BTreeSet<&str> = all().map(|(class, _, _)| *class).collect();
    if classes.len() < 2 {
        return Err(listing.unrecognised("one class only; each class needs a folder of its own"));
    }
    let mut notes = Vec::new();
    if let Some(left_out) = left_out {
        notes.push(format!("`{left_out}` is left out: experiments cut their own val split"));
    }
    let sights: Vec<(&str, Sight)> = all().map(|(_, path, sight)| (*path, *sight)).collect();
    let rules = rules(&sights, &mut notes);
    Ok(Outline {
        folder,
        shape: rules.shape,
        steps: None,
        classes: classes.into_iter().map(str::to_owned).collect(),
        examples: ExampleCounts { train: train_images.len(), test: test_images.len() },
        notes,
        format: DataFormat::Images {
            train,
            test,
            colour: rules.colour,
            fit: rules.fit,
            alpha: rules.alpha,
            group_before: None,
            orientation: rules.orientation,
        },
    })
}

fn in_folder(listing: &Listing, name: &str) -> Result<Source, DraftError> {
    let mut images = Vec::new();
    for path in listing.names() {
        let sight = look(&listing.read(path)?);
        let sight =
            sight.map_err(|problem| DraftError::Unusable { path: listing.path(path), problem })?;
        images.push((path.to_owned(), sight));
    }
    Ok(Source { name: name.to_owned(), images })
}

fn in_archive(listing: &Listing, name: &str) -> Result<Source, DraftError> {
    let file = DataFile::of_bytes(listing.path(name), listing.read(name)?);
    let mut images = Vec::new();
    let mut problem = None;
    let mut visit = |member: &mut archive::Member<'_>| {
        let path = member.name.to_owned();
        if !is_image(&path) {
            return Ok(ControlFlow::Continue(()));
        }
        let mut bytes = Vec::new();
        let read = member.read(&mut bytes);
        read.map_err(|source| archive::unreadable(&file.path, "image", source))?;
        match look(&bytes) {
            Ok(sight) => images.push((path, sight)),
            Err(text) => {
                problem = Some(format!("`{path}`: {text}"));
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    if file.starts_with(b"PK") {
        archive::each_in_zip(&file, &mut visit)?;
    } else {
        archive::each_in_tar(&file, &mut visit)?;
    }
    match problem {
        Some(problem) => Err(DraftError::Unusable { path: file.path, problem }),
        None => Ok(Source { name: name.to_owned(), images }),
    }
}

/// In an archive the name decides; whatever else is in the folder of a class is told on reading.
fn is_image(path: &str) -> bool {
    let is_hidden = path.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    let lower = path.to_lowercase();
    !is_hidden && [".jpg", ".jpeg", ".png"].iter().any(|ending| lower.ends_with(ending))
}

/// Places of train and test, and the prefix of a part that is neither.
fn places(sources: &[Source]) -> Option<(ImagesPlace, Option<ImagesPlace>, Option<String>)> {
    let layout_of = |source: &Source| {
        let paths: Vec<&str> = source.images.iter().map(|(path, _)| path.as_str()).collect();
        layout(&paths)
    };
    let place = |source: &Source, prefix| ImagesPlace { from: source.name.clone(), prefix };
    match sources {
        [only] => {
            let layout = layout_of(only)?;
            let test = layout.test.map(|prefix| place(only, prefix));
            Some((place(only, layout.train), test, layout.left_out))
        }
        [train, test] => {
            let (train_layout, test_layout) = (layout_of(train)?, layout_of(test)?);
            let test = place(test, test_layout.train);
            Some((place(train, train_layout.train), Some(test), None))
        }
        _ => None,
    }
}

/// What is done to the images.
pub(super) struct Rules {
    pub(super) shape: Vec<usize>,
    pub(super) colour: Colour,
    pub(super) fit: Fit,
    pub(super) alpha: Alpha,
    pub(super) orientation: Orientation,
}

pub(super) fn rules(images: &[(&str, Sight)], notes: &mut Vec<String>) -> Rules {
    let orientation = if images.iter().any(|(_, sight)| sight.turned != 1) {
        notes.push(
            "some images were taken turned, their EXIF data says; they are turned back".into(),
        );
        Orientation::Upright
    } else {
        Orientation::Stored
    };
    let colour =
        if images.iter().all(|(_, sight)| sight.is_grey) { Colour::Grey } else { Colour::Rgb };
    let alpha = if images.iter().any(|(_, sight)| sight.shows_through) {
        notes.push("some images show through; they are laid on white".to_owned());
        Alpha::White
    } else {
        Alpha::Refuse
    };
    let ((height, width), fit) = size(images, notes);
    let channels = match colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    Rules { shape: vec![channels, height, width], colour, fit, alpha, orientation }
}

/// The size that most images have, unless it is too large, and how the others come to it.
fn size(images: &[(&str, Sight)], notes: &mut Vec<String>) -> ((usize, usize), Fit) {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    images.iter().for_each(|(_, sight)| *counts.entry(sight.size()).or_default() += 1);
    let most = counts.iter().max_by_key(|(size, count)| (**count, std::cmp::Reverse(**size)));
    let usual = most.map_or((USUAL_SIDE, USUAL_SIDE), |(size, _)| *size);
    let words = |(height, width): (usize, usize)| format!("{width}x{height}");
    if usual.0.max(usual.1) > LARGEST_SIDE {
        notes.push(format!(
            "most images are {}, which takes long to train on; `shape` brings all to {}",
            words(usual),
            words((USUAL_SIDE, USUAL_SIDE))
        ));
        return ((USUAL_SIDE, USUAL_SIDE), Fit::CenterCrop);
    }
    let differing: Vec<&(&str, Sight)> =
        images.iter().filter(|(_, sight)| sight.size() != usual).collect();
    if differing.is_empty() {
        return (usual, Fit::Exact);
    }
    let shown: Vec<String> = differing
        .iter()
        .take(SHOWN)
        .map(|(path, sight)| format!("`{path}` is {}", words(sight.size())))
        .collect();
    let more = match differing.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let is_alike = |(height, width): (usize, usize)| height * usual.1 == width * usual.0;
    let (fit, deed) = if differing.iter().all(|(_, sight)| is_alike(sight.size())) {
        (Fit::Resize, "they have the same proportions and are resized")
    } else {
        (Fit::CenterCrop, "their middle is cut out and resized")
    };
    notes.push(format!(
        "{} of {} images are not {}: {}{more}; {deed}",
        differing.len(),
        images.len(),
        words(usual),
        shown.join(", ")
    ));
    (usual, fit)
}
