//! What is asked of a Video4Linux device.

use std::fmt;
use std::time::Duration;

use rustix::io::Errno;

/// The kernel's answer.
pub(super) type Answer<T> = Result<T, Errno>;

/// The four letters of a pixel format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FourCc(pub(super) [u8; 4]);

/// One byte a pixel.
pub(super) const GREY: FourCc = FourCc(*b"GREY");
/// Two bytes a pixel, of which the first is the grey value.
pub(super) const YUYV: FourCc = FourCc(*b"YUYV");
/// A JPEG picture a frame.
pub(super) const MJPG: FourCc = FourCc(*b"MJPG");
/// The same under another name.
pub(super) const JPEG: FourCc = FourCc(*b"JPEG");

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word: String =
            self.0.iter().map(|&byte| if byte.is_ascii_graphic() { byte as char } else { ' ' }).collect();
        f.write_str(word.trim_end())
    }
}

/// Who a device says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) driver: String,
    /// It captures single-planar video and streams it.
    pub(super) streams: bool,
}

/// The frames a device is asked for, or has agreed to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: FourCc,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes a row; 0 where rows have no length (JPEG), or the driver leaves it open.
    pub(super) row_bytes: u32,
    /// Bytes of the largest frame.
    pub(super) frame_bytes: u32,
}

impl Shape {
    pub(super) fn asked(format: FourCc, width: u32, height: u32) -> Self {
        Self { format, width, height, row_bytes: 0, frame_bytes: 0 }
    }
}

/// A buffer with a frame in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) index: u32,
    /// Bytes of the frame, as the driver says.
    pub(super) bytes: u32,
    /// The driver knows that the frame is damaged.
    pub(super) damaged: bool,
}

/// The values a control takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: i32,
    pub(super) most: i32,
    pub(super) usual: i32,
}

/// A size a format is offered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Just this one.
    One(u32, u32),
    /// Any up to this one.
    UpTo(u32, u32),
}

/// Controls, by their numbers in `linux/v4l2-controls.h` (camera class, base 0x009a0900).
pub(super) mod control {
    /// Who chooses the exposure; [`MANUAL`] is the user.
    pub(in super::super) const EXPOSURE_AUTO: u32 = 0x009a_0901;
    /// Exposure in steps of 100 µs.
    pub(in super::super) const EXPOSURE: u32 = 0x009a_0902;
    /// Focus in steps of the driver's own.
    pub(in super::super) const FOCUS: u32 = 0x009a_090a;
    /// Whether the camera focuses by itself.
    pub(in super::super) const FOCUS_AUTO: u32 = 0x009a_090c;
    /// `V4L2_EXPOSURE_MANUAL`.
    pub(in super::super) const MANUAL: i32 = 1;
}

/// A device, call by call; the logic above it runs the same over a stand-in.
pub(super) trait Device {
    /// VIDIOC_QUERYCAP.
    fn card(&self) -> Answer<Card>;
    /// VIDIOC_ENUM_FMT; `INVAL` ends the list.
    fn format(&self, index: u32) -> Answer<FourCc>;
    /// VIDIOC_ENUM_FRAMESIZES; `INVAL` ends the list.
    fn size(&self, format: FourCc, index: u32) -> Answer<Size>;
    /// VIDIOC_S_FMT: what the device makes of the wish.
    fn shape(&mut self, wish: Shape) -> Answer<Shape>;
    /// VIDIOC_QUERYCTRL; `INVAL` where there is no such control, or it cannot be set.
    fn range(&self, control: u32) -> Answer<Range>;
    /// VIDIOC_S_CTRL.
    fn set(&mut self, control: u32, value: i32) -> Answer<()>;
    /// VIDIOC_REQBUFS, the mapping of the buffers, VIDIOC_QBUF for each, VIDIOC_STREAMON: how many there are.
    fn start(&mut self, buffers: u32) -> Answer<u32>;
    /// poll: whether a frame may be there.
    fn wait(&mut self, patience: Duration) -> Answer<bool>;
    /// VIDIOC_DQBUF, without waiting.
    fn dequeue(&mut self) -> Answer<Option<Filled>>;
    /// The whole buffer, as long as it is dequeued; nothing otherwise.
    fn bytes(&self, index: u32) -> &[u8];
    /// VIDIOC_QBUF.
    fn requeue(&mut self, index: u32) -> Answer<()>;
}

/// A list of the device's, which ends with `INVAL` and is not believed to be endless.
pub(super) fn listed<T>(most: u32, item: impl Fn(u32) -> Answer<T>) -> Answer<Vec<T>> {
    let mut list = Vec::new();
    for index in 0..most {
        match item(index) {
            Ok(found) => list.push(found),
            Err(Errno::INVAL) => break,
            // A driver without this list at all.
            Err(Errno::NOTTY) if index == 0 => break,
            Err(other) => return Err(other),
        }
    }
    Ok(list)
}
