//! `error.txt` of a trial that could not write it: how its process ended, and what it said last.

use fireassay_tracking::{FailureKind, RunDir, write_atomic};

use crate::fate::Asked;
use crate::launcher::{Ended, Exit};
use crate::size::size;

/// Writes `error.txt`, unless the trial that gave this reason has done so.
pub(crate) fn write(run: &RunDir, kind: FailureKind, message: &str, ended: &Ended) {
    let text = text(kind, message, ended);
    // A full disk may refuse it; status and progress still tell.
    drop(write_atomic(&run.error_path(), text.as_bytes()));
}

/// Whether what lies there is the trial's own account of this end.
pub(crate) fn are_the_trials_own(run: &RunDir, has_given_reason: bool, asked: Asked) -> bool {
    // One that ran out of time may have failed while it was being stopped.
    let was_in_time = !matches!(asked, Asked::Timeout(_));
    has_given_reason && was_in_time && run.error_path().exists()
}

fn text(kind: FailureKind, message: &str, ended: &Ended) -> String {
    let said = ended.stderr_tail.trim_end();
    // The message quotes the last lines, which follow in full.
    let first = message.lines().next().unwrap_or_default();
    let mut text = format!("{}\n\n", if said.is_empty() { message } else { first });
    let kind = match kind {
        FailureKind::Crashed => "crashed",
        FailureKind::Oom => "out of memory",
        FailureKind::Pretraining => "no source",
        FailureKind::Timeout => "timeout",
    };
    let mut fact = |name: &str, value: &str| {
        let line = format!("{name:<14} {value}\n");
        text.push_str(&line);
    };
    fact("kind", kind);
    fact("end", &end(ended.exit));
    if let Some(bytes) = ended.memory_limit {
        fact("memory limit", &size(bytes));
    }
    if ended.memory_ran_out {
        fact("machine", "the kernel killed some process for want of memory meanwhile");
    }
    if said.is_empty() {
        text.push_str("\nIt wrote nothing to stderr.\n");
    } else {
        text.push_str("\nThe end of what it wrote to stderr:\n\n");
        text.push_str(said);
        text.push('\n');
    }
    text
}

/// `exit code 2`, `SIGABRT`.
fn end(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Signal(signal) => signal_name(signal),
    }
}

/// `SIGABRT`.
pub(crate) fn signal_name(signal: i32) -> String {
    let name = signal_hook::low_level::signal_name(signal);
    name.map_or_else(|| format!("signal {signal}"), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProcessId;

    #[test]
    fn an_account_says_the_end_the_limits_and_all_that_was_said() {
        let ended = Ended {
            id: ProcessId(0),
            exit: Exit::Signal(6),
            stderr_tail: "1\n2\n3\n4\n5\n6\n".into(),
            memory_limit: Some(512 << 20),
            memory_ran_out: true,
        };
        let expected = "\
killed by SIGABRT: 2

kind           out of memory
end            SIGABRT
memory limit   512 MiB
machine        the kernel killed some process for want of memory meanwhile

The end of what it wrote to stderr:

1
2
3
4
5
6
";
        let message = "killed by SIGABRT: 2\n3\n4\n5\n6";
        assert_eq!(text(FailureKind::Oom, message, &ended), expected);
        let silent = Ended {
            exit: Exit::Code(2),
            stderr_tail: String::new(),
            memory_limit: None,
            memory_ran_out: false,
            ..ended
        };
        let expected = "\
gone

kind           timeout
end            exit code 2

It wrote nothing to stderr.
";
        assert_eq!(text(FailureKind::Timeout, "gone", &silent), expected);
    }
}
