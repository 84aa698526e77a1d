//! `Step`: a command that is printed before it runs, and timed.

use std::process::Command;
use std::time::Instant;

use crate::trial_program::cargo;
use crate::ui::{Answer, Exit, Refusal, Ui};
use crate::workspace::Workspace;

/// A cargo command with a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// What `--only` takes.
    pub(crate) name: &'static str,
    /// What follows `cargo`.
    pub(crate) args: &'static [&'static str],
    /// Variables set for it.
    pub(crate) env: &'static [(&'static str, &'static str)],
}

impl Step {
    /// As a person would type it.
    pub(crate) fn line(&self) -> String {
        let env = self.env.iter().map(|(name, value)| format!("{name}={value}"));
        let words = env.chain(["cargo".to_owned()]).chain(self.args.iter().map(|arg| quote(arg)));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Prints the line, runs it, prints how long it took; true if it succeeded.
    pub(crate) fn run(&self, workspace: &Workspace, ui: &Ui) -> Answer<bool> {
        ui.verb("Running", self.line());
        let began = Instant::now();
        let mut command = Command::new(cargo());
        command.current_dir(&workspace.root).args(self.args).envs(self.env.iter().copied());
        let status = command.status().map_err(|error| {
            Refusal::new(Exit::Usage, format!("cannot start `{}`: {error}", self.line()), "")
        })?;
        let secs = began.elapsed().as_secs_f64();
        let (verb, word) = if status.success() { ("DONE", "ok") } else { ("FAILED", "failed") };
        ui.verb(verb, format!("{} {word} {secs:.1}s", self.name));
        Ok(status.success())
    }
}

fn quote(word: &str) -> String {
    if word.contains([' ', '*', '{', '$']) { format!("'{word}'") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_typed_again() {
        let step = Step { name: "x", args: &["a", "b c"], env: &[("K", "v")] };
        assert_eq!(step.line(), "K=v cargo a 'b c'");
    }
}
