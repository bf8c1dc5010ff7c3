//! Frames from a capture program's pipe: started, watched, read, started again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::{Arrival, Capture, Farewell};
use super::eye::Eye;
use super::stop::Stop;
use super::trust::ReadSettings;
use super::{CameraError, CameraEvent, CameraSettings};
use crate::symbol::check_size;

/// The first pause before a program is started again; it doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// The longest pause: a camera plugged in again is back within this time.
const LONGEST_RETRY: Duration = Duration::from_secs(10);

/// A program that ran this long was healthy: the pause starts small again.
const HEALTHY: Duration = Duration::from_secs(10);

/// A program that has not written a byte for this long is started again.
const NO_BYTE: Duration = Duration::from_secs(10);

/// A program that has fallen silent for this long is started again. Longer, because starting some shows old frames again.
const SILENT: Duration = Duration::from_secs(30);

/// How often the wish to stop is looked for while no frame comes.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Runs the program until asked to stop.
pub(crate) fn run(
    command: &str,
    settings: &CameraSettings,
    reading: &ReadSettings,
    stop: &Stop,
    tell: &mut dyn FnMut(CameraEvent),
) {
    let mut eye = Eye::new(reading);
    let mut retry = FIRST_RETRY;
    loop {
        let started = Instant::now();
        let Some(End { why, all_shown }) = watch(command, settings, &mut eye, stop, tell) else {
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

/// The end of one life of the program.
struct End {
    why: CameraError,
    /// It showed frames and ended by itself with status 0.
    all_shown: bool,
}

impl From<CameraError> for End {
    fn from(why: CameraError) -> Self {
        Self { why, all_shown: false }
    }
}

/// One life of the program. Why it is over; none where we were asked to stop.
fn watch(
    command: &str,
    settings: &CameraSettings,
    eye: &mut Eye,
    stop: &Stop,
    tell: &mut dyn FnMut(CameraEvent),
) -> Option<End> {
    let CameraSettings { width, height, format, .. } = *settings;
    if check_size(width, height).is_err() {
        return Some(CameraError::Size { width, height }.into());
    }
    let frame_bytes = format.frame_bytes(width, height);
    let capture = match Capture::start(command, width, height, frame_bytes as usize) {
        Ok(capture) => capture,
        Err(source) => {
            return Some(CameraError::Start { command: command.to_owned(), source: Arc::new(source) }.into());
        }
    };
    let mut last_frame: Option<Instant> = None;
    let started = Instant::now();
    loop {
        if !stop.goes_on() {
            return None;
        }
        match capture.next(LOOK_UP) {
            Arrival::Frame(frame, passed_over) => {
                if last_frame.is_none() {
                    tell(CameraEvent::Up { what: format!("{width} x {height} from {command}") });
                }
                last_frame = Some(Instant::now());
                eye.figures.skipped(passed_over);
                eye.see(&frame, tell);
            }
            Arrival::Nothing { bytes_ever } => {
                let patience = if bytes_ever == 0 { NO_BYTE } else { SILENT };
                let silent = last_frame.unwrap_or(started).elapsed();
                if silent >= patience {
                    let said = capture.finish().said;
                    let seconds = silent.as_secs();
                    let command = command.to_owned();
                    return Some(CameraError::Silent { command, frame_bytes, seconds, said }.into());
                }
            }
            Arrival::Ended { leftover } => {
                eye.figures.tell(tell);
                let Farewell { status, clean, said } = capture.finish();
                let command = command.to_owned();
                let why = CameraError::Ended { command, status, leftover, frame_bytes, said };
                return Some(End { why, all_shown: clean && last_frame.is_some() });
            }
        }
        eye.figures.tell_when_due(tell);
    }
}
