//! Images that look alike though their values differ: copies that were brightened, compressed again
//! or moved by a pixel.
//!
//! A perceptual hash proposes, the pixels decide.

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use super::hash::{Hasher, Index, REACH};
use super::pictures::Pictures;
use super::{Contents, Copies};

/// Two images look alike when what differs between them has less than this share of their contrast:
/// the standard deviation of the difference, at the best shift by at most a pixel, over that of
/// the images.
pub const LIMIT: f64 = 0.1;

/// Smaller images hold too little to tell them apart.
const MIN_SIDE: usize = 8;
/// The squares of a wider one overflow; readers refuse much smaller ones.
const MAX_WIDTH: usize = 1 << 15;

/// An image, and the one that looks most like it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lookalike {
    /// A test example; without those, a train example.
    pub row: u32,
    /// A train example. Without test examples it comes before `row`.
    pub other: u32,
    /// The standard deviation of what differs, over that of the images; below [`LIMIT`].
    pub difference: f64,
}

impl Contents {
    /// The test images that look like a train image; without test images, the train images that
    /// look like an earlier one. Those that have an exact copy there are left out. Empty for tables.
    pub fn lookalikes(&self, copies: &[Copies]) -> Vec<Lookalike> {
        let Some(pictures) = Pictures::of(self) else { return Vec::new() };
        if pictures.height.min(pictures.width) < MIN_SIDE || pictures.width > MAX_WIDTH {
            return Vec::new();
        }
        let has_test = self.num_train < self.len();
        let queries = if has_test { self.num_train..self.len() } else { 0..self.len() };
        let mut is_copy = vec![false; self.len()];
        for copies in copies {
            let is_first_in_train = (copies.rows[0] as usize) < self.num_train;
            if is_first_in_train {
                copies.rows[1..].iter().for_each(|&row| is_copy[row as usize] = true);
            }
        }
        let search = Search::new(&pictures, self.len(), self.num_train);
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = queries.len().div_ceil(threads).max(1);
        let starts = queries.clone().step_by(share);
        let parts: Vec<Range<usize>> =
            starts.map(|start| start..(start + share).min(queries.end)).collect();
        thread::scope(|scope| {
            let find = |part: Range<usize>| {
                let (search, is_copy) = (&search, &is_copy);
                scope.spawn(move || search.find_all(part, is_copy))
            };
            let threads: Vec<_> = parts.into_iter().map(find).collect();
            let found = threads.into_iter().map(|thread| match thread.join() {
                Ok(found) => found,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            found.flatten().collect()
        })
    }
}

/// All that is known of the train images.
struct Search<'a> {
    pictures: &'a Pictures<'a>,
    index: Index,
    has_test: bool,
    /// Of every row.
    scatters: Vec<f64>,
}

impl<'a> Search<'a> {
    fn new(pictures: &'a Pictures<'a>, rows: usize, num_train: usize) -> Self {
        let scatters: Vec<f64> = (0..rows).map(|row| scatter(pictures.get(row))).collect();
        let shape = [pictures.channels, pictures.height, pictures.width];
        let mut hasher = Hasher::default();
        let mut entries = Vec::new();
        for (row, &scatter) in scatters.iter().enumerate().take(num_train) {
            // A plain image looks like every other plain one, which says nothing.
            if scatter > 0.0 {
                hasher.load(pictures.get(row), shape);
                entries.push((hasher.hash((0, 0)), row as u32));
            }
        }
        Self { pictures, index: Index::new(entries), has_test: num_train < rows, scatters }
    }

    fn find_all(&self, rows: Range<usize>, is_copy: &[bool]) -> Vec<Lookalike> {
        let mut hasher = Hasher::default();
        let rows = rows.filter(|&row| !is_copy[row]);
        rows.filter_map(|row| self.find(row, &mut hasher)).collect()
    }

