//! What every page, article and table has to be, whatever it says.

use std::collections::BTreeSet;

use fireassay_report::{figures, html, json, latex, markdown, tables, terminal};
use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use crate::case::{finished, hostile};

/// A page is well-formed, closed to scripts and network, and its tables and links are whole.
pub(crate) fn page(name: &str, text: &str) {
    let page = parsed(text);
    let ids: Vec<&str> = page.descendants().filter_map(|node| node.attribute("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "{name}: an id occurs twice");
    for node in page.descendants().filter(Node::is_element) {
        let tag = node.tag_name().name();
        assert!(!["script", "img", "iframe", "object", "form"].contains(&tag), "{name}: <{tag}>");
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value());
            assert!(!key.starts_with("on") && key != "src", "{name}: {key}={value}");
            if key == "href" && value != "data:," {
                let id = value.strip_prefix('#').unwrap_or_else(|| panic!("{name}: {value}"));
                assert!(known.contains(id), "{name}: nothing is called {id}");
            }
            if key.starts_with("aria-labelledby") {
                assert!(known.contains(value), "{name}: nothing is called {value}");
            }
        }
    }
    for table in elements(&page, "table") {
        let rows = table.descendants().filter(|node| node.has_tag_name("tr"));
        let cells: Vec<usize> =
            rows.map(|row| row.children().filter(Node::is_element).count()).collect();
        assert!(cells.len() > 1 && cells.iter().all(|n| *n == cells[0]), "{name}: {cells:?}");
        assert!(table.children().any(|node| node.has_tag_name("caption")), "{name}: no caption");
    }
    for head in elements(&page, "th") {
        assert!(head.attribute("scope").is_some(), "{name}: a head without scope");
    }
}

