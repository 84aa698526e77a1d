//! What stands in the way of a verdict, each with the command to type.

use std::collections::BTreeMap;

use fireassay_spec::{Claim, FailedTrial};
use fireassay_tracking::FailureKind;

use crate::number::{listed, p_value, plural};
use crate::results::{Contrast, Results, TrialResult};
use crate::scores::Fate;
use crate::shell::quoted;
use crate::standing::{Cause, Standing};
use crate::verdict::{Reason, Verdict};

/// A problem and the way out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    /// What happened, and so what.
    pub what: String,
    /// What to type, at least one line.
    pub commands: Vec<String>,
    /// What the commands do, or what comes before them.
    pub hint: String,
}

/// Every problem, gravest first.
pub(crate) fn warnings(results: &Results, run_dir: &str) -> Vec<Warning> {
    let mut all = Vec::new();
    all.extend(unusable(results, run_dir));
    all.extend(partial(results));
    all.extend(edited(results, run_dir));
    all.extend(mixed(results));
    all.extend(begun_by_others(results));
    all.extend(failures(results, run_dir));
    all.extend(infeasible(results));
    all.extend(no_op(results));
    all.extend(unpaired(results));
    all
}

fn warning(what: String, command: String, hint: &str) -> Warning {
    Warning { what, commands: vec![command], hint: hint.into() }
}

fn run(results: &Results, flags: &str) -> String {
    format!("cargo xtask ablation {}{flags}", results.experiment)
}

fn file(results: &Results) -> String {
    format!("experiments/{}/experiment.toml", results.experiment)
}

/// The command after seeds were listed, and what it does besides. Once a design is registered, other
/// seeds are an edit like any other.
fn more_seeds(results: &Results, what: &str) -> (String, String) {
    let hint = format!("after {what} in {}", file(results));
    match (results.claim, &results.registered) {
        (Claim::Confirmatory, Some(_)) => {
            let hint =
                format!("{hint}; claims need a registration with these seeds, so all run again");
            (run(results, " --fresh"), hint)
        }
        (Claim::Confirmatory | Claim::Exploratory, _) => (run(results, ""), hint),
    }
}

fn partial(results: &Results) -> Option<Warning> {
    let missing = results.missing();
    let what = format!(
        "{missing} of {} {} not finished, so no verdict is given",
        plural(results.planned(), "trial"),
        if missing == 1 { "is" } else { "are" }
    );
    (missing > 0).then(|| warning(what, run(results, ""), "runs only what is missing"))
}

/// Runs that cannot be read, or that are there twice.
fn unusable(results: &Results, run_dir: &str) -> Option<Warning> {
    let unusable = || results.problems.iter().filter(|problem| !problem.is_registration());
    let first = unusable().next()?;
    let n = plural(unusable().count(), "run");
    let what = format!(
        "{n} cannot be used, the first is `{}` ({}): {}; the report lists them all",
        first.dir, first.kind, first.detail
    );
    let place = |name: &str| quoted(&format!("{run_dir}/{name}"));
    let aside = format!("mv {} {}", place(&first.dir), place(&format!(".{}", first.dir)));
    let hint = "a name with a dot is set aside; then what is missing runs again".into();
    Some(Warning { what, commands: vec![aside, run(results, "")], hint })
}

