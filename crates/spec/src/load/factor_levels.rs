//! The levels of a `[[factor]]`: they fit the key, differ from each other and from `[base]`.

use std::collections::BTreeMap;

use super::factors::{Site, SitedLevel};
use super::{ExperimentFile, Place, earlier};
use crate::error::Flaw;
use crate::id::canonical;
use crate::read::read;
use crate::tree::Node;
use crate::{Design, Level, TrialSpec, label, suggest};

/// The levels of a factor; if something is wrong with them, the flaws say so.
pub(super) fn levels<'s>(
    site: &Site<'_, 's>,
    keys: &[String],
    file: &ExperimentFile,
    flaws: &mut Vec<Flaw>,
) -> Vec<SitedLevel<'s>> {
    let Some(nodes) = nodes(site, flaws) else {
        return Vec::new();
    };
    let mut places = Vec::new();
    let mut specs = Vec::new();
    for node in &nodes {
        let Some(place) = place(site, keys, node, flaws) else {
            continue;
        };
        match resolve(site, node, &place) {
            Ok(spec) => {
                specs.push(spec);
                places.push(place);
            }
            Err(wrong) => flaws.extend(wrong),
        }
    }
    if places.len() < nodes.len() {
        return Vec::new();
    }
    let told = flaws.len();
    let labels = labels(site, &places, flaws);
    if flaws.len() > told {
        return Vec::new();
    }
    let duplicates = duplicates(site, &labels, flaws);
    let fresh: Vec<bool> = check_distinct(&nodes, &specs, &duplicates, flaws);
    check_labels(site, &labels, &fresh, flaws);
    if site.source.read.is_sound("base") {
        check_against_base(site, &specs, &duplicates, file, flaws);
    }
    let level = |((place, label), duplicate): ((Place<'s>, String), bool)| {
        let values = place.iter().filter_map(|(_, node)| node.plain()).collect();
        SitedLevel { level: Level { label, values, duplicate }, place }
    };
    places.into_iter().zip(labels).zip(duplicates).map(level).collect()
}

/// The nodes that hold the levels.
fn nodes<'s>(site: &Site<'_, 's>, flaws: &mut Vec<Flaw>) -> Option<Vec<&'s Node>> {
    let leaves_out = site.design.removes();
    match (leaves_out, &site.raw.levels, &site.raw.without) {
        (false, Some(levels), None) => {
            let node = site.node("levels");
            if levels.is_empty() {
                flaws.push(Flaw::new(&node.span, "a factor without levels", "nothing to vary"));
                return None;
            }
            Some(node.list()?.iter().collect())
        }
        (true, None, Some(_)) => Some(vec![site.node("without")]),
        (false, _, Some(_)) => {
            let span = site.source.key(&site.path, "without");
            let message = "`without` belongs to design = \"leave-one-out\"";
            let flaw = Flaw::new(span, message, "not used in this design");
            flaws.push(flaw.help("list the values in `levels`, or change the design"));
            None
        }
        (true, Some(_), _) => {
            let span = site.source.key(&site.path, "levels");
            let message = format!("{} has no levels", site.design.name());
            let flaw = Flaw::new(span, message, "not used in this design");
            flaws.push(flaw.help("say what the component is replaced by: without = \"none\""));
            None
        }
        (false, None, None) => {
            let flaw = Flaw::new(site.header(), "[[factor]] lacks `levels`", "a key is missing");
            flaws.push(flaw.help("the values to compare: levels = [0.01, 0.1]"));
            None
        }
        (true, None, None) => {
            let flaw = Flaw::new(site.header(), "[[factor]] lacks `without`", "a key is missing");
            flaws.push(flaw.help("what the component is replaced by: without = \"none\""));
            None
        }
    }
}

/// Which key gets which value.
fn place<'s>(
    site: &Site<'_, 's>,
    keys: &[String],
    node: &'s Node,
    flaws: &mut Vec<Flaw>,
) -> Option<Place<'s>> {
    if site.raw.keys.is_none() {
        return Some(keys.iter().map(|key| (key.clone(), node)).collect());
    }
    match node.list() {
        Some(items) if items.len() == keys.len() => Some(keys.iter().cloned().zip(items).collect()),
        items => {
            let found = items.map_or(node.words(), |items| format!("a list of {}", items.len()));
            let message = format!("a level of linked keys is a list of {} values", keys.len());
            let flaw = Flaw::new(&node.span, message, format!("found {found}"));
            flaws.push(flaw.help(format!("one value for each of {}", suggest::list(keys, "and"))));
            None
        }
    }
}

/// `[base]` with the level in it; or what is wrong with the level itself.
fn resolve(
    site: &Site<'_, '_>,
    node: &Node,
    place: &[(String, &Node)],
) -> Result<Option<TrialSpec>, Vec<Flaw>> {
    let Some(base) = site.source.base() else {
        return Ok(None);
    };
    let mut tree = base.clone();
    for (key, value) in place {
        tree.set(key, (*value).clone());
    }
    let mut read = read::<TrialSpec>(&tree, "base");
    // What is wrong elsewhere in [base] is told there.
    read.flaws.retain(|flaw| flaw.lies_within(&node.span));
    if read.flaws.is_empty() { Ok(read.value) } else { Err(read.flaws) }
}

