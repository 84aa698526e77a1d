//! From factors to conditions: which levels are combined, under which name, into which spec.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use crate::id::canonical;
use crate::{Design, Experiment, Factor, Plan, TrialSpec, label};

/// One condition, as level indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Of the condition.
    pub(crate) name: String,
    /// Per factor the level that is set; none leaves `[base]` as it is.
    pub(crate) levels: Vec<Option<usize>>,
    /// Marked as a deliberate duplicate.
    pub(crate) duplicate: bool,
}

/// An experiment with what is needed to build its conditions.
pub(crate) struct Resolver<'a> {
    experiment: &'a Experiment,
    base: Value,
    /// Per factor, the level that equals `[base]`.
    reference: Vec<Option<usize>>,
    /// Per factor, what the reference is called.
    base_labels: Vec<String>,
}

impl<'a> Resolver<'a> {
    /// Fails if `[base]` is no table or some level does not fit it.
    pub(crate) fn new(experiment: &'a Experiment) -> Result<Self, String> {
        let base = experiment.base.spelled_out().map_err(|e| e.to_string())?;
        let mut resolver = Self { experiment, base, reference: vec![], base_labels: vec![] };
        for factor in &experiment.factors {
            let reference = resolver.reference_level(factor)?;
            resolver.reference.push(reference);
            let name = match reference.and_then(|index| factor.levels.get(index)) {
                Some(level) => level.label.clone(),
                None => base_label(&resolver.base, factor),
            };
            resolver.base_labels.push(name);
        }
        Ok(resolver)
    }

    /// What the condition runs.
    pub(crate) fn spec(&self, assignment: &Assignment) -> Result<TrialSpec, String> {
        let mut tree = self.base.clone();
        for (factor, index) in self.experiment.factors.iter().zip(&assignment.levels) {
            if let Some(level) = index.and_then(|index| factor.levels.get(index)) {
                apply(&mut tree, factor, &level.values)?;
            }
        }
        tree.try_into().map_err(|e: toml::de::Error| e.message().to_owned())
    }

    /// Factor name to level label.
    pub(crate) fn settings(&self, assignment: &Assignment) -> BTreeMap<String, String> {
        let factors = self.experiment.factors.iter();
        let chosen = factors.zip(&assignment.levels).zip(&self.base_labels);
        chosen
            .map(|((factor, index), base_label)| {
                let level = index.and_then(|index| factor.levels.get(index));
                let label = level.map_or(base_label, |level| &level.label);
                (factor.name.clone(), label.clone())
            })
            .collect()
    }

    /// Per factor, the level that equals `[base]`.
    pub(crate) fn reference(&self) -> &[Option<usize>] {
        &self.reference
    }

    /// Every condition, the reference first.
    pub(crate) fn assignments(&self) -> Vec<Assignment> {
        let nothing = vec![None; self.experiment.factors.len()];
        let reference = Assignment {
            name: Plan::REFERENCE.to_owned(),
            levels: match self.experiment.design {
                Design::FractionalFactorial | Design::FullFactorial => self.reference.clone(),
                Design::Explicit
                | Design::LeaveOneOut
                | Design::LeaveOneOutAddOneIn
                | Design::OneFactorAtATime => nothing,
            },
            duplicate: false,
        };
        let others = match self.experiment.design {
            Design::Explicit => self.explicit(),
            Design::FractionalFactorial | Design::FullFactorial => self.factorial(),
            Design::LeaveOneOut | Design::OneFactorAtATime => self.one_at_a_time(),
            Design::LeaveOneOutAddOneIn => [self.one_at_a_time(), self.add_one_in()].concat(),
        };
        std::iter::once(reference).chain(others).collect()
    }

    fn one_at_a_time(&self) -> Vec<Assignment> {
        let mut out = Vec::new();
        for (factor_idx, factor) in self.experiment.factors.iter().enumerate() {
            for (level_idx, level) in factor.levels.iter().enumerate() {
                if self.reference.get(factor_idx) == Some(&Some(level_idx)) {
                    continue;
                }
                let name = match self.experiment.design.removes() {
                    true => format!("without-{}", factor.name),
                    false => format!("{}={}", factor.name, level.label),
                };
                let mut levels = vec![None; self.experiment.factors.len()];
                levels[factor_idx] = Some(level_idx);
                out.push(Assignment { name, levels, duplicate: level.duplicate });
            }
        }
        out
    }

