//! The numbers of a comparison as a table.

use std::collections::BTreeSet;

use fireassay_spec::{Direction, MetricName};

use crate::compare::{Compared, Comparison, Ending, Scope};
use crate::effect::Effect;
use crate::legend::interval_name;
use crate::number::{ABSENT, Unit, p_value};
use crate::table::{Align, Table};

/// Columns that make room, in this order, when the screen is too narrow for the table.
pub(super) const SPARE: &[&str] = &[P_HOLM, "A", "B"];
const P_HOLM: &str = "p (Holm)";

/// What the columns hold.
pub(super) fn title(comparison: &Comparison) -> String {
    if comparison.scope == Scope::Run {
        return "both runs, and the difference B - A".into();
    }
    let metric = comparison.criteria.metric;
    let unit = Unit::of(metric);
    let direction = match comparison.criteria.direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
    };
    let (level, difference) = (unit.level, unit.difference);
    format!("{metric} in {level}, {direction}; difference B - A in {difference}, paired by seed")
}

/// Runs metric by metric, anything else condition by condition.
pub(super) fn table(comparison: &Comparison) -> Table {
    match (comparison.scope, comparison.conditions.as_slice()) {
        (Scope::Run, [compared]) => side_by_side(compared),
        (Scope::Run | Scope::Condition | Scope::Store, conditions) => {
            let mut table = Table::new(&[
                ("condition", Align::Left),
                ("n", Align::Right),
                ("A", Align::Right),
                ("B", Align::Right),
                ("difference", Align::Right),
                (interval_name(comparison.criteria.interval), Align::Right),
                (P_HOLM, Align::Right),
                ("verdict", Align::Left),
            ]);
            table.rows = conditions.iter().map(|compared| row(comparison, compared)).collect();
            table
        }
    }
}

fn row(comparison: &Comparison, compared: &Compared) -> Vec<String> {
    let unit = Unit::of(comparison.criteria.metric);
    let absent = || ABSENT.to_owned();
    let described = compared.described();
    let n = compared.effect.as_ref().map(Effect::n);
    let n = n.or(described.map(|(a, _)| a.n)).unwrap_or(0);
    let shown = compared.effect.as_ref().filter(|effect| effect.is_shown());
    let interval = shown.and_then(|effect| effect.interval);
    let mean = compared.effect.as_ref().and_then(|effect| effect.mean);
    let (difference, interval) =
        mean.map_or_else(|| (absent(), absent()), |mean| unit.difference(mean, interval));
    vec![
        compared.name.clone(),
        if n == compared.seeds() { n.to_string() } else { format!("{n}/{}", compared.seeds()) },
        described.map_or_else(absent, |(a, _)| unit.value(a.mean)),
        described.map_or_else(absent, |(_, b)| unit.value(b.mean)),
        difference,
        interval,
        shown.and_then(|effect| effect.adjusted_p).map_or_else(absent, p_value),
        compared.finding.word().into(),
    ]
}

/// Every value of two runs.
fn side_by_side(compared: &Compared) -> Table {
    let mut table = Table::new(&[
        ("value", Align::Left),
        ("A", Align::Right),
        ("B", Align::Right),
        ("B - A", Align::Right),
    ]);
    let Some(pair) = compared.pairs.first() else { return table };
    let (a, b) = (&pair.a, &pair.b);
    let mut line = |name: &str, a: String, b: String, difference: Option<String>| {
        let difference = difference.unwrap_or_else(|| ABSENT.into());
        table.rows.push(vec![name.into(), a, b, difference]);
    };
    line("outcome", a.fate.word().into(), b.fate.word().into(), None);
    let metrics: BTreeSet<&MetricName> = a.metrics.keys().chain(b.metrics.keys()).collect();
    for name in metrics {
        let (x, y) = (a.metrics.get(name), b.metrics.get(name));
        let difference = x.zip(y).map(|(x, y)| difference(*name, *x, *y));
        line(&name.to_string(), level(*name, x), level(*name, y), difference);
    }
    let count = |of: fn((u64, u64)) -> u64, ending: &Ending| {
        ending.steps.map_or_else(|| ABSENT.to_owned(), |steps| of(steps).to_string())
    };
    line("steps", count(|s| s.0, a), count(|s| s.0, b), None);
    line("selected step", count(|s| s.1, a), count(|s| s.1, b), None);
    table
}

fn level(name: MetricName, value: Option<&f64>) -> String {
    let unit = Unit::of(name);
    value.map_or_else(|| ABSENT.into(), |value| format!("{} {}", unit.value(*value), unit.level))
}

/// One pair has no interval that could say how many digits are worth showing.
fn difference(name: MetricName, a: f64, b: f64) -> String {
    let unit = Unit::of(name);
    let (text, _) = unit.difference(b - a, None);
    format!("{text} {}", unit.difference)
}
