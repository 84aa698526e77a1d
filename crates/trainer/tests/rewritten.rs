//! A kept dataset that somebody writes to while a trial uses it: no result comes of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::{Seek, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use burn::tensor::Device;
use fireassay_data::{Cache, CacheProblem, DataError, Dataset, open};
use fireassay_spec::{DataFormat, DatasetCard, ExampleCounts, FileCard, Purpose, Stream, Trial};
use fireassay_tracking::{Outcome, RunDir};
use fireassay_trainer::{Cadence, Ending, Session, TrainError, fit};
use serde_json::json;
use tempfile::TempDir;

use support::{adam, cnn, mlp, trial};

/// Just enough values of a table to be kept.
const ROWS: usize = 1 << 14;
const FEATURES: usize = 64;
/// Before which step the file is written to: after the second checkpoint, before the third.
const AT_STEP: usize = 13;

/// A table in a folder, and its card.
fn table(folder: &Path) -> DatasetCard {
    let values = Stream::new(4, Purpose::Augment, 0, 0).words(ROWS * FEATURES);
    let mut text = String::new();
    for (row, label) in values.chunks(FEATURES).zip([0, 1, 2].into_iter().cycle()) {
        row.iter().for_each(|value| write!(text, "{},", value % 10).unwrap());
        writeln!(text, "{label}").unwrap();
    }
    fs::write(folder.join("table"), text).unwrap();
    let mut card = DatasetCard {
        files: vec![FileCard { path: "table".into(), ..FileCard::default() }],
        ..DatasetCard::new(
            "bars",
            vec![1, 8, 8],
            ["a", "b", "c"].map(str::to_owned).into(),
            ExampleCounts { train: ROWS, test: 0 },
            DataFormat::Csv { train: "table".into(), test: None, skip_lines: 0 },
        )
    };
    // Nobody else here can hash it.
    let Err(DataError::Hash { found, .. }) = open(&card, folder) else { panic!("no hash") };
    card.files[0].sha256 = found;
    card
}

fn run(
    root: &Path,
    trial: &Trial,
    dataset: &Dataset,
    stop: &dyn Fn(),
) -> Result<Ending, TrainError> {
    let stop = || {
        stop();
        false
    };
    fit(&Session {
        features: None,
        source: None,
        trial,
        dataset,
        device: &Device::flex(),
        run: &RunDir::create(root, trial)?,
        binary_hash: "test",
        checkpoint_every: Cadence::Steps(5),
        stop: &stop,
        started: Instant::now(),
    })
}

fn packed(cache: &Cache) -> PathBuf {
    let mut paths = fs::read_dir(&cache.folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().unwrap() == "packed").unwrap()
}

#[test]
fn a_trial_whose_data_was_written_to_fails_and_goes_on_from_before_that() {
    let folder = TempDir::new().unwrap();
    let card = table(folder.path());
    let data = json!({ "test-fraction": 0.2 });
    check(&folder, &card, &trial(&mlp(&json!({})), &json!({ "data": data })));
    let changes = json!({ "data": data, "optim": { "algorithm": adam() } });
    check(&folder, &card, &trial(&cnn(&json!({})), &changes));
}

fn check(folder: &TempDir, card: &DatasetCard, trial: &Trial) {
    let cache = Cache { folder: folder.path().join("cache") };
    cache.clear().unwrap();
    let result = |root: &TempDir| {
        let dir = root.path().join(trial.dir_name());
        ["summary.json", "events.jsonl"].map(|name| fs::read(dir.join(name)).unwrap())
    };

    let whole = TempDir::new().unwrap();
    let (decoded, _) = cache.open(card, folder.path()).unwrap();
    let ending = run(whole.path(), trial, &decoded, &|| ()).unwrap();
    assert_eq!(ending, Ending::Finished(Outcome::Done));

    // It is read-only, and written a while ago.
    let path = packed(&cache);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let (mapped, problem) = cache.open(card, folder.path()).unwrap();
    assert!(problem.is_none());
    let spoiled = TempDir::new().unwrap();
    let step = Cell::new(0);
    let write = || {
        if step.replace(step.get() + 1) == AT_STEP {
            let mut file = &file;
            file.seek(SeekFrom::Start(64)).unwrap();
            file.write_all(&vec![0x41; 4 * ROWS * FEATURES]).unwrap(); // 12.08 everywhere
        }
    };
    let error = run(spoiled.path(), trial, &mapped, &write).unwrap_err();
    let TrainError::Data(DataError::Rewritten { path: at, .. }) = &error else { panic!("{error}") };
    assert_eq!(*at, path);
    assert!(error.to_string().contains("was written to while it was in use"), "{error}");
    assert!(!spoiled.path().join(trial.dir_name()).join("summary.json").exists());
    // It did train on other values.
    let [was, is] = [&decoded, &mapped].map(|dataset| {
        let mut inputs = Vec::new();
        dataset.gather(&[0], &mut inputs, &mut Vec::new());
        inputs
    });
    assert_ne!(was, is);

    let (again, problem) = cache.open(card, folder.path()).unwrap();
    assert!(matches!(problem, Some(CacheProblem::Damaged { .. })));
    let ending = run(spoiled.path(), trial, &again, &|| ()).unwrap();
    assert_eq!(ending, Ending::Finished(Outcome::Done));
    assert!(result(&spoiled) == result(&whole));
}
