//! Stems of file names for figures of which a report may have several.

use std::collections::BTreeSet;

/// One stem per list of names, in `[a-z0-9-]` and all different: `interaction-norm-by-lr`.
pub(super) fn stems(prefix: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let stem = |name: String| {
        let wanted = [prefix, &slug(&name)].join("-");
        let wanted = wanted.trim_end_matches('-');
        let numbered = (2..).map(|n| format!("{wanted}-{n}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        let stem = candidates.find(|stem| !taken.contains(stem)).unwrap_or_default();
        taken.insert(stem.clone());
        stem
    };
    names.into_iter().map(stem).collect()
}

/// `Weight decay (L2)` becomes `weight-decay-l2`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stem_is_a_file_name_of_its_own() {
        let names = ["lr", "L.R", "l-r", "../x", "中", "µ", "LR"].map(String::from);
        let expected = ["a-lr", "a-l-r", "a-l-r-2", "a-x", "a", "a-2", "a-lr-2"];
        assert_eq!(stems("a", names), expected);
    }
}
