//! Texts: a file for each class, pairs in a table, a pronouncing dictionary, or one long text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fireassay_spec::{
    DataFormat, ExampleCounts, Pronunciations, SequenceFormat, Steps, Unit, VocabularyCard, Windows,
};

use super::listing::{Listing, is_test, train_and_test};
use super::rows::{is_number, most_inflated};
use super::{DraftError, Outline};
use crate::file::DataFile;
use crate::sequences::Vocabulary;
use crate::sequences::format::{
    self,
    texts::{Content, Row, dictionary, one_a_line, table},
};

/// More files are no classes.
const MAX_CLASSES: usize = 1000;
/// More tokens are no vocabulary: a step is one of so many.
const MAX_VOCABULARY: usize = 1 << 16;
/// Steps of a window of a long text, if it is long enough for a few of them.
const WINDOW: usize = 128;
const FEW: usize = 8;
/// Wider tables are no pairs of texts.
const MAX_COLUMNS: usize = 8;

/// What the parts of a dataset hold.
struct Parts<T> {
    train: T,
    test: Option<T>,
}

/// One or two files are pairs if each line of them has the same number of tabs, and long texts if
/// not; more are a class each.
pub(super) fn outline(listing: &Listing) -> Result<Outline, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    match train_and_test(&names) {
        Some((train, test)) => {
            let parts = Parts {
                train: content(listing, train, 0)?,
                test: test.map(|test| content(listing, test, 0)).transpose()?,
            };
            match num_columns(&parts) {
                Some(columns) => pairs(listing, &parts, columns, [Some(train), test]),
                None => windows(listing, &parts, [Some(train), test]),
            }
        }
        None => classes(listing),
    }
}

/// Whether a table that names no columns holds sentences, and no class.
pub(super) fn are_pairs(listing: &Listing) -> bool {
    let names: Vec<&str> = listing.names().collect();
    let Some((train, test)) = train_and_test(&names) else { return false };
    let contents: Result<Vec<Content>, DraftError> =
        [Some(train), test].into_iter().flatten().map(|name| content(listing, name, 0)).collect();
    let Ok(mut contents) = contents else { return false };
    let test = if test.is_some() { contents.pop() } else { None };
    let Some(train) = contents.pop() else { return false };
    let parts = Parts { train, test };
    let Some(columns) = num_columns(&parts) else { return false };
    let is_free_text = |column: usize| {
        let field = |line: &str| line.split('\t').nth(column).unwrap_or_default().to_owned();
        let fields: Vec<String> = lines(&parts.train.text).map(field).collect();
        let different: BTreeSet<&String> = fields.iter().collect();
        different.len() * 2 > fields.len() && !fields.iter().any(|field| is_number(field))
    };
    (0..columns).all(is_free_text)
}

/// A dictionary, and maybe one to test on.
pub(super) fn lexicon(listing: &Listing) -> Result<Outline, DraftError> {
    let names: Vec<&str> = listing.names().collect();
    let Some((train, test)) = train_and_test(&names) else {
        let problem = "several dictionaries; one with `test` in its name goes with one without";
        return Err(listing.unrecognised(problem));
    };
    let parts = Parts {
        train: content(listing, train, 0)?,
        test: test.map(|test| content(listing, test, 0)).transpose()?,
    };
    let mut groups = BTreeMap::new();
    let mut rows = |content| dictionary(content, Pronunciations::First, &mut groups);
    let rows =
        Parts { train: rows(&parts.train)?, test: parts.test.as_ref().map(rows).transpose()? };
    let drafted = Drafted::of(listing, &rows, [Unit::Character, Unit::Word])?;
    let format = SequenceFormat::Lexicon {
        train: train.to_owned(),
        test: test.map(str::to_owned),
        pronunciations: Pronunciations::First,
        source: drafted.source.clone(),
        target: drafted.target.clone(),
    };
    let note = "of each word the first pronunciation is taken; `pronunciations = \"all\"` takes all, \
                [examples] counts them then, and those of one word are a group";
    Ok(drafted.outline(listing, format, Vec::new(), vec![note.to_owned()]))
}

