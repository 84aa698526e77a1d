//! Every condition can be trained, has a name of its own, and differs from the others.

use std::collections::{BTreeMap, BTreeSet};

use super::head::{problem_flaw, unknown_dataset};
use super::{MOST_TRIALS, Place, Source, Varied, analysis, earlier, pretraining};
use crate::check::Problem;
use crate::design::{self, Assignment, Resolver};
use crate::error::Flaw;
use crate::id::canonical;
use crate::tree::{Node, Span};
use crate::{Design, Experiment, Plan, TrialSpec};

/// Room for the seed and the id in a file name of 255 bytes.
const LONGEST_NAME: usize = 200;

pub(super) fn check(
    experiment: &Experiment,
    varied: &Varied<'_>,
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let design_span = &source.node("design").span;
    let most_seeds = experiment.analysis.until.map_or(0, |until| until.max_seeds);
    let seeds = experiment.seeds.len().max(most_seeds);
    let trials = design::count(experiment).and_then(|n| n.checked_mul(seeds));
    if trials.is_none_or(|n| n > MOST_TRIALS) {
        let count =
            trials.map_or("more trials than can be counted".into(), |n| format!("{n} trials"));
        let message = format!("the design asks for {count}");
        let flaw = match seeds > experiment.seeds.len() {
            true => {
                let span = &source.node("analysis.until.max-seeds").span;
                Flaw::new(span, message, "every condition, times these seeds")
            }
            false => Flaw::new(design_span, message, "every combination of levels, times seeds"),
        };
        flaws.push(
            flaw.help(format!(
                "at most {MOST_TRIALS}; vary one factor at a time, or run fewer seeds"
            )),
        );
        return;
    }
    let resolver = match Resolver::new(experiment) {
        Ok(resolver) => resolver,
        Err(message) => return flaws.push(Flaw::new(design_span, message, "of this design")),
    };
    let assignments = resolver.assignments();
    if experiment.design == Design::FullFactorial && !experiment.exclude.is_empty() {
        check_left(experiment, &resolver, assignments.len(), source, flaws);
    }
    let case = |(index, assignment)| Case::new(index, assignment, &resolver, varied, source);
    let cases: Vec<Case<'_>> = assignments.iter().enumerate().map(case).collect();
    check_names(&cases, flaws);
    pretraining::check_names(&cases, experiment, flaws);
    analysis::check_names(experiment, &assignments, source, flaws);
    let specs: Vec<TrialSpec> = (cases.iter())
        .filter_map(|case| match resolver.spec(case.assignment) {
            Ok(spec) => Some(spec),
            Err(message) => {
                flaws.push(Flaw::new(case.span(), message, "in this level"));
                None
            }
        })
        .collect();
    if specs.len() == cases.len() {
        check_problems(&cases, &specs, source, flaws);
        check_distinct(&cases, &specs, flaws);
        check_crossed(experiment, &cases, &specs, source, flaws);
        pretraining::check_use(experiment, &specs, source, flaws);
    }
}

/// What is excluded is not the reference, and not everything else.
fn check_left(
    experiment: &Experiment,
    resolver: &Resolver<'_>,
    left: usize,
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    let span = source.header("exclude");
    if resolver.is_excluded(resolver.reference()) {
        let flaw = Flaw::new(span, "the reference is excluded", "excludes the values of [base]");
        flaws.push(flaw.help("every effect is a difference to the reference"));
    }
    if left <= 1 && experiment.factors.iter().any(|factor| factor.levels.len() > 1) {
        let message = "nothing is left to compare with the reference";
        flaws.push(Flaw::new(span, message, "excludes every other condition"));
    }
}

/// A condition and what it changes, where.
pub(super) struct Case<'a> {
    assignment: &'a Assignment,
    /// What it sets that the reference does not.
    place: Place<'a>,
    /// How many factors do so.
    moved: usize,
    /// Where the condition stands, if it changes nothing.
    fallback: &'a Span,
}

impl<'a> Case<'a> {
    /// The reference is number 0.
    fn new(
        index: usize,
        assignment: &'a Assignment,
        resolver: &Resolver<'_>,
        varied: &Varied<'a>,
        source: &Source<'a>,
    ) -> Self {
        let number = index.checked_sub(1);
        let differing = assignment.levels.iter().zip(resolver.reference());
        let (place, moved) = match varied {
            Varied::Explicit { places, .. } => {
                let place = number.and_then(|number| places.get(number)).cloned();
                let place = place.unwrap_or_default();
                let moved = place.len();
                (place, moved)
            }
            Varied::Factors { places, .. } => {
                let moved: Vec<&Place<'a>> = differing
                    .zip(places)
                    .filter(|((level, reference), _)| level != reference)
                    .filter_map(|((level, _), levels)| levels.get((*level)?))
                    .collect();
                (moved.iter().copied().flatten().cloned().collect(), moved.len())
            }
        };
        let fallback = match (varied, number) {
            (Varied::Explicit { .. }, Some(number)) => {
                &source.node(&format!("condition.{number}")).span
            }
            (Varied::Explicit { .. }, None) | (Varied::Factors { .. }, _) => {
                &source.node("base").span
            }
        };
        Self { assignment, place, moved, fallback }
    }

