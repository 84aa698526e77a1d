//! Running trials again, each in a folder of its own below the target folder.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::thread;

use fireassay_launch::{Local, Options, Outcome, Pending, Signals, TrialCommand, run};
use fireassay_spec::{MetricName, Trial};
use fireassay_tracking::{Event, ExperimentLock, RunDir, RunRecord, RunState, TrackingError};

use super::ReproduceArgs;
use crate::ablation::{Reused, Screen};
use crate::catalogue;
use crate::trial_program::FrozenProgram;
use crate::ui::{Answer, Exit, OrRefuse, Refusal, Ui, plural, with_causes};
use crate::workspace::Workspace;

/// Digits of a program's hash in a folder's name.
const DIGITS: usize = 12;

/// Who runs trials again, and how.
pub(super) struct Crew<'a> {
    pub args: &'a ReproduceArgs,
    pub workspace: &'a Workspace,
    pub ui: Ui,
    /// What is shown of each.
    pub metric: MetricName,
    /// Where the runs lie that the originals started from.
    pub sources: PathBuf,
}

/// What came of them.
pub(super) struct Reruns {
    /// One per trial.
    pub reruns: Vec<Rerun>,
    /// Stopped by this signal, before all were run.
    pub signal: Option<u8>,
}

/// One trial run again.
pub(super) enum Rerun {
    /// It has a result.
    Finished(Box<RunRecord>, Vec<Event>),
    /// It has none, for this reason.
    Failed(String),
}

