//! The kernel's calls for a Video4Linux device.
//!
//! Structures are those of `linux/videodev2.h`, checked against it field by field in the tests below. The number of a call
//! holds the size of its structure, so that a structure of a wrong size is refused by the kernel instead of overrun.

use std::ffi::{c_int, c_ulong};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{Getter, Opcode, Setter, Updater, ioctl, opcode};

use super::device::{Answer, Card, Device, Filled, FourCc, Range, Shape, Size};

mod mapped;
mod raw;

use mapped::Mapped;

const QUERYCAP: Opcode = opcode::read::<raw::Capability>(b'V', 0);
const ENUM_FMT: Opcode = opcode::read_write::<raw::FormatDescription>(b'V', 2);
const S_FMT: Opcode = opcode::read_write::<raw::Format>(b'V', 5);
const REQBUFS: Opcode = opcode::read_write::<raw::RequestBuffers>(b'V', 8);
const QUERYBUF: Opcode = opcode::read_write::<raw::Buffer>(b'V', 9);
const QBUF: Opcode = opcode::read_write::<raw::Buffer>(b'V', 15);
const DQBUF: Opcode = opcode::read_write::<raw::Buffer>(b'V', 17);
const STREAMON: Opcode = opcode::write::<c_int>(b'V', 18);
const STREAMOFF: Opcode = opcode::write::<c_int>(b'V', 19);
const S_CTRL: Opcode = opcode::read_write::<raw::Control>(b'V', 28);
const QUERYCTRL: Opcode = opcode::read_write::<raw::QueryControl>(b'V', 36);
const ENUM_FRAMESIZES: Opcode = opcode::read_write::<raw::FrameSize>(b'V', 74);

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`.
const CAPTURE: u32 = 1;
/// `V4L2_MEMORY_MMAP`.
const MEMORY_MMAP: u32 = 1;
/// `V4L2_CAP_VIDEO_CAPTURE`, `V4L2_CAP_STREAMING`, `V4L2_CAP_DEVICE_CAPS`.
const CAN_CAPTURE: u32 = 0x0000_0001;
const CAN_STREAM: u32 = 0x0400_0000;
const HAS_DEVICE_CAPS: u32 = 0x8000_0000;
/// `V4L2_BUF_FLAG_ERROR`.
const DAMAGED: u32 = 0x0040;
/// `V4L2_CTRL_FLAG_DISABLED`, `V4L2_CTRL_FLAG_READ_ONLY`.
const NOT_SETTABLE: u32 = 0x0001 | 0x0004;
/// `V4L2_FRMSIZE_TYPE_DISCRETE`.
const DISCRETE: u32 = 1;

/// An open device. Dropping it ends the stream and gives the buffers back.
pub(super) struct Kernel {
    buffers: Vec<Mapped>,
    fd: OwnedFd,
    streaming: bool,
}

impl Kernel {
    /// Opens a device without waiting for anything.
    pub(super) fn open(path: &Path) -> Answer<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { buffers: Vec::new(), fd, streaming: false })
    }

    /// A call whose structure is read and written.
    fn update<const CALL: Opcode, T: raw::Structure>(&self, mut value: T) -> Answer<T> {
        loop {
            // SAFETY: `raw::Structure` is only given to the structures of linux/videodev2.h, which hold numbers only, and each
            // call's number is made of the structure it takes; no pointer of ours is inside, so the kernel writes nowhere else.
            match unsafe { ioctl(&self.fd, Updater::<CALL, T>::new(&mut value)) } {
                Ok(()) => return Ok(value),
                Err(Errno::INTR) => {}
                Err(other) => return Err(other),
            }
        }
    }

    fn switch<const CALL: Opcode>(&self) -> Answer<()> {
        // SAFETY: VIDIOC_STREAMON and _STREAMOFF read one int behind the pointer, which the setter holds during the call.
        unsafe { ioctl(&self.fd, Setter::<CALL, c_int>::new(CAPTURE as c_int)) }
    }

    fn queue(&mut self, index: u32) -> Answer<()> {
        let buffer = self.buffers.get_mut(index as usize).ok_or(Errno::INVAL)?;
        buffer.is_ours = false;
        self.update::<QBUF, _>(raw::Buffer::of(index, CAPTURE, MEMORY_MMAP)).map(|_| ())
    }
}

impl Device for Kernel {
    fn card(&self) -> Answer<Card> {
        // SAFETY: VIDIOC_QUERYCAP fills the structure its number is made of, which holds numbers and letters only.
        let found = unsafe { ioctl(&self.fd, Getter::<QUERYCAP, raw::Capability>::new()) }?;
        let can =
            if found.capabilities & HAS_DEVICE_CAPS == 0 { found.capabilities } else { found.device_caps };
        Ok(Card {
            name: raw::text(&found.card),
            driver: raw::text(&found.driver),
            streams: can & CAN_CAPTURE != 0 && can & CAN_STREAM != 0,
        })
    }

    fn format(&self, index: u32) -> Answer<FourCc> {
        let wish = raw::FormatDescription { index, kind: CAPTURE, ..Default::default() };
        Ok(FourCc(self.update::<ENUM_FMT, _>(wish)?.pixel_format.to_le_bytes()))
    }

    fn size(&self, format: FourCc, index: u32) -> Answer<Size> {
        let wish = raw::FrameSize { index, pixel_format: u32::from_le_bytes(format.0), ..Default::default() };
        let found = self.update::<ENUM_FRAMESIZES, _>(wish)?;
        let [width, height, ..] = found.size;
        match found.kind {
            DISCRETE => Ok(Size::One(width, height)),
            // A stepwise size is one entry: least, greatest and step of each side.
            _ if index == 0 => Ok(Size::UpTo(found.size[1], found.size[4])),
            _ => Err(Errno::INVAL),
        }
    }

    fn shape(&mut self, wish: Shape) -> Answer<Shape> {
        let picture = raw::Picture {
            width: wish.width,
            height: wish.height,
            pixel_format: u32::from_le_bytes(wish.format.0),
            ..Default::default()
        };
        let given = self.update::<S_FMT, _>(raw::Format::of(CAPTURE, picture))?.picture;
        Ok(Shape {
            format: FourCc(given.pixel_format.to_le_bytes()),
            width: given.width,
            height: given.height,
            row_bytes: given.row_bytes,
            frame_bytes: given.frame_bytes,
        })
    }

    fn range(&self, control: u32) -> Answer<Range> {
        let found = self.update::<QUERYCTRL, _>(raw::QueryControl { id: control, ..Default::default() })?;
        if found.flags & NOT_SETTABLE != 0 {
            return Err(Errno::INVAL);
        }
        Ok(Range { least: found.least, most: found.most, usual: found.usual })
    }

    fn set(&mut self, control: u32, value: i32) -> Answer<()> {
        self.update::<S_CTRL, _>(raw::Control { id: control, value }).map(|_| ())
    }

    fn start(&mut self, buffers: u32) -> Answer<u32> {
        let wish =
            raw::RequestBuffers { count: buffers, kind: CAPTURE, memory: MEMORY_MMAP, ..Default::default() };
        let given = self.update::<REQBUFS, _>(wish)?.count;
        if given == 0 {
            return Err(Errno::NOMEM);
        }
        for index in 0..given {
            let found = self.update::<QUERYBUF, _>(raw::Buffer::of(index, CAPTURE, MEMORY_MMAP))?;
            self.buffers.push(Mapped::new(&self.fd, found.place(), found.length)?);
        }
        for index in 0..given {
            self.queue(index)?;
        }
        self.switch::<STREAMON>()?;
        self.streaming = true;
        Ok(given)
    }

    fn wait(&mut self, patience: Duration) -> Answer<bool> {
        let patience = Timespec::try_from(patience).map_err(|_| Errno::INVAL)?;
        let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
        match poll(&mut fds, Some(&patience)) {
            Ok(0) | Err(Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(other) => return Err(other),
        }
        let came = fds[0].revents();
        if came.contains(PollFlags::IN) {
            Ok(true)
        } else if came.contains(PollFlags::HUP) {
            Err(Errno::NODEV)
        } else {
            // An error without a frame would come again at once, for ever. What is behind it, only the call says.
            Err(self.update::<DQBUF, _>(raw::Buffer::of(0, CAPTURE, MEMORY_MMAP)).err().unwrap_or(Errno::IO))
        }
    }

    fn dequeue(&mut self) -> Answer<Option<Filled>> {
        let found = match self.update::<DQBUF, _>(raw::Buffer::of(0, CAPTURE, MEMORY_MMAP)) {
            Ok(found) => found,
            Err(Errno::AGAIN) => return Ok(None),
            Err(other) => return Err(other),
        };
        let buffer = self.buffers.get_mut(found.index as usize).ok_or(Errno::IO)?;
        buffer.is_ours = true;
        Ok(Some(Filled { index: found.index, bytes: found.bytes_used, damaged: found.flags & DAMAGED != 0 }))
    }

    fn bytes(&self, index: u32) -> &[u8] {
        self.buffers.get(index as usize).map(Mapped::bytes).unwrap_or_default()
    }

    fn requeue(&mut self, index: u32) -> Answer<()> {
        self.queue(index)
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        // A device that was pulled out has nothing to end.
        if self.streaming
            && let Err(error) = self.switch::<STREAMOFF>()
        {
            tracing::debug!(%error, "a camera's stream was not ended");
        }
    }
}

/// `c_ulong` is what the kernel keeps places in.
const _: () = assert!(size_of::<c_ulong>() == size_of::<usize>());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_calls_are_the_kernels() {
        // From linux/videodev2.h, on a 64-bit machine.
        if size_of::<usize>() != 8 {
            return;
        }
        let calls = [
            (QUERYCAP, 0x8068_5600_u32),
            (ENUM_FMT, 0xc040_5602),
            (S_FMT, 0xc0d0_5605),
            (REQBUFS, 0xc014_5608),
            (QUERYBUF, 0xc058_5609),
            (QBUF, 0xc058_560f),
            (DQBUF, 0xc058_5611),
            (STREAMON, 0x4004_5612),
            (STREAMOFF, 0x4004_5613),
            (S_CTRL, 0xc008_561c),
            (QUERYCTRL, 0xc044_5624),
            (ENUM_FRAMESIZES, 0xc02c_564a),
        ];
        for (ours, kernels) in calls {
            assert_eq!(ours, Opcode::from(kernels), "{kernels:#x}");
        }
    }

    #[test]
    fn what_is_no_camera_says_so_and_does_not_hang() {
        let null = Kernel::open(Path::new("/dev/null")).expect("there");
        assert!(matches!(null.card(), Err(Errno::NOTTY | Errno::INVAL)));
        assert!(Kernel::open(Path::new("/dev/no-such-camera")).is_err_and(|errno| errno == Errno::NOENT));
    }
}
