//! Reads figures back, and compares them with their files.

use std::fs;
use std::path::Path;

use fireassay_report::figure::Figure;
use roxmltree::{Document, Node};

/// A little room for strokes and for text whose width is only estimated.
const SLACK: f64 = 1.0;

/// Compares a drawing with its file and its words with the file beside.
pub(super) fn check(name: &str, figure: &Figure) {
    sound(figure);
    uncut(figure);
    for banned in ["NaN", " inf", "no effect", "not significant", "\u{1f}"] {
        assert!(![&figure.svg, &figure.alt, &figure.caption].iter().any(|t| t.contains(banned)));
    }
    compare(&format!("{name}.svg"), &figure.svg);
    compare(&format!("{name}.txt"), &format!("{}\n\n{}\n", figure.alt, figure.caption));
}

fn compare(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/figure").join(file);
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    assert!(
        expected == found,
        "{file} differs from line {:?} on; cargo xtask bless accepts what is drawn now:\n{found}",
        differs.map(|line| line + 1),
    );
}

/// What every figure has to be: well-formed, inside its sheet, and safe inside any page.
pub(super) fn sound(figure: &Figure) {
    let document = Document::parse(&figure.svg).unwrap_or_else(|e| panic!("{e}\n{}", figure.svg));
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let sheet: Vec<f64> = numbers(root.attribute("viewBox").unwrap());
    let told =
        |name: &str| root.children().find(|n| n.has_tag_name((SVG, name))).and_then(|n| n.text());
    assert_eq!(told("desc"), Some(figure.alt.as_str()));
    assert!(told("title").is_some_and(|title| !title.is_empty()));
    assert!(!figure.alt.is_empty() && !figure.caption.is_empty());
    for node in root.descendants().filter(Node::is_element) {
        inside(&node, (sheet[2], sheet[3]));
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(!["id", "class", "href"].contains(&name) && !name.starts_with("on"), "{name}");
        }
        let tag = node.tag_name().name();
        assert!(TAGS.contains(&tag), "{tag}");
    }
}

/// No text leaves the sheet, taking half a font size for a character.
fn uncut(figure: &Figure) {
    let document = Document::parse(&figure.svg).unwrap();
    let sheet = numbers(document.root_element().attribute("viewBox").unwrap());
    for node in document.descendants().filter(|node| node.has_tag_name((SVG, "text"))) {
        let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let length = 0.5 * number("font-size") * shown(&node).chars().count() as f64;
        let before = match node.attribute("text-anchor") {
            None => 0.0,
            Some("middle") => length / 2.0,
            Some(_) => length,
        };
        // Upright text reads from the bottom to the top.
        let (from, to, most) = match node.attribute("transform") {
            None => (number("x") - before, number("x") - before + length, sheet[2]),
            Some(_) => (number("y") + before - length, number("y") + before, sheet[3]),
        };
        assert!(from >= 0.0 && to <= most, "{from} to {to} of {most}: {}", shown(&node));
    }
}

/// Text without that of a tooltip.
fn shown(node: &Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

/// A coordinate of every element of a kind, in order.
pub(super) fn coordinates(figure: &Figure, tag: &str, name: &str) -> Vec<f64> {
    let document = Document::parse(&figure.svg).unwrap();
    let elements = document.descendants().filter(|node| node.has_tag_name((SVG, tag)));
    elements.filter_map(|node| node.attribute(name)?.parse().ok()).collect()
}

const SVG: &str = "http://www.w3.org/2000/svg";
const TAGS: &[&str] =
    &["svg", "title", "desc", "rect", "line", "polyline", "polygon", "circle", "text"];

/// Every coordinate is a finite number on the sheet.
fn inside(node: &Node<'_, '_>, (width, height): (f64, f64)) {
    let whole = |value: f64, most: f64| {
        assert!((-SLACK..=most + SLACK).contains(&value), "{value} of {most}: {node:?}");
    };
    let number = |name: &str| node.attribute(name).map(|text| text.parse::<f64>().unwrap());
    for name in ["x", "x1", "x2", "cx"] {
        number(name).into_iter().for_each(|x| whole(x, width));
    }
    for name in ["y", "y1", "y2", "cy"] {
        number(name).into_iter().for_each(|y| whole(y, height));
    }
    if let Some((x, w)) = number("x").zip(number("width")) {
        assert!(w >= 0.0, "{node:?}");
        whole(x + w, width);
    }
    if let Some((y, h)) = number("y").zip(number("height")) {
        assert!(h >= 0.0, "{node:?}");
        whole(y + h, height);
    }
    for point in numbers(node.attribute("points").unwrap_or_default()).chunks(2) {
        whole(point[0], width);
        whole(point[1], height);
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split([' ', ','])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .collect()
}

/// Contents of all text elements, in order.
pub(super) fn texts(figure: &Figure) -> Vec<String> {
    let document = Document::parse(&figure.svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name((SVG, "text")));
    texts.map(|node| shown(&node)).collect()
}

/// How many elements of a kind there are.
pub(super) fn count(figure: &Figure, tag: &str) -> usize {
    let document = Document::parse(&figure.svg).unwrap();
    document.descendants().filter(|node| node.has_tag_name((SVG, tag))).count()
}
