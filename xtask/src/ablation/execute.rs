//! Runs the selected trials, after everything that could stop them was checked.

use std::thread;

use fireassay_launch::{Local, Options, Outcome, Signals, Stop, TrialCommand, run};
use fireassay_spec::Until;

use super::progress::Screen;
use super::select::Selection;
use super::{Session, fingerprints, precheck, registration};
use crate::cli::LauncherKind;
use crate::code_facts::code_facts;
use crate::trial_program::TrialProgram;
use crate::ui::{Answer, Exit, OrRefuse, plural};

/// Checks, builds, runs. `first` holds the stopping rule; a block that this rule added was checked
/// and registered with the first.
pub(crate) fn execute(
    session: &Session<'_>,
    selection: &Selection,
    first: Option<Option<Until>>,
) -> Answer {
    precheck::check_disk(session)?;
    precheck::verify_datasets(session, selection)?;
    let program = TrialProgram::build(session.workspace, &session.args.backend, &session.ui)?;
    if let Some(rule) = first {
        session.warn_of_crowding();
        fingerprints::check(session, &program)?;
        registration::register(session, rule)?;
    }
    let pending = precheck::make_run_dirs(session, selection)?;
    let mut launcher = match session.args.launcher {
        LauncherKind::Local => Local::new(session.command(&program), session.slots()),
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
        None if outcome.failed + outcome.interrupted + outcome.not_started > 0 => {
            Exit::TrialsFailed
        }
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

    fn command(&self, program: &TrialProgram) -> TrialCommand {
        TrialCommand {
            binary: program.path.clone(),
            datasets: self.workspace.datasets.clone(),
            threads: self.args.threads.get(),
            backend: self.args.backend.clone(),
            code: code_facts(&self.workspace.root),
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
