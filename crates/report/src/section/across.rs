//! Across datasets: each combination of the other factors on every dataset, and on all together.

use fireassay_spec::Plan;

use crate::design::words::{MOST_SENTENCES, cells, numbers, withheld};
use crate::design::{AcrossDatasets, Method, OnDataset, Pooled, Withheld};
use crate::draw;
use crate::effect::FEWEST_SHOWN;
use crate::number::{ABSENT, Unit, fixed, listed, plural};
use crate::results::Results;
use crate::section::Block;
use crate::stats::paired_t::Interval;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let Some(across) = &results.design_analysis.across else { return Vec::new() };
    let mut blocks = vec![Block::Text(intro(results, across))];
    // A sentence has a part per dataset.
    if across.methods.iter().map(|method| method.on.len()).sum::<usize>() <= MOST_SENTENCES {
        let sentences = across.methods.iter().map(|method| sentence(results, across, method));
        blocks.push(Block::List(sentences.collect()));
    }
    blocks.push(Block::Table(summary(results, across)));
    blocks.push(Block::Text(scale(results, across)));
    blocks.extend(draw::profile(results).map(Block::Figure));
    blocks.push(Block::Table(differences(results, across)));
    blocks.extend(withheld(&missing(across)).into_iter().map(Block::Text));
    if !across.left_out.is_empty() {
        let names = listed(&across.left_out);
        let text = format!("With the reference on fewer than two datasets, so not here: {names}.");
        blocks.push(Block::Text(text));
    }
    blocks
}

/// Measured on normal scores: 4,000 repetitions of 1,000 resamples on two datasets, for the
/// interquartile mean also on three. The shares of a mean that is 1 SD above 0 cover worst.
const COVERAGE: &str = "They are too narrow for few seeds: instead of 95 %, on normal scores such an \
                        interval of the interquartile mean covers the truth in about 84 % of cases \
                        at 3 seeds per dataset, 90 % at 5 and 93 % at 10, and that of a P(better) \
                        near 0.84 in about 60 %, 81 % and 85 %. P(better) has no interval where all differences on \
                        each dataset have one sign: resampling them changes nothing, which is no \
                        certainty.";

fn intro(results: &Results, across: &AcrossDatasets) -> String {
    format!(
        "Exploratory, no verdicts. Each combination of the other factors against their reference \
         levels on the same dataset at the same seed, on {} ({}). P(better): share of the pairs \
         in which its {} is better, a tie counting half, averaged over datasets, so that every \
         dataset counts the same. The intervals of this table are percentile bootstraps that \
         resample seeds within datasets (10,000 resamples): they speak of more seeds, not of other \
         datasets. {COVERAGE}",
        plural(across.datasets.len(), "dataset"),
        listed(&across.datasets),
        results.analysis.primary_metric,
    )
}

/// Why scores are pooled, or not.
fn scale(results: &Results, across: &AcrossDatasets) -> String {
    let metric = results.analysis.primary_metric;
    match &across.reference {
        Err(Withheld::NoCommonScale) => format!(
            "{metric} of different datasets is not pooled: a loss depends on the number of classes, \
             and a gap has no fixed ends. So there is no interquartile mean and no performance \
             profile, only differences within a dataset."
        ),
        Ok(_) | Err(_) => format!(
            "Interquartile mean: of all scores together, without the lowest and the highest \
             quarter. It pools {metric} as it is, in [0, 1] on every dataset and not rescaled by \
             chance level or difficulty: where datasets differ more than methods do, it speaks \
             mostly of the datasets in the middle, and the differences on each dataset below say \
             more."
        ),
    }
}

fn sentence(results: &Results, across: &AcrossDatasets, method: &Method) -> String {
    let mut parts = Vec::new();
    if let (Ok(ours), Ok(theirs)) = (&method.pooled, &across.reference) {
        let unit = Unit::of(results.analysis.primary_metric);
        let [ours, theirs] = [ours, theirs].map(|pooled| unit.value(pooled.iqm));
        let unit = unit.level;
        parts.push(format!("interquartile mean {ours} {unit}, reference {theirs} {unit}"));
    }
    if let Ok((share, bounds)) = method.improvement {
        let bounds = shown(method, bounds)
            .map_or_else(String::new, |bounds| format!(" (95 % interval {})", shares(bounds)));
        parts.push(format!(
            "better than the reference with probability {}{bounds}, averaged over {}",
            fixed(share, 2),
            plural(method.on.len(), "dataset"),
        ));
    }
    let on = |of: &OnDataset| format!("on {} {}", of.dataset, numbers(results, &of.effect));
    parts.extend(method.on.iter().map(on));
    format!("{}: {}.", method.name, parts.join("; "))
}

