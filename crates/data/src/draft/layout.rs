//! How images are laid out: which folders are parts, and which are classes.

use std::collections::BTreeMap;

use super::listing::is_test;

/// Where train and test begin, and the classes in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The folder that holds the folders of the classes; empty for the top.
    pub(super) train: String,
    /// As `train`, when it is apart.
    pub(super) test: Option<String>,
    /// A part that is neither.
    pub(super) left_out: Option<String>,
}

/// Folders that hold a part to learn from.
const TRAIN: [&str; 4] = ["train", "training", "train_images", "trainset"];
/// Folders that hold a part to choose by.
const VAL: [&str; 4] = ["val", "valid", "validation", "dev"];

/// Of the paths of images, with `/` between folders. None when they are in no folders.
pub(super) fn layout(paths: &[&str]) -> Option<Layout> {
    let common = common_folders(paths)?;
    let prefix = |folder: &str| {
        let parts: Vec<&str> = common.iter().copied().chain([folder]).collect();
        parts.join("/").trim_end_matches('/').to_owned()
    };
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths {
        let rest: Vec<&str> = path.split('/').skip(common.len()).collect();
        // Images beside the folders are in no class; the reader leaves them out.
        if let [folder, .., _file] = rest[..] {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let named = |names: &[&str]| {
        folders.keys().copied().find(|folder| names.contains(&folder.to_lowercase().as_str()))
    };
    let test = folders.keys().copied().find(|folder| is_test(folder));
    let (train, val) = (named(&TRAIN), named(&VAL));
    let (test, left_out) = if test.is_some() { (test, val) } else { (val, None) };
    match train {
        Some(train) => Some(Layout {
            train: prefix(train),
            test: test.map(prefix),
            left_out: left_out.map(prefix),
        }),
        None => Some(Layout { train: prefix(""), test: None, left_out: None }),
    }
}

/// Folders that all paths go through. None when one of the paths stands right below them, so that
/// there is no folder that could be its class.
fn common_folders<'a>(paths: &[&'a str]) -> Option<Vec<&'a str>> {
    let folders = |path: &'a str| path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let mut common: Vec<&str> = folders(paths.first()?).split('/').collect();
    for path in paths {
        let own: Vec<&str> = folders(path).split('/').collect();
        let same = common.iter().zip(&own).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    let is_flat = |path: &&str| path.split('/').count() <= common.len() + 1;
    (!paths.iter().all(is_flat)).then_some(common)
}

/// The class of a path below a prefix.
pub(super) fn class<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let below = match prefix {
        "" => path,
        prefix => path.strip_prefix(prefix)?.strip_prefix('/')?,
    };
    below.split_once('/').map(|(class, _)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_classes_are_told_apart() {
        let check = |paths: &[&str], train: &str, test: Option<&str>, left_out: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let expected =
                Layout { train: train.to_owned(), test: owned(test), left_out: owned(left_out) };
            assert_eq!(layout(paths), Some(expected), "{paths:?}");
        };
        check(&["cat/1.png", "dog/1.png"], "", None, None);
        check(&["pets/cat/1.png", "pets/dog/1.png"], "pets", None, None);
        check(&["a/b/cat/1.png", "a/b/dog/x/1.png"], "a/b", None, None);
        check(&["train/a/1.png", "test/a/1.png"], "train", Some("test"), None);
        check(&["p/Train/a/1.png", "p/val/a/1.png"], "p/Train", Some("p/val"), None);
        let three = ["train/a/1.png", "train/b/1.png", "test/a/1.png", "valid/a/1.png"];
        check(&three, "train", Some("test"), Some("valid"));
        check(&["cat/1.png", "dog/1.png", "beside.png"], "", None, None);
        assert_eq!(layout(&["1.png", "2.png"]), None);
        assert_eq!(layout(&["cat/1.png", "cat/2.png"]), None);
        assert_eq!(layout(&[]), None);
    }

    #[test]
    fn a_class_is_the_first_folder_below_the_prefix() {
        assert_eq!(class("p/cat/x/1.png", "p"), Some("cat"));
        assert_eq!(class("cat/1.png", ""), Some("cat"));
        assert_eq!(class("1.png", ""), None);
        assert_eq!(class("pets/cat/1.png", "p"), None);
    }
}