/// A design that is not the one that was registered.
fn edited(results: &Results, run_dir: &str) -> Option<Warning> {
    let moved = results.judged().filter(|judged| {
        matches!(judged.standing, Standing::Exploratory(Cause::Edited(_) | Cause::Unregistered))
    });
    let moved = moved.count();
    if moved == 0 {
        return None;
    }
    let damaged = results.problems.iter().find(|problem| problem.is_registration());
    let why = match (&results.registered, damaged) {
        (None, Some(problem)) => format!("the registration cannot be used ({})", problem.detail),
        (None, None) => "nothing was registered before the first trial".to_owned(),
        (Some(registered), _) if registered.finished_before > 0 => format!(
            "the design was registered after {}",
            plural(usize::try_from(registered.finished_before).unwrap_or(usize::MAX), "trial")
        ),
        (Some(registered), _) => {
            let keys: Vec<String> =
                registered.changes.iter().map(|change| format!("`{}`", change.key)).collect();
            format!("{} changed after the first trial", listed(&keys))
        }
    };
    let what = format!("{why}, so {} exploratory", are(moved, results));
    if let (None, Some(problem)) = (&results.registered, damaged) {
        let remove = format!("rm {}", quoted(&format!("{run_dir}/{}", problem.dir)));
        let hint =
            "unless the file can be restored: registers anew and runs every trial again".into();
        return Some(Warning { what, commands: vec![remove, run(results, " --fresh")], hint });
    }
    let hint = "registers the design as it is and runs every trial again";
    Some(warning(what, run(results, " --fresh"), hint))
}

fn are(some: usize, results: &Results) -> String {
    let noun = results.noun();
    match some {
        _ if some == results.judged().count() => format!("every {noun} is"),
        1 => format!("1 {noun} is"),
        n => format!("{n} {noun}s are"),
    }
}

fn mixed(results: &Results) -> Option<Warning> {
    let mixed = results.contrasts.iter().filter(|contrast| contrast.is_mixed);
    let mixed: Vec<String> = mixed.map(|contrast| contrast.condition.clone()).collect();
    let what = format!(
        "trials of different binaries or backends are not pairs: {} against the reference",
        listed(&mixed)
    );
    let hint = "runs every trial again with one binary";
    (!mixed.is_empty()).then(|| warning(what, run(results, " --fresh"), hint))
}

/// Trials of two programs each: the user let the second one go on.
fn begun_by_others(results: &Results) -> Option<Warning> {
    let trials: Vec<(&str, &TrialResult)> =
        results.trials().filter(|(_, trial)| trial.is_mixed).collect();
    let were = if trials.len() == 1 { "was" } else { "were" };
    let what = format!(
        "{} {were} begun by one program and finished by another: {}; the numbers are used as they \
         are",
        plural(trials.len(), "trial"),
        named(&trials)
    );
    let hint = "runs every trial again with one binary";
    (!trials.is_empty()).then(|| warning(what, run(results, " --fresh"), hint))
}

/// One warning per kind of failure.
fn failures(results: &Results, run_dir: &str) -> Vec<Warning> {
    let mut kinds: BTreeMap<&'static str, Vec<(&str, &TrialResult)>> = BTreeMap::new();
    for (condition, trial) in results.trials().filter(|(_, trial)| trial.fate.is_failure()) {
        kinds.entry(trial.fate.word()).or_default().push((condition, trial));
    }
    kinds.into_values().map(|trials| failure(results, run_dir, &trials)).collect()
}

fn failure(results: &Results, run_dir: &str, trials: &[(&str, &TrialResult)]) -> Warning {
    let (_, first) = trials[0];
    let read = format!("less {}", quoted(&format!("{run_dir}/{}/error.txt", first.dir)));
    let (verb, commands, hint) = match first.fate {
        Fate::Failed(FailureKind::Crashed) => (
            "crashed",
            vec![read, run(results, " --only crashed")],
            "read why, then run what crashed".to_owned(),
        ),
        Fate::Failed(FailureKind::Oom) => (
            "ran out of memory",
            vec![read, run(results, " --only oom --jobs 1")],
            "read what it wanted, then run one trial at a time".to_owned(),
        ),
        Fate::Failed(FailureKind::Pretraining) => (
            "had nothing to start from",
            vec![
                format!("cargo xtask runs show {}", results.experiment),
                run(results, " --only failed"),
            ],
            "read what became of the pretraining, then run both again".to_owned(),
        ),
        Fate::Failed(FailureKind::Timeout) => (
            "ran past the time limit",
            vec![read, run(results, " --only timeout")],
            "read how it ended, then go on from the last checkpoint".to_owned(),
        ),
        Fate::Diverged { .. } | Fate::Done | Fate::Missing => {
            let (command, hint) = more_seeds(results, "listing another seed");
            ("diverged", vec![command], format!("{hint}; the same seed would diverge again"))
        }
    };
    let count = plural(trials.len(), "trial");
    let what = format!("{count} {verb}: {}; {}", named(trials), counts_for(results, trials));
    Warning { what, commands, hint }
}

