//! By what sides are judged: the experiment's file, or flags where there is none.

use fireassay_report::compare::Criteria;
use fireassay_report::{Cause, Registered, Standing, feasibility};
use fireassay_spec::{Claim, Direction, FailedTrial, Metric, MetricName, Plan, Split};
use serde::Serialize;
use serde_json::Value;

use crate::catalogue::Loaded;
use crate::compare::args::{CompareArgs, Rope};
use crate::compare::store::{Context, Store};
use crate::ui::{Answer, Exit, Refusal};

/// What the experiments say. A flag may only repeat it, or settle what two experiments disagree
/// about, or speak where no experiment is known.
pub(super) fn criteria(args: &CompareArgs, context: &Context<'_>) -> Answer<Criteria> {
    let known: Vec<&Loaded> = match context.shared() {
        Some(loaded) => vec![loaded],
        None => context.a.into_iter().chain(context.b).collect(),
    };
    let flags = Flags::of(args, known.first().copied())?;
    let files: Vec<String> = known
        .iter()
        .map(|loaded| format!("experiments/{}/experiment.toml", loaded.experiment.name))
        .collect();
    let analyses = known.iter().map(|loaded| &loaded.experiment.analysis);
    let of_files: Vec<Criteria> =
        analyses.map(|analysis| Criteria::of_analysis(analysis, &files.join(" and "))).collect();
    let mut refused = Vec::new();
    let metric = settle("metric", flags.metric, &of_files, |c| c.metric, &mut refused);
    let usual = Criteria::usual(metric.unwrap_or(USUAL_METRIC));
    let direction = settle("direction", flags.direction, &of_files, |c| c.direction, &mut refused);
    let rope = settle("rope", flags.rope.map(Some), &of_files, |c| c.rope, &mut refused);
    let alpha = settle("alpha", flags.alpha, &of_files, |c| c.alpha, &mut refused);
    if !refused.is_empty() {
        let help = match files.as_slice() {
            [only] => format!("science stands in {only}: leave the flag out"),
            several => format!("{} speak both: flags settle what differs", several.join(" and ")),
        };
        return Err(Refusal::new(Exit::Usage, refused.join("; "), &help));
    }
    let policy = agreed(&of_files, |criteria| criteria.failed_trial);
    let interval = agreed(&of_files, |criteria| criteria.interval);
    let criteria = Criteria {
        direction: direction.unwrap_or(usual.direction),
        rope: rope.unwrap_or(usual.rope),
        alpha: alpha.unwrap_or(usual.alpha),
        failed_trial: policy.unwrap_or(FailedTrial::ExcludePair),
        interval: interval.unwrap_or_default(),
        ..usual
    };
    let origin = if files.is_empty() { without_file(&criteria) } else { files.join(" and ") };
    Ok(Criteria { origin, ..criteria })
}

const USUAL_METRIC: MetricName = MetricName::Of(Split::Test, Metric::Accuracy);

/// A condition of a store, by name.
pub(super) type Named<'s> = (&'s Store, &'s str);

/// Two conditions of one experiment: anybody could have picked others. One of them against the
/// reference is among the experiment's claims, any two are among all pairs.
///
/// Within one store they get a verdict only where the report gives one: declared, registered before
/// the first trial, not changed since. Across stores registration says nothing.
pub(super) fn picked(
    criteria: Criteria,
    context: &Context<'_>,
    (a, name_a): Named<'_>,
    (b, name_b): Named<'_>,
) -> Criteria {
    let Some(loaded) = context.shared().filter(|_| name_a != name_b) else { return criteria };
    let Loaded { experiment, plan, .. } = loaded;
    let others = plan.conditions.len().saturating_sub(1);
    let compared = match (name_a, name_b) {
        (Plan::REFERENCE, other) | (other, Plan::REFERENCE) => Some(other),
        (_, _) => None,
    };
    let picked_from = match compared {
        Some(_) => feasibility(experiment, plan).claims,
        None => plan.conditions.len() * others / 2,
    };
    let registered = a.registration.as_ref();
    let registered = registered.map(|known| Registered::new(known, &experiment.registered(plan)));
    let standing = match compared {
        _ if experiment.claim == Claim::Exploratory => Standing::Exploratory(Cause::Claimed),
        _ if a.folder != b.folder => Standing::Confirmatory,
        Some(condition) => Standing::of_contrast(condition, experiment, registered.as_ref()),
        None => Standing::of_declared(&[name_a, name_b], experiment, registered.as_ref()),
    };
    Criteria { picked_from: picked_from.max(1), standing, ..criteria }
}

/// What the flags say, in the metric's own unit.
struct Flags {
    metric: Option<MetricName>,
    direction: Option<Direction>,
    rope: Option<f64>,
    alpha: Option<f64>,
}

impl Flags {
    fn of(args: &CompareArgs, known: Option<&Loaded>) -> Answer<Self> {
        let of_file = known.map(|loaded| loaded.experiment.analysis.primary_metric);
        let metric = args.metric.or(of_file).unwrap_or(USUAL_METRIC);
        let rope = match args.rope {
            None => None,
            Some(Rope::Plain(size)) => Some(size),
            Some(Rope::Points(size)) => match metric.metric() {
                Metric::Accuracy => Some(size),
                Metric::Loss => {
                    let message = format!("`{metric}` is in nats, and --rope in pp");
                    return Err(Refusal::new(Exit::Usage, message, "for example --rope 0.02"));
                }
            },
        };
        Ok(Self {
            metric: args.metric,
            direction: args.direction.map(Into::into),
            rope,
            alpha: args.alpha,
        })
    }
}

/// One value: that of the files if they agree, else that of the flag. None: nobody says anything.
fn settle<T: Copy + PartialEq + Serialize>(
    name: &str,
    flag: Option<T>,
    files: &[Criteria],
    get: fn(&Criteria) -> T,
    refused: &mut Vec<String>,
) -> Option<T> {
    let first = files.first().map(get);
    let other = files.iter().map(get).find(|value| Some(*value) != first);
    match (first, other, flag) {
        (Some(first), Some(other), None) => {
            let (first, other) = (shown(first), shown(other));
            refused.push(format!("the experiments disagree about {name}: {first} and {other}"));
        }
        (Some(first), None, Some(flag)) if flag != first => {
            let (first, flag) = (shown(first), shown(flag));
            refused.push(format!("--{name} says {flag}, the experiment says {first}"));
        }
        (Some(_) | None, _, _) => {}
    }
    flag.or(first)
}

/// What all files say.
fn agreed<T: PartialEq>(files: &[Criteria], get: fn(&Criteria) -> T) -> Option<T> {
    let mut values = files.iter().map(get);
    values.next().filter(|first| values.all(|other| other == *first))
}

/// As a file says it.
fn shown(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) | Err(_) => "nothing".into(),
        Ok(other) => other.to_string(),
    }
}

/// Where no file speaks, the values themselves.
fn without_file(criteria: &Criteria) -> String {
    let rope = match criteria.rope {
        Some(rope) => format!("rope {rope}"),
        None => "no rope".into(),
    };
    format!(
        "flags and usual values, for no experiment.toml is known: {}, {} is better, {rope}, alpha {}",
        criteria.metric,
        shown(criteria.direction),
        criteria.alpha
    )
}
