//! `Screen`: what happens while files arrive; a line each, and a bar on a terminal.

use fireassay_fetch::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ui::{Ui, about, bytes};

/// Draws the files of one dataset.
pub(super) struct Screen<'a> {
    ui: Ui,
    dataset: &'a str,
    bar: Option<ProgressBar>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(ui: Ui, dataset: &'a str) -> Self {
        Self { ui, dataset, bar: None }
    }

    /// Shows one event.
    pub(super) fn show(&mut self, event: &Event<'_>) {
        let dataset = self.dataset;
        match event {
            Event::Busy => {
                self.line("Waiting", &format!("{dataset}: another command is fetching it"));
            }
            Event::Present { file } => self.line("Present", &format!("{dataset}/{file}")),
            Event::Started { file, place, resumed, total } => {
                self.clear();
                let size = bytes(*total);
                let rest = match resumed {
                    0 => String::new(),
                    n => format!(", {} of them are here", bytes(*n)),
                };
                self.line("Fetching", &format!("{dataset}/{file}, {size}{rest}, from {place}"));
                self.bar = self.ui.on_terminal.then(|| bar(*total, *resumed));
            }
            Event::Arrived { bytes } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(*bytes);
                }
            }
            Event::Retry { place, trouble, wait } => {
                self.clear();
                let wait = about(wait.as_secs_f64());
                self.line("Retry", &format!("{place} in {wait}: {trouble}"));
            }
            Event::GaveUp { place, trouble } => {
                self.clear();
                self.line("Gave up", &format!("{place}: {trouble}"));
            }
            Event::Placed { file } => {
                self.clear();
                self.line("DONE", &format!("{dataset}/{file}, as its card says"));
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn line(&self, verb: &str, text: &str) {
        self.ui.verb(verb, text);
    }
}

fn bar(total: u64, resumed: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    // The template is a constant; should it ever be wrong, the default bar still works.
    let template = "              {bar:30} {binary_bytes} of {binary_total_bytes}, \
                    {binary_bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    // What was here already says nothing of the rate.
    bar.set_position(resumed);
    bar.reset_eta();
    bar
}
