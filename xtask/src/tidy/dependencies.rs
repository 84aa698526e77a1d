//! Which package may use which: the two halves of the workspace, and no cycles.

use std::process::Command;

use serde::Deserialize;

use crate::trial_program::cargo;
use crate::ui::{Answer, Exit, Refusal};
use crate::workspace::Workspace;

/// One package, without its prefix.
struct Row {
    name: &'static str,
    /// Packages of the workspace that it may use.
    uses: &'static [&'static str],
    /// Whether it belongs to the half that Burn takes minutes to compile.
    burn: bool,
}

/// From the bottom up: a row uses rows above it only, tests included.
const TABLE: &[Row] = &[
    Row { name: "spec", uses: &[], burn: false },
    Row { name: "tracking", uses: &["spec"], burn: false },
    Row { name: "report", uses: &["spec", "tracking"], burn: false },
    Row { name: "launch", uses: &["spec", "tracking"], burn: false },
    Row { name: "mapped", uses: &[], burn: false },
    Row { name: "kept", uses: &["mapped"], burn: false },
    Row { name: "data", uses: &["spec", "mapped", "kept"], burn: false },
    Row { name: "weights", uses: &["spec", "tracking"], burn: false },
    Row { name: "corpus", uses: &["spec", "tracking", "data", "weights"], burn: false },
    Row { name: "fetch", uses: &["spec"], burn: false },
    Row { name: "kernels", uses: &[], burn: false },
    Row { name: "features", uses: &["spec", "mapped", "kept", "kernels"], burn: false },
    Row { name: "backend", uses: &[], burn: true },
    Row { name: "ops", uses: &["spec", "kernels"], burn: true },
    Row { name: "models", uses: &["spec", "kernels", "ops"], burn: true },
    Row { name: "finetune", uses: &["spec", "models"], burn: true },
    Row {
        name: "trainer",
        uses: &[
            "spec", "tracking", "data", "weights", "kernels", "ops", "models", "finetune",
            "features",
        ],
        burn: true,
    },
    Row {
        name: "trial",
        uses: &[
            "spec", "tracking", "data", "backend", "kernels", "ops", "models", "trainer",
            "weights", "features",
        ],
        burn: true,
    },
    Row {
        name: "xtask",
        uses: &["spec", "tracking", "report", "launch", "data", "weights", "fetch", "features"],
        burn: false,
    },
];

/// The only package without the prefix: `cargo xtask` needs its name.
const UNPREFIXED: &str = "xtask";
const PREFIX: &str = "fireassay-";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or none for a normal one.
    kind: Option<String>,
}

/// What breaks the table.
pub(crate) fn problems(workspace: &Workspace) -> Answer<Vec<String>> {
    let mut command = Command::new(cargo());
    command.current_dir(&workspace.root);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let refuse = |why: String| Refusal::new(Exit::Usage, format!("cargo metadata: {why}"), "");
    let output = command.output().map_err(|error| refuse(error.to_string()))?;
    if !output.status.success() {
        return Err(refuse(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).map_err(|error| refuse(error.to_string()))?;
    Ok(metadata.packages.iter().flat_map(problems_of).collect())
}

fn problems_of(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let stem = name.strip_prefix(PREFIX).or((name == UNPREFIXED).then_some(name));
    let Some(stem) = stem else {
        return vec![format!("package `{name}` lacks the prefix `{PREFIX}`")];
    };
    let Some(rank) = TABLE.iter().position(|row| row.name == stem) else {
        return vec![format!("package `{name}` is not in the table of xtask/src/tidy")];
    };
    let problem = |dependency| problem_of(rank, dependency).map(|why| format!("{name} {why}"));
    package.dependencies.iter().filter_map(problem).collect()
}

fn problem_of(rank: usize, dependency: &Dependency) -> Option<String> {
    let row = &TABLE[rank];
    let name = dependency.name.as_str();
    if name == "burn" || name.starts_with("burn-") {
        return (!row.burn).then(|| format!("is to be free of Burn, but uses `{name}`"));
    }
    let stem = name.strip_prefix(PREFIX)?;
    let is_below = TABLE.iter().take(rank).any(|row| row.name == stem);
    let allowed = match dependency.kind.as_deref() {
        Some("dev") => is_below,
        _ => row.uses.contains(&stem),
    };
    (!allowed).then(|| format!("may not use `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(package: &str, dependency: &str, kind: Option<&str>, expected: &[&str]) {
        let dependency = Dependency { name: dependency.into(), kind: kind.map(Into::into) };
        let package = Package { name: package.into(), dependencies: vec![dependency] };
        assert_eq!(problems_of(&package), expected);
    }

    #[test]
    fn the_table_is_ordered_from_the_bottom_up() {
        for (rank, row) in TABLE.iter().enumerate() {
            for used in row.uses {
                assert!(TABLE.iter().take(rank).any(|row| row.name == *used), "{}", row.name);
            }
        }
    }

    #[test]
    fn the_burn_free_half_uses_nobody_of_the_other() {
        let burn: Vec<&str> = TABLE.iter().filter(|row| row.burn).map(|row| row.name).collect();
        for row in TABLE.iter().filter(|row| !row.burn) {
            assert!(row.uses.iter().all(|used| !burn.contains(used)), "{}", row.name);
        }
    }

    #[test]
    fn forbidden_dependencies_are_named() {
        check("fireassay-report", "fireassay-spec", None, &[]);
        check("fireassay-report", "serde", None, &[]);
        let text = "fireassay-spec may not use `fireassay-tracking`";
        check("fireassay-spec", "fireassay-tracking", None, &[text]);
        check("fireassay-spec", "fireassay-tracking", Some("dev"), &[text]);
        check("fireassay-trainer", "fireassay-backend", Some("dev"), &[]);
        let text = "fireassay-trainer may not use `fireassay-backend`";
        check("fireassay-trainer", "fireassay-backend", None, &[text]);
        let text = "xtask is to be free of Burn, but uses `burn-core`";
        check("xtask", "burn-core", None, &[text]);
        check("other", "serde", None, &["package `other` lacks the prefix `fireassay-`"]);
        let text = "package `fireassay-new` is not in the table of xtask/src/tidy";
        check("fireassay-new", "serde", None, &[text]);
    }
}
