//! The way to a running camera from outside: to see what it sees, and to ask it to read now.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::symbol::GreyFrame;

/// For so long after somebody asked every picture is read with all there is.
const ASKED: Duration = Duration::from_secs(3);

/// What is kept of the newest picture, in pixels: enough for a picture of characters, too little to read anything by.
const KEPT: (usize, usize) = (160, 120);

/// Characters a picture may have, a row and a column.
const MOST: (usize, usize) = (160, 60);

/// A character is twice as high as wide.
const CELL: f32 = 2.0;

/// From dark to light, on a dark screen.
const RAMP: &[u8; 10] = b" .:-=+*#%@";

/// Below this difference of grey there is nothing to see, and noise is not made larger.
const FLAT: u8 = 24;

/// A camera's lens. Clones are the same one; one that no camera was started with shows nothing.
#[derive(Debug, Clone, Default)]
pub struct Lens(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    width: usize,
    height: usize,
    greys: Vec<u8>,
    /// Width to height of the picture itself.
    shape: f32,
    at: Option<Instant>,
    asked: Option<Instant>,
}

/// What the camera sees, as characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LensPicture {
    /// Rows from the top, all of one length, ASCII only; the lighter the denser.
    pub rows: Vec<String>,
    /// How long ago that was.
    pub age: Duration,
}

impl Lens {
    /// From now on, for a few seconds, each picture is read with all options.
    pub fn read_now(&self) {
        self.lock().asked = Some(Instant::now());
    }

    /// The newest picture in at most so many columns and rows; none before the first.
    #[must_use]
    pub fn picture(&self, columns: usize, rows: usize) -> Option<LensPicture> {
        let seen = self.lock();
        let age = seen.at?.elapsed();
        let (columns, rows) = fitted(&seen, columns.clamp(1, MOST.0), rows.clamp(1, MOST.1));
        let (dark, light) = range(&seen.greys)?;
        let cells = (0..rows).map(|row| {
            let cell = |column| {
                let grey = mean(&seen, (column, columns), (row, rows));
                let share = f32::from(grey.saturating_sub(dark)) / f32::from((light - dark).max(FLAT));
                char::from(RAMP[((share * RAMP.len() as f32) as usize).min(RAMP.len() - 1)])
            };
            (0..columns).map(cell).collect()
        });
        Some(LensPicture { rows: cells.collect(), age })
    }

    /// Whether somebody has just asked to read now.
    pub(crate) fn is_asked(&self, now: Instant) -> bool {
        self.lock().asked.is_some_and(|at| now.saturating_duration_since(at) < ASKED)
    }

    /// Keeps a small copy.
    pub(crate) fn show(&self, frame: &GreyFrame, now: Instant) {
        let (from_w, from_h) = (frame.width as usize, frame.height as usize);
        let mut seen = self.lock();
        seen.width = from_w.min(KEPT.0);
        seen.height = from_h.min(KEPT.1);
        seen.at = Some(now);
        let (width, height) = (seen.width, seen.height);
        seen.greys.clear();
        for y in 0..height {
            let row = &frame.pixels[y * from_h / height * from_w..][..from_w];
            seen.greys.extend((0..width).map(|x| row[x * from_w / width]));
        }
        seen.shape = from_w as f32 / from_h as f32;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most columns and rows within these that keep the picture's shape.
fn fitted(seen: &Seen, columns: usize, rows: usize) -> (usize, usize) {
    let wanted_rows = (columns as f32 / seen.shape / CELL).round().max(1.0) as usize;
    if wanted_rows <= rows {
        return (columns, wanted_rows);
    }
    ((rows as f32 * CELL * seen.shape).round().clamp(1.0, columns as f32) as usize, rows)
}

/// The greys below and above which a fiftieth of the picture lies.
fn range(greys: &[u8]) -> Option<(u8, u8)> {
    let mut sorted = greys.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1)?;
    Some((sorted[last / 50], sorted[last - last / 50]))
}

/// The mean grey of one cell.
fn mean(seen: &Seen, (column, columns): (usize, usize), (row, rows): (usize, usize)) -> u8 {
    let span = |nth: usize, of: usize, all: usize| {
        let from = nth * all / of;
        from..((nth + 1) * all / of).clamp(from + 1, all.max(from + 1))
    };
    let (mut sum, mut count) = (0_u32, 0_u32);
    for y in span(row, rows, seen.height) {
        for x in span(column, columns, seen.width) {
            sum += u32::from(seen.greys[y * seen.width + x]);
            count += 1;
        }
    }
    (sum / count.max(1)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, grey: impl Fn(u32, u32) -> u8) -> GreyFrame {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        GreyFrame::new(width, height, pixels.map(|(x, y)| grey(x, y)).collect()).expect("a frame")
    }

    #[test]
    fn a_picture_keeps_its_shape_and_its_light() {
        let lens = Lens::default();
        assert_eq!(lens.picture(60, 20), None, "nothing was seen yet");
        lens.show(&frame(640, 480, |x, _| if x < 320 { 40 } else { 120 }), Instant::now());
        let LensPicture { rows, age } = lens.picture(60, 20).expect("a picture");
        assert!(age < Duration::from_secs(60));
        assert_eq!((rows.len(), rows[0].len()), (20, 53));
        assert!(rows.iter().all(|row| row.starts_with("   ") && row.ends_with("@@@")), "{rows:?}");
        let wide = lens.picture(20, 60).expect("a picture");
        assert_eq!((wide.rows.len(), wide.rows[0].len()), (8, 20));
    }

    #[test]
    fn no_size_is_too_large_or_too_small() {
        let lens = Lens::default();
        for (width, height) in [(1, 1), (1, 900), (3000, 2), (160, 120), (2592, 1944)] {
            lens.show(&frame(width, height, |x, y| (x + y) as u8), Instant::now());
            for (columns, rows) in [(0, 0), (1, 1), (usize::MAX, usize::MAX), (76, 18)] {
                let rows = lens.picture(columns, rows).expect("a picture").rows;
                assert!((1..=MOST.1).contains(&rows.len()), "{width} x {height}: {} rows", rows.len());
                assert!(rows.iter().all(|row| (1..=MOST.0).contains(&row.len()) && row.is_ascii()));
            }
        }
    }

    #[test]
    fn noise_on_a_flat_wall_is_not_made_large() {
        let lens = Lens::default();
        lens.show(&frame(320, 240, |x, y| 100 + ((x * 7 + y * 13) % 3) as u8), Instant::now());
        let rows = lens.picture(40, 20).expect("a picture").rows;
        assert!(rows.iter().all(|row| row.chars().all(|c| " .:".contains(c))), "{rows:?}");
    }

    #[test]
    fn to_read_now_is_a_wish_for_a_few_seconds() {
        let lens = Lens::default();
        let now = Instant::now();
        assert!(!lens.is_asked(now));
        lens.clone().read_now();
        assert!(lens.is_asked(Instant::now()) && !lens.is_asked(Instant::now() + ASKED));
    }
}
