//! Main effects and interactions of factorial designs.

use crate::design::Derived;
use crate::design::fraction::leads_its_chain;
use crate::design::words::{MOST_SENTENCES, cells, holds_zero, legend, numbers, withheld};
use crate::draw;
use crate::legend::interval_name;
use crate::number::{listed, plural};
use crate::results::Results;
use crate::section::Block;
use crate::table::{Align, Table};

pub(crate) fn render(results: &Results) -> Vec<Block> {
    let analysis = &results.design_analysis;
    // A declared interaction is a claim, and stands with the contrasts.
    let found = || analysis.interactions.iter().filter(|of| !of.declared);
    let all: Vec<&Derived> = analysis.main_effects.iter().chain(found()).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Text(intro(results))];
    if all.len() <= MOST_SENTENCES {
        let main = analysis.main_effects.iter().map(|of| main_sentence(results, of));
        let both = found().map(|of| interaction_sentence(results, of));
        blocks.push(Block::List(main.chain(both).collect()));
    }
    blocks.push(Block::Table(table(results, &all)));
    if !results.interactions.is_empty() {
        let names: Vec<String> = results.interactions.iter().map(|of| of.name.clone()).collect();
        blocks.push(Block::Text(format!("Declared, so under Effects: {}.", listed(&names))));
    }
    let missing: Vec<_> =
        all.iter().map(|of| (of.name.clone(), of.effect.as_ref().err().copied())).collect();
    blocks.extend(withheld(&missing).into_iter().map(Block::Text));
    blocks.extend(draw::interactions(results).into_iter().map(Block::Figure));
    blocks.extend(aliases(results));
    blocks
}

fn intro(results: &Results) -> String {
    format!(
        "Exploratory, no verdicts. A main effect is what a level changes against the reference \
         level, averaged over the other factors; where factors interact, it is an average of \
         unlike effects. An interaction is what two levels do together beyond the sum of what \
         each does alone: both - one - other + neither. Each is one number per seed, with seeds as \
         blocks. {}",
        legend(results)
    )
}

fn main_sentence(results: &Results, of: &Derived) -> String {
    let metric = results.analysis.primary_metric;
    let reference = of.factors.first().and_then(|name| results.reference().settings.get(name));
    let instead = reference.map_or_else(String::new, |level| format!(" instead of {level}"));
    let (averaged, possible) = of.combinations;
    let over = match averaged {
        _ if averaged == possible => plural(averaged, "combination"),
        _ => format!("{averaged} of {}", plural(possible, "combination")),
    };
    format!(
        "{}{instead} changes {metric}, averaged over {over} of the other factors: {}{}.",
        of.name,
        numbers(results, &of.effect),
        chain(of)
    )
}

fn interaction_sentence(results: &Results, of: &Derived) -> String {
    let open = match holds_zero(&of.effect) {
        Some(true) => "; the interval holds 0, so whether they interact is open",
        Some(false) | None => "",
    };
    format!(
        "{} together, beyond the sum of each alone: {}{}{open}.",
        of.name,
        numbers(results, &of.effect),
        chain(of)
    )
}

/// An aliased effect never stands without its chain.
fn chain(of: &Derived) -> String {
    if of.alias.is_empty() {
        return String::new();
    }
    format!("; cannot be told from {}", of.alias.join(" or "))
}

fn table(results: &Results, all: &[&Derived]) -> Table {
    let mut table = Table::new(&[
        ("effect", Align::Left),
        ("aliased with", Align::Left),
        ("averaged over", Align::Right),
        ("n", Align::Right),
        ("difference", Align::Right),
        (interval_name(results.analysis.interval), Align::Right),
        ("p", Align::Right),
        ("p (BH)", Align::Right),
        ("g_z", Align::Right),
    ]);
    table.rows = all.iter().map(|of| row(results, of)).collect();
    if results.design_analysis.aliases.is_none() {
        table.remove("aliased with");
    }
    table
}

fn row(results: &Results, of: &Derived) -> Vec<String> {
    let (averaged, possible) = of.combinations;
    let mut row = vec![of.name.clone(), of.alias.join(" = "), format!("{averaged}/{possible}")];
    row.extend(cells(results, &of.effect));
    row
}

/// The alias table of a fractional factorial.
fn aliases(results: &Results) -> Vec<Block> {
    let Some(aliases) = &results.design_analysis.aliases else { return Vec::new() };
    let words: Vec<String> = aliases.words.iter().map(|word| word.join("*")).collect();
    let resolution = aliases.resolution.map_or_else(String::new, |resolution| {
        let noun = if words.len() == 1 { "word" } else { "words" };
        format!(" Resolution {}, defining {noun} {}.", roman(resolution), words.join(", "))
    });
    let text = format!(
        "Aliases: this design ran {} and cannot tell the effects of a chain apart.{resolution} \
         What is seen as a main effect is that effect minus half of each interaction in its \
         chain; what is seen as an interaction is the sum of its chain. Interactions of three and \
         more factors are not listed.",
        plural(results.conditions.len(), "combination")
    );
    // A chain of interactions is listed once, and one with a main effect under that.
    let heads = aliases.effects.iter().filter(|of| of.effect.len() == 1 || leads_its_chain(of));
    let chains = heads.filter(|aliased| !aliased.with.is_empty());
    let chains: Vec<String> = chains.map(ToString::to_string).collect();
    if chains.is_empty() {
        let clear = "No main effect or two-way interaction is aliased with another.";
        return vec![Block::Text(text), Block::Text(clear.into())];
    }
    vec![Block::Text(text), Block::List(chains)]
}

/// Resolutions are written in Roman numerals, and none is long.
fn roman(n: usize) -> String {
    const NUMERALS: &[(usize, &str)] = &[(10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")];
    let mut rest = n;
    let mut text = String::new();
    for (value, numeral) in NUMERALS {
        while rest >= *value {
            rest -= value;
            text.push_str(numeral);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_in_roman_numerals() {
        assert_eq!([3, 4, 5, 6, 9, 14].map(roman), ["III", "IV", "V", "VI", "IX", "XIV"]);
    }
}
