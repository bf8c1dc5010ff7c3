//! In which order the looks are taken.
//!
//! zxing-cpp looks first. Where it decodes nothing it often still tells where a code is: that place is cut out and looked
//! at in every way that helps. Where it tells nothing, the areas that could hold a code at all are looked at in a few
//! cheap ways. Each further look must fit into what is left of the time, judged by how fast this machine was a moment
//! ago. What is read of a QR code is put to rqrr.

use std::time::{Duration, Instant};

use super::areas::{Area, Edges};
use super::bars::redrawn;
use super::fence::{Engine, Finding};
use super::fit::fitted;
use super::flatten::longest_side;
use super::frame::GreyFrame;
use super::sighting::sightings;
use super::vouched::Vouched;
use super::zxing::{Found, Look, Place, Seen, Suspect, decoded, look};
use super::{CodeRead, Effort, Symbology, enhance, witness};

/// Pictures above this are looked at reduced first: a mark held to a camera fills a good part of the picture.
const FIRST_LOOK_PIXELS: usize = 3_000_000;

/// Areas above this are not enlarged: their codes have pixels enough.
const ENLARGE_PIXELS: usize = 400_000;

/// How many codes of one picture are put to the second reader.
const MAX_WITNESSED: usize = 4;

/// How many undecoded codes of one picture are looked at closely.
const MAX_SUSPECTS: usize = 3;

/// How many areas of bars of one picture are read as blurred ones.
const MAX_BARS: usize = 2;

/// How many ways of bending a grid are tried between the same corners, and how many such corners on one code.
const FIT_STARTS: usize = 3;
const MAX_FITS: usize = 3;

/// The way the station reads. Holds nothing but the pace of this machine and what the last frames showed.
#[derive(Debug, Default)]
pub struct Recipe {
    ns_per_pixel: f64,
    /// Which further look is due at the next frame of a moving picture.
    turn: usize,
    vouched: Vouched,
}

impl Engine for Recipe {
    fn decode(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        wanted: &[Symbology],
        until: Instant,
        found: &mut dyn FnMut(Finding),
    ) {
        let mut looks = Looks { picture: frame, wanted, until, pace: self, found: Found::default() };
        match effort {
            Effort::Quick => looks.quick(),
            Effort::Full => looks.full(),
        }
        let Found { seen, suspects } = looks.found;
        // First what is certain, so that a witness who never comes back takes nothing with him.
        seen.iter().for_each(|code| found(Finding::Code(code.read.clone())));
        sightings(frame, &seen, &suspects).for_each(|sighting| found(Finding::Sighting(sighting)));
        let most = if effort == Effort::Quick { 1 } else { MAX_WITNESSED };
        for code in seen.iter().filter(|code| code.read.symbology == Symbology::Qr).take(most) {
            if Instant::now() >= until {
                break;
            }
            if self.witnessed(frame, code, effort, until) {
                found(Finding::Code(CodeRead { witnessed: true, ..code.read.clone() }));
            }
        }
    }
}

impl Recipe {
    /// In a moving picture a code that was confirmed a moment ago in the same place is the same print; a still is put to
    /// the witness always.
    fn witnessed(&mut self, frame: &GreyFrame, code: &Seen, effort: Effort, until: Instant) -> bool {
        let now = Instant::now();
        if effort == Effort::Quick && self.vouched.knows(&code.read, now) {
            return true;
        }
        let confirmed = witness::confirms(frame, code, until);
        if confirmed {
            self.vouched.remember(&code.read, now);
        }
        confirmed
    }

    fn learn(&mut self, took: Duration, pixels: usize) {
        let now = took.as_nanos() as f64 / pixels.max(1) as f64;
        // A tenth of the new to nine of the old: one busy moment does not change the pace.
        self.ns_per_pixel = if self.ns_per_pixel == 0.0 { now } else { self.ns_per_pixel * 0.9 + now * 0.1 };
    }

    fn expects(&self, pixels: usize) -> Duration {
        Duration::from_nanos((self.ns_per_pixel * pixels as f64) as u64)
    }
}

struct Looks<'a> {
    picture: &'a GreyFrame,
    wanted: &'a [Symbology],
    until: Instant,
    pace: &'a mut Recipe,
    found: Found,
}

/// What each frame of a moving picture gets: bars and Data Matrix symbols near its middle, QR codes anywhere.
const FIRST: Look = Look { harder: false, ..Look::PLAIN };

/// Looks at changed pictures find more bars where there are none, so more rows must agree.
const AGAIN: Look = Look { harder: false, min_lines: 4, ..Look::PLAIN };

/// A code cut out stands upright in the middle.
const CUT_OUT: Look = Look { rotate: false, ..AGAIN };

