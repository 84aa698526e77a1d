//! Two ways to cut a share out of classes: example by example, and in wholes that stay whole.

use std::collections::{BTreeMap, VecDeque};

use fireassay_spec::{Purpose, Stream, path_key};

/// Rows by class, each list sorted.
pub(crate) type ByClass = Vec<Vec<u32>>;

/// Of wholes that hold several classes, the best of so many is taken next. Few, so that chance
/// still decides who is tested on.
const LOOK_AHEAD: usize = 3;

/// Takes `counts[class]` rows out of each class: (taken, the rest). More of a class are always a
/// superset of fewer: they are the head of one permutation.
pub(crate) fn cut(
    rows: &[Vec<u32>],
    counts: &[usize],
    seed: u64,
    name: &str,
) -> (ByClass, ByClass) {
    let cut_class = |((rows, &count), class): ((&Vec<u32>, &usize), u64)| {
        let stream = Stream::new(seed, Purpose::Split, path_key(name), class);
        let order = stream.permutation(rows.len());
        let mut taken: Vec<u32> = order.into_iter().map(|i| rows[i as usize]).collect();
        let mut rest = taken.split_off(count);
        taken.sort_unstable();
        rest.sort_unstable();
        (taken, rest)
    };
    rows.iter().zip(counts).zip(0..).map(cut_class).unzip()
}

/// Takes wholes that come to about `total` rows: (taken, the rest). `whole_of` gives the number of
/// the whole of each row.
///
/// Wholes are in a seeded order, one queue per class of those that hold one class only, and one of
/// the others. The next one taken, out of the first of each queue and the first three of the
/// last, is that which brings the classes nearest to their proportions in all rows
/// (chi-square distance); those that do not overshoot `total` come first, and those that would
/// lead away from it are passed over. So no whole that is left would bring the size nearer. At
/// least one is taken, and at least one is left.
pub(crate) fn cut_wholes(
    rows: &[Vec<u32>],
    whole_of: &[u32],
    total: usize,
    seed: u64,
    name: &str,
) -> (ByClass, ByClass) {
    let wholes = wholes(rows, whole_of);
    let stream = Stream::new(seed, Purpose::Split, path_key(&format!("{name}-wholes")), 0);
    let order = stream.permutation(wholes.len());
    let mut queues = vec![VecDeque::new(); rows.len() + 1];
    for index in order {
        let whole = &wholes[index as usize];
        let queue = if whole.counts.len() == 1 { whole.counts[0].0 } else { rows.len() };
        queues[queue].push_back(whole);
    }
    let mut balance = Balance::of(rows);
    let (mut taken, mut num_taken, mut num_wholes) = (ByClass::new(), 0, 0);
    taken.resize(rows.len(), Vec::new());
    while num_wholes + 1 < wholes.len() {
        let missing = total.saturating_sub(num_taken);
        let leads_away = |whole: &&Whole| whole.size() >= 2 * missing;
        if num_wholes == 0 && wholes.iter().all(|whole| leads_away(&whole)) {
            let Some(smallest) = queues.iter().flatten().min_by_key(|whole| whole.size()) else {
                break;
            };
            add(&mut taken, smallest);
            break;
        }
        for queue in &mut queues {
            while queue.front().is_some_and(leads_away) {
                queue.pop_front();
            }
        }
        let heads = queues.iter().enumerate().flat_map(|(number, queue)| {
            let depth = if number == rows.len() { LOOK_AHEAD } else { 1 };
            let fitting = queue.iter().enumerate().filter(|(_, whole)| !leads_away(whole));
            fitting.take(depth).map(move |(place, whole)| (number, place, *whole))
        });
        let is_too_large = |whole: &Whole| whole.size() > missing;
        let nearest = heads.min_by(|(_, _, a), (_, _, b)| {
            let by_size = is_too_large(a).cmp(&is_too_large(b));
            by_size.then_with(|| balance.with(a).total_cmp(&balance.with(b)))
        });
        let Some((number, place, whole)) = nearest else { break };
        queues[number].remove(place);
        balance.add(whole);
        add(&mut taken, whole);
        num_taken += whole.size();
        num_wholes += 1;
    }
    let rest = rows.iter().zip(&mut taken).map(|(rows, taken)| {
        taken.sort_unstable();
        rows.iter().copied().filter(|row| taken.binary_search(row).is_err()).collect()
    });
    let rest = rest.collect();
    (taken, rest)
}

/// Rows that stay together.
#[derive(Debug, Default)]
struct Whole {
    /// With their classes.
    rows: Vec<(usize, u32)>,
    /// How many of each class that is there.
    counts: Vec<(usize, usize)>,
}

impl Whole {
    fn size(&self) -> usize {
        self.rows.len()
    }
}

