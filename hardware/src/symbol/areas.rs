//! Where in a picture a code could lie: areas with many steep edges.
//!
//! An empty desk has none, and further looks at it are wasted; a code that fills a tenth of the picture is looked at for a
//! tenth of the time. Edges that all run one way are bars; a matrix has them both ways.

use super::enhance;
use super::frame::GreyFrame;

/// Side of a cell in pixels. A code smaller than two thirds of it has too few modules for any camera.
const CELL: usize = 32;

/// Grey steps from one pixel to the one after the next that make an edge steep: twice what a cheap sensor's noise
/// reaches in the mean of four pixels.
const STEEP: u8 = 10;

/// In parts of a cell: a table's edge crossing it has fewer steep pixels, a code many more.
const DENSE: usize = 5;

/// Pictures below this are one area: finding a smaller one takes longer than looking.
const SMALL_PICTURE: usize = 100_000;

/// More areas than this are not told apart: then the whole picture is one.
const MAX_AREAS: usize = 6;

/// So many times more edges across than along, or along than across, make bars.
const ONE_WAY: usize = 4;

/// Which way the edges of an area run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Both ways, as in a matrix, or in anything.
    Both,
    /// Down the picture: the bars of an upright bar code.
    Upright,
    /// Across the picture: the bars of one on its side.
    Lying,
}

/// A rectangle of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    pub grain: Grain,
}

impl Area {
    /// The part of a picture around a code, with the quiet zone that a fourth of its side makes; what lies outside the
    /// picture is cut.
    pub(crate) fn around(frame: &GreyFrame, corners: [(i32, i32); 4]) -> Self {
        let (xs, ys) = (corners.map(|c| i64::from(c.0)), corners.map(|c| i64::from(c.1)));
        let bounds = |v: [i64; 4]| (v.into_iter().min().unwrap_or(0), v.into_iter().max().unwrap_or(0));
        let ((left, right), (top, bottom)) = (bounds(xs), bounds(ys));
        let margin = ((right - left).max(bottom - top) / 4).max(8);
        let cut = |from: i64, to: i64, end: usize| {
            let from = (from - margin).clamp(0, end as i64 - 1);
            (from as usize, ((to + margin).clamp(from, end as i64 - 1) - from) as usize + 1)
        };
        let ((left, width), (top, height)) = (cut(left, right, frame.w()), cut(top, bottom, frame.h()));
        Self { left, top, width, height, grain: Grain::Both }
    }

    pub(crate) fn of(self, frame: &GreyFrame) -> GreyFrame {
        enhance::cropped(frame, self.left, self.top, self.width, self.height)
    }

    /// Clockwise from the top left.
    pub(crate) fn corners(self) -> [(i32, i32); 4] {
        let (left, top) = (self.left as i32, self.top as i32);
        let (right, bottom) = (left + self.width as i32 - 1, top + self.height as i32 - 1);
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    }

    pub(crate) fn pixels(self) -> usize {
        self.width * self.height
    }
}

/// The edges of a picture, counted in cells.
pub(crate) struct Edges {
    wide: usize,
    high: usize,
    cells: Vec<Cell>,
    size: (usize, usize),
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    across: usize,
    along: usize,
    either: usize,
}

impl Cell {
    fn is_dense(self) -> bool {
        self.either > CELL * CELL / 4 / DENSE
    }

    fn grain(self) -> Grain {
        match (self.across, self.along) {
            (across, along) if across >= ONE_WAY * along => Grain::Upright,
            (across, along) if along >= ONE_WAY * across => Grain::Lying,
            _ => Grain::Both,
        }
    }
}

impl Edges {
    /// Counts edges in the picture at half its size, in which noise is half as loud.
    pub(crate) fn of(frame: &GreyFrame) -> Self {
        const HALF: usize = CELL / 2;
        let size = (frame.w(), frame.h());
        if size.0.min(size.1) < CELL {
            return Self { wide: 0, high: 0, cells: Vec::new(), size };
        }
        let half = enhance::reduced(frame, 2);
        let (w, h) = (half.w(), half.h());
        let (wide, high) = (w.div_ceil(HALF), h.div_ceil(HALF));
        let mut cells = vec![Cell::default(); wide * high];
        for y in 0..h - 1 {
            let (row, below) = (&half.pixels[y * w..][..w], &half.pixels[(y + 1) * w..][..w]);
            let line = &mut cells[y / HALF * wide..][..wide];
            for (cell, x) in line.iter_mut().zip((0..w - 1).step_by(HALF)) {
                for x in x..(x + HALF).min(w - 1) {
                    let across = row[x].abs_diff(row[x + 1]) > STEEP;
                    let along = row[x].abs_diff(below[x]) > STEEP;
                    cell.across += usize::from(across);
                    cell.along += usize::from(along);
                    cell.either += usize::from(across | along);
                }
            }
        }
        Self { wide, high, cells, size }
    }

    /// The areas in which a code could lie, with room for its quiet zone, the largest first; none in an empty picture.
    pub(crate) fn areas(&self) -> Vec<Area> {
        let picture = self.size.0 * self.size.1;
        let whole = Area { left: 0, top: 0, width: self.size.0, height: self.size.1, grain: Grain::Both };
        if picture < SMALL_PICTURE || self.cells.is_empty() {
            return vec![whole];
        }
        let areas = self.groups(Grain::Both, Cell::is_dense);
        let sum: usize = areas.iter().map(|area| area.pixels()).sum();
        // Cutting saves nothing where almost all of the picture is cut out.
        if areas.len() > MAX_AREAS || sum * 4 > picture * 3 {
            return vec![whole];
        }
        areas
    }

