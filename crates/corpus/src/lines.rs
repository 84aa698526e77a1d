//! Texts of three classes, one a line: accepted means as many as there are lines. The bytes are a
//! file of each class, with a zero byte between.

use std::collections::BTreeMap;

use fireassay_spec::SequenceFormat;

use crate::arrays;
use crate::sequences::{Claimed, characters, check_files, lines, spread};

const CLASSES: [&str; 3] = ["0", "1", "2"];

pub(crate) fn check(bytes: &[u8]) -> String {
    let mut parts = bytes.splitn(CLASSES.len(), |&byte| byte == 0);
    let files = CLASSES.map(|class| (class, parts.next().unwrap_or_default()));
    // What is compressed cannot be seen through, and is taken to be empty.
    let texts = files.map(|(_, file)| match arrays::is_compressed(file) {
        true => String::new(),
        false => String::from_utf8_lossy(file).into_owned(),
    });
    let all = || texts.iter().flat_map(|text| lines(text)).filter(|line| !line.is_empty());
    let vocabulary = characters(all());
    let claimed = Claimed {
        shape: vocabulary.size,
        steps: spread(all().map(|line| line.chars().count())),
        examples: all().count().max(1),
        has_classes: true,
        format: SequenceFormat::TextClasses {
            train: CLASSES.map(|class| (class.to_owned(), class.to_owned())).into(),
            test: BTreeMap::new(),
            vocabulary,
        },
    };
    check_files(&files, &claimed)
}
