//! The structures of `linux/videodev2.h`, of which only numbers are used.

use std::ffi::c_ulong;

/// A structure the kernel may fill: numbers only, every bit pattern allowed, no pointers that are followed.
///
/// Only the structures of this file are.
pub(super) trait Structure: Copy {}

/// `v4l2_capability`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Capability {
    pub(super) driver: [u8; 16],
    pub(super) card: [u8; 32],
    pub(super) bus_info: [u8; 32],
    pub(super) version: u32,
    pub(super) capabilities: u32,
    pub(super) device_caps: u32,
    pub(super) reserved: [u32; 3],
}

/// `v4l2_fmtdesc`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FormatDescription {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) description: [u8; 32],
    pub(super) pixel_format: u32,
    pub(super) bus_code: u32,
    pub(super) reserved: [u32; 3],
}

/// `v4l2_frmsizeenum`; the union holds width and height, or least, greatest and step of the width, then of the height.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FrameSize {
    pub(super) index: u32,
    pub(super) pixel_format: u32,
    pub(super) kind: u32,
    pub(super) size: [u32; 6],
    pub(super) reserved: [u32; 2],
}

/// `v4l2_pix_format`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixel_format: u32,
    pub(super) field: u32,
    pub(super) row_bytes: u32,
    pub(super) frame_bytes: u32,
    pub(super) colorspace: u32,
    pub(super) private: u32,
    pub(super) flags: u32,
    pub(super) encoding: u32,
    pub(super) quantization: u32,
    pub(super) transfer: u32,
}

/// Words between the kind and the union of `v4l2_format`, which holds pointers in other members and is aligned for them.
const GAP: usize = size_of::<c_ulong>() / 4 - 1;

/// `v4l2_format`, whose union has 200 bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) kind: u32,
    pub(super) gap: [u32; GAP],
    pub(super) picture: Picture,
    pub(super) rest: [u32; 38],
}

impl Format {
    pub(super) fn of(kind: u32, picture: Picture) -> Self {
        Self { kind, gap: [0; GAP], picture, rest: [0; 38] }
    }
}

/// `v4l2_requestbuffers`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestBuffers {
    pub(super) count: u32,
    pub(super) kind: u32,
    pub(super) memory: u32,
    pub(super) capabilities: u32,
    pub(super) flags: u8,
    pub(super) reserved: [u8; 3],
}

/// `v4l2_buffer`, with the time as the kernel has it since it counts seconds in 64 bits.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Buffer {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) bytes_used: u32,
    pub(super) flags: u32,
    pub(super) field: u32,
    pub(super) time: [i64; 2],
    pub(super) timecode: [u32; 4],
    pub(super) sequence: u32,
    pub(super) memory: u32,
    /// Where the buffer lies, as an offset for the mapping: the kernel fills the first 32 bits.
    offset: Offset,
    pub(super) length: u32,
    pub(super) reserved: [u32; 2],
}

/// The union `m` of `v4l2_buffer`: an offset of 32 bits, in the room of a pointer.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct Offset {
    offset: u32,
    rest: [u32; GAP],
    aligned: [c_ulong; 0],
}

impl Buffer {
    pub(super) fn of(index: u32, kind: u32, memory: u32) -> Self {
        Self { index, kind, memory, ..Self::default() }
    }

    /// Where to map it.
    pub(super) fn place(&self) -> u64 {
        u64::from(self.offset.offset)
    }
}

/// `v4l2_queryctrl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct QueryControl {
    pub(super) id: u32,
    pub(super) kind: u32,
    pub(super) name: [u8; 32],
    pub(super) least: i32,
    pub(super) most: i32,
    pub(super) step: i32,
    pub(super) usual: i32,
    pub(super) flags: u32,
    pub(super) reserved: [u32; 2],
}

/// `v4l2_control`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Control {
    pub(super) id: u32,
    pub(super) value: i32,
}

impl Structure for FormatDescription {}
impl Structure for FrameSize {}
impl Structure for Format {}
impl Structure for RequestBuffers {}
impl Structure for Buffer {}
impl Structure for QueryControl {}
impl Structure for Control {}

/// A name in a fixed field: up to its first zero, without anything that could disturb a terminal.
pub(super) fn text(field: &[u8]) -> String {
    let letters = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(letters).chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn fields_lie_where_the_kernel_has_them() {
        // Offsets as the C compiler gives them for linux/videodev2.h on a 64-bit machine.
        if size_of::<usize>() != 8 {
            return;
        }
        assert_eq!(size_of::<Capability>(), 104);
        assert_eq!((offset_of!(Capability, capabilities), offset_of!(Capability, device_caps)), (84, 88));
        assert_eq!((size_of::<FormatDescription>(), offset_of!(FormatDescription, pixel_format)), (64, 44));
        assert_eq!((size_of::<FrameSize>(), offset_of!(FrameSize, size)), (44, 12));
        assert_eq!((size_of::<Format>(), offset_of!(Format, picture), size_of::<Picture>()), (208, 8, 48));
        assert_eq!((offset_of!(Picture, row_bytes), offset_of!(Picture, frame_bytes)), (16, 20));
        assert_eq!((size_of::<RequestBuffers>(), size_of::<Control>()), (20, 8));
        assert_eq!((size_of::<Buffer>(), align_of::<Buffer>()), (88, 8));
        let lie = [
            offset_of!(Buffer, bytes_used),
            offset_of!(Buffer, flags),
            offset_of!(Buffer, time),
            offset_of!(Buffer, timecode),
            offset_of!(Buffer, sequence),
            offset_of!(Buffer, memory),
            offset_of!(Buffer, offset),
            offset_of!(Buffer, length),
        ];
        assert_eq!(lie, [8, 12, 24, 40, 56, 60, 64, 72]);
        let lie = [
            offset_of!(QueryControl, least),
            offset_of!(QueryControl, usual),
            offset_of!(QueryControl, flags),
        ];
        assert_eq!((size_of::<QueryControl>(), lie), (68, [40, 52, 56]));
    }

    #[test]
    fn a_name_ends_at_its_zero_and_disturbs_nothing() {
        assert_eq!(text(b"Cam\x1b[2J \0rest"), "Cam[2J");
        assert_eq!(text(b"\xff"), "\u{fffd}");
    }
}
