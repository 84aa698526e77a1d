//! Originals whose runs were kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fireassay_spec::{StreamSeeds, Trial, TrialId, TrialSpec};
use fireassay_tracking::{Registration, RunDir, RunProblem, RunRecord, RunState, Store, Survey};

use super::{Kept, Original, Originals, left_out};
use crate::catalogue::{self, Loaded};
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// All finished runs of a folder that the present plan has.
pub(super) fn read(dir: &Path, workspace: &Workspace) -> Answer<Originals> {
    let survey = survey(dir)?;
    let experiment = experiment_of(dir, &survey);
    let loaded = loaded(&experiment, dir, workspace)?;
    let label = workspace.short(dir).display().to_string();
    let mut notes: Vec<String> = survey.problems.iter().map(problem_words).collect();
    let mut records = survey.records;
    let all = records.len();
    records.retain(is_finished);
    notes.extend(left_out(all - records.len(), "not finished"));
    if let Some(loaded) = &loaded {
        let planned: BTreeSet<&TrialId> = loaded.plan.all_trials().map(|trial| &trial.id).collect();
        let hashes: BTreeMap<&str, String> =
            loaded.cards.datasets.iter().map(|(name, card)| (name.as_str(), card.hash())).collect();
        let finished = records.len();
        // One of other data stays, and is refused for that.
        records.retain(|record| {
            let Trial { id, spec, dataset_hash, .. } = &record.trial;
            planned.contains(id) || hashes.get(spec.data.dataset.as_str()) != Some(dataset_hash)
        });
        let foreign = "the present plan has no such trial; name one to run it again all the same";
        notes.extend(left_out(finished - records.len(), foreign));
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for record in &records {
        *names.entry(record.trial.dir_name()).or_default() += 1;
    }
    let single = |record: &RunRecord| names.get(&record.trial.dir_name()) == Some(&1);
    let unique = records.iter().filter(|record| single(record)).count();
    notes.extend(left_out(records.len() - unique, "another folder has the same trial"));
    records.retain(single);
    let mut trials = Vec::new();
    for record in records {
        match original(record) {
            Ok(original) => trials.push(original),
            Err(problem) => notes.push(problem_words(&problem)),
        }
    }
    let others = Vec::new();
    Originals { label, experiment, loaded, trials, others, notes }.refuse_empty()
}

/// One run; the others of its folder say how far seeds of its condition lie apart.
pub(super) fn read_run(dir: &Path, workspace: &Workspace) -> Answer<Originals> {
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    let record = RunRecord::read(&RunDir::open(dir).map_err(refuse)?).map_err(refuse)?;
    let label = workspace.short(dir).display().to_string();
    let experiment = record.trial.experiment.clone();
    let folder = dir.parent().map(Path::to_path_buf).unwrap_or_default();
    let loaded = loaded(&experiment, &folder, workspace)?;
    if !is_finished(&record) {
        let message = format!("`{label}` has no result that could be reproduced");
        let help = format!("cargo xtask ablation {experiment}");
        return Err(Refusal::new(Exit::NothingSelected, message, &help));
    }
    let trial = record.trial.clone();
    let original = original(record).map_err(|problem| {
        let message =
            format!("`{label}` cannot be used ({}): {}", problem.kind.word(), problem.detail);
        Refusal::new(Exit::Usage, message, "restore the file as it was")
    })?;
    let records = survey(&folder)?.records.into_iter();
    let others = records.filter(|other| is_finished(other) && is_replicate(&other.trial, &trial));
    let others = others.map(|record| Original {
        // Whatever the condition was called when that one was run.
        trial: Trial { condition: trial.condition.clone(), ..record.trial.clone() },
        kept: Kept::Run(Box::new(record), Vec::new()),
    });
    let (trials, others, notes) = (vec![original], others.collect(), Vec::new());
    Ok(Originals { label, experiment, loaded, trials, others, notes })
}

fn survey(dir: &Path) -> Answer<Survey> {
    Store::survey(dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))
}

/// As the runs say; of a folder where none can be read, its name.
fn experiment_of(dir: &Path, survey: &Survey) -> String {
    let first = survey.records.first().map(|record| record.trial.experiment.clone());
    let folder = || dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    first.unwrap_or_else(folder)
}

/// The experiment with the seeds that a stopping rule added in this folder, if there is one.
fn loaded(name: &str, dir: &Path, workspace: &Workspace) -> Answer<Option<Loaded>> {
    if !catalogue::names(workspace)?.iter().any(|known| known == name) {
        return Ok(None);
    }
    let loaded = catalogue::load(workspace, name)?;
    let registration = Registration::read(dir).ok().flatten();
    let added = registration.map(|registration| registration.added_seeds).unwrap_or_default();
    Ok(Some(if added.is_empty() { loaded } else { loaded.with_added_seeds(&added) }))
}

fn is_finished(record: &RunRecord) -> bool {
    matches!(record.state(), RunState::Done | RunState::Diverged)
}

/// Whether two trials are one condition at two seeds, of all streams or of some.
fn is_replicate(a: &Trial, b: &Trial) -> bool {
    let plain = |trial: &Trial| TrialSpec { streams: StreamSeeds::default(), ..trial.spec.clone() };
    a.id != b.id && a.dataset_hash == b.dataset_hash && plain(a) == plain(b)
}

/// With its events, which have to be those that the summary was written beside.
fn original(record: RunRecord) -> Result<Original, RunProblem> {
    let dir = record.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let problem = |error| RunProblem::new(&dir, Some(record.trial.id.clone()), &error);
    let run = RunDir::open(&record.path).map_err(problem)?;
    let mark = run.event_mark().map_err(problem)?;
    if record.summary.as_ref().is_some_and(|summary| summary.events != mark) {
        let path = run.events_path();
        return Err(problem(fireassay_tracking::TrackingError::OtherEvents { path }));
    }
    let events = run.events().map_err(problem)?;
    Ok(Original { trial: record.trial.clone(), kept: Kept::Run(Box::new(record), events) })
}

fn problem_words(problem: &RunProblem) -> String {
    format!("`{}` is left out ({}): {}", problem.dir, problem.kind.word(), problem.detail)
}
