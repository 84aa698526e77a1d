//! `fit`: tensors of a file against those of a model, name by name and shape by shape.

use std::collections::BTreeMap;

use fireassay_spec::nearest;

use crate::remap::Pattern;
use crate::{Layout, Remap, RemapError, Tensor};

/// Names for which the nearest one is looked up: a file of another network lacks thousands.
const MAX_NEAREST: usize = 40;

/// What became of every tensor of the model and of the file. Each list is sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// What the model gets, by its names.
    pub loaded: BTreeMap<String, Loaded>,
    /// What the model has and the file lacks.
    pub missing: Vec<Unmet>,
    /// What the file has and the model lacks.
    pub extra: Vec<Stranger>,
    /// What both have, in different shapes.
    pub mismatched: Vec<Mismatch>,
    /// What keeps the initial values of the model, as asked for.
    pub fresh: Vec<Fresh>,
    /// What was asked to be so, though the model has nothing of that name.
    pub idle: Vec<String>,
    /// Names that two tensors of the file would have here.
    pub ambiguous: Vec<String>,
}

/// A tensor that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Its name in the file.
    pub from: String,
    /// In the layout of the model.
    pub tensor: Tensor,
}

/// A tensor of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What the file calls something nobody asked for, and what may have been meant.
    pub nearest: Option<String>,
}

/// A tensor of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its name in the file.
    pub from: String,
    /// What it would be called here.
    pub name: String,
    /// In the layout of the model.
    pub shape: Vec<usize>,
}

/// A tensor of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name here.
    pub name: String,
    /// Its name in the file.
    pub from: String,
    /// Of the model.
    pub expected: Vec<usize>,
    /// Of the file, in the layout of the model.
    pub found: Vec<usize>,
}

/// A tensor of the model that is not loaded on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What the file has for it.
    pub instead_of: Option<String>,
}

/// Weights that are not exactly those of the model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the weights do not fit the model: {0}")]
pub struct Unfit(pub Box<Fit>);

/// Compares the tensors of a file with those of a model, names to shapes. `fresh` are patterns of
/// names that are not to be loaded: `head.*`.
///
/// # Errors
///
/// If a pattern is none. That something does not fit is no error here, but of [`Fit::strict`].
pub fn fit(
    tensors: BTreeMap<String, Tensor>,
    remap: &Remap,
    model: &BTreeMap<String, Vec<usize>>,
    fresh: &[&str],
) -> Result<Fit, RemapError> {
    let patterns = fresh.iter().map(|pattern| Pattern::parse(pattern));
    let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
    let mut fit = Fit::default();
    let mut here: BTreeMap<String, Loaded> = BTreeMap::new();
    for (from, tensor) in tensors {
        let (name, layout) = remap.apply(&from).unwrap_or_else(|| (from.clone(), Layout::Same));
        let tensor = layout.of(tensor);
        if here.insert(name.clone(), Loaded { from, tensor }).is_some() {
            fit.ambiguous.push(name);
        }
    }
    for (name, shape) in model {
        let found = here.remove(name);
        let (name, shape) = (name.clone(), shape.clone());
        if patterns.iter().any(|pattern| pattern.captured(&name).is_some()) {
            let instead_of = found.map(|loaded| loaded.from);
            fit.fresh.push(Fresh { name, shape, instead_of });
            continue;
        }
        match found {
            None => fit.missing.push(Unmet { name, shape, nearest: None }),
            Some(Loaded { from, tensor }) if tensor.shape != shape => {
                fit.mismatched.push(Mismatch { name, from, expected: shape, found: tensor.shape });
            }
            Some(loaded) => {
                fit.loaded.insert(name, loaded);
            }
        }
    }
    let stranger = |(name, Loaded { from, tensor })| Stranger { from, name, shape: tensor.shape };
    fit.extra = here.into_iter().map(stranger).collect();
    let is_idle = |pattern: &Pattern| model.keys().all(|name| pattern.captured(name).is_none());
    let idle = patterns.iter().zip(fresh).filter(|(pattern, _)| is_idle(pattern));
    fit.idle = idle.map(|(_, &text)| text.to_owned()).collect();
    fit.guess();
    Ok(fit)
}

impl Fit {
    /// Whether every tensor of the model was loaded or left out on purpose, and nothing is left
    /// over.
    pub fn is_strict(&self) -> bool {
        self.missing.is_empty()
            && self.extra.is_empty()
            && self.mismatched.is_empty()
            && self.idle.is_empty()
            && self.ambiguous.is_empty()
    }

    /// What the model gets, if all of it fits.
    ///
    /// # Errors
    ///
    /// The whole comparison, if anything is missing, extra, of another shape or ambiguous, or was
    /// to be left out and is not there.
    pub fn strict(self) -> Result<BTreeMap<String, Loaded>, Unfit> {
        if self.is_strict() { Ok(self.loaded) } else { Err(Unfit(Box::new(self))) }
    }

    /// Looks for names that are nearly right.
    fn guess(&mut self) {
        let strangers = self.extra.iter().take(MAX_NEAREST);
        let strangers: Vec<&str> = strangers.map(|stranger| stranger.name.as_str()).collect();
        for unmet in self.missing.iter_mut().take(MAX_NEAREST) {
            let near = nearest(&unmet.name, &strangers);
            let near = near.and_then(|near| self.extra.iter().find(|extra| extra.name == near));
            unmet.nearest = near.map(|extra| extra.from.clone());
        }
    }
}

impl Layout {
    /// The tensor in this layout: transposed if there are two dimensions; others have none to change.
    /// Twice is none.
    pub fn of(self, tensor: Tensor) -> Tensor {
        match (self, &tensor.shape[..]) {
            (Self::Transposed, &[rows, columns]) => {
                let column = |column: usize| tensor.values.iter().skip(column).step_by(columns);
                let values = (0..columns).flat_map(column).copied().collect();
                Tensor { shape: vec![columns, rows], values, stored: tensor.stored }
            }
            (Self::Same | Self::Transposed, _) => tensor,
        }
    }
}

#[cfg(test)]
mod tests;
