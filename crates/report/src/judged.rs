//! `Judged`: what contrasts and declared interactions have in common.

use fireassay_spec::Direction;

use crate::effect::Effect;
use crate::results::{Contrast, Interaction, Results, Sensitivity};
use crate::standing::Standing;
use crate::verdict::Verdict;

/// A claim, whatever it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'r> {
    /// Of the condition, or of the interaction.
    pub name: &'r str,
    pub kind: Kind,
    pub planned: usize,
    /// Failed trials of all conditions in it.
    pub failures: usize,
    pub effect: Option<&'r Effect>,
    pub verdict: &'r Verdict,
    pub sensitivity: Option<&'r Sensitivity>,
    pub standing: &'r Standing,
    pub family: usize,
}

/// What a verdict is about, and so in which words it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Contrast,
    /// With the metric's direction: a number in favour is positive if higher is better.
    Interaction(Direction),
}

impl Kind {
    /// The verdict in one word. Neither sign of an interaction is better than the other.
    pub(crate) fn word(self, verdict: &Verdict) -> &'static str {
        match (self, verdict) {
            (Self::Interaction(Direction::Higher), Verdict::Better)
            | (Self::Interaction(Direction::Lower), Verdict::Worse) => "positive",
            (Self::Interaction(Direction::Higher), Verdict::Worse)
            | (Self::Interaction(Direction::Lower), Verdict::Better) => "negative",
            (Self::Interaction(_), Verdict::Equivalent { .. }) => "negligible",
            (Self::Interaction(_), Verdict::Inconclusive(_) | Verdict::Exploratory)
            | (Self::Contrast, _) => verdict.word(),
        }
    }

    /// The verdict with its reason.
    pub(crate) fn words(self, verdict: &Verdict) -> String {
        verdict.to_string().replacen(verdict.word(), self.word(verdict), 1)
    }
}

impl<'r> Judged<'r> {
    /// The verdict in one word.
    pub(crate) fn word(&self) -> &'static str {
        self.kind.word(self.verdict)
    }

    pub(crate) fn contrast(of: &'r Contrast) -> Self {
        Self {
            name: &of.condition,
            kind: Kind::Contrast,
            planned: of.planned,
            failures: of.failures.0 + of.failures.1,
            effect: of.effect.as_ref(),
            verdict: &of.verdict,
            sensitivity: of.sensitivity.as_ref(),
            standing: &of.standing,
            family: of.family,
        }
    }

    pub(crate) fn interaction(of: &'r Interaction, direction: Direction) -> Self {
        Self {
            name: &of.name,
            kind: Kind::Interaction(direction),
            planned: of.planned,
            failures: of.terms.iter().map(|term| term.failures).sum(),
            effect: of.effect.as_ref(),
            verdict: &of.verdict,
            sensitivity: of.sensitivity.as_ref(),
            standing: &of.standing,
            family: of.family,
        }
    }
}

impl Results {
    /// Every claim: contrasts, then declared interactions.
    pub(crate) fn judged(&self) -> impl Iterator<Item = Judged<'_>> {
        let direction = self.analysis.direction;
        let interactions = self.interactions.iter();
        let interactions = interactions.map(move |of| Judged::interaction(of, direction));
        self.contrasts.iter().map(Judged::contrast).chain(interactions)
    }

    /// The verdict on an interaction in one word: `positive`, `negative`, `negligible`,
    /// `inconclusive` or `exploratory`. The sign is that of the number as it is printed.
    pub fn interaction_word(&self, interaction: &Interaction) -> &'static str {
        Judged::interaction(interaction, self.analysis.direction).word()
    }

    /// `contrast`, or `claim` where interactions are declared too.
    pub(crate) fn noun(&self) -> &'static str {
        if self.interactions.is_empty() { "contrast" } else { "claim" }
    }

    /// Every effect with an interval, derived ones too.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &Effect> {
        let design = &self.design_analysis;
        let derived = design.main_effects.iter().chain(&design.interactions);
        let derived = derived.filter_map(|of| of.effect.as_ref().ok());
        let components = design.components.iter().flat_map(|of| {
            let average = of.shapley.as_ref().ok().map(|shapley| &shapley.effect);
            let ends = [&of.leave_one_out, &of.add_one_in].into_iter();
            ends.filter_map(|effect| effect.as_ref().ok()).chain(average)
        });
        let changes =
            design.trends.iter().filter_map(|trend| Some(&trend.test.as_ref().ok()?.change));
        self.judged().filter_map(|of| of.effect).chain(derived).chain(components).chain(changes)
    }
}