    /// The best match; of equally good ones the first.
    fn find(&self, row: usize, hasher: &mut Hasher) -> Option<Lookalike> {
        let pictures = self.pictures;
        let picture = pictures.get(row);
        if self.scatters[row] == 0.0 {
            return None;
        }
        hasher.load(picture, [pictures.channels, pictures.height, pictures.width]);
        let mut best: Option<Lookalike> = None;
        for down in -REACH..=REACH {
            for right in -REACH..=REACH {
                self.index.each_near(hasher.hash((right, down)), &mut |other| {
                    if !self.has_test && other as usize >= row {
                        return;
                    }
                    let limit = best.map_or(LIMIT, |best| best.difference);
                    let scatters = [row, other as usize].map(|row| self.scatters[row]);
                    let b = pictures.get(other as usize);
                    let pair = Pair { pictures, a: picture, b, scatters };
                    let Some(difference) = pair.difference((right, down), limit) else { return };
                    let is_better = best.is_none_or(|best| {
                        difference < best.difference
                            || (difference == best.difference && other < best.other)
                    });
                    if is_better && difference < LIMIT {
                        best = Some(Lookalike { row: row as u32, other, difference });
                    }
                });
            }
        }
        best
    }
}

/// Two images to compare.
struct Pair<'a> {
    pictures: &'a Pictures<'a>,
    a: &'a [u8],
    b: &'a [u8],
    scatters: [f64; 2],
}

impl Pair<'_> {
    /// Of what both show when `a` is looked at from (right, down) pixels aside; none as soon as it
    /// is sure to be above the limit.
    fn difference(&self, shift: (i64, i64), limit: f64) -> Option<f64> {
        let ceiling = limit * limit * self.scatters.iter().sum::<f64>() / 2.0;
        let mut difference = Moments::default();
        let (mut of_a, mut of_b) = (Moments::default(), Moments::default());
        for (a, b) in self.lines(shift) {
            difference.add(a.iter().zip(b).map(|(&a, &b)| i32::from(a) - i32::from(b)));
            // It only grows from line to line, and what the images scatter in common is less than
            // all that they scatter.
            if difference.scatter() > ceiling {
                return None;
            }
        }
        for (a, b) in self.lines(shift) {
            of_a.add(a.iter().map(|&value| i32::from(value)));
            of_b.add(b.iter().map(|&value| i32::from(value)));
        }
        let contrast = (of_a.scatter() + of_b.scatter()) / 2.0;
        (contrast > 0.0).then(|| (difference.scatter() / contrast).sqrt())
    }

    /// The lines that both show, with the same places side by side.
    fn lines(&self, (right, down): (i64, i64)) -> impl Iterator<Item = (&[u8], &[u8])> {
        let &Pictures { channels, height, width, .. } = self.pictures;
        let across = |shift: i64| shift.max(0) as usize..(width as i64 + shift.min(0)) as usize;
        let (columns_a, columns_b) = (across(right), across(-right));
        (0..channels * height).filter_map(move |line| {
            let y = line % height;
            let seen = y as i64 + down;
            if !(0..height as i64).contains(&seen) {
                return None;
            }
            let line_a = (line - y + seen as usize) * width;
            let line_b = line * width;
            let a = &self.a[line_a + columns_a.start..line_a + columns_a.end];
            Some((a, &self.b[line_b + columns_b.start..line_b + columns_b.end]))
        })
    }
}

/// Sums of whole numbers, so that they are exact.
#[derive(Default)]
struct Moments {
    n: i64,
    sum: i64,
    squares: i64,
}

impl Moments {
    /// Takes values of 9 bits, at most [`MAX_WIDTH`] of them.
    fn add(&mut self, values: impl ExactSizeIterator<Item = i32>) {
        self.n += values.len() as i64;
        // Narrow sums, so that several are added at once.
        let (sum, squares) =
            values.fold((0, 0), |(sum, squares), value| (sum + value, squares + value * value));
        self.sum += i64::from(sum);
        self.squares += i64::from(squares);
    }

    /// Sum of the squared distances from the mean.
    fn scatter(&self) -> f64 {
        let n = self.n.max(1) as f64;
        self.squares as f64 - self.sum as f64 * self.sum as f64 / n
    }
}

fn scatter(picture: &[u8]) -> f64 {
    let mut moments = Moments::default();
    let pieces = picture.chunks(MAX_WIDTH);
    pieces.for_each(|piece| moments.add(piece.iter().map(|&value| i32::from(value))));
    moments.scatter()
}