/// The first of them: the report has the whole list.
fn named(trials: &[(&str, &TrialResult)]) -> String {
    const NAMED: usize = 3;
    let mut named: Vec<String> =
        trials.iter().take(NAMED).map(|(condition, trial)| described(condition, trial)).collect();
    if trials.len() > NAMED {
        named.push(format!("{} more", trials.len() - NAMED));
    }
    listed(&named)
}

fn described(condition: &str, trial: &TrialResult) -> String {
    match &trial.fate {
        Fate::Diverged { step, value } => {
            format!("{condition} seed {} ({value} at step {step})", trial.seed)
        }
        Fate::Done | Fate::Failed(_) | Fate::Missing => {
            format!("{condition} seed {}", trial.seed)
        }
    }
}

/// What failed trials mean for the contrasts; one of the reference concerns them all.
fn counts_for(results: &Results, trials: &[(&str, &TrialResult)]) -> String {
    let all = trials.iter().any(|(condition, _)| *condition == results.reference().name);
    let one = trials.len() == 1;
    match results.analysis.failed_trial {
        FailedTrial::Abort if all => "no contrast is made (abort)".into(),
        FailedTrial::Abort if one => "its condition gets no contrast (abort)".into(),
        FailedTrial::Abort => "these conditions get no contrast (abort)".into(),
        FailedTrial::ExcludePair => {
            let seeds = if one { "its seed leaves" } else { "their seeds leave" };
            let contrasts = match (all, one) {
                (true, _) => "every contrast",
                (false, true) => "the contrast",
                (false, false) => "their contrasts",
            };
            format!("{seeds} {contrasts} (exclude-pair)")
        }
        FailedTrial::Worst => {
            format!("{} at chance level (worst)", if one { "it counts" } else { "they count" })
        }
    }
}

fn infeasible(results: &Results) -> Option<Warning> {
    let design = &results.feasibility;
    if results.claim == Claim::Exploratory || design.feasible || design.claims == 0 {
        return None;
    }
    let what = format!(
        "{} cannot decide {}: the smallest possible p is {}, and the first has to reach {}",
        plural(design.n, "seed"),
        design.words(),
        p_value(design.smallest_p),
        p_value(design.first_threshold),
    );
    let (command, hint) = more_seeds(results, &format!("listing {} seeds", design.n_min));
    Some(warning(what, command, &hint))
}

fn no_op(results: &Results) -> Option<Warning> {
    let same = with_reason(results, &Reason::NoOp);
    let what = format!(
        "{} ended with the reference's weights at every seed, so the factor seems to change \
         nothing",
        listed(&same)
    );
    let hint = format!("is the key used? a deliberate duplicate is marked in {}", file(results));
    (!same.is_empty()).then(|| warning(what, run(results, " --print-spec"), &hint))
}

fn unpaired(results: &Results) -> Option<Warning> {
    let apart = |contrast: &&Contrast| {
        let ratio = contrast.effect.as_ref().and_then(|effect| effect.variance_ratio);
        ratio.is_some_and(|ratio| ratio >= 1.0)
    };
    let names: Vec<String> =
        results.contrasts.iter().filter(apart).map(|c| c.condition.clone()).collect();
    let what = format!(
        "seeds are not effectively paired for {}: sharing them removed no variance",
        listed(&names)
    );
    let (command, hint) = more_seeds(results, "listing more seeds, which make up for it,");
    (!names.is_empty()).then(|| warning(what, command, &hint))
}

fn with_reason(results: &Results, wanted: &Reason) -> Vec<String> {
    let has = |contrast: &&Contrast| contrast.verdict == Verdict::Inconclusive(wanted.clone());
    results.contrasts.iter().filter(has).map(|contrast| contrast.condition.clone()).collect()
}
