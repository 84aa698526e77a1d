//! Examples that were found in some order, put into that of their names.

/// Where an example is from; smaller comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// 0: train, 1: test.
    pub(crate) part: usize,
    /// Path in the folder or archive.
    pub(crate) place: String,
    /// In that file.
    pub(crate) row: usize,
}

/// Moves examples of `item` values and their labels, as `keys` has them, into the order of the
/// keys. In place: nobody has memory for two copies. Gives a key that is there twice.
pub(crate) fn into_order<'a>(
    keys: &'a [Key],
    item: usize,
    values: &mut [u8],
    labels: &mut [u32],
) -> Result<(), &'a Key> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_unstable_by_key(|&index| &keys[index]);
    if let Some(pair) = order.array_windows().find(|[a, b]| keys[*a] == keys[*b]) {
        return Err(&keys[pair[0]]);
    }
    permute(&mut order, item, values, labels);
    Ok(())
}

/// `order[i]` is where the example for place `i` lies; it is used up. Goes along the cycles.
fn permute(order: &mut [usize], item: usize, values: &mut [u8], labels: &mut [u32]) {
    let mut spare = vec![0; item];
    for start in 0..order.len() {
        if order[start] == start {
            continue;
        }
        spare.copy_from_slice(&values[start * item..][..item]);
        let spare_label = labels[start];
        let mut hole = start;
        loop {
            let from = std::mem::replace(&mut order[hole], hole);
            if from == start {
                break;
            }
            values.copy_within(from * item..(from + 1) * item, hole * item);
            labels[hole] = labels[from];
            hole = from;
        }
        values[hole * item..][..item].copy_from_slice(&spare);
        labels[hole] = spare_label;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(place: &str) -> Key {
        Key { part: 0, place: place.to_owned(), row: 0 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_order_is_undone(order in Just((0..12u8).collect::<Vec<_>>()).prop_shuffle()) {
            let keys: Vec<Key> = order.iter().map(|n| key(&format!("{n:02}"))).collect();
            let mut values: Vec<u8> = order.iter().flat_map(|n| [*n, n + 100, n + 200]).collect();
            let mut labels: Vec<u32> = order.iter().map(|n| u32::from(*n) * 7).collect();
            into_order(&keys, 3, &mut values, &mut labels).unwrap();
            prop_assert_eq!(values, (0..12).flat_map(|n| [n, n + 100, n + 200]).collect::<Vec<_>>());
            prop_assert_eq!(labels, (0..12).map(|n| n * 7).collect::<Vec<_>>());
        }
    }

    #[test]
    fn parts_come_first_then_bytes_then_rows_and_twice_is_an_error() {
        let mut keys = vec![key("b"), key("a/x"), key("a-b/x"), key("é"), key("Z"), key("b")];
        keys[5].row = 1;
        keys[4].part = 1;
        let mut values: Vec<u8> = (0..6).collect();
        let mut labels = vec![0; 6];
        into_order(&keys, 1, &mut values, &mut labels).unwrap();
        assert_eq!(values, [2, 1, 0, 5, 3, 4]);
        keys[5].row = 0;
        assert_eq!(into_order(&keys, 1, &mut values, &mut labels), Err(&key("b")));
    }
}
