//! What a trial's process finds in its environment, and what it does not.

use std::ffi::OsStr;
use std::process::Command;

/// What a trial's process needs in its environment: its thread count, and a C library that keeps
/// large buffers instead of handing them back to the kernel at each step, which costs up to half
/// of a step in page faults.
pub fn trial_environment(threads: usize) -> [(&'static str, String); 3] {
    [
        ("RAYON_NUM_THREADS", threads.to_string()),
        ("MALLOC_MMAP_THRESHOLD_", (1_u64 << 30).to_string()),
        ("MALLOC_TRIM_THRESHOLD_", (1_u64 << 32).to_string()),
    ]
}

/// Keeps from the process what looks like a secret: what a trial does not know, no log, backtrace
/// or core dump of it can tell.
pub(crate) fn withhold_secrets(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_secret(name)) {
        command.env_remove(name);
    }
}

fn is_secret(name: &OsStr) -> bool {
    const SIGNS: [&str; 9] = [
        "ACCESS_KEY",
        "API_KEY",
        "APIKEY",
        "AUTH",
        "CREDENTIAL",
        "PASSW",
        "PRIVATE_KEY",
        "SECRET",
        "TOKEN",
    ];
    let name = name.to_string_lossy().to_ascii_uppercase();
    SIGNS.iter().any(|sign| name.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        let check = |name: &str, expected| assert_eq!(is_secret(name.as_ref()), expected, "{name}");
        for name in ["GITHUB_TOKEN", "aws_secret_access_key", "DB_PASSWORD", "SSH_AUTH_SOCK"] {
            check(name, true);
        }
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "RUST_LOG"] {
            check(name, false);
        }
    }
}
