//! `[[factor]]` and `[[exclude]]`: keys that exist, levels that fit and differ.

use std::collections::BTreeMap;

use toml::Value;

use super::{
    ExperimentFile, FactorFile, Place, Source, Varied, earlier, factor_keys, factor_levels,
};
use crate::design::same;
use crate::error::Flaw;
use crate::tree::{Node, Span};
use crate::{Design, Factor, Level, suggest};

/// A level with what it sets, where.
pub(super) struct SitedLevel<'a> {
    pub(super) level: Level,
    pub(super) place: Place<'a>,
}

/// All factors, for the designs that have them.
pub(super) fn read<'a>(
    file: &ExperimentFile,
    source: &Source<'a>,
    flaws: &mut Vec<Flaw>,
) -> Varied<'a> {
    if !file.condition.is_empty() {
        let message = "only an explicit design has conditions of its own";
        flaws.push(
            Flaw::new(source.header("condition"), message, "not used")
                .help("write design = \"explicit\", or describe what varies as [[factor]]"),
        );
    }
    if file.factor.is_empty() && source.read.is_sound("factor") && source.base().is_some() {
        let end = source.root.span.end;
        let flaw = Flaw::new(&(end..end), "nothing is varied", "there is no [[factor]]");
        flaws.push(flaw.help("name a key of [base] and its levels in a [[factor]]"));
    }
    let (mut factors, mut places, mut sites) = (Vec::new(), Vec::new(), Vec::new());
    for (index, raw) in file.factor.iter().enumerate() {
        let path = format!("factor.{index}");
        if !source.read.is_sound(&path) {
            continue;
        }
        let site = Site { raw, path, design: file.design, source };
        if let Some((factor, of_levels)) = site.read(file, flaws) {
            sites.push(site);
            factors.push(factor);
            places.push(of_levels);
        }
    }
    check_names(&factors, &sites, flaws);
    check_overlap(&factors, &sites, flaws);
    check_exclude(file, source, &factors, flaws);
    check_count(file, source, flaws);
    Varied::Factors { factors, places }
}

/// One `[[factor]]`.
pub(super) struct Site<'r, 's> {
    pub(super) raw: &'r FactorFile,
    pub(super) path: String,
    pub(super) design: Design,
    pub(super) source: &'r Source<'s>,
}

impl<'s> Site<'_, 's> {
    fn read(
        &self,
        file: &ExperimentFile,
        flaws: &mut Vec<Flaw>,
    ) -> Option<(Factor, Vec<Place<'s>>)> {
        let told = flaws.len();
        let keys = factor_keys::keys(self, flaws)?;
        let name = factor_keys::name(self, &keys, flaws);
        let levels = factor_levels::levels(self, &keys, file, flaws);
        if flaws.len() > told {
            return None;
        }
        let (levels, places) = levels.into_iter().map(|sited| (sited.level, sited.place)).unzip();
        Some((Factor { name, keys, levels }, places))
    }

    /// A node of this factor, or the factor's header.
    pub(super) fn node(&self, path: &str) -> &'s Node {
        self.source.node(&format!("{}.{path}", self.path))
    }

    pub(super) fn header(&self) -> &'s Span {
        &self.source.node(&self.path).span
    }
}

fn check_names(factors: &[Factor], sites: &[Site<'_, '_>], flaws: &mut Vec<Flaw>) {
    let mut first_seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for (factor, site) in factors.iter().zip(sites) {
        let key = if site.raw.name.is_some() { "name" } else { "key" };
        let span = &site.node(key).span;
        if let Some(first) = earlier(&mut first_seen, &factor.name, span) {
            let message = format!("two factors are called `{}`", factor.name);
            let flaw = Flaw::new(span, message, "again").also(first, "first here");
            flaws.push(flaw.help("give one of them another `name`"));
        }
    }
}

