//! Has anything changed since the last look?
//!
//! A desk is empty most of the day; not reading the same empty picture again is most of what a slow computer can save.

use crate::symbol::GreyFrame;

/// Cells a row and a column: a mark of 40 pixels in a 1280 x 720 picture covers a whole cell.
const CELLS: (usize, usize) = (32, 18);

/// Of each cell, every fourth pixel of every fourth row is compared.
const STEP: usize = 4;

/// The mean difference, in grey steps, that counts as change. Sensor noise of up to three steps stays below it.
const CHANGED: u32 = 4;

/// The picture last looked at, thinned.
#[derive(Debug, Default)]
pub(crate) struct Stillness {
    last: Vec<u8>,
    size: (u32, u32),
}

impl Stillness {
    /// Whether a frame differs from the one last remembered.
    pub(crate) fn differs(&self, frame: &GreyFrame) -> bool {
        if self.size != (frame.width, frame.height) {
            return true;
        }
        let mut cells = vec![(0_u32, 0_u32); CELLS.0 * CELLS.1];
        for ((x, y, new), &old) in thinned(frame).zip(&self.last) {
            let column = x * CELLS.0 / frame.width as usize;
            let row = y * CELLS.1 / frame.height as usize;
            let (sum, count) = &mut cells[row * CELLS.0 + column];
            *sum += u32::from(new.abs_diff(old));
            *count += 1;
        }
        cells.into_iter().any(|(sum, count)| sum >= CHANGED * count.max(1))
    }

    /// Remembers the frame that is being looked at.
    pub(crate) fn remember(&mut self, frame: &GreyFrame) {
        self.size = (frame.width, frame.height);
        self.last.clear();
        self.last.extend(thinned(frame).map(|(_, _, pixel)| pixel));
    }
}

fn thinned(frame: &GreyFrame) -> impl Iterator<Item = (usize, usize, u8)> + '_ {
    let rows = frame.pixels.chunks_exact(frame.width as usize).enumerate().step_by(STEP);
    rows.flat_map(|(y, row)| row.iter().enumerate().step_by(STEP).map(move |(x, &pixel)| (x, y, pixel)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pixel: impl Fn(u32, u32) -> u8) -> GreyFrame {
        let pixels = (0..240).flat_map(|y| (0..320).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        GreyFrame::new(320, 240, pixels).expect("a frame")
    }

    #[test]
    fn noise_is_still_and_a_small_mark_is_not() {
        let mut still = Stillness::default();
        let empty = frame(|_, _| 120);
        assert!(still.differs(&empty), "the first picture is always new");
        still.remember(&empty);
        assert!(!still.differs(&frame(|x, y| 118 + ((x * 7 + y * 13) % 5) as u8)), "noise");
        let mark = frame(|x, y| if (200..220).contains(&x) && (100..120).contains(&y) { 20 } else { 120 });
        assert!(still.differs(&mark), "a mark of 20 pixels");
    }

    #[test]
    fn a_slow_dawn_is_noticed_because_the_last_look_is_remembered() {
        let mut still = Stillness::default();
        still.remember(&frame(|_, _| 100));
        assert!((101..104).all(|grey| !still.differs(&frame(|_, _| grey))));
        assert!(still.differs(&frame(|_, _| 104)));
    }

    #[test]
    fn a_picture_of_one_pixel_has_cells_too() {
        let tiny = |grey| GreyFrame::new(1, 1, vec![grey]).expect("a frame");
        let mut still = Stillness::default();
        still.remember(&tiny(10));
        assert!(!still.differs(&tiny(11)) && still.differs(&tiny(99)));
    }
}
