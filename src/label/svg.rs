//! A label as SVG: one unit is one dot, so that a module is a whole number of dots also where the drawing is only a
//! part of a page.

use std::fmt::Write;

use super::Placed;

/// One label as a document.
pub fn svg(label: &Placed) -> String {
    let Placed { width, height, dpi, .. } = label;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{}</svg>\n",
        dpi.exact_mm(*width),
        dpi.exact_mm(*height),
        inside(label)
    )
}

/// What is dark on a label. The symbol is one path: parts that touch are drawn without a seam.
pub(super) fn inside(label: &Placed) -> String {
    let mut path = String::new();
    for [x, y, width, height] in label.rectangles() {
        put(&mut path, format_args!("M{x} {y}h{width}v{height}h-{width}z"));
    }
    let mut drawn = format!("<path d=\"{path}\" fill=\"#000\" shape-rendering=\"crispEdges\"/>\n");
    for row in &label.rows {
        // Capitals are seven eighths of the square in our own dots and seven tenths of the font's size in most fonts.
        let (baseline, size) = (row.y + row.letter / 8 * 7, row.letter / 4 * 5);
        drawn.push_str(&text(&row.text, row.x, baseline, size, row.width()));
    }
    drawn
}

/// Letters of a given width, whatever font the reader has.
pub(super) fn text(text: &str, x: u32, baseline: u32, size: u32, width: u32) -> String {
    format!(
        "<text x=\"{x}\" y=\"{baseline}\" font-family=\"monospace\" font-size=\"{size}\" textLength=\"{width}\">{}</text>\n",
        escaped(text)
    )
}

/// A text that stays a text, in an element and in quotes. Control characters were made visible before.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Writing to a text cannot fail.
pub(super) fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what)
        .expect("a text takes every write: only the format itself could refuse, and ours do not");
}
