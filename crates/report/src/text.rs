//! Text of any origin, made fit to be shown: nothing invisible, code told from words.

/// A stretch of text between backticks, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span<'a> {
    Words(&'a str),
    Code(&'a str),
}

/// One line without invisible characters: line breaks and tabs become spaces. What controls a
/// terminal, turns the direction of reading or is no character at all is shown as a replacement.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { visible(c) }).collect()
}

/// As [`clean`], but lines stay lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

/// Splits at pairs of backticks. A backtick without a partner, or with nothing between it and its
/// partner, is an ordinary character.
pub(crate) fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let (mut words, mut at) = (0, 0);
    while let Some(open) = text[at..].find('`').map(|found| at + found) {
        let Some(close) = text[open + 1..].find('`').map(|found| open + 1 + found) else { break };
        if close == open + 1 {
            at = close + 1;
            continue;
        }
        spans.extend(words_of(&text[words..open]));
        spans.push(Span::Code(&text[open + 1..close]));
        (words, at) = (close + 1, close + 1);
    }
    spans.extend(words_of(&text[words..]));
    spans
}

/// Hyphens that stand for a minus, as in `[-2.99, -1.64]`, become one.
pub(crate) fn with_minus(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut before = ' ';
    let mut rest = words.chars().peekable();
    while let Some(c) = rest.next() {
        let starts = before.is_whitespace() || matches!(before, '[' | '(');
        let is_minus = c == '-' && starts && rest.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_minus { '\u{2212}' } else { c });
        before = c;
    }
    out
}

fn words_of(text: &str) -> Option<Span<'_>> {
    (!text.is_empty()).then_some(Span::Words(text))
}

fn visible(c: char) -> char {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    // The last two code points of each of the 17 planes are not characters, nor are these 32.
    let none = c as u32 & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    if c.is_control() || turns || breaks || none { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_as_such() {
        assert_eq!(clean("a\nb\tc\r"), "a b c ");
        assert_eq!(
            clean("\u{1b}[31m\0\u{202e}\u{ffff}\u{2028}"),
            "\u{fffd}[31m".to_owned() + &"\u{fffd}".repeat(4)
        );
        assert_eq!(clean("n\u{a0}= 7 ± 中 é"), "n\u{a0}= 7 ± 中 é");
        assert_eq!(clean_lines("a\n\u{7}b\tc"), "a\n\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn code_stands_between_backticks_that_belong_together() {
        use Span::{Code, Words};
        let check = |text, expected: &[Span<'_>]| assert_eq!(spans(text), expected, "{text}");
        check("", &[]);
        check("plain", &[Words("plain")]);
        check("see `a.json`.", &[Words("see "), Code("a.json"), Words(".")]);
        check("`a``b`", &[Code("a"), Code("b")]);
        check("a ` b", &[Words("a ` b")]);
        check("```", &[Words("```")]);
        check("`a` ` b", &[Code("a"), Words(" ` b")]);
        check("é`ü`", &[Words("é"), Code("ü")]);
    }

    #[test]
    fn only_a_sign_is_a_minus() {
        assert_eq!(with_minus("-2.31 pp, [-2.99, -1.64] (-1)"), "−2.31 pp, [−2.99, −1.64] (−1)");
        assert_eq!(with_minus("2026-04-14 lr=-1 --only -x - 3"), "2026-04-14 lr=-1 --only -x - 3");
    }
}
