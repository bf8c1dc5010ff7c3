//! The feed that is a Video4Linux device: a USB camera.
//!
//! | File | Does |
//! |---|---|
//! | `device` | what is asked of a device, as a trait: the kernel answers it, in tests a stand-in |
//! | `kernel` | the trait over the kernel's calls; the only file with unsafe code |
//! | `agree` | which format and size, and the controls that are held |
//! | `stream` | the newest whole frame, and what to make of a device that gives none |
//! | `unpack` | grey pictures of what the formats carry |
//! | `offer` | what a device can do, for `armoury doctor` |
//!
//! Source of structures, numbers and behaviour: the kernel's "Linux Media Infrastructure userspace API", part I, and
//! `linux/videodev2.h`. USB cameras (`uvcvideo`) give frames through mapped buffers only, so that is what is used.

mod agree;
mod device;
mod kernel;
mod offer;
mod stream;
#[cfg(test)]
mod tests;
mod unpack;

use std::path::Path;

use rustix::io::Errno;

pub use self::offer::{Offer, OfferedFormat};
use super::CameraError;
use super::feed::Opened;
use super::settings::CameraSettings;

/// Opens a device and starts its stream.
pub(super) fn open(device: &Path, settings: &CameraSettings) -> Opened {
    let kernel = kernel::Kernel::open(device).map_err(|errno| problem(device, "be opened", errno))?;
    Ok(Box::new(stream::Stream::start(kernel, device, settings)?))
}

/// What a device can do, without starting it.
///
/// # Errors
/// [`CameraError`] where it is not there, not allowed, or no camera.
pub fn offer(device: &Path) -> Result<Offer, CameraError> {
    let kernel = kernel::Kernel::open(device).map_err(|errno| problem(device, "be opened", errno))?;
    offer::of(&kernel, device)
}

/// What the kernel's answer means.
fn problem(device: &Path, doing: &'static str, errno: Errno) -> CameraError {
    let device = device.to_path_buf();
    match errno {
        Errno::NOENT => CameraError::NotThere { device },
        Errno::NODEV | Errno::NXIO => CameraError::Gone { device },
        Errno::ACCESS | Errno::PERM => CameraError::NotAllowed { device },
        Errno::BUSY => CameraError::Busy { device },
        Errno::NOTTY => CameraError::NotACamera { device },
        other => {
            let source = std::sync::Arc::new(other.into());
            CameraError::Device { device, doing, source }
        }
    }
}
