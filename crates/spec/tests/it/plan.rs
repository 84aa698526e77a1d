//! Plans: sizes, names, identities, and files on disk.

use std::collections::BTreeSet;
use std::fs;

use crate::common::{cards, experiment, golden, parse, text};
use fireassay_spec::{
    DatasetCard, Experiment, Kernels, Plan, Steps, Trial, TrialId, TrialSpec, load_cards,
};

const NORM: &str = "[[factor]]\nkey = \"model.cnn.norm\"\nlevels = [\"batch\", \"none\"]\n";

#[test]
fn ten_thousand_trials_are_planned() {
    let levels: Vec<String> = (1..=1000).map(|n| format!("{}", f64::from(n) / 1e4)).collect();
    let factor = format!("[[factor]]\nkey = \"optim.lr\"\nlevels = [{}]\n", levels.join(", "));
    let experiment = experiment("one-factor-at-a-time", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", &factor);
    let plan = experiment.plan(&cards());
    // One of the levels, 0.05, is the reference.
    assert_eq!((plan.conditions.len(), plan.trials.len()), (1000, 10_000));
    let ids: BTreeSet<&TrialId> = plan.trials.iter().map(|trial| &trial.id).collect();
    assert_eq!(ids.len(), 10_000);
    let names: BTreeSet<String> = plan.trials.iter().map(Trial::dir_name).collect();
    assert_eq!(names.len(), 10_000);
}

#[test]
fn seeds_are_sorted_and_the_reference_comes_first() {
    let plan = experiment("one-factor-at-a-time", "[5, 1, 3]", NORM).plan(&cards());
    let trials: Vec<(&str, u64)> =
        plan.trials.iter().map(|trial| (trial.condition.as_str(), trial.seed)).collect();
    let expected = ["reference", "norm=none"].map(|name| [1, 3, 5].map(|seed| (name, seed)));
    assert_eq!(trials, expected.concat());
    assert_eq!(plan.conditions[0].name, Plan::REFERENCE);
}

#[test]
fn an_identity_is_that_of_its_parts_and_of_nothing_else() {
    let plan = experiment("one-factor-at-a-time", "[0]", NORM).plan(&cards());
    let trial = &plan.trials[0];
    assert_eq!(trial.dataset_hash, cards().datasets["fashion"].hash());
    assert_eq!(trial.id, trial.content_id());
    assert_ne!(trial.id, TrialId::new(&trial.spec, 1, &trial.dataset_hash, Kernels::USUAL));
    assert_ne!(trial.id, TrialId::new(&trial.spec, 0, "another", Kernels::USUAL));
    assert_ne!(trial.id, plan.trials[1].id);
}

#[test]
fn specs_and_trials_survive_json_and_toml() {
    for path in fs::read_dir(golden().join("good")).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        for trial in Experiment::load(&path, &cards()).unwrap().plan(&cards()).trials {
            let json = serde_json::to_string(&trial).unwrap();
            assert_eq!(serde_json::from_str::<Trial>(&json).unwrap(), trial);
            let toml = toml::to_string(&trial.spec).unwrap();
            assert_eq!(toml::from_str::<TrialSpec>(&toml).unwrap(), trial.spec);
        }
    }
}

#[test]
fn a_file_belongs_to_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let load = |folder: &str| {
        let folder = root.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("experiment.toml");
        fs::write(&path, text("one-factor-at-a-time", "[0]", NORM)).unwrap();
        Experiment::load(&path, &cards())
    };
    assert_eq!(load("batch-norm").unwrap().name, "batch-norm");
    let errors = load("dropout").unwrap_err();
    assert_eq!(errors.errors.len(), 1);
    assert_eq!(errors.errors[0].message, "the name differs from its folder `dropout`");
    assert_eq!(errors.errors[0].position(), Some((4, 8)));
}

