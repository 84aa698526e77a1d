//! `cargo xtask verify-resume`: a trial that is killed has to end with the bits of one that is not.

mod answer;
mod args;
mod difference;
mod kills;
mod process;
mod weights;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use fireassay_spec::{SourceRef, Trial};
use fireassay_tracking::{ExperimentLock, RunDir, RunRecord, RunState, Store};

use crate::catalogue::{self, Loaded};
use crate::trial_program::FrozenProgram;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui, plural};
use crate::workspace::Workspace;

pub(crate) use args::{VERIFY_EXAMPLES, VerifyArgs};

use answer::Told;
use kills::{KILL_SEED, Kills, Remains, Traces, Undisturbed};
use process::{Launch, complaint};

/// One verification: of what, started how, told to whom.
struct Check<'a> {
    trial: &'a Trial,
    launch: Launch,
    ui: Ui,
}

/// How often a trial was started and killed.
#[derive(Debug, Default)]
struct Disturbance {
    kills: Vec<Remains>,
    sessions: usize,
}

/// Runs the command.
pub(crate) fn run(args: &VerifyArgs, workspace: &Workspace) -> Answer {
    let loaded = catalogue::load(workspace, &args.name)?;
    let trial = find_trial(args, &loaded)?;
    let ui = Ui::new(false, false);
    let kills = plural(args.kills as usize, "kill");
    let who = format!("{} seed {}", trial.condition, trial.seed);
    ui.verb("Verifying", format!("{}: {who}, {kills} (times from seed {KILL_SEED})", args.name));
    let program = FrozenProgram::build(workspace, &args.backend, &ui)?;
    let place = workspace.target().join("verify-resume").join(&args.name);
    let note = format!("cargo xtask verify-resume {}", args.name);
    let _lock = ExperimentLock::acquire(&place, &note)
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let code = serde_json::to_string(&program.code).or_refuse(Exit::Bug)?;
    let (mut roots, backend) = (workspace.roots_args(), args.backend.clone());
    roots.extend(source_args(workspace, args, trial)?);
    let launch = Launch { program: program.program.path.clone(), roots, backend, code };
    let check = Check { trial, launch, ui };

    let undisturbed = check.fresh(&place.join("undisturbed"))?;
    let took = check.run_undisturbed(&undisturbed)?;
    let killed = check.fresh(&place.join("killed"))?;
    let disturbance = check.run_killed(&killed, &Kills::draw(args.kills, took))?;

    let parts = difference::compare(&undisturbed, &killed)?;
    let left_over = difference::left_over(&undisturbed, &killed);
    if !left_over.is_empty() {
        let count = plural(left_over.len(), "file");
        let names = left_over.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("kills left {count} in checkpoints/, which only cost disk: {names}");
        ui.warning(&message, "");
    }
    let folders = [&undisturbed, &killed].map(|run| shown(workspace, run));
    let told = Told { experiment: &args.name, trial, parts: &parts, folders };
    ui::answer(&told.text(&disturbance))?;
    let is_same = parts.iter().all(|part| part.difference.is_none());
    Ok(if is_same { Exit::Ok } else { Exit::CheckFailed })
}

fn shown(workspace: &Workspace, run: &RunDir) -> PathBuf {
    workspace.short(run.path()).to_path_buf()
}

/// The trial of the command line.
fn find_trial<'a>(args: &VerifyArgs, loaded: &'a Loaded) -> Answer<&'a Trial> {
    let plan = &loaded.plan;
    let list = format!("cargo xtask ablation {} --dry-run", args.name);
    if plan.all_trials().all(|trial| trial.condition != args.condition) {
        let mut known: Vec<String> = plan.conditions.iter().map(|c| c.name.clone()).collect();
        known.extend(plan.pretraining.iter().map(|trial| trial.condition.clone()));
        known.dedup();
        return Err(catalogue::unknown("condition", &args.condition, &known, &list));
    }
    let mut trials = plan.all_trials().filter(|trial| trial.condition == args.condition);
    let found = trials.find(|trial| args.seed.is_none_or(|seed| trial.seed == seed));
    found.ok_or_else(|| {
        let seed = args.seed.map_or_else(|| "any".to_owned(), |seed| seed.to_string());
        let message = format!("`{}` has no seed {seed}", args.condition);
        Refusal::new(Exit::NothingSelected, message, &format!("`{list}` shows the plan"))
    })
}

