//! What is frozen at the first trial, and which edits show in it.

use serde_json::{Value, json};

use crate::common::{cards, parse, text};
use fireassay_spec::{Cards, IntervalKind};

const FACTORS: &str = "[[factor]]\nkey = \"model.cnn.norm\"\nlevels = [\"batch\", \"none\"]\n\
                       [[factor]]\nkey = \"optim.lr\"\nlevels = [0.05, 0.1]\n";

/// A file that uses every key of `[analysis]` and `[tuning]`.
fn full() -> String {
    let file = text("full-factorial", "[0, 1, 2]", "");
    format!(
        "{file}contrasts = [\"norm=none\", \"lr=0.1\"]\ninteractions = [\"norm * lr\"]\n\
         interval = \"bootstrap\"\nuntil = {{ halfwidth = 0.003, max-seeds = 20 }}\n\
         [tuning]\nreference = 12\n{FACTORS}"
    )
}

fn registered(text: &str, cards: &Cards) -> Value {
    let experiment = parse(text).unwrap();
    experiment.registered(&experiment.plan(cards))
}

/// Dotted keys that differ.
fn differences(a: &Value, b: &Value, at: &str) -> Vec<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            let below = |key: &&String| {
                let null = Value::Null;
                let (a, b) = (a.get(*key).unwrap_or(&null), b.get(*key).unwrap_or(&null));
                differences(a, b, format!("{at}.{key}").trim_start_matches('.'))
            };
            keys.iter().flat_map(below).collect()
        }
        _ if a == b => vec![],
        _ => vec![at.to_owned()],
    }
}

#[test]
fn everything_that_a_claim_rests_on_is_in_it() {
    let document = registered(&full(), &cards());
    assert_eq!(
        document["analysis"],
        json!({
            "alpha": 0.05,
            "contrasts": ["lr=0.1", "norm=none"],
            "direction": "higher",
            "failed-trial": "exclude-pair",
            "interactions": ["lr * norm"],
            "interval": "bootstrap",
            "primary-metric": "test.accuracy",
            "rope": 0.005,
            "until": { "halfwidth": 0.003, "max-seeds": 20 },
        })
    );
    assert_eq!(document["claim"], "confirmatory");
    assert_eq!(document["design"], "full-factorial");
    assert_eq!(document["seeds"], json!([0, 1, 2]));
    assert_eq!(document["selection"], "last");
    assert_eq!(document["tuning"], json!({ "reference": 12 }));
    assert_eq!(document["reference"]["optim"]["lr"], 0.05);
    let conditions = document["conditions"].as_object().unwrap();
    let names: Vec<&String> = conditions.keys().collect();
    assert_eq!(names, ["lr=0.1", "norm=none", "norm=none+lr=0.1", "reference"]);
    assert!(conditions.values().all(|hash| hash.as_str().unwrap().len() == 64));
    assert_eq!(document.as_object().unwrap().len(), 8);
}

#[test]
fn order_layout_and_words_change_nothing() {
    let file = full();
    let document = registered(&file, &cards());
    for (from, to) in [
        ("[0, 1, 2]", "[2, 0, 1]"),
        ("\"norm=none\", \"lr=0.1\"", "\"lr=0.1\", \"norm=none\""),
        ("norm * lr", "lr*norm"),
        ("0.05, 0.1", "1e-1, 5e-2"),
        ("Does batch norm help a small CNN?", "Another question?"),
        ("[tuning]", "# a comment\n\n[tuning]"),
    ] {
        let edited = file.replacen(from, to, 1);
        assert_ne!(edited, file, "{from}");
        let found = registered(&edited, &cards());
        assert_eq!(found.to_string(), document.to_string(), "{from}");
    }
}

#[test]
fn an_edit_shows_where_it_was_made() {
    let file = full();
    let document = registered(&file, &cards());
    let all = ["lr=0.1", "norm=none", "norm=none+lr=0.1", "reference"];
    let check = |from: &str, to: &str, expected: &[&str]| {
        let edited = file.replacen(from, to, 1);
        assert_ne!(edited, file, "{from}");
        let found = differences(&document, &registered(&edited, &cards()), "");
        assert_eq!(found, expected, "{from}");
    };
    check("[0, 1, 2]", "[0, 1, 2, 3]", &["seeds"]);
    check("alpha = 0.05", "alpha = 0.01", &["analysis.alpha"]);
    check("rope = 0.005\n", "", &["analysis.rope"]);
    check("interval = \"bootstrap\"\n", "", &["analysis.interval"]);
    check("halfwidth = 0.003", "halfwidth = 0.004", &["analysis.until.halfwidth"]);
    check("[\"norm=none\", \"lr=0.1\"]", "[\"norm=none\"]", &["analysis.contrasts"]);
    check("reference = 12", "reference = 13", &["tuning.reference"]);
    let everywhere = all.map(|name| format!("conditions.{name}"));
    let mut expected: Vec<&str> = everywhere.iter().map(String::as_str).collect();
    expected.extend(["reference.train.select", "selection"]);
    check("select = \"last\"", "select = \"best-val\"", &expected);
    check(
        "levels = [0.05, 0.1]",
        "levels = [0.05, 0.2]\nlabels = [\"0.05\", \"0.1\"]",
        &["conditions.lr=0.1", "conditions.norm=none+lr=0.1"],
    );
    // Other data under the same name.
    let mut other = cards();
    other.datasets.get_mut("fashion").unwrap().files[0].sha256 = "0".repeat(64);
    let found = differences(&document, &registered(&file, &other), "");
    assert_eq!(found, everywhere);
}

#[test]
fn crossed_streams_and_generators_stand_for_themselves() {
    let text = text("fractional-factorial", "{ order = 3, init = 2 }", FACTORS);
    let third = "[[factor]]\nkey = \"model.cnn.dropout\"\nlevels = [0.0, 0.5]\n";
    let text = text.replace("\"confirmatory\"", "\"exploratory\"");
    let document =
        registered(&format!("generators = [\"dropout = norm * lr\"]\n{text}{third}"), &cards());
    assert_eq!(document["crossed"], json!({ "init": 2, "order": 3 }));
    assert_eq!(document["generators"], json!({ "dropout": ["lr", "norm"] }));
    assert_eq!(document.get("seeds"), None);
}

#[test]
fn defaults_leave_no_trace() {
    let experiment = parse(&text("full-factorial", "[0]", FACTORS)).unwrap();
    let analysis = &experiment.analysis;
    assert_eq!((analysis.interval, analysis.until), (IntervalKind::T, None));
    let json = serde_json::to_value(analysis).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 5, "{json}");
    assert_eq!(&serde_json::from_value::<fireassay_spec::Analysis>(json).unwrap(), analysis);
    let full = parse(&full()).unwrap().analysis;
    assert_eq!(full.interaction_pairs(), [("norm", "lr")]);
    let json = serde_json::to_value(&full).unwrap();
    assert_eq!(serde_json::from_value::<fireassay_spec::Analysis>(json).unwrap(), full);
}
