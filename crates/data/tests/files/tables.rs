//! Tables against pandas (`tables/make_reference.py`), and every rule of typed columns.

use std::fs;
use std::path::{Path, PathBuf};

use fireassay_spec::{DataFormat, DatasetCard, Delimiter, TableSpec};
use serde::Deserialize;

use crate::fixture::{Fixture, contents, gzip};

#[test]
fn files_of_every_kind_hold_what_pandas_finds() {
    let expected = reference();
    for (name, change) in [
        ("people.csv", None),
        ("people.tsv.gz", Some(Delimiter::Tab)),
        ("people-nameless.csv", Some(Delimiter::Semicolon)),
        ("people-snappy.parquet", None),
        ("people-zstd.parquet", None),
        ("people-gzip.parquet", None),
    ] {
        let mut fixture = people(&[name]);
        let spec = spec(&mut fixture);
        spec.delimiter = change.unwrap_or_default();
        if name == "people-nameless.csv" {
            let names = ["note", "age", "height", "city", "smoker", "size", "steps", "answer"];
            spec.names = names.into_iter().chain(["family"]).map(str::to_owned).collect();
        }
        let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
        let (inputs, labels) = contents(&dataset);
        assert_eq!(labels, expected.labels, "{name}");
        assert_eq!(dataset.groups(), Some(expected.groups.as_slice()), "{name}");
        assert_eq!(inputs, expected.inputs, "{name}");
    }
}

#[test]
fn numbers_of_every_type_are_read_to_their_ends() {
    let names = ["u8", "u32", "u64", "i8", "i64", "f32", "f64", "bool", "text"];
    let column = |name| format!("{{ name = \"{name}\", kind = \"number\" }},");
    let columns: String = names.into_iter().map(column).collect();
    let text = format!(
        "train = [\"t\"]\ntarget = \"kind\"\ntarget-values = [\"0\", \"1\"]\ncolumns = [{columns}]"
    );
    let mut fixture = Fixture::new(DataFormat::Table(toml::from_str(&text).unwrap()), vec![9], 2);
    fixture.write("t", &file("numbers.parquet"));
    let (inputs, labels) = contents(&fixture.open().unwrap_or_else(|error| panic!("{error}")));
    let power = |exponent| 2_f32.powi(exponent);
    let first = [255.0, power(32), power(64), -128.0, -power(63), -0.1, 0.1, 1.0, 1000.0];
    let second = [0.0, power(31), power(63), 127.0, power(63), f32::MAX, 0.0, 0.0, -7.0];
    assert_eq!(inputs, [first, second].concat());
    assert_eq!(labels, [1, 0]);

    spec(&mut fixture).names = vec!["u8".to_owned()];
    let message = "the card of dataset `made`: format.table.columns: `names` lacks column `bool`";
    assert_eq!(fixture.message(), message);
    spec(&mut fixture).names = names.into_iter().chain(["kind"]).map(str::to_owned).collect();
    let message = "`t`: a Parquet file names its columns, leave `names` out";
    assert_eq!(fixture.message(), message);
}

#[test]
fn files_follow_each_other_and_test_examples_come_last() {
    let mut fixture = people(&["people.csv", "people-zstd.parquet"]);
    spec(&mut fixture).test = vec!["people-snappy.parquet".to_owned()];
    fixture.write("people-snappy.parquet", &file("people-snappy.parquet"));
    fixture.card.examples.test = reference().labels.len();
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(dataset.num_train(), 2 * reference().labels.len());
    let (inputs, labels) = contents(&dataset);
    assert_eq!(inputs, reference().inputs.repeat(3));
    assert_eq!(labels, reference().labels.repeat(3));
    assert_eq!(dataset.groups(), Some(reference().groups.repeat(3).as_slice()));
}

/// A typed card of a committed table gives the values of the bare one.
#[test]
fn typed_cards_of_committed_tables_give_the_same_values() {
    let dataset = |name| format!("{}/../../datasets/{name}", env!("CARGO_MANIFEST_DIR"));
    for name in ["iris", "wine", "breast-cancer"] {
        let folder = PathBuf::from(dataset(name));
        let card = DatasetCard::load(&folder.join("dataset.toml")).unwrap();
        let bare = fireassay_data::open(&card, &folder).unwrap();
        let DataFormat::Csv { train, .. } = &card.format else { panic!("{name} has changed") };
        let text = fs::read_to_string(folder.join(train)).unwrap();
        // Their first line holds counts, so this one says what the columns are called.
        let names: Vec<String> = (0..card.shape[0]).map(|n| format!("measurement {n}")).collect();
        let (_, rows) = text.split_once('\n').unwrap();
        let text = format!("{},kind\n{rows}", names.join(","));
        let columns: Vec<String> =
            names.iter().map(|n| format!("{{ name = \"{n}\", kind = \"number\" }}")).collect();
        let values: Vec<String> = (0..card.classes.len()).map(|n| format!("\"{n}\"")).collect();
        let spec = format!(
            "train = [\"t.csv\"]\ntarget = \"kind\"\ntarget-values = [{}]\ncolumns = [{}]",
            values.join(","),
            columns.join(",")
        );
        let format = DataFormat::Table(toml::from_str(&spec).unwrap());
        let mut fixture = Fixture::new(format, card.shape.clone(), card.examples.train);
        fixture.write("t.csv", text.as_bytes());
        fixture.card.classes.clone_from(&card.classes);
        fixture.card.normalise = card.normalise.clone();
        let typed = fixture.open().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(contents(&typed), contents(&bare), "{name}");
    }
}

