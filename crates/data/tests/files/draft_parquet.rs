//! First cards of Parquet files: of tables, and of images with the layout of Hugging Face.

use std::fs;
use std::path::Path;

use fireassay_data::{Draft, DraftError, draft, open, verify};
use fireassay_spec::{ColumnKind, DataFormat, Fit, Missing, TableSpec};
use tempfile::TempDir;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables").join(name)).unwrap()
}

/// The draft of files, by their names and those of the fixtures that they are copies of.
fn attempt(files: &[(&str, &str)], target: Option<&str>) -> Result<(Draft, TempDir), DraftError> {
    let folder = TempDir::new().unwrap();
    for (name, from) in files {
        fs::write(folder.path().join(name), fixture(from)).unwrap();
    }
    let draft = draft("mine", folder.path(), target)?;
    verify(&draft.card, &draft.folder).unwrap_or_else(|error| panic!("{error}"));
    Ok((draft, folder))
}

fn drafted(files: &[(&str, &str)], target: Option<&str>) -> Draft {
    attempt(files, target).unwrap_or_else(|error| panic!("{error}")).0
}

fn refused(files: &[(&str, &str)], target: Option<&str>) -> String {
    attempt(files, target).expect_err("this is no dataset").to_string()
}

fn table(draft: &Draft) -> &TableSpec {
    let DataFormat::Table(spec) = &draft.card.format else { panic!("no table") };
    spec
}

#[test]
fn columns_are_what_they_are_stored_as() {
    let draft = drafted(&[("a.parquet", "types.parquet")], Some("kind"));
    let spec = table(&draft);
    let column = |name: &str| spec.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!((draft.card.classes.len(), draft.card.examples.train), (3, 6));
    for (name, kind, missing) in [
        ("n", ColumnKind::Number, Missing::Indicator(0.0)),
        ("x", ColumnKind::Number, Missing::Indicator(0.0)),
        ("far", ColumnKind::Skip, Missing::Refuse),
        ("flag", ColumnKind::Number, Missing::Indicator(0.0)),
        ("size", ColumnKind::Category, Missing::Category),
        ("day", ColumnKind::Skip, Missing::Refuse),
        ("story", ColumnKind::Skip, Missing::Refuse),
        ("score", ColumnKind::Number, Missing::Refuse),
        ("__index_level_0__", ColumnKind::Skip, Missing::Refuse),
    ] {
        assert_eq!((column(name).kind, column(name).missing), (kind, missing), "{name}");
    }
    for (name, why) in [
        ("far", "it holds what is not finite"),
        ("day", "skipped: of type INT32 that means Date, neither a number nor a text"),
        ("story", "column `story`"),
        ("__index_level_0__", "it counts the rows"),
    ] {
        let start = format!("column `{name}` is skipped: ");
        let note = draft.notes.iter().find(|note| note.starts_with(&start));
        assert!(note.is_some_and(|note| note.contains(why)), "{name}: {:?}", draft.notes);
    }
    // n, x and flag with whether they are there, two sizes and none, and the score.
    assert_eq!(draft.card.shape, [10]);
    assert_eq!(draft.card.normalise.mean[..2], [3.0, 0.166667]); // (1 + 2 + 4 + 5 + 6) / 6, 1 / 6
}

#[test]
fn a_table_is_drafted_as_pandas_wrote_it_and_groups_are_pointed_at() {
    let draft = drafted(&[("people.parquet", "people-gzip.parquet")], Some("answer"));
    assert_eq!(
        (draft.card.classes.as_slice(), draft.card.examples.train),
        (&["no".to_owned(), "yes".to_owned()][..], 60)
    );
    let spec = table(&draft);
    assert!(spec.columns.iter().any(|c| c.name == "note" && c.kind == ColumnKind::Skip));
    assert!(spec.columns.iter().any(|c| c.name == "city" && c.values.len() == 3));
    let message = refused(&[("a.parquet", "people-gzip.parquet")], None);
    assert!(
        message.contains("which column is the class (`--target COLUMN` says so)?"),
        "{message}"
    );
}

