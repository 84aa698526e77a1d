//! What heads and comparisons cost: `cargo bench -p fireassay-features`.
//!
//! `benches/peer/solvers.py` times scikit-learn on the same sizes. Of many samples the fastest is the
//! one to read where others share the machine.

use divan::Bencher;
use fireassay_features::{
    Examples, Problem, Rows, Stopping, Strengths, logistic, logistic_each, ridge,
};

const ROWS: usize = 10_000;
const WIDTH: usize = 64;
const CLASSES: usize = 10;
const SEEDS: u64 = 5;

fn main() {
    divan::main();
}

/// Features of ten overlapping classes, as a small network gives them: none negative, most zero or
/// small.
struct Made {
    features: Vec<f32>,
    labels: Vec<u32>,
}

impl Made {
    fn new() -> Self {
        let labels: Vec<u32> = (0..ROWS as u32).map(|row| row % CLASSES as u32).collect();
        let centre = |class: u32, column: usize| noise(u64::from(class) * 97 + column as u64, 1);
        let feature = |at: usize| {
            let (row, column) = (at / WIDTH, at % WIDTH);
            (0.25 * centre(labels[row], column) + noise(at as u64, 2)).max(0.0) as f32
        };
        Self { features: (0..ROWS * WIDTH).map(feature).collect(), labels }
    }

    fn examples(&self) -> Examples<'_> {
        let rows = Rows::new(&self.features, WIDTH).expect("a matrix");
        Examples::new(rows, &self.labels, CLASSES).expect("labels")
    }
}

/// Nearly normal: the sum of four uniform numbers, from the mixer of splitmix64.
fn noise(index: u64, stream: u64) -> f64 {
    let mut state = (index << 8 | stream).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ state >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^= state >> 31;
    let parts = (0..4).map(|part| (state >> (16 * part) & 0xFFFF) as f64 / 65536.0 - 0.5);
    parts.sum::<f64>() * 1.732
}

/// Eight tenths of the rows, others for each seed.
fn part(seed: u64) -> Vec<u32> {
    (0..ROWS as u32).filter(|row| (u64::from(*row) * 7 + seed * 3) % 10 < 8).collect()
}

fn strengths() -> Strengths {
    Strengths::geometric(1.0, 1e-5, 10).expect("ten strengths")
}

#[divan::bench(sample_count = 10)]
fn logistic_path(bencher: Bencher<'_, '_>) {
    let made = Made::new();
    let problem = Problem::standardised(made.examples()).expect("rows");
    bencher.bench_local(|| logistic(&problem, &strengths(), Stopping::default()));
}

#[divan::bench(args = [1, 2], sample_count = 10)]
fn logistic_path_5_seeds(bencher: Bencher<'_, '_>, threads: usize) {
    let made = Made::new();
    let parts: Vec<Vec<u32>> = (0..SEEDS).map(part).collect();
    let problems = || {
        let examples = parts.iter().map(|part| made.examples().only(part).expect("rows"));
        examples.map(|examples| Problem::standardised(examples).expect("rows")).collect::<Vec<_>>()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    bencher.bench_local(|| {
        pool.install(|| logistic_each(&problems(), &strengths(), Stopping::default()))
    });
}

/// Rows that stay in a cache beside ones that do not: what solving several heads in one pass over
/// the rows could gain at most.
#[divan::bench(args = [128, 512, 2048, 10_000], sample_count = 20)]
fn logistic_rows(bencher: Bencher<'_, '_>, rows: usize) {
    let made = Made::new();
    let part: Vec<u32> = (0..rows as u32).collect();
    let examples = made.examples().only(&part).expect("rows");
    let problem = Problem::standardised(examples).expect("rows");
    let stopping = Stopping { gradient: 0.0, iterations: 20 };
    let strength = Strengths::new(&[1e-2]).expect("one");
    let path = logistic(&problem, &strength, stopping).expect("solved");
    let evaluations = path.fits[0].search.expect("a search").evaluations;
    let count = divan::counter::ItemsCount::new(evaluations * rows);
    bencher.counter(count).bench_local(|| logistic(&problem, &strength, stopping));
}

#[divan::bench(args = [64, 256], sample_count = 5)]
fn ridge_path(bencher: Bencher<'_, '_>, width: usize) {
    let made = Made::new();
    let rows = Rows::new(&made.features, width).expect("a matrix");
    let labels = &made.labels[..ROWS * WIDTH / width];
    let examples = Examples::new(rows, labels, CLASSES).expect("labels");
    let problem = Problem::standardised(examples).expect("rows");
    bencher.bench_local(|| ridge(&problem, &strengths()));
}
