//! `run`: works through trials, a few at a time, whatever happens to each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use fireassay_spec::Trial;
use fireassay_tracking::{FailureKind, Outcome as TrialOutcome, RunDir, Status};

use crate::fate::{self, Asked, Fate};
use crate::waiting::{Next, Waiting};
use crate::{Ended, Eta, LaunchError, Launcher, Nudge, Outcome, ProcessId, Progress, Stop};

/// How long one look at the processes may take; also the rhythm of [`Progress::Tick`].
const LOOK: Duration = Duration::from_millis(100);

/// A trial that is to run, and its directory.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Which trial.
    pub trial: Trial,
    /// Where it runs.
    pub dir: RunDir,
    /// Where the trial ran, or is to run, whose weights it starts from.
    pub source: Option<RunDir>,
}

/// How failures and time are treated. None of it can change a result.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often a failed trial is tried again; it goes on from its last checkpoint. Not one that
    /// was called wrongly or wanted more memory than its limit: it would fail again.
    pub max_retries: u32,
    /// Whether the first failure stops everything.
    pub fail_fast: bool,
    /// How long a process that was asked to stop may take before it is killed. A stop that the
    /// user asks for waits for as long as the user does.
    pub grace: Duration,
    /// What trials took so far.
    pub eta: Eta,
}

impl Default for Options {
    fn default() -> Self {
        let grace = Duration::from_secs(30);
        Self { timeout: None, max_retries: 0, fail_fast: false, grace, eta: Eta::default() }
    }
}

/// Runs the trials in this order, but for those that wait for another: whenever a process is free, the
/// first trial that can start does. One whose source has no weights fails. A trial that fails, crashes or diverges is reported and does
/// not touch the others; an error means that processes or directories cannot be handled at all.
pub fn run(
    pending: &[Pending],
    launcher: &mut dyn Launcher,
    options: &Options,
    stop: &mut dyn FnMut() -> Stop,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<Outcome, LaunchError> {
    let mut pool = Pool {
        pending,
        launcher,
        options,
        progress,
        waiting: Waiting::new(pending),
        running: BTreeMap::new(),
        stopping: Stop::No,
        eta: options.eta.clone(),
        outcome: Outcome::default(),
    };
    loop {
        pool.stop(stop())?;
        pool.fill()?;
        if pool.running.is_empty() {
            break;
        }
        for ended in pool.launcher.wait(LOOK)? {
            pool.settle(&ended)?;
        }
        pool.enforce_limits()?;
        pool.tick();
    }
    pool.outcome.not_started = pool.waiting.len();
    pool.outcome.elapsed = pool.launcher.elapsed();
    Ok(pool.outcome)
}

struct Pool<'a> {
    pending: &'a [Pending],
    launcher: &'a mut dyn Launcher,
    options: &'a Options,
    progress: &'a mut dyn FnMut(&Progress<'_>),
    waiting: Waiting,
    running: BTreeMap<ProcessId, Running>,
    stopping: Stop,
    eta: Eta,
    outcome: Outcome,
}

struct Running {
    index: usize,
    attempt: u32,
    began: Duration,
    before: Option<Status>,
    asked: Asked,
    /// When it is killed if it has not ended by then.
    kill_at: Option<Duration>,
}

