//! Grids over codes: seen at an angle, or bent with the cloth and the round stocks they lie on.

use std::ops::RangeInclusive;

use super::frame::GreyFrame;
use super::zxing::Modules;

/// The corners of a code in pixels, clockwise from its own top left.
pub(crate) type Corners = [(i32, i32); 4];

/// How far the middle of the code is pushed to the right and down, in parts of its side, against its edges; and how
/// much its middle is spread along and across.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bend {
    pub right: f32,
    pub down: f32,
    pub spread_x: f32,
    pub spread_y: f32,
}

pub(crate) const fn bend(right: f32, down: f32, spread_x: f32, spread_y: f32) -> Bend {
    Bend { right, down, spread_x, spread_y }
}

/// Not bent.
pub(crate) const FLAT: Bend = bend(0.0, 0.0, 0.0, 0.0);

/// Sides of codes that are cut out, in pixels: from the smallest that shows anything up to any picture's.
const MEASURABLE: RangeInclusive<f32> = 8.0..=20_000.0;

/// Points of a module around its middle, in parts of its side.
pub(crate) const AROUND: [(f32, f32); 5] =
    [(0.5, 0.5), (0.35, 0.35), (0.65, 0.35), (0.35, 0.65), (0.65, 0.65)];

/// A grid over a code: where its corners lie, how it is bent, how many columns and rows it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub corners: [(f32, f32); 4],
    pub modules: Modules,
    pub bend: Bend,
}

impl Grid {
    /// None where the corners are those of no code.
    pub(crate) fn over(corners: Corners, modules: Modules, bend: Bend) -> Option<Self> {
        let measurable = MEASURABLE.contains(&longest_side(corners));
        measurable.then(|| Self { corners: corners.map(|(x, y)| (x as f32, y as f32)), modules, bend })
    }

    /// One pixel for each column and row: the mean of these points of its module. None where the corners make no square.
    pub(crate) fn sampled(&self, picture: &GreyFrame, points: &[(f32, f32)]) -> Option<GreyFrame> {
        let view = Perspective::of_unit_square(self.corners)?;
        let (columns, rows) = self.modules;
        let mut pixels = Vec::with_capacity((columns * rows) as usize);
        for y in 0..rows {
            for x in 0..columns {
                let point = |&(dx, dy): &(f32, f32)| {
                    let (u, v) = ((x as f32 + dx) / columns as f32, (y as f32 + dy) / rows as f32);
                    let (u, v) = bent(u, v, self.bend);
                    u16::from(sample(picture, view.map(u, v)))
                };
                pixels.push((points.iter().map(point).sum::<u16>() / points.len() as u16) as u8);
            }
        }
        Some(GreyFrame::derived(columns as usize, rows as usize, pixels))
    }
}

/// The longest side of a code with these corners, in pixels.
pub(crate) fn longest_side(corners: Corners) -> f32 {
    let corners = corners.map(|(x, y)| (x as f32, y as f32));
    (0..4).map(|i| distance(corners[i], corners[(i + 1) % 4])).fold(0.0, f32::max)
}

/// Where a point of the flat code lies on the bent one; the corners stay where they are.
fn bent(u: f32, v: f32, bend: Bend) -> (f32, f32) {
    let (x, y) = (2.0 * u - 1.0, 2.0 * v - 1.0);
    let (arch_x, arch_y) = (1.0 - x * x, 1.0 - y * y);
    (
        u + bend.right * arch_y + bend.spread_x * x * arch_x,
        v + bend.down * arch_x + bend.spread_y * y * arch_y,
    )
}

fn distance(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn sample(picture: &GreyFrame, (x, y): (f32, f32)) -> u8 {
    let (right, bottom) = (picture.w() - 1, picture.h() - 1);
    // Not a number becomes 0 here, as does everything left of and above the picture.
    let (x, y) = (x.clamp(0.0, right as f32), y.clamp(0.0, bottom as f32));
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let (next_x, next_y) = ((left + 1).min(right), (top + 1).min(bottom));
    let at = |x: usize, y: usize| f32::from(picture.pixels[y * picture.w() + x]);
    let upper = at(left, top) * (1.0 - fx) + at(next_x, top) * fx;
    let lower = at(left, next_y) * (1.0 - fx) + at(next_x, next_y) * fx;
    (upper * (1.0 - fy) + lower * fy) as u8
}

/// The mapping of the unit square onto four corners (Heckbert, "Fundamentals of Texture Mapping", 1989, section 2.2.3).
struct Perspective([f32; 8]);

impl Perspective {
    fn of_unit_square(c: [(f32, f32); 4]) -> Option<Self> {
        let (dx1, dy1) = (c[1].0 - c[2].0, c[1].1 - c[2].1);
        let (dx2, dy2) = (c[3].0 - c[2].0, c[3].1 - c[2].1);
        let (sx, sy) = (c[0].0 - c[1].0 + c[2].0 - c[3].0, c[0].1 - c[1].1 + c[2].1 - c[3].1);
        let area = dx1 * dy2 - dx2 * dy1;
        if area.abs() < 16.0 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / area;
        let h = (dx1 * sy - sx * dy1) / area;
        Some(Self([
            c[1].0 - c[0].0 + g * c[1].0,
            c[3].0 - c[0].0 + h * c[3].0,
            c[0].0,
            c[1].1 - c[0].1 + g * c[1].1,
            c[3].1 - c[0].1 + h * c[3].1,
            c[0].1,
            g,
            h,
        ]))
    }

    fn map(&self, u: f32, v: f32) -> (f32, f32) {
        let m = &self.0;
        let w = m[6] * u + m[7] * v + 1.0;
        ((m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_square_fall_on_the_corners_of_the_code() {
        let corners = [(10.0, 20.0), (110.0, 30.0), (120.0, 140.0), (5.0, 120.0)];
        let view = Perspective::of_unit_square(corners).expect("a square seen at an angle");
        for (i, (u, v)) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().enumerate() {
            for bend in [FLAT, bend(0.04, -0.02, 0.05, -0.05)] {
                let (u, v) = bent(u, v, bend);
                let (x, y) = view.map(u, v);
                assert!((x - corners[i].0).abs() < 0.01 && (y - corners[i].1).abs() < 0.01);
            }
        }
    }

    #[test]
    fn corners_that_make_no_square_are_refused() {
        let picture = GreyFrame::derived(4, 4, vec![0; 16]);
        let flat = |corners| {
            Grid::over(corners, (9, 9), FLAT).is_some_and(|grid| grid.sampled(&picture, &AROUND).is_some())
        };
        assert!(!flat([(0, 0); 4]));
        assert!(!flat([(0, 0), (10, 10), (20, 20), (30, 30)]));
        assert!(!flat([(i32::MIN, 0), (i32::MAX, 0), (0, i32::MAX), (0, 0)]));
        assert!(flat([(0, 0), (9, 0), (9, 9), (0, 9)]), "corners may lie outside the picture");
    }
}
