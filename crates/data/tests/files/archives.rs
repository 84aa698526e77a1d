//! Images of folders and archives: what is read, in which order, and what is refused.

use std::io::{Cursor, Write};
use std::path::Path;

use fireassay_data::DataError;
use fireassay_spec::{Alpha, Colour, DataFormat, Fit, ImagesPlace, Normalise, Orientation};
use tar::{EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::fixture::{Fixture, contents, gzip};

/// Grey images of 1x1, so that a value says which one it is.
pub(crate) fn images(train: usize) -> Fixture {
    let place = ImagesPlace { from: "set".to_owned(), prefix: String::new() };
    let format = DataFormat::Images {
        train: place,
        test: None,
        colour: Colour::Grey,
        fit: Fit::Exact,
        alpha: Alpha::Refuse,
        orientation: Orientation::Stored,
        group_before: None,
    };
    let mut fixture = Fixture::new(format, vec![1, 1, 1], train);
    fixture.card.normalise = Normalise { divisor: 1.0, mean: vec![0.0], std: vec![1.0] };
    fixture
}

pub(crate) fn dot(grey: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[grey]).unwrap();
    out
}

/// In no order, with all that file managers leave behind.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("b/1.png", dot(5)),
        ("README", b"outside".to_vec()),
        ("a/x/1.png", dot(3)),
        ("a/.DS_Store", b"hidden".to_vec()),
        ("a/x-1.png", dot(2)),
        ("__MACOSX/a/._x.png", b"hidden".to_vec()),
        ("a/Z.PNG", dot(1)),
        ("a/é.png", dot(4)),
        ("b/Thumbs.db", b"left behind".to_vec()),
    ]
}

fn expected() -> (Vec<f32>, Vec<u32>) {
    (vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![0, 0, 0, 0, 1])
}

#[test]
fn a_folder_and_every_archive_hold_the_same_in_the_order_of_paths() {
    let mut fixture = images(5);
    fixture.write_folder("set", &files());
    assert_eq!(contents(&fixture.open().unwrap()), expected());
    let dotted: Vec<(String, Vec<u8>)> =
        files().into_iter().map(|(name, bytes)| (format!("./{name}"), bytes)).collect();
    let dotted: Vec<(&str, Vec<u8>)> =
        dotted.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    for archive in
        [tar(&files()), gzip(&tar(&files())), zip(&files()), tar(&dotted), gzip(&tar(&dotted))]
    {
        let mut fixture = images(5);
        fixture.write("set", &archive);
        assert_eq!(contents(&fixture.open().unwrap()), expected());
    }
}

/// Of one grey below, and another above.
fn large(grey: u8) -> Vec<u8> {
    const SIDE: usize = 300;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels = [[grey; SIDE * SIDE / 2], [grey / 2; SIDE * SIDE / 2]];
    encoder.write_header().unwrap().write_image_data(pixels.as_flattened()).unwrap();
    out
}

/// Paths and contents.
type Files<'a> = [(&'a str, Vec<u8>)];

