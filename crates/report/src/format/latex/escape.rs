//! Text as LaTeX that prints it, whatever it is.

use crate::text::{Span, spans, with_minus};

/// Words and code of a paragraph, a caption or a cell.
pub(super) fn inline(text: &str) -> String {
    let shown = spans(text).into_iter().map(|span| match span {
        Span::Words(words) => escaped(&with_minus(words)),
        Span::Code(text) => code(text),
    });
    shown.collect()
}

/// Text to be typed.
pub(super) fn code(text: &str) -> String {
    format!("\\texttt{{{}}}", escaped(text))
}

/// From this many characters without a space on, a word may be broken after punctuation;
/// twice as long, anywhere.
pub(super) const LONG_RUN: usize = 20;

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut run = 0;
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let apostrophe = c == '\'' && before.is_alphanumeric() && next.is_alphabetic();
        match plain(c).filter(|_| !apostrophe) {
            Some(escape) => out.push_str(escape),
            None if apostrophe || is_in_fonts(c) => out.push(c),
            None => out.extend(["{[}U+", &format!("{:04X}", c as u32), "]"]),
        }
        // Two of these would become one: a dash, a quotation mark.
        if c == next && matches!(c, '-' | ',' | '<' | '>' | '\'' | '`') {
            out.push_str("{}");
        }
        run = if matches!(c, ' ' | '\u{a0}') { 0 } else { run + 1 };
        let may_break = matches!(c, '/' | '=' | '+' | '_' | '.' | ',' | ':' | ')');
        if next != ' ' && (run >= 2 * LONG_RUN || (may_break && run >= LONG_RUN)) {
            out.push_str("\\allowbreak{}");
            run = 0;
        }
        before = c;
    }
    out
}

/// What a character is written as, where that is not the character itself.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "\\textbackslash{}",
        '{' => "\\{",
        '}' => "\\}",
        '$' => "\\$",
        '&' => "\\&",
        '#' => "\\#",
        '%' => "\\%",
        '_' => "\\_",
        '^' => "\\textasciicircum{}",
        '~' => "\\textasciitilde{}",
        '"' => "\\textquotedbl{}",
        '\'' => "\\textquotesingle{}",
        '`' => "\\textasciigrave{}",
        // At the beginning of a row or an item, these belong to the command before.
        '[' => "{[}",
        '*' => "{*}",
        '\u{a0}' => "~",
        '\u{ad}' => "\\-",
        '–' => "--",
        '—' => "---",
        '…' => "\\dots{}",
        '™' => "\\textsuperscript{TM}",
        '−' => "\\ensuremath{-}",
        '≤' => "\\ensuremath{\\le}",
        '≥' => "\\ensuremath{\\ge}",
        '≠' => "\\ensuremath{\\ne}",
        '≈' => "\\ensuremath{\\approx}",
        '∞' => "\\ensuremath{\\infty}",
        '√' => "\\ensuremath{\\surd}",
        '∈' => "\\ensuremath{\\in}",
        '·' => "\\textperiodcentered{}",
        'Γ' => "\\ensuremath{\\Gamma}",
        'Δ' | '∆' => "\\ensuremath{\\Delta}",
        'Σ' | '∑' => "\\ensuremath{\\Sigma}",
        'Φ' => "\\ensuremath{\\Phi}",
        'Ω' => "\\ensuremath{\\Omega}",
        'α' => "\\ensuremath{\\alpha}",
        'β' => "\\ensuremath{\\beta}",
        'γ' => "\\ensuremath{\\gamma}",
        'δ' => "\\ensuremath{\\delta}",
        'ε' => "\\ensuremath{\\varepsilon}",
        'η' => "\\ensuremath{\\eta}",
        'κ' => "\\ensuremath{\\kappa}",
        'λ' => "\\ensuremath{\\lambda}",
        'μ' => "\\ensuremath{\\mu}",
        'π' => "\\ensuremath{\\pi}",
        'ρ' => "\\ensuremath{\\rho}",
        'σ' => "\\ensuremath{\\sigma}",
        'τ' => "\\ensuremath{\\tau}",
        'φ' => "\\ensuremath{\\varphi}",
        'χ' => "\\ensuremath{\\chi}",
        'ω' => "\\ensuremath{\\omega}",
        _ => return None,
    })
}

/// Characters that the fonts of the preamble have under their own code (t1enc.dfu, ts1enc.dfu).
fn is_in_fonts(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '¡'..='ÿ' => !matches!(c, '\u{ad}' | '¸'),
        'Ā'..='ž' => !matches!(c, 'Ħ' | 'ħ' | 'Ĳ' | 'ĳ' | 'ĸ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'Ŧ' | 'ŧ'),
        'Ș' | 'ș' | 'Ț' | 'ț' => true,
        '‘' | '’' | '‚' | '“' | '”' | '„' | '‹' | '›' | '‰' | '†' | '‡' | '•' => {
            true
        }
        '€' | '←' | '→' | '↑' | '↓' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(inline(text), expected, "{text}");
    }

    #[test]
    fn nothing_in_a_text_is_a_command() {
        check("\\input{x}", "\\textbackslash{}input\\{x\\}");
        check(
            "5 % & $x^2$ #1 ~a_b",
            "5 \\% \\& \\$x\\textasciicircum{}2\\$ \\#1 \\textasciitilde{}a\\_b",
        );
        check("[0.1] *", "{[}0.1] {*}");
    }

    #[test]
    fn characters_keep_their_look() {
        check("-2.31 pp ± 0.1", "\\ensuremath{-}2.31 pp ± 0.1");
        check("`a --only x`", "\\texttt{a -{}-only x}");
        check("n\u{a0}= 7 – a--b ,, <<", "n~= 7 -- a-{}-b ,{}, <{}<");
        check(
            "a condition's \"x\" 'y'",
            "a condition's \\textquotedbl{}x\\textquotedbl{} \\textquotesingle{}y\\textquotesingle{}",
        );
        check(
            "Δ ≥ µ é 中 \u{fffd}",
            "\\ensuremath{\\Delta} \\ensuremath{\\ge} µ é {[}U+4E2D] {[}U+FFFD]",
        );
    }

    #[test]
    fn a_long_word_may_be_broken() {
        check(
            "experiments/batch-norm/experiment.toml",
            "experiments/batch-norm/\\allowbreak{}experiment.toml",
        );
        let hash = "a".repeat(64);
        assert_eq!(inline(&hash).matches("\\allowbreak{}").count(), 1);
        check("short/words/here", "short/words/here");
    }
}
