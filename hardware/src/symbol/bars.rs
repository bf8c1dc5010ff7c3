//! Code 128 out of focus, read as a whole.
//!
//! Blur by more than a module merges narrow bars, and no threshold parts them again. But a character has only 106 shapes
//! (ISO/IEC 15417, table 1), so each place is held against all of them as they would look blurred, from the known start to
//! the known stop. Rows of the code are averaged, which silences noise; several must agree, each by its check character.
//! What was recognised is drawn anew, sharp, for the first reader to make its text.

use super::areas::{Area, Grain};
use super::frame::GreyFrame;
use super::shapes::{CHARACTER, FIRST_START, Fit, Place, REACH, SHAPES, STOP, STOP_MODULES, bits_of, drawn};

/// Characters with start and check: fewer hold nothing, more are no mark.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=30;

/// Blur that is tried, as the deviation in modules.
const BLURS: [f32; 5] = [0.35, 0.5, 0.65, 0.8, 1.0];

/// The module may change so much along the code, which may be seen at an angle.
const STRETCHES: [f32; 7] = [0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06];

/// Rows that are tried, how many must agree, and after how many without a reading the rest is left.
const ROWS: usize = 12;
const AGREEING: usize = 3;
const PATIENCE: usize = 4;

/// So many rows above and below are averaged.
const AVERAGED: usize = 2;

/// How far a character may be from its shape: the mean square of the difference, of a contrast of 1.
const CLOSE: f32 = 0.02;

/// The next best shape must be farther than the best by this factor.
const CLEARLY: f32 = 1.25;

/// A row longer than this belongs to no mark, but to a picket fence.
const LONGEST: usize = 1500;

/// The Code 128 in an area of bars, drawn sharp; none where no rows agree on one.
pub(crate) fn redrawn(frame: &GreyFrame, area: Area) -> Option<GreyFrame> {
    let (length, depth) = match area.grain {
        Grain::Upright => (area.width, area.height),
        Grain::Lying => (area.height, area.width),
        Grain::Both => return None,
    };
    if !(64..=LONGEST).contains(&length) || depth < 4 * ROWS {
        return None;
    }
    let mut read: Vec<Vec<usize>> = Vec::new();
    for row in 0..ROWS {
        // The outer parts of an area are its quiet zone.
        let at = depth / 4 + depth * (row * 5 % ROWS) / (2 * ROWS);
        if row == PATIENCE && read.is_empty() {
            return None;
        }
        let mut mean = mean_row(frame, area, at, length);
        let values = values_of(&mean).or_else(|| {
            mean.reverse();
            values_of(&mean)
        });
        let Some(values) = values else { continue };
        if read.iter().any(|other| *other != values) {
            return None;
        }
        read.push(values);
        if read.len() == AGREEING {
            return Some(drawn(&read[0]));
        }
    }
    None
}

/// The mean of the rows (of an area on its side: columns) around one.
fn mean_row(frame: &GreyFrame, area: Area, at: usize, length: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; length];
    let parts = 1.0 / (2 * AVERAGED + 1) as f32;
    for row in at - AVERAGED..=at + AVERAGED {
        for (i, sum) in sums.iter_mut().enumerate() {
            let (x, y) = match area.grain {
                Grain::Lying => (area.left + row, area.top + i),
                _ => (area.left + i, area.top + row),
            };
            *sum += f32::from(frame.pixels[y * frame.w() + x]) * parts;
        }
    }
    sums
}

/// The values from start to check character of a code in this row, left to right.
fn values_of(row: &[f32]) -> Option<Vec<usize>> {
    spans(row).into_iter().find_map(|(left, right)| {
        let code = Code::between(row, left, right);
        code.settings().into_iter().find_map(|setting| code.values(setting))
    })
}

/// Where a code could begin and end: dark after light and light after dark, with a quiet zone outside; the longest first.
fn spans(row: &[f32]) -> Vec<(f32, f32)> {
    const QUIET_PX: usize = 8;
    const MOST: usize = 6;
    let (low, high) =
        row.iter().fold((255.0_f32, 0.0_f32), |(low, high), &grey| (low.min(grey), high.max(grey)));
    let middle = (low + high) / 2.0;
    if high - low < 40.0 {
        return Vec::new();
    }
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    let mut changed = 0;
    for x in 1..row.len() {
        let (before, here) = (row[x - 1], row[x]);
        if (before > middle) == (here > middle) {
            continue;
        }
        let at = x as f32 - 0.5 + (before - middle) / (before - here);
        if before > middle && x - changed >= QUIET_PX {
            starts.push(at);
        } else if here > middle && row[x..].iter().take(QUIET_PX).all(|&grey| grey > middle) {
            ends.push(at);
        }
        changed = x;
    }
    let mut spans: Vec<(f32, f32)> = starts
        .iter()
        .flat_map(|&start| ends.iter().map(move |&end| (start, end)))
        .filter(|(start, end)| end - start > 64.0)
        .collect();
    spans.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
    spans.truncate(MOST);
    spans
}

