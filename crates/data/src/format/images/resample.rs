//! Bilinear resampling that is exactly defined: the same bytes on every machine.
//!
//! The weights of a pixel are a triangle around its centre in the source, as wide as one source
//! pixel, or as one target pixel where that is wider, so that shrinking does not alias. They add up
//! to one and are rounded to 22 bits after the point. Rows are done first, then columns, and each
//! pass rounds to a byte. The `resize` of Pillow with `BILINEAR`, first to the width and then to
//! the height, gives the same bytes.

/// Bits after the point of a weight: a weight times a byte, summed, stays below 2^31.
const PRECISION: u32 = 22;

/// From the size `[height, width]` to another. `row` appends the pixels of a row, `[width, channels]`,
/// so that an image that is turned or cut is never there twice.
pub(crate) fn resample(
    row: &dyn Fn(usize, &mut Vec<u8>),
    from: [usize; 2],
    to: [usize; 2],
    channels: usize,
) -> Vec<u8> {
    let mut rows = Vec::with_capacity(from[0] * to[1] * channels);
    if from[1] == to[1] {
        (0..from[0]).for_each(|y| row(y, &mut rows));
    } else {
        let weights = weights(from[1], to[1]);
        let mut pixels = Vec::with_capacity(from[1] * channels);
        for y in 0..from[0] {
            pixels.clear();
            row(y, &mut pixels);
            across(&pixels, &weights, channels, &mut rows);
        }
    }
    if from[0] == to[0] {
        return rows;
    }
    let line = to[1] * channels;
    let mut out = Vec::with_capacity(to[0] * line);
    for window in &weights(from[0], to[0]) {
        down(&rows[window.start * line..], window, line, &mut out);
    }
    out
}

/// The source pixels that make one target pixel.
struct Window {
    start: usize,
    weights: Vec<i32>,
}

fn weights(from: usize, to: usize) -> Vec<Window> {
    let scale = from as f64 / to as f64;
    let radius = scale.max(1.0);
    let window = |target: usize| {
        let centre = (target as f64 + 0.5) * scale;
        let start = (centre - radius + 0.5).max(0.0) as usize;
        let end = ((centre + radius + 0.5) as usize).min(from);
        let triangle = |source: usize| {
            let distance = (source as f64 - centre + 0.5) * (1.0 / radius);
            (1.0 - distance.abs()).max(0.0)
        };
        let shares: Vec<f64> = (start..end).map(triangle).collect();
        let sum: f64 = shares.iter().sum();
        let fixed = |share: &f64| (share / sum * f64::from(1 << PRECISION) + 0.5) as i32;
        Window { start, weights: shares.iter().map(fixed).collect() }
    };
    (0..to).map(window).collect()
}

/// One row of the target from one of the source.
fn across(row: &[u8], windows: &[Window], channels: usize, out: &mut Vec<u8>) {
    for window in windows {
        let source = &row[window.start * channels..];
        for channel in 0..channels {
            let values = source.iter().skip(channel).step_by(channels);
            let terms = values.zip(&window.weights).map(|(&v, &weight)| i32::from(v) * weight);
            out.push(rounded(terms.sum()));
        }
    }
}

/// One row of the target from several of the source.
fn down(rows: &[u8], window: &Window, line: usize, out: &mut Vec<u8>) {
    let mut sums = vec![0i32; line];
    for (row, &weight) in rows.chunks_exact(line).zip(&window.weights) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += i32::from(value) * weight;
        }
    }
    out.extend(sums.into_iter().map(rounded));
}

fn rounded(sum: i32) -> u8 {
    ((sum + (1 << (PRECISION - 1))) >> PRECISION).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(pixels: &[u8], from: [usize; 2], to: [usize; 2], channels: usize) -> Vec<u8> {
        let len = from[1] * channels;
        let row = |y: usize, out: &mut Vec<u8>| out.extend(&pixels[y * len..(y + 1) * len]);
        resample(&row, from, to, channels)
    }

    #[test]
    fn weights_of_every_pixel_add_up_to_one() {
        for (from, to) in [(1, 1), (1, 7), (7, 1), (3024, 100), (100, 33), (32, 33), (5, 3)] {
            for window in weights(from, to) {
                let sum: i32 = window.weights.iter().sum();
                assert!((sum - (1 << PRECISION)).abs() <= window.weights.len() as i32);
                assert!(window.start + window.weights.len() <= from);
            }
        }
    }

    #[test]
    fn halving_weighs_four_pixels_and_doubling_two() {
        // By hand: weights 3/7, 3/7, 1/7 at the edge; and 3/4, 1/4 between two pixels.
        assert_eq!(resampled(&[0, 80, 160, 240], [1, 4], [1, 2], 1), [57, 183]);
        assert_eq!(resampled(&[0, 100], [2, 1], [4, 1], 1), [0, 25, 75, 100]);
        assert_eq!(resampled(&[0, 9, 100, 9], [2, 1], [4, 1], 2), [0, 9, 25, 9, 75, 9, 100, 9]);
    }

    #[test]
    fn a_plain_image_stays_plain_and_its_own_size_changes_nothing() {
        assert_eq!(resampled(&[255; 75], [5, 5], [3, 7], 3), [255; 63]);
        assert_eq!(resampled(&[1; 25], [5, 5], [9, 1], 1), [1; 9]);
        let pixels: Vec<u8> = (0..12).collect();
        assert_eq!(resampled(&pixels, [2, 2], [2, 2], 3), pixels);
    }
}
