//! `Stream`: every random number of a trial, as a function of (seed, purpose, name, tick, index).
//!
//! A stream has no position: reading one never moves another, so removing a component shifts
//! nothing else, and there is no generator state to save in a checkpoint. The generator is
//! Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). From bits
//! to floats only IEEE basic operations are used, so every machine draws the same values.

use serde::{Deserialize, Serialize};

/// What a stream is for. Two purposes never share a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Initial values; the name is the parameter's path.
    Init,
    /// Order of the training examples; the tick is the epoch.
    Order,
    /// Augmentation; the tick is the step.
    Augment,
    /// Dropout masks; the name is the layer's path, the tick is the step.
    Dropout,
    /// Which examples are train, val and test.
    Split,
    /// What is spoiled in the data; the name is the way, the tick is the example.
    Corrupt,
    /// Which source a trial starts from: nothing is drawn from it, its seed is the one of the trial
    /// that trains the source.
    Pretrain,
}

impl Purpose {
    /// All purposes, in the order of a trial: crossed streams are counted in it.
    pub const ALL: &[Self] = &[
        Self::Init,
        Self::Order,
        Self::Augment,
        Self::Dropout,
        Self::Split,
        Self::Corrupt,
        Self::Pretrain,
    ];

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Order => "order",
            Self::Augment => "augment",
            Self::Dropout => "dropout",
            Self::Split => "split",
            Self::Corrupt => "corrupt",
            Self::Pretrain => "pretrain",
        }
    }
}

/// A stable 64-bit name for a path.
pub fn path_key(path: &str) -> u64 {
    first_u64(blake3::hash(path.as_bytes()))
}

/// One addressable sequence of random words.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: [u32; 2],
    tick: u64,
}

impl Stream {
    /// `seed` is the trial's, `name` a [`path_key`] or 0, `tick` an epoch, a step or 0.
    pub fn new(seed: u64, purpose: Purpose, name: u64, tick: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("fireassay.stream.v1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(&name.to_le_bytes());
        hasher.update(purpose.name().as_bytes());
        let key = first_u64(hasher.finalize());
        Self { key: [key as u32, (key >> 32) as u32], tick }
    }

    /// Words `0..n`.
    pub fn words(&self, n: usize) -> Vec<u32> {
        let mut out = Vec::with_capacity(n.next_multiple_of(4));
        for index in 0..n.div_ceil(4) as u64 {
            let counter =
                [index as u32, (index >> 32) as u32, self.tick as u32, (self.tick >> 32) as u32];
            out.extend_from_slice(&philox(counter, self.key));
        }
        out.truncate(n);
        out
    }

    /// `n` values uniform in [-bound, bound): 24 random bits, one product in f64, one rounding.
    pub fn symmetric(&self, n: usize, bound: f64) -> Vec<f32> {
        let scale = 2.0 / f64::from(1u32 << 24);
        let draw = |word: u32| ((f64::from(word >> 8) * scale - 1.0) * bound) as f32;
        self.words(n).into_iter().map(draw).collect()
    }

    /// `n` values, each 1 / keep with probability `keep`, else 0 (inverted dropout).
    pub fn mask(&self, n: usize, keep: f64) -> Vec<f32> {
        let limit = (keep * 4_294_967_296.0) as u64;
        let on = (1.0 / keep) as f32;
        let draw = |word: u32| if u64::from(word) < limit { on } else { 0.0 };
        self.words(n).into_iter().map(draw).collect()
    }

    /// A permutation of `0..n` (Fisher-Yates; 64-bit draws, so the bias is below 2^-40).
    pub fn permutation(&self, n: usize) -> Vec<u32> {
        let words = self.words(2 * n);
        let mut order: Vec<u32> = (0..n as u32).collect();
        for i in (1..n).rev() {
            let draw = u64::from(words[2 * i]) << 32 | u64::from(words[2 * i + 1]);
            let j = (u128::from(draw) * (i as u128 + 1)) >> 64;
            order.swap(i, j as usize);
        }
        order
    }
}

fn first_u64(hash: blake3::Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// One block: four words from a counter and a key.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    // Multipliers and Weyl constants of the paper, table 2 and section 4.
    const M0: u64 = 0xD251_1F53;
    const M1: u64 = 0xCD9E_8D57;
    const W0: u32 = 0x9E37_79B9;
    const W1: u32 = 0xBB67_AE85;
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
        }
        let p0 = M0 * u64::from(counter[0]);
        let p1 = M1 * u64::from(counter[2]);
        counter = [
            (p1 >> 32) as u32 ^ counter[1] ^ key[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ counter[3] ^ key[1],
            p0 as u32,
        ];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with the Random123 library.
    #[test]
    fn philox_gives_the_published_answers() {
        let check = |counter, key, expected| assert_eq!(philox(counter, key), expected);
        check([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        check([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        check(
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        );
    }

    #[test]
    fn a_shorter_read_is_a_prefix_of_a_longer_one() {
        let stream = Stream::new(7, Purpose::Dropout, path_key("dense.0"), 41);
        assert_eq!(stream.words(5), stream.words(9)[..5]);
    }

    #[test]
    fn every_part_of_the_address_changes_the_draw() {
        let base = Stream::new(1, Purpose::Init, 2, 3).words(4);
        for other in [
            Stream::new(2, Purpose::Init, 2, 3),
            Stream::new(1, Purpose::Order, 2, 3),
            Stream::new(1, Purpose::Init, 3, 3),
            Stream::new(1, Purpose::Init, 2, 4),
        ] {
            assert_ne!(base, other.words(4));
        }
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        for n in [0, 1, 2, 3, 1000] {
            let mut order = Stream::new(0, Purpose::Order, 0, 0).permutation(n);
            order.sort_unstable();
            assert_eq!(order, (0..n as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn draws_have_the_stated_range_and_mean() {
        let n = 100_000;
        let values = Stream::new(3, Purpose::Init, 0, 0).symmetric(n, 0.5);
        assert!(values.iter().all(|v| (-0.5..0.5).contains(v)));
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 4.0 * 0.5 / 3f64.sqrt() / (n as f64).sqrt(), "mean {mean}");
        let mask = Stream::new(3, Purpose::Dropout, 0, 0).mask(n, 0.8);
        let kept = mask.iter().filter(|&&m| m > 0.0).count() as f64 / n as f64;
        assert!((kept - 0.8).abs() < 4.0 * 0.4 / (n as f64).sqrt(), "kept {kept}");
        assert!(mask.iter().all(|&m| m == 0.0 || m == 1.25));
    }
}