/// A row as darkness, 0 for paper and 1 for ink, and where in it a code lies.
struct Code {
    darkness: Vec<f32>,
    left: f32,
    right: f32,
}

/// How a row is taken: how many characters, which blur.
#[derive(Debug, Clone, Copy)]
struct Setting {
    characters: usize,
    blur: f32,
    start: usize,
}

impl Code {
    fn between(row: &[f32], left: f32, right: f32) -> Self {
        let (from, to) = (left as usize, (right as usize).min(row.len() - 1));
        let brightest = |part: &[f32]| part.iter().copied().fold(1.0, f32::max);
        let before = brightest(&row[from.saturating_sub(8)..=from]);
        let after = brightest(&row[to..(to + 8).min(row.len())]);
        let black = row[from..=to].iter().copied().fold(255.0, f32::min);
        let paper =
            |x: usize| before + (after - before) * ((x as f32 - left) / (right - left)).clamp(0.0, 1.0);
        let darkness = row.iter().enumerate().map(|(x, &grey)| {
            let paper = paper(x);
            ((paper - grey) / (paper - black).max(1.0)).clamp(-0.2, 1.2)
        });
        Self { darkness: darkness.collect(), left, right }
    }

    fn module(&self, characters: usize) -> f32 {
        (self.right - self.left) / (CHARACTER * characters + STOP_MODULES) as f32
    }

