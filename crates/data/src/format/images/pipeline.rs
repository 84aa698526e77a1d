//! A parallel map whose results arrive in order, so that nothing depends on the threads.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::DataError;

/// Tasks that wait for each thread: enough to keep it busy, few enough to hold little.
const WAITING: usize = 2;

/// Hands tasks out, until it is told to stop.
pub(crate) type HandOut<'a, T> = &'a mut dyn FnMut(T) -> ControlFlow<()>;

/// Runs `produce` in a thread of its own, `work` on what it hands out in `threads` more, and
/// `collect` here, on the results in the order in which they were handed out.
///
/// The error that comes back is the first in the order of the tasks.
pub(crate) fn in_order<T: Send, R: Send>(
    threads: NonZero<usize>,
    produce: impl FnOnce(HandOut<'_, T>) -> Result<(), DataError> + Send,
    work: impl Fn(T) -> Result<R, DataError> + Sync,
    collect: impl FnMut(R) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let (task_sender, tasks) = mpsc::sync_channel::<(usize, T)>(threads.get() * WAITING);
    let (result_sender, results) = mpsc::channel();
    let (produced, collected) = thread::scope(|scope| {
        let producer = scope.spawn(move || {
            let mut numbers = 0..;
            produce(&mut |task| match numbers.next().map(|n| task_sender.send((n, task))) {
                Some(Ok(())) => ControlFlow::Continue(()),
                Some(Err(_)) | None => ControlFlow::Break(()),
            })
        });
        // When the last worker is gone the queue is too, and the producer does not wait for it.
        let tasks = Arc::new(Mutex::new(tasks));
        let work = &work;
        for _ in 0..threads.get() {
            let (tasks, results) = (Arc::clone(&tasks), result_sender.clone());
            scope.spawn(move || {
                while let Some((number, task)) = next(&tasks) {
                    if results.send((number, work(task))).is_err() {
                        break;
                    }
                }
            });
        }
        drop((tasks, result_sender));
        let collected = gather(results, collect);
        (producer.join(), collected)
    });
    match produced {
        Ok(produced) => collected.and(produced),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn next<T>(tasks: &Mutex<Receiver<T>>) -> Option<T> {
    // Nothing can panic while it is locked.
    tasks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn gather<R>(
    results: Receiver<(usize, Result<R, DataError>)>,
    mut collect: impl FnMut(R) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut early = BTreeMap::new();
    let mut expected = 0;
    for (number, result) in results {
        early.insert(number, result);
        while let Some(result) = early.remove(&expected) {
            collect(result?)?;
            expected += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(number: usize) -> DataError {
        DataError::Array { path: "made".into(), problem: number.to_string() }
    }

    /// Numbers 0 to 99 with these errors in work and in collect; what was collected, and the error.
    fn run(threads: usize, bad_work: usize, bad_collect: usize) -> (Vec<usize>, Option<String>) {
        let mut collected = Vec::new();
        let result = in_order(
            NonZero::new(threads).unwrap(),
            |hand_out| {
                let _ = (0..100).try_for_each(&mut *hand_out);
                Err(problem(1000))
            },
            |number: usize| {
                // Early ones take longest, so that results arrive out of order.
                let spin = (0..(100 - number) * 200).fold(number, |a, b| a.wrapping_mul(31) ^ b);
                if number == bad_work && spin != usize::MAX {
                    Err(problem(number))
                } else {
                    Ok(number)
                }
            },
            |number| {
                if number == bad_collect {
                    return Err(problem(number));
                }
                collected.push(number);
                Ok(())
            },
        );
        (collected, result.err().map(|error| error.to_string()))
    }

    #[test]
    fn results_and_errors_do_not_depend_on_the_threads() {
        for threads in [1, 2, 7] {
            let upto = |end| (0..end).collect::<Vec<_>>();
            let error = |number: usize| Some(format!("`made`: {number}"));
            assert_eq!(run(threads, 200, 200), (upto(100), error(1000)));
            assert_eq!(run(threads, 40, 200), (upto(40), error(40)));
            assert_eq!(run(threads, 40, 30), (upto(30), error(30)));
            assert_eq!(run(threads, 0, 1), (vec![], error(0)));
        }
    }
}