/// More large ones than are decoded before the others, and in two archives.
#[test]
fn large_pictures_among_small_ones_come_in_the_order_of_paths() {
    let picture = |number: u8| if number % 2 == 1 { large(2 * number) } else { dot(number) };
    let names: Vec<String> =
        (0..50).map(|number| format!("a/{:02}.png", number * 7 % 50)).collect();
    let files: Vec<(&str, Vec<u8>)> =
        names.iter().zip(0..).map(|(name, number)| (name.as_str(), picture(number))).collect();
    let (train, test) = files.split_at(40);
    let open = |write: &dyn Fn(&mut Fixture, &str, &Files<'_>)| {
        let mut fixture = images(40);
        fixture.card.examples.test = 10;
        if let DataFormat::Images { test, fit, .. } = &mut fixture.card.format {
            *fit = Fit::Resize;
            *test = Some(ImagesPlace { from: "other".to_owned(), prefix: String::new() });
        }
        write(&mut fixture, "set", train);
        write(&mut fixture, "other", test);
        fixture.open()
    };
    let expected =
        contents(&open(&|fixture, name, files| fixture.write_folder(name, files)).unwrap());
    let archives: [fn(&Files<'_>) -> Vec<u8>; 2] = [|files| gzip(&tar(files)), zip];
    for archive in archives {
        let write = |fixture: &mut Fixture, name: &str, files: &Files<'_>| {
            fixture.write(name, &archive(files));
        };
        assert_eq!(contents(&open(&write).unwrap()), expected);
        let write_cut = |fixture: &mut Fixture, name: &str, files: &Files<'_>| {
            let mut files = files.to_vec();
            files[9].1.truncate(200);
            fixture.write(name, &archive(&files));
        };
        let error = open(&write_cut).unwrap_err();
        assert!(matches!(error, DataError::Member { member, .. } if member == names[9]));
    }
}

#[test]
fn train_and_test_are_told_apart_by_prefix_or_by_file() {
    let files = [
        ("set/test/a/1.png", dot(9)),
        ("set/train/b/1.png", dot(2)),
        ("set/training/c/1.png", dot(7)),
        ("set/train/a/1.png", dot(1)),
    ];
    let place = |prefix: &str| ImagesPlace { from: "set".to_owned(), prefix: prefix.to_owned() };
    let mut fixture = images(2);
    fixture.card.examples.test = 1;
    if let DataFormat::Images { train, test, .. } = &mut fixture.card.format {
        (*train, *test) = (place("set/train"), Some(place("set/test")));
    }
    fixture.write("set", &gzip(&tar(&files)));
    let expected = (vec![1.0, 2.0, 9.0], vec![0, 1, 0]);
    let dataset = fixture.open().unwrap();
    assert_eq!((dataset.num_train(), contents(&dataset)), (2, expected.clone()));
    let found = fireassay_data::verify(&fixture.card, fixture.folder.path()).map(drop);
    assert!(found.unwrap_err().to_string().contains("mean[0] is 0, computed from the files 1.5"));

    if let DataFormat::Images { test: Some(test), .. } = &mut fixture.card.format {
        test.from = "other".to_owned();
    }
    fixture.write("other", &zip(&files));
    assert_eq!(contents(&fixture.open().unwrap()), expected);
    if let DataFormat::Images { train, .. } = &mut fixture.card.format {
        train.prefix = "set/nowhere".to_owned();
    }
    assert_eq!(fixture.message(), "`set` has 0 examples below `set/nowhere`, its card says 2");
}

fn check(train: usize, archive: &[u8], expected: &str) {
    let mut fixture = images(train);
    fixture.write("set", archive);
    assert_eq!(fixture.message(), expected);
}

#[test]
fn what_does_not_fit_the_card_is_named() {
    let one = [("a/1.png", dot(1))];
    for make in [tar, zip] {
        check(2, &make(&one), "`set` has 1 examples, its card says 2");
        let many: Vec<String> = (0..300).map(|n| format!("a/{n}.png")).collect();
        let many: Vec<(&str, Vec<u8>)> = many.iter().map(|name| (name.as_str(), dot(1))).collect();
        check(299, &make(&many), "`set` has more than 299 examples, its card says 299");
        let other = [("a/1.png", dot(1)), ("c/1.png", dot(1))];
        check(2, &make(&other), "`set`, `c/1.png`: `c` is not one of the card's classes");
        let text = [("a/1.png", dot(1)), ("b/notes.txt", b"x".to_vec())];
        check(2, &make(&text), "`set`, `b/notes.txt`: neither a JPEG nor a PNG file");
        let empty = [("a/1.png", dot(1)), ("b/2.png", Vec::new())];
        check(2, &make(&empty), "`set`, `b/2.png`: the file is empty");
    }
    let twice = [("a/1.png", dot(1)), ("./a/1.png", dot(2))];
    check(2, &tar(&twice), "the card of dataset `made`: `a/1.png` is in its archive twice");
}

