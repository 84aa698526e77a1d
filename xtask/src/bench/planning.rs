//! How long it takes to read and plan a large experiment.

use std::time::Instant;

use fireassay_spec::Experiment;

use super::large;
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// The time for 10,000 trials.
pub(crate) fn line(workspace: &Workspace) -> Answer<String> {
    let (loaded, text) = large(workspace)?;
    let name = &loaded.experiment.name;
    let began = Instant::now();
    let experiment = Experiment::parse(&format!("{name}/experiment.toml"), &text, &loaded.cards)
        .map_err(|errors| Refusal::from_diagnostic(Exit::Bug, errors))?;
    let planned = experiment.plan(&loaded.cards).trials.len();
    let millis = began.elapsed().as_secs_f64() * 1000.0;
    Ok(format!("planning  {planned} trials of {name}: {millis:.0} ms (target: under 1000 ms)\n"))
}
