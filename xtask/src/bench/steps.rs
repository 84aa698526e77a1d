//! What a training step of common models takes, in turns with PyTorch where that is at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::trial_program::TrialProgram;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal};
use crate::workspace::Workspace;

/// What `trial steps` and the peer's script know, what it is, and the share of the peer's time that
/// is aimed at.
const CASES: [(&str, &str, f64); 10] = [
    ("mlp", "784-256-128-10, batch 64", 0.50),
    ("cnn", "1-16-32 5x5, BN, pool, 512-128-10, batch 64, 28x28", 0.40),
    ("digits-cnn", "the same, batch 32, 8x8", 0.30),
    ("resnet-20", "16-32-64, batch 128, 32x32", 0.70),
    ("lite0-64", "EfficientNet-Lite0, batch 64, 64x64", 1.00),
    ("lite0-224", "EfficientNet-Lite0, batch 16, 224x224", 1.00),
    ("lstm-64", "12-64, 28 steps, batch 32", 0.45),
    ("lstm-128", "12-128, 100 steps, batch 32", 0.55),
    ("gru-64", "12-64, 28 steps, batch 32", 0.50),
    ("rnn-64", "the same, tanh", 0.50),
];

/// The peer's script, from the workspace's root.
const SCRIPT: &str = "crates/trial/benches/peer/steps.py";

/// Which steps to time, and beside what.
#[derive(Debug, clap::Args)]
pub(crate) struct StepArgs {
    /// A Python with PyTorch, to time the same steps there, in turns
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Times that each side has its turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Threads of each step; PyTorch has one
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
    /// Only the steps of this model; may be repeated
    #[arg(long = "case", value_name = "CASE")]
    cases: Vec<String>,
}

impl StepArgs {
    /// Whether nothing but steps is asked for.
    pub(super) fn only_steps(&self) -> bool {
        !self.cases.is_empty()
    }

    /// The error if a case is not one.
    pub(super) fn check(&self) -> Answer<()> {
        let names = CASES.map(|(name, ..)| name);
        if let Some(unknown) = self.cases.iter().find(|case| !names.contains(&case.as_str())) {
            let message = format!("there is no case `{unknown}`");
            return Err(Refusal::new(
                Exit::Usage,
                message,
                &format!("known: {}", names.join(", ")),
            ));
        }
        Ok(())
    }
}

/// Prints a row for each case as soon as it is measured.
pub(super) fn print(args: &StepArgs, program: &TrialProgram, workspace: &Workspace) -> Answer<()> {
    ui::answer(&format!(
        "\ntraining steps in ms, {} thread(s); fastest and median of {} round(s)\n",
        args.threads, args.rounds
    ))?;
    ui::answer(&format!(
        "{:<11}{:>9}{:>9}{:>11}{:>9}{:>9}{:>9}{:>7}{:>13}  {}\n",
        "",
        "fastest",
        "median",
        "PyTorch:",
        "fastest",
        "median",
        "share",
        "goal",
        "page faults",
        ""
    ))?;
    for (name, what, goal) in CASES {
        if args.cases.is_empty() || args.cases.iter().any(|case| case == name) {
            ui::answer(&row(args, program, workspace, (name, what, goal))?)?;
        }
    }
    Ok(())
}

fn row(
    args: &StepArgs,
    program: &TrialProgram,
    workspace: &Workspace,
    (name, what, goal): (&str, &str, f64),
) -> Answer<String> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        ours.push(parsed::<Ours>(&program.steps(name, args.threads)?)?);
        if let Some(python) = &args.peer {
            theirs.push(parsed::<Measured>(&peer(python, workspace, name)?)?);
        }
    }
    let faults = ours.iter().map(|round| round.page_faults_per_step).fold(0.0, f64::max);
    let ours: Vec<Measured> = ours.into_iter().map(|round| round.times).collect();
    let (fastest, median) = both(&ours);
    let beside = if theirs.is_empty() {
        format!("{:>11}{:>9}{:>9}{:>9}{:>7}", "", "-", "-", "-", "-")
    } else {
        let (their_fastest, their_median) = both(&theirs);
        let share = fastest / their_fastest;
        format!("{:>11}{their_fastest:>9.2}{their_median:>9.2}{share:>9.2}{goal:>7.2}", "")
    };
    Ok(format!("{name:<11}{fastest:>9.2}{median:>9.2}{beside}{faults:>13.1}  {what}\n"))
}

/// Of one process.
#[derive(Debug, Deserialize)]
struct Measured {
    fastest_ms: f64,
    median_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Ours {
    #[serde(flatten)]
    times: Measured,
    page_faults_per_step: f64,
}

/// The fastest step of all rounds, and the median of their medians.
fn both(rounds: &[Measured]) -> (f64, f64) {
    let fastest = rounds.iter().map(|round| round.fastest_ms).fold(f64::INFINITY, f64::min);
    let mut medians: Vec<f64> = rounds.iter().map(|round| round.median_ms).collect();
    medians.sort_by(f64::total_cmp);
    (fastest, medians[medians.len() / 2])
}

fn peer(python: &Path, workspace: &Workspace, case: &str) -> Answer<Vec<u8>> {
    let refuse = |why: String| {
        let next = format!("a Python with PyTorch is needed: {} {SCRIPT} {case}", python.display());
        Refusal::new(Exit::Usage, why, &next)
    };
    let mut command = Command::new(python);
    command.arg(workspace.root.join(SCRIPT)).arg(case);
    let output = command
        .output()
        .map_err(|error| refuse(format!("cannot start `{}`: {error}", python.display())))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(refuse(format!("the peer failed: {}\n{}", output.status, said.trim())));
    }
    Ok(output.stdout)
}

fn parsed<T: DeserializeOwned>(stdout: &[u8]) -> Answer<T> {
    serde_json::from_slice(stdout).or_refuse(Exit::Bug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_a_peer() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let script = std::fs::read_to_string(root.join(SCRIPT)).expect("the peer's script");
        for (name, ..) in CASES {
            assert!(script.contains(&format!("\n    \"{name}\": (")), "{name}");
        }
    }

    #[test]
    fn the_fastest_step_and_the_median_round_are_taken() {
        let rounds = [(3.0, 9.0), (2.0, 5.0), (4.0, 6.0)]
            .map(|(fastest_ms, median_ms)| Measured { fastest_ms, median_ms });
        assert_eq!(both(&rounds), (2.0, 6.0));
    }
}
