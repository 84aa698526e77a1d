//! Provenance: which code on which machine made the numbers.

use std::collections::BTreeSet;

use fireassay_tracking::Provenance;

use crate::number::ABSENT;
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

/// Digits of a hash that tell two apart.
const SHORT: usize = 12;

pub(crate) fn render(results: &Results) -> Vec<Block> {
    if results.provenance.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[
        ("trials", Align::Right),
        ("revision", Align::Left),
        ("binary", Align::Left),
        ("backend", Align::Left),
        ("threads", Align::Right),
        ("processor", Align::Left),
        ("platform", Align::Left),
        ("toolchain", Align::Left),
        ("Cargo.lock", Align::Left),
    ]);
    for (provenance, trials) in &results.provenance {
        table.rows.push(row(provenance.as_ref(), *trials));
    }
    let known = results.provenance.iter().filter_map(|(provenance, _)| provenance.as_ref());
    let datasets: BTreeSet<String> =
        known.map(|provenance| short(&provenance.dataset_hash)).collect();
    let datasets: Vec<String> = datasets.into_iter().collect();
    let mut blocks = vec![Block::Table(table)];
    if !datasets.is_empty() {
        blocks.push(Block::Text(format!("Dataset: {}.", datasets.join(", "))));
    }
    blocks
}

fn row(provenance: Option<&Provenance>, trials: usize) -> Vec<String> {
    let Some(p) = provenance else {
        let mut row = vec![trials.to_string(), "not recorded".into()];
        row.extend(std::iter::repeat_n(ABSENT.to_owned(), 7));
        return row;
    };
    let revision = match (&p.code.git_revision, p.code.git_dirty) {
        (None, _) => "outside a repository".into(),
        (Some(revision), false) => short(revision),
        (Some(revision), true) => format!("{} with changes", short(revision)),
    };
    vec![
        trials.to_string(),
        revision,
        binary(p),
        format!("{} (Burn {})", p.backend, p.burn),
        p.threads.to_string(),
        p.cpu.clone(),
        p.platform.clone(),
        p.code.toolchain.clone(),
        short(&p.code.lockfile_hash),
    ]
}

/// With the programs before it, where the user let another one go on.
fn binary(provenance: &Provenance) -> String {
    let earlier = provenance.earlier.iter().map(|build| short(&build.binary_hash));
    let all: Vec<String> = earlier.chain([short(&provenance.binary_hash)]).collect();
    all.join(", then ")
}

fn short(hash: &str) -> String {
    hash.chars().take(SHORT).collect()
}
