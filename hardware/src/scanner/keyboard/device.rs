//! Opening an input device, grabbing it, and reading its events.

use std::convert::Infallible;
use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{IntegerSetter, Setter, ioctl, opcode};
use rustix::termios::{OptionalActions, isatty, tcgetattr, tcsetattr};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::event::EventSize;
use super::typist::KeyboardDecoder;
use crate::scanner::error::ScannerError;
use crate::scanner::heard::{Decode, Heard};
use crate::scanner::masked;
use crate::scanner::port::short_name;
use crate::scanner::told::Told;
use crate::scanner::{ScannerEvent, ScannerSettings};

/// After this long without a key a code without its Enter is over. The events' own times say more exactly what a pause
/// is; this one only has to be longer than a busy machine keeps a waiting event.
const GIVE_UP_AFTER: Duration = Duration::from_millis(400);
/// How long to listen before looking whether figures are due, when nothing else is.
const LOOK_UP_EVERY: Duration = Duration::from_secs(1);

/// EVIOCGRAB: events go to this descriptor alone (linux/input.h).
const GRAB: rustix::ioctl::Opcode = opcode::write::<c_int>(b'E', 0x90);
/// EVIOCSCLOCKID: which clock stamps the events (linux/input.h).
const SET_CLOCK: rustix::ioctl::Opcode = opcode::write::<c_int>(b'E', 0xA0);
/// CLOCK_MONOTONIC. The usual one jumps when the time is set, and a jump looks like a pause.
const MONOTONIC: c_int = 1;
/// Major numbers of pseudo-terminals' ends (the kernel's list of devices).
const PSEUDO_TERMINALS: std::ops::RangeInclusive<u32> = 136..=143;

/// Keeps one keyboard scanner going; see [`super::super::run_scanner`].
pub(in crate::scanner) async fn run<F: FnMut(ScannerEvent) + Send>(
    settings: ScannerSettings,
    mut told: Told<F>,
) -> Infallible {
    loop {
        let Err(why) = serve(&settings, &mut told).await;
        sleep(told.down(why)).await;
    }
}

async fn serve<F: FnMut(ScannerEvent) + Send>(
    settings: &ScannerSettings,
    told: &mut Told<F>,
) -> Result<Infallible, ScannerError> {
    let port = short_name(&settings.port);
    let (device, grabbed) = open(&settings.port)?;
    // Made for pipes, but it asks of a descriptor only that one can wait for it; input devices and terminals allow that.
    let mut device = Receiver::from_owned_fd_unchecked(device)
        .map_err(|source| ScannerError::Open { port: port.clone(), source })?;
    let sole = if grabbed { "its keys go nowhere else" } else { "a stand-in, not an input device" };
    told.up(format!(
        "keyboard scanner, {} layout, {sole}; printed set-up codes cannot be switched off from here: scan the maker's code that does it",
        settings.key_map.name()
    ));
    let mut decoder = KeyboardDecoder::new(settings.key_map, EventSize::NATIVE);
    let mut heard_at = Instant::now();
    let mut chunk = [0; 1536];
    loop {
        told.figures();
        let waiting = decoder.is_waiting();
        let wake = if waiting { heard_at + GIVE_UP_AFTER } else { Instant::now() + LOOK_UP_EVERY };
        let mut bytes_came = 0;
        let heard = match timeout_at(wake.min(told.figures_at()), device.read(&mut chunk)).await {
            Ok(Ok(0)) => return Err(ScannerError::Gone { port, source: None }),
            Ok(Ok(count)) => {
                heard_at = Instant::now();
                bytes_came = count;
                decoder.push(&chunk[..count])
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(Err(source)) => return Err(ScannerError::Gone { port, source: Some(source) }),
            Err(_) if waiting && Instant::now() >= heard_at + GIVE_UP_AFTER => decoder.give_up_partial(),
            Err(_) => continue,
        };
        masked::write(&settings.capture, 0, bytes_came, &heard);
        for heard in heard {
            match heard {
                Heard::Code(raw) => {
                    told.code(raw, settings.aim, None);
                }
                Heard::Refused { why, bytes } => told.refuse(&why, &bytes),
                Heard::Blank(_) | Heard::Frame(_) | Heard::Packet(_) => {}
            }
        }
    }
}

/// Opens the device without waiting for anything, and grabs it. A pipe and a pseudo-terminal are stand-ins: there is
/// nothing to be grabbed, and whoever made them decides who reads.
fn open(path: &str) -> Result<(OwnedFd, bool), ScannerError> {
    let port = short_name(path);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let device = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT | Errno::NODEV | Errno::NXIO => ScannerError::NotThere { port: port.clone() },
        Errno::ACCESS | Errno::PERM => ScannerError::NotAllowed { port: port.clone() },
        other => ScannerError::Open { port: port.clone(), source: other.into() },
    })?;
    let stat = rustix::fs::fstat(&device)
        .map_err(|errno| ScannerError::Open { port: port.clone(), source: errno.into() })?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Fifo => Ok((device, false)),
        FileType::CharacterDevice if PSEUDO_TERMINALS.contains(&rustix::fs::major(stat.st_rdev)) => {
            make_raw(&device).map_err(|errno| ScannerError::Open { port, source: errno.into() })?;
            Ok((device, false))
        }
        FileType::CharacterDevice => {
            grab(&device, port)?;
            Ok((device, true))
        }
        _ => Err(ScannerError::NotAKeyboard { port }),
    }
}

fn make_raw(device: &OwnedFd) -> rustix::io::Result<()> {
    if isatty(device) {
        let mut settings = tcgetattr(device)?;
        settings.make_raw();
        tcsetattr(device, OptionalActions::Now, &settings)?;
    }
    Ok(())
}

/// Takes the events for this descriptor alone; the kernel gives them back when it is closed. Without it the codes would
/// also be typed into whatever listens at the console, which may be a shell.
fn grab(device: impl AsFd, port: String) -> Result<(), ScannerError> {
    // SAFETY: EVIOCGRAB takes its argument by value: not 0 grabs. It neither reads nor writes memory of this process, and
    // a descriptor that is no input device only refuses it.
    let grabbed = unsafe { ioctl(&device, IntegerSetter::<GRAB>::new_usize(1)) };
    match grabbed {
        Ok(()) => {}
        Err(Errno::BUSY) => return Err(ScannerError::Grabbed { port }),
        Err(Errno::NODEV) => return Err(ScannerError::NotThere { port }),
        Err(Errno::NOTTY | Errno::INVAL | Errno::NOSYS) => {
            return Err(ScannerError::NotAKeyboard { port });
        }
        Err(other) => return Err(ScannerError::Open { port, source: other.into() }),
    }
    // SAFETY: EVIOCSCLOCKID reads one int behind the pointer, which the setter holds until the call has returned.
    let set = unsafe { ioctl(&device, Setter::<SET_CLOCK, c_int>::new(MONOTONIC)) };
    if let Err(error) = set {
        tracing::warn!(%port, %error, "the scanner's clock stays the one that may jump");
    }
    Ok(())
}
