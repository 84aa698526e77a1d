//! The maximum mean discrepancy with a Gaussian kernel, and whether it might be chance.
//!
//! The unbiased estimate of its square (Gretton et al. 2012, "A kernel two-sample test", equation 3)
//! with the kernel exp(-|x - y|² / (2 σ²)), where σ is the median of the distances between all
//! examples of both sets ("median heuristic").

use fireassay_kernels::{Isa, Kernel, Lanes};
use fireassay_spec::{Purpose, Stream, path_key};

use super::pooled::{pooled, same_width, sample};
use crate::arithmetic::{LANES, Vector, exp};
use crate::{FeatureError, Rows};

/// How far apart two sets are, in the mean of any smooth function.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmd {
    /// The estimate of the square, below 0 where there is less than chance would give.
    pub squared: f64,
    /// The σ of the kernel.
    pub bandwidth: f64,
    /// The share of random divisions of all examples, this one included, with an estimate as large.
    pub p_value: f64,
    /// Random divisions.
    pub permutations: usize,
    /// Examples of each set that were compared.
    pub examples: [usize; 2],
}

/// Between the sets. `most` examples of each are drawn: time and memory go with the square of all of
/// them (8 bytes for each pair).
pub fn mmd(
    first: &Rows<'_>,
    second: &Rows<'_>,
    most: usize,
    permutations: usize,
    seed: u64,
) -> Result<Mmd, FeatureError> {
    const WHAT: &str = "a maximum mean discrepancy";
    same_width(first, second)?;
    let [a, b] = [(first, "mmd/first"), (second, "mmd/second")]
        .map(|(rows, name)| sample(rows, most, seed, name));
    for found in [a.len(), b.len()] {
        if found < 2 {
            return Err(FeatureError::TooFew { what: WHAT, needed: 2, found });
        }
    }
    let values = pooled([(first, &a), (second, &b)]);
    let pairs = Pairs::of(&values, first.width());
    let bandwidth = pairs.median().sqrt();
    if bandwidth == 0.0 {
        return Err(FeatureError::Undefined { what: WHAT, why: "most examples are equal" });
    }
    let kernel = pairs.kernel(bandwidth);
    let total = a.len() + b.len();
    let observed = kernel.estimates(&[(0..a.len()).collect::<Vec<_>>()], total)[0];
    let division = |turn: usize| -> Vec<usize> {
        let name = path_key("mmd/permutation");
        let order = Stream::new(seed, Purpose::Split, name, turn as u64).permutation(total);
        order[..a.len()].iter().map(|&row| row as usize).collect()
    };
    let mut as_large = 1;
    for start in (0..permutations).step_by(LANES) {
        let turns = start..permutations.min(start + LANES);
        let estimates = kernel.estimates(&turns.map(division).collect::<Vec<_>>(), total);
        // Sums in another order are off by rounding; what is equal up to that is as large.
        let limit = observed - 1e-12;
        as_large += estimates.iter().filter(|&&estimate| estimate >= limit).count();
    }
    Ok(Mmd {
        squared: observed,
        bandwidth,
        p_value: as_large as f64 / (permutations + 1) as f64,
        permutations,
        examples: [a.len(), b.len()],
    })
}

/// A number for each pair of different examples: (1, 0), (2, 0), (2, 1), ...
struct Pairs(Vec<f64>);

impl Pairs {
    /// Squared distances.
    fn of(values: &[f32], width: usize) -> Self {
        Self(Isa::best().run(Distances { values, width }))
    }

    /// Of an even number the mean of the two in the middle: of the distances, not of their squares.
    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        let middle = sorted.len() / 2;
        let (below, upper, _) = sorted.select_nth_unstable_by(middle, f64::total_cmp);
        if self.0.len() % 2 == 1 {
            return *upper;
        }
        let lower = below.iter().copied().fold(0.0, f64::max);
        let median = 0.5 * (lower.sqrt() + upper.sqrt());
        median * median
    }

    fn kernel(self, bandwidth: f64) -> Self {
        Self(Isa::best().run(Gaussian { squares: self.0, factor: -0.5 / (bandwidth * bandwidth) }))
    }

    /// The unbiased estimate for each division, of which there are eight at most. A division is what
    /// the first set holds.
    fn estimates(&self, divisions: &[Vec<usize>], total: usize) -> Vec<f64> {
        let mut members = vec![Vector::ZERO; total];
        for (lane, division) in divisions.iter().enumerate() {
            division.iter().for_each(|&row| members[row].0[lane] = 1.0);
        }
        let sums = Isa::best().run(Within { pairs: &self.0, members: &members });
        let all: f64 = sums.all;
        let estimate = |(lane, division): (usize, &Vec<usize>)| {
            let [m, n] = [division.len() as f64, (total - division.len()) as f64];
            let (first, second) = (sums.first.0[lane], sums.second.0[lane]);
            let between = all - first - second;
            2.0 * first / (m * (m - 1.0)) + 2.0 * second / (n * (n - 1.0)) - 2.0 * between / (m * n)
        };
        divisions.iter().enumerate().map(estimate).collect()
    }
}

