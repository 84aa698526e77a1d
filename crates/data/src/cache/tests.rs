//! A cache never changes what a dataset is: not by age, damage, a full disk or company.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::Write;
use std::thread;

use fireassay_kept::Floats;
use fireassay_spec::ExampleCounts;
use tempfile::TempDir;

use super::*;
use crate::prepared::Kept;

/// A dataset of three examples of two values; whether bytes or floats, and with groups or without.
struct Made {
    card: DatasetCard,
    is_floats: bool,
    has_groups: bool,
    folder: TempDir,
    decodings: Cell<usize>,
}

impl Made {
    fn new(is_floats: bool, has_groups: bool) -> Self {
        let card = DatasetCard::new(
            "made",
            vec![2],
            vec!["a".to_owned(), "b".to_owned()],
            ExampleCounts { train: 2, test: 1 },
            DataFormat::Csv { train: "a".to_owned(), test: Some("b".to_owned()), skip_lines: 0 },
        );
        let folder = TempDir::new().unwrap();
        Self { card, is_floats, has_groups, folder, decodings: Cell::new(0) }
    }

    fn prepare(&self) -> Prepared {
        self.decodings.set(self.decodings.get() + 1);
        made(self.is_floats, self.has_groups)
    }

    fn cache(&self) -> Cache {
        Cache { folder: self.folder.path().join("cache") }
    }

    fn prepared(&self) -> (Prepared, Option<CacheProblem>) {
        self.cache().prepared(&self.card, SIZES, || Ok(self.prepare())).unwrap()
    }

    /// Opens through the cache, checks what comes, and says what the problem was.
    fn open(&self) -> Option<CacheProblem> {
        let (prepared, problem) = self.prepared();
        assert_eq!(contents(&prepared), contents(&made(self.is_floats, self.has_groups)));
        problem
    }

    /// What a file of these bytes is, in place of the packed one.
    fn read(&self, bytes: &[u8]) -> Result<Prepared, Unusable> {
        replace(&self.packed(), bytes);
        pack::read(&self.cache().shelf(), &self.card, SIZES)
    }

    fn packed(&self) -> PathBuf {
        self.cache().shelf().path(&pack::key(&self.card))
    }
}

const SIZES: Sizes = Sizes { item: 2, channels: 1, plane: 2 };

fn made(is_floats: bool, has_groups: bool) -> Prepared {
    Prepared {
        values: if is_floats {
            Kept::Floats(Floats::Own(vec![0.1, -2.5, 1e-30, 4.0, 5.0, f32::MAX]))
        } else {
            Kept::Bytes(vec![0, 1, 2, 3, 254, 255].into())
        },
        labels: vec![1, 0, 1],
        groups: has_groups.then(|| vec![7, 7, 0]),
        mapped: None,
    }
}

/// Values to the bit, labels, groups.
fn contents(prepared: &Prepared) -> (Vec<u32>, &[u32], Option<&[u32]>) {
    let values = match &prepared.values {
        Kept::Bytes(bytes) => bytes.iter().map(|&byte| u32::from(byte)).collect(),
        Kept::Floats(floats) => floats.iter().map(|value| value.to_bits()).collect(),
    };
    (values, &prepared.labels, prepared.groups.as_deref())
}

