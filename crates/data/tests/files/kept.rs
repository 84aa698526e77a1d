//! A dataset that is kept decoded: what its files may do meanwhile.

use std::fs;

use fireassay_data::{Cache, CacheProblem, DataError, Roots};

use crate::archives::images;
use crate::fixture::{Fixture, contents};

/// One image, just large enough to be kept.
fn fixture() -> (Fixture, Cache) {
    const SIDE: usize = 1 << 10;
    let pixels: Vec<u8> = (0..SIDE * SIDE).map(|index| (index / 4096) as u8).collect();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::NoCompression);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let mut fixture = images(1);
    fixture.card.shape = vec![1, SIDE, SIDE];
    fixture.write_folder("set", &[("b/1.png", png)]);
    let cache = Cache { folder: fixture.folder.path().join("data/cache") };
    (fixture, cache)
}

#[test]
fn a_kept_dataset_is_that_of_its_card_whatever_became_of_the_files() {
    let (mut fixture, cache) = fixture();
    let open = |fixture: &Fixture| cache.open(&fixture.card, fixture.folder.path());
    let plain = contents(&fixture.open().unwrap());
    for _ in 0..2 {
        let (dataset, problem) = open(&fixture).unwrap();
        assert!(problem.is_none() && contents(&dataset) == plain);
    }
    let bytes = cache.kept(&fixture.card).unwrap();
    assert_eq!(bytes, 64 + (1 << 20) + 4 + 32);

    // Another file is not what the card describes: what is kept is.
    let file = fixture.folder.path().join("set/b/1.png");
    let right = fs::read(&file).unwrap();
    fs::write(&file, "another").unwrap();
    assert!(contents(&open(&fixture).unwrap().0) == plain);
    cache.clear().unwrap();
    assert!(matches!(open(&fixture), Err(DataError::Hash { .. })));
    assert_eq!(cache.kept(&fixture.card), None);

    fs::write(&file, right).unwrap();
    open(&fixture).unwrap();
    let packed = fs::read_dir(&cache.folder).unwrap().map(|entry| entry.unwrap().path());
    let packed = packed.into_iter().find(|path| path.extension().unwrap() == "packed").unwrap();
    fs::remove_file(&packed).unwrap(); // it is read-only
    fs::write(&packed, "torn").unwrap();
    let (dataset, problem) = open(&fixture).unwrap();
    assert!(matches!(problem, Some(CacheProblem::Damaged { path }) if path == packed));
    assert!(contents(&dataset) == plain);

    // Another card has another file.
    fixture.card.classes.push("c".to_owned());
    assert_eq!(cache.kept(&fixture.card), None);
}

#[test]
fn it_is_kept_in_the_data_directory() {
    let (mut fixture, _) = fixture();
    fixture.card.files[0].bytes = Some(1); // as a dataset that is fetched states it
    let root = fixture.folder.path().join("data");
    let mut roots = Roots { datasets: fixture.folder.path().join("cards"), fetched: None };
    assert_eq!(roots.cache(), None);
    fs::create_dir_all(root.join("made")).unwrap();
    fs::rename(fixture.folder.path().join("set"), root.join("made/set")).unwrap();
    roots.fetched = Some(root.clone());
    let (dataset, problem) = roots.open(&fixture.card).unwrap();
    assert!(problem.is_none());
    assert_eq!((dataset.len(), dataset.labels()), (1, &[1][..]));
    let cache = roots.cache().unwrap();
    assert_eq!(cache.folder, root.join("cache"));
    assert_eq!(cache.usage().unwrap().datasets, 1);
    // The files have to be there still: what is missing can be fetched.
    fs::rename(root.join("made"), root.join("gone")).unwrap();
    assert!(matches!(roots.open(&fixture.card), Err(DataError::Missing { .. })));
}

#[test]
fn a_small_dataset_is_not_kept() {
    let mut fixture = images(1);
    fixture.write_folder("set", &[("a/1.png", crate::archives::dot(3))]);
    let cache = Cache { folder: fixture.folder.path().join("cache") };
    let (dataset, problem) = cache.open(&fixture.card, fixture.folder.path()).unwrap();
    assert!(problem.is_none());
    assert_eq!(contents(&dataset), (vec![3.0], vec![0]));
    assert!(!cache.folder.exists());
}
