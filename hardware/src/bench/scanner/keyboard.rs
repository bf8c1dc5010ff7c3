//! A scanner that types: input events over a pipe.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, mkfifoat, open};

use super::super::pty::fresh_folder;
use crate::scanner::keyboard_side::{LEFT_SHIFT, RIGHT_ALT, encode};
use crate::scanner::{KeyMap, Stroke, strokes_for};

const ENTER: Stroke = Stroke { key: 28, shift: false, alt_gr: false };
const SYN: u16 = 0;
const SYN_DROPPED: u16 = 3;
const KEY: u16 = 1;

/// Input events on a named pipe, as a keyboard scanner's device would give them; removed when dropped. Times are in the
/// events only: hours of typing are written in an instant.
pub struct BenchKeyboard {
    /// A folder made for this pipe alone; removed with it.
    own_folder: Option<PathBuf>,
    path: PathBuf,
    pipe: Option<OwnedFd>,
    now_us: i64,
}

impl BenchKeyboard {
    /// Makes the pipe, plugged in.
    ///
    /// # Errors
    /// When the pipe cannot be made.
    pub fn start() -> io::Result<Self> {
        Self::start_at(None)
    }

    /// The same under a name of one's own.
    ///
    /// # Errors
    /// As [`BenchKeyboard::start`].
    pub fn start_at(path: Option<PathBuf>) -> io::Result<Self> {
        let (own_folder, path) = match path {
            Some(path) => (None, path),
            None => {
                let folder = fresh_folder()?;
                let path = folder.join("usb-bench_scanner-event-kbd");
                (Some(folder), path)
            }
        };
        let mut keyboard = Self { own_folder, path, pipe: None, now_us: 1_000_000_000 };
        keyboard.replug()?;
        Ok(keyboard)
    }

    /// The device's name; the same across unplugging, absent in between.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Pulls the plug: the station's device ends, and its name disappears.
    ///
    /// # Errors
    /// When the name cannot be removed.
    pub fn unplug(&mut self) -> io::Result<()> {
        self.pipe = None;
        fs::remove_file(&self.path)
    }

    /// Puts the plug back.
    ///
    /// # Errors
    /// When the pipe cannot be made.
    pub fn replug(&mut self) -> io::Result<()> {
        mkfifoat(CWD, &self.path, Mode::RUSR | Mode::WUSR)?;
        // Open for both, so that it does not matter who comes first.
        self.pipe = Some(open(&self.path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?);
        Ok(())
    }

    /// Types a text and Enter, with so many ms between one key and the next.
    ///
    /// # Errors
    /// When a character has no key on the layout, or the pipe is full.
    pub fn types(&mut self, text: &str, map: KeyMap, gap_ms: i64) -> io::Result<()> {
        let Some(mut strokes) = strokes_for(text, map) else {
            return Err(io::Error::other(format!("{text:?} cannot be typed on the {} layout", map.name())));
        };
        strokes.push(ENTER);
        for stroke in strokes {
            self.now_us += gap_ms * 1_000;
            let bytes: Vec<u8> =
                presses(stroke).iter().flat_map(|&(key, value)| report(self.now_us, key, value)).collect();
            self.send(&bytes)?;
        }
        Ok(())
    }

    /// Lets time pass without a key.
    pub fn pause(&mut self, for_ms: i64) {
        self.now_us += for_ms * 1_000;
    }

    /// The kernel's queue overflows.
    ///
    /// # Errors
    /// When the pipe is full.
    pub fn overflow(&mut self) -> io::Result<()> {
        let bytes = [encode(self.now_us, SYN, SYN_DROPPED, 0), encode(self.now_us, SYN, 0, 0)].concat();
        self.send(&bytes)
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    /// When the pipe is full or unplugged.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(pipe) = &self.pipe else { return Err(io::ErrorKind::NotConnected.into()) };
        match rustix::io::write(pipe, bytes)? {
            count if count == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Drop for BenchKeyboard {
    fn drop(&mut self) {
        let removed = match (&self.own_folder, &self.pipe) {
            (Some(folder), _) => fs::remove_dir_all(folder),
            (None, Some(_)) => fs::remove_file(&self.path),
            (None, None) => Ok(()),
        };
        if let Err(error) = removed {
            tracing::debug!(%error, "bench pipe not removed");
        }
    }
}

/// Keys and values, in order, that make a stroke.
pub(super) fn presses(stroke: Stroke) -> Vec<(u16, i32)> {
    let held: Vec<u16> = [(stroke.shift, LEFT_SHIFT), (stroke.alt_gr, RIGHT_ALT)]
        .into_iter()
        .filter_map(|(held, key)| held.then_some(key))
        .collect();
    let down = held.iter().map(|&key| (key, 1));
    let up = held.iter().rev().map(|&key| (key, 0));
    down.chain([(stroke.key, 1), (stroke.key, 0)]).chain(up).collect()
}

/// One key event with the report behind it.
pub(super) fn report(at_us: i64, key: u16, value: i32) -> Vec<u8> {
    [encode(at_us, KEY, key, value), encode(at_us, SYN, 0, 0)].concat()
}
