//! What stands in the way of a conclusion, each with the command to type.

use std::collections::BTreeMap;

use fireassay_tracking::FailureKind;

use crate::compare::sentence::seeds;
use crate::compare::{Bits, Compared, Comparison, Ending, Finding, Group, Pair, Scope, SideFacts};
use crate::effect::Effect;
use crate::number::{listed, plural};
use crate::scores::Fate;
use crate::warning::Warning;

/// Every problem, gravest first.
pub(super) fn warnings(comparison: &Comparison) -> Vec<Warning> {
    let mut all = broken(comparison);
    all.extend(unfinished(comparison, "A", &comparison.a, |pair| &pair.a));
    all.extend(unfinished(comparison, "B", &comparison.b, |pair| &pair.b));
    all.extend(unrepeatable(comparison));
    all.extend(confounded(comparison));
    all.extend(no_op(comparison));
    all.extend(alone(comparison, "A", &comparison.b, |compared| &compared.only_a));
    all.extend(alone(comparison, "B", &comparison.a, |compared| &compared.only_b));
    all
}

/// What a reader of the numbers should know.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for (side, names) in [("A", &comparison.only_a), ("B", &comparison.only_b)] {
        if !names.is_empty() {
            notes.push(format!("only {side} has {}", listed(names)));
        }
    }
    for compared in &comparison.conditions {
        for pair in compared.pairs.iter().filter(|pair| pair.a.fate.is_failure()) {
            let at = format!("{} seed {}", compared.name, pair.a.seed);
            let (a, b) = (pair.a.fate.word(), pair.b.fate.word());
            notes.push(format!("{at}: {a} in A, {b} in B"));
        }
        if let Some(lines) = &compared.sensitivity {
            let worst = match &lines.worst {
                Some(worst) => worst.to_string(),
                None => "unknown (the metric has no failure value)".into(),
            };
            let (a, b) = compared.failures();
            let (name, exclude) = (&compared.name, &lines.exclude_pair);
            notes.push(format!(
                "{name} fails more often on one side ({a} in A, {b} in B); under exclude-pair: \
                 {exclude}, under worst: {worst}"
            ));
        }
        notes.extend(compared.effect.as_ref().into_iter().flat_map(|e| of_effect(compared, e)));
    }
    notes.extend(comparison.problems.iter().cloned());
    notes
}

/// What its differences look like, where that matters for reading the numbers.
fn of_effect(compared: &Compared, effect: &Effect) -> Vec<String> {
    let name = &compared.name;
    let mut notes = Vec::new();
    if effect.n() > 1 && effect.sd == Some(0.0) {
        let same = if effect.all_zero() { "exactly 0" } else { "equal" };
        notes.push(format!("{name}: all differences are {same}"));
    }
    if effect.skewed {
        notes.push(format!(
            "{name}: skewed differences, for which the interval is too narrow; look at all pairs"
        ));
    }
    if effect.variance_ratio.is_some_and(|ratio| ratio >= 1.0) {
        notes.push(format!(
            "{name}: the seeds are not effectively paired; sharing them removed no variance"
        ));
    }
    notes
}

/// Trials that fail in B and were done in A, one warning per kind of failure.
fn broken(comparison: &Comparison) -> Vec<Warning> {
    let mut kinds: BTreeMap<&str, Vec<&Ending>> = BTreeMap::new();
    for pair in comparison.conditions.iter().flat_map(Compared::broken) {
        kinds.entry(pair.b.fate.word()).or_default().push(&pair.b);
    }
    let warning = |trials: Vec<&Ending>| {
        let first = trials[0];
        let count = plural(trials.len(), "trial");
        let are = if trials.len() == 1 { "is" } else { "are" };
        let end = past(&first.fate);
        let what = format!("{count} that {are} done in A {end} in B: {}", named(&trials));
        let dir = first.dir.as_deref().unwrap_or_default();
        let dir = format!("{}/{dir}", comparison.b.folder);
        let (look, hint) = match first.fate {
            Fate::Diverged { .. } => (format!("tensorboard --logdir {dir}"), "shows the curves"),
            Fate::Done | Fate::Failed(_) | Fate::Missing => {
                (format!("less {dir}/error.txt"), "says why")
            }
        };
        Warning { what, commands: vec![look], hint: hint.into() }
    };
    kinds.into_values().map(warning).collect()
}

fn past(fate: &Fate) -> &'static str {
    match fate {
        Fate::Done => "was done",
        Fate::Diverged { .. } => "diverged",
        Fate::Failed(FailureKind::Crashed) => "crashed",
        Fate::Failed(FailureKind::Oom) => "ran out of memory",
        Fate::Failed(FailureKind::Pretraining) => "had no source",
        Fate::Failed(FailureKind::Timeout) => "ran past the time limit",
        Fate::Missing => "was not finished",
    }
}

