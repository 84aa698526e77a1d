//! The list of experiments.

use std::collections::BTreeSet;

use fireassay_spec::{Cards, Experiment, TrialId};
use fireassay_tracking::{RunState, Store};

use crate::catalogue;
use crate::ui::{self, Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// Name, trials, finished trials and question of each experiment.
pub(crate) fn table(workspace: &Workspace) -> Answer<String> {
    let cards = catalogue::cards(workspace)?;
    let names = catalogue::names(workspace)?;
    if names.is_empty() {
        let message = format!("no experiments in `{}`", workspace.experiments.display());
        let help = "an experiment is a folder with an experiment.toml";
        return Err(Refusal::new(Exit::NothingSelected, message, help));
    }
    let rows = names.iter().map(|name| row(workspace, &cards, name)).collect::<Answer<_>>()?;
    Ok(ui::table(&["experiment", "trials", "done", "question"], &[1, 2], rows))
}

fn row(workspace: &Workspace, cards: &Cards, name: &str) -> Answer<Vec<String>> {
    let path = workspace.experiments.join(name).join("experiment.toml");
    let Ok(experiment) = Experiment::load(&path, cards) else {
        // One bad file must not hide the others.
        let question = format!("(not valid: `cargo xtask ablation {name}` says why)");
        return Ok(vec![name.to_owned(), "-".to_owned(), "-".to_owned(), question]);
    };
    let plan = experiment.plan(cards);
    let trials = plan.all_trials().count().to_string();
    let Ok(records) = Store::scan(&workspace.runs_of(name)) else {
        // Nor must one damaged run.
        let question = format!("(damaged runs: `cargo xtask report {name}` says which)");
        return Ok(vec![name.to_owned(), trials, "-".to_owned(), question]);
    };
    let planned: BTreeSet<&TrialId> = plan.all_trials().map(|trial| &trial.id).collect();
    let is_planned = |id: &TrialId| planned.contains(id);
    let finished = records.iter().filter(|record| {
        is_planned(&record.trial.id)
            && matches!(record.state(), RunState::Done | RunState::Diverged)
    });
    Ok(vec![name.to_owned(), trials, finished.count().to_string(), experiment.question])
}
