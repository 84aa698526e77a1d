//! `Dataset::of_classes`: the classes that a trial sees, under the names that it gives them.

use std::borrow::Cow;

use fireassay_spec::DataSpec;

use crate::{DataError, Dataset};

impl Dataset {
    /// The label of a row that is of none of the classes: it is in no split.
    pub const NO_CLASS: u32 = u32::MAX;

    /// The dataset with `classes` and `relabel` of the spec done to it. Rows keep their numbers, so
    /// what is drawn for an example does not depend on which others are seen; nor are inputs
    /// copied.
    pub fn of_classes(&self, spec: &DataSpec) -> Result<Cow<'_, Self>, DataError> {
        if spec.sees_all_classes() {
            return Ok(Cow::Borrowed(self));
        }
        let seen = spec.seen_classes(self.classes()).map_err(|problems| {
            let messages: Vec<String> =
                problems.into_iter().map(|problem| problem.message).collect();
            DataError::Classes { dataset: self.name().to_owned(), problem: messages.join("; ") }
        })?;
        let label = |&old: &u32| seen.labels.get(old as usize).copied().flatten();
        let labels = self.labels().iter().map(|old| label(old).unwrap_or(Self::NO_CLASS));
        Ok(Cow::Owned(self.relabelled(labels.collect(), seen.names)))
    }
}
