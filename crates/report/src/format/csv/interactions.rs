//! `interactions.csv`: every statistic of every declared interaction.

use serde_json::{Value, json};

use super::{Sheet, claim, effect};
use crate::judged::{Judged, Kind};
use crate::results::Results;

pub(super) fn rows(results: &Results) -> Sheet {
    let own = [&["name"], claim::SAID, &["failures"], claim::POLICIES, &["aliased-with"]].concat();
    let judged = results.judged().filter(|judged| judged.kind != Kind::Contrast);
    let row = |(judged, alias): (Judged<'_>, &Vec<Vec<String>>)| {
        let alias: Vec<String> = alias.iter().map(|other| other.join("*")).collect();
        let mut row = vec![json!(judged.name)];
        row.extend(claim::said(judged));
        row.push(json!(judged.failures));
        row.extend(claim::policies(judged));
        row.push(json!(Some(alias.join(", ")).filter(|alias| !alias.is_empty())));
        row.extend(effect::values(judged.effect));
        row
    };
    Sheet {
        header: own.into_iter().chain(effect::names()).map(Into::into).collect(),
        rows: judged
            .zip(results.interactions.iter().map(|of| &of.alias))
            .map(row)
            .collect::<Vec<Vec<Value>>>(),
    }
}
