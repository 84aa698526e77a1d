//! `cargo xtask ablation`: plan, run what is missing, answer.

mod code_identity;
mod dry_run;
mod execute;
mod feasibility_view;
mod fingerprints;
mod list;
mod observe;
mod plan_view;
mod precheck;
mod progress;
mod publish;
mod registration;
mod select;
mod sequential;
mod spec_view;

use fireassay_spec::Until;
use fireassay_tracking::ExperimentLock;

use crate::catalogue::{self, Loaded};
use crate::cli::AblationArgs;
use crate::trial_program::FrozenProgram;
use crate::ui::{self, Answer, Exit, Refusal, Ui};
use crate::workspace::Workspace;

pub(crate) use precheck::{free_bytes, size_of};
pub(crate) use progress::Screen;
pub(crate) use publish::{is_complete, publish, render, results_of, strays};
pub(crate) use select::Reused;

/// One `ablation` command: what was asked for, about what, and where.
struct Session<'a> {
    args: &'a AblationArgs,
    workspace: &'a Workspace,
    loaded: &'a Loaded,
    /// None where nothing is changed.
    lock: Option<&'a ExperimentLock>,
    ui: Ui,
}

/// Runs the command.
pub(crate) fn run(args: &AblationArgs, workspace: &Workspace) -> Answer {
    let Some(name) = &args.name else {
        ui::answer(&list::table(workspace)?)?;
        return Ok(Exit::Ok);
    };
    let ui = Ui::new(args.quiet, args.verbose);
    if args.print_spec || args.dry_run {
        let loaded = catalogue::load_continued(workspace, name)?;
        return Session { args, workspace, loaded: &loaded, lock: None, ui }.preview();
    }
    // A mistake in the file is told before anything is touched.
    catalogue::load(workspace, name)?;
    // Before anything is read, so that nobody else changes it meanwhile.
    let note = format!("cargo xtask ablation {name}");
    let lock = match args.take_over {
        None => ExperimentLock::acquire(&workspace.runs_of(name), &note),
        Some(watch) => ExperimentLock::take_over(&workspace.runs_of(name), &note, watch),
    }
    .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    blocks(args, workspace, &lock, ui)
}

/// Runs what is missing; then, as long as the stopping rule asks for it, one more seed of every
/// condition.
fn blocks(args: &AblationArgs, workspace: &Workspace, lock: &ExperimentLock, ui: Ui) -> Answer {
    let name = args.name.as_deref().unwrap_or_default();
    let mut loaded = match args.starts_anew() {
        true => catalogue::load(workspace, name)?,
        false => catalogue::load_continued(workspace, name)?,
    };
    let lock = Some(lock);
    let session = Session { args, workspace, loaded: &loaded, lock, ui };
    let rule = sequential::rule(&session)?;
    let mut program = None;
    let mut exit = session.run_missing(rule, &mut program)?;
    // What the first block threw away is gone.
    let added_args = AblationArgs { fresh: false, ..args.clone() };
    while let (Some(rule), Exit::Ok) = (rule, exit) {
        let session = Session { args: &added_args, workspace, loaded: &loaded, lock, ui };
        let Some(seed) = sequential::next_seed(&session, rule)? else { break };
        session.check_lock()?;
        sequential::add(&session, seed)?;
        loaded = loaded.with_added_seeds(&[seed]);
        let session = Session { args: &added_args, workspace, loaded: &loaded, lock, ui };
        exit = session.run_block(&mut program)?;
    }
    Session { args, workspace, loaded: &loaded, lock, ui }.answer(exit)
}

impl Session<'_> {
    /// Whether everything so far is thrown away.
    fn starts_anew(&self) -> bool {
        self.args.starts_anew()
    }

    /// Whether another command has taken the experiment over.
    fn is_lock_lost(&self) -> bool {
        self.lock.is_some_and(ExperimentLock::is_lost)
    }

    /// Nothing more is written where another command works.
    fn check_lock(&self) -> Answer<()> {
        if !self.is_lock_lost() {
            return Ok(());
        }
        let name = &self.loaded.experiment.name;
        let message = format!("another command has taken `{name}` over: this one has stopped");
        let help = format!(
            "no trial is lost: those that ran were asked for a checkpoint; once the other command \
             has ended, `cargo xtask ablation {name}` goes on from there"
        );
        Err(Refusal::new(Exit::Resumable, message, &help))
    }

    /// Shows what would be run.
    fn preview(&self) -> Answer {
        let selection = select::select(self)?;
        if self.args.print_spec {
            ui::answer(&spec_view::text(&selection, &self.loaded.plan)?)?;
            return Ok(Exit::Ok);
        }
        plan_view::print(self, &selection)?;
        plan_view::refuse_infeasible(self)?;
        let rule = sequential::rule(self)?;
        precheck::verify_datasets(self, &selection)?;
        ui::answer(&dry_run::text(self, &selection, rule)?)?;
        Ok(Exit::Ok)
    }

    /// Runs what is missing.
    fn run_missing(&self, rule: Option<Until>, program: &mut Option<FrozenProgram>) -> Answer {
        let selection = select::select(self)?;
        plan_view::print(self, &selection)?;
        plan_view::refuse_infeasible(self)?;
        if selection.to_run.is_empty() {
            select::explain_nothing_to_run(self, &selection);
            if rule.is_some() {
                registration::register(self, rule)?;
            }
            return Ok(Exit::Ok);
        }
        execute::execute(self, &selection, Some(rule), program)
    }

    /// Runs one added seed of every condition.
    fn run_block(&self, program: &mut Option<FrozenProgram>) -> Answer {
        let selection = select::select(self)?;
        execute::execute(self, &selection, None, program)
    }

    /// Writes the reports and shows the last screen.
    fn answer(&self, exit: Exit) -> Answer {
        self.check_lock()?;
        if !matches!(exit, Exit::Signal(_)) {
            let results = publish::publish(self.workspace, self.loaded)?;
            ui::answer(&publish::render(self.workspace, &results, self.args.format)?)?;
        }
        Ok(exit)
    }
}
