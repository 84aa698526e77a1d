//! Loaded, missing, extra, of another shape, made anew: each is told.

use super::*;
use crate::{Number, Preset, Rule};

fn tensor(shape: &[usize]) -> Tensor {
    let values = (0..shape.iter().product::<usize>()).map(|i| i as f32).collect();
    Tensor { shape: shape.to_vec(), values, stored: Number::F32 }
}

fn file(tensors: &[(&str, &[usize])]) -> BTreeMap<String, Tensor> {
    tensors.iter().map(|(name, shape)| ((*name).to_owned(), tensor(shape))).collect()
}

fn model(tensors: &[(&str, &[usize])]) -> BTreeMap<String, Vec<usize>> {
    tensors.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec())).collect()
}

#[test]
fn a_linear_layer_is_transposed() {
    let remap = Preset::find("resnet").unwrap().remap();
    let file = file(&[("linear.weight", &[2, 3]), ("linear.bias", &[2])]);
    let model = model(&[("head.weight", &[3, 2]), ("head.bias", &[2])]);
    let loaded = fit(file, &remap, &model, &[]).unwrap().strict().unwrap();
    assert_eq!(loaded["head.weight"].tensor.shape, [3, 2]);
    assert_eq!(loaded["head.weight"].tensor.values, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(loaded["head.weight"].from, "linear.weight");
    assert_eq!(loaded["head.bias"].tensor.values, [0.0, 1.0]);
    for shape in [[0, 3], [3, 0], [1, 3]] {
        let there = Layout::Transposed.of(tensor(&shape));
        assert_eq!(Layout::Transposed.of(there), tensor(&shape));
    }
}

#[test]
fn all_that_does_not_fit_is_told_at_once() {
    let file = file(&[
        ("a.weight", &[2]),
        ("blocks.0.wieght", &[4]),
        ("head.weight", &[3, 10]),
        ("old.bias", &[1]),
        ("b.weight", &[5]),
    ]);
    let model = model(&[
        ("a.weight", &[2]),
        ("blocks.0.weight", &[4]),
        ("head.weight", &[3, 2]),
        ("b.weight", &[5, 1]),
        ("quite.another", &[7]),
    ]);
    let remap = Remap { rules: vec![Rule::parse("old.*", "new.*", Layout::Same).unwrap()] };
    let fit = fit(file, &remap, &model, &["head.*", "tail.*"]).unwrap();
    assert_eq!(fit.loaded.keys().collect::<Vec<_>>(), ["a.weight"]);
    let error = fit.strict().unwrap_err().to_string();
    assert_eq!(
        error,
        "the weights do not fit the model: 1 of 5 tensors loaded, 2 missing, 2 extra, 1 of another \
         shape, 1 made anew\n  \
         missing      blocks.0.weight  [4]     the file has `blocks.0.wieght`\n  \
         missing      quite.another    [7]\n  \
         extra        blocks.0.wieght  [4]\n  \
         extra        old.bias         [1]     would be `new.bias`\n  \
         other shape  b.weight         [5, 1]  the file has [5] in `b.weight`\n  \
         idle         tail.*                   to be made anew, but the model has nothing \
         of that name\n  \
         made anew    head.weight      [3, 2]  as asked for, instead of `head.weight`"
    );
}

#[test]
fn a_missing_head_is_an_error_unless_it_is_made_anew() {
    let (file, model) = (file(&[("a", &[1])]), model(&[("a", &[1]), ("head.weight", &[1, 2])]));
    let of = |fresh: &[&str]| fit(file.clone(), &Remap::default(), &model, fresh).unwrap();
    assert!(of(&[]).strict().is_err());
    assert_eq!(of(&["head.*"]).strict().unwrap().len(), 1);
    assert_eq!(of(&["head.*"]).to_string().lines().count(), 2);
    // No pattern finds what only begins alike.
    assert!(of(&["head"]).strict().is_err());
    assert!(fit(file.clone(), &Remap::default(), &model, &["{"]).is_err());
}

#[test]
fn two_tensors_for_one_name_are_ambiguous() {
    let rules = ["a", "b"].map(|from| Rule::parse(from, "x", Layout::Same).unwrap());
    let remap = Remap { rules: rules.to_vec() };
    let found = fit(file(&[("a", &[1]), ("b", &[1])]), &remap, &model(&[("x", &[1])]), &[]);
    assert_eq!(found.as_ref().unwrap().ambiguous, ["x"]);
    assert!(found.unwrap().strict().is_err());
}

#[test]
fn long_lists_are_cut() {
    let names: Vec<String> = (0..1000).map(|i| format!("layer{i}.weight")).collect();
    let file = names.iter().map(|name| (name.clone(), tensor(&[1]))).collect();
    let model = names.iter().map(|name| (format!("other.{name}"), vec![1])).collect();
    let text = fit(file, &Remap::default(), &model, &[]).unwrap().to_string();
    assert_eq!(text.lines().count(), 1 + 2 * 13, "{text}");
    assert!(text.ends_with("and 988 more"), "{text}");
}
