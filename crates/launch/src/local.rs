//! `Local`: processes on this machine, a fixed number at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fireassay_tracking::{CodeFacts, RunDir};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::environment::{self, trial_environment};
use crate::{Ended, Exit, LaunchError, Launcher, Nudge, ProcessId};

/// How often children are looked at. Short against a trial, long against the look itself.
const POLL: Duration = Duration::from_millis(10);
/// How much of a failed trial's stderr is kept.
const TAIL_BYTES: u64 = 64 * 1024;

/// How a trial's process is started.
#[derive(Clone, Debug)]
pub struct TrialCommand {
    /// The `trial` executable.
    pub binary: PathBuf,
    /// The folder of dataset folders.
    pub datasets: PathBuf,
    /// The folder of fetched datasets, if there is one.
    pub data_dir: Option<PathBuf>,
    /// The folder of the runs that trials start from, if it is not that of their own.
    pub sources: Option<PathBuf>,
    /// Threads that each process may use.
    pub threads: usize,
    /// Name of the backend.
    pub backend: String,
    /// What goes into the provenance of each run.
    pub code: CodeFacts,
    /// Bytes of memory that each process may ask for.
    pub memory_limit: Option<u64>,
    /// Whether trials go on from checkpoints of another program; that marks their runs.
    pub allow_binary_change: bool,
}

/// Processes on this machine.
///
/// Each is the leader of its own process group, so that a Ctrl-C in the terminal reaches only
/// the parent, which decides. Each holds the reading end of a pipe as its stdin: when the parent
/// dies, however it dies, the pipe closes and the child stops at a checkpoint.
#[derive(Debug)]
pub struct Local {
    command: TrialCommand,
    code: String,
    slots: usize,
    began: Instant,
    next: u64,
    children: BTreeMap<ProcessId, Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stderr: PathBuf,
    memory_limit: Option<u64>,
    oom_kills: Option<u64>,
}

impl Local {
    /// A pool of `slots` processes.
    pub fn new(command: TrialCommand, slots: usize) -> Result<Self, LaunchError> {
        let code = serde_json::to_string(&command.code).map_err(LaunchError::Code)?;
        let (began, children) = (Instant::now(), BTreeMap::new());
        Ok(Self { command, code, slots: slots.max(1), began, next: 0, children })
    }

    fn build(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.command.binary);
        command.arg("run").arg(dir).arg("--datasets").arg(&self.command.datasets);
        if let Some(data_dir) = &self.command.data_dir {
            command.arg("--data-dir").arg(data_dir);
        }
        if let Some(sources) = &self.command.sources {
            command.arg("--sources").arg(sources);
        }
        command.args(["--threads", &self.command.threads.to_string()]);
        command.args(["--backend", &self.command.backend, "--code", &self.code, "--stop-on-eof"]);
        if let Some(bytes) = self.command.memory_limit {
            command.args(["--memory-limit", &bytes.to_string()]);
        }
        if self.command.allow_binary_change {
            command.arg("--allow-binary-change");
        }
        environment::withhold_secrets(&mut command);
        command.envs(trial_environment(self.command.threads));
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        command
    }
}

impl Launcher for Local {
    fn slots(&self) -> usize {
        self.slots
    }

    fn start(&mut self, dir: &RunDir) -> Result<ProcessId, LaunchError> {
        let stderr = dir.path().join("stderr.txt");
        // A file, not a pipe: it never fills up, and a child that outlives us can still write.
        let file = File::create(&stderr)
            .map_err(|source| LaunchError::Stderr { path: stderr.clone(), source })?;
        let child = self.build(dir.path()).stderr(file).spawn().map_err(|source| {
            let (program, dir) = (self.command.binary.clone(), dir.path().to_path_buf());
            LaunchError::Start { program, dir, source }
        })?;
        let id = ProcessId(self.next);
        self.next += 1;
        let memory_limit = self.command.memory_limit;
        let running = Running { child, stderr, memory_limit, oom_kills: oom_kills() };
        self.children.insert(id, running);
        Ok(id)
    }

    fn wait(&mut self, at_most: Duration) -> Result<Vec<Ended>, LaunchError> {
        let deadline = Instant::now() + at_most;
        loop {
            let mut ended = Vec::new();
            for (&id, running) in &mut self.children {
                let pid = running.child.id();
                let status = running.child.try_wait().map_err(|source| LaunchError::Process {
                    action: "wait for",
                    pid,
                    source,
                })?;
                if let Some(status) = status {
                    ended.push(running.end(id, status));
                }
            }
            for end in &ended {
                self.children.remove(&end.id);
            }
            let now = Instant::now();
            if !ended.is_empty() || now >= deadline || self.children.is_empty() {
                return Ok(ended);
            }
            thread::sleep(POLL.min(deadline - now));
        }
    }

    fn nudge(&mut self, id: ProcessId, nudge: Nudge) -> Result<(), LaunchError> {
        let Some(running) = self.children.get(&id) else { return Ok(()) };
        let (action, signal) = match nudge {
            Nudge::Checkpoint => ("stop", Signal::TERM),
            Nudge::Kill => ("kill", Signal::KILL),
        };
        match kill_process_group(Pid::from_child(&running.child), signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(errno) => {
                Err(LaunchError::Process { action, pid: running.child.id(), source: errno.into() })
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Running {
    fn end(&self, id: ProcessId, status: ExitStatus) -> Ended {
        let exit = match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or(0)),
        };
        let stderr_tail = read_tail(&self.stderr).unwrap_or_default();
        // Its content moves into error.txt; a file that cannot be removed does no harm.
        drop(fs::remove_file(&self.stderr));
        let memory_ran_out = match (self.oom_kills, oom_kills()) {
            (Some(before), Some(after)) => after > before,
            _ => false,
        };
        Ended { id, exit, stderr_tail, memory_limit: self.memory_limit, memory_ran_out }
    }
}

fn read_tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// Processes that the kernel killed for want of memory since it booted.
fn oom_kills() -> Option<u64> {
    let text = fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")).and_then(|n| n.parse().ok())
}
