//! `report.html`: one file without script or network, for screen and paper, light and dark.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::document::{Document, Headline, Section, document};
use crate::results::Results;
use crate::verdict::Verdict;
use crate::warning::Warning;

mod block;

use block::inline;

/// The whole report as a page. It is well-formed XML too, so tools of either kind read it.
pub fn html(results: &Results) -> String {
    html_of(&document(results))
}

pub(crate) fn html_of(document: &Document) -> String {
    let page = html! {
        (DOCTYPE) (LINE)
        html lang="en" {
            head { (LINE) (PreEscaped(HEAD)) title { (document.title) " – report" } (LINE)
                style { (LINE) (PreEscaped(STYLE)) } (LINE)
            } (LINE)
            body { (LINE)
                a.skip href="#answer" { "To the answer" } (LINE)
                header { (LINE)
                    p.kicker { "Ablation report" } (LINE)
                    h1 { (document.title) } (LINE)
                    p.question { (inline(&document.question)) } (LINE)
                } (LINE)
                main { (LINE)
                    (answer(document))
                    (contents(document))
                    @for section in &document.sections { (shown(section)) }
                } (LINE)
            } (LINE)
        } (LINE)
    };
    page.into_string()
}

/// A line break, for those who read the source or its differences.
const LINE: PreEscaped<&str> = PreEscaped("\n");

/// The policy forbids scripts and the network, whatever the text of an experiment tries.
const HEAD: &str = r#"<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
<link rel="icon" href="data:,"/>
"#;

const STYLE: &str = include_str!("html/style.css");

/// What a reader came for: a sentence per claim, and what stands in the way.
fn answer(document: &Document) -> Markup {
    html! {
        section #answer aria-label="Answer" { (LINE)
            @if document.headline.is_empty() {
                p { "Nothing is compared: the reference is the only condition." } (LINE)
            } @else {
                ul.verdicts { (LINE)
                    @for headline in &document.headline { (verdict(headline)) }
                } (LINE)
            }
            @if !document.warnings.is_empty() {
                div.warnings { (LINE)
                    h2 { "Warnings" } (LINE)
                    ul { (LINE) @for warning in &document.warnings { (warned(warning)) } } (LINE)
                } (LINE)
            }
            @if !document.notes.is_empty() {
                div.notes { (LINE)
                    h2 { "Notes" } (LINE)
                    ul { (LINE)
                        @for note in &document.notes { li { (inline(note)) } (LINE) }
                    } (LINE)
                } (LINE)
            }
        } (LINE)
    }
}

fn verdict(headline: &Headline) -> Markup {
    let word = headline.word;
    html! {
        li class=(word) {
            span.badge { (icon(headline)) (word) }
            " "
            span.sentence { (inline(&headline.sentence)) }
        } (LINE)
    }
}

/// A shape per verdict, the same as in the figures, so that colour is decoration only.
fn icon(headline: &Headline) -> Markup {
    let (path, filled) = match &headline.verdict {
        Verdict::Better | Verdict::Worse if headline.word == "positive" => {
            ("M4.8 1h2.4v3.8H11v2.4H7.2V11H4.8V7.2H1V4.8h3.8z", true)
        }
        Verdict::Better | Verdict::Worse if headline.word == "negative" => {
            ("M1 4.8h10v2.4H1z", true)
        }
        Verdict::Inconclusive(_) if headline.word == "void" => {
            ("M2.4 1 6 4.6 9.6 1 11 2.4 7.4 6 11 9.6 9.6 11 6 7.4 2.4 11 1 9.6 4.6 6 1 2.4z", true)
        }
        Verdict::Better => ("M6 1 11.5 11H.5z", true),
        Verdict::Worse => ("M6 11 .5 1h11z", true),
        Verdict::Equivalent { .. } => ("M1.5 1.5h9v9h-9z", true),
        Verdict::Inconclusive(_) => ("M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z", false),
        Verdict::Exploratory => ("M6 1 11 6 6 11 1 6z", false),
    };
    let kind = if filled { "filled" } else { "open" };
    html! {
        svg class=(kind) viewBox="0 0 12 12" aria-hidden="true" { path d=(path) {} }
    }
}

fn warned(warning: &Warning) -> Markup {
    html! {
        li { (LINE)
            p { (inline(&warning.what)) "." } (LINE)
            p { "To do: "
                @for (i, command) in warning.commands.iter().enumerate() {
                    @if i > 0 { ", then " }
                    code { (command) }
                }
                " (" (inline(&warning.hint)) ")."
            } (LINE)
        } (LINE)
    }
}

fn contents(document: &Document) -> Markup {
    html! {
        nav aria-label="Contents" { (LINE)
            ol { (LINE)
                li { a href="#answer" { "Answer" } } (LINE)
                @for section in &document.sections {
                    li { a href={ "#" (section.id) } { (section.title) } } (LINE)
                }
            } (LINE)
        } (LINE)
    }
}

fn shown(section: &Section) -> Markup {
    let title = format!("{}-title", section.id);
    html! {
        section id=(section.id) aria-labelledby=(title) { (LINE)
            h2 id=(title) { (section.title) } (LINE)
            (block::blocks(section))
        } (LINE)
    }
}
