//! A classifier of sequences learns, and reads no further than it should.

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Int, TensorData};
use fireassay_kernels::recurrent::Cell;
use fireassay_kernels::update;
use fireassay_ops::{Adam, Scale, cross_entropy};

use super::*;
use crate::bind::bind;

fn spec(cell: Cell, directions: Directions) -> RecurrentSpec {
    RecurrentSpec { cell, hidden: 8, layers: 1, directions }
}

fn model(spec: &RecurrentSpec, kernels: Kernels) -> SequenceClassifier {
    bind(SequenceClassifier::new(spec, (2, 3), kernels, &Device::flex().autodiff()), 5)
}

fn wave(shape: [usize; 3]) -> Tensor<3> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i| (i as f32 * 1.7).sin()).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

fn of(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("f32 values")
}

#[test]
fn every_classifier_learns_one_batch_by_heart() {
    let labels = TensorData::new(vec![0i32, 1, 2, 1, 0, 2], [6]);
    let labels = Tensor::<1, Int>::from_data(labels, &Device::flex().autodiff());
    let rule =
        update::Adam { lr: 0.0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, penalty: 0.0, decay: 0.0 };
    for kernels in [Kernels::Off, Kernels::On] {
        for cell in [Cell::Lstm, Cell::Gru, Cell::Tanh, Cell::Relu] {
            let mut model = model(&spec(cell, Directions::Both), kernels);
            let mut optimizer = ModuleOptimizer::from(Adam { rule, scale: Scale::default() });
            let mut loss = f32::NAN;
            for _ in 0..30 {
                let logits = model.forward(wave([6, 4, 2]), Some(&[4, 1, 2, 3, 4, 2]));
                let found = cross_entropy(kernels, logits, labels.clone());
                let grads = GradientsParams::from_grads(found.backward(), &model);
                loss = found.into_scalar();
                model = optimizer.step(0.05, model, grads);
            }
            assert!(loss < 0.1, "{loss} for {cell:?}, kernels {kernels}");
        }
    }
}

#[test]
fn a_padded_sequence_gives_the_bits_of_a_short_one() {
    for kernels in [Kernels::Off, Kernels::On] {
        for directions in [Directions::Forward, Directions::Both] {
            let model = model(&spec(Cell::Lstm, directions), kernels);
            let x = wave([3, 5, 2]);
            let short = model.forward(x.clone().slice([0..3, 0..2]), None);
            let padded = model.forward(x, Some(&[2, 2, 2]));
            assert_eq!(short.dims(), [3, 3]);
            assert_eq!(of(short), of(padded), "{directions:?}, kernels {kernels}");
        }
    }
}
