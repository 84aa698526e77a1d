//! `TrialProcess`: one session of a trial, which can be killed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fireassay_launch::trial_environment;

use crate::ui::{Answer, Exit, OrRefuse, Refusal};

/// How often a process is looked at: fine against the time between two steps.
const POLL: Duration = Duration::from_millis(1);
const STDERR: &str = "stderr.txt";

/// How sessions are started.
pub(crate) struct Launch {
    /// The `trial` program.
    pub(crate) program: PathBuf,
    /// Where datasets lie, as arguments.
    pub(crate) roots: Vec<OsString>,
    /// Name of the backend.
    pub(crate) backend: String,
    /// Facts about the code, as JSON.
    pub(crate) code: String,
}

/// One session of a trial.
pub(crate) struct TrialProcess {
    child: Child,
    /// Held open: its end would ask the trial to stop, and waiting for a child closes its stdin.
    _stdin: Option<ChildStdin>,
    stderr: PathBuf,
}

impl Launch {
    /// Starts a session in a run directory, with this long between two checkpoints.
    pub(crate) fn start(
        &self,
        run: &Path,
        checkpoint_every: Option<Duration>,
    ) -> Answer<TrialProcess> {
        let mut command = Command::new(&self.program);
        command.arg("run").arg(run).args(&self.roots);
        command.args(["--threads", "1", "--backend", &self.backend, "--code", &self.code]);
        // When this program dies, the pipe closes and the trial stops.
        command.arg("--stop-on-eof").stdin(Stdio::piped()).stdout(Stdio::null());
        if let Some(time) = checkpoint_every {
            command.args(["--checkpoint-secs", &time.as_secs_f64().to_string()]);
        }
        let stderr = run.join(STDERR);
        let file = File::create(&stderr).map_err(|error| {
            let message = format!("cannot write `{}`: {error}", stderr.display());
            Refusal::new(Exit::Usage, message, "")
        })?;
        let mut child =
            command.envs(trial_environment(1)).stderr(file).spawn().map_err(|error| {
                let message = format!("cannot start `{}`: {error}", self.program.display());
                Refusal::new(Exit::Usage, message, "")
            })?;
        Ok(TrialProcess { _stdin: child.stdin.take(), child, stderr })
    }
}

impl TrialProcess {
    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Answer<ExitStatus> {
        self.child.wait().or_refuse(Exit::Usage)
    }

    /// Waits for its end, but kills it after this time (SIGKILL, to this process alone).
    pub(crate) fn wait_or_kill(mut self, life: Duration) -> Answer<ExitStatus> {
        let born = Instant::now();
        while let Some(left) = life.checked_sub(born.elapsed()) {
            if let Some(status) = self.child.try_wait().or_refuse(Exit::Usage)? {
                return Ok(status);
            }
            thread::sleep(POLL.min(left));
        }
        // Not reaped yet, so the id is still its own.
        self.child.kill().or_refuse(Exit::Usage)?;
        self.child.wait().or_refuse(Exit::Usage)
    }

    /// Where it writes what it has to complain about.
    pub(crate) fn stderr(&self) -> &Path {
        &self.stderr
    }
}

/// The last lines of a session's complaints.
pub(crate) fn complaint(stderr: &Path) -> String {
    const LINES: usize = 5;
    let text = fs::read_to_string(stderr).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
