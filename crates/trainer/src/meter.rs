//! `Meter`: what a trial costs, summed over the processes that worked on it.

use std::time::Instant;

use fireassay_tracking::{Attempt, RunDir, SCHEMA, State, Status, Timing, TrackingError};
use rustix::time::{ClockId, clock_gettime};

/// Seconds and memory of a trial. Never part of a result.
pub struct Meter {
    started: Instant,
    before: Timing,
    /// This session's own seconds.
    pub timing: Timing,
    sessions: u64,
    attempts: Vec<Attempt>,
    peak_before: u64,
}

/// One of the sums of [`Timing`].
pub type Sum = fn(&mut Timing) -> &mut f64;
/// Training steps.
pub const TRAIN: Sum = |timing| &mut timing.train_secs;
/// Evaluations.
pub const EVAL: Sum = |timing| &mut timing.eval_secs;
/// Checkpoints.
pub const CHECKPOINT: Sum = |timing| &mut timing.checkpoint_secs;

impl Meter {
    /// Continues the sums of `status.json`, if there is one. `started` is when the process began.
    pub fn open(run: &RunDir, started: Instant) -> Result<Self, TrackingError> {
        let status = run.status()?;
        let attempts = status.as_ref().map_or_else(Vec::new, Status::history);
        let (before, sessions, peak_before) = status.map_or((Timing::default(), 0, 0), |status| {
            (status.timing, status.sessions, status.peak_rss_bytes)
        });
        let (timing, sessions) = (Timing::default(), sessions + 1);
        Ok(Self { started, before, timing, sessions, attempts, peak_before })
    }

    /// Runs something and adds its seconds to one of the sums.
    pub fn time<T>(&mut self, sum: Sum, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        *sum(&mut self.timing) += start.elapsed().as_secs_f64();
        result
    }

    /// Notes that training starts now.
    pub fn first_step(&mut self) {
        self.timing.startup_secs = self.started.elapsed().as_secs_f64();
    }

    /// Since the process began.
    pub fn elapsed_secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// The status to write now.
    pub fn status(&self, state: State, step: u64, budget_steps: u64) -> Status {
        let sum = |part: fn(&Timing) -> f64| part(&self.before) + part(&self.timing);
        Status {
            schema: SCHEMA,
            state,
            step,
            budget_steps,
            message: None,
            sessions: self.sessions,
            attempts: self.attempts.clone(),
            timing: Timing {
                wall_secs: self.before.wall_secs + self.elapsed_secs(),
                cpu_secs: self.before.cpu_secs + cpu_secs(),
                startup_secs: sum(|t| t.startup_secs),
                train_secs: sum(|t| t.train_secs),
                eval_secs: sum(|t| t.eval_secs),
                checkpoint_secs: sum(|t| t.checkpoint_secs),
            },
            peak_rss_bytes: self.peak_before.max(peak_rss_bytes()),
        }
    }
}

/// User and system time of all threads of this process so far.
fn cpu_secs() -> f64 {
    const NANOS: f64 = 1e-9;
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * NANOS
}

/// Largest resident memory of this process so far; 0 where the system does not say.
fn peak_rss_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
