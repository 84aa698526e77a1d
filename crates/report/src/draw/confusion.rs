//! Confusions: of the reference and of the best other condition.

use crate::figure::{self, Figure};
use crate::results::{Confusion, Results};

/// Which classes are taken for which.
pub(crate) fn confusion(results: &Results) -> Option<Figure> {
    let matrix = |confusion: &Confusion| figure::ConfusionMatrix {
        name: confusion.condition.clone(),
        seeds: confusion.n,
        counts: confusion.counts.clone(),
    };
    let reference = &results.reference().name;
    let own = results.confusions.iter().find(|confusion| confusion.condition == *reference)?;
    let other = results
        .confusions
        .iter()
        .find(|confusion| confusion.condition != *reference && confusion.classes == own.classes);
    Some(figure::confusion(&figure::Confusion {
        classes: own.classes.clone(),
        reference: matrix(own),
        best: other.map(matrix),
    }))
}
