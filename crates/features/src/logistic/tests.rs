//! Gradients by differences, closed forms, awkward problems; references are in `tests/parity`.

use super::*;
use crate::arithmetic::Blocks;
use crate::{Examples, Note, Rows};

fn wave(index: usize) -> f64 {
    libm::sin(index as f64 * 12.9898) * 2.0
}

fn features(len: usize) -> Vec<f32> {
    (0..len).map(|index| wave(index) as f32).collect()
}

fn tight() -> Stopping {
    Stopping { gradient: 1e-10, iterations: 2000 }
}

#[test]
fn the_gradient_is_the_slope_of_the_value() {
    for (rows, width, classes) in [(1, 1, 2), (7, 3, 4), (70, 5, 3), (130, 2, 11)] {
        let blocks = Blocks::new(rows, width, |row, column| wave(row * width + column + 1));
        let labels: Vec<usize> = (0..rows).map(|row| row * 7 % classes).collect();
        let mut objective = Objective::new(&blocks, &labels, classes);
        objective.strength = 0.3;
        let point: Vec<f64> = (0..classes * width).map(|at| wave(3 * at + 2)).collect();
        let mut gradient = vec![0.0; point.len()];
        objective.at(&point, &mut gradient);
        let mut unused = gradient.clone();
        for at in 0..point.len() {
            let mut moved = |by: f64| {
                let mut point = point.clone();
                point[at] += by;
                objective.at(&point, &mut unused)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - gradient[at]).abs() < 1e-9, "{slope} {}", gradient[at]);
        }
    }
}

/// Without features that differ, the biases give the shares of the classes.
#[test]
fn constant_features_leave_the_shares_of_the_classes() {
    let values = [0.1, 5.0].repeat(10);
    let labels = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2];
    let examples = Examples::new(Rows::new(&values, 2).unwrap(), &labels, 3).unwrap();
    let problem = Problem::standardised(examples).unwrap();
    let path = logistic(&problem, &Strengths::new(&[0.1]).unwrap(), tight()).unwrap();
    assert_eq!(path.notes, [Note::Constant { features: 2 }]);
    let head = &path.fits[0].head;
    assert!(head.weights().iter().all(|weight| weight.abs() < 1e-9));
    let logits = head.logits(&problem.examples().rows()).unwrap();
    let total: f64 = logits[..3].iter().map(|logit| logit.exp()).sum();
    for (logit, share) in logits.iter().zip([0.7, 0.2, 0.1]) {
        assert!((logit.exp() / total - share).abs() < 1e-9);
    }
}

/// Two mirrored examples of one feature x = ±1: w solves λ w = 2 / (1 + exp(2 w)) / 2 for each class.
#[test]
fn separable_classes_end_where_the_closed_form_says() {
    let (values, labels) = ([-1.0, 1.0], [0, 1]);
    let examples = Examples::new(Rows::new(&values, 1).unwrap(), &labels, 2).unwrap();
    let problem = Problem::raw(examples).unwrap();
    let strengths = Strengths::geometric(1.0, 1e-9, 10).unwrap();
    let path = logistic(&problem, &strengths, tight()).unwrap();
    assert!(path.notes.is_empty(), "{:?}", path.notes);
    for fit in &path.fits {
        let weight = fit.head.weights()[1];
        assert!((fit.head.weights()[0] + weight).abs() < 1e-9);
        // d/dw of ln(1 + exp(-2 w)) + λ w²
        let left = fit.strength * weight - 1.0 / (1.0 + (2.0 * weight).exp());
        assert!(left.abs() < 1e-9, "{left} at {}", fit.strength);
    }
}

