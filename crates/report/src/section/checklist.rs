//! Checklist: what reviewers ask about reproducibility, answered from recorded facts.

use std::collections::BTreeSet;

use fireassay_spec::{Claim, IntervalKind, SplitRule};

use crate::fairness::select;
use crate::legend;
use crate::number::{bytes, duration, listed, plural};
use crate::results::{ConditionResult, Results};
use crate::section::Block;
use crate::table::{Align, Table};

/// Answers that name more conditions than this are no answers; they tell the range.
const MOST_NAMED: usize = 12;

/// Marks what no record answers.
const BLANK: &str = "[to be filled in by the author]";

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let mut table = Table::new(&[("question", Align::Left), ("answer", Align::Left)]);
    let mut row = |question: &str, answer: String| table.rows.push(vec![question.into(), answer]);
    row("What is claimed, and was it fixed beforehand?", claims(results));
    row("Which data, from where, under which licence?", data(results));
    row("How large are the splits, and how are they made?", splits(results));
    row("How many runs, over which sources of variation?", runs(results));
    row("What do error bars show, and how are they computed?", bars(results));
    row("Which tests, and how is multiplicity handled?", tests(results));
    row("How are the reported weights selected?", selection(results));
    row("Is there a validation score for each test score?", validation(results));
    row("How many parameters do the models have?", parameters(results));
    row("How were hyper-parameters chosen, within which bounds?", tuning(results));
    row("Which runs failed or were excluded?", exclusions(results));
    row("On which hardware, with how much memory?", hardware(results));
    row("How long do the runs take, in total?", time(results));
    row("Which code, and can it be had?", code(results));
    row("Was more computed than is reported here?", BLANK.into());
    let blanks = table.rows.iter().filter(|row| row[1].contains(BLANK)).count();
    let intro = format!(
        "Answered from what was recorded; {} for the author to fill in.",
        match blanks {
            1 => "1 answer is left".into(),
            n => format!("{n} answers are left"),
        }
    );
    vec![Block::Text(intro), Block::Table(table)]
}

fn claims(results: &Results) -> String {
    let confirmatory = results.judged().filter(|of| of.standing.is_confirmatory()).count();
    let all = match results.interactions.len() {
        0 => plural(results.contrasts.len(), "contrast"),
        n => format!(
            "{} and {}",
            plural(results.contrasts.len(), "contrast"),
            plural(n, "interaction")
        ),
    };
    let registered = match &results.registered {
        Some(registered) if registered.finished_before == 0 => "registered before the first trial",
        Some(_) => "registered after trials had finished",
        None => "not registered",
    };
    let claim = match results.claim {
        Claim::Confirmatory => format!("{confirmatory} of {all} confirmatory"),
        Claim::Exploratory => format!("{all} exploratory"),
    };
    format!("{claim}; design and analysis {registered}")
}

fn data(results: &Results) -> String {
    let described = results.datasets.iter().map(|data| {
        let source = if data.source.is_empty() { BLANK } else { &data.source };
        format!("{} ({}; source: {source}; licence: {})", data.name, data.title, data.licence)
    });
    joined(described)
}

fn splits(results: &Results) -> String {
    let sizes: BTreeSet<String> = results
        .conditions
        .iter()
        .filter_map(|condition| condition.examples)
        .map(|[least, most]| {
            let train = range(least.train, most.train);
            let (val, test) = (range(least.val, most.val), range(least.test, most.test));
            format!("train {train}, val {val}, test {test}")
        })
        .collect();
    if sizes.is_empty() {
        return BLANK.into();
    }
    let how = |rule: &SplitRule| match rule {
        SplitRule::Stratified => "stratified by class".to_owned(),
        SplitRule::Grouped => "no group (subject, speaker) is in two of them".to_owned(),
        SplitRule::StratifiedAcrossGroups => {
            "stratified by class across groups: test examples are of groups that training has seen"
                .to_owned()
        }
    };
    let how = joined(results.split_rules.iter().map(how));
    let how = format!("{how}, the same at one seed for every condition");
    format!("{}; {how}; val selects, test is read once", joined(sizes))
}

fn range(least: u64, most: u64) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

fn runs(results: &Results) -> String {
    let seeds = results.reference().trials.len();
    format!(
        "{} x {} = {}; a seed decides {}",
        plural(results.conditions.len(), "condition"),
        plural(seeds, "seed"),
        plural(results.planned(), "run"),
        listed(&results.varies)
    )
}

fn bars(results: &Results) -> String {
    let how = match results.analysis.interval {
        IntervalKind::T => "paired Student t",
        IntervalKind::Bootstrap => "percentile bootstrap of the mean",
    };
    let caveat = legend::caveat(results).map_or_else(String::new, |text| format!("; {text}"));
    format!(
        "95 % intervals of the mean paired difference to the reference over seeds ({how}), not \
         adjusted for the number of {}s{caveat}; SD, not SEM, for conditions",
        results.noun()
    )
}