/// Ways to look again at a picture in which nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Further {
    Inverted,
    Halved,
    OneThreshold,
    OwnThreshold,
    Enlarged,
    Sharpened,
    Smoothed(usize),
}

/// Where a code was found but not decoded. Their order: by how many photographs each read for its time.
const CLOSE: [Further; 7] = [
    Further::OneThreshold,
    Further::Halved,
    Further::Sharpened,
    Further::OwnThreshold,
    Further::Enlarged,
    Further::Smoothed(1),
    Further::Smoothed(3),
];

/// Where there are edges enough for a code and nothing more is known.
const WIDE: [Further; 5] =
    [Further::Inverted, Further::Halved, Further::OneThreshold, Further::Sharpened, Further::Enlarged];

/// What a frame of a moving picture gets beyond the first look: one of these, each in its turn.
const IN_TURN: [Further; 3] = [Further::OneThreshold, Further::Inverted, Further::Halved];

impl Further {
    fn of(self, frame: &GreyFrame) -> GreyFrame {
        match self {
            Self::Inverted => enhance::inverted(frame),
            Self::Halved => enhance::reduced(frame, 2),
            Self::OneThreshold => enhance::otsu(frame),
            Self::OwnThreshold => enhance::local_threshold(frame, frame.w().min(frame.h()) / 10 + 2, 5),
            Self::Enlarged => enhance::enlarged(frame),
            Self::Sharpened => enhance::sharpened(frame, 2),
            Self::Smoothed(radius) => enhance::smoothed(frame, radius),
        }
    }

    /// How many times larger the changed copy is.
    fn scale(self) -> f32 {
        match self {
            Self::Halved => 0.5,
            Self::Enlarged => 2.0,
            _ => 1.0,
        }
    }

    /// Thresholds of our own only spoil bars, whose edges lie between pixels.
    fn suits_bars(self) -> bool {
        matches!(self, Self::Halved | Self::Enlarged)
    }
}

