//! Rules for each source file: its length, its header, and what it may not contain.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// A longer file has more than one idea.
const MOST_LINES: usize = 400;

/// What breaks a rule, as `path:line: reason`.
pub(crate) fn problems(workspace: &Workspace) -> Answer<Vec<String>> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(&workspace.root.join(folder), &mut files)
            .map_err(|error| refusal(&workspace.root.join(folder), &error))?;
    }
    files.sort();
    let mut problems = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|error| refusal(&path, &error))?;
        let short = workspace.short(&path);
        problems.extend(problems_of(short, &text));
    }
    Ok(problems)
}

fn refusal(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Exit::Usage, format!("cannot read `{}`: {error}", path.display()), "")
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let is_output = path.file_name().is_some_and(|name| name == "target");
        if path.is_dir() && !is_output {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn problems_of(path: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let at = |line: usize, reason: &str| format!("{}:{line}: {reason}", path.display());
    let lines = text.lines().count();
    if lines > MOST_LINES {
        problems.push(at(lines, &format!("{lines} lines; split it, {MOST_LINES} is the most")));
    }
    if !text.starts_with("//! ") {
        problems.push(at(1, "the first line is not a `//! ` that says what the file is for"));
    }
    for (index, line) in text.lines().enumerate() {
        problems.extend(problem_in_line(path, line).map(|reason| at(index + 1, reason)));
    }
    problems
}

fn problem_in_line(path: &Path, line: &str) -> Option<&'static str> {
    // Spelled in pieces, so that this file obeys its own rules.
    let feature = ["feature = ", "\""].concat();
    let todo = ["TO", "DO"].concat();
    let is_conditional = line.contains("cfg") && line.contains(&feature);
    if is_conditional && !path.starts_with("crates/backend") {
        return Some("a compile-time feature outside of crates/backend");
    }
    if line.contains(&todo) && !line.contains('#') {
        return Some("unfinished business without the number of an issue");
    }
    if line.trim_start().starts_with("pub use fireassay_") {
        return Some("re-exports another crate of the workspace");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(problems_of(Path::new(path), text), expected);
    }

    #[test]
    fn a_good_file_has_no_problems() {
        check("crates/a/src/lib.rs", "//! What for.\n\nfn main() {}\n", &[]);
    }

    #[test]
    fn each_rule_names_file_and_line() {
        let header = "a.rs:1: the first line is not a `//! ` that says what the file is for";
        check("a.rs", "fn main() {}\n", &[header]);
        check("a.rs", "", &[header]);
        let long = format!("//! x\n{}", "\n".repeat(MOST_LINES));
        check("a.rs", &long, &["a.rs:401: 401 lines; split it, 400 is the most"]);
        let feature = ["//! x\n#[cfg(not(feat", "ure = \"cuda\"))]\n"].concat();
        check("a.rs", &feature, &["a.rs:2: a compile-time feature outside of crates/backend"]);
        check("crates/backend/src/lib.rs", &feature, &[]);
        let todo = ["//! x\n// TO", "DO later\n"].concat();
        check("a.rs", &todo, &["a.rs:2: unfinished business without the number of an issue"]);
        let todo = ["//! x\n// TO", "DO(#12) later\n"].concat();
        check("a.rs", &todo, &[]);
        let export = "//! x\npub use fireassay_spec::Plan;\n";
        check("a.rs", export, &["a.rs:2: re-exports another crate of the workspace"]);
    }
}
