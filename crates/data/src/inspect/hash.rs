//! A perceptual hash: 64 bits that a picture shares with those that look like it.
//!
//! The picture is averaged down to 16 x 16 cells of grey; the bits are the signs of the lowest
//! frequencies of their cosine transform. Brightness does not matter to them, noise and
//! recompression little; a shift does, so a picture is hashed at every shift by a pixel. Whole
//! numbers throughout: the same bits on every machine.

/// Cells along each side.
const CELLS: usize = 16;
/// Frequencies along each side.
const FREQUENCIES: usize = 8;
/// Cell averages are in this part of a level.
const FRACTION: i64 = 64;
/// One half of a cosine wave of each frequency, at the middle of every cell, times 2^10.
const WAVES: [[i64; CELLS]; FREQUENCIES] = [
    [
        1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024,
        1024,
    ],
    [1019, 980, 903, 792, 650, 483, 297, 100, -100, -297, -483, -650, -792, -903, -980, -1019],
    [1004, 851, 569, 200, -200, -569, -851, -1004, -1004, -851, -569, -200, 200, 569, 851, 1004],
    [980, 650, 100, -483, -903, -1019, -792, -297, 297, 792, 1019, 903, 483, -100, -650, -980],
    [946, 392, -392, -946, -946, -392, 392, 946, 946, 392, -392, -946, -946, -392, 392, 946],
    [903, 100, -792, -980, -297, 650, 1019, 483, -483, -1019, -650, 297, 980, 792, -100, -903],
    [851, -200, -1004, -569, 569, 1004, 200, -851, -851, 200, 1004, 569, -569, -1004, -200, 851],
    [792, -483, -980, 100, 1019, 297, -903, -650, 650, 903, -297, -1019, -100, 980, 483, -792],
];
/// Amplitudes below this are none: rounding is less than half of it, and a fiftieth of a level all
/// over a picture comes to it.
const DEAD_ZONE: i64 = 1 << 28;
/// How far a picture is shifted, in each direction.
pub(super) const REACH: i64 = 1;

/// Sums of grey over every rectangle of a picture whose edges are repeated beyond it.
#[derive(Debug, Default)]
pub(super) struct Hasher {
    sums: Vec<i64>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Hasher {
    /// Takes a picture, `[channels, height, width]`, in place of the one before.
    pub(super) fn load(&mut self, picture: &[u8], [channels, height, width]: [usize; 3]) {
        let reach = REACH as usize;
        let (padded_height, padded_width) = (height + 2 * reach, width + 2 * reach);
        (self.channels, self.height, self.width) = (channels, height, width);
        let stride = padded_width + 1;
        self.sums.clear();
        self.sums.resize((padded_height + 1) * stride, 0);
        for y in 0..padded_height {
            let source_y = y.saturating_sub(reach).min(height - 1);
            let mut line = 0;
            for x in 0..padded_width {
                let source = source_y * width + x.saturating_sub(reach).min(width - 1);
                let planes = picture.iter().skip(source).step_by(height * width);
                line += planes.map(|&value| i64::from(value)).sum::<i64>();
                let above = self.sums[y * stride + x + 1];
                self.sums[(y + 1) * stride + x + 1] = above + line;
            }
        }
    }

    /// The hash of the picture, looked at from (right, down) pixels aside.
    pub(super) fn hash(&self, shift: (i64, i64)) -> u64 {
        let cells: [[i64; CELLS]; CELLS] =
            std::array::from_fn(|row| std::array::from_fn(|column| self.cell(row, column, shift)));
        let sum = |wave: &[i64; CELLS], values: &[i64; CELLS]| -> i64 {
            wave.iter().zip(values).map(|(wave, value)| wave * value).sum()
        };
        let across = WAVES.map(|wave| cells.map(|row| sum(&wave, &row)));
        let amplitudes = across.iter().flat_map(|line| WAVES.map(|wave| sum(&wave, line)));
        // The first is the average, which is always above.
        amplitudes.fold(0, |bits, amplitude| bits << 1 | u64::from(amplitude > DEAD_ZONE))
    }

    /// The average grey of a cell.
    fn cell(&self, row: usize, column: usize, (right, down): (i64, i64)) -> i64 {
        let stride = self.width + 2 * REACH as usize + 1;
        // A picture that is smaller than the grid has cells that overlap.
        let span = |index: usize, size: usize, shift: i64| {
            let start = index * size / CELLS;
            let end = ((index + 1) * size / CELLS).max(start + 1);
            let moved = |place: usize| (place as i64 + REACH + shift) as usize;
            (moved(start), moved(end))
        };
        let (top, bottom) = span(row, self.height, down);
        let (left, end) = span(column, self.width, right);
        let at = |y: usize, x: usize| self.sums[y * stride + x];
        let sum = at(bottom, end) - at(top, end) - at(bottom, left) + at(top, left);
        let area = ((bottom - top) * (end - left) * self.channels) as i64;
        sum * FRACTION / area
    }
}

/// How many bits may differ between pictures that look alike.
pub(super) const MAX_DISTANCE: u32 = 4;
/// Of bits that are apart from each other. One more than may differ, so that one at least is the
/// same in two pictures that look alike.
const BANDS: usize = MAX_DISTANCE as usize + 1;

/// Finds hashes that differ in few bits.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<(u64, u32)>,
    /// For each band: entries by the value of the band, and where each value starts.
    bands: Vec<(Vec<u32>, Vec<u32>)>,
}

