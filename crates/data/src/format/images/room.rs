//! `Room`: how much memory images that are being decoded may take at once.
//!
//! An image that is shrunk may need more than the rest of its dataset, and several threads would
//! need it several times. What comes out does not depend on who waits for whom.

use std::sync::{Condvar, Mutex, PoisonError};

/// Smaller ones are not counted: so many bytes for each thread do not matter.
pub(super) const COUNTED_FROM: usize = 1 << 18;

#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    taken: Mutex<usize>,
    is_given_back: Condvar,
}

impl Room {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, taken: Mutex::new(0), is_given_back: Condvar::new() }
    }

    /// Waits until so many bytes are within the limit, or nobody else has any.
    pub(crate) fn take(&self, len: usize) -> Option<Taken<'_>> {
        if len < COUNTED_FROM {
            return None;
        }
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut usize| *taken > 0 && taken.saturating_add(len) > self.limit;
        let taken = self.is_given_back.wait_while(taken, is_full);
        *taken.unwrap_or_else(PoisonError::into_inner) += len;
        Some(Taken { room: self, len })
    }
}

/// Given back when dropped.
pub(crate) struct Taken<'a> {
    room: &'a Room,
    len: usize,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.room.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.len;
        self.room.is_given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_is_taken_stays_within_the_limit_unless_it_is_alone() {
        let unit = COUNTED_FROM;
        let room = Room::new(3 * unit);
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for len in [unit, 2 * unit, unit, 5 * unit, 2 * unit, unit] {
                let (room, held, most) = (&room, &held, &most);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let taken = room.take(len);
                        let before = held.fetch_add(len, Ordering::SeqCst);
                        assert!(before == 0 || before + len <= 3 * unit, "{before} and {len}");
                        most.fetch_max(before + len, Ordering::SeqCst);
                        thread::yield_now();
                        held.fetch_sub(len, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 5 * unit);
        assert_eq!(*room.taken.lock().unwrap(), 0);
        assert!(room.take(unit - 1).is_none());
    }
}