#[test]
fn the_first_problem_in_the_archive_is_told_each_time() {
    let names: Vec<String> = (0..400).map(|n| format!("a/{n}.png")).collect();
    let bad = [210, 90, 330];
    let file = |n: usize| if bad.contains(&n) { Vec::new() } else { dot(1) };
    let files: Vec<_> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), file(n))).collect();
    for _ in 0..2 {
        check(400, &tar(&files), "`set`, `a/90.png`: the file is empty");
    }
}

#[test]
fn paths_and_kinds_that_lead_elsewhere_are_refused() {
    let outside = "its path leads out of the archive";
    for name in ["../a/1.png", "/a/1.png", "a/../../1.png", "a//1.png", "a\\1.png", "a/./1.png"] {
        let message = format!("`set`, `{name}`: {outside}");
        check(1, &raw_tar(EntryType::Regular, name.as_bytes()), &message);
        check(1, &zip(&[(name, dot(1))]), &message);
    }
    check(
        1,
        &raw_tar(EntryType::Regular, b"a/\xff.png"),
        "`set`, `a/\u{fffd}.png`: its name is not UTF-8",
    );
    let only = "only files and folders are read";
    for (kind, problem) in [
        (EntryType::Symlink, "a link"),
        (EntryType::Link, "a link"),
        (EntryType::GNUSparse, "a sparse file"),
        (EntryType::Fifo, "neither a file nor a folder"),
        (EntryType::Char, "neither a file nor a folder"),
    ] {
        check(1, &raw_tar(kind, b"a/1.png"), &format!("`set`, `a/1.png`: {problem}; {only}"));
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("a/1.png", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    check(1, &archive, &format!("`set`, `a/1.png`: a link; {only}"));
}

#[test]
fn long_names_are_read_whichever_way_they_are_written() {
    let name = format!("a/{}/1.png", "long".repeat(50));
    let mut fixture = images(1);
    fixture.write("set", &tar(&[(name.as_str(), dot(7))])); // the way of GNU
    assert_eq!(contents(&fixture.open().unwrap()), (vec![7.0], vec![0]));

    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("comment", &b"x"[..]), ("path", name.as_bytes())]).unwrap();
    append(&mut builder, EntryType::Regular, b"short.png", &dot(8));
    fixture.write("set", &builder.into_inner().unwrap());
    assert_eq!(contents(&fixture.open().unwrap()), (vec![8.0], vec![0]));

    let source = |archive: &[u8]| {
        let mut fixture = images(1);
        fixture.write("set", archive);
        match fixture.open().unwrap_err() {
            DataError::Archive { source, .. } => source.to_string(),
            other => panic!("{other}"),
        }
    };
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("size", &b"1"[..])]).unwrap();
    append(&mut builder, EntryType::Regular, b"a/1.png", &dot(8));
    assert_eq!(source(&builder.into_inner().unwrap()), "a size outside the header");
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, EntryType::GNULongName, b"././@LongLink", &[b'x'; 10_000]);
    assert_eq!(source(&builder.into_inner().unwrap()), "a name of 10000 bytes");
}

#[test]
fn an_archive_that_inflates_without_end_is_stopped() {
    let files = [("README", vec![0; 3 << 20]), ("a/1.png", dot(1))];
    let mut fixture = images(1);
    fixture.write("set", &gzip(&tar(&files)));
    let DataError::Archive { source, .. } = fixture.open().unwrap_err() else { panic!("a bomb") };
    assert_eq!(source.to_string(), "it inflates to more than 100 times its size");
    let files = [("a/1.png", vec![0; 3 << 20])];
    fixture.write("set", &zip(&files));
    assert!(matches!(fixture.open().unwrap_err(), DataError::Archive { .. }));
}