    pub(super) fn name(&self) -> &'a str {
        &self.assignment.name
    }

    /// The first place that makes this condition what it is.
    pub(super) fn span(&self) -> &'a Span {
        self.place.first().map_or(self.fallback, |(_, node)| &node.span)
    }

    /// The value of a level that a key of `[base]` leads to.
    fn holder(&self, key: &str) -> Option<&'a Node> {
        self.place.iter().find_map(|(moved, node)| {
            let below = key.strip_prefix(moved.as_str())?;
            match below.strip_prefix('.') {
                Some(below) => Some(node.nearest(below)),
                None => below.is_empty().then_some(*node),
            }
        })
    }

    /// A problem that no value has alone: between levels, or between a level and `[base]`.
    fn clash(&self, problem: Problem, source: &Source<'_>) -> Flaw {
        let holder = self.holder(&problem.key);
        let label = match holder {
            Some(_) => format!("in condition `{}`", self.name()),
            None => {
                let node = source.node(&format!("base.{}", problem.key));
                format!(
                    "in condition `{}`, where `{}` is {}",
                    self.name(),
                    problem.key,
                    node.words()
                )
            }
        };
        let first = holder.map_or(self.span(), |node| &node.span);
        let mut flaw = Flaw::new(first, problem.message, label);
        for (_, node) in &self.place {
            // What holds the first place needs no second label.
            let is_first = node.span.start <= first.start && first.end <= node.span.end;
            if !is_first {
                flaw = flaw.also(&node.span, "together with this");
            }
        }
        match problem.help {
            Some(help) => flaw.help(help),
            None => flaw,
        }
    }
}

fn check_names(cases: &[Case<'_>], flaws: &mut Vec<Flaw>) {
    let mut seen: BTreeMap<&str, &Span> = BTreeMap::new();
    for case in cases {
        if let Some(first) = earlier(&mut seen, case.name(), case.span()) {
            let message = format!("two conditions are called `{}`", case.name());
            let flaw = Flaw::new(case.span(), message, "one of them").also(first, "the other");
            let help = "names are made from factor names and labels; change one of those";
            flaws.push(flaw.help(help));
        }
        let length = case.name().len();
        if length > LONGEST_NAME {
            let message = format!("the name of a condition has {length} letters");
            let flaw = Flaw::new(case.span(), message, "part of it");
            flaws.push(flaw.help(format!(
                "run directories are called after it, so at most {LONGEST_NAME}: give factors a \
                 shorter `name`, levels shorter `labels`"
            )));
        }
    }
}

/// The problems of each condition, each told once. What is wrong with `[base]` alone was told.
fn check_problems(
    cases: &[Case<'_>],
    specs: &[TrialSpec],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    // Fewest changes first, so that what is wrong with a level alone is not blamed on a
    // combination. The reference changes nothing.
    let mut order: Vec<(&Case<'_>, &TrialSpec)> = cases.iter().zip(specs).collect();
    order.sort_by_key(|(case, _)| case.moved);
    let mut told = BTreeSet::new();
    for (case, spec) in order {
        let dataset = &spec.data.dataset;
        let Some(card) = source.cards.get(dataset) else {
            if let Some(node) = case.holder("data.dataset")
                && told.insert((node.span.start, dataset.clone()))
            {
                flaws.push(unknown_dataset(node, dataset, source.cards));
            }
            continue;
        };
        let own = spec.problems(card);
        for problem in own.into_iter().chain(spec.source_problems(source.cards)) {
            let holder = case.holder(&problem.key);
            let place = holder.map_or(usize::MAX, |node| node.span.start);
            let is_news = told.insert((place, format!("{} {}", problem.key, problem.message)));
            if case.name() == Plan::REFERENCE || !is_news {
                continue;
            }
            flaws.push(match holder {
                Some(node) if case.moved == 1 => problem_flaw(node, problem.message, problem.help),
                Some(_) | None => case.clash(problem, source),
            });
        }
    }
}

/// No two conditions run the same, unless one is marked.
fn check_distinct(cases: &[Case<'_>], specs: &[TrialSpec], flaws: &mut Vec<Flaw>) {
    let mut seen: BTreeMap<String, &Case<'_>> = BTreeMap::new();
    for (case, spec) in cases.iter().zip(specs).filter(|(case, _)| !case.assignment.duplicate) {
        if let Some(first) = earlier(&mut seen, canonical(spec), case) {
            let names = format!("`{}` and `{}`", first.name(), case.name());
            let message = format!("conditions {names} are the same trials");
            let flaw = Flaw::new(case.span(), message, "changes nothing more");
            let flaw = flaw.also(first.span(), "than this");
            flaws.push(flaw.help("delete one; or, to measure noise, mark it as a duplicate"));
        }
    }
}

/// No level fixes a stream that is crossed: its seeds would be overwritten. What `[base]` fixes
/// was told.
fn check_crossed(
    experiment: &Experiment,
    cases: &[Case<'_>],
    specs: &[TrialSpec],
    source: &Source<'_>,
    flaws: &mut Vec<Flaw>,
) {
    for &(stream, _) in &experiment.crossed {
        let is_fixed = |spec: &TrialSpec| spec.streams.named(stream).is_some();
        let mut fixing = cases.iter().zip(specs).filter(|(_, spec)| is_fixed(spec));
        if let Some((case, _)) = fixing.next()
            && !is_fixed(&experiment.base)
        {
            let message = format!("stream `{}` is crossed and fixed", stream.name());
            let label = format!("fixed in condition `{}`", case.name());
            let flaw = Flaw::new(case.span(), message, label);
            let flaw = flaw.also(source.key("seeds", stream.name()), "crossed here");
            flaws.push(flaw.help("delete one of the two"));
        }
    }
}
