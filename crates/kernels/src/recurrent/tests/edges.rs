//! Nothing to do, values that are no numbers, results that nobody wants, and wrong lengths.

use super::*;

#[test]
fn sequences_of_no_steps_give_their_initial_states() {
    for cell in CELLS {
        for case in [
            Case::new(cell, [3, 0, 2, 5], Direction::Reverse),
            Case::new(cell, [3, 4, 2, 5], Direction::Forward).with_lengths(&[0, 0, 0]),
        ] {
            let results = case.run(Isa::best());
            let [h0, c0] = case.initial.as_ref().expect("initial states");
            assert_eq!(results.get("h"), h0);
            assert_eq!(results.get("h0"), case.given[1]);
            if cell == Cell::Lstm {
                assert_eq!(results.get("c"), c0);
                assert_eq!(results.get("c0"), case.given[2]);
            }
            for name in ["all", "input", "w_ih", "w_hh", "b_ih", "b_hh"] {
                assert!(results.get(name).iter().all(|&value| value == 0.0), "{name} {cell:?}");
            }
        }
    }
}

#[test]
fn no_examples_and_no_features_are_allowed() {
    for cell in CELLS {
        let nobody = Case::new(cell, [0, 3, 2, 5], Direction::Forward).run(Isa::best());
        assert!(nobody.get("w_hh").iter().all(|&value| value == 0.0));
        let case = Case::new(cell, [3, 4, 0, 5], Direction::Forward);
        case.check_outputs(1e-6);
        assert_eq!(case.run(Isa::best()).get("input"), &[0.0f32; 0]);
    }
}

#[test]
fn infinite_and_undefined_inputs_act_as_in_the_plain_recurrence() {
    for cell in CELLS {
        // Five units leave eleven lanes without one, which must not turn infinity into NaN.
        for special in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let mut case = Case::new(cell, [3, 4, 2, 5], Direction::Forward);
            case.input[5] = special; // example 0, step 2
            case.check_outputs(1e-6);
        }
    }
}

#[test]
fn denormal_values_pass() {
    let mut case = Case::new(Cell::Relu, [1, 2, 1, 1], Direction::Forward).plain();
    (case.input, case.w_ih, case.w_hh) = (vec![1e-40, 0.0], vec![1.0], vec![1.0]);
    for isa in Isa::all() {
        assert_eq!(case.run(isa).get("all"), [1e-40, 1e-40], "{}", isa.name());
    }
}

#[test]
fn a_cut_off_unit_passes_no_gradient() {
    let mut case = Case::new(Cell::Relu, [1, 1, 1, 2], Direction::Forward).plain();
    (case.input, case.w_ih, case.w_hh) = (vec![1.0], vec![0.0, -1.0], vec![0.0; 4]);
    let results = case.run(Isa::best());
    assert_eq!(results.get("all"), [0.0, 0.0]);
    assert_eq!(results.get("b_ih"), [0.0, 0.0]);
}

#[test]
fn what_nobody_wants_changes_nothing_else() {
    for cell in CELLS {
        let case = Case::new(cell, [9, 3, 2, 6], Direction::Forward);
        let results = case.run(Isa::best());
        let mut h = vec![0.0; case.state()];
        let outputs = Outputs { h: Some(&mut h), ..Outputs::default() };
        let isa = Isa::best();
        let saved = forward(isa, cell, case.sequences(), case.weights(), outputs);
        assert_eq!(h, results.get("h"));

        let mut input = vec![0.0; case.input.len()];
        let [all, h, c] = &case.given;
        let c = (cell == Cell::Lstm).then_some(&c[..]);
        let given = OutputGrads { all: Some(all), h: Some(h), c };
        let wanted = Grads { input: Some(&mut input), ..Grads::default() };
        backward(isa, saved.clone(), case.weights(), given, wanted);
        assert_eq!(input, results.get("input"));

        let (mut w_ih, mut w_hh) = (case.w_ih.clone(), case.w_hh.clone());
        let weights = WeightGrads { input: &mut w_ih, hidden: &mut w_hh, bias: None };
        let wanted = Grads { weights: Some(weights), ..Grads::default() };
        backward(isa, saved, case.weights(), given, wanted);
        assert_eq!((&w_ih[..], &w_hh[..]), (results.get("w_ih"), results.get("w_hh")));
    }
}

#[test]
fn gradients_that_are_not_given_are_zeros() {
    let mut case = Case::new(Cell::Lstm, [9, 3, 2, 6], Direction::Forward);
    case.given[0].fill(0.0);
    case.given[1].fill(0.0);
    let results = case.run(Isa::best());
    let saved =
        forward(Isa::best(), case.cell, case.sequences(), case.weights(), Outputs::default());
    let mut h0 = vec![f32::NAN; case.state()];
    let given = OutputGrads { c: Some(&case.given[2]), ..OutputGrads::default() };
    let wanted = Grads { h0: Some(&mut h0), ..Grads::default() };
    backward(Isa::best(), saved, case.weights(), given, wanted);
    assert_eq!(h0, results.get("h0"));
}

fn refused(change: impl Fn(&mut Case), message: &str) {
    let mut case = Case::new(Cell::Gru, [3, 2, 2, 5], Direction::Forward);
    change(&mut case);
    let panic = std::panic::catch_unwind(|| case.infer(Isa::best())).expect_err("it is refused");
    let found = panic.downcast_ref::<String>().map_or("", |found| found);
    assert_eq!(found, message);
}

#[test]
fn wrong_lengths_are_refused() {
    refused(|case| case.input.truncate(11), "input has 11 values, not 12");
    refused(|case| case.w_ih.truncate(29), "w_ih has 29 values, not 30");
    refused(|case| case.w_hh.push(0.0), "w_hh has 76 values, not 75");
    refused(|case| case.lengths = Some(vec![1, 2]), "lengths has 2 values, not 3");
    refused(|case| case.lengths = Some(vec![1, 3, 0]), "a length is 3, more than 2 steps");
    refused(|case| case.cell = Cell::Tanh, "w_ih has 30 values, not 10");
    refused(|case| case.bias = Some([vec![0.0; 15], vec![]]), "b_hh has 0 values, not 15");
}