    /// The areas in which all edges run one way, the largest first.
    pub(crate) fn bars(&self) -> Vec<Area> {
        let of = |grain| self.groups(grain, move |cell| cell.is_dense() && cell.grain() == grain);
        let mut bars = of(Grain::Upright);
        bars.extend(of(Grain::Lying));
        bars.sort_by_key(|area| std::cmp::Reverse(area.pixels()));
        bars
    }

    /// Cells of one kind that touch, also at a corner, as one area each, the largest first.
    fn groups(&self, grain: Grain, kind: impl Fn(Cell) -> bool) -> Vec<Area> {
        let mut left: Vec<bool> = self.cells.iter().map(|&cell| kind(cell)).collect();
        let mut groups = Vec::new();
        for start in 0..left.len() {
            if std::mem::take(&mut left[start]) {
                groups.push(self.group(start, &mut left, grain));
            }
        }
        groups.sort_by_key(|area| std::cmp::Reverse(area.pixels()));
        groups
    }

    /// The area of the cells that touch the first one, and one cell around them: a code's rim may be thin, and it needs
    /// its quiet zone.
    fn group(&self, start: usize, left: &mut [bool], grain: Grain) -> Area {
        let (mut first, mut last) = ((self.wide, self.high), (0, 0));
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            let (x, y) = (at % self.wide, at / self.wide);
            first = (first.0.min(x), first.1.min(y));
            last = (last.0.max(x), last.1.max(y));
            for y in y.saturating_sub(1)..(y + 2).min(self.high) {
                for x in x.saturating_sub(1)..(x + 2).min(self.wide) {
                    if std::mem::take(&mut left[y * self.wide + x]) {
                        open.push(y * self.wide + x);
                    }
                }
            }
        }
        let (left, top) = (first.0.saturating_sub(1) * CELL, first.1.saturating_sub(1) * CELL);
        let width = ((last.0 + 2) * CELL).min(self.size.0) - left;
        let height = ((last.1 + 2) * CELL).min(self.size.1) - top;
        Area { left, top, width, height, grain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(frame: &GreyFrame) -> Vec<Area> {
        Edges::of(frame).areas()
    }

    fn picture(pixel: impl Fn(usize, usize) -> u8) -> GreyFrame {
        let pixels = (0..400).flat_map(|y| (0..400).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        GreyFrame::derived(400, 400, pixels)
    }

    #[test]
    fn an_empty_desk_with_an_edge_or_noise_holds_no_code() {
        assert_eq!(areas(&picture(|x, y| if x > y { 200 } else { 90 })), []);
        assert_eq!(areas(&picture(|x, y| 100 + ((x * 7 + y * 3) % 8) as u8)), [], "noise");
    }

    #[test]
    fn a_small_code_is_cut_out_with_room_around_it() {
        let code = |x: usize, y: usize| (120..160).contains(&x) && (200..240).contains(&y);
        let found = areas(&picture(|x, y| if code(x, y) && (x / 4 + y / 4) % 2 == 0 { 60 } else { 90 }));
        let [area] = found.as_slice() else { panic!("{found:?}") };
        assert!(area.left <= 104 && area.left + area.width >= 176, "{area:?}");
        assert!(area.top <= 184 && area.top + area.height >= 256, "{area:?}");
        assert!(area.pixels() < 160_000 / 4, "{area:?}");
    }

    #[test]
    fn corners_far_outside_are_cut_to_the_picture() {
        let picture = picture(|_, _| 9);
        let whole = Area::around(&picture, [(i32::MIN, -5), (i32::MAX, 3), (50, i32::MAX), (-7, 412)]);
        assert_eq!(whole.pixels(), 160_000);
        let beside = Area::around(&picture, [(900, 900), (990, 900), (990, 990), (900, 990)]);
        assert_eq!((beside.left, beside.top, beside.pixels()), (399, 399, 1));
        let inside = Area::around(&picture, [(100, 100), (140, 100), (140, 140), (100, 140)]);
        assert_eq!((inside.left, inside.width, inside.height), (90, 61, 61));
    }

    #[test]
    fn bars_are_known_by_their_edges_running_one_way() {
        let bars = |x: usize, y: usize| {
            (96..300).contains(&x) && (100..200).contains(&y) && (x / 5).is_multiple_of(2)
        };
        let grain = |frame: &GreyFrame| Edges::of(frame).bars().first().map(|area| area.grain);
        assert_eq!(grain(&picture(|x, y| if bars(x, y) { 20 } else { 200 })), Some(Grain::Upright));
        assert_eq!(grain(&picture(|x, y| if bars(y, x) { 20 } else { 200 })), Some(Grain::Lying));
    }

    #[test]
    fn a_picture_full_of_texture_is_one_area_and_so_is_a_small_one() {
        let full = picture(|x, y| if (x / 5 + y / 5) % 2 == 0 { 30 } else { 220 });
        assert_eq!(areas(&full).len(), 1);
        assert_eq!(areas(&full)[0].pixels(), 160_000);
        for (width, height) in [(1, 1), (60_000, 2), (2, 60_000), (33, 31)] {
            let odd = GreyFrame::derived(width, height, vec![7; width * height]);
            assert_eq!(areas(&odd)[0].pixels(), width * height);
            assert_eq!(Edges::of(&odd).bars(), []);
        }
    }
}
