//! `Store`: one folder of runs, read, with the experiment that it belongs to.

use std::path::{Path, PathBuf};

use fireassay_report::compare::Side;
use fireassay_spec::Cards;
use fireassay_tracking::{Registration, RunDir, RunRecord};

use crate::catalogue::{self, Loaded};
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// The runs of one folder, or one of them.
pub(super) struct Store {
    /// As a person types it.
    pub label: String,
    /// Last part of the path.
    pub name: String,
    /// The folder that holds the run directories, as a person types it.
    pub folder: String,
    /// Runs what is missing here; empty if no command does.
    pub command: String,
    /// What can be used.
    pub records: Vec<RunRecord>,
    /// What cannot, for people.
    pub problems: Vec<String>,
    /// The experiment of the runs, if the workspace has it.
    pub experiment: Option<Loaded>,
    /// What was fixed before the first of them. One that cannot be read is as good as none.
    pub registration: Option<Registration>,
}

/// The experiments of both sides.
pub(super) struct Context<'s> {
    pub a: Option<&'s Loaded>,
    pub b: Option<&'s Loaded>,
    no_cards: Cards,
}

impl Store {
    /// A folder of run directories. A damaged run is a problem and no more.
    pub(super) fn read(dir: &Path, workspace: &Workspace) -> Answer<Self> {
        let survey = fireassay_tracking::Store::survey(dir)
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        let problem = |problem: &fireassay_tracking::RunProblem| {
            format!("`{}` is not used ({}): {}", problem.dir, problem.kind.word(), problem.detail)
        };
        let problems = survey.problems.iter().map(problem).collect();
        Self::of(dir, dir, workspace, survey.records).map(|store| Self { problems, ..store })
    }

    /// One run directory.
    pub(super) fn read_run(dir: &Path, workspace: &Workspace) -> Answer<Self> {
        let record = RunDir::open(dir)
            .and_then(|run| RunRecord::read(&run))
            .map_err(|error| Refusal::from_diagnostic(Exit::Usage, error))?;
        let folder = dir.parent().map(Path::to_path_buf).unwrap_or_default();
        Self::of(dir, &folder, workspace, vec![record])
    }

    /// All of it.
    pub(super) fn side(&self) -> Side<'_> {
        let plan = self.experiment.as_ref().map(|loaded| &loaded.plan);
        let mut side = Side::store(&self.label, &self.records, plan);
        side.folder.clone_from(&self.folder);
        side.command.clone_from(&self.command);
        side.problems.extend(self.problems.iter().cloned());
        side
    }

    /// The run that it is.
    pub(super) fn run(&self) -> Answer<Side<'_>> {
        let record = self.records.first().ok_or_else(|| self.nothing())?;
        let mut side = Side::run(&self.label, record);
        side.folder.clone_from(&self.folder);
        side.command.clone_from(&self.command);
        Ok(side)
    }

    /// One condition of it.
    pub(super) fn condition(&self, name: &str) -> Answer<Side<'_>> {
        let side = self.side();
        let label = format!("{}/{name}", self.label);
        match side.condition(name, &label) {
            Some(side) => Ok(side),
            None => Err(self.nothing()),
        }
    }

    /// There are no runs of what is asked for.
    pub(super) fn nothing(&self) -> Refusal {
        let message = format!("`{}` has no runs", self.label);
        Refusal::new(Exit::NothingSelected, message, &self.command)
    }

    fn of(
        dir: &Path,
        folder: &Path,
        workspace: &Workspace,
        records: Vec<RunRecord>,
    ) -> Answer<Self> {
        let experiment = experiment(&records, workspace)?;
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let command = experiment.as_ref().map(|loaded| command(folder, loaded, workspace));
        Ok(Self {
            label: typed(dir, workspace),
            folder: typed(folder, workspace),
            name,
            command: command.flatten().unwrap_or_default(),
            records,
            problems: Vec::new(),
            experiment,
            registration: Registration::read(folder).ok().flatten(),
        })
    }
}

impl<'s> Context<'s> {
    pub(super) fn of(a: &'s Store, b: &'s Store) -> Self {
        let (a, b) = (a.experiment.as_ref(), b.experiment.as_ref());
        Self { a, b, no_cards: Cards::default() }
    }

    /// The datasets, if any experiment is known.
    pub(super) fn cards(&self) -> &Cards {
        self.a.or(self.b).map_or(&self.no_cards, |loaded| &loaded.cards)
    }

    /// The experiment of both sides, if it is one and the same.
    pub(super) fn shared(&self) -> Option<&'s Loaded> {
        self.a.zip(self.b).filter(|(a, b)| a.plan.experiment == b.plan.experiment).map(|(a, _)| a)
    }
}

/// The experiment that all runs name, if the workspace has one of that name.
fn experiment(records: &[RunRecord], workspace: &Workspace) -> Answer<Option<Loaded>> {
    let Some(first) = records.first() else { return Ok(None) };
    let name = &first.trial.experiment;
    let is_one = records.iter().all(|record| record.trial.experiment == *name);
    if is_one && catalogue::names(workspace)?.contains(name) {
        return catalogue::load(workspace, name).map(Some);
    }
    Ok(None)
}

/// The command that runs what is missing in a folder, if its name is the experiment's.
fn command(folder: &Path, loaded: &Loaded, workspace: &Workspace) -> Option<String> {
    let name = &loaded.experiment.name;
    let command = format!("cargo xtask ablation {name}");
    let parent = folder.parent()?;
    let is = |other: &PathBuf| match (parent.canonicalize(), other.canonicalize()) {
        (Ok(parent), Ok(other)) => parent == other,
        (Ok(_) | Err(_), _) => parent == other,
    };
    let ours = folder.file_name().is_some_and(|last| last == name.as_str());
    match ours {
        true if is(&workspace.root.join("runs")) => Some(command),
        true => Some(format!("{command} --runs {}", typed(parent, workspace))),
        false => None,
    }
}

fn typed(path: &Path, workspace: &Workspace) -> String {
    workspace.short(path).display().to_string()
}
