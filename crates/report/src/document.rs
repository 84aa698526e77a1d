//! `Document`: what a report says, in its order, before any format writes it.

use crate::figure::Figure;
use crate::hypothesis::words;
use crate::legend;
use crate::note::notes;
use crate::results::Results;
use crate::section::{Block, SECTIONS};
use crate::sentence::{interaction_sentence, sentence};
use crate::text::clean;
use crate::verdict::Verdict;
use crate::warning::{Warning, warnings};

/// A whole report. Its strings are clean: see [`crate::text`].
pub(crate) struct Document {
    /// Name of the experiment.
    pub title: String,
    pub question: String,
    /// One per hypothesis, then one per contrast, then one per declared interaction.
    pub headline: Vec<Headline>,
    /// Gravest first.
    pub warnings: Vec<Warning>,
    pub notes: Vec<String>,
    /// The machinery, in the order of the report; none is empty.
    pub sections: Vec<Section>,
}

/// The answer to one claim.
pub(crate) struct Headline {
    pub verdict: Verdict,
    /// The verdict in one word.
    pub word: &'static str,
    /// With its dot. Glued: see [`crate::wrap`].
    pub sentence: String,
}

/// One heading and what stands below it.
pub(crate) struct Section {
    /// Unique in the document: lower-case letters, digits and hyphens.
    pub id: String,
    pub title: &'static str,
    pub blocks: Vec<Block>,
}

/// Everything that a report says.
pub(crate) fn document(results: &Results) -> Document {
    let contrasts = results.contrasts.iter().map(|contrast| {
        let word = contrast.verdict.word();
        headline(&contrast.verdict, word, &sentence(results, contrast))
    });
    let interactions = results.interactions.iter().map(|interaction| {
        let sentence = interaction_sentence(results, interaction);
        headline(&interaction.verdict, results.interaction_word(interaction), &sentence)
    });
    let hypotheses = results.hypotheses.iter().map(|of| {
        let (verdict, word) = (of.answer.as_verdict(), of.answer.word());
        headline(&verdict, word, &words::sentence(results, of))
    });
    let sections = SECTIONS.iter().map(|section| Section {
        id: slug(section.title),
        title: section.title,
        blocks: (section.render)(results).into_iter().map(cleaned).collect(),
    });
    // On the last screen it stands beside the kind of interval.
    let caveat = legend::caveat(results).map(|caveat| format!("bootstrap intervals are {caveat}"));
    let notes: Vec<String> = notes(results).into_iter().chain(caveat).collect();
    let run_dir = format!("runs/{}", results.experiment);
    Document {
        title: clean(&results.experiment),
        question: clean(&results.question),
        headline: hypotheses.chain(contrasts).chain(interactions).collect(),
        warnings: warnings(results, &run_dir).iter().map(cleaned_warning).collect(),
        notes: notes.iter().map(|note| clean(&format!("{note}."))).collect(),
        sections: sections.filter(|section| !section.blocks.is_empty()).collect(),
    }
}

impl Document {
    /// Every figure, in the order of the report.
    pub(crate) fn into_figures(self) -> Vec<Figure> {
        let blocks = self.sections.into_iter().flat_map(|section| section.blocks);
        let figure = |block| match block {
            Block::Figure(figure) => Some(figure),
            Block::Text(_) | Block::List(_) | Block::Table(_) => None,
        };
        blocks.filter_map(figure).collect()
    }
}

fn headline(verdict: &Verdict, word: &'static str, sentence: &str) -> Headline {
    Headline { verdict: verdict.clone(), word, sentence: clean(&format!("{sentence}.")) }
}

/// `How to read this` becomes `how-to-read-this`.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

fn cleaned_warning(warning: &Warning) -> Warning {
    Warning {
        what: clean(&warning.what),
        commands: warning.commands.iter().map(|command| clean(command)).collect(),
        hint: clean(&warning.hint),
    }
}

fn cleaned(block: Block) -> Block {
    match block {
        Block::Text(text) => Block::Text(clean(&text)),
        Block::List(items) => Block::List(items.iter().map(|item| clean(item)).collect()),
        Block::Table(mut table) => {
            let cells = table.rows.iter_mut().flatten();
            for text in table.columns.iter_mut().map(|column| &mut column.title).chain(cells) {
                *text = clean(text);
            }
            Block::Table(table)
        }
        Block::Figure(mut figure) => {
            figure.alt = clean(&figure.alt);
            figure.caption = clean(&figure.caption);
            Block::Figure(figure)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_section_has_an_anchor_of_its_own() {
        let ids: BTreeSet<String> = SECTIONS.iter().map(|section| slug(section.title)).collect();
        assert_eq!(ids.len(), SECTIONS.len());
        assert!(!ids.contains("answer") && !ids.contains("contents"), "the formats use these");
        assert_eq!(slug("How to read this"), "how-to-read-this");
        assert_eq!(slug("Components: leave one out, Shapley"), "components-leave-one-out-shapley");
    }
}
