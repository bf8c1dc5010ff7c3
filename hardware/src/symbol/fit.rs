//! A grid fitted to the modules of a code, also on cloth and round stocks.
//!
//! The first reader samples a flat grid through four corners that it knows to a pixel or two. Where that is not enough the
//! grid is moved and bent a little at a time, as long as the modules under it become more black and white: a grid that
//! lies between the modules sees grey. The code's own error correction tells when it fits.

use std::time::Instant;

use super::enhance;
use super::flatten::{AROUND, Bend, Corners, Grid, bend, longest_side};
use super::frame::GreyFrame;
use super::zxing::Modules;

/// Where the climb starts: flat, then bent a little each way.
const STARTS: [Bend; 7] = [
    bend(0.0, 0.0, 0.0, 0.0),
    bend(0.0, 0.02, 0.0, 0.0),
    bend(0.0, -0.02, 0.0, 0.0),
    bend(0.02, 0.0, 0.0, 0.0),
    bend(-0.02, 0.0, 0.0, 0.0),
    bend(0.0, 0.0, 0.05, 0.05),
    bend(0.0, 0.0, 0.0, -0.05),
];

/// The steps of the climb, in modules: half a module and less, or the grid falls onto the neighbours. The second pair takes
/// what the first one opened.
const STEPS: [f32; 4] = [0.6, 0.3, 0.6, 0.3];

/// How the climb may move: eight ways to move a corner, four ways to bend.
const WAYS: usize = 12;

/// Larger codes have too many hills: version 10, far above any mark.
const MAX_MODULES: u32 = 57;

/// So many modules to each side make the grey that a module is held against.
const SURROUNDINGS: usize = 4;

/// Fits a grid to the code with these corners. After each round the modules, one pixel each and split into dark and light,
/// are put to `read`, until it makes something of them; `starts` of the seven starts are tried.
pub(crate) fn fitted<T>(
    picture: &GreyFrame,
    corners: Corners,
    modules: Modules,
    starts: usize,
    until: Instant,
    mut read: impl FnMut(&GreyFrame) -> Option<T>,
) -> Option<T> {
    if modules.0.max(modules.1) > MAX_MODULES {
        return None;
    }
    let module_px = longest_side(corners) / modules.0.max(modules.1) as f32;
    for start in STARTS.into_iter().take(starts) {
        let mut climb = Climb::from(picture, Grid::over(corners, modules, start)?)?;
        for step in STEPS {
            if Instant::now() >= until {
                return None;
            }
            climb.round(step, module_px);
            let middles = climb.grid.sampled(picture, &AROUND)?;
            let result = enhance::split_modules(&middles).iter().find_map(&mut read);
            if result.is_some() {
                return result;
            }
        }
    }
    None
}

struct Climb<'a> {
    picture: &'a GreyFrame,
    grid: Grid,
    height: u64,
}

impl<'a> Climb<'a> {
    fn from(picture: &'a GreyFrame, grid: Grid) -> Option<Self> {
        let height = height(picture, &grid)?;
        Some(Self { picture, grid, height })
    }

    /// Moves each way as long as it goes up.
    fn round(&mut self, step: f32, module_px: f32) {
        for way in 0..WAYS {
            for step in [step, -step] {
                // A grid that moves by more than a few modules has lost its code.
                for _ in 0..4 {
                    let moved = moved(self.grid, way, step, module_px);
                    match height(self.picture, &moved) {
                        Some(height) if height > self.height => (self.grid, self.height) = (moved, height),
                        _ => break,
                    }
                }
            }
        }
    }
}

/// How much the modules differ from their surroundings, squared.
fn height(picture: &GreyFrame, grid: &Grid) -> Option<u64> {
    let middles = grid.sampled(picture, &AROUND[..1])?;
    let means = enhance::box_mean(&middles, SURROUNDINGS);
    Some(middles.pixels.iter().zip(&means).map(|(&grey, &mean)| u64::from(grey.abs_diff(mean)).pow(2)).sum())
}

fn moved(mut grid: Grid, way: usize, step: f32, module_px: f32) -> Grid {
    let part = step / grid.modules.0.max(grid.modules.1) as f32;
    match way {
        // The corner opposite the own top left is the least sure: in a QR code no finder stands there.
        0..8 => {
            let corner = &mut grid.corners[[2, 1, 3, 0][way / 2]];
            let along = if way.is_multiple_of(2) { &mut corner.0 } else { &mut corner.1 };
            *along += step * module_px;
        }
        8 => grid.bend.right += part,
        9 => grid.bend.down += part,
        10 => grid.bend.spread_x += 2.0 * part,
        _ => grid.bend.spread_y += 2.0 * part,
    }
    grid
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::symbol::{Symbology, draw};

    /// A drawn code on cloth: its middle is pushed up by so many modules against its edges.
    fn on_cloth(modules_up: f32) -> (GreyFrame, Corners, Modules) {
        const PX: i32 = 6;
        let flat = draw("A1:7K2M9QX4TB3", Symbology::Qr, PX as u32).expect("a text that fits");
        let side = flat.width as i32;
        let (low, high) = (4 * PX, side - 4 * PX);
        let pixel = |x: i32, y: i32| {
            let across = 2.0 * (x - low) as f32 / (high - low) as f32 - 1.0;
            let arch = (1.0 - across * across).max(0.0) * modules_up * PX as f32;
            let from = (y + arch.round() as i32).clamp(0, side - 1);
            flat.pixels[(from * side + x) as usize]
        };
        let pixels =
            (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        let modules = ((high - low) / PX) as u32;
        let corners = [(low, low), (high, low), (high, high), (low, high)];
        (GreyFrame::derived(side as usize, side as usize, pixels), corners, (modules, modules))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_code_whose_ground_is_bent_is_read() {
        for modules_up in [-0.9, -0.6, 0.6, 0.9] {
            let (picture, corners, modules) = on_cloth(modules_up);
            let read = fitted(&picture, corners, modules, STARTS.len(), soon(), |split| {
                crate::symbol::zxing::decoded(split).map(|seen| seen.read.text)
            });
            assert_eq!(read.as_deref(), Some("A1:7K2M9QX4TB3"), "bent by {modules_up}");
        }
    }

    #[test]
    fn no_code_no_square_no_time_end_the_climb() {
        let noise = GreyFrame::derived(90, 90, (0..8100_u32).map(|i| (i * 7919 % 251) as u8).collect());
        let corners = [(10, 10), (80, 10), (80, 80), (10, 80)];
        let mut asked = 0;
        let mut never = |_: &GreyFrame| -> Option<()> {
            asked += 1;
            None
        };
        assert_eq!(fitted(&noise, corners, (21, 21), 9, soon(), &mut never), None);
        assert_eq!(fitted(&noise, [(5, 5); 4], (21, 21), 9, soon(), &mut never), None);
        assert_eq!(fitted(&noise, corners, (177, 177), 9, soon(), &mut never), None);
        assert_eq!(fitted(&noise, corners, (21, 21), 9, Instant::now(), &mut never), None);
        assert!(asked <= 2 * STARTS.len() * STEPS.len());
    }
}
