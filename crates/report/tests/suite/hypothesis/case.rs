//! A 4 x 2 x 2 experiment with hypotheses: learning rate stands in for a regime, norm for what the
//! data are like, pool for how many there are.

use fireassay_report::{Answer, Answered, Finding, Open, Results};
use fireassay_spec::Claim;

use crate::case::Case;
use crate::design::case::{Settings, designed};

pub(super) const FACTORS: &str = "[[factor]]\nname = 'regime'\nkey = 'optim.lr'\n\
    levels = [0.1, 0.01, 0.001]\nlabels = ['full', 'probe', 'scratch']\n\
    [[factor]]\nname = 'data'\nkey = 'model.cnn.norm'\nlevels = ['batch', 'none']\n\
    labels = ['similar', 'different']\n\
    [[factor]]\nname = 'size'\nkey = 'model.cnn.pool'\nlevels = ['max', 'average']\n\
    labels = ['large', 'small']\n";

/// A numeric factor beside the regimes.
pub(super) const SIZES: &str = "[[factor]]\nname = 'regime'\nkey = 'optim.lr'\n\
    levels = [0.1, 0.01]\nlabels = ['full', 'probe']\n\
    [[factor]]\nname = 'data'\nkey = 'model.cnn.norm'\nlevels = ['batch', 'none']\n\
    labels = ['similar', 'different']\n\
    [[factor]]\nname = 'n'\nkey = 'data.train-size'\nlevels = [50, 200, 1000, 5000]\n";

/// Ten seeds, all combinations.
pub(super) const TEN: &str = "seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\ndesign = 'full-factorial'";

pub(super) fn case(
    head: &str,
    factors: &str,
    hypotheses: &str,
    percent: &dyn Fn(&Settings, u64) -> f64,
) -> Case {
    let mut case = designed(head, &format!("{factors}{hypotheses}"), percent);
    case.experiment.claim = Claim::Confirmatory;
    case
}

/// `[[hypothesis]]` with a name and a test.
pub(super) fn hypothesis(name: &str, test: &str) -> String {
    format!("[[hypothesis]]\nname = '{name}'\nsays = 'what is expected'\n{test}\n")
}

pub(super) fn one(results: &Results) -> &Answered {
    assert_eq!(results.hypotheses.len(), 1);
    &results.hypotheses[0]
}

pub(super) fn finding(results: &Results) -> &Finding {
    one(results).finding.as_ref().unwrap()
}

pub(super) fn word(results: &Results) -> &'static str {
    one(results).answer.word()
}

pub(super) fn open(results: &Results) -> &Open {
    match &one(results).answer {
        Answer::Undecided(open) => open,
        other => panic!("{other:?}"),
    }
}

/// Numbers in per cent.
pub(super) fn check(found: &[f64], expected: &[f64]) {
    let near = found.iter().zip(expected).all(|(a, b)| (100.0 * a - b).abs() < 1e-9);
    assert!(near && found.len() == expected.len(), "{found:?} against {expected:?}");
}
