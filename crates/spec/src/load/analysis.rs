//! `[analysis]` and `[tuning]`: what they name exists, and fits claim, design and seeds.

use std::collections::BTreeMap;

use super::generators::unknown_factor;
use super::head::problem_flaw;
use super::seeds::SeedsFile;
use super::{ExperimentFile, Source, earlier};
use crate::design::Assignment;
use crate::error::Flaw;
use crate::fraction::factor_names;
use crate::{Claim, Design, Experiment, Factor, Plan, suggest};

/// What can be said before conditions are made.
pub(super) fn check(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    for problem in file.analysis.problems() {
        // A stand-in for a metric fits no direction.
        let is_about_metric =
            matches!(problem.key.as_str(), "analysis.direction" | "analysis.failed-trial");
        let is_told = is_about_metric && !source.read.is_sound("analysis.primary-metric");
        if source.read.is_sound(&problem.key) && !is_told {
            flaws.push(problem_flaw(source.node(&problem.key), problem.message, problem.help));
        }
    }
    let is_exploratory = source.read.is_sound("claim") && file.claim == Claim::Exploratory;
    if is_exploratory && file.analysis.contrasts.is_some() {
        let message = "contrasts are declared for a confirmatory claim";
        let flaw = Flaw::new(source.key("analysis", "contrasts"), message, "not used");
        let flaw = flaw.also(&source.node("claim").span, "this claim confirms nothing");
        flaws.push(flaw.help("delete them, or write claim = \"confirmatory\""));
    }
    check_until(file, source, flaws);
    check_blocks(file, source, flaws);
}

/// Blocks are of a stream that trials share.
fn check_blocks(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let Some(stream) = file.analysis.blocks else { return };
    let are_sound =
        ["seeds", "analysis.blocks", "base"].iter().all(|key| source.read.is_sound(key));
    let is_crossed = file.seeds.crossed().iter().any(|(crossed, _)| *crossed == stream);
    if !are_sound || is_crossed || file.base.streams.named(stream).is_some() {
        return;
    }
    let message = format!("stream `{}` is neither crossed nor fixed", stream.name());
    let flaw = Flaw::new(&source.node("analysis.blocks").span, message, "no trials share it");
    flaws.push(flaw.help("each seed has its own then, and needs no blocks; delete the line"));
}

fn check_until(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let Some(until) = &file.analysis.until else { return };
    if !source.read.is_sound("seeds") {
        return;
    }
    match &file.seeds {
        SeedsFile::Crossed(_) => {
            let message = "`until` adds seeds to a list";
            let flaw = Flaw::new(source.key("analysis", "until"), message, "not used");
            let flaw = flaw.also(&source.node("seeds").span, "these streams are crossed");
            flaws.push(flaw.help("delete it, or list the seeds"));
        }
        SeedsFile::List(seeds) => {
            let path = "analysis.until.max-seeds";
            if until.max_seeds < seeds.len() && source.read.is_sound(path) {
                let message = format!("`{path}` must be {} or more", seeds.len());
                let flaw = problem_flaw(source.node(path), message, None);
                flaws.push(flaw.also(&source.node("seeds").span, "the seeds to begin with"));
            }
        }
    }
}

/// Declared interactions are of two factors, in a design that shows them.
pub(super) fn check_interactions(
    file: &ExperimentFile,
    factors: &[Factor],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    const PATH: &str = "analysis.interactions";
    let interactions = &file.analysis.interactions;
    let is_shown = match file.design {
        Design::FractionalFactorial | Design::FullFactorial => true,
        Design::Explicit
        | Design::LeaveOneOut
        | Design::LeaveOneOutAddOneIn
        | Design::OneFactorAtATime => false,
    };
    if !source.read.is_sound("design") || interactions.is_empty() {
        return;
    }
    if !is_shown {
        let message = format!("a {} design shows no interactions", file.design.name());
        let flaw = Flaw::new(source.key("analysis", "interactions"), message, "not used");
        flaws.push(flaw.help("delete them, or write design = \"full-factorial\""));
        return;
    }
    if factors.len() < file.factor.len() {
        // What a broken factor is called is not known.
        return;
    }
    let known: Vec<&str> = factors.iter().map(|factor| factor.name.as_str()).collect();
    let mut first_seen = BTreeMap::new();
    for (index, text) in interactions.iter().enumerate() {
        let path = format!("{PATH}.{index}");
        if !source.read.is_sound(&path) {
            continue;
        }
        let span = &source.node(&path).span;
        let mut names = factor_names(text);
        names.sort_unstable();
        let unknown = names.iter().filter(|name| !name.is_empty() && !known.contains(name));
        flaws.extend(unknown.map(|name| unknown_factor(name, &known, span)));
        if names.len() != 2 || names.first() == names.last() || names.contains(&"") {
            let message = "an interaction is of two factors";
            let flaw = Flaw::new(span, message, "not of this form");
            flaws.push(flaw.help("for example \"norm * lr\""));
        } else if let Some(first) = earlier(&mut first_seen, names, span) {
            let flaw = Flaw::new(span, "an interaction is declared twice", "again");
            flaws.push(flaw.also(first, "first here"));
        }
    }
}

/// `contrasts` and `[tuning]` name conditions of the plan.
pub(super) fn check_names(
    experiment: &Experiment,
    assignments: &[Assignment],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let known: Vec<&str> = assignments.iter().map(|assignment| assignment.name.as_str()).collect();
    check_contrasts(experiment, &known, source, flaws);
    let table = source.node("tuning").table();
    for (name, entry) in table.into_iter().flatten() {
        if !known.contains(&name.as_str()) && experiment.tuning.contains_key(name) {
            flaws.push(
                Flaw::new(&entry.key, format!("no condition is called `{name}`"), "none to tune")
                    .help(suggest::help(name, "conditions", &known)),
            );
        }
    }
}

fn check_contrasts(
    experiment: &Experiment,
    known: &[&str],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let compared: Vec<&str> =
        known.iter().copied().filter(|name| *name != Plan::REFERENCE).collect();
    let mut first_seen = BTreeMap::new();
    for (index, name) in experiment.analysis.contrasts.iter().flatten().enumerate() {
        let path = format!("analysis.contrasts.{index}");
        if !source.read.is_sound(&path) {
            continue;
        }
        let span = &source.node(&path).span;
        if name == Plan::REFERENCE {
            let message = "the reference is not compared with itself";
            let flaw = Flaw::new(span, message, "what the others are compared with");
            flaws.push(flaw.help("name the conditions whose difference to it is the question"));
        } else if !compared.contains(&name.as_str()) {
            let flaw = Flaw::new(span, format!("no condition is called `{name}`"), "not compared");
            flaws.push(flaw.help(suggest::help(name, "conditions", &compared)));
        } else if let Some(first) = earlier(&mut first_seen, name, span) {
            let flaw = Flaw::new(span, format!("contrast `{name}` is listed twice"), "again");
            flaws.push(flaw.also(first, "first here"));
        }
    }
}
