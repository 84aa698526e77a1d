//! Text of labels: made harmless, measured without fonts, shortened, kept apart.

use super::canvas::{FULL_TEXT, whole};

/// Text that XML allows on one line: control and direction-changing characters become spaces, and
/// runs of spaces become one.
pub(super) fn clean(text: &str) -> String {
    let harmless = |c: char| if is_harmless(c) { c } else { ' ' };
    let text: String = text.chars().map(harmless).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_harmless(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// As text between tags or in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// How wide a text about is in dots, at a font size in dots. Which font a page has is unknown, so
/// the widths are those of the widest common sans-serif per kind of character.
pub(super) fn width(text: &str, size: i32) -> i32 {
    let text = text.split(FULL_TEXT).next().unwrap_or_default();
    whole(text.chars().map(em).sum::<f64>() * f64::from(size))
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.34,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.97,
        '+' | '=' | '<' | '>' | '±' | '−' => 0.84,
        'A'..='Z' => 0.73,
        c if c < '\u{300}' => 0.625,
        // Combining marks take no room of their own; ideographs and emoji take a full square.
        '\u{300}'..='\u{36f}' => 0.0,
        c if c >= '\u{1100}' => 1.05,
        _ => 0.73,
    }
}

/// The text, or its beginning with an ellipsis and, for the canvas, the full text behind it.
pub(super) fn fit(text: &str, size: i32, room: i32) -> String {
    let text = clean(text);
    if width(&text, size) <= room {
        return text;
    }
    let mut shown = String::new();
    for c in text.chars() {
        shown.push(c);
        if width(&shown, size) + width("…", size) > room {
            shown.pop();
            break;
        }
    }
    format!("{}…{FULL_TEXT}{text}", shown.trim_end())
}

/// Moves positions apart, keeping their order, until neighbours are `gap` apart, inside `low` to
/// `high` if there is room for all. Returns them in the order given.
pub(super) fn spread(positions: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let count = i32::try_from(positions.len()).unwrap_or(i32::MAX);
    let gap = if count > 1 { gap.min((high - low).max(0) / (count - 1)) } else { gap };
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by_key(|i| (positions[*i], *i));
    let mut placed = positions.to_vec();
    let mut floor = low;
    for i in &order {
        placed[*i] = placed[*i].max(floor);
        floor = placed[*i] + gap;
    }
    let mut ceiling = high;
    for i in order.iter().rev() {
        placed[*i] = placed[*i].min(ceiling);
        ceiling = placed[*i] - gap;
    }
    placed
}

/// `a`, `a and b`, `a, b and c`; beyond `most` items the rest is counted.
pub(super) fn list(items: &[String], most: usize) -> String {
    let rest = items.len().saturating_sub(most);
    let mut shown: Vec<String> = items.iter().take(most).cloned().collect();
    if rest > 0 {
        shown.push(format!("{rest} more"));
    }
    match shown.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

/// `1 seed`, `7 seeds`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_of_what_xml_allows() {
        assert_eq!(clean(" a\nb\t\u{0}c\u{202e}d "), "a b c d");
        assert_eq!(escape(r#"<a b="c">&"#), "&lt;a b=&quot;c&quot;&gt;&amp;");
    }

    #[test]
    fn a_long_text_is_cut_and_kept_whole_behind_the_cut() {
        assert_eq!(fit("norm=layer", 120, 2000), "norm=layer");
        let cut = fit(&"abc ".repeat(40), 120, 400);
        let (shown, full) = cut.split_once(FULL_TEXT).unwrap();
        assert!(shown.starts_with("abc") && shown.ends_with('…'));
        assert!(width(shown, 120) <= 400);
        assert_eq!(full.len(), 159);
    }

    #[test]
    fn labels_are_moved_apart_and_keep_their_order() {
        assert_eq!(spread(&[50, 52, 10], 10, 0, 100), [50, 60, 10]);
        assert_eq!(spread(&[98, 99, 97], 10, 0, 100), [90, 100, 80]);
        assert_eq!(spread(&[5, 5, 5], 60, 0, 100), [0, 50, 100]);
        assert_eq!(spread(&[], 10, 0, 100), Vec::<i32>::new());
    }

    #[test]
    fn lists_read_as_sentences() {
        let items = ["a", "b", "c"].map(String::from);
        assert_eq!(list(&items, 5), "a, b and c");
        assert_eq!(list(&items, 1), "a and 2 more");
        assert_eq!(list(&[], 5), "");
    }
}