fn tests(results: &Results) -> String {
    let lines = legend::lines(results);
    lines.first().map_or_else(|| BLANK.into(), |(_, text)| text.clone())
}

fn selection(results: &Results) -> String {
    let rules: BTreeSet<String> =
        results.conditions.iter().filter_map(|c| c.cost.select).map(select).collect();
    joined(rules)
}

fn validation(results: &Results) -> String {
    let measured = results.conditions.iter().all(|condition| !condition.metrics.is_empty());
    if measured {
        "yes, under Other metrics and per trial in the tables".into()
    } else {
        BLANK.into()
    }
}

fn parameters(results: &Results) -> String {
    let known = || results.conditions.iter().filter_map(|of| Some((of.cost.params?, &of.name)));
    let all = known().count();
    match known().min().zip(known().max()) {
        Some(((fewest, _), (most, _))) if fewest == most && all > MOST_NAMED => {
            format!("{fewest}, the same for {}", plural(all, "condition"))
        }
        // Who is who stands under Fairness.
        Some(((fewest, least), (most, largest))) if all > MOST_NAMED => {
            format!("{} from {fewest} ({least}) to {most} ({largest})", plural(all, "condition"))
        }
        Some(_) | None => joined(known().map(|(n, name)| format!("{name}: {n}"))),
    }
}

fn tuning(results: &Results) -> String {
    let declared: Vec<(u64, &str)> = results
        .conditions
        .iter()
        .filter_map(|of| Some((of.cost.tuning_trials?, of.name.as_str())))
        .collect();
    let trials = |n: u64| plural(usize::try_from(n).unwrap_or(usize::MAX), "trial");
    let range = declared.iter().min().zip(declared.iter().max());
    let Some(((fewest, _), (most, _))) = range else {
        return format!("values are in experiment.toml; how they were chosen: {BLANK}");
    };
    let who = if declared.len() > MOST_NAMED {
        let conditions = plural(declared.len(), "condition");
        format!("{fewest} to {} each of {conditions}", trials(*most))
    } else {
        let of = |(n, name): &(u64, &str)| format!("{name}: {}", trials(*n));
        declared.iter().map(of).collect::<Vec<_>>().join(", ")
    };
    format!("tuning beforehand, {who}; bounds: {BLANK}")
}

fn exclusions(results: &Results) -> String {
    format!(
        "{} failed or diverged, {} missing, {} unusable, out of {}; policy: {}",
        results.failed(),
        results.missing(),
        results.problems.len(),
        plural(results.planned(), "run"),
        legend::policy(results)
    )
}

fn hardware(results: &Results) -> String {
    let machines: BTreeSet<String> = results
        .provenance
        .iter()
        .filter_map(|(provenance, _)| provenance.as_ref())
        .map(|p| {
            let threads = plural(p.threads, "thread");
            let kernels = p.instructions.as_ref().map(|name| format!(" with kernels for {name}"));
            let backend = format!("{}{}", p.backend, kernels.unwrap_or_default());
            format!("{} ({}), backend {backend}, {threads} per run", p.cpu, p.platform)
        })
        .collect();
    let peak = results.conditions.iter().filter_map(|c| c.cost.peak_rss_bytes).max();
    let memory = peak.map_or_else(|| BLANK.into(), bytes);
    format!("{}; at most {memory} of memory per run", joined(machines))
}

fn time(results: &Results) -> String {
    let spent = |condition: &ConditionResult| {
        let done = condition.trials.iter().filter(|trial| trial.steps.is_some()).count();
        condition.cost.time_secs.map(|secs| secs * done as f64)
    };
    let total: f64 = results.conditions.iter().filter_map(spent).sum();
    let means = results.conditions.iter().filter_map(|c| c.cost.time_secs);
    let longest = means.fold(0.0_f64, f64::max);
    if total == 0.0 {
        return BLANK.into();
    }
    let (total, longest) = (duration(total), duration(longest));
    format!("{total} over all finished runs; at most {longest} per run on average of a condition")
}

fn code(results: &Results) -> String {
    let known = results.provenance.iter().filter_map(|(provenance, _)| provenance.as_ref());
    let revisions: BTreeSet<String> = known
        .map(|p| {
            let revision = p.code.git_revision.as_deref().unwrap_or("outside a repository");
            let dirty = if p.code.git_dirty { " with uncommitted changes" } else { "" };
            format!("revision {revision}{dirty}, {}, Burn {}", p.code.toolchain, p.burn)
        })
        .collect();
    format!("{}; where it is published: {BLANK}", joined(revisions))
}

fn joined(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() { BLANK.into() } else { items.join("; ") }
}
