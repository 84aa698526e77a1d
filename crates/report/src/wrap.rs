//! Lines that end before the screen does.

/// A space at which no line is broken, so that `n = 7` stays together. Never shown as such.
pub(crate) const GLUE: char = '\u{a0}';

/// Text that is not wrapped.
pub(crate) fn unglued(text: &str) -> String {
    text.replace(GLUE, " ")
}

/// Breaks a paragraph between words. The first line starts with `first`, the others with as many
/// spaces; a word longer than the line stays whole.
pub(crate) fn wrap(text: &str, first: &str, width: usize) -> String {
    let indent = first.chars().count();
    let mut out = String::from(first);
    let mut used = indent;
    let mut fresh = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !fresh && used + 1 + length > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
        fresh = false;
    }
    out.push('\n');
    unglued(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_lines_are_indented() {
        let check = |width, expected: &str| {
            assert_eq!(wrap("one two  three", "- ", width), expected);
        };
        check(80, "- one two three\n");
        check(9, "- one two\n  three\n");
        check(3, "- one\n  two\n  three\n");
        assert_eq!(wrap("n\u{a0}= 7", "", 3), "n =\n7\n");
        assert_eq!(wrap("± – µ", "", 3), "± –\nµ\n");
    }
}