fn unfinished(
    comparison: &Comparison,
    letter: &str,
    side: &SideFacts,
    of: fn(&Pair) -> &Ending,
) -> Option<Warning> {
    let endings = comparison.conditions.iter().flat_map(|compared| &compared.pairs).map(of);
    // Runs that cannot be used are told as problems.
    let open = |ending: &&Ending| ending.fate == Fate::Missing && ending.id.is_some();
    let open: Vec<&Ending> = endings.filter(open).collect();
    if open.is_empty() {
        return None;
    }
    let count = plural(open.len(), "trial");
    let are = if open.len() == 1 { "is" } else { "are" };
    let what =
        format!("{count} of {letter} {are} not finished, so no verdict is given: {}", named(&open));
    Some(Warning { what, commands: command(side, ""), hint: "runs only what is missing".into() })
}

/// The same trial by the same program on the same machine, and yet another result.
fn unrepeatable(comparison: &Comparison) -> Option<Warning> {
    if comparison.differences.unrecorded > 0 {
        return None;
    }
    let odd = comparison.conditions.iter().filter(|compared| compared.differs.is_empty());
    let pairs = odd.flat_map(|compared| &compared.pairs);
    let other = pairs.filter(|pair| pair.bits == Bits::Different && pair.a.id == pair.b.id);
    let other: Vec<&Ending> = other.map(|pair| &pair.b).collect();
    let first = other.first()?;
    let count = plural(other.len(), "trial");
    let what = format!(
        "{count} gave other bits although no recorded fact that can move a result differs: {}",
        named(&other)
    );
    let only = format!(" --only condition={} seed={} --fresh", first.condition, first.seed);
    let hint = "runs one of them again: which side does it repeat?";
    Some(Warning { what, commands: command(&comparison.b, &only), hint: hint.into() })
}

fn confounded(comparison: &Comparison) -> Option<Warning> {
    let mixed = |compared: &&Compared| {
        compared.differs.len() > 1 && matches!(compared.finding, Finding::Judged(_))
    };
    let mixed: Vec<&Compared> = comparison.conditions.iter().filter(mixed).collect();
    let groups: Vec<String> = Group::ALL
        .iter()
        .filter(|group| mixed.iter().any(|compared| compared.differs.contains(group)))
        .map(|group| group.word().to_owned())
        .collect();
    if groups.is_empty() {
        return None;
    }
    let what = format!(
        "{} differ between A and B, so a difference in results cannot be put down to one of them",
        listed(&groups)
    );
    let together = comparison.scope != Scope::Store && comparison.a.folder == comparison.b.folder;
    let hint = if together {
        "runs every trial again with one program"
    } else {
        "after putting back all but one of them"
    };
    Some(Warning { what, commands: command(&comparison.b, " --fresh"), hint: hint.into() })
}

fn no_op(comparison: &Comparison) -> Option<Warning> {
    let idle = |compared: &&Compared| {
        let changed = compared.differs.iter().any(|g| matches!(g, Group::Spec | Group::Data));
        changed && matches!(compared.finding, Finding::Identical { .. })
    };
    let idle: Vec<String> =
        comparison.conditions.iter().filter(idle).map(|compared| compared.name.clone()).collect();
    if idle.is_empty() {
        return None;
    }
    let what = format!(
        "what differs in spec or data changes no bit of {}: it seems not to be used",
        listed(&idle)
    );
    let commands = command(&comparison.b, " --print-spec");
    Some(Warning { what, commands, hint: "shows what is trained".into() })
}

/// Seeds of one side that the other could still run.
fn alone(
    comparison: &Comparison,
    letter: &str,
    other: &SideFacts,
    of: fn(&Compared) -> &Vec<u64>,
) -> Vec<Warning> {
    let mut conditions: BTreeMap<&Vec<u64>, Vec<String>> = BTreeMap::new();
    for compared in comparison.conditions.iter().filter(|compared| !of(compared).is_empty()) {
        conditions.entry(of(compared)).or_default().push(compared.name.clone());
    }
    let warning = |(missing, names): (&Vec<u64>, Vec<String>)| Warning {
        what: format!(
            "{} of {} only in {letter}: what has no partner is not compared",
            seeds(missing),
            listed(&names)
        ),
        commands: command(other, ""),
        hint: "runs what is missing, if it is planned there".into(),
    };
    conditions.into_iter().map(warning).collect()
}

fn command(side: &SideFacts, flags: &str) -> Vec<String> {
    if side.command.is_empty() { Vec::new() } else { vec![format!("{}{flags}", side.command)] }
}

/// A few trials by name.
fn named(trials: &[&Ending]) -> String {
    const NAMED: usize = 3;
    let name = |ending: &&Ending| format!("{} seed {}", ending.condition, ending.seed);
    let mut names: Vec<String> = trials.iter().take(NAMED).map(name).collect();
    if trials.len() > NAMED {
        names.push(format!("{} more", trials.len() - NAMED));
    }
    listed(&names)
}
