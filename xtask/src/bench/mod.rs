//! `cargo xtask bench`: planning, reporting, step times, and the share of time outside of steps.

mod planning;
mod reporting;
mod steps;

pub(crate) use self::steps::StepArgs;
use crate::catalogue::{self, Loaded};
use crate::trial_program::TrialProgram;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// Trials of the plan that is timed, and runs of the store.
const TRIALS: u64 = 10_000;

/// Runs the command.
pub(crate) fn run(args: &StepArgs, workspace: &Workspace) -> Answer {
    args.check()?;
    if !args.only_steps() {
        ui::answer(&planning::line(workspace)?)?;
        ui::answer(&reporting::line(workspace)?)?;
    }
    let ui = Ui::new(false, false);
    let program = TrialProgram::build(workspace, "flex", &ui)?;
    if !args.only_steps() {
        program.bench(workspace)?;
    }
    steps::print(args, &program, workspace)?;
    Ok(Exit::Ok)
}

/// The text of the workspace's first experiment, with seeds enough for [`TRIALS`] trials.
fn large(workspace: &Workspace) -> Answer<(Loaded, String)> {
    let Some(name) = catalogue::names(workspace)?.into_iter().next() else {
        return Err(Refusal::new(Exit::NothingSelected, "no experiment to plan", ""));
    };
    let path = workspace.experiments.join(&name).join("experiment.toml");
    let text = std::fs::read_to_string(&path).or_refuse(Exit::Usage)?;
    let mut table: toml::Table = toml::from_str(&text).or_refuse(Exit::Usage)?;
    let loaded = catalogue::load(workspace, &name)?;
    let conditions = loaded.plan.conditions.len() as u64;
    let seeds = (0..TRIALS.div_ceil(conditions.max(1)) as i64).map(toml::Value::from).collect();
    table.insert("seeds".to_owned(), toml::Value::Array(seeds));
    let text = toml::to_string(&table).or_refuse(Exit::Bug)?;
    Ok((loaded, text))
}
