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
    let mut old = vec![0.0; size.plane()];
    for (plane, &fill) in image.chunks_exact_mut(size.plane()).zip(fill) {
        old.copy_from_slice(plane);
        let at = |y: f64, x: f64| {
            let inside = y >= 0.0 && x >= 0.0 && y < size.height as f64 && x < size.width as f64;
            f64::from(if inside { old[y as usize * size.width + x as usize] } else { fill })
        };
        for (index, pixel) in plane.iter_mut().enumerate() {
            let y = (index / size.width) as f64 - mid_y;
            let x = (index % size.width) as f64 - mid_x;
            let (from_y, from_x) = (cos * y + sin * x + mid_y, cos * x - sin * y + mid_x);
            let (top, left) = (from_y.floor(), from_x.floor());
            let (down, right) = (from_y - top, from_x - left);
            let upper = at(top, left) * (1.0 - right) + at(top, left + 1.0) * right;
            let lower = at(top + 1.0, left) * (1.0 - right) + at(top + 1.0, left + 1.0) * right;
            *pixel = (upper * (1.0 - down) + lower * down) as f32;
        }
    }
}

/// Moves everything down and to the right by whole pixels.
pub(super) fn shift(image: &mut [f32], size: Size, fill: &[f32], [down, right]: [isize; 2]) {
    if down == 0 && right == 0 {
        return;
    }
    let mut old = vec![0.0; size.plane()];
    for (plane, &fill) in image.chunks_exact_mut(size.plane()).zip(fill) {
        old.copy_from_slice(plane);
        for (index, pixel) in plane.iter_mut().enumerate() {
            let from = |at: usize, by: isize, side: usize| {
                at.checked_add_signed(-by).filter(|from| *from < side)
            };
            let row = from(index / size.width, down, size.height);
            let column = from(index % size.width, right, size.width);
            *pixel = match (row, column) {
                (Some(row), Some(column)) => old[row * size.width + column],
                _ => fill,
            };
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
