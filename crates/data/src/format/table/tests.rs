//! Whatever the bytes, a table comes out whole or not at all; and what is written is read back.

use std::path::{Path, PathBuf};

use fireassay_spec::TableSpec;
use proptest::prelude::*;

use super::encode::Encoder;
use super::text;
use crate::DataError;
use crate::file::{DataFile, PARQUET_MAGIC};

const CARD: &str = r#"
train = ["table"]
target = "kind"
group = "who"
missing = ["", "?"]
columns = [
    { name = "x", kind = "number", missing = { value = 9.0 } },
    { name = "c", kind = "category", values = ["u", "v \"w\"", "é"], missing = "category" },
    { name = "d", kind = "number", missing = "drop-row" },
]
"#;
const HEADER: &str = "c,d,who,kind,x\n";
const NUM_FEATURES: usize = 6;

struct Table {
    values: Vec<f32>,
    labels: Vec<u32>,
    groups: Vec<u32>,
}

/// Reads the bytes as a table of `expected` rows.
fn read(bytes: Vec<u8>, expected: usize) -> Result<Table, DataError> {
    let spec: TableSpec = toml::from_str(CARD).unwrap();
    let classes = ["a".to_owned(), "b".to_owned()];
    let file = DataFile::of_bytes(PathBuf::from("made"), bytes);
    let mut encoder = Encoder::new(&spec, &classes);
    encoder.expect(expected);
    if file.starts_with(&PARQUET_MAGIC) {
        super::parquet::read(&file, &spec, &mut encoder)?;
    } else {
        text::read(&file, &spec, &mut encoder)?;
    }
    encoder.check_count(Path::new("made"))?;
    let Encoder { values, labels, groups, .. } = encoder;
    Ok(Table { values, labels, groups: groups.unwrap() })
}

/// Whether the bytes are a table; if so, it is whole.
fn check(bytes: Vec<u8>, expected: usize) -> bool {
    let Ok(Table { values, labels, groups }) = read(bytes, expected) else {
        return false;
    };
    assert_eq!(values.len(), expected * NUM_FEATURES);
    assert_eq!((labels.len(), groups.len()), (expected, expected));
    assert!(values.iter().all(|value| value.is_finite()));
    assert!(labels.iter().all(|&label| label < 2));
    true
}

/// Quotes a field, or not when it needs none and `quote` is false.
fn field(text: &str, quote: bool) -> String {
    if quote || text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_behind_the_names(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        check([HEADER.as_bytes(), &bytes].concat(), 1);
        check(bytes, 1);
    }

    #[test]
    fn anything_like_a_table(
        text in "(u|\"v \"\"w\"\"\"|é|[abx0-9.,?\r\n\" ]){0,60}",
        expected in 0..4_usize,
    ) {
        check(format!("{HEADER}{text}").into_bytes(), expected);
    }

    #[test]
    fn what_is_written_is_read_back(
        rows in prop::collection::vec(
            (any::<Option<i16>>(), 0..4_usize, any::<Option<bool>>(), "[a-z,\"\n]{1,4}", 0..2_u32),
            0..12,
        ),
        quotes in any::<[bool; 5]>(),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
    ) {
        let category = |index: usize| ["u", "v \"w\"", "é", "?"][index];
        let mut text = String::from("\u{feff}") + HEADER;
        let mut expected = (Vec::new(), Vec::new());
        for (x, c, d, who, kind) in &rows {
            let flag = |flag: Option<bool>| flag.map_or("?", |flag| if flag { "1" } else { "0e3" });
            let who = format!("[{who}]"); // white space around it would not count
            let x_text = x.map_or(String::new(), |x| x.to_string());
            let fields = [category(*c), flag(*d), &who, ["a", "b"][*kind as usize], &x_text];
            let fields: Vec<String> =
                fields.iter().zip(quotes).map(|(text, quote)| field(text, quote)).collect();
            text += &(fields.join(",") + line_end);
            if let Some(d) = d {
                expected.0.push(x.map_or(9.0, f32::from));
                expected.0.extend((0..4).map(|index| f32::from(u8::from(index == *c))));
                expected.0.push(f32::from(u8::from(*d)));
                expected.1.push(*kind);
            }
        }
        let found = read(text.into_bytes(), expected.1.len()).unwrap();
        prop_assert_eq!((found.values, found.labels), expected);
        let names: Vec<&String> =
            rows.iter().filter(|row| row.2.is_some()).map(|row| &row.3).collect();
        for (a, name) in found.groups.iter().zip(&names) {
            for (b, other) in found.groups.iter().zip(&names) {
                prop_assert_eq!(a == b, name == other);
            }
        }
    }
}
