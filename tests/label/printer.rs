//! A label printer that knows the commands we send and no other (ZPL II Programming Guide).

use super::canvas::Canvas;

/// Carries a file out; a label for each format in it.
pub fn carried_out(file: &str) -> Vec<Canvas> {
    assert!(file.is_ascii() && !file.contains('~'), "a control command, or bytes of another code page");
    let mut labels = Vec::new();
    let mut now: Option<Format> = None;
    let (before, commands) = file.split_once('^').expect("a command");
    assert_eq!(before, "");
    for command in commands.split('^') {
        let command = command.trim_end_matches('\n');
        let (name, rest) = command.split_at(2);
        match (name, &mut now) {
            ("XA", None) => now = Some(Format::default()),
            ("XZ", Some(_)) => labels.push(now.take().expect("a format").canvas.expect("a size")),
            ("PQ", Some(_)) => assert_eq!(rest, "1", "one of each"),
            (_, Some(format)) => format.take(name, rest),
            _ => panic!("{command} outside a format"),
        }
    }
    assert!(now.is_none(), "a format that does not end");
    labels
}

#[derive(Default)]
struct Format {
    width: Option<u32>,
    canvas: Option<Canvas>,
    at: Option<(u32, u32)>,
    field: bool,
}

impl Format {
    fn take(&mut self, name: &str, rest: &str) {
        let number = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("^{name}{text}"));
        match name {
            "PW" => self.width = Some(number(rest)),
            "LL" => self.canvas = Some(Canvas::blank(self.width.expect("a width"), number(rest))),
            "LH" => assert_eq!(rest, "0,0"),
            "PO" | "PM" | "LR" => assert_eq!(rest, "N"),
            "FO" => {
                let (x, y) = rest.split_once(',').expect("two numbers");
                assert!(self.at.replace((number(x), number(y))).is_none(), "a field in a field");
            }
            "GF" => self.draw(rest),
            "FS" => {
                assert!(self.field && rest.is_empty(), "a field without a picture");
                (self.field, self.at) = (false, None);
            }
            other => panic!("a command we never send: ^{other}{rest}"),
        }
    }

    fn draw(&mut self, parameters: &str) {
        let mut parts = parameters.splitn(5, ',');
        let mut next = || parts.next().expect("five parameters");
        assert_eq!(next(), "A");
        let numbers = [next(), next(), next()].map(|text| text.parse::<u32>().expect("a number"));
        let [sent, total, per_row] = numbers;
        assert!(sent == total && (1..=99_999).contains(&total) && total % per_row == 0, "{numbers:?}");
        let hex: Vec<u8> = next().bytes().filter(|byte| *byte != b'\n').collect();
        assert_eq!(hex.len(), 2 * total as usize, "as many bytes as were announced");
        let (left, top) = self.at.expect("a place");
        let canvas = self.canvas.as_mut().expect("a size");
        for (nth, pair) in (0_u32..).zip(hex.chunks_exact(2)) {
            let byte = u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
            for bit in (0..8).filter(|bit| byte >> (7 - bit) & 1 == 1) {
                canvas.ink(left + nth % per_row * 8 + bit, top + nth / per_row);
            }
        }
        self.field = true;
    }
}
