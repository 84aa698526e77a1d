//! Reports of many conditions stay readable.

use fireassay_report::{html, markdown};

use crate::case::{Case, finished};

fn case(conditions: usize) -> Case {
    let names: Vec<String> = (1..conditions).map(|i| format!("width={i}")).collect();
    let names = std::iter::once("reference").chain(names.iter().map(String::as_str));
    let points: Vec<(&str, &[f64])> = names.map(|name| (name, &[90.0, 90.5, 91.0][..])).collect();
    let mut case = finished(&[("width", "0")], &points);
    for record in &mut case.records {
        let width: u64 = record.trial.settings["width"].parse().unwrap();
        record.summary.as_mut().unwrap().params = 1000 + 7 * width;
    }
    case
}

#[test]
fn the_checklist_names_twelve_conditions_and_the_range_of_more() {
    let check = |case: &Case, expected: &str| {
        let text = markdown(&case.results());
        let row = format!("| How many parameters do the models have? | {expected} |");
        assert!(text.contains(&row), "{text}");
    };
    check(&case(3), "reference: 1000; width=1: 1007; width=2: 1014");
    check(&case(13), "13 conditions from 1000 (reference) to 1084 (width=12)");
    let mut same = case(13);
    for record in &mut same.records {
        record.summary.as_mut().unwrap().params = 1000;
    }
    check(&same, "1000, the same for 13 conditions");
}

#[test]
fn the_checklist_tells_the_range_of_tuning() {
    let mut case = case(13);
    for (trials, condition) in (5..).zip(&case.plan.conditions) {
        case.experiment.tuning.insert(condition.name.clone(), trials);
    }
    let text = markdown(&case.results());
    assert!(text.contains("tuning beforehand, 5 to 17 trials each of 13 conditions;"), "{text}");
    case.experiment.tuning.retain(|_, trials| *trials < 7);
    let text = markdown(&case.results());
    assert!(text.contains("beforehand, reference: 5 trials, width=1: 6 trials;"), "{text}");
}

#[test]
fn a_page_grows_by_three_kilobytes_a_condition_at_most() {
    // Figures stop growing where their limits are; tables have a row per condition.
    let (few, many) = (html(&case(70).results()).len(), html(&case(100).results()).len());
    assert!(many - few < 30 * 3_000, "{few} and {many}");
}
