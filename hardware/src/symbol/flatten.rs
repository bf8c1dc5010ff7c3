//! A code seen at an angle, or on cloth and round stocks, laid flat.
//!
//! The first reader samples a flat grid. Where it found a code but could not decode it, the reason is often that the
//! ground is bent; so the code is cut out, turned upright, and bent back a little each way until it reads.

use super::frame::GreyFrame;

/// How far the middle of the code is pushed to the right and down, in parts of its side, against its edges; and how
/// much its middle is spread along and across.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bend {
    pub right: f32,
    pub down: f32,
    pub spread_x: f32,
    pub spread_y: f32,
}

const fn bend(right: f32, down: f32, spread_x: f32, spread_y: f32) -> Bend {
    Bend { right, down, spread_x, spread_y }
}

/// The bends that are tried, the flat one and the slightest first.
pub(crate) const BENDS: [Bend; 29] = [
    bend(0.0, 0.0, 0.0, 0.0),
    bend(0.0, 0.02, 0.0, 0.0),
    bend(0.0, -0.02, 0.0, 0.0),
    bend(0.02, 0.0, 0.0, 0.0),
    bend(-0.02, 0.0, 0.0, 0.0),
    bend(0.0, 0.0, 0.05, 0.05),
    bend(0.0, 0.0, -0.05, -0.05),
    bend(0.0, 0.0, 0.05, 0.0),
    bend(0.0, 0.0, 0.0, 0.05),
    bend(0.0, 0.0, -0.05, 0.0),
    bend(0.0, 0.0, 0.0, -0.05),
    bend(0.0, 0.04, 0.0, 0.0),
    bend(0.0, -0.04, 0.0, 0.0),
    bend(0.04, 0.0, 0.0, 0.0),
    bend(-0.04, 0.0, 0.0, 0.0),
    bend(0.02, 0.02, 0.0, 0.0),
    bend(-0.02, 0.02, 0.0, 0.0),
    bend(0.02, -0.02, 0.0, 0.0),
    bend(-0.02, -0.02, 0.0, 0.0),
    bend(0.0, 0.03, 0.0, -0.05),
    bend(0.0, 0.03, 0.0, 0.05),
    bend(0.0, -0.03, 0.0, -0.05),
    bend(0.0, -0.03, 0.0, 0.05),
    bend(0.03, 0.0, -0.05, 0.0),
    bend(0.03, 0.0, 0.05, 0.0),
    bend(-0.03, 0.0, -0.05, 0.0),
    bend(-0.03, 0.0, 0.05, 0.0),
    bend(0.0, 0.0, 0.05, -0.05),
    bend(0.0, 0.0, -0.05, 0.05),
];

/// The quiet zone kept around the code, in parts of its side.
const MARGIN: f32 = 0.15;

/// The flattened code is at least and at most this many pixels wide: enough for 57 modules, cheap enough to repeat.
const SIDE: (f32, f32) = (240.0, 440.0);

/// Cuts the code with these corners (clockwise from its top left) out of the picture, upright, flat and enlarged; none
/// where the corners make no square.
pub(crate) fn flattened(picture: &GreyFrame, corners: [(i32, i32); 4], bend: Bend) -> Option<GreyFrame> {
    let corners = corners.map(|(x, y)| (x as f32, y as f32));
    let longest = (0..4).map(|i| distance(corners[i], corners[(i + 1) % 4])).fold(0.0, f32::max);
    if !(8.0..=20_000.0).contains(&longest) {
        return None;
    }
    let view = Perspective::of_unit_square(corners)?;
    let code = (longest * 2.0).clamp(SIDE.0, SIDE.1);
    let side = (code * (1.0 + 2.0 * MARGIN)) as usize;
    let mut pixels = Vec::with_capacity(side * side);
    for row in 0..side {
        let v = row as f32 / code - MARGIN;
        for column in 0..side {
            let (u, v) = bent(column as f32 / code - MARGIN, v, bend);
            pixels.push(sample(picture, view.map(u, v)));
        }
    }
    Some(GreyFrame::derived(side, side, pixels))
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
            for bend in BENDS {
                let (u, v) = bent(u, v, bend);
                let (x, y) = view.map(u, v);
                assert!((x - corners[i].0).abs() < 0.01 && (y - corners[i].1).abs() < 0.01);
            }
        }
    }

    #[test]
    fn corners_that_make_no_square_are_refused() {
        let picture = GreyFrame::derived(4, 4, vec![0; 16]);
        let flat = |corners| flattened(&picture, corners, BENDS[0]).is_some();
        assert!(!flat([(0, 0); 4]));
        assert!(!flat([(0, 0), (10, 10), (20, 20), (30, 30)]));
        assert!(!flat([(i32::MIN, 0), (i32::MAX, 0), (0, i32::MAX), (0, 0)]));
        assert!(flat([(0, 0), (9, 0), (9, 9), (0, 9)]), "corners may lie outside the picture");
    }
}
