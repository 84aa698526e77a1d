//! Paths in commands that are to be pasted into a shell.

/// A path as one word of a POSIX shell, whatever its name holds.
pub(crate) fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=+,:@%".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_shell_would_read_otherwise_are_quoted() {
        let check = |path: &str, expected: &str| assert_eq!(quoted(path), expected);
        check("runs/demo/norm=batch.seed-0.ab0c2a3e", "runs/demo/norm=batch.seed-0.ab0c2a3e");
        check("", "''");
        check("a b", "'a b'");
        check("$(touch x) `y` \"z\" \\", "'$(touch x) `y` \"z\" \\'");
        check("it's", r"'it'\''s'");
        check("~/*", "'~/*'");
        check("ü\n", "'ü\n'");
    }
}
