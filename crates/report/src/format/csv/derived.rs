//! `derived.csv`: main effects, interactions, components and changes along a trend.

use serde_json::{Value, json};

use super::{Sheet, effect};
use crate::design::{Derived, Withheld};
use crate::effect::Effect;
use crate::results::Results;

const BEFORE: &[&str] =
    &["kind", "name", "aliased-with", "declared", "averaged", "possible", "withheld"];
const AFTER: &[&str] = &["bootstrap-95-low", "bootstrap-95-high"];

pub(super) fn rows(results: &Results) -> Sheet {
    let design = &results.design_analysis;
    let names = BEFORE.iter().copied().chain(effect::names()).chain(AFTER.iter().copied());
    let mut sheet = Sheet { header: names.map(Into::into).collect(), rows: Vec::new() };
    let main = design.main_effects.iter().map(|of| ("main-effect", of));
    let both = main.chain(design.interactions.iter().map(|of| ("interaction", of)));
    sheet.rows.extend(both.map(|(kind, of)| factor_effect(kind, of)));
    for component in &design.components {
        let own =
            [("leave-one-out", &component.leave_one_out), ("add-one-in", &component.add_one_in)];
        for (kind, effect) in own {
            sheet.rows.push(row(kind, &component.name, effect.as_ref()));
        }
        let shapley = component.shapley.as_ref();
        let mut values = row("shapley", &component.name, shapley.map(|shapley| &shapley.effect));
        values.truncate(values.len() - AFTER.len());
        let bootstrap = shapley.ok().and_then(|shapley| shapley.bootstrap);
        values.extend([effect::low(bootstrap), effect::high(bootstrap)]);
        sheet.rows.push(values);
    }
    for trend in &design.trends {
        let change = trend.test.as_ref().map(|test| &test.change);
        sheet.rows.push(row("smallest-to-largest", &trend.response.factor, change));
    }
    sheet
}

fn factor_effect(kind: &str, of: &Derived) -> Vec<Value> {
    let mut values = row(kind, &of.name, of.effect.as_ref());
    let (averaged, possible) = of.combinations;
    values[2] = json!(Some(of.alias.join(", ")).filter(|alias| !alias.is_empty()));
    values[3] = json!(of.declared);
    values[4] = json!(averaged);
    values[5] = json!(possible);
    values
}

fn row(kind: &str, name: &str, found: Result<&Effect, &Withheld>) -> Vec<Value> {
    let withheld = json!(found.err().map(|why| why.key()));
    let mut row = vec![json!(kind), json!(name), Value::Null, Value::Null];
    row.extend([Value::Null, Value::Null, withheld]);
    row.extend(effect::values(found.ok()));
    row.extend(AFTER.iter().map(|_| Value::Null));
    row
}
