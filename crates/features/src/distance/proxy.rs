//! The proxy A-distance: how well a linear classifier tells two sets apart.
//!
//! 2 (1 - 2 ε) for the error ε on examples that it has not seen (Ben-David et al. 2007, "Analysis of
//! representations for domain adaptation"): 0 where nothing tells them apart, 2 where all does.

use super::pooled::{pooled, same_width, sample};
use crate::{
    Edge, Examples, FeatureError, Head, Loss, Problem, Rows, Stopping, Strengths, logistic,
};

/// Of examples learnt from, every fifth chooses the strength of decay.
const VAL: usize = 5;
/// Of a normal distribution, for 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// The sets need that many examples each, so that all parts have one.
const LEAST: usize = 10;

/// How far apart two sets are, to a linear classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyDistance {
    /// 2 (1 - 2 ε). Below 0 where the classifier is worse than guessing, which says that nothing was
    /// found.
    pub distance: f64,
    /// At 95 %, from Wilson's interval of the error. It covers which examples were tested, not which
    /// were learnt from.
    pub interval: [f64; 2],
    /// The share of test examples that were taken for the other set's.
    pub error: f64,
    /// Test examples, half of them of each set.
    pub tested: usize,
    /// The decay that was chosen.
    pub strength: f64,
    /// The end of the strengths that it is at, if it is at one.
    pub edge: Option<Edge>,
}

/// Between the sets. Of each, as many examples are drawn as the smaller has; half of them are tested,
/// and a logistic regression learns from the others.
pub fn proxy_a_distance(
    first: &Rows<'_>,
    second: &Rows<'_>,
    strengths: &Strengths,
    seed: u64,
) -> Result<ProxyDistance, FeatureError> {
    same_width(first, second)?;
    first.at_least("a proxy A-distance", LEAST)?;
    second.at_least("a proxy A-distance", LEAST)?;
    let count = first.len().min(second.len());
    let [a, b] = [(first, "proxy/first"), (second, "proxy/second")]
        .map(|(rows, name)| sample(rows, count, seed, name));
    let values = pooled([(first, &a), (second, &b)]);
    let labels: Vec<u32> = (0..2 * count).map(|row| u32::from(row >= count)).collect();
    let examples = Examples::new(Rows::new(&values, first.width())?, &labels, 2)?;
    // The samples are in a random order, so any part of them is a random one.
    let half = count / 2;
    let rows = |is_in: &dyn Fn(usize) -> bool| -> Vec<u32> {
        (0..2 * count as u32).filter(|&row| is_in(row as usize % count)).collect()
    };
    let (test, val) = (rows(&|row| row < half), rows(&|row| row >= half && row % VAL == 0));
    let train = rows(&|row| row >= half && row % VAL != 0);
    let problem = Problem::standardised(examples.only(&train)?)?;
    let path = logistic(&problem, strengths, Stopping::default())?;
    let choice = path.choose(&examples.only(&val)?)?;
    let fit = &path.fits[choice.index];
    let error = error(&fit.head, &examples.only(&test)?)?;
    let [low, high] = wilson(error, test.len());
    let distance = |error: f64| 2.0 * (1.0 - 2.0 * error);
    Ok(ProxyDistance {
        distance: distance(error),
        interval: [distance(high), distance(low)],
        error,
        tested: test.len(),
        strength: fit.strength,
        edge: choice.edge,
    })
}

fn error(head: &Head, test: &Examples<'_>) -> Result<f64, FeatureError> {
    Ok(1.0 - head.score(test, Loss::CrossEntropy)?.accuracy)
}

/// Of a share among so many (Wilson 1927).
fn wilson(share: f64, count: usize) -> [f64; 2] {
    let (n, squared) = (count as f64, Z * Z);
    let centre = (share + squared / (2.0 * n)) / (1.0 + squared / n);
    let variance = share * (1.0 - share) / n + squared / (4.0 * n * n);
    let half = Z / (1.0 + squared / n) * variance.sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use fireassay_spec::{Purpose, Stream};

    use super::*;

    fn features(len: usize, seed: u64, shift: f32) -> Vec<f32> {
        let noise = Stream::new(seed, Purpose::Split, 0, 0).symmetric(len, 1.0);
        noise.into_iter().map(|value| value + shift).collect()
    }

    fn distance(first: &[f32], second: &[f32]) -> ProxyDistance {
        let strengths = Strengths::geometric(1.0, 1e-4, 5).unwrap();
        let [first, second] = [first, second].map(|values| Rows::new(values, 4).unwrap());
        proxy_a_distance(&first, &second, &strengths, 3).unwrap()
    }

    #[test]
    fn equal_sets_are_near_and_shifted_ones_far() {
        let here = features(1600, 0, 0.0);
        let near = distance(&here, &features(1200, 7000, 0.0));
        assert!(near.interval[0] < 0.0 && near.interval[1] > 0.0, "{near:?}");
        assert_eq!(near.tested, 300);
        let far = distance(&here, &features(1200, 7000, 2.5));
        assert_eq!((far.distance, far.error, far.interval[1]), (2.0, 0.0, 2.0));
        let some = distance(&here, &features(1200, 7000, 0.4));
        assert!(some.interval[0] > near.distance && some.interval[1] < 2.0, "{some:?}");
        assert_eq!(some, distance(&here, &features(1200, 7000, 0.4)));
        assert_eq!(some.distance, 2.0 * (1.0 - 2.0 * some.error));
    }

    #[test]
    fn too_few_examples_and_other_widths_are_refused() {
        let strengths = Strengths::new(&[0.1]).unwrap();
        let (few, many) = (features(36, 0, 0.0), features(80, 0, 0.0));
        let many = Rows::new(&many, 4).unwrap();
        let few = Rows::new(&few, 4).unwrap();
        let error = proxy_a_distance(&few, &many, &strengths, 0).unwrap_err();
        let text = "a proxy A-distance needs 10 or more examples, and there are 9";
        assert_eq!(error.to_string(), text);
        let values = features(80, 0, 0.0);
        let other = Rows::new(&values, 8).unwrap();
        assert!(proxy_a_distance(&many, &other, &strengths, 0).is_err());
    }

    /// Values of statsmodels' `proportion_confint(.., method="wilson")`.
    #[test]
    fn intervals_are_those_of_wilson() {
        for (share, count, expected) in [
            (0.0, 20, [0.0, 0.161_125_158_052_819_4]),
            (0.3, 50, [0.191_035_535_008_809_43, 0.437_503_504_644_534]),
        ] {
            let found = wilson(share, count);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-15, "{found} {expected}");
            }
        }
    }
}