/// Packed files are read-only, which only an administrator may overlook.
fn replace(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_kept_is_what_was_decoded() {
    for (is_floats, has_groups) in [(false, false), (false, true), (true, false), (true, true)] {
        let made = Made::new(is_floats, has_groups);
        assert_eq!(made.cache().kept(&made.card), None);
        for _ in 0..3 {
            assert!(made.open().is_none());
        }
        assert_eq!(made.decodings.get(), 1);
        let values = if is_floats { 6 * 4 } else { 6 };
        let lists = if has_groups { 2 } else { 1 } * 3 * 4;
        assert_eq!(made.cache().kept(&made.card), Some(64 + values + lists + 32));
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_found_and_repaired() {
    for is_floats in [false, true] {
        let made = Made::new(is_floats, true);
        made.open();
        let path = made.packed();
        let whole = fs::read(&path).unwrap();
        let is_refused =
            |bytes: &[u8]| assert_eq!(made.read(bytes).map(drop), Err(Unusable::Damaged));
        (0..whole.len()).for_each(|len| is_refused(&whole[..len]));
        is_refused(&[&whole[..], &[0]].concat());
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            is_refused(&bytes);
        }
        let problem = made.open();
        assert!(matches!(problem, Some(CacheProblem::Damaged { path: at }) if at == path));
        assert_eq!(fs::read(&path).unwrap(), whole);
        assert!(made.open().is_none());
        assert_eq!(made.decodings.get(), 2);
    }
}

/// Also with a hash that agrees.
#[test]
fn the_file_of_another_card_and_a_label_of_no_class_are_refused() {
    let (made, mut other) = (Made::new(false, false), Made::new(false, false));
    other.card.examples = ExampleCounts { train: 1, test: 2 };
    assert_ne!(made.packed().file_name(), other.packed().file_name());
    made.open();
    other.open();
    replace(&made.packed(), &fs::read(other.packed()).unwrap());
    assert!(matches!(made.open(), Some(CacheProblem::Damaged { .. })));

    let mut prepared = made.prepare();
    prepared.labels[0] = 2;
    pack::write(&made.cache().shelf(), &pack::key(&made.card), &prepared).unwrap();
    assert!(matches!(made.open(), Some(CacheProblem::Damaged { .. })));
}

/// As where nothing can be mapped, and however the bytes come to lie in memory.
#[test]
fn a_file_that_is_read_is_that_which_is_mapped() {
    for (is_floats, has_groups) in [(false, true), (true, false), (true, true)] {
        let other = Made::new(is_floats, has_groups);
        other.open();
        let file = fs::read(other.packed()).unwrap();
        for shift in 0..4 {
            let bytes = bytes::Bytes::from([&[9; 4][..shift], &file].concat()).slice(shift..);
            let read = fireassay_kept::check(&bytes, pack::FORM, &pack::key(&other.card));
            let prepared = pack::parse(read.unwrap(), (3, 2)).unwrap();
            assert_eq!(contents(&prepared), contents(&made(is_floats, has_groups)));
        }
    }
}

#[test]
fn a_packed_file_is_mapped_read_only_and_aligned() {
    for is_floats in [false, true] {
        let made = Made::new(is_floats, true);
        assert!(made.prepared().0.mapped.is_none()); // decoded just now
        let prepared = made.prepared().0;
        let start = match &prepared.values {
            Kept::Bytes(bytes) => bytes.as_ptr().addr(),
            Kept::Floats(Floats::Packed(bytes)) => bytes.as_ptr().addr(),
            Kept::Floats(Floats::Own(_)) => panic!("a copy"),
        };
        let mapped = prepared.mapped.unwrap();
        assert_eq!((start - mapped.as_ptr().addr(), start % 64), (64, 0));
        assert_eq!(mapped.path(), made.packed());
        assert!(fs::metadata(made.packed()).unwrap().permissions().readonly());
    }
}

/// Also the same bytes again: whoever writes may have written others before.
#[test]
fn a_dataset_notices_when_its_file_is_written_to() {
    let made = Made::new(false, false);
    made.open();
    let file = fs::read(made.packed()).unwrap();
    replace(&made.packed(), &file); // not read-only
    let write = File::options().write(true).open(made.packed()).unwrap();
    write.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let dataset = Dataset::of(&made.card, SIZES, made.prepared().0).unwrap();
    dataset.clone().check_unchanged().unwrap();
    (&write).write_all(&file).unwrap();
    let error = dataset.clone().check_unchanged().unwrap_err();
    assert!(matches!(&error, DataError::Rewritten { path, .. } if *path == made.packed()));
    // What it holds now counts again for who opens it now.
    let dataset = Dataset::of(&made.card, SIZES, made.prepared().0).unwrap();
    dataset.check_unchanged().unwrap();
    assert_eq!(made.decodings.get(), 1);
}

#[test]
fn clearing_takes_nothing_from_who_uses_a_dataset() {
    let made = Made::new(true, false);
    made.open();
    let prepared = made.prepared().0;
    assert!(prepared.mapped.is_some());
    assert_eq!(made.cache().clear().unwrap().datasets, 1);
    assert!(!made.packed().exists());
    let dataset = Dataset::of(&made.card, SIZES, prepared).unwrap();
    dataset.check_unchanged().unwrap();
    assert_eq!(dataset.item(2), [5.0, f32::MAX]);
    // Nor does the next one who makes it.
    assert!(made.open().is_none());
    dataset.check_unchanged().unwrap();
    assert_eq!((dataset.item(0), made.decodings.get()), (vec![0.1, -2.5], 2));
}

#[test]
fn many_at_once_decode_once() {
    let (cache_of, decodings) = (Made::new(false, true), std::sync::Mutex::new(0));
    let (cache, card) = (cache_of.cache(), &cache_of.card);
    thread::scope(|scope| {
        let open = || {
            let prepare = || {
                *decodings.lock().unwrap() += 1;
                Ok(made(false, true))
            };
            let (prepared, problem) = cache.prepared(card, SIZES, prepare).unwrap();
            assert!(problem.is_none());
            assert_eq!(contents(&prepared), contents(&made(false, true)));
        };
        (0..8).for_each(|_| drop(scope.spawn(open)));
    });
    assert_eq!(*decodings.lock().unwrap(), 1);
    assert_eq!(cache.usage().unwrap().datasets, 1);
}

#[test]
fn what_a_killed_process_left_is_no_obstacle() {
    let made = Made::new(true, false);
    fs::create_dir_all(made.cache().folder).unwrap();
    let part = made.packed().with_extension("part");
    fs::write(&part, [7; 4096]).unwrap();
    let mut permissions = fs::metadata(&part).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&part, permissions).unwrap();
    assert!(made.open().is_none());
    assert!(!part.exists());
    assert!(made.open().is_none());
    assert_eq!(made.decodings.get(), 1);
}

/// A file where the folder should be stands for every place that cannot be written to; the rights
/// of a folder would not keep an administrator out.
#[test]
fn a_place_that_takes_nothing_costs_time_only() {
    let made = Made::new(false, false);
    fs::write(made.cache().folder, "in the way").unwrap();
    for _ in 0..2 {
        assert!(matches!(made.open(), Some(CacheProblem::Unkept { .. })));
    }
    assert_eq!(made.decodings.get(), 2);

    let made = Made::new(false, false);
    fs::create_dir_all(made.packed()).unwrap();
    assert!(matches!(made.open(), Some(CacheProblem::Unkept { .. })));
    assert!(!made.packed().with_extension("part").exists());
}

#[test]
fn an_error_of_the_decoder_keeps_nothing() {
    let made = Made::new(false, false);
    let fail = || Err(DataError::Array { path: "a".into(), problem: "broken".to_owned() });
    assert!(made.cache().prepared(&made.card, SIZES, fail).is_err());
    assert_eq!(made.cache().usage().unwrap().datasets, 0);
    assert!(made.open().is_none());
}

#[test]
fn clearing_takes_our_files_only_and_none_that_is_being_made() {
    let made = Made::new(false, false);
    let cache = made.cache();
    assert_eq!(cache.clear().unwrap(), Usage::default());
    made.open();
    let bytes = cache.kept(&made.card).unwrap();
    assert_eq!(cache.usage().unwrap(), Usage { datasets: 1, bytes });
    let own = cache.folder.join("notes.packed");
    fs::write(&own, "mine").unwrap();

    let lock = cache.shelf().lock(&pack::key(&made.card)).unwrap();
    assert_eq!(cache.clear().unwrap(), Usage::default());
    drop(lock);
    assert_eq!(cache.clear().unwrap(), Usage { datasets: 1, bytes });
    assert_eq!(cache.kept(&made.card), None);
    assert!(own.exists());
    assert!(made.open().is_none());
}

#[test]
fn what_pays_follows_from_the_card() {
    let mut card = Made::new(true, false).card;
    let mut pays_at = |train: usize, format: &DataFormat| {
        card.format = format.clone();
        card.examples = ExampleCounts { train, test: 0 };
        pays(&card, SIZES)
    };
    let csv = DataFormat::Csv { train: String::new(), test: None, skip_lines: 0 };
    let idx = DataFormat::Idx {
        train_images: String::new(),
        train_labels: String::new(),
        test_images: None,
        test_labels: None,
    };
    assert!(pays_at(1 << 19, &csv) && !pays_at((1 << 19) - 1, &csv));
    assert!(pays_at(1 << 23, &idx) && !pays_at((1 << 23) - 1, &idx));
}
