//! How a code lies before the camera: what helps a person to hold it better.

use serde::Serialize;

use super::flatten::{AROUND, Corners, FLAT, Grid};
use super::frame::GreyFrame;
use super::zxing::{Modules, Seen, Suspect};
use super::{Symbology, enhance};

/// A matrix code in a picture, read or not. Bars are not told: they stand everywhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sighting {
    /// Its kind.
    pub symbology: Symbology,
    /// Whether its text was read.
    pub read: bool,
    /// The corners in pixels of the picture, clockwise from the code's own top left.
    pub corners: [(i32, i32); 4],
    /// Pixels a module along the code's shortest side; below about 3 a camera's blur swallows modules. Of a code that was
    /// not read, a guess from its changes between dark and light.
    pub module_px: f32,
    /// How far the code is turned away from the camera, in degrees; 0 is seen straight on. A rectangular code that was
    /// not read gives none.
    pub tilt_deg: Option<f32>,
    /// The grey of the light parts, 0 to 255.
    pub light: u8,
    /// The grey of the dark parts, 0 to 255.
    pub dark: u8,
    /// How much of the way from dark to light the sharpest edges make between one pixel and the next, 0 to 1. A lens in
    /// focus gives 0.5 and more, below 0.2 neighbouring modules run together.
    pub sharpness: f32,
}

/// How many codes of one picture are measured: more than a person holds.
const MAX_SIGHTINGS: usize = 4;

/// The code is looked at in so many samples a side: enough for edges, cheap enough for each frame.
const SAMPLES: u32 = 96;

impl Sighting {
    /// Measures a code with these corners; none where they make no square.
    pub(crate) fn of(
        picture: &GreyFrame,
        symbology: Symbology,
        corners: Corners,
        modules: Option<Modules>,
        read: bool,
    ) -> Option<Self> {
        let flat = Grid::over(corners, (SAMPLES, SAMPLES), FLAT)?.sampled(picture, &AROUND[..1])?;
        let (dark, light) = dark_and_light(&flat);
        let (columns, rows) = modules.unwrap_or_else(|| guessed(&flat, symbology));
        let [across, down] = middle_lines(corners);
        let module_px = (length(across) / columns as f32).min(length(down) / rows as f32);
        let square = modules.is_some() || symbology == Symbology::Qr;
        let tilt_deg =
            square.then(|| tilt(across, down, columns as f32 / rows as f32).to_degrees()).map(tenths);
        let sharpness = sharpness(picture, corners, light.saturating_sub(dark));
        Some(Self {
            symbology,
            read,
            corners,
            module_px: tenths(module_px),
            tilt_deg,
            light,
            dark,
            sharpness,
        })
    }
}

/// The measured matrix codes of a picture, those that were read first.
pub(crate) fn sightings(
    frame: &GreyFrame,
    seen: &[Seen],
    suspects: &[Suspect],
) -> impl Iterator<Item = Sighting> {
    let read = seen
        .iter()
        .filter(|code| code.read.symbology.is_matrix())
        .filter_map(|code| Sighting::of(frame, code.read.symbology, code.read.corners?, code.modules, true));
    let unread = suspects.iter().filter_map(|suspect| {
        Sighting::of(frame, suspect.symbology, suspect.corners, suspect.modules, false)
    });
    read.chain(unread).take(MAX_SIGHTINGS)
}

fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// The greys below and above which a tenth of the code lies.
fn dark_and_light(flat: &GreyFrame) -> (u8, u8) {
    let mut greys = flat.pixels.clone();
    greys.sort_unstable();
    (greys[greys.len() / 10], greys[greys.len() * 9 / 10])
}

/// Half of all neighbouring modules differ, as the codes' masks and randomising see to it: the changes along rows and
/// columns tell their number, roughly.
fn guessed(flat: &GreyFrame, symbology: Symbology) -> Modules {
    let split = enhance::otsu(flat);
    let at = |x: usize, y: usize| split.pixels[y * split.w() + x];
    let (mut along, mut down) = (0, 0);
    for a in 0..split.h() {
        for b in 1..split.w() {
            along += u32::from(at(b - 1, a) != at(b, a));
            down += u32::from(at(a, b - 1) != at(a, b));
        }
    }
    let modules = |changes: u32| (2 * changes / SAMPLES + 1).clamp(10, 177);
    if symbology == Symbology::Qr {
        let side = modules((along + down) / 2).max(21);
        return (side, side);
    }
    (modules(along), modules(down))
}

/// The lines between the middles of opposite sides: across and down.
fn middle_lines(c: Corners) -> [(f32, f32); 2] {
    let c = c.map(|(x, y)| (x as f32, y as f32));
    let middle = |a: (f32, f32), b: (f32, f32)| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let line = |a: (f32, f32), b: (f32, f32)| (b.0 - a.0, b.1 - a.1);
    [line(middle(c[0], c[3]), middle(c[1], c[2])), line(middle(c[0], c[1]), middle(c[3], c[2]))]
}

