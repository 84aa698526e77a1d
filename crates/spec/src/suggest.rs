//! The nearest right name: "did you mean".

/// The candidate that a typing error most likely meant.
pub fn nearest<'a, S: AsRef<str>>(word: &str, candidates: &'a [S]) -> Option<&'a str> {
    let distance =
        |name: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
    let near = |name: &&str| {
        let longest = word.chars().count().max(name.chars().count());
        // One slip is forgiven in a short word, about one in three letters in a longer one.
        let slips = (longest / 3).max(1).min(longest.saturating_sub(1));
        // A number differs from another on purpose.
        let are_numbers = word.parse::<f64>().is_ok() && name.parse::<f64>().is_ok();
        !are_numbers && (distance(name) <= slips || holds(word, name) || holds(name, word))
    };
    candidates.iter().map(AsRef::as_ref).filter(near).min_by_key(|name| distance(name))
}

/// A long word that holds a whole candidate, or the other way round: `batch-norm`, `batch`.
fn holds(long: &str, short: &str) -> bool {
    const LEAST: usize = 3;
    short.len() >= LEAST && long.contains(short)
}

/// Help for a name that is not among `candidates`: the nearest, and all unless they are many.
pub(crate) fn help<S: AsRef<str>>(word: &str, kind: &str, candidates: &[S]) -> String {
    const FEW: usize = 5;
    let all = list(candidates, "and");
    match nearest(word, candidates) {
        Some(name) if candidates.len() == 1 || candidates.len() > FEW => {
            format!("did you mean `{name}`?")
        }
        Some(name) => format!("did you mean `{name}`? {kind} are {all}"),
        None if candidates.is_empty() => format!("there are no {kind}"),
        None if candidates.len() == 1 => format!("there is only {all}"),
        None => format!("{kind} are {all}"),
    }
}

/// `a`, `b` and `c`; a long list is cut.
pub(crate) fn list<S: AsRef<str>>(names: &[S], joint: &str) -> String {
    const SHOWN: usize = 14;
    let quoted: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", name.as_ref())).collect();
    if names.len() > SHOWN {
        return format!("{} {joint} {} more", quoted.join(", "), names.len() - SHOWN);
    }
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} {joint} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let names = ["batch", "layer", "none", "group"];
        let check = |word, expected| assert_eq!(nearest(word, &names), expected, "{word}");
        check("btach", Some("batch"));
        check("Batch", Some("batch"));
        check("batch-norm", Some("batch"));
        check("non", Some("none"));
        check("dropout", None);
        check("", None);
        assert_eq!(nearest("0.2", &["0.1"]), None);
        assert_eq!(nearest("c", &["", "d"]), None);
    }

    #[test]
    fn lists_read_as_english_and_are_cut() {
        assert_eq!(list(&["a"], "and"), "`a`");
        assert_eq!(list(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert!(list(&many, "and").ends_with("`13` and 6 more"));
    }
}
