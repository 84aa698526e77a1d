//! The row of a run in TensorBoard's table of hyper-parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fireassay_spec::Trial;
use serde::Deserialize;

use crate::atomic::folder;
use crate::{HParam, RunDir};

/// The column of an experiment without factors.
const CONDITION: &str = "condition";

/// The trial's settings: a factor whose labels are numbers in every condition of the experiment
/// gives numbers, any other text, because TensorBoard wants one kind in a column.
pub(crate) fn of(run: &RunDir, trial: &Trial) -> BTreeMap<String, HParam> {
    if trial.settings.is_empty() {
        return BTreeMap::from([(CONDITION.into(), HParam::Text(trial.condition.clone()))]);
    }
    let siblings = settings_of_conditions(folder(run.path()));
    let numeric = |name: &str| {
        siblings
            .iter()
            .filter_map(|settings| settings.get(name))
            .all(|label| number(label).is_some())
    };
    let hparam = |name: &str, label: &str| match number(label) {
        Some(value) if numeric(name) => HParam::Number(value),
        Some(_) | None => HParam::Text(label.into()),
    };
    trial.settings.iter().map(|(name, label)| (name.clone(), hparam(name, label))).collect()
}

fn number(label: &str) -> Option<f64> {
    label.parse().ok().filter(|value: &f64| value.is_finite())
}

#[derive(Deserialize)]
struct Settings {
    settings: BTreeMap<String, String>,
}

/// One trial of each condition is read: its seeds have the same settings. A folder that cannot be
/// read is somebody else's trouble and must not stop this trial.
fn settings_of_conditions(experiment_dir: &Path) -> Vec<BTreeMap<String, String>> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for entry in fs::read_dir(experiment_dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((condition, _)) = name.rsplit_once(".seed-") else {
            continue;
        };
        if seen.contains(condition) {
            continue;
        }
        let read = fs::read(entry.path().join("trial.json")).ok();
        let settings = read.and_then(|bytes| serde_json::from_slice::<Settings>(&bytes).ok());
        if let Some(Settings { settings }) = settings {
            seen.insert(condition.to_owned());
            all.push(settings);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// What a run with `rate = 0.5` shows next to runs with these conditions.
    fn check(siblings: &[&str], expected: &HParam) {
        let dir = tempfile::tempdir().unwrap();
        for condition in siblings {
            for seed in [1, 2] {
                RunDir::create(dir.path(), &sample::trial(condition, seed)).unwrap();
            }
        }
        let trial = sample::trial("0.5", 1);
        let run = RunDir::create(dir.path(), &trial).unwrap();
        fs::create_dir(dir.path().join("broken.seed-1.00000000")).unwrap();
        assert_eq!(of(&run, &trial), BTreeMap::from([("rate".to_owned(), expected.clone())]));
    }

    #[test]
    fn a_column_has_one_kind() {
        check(&[], &HParam::Number(0.5));
        check(&["1e-3", "0"], &HParam::Number(0.5));
        for text in ["off", "inf", "NaN", "group-4"] {
            check(&["0", text], &HParam::Text("0.5".into()));
        }
    }

    #[test]
    fn without_factors_the_condition_is_the_column() {
        let dir = tempfile::tempdir().unwrap();
        let mut trial = sample::trial("small", 1);
        trial.settings.clear();
        let run = RunDir::create(dir.path(), &trial).unwrap();
        let expected = BTreeMap::from([(CONDITION.to_owned(), HParam::Text("small".into()))]);
        assert_eq!(of(&run, &trial), expected);
    }
}
