//! `code_facts`: what each run's provenance says about the source.

use std::fs;
use std::path::Path;
use std::process::Command;

use fireassay_tracking::CodeFacts;

/// Asks git, rustc and the lock file; what is not there stays empty.
pub(crate) fn code_facts(root: &Path) -> CodeFacts {
    let git = |args: &[&str]| output_of(Command::new("git").arg("-C").arg(root).args(args));
    let lockfile = fs::read(root.join("Cargo.lock")).unwrap_or_default();
    CodeFacts {
        git_revision: git(&["rev-parse", "HEAD"]),
        git_dirty: git(&["status", "--porcelain", "--untracked-files=no"])
            .is_some_and(|changes| !changes.is_empty()),
        lockfile_hash: blake3::hash(&lockfile).to_hex().to_string(),
        toolchain: output_of(Command::new("rustc").arg("--version")).unwrap_or_default(),
    }
}

/// What a program prints, trimmed; none if it is missing or fails.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
