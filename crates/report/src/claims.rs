//! The claims of an experiment: each condition against the reference, and declared interactions.

use std::collections::BTreeMap;

use fireassay_spec::{Condition, Experiment};

use crate::design::declared::{Declared, declared};
use crate::family::Families;
use crate::judge::{Judgement, Subject, judgements};
use crate::registration::Registered;
use crate::results::{Contrast, Interaction, Term};
use crate::scores::{Row, Scores};
use crate::standing::Standing;

/// What is claimed, judged.
pub(crate) struct Claims {
    /// One per condition but the reference, in plan order.
    pub contrasts: Vec<Contrast>,
    /// One per declared interaction of two levels, in the order of the declarations.
    pub interactions: Vec<Interaction>,
}

/// Judges every claim. Contrasts and interactions are one family.
pub(crate) fn claims(
    scores: &Scores<'_>,
    experiment: &Experiment,
    registered: Option<&Registered>,
) -> Claims {
    let conditions: Vec<&Condition> = scores.rows.iter().map(|row| row.condition).collect();
    let declared = declared(experiment, &conditions);
    let contrasts = (1..scores.rows.len()).map(|row| Subject::Contrast { row });
    let interactions = declared.iter().map(|of| Subject::Interaction { terms: of.terms.clone() });
    let subjects: Vec<Subject> = contrasts.chain(interactions).collect();
    let standing = |subject: &Subject| match subject {
        Subject::Contrast { row } => {
            Standing::of_contrast(&conditions[*row].name, experiment, registered)
        }
        Subject::Interaction { terms } => {
            let names: Vec<&str> =
                terms.iter().map(|(row, _)| conditions[*row].name.as_str()).collect();
            Standing::of_declared(&names, experiment, registered)
        }
    };
    let standings = subjects.iter().map(standing).collect();
    let families = Families::new(experiment, standings, declared.len());
    let mut judged = judgements(scores, experiment, &subjects, &families).into_iter();
    let rows = scores.rows[1..].iter();
    Claims {
        contrasts: rows.zip(judged.by_ref()).map(|(row, of)| contrast(scores, row, of)).collect(),
        interactions: declared
            .into_iter()
            .zip(judged)
            .map(|(of, judgement)| interaction(scores, of, judgement))
            .collect(),
    }
}

fn contrast(scores: &Scores<'_>, row: &Row<'_>, judgement: Judgement) -> Contrast {
    let Judgement { planned, effect, verdict, is_mixed, sensitivity, standing, family } = judgement;
    Contrast {
        condition: row.condition.name.clone(),
        reference_levels: reference_levels(row, scores.reference()),
        planned,
        failures: (row.failures(), scores.reference().failures()),
        effect,
        verdict,
        is_mixed,
        sensitivity,
        standing,
        family,
    }
}

fn reference_levels(row: &Row<'_>, reference: &Row<'_>) -> BTreeMap<String, String> {
    let theirs = reference.condition.settings.iter();
    theirs
        .filter(|&(factor, level)| row.condition.settings.get(factor) != Some(level))
        .map(|(factor, level)| (factor.clone(), level.clone()))
        .collect()
}

fn interaction(scores: &Scores<'_>, declared: Declared, judgement: Judgement) -> Interaction {
    let Declared { name, factors, levels, terms, alias } = declared;
    let Judgement { planned, effect, verdict, is_mixed, sensitivity, standing, family } = judgement;
    let term = |(row, weight): (usize, f64)| Term {
        condition: scores.rows[row].condition.name.clone(),
        weight,
        failures: scores.rows[row].failures(),
    };
    Interaction {
        name,
        factors,
        levels,
        terms: terms.into_iter().map(term).collect(),
        alias,
        planned,
        effect,
        verdict,
        is_mixed,
        sensitivity,
        standing,
        family,
    }
}
