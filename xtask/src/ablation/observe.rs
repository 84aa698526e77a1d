//! Reads a run store as a report looks at it.

use std::collections::BTreeMap;

use fireassay_report::Observed;
use fireassay_spec::Split;
use fireassay_tracking::{Registration, RunProblem, RunRecord, Store};

use crate::catalogue::Loaded;
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// Everything of an experiment's folder that a report is made from.
pub(crate) fn observe(workspace: &Workspace, loaded: &Loaded) -> Answer<Observed> {
    let dir = workspace.runs_of(&loaded.experiment.name);
    let survey =
        Store::survey(&dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let mut observed = Observed {
        records: Vec::with_capacity(survey.records.len()),
        problems: survey.problems,
        curves: BTreeMap::new(),
        registration: None,
    };
    match Registration::read(&dir) {
        Ok(registration) => observed.registration = registration,
        // Claims whose registration cannot be read are those of an unregistered experiment.
        Err(error) => observed.problems.push(RunProblem::new(Registration::FILE, None, &error)),
    }
    for record in survey.records {
        match curve(&record, loaded) {
            Ok(points) => {
                observed.curves.insert(record.trial.id.clone(), points);
                observed.records.push(record);
            }
            Err(problem) => observed.problems.push(problem),
        }
    }
    Ok(observed)
}

/// The primary metric's measure on `val` while training.
fn curve(record: &RunRecord, loaded: &Loaded) -> Result<Vec<(u64, f64)>, RunProblem> {
    let metric = loaded.experiment.analysis.primary_metric.metric();
    record.curve(Split::Val, metric).map_err(|error| {
        let dir = record.path.file_name().map(|name| name.to_string_lossy().into_owned());
        RunProblem::new(&dir.unwrap_or_default(), Some(record.trial.id.clone()), &error)
    })
}
