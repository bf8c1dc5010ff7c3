//! Labels on paper: one HTML page without a script, a font or a picture from elsewhere. Each sheet is one drawing in
//! dots, with cut marks outside the labels, what each label belongs on beside it, and a line to measure.

use super::svg::{inside, put, text};
use super::{Dpi, LabelError, Paper, Placed, Size};

/// What printers leave blank along the paper's edges, and a little more, in micrometres.
const MARGIN_UM: u32 = 10_000;

/// Between two labels, across and down, in micrometres: room for cut marks and captions.
const GAP_UM: (u32, u32) = (5_000, 7_000);

/// A cut mark's length, and its distance from the label, in micrometres.
const CUT_UM: (u32, u32) = (2_000, 300);

/// A caption's letters, in micrometres.
const CAPTION_UM: u32 = 2_000;

/// The line to measure, in micrometres.
const RULER_UM: u32 = 50_000;

/// Paper with a grid of labels.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    paper: Paper,
    dpi: Dpi,
    /// Dots of a label, across and down.
    label: (u32, u32),
    columns: u32,
    rows: u32,
}

impl Sheet {
    /// A grid of as many labels as the paper holds.
    ///
    /// # Errors
    /// [`LabelError::PaperTooSmall`] where it holds none.
    pub fn new(paper: Paper, size: Size, dpi: Dpi) -> Result<Self, LabelError> {
        let Size { width_um, height_um } = paper.size();
        let room =
            Size { width_um: width_um - 2 * MARGIN_UM, height_um: height_um - 2 * MARGIN_UM - GAP_UM.1 };
        let columns = (room.width_um + GAP_UM.0) / (size.width_um + GAP_UM.0);
        let rows = (room.height_um + GAP_UM.1) / (size.height_um + GAP_UM.1);
        if columns == 0 || rows == 0 {
            return Err(LabelError::PaperTooSmall { size, paper, room });
        }
        Ok(Self { paper, dpi, label: (dpi.dots(size.width_um), dpi.dots(size.height_um)), columns, rows })
    }

    /// Labels on one sheet.
    pub fn labels(&self) -> usize {
        (self.columns * self.rows) as usize
    }

    /// What the page begins with.
    pub fn head(&self) -> String {
        let Size { width_um, height_um } = self.paper.size();
        let mm = super::millimetres;
        // A sheet a hair higher than the paper would take a second one.
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>Labels</title>\n<style>\n\
             @page {{ size: {} portrait; margin: 0 }}\n\
             html, body {{ margin: 0; padding: 0; background: #fff }}\n\
             .sheet {{ width: {}mm; height: {}mm; overflow: hidden; break-after: page; break-inside: avoid }}\n\
             .sheet:last-child {{ break-after: auto }}\n\
             .sheet svg {{ display: block }}\n\
             </style>\n</head>\n<body>\n",
            self.paper,
            mm(width_um),
            mm(height_um - 100)
        )
    }

    /// One sheet, of as many labels as it holds at most; what is too many is not drawn.
    pub fn page(&self, labels: &[Placed]) -> String {
        let Size { width_um, height_um } = self.paper.size();
        let mut page = format!(
            "<div class=\"sheet\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\">\n",
            super::millimetres(width_um),
            super::millimetres(height_um),
            self.dpi.exact_dots(width_um),
            self.dpi.exact_dots(height_um),
        );
        for (nth, label) in labels.iter().take(self.labels()).enumerate() {
            let (x, y) = self.corner(nth as u32);
            put(&mut page, format_args!("<g transform=\"translate({x} {y})\">\n{}</g>\n", inside(label)));
            page.push_str(&self.cut_marks(x, y));
            page.push_str(&self.caption(&label.caption, x, y));
        }
        page.push_str(&self.ruler());
        page.push_str("</svg>\n</div>\n");
        page
    }

    /// What the page ends with.
    pub fn foot(&self) -> &'static str {
        "</body>\n</html>\n"
    }

    /// Where the nth label stands, in dots.
    fn corner(&self, nth: u32) -> (u32, u32) {
        let margin = self.dpi.dots(MARGIN_UM);
        let (across, down) = (self.label.0 + self.dpi.dots(GAP_UM.0), self.label.1 + self.dpi.dots(GAP_UM.1));
        (margin + nth % self.columns * across, margin + nth / self.columns * down)
    }

    /// Two short lines at each corner, outside the label, so that none is left on it.
    fn cut_marks(&self, x: u32, y: u32) -> String {
        let (length, off) = (self.dpi.dots(CUT_UM.0), self.dpi.dots(CUT_UM.1));
        let (right, bottom) = (x + self.label.0, y + self.label.1);
        let mut path = String::new();
        for (edge, outward) in [(x, -1), (right, 1)] {
            for line in [y, bottom] {
                let start = i64::from(edge) + outward * i64::from(off);
                put(&mut path, format_args!("M{start} {line}h{}", outward * i64::from(length)));
            }
        }
        for (edge, outward) in [(y, -1), (bottom, 1)] {
            for line in [x, right] {
                let start = i64::from(edge) + outward * i64::from(off);
                put(&mut path, format_args!("M{line} {start}v{}", outward * i64::from(length)));
            }
        }
        self.lines(&path)
    }

    fn caption(&self, caption: &str, x: u32, y: u32) -> String {
        let letter = self.dpi.dots(CAPTION_UM);
        // Between the cut marks; a caption that is too long loses its end, and is no part of the label.
        let from = x + self.dpi.dots(CUT_UM.1) * 2;
        let room = (self.label.0.saturating_sub(self.dpi.dots(CUT_UM.1) * 4) / letter) as usize;
        let shown: String = caption.chars().take(room).collect();
        if shown.is_empty() {
            return String::new();
        }
        let baseline = y + self.label.1 + self.dpi.dots(CUT_UM.1 + CUT_UM.0);
        let width = shown.chars().count() as u32 * letter;
        text(&shown, from, baseline, letter, width)
    }

    fn ruler(&self) -> String {
        let Size { height_um, .. } = self.paper.size();
        let (x, y) = (self.dpi.dots(MARGIN_UM), self.dpi.dots(height_um - MARGIN_UM));
        let (length, tick, letter) = (self.dpi.dots(RULER_UM), self.dpi.dots(1000), self.dpi.dots(2500));
        let words =
            "This line is 50 mm long, or the printer changed the size: print at 100 %, without fitting.";
        let path = format!(
            "M{x} {}v{}M{} {}v{}M{x} {y}h{length}",
            y - tick,
            2 * tick,
            x + length,
            y - tick,
            2 * tick
        );
        // At six tenths of its size a font's letters stand as close as it means them to.
        let width = words.len() as u32 * letter * 6 / 10;
        format!("{}{}", self.lines(&path), text(words, x + length + 2 * tick, y + tick, letter, width))
    }

    /// Fine lines: a tenth of a millimetre, which every laser printer has.
    fn lines(&self, path: &str) -> String {
        let width = self.dpi.dots(100).max(1);
        format!("<path d=\"{path}\" fill=\"none\" stroke=\"#000\" stroke-width=\"{width}\"/>\n")
    }
}
