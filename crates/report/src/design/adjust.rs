//! One family: the p values of everything that is derived and not claimed, adjusted together.

use crate::design::{DesignAnalysis, Withheld};
use crate::effect::Effect;
use crate::stats::benjamini_hochberg;

/// Fills in every adjusted p and the size of the family. What has no p still counts in it.
pub(crate) fn adjust(analysis: &mut DesignAnalysis) {
    let mut places: Vec<Place<'_>> = Vec::new();
    let derived = analysis.main_effects.iter_mut().chain(&mut analysis.interactions);
    // A declared interaction is adjusted with the claims.
    let derived = derived.filter(|derived| !derived.declared);
    places.extend(derived.map(|derived| Place::of(&mut derived.effect)));
    for component in &mut analysis.components {
        places.push(Place::of(&mut component.leave_one_out));
        places.push(Place::of(&mut component.add_one_in));
        let effect = component.shapley.as_mut().map(|attribution| &mut attribution.effect);
        places.push(effect.ok().map_or(Place::NONE, Place::effect));
    }
    for trend in &mut analysis.trends {
        let place = trend.test.as_mut().ok().map(|test| Place {
            p: test.page.map(|page| page.p_two_sided).filter(|_| test.change.n() > 1),
            adjusted: Some(&mut test.adjusted_p),
        });
        places.push(place.unwrap_or(Place::NONE));
    }
    let raw: Vec<Option<f64>> = places.iter().map(|place| place.p).collect();
    for (place, adjusted) in places.into_iter().zip(benjamini_hochberg::adjust(&raw)) {
        if let Some(slot) = place.adjusted {
            *slot = adjusted;
        }
    }
    analysis.family = raw.len();
}

/// A p value and where its adjusted value goes.
struct Place<'a> {
    p: Option<f64>,
    adjusted: Option<&'a mut Option<f64>>,
}

impl<'a> Place<'a> {
    const NONE: Self = Self { p: None, adjusted: None };

    fn of(effect: &'a mut Result<Effect, Withheld>) -> Self {
        effect.as_mut().ok().map_or(Self::NONE, Self::effect)
    }

    fn effect(effect: &'a mut Effect) -> Self {
        // One seed has a p of 1 whatever it shows.
        let p = effect.sign_flip_p.filter(|_| effect.n() > 1);
        Self { p, adjusted: Some(&mut effect.adjusted_p) }
    }
}
