//! What helps a person who holds a code before the camera.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::CameraEvent;
use crate::symbol::Sighting;

/// Why a code in view is not taken, by what is most likely to help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AimHint {
    /// It is in the dark.
    TooDark,
    /// Its modules are too few pixels wide.
    TooSmall,
    /// It is turned away too far.
    TooTilted,
    /// Its edges run into each other.
    OutOfFocus,
    /// It is seen, and none of these is the reason that it is not read.
    Unreadable,
    /// It was read, and what has to confirm it has not.
    Unconfirmed,
    /// It is a Code 39 with neither a check character nor the form of this armoury.
    Unchecked,
    /// Somebody asked to read now, and no code is seen.
    NoCode,
}

/// Below this the light parts of a code are dark, of 255.
const DARK: u8 = 60;

/// Below so many pixels a module a camera's blur swallows modules.
const SMALL_PX: f32 = 3.0;

/// Above so many degrees rows of modules run together.
const TILTED_DEG: f32 = 50.0;

/// Below this neighbouring modules run together.
const BLURRED: f32 = 0.2;

impl AimHint {
    /// What would help to read this one; none where it was read.
    #[must_use]
    pub fn of(sighting: &Sighting) -> Option<Self> {
        if sighting.read {
            return None;
        }
        Some(if sighting.light < DARK {
            Self::TooDark
        } else if sighting.module_px < SMALL_PX {
            Self::TooSmall
        } else if sighting.tilt_deg.is_some_and(|tilt| tilt > TILTED_DEG) {
            Self::TooTilted
        } else if sighting.sharpness < BLURRED {
            Self::OutOfFocus
        } else {
            Self::Unreadable
        })
    }
}

/// A hint is given when its reason has lasted so long: a hand that is still moving needs none.
const STEADY: Duration = Duration::from_millis(400);

/// A code that has been there so long is a poster on the wall.
const POSTER: Duration = Duration::from_secs(20);

/// A reason not seen for so long is gone.
const GONE: Duration = Duration::from_secs(1);

/// A hint that still holds is given again after this long.
const AGAIN: Duration = Duration::from_millis(500);

/// Gives hints when they help, and not more often.
#[derive(Debug, Default)]
pub(crate) struct Aim {
    since: Option<Instant>,
    seen: Option<Instant>,
    told: Option<(AimHint, Instant)>,
}

impl Aim {
    /// What a look found: codes that were taken, or a reason why one was not.
    pub(crate) fn look(
        &mut self,
        taken: bool,
        hint: Option<AimHint>,
        now: Instant,
        tell: &mut dyn FnMut(CameraEvent),
    ) {
        let gone = self.seen.is_none_or(|seen| now.saturating_duration_since(seen) >= GONE);
        if taken || (hint.is_none() && gone) {
            *self = Self::default();
        }
        let Some(hint) = hint.filter(|_| !taken) else {
            return;
        };
        if gone {
            self.since = None;
        }
        self.seen = Some(now);
        let lasts = now.saturating_duration_since(*self.since.get_or_insert(now));
        if (STEADY..POSTER).contains(&lasts) {
            self.tell(hint, now, tell);
        }
    }

    /// Whether what is seen has been there for so long that nobody can be holding it.
    pub(crate) fn is_poster(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.saturating_duration_since(since) >= POSTER)
    }

    /// A hint that somebody waits for.
    pub(crate) fn tell(&mut self, hint: AimHint, now: Instant, tell: &mut dyn FnMut(CameraEvent)) {
        let just_told =
            |(told, at): (AimHint, Instant)| told == hint && now.saturating_duration_since(at) < AGAIN;
        if !self.told.is_some_and(just_told) {
            self.told = Some((hint, now));
            tell(CameraEvent::Aim(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::Symbology;

    fn sighting() -> Sighting {
        Sighting {
            symbology: Symbology::Qr,
            read: false,
            corners: [(0, 0), (90, 0), (90, 90), (0, 90)],
            module_px: 4.0,
            tilt_deg: Some(10.0),
            light: 200,
            dark: 30,
            sharpness: 0.6,
        }
    }

    #[test]
    fn the_hint_is_what_would_help() {
        let of = |change: fn(&mut Sighting)| {
            let mut seen = sighting();
            change(&mut seen);
            AimHint::of(&seen)
        };
        assert_eq!(of(|_| ()), Some(AimHint::Unreadable));
        assert_eq!(of(|seen| seen.light = 59), Some(AimHint::TooDark));
        assert_eq!(of(|seen| seen.module_px = 2.9), Some(AimHint::TooSmall));
        assert_eq!(of(|seen| seen.tilt_deg = Some(51.0)), Some(AimHint::TooTilted));
        assert_eq!(of(|seen| seen.tilt_deg = None), Some(AimHint::Unreadable));
        assert_eq!(of(|seen| seen.sharpness = 0.1), Some(AimHint::OutOfFocus));
        assert_eq!(of(|seen| seen.read = true), None);
    }

    #[test]
    fn hints_come_to_a_hand_that_holds_still_and_not_to_a_poster() {
        let (mut aim, start) = (Aim::default(), Instant::now());
        let mut told = Vec::new();
        for frame in 0..600_u32 {
            let now = start + frame * Duration::from_millis(50);
            aim.look(false, Some(AimHint::TooSmall), now, &mut |_| told.push(frame));
        }
        assert_eq!(told.first(), Some(&8), "not before it has lasted");
        assert!((35..=40).contains(&told.len()), "twice a second: {told:?}");
        assert!(told.last() < Some(&400), "a poster: {told:?}");
    }

    #[test]
    fn a_code_that_was_taken_ends_the_hints() {
        let (mut aim, start) = (Aim::default(), Instant::now());
        let mut told = 0;
        for frame in 0..40_u32 {
            let now = start + frame * Duration::from_millis(50);
            aim.look(frame % 7 == 0, Some(AimHint::TooSmall), now, &mut |_| told += 1);
        }
        assert_eq!(told, 0);
    }
}
