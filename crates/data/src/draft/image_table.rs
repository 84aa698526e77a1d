//! Images in a column of Parquet files, in the layout of Hugging Face.

use std::collections::BTreeSet;

use fireassay_spec::{DataFormat, ExampleCounts, nearest};
use serde_json::Value;

use super::images::{Rules, rules};
use super::listing::Listing;
use super::parquet::{Shards, open};
use super::roles::is_of_groups;
use super::table::TARGETS;
use super::{DraftError, Outline, numbered};
use crate::DataError;
use crate::format::cell::Cell;
use crate::format::images::table::IMAGES;
use crate::format::images::{Sight, look};
use crate::format::parquet::{ParquetFile, Wanted, at_row};

/// Images in memory at once.
const BATCH_ROWS: usize = 16;
/// More labels are no classes.
const MAX_CLASSES: usize = 10_000;
/// Columns of labels besides those of tables.
const LABELS: [&str; 3] = ["labels", "fine_label", "answer"];

/// What was found in the rows.
#[derive(Default)]
struct Seen {
    sights: Vec<(String, Sight)>,
    /// Labels that are indices.
    indices: BTreeSet<usize>,
    /// Labels that are names.
    names: BTreeSet<String>,
}

/// `image` is the column of the images; `target` the one of the class, if a person named it.
pub(super) fn outline(
    listing: &Listing,
    shards: &Shards<'_>,
    image: &str,
    target: Option<&str>,
) -> Result<Outline, DraftError> {
    let first = open(listing, shards.train[0])?;
    let unusable = |problem| DraftError::Unusable { path: listing.path(shards.train[0]), problem };
    let label = label_column(&first, image, target).map_err(unusable)?;
    let named = class_names(&first, &label);
    let mut notes = vec![format!("images are column `{image}`, classes column `{label}`")];
    notes.extend(first.names().iter().filter(|name| is_of_groups(name)).map(|name| {
        format!("column `{name}` may say whose each image is: write `group = \"{name}\"` then")
    }));
    drop(first);
    let mut seen = Seen::default();
    for name in &shards.train {
        seen.read(&open(listing, name)?, image, &label)?;
    }
    let num_train = seen.sights.len();
    for name in &shards.test {
        seen.read(&open(listing, name)?, image, &label)?;
    }
    let num_test = seen.sights.len() - num_train;
    let classes = seen.classes(named, &label, &mut notes).map_err(unusable)?;
    let sights: Vec<(&str, Sight)> =
        seen.sights.iter().map(|(place, sight)| (place.as_str(), *sight)).collect();
    let Rules { shape, colour, fit, alpha, orientation } = rules(&sights, &mut notes);
    notes.extend(shards.note());
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Ok(Outline {
        folder: listing.folder.clone(),
        shape,
        steps: None,
        classes,
        examples: ExampleCounts { train: num_train, test: num_test },
        notes,
        format: DataFormat::ImageTable {
            train: owned(&shards.train),
            test: owned(&shards.test),
            image: image.to_owned(),
            label,
            group: None,
            colour,
            fit,
            alpha,
            orientation,
        },
    })
}

/// The one that was named, that is called as a class, or that is left.
fn label_column(file: &ParquetFile, image: &str, target: Option<&str>) -> Result<String, String> {
    let names = file.names();
    let is_readable =
        |name: &&String| *name != image && file.wanted(&[name], Wanted::CELLS).is_ok();
    let readable: Vec<&String> = names.iter().filter(is_readable).collect();
    let listed: Vec<String> = readable.iter().map(|name| format!("`{name}`")).collect();
    let listed = listed.join(", ");
    if let Some(target) = target {
        let found = readable.iter().find(|name| name.as_str() == target);
        return found.map(|name| (*name).clone()).ok_or_else(|| match nearest(target, &names) {
            Some(near) => format!("it has no column `{target}`; did you mean `{near}`?"),
            None => format!("it has no column `{target}` of whole numbers or texts, only {listed}"),
        });
    }
    let called = |wanted: &&str| readable.iter().find(|name| name.eq_ignore_ascii_case(wanted));
    if let Some(name) = TARGETS.iter().chain(&LABELS).find_map(called) {
        return Ok((*name).clone());
    }
    match readable[..] {
        [] => Err(format!("there is no column of classes beside `{image}`")),
        [only] => Ok(only.clone()),
        _ => Err(format!("which column is the class? `--target COLUMN` says so, of {listed}")),
    }
}

/// What the Hugging Face library notes of a column of classes.
fn class_names(file: &ParquetFile, label: &str) -> Option<Vec<String>> {
    let remark: Value = serde_json::from_str(file.remark("huggingface")?).ok()?;
    let names = remark["info"]["features"][label]["names"].as_array()?;
    let names: Vec<String> =
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    let different: BTreeSet<&String> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}

impl Seen {
    fn read(&mut self, file: &ParquetFile, image: &str, label: &str) -> Result<(), DraftError> {
        let table = |problem| DataError::Table { path: file.path.clone(), problem };
        let images = file.wanted_bytes(&[image, "bytes"], IMAGES);
        let images = images.or_else(|_| file.wanted_bytes(&[image], IMAGES)).map_err(table)?;
        let labels = file.wanted(&[label], Wanted::CELLS).map_err(table)?;
        file.each_batch(&[images, labels], BATCH_ROWS, &mut |first, len, columns| {
            let [images, labels] = columns else { return Ok(()) };
            for (index, row) in (0..len).zip(first..) {
                let at = |name, problem| at_row(&file.path, row, name, problem);
                let cell = labels.cell(index).map_err(|problem| at(label, problem))?;
                self.label(cell).map_err(|problem| at(label, problem))?;
                let bytes = images.bytes(index);
                let missing = || at(image, "its bytes are missing".to_owned());
                let sight = look(bytes.ok_or_else(missing)?);
                let sight = sight.map_err(|problem| at(image, problem))?;
                self.sights.push((format!("row {row}"), sight));
            }
            Ok(())
        })?;
        Ok(())
    }

    fn label(&mut self, cell: Cell<'_>) -> Result<(), String> {
        match cell {
            Cell::Integer(index) => {
                let index = usize::try_from(index).ok().filter(|index| *index < MAX_CLASSES);
                let problem = || {
                    format!(
                        "label `{}` is no class: these are 0 to {}",
                        cell.shown(),
                        MAX_CLASSES - 1
                    )
                };
                self.indices.insert(index.ok_or_else(problem)?);
            }
            Cell::Text(name) => drop(self.names.insert(name.to_owned())),
            Cell::Null | Cell::Flag(_) | Cell::Float(_) => {
                return Err(format!(
                    "`{}` is no class: these are whole numbers from 0 on, or names",
                    cell.shown()
                ));
            }
        }
        Ok(())
    }

    fn classes(
        &self,
        named: Option<Vec<String>>,
        label: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, String> {
        let num_indices = self.indices.last().map_or(0, |last| last + 1);
        let classes = match (num_indices, self.names.len()) {
            (0, 0) => return Err("there is no row in it".to_owned()),
            (0, n) if n > MAX_CLASSES => {
                return Err(format!("column `{label}`, the class, has {n} different values"));
            }
            (0, _) => self.names.iter().cloned().collect(),
            (n, 0) => match named {
                Some(names) if names.len() >= n => names,
                _ => {
                    notes.push("labels are numbers; write their names into `classes`".to_owned());
                    numbered(n)
                }
            },
            _ => return Err(format!("column `{label}` holds numbers and names")),
        };
        if classes.len() < 2 {
            return Err(format!("column `{label}`, the class, is the same in every row"));
        }
        Ok(classes)
    }
}
