//! Registration: design and analysis are frozen before the first trial.

use std::collections::BTreeSet;

use fireassay_report::Registered;
use fireassay_spec::{TrialId, Until};
use fireassay_tracking::{Registration, RunDir, Store};

use super::{Session, sequential};
use crate::catalogue::Loaded;
use crate::ui::{Answer, Exit, Refusal, plural, with_causes};
use crate::workspace::Workspace;

/// What was frozen for an experiment, if anything.
pub(crate) fn read(workspace: &Workspace, name: &str) -> Answer<Option<Registration>> {
    let dir = workspace.runs_of(name);
    Registration::read(&dir).map_err(|error| {
        let file = workspace.short(&dir.join(Registration::FILE)).display().to_string();
        let help = format!(
            "restore {file} as it was; or remove it and type `cargo xtask ablation {name} --fresh`, \
             which registers the design anew and runs every trial again"
        );
        Refusal::new(Exit::Usage, with_causes(&error), &help)
    })
}

/// Replaces what is frozen.
pub(crate) fn write(workspace: &Workspace, name: &str, registration: &Registration) -> Answer<()> {
    registration
        .write(&workspace.runs_of(name))
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))
}

/// Freezes the design before the first trial, or says what was changed since. Throwing all trials
/// away is the only way to a new registration.
pub(crate) fn register(session: &Session<'_>, rule: Option<Until>) -> Answer<()> {
    let name = &session.loaded.experiment.name;
    let known = read(session.workspace, name)?;
    let mut registration = match known {
        Some(known) if !session.starts_anew() => known,
        known => {
            let added = known.as_ref().map(|known| known.added_seeds.as_slice());
            discard_added(session, added.unwrap_or_default())?;
            fresh(session, known.as_ref())?
        }
    };
    if let Some(rule) = rule {
        let finished = if session.starts_anew() { 0 } else { finished(session)? };
        sequential::note(&mut registration, rule, finished);
    }
    warn_of_changes(session, &registration);
    if registration.finished_before > 0 {
        let n = usize::try_from(registration.finished_before).unwrap_or(usize::MAX);
        let message = format!(
            "{} finished before anything was registered, so every contrast is exploratory",
            plural(n, "trial")
        );
        session.ui.warning(&message, &format!("cargo xtask ablation {name} --fresh"));
    }
    write(session.workspace, name, &registration)
}

fn fresh(session: &Session<'_>, known: Option<&Registration>) -> Answer<Registration> {
    let Loaded { experiment, plan, .. } = session.loaded;
    let design = experiment.registered(plan);
    let hash = Registration::hash_of(&design);
    let finished_before = if session.starts_anew() { 0 } else { finished(session)? };
    let mut earlier = known.map(|known| known.earlier.clone()).unwrap_or_default();
    earlier.extend(known.map(|known| known.hash.clone()).filter(|before| *before != hash));
    Ok(Registration {
        schema: Registration::SCHEMA,
        hash,
        design,
        finished_before,
        until: None,
        added_seeds: Vec::new(),
        earlier,
    })
}

/// Throws away the trials of seeds that an earlier stopping rule added: the plan does not hold them,
/// and a rule that is made anew must not find them finished.
fn discard_added(session: &Session<'_>, added: &[u64]) -> Answer<()> {
    if added.is_empty() {
        return Ok(());
    }
    let refuse = |error| Refusal::from_diagnostic(Exit::Usage, error);
    let with_added = session.loaded.with_added_seeds(added).plan;
    let planned = |id: &TrialId| session.loaded.plan.all_trials().any(|trial| trial.id == *id);
    let ids: BTreeSet<&TrialId> =
        with_added.all_trials().map(|trial| &trial.id).filter(|id| !planned(id)).collect();
    let dir = session.workspace.runs_of(&session.loaded.experiment.name);
    let records = Store::scan(&dir).map_err(refuse)?;
    let doomed = || records.iter().filter(|record| ids.contains(&record.trial.id));
    for record in doomed() {
        RunDir::open(&record.path).map_err(refuse)?.clear().map_err(refuse)?;
    }
    let runs = plural(doomed().count(), "run");
    session.ui.verb("Fresh", format!("threw away {runs} of seeds that a stopping rule had added"));
    Ok(())
}

/// Results that somebody may have looked at already.
fn finished(session: &Session<'_>) -> Answer<u64> {
    let dir = session.workspace.runs_of(&session.loaded.experiment.name);
    let survey =
        Store::survey(&dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    Ok(survey.records.iter().filter(|record| record.summary.is_some()).count() as u64)
}

fn warn_of_changes(session: &Session<'_>, registration: &Registration) {
    let Loaded { experiment, plan, .. } = session.loaded;
    let registered = Registered::new(registration, &experiment.registered(plan));
    let keys: Vec<String> =
        registered.changes.iter().map(|change| format!("`{}`", change.key)).collect();
    if !keys.is_empty() {
        let message = format!(
            "changed after the first trial: {}; the claims that it touches become exploratory",
            keys.join(", ")
        );
        let name = &experiment.name;
        session.ui.warning(&message, &format!("cargo xtask ablation {name} --fresh"));
    }
}
