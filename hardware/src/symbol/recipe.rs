//! In which order the looks are taken.
//!
//! zxing-cpp looks first. What it finds in a QR code is put to rqrr. Where it finds nothing, and only then, the picture is
//! looked at again: enlarged, by one threshold, sharpened, smoothed, by rqrr. Each further look must fit into what is
//! left of the time, judged by how fast this machine was a moment ago.

use std::time::{Duration, Instant};

use super::fence::Engine;
use super::flatten::{BENDS, flattened};
use super::frame::GreyFrame;
use super::zxing::{Look, Place, Seen, look};
use super::{CodeRead, Effort, Symbology, enhance, witness, zxing};

/// Pictures above this are looked at reduced first: a mark held to a camera fills a good part of the picture.
const FIRST_LOOK_PIXELS: usize = 3_000_000;

/// Pictures above this are not enlarged: their codes have pixels enough.
const ENLARGE_PIXELS: usize = 1_300_000;

/// How many codes of one picture are put to the second reader.
const MAX_WITNESSED: usize = 4;

/// How many undecoded codes of one picture are laid flat.
const MAX_FLATTENED: usize = 2;

/// The way the station reads. Holds nothing but the pace of this machine.
#[derive(Debug, Default)]
pub struct Recipe {
    ns_per_pixel: f64,
}

impl Engine for Recipe {
    fn decode(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        wanted: &[Symbology],
        until: Instant,
        found: &mut dyn FnMut(CodeRead),
    ) {
        let mut looks = Looks { picture: frame, wanted, until, pace: self, seen: Vec::new() };
        match effort {
            Effort::Quick => looks.quick(),
            Effort::Full => looks.full(),
        }
        let seen = looks.seen;
        // First what is certain, so that a witness who never comes back takes nothing with him.
        let mut unwitnessed: Vec<&Seen> = Vec::new();
        for code in &seen {
            found(code.read.clone());
            if code.read.symbology == Symbology::Qr && code.read.decoder == super::Decoder::ZxingCpp {
                unwitnessed.push(code);
            }
        }
        let most = if effort == Effort::Quick { 1 } else { MAX_WITNESSED };
        for code in unwitnessed.into_iter().take(most) {
            if Instant::now() >= until {
                break;
            }
            if witness::confirms(frame, &code.read, code.inverted) {
                found(CodeRead { witnessed: true, ..code.read.clone() });
            }
        }
    }
}

struct Looks<'a> {
    picture: &'a GreyFrame,
    wanted: &'a [Symbology],
    until: Instant,
    pace: &'a mut Recipe,
    seen: Vec<Seen>,
}

/// Looks at changed pictures find more bars where there are none, so more rows must agree.
const AGAIN: Look = Look { reduced: false, min_lines: 4, ..Look::THOROUGH };

/// Ways to look again at a picture in which nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Further {
    Enlarged,
    OneThreshold,
    Sharpened,
    Smoothed(usize),
    Flattened,
    SecondReader,
}

/// Their order: by how many of the photographs that the first look missed each of them read.
const FURTHER: [Further; 7] = [
    Further::Enlarged,
    Further::OneThreshold,
    Further::Sharpened,
    Further::Smoothed(1),
    Further::Smoothed(3),
    Further::Flattened,
    Further::SecondReader,
];

