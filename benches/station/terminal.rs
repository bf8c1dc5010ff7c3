//! A serial line made of a pseudo-terminal.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::failure::Outcome;

/// A line and its two ends.
pub struct Terminal {
    /// The reader's end.
    pub line: File,
    /// Held open: without it the line counts as hung up until the station opens it.
    pub held: File,
    /// The port, for the station.
    pub path: PathBuf,
}

impl Terminal {
    /// A line that lets every byte through as it is.
    pub fn new() -> Outcome<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(ptsname(&master, Vec::new())?.into_string()?);
        let held = open(&path)?;
        let mut settings = tcgetattr(&held)?;
        settings.make_raw();
        tcsetattr(&held, OptionalActions::Now, &settings)?;
        Ok(Self { line: master.into(), held, path })
    }
}

/// Opens a port as a station does.
pub fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(OFlags::NOCTTY.bits() as i32).open(path)
}
