//! A cache never changes what features are: not by age, damage, a full disk or company.

use std::cell::Cell;
use std::fs::{self, File};
use std::sync::Mutex;
use std::thread;

use tempfile::TempDir;

use super::*;

const ROWS: usize = 5;
const SOURCE: Source<'_> = Source { text: "a network and a dataset", rows: ROWS };
const EARLY: Cut<'_> = Cut { name: "early", width: 3, precision: Precision::Exact };
const LATE: Cut<'_> = Cut { name: "late", width: 2, precision: Precision::Exact };
const ROUNDED: Cut<'_> = Cut { precision: Precision::Rounded, ..EARLY };

/// A cache, and how often features were computed.
struct Made {
    folder: TempDir,
    passes: Cell<usize>,
}

impl Made {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), passes: Cell::new(0) }
    }

    fn cache(&self) -> FeatureCache {
        FeatureCache::new(self.folder.path().join("features"), 1 << 20)
    }

    fn path(&self, cut: &Cut<'_>) -> PathBuf {
        self.cache().shelf.path(&cut.key(&SOURCE))
    }

    /// Asks the cache, checks what comes, and gives the problems.
    fn open(&self, cuts: &[Cut<'_>]) -> Vec<CacheProblem> {
        self.open_in(&self.cache(), cuts)
    }

    fn open_in(&self, cache: &FeatureCache, cuts: &[Cut<'_>]) -> Vec<CacheProblem> {
        let compute = |wanted: &[usize], emit: &mut Emit<'_>| {
            self.passes.set(self.passes.get() + 1);
            compute(cuts, wanted, emit)
        };
        let found = cache.features(SOURCE, cuts, compute).unwrap();
        assert_eq!(found.features.len(), cuts.len());
        for (features, cut) in found.features.iter().zip(cuts) {
            check(features, cut);
        }
        found.problems
    }
}

fn value(cut: &Cut<'_>, row: usize, column: usize) -> f32 {
    let value = (row * 10 + column + cut.name.len() * 100) as f32 + 0.1;
    match cut.precision {
        Precision::Exact => value,
        Precision::Rounded => half::f16::from_f32(value).to_f32(),
    }
}

