//! Families of models, one wrong value at a time.

use super::*;

/// A sound ResNet with one value replaced.
fn check_resnet(key: &str, value: &str, expected: &str) {
    let mut fields = [
        ("depth", "20"),
        ("widths", "[16, 32, 64]"),
        ("norm", "\"batch\""),
        ("activation", "\"relu\""),
        ("shortcut", "\"padded-identity\""),
        ("dropout", "0.0"),
        ("dropout-at", "\"features\""),
    ];
    fields.iter_mut().filter(|field| field.0 == key).for_each(|field| field.1 = value);
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    check_model(&format!("resnet = {{ {} }}", fields.join(", ")), &card(), expected);
}

fn check_model(model: &str, card: &DatasetCard, expected: &str) {
    let mut tree: toml::Table = SPEC.parse().unwrap();
    tree.insert("model".to_owned(), Value::Table(model.parse().unwrap()));
    let spec: TrialSpec = Value::Table(tree).try_into().unwrap();
    let problems = spec.problems(card);
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let expected: Vec<&str> = Some(expected).filter(|key| !key.is_empty()).into_iter().collect();
    assert_eq!(keys, expected, "{model}: {problems:?}");
}

#[test]
fn a_resnet_has_three_stages_of_whole_blocks() {
    check_resnet("depth", "20", "");
    check_resnet("depth", "8", "");
    check_resnet("depth", "1202", "");
    for depth in ["0", "2", "18", "21", "1208"] {
        check_resnet("depth", depth, "model.resnet.depth");
    }
    check_resnet("widths", "[8, 8, 8]", "");
    check_resnet("widths", "[16, 32]", "model.resnet.widths");
    check_resnet("widths", "[16, 0, 64]", "model.resnet.widths.1");
    check_resnet("widths", "[16, 32, 24]", "model.resnet.widths.2");
    check_resnet("norm", "{ group = 3 }", "model.resnet.norm.group");
    check_resnet("dropout", "1.0", "model.resnet.dropout");
    check_resnet("activation", "\"relu6\"", "");
}

#[test]
fn an_efficientnet_lite_is_one_of_five_and_needs_images() {
    let model = |variant: &str, dropout: &str| {
        format!(
            "efficientnet-lite = {{ variant = {variant}, dropout = {dropout}, \
             dropout-at = \"features\" }}"
        )
    };
    check_model(&model("0", "0.2"), &card(), "");
    check_model(&model("4", "0.0"), &card(), "");
    check_model(&model("5", "0.0"), &card(), "model.efficientnet-lite.variant");
    check_model(&model("0", "1.0"), &card(), "model.efficientnet-lite.dropout");
    let table = DatasetCard { shape: vec![4], ..card() };
    check_model(&model("0", "0.0"), &table, "model.efficientnet-lite");
}
