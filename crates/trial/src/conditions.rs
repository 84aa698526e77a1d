//! `trial fingerprint`: what each condition would do, before anything is trained.

use std::collections::BTreeMap;

use fireassay_data::Dataset;
use fireassay_spec::Trial;
use fireassay_trainer::fingerprint;
use miette::{IntoDiagnostic, Report, WrapErr};

use crate::args::Machine;
use crate::run::{self, Failure};
use crate::{exit, run::open_dataset};

/// Reads trials on stdin, prints their fingerprints on stdout, both as JSON arrays.
pub(crate) fn fingerprint_all(machine: &Machine) -> Result<u8, Failure> {
    fingerprints(machine).map_err(|report| (exit::FAILED, report))?;
    Ok(exit::FINISHED)
}

fn fingerprints(machine: &Machine) -> Result<(), Report> {
    run::use_threads(machine)?;
    let device = run::device(machine)?;
    let trials: Vec<Trial> = serde_json::from_reader(std::io::stdin().lock())
        .into_diagnostic()
        .wrap_err("stdin is not a JSON array of trials")?;
    let mut datasets: BTreeMap<String, Dataset> = BTreeMap::new();
    let mut found = Vec::new();
    for trial in &trials {
        let name = trial.spec.data.dataset.clone();
        if !datasets.contains_key(&name) {
            datasets.insert(name.clone(), open_dataset(machine, trial)?);
        }
        let print = fingerprint(trial, &datasets[&name], &device)
            .into_diagnostic()
            .wrap_err_with(|| format!("while building condition `{}`", trial.condition))?;
        found.push(print);
    }
    println!("{}", serde_json::to_string(&found).into_diagnostic()?);
    Ok(())
}