/// One label per level: those given, or made from the values.
fn labels(site: &Site<'_, '_>, places: &[Place<'_>], flaws: &mut Vec<Flaw>) -> Vec<String> {
    let own = |place: &Place<'_>| {
        label::of_values(&place.iter().filter_map(|(_, node)| node.plain()).collect::<Vec<_>>())
    };
    let made: Vec<Option<String>> = places.iter().map(own).collect();
    let numbered = |(index, label): (usize, &Option<String>)| {
        let is_taken = |label: &String| {
            let same = made.iter().filter(|other| other.as_ref() == Some(label)).count();
            // Scalars cannot be told apart by a number; tables of one key can.
            same > 1
                && places.get(index).is_some_and(|p| p.iter().any(|(_, n)| n.table().is_some()))
        };
        match label {
            Some(label) if !is_taken(label) => label.clone(),
            _ => format!("level-{}", index + 1),
        }
    };
    let made = || made.iter().enumerate().map(numbered).collect();
    let Some(given) = &site.raw.labels else {
        return made();
    };
    let wanted = places.len();
    if given.len() != wanted {
        let span = &site.node("labels").span;
        let label = format!("found {}", given.len());
        flaws.push(Flaw::new(span, format!("{wanted} levels need {wanted} labels"), label));
        return made();
    }
    for (index, text) in given.iter().enumerate() {
        if label::safe(text).is_empty() {
            let span = &site.node(&format!("labels.{index}")).span;
            flaws.push(Flaw::new(span, "a label is empty", "no letter or digit"));
        }
    }
    given.iter().map(|text| label::safe(text)).collect()
}

/// Which levels are deliberate duplicates.
fn duplicates(site: &Site<'_, '_>, labels: &[String], flaws: &mut Vec<Flaw>) -> Vec<bool> {
    let marked: Vec<String> = site.raw.duplicates.iter().map(|text| label::safe(text)).collect();
    for (index, (label, text)) in marked.iter().zip(&site.raw.duplicates).enumerate() {
        if !labels.contains(label) {
            let span = &site.node(&format!("duplicates.{index}")).span;
            let flaw = Flaw::new(span, format!("no level is labelled `{text}`"), "no such label");
            flaws.push(flaw.help(suggest::help(text, "labels", labels)));
        }
    }
    labels.iter().map(|label| marked.contains(label)).collect()
}

/// Levels that train alike are refused unless marked; true for those that differ.
fn check_distinct(
    nodes: &[&Node],
    specs: &[Option<TrialSpec>],
    duplicates: &[bool],
    flaws: &mut Vec<Flaw>,
) -> Vec<bool> {
    let mut first_seen: BTreeMap<String, &Node> = BTreeMap::new();
    let mut fresh = Vec::new();
    for ((node, spec), duplicate) in nodes.iter().zip(specs).zip(duplicates) {
        let Some(spec) = spec else {
            fresh.push(true);
            continue;
        };
        let known = (!duplicate).then(|| earlier(&mut first_seen, canonical(spec), node)).flatten();
        fresh.push(known.is_none());
        if let Some(first) = known {
            flaws.push(
                Flaw::new(&node.span, "two levels of a factor are the same", "again")
                    .also(&first.span, "first here")
                    .help(
                        "delete one; or, to measure noise, give it a label of its own and \
                           list that in `duplicates`",
                    ),
            );
        }
    }
    fresh
}

fn check_labels(site: &Site<'_, '_>, labels: &[String], fresh: &[bool], flaws: &mut Vec<Flaw>) {
    let list = if site.raw.labels.is_some() { "labels" } else { "levels" };
    let mut first_seen = BTreeMap::new();
    for (index, label) in labels.iter().enumerate().filter(|(i, _)| fresh.get(*i) == Some(&true)) {
        let node = site.node(&format!("{list}.{index}"));
        if let Some(first) = earlier(&mut first_seen, label, node) {
            let message = format!("two levels are labelled `{label}`");
            let flaw = Flaw::new(&node.span, message, "again").also(&first.span, "first here");
            flaws.push(flaw.help("labels name run directories; tell them apart with `labels`"));
        }
    }
}

/// Some level differs from `[base]`; in a full factorial, one equals it.
fn check_against_base(
    site: &Site<'_, '_>,
    specs: &[Option<TrialSpec>],
    duplicates: &[bool],
    file: &ExperimentFile,
    flaws: &mut Vec<Flaw>,
) {
    let base = canonical(&file.base);
    let is_base =
        |spec: &Option<TrialSpec>| spec.as_ref().is_some_and(|spec| canonical(spec) == base);
    let mut levels = specs.iter().zip(duplicates);
    if levels.clone().all(|(spec, duplicate)| is_base(spec) && !duplicate) {
        let list = if site.design.removes() { "without" } else { "levels" };
        let message = "a factor must change something";
        let label = "only the value that [base] has";
        flaws.push(Flaw::new(&site.node(list).span, message, label));
    } else if site.design == Design::FractionalFactorial && specs.len() != 2 {
        let message = "a factor of a fractional factorial has two levels";
        let label = format!("found {}", specs.len());
        let flaw = Flaw::new(&site.node("levels").span, message, label);
        flaws.push(flaw.help(
            "the value of [base] and one other; for more levels, design = \"full-factorial\"",
        ));
    } else if matches!(site.design, Design::FractionalFactorial | Design::FullFactorial)
        && !levels.any(|(spec, duplicate)| is_base(spec) && !duplicate)
    {
        let keys = site.raw.key.iter().chain(site.raw.keys.iter().flatten());
        let words = keys.map(|key| site.source.node(&format!("base.{key}")).words());
        let words = words.collect::<Vec<_>>().join(", ");
        let words = if site.raw.keys.is_some() { format!("[{words}]") } else { words };
        let message = format!("{words}, the value of [base], is not among the levels");
        let label = "the reference is missing";
        let flaw = Flaw::new(&site.node("levels").span, message, label);
        flaws.push(flaw.help("a factorial contains the reference; add it to `levels`"));
    }
}
