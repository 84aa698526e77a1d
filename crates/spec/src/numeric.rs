//! Ordered factors: levels that are numbers.

use toml::Value;

use crate::design::{base_label, get};
use crate::{Experiment, Factor};

/// A trend needs more than two points.
const FEWEST_LEVELS: usize = 3;

impl Experiment {
    /// Label and value of each level of a factor, the reference included, ascending; for a factor
    /// of one key whose levels are all numbers, at least three of them. A level that is a
    /// deliberate duplicate is left out.
    pub fn numeric_levels(&self, factor: &Factor) -> Option<Vec<(String, f64)>> {
        let [key] = factor.keys.as_slice() else { return None };
        let base = self.base.spelled_out().ok()?;
        let reference = number(get(&base, key)?)?;
        let own = factor.levels.iter().filter(|level| !level.duplicate);
        let mut levels: Vec<(String, f64)> = own
            .map(|level| Some((level.label.clone(), number(level.values.first()?)?)))
            .collect::<Option<_>>()?;
        if levels.iter().all(|(_, value)| *value != reference) {
            levels.push((base_label(&base, factor), reference));
        }
        levels.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        (levels.len() >= FEWEST_LEVELS).then_some(levels)
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value).filter(|value| value.is_finite()),
        Value::Integer(value) => Some(*value as f64),
        Value::Array(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::String(_)
        | Value::Table(_) => None,
    }
}
