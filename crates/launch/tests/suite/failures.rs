//! What a failure leaves behind: its kind, its last words, and how the attempts before it ended.

use std::fs;
use std::time::Duration;

use fireassay_launch::{Local, Options, Stop};
use fireassay_tracking::{Attempt, FailureKind, RunDir, State, Status};
use serde_json::json;

use crate::support::{Bench, command, pending, record};

fn run_dir(bench: &Bench) -> RunDir {
    pending(&bench.runs(), &[("a", 0)])[0].dir.clone()
}

fn status(bench: &Bench) -> Status {
    run_dir(bench).status().unwrap().unwrap()
}

/// The last words of a trial that does this.
fn last_words(deed: &str, options: &Options) -> String {
    let bench = Bench::new(&json!({ "*": deed }));
    bench.run(&[("a", 0)], options);
    fs::read_to_string(run_dir(&bench).error_path()).unwrap()
}

#[test]
fn every_failure_has_last_words() {
    let check = |deed: &str, expected: &str| {
        assert_eq!(last_words(deed, &Options::default()), expected, "{deed}");
    };
    check("fail", "the data ran dry\n");
    check(
        "usage",
        "ended with exit code 2: error: no backend `abacus`\n\n\
         kind           crashed\n\
         end            exit code 2\n\n\
         The end of what it wrote to stderr:\n\n\
         error: no backend `abacus`\n",
    );
    check(
        "abort",
        "killed by SIGABRT\n\n\
         kind           crashed\n\
         end            SIGABRT\n\n\
         It wrote nothing to stderr.\n",
    );
    let options = Options { timeout: Some(Duration::from_millis(1)), ..Options::default() };
    let text = last_words("hang", &options);
    assert!(text.starts_with("ran longer than the time limit of 0.001 s\n\n"), "{text}");
    assert!(text.contains("\nkind           timeout\n"), "{text}");
}

#[test]
fn no_last_words_are_left_by_a_trial_that_finished_after_all() {
    let bench = Bench::new(&json!({ "*": "fail-once" }));
    bench.run(&[("a", 0)], &Options::default());
    assert!(run_dir(&bench).error_path().exists());
    bench.run(&[("a", 0)], &Options::default());
    assert!(!run_dir(&bench).error_path().exists());
    let attempts = status(&bench).attempts;
    let state = State::Failed(FailureKind::Crashed);
    let message = Some("a passing cloud".to_owned());
    assert_eq!(attempts, [Attempt { session: 1, state, step: 41, message }]);
}

#[test]
fn a_trial_that_wants_more_than_its_limit_says_so_and_is_not_tried_again() {
    let bench = Bench::new(&json!({ "*": "greedy" }));
    let trials = pending(&bench.runs(), &[("a", 0)]);
    let program = env!("CARGO_BIN_EXE_launch-fake-trial");
    let mut command = command(program, bench.folder.path());
    command.memory_limit = Some(512 << 20);
    let options = Options { max_retries: 3, ..Options::default() };
    let mut local = Local::new(command.clone(), 1).unwrap();
    let (lines, _) = record(&trials, &mut local, &options, |_| Stop::No);
    let said = "over the memory limit of 512 MiB (SIGABRT): memory allocation of 1073741824 bytes \
                failed";
    assert_eq!(lines, ["started a.seed-0 1", &format!("failed a.seed-0 Oom: {said}")]);
    assert_eq!(status(&bench).state, State::Failed(FailureKind::Oom));
    let text = fs::read_to_string(run_dir(&bench).error_path()).unwrap();
    assert!(text.contains("\nmemory limit   512 MiB\n"), "{text}");

    command.memory_limit = Some(2 << 30);
    let mut local = Local::new(command, 1).unwrap();
    let (lines, _) = record(&trials, &mut local, &options, |_| Stop::No);
    assert_eq!(lines[1], "finished a.seed-0 Done 2");
}

#[test]
fn attempts_that_could_not_even_begin_are_kept() {
    let bench = Bench::new(&json!({}));
    let trials = pending(&bench.runs(), &[("a", 0)]);
    for program in ["/bin/false", "/nowhere/trial", "/bin/false"] {
        let mut local = Local::new(command(program, bench.folder.path()), 1).unwrap();
        let (_, outcome) = record(&trials, &mut local, &Options::default(), |_| Stop::No);
        assert_eq!(outcome.is_err(), program.starts_with("/nowhere"));
    }
    let status = status(&bench);
    assert_eq!((status.sessions, status.state), (3, State::Failed(FailureKind::Crashed)));
    assert_eq!(status.message.as_deref(), Some("ended with exit code 1"));
    let before: Vec<(u64, &str)> = (status.attempts.iter())
        .map(|attempt| (attempt.session, attempt.message.as_deref().unwrap()))
        .collect();
    assert_eq!(before[0], (1, "ended with exit code 1"));
    assert!(before[1].0 == 2 && before[1].1.starts_with("cannot start `/nowhere/trial` for "));
    assert_eq!(before.len(), 2);
}

#[test]
fn a_trial_that_was_interrupted_before_its_program_was_gone_keeps_that() {
    let bench = Bench::new(&json!({ "*": "interrupt" }));
    bench.run(&[("a", 0)], &Options::default());
    let trials = pending(&bench.runs(), &[("a", 0)]);
    let mut local = Local::new(command("/bin/false", bench.folder.path()), 1).unwrap();
    record(&trials, &mut local, &Options::default(), |_| Stop::No).1.unwrap();
    let Status { sessions, attempts, step, .. } = status(&bench);
    let interrupted = Attempt { session: 1, state: State::Interrupted, step: 41, message: None };
    assert_eq!((sessions, step, attempts), (2, 41, vec![interrupted]));
}
