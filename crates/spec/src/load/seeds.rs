//! `seeds`: a list of replicates, or streams that vary separately and are crossed.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::head::problem_flaw;
use super::{ExperimentFile, MOST_TRIALS, Source, earlier};
use crate::crossed::{PRETRAIN, replicates};
use crate::error::Flaw;
use crate::{Claim, Purpose, StreamSeeds};

/// Beyond this, a stream's seeds are a slip.
const MOST_SEEDS: u64 = 1000;

/// `seeds` as written.
#[derive(Debug)]
pub(super) enum SeedsFile {
    /// `{ init = 3, order = 3 }`: how many seeds each stream has.
    Crossed(StreamSeeds),
    /// `[0, 1, 2]`
    List(Vec<u64>),
}

impl SeedsFile {
    /// Sorted.
    pub(super) fn replicates(&self) -> Vec<u64> {
        let mut seeds: Vec<u64> = match self {
            Self::Crossed(_) => {
                // What is refused need not be counted out.
                let count = replicates(&self.crossed()).filter(|n| *n <= MOST_TRIALS as u64);
                (0..count.unwrap_or(0)).collect()
            }
            Self::List(seeds) => seeds.clone(),
        };
        seeds.sort_unstable();
        seeds
    }

    /// The streams with their numbers of seeds, in the order of [`Purpose::ALL`].
    pub(super) fn crossed(&self) -> Vec<(Purpose, u64)> {
        match self {
            Self::Crossed(counts) => {
                let count = |purpose: &Purpose| Some((*purpose, counts.named(*purpose)?));
                Purpose::ALL.iter().filter_map(count).collect()
            }
            Self::List(_) => Vec::new(),
        }
    }
}

pub(super) fn check(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    match &file.seeds {
        SeedsFile::Crossed(_) => check_crossed(file, source, flaws),
        SeedsFile::List(seeds) => check_list(seeds, source, flaws),
    }
}

fn check_list(seeds: &[u64], source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    if source.read.is_sound("seeds") && seeds.is_empty() {
        let flaw = Flaw::new(&source.node("seeds").span, "there are no seeds", "nothing would run");
        flaws.push(flaw.help("each seed is a replicate: seeds = [0, 1, 2, 3, 4, 5, 6]"));
    }
    let mut first_seen = BTreeMap::new();
    for (index, seed) in seeds.iter().enumerate() {
        let path = format!("seeds.{index}");
        if !source.read.is_sound(&path) {
            continue;
        }
        let span = &source.node(&path).span;
        if let Some(first) = earlier(&mut first_seen, seed, span) {
            let flaw = Flaw::new(span, format!("seed {seed} is listed twice"), "again");
            let help = "the same seed gives the same trial, which is no replicate";
            flaws.push(flaw.also(first, "first here").help(help));
        }
    }
}

fn check_crossed(file: &ExperimentFile, source: &Source<'_>, flaws: &mut Vec<Flaw>) {
    let node = source.node("seeds");
    let crossed = file.seeds.crossed();
    let is_confirmatory = source.read.is_sound("claim") && file.claim == Claim::Confirmatory;
    if is_confirmatory && !is_blocked(file, &crossed) {
        let message = "crossed streams cannot carry a confirmatory claim";
        let label = format!("found {}", source.node("claim").words());
        let flaw = Flaw::new(&source.node("claim").span, message, label);
        flaws.push(flaw.also(&node.span, "crossed here").help(
            "replicates that share a stream are not independent, so no test may count them as n: \
             write claim = \"exploratory\", list the seeds: seeds = [0, 1, 2], or declare a \
             [[hypothesis]] and analysis.blocks, the stream that it blocks on",
        ));
    }
    for &(stream, count) in &crossed {
        let path = format!("seeds.{}", stream.name());
        if !source.read.is_sound(&path) {
            continue;
        }
        if !(1..=MOST_SEEDS).contains(&count) {
            let message = format!("`{path}` must be from 1 to {MOST_SEEDS}");
            flaws.push(problem_flaw(source.node(&path), message, None));
        }
        let fixed = format!("base.streams.{}", stream.name());
        if file.base.streams.named(stream).is_some() && source.read.is_sound(&fixed) {
            let message = format!("stream `{}` is crossed and fixed", stream.name());
            let flaw = Flaw::new(source.key("seeds", stream.name()), message, "crossed here");
            let flaw = flaw.also(source.key("base.streams", stream.name()), "fixed here");
            flaws.push(flaw.help("delete one of the two"));
        }
    }
    if !source.read.is_sound("seeds") {
        return;
    }
    if crossed.iter().all(|(_, count)| *count == 1) {
        let flaw = Flaw::new(&node.span, "no stream varies", "nothing has two seeds");
        flaws.push(flaw.help("give some stream 2 or more: seeds = { init = 3, order = 3 }"));
    }
    let count = replicates(&crossed);
    if count.is_none_or(|count| count > MOST_TRIALS as u64) {
        let count = count
            .map_or("more replicates than can be counted".into(), |n| format!("{n} replicates"));
        let flaw = Flaw::new(&node.span, format!("the streams make {count}"), "their product");
        flaws.push(flaw.help(format!("at most {MOST_TRIALS} trials; cross fewer seeds")));
    }
}

/// Whether hypotheses are declared that take a crossed stream as blocks: those count rightly.
fn is_blocked(file: &ExperimentFile, crossed: &[(Purpose, u64)]) -> bool {
    let is_it = |(stream, _): &(Purpose, u64)| match file.analysis.blocks {
        Some(declared) => declared == *stream,
        None => stream.name() == PRETRAIN,
    };
    !file.hypothesis.is_empty() && crossed.iter().any(is_it)
}

impl<'de> Deserialize<'de> for SeedsFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeedsVisitor)
    }
}

struct SeedsVisitor;

impl<'de> Visitor<'de> for SeedsVisitor {
    type Value = SeedsFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of seeds, or streams to cross: { init = 3, order = 3 }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seeds: A) -> Result<SeedsFile, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seeds)).map(SeedsFile::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, counts: A) -> Result<SeedsFile, A::Error> {
        StreamSeeds::deserialize(MapAccessDeserializer::new(counts)).map(SeedsFile::Crossed)
    }

    /// The stand-in for what is missing or neither of the two; a number of the file is signed.
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<SeedsFile, E> {
        Ok(SeedsFile::List(Vec::new()))
    }
}
