//! `Experiment::load`: an `experiment.toml`, read and checked as a whole.

mod analysis;
mod conditions;
mod explicit;
mod factor_keys;
mod factor_levels;
mod factors;
mod generators;
mod head;
mod pretraining;
mod seeds;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::card::Cards;
use crate::error::{Flaw, SpecErrors};
use crate::read::{Read, read};
use crate::tree::{Node, Span};
use crate::{Analysis, Claim, Design, Experiment, ExplicitCondition, Factor, Generator, TrialSpec};
use seeds::SeedsFile;

/// What [`Experiment::load`] wants the file to be called.
const FILE_NAME: &str = "experiment.toml";

/// A plan beyond this is a slip of the design, not an experiment. It also bounds what a file of a few
/// lines can ask of memory: a trial of a plan takes about 1.5 KB.
const MOST_TRIALS: usize = 100_000;

impl Experiment {
    /// Reads `experiments/<name>/experiment.toml`, or reports all that is wrong with it.
    pub fn load(path: &Path, cards: &Cards) -> Result<Self, SpecErrors> {
        let text = read_text(path)?;
        let is_registered = path.file_name().is_some_and(|name| name == FILE_NAME);
        let folder = path.parent().and_then(Path::file_name).filter(|_| is_registered);
        let folder = folder.map(|name| name.to_string_lossy().into_owned());
        let file_name = path.display().to_string();
        parse(&text, folder.as_deref(), cards)
            .map_err(|flaws| SpecErrors::of(&file_name, &text, flaws))
    }

    /// As [`Experiment::load`], from text. `file_name` is for messages.
    pub fn parse(file_name: &str, text: &str, cards: &Cards) -> Result<Self, SpecErrors> {
        parse(text, None, cards).map_err(|flaws| SpecErrors::of(file_name, text, flaws))
    }
}

/// A file's text; a file that is not UTF-8 is reported with the place.
pub(crate) fn read_text(path: &Path) -> Result<String, SpecErrors> {
    let bytes = fs::read(path).map_err(|error| SpecErrors::unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let flaw = Flaw::new(&(at..at + 1), "the file is not UTF-8", "the first wrong byte");
        SpecErrors::of(&path.display().to_string(), &text, vec![flaw])
    })
}

/// Syntax errors as flaws; the first of each line, since the others follow from it.
pub(crate) fn tree(text: &str) -> Result<Node, Vec<Flaw>> {
    Node::parse(text).map_err(|mut errors| {
        let line =
            |span: &Span| text.get(..span.start).map_or(0, |part| part.matches('\n').count());
        errors.sort_by_key(|(span, _)| span.start);
        errors.dedup_by_key(|(span, _)| line(span));
        let flaw = |(span, message): &(Span, String)| {
            Flaw::new(span, format!("not TOML: {message}"), "here")
        };
        errors.iter().map(flaw).collect()
    })
}

fn parse(text: &str, folder: Option<&str>, cards: &Cards) -> Result<Experiment, Vec<Flaw>> {
    let root = tree(text)?;
    let mut read: Read<ExperimentFile> = read(&root, "");
    let mut flaws = std::mem::take(&mut read.flaws);
    let Some(file) = read.value.take() else {
        return Err(flaws);
    };
    let source = Source { root: &root, read: &read, cards };
    head::check(&file, &source, folder, &mut flaws);
    let told = flaws.len();
    let varied = match file.design {
        Design::Explicit => explicit::read(&file, &source, &mut flaws),
        Design::FractionalFactorial
        | Design::FullFactorial
        | Design::LeaveOneOut
        | Design::LeaveOneOutAddOneIn
        | Design::OneFactorAtATime => factors::read(&file, &source, &mut flaws),
    };
    let generators = generators::read(&file, varied.factors(), &source, &mut flaws);
    analysis::check_interactions(&file, varied.factors(), &source, &mut flaws);
    // Whether the parts that conditions are made of are what the file says.
    let whole = ["base", "design", "factor", "condition", "exclude", "generators"];
    let is_whole = flaws.len() == told && whole.iter().all(|key| read.is_sound(key));
    let experiment = file.into_experiment(&varied, generators);
    if is_whole {
        conditions::check(&experiment, &varied, &source, &mut flaws);
    }
    if flaws.is_empty() { Ok(experiment) } else { Err(flaws) }
}

