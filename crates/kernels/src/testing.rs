//! What the tests of all operations share.

use crate::activation::Activation;
use crate::isa::Isa;

/// `len` numbers without structure, from -1 to 1.
pub(crate) fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mix = |i: u32| {
        let word = (i ^ seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
        (word ^ (word >> 13)).wrapping_mul(0xC2B2_AE35) >> 8
    };
    (1..=len as u32).map(|i| mix(i) as f32 / 8_388_608.0 - 1.0).collect()
}

/// An activation in f64.
pub(crate) fn activated(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Gelu => x * 0.5 * libm::erfc(-x / 2f64.sqrt()),
        Activation::Identity => x,
        Activation::Relu if x.is_nan() || x > 0.0 => x,
        Activation::Relu => 0.0,
        Activation::Relu6 => activated(Activation::Relu, x.clamp(f64::NEG_INFINITY, 6.0)),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
    }
}

/// Numbers of threads that are tested; most share nothing evenly.
pub(crate) const THREADS: [usize; 5] = [1, 2, 3, 5, 16];

/// What `run` gives on every instruction set and on three threads of it, on the fastest one with each
/// of [`THREADS`], and twice.
pub(crate) fn on_every_machine(run: impl Fn(Isa) -> Vec<f32> + Sync) -> Vec<(String, Vec<f32>)> {
    let on_threads = |isa: Isa, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let result = pool.expect("a pool of threads").install(|| run(isa));
        (format!("{} with {threads} threads", isa.name()), result)
    };
    let mut results: Vec<(String, Vec<f32>)> = vec![];
    for isa in Isa::all() {
        results.push((isa.name().to_owned(), run(isa)));
        results.push(on_threads(isa, 3));
    }
    results.push(("again".to_owned(), run(Isa::best())));
    results.extend(THREADS.map(|threads| on_threads(Isa::best(), threads)));
    results
}

/// Fails at the first value whose bits differ from those of the first result; any two NaN are equal.
pub(crate) fn assert_same_bits(results: &[(String, Vec<f32>)]) {
    let (reference, expected) = &results[0];
    for (name, values) in results {
        assert_eq!(values.len(), expected.len(), "{name}");
        let differs = values
            .iter()
            .zip(expected)
            .position(|(a, b)| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()));
        if let Some(i) = differs {
            panic!("[{i}] is {} on {name} and {} on {reference}", values[i], expected[i]);
        }
    }
}
