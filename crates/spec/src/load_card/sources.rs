//! Where a card's files come from: addresses, lengths, and the hash of what is compressed.

use super::Found;
use super::files::is_sha256;
use crate::FileCard;
use crate::error::Flaw;
use crate::link::{USER_INFO, has_user_info, url_problem};

/// How a file is called while it is fetched ends in this.
const PARTIAL: &str = ".part";

/// `texts` are fields for people, by key.
pub(super) fn check<T>(texts: &[(&str, &String)], files: &[FileCard], found: &mut Found<'_, T>) {
    check_texts(texts, found);
    for (index, file) in files.iter().enumerate() {
        check_file(&format!("files.{index}"), file, found);
    }
}

/// What is in a card is committed, and goes into reports.
fn check_texts<T>(texts: &[(&str, &String)], found: &mut Found<'_, T>) {
    for &(key, text) in texts {
        if has_user_info(text) && found.read.is_sound(key) {
            let span = &found.root.nearest(key).span;
            let message = format!("`{key}` holds {USER_INFO}");
            let flaw = Flaw::new(span, &message, "what stands before the @ would be published");
            found.flaws.push(flaw.help("write the address without it, https://host/..."));
        }
    }
}

fn check_file<T>(path: &str, file: &FileCard, found: &mut Found<'_, T>) {
    for (index, url) in file.urls.iter().enumerate() {
        let problem = url_problem(url);
        let help = "for example https://example.org/train.gz; several are tried in their order";
        let message = problem.unwrap_or_default();
        found.check(&format!("{path}.urls.{index}"), problem.is_none(), message, help);
        let is_new = !file.urls.iter().take(index).any(|other| other == url);
        let message = "the same address twice";
        found.check(&format!("{path}.urls.{index}"), is_new, message, "list it once");
    }
    let is_bounded = file.urls.is_empty() || file.bytes.is_some();
    let help = "bytes = ..: `wc -c <file>` prints it; a fetch never takes more than that";
    found.check(&format!("{path}.urls"), is_bounded, "`urls` without the file's length", help);
    let is_some = file.bytes != Some(0);
    found.check(&format!("{path}.bytes"), is_some, "a file without content", "1 or more");
    let is_hash = file.payload_sha256.as_deref().is_none_or(is_sha256);
    let help = "64 lower-case hex digits: `zcat <file> | sha256sum` prints them";
    found.check(&format!("{path}.payload-sha256"), is_hash, "not a sha256", help);
    let help = format!("another name; `{PARTIAL}` is for files that are being fetched");
    let is_whole = !file.path.ends_with(PARTIAL);
    found.check(&format!("{path}.path"), is_whole, "a name for an unfinished file", &help);
}