#[test]
fn a_class_without_examples_is_named_and_never_predicted() {
    let (values, labels) = (features(40), [0, 2, 2, 0, 0, 2, 0, 2, 0, 2]);
    let examples = Examples::new(Rows::new(&values, 4).unwrap(), &labels, 4).unwrap();
    let path = logistic(
        &Problem::standardised(examples).unwrap(),
        &Strengths::geometric(1.0, 1e-6, 4).unwrap(),
        Stopping::default(),
    );
    let path = path.unwrap();
    assert_eq!(path.notes, [Note::Absent { class: 1 }, Note::Absent { class: 3 }]);
    // Also far from where it was learnt.
    let far: Vec<f32> = features(400).iter().map(|value| value * 1e3).collect();
    let far = Rows::new(&far, 4).unwrap();
    for fit in &path.fits {
        for logits in fit.head.logits(&far).unwrap().chunks(4) {
            let best = logits[0].max(logits[2]);
            assert!(logits[1] < best && logits[3] < best);
            let share = (logits[1] - best).exp();
            assert!(share <= 1.0 / 22.0, "{share}");
        }
        assert!(fit.head.score(&examples, Loss::CrossEntropy).unwrap().loss.is_finite());
    }
}

#[test]
fn few_examples_and_many_features_have_a_finite_solution() {
    for rows in [1, 2, 5] {
        let (values, labels) = (features(rows * 30), vec![0, 1, 2, 1, 0]);
        let rows = Rows::new(&values, 30).unwrap();
        let examples = Examples::new(rows, &labels[..rows.len()], 3).unwrap();
        let problem = Problem::standardised(examples).unwrap();
        let strengths = Strengths::geometric(10.0, 1e-8, 10).unwrap();
        let path = logistic(&problem, &strengths, Stopping::default()).unwrap();
        for fit in &path.fits {
            let search = fit.search.unwrap();
            assert!(search.converged, "{} examples: {search:?}", rows.len());
            let score = fit.head.score(&examples, Loss::CrossEntropy).unwrap();
            assert!(score.loss.is_finite() && fit.head.bias().iter().all(|b| b.is_finite()));
        }
        let score = path.choose(&examples).unwrap().score;
        assert_eq!(score.accuracy, 1.0);
    }
}

#[test]
fn no_example_is_refused_in_words() {
    let values = features(4);
    let examples = Examples::new(Rows::new(&values, 2).unwrap(), &[0, 1], 2).unwrap();
    let none = examples.only(&[]).unwrap();
    let error = Problem::standardised(none).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "standardising needs 1 or more examples, and there are 0");
    assert!(Problem::raw(none).is_err());
}

#[test]
fn a_search_that_stops_early_is_noted() {
    let values = features(200);
    let labels: Vec<u32> = (0..50).map(|row| u32::from(values[row * 4] > 0.2)).collect();
    let examples = Examples::new(Rows::new(&values, 4).unwrap(), &labels, 2).unwrap();
    let stopping = Stopping { gradient: 1e-9, iterations: 2 };
    let strengths = Strengths::new(&[1e-4]).unwrap();
    let path = logistic(&Problem::standardised(examples).unwrap(), &strengths, stopping).unwrap();
    let text = path.notes[0].to_string();
    assert!(text.starts_with("the search at decay 1e-4 stopped after 2 iterations"), "{text}");
}

#[test]
fn repeats_and_threads_give_the_same_bits() {
    let values = features(900);
    let labels: Vec<u32> = (0..300).map(|row| (row * row % 7 % 3) as u32).collect();
    let examples = Examples::new(Rows::new(&values, 3).unwrap(), &labels, 3).unwrap();
    let parts: Vec<Vec<u32>> = (0..5).map(|part| (part * 20..200 + part * 20).collect()).collect();
    let examples = parts.iter().map(|part| examples.only(part).unwrap());
    let problems: Vec<Problem<'_>> =
        examples.map(|examples| Problem::standardised(examples).unwrap()).collect();
    let strengths = Strengths::geometric(1.0, 1e-3, 3).unwrap();
    let alone: Vec<_> =
        problems.iter().map(|problem| logistic(problem, &strengths, tight())).collect();
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| logistic_each(&problems, &strengths, tight())), alone);
    }
}