/// An article closes what it opens, and its rows have one number of cells.
pub(crate) fn article(name: &str, text: &str) {
    let mut open: Vec<(&str, BTreeSet<usize>)> = Vec::new();
    for line in text.lines() {
        let is_row = line.ends_with(" \\\\");
        if is_row {
            let cells = line.match_indices('&').filter(|(at, _)| !line[..*at].ends_with('\\'));
            open.last_mut().unwrap().1.insert(cells.count());
        } else if let Some(rest) = line.strip_prefix("\\begin{") {
            open.push((rest.split_once('}').unwrap().0, BTreeSet::new()));
        } else if let Some(rest) = line.strip_prefix("\\end{") {
            let (environment, cells) = open.pop().unwrap();
            assert_eq!(rest.split_once('}').unwrap().0, environment, "{name}");
            let is_table = environment.ends_with("table") || environment == "tabular";
            assert_eq!(cells.len(), usize::from(is_table), "{name}: rows of {cells:?} cells");
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stays open");
    let mut depth = 0_i32;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        assert!(depth >= 0, "{name}: a brace closes nothing");
    }
    assert_eq!(depth, 0, "{name}: a brace stays open");
}

/// A table has a cell for each name in every row; a reader of RFC 4180 reads it.
pub(crate) fn tidy(name: &str, tables: &[(String, String)]) {
    for (file, text) in tables {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: BTreeSet<String> = reader.headers().unwrap().iter().map(Into::into).collect();
        let columns = reader.headers().unwrap().len();
        assert_eq!(header.len(), columns, "{name}: {file} names a column twice");
        for record in reader.records() {
            assert_eq!(record.unwrap().len(), columns, "{name}: {file}");
        }
    }
}

#[test]
fn a_page_holds_every_word_of_hostile_text_and_runs_none() {
    let text = html(&hostile().results());
    let page = parsed(&text);
    let shown: String = page.descendants().filter_map(|node| node.text()).collect();
    for name in ["norm=<img src=x onerror=alert(1)>", "\\input{x}, \"two\" lines", "a\"b'c"] {
        assert!(shown.contains(name), "{name}");
    }
    assert!(shown.contains("<script>alert(1)</script>"));
    assert!(!text.contains("<script") && !text.contains("<img"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    assert!(text.contains("default-src 'none'"));
}

#[test]
fn the_first_thing_on_a_page_is_a_sentence_per_contrast_with_its_verdict() {
    let results = hostile().results();
    let text = html(&results);
    let page = parsed(&text);
    let answer = page.descendants().find(|node| node.attribute("id") == Some("answer")).unwrap();
    let main = elements(&page, "main").next().unwrap();
    assert_eq!(main.children().find(Node::is_element), Some(answer));
    let list = answer.children().find(|node| node.has_tag_name("ul")).unwrap();
    let items: Vec<Node<'_, '_>> = list.children().filter(Node::is_element).collect();
    assert_eq!(items.len(), results.contrasts.len());
    for (item, contrast) in items.iter().zip(&results.contrasts) {
        let words: String = item.descendants().filter_map(|node| node.text()).collect();
        assert!(words.trim().starts_with(contrast.verdict.word()), "{words}");
        assert!(item.descendants().any(|node| node.has_tag_name("svg")), "no shape");
    }
}

#[test]
fn no_format_lets_hostile_text_out_of_its_place() {
    let results = hostile().results();
    let text = latex(&results);
    assert!(!text.contains("\\input{x}") && !text.contains("\\def\\x"));
    assert_eq!(text.matches("\\end{document}").count(), 1);
    assert_eq!(text.matches('$').count(), text.matches("\\$").count());
    let text = markdown(&results);
    assert!(!text.contains("\n```") && !text.contains(" <b>") && !text.contains("=<img"));
    assert!(!terminal(&results, 100, "runs/batch-norm").contains('\u{1b}'));
    for (file, text) in tables(&results).unwrap() {
        for record in csv::Reader::from_reader(text.as_bytes()).records() {
            for cell in &record.unwrap() {
                let is_formula = cell.starts_with(['=', '+', '@']);
                assert!(
                    !is_formula && (!cell.starts_with('-') || cell.parse::<f64>().is_ok()),
                    "{file}: {cell}"
                );
            }
        }
    }
}

#[test]
fn tables_hold_the_very_numbers_of_results_json() {
    let mut case = finished(
        &[("seed", "x")],
        &[("reference", &[91.2, 90.85, 91.45]), ("seed=y", &[91.3, 1.0 / 3.0, 91.0])],
    );
    case.diverge("seed=y", 2, 40);
    let results = case.results();
    let json: serde_json::Value = serde_json::from_str(&json(&results).unwrap()).unwrap();
    let tables = tables(&results).unwrap();
    let cell = |file: &str, row: usize, column: &str| {
        let text = &tables.iter().find(|(name, _)| name == file).unwrap().1;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
        reader.records().nth(row).unwrap().unwrap()[at].to_owned()
    };
    let condition = &json["conditions"][1];
    assert_eq!(cell("trials.csv", 4, "score"), condition["trials"][1]["score"].to_string());
    assert_eq!(cell("trials.csv", 4, "factor.seed"), "y");
    assert_eq!(cell("trials.csv", 4, "seed"), "1");
    assert_eq!(
        [cell("trials.csv", 5, "outcome"), cell("trials.csv", 5, "score")],
        ["diverged", ""]
    );
    assert_eq!(cell("conditions.csv", 1, "mean"), condition["score"]["mean"].to_string());
    let effect = &json["contrasts"][0]["effect"];
    assert_eq!(cell("contrasts.csv", 0, "sd"), effect["sd"].to_string());
    assert_eq!(cell("contrasts.csv", 0, "interval-95-low"), effect["interval-95"][0].to_string());
    assert_eq!(cell("contrasts.csv", 0, "reason"), "too-few-seeds");
    assert_eq!(cell("differences.csv", 1, "difference"), effect["differences"][1].to_string());
    let loss = &condition["metrics"]["test.loss"]["mean"];
    let row = (0..).find(|&row| {
        cell("metrics.csv", row, "condition") == "seed=y"
            && cell("metrics.csv", row, "metric") == "test.loss"
    });
    assert_eq!(cell("metrics.csv", row.unwrap(), "mean"), loss.to_string());
}

#[test]
fn a_lone_reference_has_every_format() {
    let results = finished(&[], &[("reference", &[91.2])]).results();
    let text = html(&results);
    page("lone", &text);
    assert!(text.contains("Nothing is compared"));
    article("lone", &latex(&results));
    tidy("lone", &tables(&results).unwrap());
    assert_eq!(markdown(&results).matches("\n## ").count(), text.matches("<h2 id=").count() + 1);
}

#[test]
fn a_page_draws_what_the_figures_are() {
    let results = hostile().results();
    let (page, text) = (html(&results), markdown(&results));
    let drawn = figures(&results);
    assert!(!drawn.is_empty());
    for figure in drawn {
        assert!(page.contains(&figure.svg), "{}", figure.name);
        assert!(text.contains(&format!("](figures/{}.svg)", figure.name)), "{}", figure.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_at_all_stays_in_its_place(question in "\\PC*|[\\x00-\\x7f]{0,60}", level in "\\PC{1,80}") {
        let name = format!("norm={level}");
        let mut case = finished(&[("norm", "x")], &[("reference", &[91.2, 91.3]), (&name, &[90.1, 90.0])]);
        case.experiment.question = question;
        let results = case.results();
        page("any", &html(&results));
        article("any", &latex(&results));
        tidy("any", &tables(&results).unwrap());
    }
}

fn parsed(text: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).unwrap()
}

fn elements<'a, 'i>(
    page: &'a Document<'i>,
    tag: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    page.descendants().filter(move |node| node.has_tag_name(tag))
}
