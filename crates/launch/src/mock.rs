//! `Mock`: a launcher with scripted ends and a clock of its own, for exact tests.

use std::collections::BTreeMap;
use std::time::Duration;

use fireassay_spec::Trial;
use fireassay_tracking::{RunDir, Status, Summary};

use crate::{Ended, Exit, LaunchError, Launcher, Nudge, ProcessId};

/// What one process of a [`Mock`] does.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// How long it takes on the mock's clock.
    pub takes: Duration,
    /// Written at the end, if any.
    pub status: Option<Status>,
    /// Written at the end, if any.
    pub summary: Option<Summary>,
    /// How it ends when nobody stops it.
    pub exit: Exit,
    /// How it ends when asked for a checkpoint; `None` does not listen.
    pub on_checkpoint: Option<Exit>,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Chooses what the process of a trial does: the trial, and the attempt counted from 1.
pub type Script = Box<dyn FnMut(&Trial, u32) -> Scripted>;

/// Starts no process; its clock moves only while somebody waits.
pub struct Mock {
    slots: usize,
    script: Script,
    now: Duration,
    next: u64,
    attempts: BTreeMap<String, u32>,
    running: BTreeMap<ProcessId, Running>,
}

struct Running {
    dir: RunDir,
    plan: Scripted,
    ends: Duration,
    stopped: bool,
}

impl Mock {
    /// A mock that runs `slots` trials at a time.
    pub fn new(slots: usize, script: Script) -> Self {
        let (now, next) = (Duration::ZERO, 0);
        let (attempts, running) = (BTreeMap::new(), BTreeMap::new());
        Self { slots: slots.max(1), script, now, next, attempts, running }
    }
}

impl Launcher for Mock {
    fn slots(&self) -> usize {
        self.slots
    }

    fn start(&mut self, dir: &RunDir) -> Result<ProcessId, LaunchError> {
        let trial = dir.trial()?;
        let attempt = self.attempts.entry(trial.dir_name()).or_default();
        *attempt += 1;
        let plan = (self.script)(&trial, *attempt);
        let ends = self.now + plan.takes;
        let id = ProcessId(self.next);
        self.next += 1;
        self.running.insert(id, Running { dir: dir.clone(), plan, ends, stopped: false });
        Ok(id)
    }

    fn wait(&mut self, at_most: Duration) -> Result<Vec<Ended>, LaunchError> {
        let deadline = self.now + at_most;
        let first = self.running.values().map(|running| running.ends).min().unwrap_or(deadline);
        self.now = self.now.max(first.min(deadline));
        let now = self.now;
        let due: Vec<ProcessId> =
            self.running.iter().filter(|(_, run)| run.ends <= now).map(|(&id, _)| id).collect();
        let mut ended = Vec::new();
        for id in due {
            if let Some(running) = self.running.remove(&id) {
                ended.push(running.end(id)?);
            }
        }
        Ok(ended)
    }

    fn nudge(&mut self, id: ProcessId, nudge: Nudge) -> Result<(), LaunchError> {
        const SIGKILL: i32 = 9;
        let Some(running) = self.running.get_mut(&id) else { return Ok(()) };
        let exit = match nudge {
            Nudge::Checkpoint => running.plan.on_checkpoint,
            Nudge::Kill => Some(Exit::Signal(SIGKILL)),
        };
        if let Some(exit) = exit {
            running.plan.exit = exit;
            running.ends = self.now;
            running.stopped = true;
        }
        Ok(())
    }

    fn elapsed(&self) -> Duration {
        self.now
    }
}

impl Running {
    fn end(self, id: ProcessId) -> Result<Ended, LaunchError> {
        if !self.stopped {
            if let Some(status) = &self.plan.status {
                self.dir.write_status(status)?;
            }
            if let Some(summary) = &self.plan.summary {
                self.dir.finish(summary)?;
            }
        }
        let Scripted { exit, stderr: stderr_tail, .. } = self.plan;
        Ok(Ended { id, exit, stderr_tail, memory_limit: None, memory_ran_out: false })
    }
}