impl Looks<'_> {
    fn quick(&mut self) {
        let factor = self.reduction();
        if factor > 1 {
            let small = enhance::reduced(self.picture, factor);
            return self.look(&small, self.wanted, FIRST, Place::scaled(factor as f32));
        }
        let picture = self.picture;
        self.look(picture, self.wanted, FIRST, Place::WHOLE);
        if !self.done() {
            let further = IN_TURN[self.pace.turn % IN_TURN.len()];
            self.pace.turn = self.pace.turn.wrapping_add(1);
            if !self.close(further, picture, Place::WHOLE) {
                self.wide(further, picture, Place::WHOLE, &Edges::of(picture).areas());
            }
        }
    }

    /// The factor that makes the picture small enough for a first look.
    fn reduction(&self) -> usize {
        (1..).find(|f| self.picture.pixels.len() / (f * f) <= FIRST_LOOK_PIXELS).unwrap_or(1)
    }

    fn full(&mut self) {
        let picture = self.picture;
        let factor = self.reduction();
        if factor == 1 {
            return self.thorough(picture, Place::WHOLE);
        }
        self.thorough(&enhance::reduced(picture, factor), Place::scaled(factor as f32));
        // One code is what was held to the camera; of a sheet of labels the reduced picture shows only some.
        if self.found.seen.len() != 1 {
            self.in_bands();
        }
    }

    /// Looks at a large picture band by band: a reader's working memory is several times what it looks at.
    fn in_bands(&mut self) {
        let picture = self.picture;
        let high = (FIRST_LOOK_PIXELS / picture.w()).max(1);
        // A code on the border between two bands is whole in one of them if it is no higher than a third.
        let step = (high * 2 / 3).max(1);
        for top in (0..picture.h()).step_by(step) {
            if !self.fits(high * picture.w()) {
                return;
            }
            let band = enhance::cropped(picture, 0, top, picture.w(), high);
            self.look(&band, self.wanted, Look::PLAIN, Place::WHOLE.of_part(0, top, 1.0));
            if top + high >= picture.h() {
                return;
            }
        }
    }

    /// A plain look, and where it finds nothing, the further ones; the first one that finds something is the last.
    fn thorough(&mut self, frame: &GreyFrame, place: Place) {
        self.look(frame, self.wanted, Look::PLAIN, place);
        if self.done() {
            return;
        }
        let known = self.found.suspects.len();
        self.closely(frame, place);
        if self.done() {
            return;
        }
        let edges = Edges::of(frame);
        let areas = edges.areas();
        for further in WIDE {
            self.wide(further, frame, place, &areas);
            if self.done() {
                return;
            }
        }
        self.blurred_bars(frame, place, &edges.bars());
        if !self.done() && known == 0 {
            self.closely(frame, place);
        }
    }

    fn done(&self) -> bool {
        !self.found.seen.is_empty()
    }

    /// Everything that helps a code that is there, for the largest ones that did not decode.
    fn closely(&mut self, frame: &GreyFrame, place: Place) {
        let mut suspects = self.found.suspects.clone();
        suspects.sort_by(|a, b| longest_side(b.corners).total_cmp(&longest_side(a.corners)));
        for &suspect in suspects.iter().take(MAX_SUSPECTS) {
            // The same code, its corners measured anew in each changed copy.
            let mut again = vec![suspect];
            for further in CLOSE {
                again.extend(self.closer(further, frame, place, suspect));
                if self.done() {
                    return;
                }
            }
            for suspect in again.into_iter().take(MAX_FITS) {
                self.fit(frame, place, suspect);
                if self.done() {
                    return;
                }
            }
        }
    }

    /// One further look at the first suspect; whether there is one.
    fn close(&mut self, further: Further, frame: &GreyFrame, place: Place) -> bool {
        let suspect = self.found.suspects.first().copied();
        if let Some(suspect) = suspect {
            self.closer(further, frame, place, suspect);
        }
        suspect.is_some()
    }

    /// The same code undecoded once more is not another one, so it is handed back.
    fn closer(
        &mut self,
        further: Further,
        frame: &GreyFrame,
        place: Place,
        suspect: Suspect,
    ) -> Vec<Suspect> {
        let area = Area::around(frame, suspect.corners.map(|corner| place.back(corner)));
        let known = self.found.suspects.len();
        self.wide_for(&[suspect.symbology], further, frame, place, &[area]);
        self.found.suspects.split_off(known)
    }

    /// Looks at a changed copy of each area.
    fn wide(&mut self, further: Further, frame: &GreyFrame, place: Place, areas: &[Area]) {
        let all = self.wanted;
        let matrix: Vec<Symbology> = all.iter().copied().filter(|s| s.is_matrix()).collect();
        self.wide_for(if further.suits_bars() { all } else { &matrix }, further, frame, place, areas);
    }

    fn wide_for(
        &mut self,
        wanted: &[Symbology],
        further: Further,
        frame: &GreyFrame,
        place: Place,
        areas: &[Area],
    ) {
        let scale = further.scale();
        for area in areas {
            let work = (area.pixels() as f32 * scale * scale) as usize;
            if scale > 1.0 && area.pixels() > ENLARGE_PIXELS || !self.fits(work) {
                continue;
            }
            let before = self.found.seen.len();
            let part = place.of_part(area.left, area.top, scale);
            self.look(&further.of(&area.of(frame)), wanted, AGAIN, part);
            if further == Further::Inverted {
                self.found.seen[before..].iter_mut().for_each(|seen| seen.inverted = true);
            }
        }
    }

    /// Bars out of focus. Only Code 128, whose check character tells a wrong guess.
    fn blurred_bars(&mut self, frame: &GreyFrame, place: Place, bars: &[Area]) {
        if !self.wanted.contains(&Symbology::Code128) {
            return;
        }
        for area in bars.iter().take(MAX_BARS) {
            if !self.fits(area.pixels()) {
                return;
            }
            if let Some(sharp) = redrawn(frame, *area) {
                self.look(&sharp, &[Symbology::Code128], CUT_OUT, Place::WHOLE);
            }
            if self.done() {
                return self.lies_at(area.corners().map(|(x, y)| place.point(x, y)));
            }
        }
    }

    /// A QR code that is there but does not decode: a grid is fitted to its modules.
    fn fit(&mut self, frame: &GreyFrame, place: Place, suspect: Suspect) {
        let Some(modules) = suspect.modules.filter(|_| suspect.symbology == Symbology::Qr) else {
            return;
        };
        let corners = suspect.corners.map(|corner| place.back(corner));
        if let Some(seen) = fitted(frame, corners, modules, FIT_STARTS, self.until, decoded) {
            self.found.seen.push(seen);
            self.lies_at(suspect.corners);
        }
    }

    /// A changed picture's corners mean nothing in the picture: the codes lie where they were looked for.
    fn lies_at(&mut self, corners: [(i32, i32); 4]) {
        self.found.seen.iter_mut().for_each(|seen| seen.read.corners = Some(corners));
    }

    fn look(&mut self, frame: &GreyFrame, wanted: &[Symbology], how: Look, place: Place) {
        let started = Instant::now();
        let Found { seen, suspects } = look(frame, wanted, how, place);
        self.found.seen.extend(seen);
        self.found.suspects.extend(suspects);
        self.pace.learn(started.elapsed(), frame.pixels.len());
    }

    fn fits(&self, pixels: usize) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        !left.is_zero() && self.pace.expects(pixels) <= left
    }
}
