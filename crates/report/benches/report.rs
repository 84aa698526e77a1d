//! How long a report of 10,000 trials takes, from records to files (target: under 3 s together).

#[path = "../tests/suite/case.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "made for tests, which need more of it")]
mod case;
#[path = "../tests/suite/design/case.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "made for tests, which need more of it")]
mod made;

use divan::Bencher;
use divan::counter::BytesCount;
use fireassay_report::{Observed, Results, analyse, figures, files, html, json, markdown};

use case::Case;
use made::{Settings, designed, noise};

const TEN_SEEDS: &str = "seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";

fn main() {
    divan::main();
}

/// 1,000 conditions at 10 seeds: levels of one ordered factor, combinations of three factors, and
/// combinations of two on two datasets.
const CASES: [&str; 3] = ["one-factor", "factorial", "datasets"];

#[divan::bench(args = CASES, sample_count = 3)]
fn analysed(bencher: Bencher<'_, '_>, name: &str) {
    let case = made_up(name);
    let observed = Observed { records: case.records.clone(), ..Observed::default() };
    bencher.bench(|| analyse(&case.experiment, &case.plan, &case.cards, &observed));
}

#[divan::bench(args = CASES, sample_count = 3)]
fn written(bencher: Bencher<'_, '_>, name: &str) {
    let results = results(name);
    bencher.bench(|| files(&results));
}

/// The parts of what is written.
#[divan::bench(args = CASES, sample_count = 3)]
fn as_json(bencher: Bencher<'_, '_>, name: &str) {
    let results = results(name);
    bencher.bench(|| json(&results));
}

#[divan::bench(args = CASES, sample_count = 3)]
fn as_markdown(bencher: Bencher<'_, '_>, name: &str) {
    let results = results(name);
    bencher.bench(|| markdown(&results));
}

#[divan::bench(args = CASES, sample_count = 3)]
fn as_html(bencher: Bencher<'_, '_>, name: &str) {
    let results = results(name);
    let bytes = BytesCount::of_str(&html(&results));
    bencher.counter(bytes).bench(|| html(&results));
}

#[divan::bench(args = CASES, sample_count = 3)]
fn drawn(bencher: Bencher<'_, '_>, name: &str) {
    let results = results(name);
    bencher.bench(|| figures(&results));
}

fn results(name: &str) -> Results {
    let results = made_up(name).results();
    assert_eq!(results.planned(), 10_000);
    results
}

fn made_up(name: &str) -> Case {
    let levels = |count: u32, step: f64| -> String {
        let levels: Vec<String> =
            (0..count).map(|n| (0.11 + f64::from(n) * step).to_string()).collect();
        levels.join(", ")
    };
    let factor = |key: &str, first: &str, count: u32| {
        format!("[[factor]]\nkey = '{key}'\nlevels = [{first}, {}]\n", levels(count, 0.0001))
    };
    let (design, factors) = match name {
        "factorial" => {
            let keys =
                [("model.cnn.dropout", "0.0"), ("optim.weight-decay", "0.0"), ("optim.lr", "0.1")];
            ("full-factorial", keys.map(|(key, first)| factor(key, first, 9)).concat())
        }
        "datasets" => {
            let datasets = "[[factor]]\nkey = 'data.dataset'\nlevels = ['mnist', 'kmnist']\n";
            let dropout = factor("model.cnn.dropout", "0.0", 24);
            let decay = factor("optim.weight-decay", "0.0", 19);
            ("full-factorial", [datasets, &dropout, &decay].concat())
        }
        _ => ("one-factor-at-a-time", factor("optim.lr", "0.1", 999)),
    };
    designed(&format!("{TEN_SEEDS}\ndesign = '{design}'"), &factors, &percent)
}

/// Anything but a pattern.
fn percent(settings: &Settings, seed: u64) -> f64 {
    let letters = settings.values().flat_map(|level| level.bytes());
    let own = letters.fold(0, |sum: u64, letter| (sum * 31 + u64::from(letter)) % 1009);
    85.0 + noise(seed) + (own * (seed + 3) % 211) as f64 / 100.0
}
