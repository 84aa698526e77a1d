//! `Teller`: faults in words, with their places in the file.

use std::collections::BTreeMap;

use super::Marks;
use super::fault::{Fault, Kind};
use crate::error::Flaw;
use crate::suggest;
use crate::tree::Node;

/// Puts faults into words.
pub(super) struct Teller<'a> {
    pub(super) root: &'a Node,
    /// Path of the root in the file.
    pub(super) prefix: &'a [&'a str],
    pub(super) marks: &'a Marks,
    pub(super) faults: &'a [Fault],
}

impl Teller<'_> {
    pub(super) fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut lacking: BTreeMap<Vec<&str>, Vec<&'static str>> = BTreeMap::new();
        for fault in self.faults {
            let Kind::Missing(field) = fault.kind else {
                flaws.push(self.flaw(fault));
                continue;
            };
            if !self.is_misspelt(fault, field) {
                lacking.entry(fault.table_path()).or_default().push(field);
            }
        }
        flaws.extend(lacking.iter().map(|(path, fields)| self.missing(path, fields)));
        flaws
    }

    /// Whether an unknown key of the same table most likely means this one: one flaw, not two.
    fn is_misspelt(&self, missing: &Fault, field: &str) -> bool {
        self.faults.iter().any(|other| {
            let Kind::UnknownField { name, expected } = &other.kind else { return false };
            let table = other.table_path();
            table == missing.table_path() && self.meant(&table, name, expected) == Some(field)
        })
    }

    /// The key that an unknown one stands for: rather one that the table lacks.
    fn meant(
        &self,
        table: &[&str],
        name: &str,
        expected: &'static [&'static str],
    ) -> Option<&'static str> {
        let table = self.find(table);
        let lacking: Vec<&'static str> =
            expected.iter().copied().filter(|key| table.child(key).is_none()).collect();
        let found = suggest::nearest(name, &lacking).or(suggest::nearest(name, expected))?;
        expected.iter().copied().find(|key| *key == found)
    }

    fn flaw(&self, fault: &Fault) -> Flaw {
        let path: Vec<&str> = fault.path().collect();
        let steps = || self.prefix.iter().chain(&path).copied();
        let name = value_name(&steps().collect::<Vec<_>>());
        let node = self.find(&path);
        match &fault.kind {
            Kind::Custom(text) => Flaw::new(&node.span, format!("`{name}`: {text}"), "here"),
            Kind::Invalid { found, expected } => {
                let message = format!("`{name}` must be {expected}");
                Flaw::new(&node.span, message, format!("found {found}"))
            }
            Kind::Missing(field) => self.missing(&fault.table_path(), &[*field]),
            Kind::NeedsValue { variant, example } => {
                let message = format!("`{variant}` needs a value in `{name}`");
                Flaw::new(&node.span, message, "only the name")
                    .help(format!("write `{{ {variant} = {example} }}`, for example"))
            }
            Kind::OneOnly { expected } => {
                let message = format!("`{name}` must be a single choice");
                let label = format!("found {} of them", node.table().map_or(0, BTreeMap::len));
                Flaw::new(&node.span, message, label)
                    .help(format!("choose {}", suggest::list(expected, "or")))
            }
            Kind::TakesNoValue { variant } => {
                let message = format!("`{variant}` takes no value in `{name}`");
                Flaw::new(&node.span, message, "more than the name")
                    .help(format!("write \"{variant}\""))
            }
            Kind::UnknownField { name: field, expected } => {
                self.unknown_key(&fault.table_path(), field, expected)
            }
            Kind::UnknownVariant { name: variant, expected } => {
                let entry = node.table().and_then(|table| table.get(variant));
                let span = entry.map_or(&node.span, |entry| &entry.key);
                Flaw::new(
                    span,
                    format!("unknown choice `{variant}` for `{name}`"),
                    "no such choice",
                )
                .help(variant_help(variant, expected))
            }
        }
    }

    fn unknown_key(&self, path: &[&str], field: &str, expected: &'static [&'static str]) -> Flaw {
        let steps: Vec<&str> = self.prefix.iter().chain(path).copied().collect();
        let table = self.find(path);
        let entry = table.table().and_then(|entries| entries.get(field));
        let span = entry.map_or(&table.span, |entry| &entry.key);
        let message = format!("unknown key `{field}` in {}", table_name(&steps));
        Flaw::new(span, message, "no such key").help(match self.meant(path, field, expected) {
            Some(key) => format!("did you mean `{key}`?"),
            None => suggest::help(field, "keys", expected),
        })
    }

    fn missing(&self, path: &[&str], fields: &[&'static str]) -> Flaw {
        let table: Vec<&str> = self.prefix.iter().chain(path).copied().collect();
        let message = format!("{} lacks {}", table_name(&table), suggest::list(fields, "and"));
        let label = if fields.len() == 1 { "a key is missing" } else { "keys are missing" };
        let add = |field: &&'static str| {
            let below: Vec<&str> = path.iter().copied().chain([*field]).collect();
            let wanted = self.marks.at(&below).and_then(|marks| marks.wanted.borrow().clone());
            match wanted {
                Some(wanted) => format!("`{field}` is {}", wanted.describe()),
                None => format!("add `{field}`"),
            }
        };
        let help: Vec<String> = fields.iter().map(add).collect();
        Flaw::new(&self.find(path).span, message, label).help(help.join("; "))
    }

    /// The node at a path, or its closest ancestor.
    fn find(&self, path: &[&str]) -> &Node {
        self.root.nearest_of(path.iter().copied())
    }
}