impl Pool<'_> {
    /// Starts trials until all slots are taken.
    fn fill(&mut self) -> Result<(), LaunchError> {
        while self.stopping == Stop::No && self.running.len() < self.launcher.slots() {
            let Some(next) = self.waiting.next(self.pending) else { break };
            let (index, attempt) = match next {
                Next::Start(index, attempt) => (index, attempt),
                Next::Fail(index, reason) => {
                    let dir = &self.pending[index].dir;
                    fate::record_no_source(dir, dir.status().ok().flatten().as_ref(), &reason);
                    self.failed(index, FailureKind::Pretraining, &reason, 0.0)?;
                    continue;
                }
            };
            let Pending { trial, dir, .. } = &self.pending[index];
            // An unreadable status is the trial's own problem: it will say so.
            let before = dir.status().ok().flatten();
            let began = self.launcher.elapsed();
            let id = match self.launcher.start(dir) {
                Ok(id) => id,
                // Its directory is gone or not writable: the other trials have their own.
                Err(error @ (LaunchError::Stderr { .. } | LaunchError::Tracking(_))) => {
                    let message = crate::error::with_causes(&error);
                    self.failed(index, FailureKind::Crashed, &message, 0.0)?;
                    continue;
                }
                Err(error) => {
                    // Nor can any other: but whoever looks at this one finds out why.
                    let message = crate::error::with_causes(&error);
                    fate::record_no_start(dir, before.as_ref(), &message);
                    return Err(error);
                }
            };
            let (asked, kill_at) = (Asked::Nothing, None);
            self.running.insert(id, Running { index, attempt, began, before, asked, kill_at });
            (self.progress)(&Progress::Started { trial, attempt });
        }
        Ok(())
    }

    /// Takes note of a trial that has no result and is not tried again.
    fn failed(
        &mut self,
        index: usize,
        kind: FailureKind,
        message: &str,
        secs: f64,
    ) -> Result<(), LaunchError> {
        self.outcome.failed += 1;
        self.waiting.settle(index);
        let trial = &self.pending[index].trial;
        (self.progress)(&Progress::Failed { trial, kind, message, secs });
        if self.options.fail_fast { self.stop_after_failure() } else { Ok(()) }
    }

    /// Follows what the user wants, which only ever becomes firmer.
    fn stop(&mut self, wanted: Stop) -> Result<(), LaunchError> {
        if wanted <= self.stopping {
            return Ok(());
        }
        self.stopping = wanted;
        let (nudge, kill) = match wanted {
            Stop::No | Stop::Checkpoint => (Nudge::Checkpoint, false),
            Stop::Kill => (Nudge::Kill, true),
        };
        (self.progress)(&Progress::Stopping { running: self.running.len(), kill });
        for (&id, running) in &mut self.running {
            if running.asked == Asked::Nothing {
                running.asked = Asked::Stop;
            }
            self.launcher.nudge(id, nudge)?;
        }
        Ok(())
    }

    /// Stops what ran past its time, and kills what does not stop.
    fn enforce_limits(&mut self) -> Result<(), LaunchError> {
        let now = self.launcher.elapsed();
        for (&id, running) in &mut self.running {
            if running.kill_at.is_some_and(|at| now >= at) {
                running.kill_at = None;
                self.launcher.nudge(id, Nudge::Kill)?;
            }
            let Some(limit) = self.options.timeout else { continue };
            if running.asked == Asked::Nothing && now.saturating_sub(running.began) >= limit {
                running.asked = Asked::Timeout(limit);
                running.kill_at = Some(now + self.options.grace);
                self.launcher.nudge(id, Nudge::Checkpoint)?;
            }
        }
        Ok(())
    }

    /// Takes note of a process that ended.
    fn settle(&mut self, ended: &Ended) -> Result<(), LaunchError> {
        let Some(running) = self.running.remove(&ended.id) else { return Ok(()) };
        let Pending { trial, dir, .. } = &self.pending[running.index];
        let session_secs = self.launcher.elapsed().saturating_sub(running.began).as_secs_f64();
        match fate::decide(dir, running.before.as_ref(), ended, running.asked) {
            Fate::Finished(summary) => {
                let secs = fate::wall_secs(dir).unwrap_or(session_secs);
                match summary.outcome {
                    TrialOutcome::Done => self.outcome.done += 1,
                    TrialOutcome::Diverged { .. } => self.outcome.diverged += 1,
                }
                self.waiting.settle(running.index);
                self.eta.record(&trial.condition, secs);
                (self.progress)(&Progress::Finished { trial, summary: &summary, secs });
            }
            Fate::Interrupted => {
                self.outcome.interrupted += 1;
                (self.progress)(&Progress::Interrupted { trial });
            }
            Fate::Failed { message, worth_a_retry: true, .. }
                if running.attempt <= self.options.max_retries && self.stopping == Stop::No =>
            {
                let attempt = running.attempt;
                (self.progress)(&Progress::Retried { trial, message: &message, attempt });
                self.waiting.again(running.index, attempt + 1);
            }
            Fate::Failed { kind, message, .. } => {
                self.failed(running.index, kind, &message, session_secs)?;
            }
        }
        Ok(())
    }

    fn stop_after_failure(&mut self) -> Result<(), LaunchError> {
        let kill_at = self.launcher.elapsed() + self.options.grace;
        self.stop(Stop::Checkpoint)?;
        for running in self.running.values_mut() {
            running.kill_at.get_or_insert(kill_at);
        }
        Ok(())
    }

    fn tick(&mut self) {
        let now = self.launcher.elapsed();
        let condition = |index: usize| self.pending[index].trial.condition.as_str();
        let waiting = self.waiting.indices().map(condition);
        let running = self.running.values().map(|running| {
            let so_far = now.saturating_sub(running.began).as_secs_f64();
            (condition(running.index), so_far)
        });
        let left = self.eta.remaining(waiting, running, self.launcher.slots());
        let running = self.running.len();
        (self.progress)(&Progress::Tick { elapsed: now, running, left });
    }
}