/// Batches of two examples.
fn compute(cuts: &[Cut<'_>], wanted: &[usize], emit: &mut Emit<'_>) -> Result<(), FeatureError> {
    for start in (0..ROWS).step_by(2) {
        let rows = start..ROWS.min(start + 2);
        let batch = |cut: &Cut<'_>| {
            let cut = Cut { precision: Precision::Exact, ..*cut };
            let row = |row| (0..cut.width).map(move |column| value(&cut, row, column));
            rows.clone().flat_map(row).collect::<Vec<f32>>()
        };
        let batches: Vec<Vec<f32>> = wanted.iter().map(|&at| batch(&cuts[at])).collect();
        emit.batch(&batches.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn check(features: &Features, cut: &Cut<'_>) {
    assert_eq!((features.cut(), features.len(), features.width()), (cut.name, ROWS, cut.width));
    let rows = features.rows_exact_or_rounded().unwrap();
    for row in 0..ROWS {
        let expected: Vec<f32> = (0..cut.width).map(|column| value(cut, row, column)).collect();
        assert_eq!(rows.row(row), expected);
        if cut.precision == Precision::Exact {
            assert_eq!(features.row(row).unwrap(), expected);
        }
    }
}

/// Kept files are read-only, which only an administrator may overlook.
fn replace(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_kept_is_what_was_computed_and_only_what_is_missing_is_computed() {
    let made = Made::new();
    assert!(made.open(&[EARLY]).is_empty());
    assert!(made.open(&[EARLY]).is_empty());
    assert_eq!(made.passes.get(), 1);
    // In one pass with another one, which is all that is computed.
    assert!(made.open(&[LATE, EARLY, ROUNDED]).is_empty());
    assert!(made.open(&[EARLY, ROUNDED, LATE]).is_empty());
    assert_eq!(made.passes.get(), 2);
    let sizes = [EARLY, LATE, ROUNDED].map(|cut| fs::metadata(made.path(&cut)).unwrap().len());
    assert_eq!(sizes, [96 + 5 * 3 * 4, 96 + 5 * 2 * 4, 96 + 5 * 3 * 2]);
    assert_eq!(made.cache().usage().unwrap(), (3, sizes.iter().sum()));
}

#[test]
fn everything_that_decides_features_is_in_their_name() {
    let key = EARLY.key(&SOURCE);
    assert_eq!(key, EARLY.key(&SOURCE));
    assert_ne!(key, LATE.key(&SOURCE));
    assert_ne!(key, ROUNDED.key(&SOURCE));
    assert_ne!(key, Cut { width: 4, ..EARLY }.key(&SOURCE));
    assert_ne!(key, EARLY.key(&Source { rows: 6, ..SOURCE }));
    assert_ne!(key, EARLY.key(&Source { text: "another network", ..SOURCE }));
    // A name that holds a line and the next field is no other cut.
    let (one, other) = (Source { text: "b\nc", ..SOURCE }, Source { text: "c", ..SOURCE });
    let cut = |name| Cut { name, ..EARLY };
    assert_ne!(cut("a").key(&one), cut("a\nb").key(&other));
}

#[test]
fn kept_features_are_mapped_and_exact_ones_only_where_they_are() {
    let made = Made::new();
    made.open(&[EARLY, ROUNDED]);
    let never = |_: &[usize], _: &mut Emit<'_>| -> Result<(), FeatureError> { panic!("kept") };
    let found = made.cache().features(SOURCE, &[EARLY, ROUNDED], never).unwrap();
    let [exact, rounded] = &found.features[..] else { panic!("two cuts") };
    assert_eq!(exact.file(), Some(made.path(&EARLY)));
    assert!(fs::metadata(made.path(&EARLY)).unwrap().permissions().readonly());
    assert_eq!(exact.rows().unwrap().row(0).as_ptr().addr() % 64, 0);
    let error = rounded.rows().map(|_| ()).unwrap_err();
    let text = "the features at `early` were kept as f16, and exact ones are asked for";
    assert_eq!(error.to_string(), text);
    assert_eq!(rounded.row(0), Err(error));
    assert!(exact.row(ROWS).is_err());
}

#[test]
fn every_cut_and_every_flipped_bit_is_found_and_repaired() {
    for cut in [EARLY, ROUNDED] {
        let made = Made::new();
        made.open(&[cut]);
        let path = made.path(&cut);
        let whole = fs::read(&path).unwrap();
        let is_refused = |bytes: &[u8]| {
            replace(&path, bytes);
            let mut work = Work::new(SOURCE, std::slice::from_ref(&cut)).unwrap();
            assert_eq!(made.cache().read(&mut work, 0), Err(Unusable::Damaged));
        };
        (0..whole.len()).for_each(|len| is_refused(&whole[..len]));
        is_refused(&[&whole[..], &[0]].concat());
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            is_refused(&bytes);
        }
        let problems = made.open(&[cut]);
        assert!(matches!(&problems[..], [CacheProblem::Damaged { path: at }] if *at == path));
        assert_eq!(fs::read(&path).unwrap(), whole);
        assert!(made.open(&[cut]).is_empty());
        assert_eq!(made.passes.get(), 2);
    }
}

#[test]
fn the_file_of_another_cut_is_refused() {
    let made = Made::new();
    made.open(&[EARLY, LATE]);
    replace(&made.path(&EARLY), &fs::read(made.path(&LATE)).unwrap());
    let problems = made.open(&[EARLY, LATE]);
    assert!(matches!(&problems[..], [CacheProblem::Damaged { .. }]));
    // Also with the right name, but of another size inside.
    let cache = made.cache();
    let lock = cache.shelf.lock(&EARLY.key(&SOURCE)).unwrap();
    let mut writer = cache.shelf.write(&EARLY.key(&SOURCE), 0, [5, 2]).unwrap();
    writer.bytes(&[0; 5 * 2 * 4]).unwrap();
    writer.finish().unwrap();
    drop(lock);
    assert!(matches!(&made.open(&[EARLY])[..], [CacheProblem::Damaged { .. }]));
}

/// Each asks for others, in another order, so locks cross.
#[test]
fn many_at_once_compute_each_cut_once() {
    let (made, computed) = (Made::new(), Mutex::new(Vec::new()));
    let cache = made.cache();
    let names: Vec<String> = (0..6).map(|index| format!("cut {index}")).collect();
    let cuts: Vec<Cut<'_>> = names.iter().map(|name| Cut { name, ..EARLY }).collect();
    thread::scope(|scope| {
        for turn in 0..8 {
            let (cache, computed) = (&cache, &computed);
            let mut cuts = cuts.clone();
            cuts.rotate_left(turn % 6);
            cuts.truncate(4);
            scope.spawn(move || {
                let found =
                    cache.features(SOURCE, &cuts, |wanted: &[usize], emit: &mut Emit<'_>| {
                        let names = wanted.iter().map(|&at| cuts[at].name.to_owned());
                        computed.lock().unwrap().extend(names);
                        compute(&cuts, wanted, emit)
                    });
                let found = found.unwrap();
                assert!(found.problems.is_empty());
                found.features.iter().zip(&cuts).for_each(|(features, cut)| check(features, cut));
            });
        }
    });
    let mut computed = computed.into_inner().unwrap();
    computed.sort();
    assert_eq!(computed, names);
}

/// A file where the folder should be stands for every place that cannot be written to; the rights
/// of a folder would not keep an administrator out.
#[test]
fn a_place_that_takes_nothing_costs_time_only() {
    let made = Made::new();
    fs::write(made.cache().folder(), "in the way").unwrap();
    for _ in 0..2 {
        let problems = made.open(&[EARLY, ROUNDED]);
        assert!(problems.iter().all(|problem| matches!(problem, CacheProblem::Unkept { .. })));
        assert_eq!(problems.len(), 2);
    }
    assert_eq!(made.passes.get(), 2);
    // Nothing can be put in the place of a folder, which shows after the features were written.
    let made = Made::new();
    fs::create_dir_all(made.path(&LATE)).unwrap();
    assert!(matches!(
        &made.open(&[EARLY, LATE])[..],
        [CacheProblem::Damaged { .. }, CacheProblem::Unkept { .. }]
    ));
    assert_eq!(made.passes.get(), 2);
    assert!(made.path(&EARLY).is_file() && !made.path(&LATE).with_extension("part").exists());
}

#[test]
fn what_cannot_be_computed_leaves_nothing() {
    let made = Made::new();
    let refuse = |cuts: &[Cut<'_>], batches: &[&[&[f32]]]| {
        let compute = |_: &[usize], emit: &mut Emit<'_>| {
            batches.iter().try_for_each(|batch| emit.batch(batch))
        };
        let error = made.cache().features(SOURCE, cuts, compute).map(|_| ()).unwrap_err();
        assert_eq!(made.cache().usage().unwrap(), (0, 0), "{error}");
        error.to_string()
    };
    let sizes = |found, expected| format!("examples with features: {found} instead of {expected}");
    assert_eq!(refuse(&[LATE], &[&[&[0.0; 8]]]), sizes(4, 5));
    assert_eq!(refuse(&[LATE], &[&[&[0.0; 8]], &[&[0.0; 4]]]), sizes(6, 5));
    let text = "features of a batch at one cut: 5 instead of 4";
    assert_eq!(refuse(&[LATE], &[&[&[0.0; 5]]]), text);
    assert_eq!(
        refuse(&[EARLY, LATE], &[&[&[0.0; 6], &[0.0; 2]]]),
        "features of a batch at one cut: 2 instead of 4"
    );
    assert_eq!(
        refuse(&[EARLY, LATE], &[&[&[0.0; 6]]]),
        "cuts of a batch of features: 1 instead of 2"
    );
    let text = "feature 1 of row 0 is 70000; nothing above 65,504 can be kept as f16";
    assert_eq!(refuse(&[ROUNDED], &[&[&[0.0, 7e4, 1.0]]]), text);
    assert_eq!(refuse(&[LATE, LATE], &[]), "a list of cuts is not defined: one comes twice");
    assert!(refuse(&[Cut { width: 0, ..LATE }], &[]).contains("nothing to keep"));
    assert!(made.open(&[LATE]).is_empty());
}

#[test]
fn features_notice_when_their_file_is_written_to() {
    let made = Made::new();
    made.open(&[EARLY]);
    let file = fs::read(made.path(&EARLY)).unwrap();
    replace(&made.path(&EARLY), &file); // not read-only
    let write = File::options().write(true).open(made.path(&EARLY)).unwrap();
    write.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let never = |_: &[usize], _: &mut Emit<'_>| -> Result<(), FeatureError> { panic!("kept") };
    let features = &made.cache().features(SOURCE, &[EARLY], never).unwrap().features[0];
    // Neither another reader nor another file in its place is a write.
    made.open(&[EARLY]);
    features.check_unchanged().unwrap();
    write.set_modified(std::time::SystemTime::now()).unwrap();
    let error = features.check_unchanged().unwrap_err();
    assert_eq!(error, FeatureError::Rewritten { path: made.path(&EARLY) });
}

#[test]
fn old_features_make_room_and_what_is_too_large_is_not_kept() {
    let made = Made::new();
    let len = |cut: &Cut<'_>| cut.bytes(ROWS) + FRAME_LEN;
    let small = FeatureCache { limit: len(&EARLY) + len(&LATE) - 1, ..made.cache() };
    assert!(made.open_in(&small, &[EARLY]).is_empty());
    assert!(made.open_in(&small, &[LATE]).is_empty());
    assert_eq!(small.usage().unwrap(), (1, len(&LATE)));
    assert!(made.open_in(&small, &[LATE]).is_empty());
    assert_eq!(made.passes.get(), 2);
    // What is wanted together must have room together, and what is there already stays.
    let problems = made.open_in(&small, &[EARLY, LATE]);
    assert!(matches!(&problems[..], [CacheProblem::TooLarge { .. }]));
    assert_eq!((small.usage().unwrap(), made.passes.get()), ((1, len(&LATE)), 3));
    assert_eq!(small.clear().unwrap(), (1, len(&LATE)));
    let text = made.open_in(&small, &[EARLY, LATE])[0].to_string();
    assert!(
        text.starts_with("features of 292 bytes are not kept: there may be 291 in `"),
        "{text}"
    );
}