/// Words of other tools, and where their meaning is found here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("adamw", "AdamW is adam with decay = \"decoupled\""),
    ("batch-norm", "write \"batch\""),
    ("batchnorm", "write \"batch\""),
    ("gap", "global average pooling is \"global-average\""),
    ("group-norm", "write { group = 4 }, for example"),
    ("layer-norm", "write \"layer\""),
    ("layernorm", "write \"layer\""),
    ("linear", "write \"identity\""),
    ("loco", "leaving one component out is \"leave-one-out\""),
    ("nadam", "Nesterov momentum is { sgd = { momentum = 0.9, nesterov = true } }"),
    ("ofat", "write \"one-factor-at-a-time\""),
    ("grid", "every combination of levels is \"full-factorial\""),
    ("factorial", "every combination of levels is \"full-factorial\""),
    ("fraction", "a regular fraction is \"fractional-factorial\""),
    ("add-one-in", "adding one component in is half of \"leave-one-out-add-one-in\""),
    ("percentile", "the percentile bootstrap is \"bootstrap\""),
    ("student", "the paired t-interval is \"t\""),
];

fn variant_help(variant: &str, expected: &[&str]) -> String {
    let lower = variant.to_lowercase().replace('_', "-");
    match ELSEWHERE.iter().find(|(word, _)| *word == lower) {
        // A hint is only right where what it names can be chosen.
        Some((_, help)) if expected.iter().any(|name| help.contains(name)) => (*help).to_owned(),
        _ => suggest::help(variant, "choices", expected),
    }
}

/// `model.cnn.norm` below `[base]`; elsewhere the last key alone, since the caret shows the rest.
fn value_name(steps: &[&str]) -> String {
    match steps {
        ["base", rest @ ..] if !rest.is_empty() => rest.join("."),
        _ => {
            let key = steps.iter().rev().find(|step| step.parse::<usize>().is_err());
            (*key.unwrap_or(&"file")).to_owned()
        }
    }
}

fn table_name(steps: &[&str]) -> String {
    match steps {
        [] => "the file".to_owned(),
        [list @ ("condition" | "exclude" | "factor" | "files"), _] => format!("[[{list}]]"),
        _ => format!("[{}]", steps.join(".")),
    }
}
