//! The pseudo-terminal, and the stable name it is found by.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Both ends of one plugged-in simulated adapter. Dropping it pulls the plug.
pub(super) struct Terminal {
    /// The reader's end; reads and writes never block.
    pub master: OwnedFd,
    /// Keeps the terminal's settings, and the master from reporting a hang-up, while no station has it open.
    _slave: File,
    name: PathBuf,
}

impl Terminal {
    pub(super) fn new() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?;
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits() as i32)
            .open(&name)?;
        // Raw from the start: what is written before a station opens the port must not be echoed or taken for keys.
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        Ok(Self { master, _slave: slave, name: name.into() })
    }

    /// Writes without ever blocking: what a station does not fetch is lost, as on a real line.
    pub(super) fn send(&self, bytes: &[u8]) {
        match rustix::io::write(&self.master, bytes) {
            Ok(count) if count == bytes.len() => {}
            Ok(count) => tracing::debug!(lost = bytes.len() - count, "bench line overrun"),
            Err(error) => tracing::debug!(%error, "bench line overrun"),
        }
    }

    /// What has come, if anything.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        let mut bytes = [0; 512];
        match rustix::io::read(&self.master, &mut bytes) {
            Ok(count) if count > 0 => Some(bytes[..count].to_vec()),
            Ok(_) | Err(rustix::io::Errno::AGAIN) => None,
            Err(error) => {
                tracing::debug!(%error, "bench line not read");
                None
            }
        }
    }
}

/// The name under which the adapter appears while it is plugged in, as `/dev/serial/by-id/…` does.
pub(super) struct Link {
    path: PathBuf,
    /// A folder made for this link alone; removed with it.
    own_folder: Option<PathBuf>,
}

impl Link {
    /// A link at `path`, or in a fresh folder of its own, there named after the device.
    pub(super) fn new(path: Option<PathBuf>, device: &str) -> io::Result<Self> {
        if let Some(path) = path {
            return Ok(Self { path, own_folder: None });
        }
        let folder = fresh_folder()?;
        Ok(Self { path: folder.join(format!("usb-bench_{device}-if00")), own_folder: Some(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Points the name at a terminal, in one step: nobody ever finds it half made.
    pub(super) fn point_at(&self, terminal: &Terminal) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        remove_if_there(&fresh)?;
        symlink(&terminal.name, &fresh)?;
        fs::rename(&fresh, &self.path)
    }

    /// Takes the name away, as the system does when an adapter is pulled.
    pub(super) fn remove(&self) -> io::Result<()> {
        remove_if_there(&self.path)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let folder = self.own_folder.as_ref().map_or(Ok(()), fs::remove_dir);
        if let Err(error) = self.remove().and(folder) {
            tracing::debug!(path = %self.path.display(), %error, "bench link not removed");
        }
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn fresh_folder() -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("armoury-bench-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // Left by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}
