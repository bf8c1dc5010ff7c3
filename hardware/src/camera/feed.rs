//! Whatever gives frame after frame: opened, watched, opened again.

use std::time::{Duration, Instant};

use super::eye::Eye;
use super::stop::Stop;
use super::trust::ReadSettings;
use super::{CameraError, CameraEvent};
use crate::symbol::GreyFrame;

/// The first pause before a feed is opened again; it doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// The longest pause: a camera plugged in again is back within this time.
const LONGEST_RETRY: Duration = Duration::from_secs(10);

/// A feed that lived this long was healthy: the pause starts small again.
const HEALTHY: Duration = Duration::from_secs(10);

/// How often the wish to stop is looked for while no frame comes.
const LOOK_UP: Duration = Duration::from_millis(100);

/// A camera needs about this long to find its exposure; an earlier picture may be black.
const SETTLE: Duration = Duration::from_millis(1500);

/// One life of something that gives frames. Dropping it ends whatever it started.
pub(super) trait Feed {
    /// What it is, for the Devices screen; asked once a frame has come.
    fn what(&self) -> String;

    /// Waits for the newest frame, no longer than `patience`.
    fn next(&mut self, patience: Duration) -> Arrival;

    /// What was asked for and is not to be had, as pairs of thing and sentence.
    fn remarks(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// What came from a feed.
pub(super) enum Arrival {
    /// The newest frame, and how many were passed over for it.
    Frame(GreyFrame, u64),
    /// Nothing to look at within the time.
    Nothing,
    /// This life is over.
    Over(End),
}

/// The end of one life.
#[derive(Debug)]
pub(super) struct End {
    pub(super) why: CameraError,
    /// It showed frames and ended by itself with nothing to complain of.
    pub(super) all_shown: bool,
}

impl From<CameraError> for End {
    fn from(why: CameraError) -> Self {
        Self { why, all_shown: false }
    }
}

/// A feed, or why there is none.
pub(super) type Opened = Result<Box<dyn Feed>, CameraError>;

/// Opens the feed and looks at what it gives, again and again, until asked to stop.
pub(super) fn run(
    open: &dyn Fn() -> Opened,
    reading: &ReadSettings,
    stop: &Stop,
    tell: &mut dyn FnMut(CameraEvent),
) {
    let mut eye = Eye::new(reading);
    let mut retry = FIRST_RETRY;
    loop {
        let started = Instant::now();
        let Some(End { why, all_shown }) = watch(open, &mut eye, stop, tell) else {
            return;
        };
        if started.elapsed() >= HEALTHY {
            retry = FIRST_RETRY;
        }
        // A program that had only so much to show would show it again: every weapon in it would come and go.
        if all_shown {
            retry = LONGEST_RETRY;
        }
        tell(CameraEvent::Down { why, retry_in_ms: retry.as_millis() as u64 });
        if !stop.goes_on_after(retry) {
            return;
        }
        retry = (retry * 2).min(LONGEST_RETRY);
    }
}

/// One life. Why it is over; none where we were asked to stop.
fn watch(
    open: &dyn Fn() -> Opened,
    eye: &mut Eye,
    stop: &Stop,
    tell: &mut dyn FnMut(CameraEvent),
) -> Option<End> {
    let mut feed = match open() {
        Ok(feed) => feed,
        Err(why) => return Some(why.into()),
    };
    let mut up = false;
    loop {
        if !stop.goes_on() {
            return None;
        }
        match feed.next(LOOK_UP) {
            Arrival::Frame(frame, passed_over) => {
                if !std::mem::replace(&mut up, true) {
                    tell(CameraEvent::Up { what: feed.what() });
                    for (file_or_what, why) in feed.remarks() {
                        tell(CameraEvent::Refused { file_or_what, why });
                    }
                }
                eye.figures.skipped(passed_over);
                eye.see(&frame, tell);
            }
            Arrival::Nothing => {}
            Arrival::Over(end) => {
                eye.figures.tell(tell);
                return Some(end);
            }
        }
        eye.figures.tell_when_due(tell);
    }
}

/// One picture, taken once the camera has found its exposure; the last one where it ends before that.
pub(super) fn picture(opened: Opened, patience: Duration) -> Result<GreyFrame, CameraError> {
    let mut feed = opened?;
    let deadline = Instant::now() + patience;
    let mut newest: Option<(GreyFrame, Instant)> = None;
    loop {
        match feed.next(LOOK_UP) {
            Arrival::Frame(frame, _) => {
                let first_at = newest.map_or_else(Instant::now, |(_, first_at)| first_at);
                newest = Some((frame, first_at));
            }
            Arrival::Nothing if Instant::now() < deadline || newest.is_some() => {}
            Arrival::Nothing => return Err(CameraError::NoPicture { seconds: patience.as_secs() }),
            Arrival::Over(end) => return newest.map(|(frame, _)| frame).ok_or(end.why),
        }
        if let Some((frame, _)) = newest.take_if(|(_, first_at)| first_at.elapsed() >= SETTLE) {
            return Ok(frame);
        }
    }
}
