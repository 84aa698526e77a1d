//! Files that lie in a folder of this machine already.

use std::fs;

use fireassay_fetch::{FetchError, Origin};

use crate::place::{Place, content, file};

/// Fetches with these files in the folder.
fn fetch(place: &Place, files: &[(&str, &[u8])]) -> Result<(), FetchError> {
    let dir = place.root.path().join("offline");
    fs::create_dir_all(&dir).unwrap();
    for (name, bytes) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let result = place.fetch_from(Origin::Folder(&dir), &|| false);
    for (name, bytes) in files {
        assert_eq!(fs::read(dir.join(name)).unwrap(), *bytes, "copied, not moved");
    }
    result
}

#[test]
fn a_file_is_found_by_its_name_in_the_folder_or_one_level_down() {
    let bytes = content(1, 70_000);
    for name in ["a.bin", "clouds/a.bin", "other/a.bin"] {
        let place = Place::new(&bytes, &[]);
        fetch(&place, &[(name, &bytes)]).unwrap();
        place.holds(&[("a.bin", &bytes)]);
        assert_eq!(*place.told.borrow(), ["started 0/70000", "placed a.bin"], "{name}");
    }
}

#[test]
fn the_folder_of_the_dataset_comes_before_its_neighbours() {
    let (bytes, other) = (content(1, 500), content(2, 500));
    let place = Place::new(&bytes, &[]);
    fetch(&place, &[("before/a.bin", &other), ("clouds/a.bin", &bytes)]).unwrap();
    place.holds(&[("a.bin", &bytes)]);
    assert_eq!(*place.told.borrow(), ["started 0/500", "placed a.bin"], "no wrong file was read");
}

#[test]
fn a_file_under_another_name_is_found_by_its_content() {
    let (bytes, other) = (content(1, 500), content(2, 500));
    let place = Place::new(&bytes, &[]);
    fetch(&place, &[("same-length", &other), ("downloads/b.bin", &bytes)]).unwrap();
    place.holds(&[("a.bin", &bytes)]);
    // Without a length in the card only the name tells.
    let mut place = Place::new(&bytes, &[]);
    place.card.files[0].bytes = None;
    let error = fetch(&place, &[("b.bin", &bytes)]).unwrap_err();
    assert!(matches!(error, FetchError::NotInFolder { .. }), "{error}");
}

#[test]
fn a_wrong_file_of_that_name_is_told_and_the_right_one_is_used() {
    let (bytes, other) = (content(1, 500), content(2, 400));
    let place = Place::new(&bytes, &[]);
    let error = fetch(&place, &[("a.bin", &other)]).unwrap_err().to_string();
    let dir = place.root.path().join("offline");
    let expected = format!(
        "`a.bin` of `clouds` is not in `{0}`, nor one level down\n{0}/a.bin: it is 400 \
         bytes long, the card says 500",
        dir.display()
    );
    assert_eq!(error, expected);
    place.holds(&[]);
    fetch(&place, &[("elsewhere/a.bin", &bytes)]).unwrap();
    place.holds(&[("a.bin", &bytes)]);
}

#[test]
fn every_file_of_the_card_is_brought_and_what_is_too_deep_is_not_found() {
    let (one, two) = (content(1, 500), content(2, 600));
    let mut place = Place::new(&one, &[]);
    place.card.files.push(file("b.bin", &two, &[]));
    let error = fetch(&place, &[("a.bin", &one), ("deep/down/b.bin", &two)]).unwrap_err();
    assert!(matches!(error, FetchError::NotInFolder { file, .. } if file == "b.bin"));
    place.holds(&[("a.bin", &one)]);
    fetch(&place, &[("b.bin", &two)]).unwrap();
    place.holds(&[("a.bin", &one), ("b.bin", &two)]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let place = Place::new(b"abc", &[]);
    let nowhere = place.root.path().join("nowhere");
    let error = place.fetch_from(Origin::Folder(&nowhere), &|| false).unwrap_err();
    assert!(matches!(&error, FetchError::Io { path, .. } if *path == nowhere), "{error}");
}
