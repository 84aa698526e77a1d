//! Moves of one image, `[channels, height, width]` in one slice. What comes in from outside of it
//! is `fill`, one value per channel.

use std::f64::consts::PI;

/// The size of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Size {
    /// None for examples that are not images.
    pub(super) fn of(shape: &[usize]) -> Option<Self> {
        match *shape {
            [_, height, width] => Some(Self { height, width }),
            _ => None,
        }
    }

    fn plane(self) -> usize {
        self.height * self.width
    }
}

/// Mirrors left to right.
pub(super) fn flip(image: &mut [f32], size: Size) {
    image.chunks_exact_mut(size.width).for_each(<[f32]>::reverse);
}

/// Turns by so many degrees about the middle, anticlockwise as seen on a screen: each new pixel is
/// interpolated between the four old ones around the place that it comes from.
pub(super) fn rotate(image: &mut [f32], size: Size, fill: &[f32], degrees: f64) {
    if degrees == 0.0 {
        return;
    }
    let angle = degrees * PI / 180.0;
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let middle = |side: usize| (side as f64 - 1.0) / 2.0;
    let (mid_y, mid_x) = (middle(size.height), middle(size.width));
    // A frame of `fill` around the old pixels, so that every place that touches one has four.
    let stride = size.width + 2;
    let mut framed = vec![0.0; (size.height + 2) * stride];
    for (plane, &fill) in image.chunks_exact_mut(size.plane()).zip(fill) {
        framed.fill(fill);
        for (old, row) in plane.chunks_exact(size.width).zip(1..) {
            framed[row * stride + 1..][..size.width].copy_from_slice(old);
        }
        for (row, y) in plane.chunks_exact_mut(size.width).zip(0u32..) {
            let y = f64::from(y) - mid_y;
            for (pixel, x) in row.iter_mut().zip(0u32..) {
                let x = f64::from(x) - mid_x;
                let (from_y, from_x) = (cos * y + sin * x + mid_y, cos * x - sin * y + mid_x);
                let (top, left) = (floor(from_y), floor(from_x));
                let (down, right) = (from_y - top as f64, from_x - left as f64);
                let corners = corners(&framed, size, [top, left]).unwrap_or([[fill; 2]; 2]);
                let between =
                    |[from, to]: [f32; 2]| f64::from(from) * (1.0 - right) + f64::from(to) * right;
                let [upper, lower] = corners.map(between);
                *pixel = (upper * (1.0 - down) + lower * down) as f32;
            }
        }
    }
}

/// As `f64::floor` of a number that an `isize` holds, without its call into a library.
fn floor(number: f64) -> isize {
    let towards_0 = number as isize;
    towards_0 - isize::from((towards_0 as f64) > number)
}

/// The pixels around a place, `[[upper left, right], [lower left, right]]`; none if all four lie
/// beyond the frame.
fn corners(framed: &[f32], size: Size, [top, left]: [isize; 2]) -> Option<[[f32; 2]; 2]> {
    let row = usize::try_from(top + 1).ok().filter(|row| *row <= size.height)?;
    let column = usize::try_from(left + 1).ok().filter(|column| *column <= size.width)?;
    let upper = framed.get(row * (size.width + 2) + column..)?;
    let lower = upper.get(size.width + 2..)?;
    Some([*upper.first_chunk()?, *lower.first_chunk()?])
}

/// Moves everything down and to the right by whole pixels.
pub(super) fn shift(image: &mut [f32], size: Size, fill: &[f32], [down, right]: [isize; 2]) {
    if down == 0 && right == 0 {
        return;
    }
    let mut old = vec![0.0; size.plane()];
    for (plane, &fill) in image.chunks_exact_mut(size.plane()).zip(fill) {
        old.copy_from_slice(plane);
        for (row, y) in plane.chunks_exact_mut(size.width).zip(0usize..) {
            let from = y.checked_add_signed(-down).filter(|from| *from < size.height);
            let Some(from) = from else {
                row.fill(fill);
                continue;
            };
            let old = &old[from * size.width..][..size.width];
            let empty = right.unsigned_abs().min(size.width);
            let kept = size.width - empty;
            if right >= 0 {
                row[..empty].fill(fill);
                row[empty..].copy_from_slice(&old[..kept]);
            } else {
                row[..kept].copy_from_slice(&old[empty..]);
                row[kept..].fill(fill);
            }
        }
    }
}