fn wholes(rows: &[Vec<u32>], whole_of: &[u32]) -> Vec<Whole> {
    let mut wholes: BTreeMap<u32, Whole> = BTreeMap::new();
    for (class, rows) in rows.iter().enumerate() {
        for &row in rows {
            let whole = wholes.entry(whole_of[row as usize]).or_default();
            whole.rows.push((class, row));
            match whole.counts.last_mut() {
                Some((last, count)) if *last == class => *count += 1,
                Some(_) | None => whole.counts.push((class, 1)),
            }
        }
    }
    wholes.into_values().collect()
}

fn add(taken: &mut [Vec<u32>], whole: &Whole) {
    for &(class, row) in &whole.rows {
        taken[class].push(row);
    }
}

/// How far what was taken is from the proportions of all.
struct Balance {
    /// Of all rows, per class.
    all: Vec<f64>,
    num_all: f64,
    taken: Vec<f64>,
    num_taken: f64,
    /// Sum over classes of (taken - expected)^2 / share of the class.
    distance: f64,
}

impl Balance {
    fn of(rows: &[Vec<u32>]) -> Self {
        let all: Vec<f64> = rows.iter().map(|rows| rows.len() as f64).collect();
        let num_all = all.iter().sum();
        Self { taken: vec![0.0; all.len()], all, num_all, num_taken: 0.0, distance: 0.0 }
    }

    /// The distance with one more whole, of proportions: whatever the size.
    fn with(&self, whole: &Whole) -> f64 {
        let size = self.num_taken + whole.size() as f64;
        (self.distance + self.change(whole)) / (size * size)
    }

    /// What a whole adds to `distance`: only its own classes need to be looked at, since shares sum
    /// to 1 and deviations to 0.
    fn change(&self, whole: &Whole) -> f64 {
        let size = whole.size() as f64;
        let of_class = |&(class, count): &(usize, usize)| {
            let count = count as f64;
            count * (2.0 * self.taken[class] + count) * self.num_all / self.all[class]
        };
        let classes: f64 = whole.counts.iter().map(of_class).sum();
        classes - 2.0 * self.num_taken * size - size * size
    }

    fn add(&mut self, whole: &Whole) {
        self.distance += self.change(whole);
        self.num_taken += whole.size() as f64;
        for &(class, count) in &whole.counts {
            self.taken[class] += count as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the definition, whole after whole.
    #[test]
    fn the_distance_is_that_of_chi_square() {
        let rows = [vec![0, 1, 2, 3], vec![4, 5], vec![6, 7, 8, 9, 10, 11]];
        let wholes = wholes(&rows, &[0, 0, 1, 2, 0, 2, 0, 1, 1, 2, 2, 2]);
        let mut balance = Balance::of(&rows);
        for whole in &wholes {
            let promised = balance.with(whole);
            balance.add(whole);
            let expected: f64 = (balance.taken.iter().zip(&balance.all))
                .map(|(taken, all)| {
                    let share = all / balance.num_all;
                    (taken / balance.num_taken - share).powi(2) / share
                })
                .sum();
            assert!((promised - expected).abs() < 1e-12, "{promised} {expected}");
        }
        assert!(balance.distance.abs() < 1e-9, "all of it is in proportion");
    }

    #[test]
    fn single_rows_are_taken_in_proportion() {
        let rows: Vec<Vec<u32>> = vec![(0..60).collect(), (60..90).collect(), (90..100).collect()];
        let each: Vec<u32> = (0..100).collect();
        for total in [10, 20, 50, 77] {
            let (taken, rest) = cut_wholes(&rows, &each, total, 5, "test");
            let counts: Vec<usize> = taken.iter().map(Vec::len).collect();
            assert_eq!(counts.iter().sum::<usize>(), total);
            for (count, share) in counts.iter().zip([0.6, 0.3, 0.1]) {
                assert!((*count as f64 - share * total as f64).abs() <= 1.0, "{counts:?}");
            }
            let sizes = rest.iter().zip(&counts).map(|(rest, count)| rest.len() + count);
            assert_eq!(sizes.collect::<Vec<_>>(), [60, 30, 10]);
        }
    }

    #[test]
    fn one_whole_is_taken_even_if_all_are_too_large_and_one_is_left() {
        let rows = [(0..12).collect::<Vec<u32>>()];
        let whole_of = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
        for seed in 0..4 {
            let (taken, rest) = cut_wholes(&rows, &whole_of, 1, seed, "test");
            assert_eq!((taken[0].len(), rest[0].len()), (5, 7), "the smaller one");
            let (taken, _) = cut_wholes(&rows, &whole_of, 12, seed, "test");
            assert!([5, 7].contains(&taken[0].len()));
            let (taken, rest) = cut_wholes(&rows, &[0; 12], 3, seed, "test");
            assert_eq!((taken[0].len(), rest[0].len()), (0, 12));
        }
    }
}
