//! SVG and HTML as we write them, read strictly: an element, an attribute or a path command that we never write is a
//! finding. Letters become bars of ink, which is worse for whatever reads the symbol beside them.

use std::collections::BTreeMap;

use super::canvas::Canvas;

/// An element with what is in it.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub inside: Vec<Element>,
}

const ELEMENTS: [&str; 12] =
    ["svg", "rect", "path", "text", "g", "html", "head", "meta", "title", "style", "body", "div"];

impl Element {
    fn of(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("{} without {name}", self.name))
    }

    fn number(&self, name: &str) -> u32 {
        self.of(name).parse().unwrap_or_else(|_| panic!("{name} is {:?}", self.of(name)))
    }

    /// This element and everything in it.
    pub fn all(&self) -> Vec<&Element> {
        std::iter::once(self).chain(self.inside.iter().flat_map(Element::all)).collect()
    }
}

/// Takes a document apart.
pub fn parsed(document: &str) -> Element {
    let body = document.strip_prefix("<!DOCTYPE html>\n").unwrap_or(document);
    assert!(body.chars().all(|c| c == '\n' || !c.is_control()), "a control character in the document");
    let mut open = vec![Element::default()];
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let last = open.last_mut().expect("the document itself");
        last.text.push_str(&if last.name == "style" { text.to_owned() } else { unescaped(text) });
        let (inside, after) = tag[1..].split_once('>').expect("a tag that ends");
        assert!(!inside.contains('<'), "a tag in a tag: {inside}");
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let done = open.pop().expect("an element");
            assert_eq!(done.name, name, "elements that overlap");
            open.last_mut().expect("what holds it").inside.push(done);
            continue;
        }
        let element = element(inside.trim_end_matches('/'));
        if inside.ends_with('/') || element.name == "meta" {
            open.last_mut().expect("what holds it").inside.push(element);
        } else {
            open.push(element);
        }
    }
    assert_eq!(rest.trim(), "", "something behind the end");
    let mut root = open.pop().expect("the document itself");
    assert!(open.is_empty() && root.inside.len() == 1, "elements that never end");
    root.inside.remove(0)
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(ELEMENTS.contains(&name), "an element we never write: {name:?}");
    let mut attributes = BTreeMap::new();
    while !rest.trim().is_empty() {
        let (key, value) = rest.split_once("=\"").expect("an attribute in quotes");
        let (value, after) = value.split_once('"').expect("a quote that ends");
        let key = key.trim();
        assert!(key.chars().all(|c| c.is_ascii_alphabetic() || c == '-'), "an attribute {key:?}");
        assert!(!key.starts_with("on") && key != "href" && key != "src", "an attribute that acts: {key}");
        assert!(attributes.insert(key.to_owned(), unescaped(value)).is_none(), "{key} twice");
        rest = after;
    }
    Element { name: name.to_owned(), attributes, ..Element::default() }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        let (name, after) = entity.split_once(';').expect("an entity that ends");
        plain.push_str(before);
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("an entity we never write: {other:?}"),
        });
        rest = after;
    }
    plain + rest
}

/// Every text of a document.
pub fn texts(document: &str) -> Vec<String> {
    let root = parsed(document);
    root.all().iter().filter(|element| element.name == "text").map(|element| element.text.clone()).collect()
}

/// One label, a dot a unit.
pub fn rasterised(document: &str) -> Canvas {
    let root = parsed(document);
    let mut canvas = paper(&root);
    drawn(&mut canvas, &root, (0, 0));
    canvas
}

/// The labels of a page of sheets, cut out along its own marks.
pub fn labels_of(document: &str, (width, height): (u32, u32)) -> Vec<Canvas> {
    let page = parsed(document);
    let mut labels = Vec::new();
    for sheet in page.all().into_iter().filter(|element| element.name == "svg") {
        let mut canvas = paper(sheet);
        drawn(&mut canvas, sheet, (0, 0));
        for label in sheet.inside.iter().filter(|element| element.name == "g") {
            let (x, y) = moved(label);
            labels.push(canvas.cut(x, y, width, height));
        }
    }
    labels
}

fn paper(svg: &Element) -> Canvas {
    let box_of: Vec<f64> = svg.of("viewBox").split(' ').map(|side| side.parse().expect("a number")).collect();
    let [0.0, 0.0, width, height] = box_of[..] else { panic!("a view box {box_of:?}") };
    for (side, dots) in [("width", width), ("height", height)] {
        let mm: f64 = svg.of(side).strip_suffix("mm").expect("millimetres").parse().expect("a number");
        let dpi = dots / mm * 25.4;
        let printer = [203.0, 300.0, 600.0].into_iter().find(|known| (dpi - known).abs() < 0.05);
        assert!(printer.is_some(), "{dots} units are {mm} mm: no dot of a printer but {dpi} dpi");
    }
    Canvas::blank(width.ceil() as u32, height.ceil() as u32)
}

fn moved(group: &Element) -> (u32, u32) {
    let by = group.of("transform").strip_prefix("translate(").and_then(|by| by.strip_suffix(')'));
    let (x, y) = by.and_then(|by| by.split_once(' ')).expect("a translation");
    (x.parse().expect("whole dots"), y.parse().expect("whole dots"))
}

fn drawn(canvas: &mut Canvas, element: &Element, at: (u32, u32)) {
    for part in &element.inside {
        match part.name.as_str() {
            "g" => drawn(canvas, part, moved(part)),
            "rect" => assert_eq!(part.of("fill"), "#fff"),
            "path" if part.of("fill") == "#000" => filled(canvas, part.of("d"), at),
            "path" => stroked(canvas, part.of("d"), part.number("stroke-width")),
            "text" => {
                let letter = part.number("font-size") * 7 / 10;
                let top = at.1 + part.number("y") - letter;
                canvas.rectangle(at.0 + part.number("x"), top, part.number("textLength"), letter);
            }
            other => panic!("{other} in a drawing"),
        }
    }
}

/// Rectangles: `M x y h w v h h -w z`.
fn filled(canvas: &mut Canvas, path: &str, (left, top): (u32, u32)) {
    for part in path.split_terminator('z') {
        let part = part.strip_prefix('M').expect("a beginning");
        let (start, sides) = part.split_once('h').expect("a side");
        let (x, y) = start.split_once(' ').expect("two numbers");
        let (width, sides) = sides.split_once('v').expect("a second side");
        let (height, back) = sides.split_once("h-").expect("a way back");
        assert_eq!(width, back, "no rectangle: {part}");
        let number = |text: &str| text.parse::<u32>().expect("whole dots");
        canvas.rectangle(left + number(x), top + number(y), number(width), number(height));
    }
}

/// Lines: `M x y`, then `h` or `v`.
fn stroked(canvas: &mut Canvas, path: &str, thick: u32) {
    for part in path.split('M').skip(1) {
        let way = part.find(['h', 'v']).expect("a direction");
        let (x, y) = part[..way].split_once(' ').expect("two numbers");
        let (x, y): (i64, i64) = (x.parse().expect("dots"), y.parse().expect("dots"));
        let length: i64 = part[way + 1..].parse().expect("dots");
        let (from, long) = (length.min(0), length.unsigned_abs() as u32);
        let half = i64::from(thick / 2);
        let at = |value: i64| u32::try_from(value).expect("on the paper");
        if part[way..].starts_with('h') {
            canvas.rectangle(at(x + from), at(y - half), long, thick);
        } else {
            canvas.rectangle(at(x - half), at(y + from), thick, long);
        }
    }
}
