//! Experiments made by hand: a plan, and records as a store would hold them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fireassay_report::{Observed, ReportError, Results, analyse};
use fireassay_spec::{
    Activation, Algorithm, Analysis, AugmentSpec, Budget, Cards, Claim, ClipNorm, CnnHead, CnnSpec,
    Condition, CorruptSpec, DataFormat, DataSpec, DatasetCard, Decay, DecayExempt, Design,
    Direction, DropoutAt, Duplicates, EarlyStopping, ExampleCounts, Experiment, FailedTrial,
    InitSpec, IntervalKind, Kernels, Loss, Metric, MetricName, ModelSpec, Norm, Normalise,
    OptimSpec, Padding, Plan, Pool, SCHEMA, ScheduleShape, ScheduleSpec, Select, Split, SplitRule,
    StreamSeeds, TrainSize, TrainSpec, Trial, TrialId, TrialSpec,
};
use fireassay_tracking::{
    CodeFacts, EventMark, Examples, FailureKind, Outcome, Provenance, Registration, RunRecord,
    State, Status, Summary, Timing,
};

/// Everything that `analyse` takes.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) experiment: Experiment,
    pub(crate) plan: Plan,
    pub(crate) cards: Cards,
    pub(crate) records: Vec<RunRecord>,
    /// What else a store holds. Without a registration the present design is the registered one.
    pub(crate) observed: Observed,
    /// Nothing was registered.
    pub(crate) unregistered: bool,
}

/// Conditions by name with the test accuracy of each seed in per cent.
pub(crate) type Points<'a> = &'a [(&'a str, &'a [f64])];

/// A finished experiment; the first condition has to be the reference. A name `factor=level+...`
/// sets those factors, every other factor has its level in `base`.
pub(crate) fn finished(base: &[(&str, &str)], points: Points<'_>) -> Case {
    let seeds: Vec<u64> = (0..points[0].1.len() as u64).collect();
    let conditions: Vec<Condition> =
        points.iter().enumerate().map(|(i, (name, _))| condition(name, base, i)).collect();
    let mut trials = Vec::new();
    let mut records = Vec::new();
    for (i, (condition, (_, scores))) in conditions.iter().zip(points).enumerate() {
        for (&seed, &percent) in seeds.iter().zip(*scores) {
            let trial = trial(condition, i, seed);
            records.push(record(&trial, percent / 100.0));
            trials.push(trial);
        }
    }
    Case {
        experiment: experiment(&conditions[0].spec, seeds),
        plan: Plan { experiment: "batch-norm".into(), conditions, pretraining: Vec::new(), trials },
        cards: [("mnist".to_owned(), card())].into_iter().collect(),
        records,
        observed: Observed::default(),
        unregistered: false,
    }
}

/// Text that means something to a browser, to TeX, to Markdown, to a spreadsheet, to a terminal.
pub(crate) fn hostile() -> Case {
    let mut case = finished(
        &[("norm", "a\"b'c")],
        &[
            ("reference", &[91.20, 90.85, 91.45, 91.10, 90.70, 91.35, 91.05]),
            ("norm=<img src=x onerror=alert(1)>", &[92.0, 91.7, 92.1, 91.9, 91.7, 92.0, 92.0]),
            ("=cmd|' /C calc'!A0", &[88.9, 88.1, 89.4, 88.7, 88.2, 89.2, 88.5]),
            ("norm=\\input{x}, \"two\"\nlines", &[88.9, 88.1, 89.4, 88.7, 88.2, 89.2, 88.6]),
        ],
    );
    case.experiment.question =
        "```\n# <script>alert(1)</script> $x^2$ \\end{document} 5 % & ~{} -- µ 中 \u{1b}[31m?"
            .into();
    let message = "-1+1 `code` <b> [x](http-free) \u{202e}#_^ \\def\\x{\\x}\\x";
    case.fail("=cmd|' /C calc'!A0", 2, FailureKind::Crashed, message);
    case
}

impl Case {
    pub(crate) fn results(&self) -> Results {
        self.try_results().unwrap()
    }

    pub(crate) fn try_results(&self) -> Result<Results, ReportError> {
        let mut observed = self.observed.clone();
        observed.records.clone_from(&self.records);
        if observed.registration.is_none() && !self.unregistered {
            observed.registration = Some(self.registration());
        }
        analyse(&self.experiment, &self.plan, &self.cards, &observed)
    }

    /// The present design, frozen before the first trial.
    pub(crate) fn registration(&self) -> Registration {
        let design = self.experiment.registered(&self.plan);
        Registration {
            schema: Registration::SCHEMA,
            hash: Registration::hash_of(&design),
            design,
            finished_before: 0,
            until: None,
            added_seeds: Vec::new(),
            earlier: Vec::new(),
        }
    }

