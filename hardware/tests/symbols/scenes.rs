//! A label before a camera, drawn from a seed: turned, tilted, lit unevenly, out of focus, noisy, in a hand that shakes.

use armoury_hardware::symbol::{Effort, GreyFrame, SymbolReader, Symbology, draw};

/// What is before the camera.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The seed it was made of, for whoever wants to see it again.
    pub seed: u64,
    /// The text on the label.
    pub text: String,
    /// Its kind.
    pub symbology: Symbology,
    /// Pixels a module where the label faces the camera.
    pub module_px: f32,
    size: (u32, u32),
    label: GreyFrame,
    angle: f32,
    tilt: f32,
    tilt_towards: f32,
    at: (f32, f32),
    light: f32,
    slope: (f32, f32),
    ground: f32,
    blur_px: f32,
    noise: f32,
}

/// Five frames as a camera's are looked at: three cheaply, the fourth with full effort.
pub const FIVE_FRAMES: [Effort; 5] =
    [Effort::Quick, Effort::Quick, Effort::Quick, Effort::Full, Effort::Quick];

/// Pixels a module in the label's own drawing: enough for edges between them.
const DRAWN_PX: u32 = 8;

/// A camera an arm's length from the label sees this many label widths of depth.
const DISTANCE: f32 = 4.0;

impl Scene {
    /// The scene of a seed, for frames of this size.
    pub fn new(seed: u64, symbology: Symbology, size: (u32, u32)) -> Self {
        let mut dice = Dice(seed);
        let text = match symbology {
            Symbology::DataMatrix => format!("D0016A{:07}", dice.next() % 10_000_000),
            _ => format!("A1:{:012X}", dice.next() & 0xFFFF_FFFF_FFFF),
        };
        let label = draw(&text, symbology, DRAWN_PX).expect("a short text fits");
        let module_px = dice.between(5.0, 8.0);
        let half = label.width as f32 / DRAWN_PX as f32 * module_px / 2.0 * 1.3;
        let room = |side: u32, dice: &mut Dice| {
            let middle = side as f32 / 2.0;
            middle + dice.between(-1.0, 1.0) * (middle - half).max(0.0)
        };
        Self {
            seed,
            text,
            symbology,
            module_px,
            size,
            angle: dice.between(0.0, std::f32::consts::TAU),
            tilt: dice.between(0.0, 40.0_f32.to_radians()),
            tilt_towards: dice.between(0.0, std::f32::consts::TAU),
            at: (room(size.0, &mut dice), room(size.1, &mut dice)),
            light: dice.between(0.35, 1.0),
            slope: (dice.between(-0.5, 0.5), dice.between(-0.5, 0.5)),
            ground: dice.between(0.15, 0.8),
            blur_px: dice.between(0.3, 0.3 * module_px),
            noise: dice.between(1.0, 8.0),
            label,
        }
    }

