//! How long 10,000 trials take, read from a file and planned (target: under 1 s together).

use std::path::Path;

use divan::Bencher;
use fireassay_spec::{Cards, Experiment, load_cards};

const BASE: &str = include_str!("../tests/it/base.toml");

fn main() {
    divan::main();
}

/// 1,000 conditions at 10 seeds: as levels of one factor, as combinations of three, and with a
/// spec per trial because streams are crossed.
const CASES: [&str; 3] = ["one-factor", "factorial", "crossed"];

#[divan::bench(args = CASES)]
fn read(bencher: Bencher<'_, '_>, case: &str) {
    let (text, cards) = (text(case), cards());
    bencher.bench(|| parse(&text, &cards));
}

#[divan::bench(args = CASES)]
fn plan(bencher: Bencher<'_, '_>, case: &str) {
    let cards = cards();
    let experiment = parse(&text(case), &cards);
    bencher.bench(|| {
        let plan = experiment.plan(&cards);
        assert_eq!(plan.trials.len(), 10_000);
        plan
    });
}

fn parse(text: &str, cards: &Cards) -> Experiment {
    Experiment::parse("bench.toml", text, cards).expect("invariant: the file is sound")
}

fn cards() -> Cards {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/datasets");
    load_cards(&root).expect("invariant: the cards are sound")
}

fn text(case: &str) -> String {
    let levels = |count: u32, step: f64| -> String {
        let levels: Vec<String> =
            (0..count).map(|n| (0.05 + f64::from(n) * step).to_string()).collect();
        levels.join(", ")
    };
    let (design, factors) = match case {
        "factorial" => {
            let factor = |(key, first): (&str, &str)| {
                format!("[[factor]]\nkey = \"{key}\"\nlevels = [{first}, {}]\n", levels(9, 0.001))
            };
            let keys =
                [("model.cnn.dropout", "0.0"), ("optim.weight-decay", "0.0"), ("optim.lr", "1.0")];
            ("full-factorial", keys.map(factor).concat())
        }
        _ => {
            let levels = levels(1000, 0.0001);
            let factor = format!("[[factor]]\nkey = \"optim.lr\"\nlevels = [{levels}]\n");
            ("one-factor-at-a-time", factor)
        }
    };
    let (seeds, base) = match case {
        "crossed" => {
            ("{ init = 2, order = 5 }", BASE.replace("\"confirmatory\"", "\"exploratory\""))
        }
        _ => ("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", BASE.to_owned()),
    };
    format!("design = \"{design}\"\nseeds = {seeds}\n{base}\n{factors}")
}