    /// The record of one trial, to be spoiled.
    pub(crate) fn record(&mut self, condition: &str, seed: u64) -> &mut RunRecord {
        let wanted = |r: &&mut RunRecord| r.trial.condition == condition && r.trial.seed == seed;
        self.records.iter_mut().find(wanted).unwrap()
    }

    pub(crate) fn diverge(&mut self, condition: &str, seed: u64, step: u64) {
        let record = self.record(condition, seed);
        let summary = record.summary.as_mut().unwrap();
        summary.outcome = Outcome::Diverged { step, value: "NaN".into() };
        summary.metrics.clear();
    }

    pub(crate) fn fail(&mut self, condition: &str, seed: u64, kind: FailureKind, message: &str) {
        let record = self.record(condition, seed);
        record.summary = None;
        let status = record.status.as_mut().unwrap();
        status.state = State::Failed(kind);
        status.message = Some(message.into());
    }

    /// The trial was never started.
    pub(crate) fn forget(&mut self, condition: &str, seed: u64) {
        self.records.retain(|r| r.trial.condition != condition || r.trial.seed != seed);
    }

    pub(crate) fn policy(mut self, policy: FailedTrial) -> Self {
        self.experiment.analysis.failed_trial = policy;
        self
    }

    pub(crate) fn rope(mut self, rope: f64) -> Self {
        self.experiment.analysis.rope = Some(rope);
        self
    }

    /// Judges the loss instead: the points stay, as hundredths of nats.
    pub(crate) fn by_loss(mut self) -> Self {
        self.experiment.analysis.primary_metric = MetricName::Of(Split::Test, Metric::Loss);
        self.experiment.analysis.direction = Direction::Lower;
        for record in &mut self.records {
            let Some(summary) = &mut record.summary else { continue };
            let accuracy = MetricName::Of(Split::Test, Metric::Accuracy);
            let Some(&value) = summary.metrics.get(&accuracy) else { continue };
            summary.metrics.insert(MetricName::Of(Split::Test, Metric::Loss), value);
        }
        self
    }
}

fn experiment(base: &TrialSpec, seeds: Vec<u64>) -> Experiment {
    Experiment {
        name: "batch-norm".into(),
        question: "does batch norm help a small CNN, and can another norm replace it?".into(),
        statements: vec!["L8".into(), "L9".into()],
        claim: Claim::Confirmatory,
        seeds,
        crossed: Vec::new(),
        design: Design::OneFactorAtATime,
        base: base.clone(),
        factors: Vec::new(),
        conditions: Vec::new(),
        exclude: Vec::new(),
        generators: Vec::new(),
        analysis: Analysis {
            primary_metric: MetricName::Of(Split::Test, Metric::Accuracy),
            direction: Direction::Higher,
            rope: None,
            alpha: 0.05,
            failed_trial: FailedTrial::ExcludePair,
            contrasts: None,
            interactions: Vec::new(),
            interval: IntervalKind::T,
            until: None,
        },
        tuning: BTreeMap::new(),
    }
}

fn condition(name: &str, base: &[(&str, &str)], index: usize) -> Condition {
    let owned = |(factor, level): &(&str, &str)| ((*factor).to_owned(), (*level).to_owned());
    let mut settings: BTreeMap<String, String> = base.iter().map(owned).collect();
    for pair in name.split('+').filter_map(|part| part.split_once('=')) {
        settings.insert(pair.0.into(), pair.1.into());
    }
    // The learning rate stands in for whatever makes the conditions differ.
    let spec = spec(0.1 / (index + 1) as f64);
    Condition { name: name.into(), settings, spec, duplicate: false }
}

fn trial(condition: &Condition, index: usize, seed: u64) -> Trial {
    let dataset_hash = "d5".repeat(32);
    Trial {
        schema: SCHEMA,
        id: id(index, seed),
        experiment: "batch-norm".into(),
        condition: condition.name.clone(),
        settings: condition.settings.clone(),
        seed,
        dataset_hash,
        kernels: Kernels::USUAL,
        source: None,
        spec: condition.spec.clone(),
    }
}

