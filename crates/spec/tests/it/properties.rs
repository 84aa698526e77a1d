//! What must hold for files that nobody wrote by hand.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use crate::common::{cards, golden, parse, text};
use fireassay_spec::{Cards, Experiment, Filter, TrialId, TrialOutcome};
use proptest::prelude::*;

const FACTORS: [&str; 4] = [
    "[[factor]]\nkey = \"model.cnn.norm\"\nlevels = [\"batch\", { group = 4 }, \"none\"]\n",
    "[[factor]]\nkey = \"optim.lr\"\nlevels = [0.05, 0.1, 1e-5]\n",
    "[[factor]]\nname = \"size\"\nkeys = [\"model.cnn.channels\", \"train.batch-size\"]\n\
     levels = [[[8, 16], 32], [[4], 16]]\nlabels = [\"as is\", \"small\"]\n",
    "[[factor]]\nkey = \"data.train-size\"\nlevels = [\"all\", 2000, { per-class = 50 }]\n",
];

static CARDS: LazyLock<Cards> = LazyLock::new(cards);

static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let paths = fs::read_dir(golden().join("good")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().unwrap() == "toml").collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
});

/// Ids by settings and seed, whatever the order in the file.
fn ids(text: &str) -> BTreeMap<(BTreeMap<String, String>, u64), TrialId> {
    let plan = parse(text).unwrap().plan(&CARDS);
    plan.trials.into_iter().map(|trial| ((trial.settings, trial.seed), trial.id)).collect()
}

/// The lines of each section in another order. Sections keep their place: a TOML header does not.
fn shuffle_lines(text: &str, keys: &[u32]) -> String {
    let mut sections: Vec<Vec<&str>> = vec![vec![]];
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            sections.push(vec![]);
        }
        sections.last_mut().unwrap().push(line);
    }
    let mut keys = keys.iter().cycle();
    for section in &mut sections {
        let first = usize::from(section.first().is_some_and(|line| line.starts_with('[')));
        section[first..].sort_by_cached_key(|_| *keys.next().unwrap());
    }
    sections.concat().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn order_in_the_file_changes_no_id(
        order in Just(FACTORS.to_vec()).prop_shuffle(),
        keys in prop::collection::vec(any::<u32>(), 50),
        factorial in any::<bool>(),
    ) {
        let design = if factorial { "full-factorial" } else { "one-factor-at-a-time" };
        let expected = ids(&text(design, "[0, 1]", &FACTORS.concat()));
        let found = ids(&shuffle_lines(&text(design, "[1, 0]", &order.concat()), &keys));
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn comments_and_spaces_change_no_id(noise in prop::collection::vec(0..4u8, 80)) {
        let plain = text("one-factor-at-a-time", "[0]", &FACTORS.concat());
        let mut noise = noise.iter().cycle();
        let noisy: String = plain.lines().map(|line| match noise.next().unwrap() {
            0 => format!("{line}   # a comment = \"1\"\n"),
            1 => format!("\n\n  {line}\n"),
            2 if !line.starts_with('[') => format!("{}\r\n", line.replacen(" = ", "=", 1)),
            _ => format!("{line}\n"),
        }).collect();
        prop_assert_eq!(ids(&noisy), ids(&plain));
    }

    #[test]
    fn every_label_selects_what_has_it(which in 0..GOOD.len()) {
        let plan = Experiment::parse("good.toml", &GOOD[which], &CARDS).unwrap().plan(&CARDS);
        for condition in &plan.conditions {
            for (factor, label) in &condition.settings {
                let filter = Filter::parse(&[format!("{factor}={label}")], &plan).unwrap();
                let selected = plan.select(&filter, &|_| TrialOutcome::Missing);
                let expected = plan.trials.iter().filter(|t| t.settings.get(factor) == Some(label));
                prop_assert_eq!(selected.trials, expected.cloned().collect::<Vec<_>>());
            }
            let filter = Filter::parse(&[format!("condition={}", condition.name)], &plan).unwrap();
            let selected = plan.select(&filter, &|_| TrialOutcome::Missing);
            prop_assert_eq!(&selected.conditions, std::slice::from_ref(condition));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        refused_with_places(&text);
    }

    #[test]
    fn a_mutated_file_is_read_or_refused(
        which in 0..GOOD.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6u8, "[\\[\\]{}=\",.#\n0-9a-zé-]{0,3}"), 1..6),
    ) {
        let mut chars: Vec<char> = GOOD[which].chars().collect();
        for (index, kind, with) in &edits {
            let at = index.index(chars.len());
            let until = (at + usize::from(*kind)).min(chars.len());
            chars.splice(at..until, with.chars());
            if chars.is_empty() {
                break;
            }
        }
        refused_with_places(&chars.into_iter().collect::<String>());
    }
}

/// A refused file says where, and its problems can be drawn; an accepted one has a plan.
fn refused_with_places(text: &str) {
    match Experiment::parse("mutated.toml", text, &CARDS) {
        Ok(experiment) => assert!(!experiment.plan(&CARDS).trials.is_empty()),
        Err(errors) => {
            assert!(!errors.errors.is_empty());
            let mut drawn = String::new();
            miette::GraphicalReportHandler::new().render_report(&mut drawn, &errors).unwrap();
            assert!(errors.errors.iter().all(|error| error.position().is_some()), "{drawn}");
        }
    }
}