/// A file for each class; those below a folder for tests are test examples.
fn classes(listing: &Listing) -> Result<Outline, DraftError> {
    let mut files = [BTreeMap::new(), BTreeMap::new()];
    for name in listing.names() {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let file = file.strip_suffix(".gz").unwrap_or(file);
        let class = file.strip_suffix(".txt").unwrap_or(file);
        let part = &mut files[usize::from(is_test(folder))];
        if let Some(other) = part.insert(class.to_owned(), name.to_owned()) {
            let problem = format!(
                "`{other}` and `{name}` are both called `{class}`; a file for each class is \
                 expected, a text a line, named as the class"
            );
            return Err(listing.unrecognised(&problem));
        }
    }
    let [train, test] = files;
    let names: Vec<String> = train.keys().cloned().collect();
    if !(2..=MAX_CLASSES).contains(&names.len()) {
        let problem = format!(
            "{} files of text to learn from; a file for each of 2 to {MAX_CLASSES} classes is \
             expected, a text a line",
            names.len()
        );
        return Err(listing.unrecognised(&problem));
    }
    if !test.is_empty() && !test.keys().eq(train.keys()) {
        let problem = "the files to test on are not of the same classes as those to learn from";
        return Err(listing.unrecognised(problem));
    }
    let read = |files: &BTreeMap<String, String>| -> Result<Vec<Content>, DraftError> {
        files.values().zip(0..).map(|(name, label)| content(listing, name, label)).collect()
    };
    let (of_train, of_test) = (read(&train)?, read(&test)?);
    let rows = Parts {
        train: all_lines(&of_train)?,
        test: if test.is_empty() { None } else { Some(all_lines(&of_test)?) },
    };
    let drafted = Drafted::of(listing, &rows, [Unit::Character; 2])?;
    let vocabulary = drafted.source.clone();
    let format = SequenceFormat::TextClasses { train, test, vocabulary };
    let note = "each line is a text, and the name of its file the class; `unit = \"character\"` is a \
                guess, `data verify` tells what `\"word\"` comes to";
    Ok(drafted.outline(listing, format, names, vec![note.to_owned()]))
}

fn all_lines(contents: &[Content]) -> Result<Vec<Row<'_>>, DraftError> {
    let mut rows = Vec::new();
    for content in contents {
        rows.extend(one_a_line(content)?);
    }
    Ok(rows)
}

/// Two columns of a table of texts: the first is the input, the second the target.
fn pairs(
    listing: &Listing,
    parts: &Parts<Content>,
    columns: usize,
    [train, test]: [Option<&str>; 2],
) -> Result<Outline, DraftError> {
    let rows = Parts {
        train: table(&parts.train, columns, [1, 2])?,
        test: parts.test.as_ref().map(|test| table(test, columns, [1, 2])).transpose()?,
    };
    let drafted = Drafted::of(listing, &rows, [Unit::Character; 2])?;
    let format = SequenceFormat::TextPairs {
        train: train.unwrap_or_default().to_owned(),
        test: test.map(str::to_owned),
        columns,
        source_column: 1,
        target_column: 2,
        source: drafted.source.clone(),
        target: drafted.target.clone(),
    };
    let mut notes = vec![
        "column 1 is the input and column 2 the target, `unit = \"character\"` for both: guesses; \
         `data verify` tells what others come to"
            .to_owned(),
    ];
    if columns > 2 {
        notes.push(format!("columns 3 to {columns} are left out").replace("s 3 to 3 are", " 3 is"));
    }
    Ok(drafted.outline(listing, format, Vec::new(), notes))
}

