//! Mismatches of small types: all are told, and the sound rest is read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::error::SpecErrors;
use crate::{Norm, TrainSize, TrialSpec};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Small {
    count: usize,
    share: f64,
    flag: bool,
    text: String,
    norm: Norm,
    size: TrainSize,
    maybe: Option<f64>,
    #[serde(default)]
    list: Vec<u64>,
    #[serde(default)]
    free: BTreeMap<String, toml::Value>,
}

const SOUND: &str = r#"
count = 1
share = 2
flag = true
text = "t"
norm = { group = 4 }
size = { per-class = 3 }
list = [1, 2]
free = { "a.b" = [1, { c = 2.5 }] }
"#;

/// What is read, and the messages with the text that each points at.
fn read_small(text: &str) -> (Option<Small>, Vec<String>) {
    let root = Node::parse(text).unwrap();
    let read = read::<Small>(&root, "");
    let errors = SpecErrors::of("small.toml", text, read.flaws);
    let message = |error: crate::SpecError| {
        let at = error.labels[0].offset();
        format!("{} @ {}", error.message, &text[at..at + error.labels[0].len()])
    };
    (read.value, errors.errors.into_iter().map(message).collect())
}

#[test]
fn a_sound_file_reads_as_toml_reads_it() {
    let (value, messages) = read_small(SOUND);
    assert!(messages.is_empty(), "{messages:?}");
    assert_eq!(value.unwrap(), toml::from_str::<Small>(SOUND).unwrap());
}

#[test]
fn every_field_is_told_at_once() {
    let text = "count = -1\nshare = \"x\"\nflag = 1\ntext = 5\nnorm = \"batsh\"\nsize = 1.5\n\
                maybe = []\nlist = [1, \"b\", -3]\nfree = 7\nfreee = 8\n";
    let (value, messages) = read_small(text);
    assert_eq!(
        messages,
        [
            "`count` must be a whole number, 0 or more @ -1",
            "`share` must be a number @ \"x\"",
            "`flag` must be `true` or `false` @ 1",
            "`text` must be text in quotes @ 5",
            "unknown choice `batsh` for `norm` @ \"batsh\"",
            "`size` must be \"all\", a number of examples, or { per-class = n } @ 1.5",
            "`maybe` must be a number @ []",
            "`list` must be a whole number, 0 or more @ \"b\"",
            "`list` must be a whole number, 0 or more @ -3",
            "`free` must be a table @ 7",
            "unknown key `freee` in the file @ freee",
        ]
    );
    assert!(value.is_some());
}

#[test]
fn defaults_and_options_are_not_missing() {
    let text = "count = 1\nshare = 0.5\nflag = true\nnorm = \"none\"\nsize = \"all\"";
    let (value, messages) = read_small(text);
    assert_eq!(messages, ["the file lacks `text` @ "]);
    let value = value.unwrap();
    assert_eq!((value.maybe, value.list.len(), value.size), (None, 0, TrainSize::All));
}

#[test]
fn a_misspelt_key_is_one_problem_and_the_sound_rest_is_kept() {
    let (value, messages) = read_small(&SOUND.replace("count", "cuont").replace("flag", "flga"));
    assert_eq!(
        messages,
        ["unknown key `cuont` in the file @ cuont", "unknown key `flga` in the file @ flga"]
    );
    let value = value.unwrap();
    assert_eq!((value.text.as_str(), value.share), ("t", 2.0));
}

#[test]
fn soundness_is_told_by_path() {
    let text = SOUND.replace("[1, 2]", "[1, -2]").replace("share = 2", "share = true");
    let root = Node::parse(&text).unwrap();
    let read = read::<Small>(&root, "");
    let check = |path, expected| assert_eq!(read.is_sound(path), expected, "{path}");
    check("list", false);
    check("list.0", true);
    check("list.1", false);
    check("share", false);
    check("count", true);
    check("free.anything.below", true);
}

#[test]
fn a_file_of_another_kind_ends_after_many_problems() {
    let text: String = (0..500).map(|n| format!("key-{n} = {n}\n")).collect();
    let (value, messages) = read_small(&text);
    assert!(value.is_none());
    assert!(messages.len() <= 100, "{}", messages.len());
}

#[test]
fn a_whole_spec_of_nothing_but_wrong_types_ends() {
    let text = "data = 1\nmodel = 2\noptim = 3\nschedule = 4\ntrain = 5";
    let root = Node::parse(text).unwrap();
    let read = read::<TrialSpec>(&root, "base");
    assert_eq!(read.flaws.len(), 5);
    assert!(read.value.is_some());
}
