//! What can be typed after `cargo xtask compare`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use fireassay_report::compare;
use fireassay_spec::{Direction, MetricName};

/// Shown below the help.
pub(crate) const COMPARE_EXAMPLES: &str = "\
Examples:
  cargo xtask compare batch-norm/reference batch-norm/norm=none   two conditions
  cargo xtask compare yesterday/batch-norm runs/batch-norm        two stores
  cargo xtask compare yesterday runs --fail-on worse              every experiment, as a gate

A and B are two of a kind: run directories, conditions, folders of runs, or folders of such folders.
Trials are paired by condition and seed. Differences are B - A.";

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// What B is compared with: a run, experiment/condition, or a folder of runs
    pub(crate) a: String,
    /// What is compared with A
    pub(crate) b: String,
    /// Exit with 4 if that is found: worse (or fails in B alone), inconclusive, different (any bit)
    #[arg(long, value_name = "FINDING", value_delimiter = ',', hide_possible_values = true)]
    pub(crate) fail_on: Vec<FailOn>,
    /// What is compared, where no experiment.toml says so; test.accuracy is usual
    #[arg(
        long,
        value_name = "NAME",
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(MetricName::NAMES).try_map(|name| name.parse::<MetricName>()),
    )]
    pub(crate) metric: Option<MetricName>,
    /// Which way is better, where no experiment.toml says so: higher or lower
    #[arg(long, value_name = "WAY", hide_possible_values = true)]
    pub(crate) direction: Option<Way>,
    /// What is too small to matter, where no experiment.toml says so: 0.005, 0.5pp
    #[arg(long, value_name = "SIZE", value_parser = parse_rope)]
    pub(crate) rope: Option<Rope>,
    /// Family-wise error, where no experiment.toml says so; 0.05 is usual
    #[arg(long, value_name = "P", value_parser = parse_alpha)]
    pub(crate) alpha: Option<f64>,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: View,
}

/// What stdout gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// For reading
    Terminal,
    /// GitHub's Markdown
    Markdown,
    /// For machines
    Json,
}

/// What a comparison must not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A condition is worse in B, or a trial fails that was done in A
    Worse,
    /// A condition gets no verdict
    Inconclusive,
    /// A trial ends otherwise, or with other bits
    Different,
}

impl From<FailOn> for compare::FailOn {
    fn from(on: FailOn) -> Self {
        match on {
            FailOn::Worse => Self::Worse,
            FailOn::Inconclusive => Self::Inconclusive,
            FailOn::Different => Self::Different,
        }
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    Higher,
    Lower,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::Higher => Self::Higher,
            Way::Lower => Self::Lower,
        }
    }
}

/// Half-width of the region of practical equivalence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rope {
    /// In the metric's own unit.
    Plain(f64),
    /// The same, typed in percentage points, which only an accuracy has.
    Points(f64),
}

fn parse_rope(text: &str) -> Result<Rope, String> {
    let complain = || format!("`{text}` is no size above 0; write for example 0.005 or 0.5pp");
    let rope = match text.strip_suffix("pp") {
        // Moved in the text, so that 0.3pp is the very number that a file calls 0.003.
        Some(points) => format!("{}e-2", points.trim_end()).parse().map(Rope::Points),
        None => text.parse().map(Rope::Plain),
    };
    match rope {
        Ok(Rope::Plain(size) | Rope::Points(size)) if size.is_finite() && size > 0.0 => {
            rope.map_err(|_| complain())
        }
        Ok(_) | Err(_) => Err(complain()),
    }
}

fn parse_alpha(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(alpha) if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        Ok(_) | Err(_) => Err("a number between 0 and 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_a_file() {
        let check = |text: &str, expected: Option<Rope>| {
            assert_eq!(parse_rope(text).ok(), expected, "{text}");
        };
        check("0.005", Some(Rope::Plain(0.005)));
        check("0.3pp", Some(Rope::Points(0.003)));
        check("7 pp", Some(Rope::Points(0.07)));
        for text in ["0", "-1pp", "pp", "NaN", "inf", "1e400", "5%", ""] {
            check(text, None);
        }
        assert_eq!(parse_alpha("0.01"), Ok(0.01));
        for text in ["0", "1", "NaN", "-0.1", "five"] {
            assert!(parse_alpha(text).is_err(), "{text}");
        }
    }
}
