//! `cargo xtask ablation`: plan, run what is missing, answer.

mod dry_run;
mod execute;
mod fingerprints;
mod list;
mod plan_view;
mod precheck;
mod progress;
mod publish;
mod select;
mod spec_view;

use fireassay_tracking::ExperimentLock;

use crate::catalogue::{self, Loaded};
use crate::cli::AblationArgs;
use crate::ui::{self, Answer, Exit, Refusal, Ui};
use crate::workspace::Workspace;

pub(crate) use precheck::free_bytes;
pub(crate) use publish::{is_complete, publish, render, results_of};

/// One `ablation` command: what was asked for, about what, and where.
struct Session<'a> {
    args: &'a AblationArgs,
    workspace: &'a Workspace,
    loaded: &'a Loaded,
    ui: Ui,
}

/// Runs the command.
pub(crate) fn run(args: &AblationArgs, workspace: &Workspace) -> Answer {
    let Some(name) = &args.name else {
        ui::answer(&list::table(workspace)?)?;
        return Ok(Exit::Ok);
    };
    let loaded = catalogue::load(workspace, name)?;
    let ui = Ui::new(args.quiet, args.verbose);
    let session = Session { args, workspace, loaded: &loaded, ui };
    if args.print_spec || args.dry_run {
        return session.preview();
    }
    // Before anything is read, so that nobody else changes it meanwhile.
    let note = format!("cargo xtask ablation {name}");
    let _lock = ExperimentLock::acquire(&workspace.runs_of(name), &note)
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    session.answer()
}

impl Session<'_> {
    /// Shows what would be run.
    fn preview(&self) -> Answer {
        let selection = select::select(self)?;
        if self.args.print_spec {
            ui::answer(&spec_view::text(&selection)?)?;
            return Ok(Exit::Ok);
        }
        plan_view::print(self, &selection)?;
        plan_view::refuse_infeasible(self)?;
        precheck::verify_datasets(self, &selection)?;
        ui::answer(&dry_run::text(self, &selection)?)?;
        Ok(Exit::Ok)
    }

    /// Runs what is missing, then answers.
    fn answer(&self) -> Answer {
        let selection = select::select(self)?;
        plan_view::print(self, &selection)?;
        plan_view::refuse_infeasible(self)?;
        let exit = if selection.to_run.is_empty() {
            select::explain_nothing_to_run(self, &selection);
            Exit::Ok
        } else {
            execute::execute(self, &selection)?
        };
        if !matches!(exit, Exit::Signal(_)) {
            let results = publish::publish(self.workspace, self.loaded)?;
            ui::answer(&publish::render(self.workspace, &results, self.args.format)?)?;
        }
        Ok(exit)
    }
}
