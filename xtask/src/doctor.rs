//! `cargo xtask doctor`: what this machine has, and what is missing.

use std::fs;
use std::process::Command;
use std::thread;

use crate::code_facts::output_of;
use crate::trial_program::TrialProgram;
use crate::ui::{self, Answer, Exit, bytes};
use crate::workspace::Workspace;

/// Runs the command. It reports, it does not judge: only a missing toolchain is a failure, and
/// without one nobody reads this.
pub(crate) fn run(workspace: &Workspace) -> Answer {
    let facts = [
        ("toolchain", toolchain()),
        ("git", git(workspace)),
        ("backends", backends(workspace)),
        ("cores", cores()),
        ("memory", memory()),
        ("disk", disk(workspace)),
        ("tensorboard", tensorboard(workspace)),
    ];
    let lines: String = facts.iter().map(|(name, fact)| format!("{name:>12}  {fact}\n")).collect();
    ui::answer(&lines)?;
    Ok(Exit::Ok)
}

fn toolchain() -> String {
    output_of(Command::new("rustc").arg("--version"))
        .unwrap_or_else(|| "not found: install it from https://rustup.rs".to_owned())
}

fn git(workspace: &Workspace) -> String {
    let Some(version) = output_of(Command::new("git").arg("--version")) else {
        return "not found: runs will not say which revision made them".to_owned();
    };
    let facts = crate::code_facts::code_facts(&workspace.root);
    match facts.git_revision {
        None => format!("{version}, but this is no repository"),
        Some(revision) => {
            let short = revision.get(..8).unwrap_or(&revision);
            let dirty = if facts.git_dirty { ", with uncommitted changes" } else { "" };
            format!("{version}, at {short}{dirty}")
        }
    }
}

fn backends(workspace: &Workspace) -> String {
    match TrialProgram::backends(workspace) {
        Some(names) => format!("{} (compiled)", names.join(", ")),
        None => "none compiled yet: the first `cargo xtask ablation` builds flex in about 5 min"
            .to_owned(),
    }
}

fn cores() -> String {
    thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |n| n.to_string())
}

fn memory() -> String {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    match (meminfo(&text, "MemTotal:"), meminfo(&text, "MemAvailable:")) {
        (Some(total), Some(available)) => {
            format!("{} of {} available", bytes(available), bytes(total))
        }
        _ => "unknown".to_owned(),
    }
}

/// Bytes of a line such as `MemTotal:  16384 kB`.
fn meminfo(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn disk(workspace: &Workspace) -> String {
    let free = crate::ablation::free_bytes(&workspace.runs);
    let place = workspace.runs.display();
    free.map_or_else(|| "unknown".to_owned(), |free| format!("{} free for {place}", bytes(free)))
}

fn tensorboard(workspace: &Workspace) -> String {
    let runs = workspace.short(&workspace.runs).display();
    match output_of(Command::new("tensorboard").arg("--version")) {
        Some(version) => {
            let version = version.lines().last().unwrap_or_default().to_owned();
            format!("{version}: tensorboard --logdir {runs}")
        }
        None => "not found: python3 -m pip install tensorboard".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let text = "MemTotal:       16384 kB\nMemFree: 1 kB\nOdd: x\n";
        assert_eq!(meminfo(text, "MemTotal:"), Some(16 << 20));
        assert_eq!(meminfo(text, "Odd:"), None);
        assert_eq!(meminfo(text, "MemAvailable:"), None);
    }
}
