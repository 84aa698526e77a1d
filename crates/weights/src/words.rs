//! Texts out of a file, for messages: short, and on one line.

/// So that a message stays one.
const MAX_CHARS: usize = 80;

/// Without line ends and other controls, cut if it is long.
pub(crate) fn visible(text: &str) -> String {
    let mut escaped = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == MAX_CHARS {
            escaped.push_str("...");
            break;
        }
        if c.is_control() { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    escaped
}

/// `1 tensor`, `3 tensors`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        assert_eq!(visible("conv1.weight"), "conv1.weight");
        assert_eq!(visible("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(visible(&"é".repeat(100)), format!("{}...", "é".repeat(80)));
    }
}
