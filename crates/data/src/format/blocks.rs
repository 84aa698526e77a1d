//! `Blocks`: numbers of an array from the file's order into the card's.

/// Puts numbers into the card's order: example by example where the file has one after the other,
/// all at once otherwise.
pub(super) struct Blocks<T> {
    jumps: Vec<(usize, usize)>,
    len: usize,
    waiting: Vec<T>,
}

impl<T: Copy> Blocks<T> {
    pub(super) fn new(mut jumps: Vec<(usize, usize)>) -> Self {
        let item: usize = jumps[1..].iter().map(|(len, _)| len).product();
        if jumps[0].1 == item {
            jumps.remove(0);
        }
        let len = jumps.iter().map(|(len, _)| len).product();
        Self { jumps, len, waiting: Vec::new() }
    }

    pub(super) fn add(&mut self, mut numbers: &[T], out: &mut Vec<T>) {
        while !numbers.is_empty() {
            let (now, later) = numbers.split_at(numbers.len().min(self.len - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            numbers = later;
            if self.waiting.len() == self.len {
                out.extend(offsets(&self.jumps).map(|offset| self.waiting[offset]));
                self.waiting.clear();
            }
        }
    }
}

/// Where the numbers lie, one after the other.
fn offsets(jumps: &[(usize, usize)]) -> impl Iterator<Item = usize> {
    let total = jumps.iter().map(|(len, _)| len).product();
    let mut index = vec![0; jumps.len()];
    let mut offset = 0;
    (0..total).map(move |_| {
        let current = offset;
        for (i, &(len, step)) in index.iter_mut().zip(jumps).rev() {
            *i += 1;
            offset += step;
            if *i < len {
                break;
            }
            offset -= len * step;
            *i = 0;
        }
        current
    })
}
