//! Values and gradients that PyTorch computed.

use std::collections::BTreeMap;

use super::*;

/// Made by `torch/make.py`.
const BLOCKS: &str = include_str!("torch/blocks.txt");

/// A case's first line.
fn case(shape: &str) -> Case {
    let words: Vec<&str> = shape.split(' ').collect();
    let number = |i: usize| words[i].parse().expect("a number");
    let [images, height, width, channels] = [0, 1, 2, 3].map(number);
    let twice = |i: usize| [number(i); 2];
    let conv = conv([images, height, width, channels], number(4), twice(5), [twice(6), twice(7)]);
    let activation = if words[8] == "relu" { Activation::Relu } else { Activation::Tanh };
    let pool = match words[9] {
        "max" => Pool::Max([2, 2]),
        "average" => Pool::Average([2, 2]),
        _ => Pool::None,
    };
    let with = With { residual: words[10] == "1", ..NORM };
    Case { block: Block { conv, activation, pool }, with }
}

#[test]
fn blocks_are_those_of_pytorch() {
    let cases: Vec<&str> = BLOCKS.split("case ").skip(1).collect();
    assert_eq!(cases.len(), 3);
    for text in cases {
        let (shape, tensors) = text.split_once('\n').expect("a line of shape");
        let tensors: BTreeMap<&str, Vec<f64>> = tensors
            .lines()
            .map(|line| {
                let (name, values) = line.split_once(' ').expect("a name and values");
                let values = values.split(' ').map(|value| value.parse().expect("a number"));
                (name, values.collect())
            })
            .collect();
        let of = |name: &str| -> Vec<f32> {
            tensors.get(name).map_or(vec![], |all| all.iter().map(|&v| v as f32).collect())
        };
        let data = Data {
            x: of("x"),
            weight: of("weight"),
            bias: of("bias"),
            gamma: of("gamma"),
            beta: of("beta"),
            residual: of("residual"),
            grad: of("grad"),
        };
        let results = run(Isa::best(), &case(shape), &data);
        let mut expected = vec![
            ("y", &results.y),
            ("mean", &results.mean),
            ("variance", &results.variance),
            ("dx", &results.x),
            ("dweight", &results.weight),
            ("dgamma", &results.gamma),
            ("dbeta", &results.beta),
        ];
        if !data.residual.is_empty() {
            expected.push(("dresidual", &results.residual));
        }
        for (name, actual) in expected {
            let error = error(actual, &tensors[name]);
            assert!(error < 2e-6, "{name}: {error} {shape}");
        }
    }
}
