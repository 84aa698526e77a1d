//! How wide a text is in Latin Modern, near enough to lay out a table.

/// Sizes of type for tables, largest first.
pub(super) const SIZES: &[Size] = &[
    Size { command: "small", em: 9.3, gap: 10.0 },
    Size { command: "footnotesize", em: 8.6, gap: 8.0 },
    Size { command: "scriptsize", em: 8.1, gap: 7.0 },
];

/// A size of type; lengths in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub command: &'static str,
    /// Unit of the widths below. Small type is wider in relation to its size.
    pub em: f64,
    /// Between two columns.
    pub gap: f64,
}

/// Of a text on one line, in points.
pub(super) fn width(text: &str, size: Size) -> f64 {
    text.chars().map(of_char).sum::<f64>() * size.em
}

/// Of the widest word, in points. Long words can be broken: see [`super::escape`].
pub(super) fn widest_word(text: &str, size: Size) -> f64 {
    const UNBROKEN: usize = 2 * super::escape::LONG_RUN;
    let words = text.split(' ').map(|word| {
        let chars: Vec<char> = word.chars().collect();
        let pieces = chars.chunks(UNBROKEN).map(|piece| piece.iter().copied().map(of_char).sum());
        pieces.fold(0.0, f64::max)
    });
    words.fold(0.0, f64::max) * size.em
}

/// In em, from the metrics of cmr10 and rounded up.
fn of_char(c: char) -> f64 {
    match c {
        'i' | 'l' | '.' | ',' | ':' | ';' | '!' | '|' | '[' | ']' | '\'' => 0.28,
        'f' | 'j' | 'r' | 's' | 't' | 'I' | '(' | ')' | ' ' | '\u{a0}' | '-' => 0.4,
        'a' | 'c' | 'e' | 'g' | 'o' | 'z' | '0'..='9' | '/' | '–' | '?' => 0.5,
        'b' | 'd' | 'h' | 'k' | 'n' | 'p' | 'q' | 'u' | 'v' | 'x' | 'y' | 'J' | 'S' | '_' => 0.56,
        'w' | 'B' | 'C' | 'E' | 'F' | 'L' | 'P' | 'R' | 'T' | 'Z' => 0.74,
        'm' | 'M' | 'W' => 1.03,
        // Printed as `[U+4E2D]`.
        c if (c as u32) > 0x2fff => 4.5,
        _ => 0.84,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font_or_a_little_more() {
        // Measured with pdfLaTeX (\settowidth) at 10 pt.
        for (text, points) in [
            ("0.0078", 27.78),
            ("inconclusive (depends on failure policy)", 172.92),
            ("[0.74, 0.94]", 47.22),
            ("norm=layer", 51.44),
        ] {
            let estimate = width(text, Size { command: "normalsize", em: 10.0, gap: 12.0 });
            assert!((points..points * 1.2).contains(&estimate), "{text}: {estimate}");
        }
    }

    #[test]
    fn a_hash_is_as_wide_as_its_widest_piece() {
        let size = SIZES[0];
        assert_eq!(widest_word(&"0".repeat(64), size), width(&"0".repeat(40), size));
        assert_eq!(widest_word("a bcd e", size), width("bcd", size));
    }
}
