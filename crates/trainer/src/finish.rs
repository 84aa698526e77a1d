//! The end of a trial: the selected weights are evaluated on every split, once, and summed up.

use std::collections::BTreeMap;

use fireassay_data::Splits;
use fireassay_finetune::{Kind, Leaf, leaves};
use fireassay_models::count;
use fireassay_spec::{FinetuneSpec, Metric, MetricName, Select, Split};
use fireassay_tracking::{Event, EventMark, Examples, Outcome, RunLog, SCHEMA, State, Summary};

use crate::TrainError;
use crate::digest::digest;
use crate::eval::{Evaluation, evaluate, train_sample};
use crate::fit::{Ending, Session};
use crate::forgetting::forgetting;
use crate::meter::{EVAL, Meter};
use crate::progress::Progress;
use crate::setup::{Setup, cut_of, fresh_model};
use crate::state::{Tensors, restore_model};

/// What is left when the last step is done.
pub struct End<'a> {
    /// The session that trained.
    pub session: &'a Session<'a>,
    /// What it trained with.
    pub setup: &'a Setup<'a>,
    /// Counters after the last step.
    pub progress: &'a Progress,
    /// The weights and running statistics that are tested.
    pub selected: &'a Tensors,
}

/// Metrics of the selected weights, and their confusion on `test`.
type Tested = (BTreeMap<MetricName, f64>, Option<Vec<Vec<u64>>>);

impl End<'_> {
    /// Tests the selected weights, unless training diverged, and writes everything down, unless the
    /// dataset was written to meanwhile; `summary.json` last, because it is what "finished" means.
    /// Then nobody needs the sets of checkpoints any more.
    pub fn finish(
        &self,
        mut log: RunLog,
        meter: &mut Meter,
        diverged: Option<f64>,
    ) -> Result<Ending, TrainError> {
        let (metrics, confusion) = match diverged {
            None => self.test(&mut log, meter)?,
            Some(_) => (BTreeMap::new(), None),
        };
        self.setup.feed.check_unchanged()?; // the last byte of it was used
        let bad = metrics.values().copied().find(|value| !value.is_finite()).or(diverged);
        let (outcome, state) = match bad {
            None => (Outcome::Done, State::Done),
            Some(value) => {
                let step = self.progress.step;
                (Outcome::Diverged { step, value: value.to_string() }, State::Diverged)
            }
        };
        let done = outcome == Outcome::Done;
        let events = log.end(done)?;
        let checkpoints = self.session.checkpoints()?;
        checkpoints.save_selected(self.selected)?;
        let run = self.session.run;
        run.write_status(&meter.status(state, self.progress.step, self.setup.budget))?;
        run.finish(&Summary {
            metrics: if done { metrics } else { BTreeMap::new() },
            confusion: confusion.filter(|_| done),
            ..self.summary(outcome.clone(), events)
        })?;
        // Not before: a trial that could not write its summary goes on from the last set.
        checkpoints.forget_sets();
        Ok(Ending::Finished(outcome))
    }

    /// Every metric of the selected weights, and what they confuse on `test`, which is read here
    /// and nowhere else.
    fn test(&self, log: &mut RunLog, meter: &mut Meter) -> Result<Tested, TrainError> {
        let (Setup { feed, splits, .. }, Session { trial, device, .. }) =
            (self.setup, self.session);
        let (fresh, _) = fresh_model(trial, feed.dataset(), device);
        let model = restore_model(fresh, self.selected)?;
        let Splits { train, val, test } = splits;
        let train = train_sample(train);
        let (mut metrics, mut confused) = (BTreeMap::new(), None);
        for (split, rows) in [(Split::Train, &train), (Split::Val, val), (Split::Test, test)] {
            let Evaluation { metrics: found, confusion } =
                meter.time(EVAL, || evaluate(&model, feed, rows, device))?;
            for (metric, value) in &found {
                metrics.insert(MetricName::Of(split, *metric), *value);
            }
            let (loss, accuracy) = (found[&Metric::Loss], found[&Metric::Accuracy]);
            let name = split.name();
            tracing::info!("selected weights: {name} loss {loss:.4}, accuracy {accuracy:.4}");
            if split == Split::Test {
                confused = confusion;
            }
            if split != Split::Val {
                log.log(&Event::Eval { step: self.selected_step(), split, metrics: found })?;
            }
        }
        for &metric in Metric::ALL {
            let of = |split| metrics[&MetricName::Of(split, metric)];
            metrics.insert(MetricName::Gap(metric), of(Split::Train) - of(Split::Test));
        }
        let is_asked = |spec: &FinetuneSpec| spec.forgetting && spec.regime.has_source();
        if let Some(source) =
            self.session.source.filter(|_| trial.spec.finetune.as_ref().is_some_and(is_asked))
        {
            let found = meter.time(EVAL, || forgetting(source, self.selected, device))?;
            metrics.extend(found);
        }
        Ok((metrics, confused))
    }

    /// Without what was tested.
    fn summary(&self, outcome: Outcome, events: EventMark) -> Summary {
        let Setup { feed, splits, regime, model, budget, .. } = self.setup;
        let (dataset, trial) = (feed.dataset(), self.session.trial);
        let (shape, classes) = (dataset.shape(), dataset.num_classes());
        let counts = count(&trial.spec.model, shape, classes, cut_of(trial));
        let is_trained = |leaf: &Leaf| leaf.kind != Kind::Statistics && regime.moves(leaf);
        let trained = leaves(model).into_iter().filter(is_trained);
        Summary {
            schema: SCHEMA,
            outcome,
            metrics: BTreeMap::new(),
            confusion: None,
            steps: self.progress.step,
            budget_steps: *budget,
            selected_step: self.selected_step(),
            params: counts.params,
            trainable_params: trained.map(|leaf| leaf.values() as u64).sum(),
            macs: counts.macs,
            examples: Examples {
                train: splits.train.len() as u64,
                val: splits.val.len() as u64,
                test: splits.test.len() as u64,
            },
            state_digest: digest(self.selected),
            events,
        }
    }

    /// The step whose weights are tested.
    fn selected_step(&self) -> u64 {
        match (self.session.trial.spec.train.select, self.progress.best) {
            (Select::BestVal, Some(best)) => best.step,
            (Select::BestVal, None) | (Select::Last, _) => self.progress.step,
        }
    }
}
