//! Files that were cut short or changed: an error or tensors, never a panic.

use std::fs;

use fireassay_weights::parse;
use proptest::prelude::{Strategy, any, proptest};
use proptest::test_runner::Config;

use crate::reference::files;

#[test]
fn a_file_that_is_cut_short_is_refused_wherever_it_ends() {
    for path in files() {
        let whole = fs::read(&path).unwrap();
        assert!(parse(&path, &whole, None).is_ok());
        for end in 0..whole.len() {
            let found = parse(&path, &whole[..end], None);
            assert!(found.is_err(), "{} of {end} bytes", path.display());
        }
        // Behind its directory an archive may go on, which is where readers look for it first.
        let more = parse(&path, &[&whole[..], b"\0"].concat(), None);
        assert_eq!(more.is_ok(), path.extension().is_some_and(|extension| extension == "pth"));
    }
}

/// Not every bit, but bits of every place in a byte.
const PRIME: usize = 11;

#[test]
fn a_flipped_bit_of_a_number_in_an_archive_is_found() {
    let path = files().into_iter().find(|path| path.ends_with("module.pth")).unwrap();
    let whole = fs::read(&path).unwrap();
    let tensors = parse(&path, &whole, None).unwrap().tensors;
    let (mut tried, mut refused) = (0, 0);
    for bit in (0..8 * whole.len()).step_by(PRIME) {
        tried += 1;
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match parse(&path, &bytes, None) {
            // Dates, padding, and files that nobody asks for.
            Ok(file) => assert_eq!(file.tensors, tensors, "bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    assert!(4 * refused > tried, "{refused} of {tried} bits");
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]
    #[test]
    fn no_damage_is_a_panic(
        which in any::<usize>(),
        edits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8),
        cut in (any::<usize>(), 0..64usize).prop_map(|(start, len)| (start, len)),
    ) {
        let files = files();
        let path = &files[which % files.len()];
        let mut bytes = fs::read(path).unwrap();
        for (at, byte) in edits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let start = cut.0 % bytes.len();
        let end = (start + cut.1).min(bytes.len());
        bytes.drain(start..end);
        if let Ok(file) = parse(path, &bytes, None) {
            for tensor in file.tensors.values() {
                assert_eq!(tensor.shape.iter().product::<usize>(), tensor.values.len());
            }
        }
    }
}