/// Readable, and independent of how specs are hashed.
pub(crate) fn id(condition: usize, seed: u64) -> TrialId {
    let text = format!("\"{condition:04x}{seed:04x}{}\"", "0".repeat(56));
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn record(trial: &Trial, accuracy: f64) -> RunRecord {
    let of = |split, metric, value| (MetricName::Of(split, metric), value);
    let metrics = BTreeMap::from([
        of(Split::Train, Metric::Accuracy, 0.995),
        of(Split::Train, Metric::Loss, 0.0215),
        of(Split::Val, Metric::Accuracy, accuracy - 0.001),
        of(Split::Val, Metric::Loss, 0.31),
        of(Split::Test, Metric::Accuracy, accuracy),
        of(Split::Test, Metric::Loss, 0.33),
        (MetricName::Gap(Metric::Accuracy), 0.995 - accuracy),
        (MetricName::Gap(Metric::Loss), 0.0215 - 0.33),
    ]);
    RunRecord {
        path: PathBuf::from("runs/batch-norm").join(trial.dir_name()),
        status: Some(Status {
            schema: fireassay_tracking::SCHEMA,
            state: State::Done,
            step: 600,
            budget_steps: 600,
            message: None,
            sessions: 1,
            attempts: Vec::new(),
            timing: Timing { wall_secs: 2.0 + trial.seed as f64 / 10.0, ..Timing::default() },
            peak_rss_bytes: 96 << 20,
        }),
        summary: Some(Summary {
            schema: fireassay_tracking::SCHEMA,
            outcome: Outcome::Done,
            metrics,
            confusion: None,
            steps: 600,
            budget_steps: 600,
            selected_step: 550,
            params: 11_210,
            trainable_params: 11_146,
            macs: 1_290_000,
            examples: Examples { train: 4000, val: 1000, test: 2000 },
            state_digest: format!("weights of {}", trial.id.short()),
            events: EventMark::default(),
        }),
        provenance: Some(provenance()),
        trial: trial.clone(),
    }
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        schema: fireassay_tracking::SCHEMA,
        code: CodeFacts {
            git_revision: Some("3da7fc3b1c0d".into()),
            git_dirty: false,
            lockfile_hash: "10cf".repeat(16),
            toolchain: "rustc 1.95.0".into(),
        },
        binary_hash: "b1".repeat(32),
        dataset_hash: "d5".repeat(32),
        backend: "flex".into(),
        burn: "0.22.1".into(),
        instructions: None,
        threads: 1,
        cpu: "an example processor".into(),
        platform: "linux x86_64".into(),
        earlier: Vec::new(),
        source: None,
    }
}

fn spec(lr: f64) -> TrialSpec {
    TrialSpec {
        data: DataSpec {
            dataset: "mnist".into(),
            train_size: TrainSize::Count(5000),
            val_fraction: 0.2,
            test_fraction: None,
            classes: Vec::new(),
            relabel: BTreeMap::new(),
            split: SplitRule::default(),
            duplicates: Duplicates::default(),
            corrupt: CorruptSpec::default(),
            augment: AugmentSpec::default(),
        },
        model: ModelSpec::Cnn(CnnSpec {
            channels: vec![8, 16],
            kernel: 3,
            stride: 1,
            padding: Padding::Same,
            norm: Norm::Batch,
            activation: Activation::Relu,
            pool: Pool::Max,
            head: CnnHead::Flatten,
            dense: Vec::new(),
            dropout: 0.0,
            dropout_at: DropoutAt::Hidden,
        }),
        optim: OptimSpec {
            algorithm: Algorithm::Sgd { momentum: 0.9, nesterov: false },
            lr,
            weight_decay: 0.0,
            decay: Decay::Coupled,
            decay_exempt: DecayExempt::BiasAndNorm,
            clip_norm: ClipNorm::Off,
        },
        schedule: ScheduleSpec { shape: ScheduleShape::Constant, warmup_steps: 0 },
        train: TrainSpec {
            budget: Budget::Steps(600),
            batch_size: 64,
            loss: Loss::CrossEntropy,
            eval_every: Budget::Steps(50),
            early_stopping: EarlyStopping::Off,
            select: Select::BestVal,
        },
        init: InitSpec::Random,
        finetune: None,
        streams: StreamSeeds::default(),
    }
}

pub(crate) fn card() -> DatasetCard {
    DatasetCard {
        title: "handwritten digits".into(),
        licence: "CC BY-SA 3.0".into(),
        source: "an example".into(),
        normalise: Normalise { divisor: 255.0, mean: vec![0.13], std: vec![0.31] },
        ..DatasetCard::new(
            "mnist",
            vec![1, 28, 28],
            (0..10).map(|digit| digit.to_string()).collect(),
            ExampleCounts { train: 10_000, test: 2000 },
            DataFormat::Csv { train: "train.csv".into(), test: None, skip_lines: 0 },
        )
    }
}
