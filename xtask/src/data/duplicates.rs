//! Duplicates in a dataset, in words.

use fireassay_data::inspect::{Contents, Copies, LIMIT, Lookalike, Part};
use fireassay_spec::DatasetCard;

use super::show::across;
use crate::ui::{Ui, plural};

/// Rows named in one line.
const SHOWN: usize = 10;

/// How many there are, and which.
pub(super) fn lines(
    card: &DatasetCard,
    contents: &Contents,
    copies: &[Copies],
    lookalikes: &[Lookalike],
) -> String {
    let surplus = |part| -> usize {
        copies.iter().map(|copies| copies.count(part, contents).saturating_sub(1)).sum()
    };
    let across = across(copies, contents);
    let shared: usize = across.iter().map(|copies| copies.count(Part::Test, contents)).sum();
    let disagreeing: Vec<&Copies> = copies.iter().filter(|copies| copies.disagree).collect();
    let has_test = card.examples.test > 0;
    let mut text =
        "\n  duplicates (rows are counted from 0, in the order of the files)\n".to_owned();
    let mut line = |what: &str, count: usize, which: &[String]| {
        let shown = which.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = if which.len() > SHOWN { ", .." } else { "" };
        let gap = if shown.is_empty() { "" } else { ": " };
        text.extend([format!("    {what:<41}  {count}{gap}{shown}{more}\n")]);
    };
    let inside = |part| -> Vec<String> {
        let rows = copies.iter().filter_map(|copies| rows_of(copies, part, contents));
        rows.collect()
    };
    line("train inputs that are there before", surplus(Part::Train), &inside(Part::Train));
    if has_test {
        line("test inputs that are there before", surplus(Part::Test), &inside(Part::Test));
        let which: Vec<String> = across.iter().map(|copies| names(copies, contents)).collect();
        line("test inputs that are train inputs too", shared, &which);
    }
    let which: Vec<String> = disagreeing.iter().map(|copies| names(copies, contents)).collect();
    line("inputs with several labels", disagreeing.len(), &which);
    if card.shape.len() == 3 {
        let what = if has_test {
            "test images that look like a train image"
        } else {
            "images that look like an earlier one"
        };
        let which: Vec<String> = lookalikes.iter().map(|pair| pair_name(pair, contents)).collect();
        line(what, lookalikes.len(), &which);
    }
    text
}

/// What is dangerous about them.
pub(super) fn warn(
    card: &DatasetCard,
    contents: &Contents,
    copies: &[Copies],
    lookalikes: &[Lookalike],
    ui: Ui,
) {
    let across = across(copies, contents);
    let shared: usize = across.iter().map(|copies| copies.count(Part::Test, contents)).sum();
    let test = card.examples.test;
    if shared > 0 {
        let message = format!(
            "{shared} of {} found in train too; there, memory passes for skill",
            plural(test, "test input")
        );
        ui.warning(&message, "take one of each out of the files");
    }
    let disagreeing = copies.iter().filter(|copies| copies.disagree).count();
    if disagreeing > 0 {
        let message = format!("{} with several labels", plural(disagreeing, "input"));
        ui.warning(&message, "no model can be right on all of them; look at them below");
    }
    if !lookalikes.is_empty() {
        let n = lookalikes.len();
        let percent = LIMIT * 100.0;
        let message = if test > 0 {
            format!("{n} of {} look like train images", plural(test, "test image"))
        } else {
            format!(
                "{} like an earlier one, which a test split may part from it",
                if n == 1 { "1 image looks".to_owned() } else { format!("{n} images look") }
            )
        };
        let message = format!(
            "{message}; brightness and a pixel's shift aside, they differ by less than {percent} % \
             of their contrast"
        );
        ui.warning(&message, "look at them, below; simple shapes may be alike by chance");
    }
}

/// `train 3 = 17 = 20`; none when there is one at most.
fn rows_of(copies: &Copies, part: Part, contents: &Contents) -> Option<String> {
    let places = copies.rows.iter().map(|&row| contents.place(row));
    let rows: Vec<String> =
        places.filter(|(of, _)| *of == part).map(|(_, row)| row.to_string()).collect();
    (rows.len() > 1).then(|| rows.join(" = "))
}

/// `train 3 = test 17`.
fn names(copies: &Copies, contents: &Contents) -> String {
    let names: Vec<String> = copies.rows.iter().map(|&row| row_name(row, contents)).collect();
    names.join(" = ")
}

fn pair_name(pair: &Lookalike, contents: &Contents) -> String {
    let (row, other) = (row_name(pair.row, contents), row_name(pair.other, contents));
    format!("{row} ~ {other} ({:.1} %)", pair.difference * 100.0)
}

fn row_name(row: u32, contents: &Contents) -> String {
    match contents.place(row) {
        (Part::Train, row) => format!("train {row}"),
        (Part::Test, row) => format!("test {row}"),
    }
}
