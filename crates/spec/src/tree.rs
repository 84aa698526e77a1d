//! `Node`: a TOML file as a tree in which every key and value knows where it stands.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Bytes of the file.
pub(crate) type Span = Range<usize>;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Of the value; of the header for a `[table]`.
    pub(crate) span: Span,
    /// What stands there.
    pub(crate) value: Value,
}

/// What stands in a file.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Float(f64),
    Int(i64),
    List(Vec<Node>),
    /// Legal TOML that no field takes; in words.
    Other(&'static str),
    Table(BTreeMap<String, Entry>),
    Text(String),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) node: Node,
}

impl Node {
    /// The whole file, or every syntax error with its place.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<(Span, String)>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let span = table.span();
            return Ok(Self { span, value: from_table(table.into_inner()) });
        }
        let whole = 0..text.len();
        Err(errors
            .iter()
            .map(|e| (e.span().unwrap_or(whole.clone()), e.message().to_owned()))
            .collect())
    }

    /// The entries, if this is a table.
    pub(crate) fn table(&self) -> Option<&BTreeMap<String, Entry>> {
        let Value::Table(entries) = &self.value else { return None };
        Some(entries)
    }

    /// The items, if this is a list.
    pub(crate) fn list(&self) -> Option<&[Node]> {
        let Value::List(items) = &self.value else { return None };
        Some(items)
    }

    /// What lies one step below: a key of a table, an index of a list.
    pub(crate) fn child(&self, step: &str) -> Option<&Self> {
        match self.list() {
            Some(items) => items.get(step.parse::<usize>().ok()?),
            None => self.table()?.get(step).map(|entry| &entry.node),
        }
    }

    /// What lies at a dotted path. Numbers index lists.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, Self::child)
    }

    /// As [`Self::at`], or its closest ancestor that exists.
    pub(crate) fn nearest(&self, path: &str) -> &Self {
        self.nearest_of(path.split('.'))
    }

    /// As [`Self::nearest`], for keys that may hold dots themselves.
    pub(crate) fn nearest_of<'s>(&self, path: impl Iterator<Item = &'s str>) -> &Self {
        let mut node = self;
        for step in path {
            match node.child(step) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    /// Puts a node at a dotted path of tables; false if the path does not exist.
    pub(crate) fn set(&mut self, path: &str, node: Self) -> bool {
        let (step, rest) = match path.split_once('.') {
            Some((step, rest)) => (step, Some(rest)),
            None => (path, None),
        };
        let Value::Table(entries) = &mut self.value else {
            return false;
        };
        match (entries.get_mut(step), rest) {
            (Some(entry), Some(rest)) => entry.node.set(rest, node),
            (Some(entry), None) => {
                entry.node = node;
                true
            }
            (None, _) => false,
        }
    }

    /// Puts a node under a new key of the table at a dotted path (of the root, if empty).
    pub(crate) fn insert(&mut self, table: &str, key: &str, node: Self) {
        let mut place = self;
        for step in table.split('.').filter(|step| !step.is_empty()) {
            let Value::Table(entries) = &mut place.value else { return };
            let Some(entry) = entries.get_mut(step) else { return };
            place = &mut entry.node;
        }
        if let Value::Table(entries) = &mut place.value {
            entries.insert(key.to_owned(), Entry { key: node.span.clone(), node });
        }
    }

    /// Dotted paths of everything below that a factor could move.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (key, entry) in self.table().into_iter().flatten() {
            out.push(key.clone());
            out.extend(entry.node.paths().iter().map(|below| format!("{key}.{below}")));
        }
        out
    }

    /// Without places; none if something in it is no value of ours.
    pub(crate) fn plain(&self) -> Option<toml::Value> {
        Some(match &self.value {
            Value::Bool(v) => toml::Value::Boolean(*v),
            Value::Float(v) => toml::Value::Float(*v),
            Value::Int(v) => toml::Value::Integer(*v),
            Value::Text(v) => toml::Value::String(v.clone()),
            Value::List(items) => {
                toml::Value::Array(items.iter().map(Self::plain).collect::<Option<_>>()?)
            }
            Value::Table(entries) => {
                let plain =
                    |(key, entry): (&String, &Entry)| Some((key.clone(), entry.node.plain()?));
                toml::Value::Table(entries.iter().map(plain).collect::<Option<_>>()?)
            }
            Value::Other(_) => return None,
        })
    }

    /// For messages: `"text"`, `8`, `a list`.
    pub(crate) fn words(&self) -> String {
        match &self.value {
            Value::Bool(v) => v.to_string(),
            Value::Float(v) => format!("{v:?}"),
            Value::Int(v) => v.to_string(),
            Value::List(items) => list_words(items),
            Value::Other(words) => (*words).into(),
            Value::Table(_) => "a table".into(),
            Value::Text(v) => format!("{v:?}"),
        }
    }
}

