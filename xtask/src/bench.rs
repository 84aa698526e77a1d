//! `cargo xtask bench`: step times, the share of time outside of steps, and planning.

use std::time::Instant;

use fireassay_spec::Experiment;

use crate::catalogue;
use crate::trial_program::TrialProgram;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// Trials of the plan that is timed.
const TRIALS: u64 = 10_000;

/// Runs the command.
pub(crate) fn run(workspace: &Workspace) -> Answer {
    ui::answer(&planning(workspace)?)?;
    let ui = Ui::new(false, false);
    let program = TrialProgram::build(workspace, "flex", &ui)?;
    program.bench(&workspace.datasets)?;
    Ok(Exit::Ok)
}

/// Reads and plans an experiment of 10,000 trials: the first one of the workspace, with seeds
/// enough.
fn planning(workspace: &Workspace) -> Answer<String> {
    let cards = catalogue::cards(workspace)?;
    let Some(name) = catalogue::names(workspace)?.into_iter().next() else {
        return Err(Refusal::new(Exit::NothingSelected, "no experiment to plan", ""));
    };
    let path = workspace.experiments.join(&name).join("experiment.toml");
    let text = std::fs::read_to_string(&path).or_refuse(Exit::Usage)?;
    let mut table: toml::Table = toml::from_str(&text).or_refuse(Exit::Usage)?;
    let conditions = catalogue::load(workspace, &name)?.plan.conditions.len() as u64;
    let seeds = (0..TRIALS.div_ceil(conditions.max(1)) as i64).map(toml::Value::from).collect();
    table.insert("seeds".to_owned(), toml::Value::Array(seeds));
    let text = toml::to_string(&table).or_refuse(Exit::Bug)?;

    let began = Instant::now();
    let experiment = Experiment::parse(&format!("{name}/experiment.toml"), &text, &cards)
        .map_err(|errors| Refusal::from_diagnostic(Exit::Bug, errors))?;
    let planned = experiment.plan(&cards).trials.len();
    let millis = began.elapsed().as_secs_f64() * 1000.0;
    Ok(format!("planning  {planned} trials of {name}: {millis:.0} ms (target: under 1000 ms)\n"))
}
