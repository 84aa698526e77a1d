//! What every `[[files]]` entry must satisfy.

use std::path::{Component, Path};

use super::Found;
use crate::FileCard;

/// Hashes, and names that stay in the folder.
pub(super) fn check<T>(files: &[FileCard], found: &mut Found<'_, T>) {
    for (index, file) in files.iter().enumerate() {
        let is_hash = is_sha256(&file.sha256);
        let help = "64 lower-case hex digits: `sha256sum <file>` prints them";
        found.check(&format!("files.{index}.sha256"), is_hash, "not a sha256", help);
        let plain = |part| matches!(part, Component::Normal(_));
        let is_inside = !file.path.is_empty() && Path::new(&file.path).components().all(plain);
        let message = "a file outside the dataset's folder";
        found.check(&format!("files.{index}.path"), is_inside, message, "a path below the folder");
        let is_new = !files.iter().take(index).any(|other| other.path == file.path);
        let message = format!("file `{}` is listed twice", file.path);
        found.check(&format!("files.{index}.path"), is_new, &message, "list it once");
    }
}

pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}
