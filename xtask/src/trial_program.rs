//! `TrialProgram`: builds the `trial` program, and asks it questions.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fireassay_launch::{Frozen, trial_environment};
use fireassay_spec::Trial;
use fireassay_tracking::CodeFacts;
use serde::Deserialize;

use crate::code_facts::code_facts;
use crate::ui::{Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

/// An executable that trains one trial.
#[derive(Clone, Debug)]
pub(crate) struct TrialProgram {
    pub(crate) path: PathBuf,
    backend: String,
}

/// A program that no later build replaces, and the code that it is of.
#[derive(Debug)]
pub(crate) struct FrozenProgram {
    pub(crate) program: TrialProgram,
    /// blake3 of the executable.
    pub(crate) hash: String,
    pub(crate) code: CodeFacts,
    /// Keeps the copy from being cleared away.
    _copy: Frozen,
}

/// What a condition comes to once it is built.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fingerprint {
    /// Name of the condition.
    pub(crate) condition: String,
    /// Equal for two conditions that train alike.
    pub(crate) fingerprint: String,
    /// Seconds of one training step.
    pub(crate) secs_per_step: f64,
    /// Steps of a whole trial.
    pub(crate) budget_steps: u64,
    /// Path and shape of each parameter.
    pub(crate) shapes: Vec<(String, Vec<usize>)>,
}

impl FrozenProgram {
    /// Builds it, and takes a copy to work with.
    pub(crate) fn build(workspace: &Workspace, backend: &str, ui: &Ui) -> Answer<Self> {
        let built = TrialProgram::build(workspace, backend, ui)?;
        let code = code_facts(&workspace.root);
        let store = workspace.target().join("frozen");
        let copy = Frozen::new(&built.path, &store).or_refuse(Exit::Usage)?;
        let program = TrialProgram { path: copy.path.clone(), ..built };
        Ok(Self { program, hash: copy.hash.clone(), code, _copy: copy })
    }
}

impl TrialProgram {
    /// Builds it, unless the command line gave one.
    pub(crate) fn build(workspace: &Workspace, backend: &str, ui: &Ui) -> Answer<Self> {
        if let Some(path) = &workspace.trial_binary {
            return Ok(Self { path: path.clone(), backend: backend.to_owned() });
        }
        let first = !expected_path(workspace).exists();
        let duration = if first { " (first time: about 10 minutes)" } else { "" };
        ui.verb("Building", format!("trial --release --features {backend}{duration}"));
        let path = cargo_build(workspace, backend, ui)?;
        Ok(Self { path, backend: backend.to_owned() })
    }

    /// The program if it is there already, with that backend; never builds.
    pub(crate) fn if_built(workspace: &Workspace, backend: &str) -> Option<Self> {
        let path = workspace.trial_binary.clone().unwrap_or_else(|| expected_path(workspace));
        let output = Command::new(&path).arg("--list-backends").output().ok()?;
        let backends: Vec<String> = serde_json::from_slice(&output.stdout).ok()?;
        let has_it = backends.iter().any(|name| name == backend);
        has_it.then(|| Self { path, backend: backend.to_owned() })
    }

    /// Backends that were compiled in.
    pub(crate) fn backends(workspace: &Workspace) -> Option<Vec<String>> {
        let path = workspace.trial_binary.clone().unwrap_or_else(|| expected_path(workspace));
        let output = Command::new(path).arg("--list-backends").output().ok()?;
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Builds each trial's network and runs one step of it.
    pub(crate) fn fingerprint(
        &self,
        workspace: &Workspace,
        trials: &[&Trial],
    ) -> Answer<Vec<Fingerprint>> {
        let mut command = Command::new(&self.path);
        command.arg("fingerprint").args(workspace.roots_args());
        command.args(["--backend", &self.backend]).envs(trial_environment(1));
        let input =
            serde_json::to_vec(trials).map_err(|error| Refusal::from_error(Exit::Bug, error))?;
        let stdout = ask(&mut command, &input)?;
        serde_json::from_slice(&stdout).map_err(|error| {
            let message = format!("`trial fingerprint` answers what is not understood: {error}");
            Refusal::new(Exit::Bug, message, "")
        })
    }

    /// Runs `trial bench`; its table goes straight to stdout.
    pub(crate) fn bench(&self, workspace: &Workspace) -> Answer<()> {
        let mut command = Command::new(&self.path);
        command.arg("bench").args(workspace.roots_args()).envs(trial_environment(1));
        match command.args(["--backend", &self.backend]).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                Err(Refusal::new(Exit::Bug, format!("`trial bench` failed: {status}"), ""))
            }
            Err(error) => Err(cannot_start(&self.path, &error)),
        }
    }

    /// What `trial steps` says of one case: JSON.
    pub(crate) fn steps(&self, case: &str, threads: u64) -> Answer<Vec<u8>> {
        let mut command = Command::new(&self.path);
        command.args(["steps", case, "--backend", &self.backend]);
        command.args(["--threads", &threads.to_string()]).envs(trial_environment(threads as usize));
        let output = command.output().map_err(|error| cannot_start(&self.path, &error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("`trial steps` failed: {}\n{}", output.status, said.trim());
        Err(Refusal::new(Exit::Bug, message, ""))
    }
}

/// Where cargo puts it. Only a guess for a configured target folder, so only used for questions
/// that may go unanswered.
fn expected_path(workspace: &Workspace) -> PathBuf {
    workspace.target().join("release").join("trial")
}

fn cargo_build(workspace: &Workspace, backend: &str, ui: &Ui) -> Answer<PathBuf> {
    let mut command = Command::new(cargo());
    command.current_dir(&workspace.root).args([
        "build",
        "--release",
        "--package",
        "fireassay-trial",
        "--no-default-features",
        "--features",
        backend,
        "--message-format",
        "json-render-diagnostics",
    ]);
    // On a terminal cargo's own progress is the best one; otherwise it is kept for a failure.
    let shows_progress = ui.on_terminal && !ui.quiet;
    command.stderr(if shows_progress { Stdio::inherit() } else { Stdio::piped() });
    let output = command.stdout(Stdio::piped()).output();
    let output = output.map_err(|error| cannot_start(Path::new("cargo"), &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("the trial program does not build\n{}", said.trim());
        let help = format!("is `{backend}` a backend? `cargo xtask doctor` lists what is there");
        return Err(Refusal::new(Exit::Usage, message.trim_end(), &help));
    }
    executable_of(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        Refusal::new(Exit::Bug, "cargo built the trial program without saying where", "")
    })
}

/// The path of the executable `trial` in cargo's messages.
fn executable_of(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let mut found = parsed
        .filter(|message| message.target.as_ref().is_some_and(|target| target.name == "trial"));
    found.find_map(|message| message.executable)
}

/// The cargo that runs us, if one does.
pub(crate) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn ask(command: &mut Command, input: &[u8]) -> Answer<Vec<u8>> {
    let program = PathBuf::from(command.get_program());
    let start_error = |error: std::io::Error| cannot_start(&program, &error);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(start_error)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It answers only after it has read everything, so this cannot block for ever. One that
        // ends early says why on stderr.
        drop(stdin.write_all(input));
    }
    let output = child.wait_with_output().map_err(start_error)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = format!("the conditions cannot be built\n{}", said.trim());
    Err(Refusal::new(Exit::Usage, message, "nothing was trained"))
}

fn cannot_start(program: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Exit::Usage, format!("cannot start `{}`: {error}", program.display()), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"spec"},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"trial"},"executable":"/t/release/trial"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable_of(messages), Some(PathBuf::from("/t/release/trial")));
        assert_eq!(executable_of("{}"), None);
    }
}
