//! Markers, bars and points side by side.

use plotters::element::Circle;

use super::canvas::whole;
use super::page::{Dot, Page, drawn};
use super::paint::{Paint, Pen};

/// Shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Marker {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
}

const SHAPES: [Marker; 6] =
    [Marker::Circle, Marker::Square, Marker::Up, Marker::Diamond, Marker::Down, Marker::Cross];

/// Filled with its paint, or with the paper and an outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Look {
    Solid,
    Hollow,
}

/// Half the length of the caps of an interval, in dots.
const CAP: i32 = 35;

impl Marker {
    /// By index of a series. Six colours and six shapes go round with a shift, so that a colour
    /// that comes again has another shape.
    pub(super) fn series(index: usize) -> Self {
        SHAPES[(index + index / SHAPES.len()) % SHAPES.len()]
    }

    /// Corners around the origin, for a radius; none for a circle.
    fn corners(self, radius: i32) -> Vec<Dot> {
        let scaled = |share: f64| whole(share * f64::from(radius));
        let (r, side, long, arm) = (radius, scaled(0.88), scaled(1.25), scaled(0.36));
        match self {
            Self::Circle => Vec::new(),
            Self::Square => vec![(-side, -side), (side, -side), (side, side), (-side, side)],
            Self::Up => vec![(0, -long), (long, r - scaled(0.1)), (-long, r - scaled(0.1))],
            Self::Down => vec![(0, long), (long, scaled(0.1) - r), (-long, scaled(0.1) - r)],
            Self::Diamond => vec![(0, -long), (long, 0), (0, long), (-long, 0)],
            Self::Cross => {
                let quarter = [(arm, -long), (arm, -arm), (long, -arm)];
                let turn = |(x, y): Dot| (-y, x);
                let mut corners = Vec::with_capacity(4 * quarter.len());
                let mut part = quarter;
                for _ in 0..4 {
                    corners.extend(part);
                    part = part.map(turn);
                }
                corners
            }
        }
    }
}

impl Page<'_> {
    /// A marker with a rim of paper, so that it stands out from what lies below.
    pub(super) fn marker(
        &self,
        at: Dot,
        marker: Marker,
        radius: i32,
        (paint, look): (Paint, Look),
    ) {
        let rim = 12;
        match look {
            Look::Solid => {
                self.shape(at, marker, radius + rim, Paint::Paper);
                self.shape(at, marker, radius, paint);
            }
            Look::Hollow => {
                self.shape(at, marker, radius + rim, paint);
                self.shape(at, marker, radius - rim, Paint::Paper);
            }
        }
    }

    /// A seed's point: small, and faint enough to show how many lie on each other.
    pub(super) fn point(&self, at: Dot, paint: Paint) {
        const RADIUS: u32 = 24;
        drawn(self.area.draw(&Circle::new(at, RADIUS, paint.fill(0.7))));
    }

    fn shape(&self, at: Dot, marker: Marker, radius: i32, paint: Paint) {
        let corners: Vec<Dot> =
            marker.corners(radius).iter().map(|(x, y)| (at.0 + x, at.1 + y)).collect();
        if corners.is_empty() {
            let radius = u32::try_from(radius).unwrap_or_default();
            drawn(self.area.draw(&Circle::new(at, radius, paint.fill(1.0))));
        } else {
            self.polygon(corners, paint, 1.0);
        }
    }

    /// A level bar with caps from one x to another.
    pub(super) fn level_bar(&self, (from, to): (i32, i32), y: i32, pen: Pen) {
        self.line((from, y), (to, y), pen);
        for x in [from, to] {
            self.line((x, y - CAP), (x, y + CAP), pen);
        }
    }

    /// An upright bar with caps from one y to another.
    pub(super) fn upright_bar(&self, x: i32, (from, to): (i32, i32), pen: Pen) {
        self.line((x, from), (x, to), pen);
        for y in [from, to] {
            self.line((x - CAP, y), (x + CAP, y), pen);
        }
    }
}

/// Sideways shifts that keep points apart that stand closer than `gap` along their axis: 0 first,
/// then one step to either side, and so on, at most `most` steps. In the order given.
pub(super) fn swarm(places: &[i32], gap: i32, most: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|i| (places[*i], *i));
    let mut shifts = vec![0; places.len()];
    let mut near: Vec<usize> = Vec::new();
    for i in order {
        near.retain(|other| places[i] - places[*other] < gap);
        let candidates = (0..=2 * most).map(|k| if k % 2 == 0 { -k / 2 } else { (k + 1) / 2 });
        let is_free = |shift: &i32| near.iter().all(|other| shifts[*other] != *shift);
        shifts[i] = candidates.into_iter().find(is_free).unwrap_or(0);
        near.push(i);
    }
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_each_other_are_moved_apart() {
        assert_eq!(swarm(&[0, 100, 200], 50, 3), [0, 0, 0]);
        assert_eq!(swarm(&[10, 10, 10, 10], 50, 3), [0, 1, -1, 2]);
        assert_eq!(swarm(&[10, 10, 10, 10], 50, 1), [0, 1, -1, 0]);
        assert_eq!(swarm(&[90, 10, 50], 50, 3), [0, 0, 1]);
    }

    #[test]
    fn thirty_series_differ_in_colour_or_marker() {
        let look = |i: usize| (i % 6, Marker::series(i));
        for i in 0..30 {
            assert!((0..i).all(|other| look(other) != look(i)), "{i}");
        }
    }
}