    /// Every component removed, then all but one. The one level of each factor removes it.
    fn add_one_in(&self) -> Vec<Assignment> {
        let factors = &self.experiment.factors;
        let assignment = |name: String, kept: Option<usize>| {
            let level = |(index, _)| (kept != Some(index)).then_some(0);
            let levels: Vec<Option<usize>> = factors.iter().enumerate().map(level).collect();
            let set = factors.iter().zip(&levels).filter(|(_, level)| level.is_some());
            let duplicate = set.flat_map(|(factor, _)| &factor.levels).any(|l| l.duplicate);
            Assignment { name, levels, duplicate }
        };
        let only = |(index, factor): (usize, &Factor)| {
            assignment(format!("only-{}", factor.name), Some(index))
        };
        let none = assignment("none".to_owned(), None);
        std::iter::once(none).chain(factors.iter().enumerate().map(only)).collect()
    }

    /// The last base factor moves fastest. Without the reference and what is excluded.
    fn factorial(&self) -> Vec<Assignment> {
        let factors = &self.experiment.factors;
        let mut combinations: Vec<Vec<Option<usize>>> = vec![vec![]];
        for factor in factors {
            let is_generated = self.experiment.generators.iter().any(|g| g.factor == factor.name);
            let choices: Vec<Option<usize>> = match is_generated {
                true => vec![None],
                false => (0..factor.levels.len()).map(Some).collect(),
            };
            let extended = combinations.iter().flat_map(|head| {
                choices.iter().map(|level| {
                    let mut levels = head.clone();
                    levels.push(*level);
                    levels
                })
            });
            combinations = extended.collect();
        }
        combinations.iter_mut().for_each(|levels| self.generate(levels));
        combinations.retain(|levels| *levels != self.reference && !self.is_excluded(levels));
        combinations.into_iter().map(|levels| self.combination(levels)).collect()
    }

    /// Sets the generated factors: away from the reference (-1) where an odd number of their
    /// parents is.
    fn generate(&self, levels: &mut [Option<usize>]) {
        let at = |name: &String| self.experiment.factors.iter().position(|f| f.name == *name);
        for generator in &self.experiment.generators {
            let is_moved = |&index: &usize| levels.get(index) != self.reference.get(index);
            let moved = generator.of.iter().filter_map(at).filter(is_moved).count();
            let Some(index) = at(&generator.factor) else { continue };
            let reference = self.reference.get(index).copied().flatten();
            let level = if moved % 2 == 0 { reference } else { self.other_level(index) };
            if let Some(place) = levels.get_mut(index) {
                *place = level;
            }
        }
    }

    /// Of a factor with two levels, the one that is not the reference.
    fn other_level(&self, factor_idx: usize) -> Option<usize> {
        let levels = self.experiment.factors.get(factor_idx)?.levels.len();
        (0..levels).find(|index| self.reference.get(factor_idx) != Some(&Some(*index)))
    }

    fn combination(&self, levels: Vec<Option<usize>>) -> Assignment {
        let mut parts = Vec::new();
        let mut duplicate = false;
        for ((factor, index), reference) in
            self.experiment.factors.iter().zip(&levels).zip(&self.reference)
        {
            let level = index.and_then(|index| factor.levels.get(index));
            if let Some(level) = level.filter(|_| index != reference) {
                parts.push(format!("{}={}", factor.name, level.label));
                duplicate |= level.duplicate;
            }
        }
        Assignment { name: parts.join("+"), levels, duplicate }
    }

    /// Whether some `[[exclude]]` holds in all its keys.
    pub(crate) fn is_excluded(&self, levels: &[Option<usize>]) -> bool {
        let values = self.values(levels);
        self.experiment.exclude.iter().any(|combination| {
            combination.iter().all(|(key, value)| {
                values.get(key.as_str()).is_some_and(|level| same(level, value))
            })
        })
    }

