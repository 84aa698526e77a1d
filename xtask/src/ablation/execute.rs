//! Runs the selected trials, after everything that could stop them was checked.

use std::thread;

use fireassay_launch::{Local, Options, Outcome, Signals, Stop, TrialCommand, run};
use fireassay_spec::Until;

use super::progress::Screen;
use super::select::Selection;
use super::{Session, code_identity, fingerprints, precheck, registration};
use crate::cli::LauncherKind;
use crate::trial_program::FrozenProgram;
use crate::ui::{Answer, Exit, OrRefuse, plural};

/// Checks, builds, runs. `first` holds the stopping rule; a block that this rule added was checked
/// and registered with the first. All blocks of a command run the same `program`, built by the first
/// that has anything to run.
pub(crate) fn execute(
    session: &Session<'_>,
    selection: &Selection,
    first: Option<Option<Until>>,
    program: &mut Option<FrozenProgram>,
) -> Answer {
    precheck::check_disk(session)?;
    precheck::verify_datasets(session, selection)?;
    precheck::verify_weights(session, selection)?;
    let program = match program {
        Some(program) => program,
        None => {
            let (workspace, backend) = (session.workspace, &session.args.backend);
            program.insert(FrozenProgram::build(workspace, backend, &session.ui)?)
        }
    };
    code_identity::check(session, selection, program)?;
    if let Some(rule) = first {
        session.warn_of_crowding();
        fingerprints::check(session, &program.program)?;
        registration::register(session, rule)?;
    }
    let pending = precheck::make_run_dirs(session, selection)?;
    let mut launcher = match session.args.launcher {
        LauncherKind::Local => Local::new(session.command(program), session.slots()),
    }
    .or_refuse(Exit::Usage)?;
    let metric = session.loaded.experiment.analysis.primary_metric;
    let mut screen = Screen::new(session.ui, metric, &selection.scope, selection.reused);
    let mut signals = Signals::listen().or_refuse(Exit::Usage)?;
    let options = session.options(selection);
    let mut stop = || match session.is_lock_lost() {
        true => signals.poll().max(Stop::Checkpoint),
        false => signals.poll(),
    };
    let outcome =
        run(&pending, &mut launcher, &options, &mut stop, &mut |event| screen.show(event))
            .or_refuse(Exit::Usage)?;
    screen.end(&outcome);
    session.check_lock()?;
    let exit = exit(&outcome, signals.exit_code());
    if outcome.interrupted + outcome.not_started > 0 {
        let name = &session.loaded.experiment.name;
        session.ui.warning("not all trials are finished", &format!("cargo xtask ablation {name}"));
    }
    Ok(exit)
}

fn exit(outcome: &Outcome, signal: Option<u8>) -> Exit {
    match signal {
        Some(code) => Exit::Signal(code),
        None if outcome.failed > 0 => Exit::TrialsFailed,
        None if outcome.interrupted + outcome.not_started > 0 => Exit::Resumable,
        // A diverged trial has a result: that it diverged.
        None => Exit::Ok,
    }
}

impl Session<'_> {
    /// Processes at a time: what was asked for, or what the cores allow.
    pub(super) fn slots(&self) -> usize {
        let by_cores = cores() / self.args.threads.get();
        self.args.jobs.map_or(by_cores.max(1), std::num::NonZeroUsize::get)
    }

    /// `2 processes x 1 thread`.
    pub(super) fn crew(&self) -> String {
        let (jobs, threads) = (self.slots(), self.args.threads.get());
        let processes =
            if jobs == 1 { "1 process".to_owned() } else { format!("{jobs} processes") };
        format!("{processes} x {}", plural(threads, "thread"))
    }

    fn warn_of_crowding(&self) {
        let (jobs, threads, cores) = (self.slots(), self.args.threads.get(), cores());
        if jobs * threads > cores {
            let message = format!(
                "{} on {}: results stay the same, times do not",
                self.crew(),
                plural(cores, "core"),
            );
            let help = if threads > cores {
                format!("--threads {cores}")
            } else {
                format!("--jobs {}", cores / threads)
            };
            self.ui.warning(&message, &help);
        }
    }

    fn command(&self, program: &FrozenProgram) -> TrialCommand {
        TrialCommand {
            binary: program.program.path.clone(),
            datasets: self.workspace.datasets.clone(),
            data_dir: self.workspace.data_dir.clone(),
            sources: None,
            threads: self.args.threads.get(),
            backend: self.args.backend.clone(),
            code: program.code.clone(),
            memory_limit: self.args.memory_per_trial,
            allow_binary_change: self.args.allow_binary_change,
        }
    }

    fn options(&self, selection: &Selection) -> Options {
        Options {
            timeout: self.args.timeout,
            max_retries: self.args.max_retries,
            fail_fast: self.args.fail_fast,
            eta: selection.eta(),
            ..Options::default()
        }
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
