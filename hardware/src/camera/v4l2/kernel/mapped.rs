//! A frame buffer of the driver's, mapped into this process.

use std::ffi::c_void;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::camera::v4l2::device::Answer;

/// A mapped buffer; dropping it takes it out of the process.
pub(super) struct Mapped {
    start: NonNull<c_void>,
    length: usize,
    /// The driver has given it to us and does not write into it.
    pub(super) is_ours: bool,
}

impl Mapped {
    /// Maps what lies at a place of the device, read only.
    pub(super) fn new(fd: impl AsFd, place: u64, length: u32) -> Answer<Self> {
        let length = length as usize;
        if length == 0 {
            return Err(Errno::INVAL);
        }
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing that is there.
        let start = unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, MapFlags::SHARED, fd, place) }?;
        let start = NonNull::new(start).ok_or(Errno::FAULT)?;
        Ok(Self { start, length, is_ours: false })
    }

    /// The frame in it, as long as it is ours; nothing otherwise.
    pub(super) fn bytes(&self) -> &[u8] {
        if !self.is_ours {
            return &[];
        }
        // SAFETY: `length` bytes from `start` are mapped for reading until `self` is dropped, which the borrow prevents. The
        // driver fills a buffer only between VIDIOC_QBUF and VIDIOC_DQBUF, and queueing takes `&mut` and clears `is_ours`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast::<u8>(), self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone, and no slice of it outlives `self`.
        if let Err(error) = unsafe { munmap(self.start.as_ptr(), self.length) } {
            tracing::warn!(%error, "a camera's buffer stays mapped");
        }
    }
}