    fn values(&self, levels: &[Option<usize>]) -> BTreeMap<&str, &Value> {
        let mut out = BTreeMap::new();
        for (factor, index) in self.experiment.factors.iter().zip(levels) {
            if let Some(level) = index.and_then(|index| factor.levels.get(index)) {
                out.extend(factor.keys.iter().map(String::as_str).zip(&level.values));
            }
        }
        out
    }

    fn explicit(&self) -> Vec<Assignment> {
        let level_of = |factor: &Factor, value: &Value| {
            factor.levels.iter().position(|level| level.values.iter().all(|v| same(v, value)))
        };
        let assignment = |condition: &crate::ExplicitCondition| {
            let level = |factor: &Factor| {
                let value = factor.keys.first().and_then(|key| condition.set.get(key))?;
                level_of(factor, value)
            };
            Assignment {
                name: condition.name.clone(),
                levels: self.experiment.factors.iter().map(level).collect(),
                duplicate: condition.duplicate,
            }
        };
        self.experiment.conditions.iter().map(assignment).collect()
    }

    /// The first level that changes nothing and is not a deliberate duplicate.
    fn reference_level(&self, factor: &Factor) -> Result<Option<usize>, String> {
        let base = canonical(&self.experiment.base);
        for (index, level) in factor.levels.iter().enumerate() {
            let mut tree = self.base.clone();
            apply(&mut tree, factor, &level.values)?;
            let spec: TrialSpec =
                tree.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
            if canonical(&spec) == base && !level.duplicate {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

/// A label for a reference that is none of the levels.
pub(crate) fn base_label(base: &Value, factor: &Factor) -> String {
    let values = factor.keys.iter().map(|key| get(base, key).cloned());
    let short = values.collect::<Option<Vec<_>>>().and_then(|values| label::of_values(&values));
    let taken: BTreeSet<&str> = factor.levels.iter().map(|level| level.label.as_str()).collect();
    let numbered = (2..).map(|n| format!("base-{n}"));
    let mut candidates = short.into_iter().chain(["base".to_owned()]).chain(numbered);
    candidates.find(|label| !taken.contains(label.as_str())).unwrap_or_default()
}

/// How many conditions a design has before anything is excluded; none if it is beyond counting.
pub(crate) fn count(experiment: &Experiment) -> Option<usize> {
    let mut levels = experiment.factors.iter().map(|factor| factor.levels.len());
    let factors = experiment.factors.len();
    match experiment.design {
        Design::Explicit => Some(experiment.conditions.len() + 1),
        Design::FractionalFactorial => {
            let base = factors.saturating_sub(experiment.generators.len());
            2usize.checked_pow(u32::try_from(base).ok()?)
        }
        Design::FullFactorial => levels.try_fold(1usize, usize::checked_mul),
        Design::LeaveOneOut | Design::OneFactorAtATime => Some(levels.sum::<usize>() + 1),
        Design::LeaveOneOutAddOneIn => Some(2 * factors + 2),
    }
}

/// Whether two values of a file mean the same; 1 and 1.0 do.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(float), Value::Integer(int)) | (Value::Integer(int), Value::Float(float)) => {
            *float == *int as f64
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Table(a), Value::Table(b)) => {
            let same_entry = |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(same_entry)
        }
        _ => a == b,
    }
}

fn apply(tree: &mut Value, factor: &Factor, values: &[Value]) -> Result<(), String> {
    for (key, value) in factor.keys.iter().zip(values) {
        let place = key.split('.').try_fold(&mut *tree, |table, step| table.get_mut(step));
        *place.ok_or_else(|| format!("[base] has no `{key}`"))? = value.clone();
    }
    Ok(())
}

/// What lies at a dotted path.
pub(crate) fn get<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(tree, |table, step| table.get(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        let value = |text: &str| format!("v = {text}").parse::<toml::Table>().unwrap()["v"].clone();
        let check = |a, b, expected| assert_eq!(same(&value(a), &value(b)), expected, "{a} {b}");
        check("1", "1.0", true);
        check("[1, { a = 2 }]", "[1.0, { a = 2.0 }]", true);
        check("1", "'1'", false);
        check("[1]", "[1, 1]", false);
        check("{ a = 1 }", "{ b = 1 }", false);
        check("0.1", "1e-1", true);
    }
}