#[test]
fn shards_follow_each_other_and_a_part_to_choose_by_is_left_out() {
    let files = [
        ("test-00000-of-00001.parquet", "types.parquet"),
        ("train-00000-of-00002.parquet", "types.parquet"),
        ("train-00001-of-00002.parquet", "types.parquet"),
        ("validation-00000-of-00001.parquet", "types.parquet"),
    ];
    let draft = drafted(&files, Some("kind"));
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (12, 6));
    assert_eq!(
        table(&draft).train,
        ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    );
    let note = "left out: `validation-00000-of-00001.parquet`; experiments cut their own val split";
    assert!(draft.notes.iter().any(|other| other == note));
    // Alone beside train, it is what there is to test on.
    let draft = drafted(&files[1..], Some("kind"));
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (12, 6));
    let message = refused(&files[..1], Some("kind"));
    assert!(message.contains("none of its files is to learn from"), "{message}");
    let message =
        refused(&[("a.parquet", "types.parquet"), ("b.parquet", "numbers.parquet")], None);
    assert!(message.ends_with("its columns are not those of `a.parquet`"), "{message}");
}

#[test]
fn images_get_their_size_and_the_names_that_the_hub_gave() {
    let (draft, folder) = attempt(&[("a.parquet", "pictures-hub.parquet")], None).unwrap();
    assert_eq!(draft.card.classes, ["cat", "dog", "owl"]);
    let DataFormat::ImageTable { image, label, group, fit, .. } = &draft.card.format else {
        panic!("no images")
    };
    assert_eq!((image.as_str(), label.as_str(), group), ("image", "label", &None));
    assert_eq!(*fit, Fit::Exact);
    let note = "column `patient` may say whose each image is: write `group = \"patient\"` then";
    assert!(draft.notes.iter().any(|other| other == note), "{:?}", draft.notes);
    let empty = "class `owl` has no train example";
    assert!(draft.notes.iter().any(|other| other == empty));
    let dataset = open(&draft.card, folder.path()).unwrap();
    assert_eq!(dataset.labels(), [0, 1, 0, 1, 0]);
}

#[test]
fn images_without_a_struct_have_names_for_classes() {
    let draft = drafted(&[("a.parquet", "pictures-plain.parquet")], None);
    assert_eq!(draft.card.classes, ["a", "b"]);
    let draft = drafted(
        &[("train.parquet", "pictures.parquet"), ("test.parquet", "pictures.parquet")],
        None,
    );
    assert_eq!(draft.card.classes, ["0", "1"]);
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (5, 5));
    assert!(
        draft.notes.iter().any(|n| n == "labels are numbers; write their names into `classes`")
    );
}

#[test]
fn what_is_wrong_is_told_by_column_and_row() {
    let pictures = [("a.parquet", "pictures-hub.parquet")];
    let message = refused(&pictures, Some("patients"));
    assert!(message.ends_with("no column `patients`; did you mean `patient`?"), "{message}");
    let message = refused(&[("a.parquet", "pictures-null.parquet")], None);
    assert!(message.ends_with("row 2, column `image`: its bytes are missing"), "{message}");
    let types = [("a.parquet", "types.parquet")];
    let message = refused(&types, Some("score"));
    assert!(
        message.contains("column `score`, the class, is stored as floating-point"),
        "{message}"
    );
    let message = refused(&types, Some("day"));
    assert!(message.contains("column `day`, the class, cannot be read: "), "{message}");
    let message = refused(&types, Some("kinds"));
    assert!(message.ends_with("no column `kinds`; did you mean `kind`?"), "{message}");
    let folder = TempDir::new().unwrap();
    for bytes in [&b""[..], b"PAR1", b"PAR1 and no more PAR1", &fixture("types.parquet")[..900]] {
        fs::write(folder.path().join("a.parquet"), bytes).unwrap();
        let error = draft("mine", folder.path(), None).expect_err("damaged");
        assert!(error.to_string().contains("a.parquet"), "{error}");
    }
}
