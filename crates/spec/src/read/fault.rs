//! `Fault`: one mismatch between a tree and a type.

use std::fmt;

use serde::de;

use crate::suggest;

/// A mismatch, and the path to it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    /// Innermost first: steps are added on the way out.
    steps: Vec<String>,
}

/// What does not fit.
#[derive(Debug)]
pub(super) enum Kind {
    /// A type's own complaint.
    Custom(String),
    /// Another type or value than expected.
    Invalid { found: String, expected: String },
    /// A key that has no default.
    Missing(&'static str),
    /// A choice with content, written as its name alone.
    NeedsValue { variant: String, example: String },
    /// A choice must be a name or a table with one key.
    OneOnly { expected: &'static [&'static str] },
    /// A choice without content, written with some.
    TakesNoValue { variant: String },
    /// A key that the table does not have.
    UnknownField { name: String, expected: &'static [&'static str] },
    /// A choice that does not exist.
    UnknownVariant { name: String, expected: &'static [&'static str] },
}

/// What a type asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    Bool,
    Count,
    List,
    Number,
    OneOf(&'static [&'static str]),
    /// In the type's own words.
    Said(String),
    Table(&'static [&'static str]),
    Text,
}

impl Fault {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, steps: Vec::new() }
    }

    /// Another type than the wanted one.
    pub(super) fn not(wanted: &Wanted, found: String) -> Self {
        Self::new(Kind::Invalid { found, expected: wanted.describe() })
    }

    /// The same fault, seen from one step further out.
    pub(super) fn inside(mut self, step: &str) -> Self {
        self.steps.push(step.to_owned());
        self
    }

    /// Outermost first; of an unknown or missing key, the key included.
    pub(super) fn path(&self) -> impl Iterator<Item = &str> {
        let key = match &self.kind {
            Kind::Missing(name) => Some(*name),
            Kind::UnknownField { name, .. } => Some(name.as_str()),
            Kind::Custom(_)
            | Kind::Invalid { .. }
            | Kind::NeedsValue { .. }
            | Kind::OneOnly { .. }
            | Kind::TakesNoValue { .. }
            | Kind::UnknownVariant { .. } => None,
        };
        self.steps.iter().rev().map(String::as_str).chain(key)
    }

    /// Without the unknown or missing key: the table that it is about.
    pub(super) fn table_path(&self) -> Vec<&str> {
        self.steps.iter().rev().map(String::as_str).collect()
    }
}

impl Wanted {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Any => "a value".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Count => "a whole number, 0 or more".into(),
            Self::List => "a list".into(),
            Self::Number => "a number".into(),
            Self::OneOf(names @ ([_] | [_, _])) => suggest::list(names, "or"),
            Self::OneOf(names) => format!("one of {}", suggest::list(names, "or")),
            Self::Said(words) => words.clone(),
            Self::Table([]) => "a table".into(),
            Self::Table(fields) => format!("a table with {}", suggest::list(fields, "and")),
            Self::Text => "text in quotes".into(),
        }
    }

    /// A value of this kind, as TOML.
    pub(super) fn example(&self) -> String {
        match self {
            Self::Any | Self::Count | Self::Said(_) => "4".into(),
            Self::Bool => "true".into(),
            Self::List => "[]".into(),
            Self::Number => "1.0".into(),
            Self::OneOf(names) => format!("{:?}", names.first().unwrap_or(&"")),
            Self::Table(fields) => {
                let pairs: Vec<String> =
                    fields.iter().map(|field| format!("{field} = …")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }
            Self::Text => "\"text\"".into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.kind, self.path().collect::<Vec<_>>().join("."))
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Kind::Custom(message.to_string()))
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            de::Unexpected::Bool(v) => v.to_string(),
            de::Unexpected::Float(v) => format!("{v:?}"),
            de::Unexpected::Map => "a table".into(),
            de::Unexpected::Seq => "a list".into(),
            de::Unexpected::Signed(v) => v.to_string(),
            de::Unexpected::Str(v) => format!("{v:?}"),
            de::Unexpected::Unsigned(v) => v.to_string(),
            other => other.to_string(),
        };
        Self::new(Kind::Invalid { found, expected: expected.to_string() })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::Missing(field))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownField { name: field.to_owned(), expected })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownVariant { name: variant.to_owned(), expected })
    }
}