/// A short list of numbers or words as it stands, others as `a list`.
fn list_words(items: &[Node]) -> String {
    const SHOWN: usize = 6;
    let is_scalar = |node: &Node| node.table().is_none() && node.list().is_none();
    if items.len() > SHOWN || !items.iter().all(is_scalar) {
        return "a list".into();
    }
    format!("[{}]", items.iter().map(Node::words).collect::<Vec<_>>().join(", "))
}

fn from_table(table: DeTable<'_>) -> Value {
    let entry = |(key, value): (toml::Spanned<_>, toml::Spanned<DeValue<'_>>)| {
        let (span, key) = (key.span(), key.into_inner());
        let key: std::borrow::Cow<'_, str> = key;
        (key.into_owned(), Entry { key: span, node: from_value(value) })
    };
    Value::Table(table.into_iter().map(entry).collect())
}

fn from_value(value: toml::Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Array(items) => Value::List(items.into_iter().map(from_value).collect()),
        DeValue::Boolean(v) => Value::Bool(v),
        DeValue::Datetime(_) => Value::Other("a date or time"),
        DeValue::Float(v) => match v.as_str().parse() {
            Ok(v) => Value::Float(v),
            Err(_) => Value::Other("a number that cannot be read"),
        },
        DeValue::Integer(v) => match i64::from_str_radix(v.as_str(), v.radix()) {
            Ok(v) => Value::Int(v),
            Err(_) => Value::Other("a whole number beyond 64 bits"),
        },
        DeValue::String(v) => Value::Text(v.into_owned()),
        DeValue::Table(table) => from_table(table),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n[b.c]\nd = [true, { e = 0x1F }]\nf = 1979-05-27\n";

    #[test]
    fn places_are_those_of_the_text() {
        let root = Node::parse(TEXT).unwrap();
        let check = |path, text| assert_eq!(&TEXT[root.at(path).unwrap().span.clone()], text);
        check("a", "1");
        check("b.c", "[b.c]");
        check("b.c.d.1", "{ e = 0x1F }");
        check("b.c.d.1.e", "0x1F");
        assert_eq!(&TEXT[root.at("b.c").unwrap().table().unwrap()["d"].key.clone()], "d");
        assert_eq!(root.nearest("b.c.nothing").span, root.at("b.c").unwrap().span);
        assert!(root.at("a.b").is_none());
    }

    #[test]
    fn values_keep_their_type_and_dates_have_none() {
        let root = Node::parse(TEXT).unwrap();
        let check = |path, words| assert_eq!(root.at(path).unwrap().words(), words);
        check("a", "1");
        check("b.c.d.1.e", "31");
        check("b.c.f", "a date or time");
        assert!(root.plain().is_none());
        let plain = root.at("b.c.d.1").unwrap().plain().unwrap();
        assert_eq!(plain, toml::Value::Table(toml::toml! { e = 31 }));
    }

    #[test]
    fn only_what_exists_can_be_set() {
        let mut root = Node::parse(TEXT).unwrap();
        let one = root.at("a").unwrap().clone();
        assert!(root.set("b.c.d", one.clone()));
        assert_eq!(root.at("b.c.d").unwrap().words(), "1");
        for path in ["b.c.g", "a.x", "x.y"] {
            assert!(!root.set(path, one.clone()), "{path}");
        }
    }

    #[test]
    fn every_syntax_error_is_told() {
        let errors = Node::parse("a = \nb = 2\nb = 3\n").unwrap_err();
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}
