//! A keyboard the kernel itself takes for one, where it lets itself be asked (`/dev/uinput`).

use std::ffi::c_int;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::ioctl::{IntegerSetter, NoArg, Opcode, ioctl, opcode};

use super::keyboard::{presses, report};
use crate::scanner::{KeyMap, strokes_for};

/// Numbers of linux/uinput.h.
const CREATE: Opcode = opcode::none(b'U', 1);
const SET_EVENT_KIND: Opcode = opcode::write::<c_int>(b'U', 100);
const SET_KEY: Opcode = opcode::write::<c_int>(b'U', 101);
const SYN: usize = 0;
const KEY: usize = 1;
/// Keys of an ordinary keyboard.
const KEYS: std::ops::Range<usize> = 1..128;
/// `struct uinput_user_dev`: 80 bytes of name, 4 words of identity, a number of effects, 4 times 64 axes.
const DESCRIPTION_BYTES: usize = 80 + 8 + 4 + 4 * 64 * 4;
const NAME_BYTES: usize = 80;
/// How long the system may take to make the device's node.
const NODE_WITHIN: Duration = Duration::from_secs(3);

/// A keyboard in the kernel; it disappears when dropped.
pub struct KernelKeyboard {
    device: OwnedFd,
    path: PathBuf,
}

impl KernelKeyboard {
    /// Makes the keyboard and waits for its node.
    ///
    /// # Errors
    /// When there is no `/dev/uinput`, it may not be opened, or no node appears.
    pub fn create() -> io::Result<Self> {
        let device = open("/dev/uinput", OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
        let name = format!("bench scanner {}", std::process::id());
        for kind in [SYN, KEY] {
            set::<SET_EVENT_KIND>(&device, kind)?;
        }
        for key in KEYS {
            set::<SET_KEY>(&device, key)?;
        }
        let mut description = vec![0; DESCRIPTION_BYTES];
        let kept = name.len().min(NAME_BYTES - 1);
        description[..kept].copy_from_slice(&name.as_bytes()[..kept]);
        rustix::io::write(&device, &description)?;
        // SAFETY: UI_DEV_CREATE takes no argument and touches no memory of this process.
        unsafe { ioctl(&device, NoArg::<CREATE>::new()) }?;
        let path = node_named(&name)?;
        Ok(Self { device, path })
    }

    /// The device's node.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Types a text and Enter as fast as a scanner does; the kernel stamps the keys.
    ///
    /// # Errors
    /// When a character has no key, or the kernel refuses an event.
    pub fn types(&self, text: &str, map: KeyMap) -> io::Result<()> {
        let strokes = strokes_for(text, map).ok_or_else(|| {
            io::Error::other(format!("{text:?} cannot be typed on the {} layout", map.name()))
        })?;
        let keys = strokes.into_iter().flat_map(presses).chain([(28, 1), (28, 0)]);
        for (key, value) in keys {
            rustix::io::write(&self.device, &report(0, key, value))?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

fn set<const OPCODE: Opcode>(device: &OwnedFd, value: usize) -> io::Result<()> {
    // SAFETY: UI_SET_EVBIT and UI_SET_KEYBIT take a number by value and touch no memory of this process.
    Ok(unsafe { ioctl(device, IntegerSetter::<OPCODE>::new_usize(value)) }?)
}

fn node_named(name: &str) -> io::Result<PathBuf> {
    let until = Instant::now() + NODE_WITHIN;
    while Instant::now() < until {
        for entry in fs::read_dir("/sys/class/input")? {
            let entry = entry?;
            let node = PathBuf::from("/dev/input").join(entry.file_name());
            let is_ours = fs::read_to_string(entry.path().join("device/name"))
                .is_ok_and(|found| found.trim_end() == name);
            if is_ours && node.exists() {
                return Ok(node);
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "the keyboard's node did not appear"))
}
