//! Fractional factorials: generators, and which effects they make indistinguishable.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A generated factor of a fractional factorial: in every condition its coded level (+1 for the
/// reference, -1 for the other) is the product of those of some base factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    /// The factor that follows.
    pub factor: String,
    /// Base factors, at least two, none of them generated.
    pub of: Vec<String>,
}

/// What a regular fraction confounds (Box, Hunter and Hunter, "Statistics for Experimenters",
/// second edition 2005, chapter 6). Factors within an effect or word are in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliases {
    /// The defining words: products of factors that are +1 in every condition. The shortest
    /// first, then alphabetical.
    pub words: Vec<Vec<String>>,
    /// Length of the shortest word: III confounds main effects with two-way interactions, IV
    /// those with each other. None if nothing is confounded.
    pub resolution: Option<usize>,
    /// Every main effect, then every two-way interaction; each alphabetical.
    pub effects: Vec<Aliased>,
}

/// An effect, and the others of order two at most that no data of this design can tell from it.
///
/// In coded levels, aliased effects add up. As differences to the reference, a main effect is -2
/// times its coefficient and a two-way interaction (`ab - a - b + reference`) +4 times: so what is
/// seen as a main effect is that effect minus half of each interaction in its chain, and what is
/// seen as an interaction is the sum of those in its chain minus twice each main effect.
///
/// Displays as `norm = dropout*lr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliased {
    /// One factor (main effect) or two (interaction).
    pub effect: Vec<String>,
    /// What it is confounded with, main effects first; empty if it is clear of those.
    pub with: Vec<Vec<String>>,
}

/// What a design with these factors and generators confounds.
///
/// The number of words doubles with each generator; an experiment file has few enough.
pub fn aliases(factors: &[String], generators: &[Generator]) -> Aliases {
    let words = words(generators);
    let effects = effects(factors);
    let columns: Vec<Product<'_>> =
        effects.iter().map(|effect| column(effect, generators)).collect();
    let mut chains: BTreeMap<&Product<'_>, Vec<&Vec<&str>>> = BTreeMap::new();
    for (effect, column) in effects.iter().zip(&columns) {
        chains.entry(column).or_default().push(effect);
    }
    let aliased = |(effect, column): (&Vec<&str>, &Product<'_>)| Aliased {
        effect: owned(effect),
        with: (chains.get(column).into_iter().flatten())
            .filter(|other| **other != effect)
            .map(|other| owned(other))
            .collect(),
    };
    Aliases {
        resolution: words.iter().map(Vec::len).min(),
        effects: effects.iter().zip(&columns).map(aliased).collect(),
        words,
    }
}

impl Aliases {
    /// The chain of an effect, its factors in any order.
    pub fn of(&self, effect: &[&str]) -> Option<&Aliased> {
        let wanted: BTreeSet<&str> = effect.iter().copied().collect();
        let is_wanted = |chain: &&Aliased| {
            chain.effect.len() == effect.len()
                && chain.effect.iter().all(|factor| wanted.contains(factor.as_str()))
        };
        self.effects.iter().find(is_wanted)
    }
}

impl fmt::Display for Aliased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.effect.join("*"))?;
        self.with.iter().try_for_each(|other| write!(f, " = {}", other.join("*")))
    }
}

/// The names in `norm * lr`.
pub(crate) fn factor_names(product: &str) -> Vec<&str> {
    product.split('*').map(str::trim).collect()
}

/// A product of two-level columns. A column squared is 1, so each factor is in it or not.
type Product<'a> = BTreeSet<&'a str>;

fn times<'a>(a: &Product<'a>, b: &Product<'a>) -> Product<'a> {
    a.symmetric_difference(b).copied().collect()
}

/// All products of the generators' own words: the defining contrast subgroup without 1.
fn words(generators: &[Generator]) -> Vec<Vec<String>> {
    let mut subgroup: Vec<Product<'_>> = vec![Product::new()];
    for generator in generators {
        let parents: Product<'_> = generator.of.iter().map(String::as_str).collect();
        let word = times(&parents, &Product::from([generator.factor.as_str()]));
        let products: Vec<Product<'_>> = subgroup.iter().map(|known| times(known, &word)).collect();
        subgroup.extend(products);
    }
    let mut words: Vec<Vec<String>> = (subgroup.iter())
        .map(|word| word.iter().map(|factor| (*factor).to_owned()).collect())
        .filter(|word: &Vec<String>| !word.is_empty())
        .collect();
    words.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    words
}

/// Main effects, then pairs.
fn effects(factors: &[String]) -> Vec<Vec<&str>> {
    let names: BTreeSet<&str> = factors.iter().map(String::as_str).collect();
    let pairs = names
        .iter()
        .enumerate()
        .flat_map(|(index, a)| names.iter().skip(index + 1).map(|b| vec![*a, *b]));
    names.iter().map(|name| vec![*name]).chain(pairs).collect()
}