struct Distances<'a> {
    values: &'a [f32],
    width: usize,
}

impl Kernel for Distances<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> Vec<f64> {
        let padded = self.width.div_ceil(LANES);
        let rows: Vec<Vector> = self
            .values
            .chunks_exact(self.width)
            .flat_map(|row| {
                (0..padded).map(move |part| {
                    let mut vector = Vector::ZERO;
                    let from = row[part * LANES..].iter();
                    vector.0.iter_mut().zip(from).for_each(|(to, from)| *to = f64::from(*from));
                    vector
                })
            })
            .collect();
        let count = rows.len() / padded;
        let mut squares = Vec::with_capacity(count * (count - 1) / 2);
        for (index, one) in rows.chunks_exact(padded).enumerate() {
            for other in rows[..index * padded].chunks_exact(padded) {
                let mut sum = Vector::ZERO;
                for (&one, &other) in one.iter().zip(other) {
                    let difference = one.sub(other);
                    sum = difference.mul_add(difference, sum);
                }
                squares.push(sum.sum());
            }
        }
        squares
    }
}

struct Gaussian {
    squares: Vec<f64>,
    factor: f64,
}

impl Kernel for Gaussian {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<L: Lanes>(mut self, _: L) -> Vec<f64> {
        for part in self.squares.chunks_mut(LANES) {
            let mut vector = Vector::ZERO;
            vector.0[..part.len()].copy_from_slice(part);
            let vector = exp(vector.mul(Vector::splat(self.factor)));
            part.copy_from_slice(&vector.0[..part.len()]);
        }
        self.squares
    }
}

/// Sums over the pairs of eight divisions at once.
struct Within<'a> {
    pairs: &'a [f64],
    members: &'a [Vector],
}

struct Sums {
    all: f64,
    /// Over pairs within the first set, and within the second.
    first: Vector,
    second: Vector,
}

impl Kernel for Within<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> Sums {
        let (mut all, mut first, mut second) = (0.0, Vector::ZERO, Vector::ZERO);
        let mut rest = self.pairs;
        for (index, &member) in self.members.iter().enumerate() {
            let (row, after) = rest.split_at(index);
            rest = after;
            let (mut with_first, mut with_all) = (Vector::ZERO, 0.0);
            for (&pair, &other) in row.iter().zip(self.members) {
                with_first = Vector::splat(pair).mul_add(other, with_first);
                with_all += pair;
            }
            all += with_all;
            first = member.mul_add(with_first, first);
            let with_second = Vector::splat(with_all).sub(with_first);
            second = Vector::splat(1.0).sub(member).mul_add(with_second, second);
        }
        Sums { all, first, second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(len: usize, seed: u64, shift: f32) -> Vec<f32> {
        let noise = Stream::new(seed, Purpose::Split, 0, 0).symmetric(len, 1.0);
        noise.into_iter().map(|value| value + shift).collect()
    }

    #[test]
    fn shifted_sets_are_told_from_equal_ones() {
        let (here, there) = (features(300, 0, 0.0), features(240, 7000, 0.0));
        let away = features(240, 7000, 0.8);
        let rows = |values| Rows::new(values, 3).unwrap();
        let near = mmd(&rows(&here), &rows(&there), 1000, 199, 1).unwrap();
        assert!(near.p_value > 0.05, "{near:?}");
        assert_eq!(near.examples, [100, 80]);
        let far = mmd(&rows(&here), &rows(&away), 1000, 199, 1).unwrap();
        assert_eq!(far.p_value, 1.0 / 200.0);
        assert_eq!(far, mmd(&rows(&here), &rows(&away), 1000, 199, 1).unwrap());
        let few = mmd(&rows(&here), &rows(&away), 20, 10, 1).unwrap();
        assert_eq!((few.examples, few.permutations), ([20, 20], 10));
    }

    #[test]
    fn sets_without_two_different_examples_are_refused() {
        let (same, one) = ([1.5_f32; 12], [1.0, 2.0, 3.0]);
        let same = Rows::new(&same, 3).unwrap();
        assert!(matches!(mmd(&same, &same, 9, 9, 0), Err(FeatureError::Undefined { .. })));
        let one = Rows::new(&one, 3).unwrap();
        assert!(matches!(mmd(&same, &one, 9, 9, 0), Err(FeatureError::TooFew { .. })));
    }

    /// Of all divisions of four examples by hand: the estimates that permutations draw from.
    #[test]
    fn estimates_of_many_divisions_are_those_of_one() {
        let values = [0.0, 1.0, 3.0, 3.5];
        let kernel = Pairs::of(&values, 1).kernel(1.0);
        let k = |i: usize, j: usize| (-0.5 * f64::from((values[i] - values[j]).powi(2))).exp();
        let divisions = vec![vec![0, 1], vec![0, 2], vec![3, 0]];
        let found = kernel.estimates(&divisions, 4);
        for (found, (a, b)) in
            found.iter().zip([((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))])
        {
            let between = k(a.0, b.0) + k(a.0, b.1) + k(a.1, b.0) + k(a.1, b.1);
            let expected = k(a.0, a.1) + k(b.0, b.1) - between / 2.0;
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
    }
}
