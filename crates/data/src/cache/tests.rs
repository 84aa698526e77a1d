//! A cache never changes what a dataset is: not by age, damage, a full disk or company.

use std::cell::Cell;
use std::thread;

use fireassay_spec::ExampleCounts;
use tempfile::TempDir;

use super::*;
use crate::format::RawValues;

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

    fn decode(&self) -> Decoded {
        self.decodings.set(self.decodings.get() + 1);
        Decoded {
            values: if self.is_floats {
                RawValues::Floats(vec![0.1, -2.5, 1e-30, 4.0, 5.0, f32::MAX])
            } else {
                RawValues::Bytes(vec![0, 1, 2, 3, 254, 255])
            },
            labels: vec![1, 0, 1],
            groups: self.has_groups.then(|| vec![7, 7, 0]),
            bytes_on_disk: 1234,
        }
    }

    fn cache(&self) -> Cache {
        Cache { folder: self.folder.path().join("cache") }
    }

    /// Opens through the cache, checks what comes, and says what the problem was.
    fn open(&self) -> Option<CacheProblem> {
        let sizes = Sizes { item: 2, channels: 1, plane: 2 };
        let opened = self.cache().decoded(&self.card, sizes, || Ok(self.decode()));
        let (decoded, problem) = opened.unwrap();
        let decodings = self.decodings.get();
        assert_eq!(format!("{decoded:?}"), format!("{:?}", self.decode()));
        self.decodings.set(decodings);
        problem
    }

    fn packed(&self) -> PathBuf {
        self.cache().path(&Key::of(&self.card), PACKED)
    }
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
        assert_eq!(made.cache().kept(&made.card), Some(72 + lists + values + 32));
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_found_and_repaired() {
    for is_floats in [false, true] {
        let made = Made::new(is_floats, true);
        made.open();
        let path = made.packed();
        let whole = fs::read(&path).unwrap();
        let sizes = Sizes { item: 2, channels: 1, plane: 2 };
        let is_refused = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let found = pack::read(&path, &Key::of(&made.card), &made.card, sizes);
            assert_eq!(found.map(drop), Err(Unusable::Damaged));
        };
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
    fs::copy(other.packed(), made.packed()).unwrap();
    assert!(matches!(made.open(), Some(CacheProblem::Damaged { .. })));

    let mut decoded = made.decode();
    decoded.labels[0] = 2;
    let (path, part) = (made.packed(), made.folder.path().join("part"));
    pack::write(&path, &part, &Key::of(&made.card), &decoded).unwrap();
    assert!(matches!(made.open(), Some(CacheProblem::Damaged { .. })));
}

#[test]
fn many_at_once_decode_once() {
    let made = Made::new(false, true);
    let (cache, card) = (made.cache(), &made.card);
    let decodings = std::sync::Mutex::new(0);
    let decoded = made.decode();
    let Decoded { values: RawValues::Bytes(values), labels, groups, bytes_on_disk } = &decoded
    else {
        panic!("bytes");
    };
    let all: Vec<String> = thread::scope(|scope| {
        let open = || {
            let decode = || {
                *decodings.lock().unwrap() += 1;
                let (values, labels) = (RawValues::Bytes(values.clone()), labels.clone());
                Ok(Decoded {
                    values,
                    labels,
                    groups: groups.clone(),
                    bytes_on_disk: *bytes_on_disk,
                })
            };
            let sizes = Sizes { item: 2, channels: 1, plane: 2 };
            let (decoded, problem) = cache.decoded(card, sizes, decode).unwrap();
            assert!(problem.is_none());
            format!("{decoded:?}")
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.iter().all(|one| *one == format!("{decoded:?}")));
    assert_eq!(*decodings.lock().unwrap(), 1);
    assert_eq!(cache.usage().unwrap().datasets, 1);
}

#[test]
fn what_a_killed_process_left_is_no_obstacle() {
    let made = Made::new(true, false);
    fs::create_dir_all(made.cache().folder).unwrap();
    let part = made.cache().path(&Key::of(&made.card), PART);
    fs::write(&part, [7; 4096]).unwrap();
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
    assert!(!made.cache().path(&Key::of(&made.card), PART).exists());
}

#[test]
fn an_error_of_the_decoder_keeps_nothing() {
    let made = Made::new(false, false);
    let sizes = Sizes { item: 2, channels: 1, plane: 2 };
    let fail = || Err(DataError::Array { path: "a".into(), problem: "broken".to_owned() });
    assert!(made.cache().decoded(&made.card, sizes, fail).is_err());
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

    let lock = cache.lock(&Key::of(&made.card)).unwrap();
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
        pays(&card, Sizes { item: 2, channels: 1, plane: 2 })
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
