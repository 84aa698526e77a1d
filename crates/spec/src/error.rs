//! `SpecErrors`: every problem of a file at once, each with its place and what would be right.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::tree::Span;

/// All that is wrong with one or more files. Never empty.
#[derive(Clone, Debug)]
pub struct SpecErrors {
    /// By file, then by place.
    pub errors: Vec<SpecError>,
}

/// One problem of a file.
#[derive(Clone, Debug)]
pub struct SpecError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Path or name of the file.
    pub file: String,
    /// Where in the file; empty if the file could not be read at all.
    pub labels: Vec<LabeledSpan>,
    source: Option<Arc<NamedSource<String>>>,
}

impl SpecErrors {
    /// The file could not be read.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot read `{}`: {error}", path.display());
        let file = path.display().to_string();
        Self { errors: vec![SpecError { message, help: None, file, labels: vec![], source: None }] }
    }

    /// Flaws of one file, put in order of their place; the same flaw is told once.
    pub(crate) fn of(file: &str, text: &str, flaws: Vec<Flaw>) -> Self {
        let source = Arc::new(NamedSource::new(file, text.to_owned()));
        let mut errors: Vec<SpecError> =
            flaws.into_iter().map(|flaw| flaw.into_error(file, text, &source)).collect();
        errors.sort_by(|a, b| a.order().cmp(&b.order()));
        errors.dedup_by(|a, b| a.order() == b.order());
        Self { errors }
    }
}

impl SpecError {
    /// Line and column of the first label, both from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        let text = self.source.as_ref()?.inner();
        let before = text.get(..self.labels.first()?.offset())?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..)?.chars().count() + 1;
        Some((before.matches('\n').count() + 1, column))
    }

    fn order(&self) -> (usize, &str) {
        (self.labels.first().map_or(0, LabeledSpan::offset), &self.message)
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut files: Vec<&str> = self.errors.iter().map(|e| e.file.as_str()).collect();
        files.dedup();
        match self.errors.len() {
            1 => write!(f, "a problem in {}", files.join(", ")),
            n => write!(f, "{n} problems in {}", files.join(", ")),
        }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SpecErrors {}
impl std::error::Error for SpecError {}

impl Diagnostic for SpecErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.errors.iter().map(|error| error as &dyn Diagnostic)))
    }
}

impl Diagnostic for SpecError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A problem before it is tied to a file.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    message: String,
    labels: Vec<(Span, String)>,
    help: Option<String>,
}

impl Flaw {
    /// What is wrong, and under the caret: why just here.
    pub(crate) fn new(span: &Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { message: message.into(), labels: vec![(span.clone(), label.into())], help: None }
    }

    /// What would be right.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that has to do with it.
    pub(crate) fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.labels.push((span.clone(), label.into()));
        self
    }

    /// Whether it is told at a place inside of `span`.
    pub(crate) fn lies_within(&self, span: &Span) -> bool {
        let is_inside = |(at, _): &(Span, String)| span.start <= at.start && at.end <= span.end;
        self.labels.first().is_some_and(is_inside)
    }

    fn into_error(self, file: &str, text: &str, source: &Arc<NamedSource<String>>) -> SpecError {
        let label = |(index, (span, label)): (usize, (Span, String))| {
            let span = within(text, &span);
            let range = (span.start, span.len());
            match index {
                0 => LabeledSpan::new_primary_with_span(Some(label), range),
                _ => LabeledSpan::new_with_span(Some(label), range),
            }
        };
        SpecError {
            message: self.message,
            help: self.help,
            file: file.to_owned(),
            labels: self.labels.into_iter().enumerate().map(label).collect(),
            source: Some(Arc::clone(source)),
        }
    }
}

/// The part of a span that lies in the text, on character boundaries and on its first line.
fn within(text: &str, span: &Span) -> Span {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end).max(start);
    let line = text.get(start..end).and_then(|part| part.split(['\n', '\r']).next());
    start..start + line.map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "é = 1\nünd = 2\n";
        let at = text.find('2').unwrap();
        let errors = SpecErrors::of("x.toml", text, vec![Flaw::new(&(at..at + 1), "m", "l")]);
        assert_eq!(errors.errors[0].position(), Some((2, 7)));
    }

    #[test]
    fn a_span_is_cut_to_the_text_and_its_first_line() {
        let text = "añb\ncd";
        let check = |span, expected| assert_eq!(within(text, &span), expected);
        check(0..99, 0..4);
        check(2..3, 1..3);
        check(90..99, 7..7);
        check(5..7, 5..7);
    }

    #[test]
    fn flaws_are_ordered_by_place_and_told_once() {
        let flaw = |at: usize| Flaw::new(&(at..at), format!("at {at}"), "");
        let errors = SpecErrors::of("x", "abc", vec![flaw(2), flaw(0), flaw(2)]);
        let messages: Vec<&str> = errors.errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(messages, ["at 0", "at 2"]);
        assert_eq!(errors.to_string(), "2 problems in x");
    }
}