#[test]
fn an_archive_that_is_cut_anywhere_is_an_error() {
    let files = [("a/1.png", dot(1)), ("b/1.png", dot(2))];
    for whole in [gzip(&tar(&files)), zip(&files)] {
        for end in (0..whole.len()).step_by(whole.len() / 30) {
            let mut fixture = images(2);
            fixture.write("set", &whole[..end]);
            fixture.open().expect_err("cut");
        }
    }
    let whole = tar(&files);
    for end in (0..1500).step_by(100) {
        let mut fixture = images(2);
        fixture.write("set", &whole[..end]);
        fixture.open().expect_err("cut");
    }
    let mut flipped = gzip(&whole);
    let checksum = flipped.len() - 8;
    flipped[checksum] ^= 1;
    check(2, &flipped, "`set` is not a complete tar archive");
}

#[test]
fn a_wrong_hash_comes_before_whatever_else_is_wrong() {
    let files = [("a/1.png", Vec::new()), ("../b", Vec::new())];
    for bytes in [tar(&files), gzip(&tar(&files)), zip(&files), b"junk".to_vec(), Vec::new()] {
        let mut fixture = images(1);
        fixture.write("set", &bytes);
        fixture.card.files[0].sha256 = "00".repeat(32);
        assert!(fixture.message().starts_with("`set` has sha256 "), "{}", fixture.message());
    }
    let mut fixture = images(1);
    fixture.write_folder("set", &files[..1]);
    assert_eq!(fixture.message(), "`set`, `a/1.png`: the file is empty");
    std::fs::write(fixture.folder.path().join("set/a/more"), b"").unwrap();
    assert!(fixture.message().starts_with("`set` has sha256 "));
    std::fs::remove_dir_all(fixture.folder.path().join("set")).unwrap();
    assert_eq!(fixture.message(), "cannot read `set`");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_is_refused() {
    let mut fixture = images(1);
    fixture.write_folder("set", &[("a/1.png", dot(1))]);
    let target = Path::new("1.png");
    std::os::unix::fs::symlink(target, fixture.folder.path().join("set/a/2.png")).unwrap();
    let expected = "`set`, `a/2.png`: a link; only files and folders are read";
    assert_eq!(fixture.message(), expected);
}

pub(crate) fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, EntryType::Directory, b"a/", &[]);
    for (name, bytes) in files {
        if name.len() < 100 {
            append(&mut builder, EntryType::Regular, name.as_bytes(), bytes);
        } else {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, name, &bytes[..]).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn raw_tar(kind: EntryType, name: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, kind, name, &dot(1));
    builder.into_inner().unwrap()
}

/// Past the checks of the library, which writes no path that leads out.
fn append(builder: &mut tar::Builder<Vec<u8>>, kind: EntryType, name: &[u8], bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    builder.append(&header, bytes).unwrap();
}

pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_file_may_be_named_after_whom_it_shows() {
    let mut fixture = images(4);
    if let DataFormat::Images { group_before, .. } = &mut fixture.card.format {
        *group_before = Some("_".to_owned());
    }
    let files = [("b/ann_1.png", 4), ("a/bob_1_x.png", 2), ("a/ann_2.png", 1), ("b/_.png", 3)];
    let files = files.map(|(name, grey)| (name, dot(grey)));
    fixture.write_folder("set", &files);
    let dataset = fixture.open().unwrap();
    // In the order of paths: a/ann_2, a/bob_1_x, b/_, b/ann_1.
    assert_eq!(contents(&dataset), (vec![1.0, 2.0, 3.0, 4.0], vec![0, 0, 1, 1]));
    assert_eq!(dataset.groups(), Some(&[0, 1, 2, 0][..]));
    fixture.write_folder("set", &[&files[..3], &[("b/x-1.png", dot(3))]].concat());
    std::fs::remove_file(fixture.folder.path().join("set/b/_.png")).unwrap();
    assert_eq!(
        fixture.message(),
        "`set`, `b/x-1.png`: its name has no `_`, so it does not say whose it is"
    );
}
