//! Whatever the numbers and names: a well-formed drawing inside its sheet, and the same again.

use fireassay_report::figure::{
    Against, Confusion, ConfusionMatrix, Curve, CurvePoint, Curves, Dose, DoseResponse, EffectRow,
    Effects, Figure, Interaction, InteractionLine, Measure, Profile, Profiles, Scatter,
    ScatterPoint, Score, SlopePanel, Slopes, Spread, confusion, curves, dose_response, effects,
    interaction, profile, scatter, slopes,
};
use fireassay_spec::Direction;
use proptest::prelude::*;

use super::paper::sound;

/// Numbers of every size and kind, those that occur more often than others.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -100.0..100.0_f64,
        2 => (-12_i32..13, -9.0..9.0_f64).prop_map(|(e, m)| m * 10_f64.powi(e)),
        1 => Just(0.0),
        1 => any::<f64>(),
        1 => Just(f64::NAN),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z]{1,8}=[a-z0-9.]{1,6}", 1 => any::<String>(), 1 => "[<>&\"' \u{0}-\u{1f}]{0,9}"]
}

fn scores() -> impl Strategy<Value = Vec<Score>> {
    let score = (0_u64..12, value()).prop_map(|(seed, value)| Score { seed, value });
    prop::collection::vec(score, 0..9)
}

fn measure() -> impl Strategy<Value = Measure> {
    (name(), "[%a-z]{0,4}", any::<bool>()).prop_map(|(name, unit, higher)| {
        let better = if higher { Direction::Higher } else { Direction::Lower };
        Measure { name, unit, better }
    })
}

fn many<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..11)
}

fn again(draw: impl Fn() -> Figure) {
    let figure = draw();
    sound(&figure);
    assert_eq!(figure, draw());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn of_effects(measure in measure(), reference in name(), rope in prop::option::of(value()),
        rows in many((name(), name(), scores(), prop::option::of((value(), value()))))) {
        let rows = rows.into_iter().map(|(name, verdict, differences, interval)| {
            EffectRow { name, verdict, differences, interval }
        });
        let interval = "95 % interval".into();
        let input = Effects { measure, reference, interval, rope, rows: rows.collect() };
        again(|| effects(&input));
    }

    #[test]
    fn of_curves(measure in measure(), along in name(), sd in any::<bool>(), lines in many(
        (name(), 0_usize..40, many((value(), value(), value(), value()))))) {
        let point = |(at, mean, low, high)| CurvePoint { at, mean, low, high };
        let lines = lines.into_iter().map(|(name, place, points)| {
            let points = points.into_iter().map(point).collect();
            Curve { name, place, seeds: 3, points }
        });
        let spread = if sd { Spread::Sd } else { Spread::Range };
        let input = Curves { measure, along, spread, lines: lines.collect() };
        again(|| curves(&input));
    }

    #[test]
    fn of_doses(measure in measure(), factor in name(), doses in many(
        (value(), name(), any::<bool>(), scores(), prop::option::of(value())))) {
        let doses = doses.into_iter().map(|(value, label, is_reference, scores, half_width)| {
            Dose { value, label, is_reference, scores, half_width }
        });
        let input = DoseResponse { measure, factor, doses: doses.collect() };
        again(|| dose_response(&input));
    }

    #[test]
    fn of_scatters(measure in measure(), time in any::<bool>(), points in prop::collection::vec(
        (name(), 0_usize..40, value(), value(), prop::option::of(value())), 0..22)) {
        let points = points.into_iter().map(|(name, place, cost, mean, sd)| {
            ScatterPoint { name, place, cost, mean, sd, n: 2 }
        });
        let against = if time { Against::Time } else { Against::Parameters };
        let input = Scatter { measure, against, points: points.collect() };
        again(|| scatter(&input));
    }

    #[test]
    fn of_slopes(measure in measure(), reference in name(),
        panels in many((name(), many((0_u64..9, value(), value()))))) {
        let panels = panels.into_iter().map(|(name, pairs)| SlopePanel { name, pairs });
        let input = Slopes { measure, reference, panels: panels.collect() };
        again(|| slopes(&input));
    }

    #[test]
    fn of_interactions(measure in measure(), along in (name(), many(name())), across in name(),
        lines in many((name(), any::<bool>(), many(scores())))) {
        let lines = lines.into_iter().map(|(label, is_reference, cells)| {
            InteractionLine { label, is_reference, cells }
        });
        let input = Interaction { measure, along, across, lines: lines.collect() };
        again(|| interaction(&input));
    }

    #[test]
    fn of_profiles(measure in measure(), thresholds in many(value()),
        lines in many((name(), 0_usize..40, many(value())))) {
        let lines = lines.into_iter().map(|(name, place, shares)| Profile { name, place, n: 3, shares });
        let input = Profiles { measure, datasets: 2, thresholds, lines: lines.collect() };
        again(|| profile(&input));
    }

    #[test]
    fn of_confusions(classes in many(name()), names in (name(), name()),
        counts in (many(many(any::<u64>())), many(many(0_u64..2000))), both in any::<bool>()) {
        let matrix = |name, counts| ConfusionMatrix { name, seeds: 1, counts };
        let best = both.then(|| matrix(names.1, counts.1));
        let input = Confusion { classes, reference: matrix(names.0, counts.0), best };
        again(|| confusion(&input));
    }
}