/// Where the trial finds what it starts from: among the runs of the experiment.
fn source_args(
    workspace: &Workspace,
    args: &VerifyArgs,
    trial: &Trial,
) -> Answer<Vec<std::ffi::OsString>> {
    let Some(id) = trial.source.as_ref().and_then(SourceRef::trial) else { return Ok(Vec::new()) };
    let dir = workspace.runs_of(&args.name);
    let runs = Store::survey(&dir).map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    let is_source = |run: &RunRecord| run.trial.id == *id && run.state() == RunState::Done;
    if runs.records.iter().any(is_source) {
        return Ok(vec!["--sources".into(), dir.into()]);
    }
    let message = format!("the pretraining of this trial, {}, is not finished", id.short());
    let help = format!(
        "cargo xtask ablation {} --only condition={} seed={}",
        args.name, trial.condition, trial.seed
    );
    Err(Refusal::new(Exit::Usage, message, &help))
}

impl Check<'_> {
    /// An empty run directory in a folder of its own.
    fn fresh(&self, folder: &Path) -> Answer<RunDir> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let message = format!("cannot remove `{}`: {error}", folder.display());
                return Err(Refusal::new(Exit::Usage, message, ""));
            }
            Ok(()) | Err(_) => {}
        }
        RunDir::create(folder, self.trial)
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))
    }

    fn run_undisturbed(&self, run: &RunDir) -> Answer<Undisturbed> {
        let born = Instant::now();
        let process = self.launch.start(run.path(), None)?;
        let stderr = process.stderr().to_path_buf();
        let status = process.wait()?;
        let wall = born.elapsed();
        self.refuse_failure(run, status, &stderr)?;
        let status = run.status().or_refuse(Exit::Usage)?;
        let (startup, steps) =
            status.map_or((0.0, 0), |status| (status.timing.startup_secs, status.step));
        let secs = wall.as_secs_f64();
        self.ui.verb(
            "DONE",
            format!("[{secs:>7.1}s] undisturbed, {}", plural(steps as usize, "step")),
        );
        let startup = Duration::try_from_secs_f64(startup).unwrap_or_default();
        Ok(Undisturbed { wall, startup, steps })
    }

    /// Until all kills have happened, or it has finished before; then to its end.
    fn run_killed(&self, run: &RunDir, kills: &Kills) -> Answer<Disturbance> {
        let born = Instant::now();
        let mut done = Disturbance::default();
        for index in 0..kills.count() {
            let before = Traces::read(run);
            let step = done.kills.last().map_or(0, |last| last.checkpoint_step);
            let life = kills.life(index, step);
            let process = self.launch.start(run.path(), Some(kills.checkpoint_every()))?;
            done.sessions += 1;
            let stderr = process.stderr().to_path_buf();
            let status = process.wait_or_kill(life)?;
            if !is_kill(status) {
                self.refuse_failure(run, status, &stderr)?;
                self.ui.warning(&format!("the trial finished after {}", plural(index, "kill")), "");
                break;
            }
            let remains = Remains::read(run, &before)?;
            self.tell_kill(index + 1, kills.count(), life, remains);
            done.kills.push(remains);
        }
        if done.kills.len() == kills.count() {
            let process = self.launch.start(run.path(), None)?;
            done.sessions += 1;
            let stderr = process.stderr().to_path_buf();
            self.refuse_failure(run, process.wait()?, &stderr)?;
        }
        let kills = plural(done.kills.len(), "kill");
        let secs = born.elapsed().as_secs_f64();
        self.ui.verb("DONE", format!("[{secs:>7.1}s] under {kills}"));
        Ok(done)
    }

    fn tell_kill(&self, number: usize, of: usize, life: Duration, remains: Remains) {
        let Remains { checkpoint_step, event_step, mid_checkpoint, steps_lost: _ } = remains;
        let width = of.to_string().len();
        let within = if mid_checkpoint { ", within a checkpoint" } else { "" };
        let secs = life.as_secs_f64();
        self.ui.verb(
            "Killed",
            format!(
                "[{secs:>7.3}s] ({number:>width$}/{of}) checkpoint of step {checkpoint_step}, \
                 events to step {event_step}{within}"
            ),
        );
    }

    /// A trial without a result cannot be compared.
    fn refuse_failure(&self, run: &RunDir, status: ExitStatus, stderr: &Path) -> Answer<()> {
        let is_finished = run.summary().or_refuse(Exit::Usage)?.is_some();
        if status.success() && is_finished {
            return Ok(());
        }
        let said = complaint(stderr);
        let folder = run.path().display();
        let message = format!("the trial has no result: {status}\n{said}");
        Err(Refusal::new(Exit::TrialsFailed, message.trim_end(), &format!("look into {folder}")))
    }
}

/// Whether it was ended by our signal. A trial that ended just before keeps its own end.
fn is_kill(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(signal_hook::consts::SIGKILL)
}