impl Crew<'_> {
    /// Runs what the same program has not run already.
    pub(super) fn run(&self, experiment: &str, trials: &[&Trial]) -> Answer<Reruns> {
        self.check_data(trials)?;
        let ui = self.ui;
        ui.verb("Reproduce", format!("{experiment}: {}", plural(trials.len(), "trial")));
        let program = FrozenProgram::build(self.workspace, &self.args.backend, &ui)?;
        let place = self.place(experiment)?;
        let _lock =
            ExperimentLock::acquire(&place, &format!("cargo xtask reproduce {}", self.args.what))
                .map_err(refuse)?;
        let folder = place.join(self.folder_name(&program.hash));
        let mut dirs = Vec::new();
        for trial in trials {
            let dir = RunDir::create(&folder, trial).map_err(refuse)?;
            // A damaged rerun cost time and nothing else.
            if self.args.fresh || dir.summary().is_err() || read(&dir).is_err() {
                dir.clear().map_err(refuse)?;
            }
            dirs.push(dir);
        }
        let both = || trials.iter().zip(&dirs);
        let open = both().filter(|(_, dir)| !is_finished(dir));
        let pending: Vec<Pending> = open
            .map(|(trial, dir)| Pending { trial: (*trial).clone(), dir: dir.clone(), source: None })
            .collect();
        let reused = trials.len() - pending.len();
        if reused > 0 {
            let folder = self.workspace.short(&folder).display();
            ui.verb("Reused", format!("{} of this program in {folder}", plural(reused, "rerun")));
        }
        let (outcome, signal) = self.launch(&program, trials, &pending)?;
        let stopped = outcome.interrupted + outcome.not_started > 0;
        let reruns = dirs.iter().map(|dir| match read(dir) {
            Ok(Some((record, events))) => Rerun::Finished(Box::new(record), events),
            Ok(None) => Rerun::Failed(reason(dir)),
            Err(error) => Rerun::Failed(with_causes(&error)),
        });
        Ok(Reruns { reruns: reruns.collect(), signal: signal.filter(|_| stopped) })
    }

    fn launch(
        &self,
        program: &FrozenProgram,
        trials: &[&Trial],
        pending: &[Pending],
    ) -> Answer<(Outcome, Option<u8>)> {
        if pending.is_empty() {
            return Ok((Outcome::default(), None));
        }
        let threads = self.args.threads.get();
        let command = TrialCommand {
            binary: program.program.path.clone(),
            datasets: self.workspace.datasets.clone(),
            data_dir: self.workspace.data_dir.clone(),
            // A rerun starts from the weights that the original started from.
            sources: Some(self.sources.clone()),
            threads,
            backend: self.args.backend.clone(),
            code: program.code.clone(),
            memory_limit: None,
            // Their folder is that of the program.
            allow_binary_change: false,
        };
        let cores = thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let slots = self.args.jobs.map_or((cores / threads).max(1), std::num::NonZeroUsize::get);
        let mut launcher = Local::new(command, slots).or_refuse(Exit::Usage)?;
        let scope: Vec<Trial> = trials.iter().map(|trial| (*trial).clone()).collect();
        let reused = Reused { done: trials.len() - pending.len(), diverged: 0 };
        let mut screen = Screen::new(self.ui, self.metric, &scope, reused);
        let mut signals = Signals::listen().or_refuse(Exit::Usage)?;
        let mut poll = || signals.poll();
        let options = Options::default();
        let outcome = run(pending, &mut launcher, &options, &mut poll, &mut |event| {
            screen.show(event);
        })
        .or_refuse(Exit::Usage)?;
        screen.end(&outcome);
        Ok((outcome, signals.exit_code()))
    }

    /// Other data would be another trial.
    fn check_data(&self, trials: &[&Trial]) -> Answer<()> {
        let cards = catalogue::cards(self.workspace)?;
        let wanted: BTreeSet<(&str, &str)> = trials
            .iter()
            .map(|trial| (trial.spec.data.dataset.as_str(), trial.dataset_hash.as_str()))
            .collect();
        for (name, hash) in wanted {
            let restore = format!("restore datasets/{name} as it was, and run the command again");
            let refuse = |message: String| Refusal::new(Exit::Usage, message, &restore);
            let card = cards
                .get(name)
                .ok_or_else(|| refuse(format!("there is no dataset `{name}` to run on")))?;
            if card.hash() != hash {
                let (ours, theirs) = (short(&card.hash()), short(hash));
                let message = format!(
                    "dataset `{name}` is another one: its card hashes to {ours}, that of the \
                     trials to {theirs}"
                );
                return Err(refuse(message));
            }
            let folder = self.workspace.roots().folder_of(card);
            folder.and_then(|folder| fireassay_data::verify(card, &folder)).map_err(|error| {
                let said = with_causes(&error);
                refuse(format!("dataset `{name}` is not as its card says\n{said}"))
            })?;
        }
        Ok(())
    }

    /// `target/reproduce/<experiment>`. The name comes from a run, which may come from anywhere.
    fn place(&self, experiment: &str) -> Answer<PathBuf> {
        let mut parts = Path::new(experiment).components();
        let plain = matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
        if !plain {
            let message = format!("`{experiment}` is no name of an experiment");
            return Err(Refusal::new(Exit::Usage, message, ""));
        }
        Ok(self.workspace.target().join("reproduce").join(experiment))
    }

    /// What one program has run on one backend stays apart from all else.
    fn folder_name(&self, program_hash: &str) -> String {
        let (backend, threads) = (&self.args.backend, self.args.threads);
        format!("{}-{backend}-{threads}", short(program_hash))
    }
}

fn refuse(error: TrackingError) -> Refusal {
    Refusal::from_diagnostic(Exit::Usage, error)
}

fn short(hash: &str) -> String {
    hash.chars().take(DIGITS).collect()
}

fn is_finished(dir: &RunDir) -> bool {
    matches!(read(dir), Ok(Some(_)))
}

/// A finished rerun with its events; none while it is not finished.
fn read(dir: &RunDir) -> Result<Option<(RunRecord, Vec<Event>)>, TrackingError> {
    let record = RunRecord::read(dir)?;
    if !matches!(record.state(), RunState::Done | RunState::Diverged) {
        return Ok(None);
    }
    if record.summary.as_ref().map(|summary| &summary.events) != Some(&dir.event_mark()?) {
        return Err(TrackingError::OtherEvents { path: dir.events_path() });
    }
    let events = dir.events()?;
    Ok(Some((record, events)))
}

fn reason(dir: &RunDir) -> String {
    let status = dir.status().ok().flatten();
    let message = status.and_then(|status| status.message);
    let message = message.unwrap_or_else(|| "it ended without saying why".to_owned());
    // One line: the log has the rest.
    message.lines().next().unwrap_or_default().to_owned()
}
