//! A committed run store of a real experiment: what it says today is what was committed with it.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_report::{Observed, Results, analyse, files};
use fireassay_spec::{Cards, Experiment, Split, load_cards};
use fireassay_tracking::{Registration, RunDir, Store};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `crates/report/tests/store/batch-norm`: copies of finished runs, without weights.
pub(crate) fn store() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/batch-norm")
}

/// The experiment that it is a store of, and the datasets.
pub(crate) fn experiment() -> (Experiment, Cards) {
    let cards = load_cards(&workspace().join("datasets")).unwrap();
    let path = workspace().join("experiments/batch-norm/experiment.toml");
    (Experiment::load(&path, &cards).unwrap(), cards)
}

fn results(dir: &Path) -> Results {
    let (experiment, cards) = experiment();
    results_of(dir, &experiment, &cards)
}

fn results_of(dir: &Path, experiment: &Experiment, cards: &Cards) -> Results {
    let survey = Store::survey(dir).unwrap();
    let curve = |path: &Path| {
        let metric = experiment.analysis.primary_metric.metric();
        RunDir::open(path).unwrap().curve(Split::Val, metric).unwrap()
    };
    let curves = survey.records.iter().map(|run| (run.trial.id.clone(), curve(&run.path)));
    let observed = Observed {
        curves: curves.collect(),
        problems: survey.problems,
        registration: Registration::read(dir).unwrap(),
        records: survey.records,
    };
    analyse(experiment, &experiment.plan(cards), cards, &observed).unwrap()
}

/// Hypotheses that nobody registered: numbers of real trials, and no answers.
#[test]
fn the_committed_store_has_numbers_for_hypotheses_and_no_answer_to_late_ones() {
    let (committed, cards) = experiment();
    let path = workspace().join("experiments/batch-norm/experiment.toml");
    let text = fs::read_to_string(path).unwrap();
    let added = "\n[[hypothesis]]\nname = 'late'\nsays = 'without a norm it is worse'\n\
                 contrast = { of = 'norm=none', minus = 'reference', expect = 'worse' }\n\
                 [[hypothesis]]\nname = 'slow'\nsays = 'and slower'\n\
                 time = { of = 'reference', against = 'norm=none', \
                 reach = { share-of = { of = 'reference', share = 0.95 } } }\n";
    let with = Experiment::parse("x.toml", &format!("{text}{added}"), &cards).unwrap();
    let found = results_of(&store(), &with, &cards);
    let plain = results(&store());
    assert_eq!(found.contrasts, plain.contrasts, "contrasts are another family");
    let contrast = plain.contrasts.iter().find(|of| of.condition == "norm=none").unwrap();
    let effect = contrast.effect.as_ref().unwrap();
    for of in &found.hypotheses {
        assert_eq!(of.answer.word(), "exploratory");
        assert_eq!(of.finding.as_ref().unwrap().n, committed.seeds.len());
    }
    let late = found.hypotheses[0].finding.as_ref().unwrap();
    assert_eq!((late.p, Some(late.estimate)), (effect.sign_flip_p, effect.mean));
    assert_eq!(late.interval, effect.interval);
}

#[test]
fn the_committed_report_is_what_the_store_says() {
    for (path, text) in files(&results(&store())).unwrap() {
        let committed = store().join(&path);
        if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
            fs::create_dir_all(committed.parent().unwrap()).unwrap();
            fs::write(&committed, &text).unwrap();
        }
        let found = fs::read_to_string(&committed).unwrap_or_default();
        assert!(found == text, "{} differs; cargo xtask bless accepts it", committed.display());
    }
}

#[test]
fn the_place_of_a_store_and_the_order_of_its_folders_do_not_matter() {
    let place = tempfile::tempdir().unwrap();
    let mut runs: Vec<PathBuf> =
        fs::read_dir(store()).unwrap().map(|entry| entry.unwrap().path()).collect();
    runs.sort();
    for run in runs.iter().rev().filter(|run| run.join("trial.json").is_file()) {
        let copy = place.path().join(run.file_name().unwrap());
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
        }
    }
    let lock = "experiment.lock.json";
    fs::copy(store().join(lock), place.path().join(lock)).unwrap();
    let (moved, own) = (results(place.path()), results(&store()));
    assert!(files(&moved).unwrap() == files(&own).unwrap(), "the place of the store shows");
}

#[test]
fn the_committed_numbers_are_those_of_the_experiment() {
    let path = workspace().join("experiments/batch-norm/results.json");
    let committed = fs::read_to_string(path).unwrap();
    let found = files(&results(&store())).unwrap();
    let found = found.iter().find(|(path, _)| path == "results.json").unwrap();
    assert!(found.1 == committed, "experiments/batch-norm/results.json says something else");
}
