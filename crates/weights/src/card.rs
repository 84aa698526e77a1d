//! `ModelCard`: a text about weights, for those who find them without their run.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Tensor;
use crate::words::plural;

/// What the caller knows. Texts are for people and stand in the card as they are; nothing is made
/// up.
#[derive(Clone, Debug, Default)]
pub struct ModelCard {
    /// Of the card.
    pub title: String,
    /// SPDX name.
    pub licence: String,
    /// The file of the weights.
    pub file: String,
    /// A few sentences: which network it is, and what it is good for.
    pub summary: String,
    /// How an input is to be prepared: shape, order of the channels, normalisation.
    pub inputs: String,
    /// The classes, in the order of the outputs.
    pub classes: Vec<String>,
    /// The data it has learnt from, as names of datasets.
    pub datasets: Vec<String>,
    /// How it was trained: seed, steps, optimizer. Name and value.
    pub training: Vec<(String, String)>,
    /// What it was measured to do: name, value, and on what (which examples, how many runs).
    pub results: Vec<[String; 3]>,
    /// What it comes from: the trial, its data, its code. Name and value.
    pub provenance: Vec<(String, String)>,
    /// What it is not good for.
    pub limits: String,
    /// What to cite, as text or BibTeX.
    pub citation: String,
}

impl ModelCard {
    /// As Markdown, with the header that model hubs read. The same facts give the same text.
    pub fn markdown(&self, tensors: &BTreeMap<String, Tensor>) -> String {
        let mut text = self.header();
        let mut add = |part: String| text.push_str(&part);
        add(format!("# {}\n", line(&self.title)));
        add(paragraph(&self.summary));
        add(section("Inputs", paragraph(&self.inputs)));
        add(section("Classes", numbered(&self.classes)));
        add(section("Use", self.usage()));
        let rows = self.results.iter().map(|row| row.iter().map(|text| cell(text)).collect());
        add(section("Results", table(["measure", "value", "on"], rows)));
        add(section("Training", pairs(&self.training)));
        add(section("Limits", paragraph(&self.limits)));
        add(section("Where it comes from", pairs(&self.provenance)));
        add(section("Tensors", listing(tensors)));
        add(section("Citation", fenced("", &self.citation)));
        text
    }

    /// YAML, whose texts are written as JSON: that is YAML, too.
    fn header(&self) -> String {
        // Hubs know licences in small letters.
        let licence = Value::from(self.licence.to_lowercase());
        let licence =
            if self.licence.is_empty() { String::new() } else { format!("license: {licence}\n") };
        let datasets =
            self.datasets.iter().map(|name| format!("- {}\n", Value::from(name.as_str())));
        let datasets: String = datasets.collect();
        let title = if datasets.is_empty() { "" } else { "datasets:\n" };
        let tags = "tags:\n- \"pytorch\"\n- \"safetensors\"\n";
        format!("---\n{licence}{title}{datasets}{tags}---\n\n")
    }

    fn usage(&self) -> String {
        let file = Value::from(self.file.as_str());
        fenced(
            "python",
            &format!(
                "from safetensors.torch import load_file\n\n\
                 model.load_state_dict(load_file({file}))\nmodel.eval()"
            ),
        )
    }
}

/// Nothing without a body.
fn section(title: &str, body: String) -> String {
    if body.is_empty() { body } else { format!("\n## {title}\n{body}") }
}

fn paragraph(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("\n{}\n", text.trim()) }
}

fn numbered(classes: &[String]) -> String {
    let rows =
        classes.iter().enumerate().map(|(index, class)| format!("{index}. {}\n", line(class)));
    let rows: String = rows.collect();
    if rows.is_empty() { rows } else { format!("\n{rows}") }
}

fn pairs(pairs: &[(String, String)]) -> String {
    let rows = pairs.iter().map(|(name, value)| vec![cell(name), cell(value)]);
    table(["what", "value"], rows)
}

fn listing(tensors: &BTreeMap<String, Tensor>) -> String {
    if tensors.is_empty() {
        return String::new();
    }
    let rows = tensors
        .iter()
        .map(|(name, tensor)| vec![format!("`{}`", cell(name)), format!("{:?}", tensor.shape)]);
    let count: usize = tensors.values().map(|tensor| tensor.values.len()).sum();
    let about = format!(
        "{} with {}, 32-bit floats.",
        plural(tensors.len(), "tensor"),
        plural(count, "value")
    );
    format!("\n{about}\n{}", table(["name", "shape"], rows))
}

fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = Vec<String>>) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.map(|cells| row(&cells)).collect();
    if rows.is_empty() {
        return rows;
    }
    let header = row(&header.map(str::to_owned));
    let rule = format!("|{}\n", "---|".repeat(N));
    format!("\n{header}{rule}{rows}")
}

/// A fence that the text itself cannot end.
fn fenced(language: &str, text: &str) -> String {
    const FENCE: &str = "```";
    if text.trim().is_empty() {
        return String::new();
    }
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).saturating_add(1).max(FENCE.len()));
    format!("\n{fence}{language}\n{}\n{fence}\n", text.trim())
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Of a table: on one line, and without what ends a cell.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Number;

    #[test]
    fn a_card_says_what_is_known_and_leaves_out_the_rest() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let card = ModelCard {
            title: "ResNet-20\nof CIFAR-10".into(),
            licence: "BSD-2-Clause".into(),
            file: "model.safetensors".into(),
            summary: "Tells ten kinds of pictures apart.".into(),
            classes: texts(&["cat", "dog"]),
            datasets: texts(&["cifar10"]),
            results: vec![["accuracy", "0.9173", "10000 test examples, 1 run"].map(Into::into)],
            provenance: vec![("trial".into(), "a|b".into())],
            citation: "@x{\n```\n}".into(),
            ..ModelCard::default()
        };
        let tensor = Tensor { shape: vec![2, 1], values: vec![0.0; 2], stored: Number::F32 };
        let text = card.markdown(&BTreeMap::from([("head.weight".to_owned(), tensor)]));
        assert_eq!(text, include_str!("../tests/golden/card.md"));
        assert_eq!(card.markdown(&BTreeMap::new()), card.markdown(&BTreeMap::new()));
    }

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(cell("a |\n| b"), "a \\| \\| b");
        assert_eq!(fenced("", "a ```` b"), "\n`````\na ```` b\n`````\n");
        assert_eq!(ModelCard::default().header().matches("---").count(), 2);
    }
}
