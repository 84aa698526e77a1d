//! What a file may claim or hold at most: just within each bound, and just beyond.

use std::fs;
use std::path::Path;

use fireassay_data::DataError;
use fireassay_spec::{DataFormat, Fit, SequenceFormat};
use tar::{EntryType, Header};

use crate::archives::{dot, images, tar, zip};
use crate::fixture::{Fixture, contents, gzip};
use crate::odd_texts::{lexicon, names, pairs, series, shown, steps, table};

#[test]
fn a_path_in_an_archive_has_at_most_4096_bytes() {
    let name = |len: usize| format!("a/{}", "x".repeat(len - 2));
    for make in [tar, zip] {
        let mut fixture = images(1);
        fixture.write("set", &make(&[(&name(4096), dot(7))]));
        assert_eq!(contents(&fixture.open().unwrap()), (vec![7.0], vec![0]));
        fixture.write("set", &make(&[(&name(4097), dot(7))]));
        let expected = format!("`set`, `a/{}…`: its path leads out of the archive", "x".repeat(38));
        assert_eq!(fixture.message(), expected);
    }
}

/// An archive ends early that claims more than it is long; but what no image may have is told first.
#[test]
fn an_image_in_an_archive_has_at_most_2_to_the_28_bytes() {
    let claiming = |size: u64| {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..7].copy_from_slice(b"a/1.png");
        header.set_entry_type(EntryType::Regular);
        header.set_size(size);
        header.set_cksum();
        [header.as_bytes(), &dot(1)[..]].concat()
    };
    let mut fixture = images(1);
    fixture.write("set", &claiming(1 << 28));
    assert_eq!(fixture.message(), "`set` is not a complete tar archive");
    fixture.write("set", &claiming((1 << 28) + 1));
    let expected = "`set`, `a/1.png`: 268435457 bytes, an image may have 268435456";
    assert_eq!(fixture.message(), expected);
}

/// Of all its members together: what follows the end of a picture is not looked at.
#[test]
fn an_archive_inflates_to_so_much_in_all() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/pictures/grey.jpg");
    let mut picture = fs::read(path).unwrap();
    picture.resize(600 << 10, 0);
    let open = |files: &[(&str, Vec<u8>)]| {
        let mut fixture = images(files.len());
        if let DataFormat::Images { fit, .. } = &mut fixture.card.format {
            *fit = Fit::Resize;
        }
        fixture.write("set", &zip(files));
        fixture.open().map(|dataset| dataset.len())
    };
    assert_eq!(open(&[("a/1.jpg", picture.clone())]).unwrap(), 1);
    let error = open(&[("a/1.jpg", picture.clone()), ("a/2.jpg", picture)]).unwrap_err();
    let DataError::Archive { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "it inflates to more than 100 times its size");
}

#[test]
fn folders_are_at_most_32_deep() {
    let path = |depth: usize| format!("a/{}1.png", "d/".repeat(depth - 1));
    let mut fixture = images(1);
    fixture.write_folder("set", &[(&path(32), dot(7))]);
    assert_eq!(contents(&fixture.open().unwrap()), (vec![7.0], vec![0]));
    fixture.write_folder("set", &[(&path(33), dot(7))]);
    let expected = format!("`set`, `{}d`: more than 32 folders deep", &path(32)[..64]);
    assert_eq!(fixture.message(), expected);
}

/// A row is bounded, a table is not.
#[test]
fn a_table_may_be_longer_than_a_row_may_be() {
    const ROWS: usize = 150_000;
    let text = String::from("x,c,kind\n") + &"1,v w,b\n".repeat(ROWS);
    assert!(text.len() > 1 << 20);
    let mut fixture = table("comma");
    fixture.card.examples.train = ROWS;
    fixture.write("file", text.as_bytes());
    assert_eq!(fixture.open().unwrap().len(), ROWS);
}

#[test]
fn a_small_text_of_sequences_that_inflates_without_end_is_stopped() {
    let endless = gzip(&vec![b'\n'; 2 << 20]);
    let made: [fn() -> Fixture; 5] = [steps, pairs, series, lexicon, names];
    for fixture in made {
        let message = shown(fixture(), &endless).unwrap_err();
        let rest = message.strip_prefix("`file` goes on after byte ").unwrap_or_default();
        assert!(rest.ends_with(", where its data ends"), "{message}");
    }
}

#[test]
fn what_the_header_of_series_says_is_held_against_card_and_data() {
    let check = |header: &str, expected: Result<(), &str>| {
        let text = format!("{header}\n@classLabel true a b\n@data\n1,2:3,4:a\n5:6:b\n");
        let found = shown(series(), text.as_bytes());
        assert_eq!(found.as_ref().map(|_| ()).map_err(String::as_str), expected, "{header}");
    };
    check("@univariate false", Ok(()));
    let dimensions =
        |found| format!("`file`, line 3: the header says {found} dimensions, the card's shape [2]");
    check("@univariate true", Err(&dimensions(1)));
    check("@dimensions 3", Err(&dimensions(3)));
    check("@seriesLength 2", Ok(()));
    let expected = "`file`, line 5: 1 steps, the header says 2";
    check("@equalLength true\n@seriesLength 2", Err(&expected.replace("5", "6")));
    check("@equalLength true", Ok(()));
}

#[test]
fn a_recording_that_comes_back_a_blank_text_and_a_mark_inside_are_told() {
    let mut fixture = steps();
    if let DataFormat::Sequence(SequenceFormat::StepTable { recording, .. }) =
        &mut fixture.card.format
    {
        *recording = Some("who".to_owned());
    }
    let text = "who,x,y,state\nr,1,2,a\nr,3,4,b\ns,1,2,a\nr,1,2,a\n";
    let expected = "`file`, line 5: recording `r` goes on after another one";
    assert_eq!(shown(fixture, text.as_bytes()).unwrap_err(), expected);
    let expected = "`file`, line 2: column 2 is empty";
    assert_eq!(shown(pairs(), "ab\tx\nb\t \n".as_bytes()).unwrap_err(), expected);
    let expected = "`file`, line 2, column 1: `\u{feff}3` is not a finite number";
    let text = "1,2,0\n\u{feff}3,4,1\n5,6,1\n";
    assert_eq!(shown(Fixture::csv(b""), text.as_bytes()).unwrap_err(), expected);
}
