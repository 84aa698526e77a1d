//! `told`: every problem of a TOML file points into the file.

use fireassay_spec::SpecErrors;
use miette::SourceSpan;

/// The first problem in words.
pub(crate) fn told(text: &str, errors: &SpecErrors) -> String {
    let first = errors.errors.first().expect("a refusal has a reason");
    for error in &errors.errors {
        assert!(!error.message.is_empty());
        assert!(error.position().is_some(), "no place: {}", error.message);
        for label in &error.labels {
            let span: &SourceSpan = label.inner();
            let range = span.offset()..span.offset() + span.len();
            assert!(text.get(range).is_some(), "{span:?} is no place: {}", error.message);
        }
    }
    let (line, column) = first.position().unwrap_or_default();
    let message = first.message.lines().next().unwrap_or_default();
    format!("refused: {line}:{column}: {message} ({} in all)", errors.errors.len())
}