/// No two keys may be the same or lie within each other: the later would undo the earlier.
fn check_overlap(factors: &[Factor], sites: &[Site<'_, '_>], flaws: &mut Vec<Flaw>) {
    let mut seen: Vec<(&str, &Span)> = Vec::new();
    for (factor, site) in factors.iter().zip(sites) {
        for (index, key) in factor.keys.iter().enumerate() {
            let path = if site.raw.key.is_some() { "key".into() } else { format!("keys.{index}") };
            let span = &site.node(&path).span;
            if let Some((_, first)) = seen.iter().find(|(other, _)| overlap(key, other)) {
                let flaw = Flaw::new(span, format!("`{key}` is moved twice"), "again");
                let help = "each value of [base] belongs to one factor; `keys` links values that \
                            move together";
                flaws.push(flaw.also(first, "moved here").help(help));
            }
            seen.push((key, span));
        }
    }
}

/// Whether one key is the other or lies within it.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    let within = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    within(a, b) || within(b, a)
}

/// With fewer than three components, leaving all but one out is leaving one out.
fn check_count(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let help = match file.factor.len() {
        1 => "write design = \"leave-one-out\"",
        2 => "write design = \"full-factorial\": with two, it has the same four conditions",
        _ => return,
    };
    if file.design == Design::LeaveOneOutAddOneIn && source.read.is_sound("factor") {
        let message = format!("{} needs three factors or more", file.design.name());
        let label = format!("with {}", file.factor.len());
        flaws.push(Flaw::new(&source.node("design").span, message, label).help(help));
    }
}

/// Each `[[exclude]]` names keys of factors and values of their levels.
fn check_exclude(
    file: &ExperimentFile,
    source: &Source<'_>,
    factors: &[Factor],
    flaws: &mut Vec<Flaw>,
) {
    if !file.exclude.is_empty() && file.design != Design::FullFactorial {
        let message = "only a full-factorial design has combinations to exclude";
        flaws.push(
            Flaw::new(source.header("exclude"), message, "not used")
                .help("delete the level instead, or write design = \"full-factorial\""),
        );
        return;
    }
    if factors.len() < file.factor.len() {
        // What a broken factor would have allowed is not known.
        return;
    }
    let keys: Vec<&String> = factors.iter().flat_map(|factor| &factor.keys).collect();
    for (index, combination) in file.exclude.iter().enumerate() {
        let path = format!("exclude.{index}");
        if combination.is_empty() && source.read.is_sound(&path) {
            let span = &source.node(&path).span;
            flaws.push(Flaw::new(span, "an [[exclude]] without keys", "excludes everything"));
        }
        for (key, value) in combination {
            let entry = source.node(&path).table().and_then(|table| table.get(key));
            let Some(entry) = entry else { continue };
            match values_of(key, factors) {
                None => {
                    let message = format!("excluded key `{key}` belongs to no factor");
                    let flaw = Flaw::new(&entry.key, message, "not varied");
                    flaws.push(flaw.help(exclude_help(key, &keys)));
                }
                Some(values) if !values.iter().any(|level| same(level, value)) => {
                    let message = format!("excluded value is no level of `{key}`");
                    let words: Vec<String> =
                        values.iter().map(|value| value.to_string().replace('"', "")).collect();
                    let label = format!("found {}", entry.node.words());
                    let help = format!("levels are {}", suggest::list(&words, "and"));
                    flaws.push(Flaw::new(&entry.node.span, message, label).help(help));
                }
                Some(_) => {}
            }
        }
    }
}

/// The values that a key takes; none for a key that no factor moves.
fn values_of<'f>(key: &str, factors: &'f [Factor]) -> Option<Vec<&'f Value>> {
    factors.iter().find_map(|factor| {
        let at = factor.keys.iter().position(|k| k == key)?;
        Some(factor.levels.iter().filter_map(|level| level.values.get(at)).collect())
    })
}

fn exclude_help(key: &str, keys: &[&String]) -> String {
    // TOML reads model.cnn.norm as tables within each other; as a key it needs quotes.
    let split: Vec<&&String> =
        keys.iter().filter(|known| known.split('.').next() == Some(key)).collect();
    match split.first() {
        Some(known) if *key != ***known => {
            format!("put the whole key in quotes: \"{known}\" = ...")
        }
        _ => suggest::help(key, "keys of factors", keys),
    }
}
