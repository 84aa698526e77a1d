//! The end of a trial: the selected weights are evaluated on every split, once, and summed up.

use std::collections::BTreeMap;

use fireassay_data::Splits;
use fireassay_models::{Input, build, count};
use fireassay_spec::{Metric, MetricName, SCHEMA, Split};
use fireassay_tracking::{Event, Examples, Outcome, RunLog, Summary};

use crate::TrainError;
use crate::digest::digest;
use crate::eval::{evaluate, train_sample};
use crate::fit::Session;
use crate::meter::{EVAL, Meter};
use crate::progress::Progress;
use crate::state::{Tensors, param_facts, restore_model};

/// What is left when the last step is done.
pub struct Finish<'a> {
    /// The session that trained.
    pub session: &'a Session<'a>,
    /// Its examples.
    pub splits: &'a Splits,
    /// Counters after the last step.
    pub progress: &'a Progress,
    /// Steps that the budget allowed.
    pub budget: u64,
    /// The weights and running statistics that are tested.
    pub selected: &'a Tensors,
}

impl Finish<'_> {
    /// Tests the selected weights, unless training diverged. `Split::Test` is read here and
    /// nowhere else.
    pub fn summary(
        &self,
        log: &mut RunLog,
        meter: &mut Meter,
        diverged: Option<f64>,
    ) -> Result<Summary, TrainError> {
        let Session { trial, dataset, device, .. } = *self.session;
        let input = Input { shape: dataset.shape(), num_classes: dataset.num_classes() };
        let device_ad = device.clone().autodiff();
        let (fresh, _) = build(&trial.spec.model, input, trial.seed, &device_ad);
        let trainable = param_facts(&fresh).iter().filter(|fact| fact.trainable).map(values).sum();
        let counts = count(&trial.spec.model, dataset.shape(), dataset.num_classes());
        let selected_step = match self.progress.best {
            Some(best) if diverged.is_none() && self.selects_best() => best.step,
            _ => self.progress.step,
        };

        let mut metrics = BTreeMap::new();
        if diverged.is_none() {
            let model = restore_model(fresh, self.selected)?;
            let Splits { train, val, test } = self.splits;
            let train = train_sample(train);
            for (split, rows) in [(Split::Train, &train), (Split::Val, val), (Split::Test, test)] {
                let found = meter.time(EVAL, || evaluate(&model, dataset, rows, device))?;
                for (metric, value) in &found {
                    metrics.insert(MetricName::Of(split, *metric), *value);
                }
                if found.values().all(|value| value.is_finite()) && split != Split::Val {
                    log.log(&Event::Eval { step: selected_step, split, metrics: found })?;
                }
            }
            for &metric in Metric::ALL {
                let of = |split| metrics[&MetricName::Of(split, metric)];
                metrics.insert(MetricName::Gap(metric), of(Split::Train) - of(Split::Test));
            }
        }
        let bad = metrics.values().copied().find(|value| !value.is_finite()).or(diverged);
        let outcome = match bad {
            None => Outcome::Done,
            Some(value) => {
                metrics.clear();
                Outcome::Diverged { step: self.progress.step, value: value.to_string() }
            }
        };
        Ok(Summary {
            schema: SCHEMA,
            outcome,
            metrics,
            steps: self.progress.step,
            budget_steps: self.budget,
            selected_step,
            params: counts.params,
            trainable_params: trainable,
            macs: counts.macs,
            examples: Examples {
                train: self.splits.train.len() as u64,
                val: self.splits.val.len() as u64,
                test: self.splits.test.len() as u64,
            },
            state_digest: digest(self.selected),
        })
    }

    fn selects_best(&self) -> bool {
        self.session.trial.spec.train.select == fireassay_spec::Select::BestVal
    }
}

fn values(fact: &crate::state::ParamFact) -> u64 {
    fact.shape.iter().product::<usize>() as u64
}
