//! Work shared among the threads of the current rayon pool.
//!
//! What is shared is fixed by shapes: whole examples, or groups of [`GROUP`] examples where each
//! group sums for itself and the sums are added in the order of the groups. Who computes a group is
//! open, what it computes is not.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// How many examples sum into one partial result. A constant of the results: another number gives
/// other roundings.
pub const GROUP: usize = 8;

/// Calls `work` once for every item, on as many threads as there are. With one it runs right here,
/// in order.
pub fn each<T: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) + Send + Sync) {
    if rayon::current_num_threads() == 1 {
        items.into_iter().for_each(work);
        return;
    }
    let items: Vec<T> = items.into_iter().collect();
    items.into_par_iter().with_max_len(1).for_each(work);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_with_any_number_of_threads() {
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let mut hits = [0u8; 37];
            pool.expect("a pool of threads").install(|| each(&mut hits, |hit| *hit += 1));
            assert_eq!(hits, [1; 37], "{threads} threads");
        }
    }
}
