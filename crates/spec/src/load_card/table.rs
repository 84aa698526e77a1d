//! What `[format.table]` and `[format.image-table]` ask of a card.

use super::Found;
use crate::{DatasetCard, TableSpec};

pub(super) fn check(card: &DatasetCard, spec: &TableSpec, found: &mut Found<'_>) {
    let problems = spec.problems(&card.classes);
    for problem in &problems {
        let path = format!("format.table.{}", problem.at);
        found.check(&path, false, &problem.message, &problem.help);
    }
    // Features can be counted only when each column makes sense.
    let num_features = spec.num_features();
    let fits = !problems.is_empty() || card.shape == [num_features];
    let message = format!("the columns become {num_features} features");
    let help =
        format!("shape = [{num_features}]: one for a number, one for each value of a category");
    found.check("shape", fits, &message, &help);
}

pub(super) fn check_image_table(
    train: &[String],
    (image, label, group): (&str, &str, Option<&str>),
    found: &mut Found<'_>,
) {
    let help = "train = [\"train.parquet\"]";
    found.check("format.image-table.train", !train.is_empty(), "no file to learn from", help);
    let message = "the image cannot be the label";
    found.check("format.image-table.label", image != label, message, "another column");
    let is_new = group.is_none_or(|group| group != image && group != label);
    let message = "the group cannot be the image or the label";
    found.check("format.image-table.group", is_new, message, "another column");
}
