//! `Screen`: what happens while trials run; a line each, and a bar on a terminal.

use std::time::Duration;

use fireassay_launch::{Outcome, Progress};
use fireassay_spec::{Metric, MetricName, Trial};
use fireassay_tracking::{FailureKind, Outcome as TrialOutcome, Summary};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::select::Reused;
use crate::ui::{Ui, about, clock, plural, tell};

/// Draws progress on stderr.
pub(crate) struct Screen {
    ui: Ui,
    bar: Option<ProgressBar>,
    metric: MetricName,
    name_width: usize,
    total: usize,
    reused: Reused,
    /// Finished or failed, the reused ones included.
    settled: usize,
    failed: usize,
}

impl Screen {
    /// For these trials, of which the reused ones are finished.
    pub(crate) fn new(ui: Ui, metric: MetricName, scope: &[Trial], reused: Reused) -> Self {
        const WIDEST_NAME: usize = 40;
        let widest = scope.iter().map(|trial| trial.condition.len()).max().unwrap_or(0);
        let bar = (ui.on_terminal && !ui.quiet).then(|| bar(scope.len(), reused.total()));
        Self {
            ui,
            bar,
            metric,
            name_width: widest.min(WIDEST_NAME),
            total: scope.len(),
            reused,
            settled: reused.total(),
            failed: 0,
        }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &Progress<'_>) {
        match event {
            Progress::Started { trial, attempt } => {
                if self.ui.verbose {
                    self.line("Started", &format!("{}, attempt {attempt}", self.name(trial)));
                }
            }
            Progress::Finished { trial, summary, secs } => self.finished(trial, summary, *secs),
            Progress::Retried { trial, message, attempt } => {
                self.line("Retry", &format!("{}  attempt {attempt}: {message}", self.name(trial)));
            }
            Progress::Failed { trial, kind, message, secs } => {
                self.failed += 1;
                let kind = match kind {
                    // A time limit and a source are named by the message.
                    FailureKind::Crashed | FailureKind::Pretraining | FailureKind::Timeout => "",
                    FailureKind::Oom => "out of memory: ",
                };
                self.settle("FAILED", trial, *secs, &format!("{kind}{message}"));
            }
            Progress::Interrupted { trial } => self.line("INTERRUPTED", &self.name(trial)),
            Progress::Stopping { running, kill } => {
                self.line("Stopping", &stopping_text(*running, *kill))
            }
            Progress::Tick { elapsed, running, left } => self.tick(*elapsed, *running, *left),
        }
    }

    /// The last line of the journey.
    pub(crate) fn end(self, outcome: &Outcome) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if !self.ui.quiet {
            tell("────────────\n");
        }
        self.ui.verb("Summary", summary_line(outcome, self.total, self.reused));
    }

    fn finished(&mut self, trial: &Trial, summary: &Summary, secs: f64) {
        match &summary.outcome {
            TrialOutcome::Done => {
                let value = summary.metrics.get(&self.metric).copied();
                let text = value.map_or_else(String::new, |value| metric_text(self.metric, value));
                self.settle("DONE", trial, secs, &text);
            }
            TrialOutcome::Diverged { step, value } => {
                self.settle("DIVERGED", trial, secs, &format!("{value} at step {step}"));
            }
        }
    }

    fn settle(&mut self, verb: &str, trial: &Trial, secs: f64, text: &str) {
        self.settled += 1;
        let digits = self.total.to_string().len();
        let count = format!("({:>digits$}/{})", self.settled, self.total);
        self.line(verb, &format!("[{secs:>8.1}s] {count} {}  {text}", self.name(trial)));
    }

    fn tick(&self, elapsed: Duration, running: usize, left: Option<Duration>) {
        let Some(bar) = &self.bar else { return };
        let failed =
            if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        let left = left
            .map_or_else(String::new, |left| format!(", about {} left", about(left.as_secs_f64())));
        bar.set_position(self.settled as u64);
        bar.set_prefix(clock(elapsed));
        bar.set_message(format!(
            "{}/{}, {running} running{failed}{left}",
            self.settled, self.total
        ));
    }

    fn name(&self, trial: &Trial) -> String {
        format!("{:width$}  seed {}", trial.condition, trial.seed, width = self.name_width)
    }

    fn line(&self, verb: &str, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(self.ui.verb_line(verb, text)),
            None => self.ui.verb(verb, text),
        }
    }
}

fn bar(total: usize, reused: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    // The template is a constant; should it ever be wrong, the default bar still works.
    if let Ok(style) = ProgressStyle::with_template("     Running  [{prefix}] {bar:20} {wide_msg}")
    {
        bar.set_style(style);
    }
    bar.set_position(reused as u64);
    bar
}

fn stopping_text(running: usize, kill: bool) -> String {
    let what = plural(running, "trial");
    match (running, kill) {
        // Between two trials.
        (0, _) => "no trial is running, and none is started any more".to_owned(),
        (_, true) => format!("{what} killed; what was not in a checkpoint is lost"),
        (_, false) => format!("{what} asked to write a checkpoint; Ctrl-C again kills"),
    }
}

/// `test accuracy 74.20 %`, `test loss 0.2213`.
fn metric_text(name: MetricName, value: f64) -> String {
    let words = name.to_string().replace('.', " ");
    match name.metric() {
        Metric::Accuracy => format!("{words} {:.2} %", value * 100.0),
        Metric::Loss => format!("{words} {value:.4}"),
    }
}

fn summary_line(outcome: &Outcome, total: usize, reused: Reused) -> String {
    let mut parts = vec![format!("{} done", outcome.done + reused.done)];
    let others = [
        (outcome.diverged + reused.diverged, "diverged"),
        (outcome.failed, "failed"),
        (outcome.interrupted, "interrupted"),
        (outcome.not_started, "not started"),
    ];
    parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")));
    let of_them = match reused.total() {
        0 => String::new(),
        n => format!(" ({n} reused)"),
    };
    let (clock, trials) = (clock(outcome.elapsed), plural(total, "trial"));
    format!("[{clock}] {trials}: {}{of_them}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fireassay_spec::Split;

    #[test]
    fn the_summary_names_only_what_happened() {
        let elapsed = Duration::from_secs(811);
        let outcome = Outcome { done: 29, failed: 1, elapsed, ..Outcome::default() };
        assert_eq!(
            summary_line(&outcome, 40, Reused { done: 9, diverged: 1 }),
            "[00:13:31] 40 trials: 38 done, 1 diverged, 1 failed (10 reused)"
        );
        let outcome = Outcome { done: 1, ..Outcome::default() };
        assert_eq!(summary_line(&outcome, 1, Reused::default()), "[00:00:00] 1 trial: 1 done");
    }

    #[test]
    fn a_stop_says_what_it_means_for_those_that_run() {
        let check = |running, kill, said: &str| assert_eq!(stopping_text(running, kill), said);
        check(2, false, "2 trials asked to write a checkpoint; Ctrl-C again kills");
        check(1, true, "1 trial killed; what was not in a checkpoint is lost");
        check(0, false, "no trial is running, and none is started any more");
    }

    #[test]
    fn metrics_are_shown_in_their_unit() {
        let accuracy = MetricName::Of(Split::Test, Metric::Accuracy);
        assert_eq!(metric_text(accuracy, 0.742), "test accuracy 74.20 %");
        assert_eq!(metric_text(MetricName::Gap(Metric::Loss), 0.5), "gap loss 0.5000");
    }
}
