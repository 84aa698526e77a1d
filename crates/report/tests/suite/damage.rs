//! Damaged stores: a report never says anything that was not measured, whatever happens to a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fireassay_report::{Observed, Results, Verdict, analyse, files};
use fireassay_spec::{Cards, Experiment, Plan, Purpose, Split, Stream, path_key};
use fireassay_tracking::{
    CheckpointManifest, CheckpointSet, Registration, RunDir, RunProblem, Store, Summary,
    TensorBytes, Verification, read_scalars, rebuild_tensorboard, state_digest,
};
use serde_json::Value;

use crate::store;

/// Runs whose files are damaged: one of each condition.
const RUNS: [&str; 3] = ["norm=layer.seed-20", "norm=none.seed-23", "reference.seed-26"];

/// Bit flips. Ten thousand pass too, and take three times as long.
const FLIPS: u64 = 3_000;

#[test]
fn bit_flips_are_found_or_change_nothing() {
    let store = DamagedStore::new();
    let tally = store.damage(FLIPS, |bytes, [at, _, _]| {
        if !bytes.is_empty() {
            let bit = at as usize % (8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    });
    store.check_reports(&tally);
    // Nothing but text for people goes unseen, and digits that no number has.
    for (file, [harmless, seen, found]) in &tally.by_file {
        let count = harmless + seen + found;
        assert!(count > 40, "{file} was hit {count} times");
        match file.as_str() {
            "trial.json" | "provenance.json" | "events.jsonl" | "experiment.lock.json" => {
                assert_eq!(*found, count, "{file}");
            }
            // The last of 17 digits may change and the number stays.
            "status.json" | "summary.json" => {
                assert!(found + 20 > count, "{file}: {harmless} unseen")
            }
            "tb" | "checkpoints" => assert_eq!(*seen, count, "{file}"),
            "log.txt" | "error.txt" | ".lock" | "report" => assert_eq!(*harmless, count, "{file}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn lost_added_and_overwritten_bytes_are_found_or_change_nothing() {
    let store = DamagedStore::new();
    let tally = store.damage(3_000, |bytes, [kind, at, len]| {
        let start = at as usize % (bytes.len() + 1);
        let end = bytes.len().min(start + 1 + len as usize % 600);
        match kind % 6 {
            0 => bytes.truncate(start),
            1 => drop(bytes.drain(start..end)),
            2 => bytes[start..end].fill(0),
            3 => bytes[start..end].fill_with(|| (len >> 3) as u8),
            4 => bytes.extend_from_within(start..end),
            _ => bytes.extend(std::iter::repeat_n(0, 1 + len as usize % 512)),
        }
    });
    store.check_reports(&tally);
    for file in ["trial.json", "status.json", "provenance.json", "summary.json", "events.jsonl"] {
        let [harmless, _, found] = tally.by_file[file];
        assert!(found > 10 * harmless, "{file}: {harmless} unseen, {found} found");
    }
}

#[test]
fn a_run_that_counts_for_nothing_is_in_no_curve() {
    let store = DamagedStore::new();
    let whole = store.dir.path().join("copies");
    for name in RUNS {
        let run = store.run(name);
        copy(&run, &whole.join(run.file_name().unwrap()));
    }
    let twice = store.run(RUNS[0]);
    let before = store.analyse(&observe(&whole, &store.experiment));
    copy(&twice, &whole.join("copy"));
    let after = store.analyse(&observe(&whole, &store.experiment));
    let curve = |results: &Results, name: &str| {
        let found = results.conditions.iter().find(|condition| condition.name == name);
        found.unwrap().curve.clone()
    };
    assert_eq!(after.problems.len(), 2);
    assert_ne!(curve(&before, "norm=layer"), []);
    assert_eq!(curve(&after, "norm=layer"), []);
    assert_eq!(curve(&after, "norm=none"), curve(&before, "norm=none"));
}

/// The committed store with all that a run can have, each run in a place of its own so that
/// looking at it again is quick.
struct DamagedStore {
    dir: tempfile::TempDir,
    experiment: Experiment,
    plan: Plan,
    cards: Cards,
    /// What is seen of each place.
    sound: BTreeMap<PathBuf, Observed>,
    /// Place and path of each file that is damaged, sorted.
    files: Vec<(PathBuf, PathBuf)>,
}

/// What became of the damage.
#[derive(Default)]
struct Tally {
    /// By kind of file: harmless to all, seen by `verify` alone, and seen by the report too.
    by_file: BTreeMap<String, [usize; 3]>,
    /// One problem of each place and kind.
    problems: BTreeMap<(PathBuf, &'static str), RunProblem>,
}

impl DamagedStore {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (experiment, cards) = store::experiment();
        let mut places = BTreeMap::new();
        let mut files = Vec::new();
        for run in fs::read_dir(store::store()).unwrap().map(|entry| entry.unwrap().path()) {
            let name = run.file_name().unwrap().to_str().unwrap().to_owned();
            if run.join("trial.json").is_file() {
                let place = dir.path().join(&name);
                copy(&run, &place.join(&name));
                if RUNS.iter().any(|wanted| name.starts_with(wanted)) {
                    furnish(&place.join(&name));
                    files.extend(below(&place).into_iter().map(|file| (place.clone(), file)));
                }
                places.insert(place, ());
            }
        }
        let place = dir.path().join("beside");
        fs::create_dir(&place).unwrap();
        for name in [Registration::FILE, "results.json", "report.md"] {
            fs::copy(store::store().join(name), place.join(name)).unwrap();
        }
        fs::write(place.join(".lock"), "`cargo xtask ablation` (process 7)\n").unwrap();
        files.extend(below(&place).into_iter().map(|file| (place.clone(), file)));
        places.insert(place, ());
        files.sort();
        let sound =
            places.into_keys().map(|place| (place.clone(), observe(&place, &experiment))).collect();
        let plan = experiment.plan(&cards);
        let store = Self { dir, experiment, plan, cards, sound, files };
        assert!(store.sound.values().all(|seen| seen.problems.is_empty()));
        assert!(store.sound.keys().all(|place| verify(place).problems.is_empty()));
        store
    }

    /// The folder of the run whose name starts like this.
    fn run(&self, start: &str) -> PathBuf {
        let (_, file) = self
            .files
            .iter()
            .find(|(_, file)| {
                file.ends_with("trial.json") && file.to_str().unwrap().contains(start)
            })
            .unwrap();
        file.parent().unwrap().to_owned()
    }

    /// Damages one file after another, each time as drawn, and mends it again.
    fn damage(&self, times: u64, damage: impl Fn(&mut Vec<u8>, [u32; 3])) -> Tally {
        let mut tally = Tally::default();
        for time in 0..times {
            let words = Stream::new(1, Purpose::Order, path_key("damage"), time).words(4);
            let (place, file) = &self.files[words[0] as usize % self.files.len()];
            let whole = fs::read(file).unwrap();
            let mut bytes = whole.clone();
            damage(&mut bytes, [words[1], words[2], words[3]]);
            fs::write(file, &bytes).unwrap();
            self.judge(place, file, &whole, &mut tally);
            fs::write(file, &whole).unwrap();
        }
        tally
    }

    /// What the report sees of a place is what it was, or a problem and nothing else.
    fn judge(&self, place: &Path, file: &Path, whole: &[u8], tally: &mut Tally) {
        let (seen, sound) = (observe(place, &self.experiment), &self.sound[place]);
        let verified = verify(place).problems;
        let kind = kind_of(place, file);
        let counts = tally.by_file.entry(kind.clone()).or_default();
        if same(&seen, sound) {
            counts[usize::from(!verified.is_empty())] += 1;
            let explained = !verified.is_empty() || is_harmless(&kind, file, whole);
            assert!(explained, "nobody sees what was done to {}", file.display());
            return;
        }
        counts[2] += 1;
        let [problem] = &seen.problems[..] else { panic!("{}: {seen:?}", file.display()) };
        assert!(verified.contains(problem), "{problem:?} {verified:?}");
        let nothing = Observed { problems: seen.problems.clone(), ..Observed::default() };
        assert!(same(&seen, &nothing), "a damaged run is in use: {}", file.display());
        tally.problems.entry((place.to_owned(), problem.kind.word())).or_insert(problem.clone());
    }

    /// Reports with each kind of problem: they name it, and without it they are those of a store
    /// that never had the run.
    fn check_reports(&self, tally: &Tally) {
        assert!(tally.problems.len() >= RUNS.len(), "{}", tally.problems.len());
        let mut seen = BTreeSet::new();
        for ((place, _), problem) in &tally.problems {
            let mut observed = self.all_but(place);
            let without = seen.insert(place).then(|| self.analyse(&observed));
            observed.problems.push(problem.clone());
            let mut results = self.analyse(&observed);
            let report = files(&results).unwrap();
            for name in ["report.md", "report.html", "report.tex", "results.json"] {
                let text = &report.iter().find(|(path, _)| path == name).unwrap().1;
                let dir = problem.dir.split('.').next().unwrap();
                assert!(text.contains(dir), "{name} does not name {dir}");
            }
            assert_eq!(results.problems.len(), 1);
            results.problems.clear();
            if let Some(without) = without {
                assert!(results == without, "{problem:?} leaves a trace");
            }
            let missing = usize::from(problem.dir != Registration::FILE);
            assert_eq!(results.missing(), missing, "{problem:?}");
            let registered = results.registered.is_some();
            assert_eq!(registered, problem.dir != Registration::FILE);
            for contrast in &results.contrasts {
                let verdict = &contrast.verdict;
                let open = matches!(verdict, Verdict::Inconclusive(_) | Verdict::Exploratory);
                assert!(open, "{verdict} without {}", problem.dir);
            }
        }
    }

    /// What is seen of the whole store without one place.
    fn all_but(&self, place: &Path) -> Observed {
        let mut all = Observed::default();
        for (_, seen) in self.sound.iter().filter(|(other, _)| *other != place) {
            all.records.extend(seen.records.iter().cloned());
            all.curves.extend(seen.curves.clone());
            all.registration = all.registration.or_else(|| seen.registration.clone());
        }
        all
    }

    fn analyse(&self, observed: &Observed) -> Results {
        analyse(&self.experiment, &self.plan, &self.cards, observed).unwrap()
    }
}

/// As the command line looks at a folder of runs.
fn observe(dir: &Path, experiment: &Experiment) -> Observed {
    let metric = experiment.analysis.primary_metric.metric();
    let survey = Store::survey(dir).unwrap();
    let mut observed = Observed { problems: survey.problems, ..Observed::default() };
    match Registration::read(dir) {
        Ok(registration) => observed.registration = registration,
        Err(error) => observed.problems.push(RunProblem::new(Registration::FILE, None, &error)),
    }
    for record in survey.records {
        let id = record.trial.id.clone();
        match record.curve(Split::Val, metric) {
            Ok(points) => {
                observed.curves.insert(id, points);
                observed.records.push(record);
            }
            Err(error) => {
                let dir = record.path.file_name().unwrap().to_str().unwrap();
                observed.problems.push(RunProblem::new(dir, Some(id), &error));
            }
        }
    }
    observed
}

fn verify(place: &Path) -> Verification {
    Store::verify(place).unwrap()
}

fn same(a: &Observed, b: &Observed) -> bool {
    a.records == b.records
        && a.problems == b.problems
        && a.curves == b.curves
        && a.registration == b.registration
}

/// Whether the change is one that no reader can see.
fn is_harmless(kind: &str, file: &Path, whole: &[u8]) -> bool {
    let bytes = fs::read(file).unwrap();
    match kind {
        "log.txt" | "error.txt" | ".lock" | "report" => true,
        // Nothing lost but what says that the session has ended.
        "tb" => {
            whole.starts_with(&bytes) && !read_scalars(file.parent().unwrap()).unwrap().is_empty()
        }
        _ => {
            let values = [whole, &bytes].map(|b| serde_json::from_slice::<Value>(b).ok());
            values[0] == values[1] || bytes == whole
        }
    }
}

/// What a file is called in the tally.
fn kind_of(place: &Path, file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    if ["tb", "checkpoints"].contains(&folder) {
        folder.to_owned()
    } else if place.ends_with("beside") && ["results.json", "report.md"].contains(&name) {
        "report".to_owned()
    } else {
        name.to_owned()
    }
}

/// Adds what a committed run lacks: TensorBoard's files, weights, a checkpoint, logs, its lock.
fn furnish(path: &Path) {
    let run = RunDir::open(path).unwrap();
    let values: Vec<u8> = (0..64_u32).flat_map(|i| (i as f32 / 7.0).to_le_bytes()).collect();
    let shape = [4, 16];
    let tensor = TensorBytes { shape: &shape, bytes: &values };
    let digest = state_digest(&BTreeMap::from([("head.weight", tensor)]));
    let summary = run.summary().unwrap().unwrap();
    run.finish(&Summary { state_digest: digest, ..summary }).unwrap();
    rebuild_tensorboard(&run).unwrap();
    let mut header =
        r#"{"head.weight":{"dtype":"F32","shape":[4,16],"data_offsets":[0,256]}}"#.to_owned();
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let weights = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &values].concat();
    let checkpoints = run.checkpoints();
    fs::create_dir(&checkpoints).unwrap();
    fs::write(checkpoints.join("selected.safetensors"), &weights).unwrap();
    let file = "step-00000336.safetensors".to_owned();
    fs::write(checkpoints.join(&file), &weights).unwrap();
    let blake3 = blake3::hash(&weights).to_hex().to_string();
    let (schema, binary_hash) = (CheckpointManifest::SCHEMA, "c0".repeat(32));
    let sets = vec![CheckpointSet { step: 336, file, blake3 }];
    CheckpointManifest { schema, binary_hash, sets }.write(&checkpoints).unwrap();
    fs::write(run.log_path(), "training\n".repeat(40)).unwrap();
    fs::write(run.error_path(), "a passing cloud\n").unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}

fn below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files.extend(below(&path)) } else { files.push(path) }
    }
    files
}
