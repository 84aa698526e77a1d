//! First cards of tables with texts: guessed, checked against the reader, or refused by name.

use std::fs;

use fireassay_data::{Draft, DraftError, draft, verify};
use fireassay_spec::{ColumnKind, DataFormat, Delimiter, Missing, TableSpec};
use tempfile::TempDir;

use crate::fixture::gzip;

/// Quotes, missing values of both kinds, ids, free text, and a column that is all empty.
const PASSENGERS: &str = "\
Id,Survived,Name,Sex,Age,Deck,Nothing
1,0,\"Braund, Owen\",male,22,,
2,1,\"Cumings, \"\"Flo\"\"\",female,38,C,
3,1,\"Heikkinen, Laina\",female,,E,
4,0,\"Allen, William\",male,35,C,
5,0,\"Moran, James\",male,NA,E,
6,1,\"Nasser, Adele\",female,14,C,
";

fn attempt(files: &[(&str, &[u8])], target: Option<&str>) -> Result<Draft, DraftError> {
    let folder = TempDir::new().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    let draft = draft("mine", folder.path(), target)?;
    verify(&draft.card, &draft.folder).unwrap_or_else(|error| panic!("{error}"));
    Ok(draft)
}

fn drafted(files: &[(&str, &[u8])], target: Option<&str>) -> (Draft, TableSpec) {
    let draft = attempt(files, target).unwrap_or_else(|error| panic!("{error}"));
    let DataFormat::Table(spec) = draft.card.format.clone() else { panic!("no typed table") };
    (draft, spec)
}

fn refused(text: &str, target: Option<&str>) -> String {
    let error = attempt(&[("a.csv", text.as_bytes())], target).expect_err("this is no table");
    error.to_string()
}

#[test]
fn columns_become_what_they_hold() {
    let (draft, spec) = drafted(&[("a.csv", PASSENGERS.as_bytes())], None);
    let column = |name: &str| spec.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(spec.target, "Survived");
    assert_eq!(draft.card.classes, ["0", "1"]);
    assert_eq!(spec.missing, ["", "NA"]);
    for skipped in ["Id", "Name", "Nothing"] {
        assert_eq!(column(skipped).kind, ColumnKind::Skip, "{skipped}");
        assert!(draft.notes.iter().any(|n| n.starts_with(&format!("column `{skipped}` is skip"))));
    }
    assert_eq!(column("Sex").values, ["female", "male"]);
    assert_eq!(column("Sex").missing, Missing::Refuse);
    assert_eq!(column("Age").missing, Missing::Indicator(0.0));
    assert_eq!(column("Deck").values, ["C", "E"]);
    assert_eq!(column("Deck").missing, Missing::Category);
    // Two of Sex, the age and whether it is there, two decks and none.
    assert_eq!(draft.card.shape, [7]);
    assert_eq!(draft.card.normalise.mean[..2], [0.5, 0.5]);
    assert_eq!(draft.card.normalise.std[..2], [0.5, 0.5]);
    assert_eq!(draft.card.normalise.mean[2], 18.1667); // 109 / 6
}

#[test]
fn a_file_of_tests_goes_with_that_of_train() {
    let train = b"a;kind\n1,5;x\n2;y\n3;x\n4;y\n";
    let files: [(&str, &[u8]); 2] = [("train.csv", train), ("test.csv", b"a;kind\n7;y\n8,25;y\n")];
    let error = attempt(&files, None).expect_err("decimal commas are texts");
    assert!(error.to_string().contains("no column can be a feature"), "{error}");
    let train = gzip(b"a\tkind\n1.5\tx\n2\ty\n4\tx\n3\ty\n");
    let files: [(&str, &[u8]); 2] = [("train.tsv.gz", &train), ("test.tsv", b"a\tkind\n7\ty\n")];
    let (draft, spec) = drafted(&files, None);
    assert_eq!(spec.delimiter, Delimiter::Tab);
    assert_eq!((draft.card.examples.train, draft.card.examples.test), (4, 1));
    let files: [(&str, &[u8]); 2] = [("train.tsv.gz", &train), ("test.tsv", b"b\tkind\n7\ty\n")];
    let error = attempt(&files, None).expect_err("other columns");
    assert!(error.to_string().contains("are not those of the train table"), "{error}");
}

#[test]
fn a_table_without_a_header_gets_names() {
    let iris = b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.8,virginica\n7.0,3.1,virginica\n";
    let (draft, spec) = drafted(&[("iris.data", iris)], None);
    assert_eq!(spec.names, ["column 1", "column 2", "column 3"]);
    assert_eq!(spec.target, "column 3");
    assert_eq!(draft.card.classes, ["setosa", "virginica"]);
    assert_eq!(draft.card.examples.train, 4);
}

#[test]
fn classes_that_are_numbers_are_in_their_order() {
    let text = "q,v\n10,1.5\n9,2\n10,2.5\n9,3\n-1,4\n-1,4\n";
    let (draft, spec) = drafted(&[("a.csv", text.as_bytes())], Some("q"));
    assert_eq!(draft.card.classes, ["-1", "9", "10"]);
    assert_eq!(spec.columns[0].name, "v");
}

#[test]
fn what_cannot_be_a_table_of_classes_is_told_by_column() {
    let message = refused("width,price\n1,0.5\n2,0.25\n", None);
    assert!(message.contains("which column is the class (`--target COLUMN` says so)?"));
    assert!(message.ends_with("its columns are `width`, `price`"), "{message}");
    let message = refused("width,colour\n1,red\n2,blue\n", Some("color"));
    assert!(message.ends_with("no column `color`; did you mean `colour`?"), "{message}");
    let message = refused("width,class\n1.5,a\n2.5,a\n", None);
    assert!(message.ends_with("column `class`, the class, is the same in every row"), "{message}");
    let message = refused("width,class\n1,a\n2,?\n3,b\n", None);
    assert!(message.ends_with("column `class`, the class, is `?` in some row"), "{message}");
    let message = refused("width,class\n1,a\n2,b,c\n", None);
    assert!(message.ends_with("row 3: 3 columns, the first has 2"), "{message}");
    let message = refused("width,class\n", None);
    assert!(message.ends_with("a header, and no line of data"), "{message}");
}

#[test]
fn a_file_that_inflates_without_end_is_not_read() {
    let bomb = gzip(&vec![b'1'; 4 << 20]);
    let error = attempt(&[("a.csv.gz", &bomb)], None).expect_err("a trap");
    assert!(error.to_string().contains("it inflates to more than"), "{error}");
}

#[test]
fn texts_before_a_class_index_make_it_a_typed_table() {
    let text = "1,male,0\n2,female,1\n1,male,1\n4,female,0\n";
    let (draft, spec) = drafted(&[("a.csv", text.as_bytes())], None);
    assert_eq!((spec.columns[1].kind, draft.card.shape[0]), (ColumnKind::Category, 3));
    let axes = "x,y,turn\n1,2,left\n3,2,right\n5,1,left\n2,1,right\n";
    assert_eq!(drafted(&[("a.csv", axes.as_bytes())], None).1.target, "turn");
    let text = "x1,y,more\n1,2,0.5\n3,2,1.5\n5,1,2.5\n2,1,3.5\n";
    assert_eq!(drafted(&[("a.csv", text.as_bytes())], None).1.target, "y");
}