#[test]
fn an_unreadable_file_is_an_error_with_its_path() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("experiment.toml");
    let error = Experiment::load(&path, &cards()).unwrap_err();
    assert!(error.errors[0].message.contains("experiment.toml`: "), "{:?}", error.errors);
    fs::write(&path, b"schema = 1\nname = \"\xff\"\n").unwrap();
    let error = Experiment::load(&path, &cards()).unwrap_err();
    assert_eq!(error.errors[0].message, "the file is not UTF-8");
    assert_eq!(error.errors[0].position(), Some((2, 9)));
}

#[test]
fn cards_are_read_from_every_folder_and_all_problems_told() {
    let root = tempfile::tempdir().unwrap();
    let write = |folder: &str, text: &str| {
        fs::create_dir_all(root.path().join(folder)).unwrap();
        fs::write(root.path().join(folder).join("dataset.toml"), text).unwrap();
    };
    let iris = fs::read_to_string(golden().join("datasets/iris/dataset.toml")).unwrap();
    write("iris", &iris);
    fs::create_dir(root.path().join("no-card")).unwrap();
    fs::write(root.path().join("README.md"), "").unwrap();
    let cards = load_cards(root.path()).unwrap();
    assert_eq!(cards.datasets.keys().collect::<Vec<_>>(), ["iris"]);
    write("lilies", &iris);
    write("wine", "schema = 1");
    let errors = load_cards(root.path()).unwrap_err();
    let files: BTreeSet<&str> = errors.errors.iter().map(|error| error.file.as_str()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(load_cards(&root.path().join("nowhere")).is_err());
}

#[test]
fn a_card_hashes_what_can_influence_a_result() {
    let card = &cards().datasets["fashion"];
    let changed = |change: &dyn Fn(&mut DatasetCard)| {
        let mut other = card.clone();
        change(&mut other);
        other.hash() != card.hash()
    };
    assert!(!changed(&|card| card.title = "other".into()));
    assert!(!changed(&|card| card.licence = "other".into()));
    assert!(!changed(&|card| card.source = "other".into()));
    assert!(!changed(&|card| card.selection = "other".into()));
    assert!(!changed(&|card| card.citation = "other".into()));
    assert!(!changed(&|card| card.files.reverse()));
    assert!(!changed(&|card| card.files[0].urls = vec!["https://example.org".into()]));
    assert!(!changed(&|card| card.files[0].bytes = Some(1)));
    assert!(!changed(&|card| card.files[0].payload_sha256 = Some("0".repeat(64))));
    assert!(changed(&|card| card.files[0].sha256 = "0".repeat(64)));
    assert!(changed(&|card| card.shape = vec![28, 1, 28]));
    assert!(changed(&|card| card.classes.reverse()));
    assert!(changed(&|card| card.examples.train += 1));
    assert!(changed(&|card| card.normalise.std[0] = 1.0));
    assert!(changed(&|card| card.steps = Some(Steps { min: 1, max: 2 })));
    // Changing this value would change every id: see "Changes results" in the style guide.
    assert_eq!(card.hash(), "97e4985884b22b9d7a399bfc3a5edf342add971a1291f073cb2be6e27c5af182");
}

#[test]
fn an_experiment_of_one_condition_is_refused() {
    let errors = parse(&text("one-factor-at-a-time", "[0]", "")).unwrap_err();
    assert_eq!(errors.errors[0].message, "nothing is varied");
}

#[test]
fn trials_with_kernels_are_others_and_say_so() {
    let experiment = experiment("one-factor-at-a-time", "[0]", NORM);
    let on = experiment.plan(&cards());
    let off = on.clone().with_kernels(Kernels::Off);
    for (off, on) in off.trials.iter().zip(&on.trials) {
        assert_eq!(off.id, off.content_id());
        assert_eq!(on.id, on.content_id());
        assert_ne!(on.id, off.id);
        let [off, on] = [off, on].map(|trial| serde_json::to_value(trial).unwrap());
        assert_eq!(off.get("kernels"), None);
        assert_eq!(on["kernels"], "on");
    }
    assert_eq!(off.with_kernels(Kernels::On), on);
}