    /// The lengths and blurs with which the row begins with a start and ends with the stop, the closest first.
    fn settings(&self) -> Vec<Setting> {
        const MOST: usize = 4;
        let mut found = Vec::new();
        for characters in LENGTHS {
            let module = self.module(characters);
            if !(1.5..=12.0).contains(&module) {
                continue;
            }
            let ends = |blur: f32| {
                let left = self.right - STOP_MODULES as f32 * module;
                let stop = Place { left, module, blur, modules: STOP_MODULES };
                Fit::of(&self.darkness, stop, &[1.0, 0.0], &[0.0, 0.0]).distance(STOP)
            };
            // Another blur does not make a stop of something else.
            if ends(BLURS[BLURS.len() / 2]) > 4.0 * CLOSE {
                continue;
            }
            for blur in BLURS {
                let ends = ends(blur);
                if ends > 2.0 * CLOSE {
                    continue;
                }
                let start = Place { left: self.left, module, blur, modules: CHARACTER };
                let fit = Fit::of(&self.darkness, start, &[0.0, 0.0], &[1.0, 0.5]);
                for (start, &shape) in SHAPES.iter().enumerate().skip(FIRST_START) {
                    let begins = fit.distance(shape);
                    if begins <= 2.0 * CLOSE {
                        found.push((begins + ends, Setting { characters, blur, start }));
                    }
                }
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.into_iter().take(MOST).map(|(_, setting)| setting).collect()
    }

    /// The values, if each place is clearly one of the shapes and the check character agrees.
    fn values(&self, setting: Setting) -> Option<Vec<usize>> {
        let module = self.module(setting.characters);
        let mut values = vec![setting.start];
        let mut left = self.left + CHARACTER as f32 * module;
        let mut sum = 0.0;
        while values.len() < setting.characters {
            let bits = bits_of(SHAPES[*values.last()?]);
            let before = [f32::from(bits[CHARACTER - 2]), f32::from(bits[CHARACTER - 1])];
            let (value, stretch, distance) = self.character(left, module, setting.blur, &before)?;
            values.push(value);
            left += CHARACTER as f32 * module * stretch;
            sum += distance;
        }
        let drift = (left - (self.right - STOP_MODULES as f32 * module)).abs();
        let (check, data) = values.split_last()?;
        let weighed: usize = data.iter().enumerate().map(|(i, value)| value * i.max(1)).sum();
        let fits = drift < 2.5 * module && sum <= CLOSE * data.len() as f32 && weighed % 103 == *check;
        fits.then_some(values)
    }

    /// The value of the character that begins here, how much it is stretched, and how far it is from its shape.
    fn character(
        &self,
        left: f32,
        module: f32,
        blur: f32,
        before: &[f32; REACH],
    ) -> Option<(usize, f32, f32)> {
        let (mut best, mut second) = ((0, 1.0, f32::MAX), f32::MAX);
        for stretch in STRETCHES {
            let place = Place { left, module: module * stretch, blur, modules: CHARACTER };
            let fit = Fit::of(&self.darkness, place, before, &[1.0, 0.5]);
            for (value, &shape) in SHAPES.iter().enumerate().take(FIRST_START) {
                let distance = fit.distance(shape);
                if distance < best.2 {
                    if best.0 != value {
                        second = best.2;
                    }
                    best = (value, stretch, distance);
                } else if value != best.0 {
                    second = second.min(distance);
                }
            }
        }
        (best.2 * CLEARLY < second && best.2 < 2.0 * CLOSE).then_some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{Symbology, draw, enhance};

    fn framed(row: &[u8]) -> (GreyFrame, Area) {
        const HEIGHT: usize = 60;
        let frame = GreyFrame::derived(row.len(), HEIGHT, row.repeat(HEIGHT));
        let area = Area { left: 0, top: 0, width: row.len(), height: HEIGHT, grain: Grain::Upright };
        (frame, area)
    }

    /// A drawn code out of focus: three passes of a mean of `2 radius + 1` pixels are nearly a bell curve.
    fn out_of_focus(text: &str, module_px: u32, radius: usize) -> (GreyFrame, Area) {
        let code = draw(text, Symbology::Code128, module_px).expect("a text that fits");
        let (frame, area) = framed(&code.pixels[..code.width as usize]);
        let blurred = (0..3).fold(frame, |frame, _| enhance::smoothed(&frame, radius));
        (blurred, area)
    }

    fn text_of(frame: &GreyFrame, area: Area) -> Option<String> {
        let sharp = redrawn(frame, area)?;
        let how = super::super::zxing::Look { rotate: false, ..super::super::zxing::Look::PLAIN };
        let place = super::super::zxing::Place::WHOLE;
        let found = super::super::zxing::look(&sharp, &[Symbology::Code128], how, place);
        found.seen.first().map(|seen| seen.read.text.clone())
    }

    #[test]
    fn bars_that_run_together_are_read_as_the_characters_they_were() {
        for text in ["W-104233", "42094043", "M4/A1-c7"] {
            for (module_px, radius) in [(3, 1), (4, 1), (4, 2), (6, 3)] {
                let (frame, area) = out_of_focus(text, module_px, radius);
                let read = text_of(&frame, area);
                assert_eq!(read.as_deref(), Some(text), "{module_px} px a module, blurred by {radius}");
            }
        }
    }

    #[test]
    fn a_code_on_its_side_and_one_upside_down_are_read() {
        let (frame, area) = out_of_focus("W-104233", 4, 1);
        let back = GreyFrame::derived(frame.w(), frame.h(), frame.pixels.iter().rev().copied().collect());
        assert_eq!(text_of(&back, area).as_deref(), Some("W-104233"));
        let (w, h) = (frame.w(), frame.h());
        let lying = (0..w).flat_map(|x| (0..h).map(move |y| (x, y))).map(|(x, y)| frame.pixels[y * w + x]);
        let lying = GreyFrame::derived(h, w, lying.collect());
        let side = Area { width: h, height: w, grain: Grain::Lying, ..area };
        assert_eq!(text_of(&lying, side).as_deref(), Some("W-104233"));
    }

    #[test]
    fn bars_of_chance_between_a_start_and_a_stop_are_no_code() {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut chance = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 60
        };
        for _ in 0..300 {
            let mut modules = vec![0_u8; 10];
            modules.extend(&bits_of(SHAPES[104])[..CHARACTER]);
            let mut bar = 1;
            while modules.len() < 10 + CHARACTER * 8 {
                let width = 1 + chance() as usize % 3;
                modules.extend(std::iter::repeat_n(bar, width.min(10 + CHARACTER * 8 - modules.len())));
                bar = 1 - bar;
            }
            modules.extend(bits_of(STOP));
            modules.extend([0; 10]);
            let row: Vec<u8> = modules.iter().flat_map(|&bar| [if bar == 1 { 30 } else { 220 }; 4]).collect();
            let (frame, area) = framed(&row);
            assert_eq!(redrawn(&enhance::smoothed(&frame, 2), area), None, "{modules:?}");
        }
    }

    #[test]
    fn an_area_of_any_size_and_grain_is_no_trouble() {
        let frame = GreyFrame::derived(300, 300, vec![128; 90_000]);
        for grain in [Grain::Both, Grain::Upright, Grain::Lying] {
            for (width, height) in [(300, 300), (64, 48), (48, 64), (1, 300), (300, 1)] {
                let area = Area { left: 300 - width, top: 300 - height, width, height, grain };
                assert_eq!(redrawn(&frame, area), None);
            }
        }
    }
}
