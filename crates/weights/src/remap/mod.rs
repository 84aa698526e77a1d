//! `Remap`: what tensors of another program are called here.
//!
//! A rule is two patterns, `layer{s+1}.{b}.conv1.weight` and `stages.{s}.blocks.{b}.conv1.weight`.
//! `{s}` is a whole number, `{s+1}` one more, and `*` any text, at most once in a pattern. Both
//! sides have the same numbers and `*`, so every rule can be turned round, for reading and for
//! writing.

mod pattern;
mod presets;

pub(crate) use pattern::Pattern;
pub use presets::{PRESETS, Preset};

/// Rules in order; the first that fits a name decides. A name that none fits keeps its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remap {
    /// In order.
    pub rules: Vec<Rule>,
}

/// What becomes of the names of one pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    from: Pattern,
    to: Pattern,
    layout: Layout,
}

/// What becomes of the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// They stay as they are.
    Same,
    /// Rows become columns: a linear layer is `[out, in]` in PyTorch and `[in, out]` in Burn.
    Transposed,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemapError {
    /// It is not written as patterns are.
    #[error("pattern `{pattern}`: {problem}")]
    Pattern {
        /// As it stands.
        pattern: String,
        /// What is wrong.
        problem: String,
    },
    /// One side has what the other lacks.
    #[error("patterns `{from}` and `{to}` do not have the same numbers and `*`")]
    Sides {
        /// One side.
        from: String,
        /// The other.
        to: String,
    },
}

impl Rule {
    /// A rule of two patterns.
    ///
    /// # Errors
    ///
    /// If one is no pattern, or a number or `*` stands on one side only.
    pub fn parse(from: &str, to: &str, layout: Layout) -> Result<Self, RemapError> {
        let rule = Self { from: Pattern::parse(from)?, to: Pattern::parse(to)?, layout };
        if rule.from.captures() == rule.to.captures() {
            return Ok(rule);
        }
        Err(RemapError::Sides { from: from.to_owned(), to: to.to_owned() })
    }

    /// The name here, if the rule fits.
    pub fn apply(&self, name: &str) -> Option<String> {
        self.to.fill(&self.from.captured(name)?)
    }

    /// From here to there.
    pub fn inverse(self) -> Self {
        Self { from: self.to, to: self.from, layout: self.layout }
    }
}

impl Remap {
    /// The name here, and what becomes of the order of its numbers; none if no rule fits.
    pub fn apply(&self, name: &str) -> Option<(String, Layout)> {
        self.rules.iter().find_map(|rule| Some((rule.apply(name)?, rule.layout)))
    }

    /// From here to there.
    pub fn inverse(self) -> Self {
        Self { rules: self.rules.into_iter().map(Rule::inverse).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: &str, to: &str) -> Rule {
        Rule::parse(from, to, Layout::Same).unwrap()
    }

    #[test]
    fn names_are_changed_and_changed_back() {
        for (from, to, name, expected) in [
            ("a", "b", "a", Some("b")),
            ("a", "b", "ab", None),
            (
                "layer{s+1}.{b}.*",
                "stages.{s}.blocks.{b}.*",
                "layer2.10.x.y",
                Some("stages.1.blocks.10.x.y"),
            ),
            ("layer{s+1}.x", "stages.{s}.x", "layer0.x", None),
            ("w_l{n}", "layers.{n}.w", "w_l0_reverse", None),
            ("w_l{n}", "layers.{n}.w", "w_l01", None),
            ("w_l{n}", "layers.{n}.w", "w_l", None),
            ("w_l{n}", "layers.{n}.w", "w_l99999999999999999999", None),
            ("*.weight", "*.gamma", "a.b.weight", Some("a.b.gamma")),
            ("*.weight", "*.gamma", ".weight", None),
            ("*.{n}.b", "{n}/*", "a.1.b.2.b", Some("2/a.1.b")),
            ("é{n}", "{n}é", "é7", Some("7é")),
        ] {
            let rule = rule(from, to);
            let found = rule.apply(name);
            assert_eq!(found.as_deref(), expected, "{from} of {name}");
            if let Some(found) = found {
                assert_eq!(rule.inverse().apply(&found).as_deref(), Some(name));
            }
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let remap = Remap { rules: vec![rule("a.x", "first"), rule("a.*", "second.*")] };
        assert_eq!(remap.apply("a.x"), Some(("first".to_owned(), Layout::Same)));
        assert_eq!(remap.apply("a.y"), Some(("second.y".to_owned(), Layout::Same)));
        assert_eq!(remap.apply("b"), None);
        assert_eq!(remap.inverse().apply("first"), Some(("a.x".to_owned(), Layout::Same)));
    }

    #[test]
    fn rules_that_cannot_be_turned_round_are_refused() {
        for (from, to, expected) in [
            ("a{n}", "b", "patterns `a{n}` and `b` do not have the same numbers and `*`"),
            ("a*", "b", "patterns `a*` and `b` do not have the same numbers and `*`"),
            ("a{n", "b", "pattern `a{n`: a brace does not end"),
            ("a}", "b", "pattern `a}`: a brace does not begin"),
            ("a{}", "b", "pattern `a{}`: `{}` is no name of a number, perhaps with +1 or -1"),
            (
                "a{n*2}",
                "b",
                "pattern `a{n*2}`: `{n*2}` is no name of a number, perhaps with +1 or -1",
            ),
            ("{n}.{n}", "b", "pattern `{n}.{n}`: number `n` is there twice"),
            ("{n}{m}", "b", "pattern `{n}{m}`: two numbers without something between them"),
            ("**", "b", "pattern `**`: more than one `*`"),
            ("a7{n}", "b", "pattern `a7{n}`: a number behind a digit"),
        ] {
            let error = Rule::parse(from, to, Layout::Same).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
