//! Tests along a numeric factor: a difference at each of its levels.

use super::cells::{Cells, Labels, Pair};
use super::file::{OtherFile, Scale, Settings};
use crate::Factor;
use crate::error::Flaw;
use crate::hypothesis::{Difference, Step};

/// Fewer levels have a difference and no slope.
const FEWEST_LEVELS: usize = 3;

/// A numeric factor, laid out.
pub(super) struct Along<'c> {
    cells: &'c Cells<'c>,
    path: &'c str,
    factor: &'c Factor,
    /// Label, value and place of every level, ascending.
    levels: Vec<(String, f64, f64)>,
}

impl<'c> Along<'c> {
    pub(super) fn new(
        cells: &'c Cells<'c>,
        (name, scale): (&str, Scale),
        path: &'c str,
    ) -> Result<Self, Flaw> {
        let span = cells.span(&format!("{path}.factor"));
        let factor = cells.factor(name, &format!("{path}.factor"))?;
        let Some(levels) = cells.experiment.numeric_levels(factor) else {
            let message = format!("`{name}` is no numeric factor of three levels or more");
            let flaw = Flaw::new(span, message, "nothing to lay out");
            return Err(flaw.help("one key whose levels are all numbers"));
        };
        let place = |value: f64| match scale {
            Scale::Linear => value,
            Scale::Log => value.ln(),
        };
        if scale == Scale::Log && levels.iter().any(|(_, value)| *value <= 0.0) {
            let flaw = Flaw::new(span, format!("`{name}` has a level that is not above 0"), "here");
            return Err(flaw.help("scale = \"linear\" lays levels out as they are"));
        }
        let levels =
            levels.into_iter().map(|(label, value)| (label, value, place(value))).collect();
        Ok(Self { cells, path, factor, levels })
    }

    /// The levels of the other factors.
    pub(super) fn cell(&self, within: &Settings) -> Result<Labels, Flaw> {
        let path = format!("{}.in", self.path);
        let cell = self.cells.labels(within, &path)?;
        self.lacks_factor(&cell, &path)?;
        Ok(cell)
    }

    /// The first series and, if there is one, the second.
    pub(super) fn both(
        &self,
        first: &Pair<'_>,
        than: Option<&OtherFile>,
    ) -> Result<(Vec<Step>, Option<Vec<Step>>), Flaw> {
        let Some(than) = than else { return Ok((self.steps(first)?, None)) };
        let path = format!("{}.than", self.path);
        let other = self.cells.other(first, than, &path)?;
        self.lacks_factor(&other.cell, &path)?;
        Ok((self.steps(first)?, Some(self.steps(&other)?)))
    }

    fn lacks_factor(&self, cell: &Labels, path: &str) -> Result<(), Flaw> {
        let name = &self.factor.name;
        if !cell.contains_key(name) {
            return Ok(());
        }
        let message = format!("`{name}` runs along its levels, so no cell fixes it");
        Err(Flaw::new(self.cells.span(path), message, "fixed here"))
    }

    /// One difference per level that the plan has.
    fn steps(&self, pair: &Pair<'_>) -> Result<Vec<Step>, Flaw> {
        let mut steps = Vec::new();
        let mut failed = None;
        for (label, value, at) in &self.levels {
            let mut cell = pair.cell.clone();
            cell.insert(self.factor.name.clone(), label.clone());
            let here = Pair { of: pair.of.clone(), minus: pair.minus.clone(), cell };
            match self.cells.difference(&here) {
                Ok(Difference { of, minus }) => steps.push(Step {
                    label: label.clone(),
                    value: *value,
                    at: *at,
                    difference: Difference { of, minus },
                }),
                // A level that the plan leaves out here is not part of the series.
                Err(flaw) => failed = failed.or(Some(flaw)),
            }
        }
        match failed {
            Some(flaw) if steps.len() < FEWEST_LEVELS => Err(flaw),
            Some(_) | None => Ok(steps),
        }
    }
}