const COLUMNS: &str = r#"
train = ["table"]
target = "kind"
missing = ["", "-1", "NaN"]
columns = [
    { name = "x", kind = "number", missing = { indicator = 0.5 } },
    { name = "c", kind = "category", values = ["u", "v w"] },
]
"#;

/// A number, whether it is missing, and two features of a category.
fn small(text: &[u8]) -> Fixture {
    let format = DataFormat::Table(toml::from_str(COLUMNS).unwrap());
    let mut fixture = Fixture::new(format, vec![4], 2);
    fixture.write("table", text);
    fixture
}

#[test]
fn order_of_columns_line_ends_quotes_and_white_space_change_nothing() {
    let expected = (vec![10.0, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0, 1.0], vec![1, 0]);
    for text in [
        "x,c,kind\n1e1,u,b\n,v w,a\n",
        "x,c,kind\r\n1e1,u,b\r\n,v w,a\r\n",
        "x,c,kind\r1e1,u,b\r,v w,a\r",
        "\u{feff}x,c,kind\n1e1,u,b\n,v w,a",
        "\u{feff}\"x\",c,kind\n1e1,u,b\n,v w,a",
        "kind,c,x\nb,u,10\na,v w,-1\n",
        "\nx,c,kind\n\n1e1,u,b\n\n,v w,a\n\n",
        " x , c,kind\n\t+10.0 , u,b\nNaN,v w ,a\n",
        "x,\"c\",kind\n\"10\",\"u\",b\n\"\",\"v w\",\"a\"\n",
    ] {
        let dataset = small(text.as_bytes()).open().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(contents(&dataset), expected, "{text}");
        assert_eq!(dataset.groups(), None);
        let dataset = small(&gzip(text.as_bytes())).open().unwrap();
        assert_eq!(contents(&dataset), expected, "{text}");
    }
}

#[test]
fn each_kind_of_damage_is_named_with_its_place() {
    let check = |text: &[u8], expected: &str| {
        assert_eq!(small(text).message(), format!("`table`{expected}"));
    };
    let rows = |rows: &str| format!("x,c,kind\n{rows}").into_bytes();
    check(b"\n\n", ": it is empty; the first line names the columns");
    check(b"y\n", ": column `y` is not in the card; `kind = \"skip\"` leaves one out");
    check(b"x,c\n1,u\n2,u\n", ": there is no column `kind`, only: x, c");
    check(b"x,c,kind,x\n", ": two columns are called `x`");
    check(b"x,c,y,kind\n", ": column `y` is not in the card; `kind = \"skip\"` leaves one out");
    check(
        b"x,c,kinds\n",
        ": column `kinds` is not in the card (it has `kind`); `kind = \"skip\"` leaves one out",
    );
    check(b"x,c,\xff\n", ": the name of column 3 is not UTF-8");
    check(&rows("1,u,a\n\n2,u\n"), ": line 4: 2 columns, expected 3");
    check(b"\xef\xbb\xbf\nx,c,kind\r\n\r\n1,u,a\r\n\r\n2,u\r\n", ": line 6: 2 columns, expected 3");
    check(b"x,c,kind\r\n1,\"u\r\n\",a\r\n2,u\r\n", ": line 4: 2 columns, expected 3");
    check(&rows("1,u,a\n2,u,b,\n"), ": line 3: 4 columns, expected 3");
    check(&rows("1,u,a\ny,u,b\n"), ", line 3, column `x`: `y` is not a finite number");
    check(&rows("1,u,a\n1e39,u,b\n"), ", line 3, column `x`: `1e39` is not a finite number");
    check(&rows("1,u,a\n-inf,u,b\n"), ", line 3, column `x`: `-inf` is not a finite number");
    check(&rows("1,u,a\nnan,u,b\n"), ", line 3, column `x`: `nan` is not a finite number");
    check(&rows("1,u,a\n\"1,5\",u,b\n"), ", line 3, column `x`: `1,5` is not a finite number");
    check(
        &rows("1,\"v\nw\",a\n1,u,b\n"),
        ", line 2, column `c`: `v\nw` is not one of the card's values; did you mean `v w`?",
    );
    check(
        &rows("1,V W,a\n1,u,b\n"),
        ", line 2, column `c`: `V W` is not one of the card's values; did you mean `v w`?",
    );
    check(&rows("1,zzzz,a\n"), ", line 2, column `c`: `zzzz` is not one of the card's values");
    check(
        &rows("1,u,a\n1,,a\n"),
        ", line 3, column `c`: it is missing; `missing` of the column says what then",
    );
    check(&rows("1,u,a\n1,u,c\n"), ", line 3, column `kind`: `c` is not one of the card's classes");
    check(&rows("1,u,\n"), ", line 2, column `kind`: it is missing; each row needs a target");
    check(&[&rows("1,")[..], b"\xe9,a\n"].concat(), ", line 2, column `c`: it is not UTF-8");
    check(&rows("1,u,a\n"), " has 1 examples, its card says 2");
    check(&rows("1,u,a\n2,u,b\n3,u,a\n"), " has more than 2 examples, its card says 2");
    let open = [&rows("1,u,a\n\"2"), &vec![b'x'; (1 << 20) + (1 << 16)][..]].concat();
    let problem = ": line 3: a row of more than 1048576 bytes; is a quote never closed?";
    check(&open, problem);
    check(&gzip(&open), problem);
    let whole = gzip(&rows("1,u,a\n2,u,b\n"));
    check(&whole[..whole.len() - 5], " is not a complete gzip file");
}

