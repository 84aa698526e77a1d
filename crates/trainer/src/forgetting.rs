//! What fine-tuning costs the source: its test split before and after, with its own head (as Li et al.
//! 2018 evaluate it).

use std::borrow::Cow;
use std::collections::BTreeMap;

use burn::tensor::Device;
use fireassay_data::{Augment, Dataset};
use fireassay_spec::{AugmentSpec, Metric, MetricName, Purpose, Split, Trial};

use crate::TrainError;
use crate::eval::evaluate;
use crate::feed::Feed;
use crate::setup::{fresh_model, seed_of};
use crate::start::Source;
use crate::state::{Tensors, restore_model};

/// The trial that trained a source.
#[derive(Clone, Debug)]
pub struct SourceTask {
    /// Which trial.
    pub trial: Trial,
    /// Its dataset.
    pub dataset: Dataset,
    /// What it came to.
    pub metrics: BTreeMap<MetricName, f64>,
}

/// `source` and `forgotten` of every metric: `tensors` are those of the fine-tuned model, whole and of
/// the same blocks.
pub fn forgetting(
    source: &Source,
    tensors: &Tensors,
    device: &Device,
) -> Result<BTreeMap<MetricName, f64>, TrainError> {
    let Some(SourceTask { trial, dataset, metrics: before }) = &source.task else {
        let problem = "what is forgotten can be measured of a pretraining only";
        return Err(TrainError::Source(problem.to_owned()));
    };
    let dataset = dataset.of_classes(&trial.spec.data)?;
    let rows = dataset.split(&trial.spec.data, seed_of(trial, Purpose::Split))?.test;
    let is_head = |path: &str| !path.starts_with("backbone.");
    let own = source.tensors.iter().filter(|(path, _)| is_head(path));
    let tuned = tensors.iter().filter(|(path, _)| !is_head(path));
    let whole: Tensors =
        own.chain(tuned).map(|(path, blob)| (path.clone(), blob.clone())).collect();
    let model = restore_model(fresh_model(trial, &dataset, device).0, &whole)?;
    let augment = Augment::new(&AugmentSpec::default(), &dataset, 0);
    let feed = Feed::new(Cow::Borrowed(dataset.as_ref()), augment);
    let after = evaluate(&model, &feed, &rows, device)?.metrics;
    let mut found = BTreeMap::new();
    for &metric in Metric::ALL {
        found.insert(MetricName::Source(metric), after[&metric]);
        if let Some(before) = before.get(&MetricName::Of(Split::Test, metric)) {
            found.insert(MetricName::Forgotten(metric), before - after[&metric]);
        }
    }
    Ok(found)
}