impl Index {
    /// Of hashes and their rows.
    pub(super) fn new(entries: Vec<(u64, u32)>) -> Self {
        let bands = (0..BANDS).map(|band| Self::band(&entries, band)).collect();
        Self { entries, bands }
    }

    fn band(entries: &[(u64, u32)], band: usize) -> (Vec<u32>, Vec<u32>) {
        let num_values = 1usize << u64::BITS.div_ceil(BANDS as u32);
        let mut starts = vec![0u32; num_values + 1];
        entries.iter().for_each(|(hash, _)| starts[value(*hash, band) + 1] += 1);
        for at in 0..num_values {
            starts[at + 1] += starts[at];
        }
        let mut order: Vec<u32> = (0..entries.len() as u32).collect();
        order.sort_by_key(|&entry| value(entries[entry as usize].0, band));
        (order, starts)
    }

    /// Shows each row whose hash differs in at most [`MAX_DISTANCE`] bits, once.
    pub(super) fn each_near(&self, hash: u64, visit: &mut dyn FnMut(u32)) {
        for (band, (order, starts)) in self.bands.iter().enumerate() {
            let value_of_band = value(hash, band);
            let (start, end) = (starts[value_of_band], starts[value_of_band + 1]);
            for &entry in &order[start as usize..end as usize] {
                let (other, row) = self.entries[entry as usize];
                let differing = hash ^ other;
                let was_seen = (0..band).any(|earlier| differing & mask(earlier) == 0);
                if differing.count_ones() <= MAX_DISTANCE && !was_seen {
                    visit(row);
                }
            }
        }
    }
}

/// Every fifth bit.
const fn mask(band: usize) -> u64 {
    let mut mask = 0;
    let mut bit = band;
    while bit < u64::BITS as usize {
        mask |= 1 << bit;
        bit += BANDS;
    }
    mask
}

/// The bits of a band, side by side.
fn value(hash: u64, band: usize) -> usize {
    let bits = (band..u64::BITS as usize).step_by(BANDS);
    bits.fold(0, |value, bit| value << 1 | (hash >> bit & 1) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_within_the_distance_is_found_once() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state ^ state >> 29
        };
        let hash = next();
        let flipped = |hash: u64, bits: &[u32]| bits.iter().fold(hash, |hash, bit| hash ^ 1 << bit);
        let mut entries: Vec<(u64, u32)> = (0..500).map(|row| (next(), row)).collect();
        let near: [&[u32]; 5] = [&[], &[0], &[63, 7], &[1, 2, 3, 4], &[60, 61, 62, 63]];
        entries.extend(near.iter().zip(1000..).map(|(bits, row)| (flipped(hash, bits), row)));
        entries.push((flipped(hash, &[0, 1, 2, 3, 4]), 2000));
        let mut found = Vec::new();
        Index::new(entries).each_near(hash, &mut |row| found.push(row));
        found.sort_unstable();
        assert_eq!(found, [1000, 1001, 1002, 1003, 1004]);
    }

    #[test]
    fn a_shifted_picture_has_the_hash_of_that_shift() {
        let (height, width) = (20, 30);
        let wave = |x: i64, y: i64| ((x * x * 3 + y * 17 + x * y) % 251) as u8;
        let picture = |right: i64, down: i64| -> Vec<u8> {
            let clamped = |at: i64, size: i64| at.clamp(0, size - 1);
            let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            let seen = pixels.map(|(x, y)| (clamped(x + right, width), clamped(y + down, height)));
            seen.map(|(x, y)| wave(x, y)).collect()
        };
        let shape = [1, height as usize, width as usize];
        let mut hasher = Hasher::default();
        hasher.load(&picture(0, 0), shape);
        for shift in [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, -1)] {
            let mut other = Hasher::default();
            other.load(&picture(shift.0, shift.1), shape);
            assert_eq!(hasher.hash(shift), other.hash((0, 0)), "{shift:?}");
            assert_eq!(hasher.hash(shift) == hasher.hash((0, 0)), shift == (0, 0), "{shift:?}");
        }
    }

    #[test]
    fn brightness_changes_no_bit() {
        let dark: Vec<u8> = (0..300).map(|i| (i * 7 % 200) as u8).collect();
        let bright: Vec<u8> = dark.iter().map(|value| value + 40).collect();
        let hash = |picture: &[u8]| {
            let mut hasher = Hasher::default();
            hasher.load(picture, [3, 10, 10]);
            hasher.hash((0, 0))
        };
        assert_eq!(hash(&dark), hash(&bright));
        assert_eq!(hash(&[9; 300]), 1 << 63);
    }
}
