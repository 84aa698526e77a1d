//! A report with hypotheses of every kind and every answer.

use fireassay_report::{figures, html, latex, tables};

use super::case::{SIZES, TEN, case, hypothesis};
use crate::case::Case;
use crate::design::case::{Settings, at, is, noise};
use crate::golden::{check, compare_file};

/// Full overtakes probe at 316 where data are similar and at 3162 where they are not.
fn percent(settings: &Settings, seed: u64) -> f64 {
    let n: f64 = settings["n"].parse().unwrap();
    let lead = if is(settings, "data", "similar") { 3.0 } else { 4.0 };
    let full = at(settings, "regime", "full") * (2.0 * n.log10() - 2.0 * lead + 1.0);
    let key = settings.values().map(|level| level.len() as u64).sum::<u64>();
    70.0 + full + noise(seed) + noise(7 * seed + key)
}

fn every_kind() -> Case {
    let tests = [
        ("H1", "regret = { factor = 'regime', best = ['probe'], in = { n = 50 }, margin = 0.01 }"),
        ("H2", "regret = { factor = 'regime', best = ['probe'], margin = 0.005 }"),
        (
            "H5",
            "interaction = { of = { regime = 'probe' }, minus = { regime = 'full' }, \
             in = { n = 50 }, than = { in = { n = 1000 } } }",
        ),
        (
            "H7",
            "crossover = { factor = 'n', of = { regime = 'full' }, minus = { regime = 'probe' }, \
             in = { data = 'similar' } }",
        ),
        (
            "H7b",
            "crossover = { factor = 'n', of = { regime = 'full' }, minus = { regime = 'probe' }, \
             in = { data = 'similar' }, than = { in = { data = 'different' } } }",
        ),
        (
            "H9",
            "time = { of = 'regime=probe', against = 'reference', \
             reach = { share-of = { of = 'reference', share = 0.95 } } }",
        ),
        (
            "H10",
            "slope = { factor = 'n', of = { regime = 'full' }, minus = { regime = 'probe' }, \
             expect = 'falling' }",
        ),
        (
            "H11",
            "contrast = { of = 'regime=probe', minus = 'reference', expect = { not-worse = 0.02 } }",
        ),
        (
            "H14",
            "depth = { factor = 'n', among = [50, 200, 1000], in = { regime = 'full' }, \
             than = { in = { regime = 'probe' } } }",
        ),
        (
            "H15",
            "contrast = { of = 'regime=probe+n=1000', minus = 'regime=probe', expect = 'better' }",
        ),
    ];
    let mut text: String = tests.iter().map(|(name, test)| hypothesis(name, test)).collect();
    text += "[[check]]\nname = 'M1'\nsays = 'scores are above chance'\nof = 'reference'\n\
             above = 0.5\n\
             [[check]]\nname = 'M4'\nsays = 'other data are hard'\n\
             of = 'data=different'\nbelow = 0.5\nvoids = { data = 'different' }\n\
             [[check]]\nname = 'M2'\nsays = 'data differ'\nabove = 1.0\n\
             measured = { value = 1.4, low = 1.1, high = 1.7 }\n";
    let mut case = case(TEN, SIZES, &text, &percent);
    for record in &case.records {
        let trial = &record.trial;
        let late = is(&trial.settings, "regime", "full");
        let step = 100 + 10 * trial.seed + if late { 60 } else { 0 };
        let top = if late && trial.seed >= 8 { 0.5 } else { 0.75 };
        let points = vec![(50, 0.5), (step, top), (400, top)];
        case.observed.curves.insert(trial.id.clone(), points);
    }
    case
}

#[test]
fn every_kind_in_every_format() {
    let case = every_kind();
    check("hypotheses", &case);
    let results = case.results();
    let (page, article) = (html(&results), latex(&results));
    for word in ["supported", "refuted", "undecided", "void"] {
        assert!(page.contains(&format!("<li class=\"{word}\">")), "{word}");
        assert!(article.contains(&format!("[{word}]")), "{word}");
    }
    for (name, text) in tables(&results).unwrap() {
        if name == "hypotheses.csv" || name == "checks.csv" {
            compare_file("hypotheses", &name, &text);
        }
    }
    let drawn = figures(&results);
    let names = drawn.iter().map(|of| of.name.as_str()).filter(|name| name.contains("hypothesis"));
    let expected = ["hypothesis-h7", "hypothesis-h7b", "hypothesis-h7b-2", "hypothesis-h9"];
    assert_eq!(names.collect::<Vec<_>>(), expected);
}
