//! `Sandbox`: a workspace of its own in a temporary folder, with a stand-in for `trial`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A copy of `tests/fixture`.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    args: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        copy(&fixture, folder.path());
        let sandbox = Self { folder };
        sandbox.script(&json!({}));
        sandbox
    }

    /// What trials do from now on; see the stand-in.
    pub(crate) fn script(&self, deeds: &Value) {
        let accuracy = json!({ "reference": 0.9, "norm=layer": 0.85, "norm=batch": 0.9 });
        self.script_with(deeds, &accuracy);
    }

    /// The same, with these accuracies.
    pub(crate) fn script_with(&self, deeds: &Value, accuracy: &Value) {
        let script = json!({ "trials": deeds, "accuracy": accuracy });
        self.write("datasets/fake.json", &script.to_string());
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().into()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.root().join(path), text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Replaces text in a file, which has to be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// The run directory whose name starts like this.
    pub(crate) fn run_dir(&self, experiment: &str, start: &str) -> Option<PathBuf> {
        let entries = fs::read_dir(self.root().join("runs").join(experiment)).ok()?;
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start))
    }

    /// Runs `cargo xtask <args>` with the stand-in.
    pub(crate) fn xtask(&self, args: &str) -> Said {
        let output = self.command(args, Some(env!("CARGO_BIN_EXE_xtask-fake-trial"))).output();
        self.said(args, &output.unwrap())
    }

    /// Runs it with another program in the stand-in's place, or none.
    pub(crate) fn xtask_with(&self, args: &str, trial: Option<&str>) -> Said {
        let output = self.command(args, trial).output();
        self.said(args, &output.unwrap())
    }

    pub(crate) fn command(&self, args: &str, trial: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args.split_whitespace()).arg("--root").arg(self.folder.path());
        if let Some(trial) = trial {
            command.arg("--trial-binary").arg(trial);
        }
        command.env("CARGO_TARGET_DIR", self.root().join("target"));
        command.env("XDG_DATA_HOME", self.root().join("home"));
        command.env_remove("FIREASSAY_KERNELS");
        for variable in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(variable).env_remove(variable.to_ascii_lowercase());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn said(&self, args: &str, output: &Output) -> Said {
        let text = |bytes: &[u8]| self.masked(std::str::from_utf8(bytes).unwrap());
        Said {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            args: args.to_owned(),
        }
    }

    /// Takes out what differs from run to run: the place, the time, the free space.
    fn masked(&self, text: &str) -> String {
        let root = self.root().display().to_string();
        let lines = text.replace(&root, "<root>");
        lines.lines().map(|line| format!("{}\n", mask_line(line))).collect()
    }
}

impl Said {
    /// Everything, as in a terminal session.
    pub(crate) fn text(&self) -> String {
        let Self { code, stdout, stderr, args } = self;
        let end = if *code == 0 { String::new() } else { format!("[exit {code}]\n") };
        let gap = if stdout.is_empty() || stderr.is_empty() { "" } else { "[stdout]\n" };
        format!("$ cargo xtask {args}\n{stderr}{gap}{stdout}{end}")
    }

    /// Without the answer, which the tests of crate `report` look after.
    pub(crate) fn journey(&self) -> String {
        let Self { code, stderr, args, .. } = self;
        format!("$ cargo xtask {args}\n{stderr}[exit {code}]\n")
    }
}

fn mask_line(line: &str) -> String {
    let masked = match line.split_once('[') {
        // The clock of the whole command, and the time of a failed session.
        Some((head, rest)) if ["Summary", "FAILED"].contains(&head.trim()) => {
            let (time, tail) = rest.split_once(']').unwrap();
            let mask: String =
                time.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
            format!("{head}[{mask}]{tail}")
        }
        _ => line.to_owned(),
    };
    match masked.strip_suffix(" free").and_then(|rest| rest.rsplit_once(' ')) {
        Some((rest, _unit)) => {
            let (head, _number) = rest.rsplit_once(' ').unwrap();
            format!("{head} <space> free")
        }
        None => masked,
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
