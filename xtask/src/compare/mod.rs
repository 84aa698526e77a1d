//! `cargo xtask compare`: two runs, conditions or stores side by side, and a gate for CI.

mod args;
mod criteria;
mod find;
mod gate;
mod store;

use std::collections::BTreeSet;

use fireassay_report::compare;
use fireassay_report::compare::{Comparison, Criteria, Side, json, markdown, terminal};

use crate::ui::{self, Answer, Exit, OrRefuse, Refusal, Ui};
use crate::workspace::Workspace;

use args::View;
pub(crate) use args::{COMPARE_EXAMPLES, CompareArgs};
use find::Found;
use store::{Context, Store};

/// Runs the command.
pub(crate) fn run(args: &CompareArgs, workspace: &Workspace) -> Answer {
    let comparisons = match (find::find(&args.a, workspace)?, find::find(&args.b, workspace)?) {
        (Found::Run(a), Found::Run(b)) => vec![runs(args, &a, &b)?],
        (Found::Condition(a, name_a), Found::Condition(b, name_b)) => {
            vec![conditions(args, (&a, &name_a), (&b, &name_b))?]
        }
        (Found::Store(a), Found::Store(b)) => vec![stores(args, &a, &b)?],
        (Found::Stores(a), Found::Stores(b)) => experiments(args, &a, &b)?,
        (a, b) => return Err(unlike(args, &a, &b)),
    };
    ui::answer(&match args.format {
        View::Terminal => terminal(&comparisons, ui::answer_width()),
        View::Markdown => markdown(&comparisons),
        View::Json => json(&comparisons).or_refuse(Exit::Bug)?,
    })?;
    gate::judge(&args.fail_on, &comparisons)
}

fn runs(args: &CompareArgs, a: &Store, b: &Store) -> Answer<Comparison> {
    let context = Context::of(a, b);
    let criteria = criteria::criteria(args, &context)?;
    compared(&a.run()?, &b.run()?, &criteria, &context)
}

fn conditions(
    args: &CompareArgs,
    (a, name_a): (&Store, &str),
    (b, name_b): (&Store, &str),
) -> Answer<Comparison> {
    let context = Context::of(a, b);
    let criteria = criteria::criteria(args, &context)?;
    let criteria = criteria::picked(criteria, &context, (a, name_a), (b, name_b));
    gate::refuse_useless(&args.fail_on, &criteria)?;
    let (left, right) = (a.condition(name_a)?, b.condition(name_b)?);
    compared(&left, &right, &criteria, &context)
}

fn stores(args: &CompareArgs, a: &Store, b: &Store) -> Answer<Comparison> {
    let context = Context::of(a, b);
    let criteria = criteria::criteria(args, &context)?;
    compared(&a.side(), &b.side(), &criteria, &context)
}

/// Every experiment that both sides have. What only one has is told, and no reason to stop.
fn experiments(args: &CompareArgs, a: &[Store], b: &[Store]) -> Answer<Vec<Comparison>> {
    let ui = Ui::new(false, false);
    let names = |stores: &[Store]| -> BTreeSet<String> {
        stores.iter().map(|store| store.name.clone()).collect()
    };
    let (ours, theirs) = (names(a), names(b));
    for (letter, name) in ours
        .difference(&theirs)
        .map(|name| ("A", name))
        .chain(theirs.difference(&ours).map(|name| ("B", name)))
    {
        ui.warning(&format!("only {letter} has runs of `{name}`"), "");
    }
    let mut all = Vec::new();
    for left in a {
        let Some(right) = b.iter().find(|right| right.name == left.name) else { continue };
        match stores(args, left, right) {
            Ok(comparison) => all.push(comparison),
            Err(refusal) if refusal.exit == Exit::NothingSelected => {
                ui.warning(&format!("`{}`: {}", left.name, refusal.report), "");
            }
            Err(refusal) => return Err(refusal),
        }
    }
    if all.is_empty() {
        let message = format!("no experiment of `{}` has a partner in `{}`", args.a, args.b);
        return Err(Refusal::new(Exit::NothingSelected, message, "they are paired by folder name"));
    }
    Ok(all)
}

fn compared(
    a: &Side<'_>,
    b: &Side<'_>,
    criteria: &Criteria,
    context: &Context<'_>,
) -> Answer<Comparison> {
    let comparison = compare(a, b, criteria, context.cards()).or_refuse(Exit::Usage)?;
    if !comparison.conditions.is_empty() {
        return Ok(comparison);
    }
    let message = format!("no trial of `{}` has a partner in `{}`", a.label, b.label);
    let help = format!("A has {}; B has {}", a.outline(), b.outline());
    Err(Refusal::new(Exit::NothingSelected, message, &help))
}

fn unlike(args: &CompareArgs, a: &Found, b: &Found) -> Refusal {
    let message = format!("`{}` is {}, and `{}` is {}", args.a, a.noun(), args.b, b.noun());
    Refusal::new(Exit::Usage, message, "name two of a kind")
}