/// Sets a square to 0. Its middle is a pixel of the image, and what lies outside is cut off.
pub(super) fn blank(image: &mut [f32], size: Size, side: usize, [row, column]: [usize; 2]) {
    let span = |middle: usize, end: usize| {
        let start = middle.saturating_sub(side / 2);
        start..(middle + side - side / 2).min(end)
    };
    for plane in image.chunks_exact_mut(size.plane()) {
        for row in span(row, size.height) {
            let start = row * size.width;
            let columns = span(column, size.width);
            plane[start + columns.start..start + columns.end].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { height: 2, width: 3 };
    const IMAGE: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    fn done(work: impl Fn(&mut [f32])) -> Vec<f32> {
        let mut image = IMAGE.to_vec();
        work(&mut image);
        image
    }

    #[test]
    fn a_flip_mirrors_each_row() {
        assert_eq!(done(|image| flip(image, SIZE)), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
    }

    #[test]
    fn a_shift_brings_in_the_fill_of_its_channel() {
        let check = |by, expected: [f32; 6]| {
            assert_eq!(done(|image| shift(image, SIZE, &[-1.0], by)), expected, "{by:?}");
        };
        check([0, 0], IMAGE);
        check([1, 0], [-1.0, -1.0, -1.0, 1.0, 2.0, 3.0]);
        check([-1, 1], [-1.0, 4.0, 5.0, -1.0, -1.0, -1.0]);
        check([0, -2], [3.0, -1.0, -1.0, 6.0, -1.0, -1.0]);
        check([9, -9], [-1.0; 6]);
        let mut two = [IMAGE, IMAGE].concat();
        shift(&mut two, SIZE, &[7.0, 8.0], [5, 5]);
        assert_eq!(two, [[7.0; 6], [8.0; 6]].concat());
    }

    #[test]
    fn a_square_is_cut_off_at_the_edges() {
        let check = |side, middle, expected: [f32; 6]| {
            assert_eq!(done(|image| blank(image, SIZE, side, middle)), expected);
        };
        check(1, [1, 2], [1.0, 2.0, 3.0, 4.0, 5.0, 0.0]);
        check(2, [1, 1], [0.0, 0.0, 3.0, 0.0, 0.0, 6.0]);
        check(3, [0, 2], [1.0, 0.0, 0.0, 4.0, 0.0, 0.0]);
        check(9, [0, 0], [0.0; 6]);
        check(0, [0, 0], IMAGE);
    }

    /// Values of `tests/make_rotated.py`.
    #[test]
    fn any_angle_gives_what_scipy_gives() {
        #[derive(serde::Deserialize)]
        struct Reference {
            image: Vec<f32>,
            fill: f32,
            turned: std::collections::BTreeMap<String, Vec<f64>>,
        }
        let text = include_str!("../../tests/rotated.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let size = Size { height: 5, width: 7 };
        assert_eq!(reference.turned.len(), 6);
        for (degrees, expected) in reference.turned {
            let mut image = reference.image.clone();
            rotate(&mut image, size, &[reference.fill], degrees.parse().unwrap());
            for (found, expected) in image.into_iter().zip(expected) {
                assert!(
                    (f64::from(found) - expected).abs() < 1e-6,
                    "{degrees}: {found} {expected}"
                );
            }
        }
    }

    /// Bit by bit, against the same formula without a frame.
    #[test]
    fn a_frame_changes_nothing() {
        let size = Size { height: 9, width: 6 };
        let image: Vec<f32> = (0..54u16).map(|n| f32::from(n * n % 17) / 3.0 - 1.5).collect();
        let fill = -0.7f32;
        for degrees in [0.3, -7.0, 45.0, 90.0, 133.3, 180.0, -90.0] {
            let angle = degrees * PI / 180.0;
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            let at = |y: f64, x: f64| {
                let inside = (0.0..9.0).contains(&y) && (0.0..6.0).contains(&x);
                f64::from(if inside { image[y as usize * 6 + x as usize] } else { fill })
            };
            let expected: Vec<u32> = (0..54)
                .map(|index| {
                    let (y, x) = (f64::from(index / 6) - 4.0, f64::from(index % 6) - 2.5);
                    let (from_y, from_x) = (cos * y + sin * x + 4.0, cos * x - sin * y + 2.5);
                    let (top, left) = (from_y.floor(), from_x.floor());
                    let (down, right) = (from_y - top, from_x - left);
                    let row = |y| at(y, left) * (1.0 - right) + at(y, left + 1.0) * right;
                    ((row(top) * (1.0 - down) + row(top + 1.0) * down) as f32).to_bits()
                })
                .collect();
            let mut turned = image.clone();
            rotate(&mut turned, size, &[fill], degrees);
            let found: Vec<u32> = turned.into_iter().map(f32::to_bits).collect();
            assert_eq!(found, expected, "{degrees}");
        }
    }

    #[test]
    fn right_angles_only_trade_places() {
        let size = Size { height: 3, width: 3 };
        let image: Vec<f32> = (1..=9).map(|n| n as f32).collect();
        let check = |degrees, expected: [f32; 9]| {
            let mut turned = image.clone();
            rotate(&mut turned, size, &[0.0], degrees);
            let far = turned.iter().zip(expected).filter(|(a, b)| (*a - b).abs() > 1e-5);
            assert_eq!(far.count(), 0, "{degrees}: {turned:?}");
        };
        check(0.0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        check(90.0, [3.0, 6.0, 9.0, 2.0, 5.0, 8.0, 1.0, 4.0, 7.0]);
        check(-90.0, [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0]);
        check(180.0, [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    }
}
