//! A process that is killed while it computes features is replaced by who waits for it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use fireassay_features::{Cut, Emit, FeatureCache, FeatureError, Precision, Source};

const FOLDER: &str = "FIREASSAY_TEST_FOLDER";
const SOURCE: Source<'_> = Source { text: "a source", rows: 100_000 };
const CUT: Cut<'_> = Cut { name: "cut", width: 4, precision: Precision::Exact };

/// Half of the features, then `between`, then the other half.
fn features(folder: &Path, between: impl Fn()) -> f32 {
    let compute = |_: &[usize], emit: &mut Emit<'_>| -> Result<(), FeatureError> {
        let half = vec![1.5; SOURCE.rows / 2 * CUT.width];
        emit.batch(&[&half])?;
        between();
        emit.batch(&[&half])
    };
    let found = FeatureCache::new(folder.to_owned(), 1 << 30).features(SOURCE, &[CUT], compute);
    let found = found.unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    found.features[0].rows().unwrap().row(SOURCE.rows - 1)[3]
}

/// Not a test by itself: the process that is killed. It tells that it is half done, and waits.
#[test]
fn the_one_that_is_killed() {
    if let Some(folder) = env::var_os(FOLDER) {
        features(Path::new(&folder), || {
            println!("half done");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
        });
    }
}

#[test]
fn who_waits_for_a_killed_process_computes_instead() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_one_that_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("half done")));
    let kinds = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let kinds = names.map(|path| path.extension().unwrap().to_str().unwrap().to_owned());
        let mut kinds: Vec<String> = kinds.collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(), ["lock", "part"]);
    thread::scope(|scope| {
        let waits = scope.spawn(|| features(folder.path(), || {}));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(waits.join().unwrap(), 1.5);
    });
    assert_eq!(kinds(), ["features", "lock"]);
}
