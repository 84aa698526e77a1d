//! Training steps of sequence classifiers: forward, loss, backward, Adam. `peer.py` times the same in
//! PyTorch.

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use divan::Bencher;
use fireassay_kernels::recurrent::Cell;
use fireassay_kernels::update;
use fireassay_models::{Directions, RecurrentSpec, SequenceClassifier, bind};
use fireassay_ops::{Adam, Scale, cross_entropy};
use fireassay_spec::Kernels;

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of threads");
    pool.install(divan::main);
}

const BATCH: usize = 32;
const FEATURES: usize = 12;
const CLASSES: usize = 9;

/// Kind, steps, hidden units.
#[derive(Clone, Copy, Debug)]
struct Case(Cell, usize, usize);

const CASES: [Case; 4] = [
    Case(Cell::Lstm, 28, 64),
    Case(Cell::Lstm, 100, 128),
    Case(Cell::Gru, 28, 64),
    Case(Cell::Tanh, 28, 64),
];

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(cell, steps, hidden) = self;
        write!(f, "{cell:?} {BATCH}x{steps}x{FEATURES} to {hidden}")
    }
}

fn step(bencher: Bencher<'_, '_>, kernels: Kernels, Case(cell, steps, hidden): Case) {
    let device = Device::flex().autodiff();
    let spec = RecurrentSpec { cell, hidden, layers: 1, directions: Directions::Forward };
    let model = SequenceClassifier::new(&spec, (FEATURES, CLASSES), kernels, &device);
    let mut model = Some(bind(model, 1));
    let rule =
        update::Adam { lr: 0.0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, penalty: 0.0, decay: 0.0 };
    let mut optimizer = ModuleOptimizer::from(Adam { rule, scale: Scale::default() });
    let wave: Vec<f32> = (0..BATCH * steps * FEATURES).map(|i| (i as f32 * 0.7).sin()).collect();
    let x = Tensor::<3>::from_data(TensorData::new(wave, [BATCH, steps, FEATURES]), &device);
    let labels: Vec<i32> = (0..BATCH).map(|i| (i % CLASSES) as i32).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [BATCH]), &device);
    bencher.bench_local(|| {
        let before = model.take().expect("a model");
        let loss = cross_entropy(kernels, before.forward(x.clone(), None), labels.clone());
        let grads = GradientsParams::from_grads(loss.backward(), &before);
        model = Some(optimizer.step(1e-3, before, grads));
    });
}

#[divan::bench(args = CASES)]
fn fused(bencher: Bencher<'_, '_>, case: Case) {
    step(bencher, Kernels::On, case);
}

/// Of Burn's own operations, but for the update.
#[divan::bench(args = CASES, sample_count = 5)]
fn composed(bencher: Bencher<'_, '_>, case: Case) {
    step(bencher, Kernels::Off, case);
}
