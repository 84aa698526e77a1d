//! Every file in `golden/bad` against its rendered problems, every file in `golden/good` against
//! its plan. `INSTA_UPDATE=always` (as `cargo xtask bless` sets it) writes the expectations.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{
    Condition, DatasetCard, Experiment, Plan, Purpose, SourceRef, SpecErrors, Trial, WeightsCard,
};
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::common::{cards, golden};

#[test]
fn bad_files_are_explained() {
    let cards = cards();
    for path in files("bad") {
        let file_name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        match Experiment::parse(file_name, &text, &cards) {
            Ok(_) => panic!("{file_name} is accepted"),
            Err(errors) => compare(&path, &render(&errors)),
        }
    }
}

#[test]
fn good_files_have_these_plans() {
    let cards = cards();
    for path in files("good") {
        let experiment = match Experiment::load(&path, &cards) {
            Ok(experiment) => experiment,
            Err(errors) => panic!("{}", render(&errors)),
        };
        compare(&path, &describe(&experiment.plan(&cards)));
    }
}

#[test]
fn bad_cards_are_explained() {
    let names = [
        "bad-card.toml",
        "bad-card-classes.toml",
        "bad-card-formats.toml",
        "bad-card-groups.toml",
        "bad-card-image-table.toml",
        "bad-card-sources.toml",
        "bad-card-steps.toml",
        "bad-card-table-fields.toml",
        "bad-card-tables.toml",
        "bad-card-texts.toml",
    ];
    for name in names {
        let path = golden().join(name);
        let text = fs::read_to_string(&path).unwrap();
        let errors = DatasetCard::parse("dataset.toml", &text).unwrap_err();
        compare(&path, &render(&errors));
    }
}

#[test]
fn bad_weights_cards_are_explained() {
    let path = golden().join("bad-weights.toml");
    let errors = WeightsCard::parse("weights.toml", &fs::read_to_string(&path).unwrap());
    compare(&path, &render(&errors.unwrap_err()));
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(golden().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn render(errors: &SpecErrors) -> String {
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut out, errors)
        .unwrap();
    // The frame pads some lines.
    out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn describe(plan: &Plan) -> String {
    let mut out = String::new();
    for condition in &plan.conditions {
        let mark = if condition.duplicate { " (duplicate)" } else { "" };
        writeln!(out, "{}{mark}", condition.name).unwrap();
        for (factor, label) in &condition.settings {
            writeln!(out, "    {factor}: {label}").unwrap();
        }
        for trial in plan.trials.iter().filter(|trial| trial.condition == condition.name) {
            let streams = own_streams(trial, condition);
            let from = source(plan, trial);
            writeln!(out, "    seed {}{streams} {}{from}", trial.seed, trial.id).unwrap();
        }
    }
    for trial in &plan.pretraining {
        let (name, dataset) = (&trial.condition, &trial.spec.data.dataset);
        writeln!(out, "{name} on {dataset}, seed {} {}", trial.seed, trial.id).unwrap();
    }
    writeln!(out, "{} trials", plan.trials.len()).unwrap();
    out
}

/// ` from pretrain.seed-0.01234567`: what a trial starts from.
fn source(plan: &Plan, trial: &Trial) -> String {
    match &trial.source {
        None => String::new(),
        Some(SourceRef::Trial(id)) => {
            let source = plan.source_of(trial).unwrap();
            assert_eq!(source.id, *id);
            format!(" from {}", source.dir_name())
        }
        Some(SourceRef::Weights { name, hash }) => format!(" from {name} {hash}"),
    }
}

/// ` init=0 order=1`: what a trial of crossed streams has besides its condition's spec.
fn own_streams(trial: &Trial, condition: &Condition) -> String {
    let (own, common) = (&trial.spec.streams, &condition.spec.streams);
    let added =
        Purpose::ALL.iter().filter(|purpose| own.named(**purpose) != common.named(**purpose));
    added.map(|p| format!(" {}={}", p.name(), own.named(*p).unwrap())).collect()
}

fn compare(input: &Path, found: &str) {
    let path = input.with_extension("txt");
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{} differs; now:\n{found}", path.display());
}