#[test]
fn left_out_rows_do_not_count_and_are_not_looked_at() {
    let mut fixture = small(b"x,c,kind\n1,,?\n2,u,a\n3,,b\n4,v w,b\n");
    spec(&mut fixture).columns[1].missing = fireassay_spec::Missing::DropRow;
    let dataset = fixture.open().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(contents(&dataset).0, [2.0, 0.0, 1.0, 0.0, 4.0, 0.0, 0.0, 1.0]);
    fixture.card.examples.train = 3;
    let expected = "`table` has 2 examples beside 2 rows that are left out, its card says 3";
    assert_eq!(fixture.message(), expected);
}

#[test]
fn a_group_is_a_name_that_every_row_has() {
    let mut fixture = small(b"x,who,c,kind\n1,ann,u,a\n2,7,u,b\n3,ann,u,b\n");
    spec(&mut fixture).group = Some("who".to_owned());
    fixture.card.examples.train = 3;
    assert_eq!(fixture.open().unwrap().groups(), Some([0, 1, 0].as_slice()));
    fixture.write("table", b"x,who,c,kind\n1,ann,u,a\n2,,u,b\n3,ann,u,b\n");
    let expected = "`table`, line 3, column `who`: it is missing; each row needs a group";
    assert_eq!(fixture.message(), expected);
}

#[test]
fn a_card_that_contradicts_itself_is_refused_before_a_file_is_read() {
    let check = |change: &dyn Fn(&mut Fixture), expected: &str| {
        let mut fixture = small(b"");
        change(&mut fixture);
        assert_eq!(fixture.message(), format!("the card of dataset `made`: {expected}"));
    };
    let shape = "shape is [5], the columns become [4]";
    check(&|fixture| fixture.card.shape = vec![5], shape);
    let message = "format.table.columns.1.name: column `x` is listed before already";
    check(&|fixture| spec(fixture).columns[1].name = "x".to_owned(), message);
    let message = "examples.test and format.table.test go together";
    check(&|fixture| fixture.card.examples.test = 1, message);
}

fn spec(fixture: &mut Fixture) -> &mut TableSpec {
    match &mut fixture.card.format {
        DataFormat::Table(spec) => spec,
        other => panic!("{other:?}"),
    }
}

/// The card of `people.toml` with these files.
fn people(names: &[&str]) -> Fixture {
    let mut spec: TableSpec =
        toml::from_str(&fs::read_to_string(path("people.toml")).unwrap()).unwrap();
    spec.train = names.iter().map(|&name| name.to_owned()).collect();
    let num_features = spec.num_features();
    let examples = reference().labels.len() * names.len();
    let mut fixture = Fixture::new(DataFormat::Table(spec), vec![num_features], examples);
    fixture.card.classes = vec!["no".to_owned(), "yes".to_owned()];
    for name in names {
        fixture.write(name, &file(name));
    }
    fixture
}

#[derive(Deserialize)]
struct Reference {
    inputs: Vec<f32>,
    labels: Vec<u32>,
    groups: Vec<u32>,
}

fn reference() -> Reference {
    serde_json::from_slice(&file("reference.json")).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables").join(name)
}
