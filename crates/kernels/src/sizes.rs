//! Products of sizes that do not wrap around.
//!
//! The crate is compiled without overflow checks, which cost time in inner loops. So what an operation
//! counts at its start is counted with these.

/// How many values `sizes` make.
///
/// # Panics
///
/// If they are more than can be counted.
pub(crate) fn product<const N: usize>(sizes: [usize; N]) -> usize {
    let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    match product {
        Some(product) => product,
        None => panic!("sizes of more values than can be counted: {sizes:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_is_refused() {
        assert_eq!(product([3, 4, 5]), 60);
        assert_eq!(product([usize::MAX, 1, 0]), 0);
        let half = 1 << (usize::BITS / 2);
        assert!(std::panic::catch_unwind(|| product([half, half])).is_err());
    }
}