fn summary(results: &Results, across: &AcrossDatasets) -> Table {
    let mean = format!("IQM, {}", Unit::of(results.analysis.primary_metric).level);
    let mut table = Table::new(&[
        ("levels", Align::Left),
        ("datasets", Align::Right),
        ("n", Align::Right),
        (&mean, Align::Right),
        ("95 % of IQM", Align::Right),
        ("P(better)", Align::Right),
        ("95 % of P(better)", Align::Right),
    ]);
    let datasets = across.datasets.len();
    let mut row = vec![Plan::REFERENCE.to_owned(), datasets.to_string()];
    row.extend(pooled(results, &across.reference));
    row.extend([ABSENT.to_owned(), ABSENT.to_owned()]);
    table.rows.push(row);
    for method in &across.methods {
        let mut row = vec![method.name.clone(), format!("{}/{datasets}", method.on.len())];
        row.extend(pooled(results, &method.pooled));
        let (share, bounds) = match method.improvement {
            Ok((share, bounds)) => {
                (fixed(share, 2), shown(method, bounds).map_or_else(|| ABSENT.into(), shares))
            }
            Err(_) => (ABSENT.into(), ABSENT.into()),
        };
        row.extend([share, bounds]);
        table.rows.push(row);
    }
    if across.reference == Err(Withheld::NoCommonScale) {
        table.remove("n");
        table.remove(&mean);
        table.remove("95 % of IQM");
    }
    table
}

/// n, interquartile mean, interval.
fn pooled(results: &Results, of: &Result<Pooled, Withheld>) -> [String; 3] {
    let unit = Unit::of(results.analysis.primary_metric);
    let Ok(of) = of else { return [ABSENT, ABSENT, ABSENT].map(String::from) };
    let bounds = format!("[{}, {}]", unit.value(of.interval.low), unit.value(of.interval.high));
    let bounds = if of.fewest >= FEWEST_SHOWN { bounds } else { ABSENT.into() };
    [format!("{}/{}", of.n, of.planned), unit.value(of.iqm), bounds]
}

fn differences(results: &Results, across: &AcrossDatasets) -> Table {
    let unit = Unit::of(results.analysis.primary_metric);
    let difference = format!("difference, {}", unit.difference);
    let mut table = Table::new(&[
        ("levels", Align::Left),
        ("dataset", Align::Left),
        ("n", Align::Right),
        (&difference, Align::Right),
        ("95 % interval", Align::Right),
        ("P(better)", Align::Right),
    ]);
    for (method, on) in across.methods.iter().flat_map(|m| m.on.iter().map(move |on| (m, on))) {
        // Of n, difference, interval, p, adjusted p and size, the first three.
        let numbers = cells(results, &on.effect).into_iter().take(3);
        let share = on.effect.as_ref().ok().and_then(|effect| effect.prob_better);
        let mut row = vec![method.name.clone(), on.dataset.clone()];
        row.extend(numbers);
        row.push(share.map_or_else(|| ABSENT.into(), |(share, _)| fixed(share, 2)));
        table.rows.push(row);
    }
    table
}

/// Intervals from fewer seeds on some dataset than one contrast needs mean nothing, and one without
/// width would claim certainty.
fn shown(method: &Method, interval: Interval) -> Option<Interval> {
    let is_shown = |on: &OnDataset| on.effect.as_ref().is_ok_and(|e| e.n() >= FEWEST_SHOWN);
    let has_width = interval.low < interval.high;
    (has_width && method.on.iter().all(is_shown)).then_some(interval)
}

/// `[0.12, 0.40]`.
fn shares(interval: Interval) -> String {
    format!("[{}, {}]", fixed(interval.low, 2), fixed(interval.high, 2))
}

fn missing(across: &AcrossDatasets) -> Vec<(String, Option<Withheld>)> {
    let own = |of: &Result<Pooled, Withheld>| {
        of.as_ref().err().copied().filter(|why| *why != Withheld::NoCommonScale)
    };
    let reference = (format!("interquartile mean of {}", Plan::REFERENCE), own(&across.reference));
    let means = across
        .methods
        .iter()
        .map(|m| (format!("interquartile mean of {}", m.name), own(&m.pooled)));
    let better = across
        .methods
        .iter()
        .map(|m| (format!("P(better) of {}", m.name), m.improvement.as_ref().err().copied()));
    let single = across.methods.iter().flat_map(|method| {
        let of = |on: &OnDataset| {
            (format!("{} on {}", method.name, on.dataset), on.effect.as_ref().err().copied())
        };
        method.on.iter().map(of)
    });
    std::iter::once(reference).chain(means).chain(better).chain(single).collect()
}