/// One long text, cut into windows.
fn windows(
    listing: &Listing,
    parts: &Parts<Content>,
    [train, test]: [Option<&str>; 2],
) -> Result<Outline, DraftError> {
    // Of each text, the last token is nothing but a target.
    let steps = |content: &Content| content.text.chars().count().saturating_sub(1);
    let (of_train, of_test) = (steps(&parts.train), parts.test.as_ref().map(steps));
    let length = WINDOW.min(of_train / FEW).min(of_test.unwrap_or(usize::MAX));
    if length == 0 {
        let path = parts.train.file.path.clone();
        let problem = "too short a text to learn from".to_owned();
        return Err(DraftError::Unusable { path, problem });
    }
    let vocabulary = Vocabulary::of(Unit::Character, [parts.train.text.as_str()].into_iter());
    let vocabulary = described(&parts.train.file.path, Unit::Character, &vocabulary)?;
    let size = vocabulary.size;
    let format = SequenceFormat::TextWindows {
        train: train.unwrap_or_default().to_owned(),
        test: test.map(str::to_owned),
        windows: Windows { length, stride: length },
        vocabulary,
    };
    let notes = vec![
        format!(
            "one long text, of which the next character is to be told; windows of {length} \
             characters are a guess, [examples] counts them"
        ),
        "for texts with classes, make a file for each class; for pairs, put a tab between the two"
            .to_owned(),
    ];
    Ok(Outline {
        folder: listing.folder.clone(),
        shape: vec![size],
        steps: Some(Steps { min: length, max: length }),
        classes: Vec::new(),
        examples: ExampleCounts {
            train: of_train / length,
            test: of_test.map_or(0, |steps| steps / length),
        },
        notes,
        format: DataFormat::Sequence(format),
    })
}

/// What lines of text come to.
struct Drafted {
    steps: Steps,
    examples: ExampleCounts,
    source: VocabularyCard,
    target: VocabularyCard,
}

impl Drafted {
    fn of(
        listing: &Listing,
        rows: &Parts<Vec<Row<'_>>>,
        [source, target]: [Unit; 2],
    ) -> Result<Self, DraftError> {
        let path = listing.from.clone();
        if rows.train.is_empty() {
            let problem = "there is no text in it".to_owned();
            return Err(DraftError::Unusable { path, problem });
        }
        let sources = Vocabulary::of(source, rows.train.iter().map(|row| row.source));
        let targets = Vocabulary::of(target, rows.train.iter().map(|row| row.target));
        let mut tokens = Vec::new();
        let mut steps = Steps { min: usize::MAX, max: 0 };
        for row in rows.train.iter().chain(rows.test.iter().flatten()) {
            tokens.clear();
            sources.encode(row.source, &mut tokens);
            steps.min = steps.min.min(tokens.len());
            steps.max = steps.max.max(tokens.len());
        }
        let examples =
            ExampleCounts { train: rows.train.len(), test: rows.test.as_ref().map_or(0, Vec::len) };
        let source = described(&path, source, &sources)?;
        let target = described(&path, target, &targets)?;
        Ok(Self { steps, examples, source, target })
    }

    fn outline(
        self,
        listing: &Listing,
        format: SequenceFormat,
        classes: Vec<String>,
        notes: Vec<String>,
    ) -> Outline {
        Outline {
            folder: listing.folder.clone(),
            shape: vec![self.source.size],
            steps: Some(self.steps),
            classes,
            examples: self.examples,
            notes,
            format: DataFormat::Sequence(format),
        }
    }
}

/// A vocabulary as a card states it.
fn described(
    path: &Path,
    unit: Unit,
    vocabulary: &Vocabulary,
) -> Result<VocabularyCard, DraftError> {
    let size = vocabulary.size();
    if size > MAX_VOCABULARY {
        let tokens = match unit {
            Unit::Character => "characters",
            Unit::Word => "words",
        };
        let problem = format!(
            "{size} different {tokens}, more than the {MAX_VOCABULARY} that a step may be one of"
        );
        return Err(DraftError::Unusable { path: path.to_owned(), problem });
    }
    Ok(VocabularyCard { unit, size, sha256: vocabulary.sha256() })
}

/// Of every line, if they are all of as many columns, and two at least.
fn num_columns(parts: &Parts<Content>) -> Option<usize> {
    let texts = [Some(&parts.train), parts.test.as_ref()].into_iter().flatten();
    let mut widths = texts.flat_map(|part| lines(&part.text)).map(|line| line.split('\t').count());
    let first = widths.next().filter(|width| (2..=MAX_COLUMNS).contains(width))?;
    widths.all(|width| width == first).then_some(first)
}

/// Those that are not empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty())
}

fn content(listing: &Listing, name: &str, label: u32) -> Result<Content, DraftError> {
    let bytes = listing.read(name)?;
    let most = most_inflated(bytes.len());
    let file = DataFile::of_bytes(listing.path(name), bytes);
    let text = format::text(&file, usize::try_from(most).unwrap_or(usize::MAX))?;
    Ok(Content { file, text, label })
}
