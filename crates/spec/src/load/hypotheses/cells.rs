//! From names and levels in a file to conditions of the plan.

use std::collections::BTreeMap;

use toml::Value;

use super::file::{Conditions, OtherFile, Settings};
use crate::design::same;
use crate::error::Flaw;
use crate::hypothesis::Difference;
use crate::load::Source;
use crate::load::generators::unknown_factor;
use crate::tree::Span;
use crate::{Condition, Experiment, Factor, Plan, label, suggest};

/// Factor name to level label.
pub(super) type Labels = BTreeMap<String, String>;

/// The conditions of an experiment, to be looked up.
pub(super) struct Cells<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) source: &'a Source<'a>,
    conditions: Vec<Condition>,
}

/// A difference as the file has it, each side with its path, and the cell that both are in.
pub(super) struct Pair<'f> {
    pub(super) of: (&'f Conditions, String),
    pub(super) minus: Option<(&'f Conditions, String)>,
    pub(super) cell: Labels,
}

impl<'a> Cells<'a> {
    /// The conditions of the experiment have to be sound.
    pub(super) fn new(experiment: &'a Experiment, source: &'a Source<'a>) -> Self {
        Self { experiment, source, conditions: experiment.conditions_in_order() }
    }

    pub(super) fn span(&self, path: &str) -> &'a Span {
        &self.source.node(path).span
    }

    /// A factor by its name.
    pub(super) fn factor(&self, name: &str, path: &str) -> Result<&'a Factor, Flaw> {
        let factors = &self.experiment.factors;
        let names: Vec<&str> = factors.iter().map(|factor| factor.name.as_str()).collect();
        let found = factors.iter().find(|factor| factor.name == name);
        found.ok_or_else(|| unknown_factor(name, &names, self.span(path)))
    }

    /// The label of a level, written as label or value.
    pub(super) fn level(
        &self,
        factor: &Factor,
        value: &Value,
        span: &Span,
    ) -> Result<String, Flaw> {
        let mut known: Vec<&str> = factor.levels.iter().map(|level| level.label.as_str()).collect();
        let reference = self.reference_label(factor);
        known.extend(reference.as_deref().filter(|own| !known.contains(own)));
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Float(_)
            | Value::Integer(_)
            | Value::Table(_) => label::of_values(std::slice::from_ref(value)),
        };
        if let Some(text) = text.as_ref().filter(|text| known.contains(&text.as_str())) {
            return Ok(text.clone());
        }
        let is_it = |level: &&crate::Level| level.values.iter().any(|own| same(own, value));
        if let Some(level) = factor.levels.iter().find(is_it) {
            return Ok(level.label.clone());
        }
        let shown = text.unwrap_or_else(|| "this".into());
        let message = format!("`{}` has no level `{shown}`", factor.name);
        let flaw = Flaw::new(span, message, "no such level");
        Err(flaw.help(suggest::help(&shown, "levels", &known)))
    }

    /// What the reference has of a factor.
    pub(super) fn reference_label(&self, factor: &Factor) -> Option<String> {
        self.reference()?.settings.get(&factor.name).cloned()
    }

    /// The settings of a table in the file.
    pub(super) fn labels(&self, settings: &Settings, path: &str) -> Result<Labels, Flaw> {
        let mut labels = Labels::new();
        let table = self.source.node(path).table();
        for (name, value) in settings {
            let entry = table.and_then(|table| table.get(name));
            let key = entry.map_or(self.span(path), |entry| &entry.key);
            let names: Vec<&str> =
                self.experiment.factors.iter().map(|factor| factor.name.as_str()).collect();
            let factor = self.experiment.factors.iter().find(|factor| factor.name == *name);
            let factor = factor.ok_or_else(|| unknown_factor(name, &names, key))?;
            let span = entry.map_or(key, |entry| &entry.node.span);
            labels.insert(name.clone(), self.level(factor, value, span)?);
        }
        Ok(labels)
    }

    /// The condition with these levels, every other factor at the reference.
    pub(super) fn find(&self, labels: &Labels) -> Option<String> {
        let reference = &self.reference()?.settings;
        let fits = |condition: &&Condition| {
            condition.settings.iter().all(|(factor, level)| {
                labels.get(factor).or_else(|| reference.get(factor)) == Some(level)
            })
        };
        let found = || self.conditions.iter().filter(fits);
        let own = found().find(|condition| !condition.duplicate).or_else(|| found().next());
        own.map(|condition| condition.name.clone())
    }

    /// The same, or what is wrong.
    pub(super) fn at(&self, labels: &Labels, span: &Span) -> Result<String, Flaw> {
        self.find(labels).ok_or_else(|| {
            let wanted: Vec<String> =
                labels.iter().map(|(factor, level)| format!("{factor}={level}")).collect();
            let message = format!("no condition has {} alone", wanted.join(", "));
            let names: Vec<&str> = self.conditions.iter().map(|c| c.name.as_str()).collect();
            let flaw = Flaw::new(span, message, "not in the plan");
            flaw.help(format!(
                "factors that are not named are at the reference; conditions are {}",
                suggest::list(&names, "and")
            ))
        })
    }

    /// Every condition with these levels, whatever the others are.
    pub(super) fn all_in(&self, settings: &Settings, path: &str) -> Result<Vec<String>, Flaw> {
        let labels = self.labels(settings, path)?;
        let fits = |condition: &&Condition| {
            labels.iter().all(|(factor, level)| condition.settings.get(factor) == Some(level))
        };
        let found: Vec<String> =
            self.conditions.iter().filter(fits).map(|condition| condition.name.clone()).collect();
        if found.is_empty() {
            return Err(Flaw::new(self.span(path), "no condition lies in this cell", "empty"));
        }
        Ok(found)
    }

    /// A condition by its name.
    pub(super) fn named(&self, name: &str, span: &Span) -> Result<String, Flaw> {
        let names: Vec<&str> = self.conditions.iter().map(|c| c.name.as_str()).collect();
        if names.contains(&name) {
            return Ok(name.to_owned());
        }
        let flaw = Flaw::new(span, format!("no condition is called `{name}`"), "not in the plan");
        Err(flaw.help(suggest::help(name, "conditions", &names)))
    }

    /// One side of a difference.
    pub(super) fn side(
        &self,
        (conditions, path): (&Conditions, &str),
        cell: &Labels,
    ) -> Result<Vec<String>, Flaw> {
        let span = self.span(path);
        match conditions {
            Conditions::Name(name) if cell.is_empty() => Ok(vec![self.named(name, span)?]),
            Conditions::Name(name) => {
                let flaw = Flaw::new(span, "a name is already a whole condition", "in a cell");
                let given = self.named(name, span).is_ok();
                Err(flaw.help(match given {
                    true => "write levels here, for example { norm = \"none\" }, or leave `in` out",
                    false => "write levels here, for example { norm = \"none\" }",
                }))
            }
            Conditions::Levels(settings) => {
                let own = self.labels(settings, path)?;
                if let Some(twice) = own.keys().find(|factor| cell.contains_key(*factor)) {
                    let message = format!("`{twice}` is set here and for the whole cell");
                    return Err(Flaw::new(span, message, "set twice"));
                }
                let labels = own.into_iter().chain(cell.clone()).collect();
                Ok(vec![self.at(&labels, span)?])
            }
            Conditions::Several(list) => {
                if list.is_empty() {
                    return Err(Flaw::new(span, "an empty list of conditions", "name one"));
                }
                let mut all = Vec::new();
                for (index, one) in list.iter().enumerate() {
                    for name in self.side((one, &format!("{path}.{index}")), cell)? {
                        if all.contains(&name) {
                            let span = self.span(&format!("{path}.{index}"));
                            let message = format!("`{name}` is listed twice");
                            return Err(Flaw::new(span, message, "again"));
                        }
                        all.push(name);
                    }
                }
                Ok(all)
            }
        }
    }

    pub(super) fn difference(&self, pair: &Pair<'_>) -> Result<Difference, Flaw> {
        let of = self.side((pair.of.0, &pair.of.1), &pair.cell)?;
        let minus = match &pair.minus {
            Some((conditions, path)) => self.side((conditions, path), &pair.cell)?,
            None => Vec::new(),
        };
        if of == minus {
            let span = self.span(&pair.of.1);
            return Err(Flaw::new(span, "a condition minus itself", "the same on both sides"));
        }
        Ok(Difference { of, minus })
    }

    /// The second difference: what it lacks is that of the first.
    pub(super) fn other<'f>(
        &self,
        first: &Pair<'f>,
        other: &'f OtherFile,
        path: &str,
    ) -> Result<Pair<'f>, Flaw> {
        let own = |conditions: &'f Option<Conditions>, key: &str| {
            conditions.as_ref().map(|conditions| (conditions, format!("{path}.{key}")))
        };
        let mut cell = first.cell.clone();
        cell.extend(self.labels(&other.within, &format!("{path}.in"))?);
        if cell == first.cell && other.of.is_none() && other.minus.is_none() {
            let flaw = Flaw::new(self.span(path), "the same difference twice", "nothing differs");
            return Err(flaw.help("say in which cell it is: than = { in = { size = \"large\" } }"));
        }
        Ok(Pair {
            of: own(&other.of, "of").unwrap_or_else(|| first.of.clone()),
            minus: own(&other.minus, "minus").or_else(|| first.minus.clone()),
            cell,
        })
    }

    fn reference(&self) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.name == Plan::REFERENCE)
    }
}