fn length(line: (f32, f32)) -> f32 {
    line.0.hypot(line.1)
}

/// A square turned away by an angle becomes narrower by its cosine: the ratio of the axes of the ellipse that its inner
/// circle becomes.
fn tilt(across: (f32, f32), down: (f32, f32), wide: f32) -> f32 {
    let across = (across.0 / wide, across.1 / wide);
    let squares = across.0.powi(2) + across.1.powi(2) + down.0.powi(2) + down.1.powi(2);
    let area = (across.0 * down.1 - across.1 * down.0).abs();
    let spread = (squares.powi(2) - 4.0 * area.powi(2)).max(0.0).sqrt();
    if squares + spread <= 0.0 {
        return 0.0;
    }
    ((squares - spread) / (squares + spread)).sqrt().clamp(0.0, 1.0).acos()
}

/// The twentieth of the steepest steps between neighbouring pixels inside the code's bounds, in parts of its contrast.
fn sharpness(picture: &GreyFrame, corners: Corners, contrast: u8) -> f32 {
    let (xs, ys) = (corners.map(|c| c.0), corners.map(|c| c.1));
    let bounds = |v: [i32; 4], end: usize| {
        let low = v.into_iter().min().unwrap_or(0).clamp(0, end as i32 - 1);
        let high = v.into_iter().max().unwrap_or(0).clamp(0, end as i32 - 1);
        (low as usize, high as usize)
    };
    let ((left, right), (top, bottom)) = (bounds(xs, picture.w()), bounds(ys, picture.h()));
    let step = ((bottom - top) / SAMPLES as usize).max(1);
    let mut steps = [0_u32; 256];
    for y in (top..=bottom).step_by(step) {
        let row = &picture.pixels[y * picture.w()..][left..=right];
        row.windows(2).for_each(|pair| steps[usize::from(pair[0].abs_diff(pair[1]))] += 1);
    }
    let mut above = steps.iter().sum::<u32>() / 20;
    let steepest = (0..256).rev().find(|&grey| {
        above = above.saturating_sub(steps[grey]);
        above == 0
    });
    let share = steepest.unwrap_or(0) as f32 / f32::from(contrast.max(1));
    (share.min(1.0) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::draw;

    fn drawn(module_px: u32) -> (GreyFrame, Corners) {
        let frame = draw("A1:7K2M9QX4TB3", Symbology::Qr, module_px).expect("a text that fits");
        let (low, high) = (4 * module_px as i32, frame.width as i32 - 4 * module_px as i32);
        (frame, [(low, low), (high, low), (high, high), (low, high)])
    }

    #[test]
    fn a_drawn_code_is_straight_sharp_and_as_large_as_drawn() {
        let (frame, corners) = drawn(6);
        let modules = frame.width / 6 - 8;
        let known =
            Sighting::of(&frame, Symbology::Qr, corners, Some((modules, modules)), true).expect("square");
        assert_eq!((known.module_px, known.tilt_deg), (6.0, Some(0.0)));
        assert_eq!((known.light, known.dark, known.sharpness), (255, 0, 1.0));
        let guess = Sighting::of(&frame, Symbology::Qr, corners, None, false).expect("square");
        assert!((4.5..8.0).contains(&guess.module_px), "{}", guess.module_px);
    }

    #[test]
    fn blur_and_dark_show_in_the_figures() {
        let (frame, corners) = drawn(4);
        let dim = GreyFrame::derived(
            frame.w(),
            frame.h(),
            enhance::smoothed(&frame, 2).pixels.iter().map(|grey| 10 + grey / 8).collect(),
        );
        let seen = Sighting::of(&dim, Symbology::Qr, corners, None, false).expect("square");
        assert!(seen.light < 45 && seen.sharpness < 0.5, "{seen:?}");
    }

    #[test]
    fn a_square_half_as_high_as_wide_is_tilted_by_sixty_degrees() {
        let lying = [(0, 0), (200, 0), (200, 100), (0, 100)];
        let [across, down] = middle_lines(lying);
        assert!((tilt(across, down, 1.0).to_degrees() - 60.0).abs() < 0.1);
        assert!(tilt(across, down, 2.0).abs() < 0.01, "a rectangle seen straight on");
        let frame = GreyFrame::derived(4, 4, vec![0; 16]);
        for corners in [[(0, 0); 4], [(i32::MIN, 0), (i32::MAX, 0), (0, i32::MAX), (0, 0)]] {
            assert_eq!(Sighting::of(&frame, Symbology::DataMatrix, corners, None, false), None);
        }
        let outside = [(900, 900), (990, 900), (990, 990), (900, 990)];
        assert!(Sighting::of(&frame, Symbology::DataMatrix, outside, None, false).is_some());
    }
}