/// What was seen under this key before, if anything; else remembers it.
fn earlier<K: Ord, V: Copy>(seen: &mut BTreeMap<K, V>, key: K, value: V) -> Option<V> {
    match seen.entry(key) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(value);
            None
        }
    }
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ExperimentFile {
    schema: u32,
    name: String,
    question: String,
    #[serde(default)]
    statements: Vec<String>,
    claim: Claim,
    seeds: SeedsFile,
    #[serde(default = "one_factor_at_a_time")]
    design: Design,
    base: TrialSpec,
    #[serde(default)]
    factor: Vec<FactorFile>,
    #[serde(default)]
    condition: Vec<ConditionFile>,
    #[serde(default)]
    exclude: Vec<BTreeMap<String, toml::Value>>,
    generators: Option<Vec<String>>,
    analysis: Analysis,
    #[serde(default)]
    tuning: BTreeMap<String, u64>,
}

/// `[[factor]]` as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FactorFile {
    name: Option<String>,
    key: Option<String>,
    keys: Option<Vec<String>>,
    levels: Option<Vec<toml::Value>>,
    without: Option<toml::Value>,
    labels: Option<Vec<String>>,
    #[serde(default)]
    duplicates: Vec<String>,
}

/// `[[condition]]` as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConditionFile {
    name: String,
    #[serde(default)]
    duplicate: bool,
    set: BTreeMap<String, toml::Value>,
}

fn one_factor_at_a_time() -> Design {
    Design::OneFactorAtATime
}

/// The file as a tree, what was read from it, and what it may refer to.
struct Source<'a> {
    root: &'a Node,
    read: &'a Read<ExperimentFile>,
    cards: &'a Cards,
}

impl<'a> Source<'a> {
    /// The node at a dotted path, or its closest ancestor.
    fn node(&self, path: &str) -> &'a Node {
        self.root.nearest(path)
    }

    /// The place of a key, or of the table that lacks it.
    fn key(&self, table: &str, key: &str) -> &'a Span {
        let node = self.node(table);
        node.table().and_then(|entries| entries.get(key)).map_or(&node.span, |entry| &entry.key)
    }

    /// The first header of a list of tables.
    fn header(&self, list: &str) -> &'a Span {
        self.root.at(&format!("{list}.0")).map_or(self.key("", list), |first| &first.span)
    }

    /// `[base]`, if there is one.
    fn base(&self) -> Option<&'a Node> {
        self.root.at("base")
    }
}

/// Keys of `[base]` and the nodes that are put there.
type Place<'a> = Vec<(String, &'a Node)>;

/// What is varied, with the places in the file.
enum Varied<'a> {
    /// The conditions of an explicit design, and the factors that follow from them.
    Explicit { conditions: Vec<ExplicitCondition>, factors: Vec<Factor>, places: Vec<Place<'a>> },
    /// Factors, and a place per factor and level.
    Factors { factors: Vec<Factor>, places: Vec<Vec<Place<'a>>> },
}

impl Varied<'_> {
    fn factors(&self) -> &[Factor] {
        match self {
            Self::Explicit { factors, .. } | Self::Factors { factors, .. } => factors,
        }
    }
}

impl ExperimentFile {
    fn into_experiment(self, varied: &Varied<'_>, generators: Vec<Generator>) -> Experiment {
        let conditions = match varied {
            Varied::Explicit { conditions, .. } => conditions.clone(),
            Varied::Factors { .. } => Vec::new(),
        };
        Experiment {
            name: self.name,
            question: self.question,
            statements: self.statements,
            claim: self.claim,
            seeds: self.seeds.replicates(),
            crossed: self.seeds.crossed(),
            design: self.design,
            base: self.base,
            factors: varied.factors().to_vec(),
            conditions,
            exclude: self.exclude,
            generators,
            analysis: self.analysis,
            tuning: self.tuning,
        }
    }
}
