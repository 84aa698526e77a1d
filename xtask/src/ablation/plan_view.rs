//! The lines that say the plan before time is spent on it.

use std::collections::BTreeMap;

use fireassay_report::{answerable, feasibility};
use fireassay_spec::{Claim, Design, Kernels, Plan};

use super::Session;
use super::select::Selection;
use crate::ui::{Answer, Exit, Refusal, plural};

/// Experiment, design, power, reference, machine, reuse.
pub(crate) fn print(session: &Session<'_>, selection: &Selection) -> Answer<()> {
    let ui = session.ui;
    let experiment = &session.loaded.experiment;
    ui.verb("Experiment", format!("{}: {}", experiment.name, experiment.question));
    ui.verb("Design", design(session));
    if let Some(stage) = pretraining(&session.loaded.plan) {
        ui.verb("Pretraining", stage);
    }
    ui.verb("Power", power(session));
    ui.verb("Reference", reference(&session.loaded.plan));
    ui.verb("Machine", machine(session));
    let (some, all) = (selection.scope_in_plan_order.len(), session.loaded.plan.trials.len());
    if some < all {
        let filters = session.args.only.join(" ");
        ui.verb("Only", format!("{some} of {} ({filters})", plural(all, "trial")));
    }
    if let Some(reuse) = reuse(session, selection) {
        ui.verb("Reuse", reuse);
    }
    Ok(())
}

/// A confirmatory claim that these seeds cannot support is refused before anything is trained.
pub(crate) fn refuse_infeasible(session: &Session<'_>) -> Answer<()> {
    let experiment = &session.loaded.experiment;
    let power = feasibility(experiment, &session.loaded.plan);
    if experiment.claim == Claim::Exploratory {
        return Ok(());
    }
    refuse_unanswerable(session)?;
    if power.feasible {
        return Ok(());
    }
    let message = format!(
        "{} cannot decide {} at alpha = {}: the smallest p is {:.4}, the first threshold {:.4}",
        plural(power.n, "seed"),
        power.words(),
        experiment.analysis.alpha,
        power.smallest_p,
        power.first_threshold,
    );
    let help = format!(
        "list {} seeds in experiments/{}/experiment.toml, or write claim = \"exploratory\"",
        power.n_min, experiment.name,
    );
    Err(Refusal::new(Exit::Usage, message, &help))
}

/// A hypothesis that so many seeds or checkpoints cannot answer is refused likewise.
fn refuse_unanswerable(session: &Session<'_>) -> Answer<()> {
    let experiment = &session.loaded.experiment;
    let Some(of) = answerable(experiment).filter(|of| !of.is_feasible()) else { return Ok(()) };
    let hypotheses = match of.hypotheses {
        1 => "1 hypothesis".to_owned(),
        n => format!("{n} hypotheses"),
    };
    let alpha = experiment.analysis.alpha;
    let message = format!(
        "{} cannot answer {hypotheses} at alpha = {alpha}: {} are needed",
        plural(of.n, "seed"),
        of.n_min
    );
    let place = format!("experiments/{}/experiment.toml", experiment.name);
    let help = match of.shared {
        Some(shared) => format!(
            "in {place}, give stream `{}` {} seeds, or cross it with so many others; or write \
             claim = \"exploratory\"",
            shared.stream.name(),
            of.n_min
        ),
        None => format!("list {} seeds in {place}, or write claim = \"exploratory\"", of.n_min),
    };
    Err(Refusal::new(Exit::Usage, message, &help))
}

fn design(session: &Session<'_>) -> String {
    let (experiment, plan) = (&session.loaded.experiment, &session.loaded.plan);
    let name = match experiment.design {
        Design::Explicit => "explicit",
        Design::FractionalFactorial => "fractional factorial",
        Design::FullFactorial => "full factorial",
        Design::LeaveOneOut => "leave one out",
        Design::LeaveOneOutAddOneIn => "leave one out, add one in",
        Design::OneFactorAtATime => "one factor at a time",
    };
    let factors = match experiment.factors.len() {
        0 => String::new(),
        n => format!("{}, ", plural(n, "factor")),
    };
    format!(
        "{name}: {factors}{} x {} = {}",
        plural(plan.conditions.len(), "condition"),
        plural(experiment.seeds.len(), "seed"),
        plural(plan.trials.len(), "trial"),
    )
}

/// `2 trials on fashion-mnist, 1 trial on mnist, before the trials that start from them`.
fn pretraining(plan: &Plan) -> Option<String> {
    let mut of_dataset: BTreeMap<&str, usize> = BTreeMap::new();
    for trial in &plan.pretraining {
        *of_dataset.entry(&trial.spec.data.dataset).or_default() += 1;
    }
    let of = |(dataset, n): (&str, usize)| format!("{} on {dataset}", plural(n, "trial"));
    let words: Vec<String> = of_dataset.into_iter().map(of).collect();
    (!words.is_empty()).then(|| format!("{}, before those that start from it", words.join(", ")))
}

fn power(session: &Session<'_>) -> String {
    let power = feasibility(&session.loaded.experiment, &session.loaded.plan);
    if session.loaded.experiment.claim == Claim::Exploratory {
        return format!(
            "exploratory: no verdicts; {} would need {} seeds (have {})",
            power.words(),
            power.n_min,
            power.n,
        );
    }
    let detects = power.detectable_d.map_or_else(String::new, |d| {
        format!("; detects a paired difference of about {d:.1} SD at 80 %")
    });
    let need = if power.claims == 1 { "needs" } else { "need" };
    let hypotheses = answerable(&session.loaded.experiment).map_or_else(String::new, |of| {
        format!("; hypotheses: {}, {} needed (have {})", of.hypotheses, of.n_min, of.n)
    });
    let contrasts = format!("{} {need} {} seeds (have {})", power.words(), power.n_min, power.n);
    format!("{contrasts}{hypotheses}{detects}")
}

fn reference(plan: &Plan) -> String {
    let reference = plan.conditions.iter().find(|condition| condition.name == Plan::REFERENCE);
    let settings = reference.map(|condition| &condition.settings).into_iter().flatten();
    let words: Vec<String> = settings.map(|(factor, level)| format!("{factor}={level}")).collect();
    if words.is_empty() { "as in [base]".to_owned() } else { words.join("  ") }
}

fn machine(session: &Session<'_>) -> String {
    let place = match session.args.launcher {
        crate::cli::LauncherKind::Local => "local launcher",
    };
    let kernels = match session.loaded.kernels {
        Kernels::USUAL => String::new(),
        other => format!(", kernels {other}"),
    };
    format!("{}{kernels}, {place}, {}", session.args.backend, session.crew())
}

fn reuse(session: &Session<'_>, selection: &Selection) -> Option<String> {
    let dir = session.workspace.runs_of(&session.loaded.experiment.name);
    let dir = session.workspace.short(&dir).display().to_string();
    let total = selection.scope.len();
    if session.args.fresh {
        let thrown = selection.started;
        let what = plural(thrown, "run");
        return (thrown > 0).then(|| format!("nothing: --fresh throws away {what} in {dir}"));
    }
    let resumable = selection.resumable;
    let goes_on = match resumable {
        0 => String::new(),
        1 => "; 1 goes on where it stopped".to_owned(),
        n => format!("; {n} go on where they stopped"),
    };
    let reused = selection.reused.total();
    let any = reused + resumable > 0;
    any.then(|| format!("{reused} of {total} finished in {dir} (--fresh ignores them){goes_on}"))
}