impl Looks<'_> {
    fn quick(&mut self) {
        let (matrix, bars): (Vec<_>, Vec<_>) = self.wanted.iter().partition(|s| s.is_matrix());
        let large = self.picture.pixels.len() > FIRST_LOOK_PIXELS;
        let cheap = Look { inverted: false, reduced: large, ..Look::THOROUGH };
        self.look(self.picture, &matrix, cheap, Place::WHOLE);
        if self.seen.is_empty() {
            self.look(self.picture, &bars, Look { harder: false, ..cheap }, Place::WHOLE);
        }
    }

    fn full(&mut self) {
        let factor = (1..).find(|f| self.picture.pixels.len() / (f * f) <= FIRST_LOOK_PIXELS).unwrap_or(1);
        if factor > 1 {
            let small = enhance::reduced(self.picture, factor);
            self.look(&small, self.wanted, Look::THOROUGH, Place::scaled(factor as f32));
            if self.seen.is_empty() {
                self.again(&small, Place::scaled(factor as f32));
            }
            if !self.seen.is_empty() || !self.fits(self.picture.pixels.len()) {
                return;
            }
        }
        self.look(self.picture, self.wanted, Look::THOROUGH, Place::WHOLE);
        if self.seen.is_empty() && factor == 1 {
            self.again(self.picture, Place::WHOLE);
        }
    }

    /// The further looks, the most promising first; the first one that finds something is the last.
    fn again(&mut self, frame: &GreyFrame, place: Place) {
        if !enhance::may_hold_a_code(frame) {
            return;
        }
        for further in FURTHER {
            let work = frame.pixels.len() * if further == Further::Enlarged { 4 } else { 1 };
            if self.seen.is_empty() && self.fits(work) {
                self.further(further, frame, place);
            }
        }
    }

    fn further(&mut self, further: Further, frame: &GreyFrame, place: Place) {
        let matrix: Vec<Symbology> = self.wanted.iter().copied().filter(|s| s.is_matrix()).collect();
        match further {
            Further::Enlarged if frame.pixels.len() <= ENLARGE_PIXELS => {
                let halved = Place { scale: place.scale / 2.0, ..place };
                self.look(&enhance::enlarged(frame), self.wanted, AGAIN, halved);
            }
            Further::Enlarged => {}
            Further::OneThreshold => self.look(&enhance::otsu(frame), self.wanted, AGAIN, place),
            Further::Sharpened => self.look(&enhance::sharpened(frame, 2), &matrix, AGAIN, place),
            Further::Smoothed(radius) => self.look(&enhance::smoothed(frame, radius), &matrix, AGAIN, place),
            Further::Flattened => self.flatten(frame, place),
            Further::SecondReader if self.wanted.contains(&Symbology::Qr) => self.second_reader(frame, place),
            Further::SecondReader => {}
        }
    }

    /// Codes that are there but do not decode, laid flat in several ways.
    fn flatten(&mut self, frame: &GreyFrame, place: Place) {
        for corners in zxing::undecoded(frame, self.wanted).into_iter().take(MAX_FLATTENED) {
            for bend in BENDS {
                let Some(flat) = flattened(frame, corners, bend) else {
                    break;
                };
                if !self.fits(flat.pixels.len()) {
                    return;
                }
                let how = Look { inverted: false, ..AGAIN };
                self.look(&flat, self.wanted, how, Place::WHOLE);
                if !self.seen.is_empty() {
                    // The flat picture's corners mean nothing in the picture; the code lies where it was found.
                    let found = corners.map(|(x, y)| place.point(x, y));
                    self.seen.iter_mut().for_each(|seen| seen.read.corners = Some(found));
                    return;
                }
            }
        }
    }

    fn second_reader(&mut self, frame: &GreyFrame, place: Place) {
        for local in [false, true] {
            let split = local.then(|| enhance::local_threshold(frame, 15, 8));
            for mut read in witness::testify(split.as_ref().unwrap_or(frame)) {
                read.corners = read.corners.map(|corners| corners.map(|(x, y)| place.point(x, y)));
                self.seen.push(Seen { read, inverted: false });
            }
            if !self.seen.is_empty() || !self.fits(frame.pixels.len()) {
                return;
            }
        }
    }

    fn look(&mut self, frame: &GreyFrame, wanted: &[Symbology], how: Look, place: Place) {
        let started = Instant::now();
        self.seen.extend(look(frame, wanted, how, place));
        self.pace.learn(started.elapsed(), frame.pixels.len());
    }

    fn fits(&self, pixels: usize) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        !left.is_zero() && self.pace.expects(pixels) <= left
    }
}

impl Recipe {
    fn learn(&mut self, took: Duration, pixels: usize) {
        let now = took.as_nanos() as f64 / pixels.max(1) as f64;
        // A tenth of the new to nine of the old: one busy moment does not change the pace.
        self.ns_per_pixel = if self.ns_per_pixel == 0.0 { now } else { self.ns_per_pixel * 0.9 + now * 0.1 };
    }

    fn expects(&self, pixels: usize) -> Duration {
        Duration::from_nanos((self.ns_per_pixel * pixels as f64) as u64)
    }
}