    /// One frame of it: the hand, the focus and the noise differ from frame to frame.
    pub fn frame(&self, number: u32) -> GreyFrame {
        let mut dice = Dice(self.seed ^ (u64::from(number) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let shaken = Self {
            angle: self.angle + dice.between(-0.06, 0.06),
            tilt: (self.tilt + dice.between(-0.08, 0.08)).max(0.0),
            at: (self.at.0 + dice.between(-6.0, 6.0), self.at.1 + dice.between(-6.0, 6.0)),
            blur_px: self.blur_px * dice.between(0.7, 1.3),
            ..self.clone()
        };
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let mut grey = vec![0.0; width * height];
        for (y, row) in grey.chunks_exact_mut(width).enumerate() {
            for (x, grey) in row.iter_mut().enumerate() {
                *grey = shaken.seen_at(x as f32, y as f32);
            }
        }
        blur(&mut grey, width, shaken.blur_px);
        let noisy = grey.iter().map(|grey| (grey + dice.bell() * self.noise).clamp(0.0, 255.0) as u8);
        GreyFrame::new(self.size.0, self.size.1, noisy.collect()).expect("a frame of the size asked for")
    }

    /// The light that falls on a pixel: of the label, or of the table around it.
    fn seen_at(&self, x: f32, y: f32) -> f32 {
        let (w, h) = (self.size.0 as f32, self.size.1 as f32);
        let light = self.light * (1.0 + self.slope.0 * (x / w - 0.5) + self.slope.1 * (y / h - 0.5));
        let surface = match self.label_at(x, y) {
            Some(grey) => 0.12 + 0.8 * f32::from(grey) / 255.0,
            None => self.ground,
        };
        255.0 * (light * surface).min(1.0)
    }

    /// The label's own grey under a pixel: the ray through it meets the tilted plane.
    fn label_at(&self, x: f32, y: f32) -> Option<u8> {
        let (x, y) = turned(x - self.at.0, y - self.at.1, -self.tilt_towards);
        let distance = DISTANCE * self.label.width as f32 / DRAWN_PX as f32 * self.module_px;
        // Along the tilt the plane runs away from the camera: u cos t / (d + u sin t) = x / d.
        let depth = self.tilt.cos() - x / distance * self.tilt.sin();
        if depth <= 0.1 {
            return None;
        }
        let u = x / depth;
        let v = y * (1.0 + u * self.tilt.sin() / distance);
        let (u, v) = turned(u, v, self.tilt_towards - self.angle);
        let scale = DRAWN_PX as f32 / self.module_px;
        let column = u * scale + self.label.width as f32 / 2.0;
        let row = v * scale + self.label.height as f32 / 2.0;
        let inside = (0.0..self.label.width as f32).contains(&column)
            && (0.0..self.label.height as f32).contains(&row);
        inside.then(|| self.label.pixels[row as usize * self.label.width as usize + column as usize])
    }

    /// Whether the text is told by one of so many frames as these efforts say, one frame each.
    ///
    /// # Panics
    /// Where another text is told: that must never be.
    pub fn is_read(&self, reader: &mut SymbolReader, efforts: &[Effort]) -> bool {
        (0..).zip(efforts).any(|(number, effort)| {
            let result = reader.read(&self.frame(number), *effort, &Symbology::ALL);
            let texts: Vec<&str> = result.codes.iter().map(|code| code.text.as_str()).collect();
            assert!(texts.iter().all(|text| *text == self.text), "{self}: read {texts:?}");
            !texts.is_empty()
        })
    }
}

impl std::fmt::Display for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {:?} at {}x{}, seed {}, {:.1} px a module, tilt {:.0}, blur {:.1} px, light {:.2}, noise {:.1}",
            self.symbology,
            self.text,
            self.size.0,
            self.size.1,
            self.seed,
            self.module_px,
            self.tilt.to_degrees(),
            self.blur_px,
            self.light,
            self.noise
        )
    }
}

fn turned(x: f32, y: f32, angle: f32) -> (f32, f32) {
    let (sin, cos) = angle.sin_cos();
    (x * cos - y * sin, x * sin + y * cos)
}

/// A lens out of focus, as a bell curve of this deviation, along rows and then down columns.
fn blur(grey: &mut [f32], width: usize, deviation: f32) {
    let reach = (deviation * 2.5).ceil() as usize;
    let bell = |i: usize| (-((i * i) as f32) / (2.0 * deviation * deviation)).exp();
    let sum = 1.0 + 2.0 * (1..=reach).map(bell).sum::<f32>();
    let kernel: Vec<f32> = (0..=reach).map(|i| bell(i) / sum).collect();
    for row in grey.chunks_exact_mut(width) {
        let sharp = row.to_vec();
        for (x, grey) in row.iter_mut().enumerate() {
            *grey = (1..=reach).fold(sharp[x] * kernel[0], |sum, i| {
                sum + kernel[i] * (sharp[x.saturating_sub(i)] + sharp[(x + i).min(width - 1)])
            });
        }
    }
    let (sharp, height) = (grey.to_vec(), grey.len() / width);
    let line = |y: usize| &sharp[y * width..][..width];
    for (y, row) in grey.chunks_exact_mut(width).enumerate() {
        row.iter_mut().for_each(|grey| *grey *= kernel[0]);
        for (i, part) in kernel.iter().enumerate().skip(1) {
            let (above, below) = (line(y.saturating_sub(i)), line((y + i).min(height - 1)));
            for ((grey, above), below) in row.iter_mut().zip(above).zip(below) {
                *grey += part * (above + below);
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Near a normal distribution of deviation 1: the sum of four even ones.
    fn bell(&mut self) -> f32 {
        let next = self.next();
        let sum: u64 = (0..4).map(|part| (next >> (16 * part)) & 0xFFFF).sum();
        (sum as f32 / 65_535.0 - 2.0) * 1.732
    }
}
