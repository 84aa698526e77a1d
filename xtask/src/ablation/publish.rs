//! Writes `report.md` and `results.json`, and renders the answer.

use std::path::Path;

use fireassay_report::{Fate, Results, analyse, json, markdown, terminal};
use fireassay_tracking::{Store, write_atomic};

use crate::catalogue::Loaded;
use crate::cli::Format;
use crate::ui::{self, Answer, Exit, OrRefuse, Refusal};
use crate::workspace::Workspace;

/// Reads the runs, judges them, and writes both files beside them.
pub(crate) fn publish(workspace: &Workspace, loaded: &Loaded) -> Answer<Results> {
    let results = results_of(workspace, loaded)?;
    let dir = workspace.runs_of(&loaded.experiment.name);
    for (format, name) in [(Format::Markdown, "report.md"), (Format::Json, "results.json")] {
        let text = render(workspace, &results, format)?;
        write(&dir.join(name), &text, &loaded.experiment.name)?;
    }
    Ok(results)
}

/// Reads the runs and judges them.
pub(crate) fn results_of(workspace: &Workspace, loaded: &Loaded) -> Answer<Results> {
    let records = Store::scan(&workspace.runs_of(&loaded.experiment.name))
        .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
    analyse(&loaded.experiment, &loaded.plan, &loaded.cards, &records).or_refuse(Exit::Usage)
}

/// Whether every trial of the plan has a result.
pub(crate) fn is_complete(results: &Results) -> bool {
    let has_result = |fate: &Fate| matches!(fate, Fate::Done | Fate::Diverged { .. });
    results.trials().all(|(_, trial)| has_result(&trial.fate))
}

/// The results as text.
pub(crate) fn render(workspace: &Workspace, results: &Results, format: Format) -> Answer<String> {
    match format {
        Format::Terminal => {
            let dir = workspace.runs_of(&results.experiment);
            let dir = workspace.short(&dir).display().to_string();
            Ok(terminal(results, ui::answer_width(), &dir))
        }
        Format::Markdown => Ok(markdown(results)),
        Format::Json => json(results).or_refuse(Exit::Bug),
    }
}

fn write(path: &Path, text: &str, experiment: &str) -> Answer<()> {
    write_atomic(path, text.as_bytes()).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        let help = format!("nothing is lost: `cargo xtask report {experiment}` writes it later");
        Refusal::new(Exit::Usage, message, &help)
    })
}
