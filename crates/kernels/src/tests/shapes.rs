//! Shapes of nothing, or almost.

use crate::activation::Activation;
use crate::dense::{self, Dense};
use crate::norm::{self, Affine, AffineGradient, GroupSizes};
use crate::{Isa, conv, loss, update};

#[test]
fn layers_of_nothing() {
    for isa in Isa::all() {
        let sizes = Dense { examples: 3, inputs: 2, outputs: 0 };
        let (x, mut dx) = ([1.0; 6], [f32::NAN; 6]);
        dense::forward(isa, sizes, &x, (&[], Some(&[])), &mut []);
        dense::input_gradient(isa, sizes, &[], &[], &mut dx);
        assert_eq!(dx, [0.0; 6]);
        dense::weight_gradient(isa, sizes, (&x, &[]), &mut [], Some(&mut []));

        let sizes = Dense { examples: 0, inputs: 2, outputs: 3 };
        let (mut dw, mut db) = ([f32::NAN; 6], [f32::NAN; 3]);
        dense::weight_gradient(isa, sizes, (&[], &[]), &mut dw, Some(&mut db));
        assert_eq!((dw, db), ([0.0; 6], [0.0; 3]));

        let adam = update::Adam {
            lr: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            penalty: 0.0,
            decay: 0.0,
        };
        update::adam(isa, adam, (1, 1.0), (&mut [], &[]), [&mut [], &mut []]);
        assert_eq!(update::squared_norm(isa, &[]), 0.0);
        conv::global_average(isa, [0, 4, 4], &[], &mut []);
    }
}

#[test]
fn norms_of_no_examples_have_no_gradient() {
    let affine = Affine {
        gamma: &[2.0; 6],
        beta: &[1.0; 6],
        epsilon: 1e-5,
        activation: Activation::Identity,
    };
    let sizes = GroupSizes { examples: 0, positions: 2, channels: 6, groups: 3 };
    for isa in Isa::all() {
        let stats = norm::group_forward(isa, sizes, &[], affine, &mut []);
        let (mut gamma, mut beta) = ([f32::NAN; 6], [f32::NAN; 6]);
        let gradient = AffineGradient { gamma: &mut gamma, beta: &mut beta };
        norm::group_backward(isa, sizes, (&[], &[]), (affine, &stats), (&mut [], gradient));
        assert_eq!((gamma, beta), ([0.0; 6], [0.0; 6]));
        norm::batch_inference(isa, &[], affine, (&[0.0; 6], &[1.0; 6]), &mut []);
    }
}

#[test]
fn one_row_is_its_own_mean() {
    let affine = Affine {
        gamma: &[2.0; 3],
        beta: &[1.0, 0.0, -1.0],
        epsilon: 1e-5,
        activation: Activation::Identity,
    };
    for isa in Isa::all() {
        let mut y = [f32::NAN; 3];
        let stats = norm::batch_forward(isa, &[5.0, -7.0, 1e-40], affine, &mut y);
        assert_eq!(y, [1.0, 0.0, -1.0]);
        assert_eq!(stats.variance, [0.0; 3]);
    }
}

#[test]
fn one_class_is_always_right() {
    for isa in Isa::all() {
        let mut gradient = [f32::NAN; 2];
        let loss = loss::cross_entropy(isa, &[3.0, -70.0], &[0, 0], &mut gradient);
        assert_eq!((loss, gradient), (0.0, [0.0; 2]));
    }
}
