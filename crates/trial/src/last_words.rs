//! `error.txt`: what a trial without a result has to say, with the backtrace of a panic.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use fireassay_tracking::{RunDir, write_atomic};

/// The first panic of this process: those after it follow from it.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// From now on, the first panic of any thread is kept, with its place and backtrace.
pub(crate) fn keep_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let mut kept = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(describe(info));
        }
        drop(kept);
        usual(info);
    }));
}

/// Writes `error.txt`: the message and, after a panic, where it happened and how it came there.
pub(crate) fn write(run: &RunDir, message: &str) {
    let panic = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
    let text = match panic {
        Some(panic) => format!("{message}\n\n{panic}\n"),
        None => format!("{message}\n"),
    };
    // A full disk may refuse this too; status and exit code still tell.
    let _ = write_atomic(&run.error_path(), text.as_bytes());
}

/// What went wrong before is wrong no more.
pub(crate) fn forget(run: &RunDir) {
    // Mostly there is none; one that stays only says what the history of attempts says, too.
    let _ = std::fs::remove_file(run.error_path());
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    format!("panicked at {place}, thread {thread}\n{}", Backtrace::force_capture())
}