/// An effect as a product of base factors. Two effects are aliased if and only if these agree.
fn column<'a>(effect: &[&'a str], generators: &'a [Generator]) -> Product<'a> {
    effect.iter().fold(Product::new(), |product, name| {
        let generator = generators.iter().find(|generator| generator.factor == *name);
        let factor = match generator {
            Some(generator) => generator.of.iter().map(String::as_str).collect(),
            None => Product::from([*name]),
        };
        times(&product, &factor)
    })
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Factors are letters: `"abc"`, `["c=ab"]`.
    fn of(factors: &str, generators: &[&str]) -> Aliases {
        let letters = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let generator = |text: &&str| {
            let (factor, of) = text.split_once('=').unwrap();
            Generator { factor: factor.into(), of: letters(of) }
        };
        let generators: Vec<Generator> = generators.iter().map(generator).collect();
        aliases(&letters(factors), &generators)
    }

    fn words(aliases: &Aliases) -> Vec<String> {
        aliases.words.iter().map(|word| word.concat()).collect()
    }

    fn chains(aliases: &Aliases) -> Vec<String> {
        aliases.effects.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn half_of_three_factors_confounds_each_with_the_other_two() {
        let found = of("abc", &["c=ab"]);
        assert_eq!((words(&found), found.resolution), (vec!["abc".into()], Some(3)));
        let expected = ["a = b*c", "b = a*c", "c = a*b", "a*b = c", "a*c = b", "b*c = a"];
        assert_eq!(chains(&found), expected);
    }

    #[test]
    fn half_of_four_factors_confounds_pairs_with_pairs() {
        let found = of("abcd", &["d=abc"]);
        assert_eq!((words(&found), found.resolution), (vec!["abcd".into()], Some(4)));
        let expected = [
            "a",
            "b",
            "c",
            "d",
            "a*b = c*d",
            "a*c = b*d",
            "a*d = b*c",
            "b*c = a*d",
            "b*d = a*c",
            "c*d = a*b",
        ];
        assert_eq!(chains(&found), expected);
    }

    /// Defining relation I = abd = ace = bcde.
    #[test]
    fn a_quarter_of_five_factors_has_three_words() {
        let found = of("abcde", &["d=ab", "e=ac"]);
        assert_eq!(
            (words(&found), found.resolution),
            (vec!["abd".into(), "ace".into(), "bcde".into()], Some(3))
        );
        let expected = [
            "a = b*d = c*e",
            "b = a*d",
            "c = a*e",
            "d = a*b",
            "e = a*c",
            "a*b = d",
            "a*c = e",
            "a*d = b",
            "a*e = c",
            "b*c = d*e",
            "b*d = a = c*e",
            "b*e = c*d",
            "c*d = b*e",
            "c*e = a = b*d",
            "d*e = b*c",
        ];
        assert_eq!(chains(&found), expected);
    }

    /// The sixteenth of 2^7 whose words are the lines of the Fano plane and their complements.
    #[test]
    fn a_sixteenth_of_seven_factors_is_saturated() {
        let found = of("abcdefg", &["d=ab", "e=ac", "f=bc", "g=abc"]);
        let expected = [
            "abd", "ace", "afg", "bcf", "beg", "cdg", "def", "abcg", "abef", "acdf", "adeg",
            "bcde", "bdfg", "cefg", "abcdefg",
        ];
        assert_eq!(
            (words(&found), found.resolution),
            (expected.map(String::from).to_vec(), Some(3))
        );
        let mains = [
            "a = b*d = c*e = f*g",
            "b = a*d = c*f = e*g",
            "c = a*e = b*f = d*g",
            "d = a*b = c*g = e*f",
            "e = a*c = b*g = d*f",
            "f = a*g = b*c = d*e",
            "g = a*f = b*e = c*d",
        ];
        assert_eq!(chains(&found)[..7], mains);
        assert_eq!(found.of(&["g", "f"]).unwrap().to_string(), "f*g = a = b*d = c*e");
        assert_eq!(found.of(&["a", "a"]), None);
    }

    /// I = abce = bcdf = adef: the usual quarter of six factors.
    #[test]
    fn a_quarter_of_six_factors_keeps_main_effects_clear() {
        let found = of("abcdef", &["e=abc", "f=bcd"]);
        assert_eq!(
            (words(&found), found.resolution),
            (vec!["abce".into(), "adef".into(), "bcdf".into()], Some(4))
        );
        assert!(found.effects[..6].iter().all(|main| main.with.is_empty()));
        assert_eq!(found.of(&["a", "e"]).unwrap().to_string(), "a*e = b*c = d*f");
    }

    #[test]
    fn a_full_factorial_confounds_nothing() {
        let found = of("ba", &[]);
        assert_eq!((found.words.len(), found.resolution), (0, None));
        assert_eq!(chains(&found), ["a", "b", "a*b"]);
    }
}
