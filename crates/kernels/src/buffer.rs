//! Memory for intermediate values that is used again in the next step.
//!
//! A training step takes the same buffers as the one before it. Given back to the allocator, large
//! ones go back to the system, and every page of the next step is a page fault.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytemuck::{Pod, Zeroable};

use crate::lanes::LANES;

/// Values that start at a multiple of 64 bytes: a line of the cache, and a register of AVX-512.
#[derive(Debug)]
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

impl Buffer {
    /// `len` values, whatever was left in them: the taker overwrites all.
    pub fn stale(len: usize) -> Self {
        let lines = pool().take(len.div_ceil(LANES));
        Self { lines, len }
    }

    /// `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(0.0);
        buffer
    }

    /// Sixteen values at a time. `len` is a multiple of 16.
    pub fn blocks(&self) -> &[[f32; LANES]] {
        self.as_chunks().0
    }

    /// Sixteen values at a time. `len` is a multiple of 16.
    pub fn blocks_mut(&mut self) -> &mut [[f32; LANES]] {
        self.as_chunks_mut().0
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

/// For whoever keeps values as bytes.
impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        pool().give_back(std::mem::take(&mut self.lines));
    }
}

/// Buffers that wait for their next use. The smallest one that is large enough is taken, however
/// large: each step takes the same ones in the same order, so after a few steps none is made anew.
/// In use and waiting together they take at most twice of what was in use at one time, so a step
/// that was larger than all later ones is forgotten in part only.
struct Pool {
    waiting: Vec<Vec<Line>>,
    lines_waiting: usize,
    lines_used: usize,
    most_used: usize,
}

static POOL: Mutex<Pool> =
    Mutex::new(Pool { waiting: Vec::new(), lines_waiting: 0, lines_used: 0, most_used: 0 });

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    fn take(&mut self, lines: usize) -> Vec<Line> {
        if lines == 0 {
            return Vec::new();
        }
        let best = (0..self.waiting.len())
            .filter(|&i| self.waiting[i].len() >= lines)
            .min_by_key(|&i| self.waiting[i].len());
        let buffer = match best {
            Some(i) => {
                let buffer = self.waiting.swap_remove(i);
                self.lines_waiting -= buffer.len();
                buffer
            }
            None => vec![Line::zeroed(); lines],
        };
        self.lines_used += buffer.len();
        self.most_used = self.most_used.max(self.lines_used);
        self.trim();
        buffer
    }

    fn give_back(&mut self, buffer: Vec<Line>) {
        self.lines_used -= buffer.len();
        if !buffer.is_empty() {
            self.lines_waiting += buffer.len();
            self.waiting.push(buffer);
            self.trim();
        }
    }

    /// Lets go of the smallest ones: they are the cheapest to make again.
    fn trim(&mut self) {
        while self.lines_used + self.lines_waiting > 2 * self.most_used {
            let smallest = (0..self.waiting.len()).min_by_key(|&i| self.waiting[i].len());
            let Some(smallest) = smallest else { return };
            self.lines_waiting -= self.waiting.swap_remove(smallest).len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_at_a_line_and_has_the_length_asked_for() {
        for len in [0, 1, 15, 16, 17, 1000] {
            let buffer = Buffer::zeroed(len);
            assert_eq!(buffer.len(), len);
            assert!(len == 0 || buffer.as_ptr().addr().is_multiple_of(64));
            assert!(buffer.iter().all(|&value| value.to_bits() == 0));
        }
    }

    #[test]
    fn a_buffer_is_used_again_and_zeroed_when_asked() {
        let mut pool = Pool { waiting: vec![], lines_waiting: 0, lines_used: 0, most_used: 0 };
        let mut first = pool.take(100);
        first[3] = Line([1.0; LANES]);
        let place = first.as_ptr();
        pool.give_back(first);
        let again = pool.take(60);
        assert_eq!(again.as_ptr(), place);
        assert_eq!(pool.waiting.len(), 0);
    }

    #[test]
    fn a_step_that_is_repeated_makes_no_new_buffers() {
        let mut pool = Pool { waiting: vec![], lines_waiting: 0, lines_used: 0, most_used: 0 };
        let mut step = || {
            let saved = pool.take(300);
            let scratch = pool.take(1000);
            pool.give_back(scratch);
            let small = pool.take(10);
            pool.give_back(saved);
            pool.give_back(small);
            let mut places: Vec<_> = pool.waiting.iter().map(|b| b.as_ptr().addr()).collect();
            places.sort_unstable();
            places
        };
        let _ = (step(), step());
        let third = step();
        assert_eq!(third, step());
    }

    #[test]
    fn what_is_kept_is_bounded_by_what_was_used_at_one_time() {
        let mut pool = Pool { waiting: vec![], lines_waiting: 0, lines_used: 0, most_used: 0 };
        for lines in 1..200 {
            let buffer = pool.take(lines); // each larger than all that wait
            pool.give_back(buffer);
            assert!(pool.lines_waiting <= 2 * pool.most_used, "{lines}");
        }
        assert_eq!((pool.lines_used, pool.most_used), (0, 199));
    }

    #[test]
    fn a_copy_is_of_its_own() {
        let mut first = Buffer::zeroed(20);
        let second = first.clone();
        first.fill(1.0);
        assert!(second.iter().all(|&value| value == 0.0));
    }
}
