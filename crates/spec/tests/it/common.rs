//! One small experiment, and the cards of the golden datasets.

use std::path::{Path, PathBuf};

use fireassay_spec::{Cards, Experiment, SpecErrors, load_cards};

/// Everything of a file but design, seeds and factors.
const BASE: &str = include_str!("base.toml");

pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

pub(crate) fn cards() -> Cards {
    load_cards(&golden().join("datasets")).unwrap()
}

/// The text of an experiment.
pub(crate) fn text(design: &str, seeds: &str, factors: &str) -> String {
    format!("design = \"{design}\"\nseeds = {seeds}\n{BASE}\n{factors}")
}

pub(crate) fn parse(text: &str) -> Result<Experiment, SpecErrors> {
    Experiment::parse("experiment.toml", text, &cards())
}

pub(crate) fn experiment(design: &str, seeds: &str, factors: &str) -> Experiment {
    parse(&text(design, seeds, factors)).unwrap()
}
