//! Every case of `fuzz/corpus` again, a little damaged: the same damage each time. It takes no
//! nightly compiler, and keeps the promises between two runs of the fuzzer.

use std::fs;
use std::path::Path;

use fireassay_corpus::TARGETS;

/// Of each case; a few seconds in all.
const ROUNDS: u32 = 8;

#[test]
fn no_damage_breaks_a_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for target in TARGETS {
        let mut paths: Vec<_> = fs::read_dir(corpus.join(target.name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let cases: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        for (path, case) in paths.iter().zip(&cases) {
            for round in 0..ROUNDS {
                let mut draw = Draw::new(path, round);
                let other = &cases[draw.below(cases.len())];
                (target.check)(&damaged(case.clone(), other, &mut draw));
            }
        }
    }
}

/// One to four edits.
fn damaged(mut bytes: Vec<u8>, other: &[u8], draw: &mut Draw) -> Vec<u8> {
    for _ in 0..=draw.below(4) {
        let start = draw.below(bytes.len() + 1);
        let end = (start + draw.below(32)).min(bytes.len());
        match draw.below(7) {
            0 => bytes.truncate(start),
            1 => drop(bytes.drain(start..end)),
            2 => {
                let again = bytes[start..end].to_vec();
                bytes.splice(start..start, again);
            }
            3 => {
                let from = draw.below(other.len() + 1);
                let to = (from + draw.below(64)).min(other.len());
                bytes.splice(start..end, other[from..to].iter().copied());
            }
            4 => bytes[start..end].fill(draw.below(256) as u8),
            5 => {
                let number: &[u8] =
                    [&b"-1"[..], b"0", b"1e999", b"nan", b"18446744073709551615"][draw.below(5)];
                bytes.splice(start..end, number.iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= 1 << draw.below(8);
                }
            }
        }
    }
    bytes
}

/// Numbers that are the same for the same case and round.
struct Draw(blake3::OutputReader);

impl Draw {
    fn new(path: &Path, round: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(path.file_name().unwrap().as_encoded_bytes());
        hasher.update(&round.to_le_bytes());
        Self(hasher.finalize_xof())
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        let mut word = [0; 8];
        self.0.fill(&mut word);
        (u64::from_le_bytes(word) % bound.max(1) as u64) as usize
    }
}
